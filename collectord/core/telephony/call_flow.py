"""Call flow: the course of one attempt, as a table of states and events.

Owns which event moves an attempt from which state to which (DESIGN 5; docs/CALL_STATES.md shows the table, a test compares them).
Knows no PBX and no store: effects are asked for, not carried out.
Invariant: `step` is total, never dials, and never leaves `closed`: an event that the table does not know changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from collectord.core.telephony import call_turns as turn
from collectord.core.telephony import gate_turns as gate
from collectord.core.telephony.attempts import Attempt, AttemptState, CallTimes
from collectord.core.telephony.call_seen import (
    Adopted,
    Barred,
    Given,
    GoAhead,
    Ignored,
    LostTrack,
    Moved,
    NotDialled,
    OutcomeSaid,
    Overtaken,
    Placing,
    Released,
    TimeOver,
)
from collectord.core.telephony.pbx_calls import Accepted, NotSent, Refused, Unanswered
from collectord.core.telephony.pbx_events import (
    Acked,
    AgentAccepted,
    AgentUp,
    CallEvent,
    ChannelHungUp,
    DebtorUp,
    Dialling,
    DialResult,
    Duplicate,
    Ended,
    Keyed,
    LineGiven,
    LinkLost,
    LinkUp,
    NobodyThere,
    OriginateAnswered,
    OriginateFailed,
    WrapEnded,
)

S = AttemptState
Seen: TypeAlias = (
    AgentUp | AgentAccepted | OriginateAnswered | OriginateFailed | ChannelHungUp | Dialling | DebtorUp | DialResult | Keyed | Ended
    | WrapEnded | LineGiven | NobodyThere
    | Duplicate | Acked | LinkLost | LinkUp | CallEvent
    | Accepted | Refused | NotSent | Unanswered
    | Placing | Released | GoAhead | Barred | Overtaken | Given | Adopted | NotDialled | LostTrack | OutcomeSaid | TimeOver
)  # fmt: skip
Turn: TypeAlias = Callable[[Attempt, Any, datetime, CallTimes], Moved | Ignored]


@dataclass(frozen=True, slots=True)
class Row:
    """What one event does in one state: the function that does it, and every state that it may lead to."""

    act: Turn
    leads_to: frozenset[AttemptState]


def _row(act: Turn, *leads_to: AttemptState) -> Row:
    return Row(act, frozenset(leads_to))


_LIVE_STAGES = (S.RINGING_AGENT, S.RINGING_DEBTOR, S.TALKING, S.WRAP_UP)

_TALK: Mapping[type, Row] = {  # the debtor's line, wherever it finds us
    DebtorUp: _row(turn.debtor_up, S.TALKING),
    DialResult: _row(turn.dial_result, S.WRAP_UP),
    Keyed: _row(turn.keyed, S.WRAP_UP),
    Ended: _row(turn.ended, S.WRAP_UP, S.CLOSED),
}
_BEFORE_DIAL: Mapping[type, Row] = {
    AgentUp: _row(turn.agent_up, S.RINGING_AGENT),
    OriginateAnswered: _row(turn.agent_up, S.RINGING_AGENT),
    OriginateFailed: _row(turn.phone_failed, S.CLOSED),
    Dialling: _row(turn.dialling, S.RINGING_DEBTOR),
    NotDialled: _row(turn.not_dialled, S.CLOSED),
    **_TALK,
}

_TO_DIAL: Mapping[type, Row] = {  # the gate, at the moment of dialling
    GoAhead: _row(gate.go_ahead, S.RINGING_AGENT),
    Barred: _row(gate.barred, S.RINGING_AGENT),
}

_BY_STATE: Mapping[AttemptState, Mapping[type, Row]] = {
    S.RESERVED: {
        Placing: _row(turn.placing, S.PLACED),
        Released: _row(turn.released, S.CLOSED),
        NotDialled: _row(turn.not_dialled, S.CLOSED),
        TimeOver: _row(turn.released, S.CLOSED),
    },
    S.PLACED: {
        Accepted: _row(turn.accepted, S.RINGING_AGENT),
        Refused: _row(turn.refused, S.CLOSED),
        NotSent: _row(turn.refused, S.CLOSED),
        **_BEFORE_DIAL,
        AgentAccepted: _row(gate.wanted, S.PLACED),
        **_TO_DIAL,
        ChannelHungUp: _row(turn.phone_hung_up, S.PLACED),
        Adopted: _row(turn.adopted, S.PLACED, *_LIVE_STAGES),
        LostTrack: _row(turn.lost_track, S.UNKNOWN),
    },
    S.RINGING_AGENT: {
        **_BEFORE_DIAL,
        AgentAccepted: _row(gate.wanted, S.RINGING_AGENT),
        **_TO_DIAL,
        ChannelHungUp: _row(turn.phone_hung_up, S.RINGING_AGENT),
        Adopted: _row(turn.adopted, *_LIVE_STAGES),
        LostTrack: _row(turn.lost_track, S.UNKNOWN),
    },
    S.RINGING_DEBTOR: {
        **_TALK,
        LineGiven: _row(gate.line_given, S.RINGING_DEBTOR),
        Overtaken: _row(gate.overtaken_ringing, S.RINGING_DEBTOR),
        ChannelHungUp: _row(turn.phone_hung_up, S.RINGING_DEBTOR),
        Adopted: _row(turn.adopted, S.RINGING_DEBTOR, S.TALKING, S.WRAP_UP),
        LostTrack: _row(turn.lost_track, S.UNKNOWN),
    },
    S.TALKING: {
        LineGiven: _row(gate.line_given, S.TALKING),
        DialResult: _TALK[DialResult],
        Keyed: _TALK[Keyed],
        Ended: _TALK[Ended],
        OutcomeSaid: _row(turn.outcome_said, S.TALKING),
        Given: _row(turn.given, S.TALKING),
        NobodyThere: _row(turn.nobody_there, S.TALKING),
        Overtaken: _row(gate.overtaken_talking, S.TALKING),
        ChannelHungUp: _row(turn.phone_hung_up, S.TALKING),
        Adopted: _row(turn.adopted, S.TALKING, S.WRAP_UP),
        LostTrack: _row(turn.lost_track, S.UNKNOWN),
    },
    S.WRAP_UP: {
        DialResult: _row(turn.dial_result, S.WRAP_UP),
        Keyed: _row(turn.keyed, S.WRAP_UP),
        Ended: _row(turn.ended, S.WRAP_UP, S.CLOSED),
        WrapEnded: _row(turn.menu_ended, S.WRAP_UP, S.CLOSED),
        OriginateAnswered: _row(turn.ring_back_answered, S.WRAP_UP),
        OriginateFailed: _row(turn.ring_back_failed, S.WRAP_UP),
        OutcomeSaid: _row(turn.outcome_said, S.CLOSED),
        TimeOver: _row(turn.time_over, S.CLOSED),
    },
    S.UNKNOWN: {
        **_BEFORE_DIAL,
        AgentAccepted: _row(gate.wanted_in_vain, S.UNKNOWN),
        WrapEnded: _row(turn.menu_ended, S.UNKNOWN, S.CLOSED),
        OutcomeSaid: _row(turn.outcome_said, S.CLOSED),
        Adopted: _row(turn.adopted, S.PLACED, *_LIVE_STAGES),
        TimeOver: _row(turn.time_over, S.CLOSED),
    },
    S.CLOSED: {
        AgentAccepted: _row(gate.wanted_in_vain, S.CLOSED),
        Keyed: _row(turn.keyed, S.CLOSED),
        WrapEnded: _row(turn.menu_ended, S.CLOSED),
        OutcomeSaid: _row(turn.outcome_said, S.CLOSED),
        Ended: _row(turn.ended_late, S.CLOSED),
        ChannelHungUp: _row(turn.phone_hung_up_late, S.CLOSED),
        Acked: _row(turn.acked, S.CLOSED),
    },
}

TABLE: Mapping[tuple[AttemptState, type], Row] = {(state, event): row for state, rows in _BY_STATE.items() for event, row in rows.items()}

_REASONS: Mapping[type, str] = {
    Duplicate: "the id had been used before: nothing was dialled, what the journal says is read at the next reconciliation",
    LinkLost: "the call may go on without us: recovery looks for it when the link is back",
    LinkUp: "recovery asks for every call when the link is back",
    Unanswered: "no reply to the Originate: it is never sent again, recovery looks for the call",
    TimeOver: "recovery asks the PBX what became of it",
}


def step(attempt: Attempt, seen: Seen, now: datetime, times: CallTimes) -> Moved | Ignored:
    """The attempt after this event and what is to be done, or why nothing changes. Never raises, whatever comes."""
    if isinstance(seen, CallEvent) and seen.attempt_id != attempt.id:
        return Ignored("the event belongs to another attempt")
    row = TABLE.get((attempt.state, type(seen)))
    if row is None:
        reason = _REASONS.get(type(seen), "late, repeated or out of order")
        return Ignored(f"{type(seen).__name__} in {attempt.state.value}: {reason}")
    return row.act(attempt, seen, now, times)
