"""Sheets for people: what an export smuggled into a name never runs in a spreadsheet."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.sheet import FORMULA, cell, sheet


def test_a_cell_that_would_run_as_a_formula_gets_an_apostrophe() -> None:
    assert [cell(text) for text in ("=cmd|'/c calc'!A1", "@SUM(A1)", "+4930", "-5", "Muster")] == [
        "'=cmd|'/c calc'!A1", "'@SUM(A1)", "'+4930", "'-5", "Muster",
    ]  # fmt: skip


def test_a_sheet_has_a_bom_semicolons_and_one_line_a_row() -> None:
    content = sheet(["a", "b"], [["1;2", 'say "x"'], ["ü", "a\x00b"]])
    assert content == '\ufeffa;b\r\n"1;2";"say ""x"""\r\nü;a\ufffdb\r\n'.encode()


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=2, max_size=2)))
def test_for_all_texts_a_sheet_reads_back_and_no_cell_runs(rows: list[list[str]]) -> None:
    text = sheet(["a", "b"], rows).decode("utf-8-sig")
    _, *back = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert back == [[cell(value) for value in row] for row in rows]
    assert not any(value.startswith(FORMULA) for row in back for value in row)
