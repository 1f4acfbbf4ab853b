"""Call events: what a PBX reports about an attempt, what it answered to an order, and what time does.

Reads events and deadlines, takes each through loops/attempt_turn. Talks to no PBX except to look for overdue calls.
Invariant: an event's effects are returned only after its transaction is on disk.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.attempts import ON_THE_PBX, Attempt
from collectord.core.telephony.call_flow import Seen
from collectord.core.telephony.call_seen import Acknowledge, AskForAgent, AskGate, Effect, Ignored, LostTrack, SayLine, TimeOver
from collectord.core.telephony.pbx_calls import Placed
from collectord.core.telephony.pbx_events import CallEvent
from collectord.edge.crash import crash_point
from collectord.edge.store import calls
from collectord.edge.store.connection import Connection, Database
from collectord.loops import recovery
from collectord.loops.attempt_turn import see
from collectord.loops.clearance import Standing, clear
from collectord.loops.open_lines import OpenLines, give, is_any_free

NO_LINES = OpenLines()


async def take_events(
    db: Database,
    rules: Rules,
    house: House,
    events: Sequence[CallEvent],
    standing: Standing,
    now: datetime,
    lines: OpenLines = NO_LINES,
) -> list[tuple[Effect, ...]]:
    """Reports of the PBX, in order and in one transaction: what each of them asks for, `()` when it changed nothing."""

    async def one(conn: Connection, event: CallEvent) -> tuple[Effect, ...]:
        turned = await see(conn, event.attempt_id, event, rules, house, now)
        match turned:
            case Ignored():
                return ()
            case (AskGate() as asked,):
                return await clear(conn, event.attempt_id, asked, standing, rules, house, now)
            case (AskForAgent() as asked,):
                return await give(conn, event.attempt_id, asked, lines, rules, house, now)
            case _:
                return turned

    async def job(conn: Connection) -> list[tuple[Effect, ...]]:
        effects = [await one(conn, event) for event in events]
        crash_point("events-before-commit")
        return effects

    effects = await db.write_briefly(job)
    crash_point("events-committed")
    return effects


async def give_now(
    db: Database, rules: Rules, house: House, attempt_id: str, channel: str, lines: OpenLines, now: datetime
) -> tuple[Effect, ...]:
    """To an agent on an open line who came free after the debtor had answered; () while nobody has."""
    if not await db.read_briefly(lambda conn: is_any_free(conn, attempt_id, lines, now)):
        return ()
    asked = AskForAgent(channel)
    effects = await db.write_briefly(lambda conn: give(conn, attempt_id, asked, lines, rules, house, now))
    crash_point("given-late-committed")
    return tuple(effect for effect in effects if not (isinstance(effect, SayLine) and effect.waits))


async def take(db: Database, rules: Rules, house: House, attempt_id: str, answer: Placed, now: datetime) -> tuple[Effect, ...]:
    """What the PBX answered to the order to place this attempt."""
    return (await take_answers(db, rules, house, [(attempt_id, answer)], now))[0]


async def take_answers(
    db: Database, rules: Rules, house: House, answers: Sequence[tuple[str, Placed]], now: datetime
) -> list[tuple[Effect, ...]]:
    """As `take`, of attempts that were ordered together, in one transaction."""
    return await _take(db, rules, house, answers, now)


async def _take(db: Database, rules: Rules, house: House, seen: Sequence[tuple[str, Seen]], now: datetime) -> list[tuple[Effect, ...]]:
    async def job(conn: Connection) -> list[tuple[Effect, ...] | Ignored]:
        turned = [await see(conn, attempt_id, one, rules, house, now) for attempt_id, one in seen]
        crash_point("event-before-commit")
        return turned

    effects = await db.write_briefly(job)
    crash_point("event-committed")
    return [() if isinstance(turned, Ignored) else turned for turned in effects]


async def timers(db: Database, rules: Rules, house: House, pbx: recovery.Pbx | None, name: str, now: datetime) -> tuple[Effect, ...]:
    """Everything of this PBX whose time is over: wrap-up and waiting for evidence end; a call that should have moved on is looked for.

    `pbx` None: the link is down or its journal is not read yet, so calls are looked for at the next LinkUp, and nothing is forgotten there.
    """
    overdue = [attempt for attempt in await db.read_briefly(lambda conn: calls.past_deadline(conn, now)) if attempt.pbx == name]
    effects: list[Effect] = []
    for attempt in overdue:
        if attempt.state not in ON_THE_PBX:
            effects += (await _take(db, rules, house, [(attempt.id, TimeOver())], now))[0]
    lost = [attempt for attempt in overdue if attempt.state in ON_THE_PBX]
    if pbx is None:
        return tuple(effect for effect in effects if not isinstance(effect, Acknowledge))
    if lost:
        effects += await recovery.look_for(db, pbx, lost, rules, house, now)
    return tuple(effects)


async def forsaken(db: Database, rules: Rules, house: House, served: Collection[str], now: datetime) -> tuple[Attempt, ...]:
    """Overdue attempts of a PBX that is not in the configuration any more: nobody will report their end, so a person is asked."""
    overdue = [attempt for attempt in await db.read(lambda conn: calls.past_deadline(conn, now)) if attempt.pbx not in served]
    for attempt in overdue:
        gone = LostTrack("its PBX is no longer in the configuration") if attempt.state in ON_THE_PBX else TimeOver()
        await _take(db, rules, house, [(attempt.id, gone)], now)
    return tuple(overdue)
