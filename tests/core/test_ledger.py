"""Sums over open items: credits net within a currency, nothing else is ever added."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from collectord.core.receivables.ledger import FOREVER, DebtorKey, OpenItem, oldest_days_past_due, open_total, overdue_total

TODAY = date(2026, 11, 24)


def item(amount: str, due: date, currency: str = "EUR", block: date | None = None) -> OpenItem:
    return OpenItem(
        company="", debtor_no="1", item_no="R1", source="s", due_on=due, open_amount=Decimal(amount), currency=currency,
        dunning_block_until=block,
    )  # fmt: skip


def test_overdue_is_due_items_plus_credits_and_never_negative() -> None:
    items = [
        item("100", date(2026, 11, 23)),
        item("50", TODAY),
        item("-30", date(2026, 12, 24)),
        item("-9", TODAY, "CHF"),
        item("5", TODAY, "CHF"),
    ]
    assert open_total(items) == {"CHF": Decimal(-4), "EUR": Decimal(120)}
    assert overdue_total(items, TODAY) == {"CHF": Decimal(0), "EUR": Decimal(70)}


def test_days_past_due_are_those_of_the_oldest_unpaid_item() -> None:
    assert oldest_days_past_due([item("1", date(2026, 11, 12)), item("-1", date(2026, 1, 1))], TODAY) == 12
    assert oldest_days_past_due([item("1", date(2026, 12, 1))], TODAY) == 0


def test_a_dunning_block_holds_through_its_last_day() -> None:
    assert item("1", TODAY, block=TODAY).is_blocked(TODAY)
    assert not item("1", TODAY, block=date(2026, 11, 23)).is_blocked(TODAY)
    assert item("1", TODAY, block=FOREVER).is_blocked(date(2099, 1, 1))
    assert not item("1", TODAY).is_blocked(TODAY)


def test_a_debtor_is_named_with_its_company_when_there_is_one() -> None:
    assert (str(DebtorKey("", "10023")), str(DebtorKey("1000", "10023"))) == ("10023", "1000/10023")
