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


def promised_amounts(said: Said, about: Sequence[str], items: Iterable[OpenItem], fallback: Mapping[str, Decimal]) -> tuple[Money, ...]:
    """What was promised, per currency: in full what is open on the items, credits netted; a part is in the currency most owed."""
    concerned = [item for item in items if item.item_no in about or item.open_amount < 0]
    owed = {currency: amount for currency, amount in open_total(concerned).items() if amount > 0}
    owed = owed or {currency: amount for currency, amount in sorted(fallback.items()) if amount > 0}
    if said.amount is None:
        return tuple(Money(amount, currency) for currency, amount in owed.items())
    most = max(owed, key=lambda currency: owed[currency], default="EUR")
    return (Money(said.amount, most),)


def tell(
    attempt: Attempt,
    said: Said,
    items: Iterable[OpenItem],
    promises: Iterable[Promise],
    block_until: date | None,
    now: datetime,
    new_id: Callable[[], str],
) -> tuple[Outcome, ...]:
    """The lines for accounting: one per item of the call, each with an id of its own; all lines of a talk share `attempt_id`."""
    by_no = {item.item_no: item for item in items}
    shares: dict[str, Money] = {}
    for promise in promises:
        shares |= _spread(promise, [by_no[no] for no in promise.items if no in by_no])
    numbers = (*attempt.items, *([""] if set(shares) - set(attempt.items) or not attempt.items else []))
    return tuple(
        Outcome(
            outcome_id=new_id(),
            item_no=item_no,
            at=now,
            company=attempt.company,
            debtor_no=attempt.debtor_no,
            disposition=said.disposition,
            promise=shares.get(item_no),
            promise_on=said.on if said.disposition is Disposition.PROMISE else None,
            dunning_block_until=block_until,
            dispute_reason=said.note if said.disposition is Disposition.DISPUTE else "",
            note=said.note,
            agent=attempt.agent,
            attempt_id=attempt.id,
        )
        for item_no in numbers
    )


def _spread(promise: Promise, items: Sequence[OpenItem]) -> dict[str, Money]:
    """The oldest item first; what exceeds all items stays on the last, what no item takes on none in particular."""
    rest, shares = promise.amount.amount, {}
    ordered = sorted(items, key=lambda item: (item.due_on, item.item_no))
    for position, item in enumerate(ordered):
        last = position == len(ordered) - 1
        share = rest if last else min(rest, item.open_amount)
        if share > 0:
            shares[item.item_no] = Money(share, promise.amount.currency)
            rest -= share
    return shares or {"": promise.amount}
