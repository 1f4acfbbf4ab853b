"""Everything the gate may look at for one debtor, gathered at one instant.

Owns the shapes of contacts, facts and doubts, and which results count. Knows no rule and no store.
Invariant: what happened after the instant of gathering is not in it; whatever is in it was true then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from collectord.core.receivables.frame import NO_FRAME, Frame
from collectord.core.receivables.history import Touch
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem
from collectord.core.receivables.seen_payments import SeenPayment
from collectord.core.telephony.attempts import COUNTS_AS_CONTACT, RIGHT_PARTY, Disposition

CONTACT_RESULTS = COUNTS_AS_CONTACT
DIALLED_RESULTS = CONTACT_RESULTS | {"busy", "unallocated", "not_in_service", "congestion", "failed"}
NOT_WITH_THE_DEBTOR = frozenset(Disposition) - RIGHT_PARTY  # answered, but no conversation with the debtor
NO_LEGAL_STATE = frozenset({"", "-", "0", "none", "no", "keine", "keiner", "kein", "nein", "normal", "ok"})


class FactKind:
    """What humans teach (column `fact.kind`)."""

    DO_NOT_CALL = "do_not_call"
    NUMBER_BLOCKED = "number_blocked"  # value: number
    NUMBER_WRONG = "number_wrong"  # value: number; un-counts earlier calls to it
    LEGAL_STATE = "legal_state"  # value: insolvency, lawyer, deceased …
    WISH = "wish"  # value: week text; the newest holds
    NOT_ON = "not_on"  # value: days; all hold
    ASK_FIRST = "ask_first"  # value: role
    ASKED = "asked"  # value: role that was asked because a rule says so, and agrees; until_on: so long
    DISPUTE = "dispute"  # value: item number, "" = all
    OVERRIDE = "override"  # value: rule id
    CONTACT_PERSON = "contact_person"
    GRACE = "grace"  # value: who approved it; until_on: its last day
    OBJECTION = "objection"  # value: item number, "" = all; until_on: the last day it waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing a human or a call taught. `until_on` is the last day it holds, None = until revoked."""

    id: str
    at: datetime
    company: str
    debtor_no: str
    kind: str
    value: str = ""
    reason: str = ""
    actor: str = ""
    attempt_id: str = ""
    until_on: date | None = None
    owner: str = ""  # dispute: who answers it …
    answer_by: date | None = None  # … by when; a dispute beyond it holds on, and is listed as overdue

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact: an attempt of ours, or one imported or recorded by hand. Empty `items`: counted for every item."""

    at: datetime
    company: str
    debtor_no: str
    medium: str = "call"
    direction: str = "outbound"
    number: str = ""
    result: str = ""
    agent_result: str = ""
    items: tuple[str, ...] = ()
    conversation_about: tuple[str, ...] = ()
    consent_until: date | None = None
    consent_on: date | None = None
    third_party: bool = False
    disposition: str = ""
    note: str = ""
    attempt_id: str = ""
    live: bool = False  # an attempt that has not ended
    unresolved: bool = False  # an attempt whose fate is not known yet (state unknown)

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)

    @property
    def is_call(self) -> bool:
        return self.medium == "call"

    @property
    def is_conversation(self) -> bool:
        """A talk with the debtor. An answered call whose disposition is still missing is taken for one."""
        if not self.is_call or self.third_party:
            return False
        return bool(self.conversation_about) or (self.result == "answered" and self.disposition not in NOT_WITH_THE_DEBTOR)

    def concerns(self, item: str) -> bool:
        """Counted for this item: assigned to it, spoken about it, or not assigned at all."""
        assigned = (*self.items, *self.conversation_about)
        return not assigned or item in assigned

    def was_about(self, item: str) -> bool:
        """The conversation was about this item; without a word on that, about all that the call was for."""
        about = self.conversation_about or self.items
        return not about or item in about


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPromise:
    id: str
    amount: Decimal
    currency: str
    promised_on: date
    grace_until: date  # last day on which a payment keeps it
    made_at: datetime
    decide_until: date | None = None  # it waits for a lead's approval, so long at most
    note: str = ""  # how it came, where nobody spoke with the debtor

    @property
    def holds_until(self) -> date:
        """The last day on which nobody is called because of it."""
        return self.grace_until if self.decide_until is None else min(self.grace_until, self.decide_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A callback the debtor agreed to, not made yet."""

    task_id: str
    at: datetime
    agreed_at: datetime
    agent: str = ""
    missed: bool = False  # nobody agreed: a call from the debtor's number reached nobody, and numbers are easily forged


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is known about one source of the debtor's items, in the debtor's company. `fresh_as_of` None: no snapshot was ever accepted."""

    source: str
    fresh_as_of: date | None
    held: tuple[str, ...] = ()  # file names of batches waiting for a decision
    booked_until: date | None = None  # payments are booked up to this day; None: the export does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    source: str
    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A doubt of the whole house: clock jumped, store read-only. `reason` is a sentence."""

    rule: str  # guard/clock, guard/store …
    reason: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that a head office's call covers. `held_back`: why its items are left out, "" = they are not."""

    debtor: Debtor
    items: tuple[OpenItem, ...]
    held_back: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtorFacts:
    debtor: Debtor
    items: tuple[OpenItem, ...]
    doubtful: frozenset[str] = frozenset()  # items whose clearing was suppressed
    sources: tuple[SourceState, ...] = ()
    rejected_rows: tuple[RejectedRow, ...] = ()
    contacts: tuple[Contact, ...] = ()  # with this debtor, oldest first
    number_contacts: tuple[Contact, ...] = ()  # with other debtors on this debtor's numbers, oldest first
    facts: tuple[Fact, ...] = ()  # not revoked, oldest first
    promises: tuple[OpenPromise, ...] = ()  # state open
    callbacks: tuple[Callback, ...] = ()
    payments: tuple[SeenPayment, ...] = ()  # bank lines that concern the debtor, returned debits among them
    doubts: tuple[Doubt, ...] = ()
    branches: tuple[Branch, ...] = ()  # of a head office; `items` hold theirs then
    covered_by: Debtor | None = None  # a branch: the head office whose call covers it
    frame: Frame = NO_FRAME  # what strategy and exception leave for the debtor
    touches: tuple[Touch, ...] = ()  # what the debtor noticed of us, for a frame with a saturation; oldest first

    @property
    def key(self) -> DebtorKey:
        return self.debtor.key

    @property
    def debits(self) -> tuple[OpenItem, ...]:
        return tuple(item for item in self.items if item.open_amount > 0)

    def known(self, kind: str) -> Iterator[Fact]:
        return (fact for fact in self.facts if fact.kind == kind)

    def without(self, attempt_id: str) -> DebtorFacts:
        """What is known besides this attempt: a call is not in its own way."""
        others = tuple(contact for contact in self.contacts if contact.attempt_id != attempt_id)
        elsewhere = tuple(contact for contact in self.number_contacts if contact.attempt_id != attempt_id)
        return replace(self, contacts=others, number_contacts=elsewhere)

    @property
    def history(self) -> tuple[Contact, ...]:
        """All contacts of the debtor and of the debtor's numbers, oldest first."""
        return tuple(sorted((*self.contacts, *self.number_contacts), key=lambda contact: contact.at))
