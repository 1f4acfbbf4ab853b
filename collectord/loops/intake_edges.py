"""What intake touches, and what the imports of one process share.

Owns the bundle of edges and the turn: who is at work, what the inbox looked like, what was complained about. Decides nothing.
Invariant: one turn per store, so that the poller and commands never import at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import structlog

from collectord.core.house import House
from collectord.edge.inbox import ExchangeFolders, Sightings, shown_name
from collectord.edge.store.connection import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeEdges:
    """What intake touches."""

    db: Database
    folders: ExchangeFolders
    house: House
    new_id: Callable[[], str]
    log: Any = field(default_factory=structlog.get_logger)


@dataclass
class Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sightings: Sightings = field(default_factory=Sightings)
    complained: set[tuple[Path, str]] = field(default_factory=set)

    def complain(self, edges: IntakeEdges, path: Path, why: str) -> None:
        """Once per file and reason."""
        if (path, why) not in self.complained:
            self.complained.add((path, why))
            edges.log.warning("file_not_taken", file=repr(shown_name(path.name)), why=why)


_turns: WeakKeyDictionary[Database, Turn] = WeakKeyDictionary()


def turn_of(edges: IntakeEdges) -> Turn:
    return _turns.setdefault(edges.db, Turn())
