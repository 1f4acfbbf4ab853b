"""Agents' rows: who is logged in, paused, resting, busy.

Owns table `agent`. Decides nothing: who is free is judged in core/telephony/agents.
Invariant: an agent of the configuration has exactly one row from the first start on; the row survives restarts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from collectord.core.telephony.pauses import Untaken
from collectord.edge.store.codec import instant, maybe_instant
from collectord.edge.store.connection import Connection, queries
from collectord.edge.store.line import Row

SQL = queries("agents")


async def add_missing(conn: Connection, wanted: dict[str, bool], now: datetime) -> None:
    """One row for each configured agent; `wanted` maps id -> logged_in at the very first start."""
    there = await rows(conn)
    for agent_id, logged_in in wanted.items():
        if agent_id not in there:
            await SQL.add_agent(conn, id=agent_id, logged_in=int(logged_in), now=instant(now))


async def rows(conn: Connection, agent_id: str = "") -> dict[str, Row]:
    """Of all agents, or of this one."""
    return {row[0]: row async for row in SQL.agents(conn, id=agent_id)}


async def set_duty(conn: Connection, agent_id: str, *, logged_in: bool, paused: bool, reason: str, now: datetime) -> None:
    await SQL.set_duty(conn, id=agent_id, logged_in=int(logged_in), paused=int(paused), pause_reason=reason, now=instant(now))


async def ask_for_next(conn: Connection, agent_id: str, now: datetime) -> None:
    """Pull mode: the agent wants the next case."""
    await SQL.set_asked(conn, id=agent_id, now=instant(now))


async def answer_itself(conn: Connection, agent_id: str, on: bool) -> None:
    """Whether this agent wants the phone to answer by itself."""
    await SQL.answer_itself(conn, id=agent_id, on=int(on))


async def served(conn: Connection, agent_id: str) -> None:
    await SQL.clear_asked(conn, id=agent_id)


async def ring_untaken(conn: Connection, agent_id: str, after: Untaken, reason: str, now: datetime) -> None:
    """The phone did not take a ring; `reason` is the pause's, when it is one too many."""
    await SQL.set_untaken(conn, id=agent_id, missed=after.missed, turned_away=after.turned_away, rest_until=maybe_instant(after.rest_until))
    if after.pause:
        await SQL.pause_untaken(conn, id=agent_id, reason=reason, until=maybe_instant(after.pause_until), now=instant(now))


async def rest_until(conn: Connection, agent_id: str, until: datetime) -> None:
    """At least until then the phone is not rung."""
    await SQL.rest_at_least(conn, id=agent_id, until=instant(until))


async def is_untaken(conn: Connection, agent_id: str, reason: str) -> bool:
    """Whether `took_ring` would change something."""
    return await SQL.untaken(conn, id=agent_id, reason=reason) is not None


async def took_ring(conn: Connection, agent_id: str, reason: str, now: datetime) -> None:
    """Somebody is there: what was not taken is forgotten, and a pause for `reason` is over."""
    await SQL.clear_untaken(conn, id=agent_id)
    await SQL.end_pause(conn, id=agent_id, reason=reason, now=instant(now))


async def last_attempt(conn: Connection, agent_id: str) -> dict[str, Any] | None:
    """The last attempt that this agent answered."""
    row: dict[str, Any] | None = await SQL.last_attempt(conn, agent=agent_id)
    return row
