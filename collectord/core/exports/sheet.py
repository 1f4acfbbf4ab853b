"""Sheets: rows as a CSV file that people open in a spreadsheet.

Owns the form: UTF-8 with BOM, `;`, CRLF. Knows no columns.
Invariant: no cell runs as a formula, and no cell breaks its row.
"""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")  # how a cell begins that some spreadsheet would run


def cell(text: str) -> str:
    """Outside text as a harmless cell: no NUL, and an apostrophe in front of what would run."""
    clean = text.replace("\x00", "\ufffd")
    return f"'{clean}" if clean.lstrip(" \u00a0").startswith(FORMULA) else clean


def sheet(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The whole file, columns by name in the first line."""
    return BOM_UTF8 + lines([columns], plain=True) + lines(rows)


def lines(rows: Iterable[Sequence[str]], *, plain: bool = False) -> bytes:
    """Some of its rows. `plain`: our own words, which no spreadsheet runs."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow(row if plain else [cell(value) for value in row])
    return text.getvalue().encode("utf-8", "backslashreplace")
