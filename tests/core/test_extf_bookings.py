"""DATEV EXTF bookings: which items a batch opens, and which payments it tells of."""

from __future__ import annotations

from datetime import date

import pytest

from collectord.core.exports.csv_records import ExportRefused, Record
from tests.core.profile_cases import Heard, heard, heard_records, profile_of

HEAD = '"EXTF";700;21;"Buchungsstapel";9;20261120163000000;;"RE";"";"";29098;55003;20260101;4;20261101;20261130;"November";"";1;0;0;"CHF"'
NAMES = (
    "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Konto;Gegenkonto (ohne BU-Schlüssel);Belegdatum;Belegfeld 1;Belegfeld 2;"
    "Skonto;Buchungstext;Fälligkeit;Generalumkehr;Postensperre"
)
ITEMS = 'special = "extf-bookings"\nonly_new = true\nterms = 30\ndelimiter = ";"'
PAYMENTS = 'special = "extf-bookings"\nkind = "payments"\ndelimiter = ";"'


def row(
    amount: str = "100,00",
    side: str = "S",
    konto: str = "10000",
    contra: str = "8400",
    day: str = "311",
    document: str = "R1",
    second: str = "",
    discount: str = "",
    due: str = "",
    reversal: str = "",
    lock: str = "",
    currency: str = "",
) -> str:
    return f"{amount};{side};{currency};{konto};{contra};{day};{document};{second};{discount};Text;{due};{reversal};{lock}"


def batch(*rows: str, profile: str = ITEMS, head: str = HEAD, names: str = NAMES) -> Heard:
    return heard(profile_of(profile), "\n".join((head, names, *rows, "")))


def opened(found: Heard) -> list[tuple[str, str, str]]:
    return [(item["debtor_no"], item["item_no"], item["open_amount"]) for item in found.items]


def test_a_debit_of_a_debtor_opens_an_item() -> None:
    found = batch(row(second="161126"), ";" * 12)
    assert found.items == [{
        "debtor_no": "10000", "debtor_name": "10000", "item_no": "R1", "due_on": "2026-11-16", "open_amount": "100.00", "amount": "100.00",
        "currency": "CHF", "invoiced_on": "2026-11-03",
    }]  # fmt: skip
    assert found.reader.as_of == date(2026, 11, 20)
    assert "debtor_name" not in found.reader.columns
    assert (found.reader.booked_until, found.reader.unmet, found.reader.ignored, found.reader.company_scope) == (None, (), (), ())


@pytest.mark.parametrize(
    ("konto", "contra", "side", "expected"),
    [
        ("10000", "8400", "S", [("10000", "R1", "100.00")]),
        ("8400", "10000", "H", [("10000", "R1", "100.00")]),
        ("10000", "1200", "H", []),
        ("1200", "10000", "S", []),
        ("1200", "8400", "S", []),
        ("70000", "3300", "S", []),  # a creditor
        ("0010000", "8400", "S", [("10000", "R1", "100.00")]),
        ("10000", "20000", "S", [("10000", "R1", "100.00")]),  # moved from one debtor to another: the other is credited
    ],
)
def test_s_and_h_count_as_seen_from_konto(konto: str, contra: str, side: str, expected: list[tuple[str, str, str]]) -> None:
    assert opened(batch(row(side=side, konto=konto, contra=contra))) == expected


def test_what_is_paid_in_the_same_batch_is_taken_off_with_its_cash_discount() -> None:
    rows = [
        row(),
        row("38,80", "H", contra="1200", discount="1,20"),
        row(document="R2"),
        row("98,00", "H", contra="1200", document="R2", discount="2,00"),
    ]
    assert opened(batch(*rows)) == [("10000", "R1", "60.00"), ("10000", "R2", "0.00")]


def test_a_reversal_takes_its_posting_back() -> None:
    assert opened(batch(row(), row(reversal="1"), row(document="R2", reversal="0"))) == [("10000", "R1", "0.00"), ("10000", "R2", "100.00")]


def test_credits_on_items_that_the_batch_does_not_open_change_nothing_and_are_counted() -> None:
    found = batch(row("50,00", "H", contra="1200"), row("5,00", "H", contra="1200", document=""), row(konto="1200"))
    assert found.items == []
    assert found.reader.notes == (
        "rows left out: postings without a debtor account (1)",
        "rows left out: payments and credits on items that this batch does not open; the next list of open items shows them (2)",
    )


@pytest.mark.parametrize(
    ("due", "second", "expected"),
    [
        ("15122026", "161126", "2026-12-15"),
        ("", "161126", "2026-11-16"),
        ("", "310226", "2026-12-03"),
        ("", "OP-7", "2026-12-03"),
        ("", "", "2026-12-03"),
    ],
)
def test_the_due_day_stands_in_its_column_in_belegfeld_2_or_follows_from_the_terms(due: str, second: str, expected: str) -> None:
    assert batch(row(due=due, second=second)).items[0]["due_on"] == expected


def test_without_terms_an_item_without_a_due_day_is_bad() -> None:
    found = batch(row(), profile=ITEMS.replace("terms = 30", ""))
    assert [(bad.column, bad.debtor_no, bad.item_no) for bad in found.bad] == [("due_on", "10000", "R1")]
    assert "declare terms = 30" in found.bad[0].reason


def test_a_locked_posting_blocks_dunning_and_a_declared_company_is_that_of_all_rows() -> None:
    found = batch(row(lock="1"), profile=ITEMS + '\n[scope]\ncompanies = ["55003"]')
    assert (found.items[0]["dunning_block"], found.items[0]["company"]) == ("yes", "55003")
    assert "company" in found.reader.columns
    assert found.reader.company_scope == ("55003",)


@pytest.mark.parametrize(
    ("bad_row", "column", "words"),
    [
        (row("1.00"), "open_amount", "no EXTF amount"),
        (row(side="X"), "open_amount", "neither S nor H"),
        (row(konto=""), "debtor_no", "no account number"),
        (row(contra="84a0"), "debtor_no", "no account number"),
        (row(day="112"), "invoiced_on", "no day TTMM between Sun 1 Nov 2026 and Mon 30 Nov 2026"),
        (row(day="3111"), "invoiced_on", "no day TTMM"),
        (row(discount="x", side="H"), "open_amount", "no EXTF amount"),
        (row() + ";1", "", "the row has 14 columns, the header 13"),
        ("1;2;3", "", "the row has 3 columns"),
        (row(document=""), "item_no", "must not be empty"),
    ],
)
def test_a_posting_that_cannot_be_read_is_a_bad_row(bad_row: str, column: str, words: str) -> None:
    found = batch(bad_row, row(document="R2"), row(document="R3") + ";;;")
    assert opened(found) == [("10000", "R2", "100.00"), ("10000", "R3", "100.00")]
    assert [bad.column for bad in found.bad] == [column]
    assert words in found.bad[0].reason


def test_an_item_of_which_one_posting_cannot_be_read_or_has_another_currency_is_bad() -> None:
    found = batch(
        row(), row("x", "H"), row(document="R2"), row("5,00", "H", document="R2", currency="usd"), row(document="R3", currency="EUR")
    )
    assert [(item["item_no"], item["currency"]) for item in found.items] == [("R3", "EUR")]
    assert [(bad.line, bad.column, bad.item_no) for bad in found.bad] == [(4, "open_amount", "R1"), (3, "", "R1"), (5, "currency", "R2")]


def test_payments_name_debtor_and_item_and_debits_are_left_out() -> None:
    found = batch(row(), row("38,80", "H", contra="1200", day="1711", discount="1,20"), profile=PAYMENTS)
    assert found.items == [
        {
            "booked_on": "2026-11-17",
            "amount": "40.00",
            "currency": "CHF",
            "kind": "payment",
            "reference": "Text",
            "debtor_no": "10000",
            "item_no": "R1",
        }
    ]
    assert found.reader.notes == ("rows left out: postings that debit a debtor (1)",)


def test_short_names_of_columns_and_a_header_without_a_period_are_read() -> None:
    head = '"EXTF";700;21;"Buchungsstapel";9;20261120163000000;;"RE";"";"";29098;55003;20260101;4;;'
    found = batch("5,00;S;10000;8400;311;R1", head=head, names="Umsatz;S/H;Konto;Gegenkonto;Belegdatum;Belegfeld 1")
    assert [(item["invoiced_on"], item["currency"]) for item in found.items] == [("2026-11-03", "EUR")]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("Konto;Name", "no header of an EXTF booking batch"),
        (HEAD.replace("700;21", "700;16"), "no header of an EXTF booking batch"),
        (HEAD.replace("20260101;4", "00002;4"), "field 13 of the EXTF header should be yyyymmdd, but is 00002"),
        (HEAD.replace(";4;", ";9;"), "field 14 of the EXTF header should be 4-8, but is 9"),
        (HEAD.replace(";20261130;", ";20261131;"), "field 16"),
        (HEAD.replace("20261120163000000", ""), "field 6"),
    ],
)  # fmt: skip
def test_a_first_line_in_doubt_refuses_the_file(head: str, words: str) -> None:
    with pytest.raises(ExportRefused, match=words):
        batch(row(), head=head)


def test_a_file_that_ends_early_is_refused() -> None:
    for text in ("", HEAD + "\n"):
        with pytest.raises(ExportRefused, match="ends before its column names"):
            heard(profile_of(ITEMS), text)
    with pytest.raises(ExportRefused, match="line 2: EXTF columns are missing: Konto"):
        batch(names=NAMES.replace(";Konto;", ";Kto;"))
    records = [
        Record(1, HEAD.replace('"', "").split(";"), HEAD),
        Record(2, NAMES.split(";"), NAMES),
        Record(3, ["100,00", "S"], "100,00;S", "", False),
    ]
    with pytest.raises(ExportRefused, match="line 3: the file ends in the middle of a row"):
        heard_records(profile_of(ITEMS), records)
    found = heard_records(profile_of(ITEMS), [*records[:2], Record(3, [], 'a"', "bare_quote")])
    assert [bad.line for bad in found.bad] == [3]
    assert found.reader.as_of == date(2026, 11, 20)


def test_before_the_first_line_nothing_is_known() -> None:
    from collectord.core.exports.extf_bookings import ExtfBookings

    assert ExtfBookings(profile_of(ITEMS), "de").as_of is None
