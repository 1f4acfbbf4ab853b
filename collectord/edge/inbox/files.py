"""Single files: opening them safely, reading what was opened, writing all or nothing, and how they are called.

Owns descriptors and names. Knows no folder's meaning.
Invariant: only regular files are ever opened, no link is followed, and no pipe can block.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from collectord.core.exports.sheet import sheet

BLOCK = 65_536  # bytes read at once: a few hundred rows, so that the event loop breathes in between
MAX_BYTES = 16 * 2**30
HEAD = 4_096  # bytes by which a profile may tell one product from another
MAX_STEM = 180  # bytes, so that STEM~BATCH.rejects.csv stays below the 255 of every file system

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f/\\\\\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

Signature = tuple[int, int, int]  # inode, size, mtime in ns


class NotAFile(OSError):
    """Not a regular file: a link, a folder, a pipe, a device."""


def signature(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_size, status.st_mtime_ns


def stored_name(name: str, batch_id: str) -> str:
    """`op.csv` -> `op~BATCH.csv`; control characters and bytes that are no text become _."""
    stem, ending = os.path.splitext(name)
    stem, ending = _UNSAFE.sub("_", stem), _UNSAFE.sub("_", ending)
    while len(stem.encode()) > MAX_STEM:
        stem = stem[:-1]
    return f"{stem}~{batch_id}{ending if len(ending.encode()) <= 16 else ''}"


def shown_name(name: str) -> str:
    """A file name as text: bytes that are no UTF-8 are escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def open_regular(path: Path) -> int:
    """A reading descriptor of a regular file. Raises NotAFile, or OSError; never blocks on a pipe, never follows a link."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise NotAFile(error.errno, "is a link, not a file", shown_name(str(path))) from error
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotAFile(22, "is not a regular file", shown_name(str(path)))
    return fd


def head_of(file: Path | int, size: int = HEAD) -> bytes:
    """The first bytes of a file that a person names (links are followed), or of an opened one. Raises OSError."""
    fd = os.dup(file) if isinstance(file, int) else open_regular(file.resolve())
    try:
        return os.pread(fd, size, 0)
    finally:
        os.close(fd)


def digest_of(fd: int) -> str:
    """SHA-256 of the bytes; leaves the reading position at the beginning."""
    os.lseek(fd, 0, os.SEEK_SET)
    sha = hashlib.sha256()
    while block := os.read(fd, 1 << 20):
        sha.update(block)
    os.lseek(fd, 0, os.SEEK_SET)
    return sha.hexdigest()


class ExportFile:
    """An opened export. Reads what was opened, whatever happens to its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = open_regular(path)
        self._opened_as = signature(os.fstat(self._fd))

    def __enter__(self) -> ExportFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        os.close(self._fd)

    @property
    def signature(self) -> Signature:
        """As it was when it was opened."""
        return self._opened_as

    @property
    def size(self) -> int:
        return self._opened_as[1]

    def changed(self) -> bool:
        """Somebody wrote to it since it was opened."""
        return signature(os.fstat(self._fd)) != self._opened_as

    def digest(self) -> str:
        """SHA-256 of the bytes; leaves the reading position at the beginning."""
        return digest_of(self._fd)

    def rewind(self, to: int = 0) -> None:
        os.lseek(self._fd, to, os.SEEK_SET)

    def read(self, size: int = BLOCK) -> bytes:
        """The next block, b"" at the end."""
        return os.read(self._fd, size)

    def position(self) -> int:
        return os.lseek(self._fd, 0, os.SEEK_CUR)

    def fileno(self) -> int:
        return self._fd


def write_atomically(path: Path, content: bytes) -> None:
    """All of it or nothing: temporary name, fsync, rename, fsync of the folder."""
    with GrowingFile(path) as file:
        file.write(content)
        file.finish()


class GrowingFile:
    """A file that is written bit by bit and has its name only when it is finished; dropped otherwise."""

    def __init__(self, path: Path) -> None:
        self._path, self._half = path, path.with_name(f".{path.name}.tmp")
        self._file = self._half.open("wb")

    def __enter__(self) -> GrowingFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        if not self._file.closed:
            self._file.close()
            self._half.unlink(missing_ok=True)

    def write(self, content: bytes) -> None:
        self._file.write(content)

    def finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.rename(self._half, self._path)
        sync_folder(self._path.parent)


def rejects_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rejected rows for people's spreadsheets: UTF-8 with BOM, `;`, cells that would run as a formula prefixed."""
    return sheet(("line", "column", "value", "reason", "original"), rows)


def receipt_names(stored_as: str) -> tuple[str, str]:
    """(receipt, rejects) of a stored file."""
    stem = os.path.splitext(stored_as)[0]
    return f"{stem}.json", f"{stem}.rejects.csv"


def sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
