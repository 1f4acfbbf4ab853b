"""Rows read in bulk are the rows that RowReader reads one by one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports import bulk_rows
from collectord.core.exports.bulk_rows import BulkReader, Portion
from collectord.core.exports.columns import Header, read_header
from collectord.core.exports.csv_records import ExportRefused, Record, Records
from collectord.core.exports.open_items import BadRow, GoodRow, RowReader
from collectord.core.money import NotMoney, parse_amount, parse_scaled, parse_scaled_all, to_scaled

AS_OF = date(2026, 11, 23)
NAMES = "company;debtor_no;debtor_name;item_no;due_on;open_amount;amount;currency;kind;dunning_level;country;credit_limit;phone"

cells = {
    "company": st.sampled_from(["", "10", "x" * 129]),
    "debtor_no": st.sampled_from(["1", "2", "", "00" * 70, "a\u200bb"]),
    "debtor_name": st.sampled_from(["Muster", "Müller & Co", "", " Rand", "Tab\tim Namen", "N\u00a0BSP", "rtl\u202e"]),
    "item_no": st.sampled_from(["R1", "R2", "", "a|b", "x" * 129]),
    "due_on": st.sampled_from(["2026-11-01", "31.02.2026", "2040-01-01", "", "2026-02-30"]),
    "open_amount": st.sampled_from(["1.00", "-1.00", "0", "1_000", "NaN", "1e9", "-0.0001", "", "9999999999999", "86400.12345"]),
    "amount": st.sampled_from(["", "1.00", "-3", "1.000.00"]),
    "currency": st.sampled_from(["", "EUR", "usd"]),
    "kind": st.sampled_from(["", "invoice", "Credit_Note", "x"]),
    "dunning_level": st.sampled_from(["", "3", "101", "²"]),
    "country": st.sampled_from(["", "de", "XX"]),
    "credit_limit": st.sampled_from(["", "5000", "viel"]),
    "phone": st.sampled_from(["", "0221/1234567"]),
}
good = {
    "company": st.just("10"), "debtor_no": st.just("1"), "debtor_name": st.sampled_from(["Muster", "Andere"]),
    "item_no": st.sampled_from(["R1", "R2"]), "due_on": st.just("2026-11-01"), "open_amount": st.sampled_from(["1.00", "-2.50"]),
    "amount": st.sampled_from(["", "1.00"]), "currency": st.just("EUR"), "kind": st.just(""), "dunning_level": st.just("1"),
    "country": st.just("DE"), "credit_limit": st.sampled_from(["", "10.5"]), "phone": st.just(""),
}  # fmt: skip
rows = st.lists(st.one_of(st.fixed_dictionaries(cells), st.fixed_dictionaries(good)), max_size=12)


def header_of(text: str) -> Header:
    return read_header(Record(1, text.split(";"), text), "en")


def one_by_one(header: Header, records: list[Record]) -> tuple[list[Any], list[Any], list[BadRow]]:
    """(items with their details, sayings, bad rows) as RowReader has them."""
    reader = RowReader(header, AS_OF, "en")
    read = [reader.read(record) for record in records]
    found = [row for row in read if isinstance(row, GoodRow)]
    items = [
        (
            row.company, row.debtor_no, row.item_no, row.line, row.digest, row.item.due_on.isoformat(), to_scaled(row.item.open_amount),
            None if row.item.amount is None else to_scaled(row.item.amount), row.item.currency, row.item.kind, row.item.dunning_level,
        )
        for row in found
    ]  # fmt: skip
    return sorted(items), [(row.company, row.debtor_no, row.debtor) for row in found], [row for row in read if isinstance(row, BadRow)]


def in_bulk(portions: list[Portion]) -> tuple[list[Any], list[Any], list[BadRow]]:
    items: list[Any] = []
    sayings: list[Any] = []
    bad: list[BadRow] = []
    details: dict[int, Any] = {}
    for portion in portions:
        details |= {detail[0]: detail[1:] for detail in portion.details}
        for at in range(0, len(portion.items), 9):
            *item, number = portion.items[at : at + 9]
            items.append((*item, details[number][0], details[number][2], details[number][5]))
        sayings += [(company, debtor_no, debtor) for company, debtor_no, _, debtor in portion.sayings]
        bad += portion.bad
    return sorted(items), sayings, sorted(bad)


@given(rows, st.sampled_from([";", "\t", ","]), st.integers(1, 5))
def test_for_all_rows_both_ways_say_the_same(said: list[dict[str, str]], delimiter: str, portion: int) -> None:
    header = header_of(NAMES)
    lines = [delimiter.join(row.values()) for row in said if not any(delimiter in cell for cell in row.values())]
    records = [Record(at, line.split(delimiter), line) for at, line in enumerate(lines, 2)]
    items, sayings, bad = one_by_one(header, records)
    for take in ("lines", "records"):
        bulk = BulkReader(header, RowReader(header, AS_OF, "en"))
        portions = []
        for at in range(0, len(lines), portion):
            some = slice(at, at + portion)
            portions.append(
                bulk.lines(lines[some], range(at + 2, at + 2 + len(lines[some])), delimiter)
                if take == "lines"
                else bulk.records(records[some], delimiter)
            )
        found = in_bulk(portions)
        assert found[0] == items
        assert found[2] == sorted(bad)
        assert {repr(one) for one in found[1]} == {repr(one) for one in sayings}


def test_what_repeats_is_told_once() -> None:
    header = header_of("debtor_no;debtor_name;item_no;due_on;open_amount;currency")
    bulk = BulkReader(header, RowReader(header, AS_OF, "en"))
    first = bulk.lines(["1;M;R1;2026-11-01;1.00;EUR", "1;M;R2;2026-11-02;-1.00;EUR", "2;N;R3;2026-11-01;1.00;EUR"], [2, 3, 4], ";")
    second = bulk.lines(["1;M;R4;2026-11-01;7.00;EUR"], [5], ";")
    assert [detail[3] for detail in first.details] == ["invoice", "credit_note"]
    assert [saying[:3] for saying in first.sayings] == [("", "1", 2), ("", "2", 4)]
    assert (second.details, second.sayings, second.items[2:4]) == ([], [], ["R4", 5])


def test_a_hostile_file_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_rows, "REMEMBERED", 3)
    header = header_of("debtor_no;debtor_name;item_no;due_on;open_amount;invoiced_on")
    bulk = BulkReader(header, RowReader(header, AS_OF, "en"))
    for n in range(30):
        line = f"{n};N{n};R{n};2026-10-{n % 28 + 1:02};{n}.00;2026-09-{n % 28 + 1:02}"
        assert len(bulk.lines([line, line.replace(";R", ";S").replace(f";{n}.", f";-{n + 1}.")], [2, 3], ";").items) == 18
    for known in (bulk._dues, bulk._claims, bulk._credits, bulk._numbers, bulk._told):
        assert len(known) <= 5


def test_empty_lines_are_no_rows_and_keep_the_count() -> None:
    header = header_of("debtor_no;debtor_name;item_no;due_on;open_amount")
    bulk = BulkReader(header, RowReader(header, AS_OF, "en"))
    portion = bulk.lines(["", "1;M;R1;2026-11-01;1.00", "", ";;;;"], [10, 11, 12, 13], ";")
    assert (portion.items[3], portion.bad) == (11, [])
    assert bulk.lines([], [], ";").items == []


def test_a_last_row_that_was_cut_refuses_the_file() -> None:
    header = header_of("debtor_no;debtor_name;item_no;due_on;open_amount")
    bulk = BulkReader(header, RowReader(header, AS_OF, "en"))
    with pytest.raises(ExportRefused, match="cut off"):
        bulk.records([Record(7, ["1", "M", "R1", "2026-"], "1;M;R1;2026-", "", False)], ";")


def test_a_quoted_record_is_taken_in_bulk_unless_its_blanks_need_a_look() -> None:
    header = header_of("debtor_no;debtor_name;item_no;due_on;open_amount")
    bulk = BulkReader(header, RowReader(header, AS_OF, "en"))
    records = list(
        Records("en", ";").feed('x;y\n1;"M; ""N""";R1;2026-11-01;1.00\n1;" M ";R2;2026-11-01;1.00\n1;"M\nN";R3;2026-11-01;1.00\n')
    )[1:]
    portion = bulk.records(records, ";")
    assert portion.items[2::9] == ["R1", "R2", "R3"]
    assert {saying[3].debtor_name for saying in portion.sayings} == {'M; "N"', "M", "M N"}


@given(st.decimals(min_value="-999999999", max_value="999999999", places=4))
def test_for_all_amounts_the_integer_form_is_that_of_the_decimal(amount: Any) -> None:
    text = f"{amount:f}"
    assert parse_scaled(text) == to_scaled(parse_amount(text))


@given(st.lists(st.sampled_from(["1.00", "-0.05", "0.00", "12", "-3.1234", "999999999999.99"])))
def test_for_all_lists_of_amounts_many_at_once_are_read_as_one_by_one(texts: list[str]) -> None:
    assert parse_scaled_all(texts) == [parse_scaled(text) for text in texts]


@pytest.mark.parametrize("text", ["1.00\n2.00", "1.00\n", "1.00 ", "", "1,00", "１.00"])
def test_one_text_that_is_no_amount_spoils_many(text: str) -> None:
    with pytest.raises(NotMoney):
        parse_scaled_all(["1.00", text])


@pytest.mark.parametrize("text", ["1_000", "NaN", "1e9", "1.000.00", "", "１２", "1.23456", "1000000000000", "-1000000000000"])
def test_what_is_no_amount_has_no_integer_form(text: str) -> None:
    with pytest.raises(NotMoney):
        parse_scaled(text)


def test_plain_lines_are_given_as_lines_and_everything_else_is_fed() -> None:
    records = Records("en", ";")
    assert records.plain_lines("a;b\n") is None  # the delimiter is not known yet
    assert [record.line for record in records.feed("a;b\nc;")] == [1]
    assert records.plain_lines("d\r\ne;f\n\ng") == ["c;d", "e;f", ""]
    assert records.plain_lines('h;"\n') is None
    assert [record.raw for record in records.feed(';"h"\n')] == ['g;"h"']
    assert records.line == 5
    assert records.plain_lines("x" * 70_000 + "\n") is None
    assert [record.problem for record in records.feed("x" * 70_000 + "\n")] == ["long_line"]
    assert list(records.feed('i;"j')) == []
    assert records.plain_lines("k\n") is None  # the quote in the unfinished line


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("country", "XX"), ("credit_limit", "viel"), ("company", "x" * 129), ("debtor_no", ""), ("debtor_name", ""), ("item_no", "a|b"),
        ("due_on", "31.02.2026"), ("open_amount", "1e9"), ("amount", "1_0"), ("currency", "usd"),
    ],
)  # fmt: skip
def test_what_is_not_surely_good_is_named_by_the_row_reader(column: str, value: str) -> None:
    row = {name: next_good(name) for name in NAMES.split(";")} | {column: value}
    bulk = BulkReader(header_of(NAMES), RowReader(header_of(NAMES), AS_OF, "en"))
    portion = bulk.lines([";".join(row.values())], [2], ";")
    assert ([bad.column for bad in portion.bad], portion.items) == ([column], [])


def next_good(name: str) -> str:
    return {"debtor_no": "1", "debtor_name": "M", "item_no": "R1", "due_on": "2026-11-01", "open_amount": "1.00"}.get(name, "")
