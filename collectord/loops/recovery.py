"""Recovery: after a start, a lost link or an overdue deadline, asks the PBX what became of each call.

Reads live channels and the PBX's journal, asks core/telephony/recovery, takes the answer through loops/attempt_turn.
Invariant: nothing is dialled; a journal row is forgotten only when all it says is on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.call_seen import Acknowledge, Effect, Ignored
from collectord.core.telephony.pbx_calls import JournalRow, LiveChannel, UnreadableRow
from collectord.core.telephony.pbx_events import Acked
from collectord.core.telephony.recovery import evidence
from collectord.edge.crash import crash_point
from collectord.edge.store import calls
from collectord.edge.store.connection import Connection, Database
from collectord.loops.attempt_turn import see


class Pbx(Protocol):
    """What recovery asks of a PBX."""

    async def live_calls(self) -> tuple[LiveChannel, ...]: ...
    async def journal(self) -> dict[str, JournalRow | UnreadableRow]: ...
    async def started_at(self) -> str: ...


async def reconcile(db: Database, pbx: Pbx, name: str, started: str, rules: Rules, house: House, now: datetime) -> tuple[Effect, ...]:
    """Every attempt of this PBX that is not closed, then the journal rows of those that are: booked or forgotten.

    Rows forgotten before are back when an outcome was keyed while nobody listened, or when the PBX's crash undid the forgetting.
    `started` is the PBX's start-up token of this link.
    """
    live = await pbx.live_calls()  # before the journal: a call that ends in between has its END row
    rows = await pbx.journal()
    effects: list[Effect] = []
    for attempt in await db.read(lambda conn: calls.unfinished(conn, name)):
        effects += await _show(db, attempt, live, rows, started, rules, house, now)
    for attempt in await db.read(lambda conn: calls.unacknowledged(conn, name)):
        if attempt.id not in rows:
            await _forgotten(db, attempt, rules, house, now)
    unfinished = await db.read(lambda conn: calls.unfinished(conn, name))  # as it is by now: time may have closed one of them
    for attempt_id in sorted(rows.keys() - {attempt.id for attempt in unfinished}):
        closed = await db.read(lambda conn, i=attempt_id: calls.attempt(conn, i))  # type: ignore[misc]
        if closed is not None and closed.pbx == name:
            effects += await _show(db, closed, live, rows, started, rules, house, now)
            effects.append(Acknowledge(name, attempt_id))
    return tuple(dict.fromkeys(effects))


async def look_for(db: Database, pbx: Pbx, overdue: Iterable[Attempt], rules: Rules, house: House, now: datetime) -> tuple[Effect, ...]:
    """Calls that should have moved on by now."""
    live = await pbx.live_calls()
    rows = await pbx.journal()
    started = await pbx.started_at()
    effects: list[Effect] = []
    for attempt in overdue:
        effects += await _show(db, attempt, live, rows, started, rules, house, now)
    return tuple(effects)


async def _show(
    db: Database,
    attempt: Attempt,
    live: Iterable[LiveChannel],
    rows: Mapping[str, JournalRow | UnreadableRow],
    started: str,
    rules: Rules,
    house: House,
    now: datetime,
) -> tuple[Effect, ...]:
    """All evidence about one attempt in one transaction, on the attempt as it is by then."""

    async def job(conn: Connection) -> tuple[Effect, ...]:
        current = await calls.attempt(conn, attempt.id)
        assert current is not None  # attempts are never deleted while they are live
        effects: list[Effect] = []
        for seen in evidence(current, live, rows.get(attempt.id), started=started, now=now, times=house.times):
            turned = await see(conn, attempt.id, seen, rules, house, now)
            effects += () if isinstance(turned, Ignored) else turned
        return tuple(effects)

    shown = await db.write(job)
    crash_point("evidence-committed")
    return shown


async def _forgotten(db: Database, attempt: Attempt, rules: Rules, house: House, now: datetime) -> None:
    """The PBX has no row of this closed attempt any more: nothing is left to acknowledge."""
    gone = Acked(seen_at=now, attempt_id=attempt.id, old="")
    await db.write(lambda conn: see(conn, attempt.id, gone, rules, house, now))
