"""What a caller may key for a number, whom two numbers mean, how often it may be tried, and what is agreed without a person."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem
from collectord.core.receivables.promise_limits import PromiseLimits
from collectord.core.telephony.attempts import Disposition
from collectord.core.telephony.self_service import Held, Limits, Owed, Wish, forms, is_called_back, is_given_up, may_promise, meant, said

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # 10:30 in Berlin
TODAY = date(2026, 11, 23)
BERLIN = "Europe/Berlin"
NUMBERS = st.text(st.sampled_from("0123456789ABRE-/ ."), min_size=1, max_size=12)
DIGITS = st.text(st.sampled_from("0123456789"), min_size=1, max_size=12)


def owed(debtor: str, item: str, company: str = "") -> Owed:
    return Owed(key=DebtorKey(company, debtor), item_no=item)


@pytest.mark.parametrize(
    ("number", "keyable"),
    [
        ("4711", {"4711"}),
        ("0004711", {"4711"}),
        ("D-10023", {"10023"}),
        ("RE-2026-00123", {"202600123"}),  # 123 alone would be half of a thousand invoices
        ("RE-2026-04711", {"202604711", "4711"}),
        ("2026/11/10023", {"20261110023", "1110023", "10023"}),
        ("A12", {"12"}),
        ("R", set()),
        ("000", set()),
        ("٤٧١١", set()),
    ],
)
def test_the_digits_are_keyed_without_letters_and_leading_zeros_and_the_last_group_when_it_is_long_enough(
    number: str, keyable: set[str]
) -> None:
    assert forms(number) == keyable


@given(NUMBERS)
def test_every_form_is_the_end_of_the_numbers_digits_and_begins_with_no_zero(number: str) -> None:
    digits = "".join(sign for sign in number if sign.isdigit())
    assert all(form and digits.endswith(form) and form[0] != "0" for form in forms(number))


@given(NUMBERS, st.text(st.sampled_from("0"), max_size=5))
def test_leading_zeros_make_no_difference(number: str, zeros: str) -> None:
    assert forms(zeros + number) >= forms(number)
    for form in forms(number):
        assert meant(zeros + form, "9", [owed(number, "9")]) == owed(number, "9")


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from(["", "B"])), max_size=8), DIGITS, DIGITS)
def test_what_is_meant_fits_by_both_numbers_and_nothing_else_does(rows: list[tuple[str, str, str]], debtor: str, invoice: str) -> None:
    items = [owed(no, item, company) for no, item, company in rows]
    fitting = {one for one in items if debtor.lstrip("0") in forms(one.key.debtor_no) and invoice.lstrip("0") in forms(one.item_no)}
    assert meant(debtor, invoice, items) == (next(iter(fitting)) if len(fitting) == 1 else None)
    assert meant(debtor, invoice, reversed(items)) == meant(debtor, invoice, items)


@given(NUMBERS, NUMBERS)
def test_the_same_item_told_twice_is_one(debtor: str, item: str) -> None:
    for first in forms(debtor):
        for second in forms(item):
            assert meant(first, second, [owed(debtor, item)] * 2) == owed(debtor, item)


def test_of_several_who_may_be_meant_it_is_nobody() -> None:
    assert meant("10", "7", [owed("10", "A7"), owed("10", "B7")]) is None
    assert meant("10", "7", [owed("10", "7"), owed("K10", "7")]) is None
    assert meant("10", "7", [owed("10", "7", "A"), owed("10", "7", "B")]) is None
    assert meant("10", "7", [owed("10", "7"), owed("11", "7"), owed("10", "8")]) == owed("10", "7")


def test_one_number_alone_means_nobody() -> None:
    assert meant("10", "8", [owed("10", "7")]) is meant("11", "7", [owed("10", "7")]) is meant("0", "7", [owed("10", "7")]) is None


@pytest.mark.parametrize(("of_number", "of_all", "over"), [(5, 49, False), (6, 6, True), (0, 50, True)])
def test_wrong_pairs_are_limited_for_a_number_and_for_all(of_number: int, of_all: int, over: bool) -> None:
    assert Limits(per_number=6, per_day=50).is_over(of_number, of_all) is over


ITEM = OpenItem(company="", debtor_no="10", item_no="R1", source="s", due_on=date(2026, 11, 1), open_amount=Decimal(300))


def held(**changes: Any) -> Held:
    return Held(
        **{"debtor": Debtor(company="", debtor_no="10", debtor_name="Muster"), "holds": NO_HOLD, "item_no": "R1", "item": ITEM, **changes}
    )


def may(on: date | None, *holds: Held, longest: int | None = 30, broken: int = 0) -> bool:
    return may_promise(on, TODAY, PromiseLimits(longest=longest), holds or (held(),), broken=broken, escalate_from=2)


@pytest.mark.parametrize(
    ("days", "longest", "allowed"), [(0, 30, True), (30, 30, True), (31, 30, False), (-1, 30, False), (365, None, True), (366, None, False)]
)
def test_a_day_is_agreed_within_what_an_agent_may_agree_alone(days: int, longest: int | None, allowed: bool) -> None:
    assert may(TODAY + timedelta(days=days), longest=longest) is allowed


def test_without_a_day_and_after_promises_that_were_not_kept_a_person_is_asked() -> None:
    assert not may(None)
    assert may(TODAY, broken=1)
    assert not may(TODAY, broken=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"debtor": None},
        {"holds": Holds(promise_until=TODAY)},
        {"holds": Holds(legal_state="insolvency")},
        {"holds": Holds(disputed_items=frozenset({"R1"}))},
        {"item": OpenItem(company="", debtor_no="10", item_no="R1", source="s", due_on=TODAY, open_amount=Decimal(300), dispute=True)},
    ],
)
def test_who_has_promised_or_disputes_it_or_is_insolvent_talks_to_a_person(changes: dict[str, Any]) -> None:
    assert not may(TODAY, held(), held(**changes))


@pytest.mark.parametrize(
    ("wish", "local", "at"),
    [
        (Wish.SOON, "2026-11-23T10:30", "2026-11-23T10:30"),
        (Wish.MORNING, "2026-11-23T08:00", "2026-11-23T09:00"),
        (Wish.MORNING, "2026-11-23T10:30", "2026-11-23T10:30"),
        (Wish.MORNING, "2026-11-23T12:00", "2026-11-24T09:00"),
        (Wish.AFTERNOON, "2026-11-23T10:30", "2026-11-23T13:00"),
        (Wish.AFTERNOON, "2026-11-23T18:00", "2026-11-24T13:00"),
        (Wish.PROMISE, "2026-11-23T10:30", "2026-11-23T10:30"),
    ],
)
def test_a_callback_is_for_the_wanted_part_of_the_day(wish: Wish, local: str, at: str) -> None:
    now = datetime.fromisoformat(f"{local}:00+01:00")
    words = said(wish, TODAY, now, BERLIN, promised=False, note="n")
    assert (words.disposition, words.callback_at, words.note) == (Disposition.CALLBACK, datetime.fromisoformat(f"{at}:00+01:00"), "n")


def test_a_promise_is_for_all_of_the_invoice() -> None:
    words = said(Wish.PROMISE, TODAY, NOW, BERLIN, promised=True, note="n")
    assert (words.disposition, words.on, words.amount, words.note) == (Disposition.PROMISE, TODAY, None, "n")
    assert said(Wish.SOON, None, NOW, BERLIN, promised=True, note="").disposition is Disposition.CALLBACK


@pytest.mark.parametrize(
    ("asked", "called", "made"),
    [
        (None, None, False),
        (None, NOW, False),
        (NOW, None, False),
        (NOW, NOW - timedelta(hours=1), False),
        (NOW, NOW + timedelta(hours=1), True),
    ],
)
def test_a_call_that_was_wanted_by_keys_is_made_when_we_called_after_that(
    asked: datetime | None, called: datetime | None, made: bool
) -> None:
    assert is_called_back(asked, called) is made


@pytest.mark.parametrize(("seconds", "given_up"), [(0, False), (4, False), (5, True), (600, True)])
def test_a_wish_that_waited_longer_than_its_caller_is_given_up(seconds: int, given_up: bool) -> None:
    assert is_given_up(NOW, NOW + timedelta(seconds=seconds)) is given_up
