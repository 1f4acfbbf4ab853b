"""The reader: a process that reads exports on the daemon's behalf (`python -m collectord.reader`).

Owns its limits and its two pipes: orders in, one line each; progress and answers out, one JSON line each. Decides nothing.
Invariant: it ends with the daemon, and what a hostile file does to it, it does to nobody else.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import gc
import json
import os
import pickle
import resource
import sqlite3
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from collectord.loops.reading import read_export

MEMORY = 1024 * 2**20  # bytes of data; a document that unfolds beyond it ends the reader, not the daemon
TELL_EVERY = 0.5  # s
NICE = 5  # calls are worth more than imports


def _orders(orders: SimpleQueue[bytes]) -> None:
    """Nobody can order any more: the daemon is gone or wants no more of this."""
    for line in sys.stdin.buffer:
        orders.put(line)
    os._exit(0)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


class _Progress:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, rows: int, read: int) -> None:
        now = time.monotonic()
        if now - self._last >= TELL_EVERY:
            self._last = now
            _say({"rows": rows, "bytes": read})


def main() -> None:
    for limit, value in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
            resource.setrlimit(limit, (value, value))
    with contextlib.suppress(OSError):  # systemd's filter of system calls may forbid it
        os.nice(NICE)
    with contextlib.suppress(OSError):  # a process that is started anew, where memory runs out: not the one that holds the calls
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)  # rows make no cycles; looking for them costs a tenth
    orders: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_orders, args=(orders,), daemon=True).start()
    while True:
        order = pickle.loads(base64.b64decode(orders.get()))  # from the daemon, which this process belongs to
        try:
            _say(read_export(order, _Progress()).as_json())
        except OSError as error:
            _say({"errno": error.errno, "why": error.strerror or str(error)})
        except sqlite3.OperationalError as error:  # the scratch: no space, no right; not the file's fault
            _say({"errno": errno.EIO, "why": str(error)})


if __name__ == "__main__":
    main()
