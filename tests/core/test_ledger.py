"""Sums over open items: credits net within a currency, nothing else is ever added."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.ledger import (
    FOREVER,
    Debtor,
    DebtorKey,
    OpenItem,
    oldest_days_past_due,
    open_total,
    overdue_total,
    under_terms,
)

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
    assert oldest_days_past_due([item("2", date(2026, 11, 12)), item("-1", date(2026, 1, 1))], TODAY) == 12
    assert oldest_days_past_due([item("1", date(2026, 12, 1))], TODAY) == 0


def test_what_credits_cover_is_not_past_due() -> None:
    covered = [item("1", date(2026, 11, 12)), item("-1", date(2026, 11, 20))]
    assert oldest_days_past_due(covered, TODAY) == 0
    assert oldest_days_past_due([*covered, item("5", date(2026, 11, 20), "CHF")], TODAY) == (TODAY - date(2026, 11, 20)).days


def test_a_dunning_block_holds_through_its_last_day() -> None:
    assert item("1", TODAY, block=TODAY).is_blocked(TODAY)
    assert not item("1", TODAY, block=date(2026, 11, 23)).is_blocked(TODAY)
    assert item("1", TODAY, block=FOREVER).is_blocked(date(2099, 1, 1))
    assert not item("1", TODAY).is_blocked(TODAY)


def test_a_debtor_is_named_with_its_company_when_there_is_one() -> None:
    assert (str(DebtorKey("", "10023")), str(DebtorKey("1000", "10023"))) == ("10023", "1000/10023")


@pytest.mark.parametrize(
    ("due", "lag", "days", "overdue"),
    [
        # Today is Tuesday the 24th. Payments booked up to Sunday the 22nd: lag 2.
        (date(2026, 11, 12), 2, 10, True),  # ten days on the 22nd, whatever was paid since
        (date(2026, 11, 21), 2, 1, True),
        (date(2026, 11, 22), 2, 0, False),  # its last day in time: on that day nobody was late
        (date(2026, 11, 23), 2, 0, False),  # may be paid, and not booked
        (date(2026, 11, 23), 0, 1, True),
        (date(2026, 11, 26), 2, -2, False),  # bookings do not matter before the due date
    ],
)
def test_an_item_is_judged_up_to_the_day_to_which_payments_are_booked(due: date, lag: int, days: int, overdue: bool) -> None:
    one = replace(item("100", due), booking_lag=lag)
    assert (one.days_past_due(TODAY), one.is_overdue(TODAY)) == (days, overdue)
    assert overdue_total([one], TODAY) == {"EUR": Decimal(100) if overdue else Decimal(0)}


@given(st.integers(-40, 40), st.integers(0, 9), st.integers(-5, 30))
def test_for_all_items_the_day_of_a_step_is_the_first_on_which_it_is_so_many_days_past_due(age: int, lag: int, step: int) -> None:
    one = replace(item("1", TODAY - timedelta(days=age)), booking_lag=lag)
    day = one.day_of(step)
    assert one.days_past_due(day) == step
    assert one.days_past_due(day - timedelta(days=1)) < step


def test_an_item_has_the_later_block_of_its_own_and_its_accounts_and_the_accounts_payment_method_where_it_names_none() -> None:
    early, late = date(2026, 11, 20), date(2026, 12, 20)
    one = OpenItem(company="", debtor_no="1", item_no="R1", source="s", due_on=early, open_amount=Decimal(10), payment_method="transfer")

    def under(item: OpenItem, **terms: Any) -> tuple[date | None, str]:
        found = under_terms(item, Debtor(company="", debtor_no="1", debtor_name="A", **terms))
        return found.dunning_block_until, found.payment_method

    assert under(one) == (None, "transfer")
    assert under(one, payment_method="direct_debit") == (None, "transfer")
    assert under(replace(one, payment_method=""), payment_method="direct_debit") == (None, "direct_debit")
    assert under(one, dunning_block_until=early) == (early, "transfer")
    assert under(replace(one, dunning_block_until=late), dunning_block_until=early) == (late, "transfer")
    assert under(replace(one, dunning_block_until=early), dunning_block_until=late) == (late, "transfer")
