"""Overtaken: calls that had their go-ahead, looked at again when something came in: ringing ends, a talk goes on and its agent is told.

Reads calls on their way and their debtors' facts, asks core/telephony/go_ahead, takes the answer through loops/attempt_turn. Tells no PBX.
Invariant: the answer and the facts it rests on are of one transaction with the attempt; a talk is never ended here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.attempts import Attempt, AttemptState, GateSaid
from collectord.core.telephony.call_seen import Effect, Ignored, Overtaken
from collectord.core.telephony.go_ahead import look_again
from collectord.edge.crash import crash_point
from collectord.edge.store import calls, facts
from collectord.edge.store.connection import Connection, Database
from collectord.loops.attempt_turn import see


@dataclass(frozen=True, slots=True)
class Looked:
    effects: tuple[tuple[Attempt, tuple[Effect, ...]], ...] = ()
    unsettled: bool = False  # to be looked at soon again: dialled next, or stopped and ringing still


async def look(db: Database, served: Collection[str], rules: Rules, house: House, now: datetime) -> Looked:
    """Read first, and written only where something speaks against a call: hardly ever. `served`: PBXes that can be told now."""
    on_their_way = await db.read_briefly(calls.on_their_way)
    effects = []
    for attempt in on_their_way:
        if attempt.pbx not in served:
            continue

        async def against(conn: Connection, attempt: Attempt = attempt) -> bool:
            return await _against(conn, attempt, rules, house, now) is not None

        async def stop(conn: Connection, attempt: Attempt = attempt) -> tuple[Effect, ...]:
            return await _take(conn, attempt.id, rules, house, now)

        if await db.read_briefly(against) and (turned := await db.write_briefly(stop)):
            crash_point("overtaken-committed")
            effects.append((attempt, turned))
    return Looked(tuple(effects), bool(effects) or any(attempt.pbx not in served or _is_unsettled(attempt) for attempt in on_their_way))


def _is_unsettled(attempt: Attempt) -> bool:
    return attempt.state is not AttemptState.TALKING and (attempt.dialled_at is None or attempt.gate is GateSaid.STOPPED)


async def _take(conn: Connection, attempt_id: str, rules: Rules, house: House, now: datetime) -> tuple[Effect, ...]:
    attempt = await calls.attempt(conn, attempt_id)
    overtaken = await _against(conn, attempt, rules, house, now) if attempt is not None else None
    if overtaken is None:
        return ()
    turned = await see(conn, attempt_id, overtaken, rules, house, now)
    crash_point("overtaken-before-commit")
    return () if isinstance(turned, Ignored) else turned


async def _against(conn: Connection, attempt: Attempt, rules: Rules, house: House, now: datetime) -> Overtaken | None:
    if attempt.gate is GateSaid.STOPPED:
        return Overtaken(attempt.meanwhile, attempt.why)
    if attempt.meanwhile or attempt.disposition is not None:
        return None  # told already; or what is known now comes from this very talk
    return look_again(attempt, await facts.debtor_facts(conn, attempt.key, now, house, rules.frames), house, now)
