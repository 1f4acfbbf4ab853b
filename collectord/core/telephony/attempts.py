"""Attempts: one placed call from the committed row to its close, and the words for how it went.

Owns the shape of an attempt and the words of results and dispositions. Knows no event and no follow-up.
Invariant: `result` is what the network did, `disposition` what the talk yielded, `agent_result` what the agent did; never one for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.pbx_events import KeyedAmount


class AttemptState(StrEnum):
    RESERVED = "reserved"  # row committed, nothing may be on the wire yet
    PLACED = "placed"  # Originate may be on the wire
    RINGING_AGENT = "ringing_agent"  # the PBX took it: the desk phone rings, or the agent hears the preview
    RINGING_DEBTOR = "ringing_debtor"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    UNKNOWN = "unknown"  # lost track of; counts against every limit, is never dialled again by itself
    CLOSED = "closed"


class GateSaid(StrEnum):
    """What the gate said at the moment of dialling; the debtor is dialled on GO alone."""

    NOT_ASKED = ""  # the agent has not accepted yet
    GO = "go"
    REFUSED = "refused"
    STOPPED = "stopped"  # GO, and taken back while the debtor's line rang


PREDICTIVE = "predictive"  # mode: the debtor was dialled first, and `agent` is empty until somebody takes the call

ON_THE_PBX = frozenset({AttemptState.PLACED, AttemptState.RINGING_AGENT, AttemptState.RINGING_DEBTOR, AttemptState.TALKING})
"""A channel may exist and a lost link leaves us guessing."""

HOLDS_AGENT = ON_THE_PBX | {AttemptState.RESERVED, AttemptState.WRAP_UP}
"""The agent gets no other call meanwhile (schema: one_live_attempt_per_agent)."""


class Result(StrEnum):
    ANSWERED = "answered"
    DROPPED = "dropped"  # the debtor's line answered, and was hung up by us before anybody spoke
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNALLOCATED = "unallocated"
    CONGESTION = "congestion"
    FAILED = "failed"
    NOT_DIALLED = "not_dialled"  # surely: the debtor's line was never called
    UNKNOWN = "unknown"  # cannot be known


HISTORY_RESULTS = frozenset({"voicemail", "not_in_service"})
"""Words that only an imported or hand-recorded contact uses."""

COUNTS_AS_CONTACT = frozenset({"answered", "no_answer", "rejected", "voicemail", "dropped", "unknown"})
"""CONTRACT 7: what is a contact attempt unless a pack says otherwise."""


class AgentResult(StrEnum):
    ACCEPTED = "accepted"
    SKIPPED = "skipped"
    LATER = "later"
    NO_KEY = "no_key"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    LEFT = "left"


MISSED = frozenset({AgentResult.NO_ANSWER, AgentResult.BUSY, AgentResult.UNREACHABLE})
"""The phone did not take the call: the agent rests before the next one."""


class Disposition(StrEnum):
    PROMISE = "promise"
    PAID_ALREADY = "paid_already"
    DISPUTE = "dispute"
    CALLBACK = "callback"
    REFUSES = "refuses"
    WRONG_NUMBER = "wrong_number"
    THIRD_PARTY = "third_party"
    LEFT_MESSAGE = "left_message"
    DO_NOT_CALL = "do_not_call"
    OBJECTION = "objection"  # an objection card (core/receivables/objections); has no key of its own


WRAP_UP_KEYS: Mapping[str, Disposition] = {
    "1": Disposition.PROMISE,
    "2": Disposition.PAID_ALREADY,
    "3": Disposition.DISPUTE,
    "4": Disposition.CALLBACK,
    "5": Disposition.REFUSES,
    "6": Disposition.WRONG_NUMBER,
    "7": Disposition.THIRD_PARTY,
    "8": Disposition.LEFT_MESSAGE,
    "9": Disposition.DO_NOT_CALL,
}
"""CONTRACT 7, phone and page alike; 0 repeats and * goes back."""

RIGHT_PARTY = frozenset(
    {
        Disposition.PROMISE,
        Disposition.PAID_ALREADY,
        Disposition.DISPUTE,
        Disposition.CALLBACK,
        Disposition.REFUSES,
        Disposition.DO_NOT_CALL,
        Disposition.OBJECTION,
    }
)
"""Right-party contact is a property of the disposition: the debtor, or whoever may speak for the debtor, was on the line."""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment of a plan. `amount` None: the rest of what is open."""

    amount: Decimal | None
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the talk yielded, as keyed, clicked or recorded. `amount` None on a promise means the full amount that is open."""

    disposition: Disposition
    amount: Decimal | None = None
    on: date | None = None  # day of the promise or callback
    hour: int | None = None  # keyed hour of the callback, 0-23, at the house
    callback_at: datetime | None = None  # exact instant, when a person gave one
    note: str = ""
    plan: tuple[Instalment, ...] = ()  # two payments or more, the earliest first; `on` is the first one's day
    objection: str = ""  # code of the card
    items: tuple[str, ...] = ()  # what the objection is about; empty: all of the talk
    until: date | None = None  # the day that the debtor named with the objection

    def detail(self) -> str:
        """One text that is equal exactly when the same thing was said: tells a duplicate from a correction."""
        more = [f"{part.amount or 'rest'}:{part.on}" for part in self.plan]
        if self.objection:
            more += [self.objection, *self.items, str(self.until or "")]
        amount = "full" if self.amount is None and self.disposition is Disposition.PROMISE else f"{self.amount or ''}"
        day = self.on.isoformat() if self.on else ""
        at = self.callback_at.isoformat() if self.callback_at else "" if self.hour is None else f"{self.hour:02}h"
        return "|".join((self.disposition.value, amount, day, at, *more))


LONGEST_WAIT = timedelta(days=365)  # a promise or callback beyond it is a mistake, and it would silence the ladder for as long


def read_keyed(disp: str, amount: KeyedAmount, on: date | None, at: int | None, now: datetime) -> Said | str:
    """The keyed wrap-up, or one sentence why it cannot be taken: then it is not called saved, and a person looks at it."""
    disposition = WRAP_UP_KEYS.get(disp)
    if disposition is None:
        return f"key {disp!r} is no outcome"
    yesterday = now.date() - timedelta(days=1)  # in UTC: no zone's today lies before it
    if on is not None and on > now.date() + LONGEST_WAIT:
        return "the keyed day lies more than a year ahead"
    if disposition is Disposition.PROMISE:
        if on is None or on < yesterday:
            return "a promise was keyed without a day that lies ahead"
        if amount is None or (amount != "full" and amount <= 0):
            return "a promise was keyed without an amount"
        return Said(disposition=disposition, on=on, amount=None if amount == "full" else Decimal(amount))
    if disposition is Disposition.CALLBACK:
        if on is None or on < yesterday or at is None or not 0 <= at <= 23:
            return "a callback was keyed without a day and hour that lie ahead"
        return Said(disposition=disposition, on=on, hour=at)
    return Said(disposition=disposition)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTimes:
    """How long each part of a call may take before somebody asks the PBX what became of it."""

    ring_agent_for: timedelta = timedelta(seconds=20)
    decide_within: timedelta = timedelta(seconds=90)
    ring_debtor_for: timedelta = timedelta(seconds=30)
    wrap_up_for: timedelta = timedelta(seconds=60)
    talk_at_most: timedelta = timedelta(hours=1)  # dialplan: L(3600000)
    until_rung: timedelta = timedelta(seconds=10)  # from the go-ahead to the debtor's first ring, at the longest
    evidence_for: timedelta = timedelta(hours=24)  # how long an attempt without trace waits for a person or a late event
    # Beyond ring_agent_for; the Originate's Timeout must stay below it, else a ringing phone is called lost.
    margin: timedelta = timedelta(seconds=10)
    preview_speech: timedelta = timedelta(seconds=60)  # the case is spoken, also again, before and while the agent decides
    menu: timedelta = timedelta(seconds=60)  # the wrap-up menu runs at most so long beyond wrap_up_for while the agent is on the line

    @property
    def until_dialled(self) -> timedelta:
        """From the order to the debtor's first ring, at the longest: the agent is rung, hears the case, decides."""
        return self.ring_agent_for + self.preview_speech + self.decide_within

    @property
    def until_dialled_at_once(self) -> timedelta:
        """The same where the agent hears no case: is rung, and the gate has been asked."""
        return self.ring_agent_for + self.until_rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    id: str  # the agent leg's channel id is "coll-" + id
    task_id: str
    company: str
    debtor_no: str
    number: str  # E.164, as dialled; stays when the debtor's number changes
    agent: str
    endpoint: str
    pbx: str
    trunk: str
    mode: str  # preview | pull | progressive, see core/telephony/modes
    items: tuple[str, ...]  # what the call is about
    about: str = "{}"  # JSON of what the agent is told
    caller_id: str = ""  # the number that the debtor is shown
    state: AttemptState
    placed_at: datetime
    deadline_at: datetime  # by then the state has left, or recovery asks the PBX
    pbx_started: str  # the PBX's start-up token when it was placed
    gate: GateSaid = GateSaid.NOT_ASKED  # asked again when the agent has accepted
    agent_answered_at: datetime | None = None
    dialled_at: datetime | None = None
    debtor_answered_at: datetime | None = None
    ended_at: datetime | None = None
    closed_at: datetime | None = None
    agent_result: AgentResult | None = None
    result: Result | None = None
    hangup_cause: int | None = None
    tech: str = ""
    rang_ms: int | None = None
    talk_ms: int | None = None
    disposition: Disposition | None = None
    said: str = ""  # Said.detail() of the disposition
    note: str = ""
    ring_backs: int = 0
    why: str = ""  # how it ended, one sentence
    meanwhile: str = ""  # what came since the go-ahead and would have refused it, one sentence
    begun_by: str = ""  # the agent who began the talk, when another one ended it
    answers_itself: bool = False  # the agent's phone was asked to: only a key tells that somebody is there
    acknowledged: bool = False  # the PBX's journal row is forgotten

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)

    @property
    def channel(self) -> str:
        return f"coll-{self.id}"

    @property
    def needs_outcome(self) -> bool:
        """Over, and only a person can say what came of it: the talk's disposition, or whether there was one at all."""
        over = self.state is AttemptState.CLOSED and self.result in (Result.ANSWERED, Result.UNKNOWN)
        return self.disposition is None and (over or self.state is AttemptState.UNKNOWN)
