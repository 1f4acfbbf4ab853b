"""Payments seen: whom they keep from being called, until when, and what a returned debit takes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.contact_rules import Refused
from collectord.core.money import Money
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.seen_payments import Heard, SeenPayment, awaited, blocking, settled_as
from tests.core.gate_cases import ask, call, facts, house, item, local, rules

BOOKED = date(2026, 11, 20)
NOW = local("2026-11-23T10:00")


def seen(amount: str = "100.00", **given: Any) -> SeenPayment:
    usual: dict[str, Any] = {
        "id": "p", "booked_on": BOOKED, "seen_at": datetime(2026, 11, 23, 6, tzinfo=UTC), "source": "bank", "items": ("A1",), **given,
    }  # fmt: skip
    return SeenPayment(amount=Money(Decimal(amount), "EUR"), **usual)


def holds(*payments: SeenPayment, **given: Any) -> bool:
    return bool(blocking(payments, given.get("items", (item(),))))


# ---------------------------------------------------------------- the gate


def test_a_payment_seen_refuses_and_names_day_amount_and_source() -> None:
    answer = ask(facts(payments=(seen(),)), NOW)
    assert isinstance(answer, Refused)
    (refusal,) = answer.refusals
    assert (refusal.rule, refusal.not_before, answer.not_before) == ("guard/payment-seen", None, None)
    assert "The bank booked €100.00 on Fri 20 Nov 2026 (statement bank)" in refusal.reason


def test_a_likely_payment_refuses_too_and_says_that_it_is_likely() -> None:
    answer = ask(facts(payments=(seen(state="ambiguous"),)), NOW)
    assert isinstance(answer, Refused)
    assert "likely by this debtor" in answer.refusals[0].reason


def test_no_override_lifts_it() -> None:
    assert rules(ask(facts(payments=(seen(),)), NOW, "house")) >= {"guard/payment-seen"}


def test_a_payment_of_one_item_holds_the_debtor_for_all_of_them() -> None:
    items = (item(), item("A2"), item("A3"))
    assert rules(ask(facts(payments=(seen(),), items=items), NOW, item="A3")) == {"guard/payment-seen"}


def test_paid_already_said_in_a_talk_holds_as_long_as_the_house_gives() -> None:
    told = facts(contacts=(call(local("2026-11-12T10:00"), "answered", disposition="paid_already"),))
    assert rules(ask(told, local("2026-11-23T10:00"), within=replace(house("house"), paid_already_days=4))) == set()
    held = ask(told, local("2026-11-24T10:00"), within=replace(house("de"), paid_already_days=7))
    assert isinstance(held, Refused)
    assert "7 banking days" in held.refusals[0].reason


def test_an_item_whose_debit_came_back_may_be_spoken_about_and_says_where_that_is_known_from() -> None:
    debit = item(payment_method="direct_debit")
    assert rules(ask(facts(items=(debit,)), NOW)) == {"guard/direct-debit"}
    back = replace(debit, returned_on=date(2026, 11, 23))
    answer = ask(facts(items=(back,)), NOW)
    assert rules(answer) == set()
    assert [(notice.rule, "came back on Mon 23 Nov 2026, says the bank statement" in notice.reason) for notice in answer.warnings] == [
        ("guard/direct-debit", True)
    ]


# ---------------------------------------------------------------- until when


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, True),
        ({"canonical": BOOKED - timedelta(days=1)}, True),
        ({"canonical": BOOKED}, False),
        ({"canonical": BOOKED + timedelta(days=1)}, False),
        ({"other": BOOKED}, True),
    ],
)
def test_it_ends_with_a_newer_list_of_the_items_source_that_reaches_the_booking(told: dict[str, date], expected: bool) -> None:
    assert holds(seen(told=told)) is expected


def test_it_waits_for_every_source_that_the_paid_items_come_from() -> None:
    items = (item(), item("A2", source="other"))
    told = {"canonical": BOOKED}
    assert holds(seen(told=told), items=items) is False  # only A1 is paid
    assert holds(seen(items=("A1", "A2"), told=told), items=items) is True
    assert holds(seen(items=(), told=told), items=items) is True  # the debtor's account


def test_items_that_are_open_no_more_hold_nobody_and_neither_do_credits() -> None:
    assert holds(seen(), items=(item("A2"),)) is False
    assert holds(seen(), items=(item("A1", "-5.00"),)) is False
    assert holds(seen(items=()), items=()) is False


def test_a_returned_debit_takes_back_its_payment_and_holds_nobody_itself() -> None:
    back = seen("-100.00", id="r", booked_on=BOOKED + timedelta(days=2))
    assert holds(seen(), back) is False
    assert holds(back) is False
    assert holds(seen(), replace(back, state="ambiguous")) is True  # a doubt means no call
    assert holds(seen(), replace(back, booked_on=BOOKED - timedelta(days=1))) is True  # paid after it came back
    assert holds(seen(items=()), replace(back, items=())) is False  # the same amount
    assert holds(seen(), replace(back, items=("A2",)), items=(item(), item("A2"))) is True  # another item's, of the same amount
    assert holds(seen("70.00", items=()), back) is True  # another amount, and nobody says for what


# ---------------------------------------------------------------- settled


def heard(**given: Any) -> Heard:
    usual: dict[str, Any] = {
        "booked_on": BOOKED, "is_return": False, "state": "matched", "item_open": False, "fell": Decimal(0), "told_until": BOOKED,
        "told_by": "b1", **given,
    }  # fmt: skip
    return Heard(**usual)


@pytest.mark.parametrize(
    ("given_rows", "expected"),
    [
        ([], None),
        ([{"told_until": None}], None),
        ([{"told_until": BOOKED - timedelta(days=2)}], None),
        ([{"told_until": BOOKED - timedelta(days=1)}], ("confirmed", "b1")),  # drawn that day, and nothing of it is open: it knew
        ([{"told_until": BOOKED - timedelta(days=1), "item_open": True, "fell": Decimal(5)}], None),  # of that day: perhaps drawn before
        ([{"told_until": BOOKED - timedelta(days=1), "is_return": True}], None),
        ([{}, {"told_until": None}], None),
        ([{}], ("confirmed", "b1")),
        ([{"item_open": True}], ("matched", "b1")),
        ([{"item_open": True, "fell": Decimal(5)}], ("confirmed", "b1")),
        ([{"item_open": True}, {"fell": Decimal(5), "told_by": "b2"}], ("confirmed", "b2")),
        ([{"state": "ambiguous"}], ("ambiguous", "b1")),
        ([{"is_return": True}], ("matched", "b1")),
        ([{"is_return": True, "item_open": True}], ("confirmed", "b1")),
    ],
)
def test_a_newer_list_confirms_or_contradicts(given_rows: list[dict[str, Any]], expected: tuple[str, str] | None) -> None:
    assert settled_as([heard(**row) for row in given_rows]) == expected


# ---------------------------------------------------------------- promises

PROMISE = Promise(
    id="x", company="", debtor_no="10", amount=Money(Decimal(100), "EUR"), promised_on=date(2026, 11, 20), grace_until=date(2026, 11, 24),
    made_at=datetime(2026, 11, 18, 9, tzinfo=UTC), items=("A1",),
)  # fmt: skip
LATER = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("payments", "until"),
    [
        ([], PROMISE.grace_until),
        ([seen()], LATER),
        ([seen(items=())], LATER),
        ([seen(items=("A2",))], PROMISE.grace_until),
        ([seen(booked_on=date(2026, 11, 17))], PROMISE.grace_until),  # before it was promised
        ([seen(booked_on=date(2026, 11, 25))], PROMISE.grace_until),  # too late
        ([seen(), seen("-100.00", id="r")], PROMISE.grace_until),
        ([replace(seen(), amount=Money(Decimal(100), "USD"))], PROMISE.grace_until),
    ],
)
def test_a_payment_in_time_gives_accounting_longer_to_book_it(payments: list[SeenPayment], until: date) -> None:
    assert awaited(PROMISE, payments, {"p": LATER, "r": LATER}) == replace(PROMISE, grace_until=until)


def test_a_promise_about_everything_waits_for_any_payment() -> None:
    assert awaited(replace(PROMISE, items=()), [seen()], {"p": LATER}).grace_until == LATER


def test_waiting_never_shortens_the_grace() -> None:
    assert awaited(PROMISE, [seen()], {"p": date(2026, 11, 21)}) == PROMISE


DAYS = st.dates(date(2026, 11, 1), date(2026, 12, 31))


@given(
    st.lists(
        st.builds(seen, st.sampled_from(["100.00", "-100.00"]), booked_on=DAYS, told=st.dictionaries(st.just("canonical"), DAYS)),
        max_size=4,
    )
)
def test_for_all_payments_a_list_of_the_last_day_ends_every_wait(payments: list[SeenPayment]) -> None:
    told = [replace(payment, told={"canonical": date(2027, 1, 1)}) for payment in payments]
    assert blocking(told, (item(),)) == ()
