"""Ends a sandbox whose owner died.

Owns nothing; is told process ids on its standard input. Touches only these processes and the one folder named as its argument.
Invariant: when the pipe closes, no process it was told of and not told off is left, and the folder is gone.
"""

import contextlib
import os
import shutil
import signal
import sys


def started_at(pid: int) -> str:
    """The kernel's start time of a process: with it a number that was given to another process is told apart."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def main() -> None:
    watched: dict[int, str] = {}
    for line in sys.stdin:
        pid = int(line[1:])
        if line[0] == "+":
            watched[pid] = started_at(pid)
        else:
            watched.pop(pid, None)
    for pid, started in watched.items():
        if started and started_at(pid) == started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    main()
