"""collectord on a disk that fails: `python -m tests.crash.spoilt_disk FILE ...`; once FILE exists, every fsync is an I/O error;
FILE says "read-only": every write to a place in an open file is refused, as on a file system that its kernel has just made read-only.

Owns the system calls of this process (seccomp, which needs no right). Changes nothing else. Invariant: what fails once fails for ever.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import sys
import threading
import time
from pathlib import Path

CALLS = {"x86_64": (317, 74, 75, 18), "aarch64": (277, 82, 83, 68)}  # seccomp, fsync, fdatasync, pwrite64
LOAD, JUMP_IF, RETURN = 0x20, 0x15, 0x06
FAIL, ALLOW = 0x0005_0000, 0x7FFF_0000
NO_NEW_PRIVILEGES, SET_FILTER, ALL_THREADS = 38, 1, 1


class Step(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(Step)))


def spoil(how: str) -> None:
    seccomp, fsync, fdatasync, pwrite = CALLS[platform.machine()]
    first, second, error = (pwrite, pwrite, errno.EROFS) if how == "read-only" else (fsync, fdatasync, errno.EIO)
    steps = (Step * 5)(
        Step(LOAD, 0, 0, 0),
        Step(JUMP_IF, 1, 0, first),
        Step(JUMP_IF, 0, 1, second),
        Step(RETURN, 0, 0, FAIL | error),
        Step(RETURN, 0, 0, ALLOW),
    )
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.syscall(seccomp, SET_FILTER, ALL_THREADS, ctypes.byref(Program(len(steps), steps))) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def main() -> None:
    spoilt = Path(sys.argv.pop(1))

    def wait() -> None:
        while not spoilt.exists():
            time.sleep(0.02)
        spoil(spoilt.read_text(encoding="ascii"))

    threading.Thread(target=wait, daemon=True).start()
    from collectord.__main__ import main as collectord

    collectord()


if __name__ == "__main__":
    main()
