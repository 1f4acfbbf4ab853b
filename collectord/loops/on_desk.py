"""On desk: every configured agent as configuration, store and PBX know them at one moment.

Reads settings, the agents' rows and device states. Writes nothing, rings nobody; who is free is judged in core/telephony/agents.
Invariant: an agent is the same whether read with all or alone.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from collectord.core.contact.week import parse_week, shown_week
from collectord.core.telephony.agents import AgentState, OnDuty, device_state, judge
from collectord.core.telephony.callbacks import Colleague
from collectord.edge.store import agents as rows
from collectord.edge.store.codec import to_maybe_instant
from collectord.edge.store.connection import Connection, Database
from collectord.edge.store.line import Row
from collectord.settings import AgentSection, Settings

AT_WORK = frozenset({AgentState.FREE, AgentState.IN_CALL, AgentState.WRAP_UP, AgentState.PHONE_IN_USE})
REMEMBERED = 2_048  # agents as read before: of a large desk few have changed since the last look


class Phones(ChainMap[str, str]):
    """The phones of every PBX as they are whenever one is looked up; two PBXes may have one of the same name."""

    def __init__(self, by_pbx: Mapping[str, MutableMapping[str, str]]) -> None:
        super().__init__(*by_pbx.values())
        self._by_pbx = by_pbx

    def of(self, pbx: str, endpoint: str) -> str:
        return self._by_pbx.get(pbx, {}).get(endpoint, "")


def state_of(devices: Mapping[str, str], endpoint: str, pbx: str) -> str:
    """ "" where nothing is known of this phone."""
    return devices.of(pbx, endpoint) if isinstance(devices, Phones) else devices.get(endpoint, "")


async def on_duty(db: Database, settings: Settings, devices: Mapping[str, str], now: datetime) -> tuple[OnDuty, ...]:
    """Every configured agent as of now. `devices` maps phones to the PBX's device states."""
    return await db.read(lambda conn: present(conn, settings, devices, now))


async def present(conn: Connection, settings: Settings, devices: Mapping[str, str], now: datetime) -> tuple[OnDuty, ...]:
    """As `on_duty`, inside a transaction of the caller."""
    found = await rows.rows(conn)
    return tuple([_agent(agent, found.get(agent.id), devices, settings, now) for agent in settings.agent])


async def one(conn: Connection, settings: Settings, agent_id: str, devices: Mapping[str, str], now: datetime) -> OnDuty:
    """This configured agent alone, inside a transaction of the caller."""
    section = next(agent for agent in settings.agent if agent.id == agent_id)
    return _agent(section, (await rows.rows(conn, agent_id)).get(agent_id), devices, settings, now)


def is_at_work(agent: OnDuty, now: datetime) -> bool:
    """Free, or free again in a moment: in a call, in wrap-up, on the phone."""
    return judge(agent, pull=False, now=now) in AT_WORK


def _agent(agent: AgentSection, row: Row | None, devices: Mapping[str, str], settings: Settings, now: datetime) -> OnDuty:
    endpoint = (row[1] if row else "") or agent.endpoint
    off_hours = _off_hours(agent, settings, now) if agent.hours else ""
    phone, *others = agent.devices if endpoint == agent.endpoint else (endpoint,)
    state = state_of(devices, phone, agent.pbx)
    if others:
        state = device_state([state, *(state_of(devices, one, agent.pbx) for one in others)])
    languages, skills = tuple(agent.languages), tuple(agent.skills)
    told = (agent.id, agent.name, endpoint, phone, agent.pbx, languages, skills, state, off_hours, agent.auto_answer)
    return _as_read(told, (agent.logged_in, *NEW) if row is None else tuple(row)[2:])


NEW = (0, "", None, None, 0, 0, None, None, None, None, None, 0)  # a row that is not there yet, after logged_in


@lru_cache(maxsize=REMEMBERED)
def _as_read(told: tuple[Any, ...], kept: tuple[Any, ...]) -> OnDuty:
    agent_id, name, endpoint, phone, pbx, languages, skills, device, off_hours, make = told
    logged_in, paused, reason, since, pause_until, missed, turned_away, rest_until, asked_at, attempt_id, state, talked_until, alone = kept
    return OnDuty(
        id=agent_id,
        name=name,
        endpoint=endpoint,
        phone=phone,
        pbx=pbx,
        languages=languages,
        skills=skills,
        logged_in=bool(logged_in),
        paused=bool(paused),
        pause_reason=reason,
        since=to_maybe_instant(since),
        pause_until=to_maybe_instant(pause_until),
        missed=missed,
        turned_away=turned_away,
        rest_until=to_maybe_instant(rest_until),
        asked_at=to_maybe_instant(asked_at),
        attempt_id=attempt_id or "",
        attempt_state=state or "",
        talked_until=to_maybe_instant(talked_until),
        device_state=device,
        auto_answer=make if alone else "",
        off_hours=off_hours,
    )


def _off_hours(agent: AgentSection, settings: Settings, now: datetime) -> str:
    """The agent's working hours when now lies outside of them, "" within."""
    hours = parse_week(agent.hours)
    there = Colleague(id=agent.id, hours=hours).works(now, settings.time_zone)
    return "" if there else shown_week(hours, settings.language)
