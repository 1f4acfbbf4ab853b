"""The case as the agent gets it: what the desk phone shows and what is spoken before the call.

Owns the choice of words and figures for one call. Knows no PBX: the edge makes the text safe for the wire.
Invariant: the figures are those of the moment of dialling, in the currency that is most overdue; nothing is shown that `display` hides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from collectord.core.money import Money
from collectord.core.receivables.ledger import Debtor, OpenItem, oldest_days_past_due, open_total, overdue_total
from collectord.core.wording import Language, safe, shown

Display = Literal["case", "name", "name_amount"]
PromiseState = Literal["", "open", "kept", "partially_kept", "broken"]


def spoken(state: str) -> PromiseState:
    """What the agent hears of a promise's state; a withdrawn one is not mentioned."""
    return state if state in ("open", "kept", "partially_kept", "broken") else ""  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    display: str
    major: int  # whole units of `currency`
    minor: int  # hundredths
    currency: str
    days_past_due: int  # negative: so many days until it falls due
    attempt_no: int
    promised_on: date | None
    promise_state: PromiseState
    ask_for: str = ""  # name and role


def headline(items: Iterable[OpenItem], as_of: date) -> Money:
    """The largest overdue sum, else the largest open one; zero euros when nothing is open."""
    items = tuple(items)
    for sums in (overdue_total(items, as_of), open_total(items)):
        positive = {currency: amount for currency, amount in sums.items() if amount > 0}
        if positive:
            currency = max(positive, key=lambda code: (positive[code], code))
            return Money(positive[currency], currency)
    return Money(Decimal(0), "EUR")


def days(items: Iterable[OpenItem], as_of: date) -> int:
    """Days past due of the oldest item; when nothing is past due, minus the days until the next one is."""
    items = tuple(item for item in items if item.open_amount > 0)
    past = oldest_days_past_due(items, as_of)
    return past if past or not items else max(item.days_past_due(as_of) for item in items)


def describe(
    debtor: Debtor,
    items: Iterable[OpenItem],
    *,
    case_no: str,
    display: Display,
    attempt_no: int,
    promised_on: date | None,
    promise_state: PromiseState,
    as_of: date,
    language: Language,
    ask_for: str = "",
) -> Case:
    """What this agent sees and hears about this debtor now. Whom to ask for stands behind the name, where the display shows names."""
    items = tuple(items)
    person = f": {safe(ask_for, 24)}" if ask_for else ""
    money = headline(items, as_of)
    cents = money.amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    text = {
        "case": case_no,
        "name": f"{safe(debtor.debtor_name, 24 if person else 40)}{person}",
        "name_amount": f"{safe(debtor.debtor_name, 24)} {shown(money, language, 'UTC')}{person}",
    }[display]
    return Case(
        display=text,
        major=int(cents),
        minor=int((cents - int(cents)) * 100),
        currency=money.currency,
        days_past_due=days(items, as_of),
        attempt_no=attempt_no,
        promised_on=promised_on,
        promise_state=promise_state,
        ask_for=ask_for,
    )
