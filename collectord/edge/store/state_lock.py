"""The lock of the state directory: one collectord at a time works on it.

Owns the file `lock` there. Opens no database.
Invariant: the lock goes with the process that holds it, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class StateLock:
    """flock on `state_dir/lock`: whoever holds it is the one writer."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / "lock"
        self._fd: int | None = None

    def take(self) -> bool:
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def is_taken(state_dir: Path) -> bool:
    """Whether a process works on this state at this moment. A state that cannot be looked at is not taken: opening it will say why."""
    lock = StateLock(state_dir)
    try:
        free = not lock.path.exists() or lock.take()
    except OSError:
        return False
    lock.release()
    return not free
