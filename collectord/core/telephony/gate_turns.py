"""Gate turns: what the gate's answers do to an attempt, at the moment of dialling and while the debtor's line rings.

Owns the judgement of these events; which of them may do what in which state stands in call_flow.TABLE alone. Asks no gate itself.
Invariant: a debtor is dialled on GoAhead alone; what comes later ends the ringing, never a talk.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from collectord.core.telephony import call_stages as stage
from collectord.core.telephony.attempts import PREDICTIVE, Attempt, AttemptState, CallTimes, GateSaid
from collectord.core.telephony.call_seen import (
    AgentTookRing,
    AskGate,
    Barred,
    Effect,
    Go,
    GoAhead,
    HangUpDebtor,
    Ignored,
    Moved,
    Overtaken,
    PutOff,
    SayGo,
    TellAgent,
)
from collectord.core.telephony.pbx_events import AgentAccepted, LineGiven

S = AttemptState
LINE_GIVEN = "The PBX took the line for an emergency call."


def wanted(a: Attempt, seen: AgentAccepted, now: datetime, times: CallTimes) -> Moved | Ignored:
    """The agent accepted: the gate is asked, once. Whoever asks twice has had the answer."""
    if a.gate is not GateSaid.NOT_ASKED:
        return Ignored("the gate has been asked")
    return Moved(a, (AskGate(seen.channel_uniqueid),))


def wanted_in_vain(a: Attempt, seen: AgentAccepted, now: datetime, times: CallTimes) -> Moved | Ignored:
    """Lost track of, or over: nothing is dialled on a doubt, and the agent need not wait to hear it."""
    return Moved(a, (SayGo(a.pbx, seen.channel_uniqueid, Go.NO),))


def go_ahead(a: Attempt, seen: GoAhead, now: datetime, times: CallTimes) -> Moved | Ignored:
    here, took = _answered(replace(a, gate=GateSaid.GO), now, times)
    return Moved(here, (*took, SayGo(a.pbx, seen.channel_uniqueid, Go.YES)))


def barred(a: Attempt, seen: Barred, now: datetime, times: CallTimes) -> Moved | Ignored:
    """The task goes back at once; the attempt ends when the agent has heard why."""
    here, took = _answered(replace(a, gate=GateSaid.REFUSED, why=seen.why), now, times)
    put_off = PutOff(seen.why, seen.not_before, seen.never)
    return Moved(here, (*took, put_off, SayGo(a.pbx, seen.channel_uniqueid, seen.answer)))


def _answered(a: Attempt, now: datetime, times: CallTimes) -> tuple[Attempt, tuple[Effect, ...]]:
    """Whoever accepts has answered the phone, though the report of it may be lost."""
    known = a.agent_answered_at is not None and not a.answers_itself  # by the report of it; there a key alone tells
    took = () if known or not a.agent else (AgentTookRing(a.agent),)
    here = replace(a, agent_answered_at=a.agent_answered_at or stage.at(a, now))
    return replace(stage.come_to(here, S.RINGING_AGENT, now, times), deadline_at=stage.deadline(S.RINGING_AGENT, here, now, times)), took


def overtaken_ringing(a: Attempt, seen: Overtaken, now: datetime, times: CallTimes) -> Moved | Ignored:
    """Said again as long as it rings: the first order may not have reached the PBX."""
    return Moved(replace(a, gate=GateSaid.STOPPED, why=seen.stopped, meanwhile=seen.news), (HangUpDebtor(a.pbx, a.id),))


def overtaken_talking(a: Attempt, seen: Overtaken, now: datetime, times: CallTimes) -> Moved | Ignored:
    if a.meanwhile:
        return Ignored("the agent has been told")
    if a.mode == PREDICTIVE and not a.agent:
        return Moved(replace(a, gate=GateSaid.STOPPED, why=seen.news, meanwhile=seen.news))  # nobody is given the call
    return Moved(replace(a, meanwhile=seen.news), (TellAgent(a.pbx, a.id, a.agent, seen.news),))


def line_given(a: Attempt, seen: LineGiven, now: datetime, times: CallTimes) -> Moved | Ignored:
    """What ended the call was neither of the two who talked: the attempt says so."""
    return Moved(replace(a, meanwhile=" ".join(filter(None, (a.meanwhile, LINE_GIVEN)))))
