"""Whom a bank line is for: what is sure, what is likely, what is nobody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import Money
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.payment_lines import PaymentLine
from collectord.core.receivables.payment_matching import (
    MOST_CANDIDATES,
    Ambiguous,
    Candidate,
    Match,
    Matched,
    Owed,
    Share,
    Unmatched,
    match,
)

BOOKED = date(2026, 11, 23)
MUSTER, OTHER = DebtorKey("", "70010"), DebtorKey("", "70020")


def line(amount: str = "410.00", reference: str = "", payer: str = "", **given: Any) -> PaymentLine:
    usual: dict[str, Any] = {
        "id": "p", "company": "", "booked_on": BOOKED, "value_on": None, "kind": "return" if amount.startswith("-") else "payment",
        "payer_account": "", "end_to_end": "", "debtor_no": "", "item_no": "", **given,
    }  # fmt: skip
    return PaymentLine(amount=Money(Decimal(amount), usual.pop("currency", "EUR")), reference=reference, payer=payer, **usual)


def owed(item_no: str = "RE-1001", amount: str = "410.00", **given: Any) -> Owed:
    return Owed(**{"item_no": item_no, "amount": Decimal(amount), "currency": "EUR", "due_on": date(2026, 11, 1), **given})


def debtor(*items: Owed, key: DebtorKey = MUSTER, name: str = "Muster Bau GmbH", **given: Any) -> Candidate:
    return Candidate(key=key, name=name, owed=items or (owed(),), **given)


def paid(found: Match) -> list[tuple[str, str, str]]:
    """(debtor, item, amount) of a sure match."""
    assert isinstance(found, Matched), found
    return [(share.key.debtor_no, share.item_no, f"{share.amount:.2f}") for share in found.shares]


def likely(found: Match) -> list[str]:
    assert isinstance(found, Ambiguous), found
    return list(dict.fromkeys(share.key.debtor_no for share in found.shares))


def ask(one: PaymentLine, *candidates: Candidate) -> Match:
    return match(one, candidates, "en")


# ---------------------------------------------------------------- by number

A1, A2, A3 = owed("RE-10001", "100.00"), owed("RE-10002", "50.00", due_on=date(2026, 11, 5)), owed("RE-10003", "260.00")


@pytest.mark.parametrize("reference", ["RE-10001", "Rg.Nr. 10001", "10001", "RE 100 01", "rechnung:RE10001", "RE-10001 vom 01.11.2026"])
def test_a_named_item_paid_to_the_cent_is_sure(reference: str) -> None:
    found = ask(line("100.00", reference), debtor(A1, A2, A3))
    assert paid(found) == [("70010", "RE-10001", "100.00")]
    assert isinstance(found, Matched)
    assert found.shares[0].how == "item RE-10001 is named; the amount is that of RE-10001"


def test_the_sentence_is_in_the_houses_language() -> None:
    found = match(line("100.00", "RE-10001"), [debtor(A1)], "de")
    assert isinstance(found, Matched)
    assert found.shares[0].how == "Posten RE-10001 ist genannt; der Betrag ist der von RE-10001"


def test_several_invoices_in_one_payment() -> None:
    found = ask(line("360.00", "RE-10001 und RE-10003"), debtor(A1, A2, A3))
    assert paid(found) == [("70010", "RE-10001", "100.00"), ("70010", "RE-10003", "260.00")]


def test_a_part_of_what_is_named_pays_the_oldest_first() -> None:
    assert paid(ask(line("120.00", "RE-10001 RE-10002"), debtor(A1, A2))) == [
        ("70010", "RE-10001", "100.00"),
        ("70010", "RE-10002", "20.00"),
    ]


def test_more_than_is_named_leaves_a_rest_for_the_debtor() -> None:
    assert paid(ask(line("200.00", "RE-10001"), debtor(A1))) == [("70010", "RE-10001", "100.00"), ("70010", "", "100.00")]


def test_a_credit_that_is_named_too_is_taken_off() -> None:
    credit = owed("GU-20001", "-30.00")
    assert paid(ask(line("70.00", "RE-10001 ./. GU-20001"), debtor(A1, credit))) == [
        ("70010", "GU-20001", "-30.00"),
        ("70010", "RE-10001", "100.00"),
    ]


def test_only_a_credit_named_says_who_it_is() -> None:
    assert paid(ask(line("70.00", "GU-20001"), debtor(owed("GU-20001", "-30.00")))) == [("70010", "", "70.00")]


def test_cash_discount_within_its_days_and_small_charges_are_the_items_difference() -> None:
    discounted = replace(A1, discount_until=date(2026, 11, 20))
    assert paid(ask(line("97.00", "RE-10001"), debtor(discounted))) == [("70010", "RE-10001", "97.00")]
    assert paid(ask(line("92.50", "RE-10001"), debtor(A1))) == [("70010", "RE-10001", "92.50")]
    late = replace(A1, discount_until=date(2026, 11, 1))
    found = ask(line("97.00", payer="Muster Bau"), debtor(late))
    assert likely(found) == ["70010"]  # by the name alone: the discount's days are over


def test_a_short_number_needs_something_beside_it() -> None:
    short = owed("17", "410.00")
    assert isinstance(ask(line("33.00", "Kurs 17"), debtor(short)), Unmatched)
    assert likely(ask(line("410.00", "Kurs 17"), debtor(short))) == ["70010"]
    assert paid(ask(line("410.00", "Rechnung 17"), debtor(short))) == [("70010", "17", "410.00")]
    assert paid(ask(line("410.00", "R17 danke"), debtor(owed("R17")))) == [("70010", "R17", "410.00")]


def test_letters_tell_two_items_of_one_number_apart() -> None:
    assert paid(ask(line("50.00", "A17"), debtor(owed("A17", "50.00"), owed("B17", "50.00")))) == [("70010", "A17", "50.00")]


def test_a_number_between_slashes_says_less() -> None:
    assert likely(ask(line("100.00", "x/10001/y"), debtor(A1))) == ["70010"]


def test_an_item_that_the_statement_itself_names_is_sure() -> None:
    assert paid(ask(line("5.00", item_no="X"), debtor(owed("X", "5.00")))) == [("70010", "X", "5.00")]


def test_amounts_of_another_currency_are_never_compared() -> None:
    assert isinstance(ask(line("100.00", "RE-10001", currency="USD"), debtor(A1)), Unmatched)


# ---------------------------------------------------------------- by debtor


@pytest.mark.parametrize("reference", ["Kunde 70010", "Kd.Nr. 70010", "70010"])
def test_a_debtor_number_is_sure_even_without_an_item(reference: str) -> None:
    assert paid(ask(line("5.00", reference), debtor(A1))) == [("70010", "", "5.00")]


def test_a_short_debtor_number_counts_behind_a_word_for_it_only() -> None:
    small = debtor(A1, key=DebtorKey("", "10"))
    assert paid(ask(line("5.00", "Kdnr: 10"), small)) == [("10", "", "5.00")]
    assert isinstance(ask(line("5.00", "10 Stück"), small), Unmatched)
    assert isinstance(ask(line("5.00", "RE 70010"), debtor(A1)), Unmatched)  # says invoice, not customer


def test_a_debtor_that_the_statement_itself_names_is_sure() -> None:
    assert paid(ask(line("5.00", debtor_no="70010"), debtor(A1), debtor(A1, key=OTHER))) == [("70010", "", "5.00")]


def test_the_same_name_and_the_very_amount_are_sure_and_the_name_alone_is_likely() -> None:
    assert paid(ask(line("100.00", payer="MUSTER BAU GMBH"), debtor(A1, A2))) == [("70010", "RE-10001", "100.00")]
    assert likely(ask(line("7.00", payer="MUSTER BAU GMBH"), debtor(A1, A2))) == ["70010"]
    assert likely(ask(line("100.00", payer="Muster Bau Nord GmbH"), debtor(A1, A2))) == ["70010"]
    assert isinstance(ask(line("7.00", payer="Muster Bau Nord GmbH"), debtor(A1, A2)), Unmatched)


def test_an_account_known_from_before_is_likely_and_with_the_amount_sure() -> None:
    known = debtor(A1, account_known=True)
    assert likely(ask(line("7.00"), known)) == ["70010"]
    assert paid(ask(line("100.00"), known)) == [("70010", "RE-10001", "100.00")]


@pytest.mark.parametrize(
    ("amount", "items"),
    [
        ("50.00", ["RE-10002"]),
        ("410.00", ["RE-10001", "RE-10003", "RE-10002"]),  # everything
        ("360.00", ["RE-10001", "RE-10003"]),  # two of them, the oldest
        ("310.00", ["RE-10003", "RE-10002"]),
    ],
)
def test_without_a_number_the_amount_finds_one_some_or_all_of_the_items(amount: str, items: list[str]) -> None:
    found = paid(ask(line(amount, payer="Muster Bau"), debtor(A1, A2, A3)))
    assert [item for _, item, _ in found] == items


def test_what_is_due_is_found_among_many_items() -> None:
    items = [owed(f"D{n}", f"{n}.13") for n in range(101, 110)] + [
        owed(f"L{n}", f"{n}.17", due_on=date(2027, 1, 1)) for n in range(201, 210)
    ]
    total = sum(one.amount for one in items if one.item_no.startswith("D"))
    assert len(paid(ask(line(str(total), payer="Muster Bau"), debtor(*items)))) == 9


def test_a_discount_is_tried_only_where_nothing_fits_to_the_cent() -> None:
    discounted = owed("RE-10009", "103.00", discount_until=BOOKED)
    assert paid(ask(line("100.00", payer="Muster Bau"), debtor(discounted, A1))) == [("70010", "RE-10001", "100.00")]
    found = ask(line("99.91", payer="Muster Bau"), debtor(discounted))
    assert likely(found) == ["70010"]
    assert isinstance(found, Ambiguous)
    assert "less cash discount" in found.shares[0].how


# ---------------------------------------------------------------- doubts


def test_two_debtors_with_the_same_number_and_amount_are_both_likely_and_none_is_sure() -> None:
    found = ask(line("100.00", "RE-10001"), debtor(A1), debtor(A1, key=OTHER, name="Other"))
    assert likely(found) == ["70010", "70020"]


def test_the_name_decides_between_two_debtors_with_the_same_number() -> None:
    found = ask(line("100.00", "RE-10001", payer="Other AG"), debtor(A1), debtor(A1, key=OTHER, name="Other"))
    assert paid(found) == [("70020", "RE-10001", "100.00")]


def test_the_account_of_one_company_pays_debtors_of_this_company() -> None:
    found = ask(line("100.00", "RE-10001", company="B"), debtor(A1, key=DebtorKey("A", "1")), debtor(A1, key=DebtorKey("B", "1")))
    assert isinstance(found, Matched)
    assert [share.key for share in found.shares] == [DebtorKey("B", "1")]


def test_too_many_debtors_of_one_name_are_nobody() -> None:
    many = [debtor(A1, key=DebtorKey("", str(n))) for n in range(MOST_CANDIDATES + 1)]
    assert isinstance(ask(line("7.00", payer="Muster Bau"), *many), Unmatched)
    assert len(likely(ask(line("7.00", payer="Muster Bau"), *many[1:]))) == MOST_CANDIDATES


def test_only_the_amount_is_likely_when_it_is_odd_and_one_debtors() -> None:
    odd = owed("X1", "118.37")
    assert likely(ask(line("118.37"), debtor(odd))) == ["70010"]
    assert isinstance(ask(line("118.37"), debtor(odd), debtor(odd, key=OTHER)), Unmatched)
    assert isinstance(ask(line("100.00"), debtor(A1)), Unmatched)  # a round sum is everybody's
    assert isinstance(ask(line("118.37")), Unmatched)


def test_a_head_office_pays_for_its_branches() -> None:
    other = debtor(owed("RE-20001", "11.00"), key=OTHER, name="Branch")
    found = ask(line("111.00", "RE-10001 RE-20001"), debtor(A1), other)
    assert paid(found) == [("70010", "RE-10001", "100.00"), ("70020", "RE-20001", "11.00")]
    assert likely(ask(line("60.00", "RE-10001 RE-20001"), debtor(A1), other)) == ["70010", "70020"]


# ---------------------------------------------------------------- what the ledger cleared, and what came back


def test_an_item_cleared_before_is_known_when_it_is_named_and_never_searched_by_amount() -> None:
    gone = owed(is_open=False)
    assert paid(ask(line("410.00", "RE-1001 RE-1001"), debtor(gone))) == [("70010", "RE-1001", "410.00")]
    assert likely(ask(line("410.00", payer="Muster Bau"), debtor(gone))) == ["70010"]


DEBIT = owed("RE-10001", "100.00", direct_debit=True)


@pytest.mark.parametrize("item", [DEBIT, replace(DEBIT, is_open=False)])
def test_a_returned_debit_is_about_the_item_that_was_collected(item: Owed) -> None:
    assert paid(ask(line("-100.00", "Rücklastschrift RE-10001"), debtor(item, A2))) == [("70010", "RE-10001", "100.00")]
    assert paid(ask(line("-100.00", payer="Muster Bau"), debtor(item, A2))) == [("70010", "RE-10001", "100.00")]
    with_charges = ask(line("-107.50", "RE-10001"), debtor(item, A2))
    assert paid(with_charges) == [("70010", "RE-10001", "100.00")]


def test_a_collection_comes_back_whole_or_it_is_in_doubt() -> None:
    assert likely(ask(line("-60.00", "Rücklastschrift RE-10001"), debtor(DEBIT))) == ["70010"]
    assert likely(ask(line("-160.00", "Rücklastschrift RE-10001"), debtor(DEBIT))) == ["70010"]
    assert likely(ask(line("-60.00", "Rücklastschrift Kunde 70010"), debtor(DEBIT))) == ["70010"]


def test_a_number_alone_does_not_keep_others_from_being_looked_for() -> None:
    for amount, plain in (("100.00", True), ("92.50", True), ("60.00", False), ("300.00", False)):
        found = ask(line(amount, "RE-10001"), debtor(A1))
        assert isinstance(found, Matched)
        assert found.plain is plain, amount
    found = ask(line("260.00", "RE-10001", payer="Other AG"), debtor(A1), debtor(A3, key=OTHER, name="Other"))
    assert likely(found) == ["70010", "70020"]


def test_a_returned_debit_with_its_charges_is_found_by_account() -> None:
    found = ask(line("-107.50"), debtor(DEBIT, A2, account_known=True))
    assert paid(found) == [("70010", "RE-10001", "100.00")]


def test_a_return_without_a_number_is_never_about_an_item_that_is_not_collected() -> None:
    assert likely(ask(line("-100.00", payer="Muster Bau"), debtor(A1))) == ["70010"]


# ---------------------------------------------------------------- for all

NAMES = st.sampled_from(["Muster Bau", "Muster", "Other AG", ""])
ITEMS = st.builds(
    owed,
    st.sampled_from(["RE-10001", "10001", "17", "A17", "X"]),
    st.sampled_from(["100.00", "50.00", "-30.00", "118.37"]),
    is_open=st.booleans(),
    direct_debit=st.booleans(),
)
CANDIDATES = st.lists(
    st.builds(
        lambda number, name, items, known: debtor(*items, key=DebtorKey("", str(number)), name=name, account_known=known),
        st.integers(1, 9),
        NAMES,
        st.lists(ITEMS, max_size=4, unique_by=lambda one: one.item_no),
        st.booleans(),
    ),
    max_size=5,
    unique_by=lambda one: one.key,
)
LINES = st.builds(
    line, st.sampled_from(["100.00", "150.00", "118.37", "-100.00"]), st.sampled_from(["RE-10001", "17", "A17 X", "Kd 3", ""]), NAMES
)


@given(LINES, CANDIDATES)
def test_for_all_lines_the_order_of_candidates_changes_nothing_and_shares_are_of_candidates(
    one: PaymentLine, found: list[Candidate]
) -> None:
    answer = ask(one, *found)
    assert answer == ask(one, *reversed(found))
    shares: tuple[Share, ...] = () if isinstance(answer, Unmatched) else answer.shares
    known = {(candidate.key, item.item_no) for candidate in found for item in candidate.owed} | {(c.key, "") for c in found}
    assert {(share.key, share.item_no) for share in shares} <= known
    assert len({(share.key, share.item_no) for share in shares}) == len(shares)
    assert isinstance(answer, Unmatched) or shares
    assert all(share.how for share in shares)


@given(LINES, CANDIDATES)
def test_for_all_lines_a_sure_match_never_tells_more_than_was_paid(one: PaymentLine, found: list[Candidate]) -> None:
    answer = ask(one, *found)
    if isinstance(answer, Matched):
        assert sum(share.amount for share in answer.shares) <= abs(one.amount.amount)
