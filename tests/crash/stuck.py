"""collectord whose event loop can be made to stand still: `python -m tests.crash.stuck FILE ...`; SIGUSR1 does it, then FILE is there.

Owns that signal. Changes nothing else. Invariant: everything but the main thread runs on.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

STANDS_FOR = 600.0  # s; longer than anybody waits


def main() -> None:
    told = Path(sys.argv.pop(1))

    def stand_still(*_: object) -> None:
        told.touch()
        time.sleep(STANDS_FOR)

    signal.signal(signal.SIGUSR1, stand_still)
    from collectord.__main__ import main as collectord

    collectord()


if __name__ == "__main__":
    main()
