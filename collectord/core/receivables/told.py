"""Told: what accounting is told of a talk, and how a promised sum spreads over the items it is about.

Owns the lines of the outbox (CONTRACT 9). Knows no file; the edge writes them.
Invariant: one line per outcome and item; the promised amounts of an outcome's lines add up to the promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from collectord.core.money import Money
from collectord.core.receivables.ledger import OpenItem, open_total
from collectord.core.receivables.promises import Promise
from collectord.core.telephony.attempts import Attempt, Disposition, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    outcome_id: str
    item_no: str  # "" when the call was about no item in particular
    at: datetime
    company: str
    debtor_no: str
    disposition: Disposition
    promise: Money | None = None  # this item's share of what was promised
    promise_on: date | None = None
    dunning_block_until: date | None = None
    dispute_reason: str = ""
    note: str = ""
    agent: str = ""
    attempt_id: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment that was promised. `position`: 1, 2, 3 … of a plan, 0 of none."""

    money: Money
    on: date
    position: int = 0


def owed_on(about: Sequence[str], items: Iterable[OpenItem], fallback: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What is open on the items that a talk was about, per currency, credits netted; `fallback` where nothing is."""
    concerned = [item for item in items if item.item_no in about or item.open_amount < 0]
    owed = {currency: amount for currency, amount in open_total(concerned).items() if amount > 0}
    return owed or {currency: amount for currency, amount in sorted(fallback.items()) if amount > 0}


def promised_payments(said: Said, owed: Mapping[str, Decimal], on: date) -> tuple[Payment, ...]:
    """What was promised: in full what is owed in each currency; a part, and instalments, in the currency most owed."""
    if said.amount is None and not said.plan:
        return tuple(Payment(Money(amount, currency), on) for currency, amount in owed.items())
    most = max(owed, key=lambda currency: owed[currency], default="EUR")
    if said.amount is not None:
        return (Payment(Money(said.amount, most), on),)
    rest = owed.get(most, Decimal(0))
    payments: list[Payment] = []
    for part in said.plan:
        amount = rest if part.amount is None else part.amount
        if amount > 0:  # the rest of nothing is no instalment
            payments.append(Payment(Money(amount, most), part.on, len(payments) + 1))
            rest -= amount
    return tuple(payments)


def tell(
    attempt: Attempt,
    said: Said,
    items: Iterable[OpenItem],
    promises: Iterable[Promise],
    block_until: date | None,
    now: datetime,
    new_id: Callable[[], str],
) -> tuple[Outcome, ...]:
    """The lines for accounting: one per item of the call, of a plan one per instalment, each with an id of its own; all lines of a talk
    share `attempt_id`. An objection about some items is told of these alone."""
    shares = spread(promises, items)
    about = said.items or attempt.items
    numbers = (*about, *([""] if {share.item_no for share in shares} - set(about) or not about else []))
    return tuple(
        Outcome(
            outcome_id=new_id(),
            item_no=item_no,
            at=now,
            company=attempt.company,
            debtor_no=attempt.debtor_no,
            disposition=said.disposition,
            promise=share.money if share else None,
            promise_on=share.promise.promised_on if share else said.on if said.disposition is Disposition.PROMISE else None,
            dunning_block_until=block_until,
            dispute_reason=said.note if said.disposition is Disposition.DISPUTE else "",
            note=said.note,
            agent=attempt.agent,
            attempt_id=attempt.id,
        )
        for item_no in numbers
        for share in _of(item_no, shares)
    )


def _of(item_no: str, shares: Iterable[Share]) -> Sequence[Share | None]:
    """What is promised for it; a line without a promise when nothing is."""
    return [share for share in shares if share.item_no == item_no] or [None]


def tell_again(
    promises: Sequence[Promise], items: Iterable[OpenItem], block_until: date | None, note: str, now: datetime, new_id: Callable[[], str]
) -> tuple[Outcome, ...]:
    """The promises of one talk told once more, because a lead has decided about them."""
    return tuple(
        Outcome(
            outcome_id=new_id(),
            item_no=share.item_no,
            at=now,
            company=share.promise.company,
            debtor_no=share.promise.debtor_no,
            disposition=Disposition.PROMISE,
            promise=share.money,
            promise_on=share.promise.promised_on,
            dunning_block_until=block_until,
            note=note,
            agent=share.promise.agent,
            attempt_id=share.promise.attempt_id,
        )
        for share in spread(promises, items)
    )


@dataclass(frozen=True, slots=True)
class Share:
    """So much of a promise is for this item; "" is none in particular."""

    item_no: str
    promise: Promise
    money: Money


def spread(promises: Iterable[Promise], items: Iterable[OpenItem]) -> tuple[Share, ...]:
    """The oldest item first, payment after payment; what exceeds all items stays on the last, what no item takes on none in particular."""
    by_no = {item.item_no: item for item in items}
    left = {number: max(Decimal(0), item.open_amount) for number, item in by_no.items()}
    found = []
    for promise in promises:
        about = sorted((by_no[no] for no in promise.items if no in by_no), key=lambda item: (item.due_on, item.item_no))
        rest, shares = promise.amount.amount, {}
        for item in about:
            share = min(rest, left[item.item_no])
            if share > 0:
                shares[item.item_no] = share
                left[item.item_no] -= share
                rest -= share
        if rest > 0:
            last = about[-1].item_no if about else ""
            shares[last] = shares.get(last, Decimal(0)) + rest
        found += [Share(number, promise, Money(share, promise.amount.currency)) for number, share in shares.items()]
    return tuple(found)
