"""Attempt turn: one attempt sees one thing; the step and all that follows from it is one transaction.

Reads the attempt, asks core/telephony/call_flow, writes through loops/consequences.
Invariant: an agent is held by one attempt at most: what would hold an agent twice is closed as it stands and shown to a person.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.attempts import HOLDS_AGENT, Attempt, AttemptState
from collectord.core.telephony.call_flow import Seen, step
from collectord.core.telephony.call_seen import AgentFree, Effect, Ignored, Moved, RingBackAgent, TimeOver, WrapUpBegan
from collectord.edge.store import calls
from collectord.edge.store.connection import Connection
from collectord.loops.consequences import carry


async def see(
    conn: Connection, attempt_id: str, seen: Seen, rules: Rules, house: House, now: datetime, actor: str = ""
) -> tuple[Effect, ...] | Ignored:
    """The effects to carry out after the commit, or why nothing changed. An attempt that is not ours changes nothing."""
    before = await calls.attempt(conn, attempt_id)
    if before is None:
        return Ignored("no such attempt here")
    turned = step(before, seen, now, house.times)
    if isinstance(turned, Moved):
        turned = await _one_call_an_agent(conn, before, turned, house, now)
    if isinstance(turned, Ignored):
        return turned
    return await carry(conn, before, turned, rules, house, now, actor)


async def _one_call_an_agent(conn: Connection, before: Attempt, moved: Moved, house: House, now: datetime) -> Moved | Ignored:
    """Late evidence about an attempt whose agent has gone on to another call: it cannot come back to life on that phone."""
    after = moved.attempt
    if before.state in HOLDS_AGENT or after.state not in HOLDS_AGENT or not await calls.is_agent_held(conn, after.agent, after.id):
        return moved
    if after.state is not AttemptState.WRAP_UP:
        return Ignored("the agent is in another call")
    closed = step(replace(after, deadline_at=now), TimeOver(), now, house.times)
    assert isinstance(closed, Moved)  # every wrap-up ends by time
    kept = tuple(effect for effect in moved.effects if not isinstance(effect, RingBackAgent | WrapUpBegan))
    return Moved(closed.attempt, kept + tuple(effect for effect in closed.effects if not isinstance(effect, AgentFree)))
