"""collectord on a machine whose clock is set while it runs: `python -m tests.crash.stepped FILE ...`; FILE holds seconds as a float.

Owns the machine's clock of this process. Changes nothing else. Invariant: the monotonic clock runs on evenly.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from pathlib import Path

SECONDS = struct.Struct("=d")


def set_wall_clock(file: Path, by: float) -> None:
    """In place, so that who has the file mapped sees it at once."""
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.write(SECONDS.pack(by))


def main() -> None:
    with open(sys.argv.pop(1), "rb") as file:
        by = mmap.mmap(file.fileno(), SECONDS.size, access=mmap.ACCESS_READ)
    even = time.time
    time.time = lambda: even() + SECONDS.unpack(by)[0]
    from collectord.__main__ import main as collectord

    collectord()


if __name__ == "__main__":
    main()
