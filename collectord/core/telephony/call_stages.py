"""Call stages: instants, deadlines, results and the close of an attempt, as every turn of a call uses them.

Owns how an attempt comes to a stage. Knows no table: which event may lead where stands in call_flow.
Invariant: instants only move forward (placed <= agent answered <= dialled <= debtor answered <= ended <= closed), whatever order
events come in; an attempt that was dialled never becomes `not_dialled`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from collectord.core.telephony.attempts import (
    MISSED,
    PREDICTIVE,
    AgentResult,
    Attempt,
    AttemptState,
    CallTimes,
    Disposition,
    GateSaid,
    Result,
    Said,
    read_keyed,
)
from collectord.core.telephony.call_seen import (
    Acknowledge,
    AgentFree,
    AgentMissedRing,
    AgentTookRing,
    AskHuman,
    Effect,
    Moved,
    RingBackAgent,
    Settle,
    TakeDown,
    WrapUpBegan,
)
from collectord.core.telephony.pbx_events import DialResult, Ended, EndState, WrapEnded

S = AttemptState
MAX_RING_BACKS = 2  # then *85, or `record --attempt`
ORDER = (S.RESERVED, S.PLACED, S.RINGING_AGENT, S.RINGING_DEBTOR, S.TALKING, S.WRAP_UP)

_ENDINGS = {
    EndState.AGENT: "the agent hung up during the preview",
    EndState.ACCEPT: "the agent hung up before the debtor was dialled",
    EndState.REFUSED: "the gate did not allow the call",
    EndState.NOGO: "nobody told the PBX in time that the debtor may be dialled",
    EndState.SKIPPED: "the agent skipped the case",
    EndState.LATER: "the agent put the case off",
    EndState.NOACCEPT: "the agent pressed no key",
    EndState.DIAL: "the agent hung up first",
    EndState.WRAP: "the call came to its end",
    EndState.DENIED: "the PBX does not dial this number",
    EndState.DSTBUSY: "the number was live in another call",
    EndState.MISSED: "the caller reached nobody",
    EndState.BACK: "nobody took the talk that was handed over; the debtor was told that we call back",
    EndState.OTHER: "the call ended",
}


def ending(state: EndState) -> str:
    return _ENDINGS[state]


def at(a: Attempt, now: datetime) -> datetime:
    """Now, but never before what was stamped already (the clock may have been set back)."""
    stamps = (a.placed_at, a.agent_answered_at, a.dialled_at, a.debtor_answered_at, a.ended_at, a.closed_at)
    return max(now, *(stamp for stamp in stamps if stamp is not None))


def deadline(state: AttemptState, a: Attempt, now: datetime, times: CallTimes) -> datetime:
    """By then the state has left, or somebody asks the PBX."""
    span: timedelta
    match state:
        case S.RINGING_AGENT if a.gate is not GateSaid.NOT_ASKED:
            span = times.margin  # the dialplan has its answer: it dials, or says why not and hangs up
        case S.RINGING_AGENT if a.agent_answered_at is not None:
            span = times.decide_within + times.preview_speech + times.margin
        case S.RINGING_DEBTOR:
            span = times.ring_debtor_for + times.margin
        case S.TALKING:
            span = times.talk_at_most + times.margin
        case S.WRAP_UP:
            span = times.menu + times.wrap_up_for
        case _:
            span = times.ring_agent_for + times.margin
    return at(a, now) + span


def come_to(a: Attempt, state: AttemptState, now: datetime, times: CallTimes) -> Attempt:
    """The attempt in this state, every instant that lies behind it stamped (events may have been lost)."""
    stamp, behind = at(a, now), ORDER.index(state)
    changes: dict[str, Any] = {"state": state}
    if behind >= ORDER.index(S.RINGING_DEBTOR):
        changes |= {
            "agent_answered_at": a.agent_answered_at or a.dialled_at or stamp,
            "dialled_at": a.dialled_at or stamp,
            "agent_result": AgentResult.ACCEPTED,
        }
    if state is S.TALKING:
        changes |= _answered_first(a)
        changes["debtor_answered_at"] = a.debtor_answered_at or stamp
    if state is S.WRAP_UP:
        changes["ended_at"] = a.ended_at or stamp
    if a.state is S.UNKNOWN:
        changes |= {"result": None if a.result is Result.UNKNOWN else a.result, "why": ""}
    if a.state is not state:
        changes["deadline_at"] = deadline(state, a, now, times)
    return replace(a, **changes)


def heard(a: Attempt, result: Result, seen: DialResult | Ended, now: datetime) -> Attempt:
    """The attempt with what the network said. A line that was heard answering stays answered; what was dialled stays dialled."""
    stamp = at(a, now)
    heard_nobody = a.mode == PREDICTIVE and (result is Result.DROPPED or not a.agent)  # also where the agent who was sent never came
    if a.debtor_answered_at is not None and not heard_nobody:
        result = Result.ANSWERED
    if result is Result.NOT_DIALLED and a.dialled_at is not None:
        result = Result.UNKNOWN
    if heard_nobody and (result is Result.ANSWERED or a.debtor_answered_at is not None):
        result = Result.DROPPED
    changes: dict[str, Any] = {
        "result": result, "hangup_cause": seen.cause, "tech": seen.tech, "rang_ms": seen.rang_ms, "talk_ms": seen.talk_ms,
        "ended_at": a.ended_at or stamp, "agent_answered_at": a.agent_answered_at or a.dialled_at or (None if _missed(seen) else stamp),
    }  # fmt: skip
    if result is Result.DROPPED and a.mode == PREDICTIVE:
        changes["agent"] = ""
    if isinstance(seen, Ended) and seen.state in (EndState.DENIED, EndState.DSTBUSY):
        changes["tech"] = seen.state.value  # the PBX's own refusals, where the network says nothing
    if result is not Result.NOT_DIALLED:
        changes |= {"agent_result": AgentResult.ACCEPTED, "dialled_at": a.dialled_at or changes["agent_answered_at"]}
    if result is Result.ANSWERED:
        changes |= _answered_first(a)
    if result is Result.ANSWERED and a.debtor_answered_at is None:
        begun = (a.ended_at or stamp) - timedelta(milliseconds=seen.talk_ms or 0)
        changes["debtor_answered_at"] = max(begun, changes["dialled_at"])
    return replace(a, **changes)


def _answered_first(a: Attempt) -> dict[str, Any]:
    """The debtor answered before the ringing could be stopped: a talk like any other, in which the agent is told."""
    return {"gate": GateSaid.GO, "why": ""} if a.gate is GateSaid.STOPPED else {}


def _missed(seen: DialResult | Ended) -> bool:
    """A caller whom nobody took."""
    return isinstance(seen, Ended) and seen.state is EndState.MISSED


def having_said(a: Attempt, said: Said) -> Attempt:
    return replace(a, disposition=said.disposition, said=said.detail(), note=said.note or a.note)


def said_at_end(a: Attempt, seen: Ended | WrapEnded, now: datetime) -> tuple[Attempt, tuple[Effect, ...]]:
    """What was keyed, when CollKeyed was lost or said something else; a wrap-up that cannot be taken becomes a note for a person."""
    if isinstance(seen, Ended) and seen.state is EndState.BACK and a.disposition is None:
        promised = Said(disposition=Disposition.CALLBACK, callback_at=at(a, now))
        return having_said(a, promised), (TakeDown(promised),)
    if not seen.disp:
        return a, ()
    said = read_keyed(seen.disp, seen.amount, seen.on, seen.at, now)
    if isinstance(said, str):
        return replace(a, note=said), ()
    if said.detail() == a.said:
        return a, ()
    return having_said(a, said), (TakeDown(said),)


def phone_alone(a: Attempt) -> tuple[Effect, ...]:
    """A phone that answered by itself, and then: no key is as if it had rung out, a key is somebody."""
    if not a.answers_itself or not a.agent:
        return ()
    match a.agent_result:
        case AgentResult.NO_KEY:
            return (AgentMissedRing(a.agent, AgentResult.NO_KEY, rang_out=True),)
        case AgentResult.SKIPPED | AgentResult.LATER:
            return (AgentTookRing(a.agent),)
        case _:
            return ()


def into_wrap_up(a: Attempt, now: datetime, times: CallTimes) -> Moved:
    here = come_to(a, S.WRAP_UP, now, times)
    answered = here.result is Result.ANSWERED and a.state is not S.WRAP_UP
    return Moved(here, (WrapUpBegan(here.agent, here.deadline_at),) if answered else ())


def ring_back(a: Attempt, now: datetime, times: CallTimes) -> Moved:
    """The next ring-back, or none any more: then wrap-up time runs out and a person is asked."""
    if a.ring_backs >= MAX_RING_BACKS:
        return Moved(replace(a, deadline_at=min(a.deadline_at, at(a, now) + times.wrap_up_for)))
    until = at(a, now) + times.ring_agent_for + times.margin + times.wrap_up_for
    here = replace(a, ring_backs=a.ring_backs + 1, deadline_at=until)
    return Moved(here, (WrapUpBegan(a.agent, until), RingBackAgent(here, here.ring_backs)))


def close(a: Attempt, effects: tuple[Effect, ...], now: datetime) -> Moved:
    """Closed, with what follows: the disposition's consequences were asked for when it was said, else the result's are now."""
    stamp = at(a, now)
    result = a.result
    if result is None or result is Result.UNKNOWN:
        result = Result.UNKNOWN if a.disposition is None else Result.ANSWERED
    closed = replace(a, state=S.CLOSED, result=result, ended_at=a.ended_at or stamp, closed_at=stamp)
    follows: list[Effect] = [*effects]
    if a.disposition is None and not _put_off(closed):
        follows.append(Settle())
    if a.state is not S.UNKNOWN:
        follows.append(AgentFree(a.agent))
    follows.append(Acknowledge(a.pbx, a.id))
    if closed.needs_outcome:
        follows.append(AskHuman(a.id, closed.note or closed.why))
    return Moved(closed, tuple(follows))


def _put_off(closed: Attempt) -> bool:
    """The refusal has put the task off already."""
    return closed.gate is GateSaid.REFUSED and closed.result is Result.NOT_DIALLED


def close_undialled(a: Attempt, why: str, now: datetime, *, rang_out: bool = False) -> Moved:
    """Surely not dialled: uncounted. The PBX has a journal row only when the agent's phone was answered."""
    stamp = at(a, now)
    closed = replace(
        a, state=S.CLOSED, result=Result.NOT_DIALLED, why=why, ended_at=stamp, closed_at=stamp, acknowledged=a.agent_answered_at is None
    )
    effects: list[Effect] = [] if _put_off(closed) else [Settle()]
    if a.state is not S.UNKNOWN:
        effects.append(AgentFree(a.agent))
    if a.agent and a.agent_result in MISSED:
        effects.append(AgentMissedRing(a.agent, a.agent_result, rang_out))
    if not closed.acknowledged:
        effects.append(Acknowledge(a.pbx, a.id))
    return Moved(closed, tuple(effects))
