"""What a batch would do to the ledger, row by row and as a whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.change_set import Before, Counts, Situation, Verdict, debtor_digest, fall, merge_debtor, shrinks, verdict_of
from collectord.core.exports.open_items import DebtorFields
from collectord.core.house import House

HOUSE = House(language="en")
NAME = DebtorFields("Muster GmbH")


def situation(
    *, known: bool = True, is_open: bool = True, nothing_open: bool = False, same: bool = True, certain: bool = True
) -> Situation:  # fmt: skip
    return Situation(known, is_open, nothing_open, same, certain)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (situation(known=False, is_open=False, same=False), Verdict.OPENED),
        (situation(known=False, is_open=False, same=False, nothing_open=True), Verdict.NOTHING),
        (situation(is_open=False), Verdict.REOPENED),
        (situation(is_open=False, nothing_open=True), Verdict.NOTHING),
        (situation(), Verdict.UNCHANGED),
        (situation(same=False), Verdict.CHANGED),
        (situation(same=False, nothing_open=True), Verdict.ZEROED),
        (situation(certain=False), Verdict.CONFIRMED),
    ],
)
def test_a_row_against_the_ledger(found: Situation, verdict: Verdict) -> None:
    assert verdict_of(found) is verdict


def test_a_source_that_only_opens_leaves_what_is_known_as_it_is() -> None:
    assert verdict_of(situation(same=False), only_new=True) is Verdict.UNCHANGED
    assert verdict_of(situation(is_open=False), only_new=True) is Verdict.UNCHANGED
    assert verdict_of(situation(known=False, is_open=False, same=False), only_new=True) is Verdict.OPENED


def test_a_situation_is_its_five_bits() -> None:
    assert Situation.of(0) == situation(known=False, is_open=False, same=False, certain=False)
    assert Situation.of(0b11011) == situation()


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("100", "40", "60"),  # paid in part
        ("100", "0", "100"),
        ("40", "100", "0"),  # more is owed: no fall
        ("0", "-100", "100"),  # a payment on account
        ("-100", "0", "-100"),  # used up: the invoice it paid for falls as well
        ("100", "-20", "120"),
        ("-20", "100", "-20"),
        ("0", "0", "0"),
    ],
)
def test_how_much_less_is_owed(was: str, now: str, expected: str) -> None:
    assert fall(Decimal(was), Decimal(now)) == Decimal(expected)


@given(st.decimals(-999, 999, places=2), st.decimals(0, 999, places=2))
def test_for_all_payments_on_account_matching_them_later_counts_once(open_amount: Decimal, paid: Decimal) -> None:
    invoice = abs(open_amount) + paid
    booked = fall(Decimal(0), -paid)
    matched = fall(invoice, invoice - paid) + fall(-paid, Decimal(0))
    assert booked + matched == paid


def test_accepted_rows_are_opened_reopened_changed_and_unchanged_ones() -> None:
    counts = Counts({v.value: 1 for v in Verdict if v is not Verdict.TWISTED}, rejected=2)
    assert (counts.opened, counts.reopened, counts.changed, counts.unchanged, counts.cleared) == (1, 1, 2, 4, 2)
    assert counts.accepted == 8
    assert counts.rows == 10
    assert counts.vanished == 3


@pytest.mark.parametrize(
    ("items", "missing", "gone", "held"),
    [
        (100, 25, "0", False),
        (100, 26, "0", True),
        (19, 19, "1000", False),  # too few to judge
        (20, 6, "0", True),
        (100, 1, "400", False),
        (100, 1, "400.01", True),
    ],
)
def test_a_snapshot_that_loses_a_quarter_of_the_items_or_two_fifths_of_the_amount_is_suspicious(
    items: int, missing: int, gone: str, held: bool
) -> None:
    before = Before(items, {"EUR": Decimal(1000)}, {"EUR": Decimal(gone)})
    sentence = shrinks(Counts({"missing": missing}), before, HOUSE, "en")
    assert (sentence is not None) is held


def test_amounts_of_different_currencies_are_judged_apart() -> None:
    before = Before(100, {"CHF": Decimal(10), "EUR": Decimal(1000)}, {"CHF": Decimal(9), "EUR": Decimal(1)})
    assert "CHF" in (shrinks(Counts(), before, HOUSE, "en") or "")


def test_the_first_row_that_says_something_about_a_debtor_wins() -> None:
    first, second = DebtorFields("A", phone="1"), DebtorFields("B", phone="2", email="b@example.org", credit_limit=Decimal(5))
    merged = merge_debtor([first, second], None, frozenset({"debtor_name", "phone", "email", "credit_limit"}))
    assert (merged.debtor_name, merged.phone, merged.email, merged.credit_limit) == ("A", "1", "b@example.org", Decimal(5))


def test_a_column_that_the_file_does_not_have_leaves_what_was_known() -> None:
    old = DebtorFields("Old", phone="1", email="old@example.org")
    merged = merge_debtor([DebtorFields("New")], old, frozenset({"debtor_name", "email"}))
    assert merged == DebtorFields("New", phone="1", email="")


def test_a_debtors_digest_tells_every_difference() -> None:
    assert debtor_digest(NAME) != debtor_digest(NAME._replace(credit_limit=Decimal(1)))
    assert debtor_digest(NAME._replace(credit_limit=Decimal("1.0"))) == debtor_digest(NAME._replace(credit_limit=Decimal(1)))
    assert debtor_digest(NAME._replace(phone="1")) != debtor_digest(NAME._replace(phone2="1"))
