"""Open-item rows: one record of the canonical export -> a row of the ledger, or why not.

Owns the canonical columns and what each may hold. Knows no file, no store, no earlier batch.
Invariant: a row is either wholly good or rejected with its column, value and reason; nothing is guessed, nothing is repaired but spaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any, NamedTuple

from collectord.core.exports.cells import (
    CELL_TEXTS,
    MAX_FIELD,
    MAX_KEY,
    BadCell,
    DebtorFields,
    clean,
    debtor_fields,
    is_suspect,
    read_block,
    read_day,
    read_maybe_day,
    read_method,
    read_money,
    read_word,
)
from collectord.core.exports.columns import COLUMNS, KEY, REQUIRED, Header
from collectord.core.exports.csv_records import MAX_LINE, MAX_ORIGINAL, ExportRefused, Record
from collectord.core.wording import Language, Texts, phrase, safe

__all__ = ["MAX_FIELD", "MAX_KEY", "BadRow", "DebtorFields", "GoodRow", "ItemFields", "RowReader", "details", "twin_row"]

YEARS_AHEAD = 5  # a due date further away is a typing mistake

TEXTS: Texts = {
    **CELL_TEXTS,
    "long_line": (f"the line is longer than {MAX_LINE} characters", f"Die Zeile ist länger als {MAX_LINE} Zeichen"),
    "after_quote": ("text follows a closing quote", "Nach einem schließenden Anführungszeichen folgt Text"),
    "bare_quote": ("a quote inside a field that does not begin with one", "Ein Anführungszeichen in einem Feld, das nicht damit beginnt"),
    "columns": ("the row has {found} columns, the header {expected}", "Die Zeile hat {found} Spalten, der Kopf {expected}"),
    "bar": ("must not hold |", "darf kein | enthalten"),
    "far_due": (f"is due more than {YEARS_AHEAD} years ahead", f"ist erst in mehr als {YEARS_AHEAD} Jahren fällig"),
    "currency": ("is no ISO currency code like EUR", "ist kein ISO-Währungscode wie EUR"),
    "level": ("is no dunning level from 0 to 99", "ist keine Mahnstufe von 0 bis 99"),
    "twins": ("line {lines}: the same item with different content", "Zeile {lines}: derselbe Posten mit anderem Inhalt"),
    "cut": ("line {line}: the file ends in the middle of a row; it was cut off", "Zeile {line}: die Datei endet mitten in einer Zeile"),
}  # fmt: skip

NOTHING = ("",) * len(COLUMNS)

_CURRENCY = re.compile(r"\A[A-Z]{3}\Z", re.ASCII)


class ItemFields(NamedTuple):
    """What a row says about its item."""

    due_on: date
    open_amount: Decimal
    currency: str
    amount: Decimal | None
    invoiced_on: date | None
    kind: str
    payment_method: str
    discount_until: date | None
    dunning_level: int | None
    last_dunned_on: date | None
    dunning_deadline: date | None
    dunning_block_until: date | None
    dispute: bool


class GoodRow(NamedTuple):
    line: int
    company: str
    debtor_no: str
    item_no: str
    digest: str  # of everything the row says
    item: ItemFields
    debtor: DebtorFields

    @property
    def key(self) -> tuple[str, str, str]:
        return self.company, self.debtor_no, self.item_no


class BadRow(NamedTuple):
    """`debtor_no` and `item_no` are "" where they could not be read for sure, and so is `debtor_name` then."""

    line: int
    column: str
    value: str
    reason: str
    original: str
    company: str = ""
    debtor_no: str = ""
    item_no: str = ""
    debtor_name: str = ""


def details(values: tuple[str, ...]) -> tuple[Any, ...]:
    """The columns after due_on, open_amount, amount: they repeat."""
    currency, invoiced, kind, method, discount, level, dunned, deadline, block, dispute = values
    if currency and not _CURRENCY.match(currency):
        raise BadCell("currency", currency, "currency")
    if level and not (len(level) <= 2 and level.isascii() and level.isdigit()):
        raise BadCell("dunning_level", level, "level")
    return (
        currency or "EUR", read_maybe_day(invoiced, "invoiced_on"), read_word(kind, "kind", ("", "invoice", "credit_note", "payment")),
        read_method(method), read_maybe_day(discount, "discount_until"), int(level) if level else None,
        read_maybe_day(dunned, "last_dunned_on"), read_maybe_day(deadline, "dunning_deadline"), read_block(block),
        read_word(dispute, "dispute", ("", "yes", "no")) == "yes",
    )  # fmt: skip


class RowReader:
    """Reads the rows of one file. `as_of` bounds due dates."""

    def __init__(self, header: Header, as_of: date, language: Language) -> None:
        self.header = header
        self._language = language
        self._due_limit = date(min(as_of.year + YEARS_AHEAD, 2100), as_of.month, min(as_of.day, 28))
        absent = header.width  # every record gets one empty field more, where absent columns are found
        self._pick: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(*(header.positions.get(name, absent) for name in COLUMNS))
        # The same texts come again and again in one file; bounded, so that a hostile file costs no memory.
        self._due, self._details, self._debtor = lru_cache(4_096)(read_day), lru_cache(4_096)(details), lru_cache(4_096)(debtor_fields)

    def read(self, record: Record) -> GoodRow | BadRow | None:
        """A record of the canonical file. None for a line of separators only. Raises ExportRefused for a last row that was cut off."""
        try:
            return self._judged(record.line, self._values(record), record.raw)
        except BadCell as bad:
            if not record.ended:
                raise ExportRefused(phrase(TEXTS, "cut", self._language, line=record.line)) from None
            values = self._pick([*map(str.strip, record.fields), ""]) if len(record.fields) == self.header.width else ()
            return self._rejected(record.line, values, record.raw, bad)

    def check(self, line: int, values: tuple[str, ...], raw: str) -> GoodRow | BadRow | None:
        """Canonical texts in the order of COLUMNS, stripped, "" where the file has nothing; `raw` is what people get to see."""
        try:
            return self._judged(line, values, raw)
        except BadCell as bad:
            return self._rejected(line, values, raw, bad)

    def due(self, text: str) -> date:
        """Raises BadCell."""
        day = self._due(text, "due_on")
        if day > self._due_limit:
            raise BadCell("due_on", text, "far_due")
        return day

    def _values(self, record: Record) -> tuple[str, ...]:
        fields = record.fields
        if record.problem:
            raise BadCell("", "", record.problem)
        if len(fields) != self.header.width:
            if not any(map(str.strip, fields)):
                return NOTHING
            raise BadCell("", "", "columns", found=len(fields), expected=self.header.width)
        return self._pick([*map(str.strip, fields), ""])

    def _judged(self, line: int, values: tuple[str, ...], raw: str) -> GoodRow | None:
        if len(raw) > MAX_FIELD or is_suspect(raw) or is_suspect(";".join(values)):
            values = clean(values, COLUMNS, KEY)
        company, debtor_no, item_no, due, open_amount = values[:5]
        if not (debtor_no and item_no and due and open_amount and values[16]):
            if not any(values):
                return None
            raise BadCell(next(name for name in REQUIRED if not values[COLUMNS.index(name)]), "", "missing")
        if "|" in item_no:
            raise BadCell("item_no", item_no, "bar")
        if max(map(len, values[:3])) > MAX_KEY:
            name = next(name for name, value in zip(KEY, values, strict=False) if len(value) > MAX_KEY)
            raise BadCell(name, values[COLUMNS.index(name)], "long_key")
        due_on = self.due(due)
        amount = read_money(open_amount, "open_amount")
        currency, invoiced, kind, *rest = self._details((values[5], *values[7:16]))
        item = ItemFields(
            due_on, amount, currency, read_money(values[6], "amount") if values[6] else None, invoiced,
            kind or ("credit_note" if amount < 0 else "invoice"), *rest,
        )  # fmt: skip
        digest = blake2b("\x1f".join(values).encode(), digest_size=16).hexdigest()
        return GoodRow(line, company, debtor_no, item_no, digest, item, self._debtor(values[16:]))

    def _rejected(self, line: int, values: tuple[str, ...], raw: str, bad: BadCell) -> BadRow:
        """`values` () where the row could not even be split."""
        company, debtor_no, item_no = _trusted(values)
        reason = phrase(TEXTS, bad.code, self._language, **bad.values)
        if bad.column in KEY:
            item_no = ""
            company, debtor_no = (company, debtor_no) if bad.column == "item_no" else ("", "")
        name = safe(values[16]) if debtor_no else ""
        return BadRow(line, bad.column, safe(bad.value), reason, raw[:MAX_ORIGINAL], company, debtor_no, item_no, name)


def _trusted(values: tuple[str, ...]) -> tuple[str, str, str]:
    """The parts of the key that can be trusted; a part is "" where it cannot, and so is every part behind it."""
    if not values:
        return "", "", ""
    key = values[:3]
    sound = [len(part) <= MAX_KEY and not is_suspect(part) for part in key]
    return (key[0], key[1], key[2] if sound[2] else "") if sound[0] and sound[1] and key[1] else ("", "", "")


def twin_row(line: int, lines: Sequence[int], key: tuple[str, str, str], original: str, language: Language) -> BadRow:
    """One of several rows of the same item that say different things: none of them is believed."""
    others = ", ".join(str(other) for other in lines if other != line)
    reason = phrase(TEXTS, "twins", language, lines=others)
    return BadRow(line, "item_no", safe(key[2], 200), reason, original[:MAX_ORIGINAL], *key)
