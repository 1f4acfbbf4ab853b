"""Bank lines: what is taken, what is refused, and by what a booking is known again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.columns import PAYMENT_COLUMNS
from collectord.core.exports.open_items import BadRow
from collectord.core.money import Money
from collectord.core.receivables.payment_lines import PaymentLine, PaymentReader, kept_of, lines_of, shown_account, without_accounts

AS_OF = date(2026, 11, 23)
USUAL = {"booked_on": "2026-11-20", "amount": "410.00", "payer": "Muster", "reference": "RE 1001"}


def check(**given: str) -> tuple[str, ...] | BadRow | None:
    row = {**USUAL, **given}
    return PaymentReader(AS_OF, "en").check(7, [row.get(name, "") for name in PAYMENT_COLUMNS], "the line")


def good(**given: str) -> PaymentLine:
    (one,) = lines(given)
    return one


def lines(*given: dict[str, str]) -> list[PaymentLine]:
    checked = [check(**one) for one in given]
    good = [(number, one) for number, one in enumerate(checked) if one is not None and not isinstance(one, BadRow)]
    assert len(good) == len(given), checked
    return list(lines_of(good))


def test_a_line_with_day_and_amount_is_a_payment_in_euro() -> None:
    one = good(payer="", reference="")
    assert (one.booked_on, one.value_on, one.amount, one.kind) == (date(2026, 11, 20), None, Money(Decimal("410.00"), "EUR"), "payment")


def test_an_empty_row_is_no_line() -> None:
    assert PaymentReader(AS_OF, "en").check(7, [" "] * len(PAYMENT_COLUMNS), ";;;") is None


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("booked_on", "", "must not be empty"),
        ("amount", "", "must not be empty"),
        ("booked_on", "31.02.2026", "no date"),
        ("booked_on", "2026-02-31", "no date"),
        ("booked_on", "86400", "no date"),
        ("booked_on", "1889-01-01", "outside"),
        ("booked_on", "2027-01-20", "more than a month after"),
        ("value_on", "20.11.2026", "no date"),
        ("amount", "1.234,56", "no amount"),
        ("amount", "1_000", "no amount"),
        ("amount", "NaN", "no amount"),
        ("amount", "１２", "no amount"),
        ("amount", "0.00", "zero"),
        ("currency", "EURO", "currency"),
        ("kind", "cheque", "unknown"),
        ("item_no", "A|B", "|"),
        ("item_no", "9" * 129, "longer"),
        ("payer_account", "9" * 129, "longer"),
        ("reference", "x" * 10_001, "longer"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_column_and_why(column: str, value: str, reason: str) -> None:
    bad = check(**{column: value})
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.column, bad.original, bad.debtor_no) == (7, column, "the line", "")
    assert reason in bad.reason


def test_a_remittance_text_is_cleaned_and_cut_but_never_costs_a_payment() -> None:
    one = good(reference="RE\r\n1001\x00\u202e " + "x" * 3_000, payer="Anna\x1b[31m Muster", currency="eur")
    assert one.reference.startswith("RE 1001 xxx")
    assert len(one.reference) == 2_000
    assert one.payer == "Anna [31m Muster"
    assert one.amount.currency == "EUR"


@pytest.mark.parametrize(
    ("amount", "kind", "reference", "expected"),
    [
        ("410.00", "", "", "payment"),
        ("410.00", "payment", "", "payment"),
        ("410.00", "return", "Retoure unserer Überweisung", "other"),  # our own transfer came back
        ("410.00", "other", "Zinsen", "other"),
        ("-410.00", "", "Gehalt", "other"),
        ("-410.00", "payment", "Gehalt", "other"),
        ("-410.00", "return", "", "return"),
        ("-410.00", "Return", "", "return"),
        ("-410.00", "", "RUECKLASTSCHRIFT RE 1001", "return"),
        ("-410.00", "", "Rücklastschrift", "return"),
        ("-410.00", "", "SEPA-LASTSCHRIFT RUECKGABE", "return"),
        ("-410.00", "", "LASTSCHRIFTRUECKGABE AC04", "return"),
        ("-410.00", "", "Retoure SEPA Lastschrift vom 20.11.", "return"),
        ("-410.00", "", "Returned direct debit", "return"),
        ("-410.00", "", "SVWZ+RE1001 AM04 Deckung", "return"),
        ("-410.00", "other", "RUECKLASTSCHRIFT", "other"),  # the bank's own word wins
        ("-410.00", "", "Rückzahlung Guthaben", "other"),  # we paid somebody back
    ],
)
def test_what_came_back_is_told_from_what_we_sent_out(amount: str, kind: str, reference: str, expected: str) -> None:
    assert good(amount=amount, kind=kind, reference=reference).kind == expected


def test_a_text_that_nearly_is_a_return_costs_no_more_than_another() -> None:
    began = perf_counter()
    assert good(amount="-410.00", reference="lastschr" * 1_200).kind == "other"
    assert perf_counter() - began < 0.1


def test_of_an_account_only_the_end_and_a_digest_are_kept() -> None:
    one = good(payer_account="DE02 1203 0000 0000 2020 51")
    assert shown_account(one.payer_account) == "…2051"
    assert "DE02" not in one.payer_account
    assert one.payer_account == good(payer_account="de02120300000000202051").payer_account
    assert one.payer_account != good(payer_account="DE02120300000000202052").payer_account
    assert kept_of(one.payer_account) == one.payer_account
    assert kept_of(" ") == ""
    assert shown_account(kept_of("12345")) == "…"  # too short to show a part of


def test_the_same_booking_has_one_id_however_the_bank_breaks_its_lines() -> None:
    one = good(reference="RE 1001 Danke", payer="Muster Bau GmbH", value_on="2026-11-20")
    again = good(reference="RE 10\n01 DANKE", payer="MUSTER BAU GM", value_on="2026-11-21")
    assert one.id == again.id


@pytest.mark.parametrize("column", ["amount", "booked_on", "payment_no", "payer_account", "end_to_end", "company", "currency", "item_no"])
def test_a_booking_that_differs_is_another_one(column: str) -> None:
    other = {"amount": "411.00", "booked_on": "2026-11-19", "currency": "USD"}.get(column, "X9")
    assert good(**{column: other}).id != good().id


def test_two_equal_bookings_of_one_statement_stay_two_and_are_the_same_two_in_the_next() -> None:
    first = lines({}, {}, {"reference": "other"})
    second = lines({"reference": "new"}, {}, {"reference": "other"}, {})
    assert len({one.id for one in first}) == 3
    assert {one.id for one in first} < {one.id for one in second}


TEXTS = st.text(max_size=40)


@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(["5.00", "-5.00", "7.10"])), max_size=12))
def test_for_all_statements_lines_are_as_many_as_rows_with_as_many_ids_and_a_second_reading_finds_the_same(
    rows: list[tuple[str, str, str]],
) -> None:
    given_rows = [{"reference": reference, "payer": payer, "amount": amount} for reference, payer, amount in rows]
    once, twice = lines(*given_rows), lines(*given_rows)
    assert once == twice
    assert len({one.id for one in once}) == len(rows)


@pytest.mark.parametrize(
    ("original", "kept"),
    [
        ("31.02.2026;DE02120300000000202051;5", "31.02.2026;DE…2051;5"),
        ("IBAN DE02 1203 0000 0000 2020 51 RECHNUNG A1", "IBAN DE…2051 RECHNUNG A1"),
        ("von gb82west12345698765432 und NL91ABNA0417164300", "von gb…5432 und NL…4300"),
        ("Rechnung RE-2026-1123, Kd. 4711", "Rechnung RE-2026-1123, Kd. 4711"),
    ],
)
def test_of_a_bad_line_only_country_and_end_of_an_iban_are_kept(original: str, kept: str) -> None:
    bad = without_accounts(BadRow(7, "payer_account", original, "why", original))
    assert (bad.value, bad.original, bad.line, bad.reason) == (kept, kept, 7, "why")
