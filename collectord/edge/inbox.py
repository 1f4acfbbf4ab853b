"""The exchange folders: what accounting drops, where it goes, what it gets back.

Owns names, moves and atomic writes under exchange_dir. Knows no row and no verdict.
Invariant: a file is in exactly one of inbox, processing, archive, held, rejected; every move is one rename.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import signal
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal

from collectord.core.exports.sheet import sheet

Folder = Literal["inbox", "processing", "archive", "held", "rejected", "receipts", "outbox"]
FOLDERS: tuple[Folder, ...] = ("inbox", "processing", "archive", "held", "rejected", "receipts", "outbox")

QUIET_FOR = timedelta(seconds=5)  # a file without a .done marker is taken when it did not change for so long
BLOCK = 65_536  # bytes read at once: a few hundred rows, so that the event loop breathes in between
MAX_BYTES = 16 * 2**30
MAX_STEM = 180  # bytes, so that STEM~BATCH.rejects.csv stays below the 255 of every file system
MARKER = ".done"

_IGNORED_ENDS = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp", ".lock", "~", MARKER)
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f/\\\\\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_STORED = re.compile(r"~([0-9a-z]{18})(\.[^.]*)?\Z")


class NotAFile(OSError):
    """Not a regular file: a link, a folder, a pipe, a device."""


Signature = tuple[int, int, int]  # inode, size, mtime in ns


@dataclass(frozen=True, slots=True)
class Found:
    """A file in the inbox that may be taken."""

    path: Path
    folder: str  # the inbox sub-folder, "" for the inbox itself
    mtime_ns: int


@dataclass
class Sightings:
    """What the inbox looked like at the last turn: when each file was first seen as it is now, and what could not be taken."""

    since: dict[Path, tuple[Signature, datetime]] = field(default_factory=dict)
    complaints: dict[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExchangeFolders:
    """The folders under `root`."""

    root: Path
    quiet_for: timedelta = QUIET_FOR

    def of(self, folder: Folder) -> Path:
        return self.root / folder

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    def all(self) -> tuple[Path, ...]:
        return tuple(self.of(folder) for folder in FOLDERS)

    def create(self) -> None:
        for path in self.all():
            path.mkdir(parents=True, exist_ok=True)

    def move(self, stored_as: str, origin: Folder, goal: Folder) -> bool:
        """Already moved is fine: an interrupted move is carried out again. False when the file is in neither place."""
        try:
            os.rename(self.of(origin) / stored_as, self.of(goal) / stored_as)
        except FileNotFoundError:
            return self.has(stored_as, goal)
        _sync_folder(self.of(goal))
        return True

    def has(self, stored_as: str, folder: Folder) -> bool:
        return os.path.lexists(self.of(folder) / stored_as)

    def stored(self, folder: Folder) -> list[tuple[str, str]]:
        """(batch id, stored name) of every STEM~BATCH.EXT there."""
        with os.scandir(self.of(folder)) as entries:
            names = sorted(entry.name for entry in entries)
        return [(match[1], name) for name in names if (match := _STORED.search(name))]

    def clear_leftovers(self) -> None:
        """Removes half-made copies and half-written receipts of a process that was killed."""
        for place in (self.of("processing"), self.of("receipts")):
            with os.scandir(place) as entries:
                names = [entry.name for entry in entries if entry.name.startswith(".") and entry.name.endswith(".tmp")]
            for name in names:
                (place / name).unlink(missing_ok=True)


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


def ready(folders: ExchangeFolders, sightings: Sightings, is_source: Callable[[str], bool], now: datetime) -> list[Found]:
    """Files that may be taken now: with a .done marker at once, else when quiet and no longer open for writing.

    `is_source` says which sub-folder names are sources. Links, pipes and folders are never taken. Raises OSError for an unreadable inbox.
    """
    found: list[Found] = []
    seen: dict[Path, tuple[Signature, datetime]] = {}
    complaints: dict[Path, str] = {}
    places = [("", folders.inbox)]
    with os.scandir(folders.inbox) as entries:
        places += [(entry.name, Path(entry.path)) for entry in entries if entry.is_dir(follow_symlinks=False) and is_source(entry.name)]
    for folder, place in sorted(places):
        with os.scandir(place) as entries:
            names = {entry.name: entry for entry in entries}
        for name, entry in names.items():
            if name.startswith((".", "~")) or name.lower().endswith(_IGNORED_ENDS) or entry.is_dir(follow_symlinks=False):
                continue
            path = Path(entry.path)
            if not entry.is_file(follow_symlinks=False):
                complaints[path] = "not a regular file"
                continue
            status = entry.stat(follow_symlinks=False)
            signature = (status.st_ino, status.st_size, status.st_mtime_ns)
            before, since = sightings.since.get(path, (signature, now))
            seen[path] = (signature, since if before == signature else now)
            marker = names.get(name + MARKER)
            marked = marker is not None and marker.stat(follow_symlinks=False).st_mtime_ns >= status.st_mtime_ns  # not yesterday's
            if not marked and (now - seen[path][1] < folders.quiet_for or _being_written(path, complaints)):
                continue
            found.append(Found(path, folder, status.st_mtime_ns))
    sightings.since, sightings.complaints = seen, complaints
    return found


def _being_written(path: Path, complaints: dict[Path, str]) -> bool:
    """True while some process has the file open for writing (a read lease is refused then), or when it cannot be read."""
    try:
        fd = open_regular(path)
    except OSError as error:
        complaints[path] = error.strerror or str(error)
        return True
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)  # a broken lease sends SIGIO, which kills; SIGURG is ignored
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False  # another user's file, or a file system without leases: quiet must do
    finally:
        os.close(fd)
    return False


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


def claim(folders: ExchangeFolders, path: Path, stored_as: str) -> None:
    """Takes a file out of the inbox by one rename, and its marker away. Raises OSError when it is not a readable regular file."""
    os.close(open_regular(path))
    marker = path.with_name(path.name + MARKER)
    if os.path.lexists(marker):  # first: a marker left behind would vouch for the next file
        marker.unlink(missing_ok=True)
    goal = folders.of("processing") / stored_as
    os.rename(path, goal)
    if not stat.S_ISREG(os.stat(goal, follow_symlinks=False).st_mode):
        os.rename(goal, path)
        raise NotAFile(22, "was replaced by something that is no file", shown_name(str(path)))
    _sync_folder(folders.of("processing"))


def copy_in(folders: ExchangeFolders, path: Path, stored_as: str) -> None:
    """A copy of a file anywhere into processing; complete or not there at all."""
    goal = folders.of("processing") / stored_as
    half = goal.with_name(f".{stored_as}.tmp")
    fd = open_regular(path.resolve())
    with os.fdopen(fd, "rb") as origin, half.open("wb") as copy:
        while block := origin.read(1 << 20):
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    os.rename(half, goal)
    _sync_folder(folders.of("processing"))


class ExportFile:
    """An opened export. Reads what was opened, whatever happens to its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = open_regular(path)
        self._opened_as = self._signature()

    def __enter__(self) -> ExportFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        os.close(self._fd)

    def _signature(self) -> Signature:
        status = os.fstat(self._fd)
        return status.st_ino, status.st_size, status.st_mtime_ns

    @property
    def size(self) -> int:
        return self._opened_as[1]

    def changed(self) -> bool:
        """Somebody wrote to it since it was opened."""
        return self._signature() != self._opened_as

    def digest(self) -> str:
        """SHA-256 of the bytes; leaves the reading position at the beginning."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        sha = hashlib.sha256()
        while block := os.read(self._fd, 1 << 20):
            sha.update(block)
        os.lseek(self._fd, 0, os.SEEK_SET)
        return sha.hexdigest()

    def rewind(self) -> None:
        os.lseek(self._fd, 0, os.SEEK_SET)

    def read(self) -> bytes:
        """The next block, b"" at the end."""
        return os.read(self._fd, BLOCK)


def write_atomically(path: Path, content: bytes) -> None:
    """All of it or nothing: temporary name, fsync, rename, fsync of the folder."""
    half = path.with_name(f".{path.name}.tmp")
    with half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(half, path)
    _sync_folder(path.parent)


def rejects_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rejected rows for people's spreadsheets: UTF-8 with BOM, `;`, cells that would run as a formula prefixed."""
    return sheet(("line", "column", "value", "reason", "original"), rows)


def receipt_names(stored_as: str) -> tuple[str, str]:
    """(receipt, rejects) of a stored file."""
    stem = os.path.splitext(stored_as)[0]
    return f"{stem}.json", f"{stem}.rejects.csv"


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
