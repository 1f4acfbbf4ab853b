"""What the course of a call sees besides the PBX's events, and what it asks for in return.

Owns these words. Knows no state and no rule.
Invariant: an effect says what is to be done, never how; those that change the store are done in the transaction that saves the attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from collectord.core.telephony.attempts import AgentResult, Attempt, AttemptState, Said


class Go(StrEnum):
    """What the waiting dialplan is told: the words of COLL_GO."""

    YES = "1"
    NO = "0"  # this debtor is not to be called now
    OFF = "off"  # nobody is: dialling was stopped meanwhile


# ---------------------------------------------------------------- seen


@dataclass(frozen=True, slots=True)
class Placing:
    """The Originate is written next."""


@dataclass(frozen=True, slots=True)
class Released:
    """The reservation is given back; nothing was written."""

    why: str


@dataclass(frozen=True, slots=True)
class GoAhead:
    """The gate allows the call that the agent has accepted; the dialplan waits on this channel."""

    channel_uniqueid: str


@dataclass(frozen=True, slots=True)
class Barred:
    """The agent has accepted, and the gate does not allow the call (any more). `not_before`: when it may, None where nobody knows."""

    channel_uniqueid: str
    why: str
    answer: Go
    not_before: datetime | None = None
    never: bool = False


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Since the go-ahead something came that would have refused the call; two sentences, the second for a call that still rings."""

    news: str
    stopped: str


@dataclass(frozen=True, slots=True)
class Given:
    """This agent takes the call that the debtor has answered; the dialplan waits on this channel."""

    agent: str
    endpoint: str
    line: str  # the channel of the agent's open line
    channel_uniqueid: str
    language: str = "de"  # of the agent
    display: str = ""  # what the agent's phone shows


@dataclass(frozen=True, slots=True)
class Adopted:
    """The PBX says that the call is alive and has come so far."""

    stage: AttemptState


@dataclass(frozen=True, slots=True)
class NotDialled:
    """Evidence that the debtor was never dialled and nothing is alive."""

    why: str


@dataclass(frozen=True, slots=True)
class LostTrack:
    """No evidence either way; `ask` says in one sentence what a person should find out."""

    why: str


@dataclass(frozen=True, slots=True)
class OutcomeSaid:
    """A person recorded or clicked the outcome."""

    said: Said


@dataclass(frozen=True, slots=True)
class TimeOver:
    """`deadline_at` has passed."""


# ---------------------------------------------------------------- effects


@dataclass(frozen=True, slots=True)
class TakeDown:
    """Store the disposition and what follows from it. `reply_to`: the channel that waits for "saved", "" when none does."""

    said: Said
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Settle:
    """Store what follows from the result alone: retry, next number, next level."""


@dataclass(frozen=True, slots=True)
class AskGate:
    """Whether the debtor may be dialled now; the answer is seen in the same transaction, as GoAhead or Barred."""

    channel_uniqueid: str


@dataclass(frozen=True, slots=True)
class PutOff:
    """The task waits until `not_before`, or is over: the gate refused what the agent had accepted."""

    why: str
    not_before: datetime | None
    never: bool


@dataclass(frozen=True, slots=True)
class SayGo:
    """Answer the dialplan that waits for the go-ahead on this channel: a yes only after the commit."""

    pbx: str
    channel_uniqueid: str
    answer: Go


@dataclass(frozen=True, slots=True)
class AskForAgent:
    """Who takes the call that the debtor has answered; seen in the same transaction, as Given, or nobody is told."""

    channel_uniqueid: str


@dataclass(frozen=True, slots=True)
class SayLine:
    """Tell the dialplan which line takes the call, after the commit; `line` "": nobody does."""

    pbx: str
    attempt_id: str
    line: str
    channel_uniqueid: str
    language: str = "de"
    display: str = ""
    number: str = ""
    waits: bool = False  # nobody yet: whoever comes free within a moment takes it


@dataclass(frozen=True, slots=True)
class HangUpDebtor:
    """End the ringing of the debtor's line; a talk that has begun by then goes on."""

    pbx: str
    attempt_id: str


@dataclass(frozen=True, slots=True)
class TellAgent:
    """Something came during the talk that the agent should know of."""

    pbx: str
    attempt_id: str
    agent: str
    news: str


@dataclass(frozen=True, slots=True)
class SaySaved:
    """Answer the dialplan that waits on this channel: `ok` only after the commit."""

    pbx: str
    channel_uniqueid: str
    ok: bool


@dataclass(frozen=True, slots=True)
class RingBackAgent:
    """Ring the agent who hung up first and offer the wrap-up menu, once."""

    attempt: Attempt
    ring_back: int


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The PBX may forget its journal row: everything in it is on our disk."""

    pbx: str
    attempt_id: str


@dataclass(frozen=True, slots=True)
class AgentTookRing:
    agent: str


@dataclass(frozen=True, slots=True)
class AgentMissedRing:
    agent: str
    how: AgentResult
    rang_out: bool = False  # rather than turned away by the phone: busy, diverted, do not disturb, not there


@dataclass(frozen=True, slots=True)
class WrapUpBegan:
    agent: str
    until: datetime


@dataclass(frozen=True, slots=True)
class AgentFree:
    """This attempt holds the agent no longer."""

    agent: str


@dataclass(frozen=True, slots=True)
class AskHuman:
    """A person must say what came of the call; it stands in the list `unknown` until then."""

    attempt_id: str
    why: str


Effect: TypeAlias = (
    TakeDown | Settle | AskGate | PutOff | SayGo | AskForAgent | SayLine | HangUpDebtor | TellAgent | SaySaved | RingBackAgent | Acknowledge
    | AgentTookRing | AgentMissedRing | WrapUpBegan | AgentFree | AskHuman
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """The attempt as it is now (state, instants or details changed) and what is to be done."""

    attempt: Attempt
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing changed; why, for the log. Asterisk sends duplicates and late events as a matter of course."""

    reason: str
