"""Clearance: the gate asked once more, at the moment of dialling, for a call that its agent has accepted.

Reads switches and the debtor's facts, asks core/telephony/go_ahead, takes the answer through loops/attempt_turn. Tells no PBX.
Invariant: facts, answer and attempt are of one transaction; a yes is returned for after its commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collectord.core.contact.facts import Doubt
from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.call_seen import AskGate, Effect, Ignored
from collectord.core.telephony.go_ahead import ask
from collectord.edge.crash import crash_point
from collectord.edge.store import calls, facts, meta
from collectord.edge.store.connection import Connection
from collectord.loops.attempt_turn import see

SWITCHED_OFF: Mapping[str, str] = {
    "shadow": "shadow mode: nothing is dialled; leave it with `collectord live`",
    "paused": "dialling is paused; go on with `collectord resume`",
    "stopping": "collectord is stopping; nothing new is dialled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What keeps everybody from being dialled, besides what the store says."""

    live: bool  # as configured
    stopping: bool = False
    doubts: tuple[Doubt, ...] = ()


async def switched_off(conn: Connection, live: bool) -> str:
    """Key of SWITCHED_OFF: why nobody is dialled whatever the gate says. "" when calls are placed."""
    if not await meta.is_live(conn, live):
        return "shadow"
    return "paused" if await meta.is_paused(conn) else ""


async def clear(
    conn: Connection, attempt_id: str, asked: AskGate, standing: Standing, rules: Rules, house: House, now: datetime
) -> tuple[Effect, ...]:
    """The effects of the gate's answer."""
    attempt = await calls.attempt(conn, attempt_id)
    assert attempt is not None  # it has just asked
    off = "stopping" if standing.stopping else await switched_off(conn, standing.live)
    found = None if off else await facts.debtor_facts(conn, attempt.key, now, house, rules.frames, standing.doubts)
    answer = ask(attempt, asked.channel_uniqueid, off, found, rules.packs, house, now)
    turned = await see(conn, attempt_id, answer, rules, house, now)
    crash_point("go-before-commit")
    return () if isinstance(turned, Ignored) else turned
