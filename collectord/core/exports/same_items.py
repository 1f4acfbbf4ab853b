"""Several rows of one item: said once, or summed, as the profile declares it.

Owns what becomes of rows that share company, debtor_no and item_no. Knows no file form; canonical values come in.
Invariant: rows that cannot belong together are bad rows, and no sum is made of a part of an item's rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from collectord.core.exports.columns import COLUMNS
from collectord.core.exports.csv_records import MAX_ORIGINAL, ExportRefused
from collectord.core.exports.open_items import BadRow
from collectord.core.money import plain
from collectord.core.wording import Language, Texts, phrase, safe

HELD = 50_000  # rows kept so that an item's rows may stand anywhere; beyond that those of one debtor must stand together

TEXTS: Texts = {
    "contradicts": (
        "the rows of this item say different things about it ({column}: {one}, {other})",
        "Die Zeilen dieses Postens widersprechen sich ({column}: {one}, {other})",
    ),
    "spoiled": (
        "another row of this item could not be read, so that its sum is not known",
        "Eine andere Zeile dieses Postens war nicht lesbar; die Summe ist deshalb unbekannt",
    ),
    "no_amount": (
        "a row of this item has no amount, so that its sum is not known",
        "Eine Zeile dieses Postens hat keinen Betrag; die Summe ist deshalb unbekannt",
    ),
    "apart": (
        "line {line}: the rows of account {debtor} stand in several places of a long file; sort the export by account",
        "Zeile {line}: die Zeilen des Kontos {debtor} stehen an mehreren Stellen einer langen Datei; den Export nach Konto sortieren",
    ),
}


class Said(NamedTuple):
    """What one item's row says, in canonical text: the order of the kind's columns, "" where the file has nothing."""

    line: int
    values: tuple[str, ...]
    raw: str


Key = tuple[str, str, str]
_OPEN, _AMOUNT, _DUE, _KIND = (COLUMNS.index(name) for name in ("open_amount", "amount", "due_on", "kind"))
_CURRENCY = COLUMNS.index("currency")


def key_of(said: Said) -> Key:
    return said.values[0], said.values[1], said.values[2]


def contradicting(first: Said, column: str, one: str, other: str, language: Language) -> BadRow:
    reason = phrase(TEXTS, "contradicts", language, column=column, one=one, other=other)
    return _bad(first, column, other, reason)


def _bad(said: Said, column: str, value: str, reason: str) -> BadRow:
    name = said.values[COLUMNS.index("debtor_name")]
    return BadRow(said.line, column, safe(value), reason, said.raw[:MAX_ORIGINAL], *key_of(said), safe(name))


class Once:
    """Rows of one item that follow each other repeat it: the same is said once, a contradiction makes each of them bad."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._first: Said | None = None
        self._spoiled = False
        self.repeated = 0

    def add(self, said: Said) -> Iterator[Said | BadRow]:
        first = self._first
        if first is None or key_of(first) != key_of(said):
            yield from self.finish()
            self._first, self._spoiled = said, False
        elif self._spoiled or first.values != said.values:
            at = next((at for at, one in enumerate(first.values) if one != said.values[at]), _OPEN)
            if not self._spoiled:
                yield contradicting(first, COLUMNS[at], said.values[at], first.values[at], self._language)
            self._spoiled = True
            yield contradicting(said, COLUMNS[at], first.values[at], said.values[at], self._language)
        else:
            self.repeated += 1

    def spoil(self, bad: BadRow) -> Iterator[Said | BadRow]:
        """A row that could not be read: if it is one of this item, the others are not believed either."""
        first = self._first
        if first is not None and not self._spoiled and key_of(first) == (bad.company, bad.debtor_no, bad.item_no):
            self._spoiled = True
            yield _bad(first, "", "", phrase(TEXTS, "spoiled", self._language))

    def finish(self) -> Iterator[Said | BadRow]:
        if self._first is not None and not self._spoiled:
            yield self._first
        self._first = None


class Sum:
    """Rows of one item are postings: their open amounts are added. Everything else is taken from its first claim with a due day.

    Where claims of one number fall due on different days, the latest counts: nobody is called for what is not due.
    """

    def __init__(self, language: Language) -> None:
        self._language = language
        self._items: dict[Key, list[Said]] = {}
        self._spoiled: set[Key] = set()
        self._rows = 0
        self.moved = 0  # items whose claims fall due on different days
        self._gone: set[tuple[str, str]] = set()  # debtors whose items were said already
        self.repeated = 0

    def add(self, said: Said) -> Iterator[Said | BadRow]:
        """Raises ExportRefused."""
        key = key_of(said)
        self._must_be_together(said.line, key[:2])
        rows = self._items.setdefault(key, [])
        self.repeated += bool(rows)
        rows.append(said)
        self._rows += 1
        if self._rows > HELD:
            yield from self._let_go(but=key[:2])

    def spoil(self, bad: BadRow) -> Iterator[Said | BadRow]:
        self._must_be_together(bad.line, (bad.company, bad.debtor_no))
        self._spoiled.add((bad.company, bad.debtor_no, bad.item_no))
        return iter(())

    def finish(self) -> Iterator[Said | BadRow]:
        return self._let_go(but=None)

    def _must_be_together(self, line: int, debtor: tuple[str, str]) -> None:
        if debtor in self._gone:
            raise ExportRefused(phrase(TEXTS, "apart", self._language, line=line, debtor=debtor[1]))

    def _let_go(self, but: tuple[str, str] | None) -> Iterator[Said | BadRow]:
        kept = {key: rows for key, rows in self._items.items() if key[:2] == but}
        for key, rows in self._items.items():
            if key[:2] != but:
                self._gone.add(key[:2])
                yield from self._one(key, rows)
        self._items, self._rows = kept, sum(map(len, kept.values()))

    def _one(self, key: Key, rows: list[Said]) -> Iterator[Said | BadRow]:
        if key in self._spoiled:
            yield from (_bad(row, "", "", phrase(TEXTS, "spoiled", self._language)) for row in rows)
            return
        if len(rows) == 1:
            yield rows[0]
            return
        currencies = [row.values[_CURRENCY] for row in rows]
        if len(set(currencies)) > 1:
            other = next(currency for currency in currencies if currency != currencies[0])
            yield from (contradicting(row, "currency", currencies[0], other, self._language) for row in rows)
            return
        if not all(row.values[_OPEN] for row in rows):
            yield from (_bad(row, "open_amount", "", phrase(TEXTS, "no_amount", self._language)) for row in rows)
            return
        amounts = [Decimal(row.values[_OPEN]) for row in rows]
        claims = [row for row, amount in zip(rows, amounts, strict=True) if amount > 0] or rows
        due = [row.values[_DUE] for row in claims if row.values[_DUE]]
        claim = next((row for row in claims if row.values[_DUE]), claims[0])
        total = sum(amounts, Decimal(0))
        values = list(claim.values)
        if len(set(due)) > 1:
            values[_DUE] = max(due)
            self.moved += 1
        values[_OPEN] = plain(total)
        if values[_KIND] == "invoice" and total < 0:
            values[_KIND] = "credit_note"
        yield Said(claim.line, tuple(values), claim.raw)
