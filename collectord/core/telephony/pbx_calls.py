"""What we ask of a PBX and what it answers: orders, answers, and the two sources of evidence after a lost link.

Owns the shape of an order and of an answer. Knows no AMI; `edge/pbx` writes orders to the wire and reads answers from it.
Invariant: an order is complete in itself; `Unanswered` (a phone may ring) is never confused with `NotSent` (surely none does).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal, TypeAlias

from collectord.core.telephony.pbx_events import EndState, KeyedAmount

ON_LINE = "Local/s@coll-ahead"  # in place of a phone: the call is joined with an agent's open line


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCall:
    """Ring this agent's phone, let the agent hear the case, then dial the debtor (docs/INTERNALS 1.1)."""

    attempt_id: str
    endpoint: str  # the agent's, from the configuration
    number: str  # the debtor's, E.164
    display: str  # what the phone shows; any text, made safe on the way
    caller_id: str  # the company's own number, E.164
    trunk: str
    number_format: Literal["e164", "00", "national"] = "e164"
    mode: Literal["preview", "auto", "ahead"] = "preview"
    line: str = ""  # the channel of the agent's open line: the call comes onto it, no phone rings
    auto_answer: str = ""  # the make of the agent's phone, when it is to answer by itself
    company_name: str = ""  # the recording that names us to whoever answers and finds nobody
    language: Literal["de", "en"] = "de"
    ring_agent_ms: int = 20_000
    ring_debtor_s: int = 30
    decide_s: int = 90
    major: int = 0  # what is overdue, for speech
    minor: int = 0
    currency: str = "EUR"
    days_past_due: int = 0
    attempt_no: int = 1
    promised_on: date | None = None
    promise_state: Literal["", "open", "kept", "partially_kept", "broken"] = ""
    today: date | None = None  # the house's day: "in five days" counts from it, not from the PBX's clock
    wrap_up_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RingBack:
    """Ring the agent who hung up first and offer the wrap-up menu (docs/INTERNALS 1.4)."""

    attempt_id: str
    endpoint: str
    display: str
    number: str  # the debtor's, shown on the phone
    language: Literal["de", "en"] = "de"
    ring_agent_ms: int = 20_000
    ring_back: int = 1  # which ring-back of this attempt, 1-9
    currency: str = "EUR"
    today: date | None = None
    wrap_up_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """For a caller who waits: ring this agent (docs/INTERNALS 1.9)."""

    endpoint: str
    display: str
    booked: bool  # False: nobody we know; the PBX keeps no journal and asks for no outcome
    today: date
    ring_s: int = 20
    wrap_up_s: int = 60
    language: Literal["de", "en"] = "de"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandCall:
    """For a number that an agent dialled by hand: the call is ours from here on (docs/INTERNALS 1.11)."""

    trunk: str
    caller_id: str
    number_format: Literal["e164", "00", "national"]
    ring_s: int
    language: Literal["de", "en"]
    today: date
    wrap_up_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerRow:
    """A call that came in, as the PBX has kept it."""

    attempt_id: str
    called: str
    caller: str
    endpoint: str  # who took it, "" so long as nobody has


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedRow:
    """A talk that was handed over, as the PBX has kept it."""

    attempt_id: str
    endpoint: str  # who spoke last


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRow:
    """A recording, as the PBX has kept it."""

    attempt_id: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """The PBX took the order; what becomes of it comes as events."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The PBX answered no: nothing rings."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The order was written and no answer came: it may have been carried out. Never send it again; look for the call."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Not one byte was written: surely nothing rings."""

    reason: str


Placed: TypeAlias = Accepted | Refused | Unanswered | NotSent


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChannel:
    """One channel that is alive now and belongs to an attempt."""

    attempt_id: str
    uniqueid: str
    channel: str
    coll_state: str  # COLL_STATE of the dialplan, empty on the debtor's leg
    agent_leg: bool  # Uniqueid is coll-<attempt id>
    ring_back: int  # n when this is the n-th ring-back, else 0
    up: bool  # answered
    seconds: int | None
    recorded: bool = False  # the PBX writes it to a file


class JournalPhase(StrEnum):
    """How far the PBX's own journal says that a call came (docs/INTERNALS 1.3)."""

    AGENT = "AGENT"
    DIAL = "DIAL"
    RES = "RES"
    KEY = "KEY"
    END = "END"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """What AstDB `coll/<attempt id>` says; survives the daemon, lags up to a second behind a crash of the PBX."""

    attempt_id: str
    phase: JournalPhase
    state: EndState | None = None  # of END; None there: keyed by ring-back or *85 after the row had been acknowledged
    status: str = ""
    cause: int | None = None
    tech: str = ""
    rang_ms: int | None = None
    talk_ms: int | None = None
    disp: str = ""
    amount: KeyedAmount = None
    on: date | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRow:
    """A journal row that this version cannot read: evidence that something happened, not of what."""

    attempt_id: str
    text: str
