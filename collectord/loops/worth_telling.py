"""Worth telling: the conditions of this moment that people must know of without asking.

Reads store, inbox and disks; takes what the daemon knows. Tells nobody.
Invariant: no debtor is named and no debtor's amount is said: what leaves the house names files, sources and counts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from collectord.core.exports.arrivals import TOLD_AFTER
from collectord.core.notices import TEXTS, Condition, Kind
from collectord.core.receivables.asked_blocks import Echo
from collectord.core.wording import phrase
from collectord.edge.store import messages, notices, promises
from collectord.edge.store.connection import Connection
from collectord.loops import asked_blocks, inbox_state
from collectord.loops.intake_edges import IntakeEdges, turn_of

REJECTED_WITHIN = timedelta(days=1)  # before that, a first start tells nothing of the past
UNKNOWN_WITHIN = timedelta(days=7)  # of a message of which nobody knows whether it left; then it is told no more
FILES_TOLD = 20  # waiting files one by one
LITTLE_DISK = 512 * 1024 * 1024  # bytes
BLOCKS_EVERY = timedelta(minutes=15)  # the only question here that grows with the ledger


class Watch:
    """Gathers the conditions; remembers what need not be asked every time."""

    def __init__(self) -> None:
        self._blocks: tuple[datetime, list[Condition]] | None = None

    async def conditions(self, edges: IntakeEdges, state: Mapping[str, Any], places: Sequence[Path], now: datetime) -> list[Condition]:
        """`state`: what `status` says; `places`: folders on whose disks there must be room."""
        house = edges.house

        def say(kind: Kind, subject: str, code: str = "", **values: object) -> Condition:
            return Condition(kind=kind, subject=subject, sentence=phrase(TEXTS, code or kind, house.language, house.time_zone, **values))

        async def batches(conn: Connection) -> list[Condition]:
            waits = [("held", row) for row in await notices.held(conn)]
            gone = [("rejected", row) for row in await notices.rejected(conn, now - REJECTED_WITHIN)]
            return [
                say(kind, row["id"], file=row["file"], source=row["source"], reason=_inside(row["reason"]), batch=row["id"])  # type: ignore[arg-type]
                for kind, row in (*waits, *gone)
            ]

        found = await edges.db.read(batches)
        files = [one for one in inbox_state.waiting(edges, now) if now - one.since >= TOLD_AFTER]
        found += [
            Condition(kind="waiting", subject=f"{one.folder}/{one.name}", sentence=one.sentence(house.language, house.time_zone))
            for one in files[:FILES_TOLD]
        ]
        if len(files) > FILES_TOLD:
            found.append(say("waiting", "", "waiting_many", count=len(files) - FILES_TOLD))
        unreachable = turn_of(edges).unreachable
        if unreachable:
            found.append(say("inbox", "inbox", why=unreachable.why))
        if state.get("state") == "blocked":
            found.append(say("blocked", "dialling", why=state.get("why")))
        agreements = {(one.key, one.made_at): one for one in await edges.db.read(lambda conn: promises.pending_promises(conn, now))}
        found += [say("approval", one.id, day=one.decide_until) for one in agreements.values()]
        found += [
            say("dispute", f"{owner} {day}", count=count, day=day, owner=owner or phrase(TEXTS, "nobody", house.language))
            for owner, day, count in await edges.db.read(lambda conn: promises.overdue_disputes(conn, now, house.today(now)))
        ]
        astray = await edges.db.read(lambda conn: messages.astray(conn, now - UNKNOWN_WITHIN))
        found += [say("messages", "messages", count=astray)] if astray else []
        found += [Condition(kind="late", subject=one["source"], sentence=one["why"]) for one in state.get("late", ())]
        for place in places:
            free = os.statvfs(place)
            if free.f_bavail * free.f_frsize < LITTLE_DISK:
                found.append(say("disk", str(place), place=place.name, free=free.f_bavail * free.f_frsize // 2**20))
        return found + await self._unconfirmed(edges, now, say)

    async def _unconfirmed(self, edges: IntakeEdges, now: datetime, say: Any) -> list[Condition]:
        if self._blocks is None or now - self._blocks[0] >= BLOCKS_EVERY:
            echoes = await edges.db.read(lambda conn: asked_blocks.echoes(conn, edges.house, now))
            counts = Counter(one.source for one in echoes if one.echo is Echo.UNCONFIRMED)
            self._blocks = now, [say("unconfirmed_block", source, count=count, source=source) for source, count in sorted(counts.items())]
        return self._blocks[1]


def _inside(reason: str | None) -> str:
    """A sentence as part of another one."""
    return (reason or "").rstrip(".")
