"""Open lines: which agent takes a call that the debtor has answered.

Reads the desk and the attempt, takes the choice through loops/attempt_turn. Tells no PBX.
Invariant: choice and attempt are of one transaction; an agent who has a call, pauses or is away is given none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.agents import OPEN_LINE, AgentState, OnDuty, is_paused, judge
from collectord.core.telephony.call_seen import AskForAgent, Effect, Given, Ignored, SayLine
from collectord.core.telephony.pbx_calls import ON_LINE
from collectord.edge.store import calls
from collectord.edge.store.connection import Connection
from collectord.loops import on_desk
from collectord.loops.attempt_turn import see
from collectord.settings import Settings

NO_LANGUAGE = "-"  # these agents have none in common
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OpenLines:
    """Of one PBX: endpoint -> channel of the agents who wait, or talk, on an open line."""

    settings: Settings | None = None
    channels: Mapping[str, str] = field(default_factory=dict)


def with_line(agent: OnDuty, lines: Mapping[str, str]) -> OnDuty:
    """The line is known by the phone on which the agent dialled its code."""
    line = lines.get(agent.phone or agent.endpoint, "")
    return replace(agent, line=line, device_state=OPEN_LINE) if line else agent


def anybody(agents: Sequence[OnDuty], now: datetime) -> OnDuty | None:
    """Stands for whoever of those on open lines will be free: speaks and can what all of them do. On the PBX with the most lines."""
    there = [agent for agent in agents if agent.line and agent.logged_in and not agent.off_hours and not is_paused(agent, now)]
    if not there:
        return None
    pbxes = [agent.pbx for agent in there]
    pbx = max(sorted(set(pbxes)), key=pbxes.count)
    there = [agent for agent in there if agent.pbx == pbx]
    spoken = [set(agent.languages) for agent in there if agent.languages]
    common = sorted(set.intersection(*spoken)) if spoken else []
    return OnDuty(
        id="", name="", endpoint=ON_LINE, pbx=pbx, languages=tuple(common) if common or not spoken else (NO_LANGUAGE,),
        skills=tuple(sorted(set.intersection(*(set(agent.skills) for agent in there)))), logged_in=True, paused=False,
    )  # fmt: skip


async def give(
    conn: Connection, attempt_id: str, asked: AskForAgent, lines: OpenLines, rules: Rules, house: House, now: datetime
) -> tuple[Effect, ...]:
    """To whoever has waited longest; nobody: the debtor hears who called."""
    attempt = await calls.attempt(conn, attempt_id)
    assert attempt is not None  # it has just asked
    nobody = SayLine(attempt.pbx, attempt.id, "", asked.channel_uniqueid)
    present = await on_desk.present(conn, lines.settings, {}, now) if lines.settings is not None else ()
    waiting = [with_line(agent, lines.channels) for agent in present if agent.pbx == attempt.pbx]
    free = [agent for agent in waiting if agent.line and judge(agent, pull=False, now=now) is AgentState.FREE]
    if not free:
        return (nobody,)
    chosen = min(free, key=lambda agent: (agent.talked_until or agent.since or LONG_AGO, agent.id))
    given = Given(chosen.id, chosen.endpoint, chosen.line, asked.channel_uniqueid)
    turned = await see(conn, attempt_id, given, rules, house, now)
    return (nobody,) if isinstance(turned, Ignored) else turned
