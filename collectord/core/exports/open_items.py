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
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS

from collectord.core.exports.columns import COLUMNS, KEY, REQUIRED, Header
from collectord.core.exports.csv_records import MAX_LINE, MAX_ORIGINAL, ExportRefused, Record
from collectord.core.money import NotMoney, parse_amount
from collectord.core.receivables.ledger import FOREVER
from collectord.core.wording import Language, Texts, phrase, safe

MAX_FIELD = 10_000  # characters
MAX_KEY = 128  # characters of company, debtor_no, item_no
YEARS_AHEAD = 5  # a due date further away is a typing mistake

TEXTS: Texts = {
    "long_line": (f"the line is longer than {MAX_LINE} characters", f"Die Zeile ist länger als {MAX_LINE} Zeichen"),
    "after_quote": ("text follows a closing quote", "Nach einem schließenden Anführungszeichen folgt Text"),
    "bare_quote": ("a quote inside a field that does not begin with one", "Ein Anführungszeichen in einem Feld, das nicht damit beginnt"),
    "columns": ("the row has {found} columns, the header {expected}", "Die Zeile hat {found} Spalten, der Kopf {expected}"),
    "long_field": (f"is longer than {MAX_FIELD} characters", f"ist länger als {MAX_FIELD} Zeichen"),
    "long_key": (f"is longer than {MAX_KEY} characters", f"ist länger als {MAX_KEY} Zeichen"),
    "missing": ("must not be empty", "darf nicht leer sein"),
    "control": ("holds a control character", "enthält ein Steuerzeichen"),
    "bar": ("must not hold |", "darf kein | enthalten"),
    "date": ("is no date; write it like 2026-11-21", "ist kein Datum; Schreibweise 2026-11-21"),
    "date_range": ("lies outside 1990 to 2100", "liegt außerhalb von 1990 bis 2100"),
    "far_due": (f"is due more than {YEARS_AHEAD} years ahead", f"ist erst in mehr als {YEARS_AHEAD} Jahren fällig"),
    "money": ("is no amount; write it like 1234.56 or -20.00", "ist kein Betrag; Schreibweise 1234.56 oder -20.00"),
    "currency": ("is no ISO currency code like EUR", "ist kein ISO-Währungscode wie EUR"),
    "one_of": ("is unknown; expected {allowed}", "ist unbekannt; erwartet: {allowed}"),
    "level": ("is no dunning level from 0 to 99", "ist keine Mahnstufe von 0 bis 99"),
    "block": ("is neither yes, no nor a date", "ist weder yes, no noch ein Datum"),
    "country": ("is no ISO country code like DE", "ist kein ISO-Ländercode wie DE"),
    "zone": ("is no time zone like Europe/Berlin", "ist keine Zeitzone wie Europe/Berlin"),
    "twins": ("line {lines}: the same item with different content", "Zeile {lines}: derselbe Posten mit anderem Inhalt"),
    "cut": ("line {line}: the file ends in the middle of a row; it was cut off", "Zeile {line}: die Datei endet mitten in einer Zeile"),
}  # fmt: skip

_SUSPECT = re.compile("[\x00-\x08\t\n\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_BLANK = re.compile("[\t\n\u200b-\u200d\u2060-\u2065]+")
_DATE = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_CURRENCY = re.compile(r"\A[A-Z]{3}\Z", re.ASCII)
_METHOD = re.compile(r"[^a-z0-9]+")


class DebtorFields(NamedTuple):
    """What a row says about its debtor, in the order of DEBTOR_COLUMNS."""

    debtor_name: str
    person_type: str = ""
    contact_person: str = ""
    email: str = ""
    language: str = ""
    country: str = ""
    region: str = ""
    postcode: str = ""
    time_zone: str = ""
    potential_class: str = ""
    agent: str = ""
    head_office: str = ""
    credit_limit: Decimal | None = None
    legal_state: str = ""
    phone: str = ""
    phone2: str = ""


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


class _Bad(Exception):
    def __init__(self, column: str, value: str, code: str, **values: object) -> None:
        self.column, self.value, self.code, self.values = column, value, code, values


def _day(text: str, column: str) -> date:
    try:
        if not _DATE.match(text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise _Bad(column, text, "date") from None
    if not 1990 <= day.year <= 2100:
        raise _Bad(column, text, "date_range")
    return day


def _maybe_day(text: str, column: str) -> date | None:
    return _day(text, column) if text else None


def _money(text: str, column: str) -> Decimal:
    try:
        return parse_amount(text)
    except NotMoney:
        raise _Bad(column, text, "money") from None


def _word(text: str, column: str, allowed: tuple[str, ...]) -> str:
    word = text.lower()
    if word not in allowed:
        raise _Bad(column, text, "one_of", allowed=", ".join(filter(None, allowed)))
    return word


def _block(text: str) -> date | None:
    match text.lower():
        case "" | "no":
            return None
        case "yes":
            return FOREVER
    try:
        return _day(text, "dunning_block")
    except _Bad:
        raise _Bad("dunning_block", text, "block") from None


def _zone(text: str) -> str:
    if text:
        try:
            ZoneInfo(text)
        except (ValueError, OSError, KeyError):
            raise _Bad("time_zone", text, "zone") from None
    return text


def _debtor(values: tuple[str, ...]) -> DebtorFields:
    (name, person, contact, email, language, country, region, postcode, zone, potential, agent, head, limit, legal, phone, phone2) = values
    country = country.upper()
    if country and country not in SUPPORTED_REGIONS:
        raise _Bad("country", country, "country")
    potential = potential.upper()
    if potential not in ("", "I", "II", "III", "IV"):
        raise _Bad("potential_class", potential, "one_of", allowed="I, II, III, IV")
    return DebtorFields(
        name, _word(person, "person_type", ("", "private", "business")), contact, email, language.lower()[:2], country, region, postcode,
        _zone(zone), potential, agent, head, _money(limit, "credit_limit") if limit else None, legal, phone, phone2,
    )  # fmt: skip


def _details(values: tuple[str, ...]) -> tuple[Any, ...]:
    """The columns after due_on, open_amount, amount: they repeat."""
    currency, invoiced, kind, method, discount, level, dunned, deadline, block, dispute = values
    if currency and not _CURRENCY.match(currency):
        raise _Bad("currency", currency, "currency")
    if level and not (len(level) <= 2 and level.isascii() and level.isdigit()):
        raise _Bad("dunning_level", level, "level")
    return (
        currency or "EUR", _maybe_day(invoiced, "invoiced_on"), _word(kind, "kind", ("", "invoice", "credit_note", "payment")),
        _METHOD.sub("_", method.lower()), _maybe_day(discount, "discount_until"), int(level) if level else None,
        _maybe_day(dunned, "last_dunned_on"), _maybe_day(deadline, "dunning_deadline"), _block(block),
        _word(dispute, "dispute", ("", "yes", "no")) == "yes",
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
        self._due, self._details, self._debtor = lru_cache(4_096)(_day), lru_cache(4_096)(_details), lru_cache(4_096)(_debtor)

    def read(self, record: Record) -> GoodRow | BadRow | None:
        """None for a line of separators only. Raises ExportRefused for a last row that was cut off."""
        try:
            return self._read(record)
        except _Bad as bad:
            if not record.ended:
                raise ExportRefused(phrase(TEXTS, "cut", self._language, line=record.line)) from None
            return self._rejected(record, bad)

    def _read(self, record: Record) -> GoodRow | None:
        fields = record.fields
        if record.problem:
            raise _Bad("", "", record.problem)
        if len(fields) != self.header.width:
            if not any(map(str.strip, fields)):
                return None
            raise _Bad("", "", "columns", found=len(fields), expected=self.header.width)
        values = self._pick([*map(str.strip, fields), ""])
        if len(record.raw) > MAX_FIELD or _SUSPECT.search(record.raw):
            values = self._cleaned(values)
        company, debtor_no, item_no, due, open_amount = values[:5]
        if not (debtor_no and item_no and due and open_amount and values[16]):
            if not any(values):
                return None
            raise _Bad(next(name for name in REQUIRED if not values[COLUMNS.index(name)]), "", "missing")
        if "|" in item_no:
            raise _Bad("item_no", item_no, "bar")
        if max(map(len, values[:3])) > MAX_KEY:
            name = next(name for name, value in zip(KEY, values, strict=False) if len(value) > MAX_KEY)
            raise _Bad(name, values[COLUMNS.index(name)], "long_key")
        due_on = self._due(due, "due_on")
        if due_on > self._due_limit:
            raise _Bad("due_on", due, "far_due")
        amount = _money(open_amount, "open_amount")
        currency, invoiced, kind, *rest = self._details((values[5], *values[7:16]))
        item = ItemFields(
            due_on, amount, currency, _money(values[6], "amount") if values[6] else None, invoiced,
            kind or ("credit_note" if amount < 0 else "invoice"), *rest,
        )  # fmt: skip
        digest = blake2b("\x1f".join(values).encode(), digest_size=16).hexdigest()
        return GoodRow(record.line, company, debtor_no, item_no, digest, item, self._debtor(values[16:]))

    def _cleaned(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """Line breaks and tabs within a text become one space; control and bidirectional characters reject the row."""
        for name, value in zip(COLUMNS, values, strict=True):
            if len(value) > MAX_FIELD:
                raise _Bad(name, value, "long_field")
            if (_SUSPECT if name in KEY else _FORBIDDEN).search(value):
                raise _Bad(name, value, "control")
        return tuple(_BLANK.sub(" ", value) for value in values)

    def _rejected(self, record: Record, bad: _Bad) -> BadRow:
        company, debtor_no, item_no = self._key(record)
        reason = phrase(TEXTS, bad.code, self._language, **bad.values)
        if bad.column in KEY:
            item_no = ""
            company, debtor_no = (company, debtor_no) if bad.column == "item_no" else ("", "")
        name = safe(record.fields[self.header.positions["debtor_name"]].strip()) if debtor_no else ""
        return BadRow(record.line, bad.column, safe(bad.value), reason, record.raw[:MAX_ORIGINAL], company, debtor_no, item_no, name)

    def _key(self, record: Record) -> tuple[str, str, str]:
        """The parts of the key that can be trusted; a part is "" where it cannot, and so is every part behind it."""
        if len(record.fields) != self.header.width:
            return "", "", ""
        key = self._pick([*map(str.strip, record.fields), ""])[:3]
        sound = [len(part) <= MAX_KEY and not _SUSPECT.search(part) for part in key]
        return (key[0], key[1], key[2] if sound[2] else "") if sound[0] and sound[1] and key[1] else ("", "", "")


def twin_row(line: int, lines: Sequence[int], key: tuple[str, str, str], original: str, language: Language) -> BadRow:
    """One of several rows of the same item that say different things: none of them is believed."""
    others = ", ".join(str(other) for other in lines if other != line)
    reason = phrase(TEXTS, "twins", language, lines=others)
    return BadRow(line, "item_no", safe(key[2], 200), reason, original[:MAX_ORIGINAL], *key)
