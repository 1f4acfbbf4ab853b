"""The scan: what lies in the inbox, looked at in slices, and what one file looks like from near.

Owns the walk over folders with however many files, and what it remembers between two walks. Judges no completeness: core/exports/arrivals.
Invariant: one walk lists each folder once and asks for the state of a file only while that can still change what is done with it.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from collectord.edge.inbox.files import HEAD, Signature, digest_of, open_regular, signature
from collectord.edge.inbox.folders import ExchangeFolders

MARKER, SEAL = ".done", ".sha256"
SLICE = 500  # files a step looks at: a thread that holds the interpreter holds the event loop up as well
MOST = 200_000  # files of one inbox that are remembered; what lies beyond is seen when these are gone

_IGNORED_ENDS = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp", ".lock", "~", MARKER, SEAL)
_HEX = re.compile(r"\A\\?([0-9a-fA-F]{64})(?![0-9a-fA-F])")

Order = Callable[[str, int], tuple[int, int, str]]


@dataclass(slots=True)
class Entry:
    """A file in the inbox and what is remembered of it."""

    folder: str  # the inbox sub-folder, "" for the inbox itself
    name: str
    signature: Signature
    first_seen: datetime
    since: datetime  # unchanged since
    marker: int = 0  # mtime of NAME.done, 0 = none
    seal: int = 0  # mtime of NAME.sha256
    queued: bool = False
    parked: bool = False  # looked at from near and not whole: again when one of the above changes, or at `again`
    again: datetime | None = None

    @property
    def marked(self) -> bool:
        return self.marker >= self.signature[2]  # an older one is yesterday's

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name


@dataclass
class Sightings:
    """What the inbox looked like at the last walk."""

    entries: dict[str, Entry] = field(default_factory=dict)
    queue: list[tuple[tuple[int, int, str], str]] = field(default_factory=list)  # a heap: (export order, path) of files that may be whole
    young: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # by folder: the oldest export that only just came
    irregular: dict[str, datetime] = field(default_factory=dict)  # links, pipes, devices: first seen
    restless: dict[str, datetime] = field(default_factory=dict)  # files that keep changing: first seen
    closed: dict[str, str] = field(default_factory=dict)  # sub-folders that cannot be read: why
    beyond: int = 0  # files that were not even remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A file from near."""

    signature: Signature
    head: bytes
    being_written: bool


class Scan:
    """One walk. `step` does a slice of it; the caller breathes in between. Raises OSError when the inbox cannot be read."""

    def __init__(
        self,
        folders: ExchangeFolders,
        sightings: Sightings,
        is_source: Callable[[str], bool],
        order: Order,
        now: datetime,
        young_for: timedelta,
    ) -> None:
        self._folders, self._sightings, self._is_source, self._order, self._now = folders, sightings, is_source, order, now
        self._young_for = young_for
        self._walk = self._whole()

    def step(self) -> bool:
        """True when the walk is over."""
        return next(self._walk, True)

    def _whole(self) -> Iterator[bool]:
        there: set[str] = set()
        irregular: dict[str, datetime] = {}
        young: dict[str, tuple[int, int, str]] = {}
        restless: dict[str, datetime] = {}
        closed: dict[str, str] = {}
        self._sightings.beyond = 0
        places = [""]
        while places:
            folder = places.pop()
            try:
                entries = os.scandir(self._folders.inbox / folder)
            except OSError as error:
                if not folder:
                    raise
                closed[folder] = error.strerror or str(error)
                continue
            markers: dict[str, os.DirEntry[str]] = {}
            found: list[os.DirEntry[str]] = []
            with entries:
                for count, entry in enumerate(entries, 1):
                    if count % SLICE == 0:
                        yield False
                    name = entry.name
                    if name.endswith((MARKER, SEAL)):
                        markers[name] = entry
                    elif name.startswith((".", "~")) or name.lower().endswith(_IGNORED_ENDS):
                        continue
                    elif entry.is_file(follow_symlinks=False):
                        found.append(entry)
                    elif entry.is_dir(follow_symlinks=False):
                        if not folder and self._is_source(name):
                            places.append(name)
                    else:
                        path = f"{folder}/{name}" if folder else name
                        irregular[path] = self._sightings.irregular.get(path, self._now)
            for count, entry in enumerate(found, 1):
                if count % SLICE == 0:
                    yield False
                path = f"{folder}/{entry.name}" if folder else entry.name
                if path not in self._sightings.entries and len(self._sightings.entries) >= MOST:
                    self._sightings.beyond += 1
                    continue
                try:
                    self._notice(path, folder, entry, markers, young, restless)
                except FileNotFoundError:
                    continue  # went away meanwhile
                there.add(path)
        yield from self._forget(there)
        self._sightings.irregular, self._sightings.closed = irregular, closed
        self._sightings.young, self._sightings.restless = young, restless
        yield True

    def _notice(
        self,
        path: str,
        folder: str,
        entry: os.DirEntry[str],
        markers: dict[str, os.DirEntry[str]],
        young: dict[str, tuple[int, int, str]],
        restless: dict[str, datetime],
    ) -> None:
        known = self._sightings.entries.get(path)
        marker, seal = markers.get(entry.name + MARKER), markers.get(entry.name + SEAL)
        if known is not None and known.queued and not known.parked:
            return  # looked at from near when its turn comes
        seen = signature(entry.stat(follow_symlinks=False))
        marked, sealed = _mtime(marker), _mtime(seal)
        if known is None:
            known = self._sightings.entries[path] = Entry(folder, entry.name, seen, self._now, self._now, marked, sealed)
        elif (known.signature, known.marker, known.seal) != (seen, marked, sealed):
            if known.signature != seen:
                known.signature, known.since = seen, self._now
            known.marker, known.seal, known.parked = marked, sealed, False
        elif known.parked and (known.again is None or self._now < known.again):
            return
        order = self._order(known.name, seen[2])
        if known.marked or known.seal or self._now - known.since >= self._folders.quiet_for:
            known.queued, known.parked = True, False
            heapq.heappush(self._sightings.queue, (order, path))
        elif self._now - known.first_seen >= self._young_for:
            restless[path] = known.first_seen
        elif folder not in young or order < young[folder]:
            young[folder] = order

    def _forget(self, there: set[str]) -> Iterator[bool]:
        gone = []
        for count, path in enumerate(self._sightings.entries, 1):
            if count % (10 * SLICE) == 0:
                yield False
            if path not in there:
                gone.append(path)
        for path in gone:
            del self._sightings.entries[path]


def _mtime(entry: os.DirEntry[str] | None) -> int:
    if entry is None:
        return 0
    try:
        return entry.stat(follow_symlinks=False).st_mtime_ns
    except FileNotFoundError:
        return 0


def look_into(path: Path) -> Look:
    """A file from near: what it is now, how it begins, whether somebody has it open for writing. Raises OSError."""
    fd = open_regular(path)
    try:
        return Look(signature=signature(os.fstat(fd)), head=os.pread(fd, HEAD, 0), being_written=_being_written(fd))
    finally:
        os.close(fd)


def _being_written(fd: int) -> bool:
    """True while some process has the file open for writing: a read lease is refused then."""
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)  # a broken lease sends SIGIO, which kills; SIGURG is ignored
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False  # another user's file, or a file system without leases: quiet must do
    return False


def seal_fits(path: Path) -> bool:
    """Whether NAME.sha256 names the digest of the file, as `sha256sum` writes it or alone. Raises OSError."""
    fd = open_regular(path.with_name(path.name + SEAL))
    try:
        said = _HEX.match(os.pread(fd, HEAD, 0).decode("utf-8-sig", "replace").strip())
    finally:
        os.close(fd)
    if said is None:
        return False
    fd = open_regular(path)
    try:
        return digest_of(fd) == said[1].lower()
    finally:
        os.close(fd)
