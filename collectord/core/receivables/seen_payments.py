"""Payments seen: what a bank statement means for a debtor until accounting's next list says the same.

Owns how long a payment seen keeps a debtor from being called, what a returned debit takes back, and how long a promise waits for the list
that shows its payment. Knows no store.
Invariant: a payment seen clears nothing; it ends with accounting's newer list, whatever that list says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from collectord.core.money import Money
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.promises import Promise

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPayment:
    """One bank line as it concerns one debtor."""

    id: str
    booked_on: date
    seen_at: datetime
    amount: Money  # < 0: a direct debit that came back
    source: str  # of the statement
    state: str = "matched"  # ambiguous: likely, and others fit as well; confirmed: accounting's list has fallen by it
    items: tuple[str, ...] = ()  # what it is taken to pay; empty: the debtor's account
    told: Mapping[str, date] = field(default_factory=dict)  # source -> the day up to which its lists accepted since then know bookings

    @property
    def is_return(self) -> bool:
        return self.amount.amount < 0

    @property
    def is_sure(self) -> bool:
        return self.state != "ambiguous"

    def concerns(self, item_no: str) -> bool:
        return not self.items or item_no in self.items

    def takes_back(self, other: SeenPayment) -> bool:
        """This returned debit was that payment. A likely one takes nothing back: a doubt means no call."""
        if not (self.is_return and self.is_sure) or other.is_return or self.booked_on < other.booked_on:
            return False
        if self.items and other.items:
            return not set(self.items).isdisjoint(other.items)
        return self.amount.amount == -other.amount.amount


def blocking(payments: Sequence[SeenPayment], items: Iterable[OpenItem]) -> tuple[SeenPayment, ...]:
    """The payments because of which the debtor is not called: accounting's lists do not know of them yet.

    It ends with a newer list of each source that the paid items come from. Where the items are open no more, the ledger knows already.
    """
    debits = [item for item in items if item.open_amount > 0]
    return tuple(
        payment
        for payment in payments
        if not payment.is_return
        and not any(other.takes_back(payment) for other in payments)
        and any(not _is_told(payment, item.source) for item in debits if payment.concerns(item.item_no))
    )


def _is_told(payment: SeenPayment, source: str) -> bool:
    return source in payment.told and payment.told[source] >= payment.booked_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What accounting's lists accepted since a line say of one item that the line concerns."""

    booked_on: date
    is_return: bool
    state: str
    item_open: bool
    fell: Decimal
    told_until: date | None  # the day up to which bookings are known
    told_by: str


def settled_as(heard: Sequence[Heard]) -> tuple[str, str] | None:
    """(state, the snapshot that decided) once newer lists of all sources concerned are there; None: still waited for.

    A payment is confirmed when something fell, a returned debit when something is owed; else the list contradicts the bank, and the state
    stays. A likely match stays one: nobody learns an account from it. A list of the booking's own day may have been drawn before it was
    booked: it answers only when nothing of what was paid is open any more.
    """
    if not heard:
        return None
    first = heard[0]
    open_ones = any(one.item_open for one in heard)
    from_day = first.booked_on if open_ones or first.is_return else first.booked_on - DAY
    if any(one.told_until is None or one.told_until < from_day for one in heard):
        return None
    proven = open_ones if first.is_return else (not open_ones or sum(one.fell for one in heard) > 0)
    return "confirmed" if proven and first.state == "matched" else first.state, max(one.told_by for one in heard)


def awaited(promise: Promise, payments: Sequence[SeenPayment], until: Mapping[str, date]) -> Promise:
    """The promise as it is judged: a payment that came in time and may keep it gives accounting longer to book it.

    `until`: payment -> the last day on which its booking is waited for.
    """
    days = [
        until[payment.id]
        for payment in payments
        if not payment.is_return
        and promise.made_at.date() <= payment.booked_on <= promise.grace_until
        and payment.amount.currency == promise.amount.currency
        and (not promise.items or not payment.items or bool(set(promise.items) & set(payment.items)))
        and not any(other.takes_back(payment) for other in payments)
    ]
    return replace(promise, grace_until=max([promise.grace_until, *days]))
