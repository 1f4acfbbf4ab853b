"""Hand over: an agent keys during a talk who shall go on with it; who took it holds the attempt from then on.

Reads the team, asks core/telephony/hand_over, writes the attempt's agent. Rings nobody itself: the PBX does, and gives the talk back
when nobody answers. Whom it rings has no other call placed meanwhile.
Invariant: until somebody has taken the talk it is on disk as that of the agent who spoke last.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from collectord.core.telephony.agents import OnDuty, who_is_at
from collectord.core.telephony.hand_over import TEXTS, handed, to_whom
from collectord.core.telephony.pbx_calls import HandedRow, Ring
from collectord.core.telephony.pbx_events import HandedOver, HandOverAsked
from collectord.core.wording import phrase
from collectord.edge.crash import crash_point
from collectord.edge.ids import new_id
from collectord.edge.store import agents, calls, facts, inbound
from collectord.edge.store.connection import Connection
from collectord.loops import on_desk
from collectord.loops.callers import Reception
from collectord.loops.inbound import name_of


async def asked(at: Reception, event: HandOverAsked, now: datetime) -> Ring | str:
    """Whom to ring, or `off`, `none`: the agent hears why, and the talk goes on."""

    async def job(conn: Connection) -> Ring | str:
        team = [agent for agent in await on_desk.present(conn, at.settings, at.devices, now) if agent.pbx == at.pbx]
        talk = await calls.attempt(conn, event.attempt_id)
        found = to_whom(event.to, talk, team, now)
        if talk is None or not isinstance(found, OnDuty):
            return str(found)
        dialling = at.settings.dialling
        await agents.rest_until(conn, found.id, now + dialling.ring_agent_for)  # no other call comes to this phone meanwhile
        name = await name_of(conn, at, talk.id, talk.key, now)
        display = phrase(TEXTS, "asks" if event.first_asked else "shows", at.house.language, name=name)
        return Ring(
            endpoint=found.endpoint,
            display=display,
            booked=True,
            today=at.house.today(now),
            ring_s=int(dialling.ring_agent_for.total_seconds()),
            wrap_up_s=max(10, int(dialling.wrap_up_for.total_seconds())),
            language="en" if found.languages[:1] == ("en",) else "de",
        )

    return await at.db.write_briefly(job)


async def taken(at: Reception, event: HandedOver | HandedRow, now: datetime) -> bool:
    """Whether the attempt has another agent now: False when nothing changed, or that agent is held by a call of the same moment."""
    team = [agent for agent in await on_desk.on_duty(at.db, at.settings, at.devices, now) if agent.pbx == at.pbx]
    agent = who_is_at(event.endpoint, team, rung=True)
    if agent is None:
        return False

    async def job(conn: Connection) -> bool:
        talk = await calls.attempt(conn, event.attempt_id)
        after = None if talk is None else handed(talk, agent.id, agent.endpoint, now, at.house.times)
        if talk is None or after is None:
            return False
        await inbound.hand_over(conn, after)
        text = phrase(TEXTS, "handed", at.house.language, before=talk.agent, after=agent.id)
        await facts.add_happening(conn, new_id(now), now, "handed_over", talk.key, agent.id, text)
        return True

    try:
        changed = await at.db.write(job)
    except calls.AttemptTaken:
        return False
    crash_point("handed-over-committed")
    return changed


async def taken_meanwhile(at: Reception, rows: Iterable[HandedRow], now: datetime) -> None:
    """Talks that were handed over while nobody listened."""
    for row in rows:
        await taken(at, row, now)
