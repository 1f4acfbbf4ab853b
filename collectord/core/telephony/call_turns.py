"""Call turns: what one event does to an attempt, one function per event.

Owns the judgement of each event. Which event may do what in which state stands in call_flow.TABLE alone; how a stage is entered, in
call_stages. Knows no PBX and no store.
Invariant: nothing said twice is done twice; only what was taken in is ever called saved.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from collectord.core.telephony import call_stages as stage
from collectord.core.telephony.attempts import PREDICTIVE, AgentResult, Attempt, AttemptState, CallTimes, GateSaid, Result, read_keyed
from collectord.core.telephony.call_seen import (
    Acknowledge,
    Adopted,
    AgentFree,
    AgentTookRing,
    AskForAgent,
    AskHuman,
    Given,
    Ignored,
    LostTrack,
    Moved,
    NotDialled,
    OutcomeSaid,
    Placing,
    Released,
    SayLine,
    SaySaved,
    TakeDown,
    TellAgent,
    TimeOver,
    WrapUpBegan,
)
from collectord.core.telephony.outcome import agent_result, course, network_result
from collectord.core.telephony.pbx_calls import Accepted, NotSent, Refused
from collectord.core.telephony.pbx_events import (
    Acked,
    AgentUp,
    ChannelHungUp,
    DebtorUp,
    Dialling,
    DialResult,
    Ended,
    EndState,
    Keyed,
    NobodyThere,
    OriginateAnswered,
    OriginateFailed,
    WrapEnded,
)

S = AttemptState
RANG_OUT = 3  # OriginateResponse: our time was over; a phone that says no (busy, 480, 302, 603) is 0, also where its Hangup says 19


# ---------------------------------------------------------------- the way out


def placing(a: Attempt, seen: Placing, now: datetime, times: CallTimes) -> Moved | Ignored:
    return Moved(stage.come_to(a, S.PLACED, now, times))


def released(a: Attempt, seen: Released | TimeOver, now: datetime, times: CallTimes) -> Moved | Ignored:
    why = seen.why if isinstance(seen, Released) else "the reservation was never used"
    return stage.close_undialled(a, why, now)


def accepted(a: Attempt, seen: Accepted, now: datetime, times: CallTimes) -> Moved | Ignored:
    return Moved(stage.come_to(a, S.RINGING_AGENT, now, times))


def refused(a: Attempt, seen: Refused | NotSent, now: datetime, times: CallTimes) -> Moved | Ignored:
    return stage.close_undialled(a, f"the PBX did not take the call: {seen.reason}", now)


# ---------------------------------------------------------------- the agent's phone


def agent_up(a: Attempt, seen: AgentUp | OriginateAnswered, now: datetime, times: CallTimes) -> Moved | Ignored:
    if isinstance(seen, OriginateAnswered) and seen.action_id != f"{a.id}-o":
        return Ignored("the reply belongs to another Originate")
    if a.agent_answered_at is not None:
        return Ignored("the agent's answer is known")
    here = replace(a, agent_answered_at=stage.at(a, now))
    came = replace(stage.come_to(here, S.RINGING_AGENT, now, times), deadline_at=stage.deadline(S.RINGING_AGENT, here, now, times))
    return Moved(came, (AgentTookRing(a.agent),) if a.agent and not a.answers_itself else ())


def phone_hung_up(a: Attempt, seen: ChannelHungUp, now: datetime, times: CallTimes) -> Moved | Ignored:
    """Before the answer it tells why the phone did not take the call. After it CollEnd must follow: recovery asks soon if it does not."""
    if seen.ring_back:
        return Ignored("a ring-back hung up; its failure or the menu's end is reported by itself")
    if a.agent_answered_at is not None or a.dialled_at is not None:
        return Moved(replace(a, deadline_at=min(a.deadline_at, stage.at(a, now) + times.margin)))
    return Moved(replace(a, agent_result=agent_result(seen.cause), hangup_cause=seen.cause))


def phone_hung_up_late(a: Attempt, seen: ChannelHungUp, now: datetime, times: CallTimes) -> Moved | Ignored:
    """The failure came before its reason."""
    if seen.ring_back or a.agent_answered_at is not None or a.agent_result is not AgentResult.UNREACHABLE or a.hangup_cause is not None:
        return Ignored("closed")
    return Moved(replace(a, agent_result=agent_result(seen.cause), hangup_cause=seen.cause))


def phone_failed(a: Attempt, seen: OriginateFailed, now: datetime, times: CallTimes) -> Moved | Ignored:
    """Matched by ActionID and id: a refused duplicate reports the id of the call that lives."""
    if seen.action_id != f"{a.id}-o":
        return Ignored("the failure belongs to another Originate")
    if a.agent_answered_at is not None or a.dialled_at is not None:
        return Ignored("the phone had been answered")
    rang_out = seen.reason == RANG_OUT
    how = a.agent_result or (AgentResult.NO_ANSWER if rang_out else AgentResult.UNREACHABLE)
    return stage.close_undialled(replace(a, agent_result=how), "the agent's phone did not take the call", now, rang_out=rang_out)


def ring_back_failed(a: Attempt, seen: OriginateFailed, now: datetime, times: CallTimes) -> Moved | Ignored:
    if seen.ring_back == 0 or seen.ring_back != a.ring_backs or seen.action_id != f"{a.id}-w{seen.ring_back}-o":
        return Ignored("no ring-back of this moment")
    return stage.ring_back(a, now, times)


def ring_back_answered(a: Attempt, seen: OriginateAnswered, now: datetime, times: CallTimes) -> Moved | Ignored:
    if seen.ring_back == 0 or seen.ring_back != a.ring_backs:
        return Ignored("no ring-back of this moment")
    until = stage.at(a, now) + times.menu + times.wrap_up_for
    return Moved(replace(a, deadline_at=until), (WrapUpBegan(a.agent, until),))


# ---------------------------------------------------------------- the debtor's line


def dialling(a: Attempt, seen: Dialling, now: datetime, times: CallTimes) -> Moved | Ignored:
    if a.dialled_at is not None:
        return Ignored("the dialling is known")
    return Moved(stage.come_to(a, S.RINGING_DEBTOR, now, times))


def debtor_up(a: Attempt, seen: DebtorUp, now: datetime, times: CallTimes) -> Moved | Ignored:
    here = stage.come_to(a, S.TALKING, now, times)
    if a.mode == PREDICTIVE and not a.agent:
        if a.gate is GateSaid.STOPPED:  # who answers in the moment in which the ringing is ended hears who called, and speaks with nobody
            return Moved(replace(here, gate=a.gate, why=a.why), (SayLine(a.pbx, a.id, "", seen.channel_uniqueid),))
        return Moved(here, (AskForAgent(seen.channel_uniqueid),))
    return Moved(here, (TellAgent(a.pbx, a.id, a.agent, here.meanwhile),) if here.meanwhile else ())


def given(a: Attempt, seen: Given, now: datetime, times: CallTimes) -> Moved | Ignored:
    if a.agent:
        return Ignored("somebody has the call")
    here = replace(a, agent=seen.agent, endpoint=seen.endpoint)
    return Moved(here, (SayLine(a.pbx, a.id, seen.line, seen.channel_uniqueid, seen.language, seen.display, a.number),))


def nobody_there(a: Attempt, seen: NobodyThere, now: datetime, times: CallTimes) -> Moved | Ignored:
    """Who was sent had left the line in that moment: the call is nobody's again, and was dropped."""
    if not a.agent:
        return Ignored("nobody was sent")
    return Moved(replace(a, agent=""), (AgentFree(a.agent),))


def dial_result(a: Attempt, seen: DialResult, now: datetime, times: CallTimes) -> Moved | Ignored:
    if a.state is S.WRAP_UP and a.result is not None:
        return Ignored("the result is known")
    return stage.into_wrap_up(stage.heard(a, network_result(seen.status, seen.cause, seen.tech), seen, now), now, times)


# ---------------------------------------------------------------- the outcome


def keyed(a: Attempt, seen: Keyed, now: datetime, times: CallTimes) -> Moved | Ignored:
    """Only what is new is taken down; what was saved before is called saved again."""
    said = read_keyed(seen.disp, seen.amount, seen.on, seen.at, now)
    here = a if a.state in (S.CLOSED, S.WRAP_UP) else stage.come_to(a, S.WRAP_UP, now, times)
    if isinstance(said, str):
        return Moved(replace(here, note=said), (SaySaved(a.pbx, seen.channel_uniqueid, ok=False),))
    if said.detail() == a.said:
        return Moved(here, (SaySaved(a.pbx, seen.channel_uniqueid, ok=True),))
    return Moved(stage.having_said(here, said), (TakeDown(said, seen.channel_uniqueid),))


def menu_ended(a: Attempt, seen: WrapEnded, now: datetime, times: CallTimes) -> Moved | Ignored:
    if a.disposition is None and not seen.keyed:
        if a.state is S.WRAP_UP and a.ring_backs:
            return stage.ring_back(a, now, times)
        return Ignored("a menu ended without an outcome")
    here, new = stage.said_at_end(a, seen, now)
    if a.state is S.CLOSED:
        return Moved(here, (*new, Acknowledge(a.pbx, a.id)))  # the menu has written a row anew
    if here.disposition is None:
        return Moved(here)  # what was keyed could not be taken: the note says why, the wrap-up goes on
    return stage.close(here, new, now)


def outcome_said(a: Attempt, seen: OutcomeSaid, now: datetime, times: CallTimes) -> Moved | Ignored:
    """A person's word: closes what waits for it, corrects what was said before."""
    if seen.said.detail() == a.said:
        return Ignored("recorded already")
    here = stage.having_said(a, seen.said)
    if a.state is S.TALKING:
        return Moved(here, (TakeDown(seen.said),))
    if here.result in (None, Result.UNKNOWN):
        here = replace(here, result=Result.ANSWERED, why="as recorded by a person")
    return Moved(here, (TakeDown(seen.said),)) if a.state is S.CLOSED else stage.close(here, (TakeDown(seen.said),), now)


def ended(a: Attempt, seen: Ended, now: datetime, times: CallTimes) -> Moved | Ignored:
    """The last word about a call. Answered and nothing keyed: stays in wrap-up; the agent who hung up first is rung back."""
    how = course(seen.state, seen.status, seen.cause, seen.tech)
    known = a.state is S.WRAP_UP and a.result is not None
    here = a if known else stage.heard(replace(a, agent_result=a.agent_result or how.agent), how.network, seen, now)
    here, new = stage.said_at_end(replace(here, why=here.why or stage.ending(seen.state)), seen, now)
    if here.disposition is not None or here.result is not Result.ANSWERED:
        return stage.close(here, (*new, *stage.phone_alone(here)), now)
    left_first = seen.state is EndState.DIAL and here.ring_backs == 0
    if left_first:
        return stage.ring_back(stage.come_to(here, S.WRAP_UP, now, times), now, times)
    if known and a.ring_backs:
        return Ignored("the end is known")
    moved = stage.into_wrap_up(here, now, times)
    until = min(moved.attempt.deadline_at, stage.at(here, now) + times.wrap_up_for)
    return Moved(replace(moved.attempt, deadline_at=until), (WrapUpBegan(a.agent, until),))


def ended_late(a: Attempt, seen: Ended, now: datetime, times: CallTimes) -> Moved | Ignored:
    """Evidence after the attempt was closed as unknown, or as not dialled while the order still lay in a PBX that stood still.

    The limits count the truth from now on; an outcome is taken while there is none.
    """
    how = course(seen.state, seen.status, seen.cause, seen.tech)
    dialled_after_all = a.result is Result.NOT_DIALLED and how.network not in (Result.UNKNOWN, Result.NOT_DIALLED)
    if a.result is not Result.UNKNOWN and not dialled_after_all:
        here, new = stage.said_at_end(a, seen, now) if a.disposition is None else (a, ())
        if here == a and not a.acknowledged:
            return Ignored("the end is known")
        return Moved(here, (*new, Acknowledge(a.pbx, a.id)))  # forgotten before the call's last word, the row was written anew
    if how.network in (Result.UNKNOWN, Result.NOT_DIALLED) and (a.dialled_at is not None or how.network is Result.UNKNOWN):
        return Ignored("this end says no more than was known")
    did = how.agent if dialled_after_all else a.agent_result or how.agent
    here = replace(
        a, result=how.network, agent_result=did, hangup_cause=seen.cause, tech=seen.tech,
        rang_ms=seen.rang_ms, talk_ms=seen.talk_ms, why=stage.ending(seen.state),
    )  # fmt: skip
    here, new = stage.said_at_end(here, seen, now)
    return Moved(here, (*new, Acknowledge(a.pbx, a.id)))


def acked(a: Attempt, seen: Acked, now: datetime, times: CallTimes) -> Moved | Ignored:
    return Ignored("acknowledged before") if a.acknowledged else Moved(replace(a, acknowledged=True))


# ---------------------------------------------------------------- recovery and time


def adopted(a: Attempt, seen: Adopted, now: datetime, times: CallTimes) -> Moved | Ignored:
    if seen.stage not in stage.ORDER[1:]:
        return Ignored("no stage of a live call")
    if a.state is not S.UNKNOWN and stage.ORDER.index(seen.stage) <= stage.ORDER.index(a.state):
        return Moved(replace(a, deadline_at=stage.deadline(a.state, a, now, times)))  # events told more: it is alive, that is all
    return Moved(stage.come_to(a, seen.stage, now, times))


def not_dialled(a: Attempt, seen: NotDialled, now: datetime, times: CallTimes) -> Moved | Ignored:
    if a.dialled_at is not None:
        return Ignored("it had been dialled")
    asked = a.gate is not GateSaid.NOT_ASKED
    how = a.agent_result or (AgentResult.ACCEPTED if asked else AgentResult.LEFT if a.agent_answered_at is not None else None)
    why = a.why if a.gate is GateSaid.REFUSED and a.state is not S.UNKNOWN else seen.why
    return stage.close_undialled(replace(a, agent_result=how), why, now)


def lost_track(a: Attempt, seen: LostTrack, now: datetime, times: CallTimes) -> Moved | Ignored:
    lost = replace(a, state=S.UNKNOWN, result=Result.UNKNOWN, why=seen.why, deadline_at=stage.at(a, now) + times.evidence_for)
    return Moved(lost, (AgentFree(a.agent), AskHuman(a.id, seen.why)))


def time_over(a: Attempt, seen: TimeOver, now: datetime, times: CallTimes) -> Moved | Ignored:
    """Wrap-up or waiting for evidence is over: closed as it stands; without an outcome a person is asked."""
    return stage.close(a, (), now)
