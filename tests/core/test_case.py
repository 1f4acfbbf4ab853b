"""What the agent sees and hears about a case."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from collectord.core.money import Money
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.telephony.case import Case, Display, days, describe, headline, spoken

TODAY = date(2026, 11, 24)
DEBTOR = Debtor(company="", debtor_no="1", debtor_name="Bäckerei\r\nMorgenrot GmbH")


def item(amount: str, due: str, currency: str = "EUR") -> OpenItem:
    return OpenItem(
        company="", debtor_no="1", item_no=f"R{amount}{due}", source="canonical", due_on=date.fromisoformat(due),
        open_amount=Decimal(amount), currency=currency,
    )  # fmt: skip


def told(*items: OpenItem, display: Display = "name", ask_for: str = "") -> Case:
    return describe(
        DEBTOR,
        items,
        case_no="abc123",
        display=display,
        attempt_no=2,
        promised_on=date(2026, 11, 18),
        promise_state="broken",
        as_of=TODAY,
        language="de",
        ask_for=ask_for,
    )


def test_the_amount_is_what_is_overdue_after_credits() -> None:
    case = told(item("410.055", "2026-11-12"), item("-100.00", "2026-11-20"), item("900.00", "2026-12-24"))
    assert (case.major, case.minor, case.currency, case.days_past_due) == (310, 6, "EUR", 12)
    assert (case.attempt_no, case.promised_on, case.promise_state) == (2, date(2026, 11, 18), "broken")


def test_before_the_due_date_it_is_what_is_open() -> None:
    case = told(item("1500.00", "2026-11-27"))
    assert (case.major, case.days_past_due) == (1500, -3)


def test_of_two_currencies_the_larger_sum_is_spoken() -> None:
    assert headline((item("10", "2026-11-01"), item("20", "2026-11-01", "CHF")), TODAY) == Money(Decimal(20), "CHF")


def test_nothing_open_is_nothing() -> None:
    assert headline((), TODAY) == Money(Decimal(0), "EUR")
    assert days((), TODAY) == 0


@pytest.mark.parametrize(
    ("display", "text"),
    [("case", "abc123"), ("name", "Bäckerei  Morgenrot GmbH"), ("name_amount", "Bäckerei  Morgenrot GmbH 410,00\xa0€")],
)
def test_the_display_shows_no_more_than_it_may(display: Display, text: str) -> None:
    assert told(item("410.00", "2026-11-12"), display=display).display == text


@pytest.mark.parametrize(
    ("display", "text"),
    [
        ("case", "abc123"),
        ("name", "Bäckerei  Morgenrot GmbH: Eva  Weber, Buchhaltung"),
        ("name_amount", "Bäckerei  Morgenrot GmbH 410,00\xa0€: Eva  Weber, Buchhaltung"),
    ],
)
def test_whom_to_ask_for_stands_behind_the_name(display: Display, text: str) -> None:
    case = told(item("410.00", "2026-11-12"), display=display, ask_for="Eva\r\nWeber, Buchhaltung")
    assert (case.display, case.ask_for) == (text, "Eva\r\nWeber, Buchhaltung")


def test_a_withdrawn_promise_is_not_mentioned() -> None:
    assert (spoken("withdrawn"), spoken("broken")) == ("", "broken")
