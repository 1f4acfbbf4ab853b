"""The ledger's values: debtors, open items, numbers, as every decision sees them.

Owns the shapes and the sums over them. Knows neither where they came from nor what is done about them.
Invariant: an item is known by (company, debtor_no, item_no), all three text; a negative open amount is a credit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

FOREVER = date(9999, 12, 31)  # "blocked until further notice"


@dataclass(frozen=True, slots=True, order=True)
class DebtorKey:
    """Who owes, within one company (creditor's company code, "" when there is one)."""

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
    # what collectord itself did about it:
    contact_level: int = 0  # last level of our ladder that was carried out for it
    contacted_on: date | None = None

    def days_past_due(self, as_of: date) -> int:
        """Negative while not yet due."""
        return (as_of - self.due_on).days

    @property
    def is_direct_debit(self) -> bool:
        return self.payment_method == "direct_debit"

    def is_blocked(self, on: date) -> bool:
        return self.dunning_block_until is not None and on <= self.dunning_block_until


@dataclass(frozen=True, slots=True, kw_only=True)
class DialNumber:
    """One telephone number of a debtor. `e164` is None when the text could not be made dialable; `problem` then says why."""

    position: int  # 1 = phone, 2 = phone2
    raw: str
    e164: str | None
    kind: str = ""  # fixed_line | mobile | fixed_or_mobile | ...
    zones: tuple[str, ...] = ()  # IANA zones the number may be in
    problem: str | None = None


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
    numbers: tuple[DialNumber, ...] = ()

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)


def open_total(items: Iterable[OpenItem]) -> dict[str, Decimal]:
    """Everything open per currency, credits netted."""
    sums: dict[str, Decimal] = {}
    for item in items:
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + item.open_amount
    return dict(sorted(sums.items()))


def overdue_total(items: Iterable[OpenItem], as_of: date) -> dict[str, Decimal]:
    """max(0, due items plus credits) per currency that is open (CONTRACT: credits net before any call). Due means due_on < as_of."""
    sums: dict[str, Decimal] = {}
    for item in items:
        counts = item.open_amount < 0 or item.due_on < as_of
        sums[item.currency] = sums.get(item.currency, Decimal(0)) + (item.open_amount if counts else 0)
    return {currency: max(Decimal(0), amount) for currency, amount in sorted(sums.items())}


def oldest_days_past_due(items: Iterable[OpenItem], as_of: date) -> int:
    """Days past due of the oldest unpaid debit item; 0 when nothing is past due."""
    days = [item.days_past_due(as_of) for item in items if item.open_amount > 0]
    return max([0, *days])
