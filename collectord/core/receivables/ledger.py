"""The ledger's values: debtors, open items, numbers, as every decision sees them.

Owns the shapes and the sums over them. Knows neither where they came from nor what is done about them.
Invariant: an item is known by (company, debtor_no, item_no), all three text; a negative open amount is a credit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from collectord.core.receivables.rungs import NO_RUNGS, Rungs

FOREVER = date(9999, 12, 31)  # "blocked until further notice"


class DebtorKey(NamedTuple):
    """Who owes, within one company (creditor's company code, "" when there is one). A tuple, because a plan compares millions of them."""

    company: str
    debtor_no: str

    def __str__(self) -> str:
        return f"{self.company}/{self.debtor_no}" if self.company else self.debtor_no


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One line of the open-item list. `open_amount` < 0: credit note or payment on account."""

    company: str
    debtor_no: str
    item_no: str
    source: str
    due_on: date
    open_amount: Decimal
    currency: str = "EUR"
    amount: Decimal | None = None
    invoiced_on: date | None = None
    kind: str = "invoice"  # invoice | credit_note | payment
    payment_method: str = ""  # transfer | direct_debit | ...
    discount_until: date | None = None
    dunning_level: int | None = None  # accounting's own dunning run
    last_dunned_on: date | None = None
    dunning_deadline: date | None = None  # no call before this day
    dunning_block_until: date | None = None  # inclusive; FOREVER when the export says only "yes"
    dispute: bool = False
    returned_on: date | None = None  # the day its direct debit came back, says a bank statement
    booking_lag: int = 0  # days up to the day of reading whose payments are not booked yet (booked_until): judged as of so much earlier
    opened_as_of: date | None = None  # the day of the export that named it first, or again
    # what collectord itself did about it:
    contact_level: int = 0  # last level of our ladder that was carried out for it
    contacted_on: date | None = None
    contact_rungs: Rungs = NO_RUNGS  # the steps that `contact_level` counts

    def days_past_due(self, as_of: date) -> int:
        """Negative while not yet due; 0 on the due day, and as long as its payment may lie among what is not booked yet."""
        days = (as_of - self.due_on).days
        return days if days <= 0 else max(0, days - self.booking_lag)

    def is_overdue(self, as_of: date) -> bool:
        return self.days_past_due(as_of) > 0

    def day_of(self, days: int) -> date:
        """The day on which it is so many days past due; before the due date (0 and less) bookings do not matter."""
        return self.due_on + timedelta(days + (self.booking_lag if days > 0 else 0))

    @property
    def is_direct_debit(self) -> bool:
        """Is collected by direct debit, and no collection of it came back."""
        return self.payment_method == "direct_debit" and self.returned_on is None

    def is_blocked(self, on: date) -> bool:
        return self.dunning_block_until is not None and on <= self.dunning_block_until


@dataclass(frozen=True, slots=True, kw_only=True)
class DialNumber:
    """One telephone number of a debtor. `e164` is None when the text could not be made dialable; `problem` then says why."""

    position: int  # 1 = phone, 2 = phone2, above: a contact person's
    raw: str
    e164: str | None
    kind: str = ""  # fixed_line | mobile | fixed_or_mobile | ...
    zones: tuple[str, ...] = ()  # IANA zones the number may be in
    problem: str | None = None
    person: str = ""  # whom to ask for there
    role: str = ""
    hours: str = ""  # week text: when that person may be called; "" = whenever the debtor may


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    company: str
    debtor_no: str
    debtor_name: str
    person_type: str = ""  # private | business | "" unknown
    contact_person: str = ""
    email: str = ""
    language: str = ""  # "" = the installation's
    country: str = ""  # ISO 3166 alpha-2, "" unknown
    region: str = ""
    postcode: str = ""
    time_zone: str = ""
    potential_class: str = ""  # I | II | III | IV | ""
    agent: str = ""  # owner
    head_office: str = ""
    credit_limit: Decimal | None = None
    legal_state: str = ""  # as exported; what humans recorded stands in the facts
    dunning_block_until: date | None = None  # of the whole account, as on an item
    payment_method: str = ""  # of the whole account; an item's own goes first
    numbers: tuple[DialNumber, ...] = ()

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)


OLDEST_FIRST = attrgetter("due_on", "item_no")  # the order of items


def under_terms(item: OpenItem, debtor: Debtor) -> OpenItem:
    """The item with what accounting agreed for the whole account: the later dunning block, and its payment method where it says none."""
    if debtor.dunning_block_until is None and (item.payment_method or not debtor.payment_method):
        return item
    block = max(filter(None, (item.dunning_block_until, debtor.dunning_block_until)), default=None)
    method = item.payment_method or debtor.payment_method
    if (block, method) == (item.dunning_block_until, item.payment_method):
        return item
    return replace(item, dunning_block_until=block, payment_method=method)


def open_total(items: Iterable[OpenItem]) -> dict[str, Decimal]:
    """Everything open per currency, credits netted."""
    sums: dict[str, Decimal] = {}
    for item in items:
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + item.open_amount
    return dict(sorted(sums.items()))


def overdue_total(items: Iterable[OpenItem], as_of: date) -> dict[str, Decimal]:
    """max(0, due items plus credits) per currency that is open (CONTRACT: credits net before any call)."""
    sums: dict[str, Decimal] = {}
    for item in items:
        counts = item.open_amount < 0 or item.is_overdue(as_of)
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + (item.open_amount if counts else 0)
    return {currency: max(Decimal(0), amount) for currency, amount in sorted(sums.items())}


def oldest_days_past_due(items: Iterable[OpenItem], as_of: date) -> int:
    """Days past due of the oldest unpaid debit item; 0 when nothing is past due, or credits cover all that is due in its currency."""
    items = tuple(items)
    owed = {currency for currency, amount in overdue_total(items, as_of).items() if amount > 0}
    return max([0, *(item.days_past_due(as_of) for item in items if item.open_amount > 0 and item.currency in owed)])
