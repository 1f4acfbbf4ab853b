"""The planner: a process that reads the ledger and decides on the daemon's behalf (`python -m collectord.planner`).

Owns its two pipes: one order in, portions out, each a length and a pickle; a length of 0 ends them. Writes nothing to the store.
Invariant: it ends with whoever started it; what it needs of memory and time is taken from no call.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import os
import pickle
import sys
import threading
from pathlib import Path

from collectord.edge.ids import new_id
from collectord.edge.store.connection import Connection, open_for_reading
from collectord.loops.planning_pass import Order, portions

NICE = 5  # calls are worth more than plans


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


async def _work(state_dir: Path, order: Order) -> None:
    out = sys.stdout.buffer

    async def look(conn: Connection) -> None:
        async for portion in portions(conn, order, lambda: new_id(order.now)):
            frame = pickle.dumps(portion, protocol=pickle.HIGHEST_PROTOCOL)
            out.write(len(frame).to_bytes(4, "big"))
            out.write(frame)
            out.flush()

    async with open_for_reading(state_dir) as db:
        await db.read_briefly(look)
    out.write(bytes(4))
    out.flush()


def main() -> None:
    with contextlib.suppress(OSError):  # systemd's filter of system calls may forbid it
        os.nice(NICE)
    with contextlib.suppress(OSError):  # a process that is started anew, where memory runs out: not the one that holds the calls
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)  # rows make no cycles
    state_dir, order = pickle.loads(base64.b64decode(sys.stdin.buffer.readline()))  # from the daemon, which this process belongs to
    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(_work(state_dir, order))


if __name__ == "__main__":
    main()
