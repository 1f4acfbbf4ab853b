"""Claims: how a file gets into processing, by rename out of the inbox or as a copy of what a person named.

Owns the two ways. Judges nothing: that the file is whole was said before.
Invariant: what lies in processing is complete and is what was judged; until then the file lies where it was.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from collectord.edge.inbox.files import NotAFile, Signature, open_regular, shown_name, signature, sync_folder
from collectord.edge.inbox.folders import ExchangeFolders
from collectord.edge.inbox.scan import MARKER, SEAL


class Changed(OSError):
    """The file is not the one any more that was looked at; the next turn looks again."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EBUSY, "was changed or replaced just now", shown_name(str(path)))


def claim(folders: ExchangeFolders, path: Path, stored_as: str, judged: Signature | None = None) -> None:
    """Takes a file out of the inbox by one rename, and its marker and checksum away. Raises OSError when it is not a readable regular file.

    `judged`: what was found whole; anything else stays where it is. The marker goes last: after a crash in between, the file's successor is
    newer than the marker, which then vouches for nothing.
    """
    fd = open_regular(path)
    try:
        if judged is not None and signature(os.fstat(fd)) != judged:
            raise Changed(path)
        goal = folders.of("processing") / stored_as
        try:
            os.rename(path, goal)
        except OSError as error:
            if error.errno != errno.EXDEV:  # the inbox is a share of its own, mounted there
                raise
            copy_in(folders, fd, stored_as)
            if signature(os.stat(path, follow_symlinks=False)) != signature(os.fstat(fd)):
                goal.unlink()
                raise Changed(path) from error
            path.unlink()
    finally:
        os.close(fd)
    status = os.stat(goal, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        _put_back(goal, path)
        raise NotAFile(errno.EINVAL, "was replaced by something that is no file", shown_name(str(path)))
    for ending in (MARKER, SEAL):
        with contextlib.suppress(OSError):  # the file is taken, whatever becomes of its marker
            os.unlink(f"{path}{ending}")
    sync_folder(folders.of("processing"))


def _put_back(goal: Path, path: Path) -> None:
    if not os.path.lexists(path):
        os.rename(goal, path)


def copy_in(folders: ExchangeFolders, original: Path | int, stored_as: str) -> None:
    """A copy of a file anywhere, or of an opened one, into processing; complete or not there at all. Raises OSError."""
    goal = folders.of("processing") / stored_as
    half = goal.with_name(f".{stored_as}.tmp")
    fd = os.dup(original) if isinstance(original, int) else open_regular(original.resolve())
    try:
        before, position = signature(os.fstat(fd)), 0
        with half.open("wb") as copy:
            while block := os.pread(fd, 1 << 20, position):
                position += copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        if signature(os.fstat(fd)) != before:
            raise Changed(original if isinstance(original, Path) else Path(stored_as))
        os.rename(half, goal)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    sync_folder(folders.of("processing"))
