"""Totals: rows that say how many rows there are and what they come to, and what follows when that does not fit.

Owns total rows and the trailer. Knows no item; amounts that were read come in.
Invariant: a file that contradicts its own total is refused as a whole; a total over rows that could not be read is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from collectord.core.exports.column_reading import CellBad, Cells, Header, number_reader
from collectord.core.exports.csv_records import ExportRefused
from collectord.core.exports.forms import NumberForm
from collectord.core.exports.row_rules import Test, all_hold
from collectord.core.exports.source_profiles import Total
from collectord.core.money import plain
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "differs": (
        "line {line}: the total says {said}, the rows come to {found}; the export is not complete",
        "Zeile {line}: die Summe nennt {said}, die Zeilen ergeben {found}; der Export ist nicht vollständig",
    ),
    "unread": ("line {line}: the total {said} cannot be read", "Zeile {line}: die Summe {said} ist nicht lesbar"),
    "no_trailer": (
        "the last line {trailer} is missing; the file was cut off",
        "Die Schlusszeile {trailer} fehlt; die Datei ist abgeschnitten",
    ),
    "after_trailer": ("line {line}: rows follow the last line {trailer}", "Zeile {line}: nach der Schlusszeile {trailer} folgen Zeilen"),
}

_LAST_NUMBER = re.compile(r"([0-9]+)[^0-9]*\Z", re.ASCII)


class Totals:
    """The totals of one file; `add` counts each row in, `is_total` judges each row that holds one."""

    def __init__(self, totals: Sequence[Total], header: Header, numbers: NumberForm, language: Language) -> None:
        self._language = language
        self._all = [
            _Running(total, holds, header.find(total.sum), header.find(total.count))
            for total in totals
            if (holds := all_hold(total.when, header, numbers)) is not None
        ]
        self._amount = number_reader(numbers, "")

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, amount: str, currency: str) -> None:
        for running in self._all:
            running.rows += 1
            running.amount += Decimal(amount)
            running.currencies.add(currency)

    def add_bad(self) -> None:
        for running in self._all:
            running.rows += 1
            running.certain = False

    def is_total(self, cells: Cells, line: int) -> bool:
        """Whether this row is a total. Raises ExportRefused when it does not fit the rows it is about."""
        found = False
        for running in self._all:
            if not running.holds(cells):
                continue
            found = True
            stale = running.total.of == "group" and running.rows == 0  # a further total of the same group: one for each currency
            if running.sum_at is not None and running.certain and len(running.currencies) < 2 and not stale:
                self._judge(cells[running.sum_at], running.amount, line)
            if running.count_at is not None and not stale:
                self._judge(cells[running.count_at], Decimal(running.rows), line)
            if running.total.of == "group":
                running.start_again()
        return found

    def _judge(self, said: str, found: Decimal, line: int) -> None:
        try:
            amount = Decimal(self._amount(said) or "NaN")
        except CellBad:
            amount = Decimal("NaN")
        if amount.is_nan():
            raise ExportRefused(phrase(TEXTS, "unread", self._language, line=line, said=said))
        if amount != found:
            raise ExportRefused(phrase(TEXTS, "differs", self._language, line=line, said=plain(amount), found=plain(found)))


class _Running:
    """A total's place, and what was counted for it so far."""

    def __init__(self, total: Total, holds: Test, sum_at: int | None, count_at: int | None) -> None:
        self.total, self.holds, self.sum_at, self.count_at = total, holds, sum_at, count_at
        self.start_again()

    def start_again(self) -> None:
        self.rows, self.amount, self.certain = 0, Decimal(0), True
        self.currencies: set[str] = set()


class Trailer:
    """A last line that begins with a declared text and holds the number of rows."""

    def __init__(self, begins: str, language: Language) -> None:
        self._begins, self._language = begins, language
        self._seen = False
        self.rows = 0

    def is_trailer(self, raw: str, line: int) -> bool:
        """Every row below the header comes through here. Raises ExportRefused for a wrong number, and for rows behind it."""
        if not self._begins:
            return False
        if self._seen:
            raise ExportRefused(phrase(TEXTS, "after_trailer", self._language, line=line, trailer=self._begins))
        if not raw.lstrip('" ').startswith(self._begins):
            self.rows += 1
            return False
        said = _LAST_NUMBER.search(raw)
        if said is None:
            raise ExportRefused(phrase(TEXTS, "unread", self._language, line=line, said=raw))
        if int(said[1]) != self.rows:
            raise ExportRefused(phrase(TEXTS, "differs", self._language, line=line, said=said[1], found=self.rows))
        self._seen = True
        return True

    def finish(self) -> None:
        """Raises ExportRefused when the file ended without its trailer."""
        if self._begins and not self._seen:
            raise ExportRefused(phrase(TEXTS, "no_trailer", self._language, trailer=self._begins))
