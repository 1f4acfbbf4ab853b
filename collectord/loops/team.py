"""The team, as people are shown it: who is there, who is paused and why.

Reads settings and the desk (loops/on_desk), asks core/telephony/agents for the sentence. Writes nothing.
Invariant: what is shown of an agent is what the dialler would find in that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collectord.core.telephony.agents import AgentState, OnDuty, is_paused, judge, why
from collectord.edge.store.connection import Database
from collectord.loops.on_desk import on_duty
from collectord.settings import Settings


async def listed(db: Database, settings: Settings, devices: Mapping[str, str], now: datetime) -> list[dict[str, Any]]:
    """What `agents --json` shows."""
    shown = []
    for agent in await on_duty(db, settings, devices, now):
        state = judge(agent, pull=settings.dialling.mode == "pull", now=now)
        paused = is_paused(agent, now)
        shown.append(
            {
                "id": agent.id,
                "name": agent.name,
                "endpoint": agent.endpoint,
                "pbx": agent.pbx,
                "logged_in": agent.logged_in,
                "paused": paused,
                "pause_reason": agent.pause_reason if paused else None,
                "pause_until": agent.pause_until.isoformat() if paused and agent.pause_until else None,
                "state": state.value,
                "device": agent.device_state or "not_known",
                "since": agent.since.isoformat() if agent.since else None,
                "attempt": agent.attempt_id or None,
                "missed": agent.missed,
                "answers_itself": bool(agent.auto_answer),
                "why": why(agent, state, settings.language, settings.time_zone),
            }
        )
    return shown


def paused(agents: tuple[OnDuty, ...], settings: Settings, now: datetime) -> list[dict[str, Any]]:
    """Who is paused, why and since when, as `status` shows it; the longest first."""
    found = [agent for agent in agents if agent.logged_in and is_paused(agent, now)]
    return [
        {
            "agent": agent.id,
            "reason": agent.pause_reason,
            "since": agent.since.isoformat() if agent.since else None,
            "why": why(agent, AgentState.PAUSED, settings.language, settings.time_zone),
        }
        for agent in sorted(found, key=lambda agent: (agent.since or now, agent.id))
    ]
