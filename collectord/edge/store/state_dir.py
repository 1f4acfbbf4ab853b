"""The state directory around the database: who owns it, whether its disk will do, and how far its database had come.

Owns the lock, the refusal of network disks, and the number beside the database. Opens no database.
Invariant: the number beside the database is never ahead of the one in it, unless somebody has put an older database in its place.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"})


class StoreBroken(Exception):
    """The store cannot be used; the message is one sentence that says what to do."""


class StoreBusy(Exception):
    """Another collectord owns the state directory."""


def refuse_network_disk(directory: Path) -> None:
    """SQLite's locks do not hold on network file systems: raises StoreBroken there (FAULTS B11)."""
    best, kind = "", ""
    target = str(directory.resolve())
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) > 2:
            point = fields[1].replace("\\040", " ")
            if (target == point or target.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
                best, kind = point, fields[2]
    if kind in NETWORK_FILE_SYSTEMS:
        raise StoreBroken(f"state_dir {directory} lies on {kind} ({best}); SQLite needs a local disk: set state_dir to one")


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


class Generation:
    """`state_dir/generation`: the number that the database had when it was noted last; whoever exchanges the database forgets this file."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / "generation"

    def noted(self) -> int:
        """0 when nothing readable is there: a doubt about the note is none about the database."""
        try:
            return int(self.path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def note(self, number: int) -> None:
        """After its commit. One write of one length: killed in the middle, the file says the one number or the other."""
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(fd, b"%020d\n" % number, 0)
        finally:
            os.close(fd)
