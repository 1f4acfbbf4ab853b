"""One row of the canonical export: wholly good, or rejected with column, value and reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from collectord.core.exports.columns import COLUMNS, Header, read_header
from collectord.core.exports.csv_records import ExportRefused, Record, Records
from collectord.core.exports.open_items import MAX_FIELD, BadRow, GoodRow, RowReader, twin_row
from collectord.core.receivables.ledger import FOREVER

AS_OF = date(2026, 11, 21)
BASE = {"debtor_no": "0010023", "debtor_name": "Muster GmbH", "item_no": "RE-1", "due_on": "2026-11-01", "open_amount": "410.00"}


def header_of(line: str) -> Header:
    reader = Records("en")
    return read_header(next(iter(reader.feed(line + "\n"))), "en")


def read(cells: dict[str, str], *, ended: bool = True) -> GoodRow | BadRow | None:
    row = BASE | cells
    reader = RowReader(header_of(";".join(row)), AS_OF, "en")
    fields = list(row.values())
    return reader.read(Record(2, fields, ";".join(fields), "", ended))


def good(**cells: str) -> GoodRow:
    row = read(cells)
    assert isinstance(row, GoodRow), row
    return row


def bad(**cells: str) -> BadRow:
    row = read(cells)
    assert isinstance(row, BadRow), row
    return row


def test_a_plain_row_keeps_its_leading_zeros_and_exact_amount() -> None:
    row = good(amount="500.00", invoiced_on="2026-10-01", currency="CHF")
    assert row.key == ("", "0010023", "RE-1")
    assert (row.item.due_on, row.item.open_amount, row.item.amount, row.item.currency) == (
        date(2026, 11, 1), Decimal("410.00"), Decimal("500.00"), "CHF",
    )  # fmt: skip
    assert row.debtor.debtor_name == "Muster GmbH"


def test_spaces_around_a_cell_do_not_count() -> None:
    assert good(debtor_no=" 0010023 ", open_amount=" 410.00").digest == good().digest


def test_a_negative_amount_is_a_credit_note_unless_the_row_says_what_it_is() -> None:
    assert good(open_amount="-20.00").item.kind == "credit_note"
    assert good(open_amount="-20.00", kind="payment").item.kind == "payment"
    assert good().item.kind == "invoice"


def test_every_optional_item_column_is_read() -> None:
    item = good(
        payment_method="Direct-Debit", discount_until="2026-11-30", dunning_level="2", last_dunned_on="2026-11-10",
        dunning_deadline="2026-11-24", dunning_block="yes", dispute="yes",
    ).item  # fmt: skip
    assert (item.payment_method, item.dunning_level, item.dunning_block_until, item.dispute) == ("direct_debit", 2, FOREVER, True)
    assert good(dunning_block="2026-12-24").item.dunning_block_until == date(2026, 12, 24)
    assert good(dunning_block="no", dispute="no").item.dunning_block_until is None


def test_every_optional_debtor_column_is_read() -> None:
    debtor = good(
        person_type="Business", country="de", potential_class="ii", language="DE-at", time_zone="Europe/Berlin", credit_limit="1000",
        phone="0221/1", legal_state="insolvency",
    ).debtor  # fmt: skip
    assert (debtor.person_type, debtor.country, debtor.potential_class, debtor.language) == ("business", "DE", "II", "de")
    assert (debtor.credit_limit, debtor.time_zone, debtor.legal_state) == (Decimal("1000"), "Europe/Berlin", "insolvency")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("due_on", "31.02.2026"), ("due_on", "2026-02-31"), ("due_on", "86400"), ("due_on", "20261101"), ("due_on", "1989-12-31"),
        ("due_on", "2101-01-01"), ("due_on", "2031-11-22"), ("due_on", "9999-12-31"), ("due_on", "２０２６-11-01"),
        ("open_amount", "1_000"), ("open_amount", "NaN"), ("open_amount", "1e9"), ("open_amount", "1.000.00"), ("open_amount", "1.234,56"),
        ("open_amount", "9" * 30), ("open_amount", "１２"), ("open_amount", "0x10"), ("open_amount", "--5"), ("open_amount", "1.23456"),
        ("amount", "abc"), ("currency", "eur"), ("currency", "EURO"), ("kind", "bill"), ("dispute", "maybe"), ("dunning_block", "perhaps"),
        ("dunning_level", "-1"), ("dunning_level", "100"), ("invoiced_on", "2026-13-01"), ("person_type", "alien"), ("country", "Germany"),
        ("potential_class", "V"), ("time_zone", "Mars/Olympus"), ("time_zone", "../etc/passwd"), ("credit_limit", "much"),
        ("debtor_no", ""), ("debtor_name", ""), ("item_no", " "), ("due_on", ""), ("open_amount", ""), ("item_no", "a|b"),
        ("debtor_name", "x\x00y"), ("debtor_name", "x\ry"), ("debtor_name", "x\x0by"), ("debtor_name", "a\u2028b"),
        ("debtor_name", "pay\u202eyap"), ("phone", "1\r\nAction: Hangup"), ("item_no", "a\nb"), ("debtor_no", "a\u200bb"),
        ("debtor_name", "x" * (MAX_FIELD + 1)), ("item_no", "9" * 129), ("debtor_no", "9" * 129), ("company", "9" * 129),
    ],
)  # fmt: skip
def test_a_bad_cell_rejects_its_row_and_names_the_column(column: str, value: str) -> None:
    row = bad(**{column: value})
    assert row.column == column
    assert row.line == 2
    assert row.reason
    assert len(row.value) <= 200
    assert len(row.original) <= 2_000


def test_a_bad_row_still_tells_whose_it_is_when_its_key_can_be_read() -> None:
    row = bad(company="10", due_on="x")
    assert (row.company, row.debtor_no, row.item_no, row.debtor_name) == ("10", "0010023", "RE-1", "Muster GmbH")
    row = bad(item_no="")
    assert (row.debtor_no, row.item_no) == ("0010023", "")
    row = bad(debtor_no="x\x00")
    assert (row.company, row.debtor_no, row.item_no) == ("", "", "")
    row = bad(debtor_no="")
    assert (row.company, row.debtor_no, row.item_no) == ("", "", "")


def test_line_breaks_and_tabs_within_a_quoted_name_become_one_space() -> None:
    assert good(debtor_name="Müller\n\tSöhne").debtor.debtor_name == "Müller Söhne"


def test_what_a_spreadsheet_would_run_is_kept_word_for_word() -> None:
    for name in ("=cmd|'/c calc'!A1", "@SUM(1)", "+1", "'; drop table item; --"):
        assert good(debtor_name=name).debtor.debtor_name == name


def test_a_hostile_telephone_number_does_not_reject_the_row() -> None:
    assert good(phone="030 1&PJSIP/202").debtor.phone == "030 1&PJSIP/202"


def test_a_row_with_another_number_of_columns_is_rejected_without_a_guess_whose_it_is() -> None:
    reader = RowReader(header_of(";".join(BASE)), AS_OF, "de")
    row = reader.read(Record(9, ["1", "2", "3"], "1;2;3"))
    assert isinstance(row, BadRow)
    assert (row.line, row.company, row.debtor_no) == (9, "", "")
    assert "3 Spalten" in row.reason


def test_a_row_that_could_not_be_split_is_rejected() -> None:
    row = RowReader(header_of(";".join(BASE)), AS_OF, "en").read(Record(4, [], '1;5" pipe', "bare_quote"))
    assert isinstance(row, BadRow)
    assert "quote" in row.reason


def test_a_line_of_separators_only_is_no_row() -> None:
    reader = RowReader(header_of("debtor_no;debtor_name;item_no;due_on;open_amount;note"), AS_OF, "en")
    assert reader.read(Record(3, [""] * 6, ";;;;;")) is None
    assert reader.read(Record(3, ["", " "], "; ")) is None
    assert reader.read(Record(3, [*[""] * 5, "note"], ";;;;;note")) is None


def test_a_last_row_without_a_line_end_that_is_not_whole_refuses_the_file() -> None:
    with pytest.raises(ExportRefused, match="cut off"):
        read({"open_amount": ""}, ended=False)
    assert isinstance(read({}, ended=False), GoodRow)


def test_thousands_of_different_texts_are_read_as_well_as_one() -> None:
    reader = RowReader(header_of(";".join(BASE)), AS_OF, "en")
    rows = [reader.read(Record(n, ["1", f"N{n}", f"R{n}", "2026-11-01", "1.00"], "")) for n in range(9_000)]
    assert {row.debtor.debtor_name for row in rows if isinstance(row, GoodRow)} == {f"N{n}" for n in range(9_000)}


def test_columns_are_found_by_name_in_any_order_and_unknown_ones_are_told() -> None:
    header = header_of(" Open_Amount ;item_no;telephone;due_on;debtor_name;debtor_no")
    assert header.positions["open_amount"] == 0
    assert header.ignored == ("telephone",)
    assert not header.has_company
    assert header.debtor_columns == {"debtor_name"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("debtor_no;item_no", "debtor_name, due_on, open_amount"), ("foo;bar", "cannot be read"), ('"x"y;debtor_no', "cannot be read"),
        ("debtor_no;debtor_name;item_no;due_on;open_amount;phone;phone", "phone occurs twice"),
    ],
)  # fmt: skip
def test_a_header_that_leaves_doubt_refuses_the_file(line: str, sentence: str) -> None:
    with pytest.raises(ExportRefused, match=sentence):
        header_of(line)


def test_rows_of_one_item_with_different_content_name_each_other() -> None:
    row = twin_row(7, [7, 9, 12], ("", "1", "RE-1"), "the line", "en")
    assert row.reason.startswith("line 9, 12:")
    assert (row.debtor_no, row.item_no, row.original) == ("1", "RE-1", "the line")


def test_values_from_an_interpreter_are_judged_as_those_of_a_record() -> None:
    header = header_of(";".join(COLUMNS))
    reader = RowReader(header, AS_OF, "en")
    values = tuple(
        {"debtor_no": "1", "debtor_name": "M", "item_no": "R1", "due_on": "2026-11-01", "open_amount": "5.00"}.get(n, "") for n in COLUMNS
    )
    assert reader.check(3, values, "as it stood") == reader.read(Record(3, list(values), ";".join(values)))
    bad = reader.check(4, (*values[:4], "x", *values[5:]), "as it stood")
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.column, bad.original, bad.debtor_no, bad.item_no) == (4, "open_amount", "as it stood", "1", "R1")
    assert reader.check(5, ("",) * len(COLUMNS), "") is None
    broken = reader.check(6, (*values[:16], "M\x07", *values[17:]), "as it stood")
    assert isinstance(broken, BadRow)
    assert (broken.column, broken.debtor_no) == ("debtor_name", "1")
