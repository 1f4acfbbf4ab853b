"""What the tests of triggers and risk share: one debtor, and short words for items, payments and histories around one day."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from collectord.core.receivables.claims import Claim, net
from collectord.core.receivables.history import NO_HISTORY, Fall, History, PaidItem
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.triggers import Fired, Trigger, Waits, fired, parse_triggers
from collectord.core.rule_text import Problem, Table

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
FIRM = Debtor(company="", debtor_no="10", debtor_name="Muster GmbH", person_type="business", potential_class="II")


def ago(days: int) -> date:
    return TODAY - days * DAY


def owed(number: str = "A", days: int = 12, amount: str = "410.00", **fields: Any) -> OpenItem:
    """An item so many days past due today."""
    return OpenItem(company="", debtor_no="10", item_no=number, source="canonical", due_on=ago(days), open_amount=Decimal(amount), **fields)


def paid(number: str, due: int, late: int, amount: str = "100.00", currency: str = "EUR") -> PaidItem:
    """An item that was due so many days ago and cleared so many days late."""
    return PaidItem(
        item_no=number, due_on=ago(due), cleared_on=ago(due - late), amount=Decimal(amount), currency=currency
    )  # fmt: skip


def habit(*late: int, every: int = 20, until: int = 30) -> tuple[PaidItem, ...]:
    """Items paid so many days late each, the last of them due `until` days ago."""
    return tuple(paid(f"P{at}", until + every * (len(late) - 1 - at), days) for at, days in enumerate(late))


def fall(due: int, on: int, amount: str, currency: str = "EUR") -> Fall:
    return Fall(due_on=ago(due), on=ago(on), amount=Decimal(amount), currency=currency)


def due_claims(items: list[OpenItem] | tuple[OpenItem, ...], on: date) -> list[Claim]:
    debits = sorted((item for item in items if item.open_amount > 0), key=lambda item: (item.due_on, item.item_no))
    return [claim for claim in net(debits, items) if claim.item.is_overdue(on)]


def ask(
    *items: OpenItem, triggers: tuple[Trigger, ...], debtor: Debtor = FIRM, history: History = NO_HISTORY, on: date = TODAY
) -> Fired | Waits:
    return fired(debtor, due_claims(items, on), items, history, on, triggers)


def yes(*items: OpenItem, **more: Any) -> Fired:
    answer = ask(*items, **more)
    assert isinstance(answer, Fired), answer
    return answer


def no(*items: OpenItem, **more: Any) -> date | None:
    answer = ask(*items, **more)
    assert isinstance(answer, Waits), answer
    return answer.until


def written(text: str) -> tuple[tuple[Trigger, ...], list[Problem]]:
    """The triggers of a file's text, and what is wrong with it."""
    problems: list[Problem] = []
    return parse_triggers(Table(tomllib.loads(text), "", problems)), problems
