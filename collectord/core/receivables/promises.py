"""Promises to pay: when one is kept, partly kept or broken.

Owns the judgement of promises. Knows no call, no store, no clock: clearings and the day of the export come in.
Invariant: a judged promise never becomes open again; a payment keeps at most one promise, the oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from collectord.core.money import Money
from collectord.core.receivables.ledger import DebtorKey, OpenItem


class Approval(StrEnum):
    NOT_NEEDED = ""  # the agent may agree it alone
    PENDING = "pending"  # a lead has to say yes; the ladder waits meanwhile
    APPROVED = "approved"
    REFUSED = "refused"  # also when nobody said yes in time


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    PARTIALLY_KEPT = "partially_kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"  # without blame: the outcome was corrected, or what it is about is disputed or covered by credits


NOT_KEPT = frozenset({PromiseState.PARTIALLY_KEPT, PromiseState.BROKEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    id: str
    company: str
    debtor_no: str
    amount: Money
    promised_on: date
    grace_until: date  # the day itself plus the grace of banking days
    made_at: datetime  # aware UTC
    items: tuple[str, ...]  # what it is about; empty: everything
    level: int = 0  # how many before it in a row were not kept
    state: PromiseState = PromiseState.OPEN
    attempt_id: str = ""
    agent: str = ""
    plan_id: str = ""  # instalment plan that it belongs to
    position: int = 0  # 1, 2, 3 … within the plan
    approval: Approval = Approval.NOT_NEEDED
    decide_until: date | None = None  # pending: so long the ladder waits for a lead
    approval_note: str = ""  # why an agent may not agree it alone, then what the lead said; needs none: how it came
    approved_by: str = ""

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)

    @property
    def holds_until(self) -> date:
        """The last day on which it keeps the ladder waiting, unless something happens before."""
        return self.grace_until if self.decide_until is None else min(self.grace_until, self.decide_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """So much less is owed on an item, says the export as of this day (we know "cleared", not "paid")."""

    item_no: str
    as_of: date
    known_at: datetime  # when the export was taken over
    amount: Money


@dataclass(frozen=True, slots=True)
class Open:
    until: date


@dataclass(frozen=True, slots=True)
class Kept:
    on: date
    paid: Decimal


@dataclass(frozen=True, slots=True)
class PartlyKept:
    paid: Decimal
    rest: Decimal


@dataclass(frozen=True, slots=True)
class Broken:
    rest: Decimal


Judgement: TypeAlias = Open | Kept | PartlyKept | Broken


@dataclass(frozen=True, slots=True)
class Gone:
    """An item of a promise that an import took off the debtor's list."""

    item_no: str
    as_of: date
    amount: Money
    number: int  # of the import
    due_on: date
    invoiced_on: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Namesake:
    """An item of such a number that stands with a debtor, or left that one's list on such a day."""

    key: DebtorKey
    item_no: str
    came_on: date  # the day of the export that brought it
    amount: Money  # zero when it is gone too
    due_on: date
    invoiced_on: date | None
    source: str


def moved(promise: Promise, gone: Iterable[Gone], namesakes: Iterable[Namesake]) -> dict[str, DebtorKey]:
    """Items of the promise that were not paid but went to another debtor of the company: item -> that debtor.

    Only one that is the same in all that is known of it, and the only one of its number: numbers that several debtors have name no
    invoice. In doubt it was paid: nobody is called for what somebody else promised.
    """
    elsewhere = [one for one in namesakes if one.key.company == promise.company and one.key != promise.key]
    found: dict[str, DebtorKey] = {}
    for item in gone:
        same_number = [one for one in elsewhere if one.item_no == item.item_no]
        if len(same_number) == 1 and _is_same(item, same_number[0]):
            found[item.item_no] = same_number[0].key
    return found


def _is_same(gone: Gone, other: Namesake) -> bool:
    invoiced = {day for day in (gone.invoiced_on, other.invoiced_on) if day is not None}
    there = (other.came_on, other.amount, other.due_on, other.source)
    return len(invoiced) < 2 and there == (gone.as_of, gone.amount, gone.due_on, gone.source)


def judge(
    promises: Iterable[Promise],
    cleared: Iterable[Clearing],
    *,
    booked: Mapping[str, date],
    items: Iterable[OpenItem],
    judged: Iterable[tuple[Promise, Decimal]] = (),
) -> dict[str, Judgement]:
    """What became of each open promise of one debtor. `booked`: promise id -> the day up to which the exports that count for it know
    every booking; `items`: what is open now; `judged`: promises that were judged since the oldest open one was made, with what was paid
    on them: that is used up.

    Kept as soon as enough was cleared, or all that it is about (more may be promised than is owed); else open until the grace has passed;
    then partly kept or broken. Only clearings count that came after the promise was made, on the items it is about; they pay the oldest
    promise first (SAP FSCM judges in this window too).
    """
    left = {clearing: clearing.amount.amount for clearing in sorted(cleared, key=_order)}
    now = tuple(items)
    for promise, used_up in sorted(judged, key=lambda pair: (pair[0].promised_on, pair[0].made_at, pair[0].id)):
        _use(left, promise, used_up, date.max)
    found: dict[str, Judgement] = {}
    for promise in sorted(promises, key=lambda p: (p.promised_on, p.made_at, p.id)):
        paid, on = _use(left, promise, promise.amount.amount, booked[promise.id])
        owed = _owed(promise, now, left, booked[promise.id])
        found[promise.id] = _judgement(promise, paid, on, owed, booked[promise.id])
    return found


def _use(left: dict[Clearing, Decimal], promise: Promise, due: Decimal, until: date) -> tuple[Decimal, date]:
    """Takes what the promise is due from what is left of the clearings that count for it: how much, and the day of the last one."""
    paid, on = Decimal(0), promise.promised_on
    for clearing, rest in left.items():
        if rest > 0 and paid < due and _counts(clearing, promise, until):
            used = min(rest, due - paid)
            left[clearing] = rest - used
            paid += used
            on = clearing.as_of
    return paid, on


def booked_until(promise: Promise, told: Iterable[Iterable[date]]) -> date:
    """The day on which a promise is looked at. `told`: for each source concerned the days up to which its exports know every booking.

    Once every source has told a day beyond the grace, the first such day counts, so that it does not matter how late we look. Before,
    the day that all of them have reached.
    """
    days = [sorted(source) for source in told]
    made = promise.made_at.date()
    if not days or not all(days):
        return made
    beyond = [next((day for day in source if day > promise.grace_until), None) for source in days]
    first = [day for day in beyond if day is not None]
    return max(first) if len(first) == len(days) else min(source[-1] for source in days)


def _owed(promise: Promise, items: Iterable[OpenItem], cleared: Iterable[Clearing], until: date) -> Decimal | None:
    """What was still owed by then on what it is about; None: nothing of it was ever cleared since."""
    about = [one for one in cleared if _is_about(one.item_no, promise) and one.amount.currency == promise.amount.currency]
    if not any(_counts(one, promise, until) and one.amount.amount > 0 for one in about):
        return None
    later = sum((one.amount.amount for one in about if one.as_of > until and one.amount.amount > 0), Decimal(0))
    open_now = (item.open_amount for item in items if _is_about(item.item_no, promise) and item.currency == promise.amount.currency)
    return sum((amount for amount in open_now if amount > 0), later)


def _judgement(promise: Promise, paid: Decimal, on: date, owed: Decimal | None, booked_until: date) -> Judgement:
    rest = promise.amount.amount - paid
    if owed is not None:
        rest = min(rest, owed)
    if rest <= 0:
        return Kept(on, paid)
    if booked_until <= promise.grace_until:
        return Open(promise.grace_until)
    return PartlyKept(paid, rest) if paid else Broken(rest)


def _order(clearing: Clearing) -> tuple[date, datetime, str]:
    return clearing.as_of, clearing.known_at, clearing.item_no


def _counts(clearing: Clearing, promise: Promise, until: date) -> bool:
    in_time = clearing.as_of <= until and clearing.known_at > promise.made_at
    return _is_about(clearing.item_no, promise) and in_time and clearing.amount.currency == promise.amount.currency


def _is_about(item_no: str, promise: Promise) -> bool:
    return not promise.items or item_no in promise.items
