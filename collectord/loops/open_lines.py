"""Open lines: which agent takes a call that the debtor has answered.

Reads the desk and the attempt, takes the choice through loops/attempt_turn. Tells no PBX.
Invariant: choice and attempt are of one transaction; an agent who has a call, pauses or is away is given none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.agents import OPEN_LINE, AgentState, OnDuty, is_paused, judge
from collectord.core.telephony.allocation import FreeAgent, matcher
from collectord.core.telephony.attempts import PREDICTIVE, Attempt, AttemptState
from collectord.core.telephony.call_seen import AskForAgent, Effect, Given, Ignored, SayLine
from collectord.core.telephony.go_ahead import look_again
from collectord.core.telephony.pbx_calls import ON_LINE
from collectord.edge.crash import crash_point
from collectord.edge.store import calls, facts, tasks
from collectord.edge.store.connection import Connection
from collectord.loops import on_desk
from collectord.loops.attempt_turn import see
from collectord.loops.call_order import case_of
from collectord.settings import Settings

NO_LANGUAGE = "-"  # these agents have none in common
WAITS = timedelta(seconds=1)  # for an agent; the dialplan waits 1.4 s for us
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


def served_together(agents: Sequence[OnDuty], now: datetime) -> list[OnDuty]:
    """Who takes what is dialled ahead, now or after the call under way: of one PBX, the one with the most lines, as a call stays on it."""
    there = [agent for agent in agents if agent.line and agent.logged_in and not agent.off_hours and not is_paused(agent, now)]
    there = [agent for agent in there if agent.rest_until is None or agent.rest_until <= now]
    pbxes = [agent.pbx for agent in there]
    return [agent for agent in there if agent.pbx == max(sorted(set(pbxes)), key=pbxes.count)]


def anybody(there: Sequence[OnDuty]) -> OnDuty:
    """Stands for whoever of these will be free: speaks and can what all of them do."""
    spoken = [set(agent.languages) for agent in there if agent.languages]
    common = sorted(set.intersection(*spoken)) if spoken else []
    return OnDuty(
        id="", name="", endpoint=ON_LINE, pbx=there[0].pbx, languages=tuple(common) if common or not spoken else (NO_LANGUAGE,),
        skills=tuple(sorted(set.intersection(*(set(agent.skills) for agent in there)))), logged_in=True, paused=False,
    )  # fmt: skip


async def awaited(conn: Connection, now: datetime) -> Counter[str]:
    """PBX -> debtors who ring, or have answered, and have no agent yet."""
    ahead = [one for one in await calls.live(conn) if one.mode == PREDICTIVE and not one.agent]
    return Counter(one.pbx for one in ahead if one.debtor_answered_at is None or now < one.debtor_answered_at + WAITS)


async def free_on_lines(conn: Connection, attempt: Attempt, lines: OpenLines, now: datetime) -> list[OnDuty]:
    """On open lines of this PBX, who has waited longest first."""
    present = await on_desk.present(conn, lines.settings, {}, now) if lines.settings is not None else ()
    waiting = [with_line(agent, lines.channels) for agent in present if agent.pbx == attempt.pbx]
    free = [agent for agent in waiting if agent.line and judge(agent, pull=False, now=now) is AgentState.FREE]
    return sorted(free, key=lambda agent: (agent.talked_until or agent.since or LONG_AGO, agent.id))


async def _chosen(conn: Connection, attempt: Attempt, language: str, lines: OpenLines, now: datetime) -> OnDuty | None:
    """Who came to the lines since the debtor was dialled may lack the language or the skill: they come last, before nobody at all."""
    free, task = await free_on_lines(conn, attempt, lines, now), await tasks.task(conn, attempt.task_id)
    desk = tuple(FreeAgent(id=agent.id, languages=agent.languages, skills=agent.skills) for agent in free)
    spoken = frozenset(one for agent in lines.settings.agent for one in agent.languages) if lines.settings is not None else None
    able = {agent.id for agent in matcher(desk, spoken)(task.skill if task is not None else "", language)}
    return min(free, key=lambda agent: agent.id not in able, default=None)


async def is_any_free(conn: Connection, attempt_id: str, lines: OpenLines, now: datetime) -> bool:
    """False as well for a call that nobody need take any more: its end says so."""
    attempt = await calls.attempt(conn, attempt_id)
    wanted = attempt is not None and attempt.state is AttemptState.TALKING and not attempt.agent
    return wanted and attempt is not None and bool(await free_on_lines(conn, attempt, lines, now))


async def give(
    conn: Connection, attempt_id: str, asked: AskForAgent, lines: OpenLines, rules: Rules, house: House, now: datetime
) -> tuple[Effect, ...]:
    """To whoever has waited longest, now or when one comes free in a moment. What came while it rang may speak against the call: then to
    nobody, and the debtor hears who called."""
    attempt = await calls.attempt(conn, attempt_id)
    assert attempt is not None  # it has just asked
    nobody = SayLine(attempt.pbx, attempt.id, "", asked.channel_uniqueid)
    found = await facts.debtor_facts(conn, attempt.key, now, house, rules.frames)
    if (overtaken := look_again(attempt, found, house, now)) is not None:
        await see(conn, attempt_id, overtaken, rules, house, now)
        return (nobody,)
    chosen = await _chosen(conn, attempt, found.debtor.language, lines, now) if found is not None else None
    if chosen is None or lines.settings is None or found is None:
        return (replace(nobody, waits=True),)
    case = case_of(attempt, found, 1, None, "", lines.settings.dialling, house, now)
    language = "en" if chosen.languages[:1] == ("en",) else "de"
    given = Given(chosen.id, chosen.endpoint, chosen.line, asked.channel_uniqueid, language, case.display)
    turned = await see(conn, attempt_id, given, rules, house, now)
    crash_point("given-before-commit")
    return (nobody,) if isinstance(turned, Ignored) else turned
