"""What a PBX reports about our calls, as frozen values: the words `call_flow.step` and recovery read.

Owns the shape of every report. Knows no AMI, no socket, no clock: `edge/pbx` fills these and stamps `seen_at`.
Invariant: every text in here is bounded and free of control characters; what was malformed on the wire is None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, TypeAlias

KeyedAmount: TypeAlias = Literal["full"] | int | None
"""What the agent keyed as a promised amount: all of it, whole currency units, or nothing."""


class EndState(StrEnum):
    """How far the agent leg came (docs/INTERNALS 1.2, State of CollEnd)."""

    AGENT = "AGENT"  # left during the preview
    ACCEPT = "ACCEPT"  # left while the gate was asked
    REFUSED = "REFUSED"  # accepted, and the gate said no
    NOGO = "NOGO"  # accepted, and nobody said that it may be dialled
    SKIPPED = "SKIPPED"
    LATER = "LATER"
    NOACCEPT = "NOACCEPT"
    DIAL = "DIAL"  # agent hung up while it rang (status CANCEL) or while talking (ANSWER)
    WRAP = "WRAP"  # Dial had returned
    DENIED = "DENIED"  # the dialplan refused the number
    DSTBUSY = "DSTBUSY"  # the same number is live in another call
    MISSED = "MISSED"  # inbound: the caller reached nobody
    BACK = "BACK"  # a talk that was handed over and nobody took: the debtor heard that we call back
    OTHER = "OTHER"  # a word this version does not know: ended all the same


class FeatureAction(StrEnum):
    """What an agent dialled as a feature code (docs/INTERNALS 1.6)."""

    LOGIN = "login"
    LOGOUT = "logout"
    PAUSE = "pause"
    REASONS = "reasons"  # which key is which reason to pause
    RESUME = "resume"
    NEXT = "next"
    OUTCOME = "outcome"
    LINE = "line"  # stays on an open line
    ANSWER = "answer"  # the phone answers by itself from now on, or no longer


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxEvent:
    """Anything a PBX reports; `seen_at` is our own aware UTC stamp of reading it."""

    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(PbxEvent):
    """A report about one attempt."""

    attempt_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUp(CallEvent):
    """The agent's phone was answered; the preview begins."""

    channel_uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAccepted(CallEvent):
    """The agent wants the call; the dialplan waits for the go-ahead on `channel_uniqueid`, and dials nobody without it."""

    channel_uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling(CallEvent):
    """The go-ahead came: the debtor is dialled next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtorUp(CallEvent):
    """The debtor's line answered."""

    debtor_channel: str
    channel_uniqueid: str = ""  # where the dialplan waits for an agent, when the debtor was dialled first


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyThere(CallEvent):
    """The debtor answered, heard who called, and no agent: the one who was to come had left the line, or nobody was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineGiven(CallEvent):
    """The PBX took the line for an emergency call: the debtor is hung up, the agent is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialResult(CallEvent):
    """Dial returned and the agent is still there."""

    status: str  # DIALSTATUS: ANSWER BUSY NOANSWER CANCEL CONGESTION CHANUNAVAIL, or empty
    cause: int | None
    tech: str  # "SIP 486 Busy Here"; only 180 and 183 prove that it rang
    rang_ms: int | None
    talk_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed(CallEvent):
    """A complete wrap-up was keyed; the dialplan waits for "saved" on `channel_uniqueid`."""

    disp: str  # "1" .. "9"
    amount: KeyedAmount
    on: date | None  # day of the promise or callback
    at: int | None  # hour of the callback, 0-23
    channel_uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(CallEvent):
    """The agent leg is gone; always the last word about a call."""

    state: EndState
    status: str
    cause: int | None
    tech: str
    rang_ms: int | None
    talk_ms: int | None
    disp: str  # "" when nothing was keyed
    amount: KeyedAmount
    on: date | None
    at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate(CallEvent):
    """This id had been used before: nothing was dialled."""

    old: str  # the journal row that was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Acked(CallEvent):
    """The journal row was removed."""

    old: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapEnded(CallEvent):
    """The ring-back or *85 menu ended."""

    keyed: bool
    disp: str
    amount: KeyedAmount
    on: date | None
    at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginateAnswered(CallEvent):
    """The phone that we rang was answered. `ring_back` is 0 for the call itself, n for its n-th ring-back."""

    action_id: str
    reason: int | None
    uniqueid: str
    ring_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginateFailed(CallEvent):
    """The phone that we rang was not answered; why is told by ChannelHungUp (busy, declined and unregistered are all reason 0)."""

    action_id: str
    reason: int | None
    uniqueid: str
    ring_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHungUp(CallEvent):
    """The agent leg (or its n-th ring-back) hung up: 17 busy, 19 no answer, 21 declined, 16 normal."""

    uniqueid: str
    cause: int | None
    ring_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDialled(PbxEvent):
    """An agent dialled a feature code; the dialplan waits for a reply on `uniqueid`."""

    action: FeatureAction
    endpoint: str
    pin: str = field(repr=False)
    arg: str
    uniqueid: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerArrived(PbxEvent):
    """Somebody calls one of our numbers; the dialplan waits on `uniqueid` for whom to ring. Asked again when a phone did not take it."""

    attempt_id: str  # of the PBX's making, "in-..."
    called: str
    caller: str  # "" when the number is withheld or no number
    tried: tuple[str, ...]  # endpoints that were rung
    uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerMissed(PbxEvent):
    """Somebody with a number called one of ours and reached nobody."""

    attempt_id: str  # of the PBX's making, "in-..."
    called: str
    caller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairKeyed(PbxEvent):
    """A caller whom nobody reached keyed debtor and invoice number; the dialplan waits on `uniqueid` for whether they fit."""

    attempt_id: str  # of the PBX's making, "in-..."
    called: str
    caller: str
    turn: int
    debtor: str = field(repr=False)  # digits, as keyed
    invoice: str = field(repr=False)
    uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WishKeyed(PbxEvent):
    """What the caller wants whose pair fitted; the dialplan waits on `uniqueid`, and says nothing is saved before it knows."""

    attempt_id: str
    wish: Literal["promise", "morning", "afternoon", "soon"]
    on: date | None  # the day of payment
    uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTold(PbxEvent):
    """An agent waits on an open line, or has left it."""

    endpoint: str
    channel: str
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDialled(PbxEvent):
    """An agent dialled a number by hand; the dialplan waits on `uniqueid` for what becomes of it."""

    attempt_id: str  # of the PBX's making, "out-..."
    number: str
    endpoint: str
    uniqueid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverAsked(PbxEvent):
    """An agent wants to hand the talk over; the dialplan waits on `uniqueid` for whom to ring."""

    attempt_id: str
    to: str  # digits, as keyed
    uniqueid: str
    first_asked: bool = False  # the colleague is asked first; the agent may come back to the debtor


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(PbxEvent):
    """Somebody has taken the talk: the one to whom it was to go, or the one who had wanted to hand it over."""

    attempt_id: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState(PbxEvent):
    """A phone changed its state: NOT_INUSE, INUSE, BUSY, RINGING, RINGINUSE, ONHOLD, UNAVAILABLE, INVALID, UNKNOWN."""

    device: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost(PbxEvent):
    """The link is gone; what happens to calls is unknown until the next LinkUp is reconciled."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp(PbxEvent):
    """The link is logged in. `started` is a token of the PBX's start-up: another token means that it restarted, '' that it may have."""

    started: str
    version: str
