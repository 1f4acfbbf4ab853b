"""What intake touches, and what the imports of one process share.

Owns the bundle of edges and the turn: who is at work, what the inbox looked like, what waits there. Decides nothing.
Invariant: one turn per store, so that the poller and commands never import at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import structlog

from collectord.core.exports.arrivals import Waiting
from collectord.core.exports.source_profiles import Profile
from collectord.core.house import House
from collectord.edge.inbox import ExchangeFolders, Patience, Sightings, shown_name
from collectord.edge.reader_process import ReaderProcess
from collectord.edge.store.connection import Database

MOST_COMPLAINTS = 10_000  # remembered, so that each is logged once


Watch = Callable[[str, int, int], None]  # file, bytes read, its size; all of them: it is compared and booked now


def unwatched(file: str, read: int, size: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeEdges:
    """What intake touches."""

    db: Database
    folders: ExchangeFolders
    house: House
    new_id: Callable[[], str]
    sources: Mapping[str, Profile] = field(default_factory=dict)
    log: Any = field(default_factory=structlog.get_logger)
    watch: Watch = unwatched  # whoever wants to see how far a file is read


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The inbox cannot be read."""

    why: str
    since: datetime
    failures: int


@dataclass
class Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    reader: ReaderProcess | None = None  # started with the first file
    helper: ReaderProcess | None = None  # started with the first large one
    patience: Patience = field(default_factory=Patience)
    sightings: Sightings = field(default_factory=Sightings)
    waiting: dict[str, Waiting] = field(default_factory=dict)  # looked at and not whole
    unreachable: Unreachable | None = None
    busy: bool = False  # the heap is not worked off: the next turn goes on at once
    unsettled: bool = False  # a claim got no answer: recovery has to look where its file is
    reading: tuple[str, int, int] | None = None  # as `Watch` is told, of a long file that is being read now
    walked: tuple[float, float] | None = None  # loop time of the last walk's end, seconds it took
    complained: set[tuple[str, str]] = field(default_factory=set)

    def complain(self, edges: IntakeEdges, path: Path | str, why: str) -> None:
        """Once per file and reason."""
        if len(self.complained) > MOST_COMPLAINTS:
            self.complained.clear()
        name = path.name if isinstance(path, Path) else path
        if (name, why) not in self.complained:
            self.complained.add((name, why))
            edges.log.warning("file_not_taken", file=repr(shown_name(name)), why=why)


_turns: WeakKeyDictionary[Database, Turn] = WeakKeyDictionary()


def turn_of(edges: IntakeEdges) -> Turn:
    return _turns.setdefault(edges.db, Turn())


def reading(db: Database) -> tuple[str, int, int] | None:
    """File, bytes read and its size, of the long file that is being read now."""
    turn = _turns.get(db)
    return turn.reading if turn else None
