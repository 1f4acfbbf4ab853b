"""Handing over: an agent gives a talk to another agent. To whom it may go, and whose attempt it is afterwards.

Owns these choices. Knows no PBX and no store.
Invariant: only an agent of the team who is free is named; the attempt stays one, and whoever spoke last holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from collectord.core.telephony.agents import AgentState, OnDuty, judge
from collectord.core.telephony.attempts import Attempt, AttemptState, CallTimes
from collectord.core.telephony.call_stages import deadline
from collectord.core.wording import Texts

TEXTS: Texts = {
    "shows": ("Handed over - {name}", "Übergabe - {name}"),
    "asks": ("Asks you - {name}", "Rückfrage - {name}"),
    "handed": ("{before} handed the talk over to {after}.", "{before} übergab das Gespräch an {after}."),
}


RINGS = frozenset({AgentState.FREE, AgentState.RESTING})  # resting: who has just been asked (no other call comes then), or missed a ring


class NotHanded(StrEnum):
    """Why nobody is rung: the words of COLL_TO."""

    UNKNOWN = "off"  # no such agent, or the one who asks
    BUSY = "none"


def to_whom(keyed: str, talk: Attempt | None, team: Iterable[OnDuty], now: datetime) -> OnDuty | NotHanded:
    """The agent whose number was keyed, when free. `talk`: the attempt as it stands, None when there is none such."""
    if talk is None or talk.state is AttemptState.CLOSED:
        return NotHanded.BUSY
    found = next((agent for agent in team if agent.id == keyed and agent.id != talk.agent), None)
    if found is None:
        return NotHanded.UNKNOWN
    return found if judge(found, pull=False, now=now) in RINGS else NotHanded.BUSY


def handed(talk: Attempt, agent: str, endpoint: str, now: datetime, times: CallTimes) -> Attempt | None:
    """The attempt in the hands of who speaks now; None when nothing changes."""
    if talk.state is AttemptState.CLOSED or (agent, endpoint) == (talk.agent, talk.endpoint):
        return None
    ends = deadline(talk.state, talk, now, times)
    return replace(talk, agent=agent, endpoint=endpoint, begun_by=talk.begun_by or talk.agent, deadline_at=ends)
