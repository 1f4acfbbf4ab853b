"""Cells: what one cell of an export may hold, in canonical form.

Owns days, amounts, words, blocks and the debtor's columns, each good or a BadCell with its reason. Knows no row and no file.
Invariant: nothing is guessed: a cell is taken as it stands, or refused.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS

from collectord.core.money import NotMoney, parse_amount
from collectord.core.receivables.ledger import FOREVER
from collectord.core.wording import Texts

MAX_FIELD = 10_000  # characters
MAX_KEY = 128  # characters of company, debtor_no, item_no
PERSON_TYPES = ("", "private", "business")

CELL_TEXTS: Texts = {
    "long_field": (f"is longer than {MAX_FIELD} characters", f"ist länger als {MAX_FIELD} Zeichen"),
    "long_key": (f"is longer than {MAX_KEY} characters", f"ist länger als {MAX_KEY} Zeichen"),
    "missing": ("must not be empty", "darf nicht leer sein"),
    "control": ("holds a control character", "enthält ein Steuerzeichen"),
    "date": ("is no date; write it like 2026-11-21", "ist kein Datum; Schreibweise 2026-11-21"),
    "date_range": ("lies outside 1990 to 2100", "liegt außerhalb von 1990 bis 2100"),
    "money": ("is no amount; write it like 1234.56 or -20.00", "ist kein Betrag; Schreibweise 1234.56 oder -20.00"),
    "one_of": ("is unknown; expected {allowed}", "ist unbekannt; erwartet: {allowed}"),
    "block": ("is neither yes, no nor a date", "ist weder yes, no noch ein Datum"),
    "country": ("is no ISO country code like DE", "ist kein ISO-Ländercode wie DE"),
    "zone": ("is no time zone like Europe/Berlin", "ist keine Zeitzone wie Europe/Berlin"),
}  # fmt: skip

_SUSPECT = re.compile("[\x00-\x08\t\n\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_BLANK = re.compile("[\t\n\u200b-\u200d\u2060-\u2065]+")
_DATE = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
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


class BadCell(Exception):
    """The cell is refused: `code` of CELL_TEXTS or of the reader's own texts."""

    def __init__(self, column: str, value: str, code: str, **values: object) -> None:
        self.column, self.value, self.code, self.values = column, value, code, values


def read_day(text: str, column: str) -> date:
    try:
        if not _DATE.match(text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise BadCell(column, text, "date") from None
    if not 1990 <= day.year <= 2100:
        raise BadCell(column, text, "date_range")
    return day


def read_maybe_day(text: str, column: str) -> date | None:
    return read_day(text, column) if text else None


def read_money(text: str, column: str) -> Decimal:
    try:
        return parse_amount(text)
    except NotMoney:
        raise BadCell(column, text, "money") from None


def read_word(text: str, column: str, allowed: tuple[str, ...]) -> str:
    word = text.lower()
    if word not in allowed:
        raise BadCell(column, text, "one_of", allowed=", ".join(filter(None, allowed)))
    return word


def read_block(text: str) -> date | None:
    match text.lower():
        case "" | "no":
            return None
        case "yes":
            return FOREVER
    try:
        return read_day(text, "dunning_block")
    except BadCell:
        raise BadCell("dunning_block", text, "block") from None


def read_method(text: str) -> str:
    """`direct debit`, `Direct-Debit` -> `direct_debit`."""
    return _METHOD.sub("_", text.lower())


def read_zone(text: str) -> str:
    if text:
        try:
            ZoneInfo(text)
        except (ValueError, OSError, KeyError):
            raise BadCell("time_zone", text, "zone") from None
    return text


def debtor_fields(values: tuple[str, ...]) -> DebtorFields:
    (name, person, contact, email, language, country, region, postcode, zone, potential, agent, head, limit, legal, phone, phone2) = values
    country = country.upper()
    if country and country not in SUPPORTED_REGIONS:
        raise BadCell("country", country, "country")
    potential = potential.upper()
    if potential not in ("", "I", "II", "III", "IV"):
        raise BadCell("potential_class", potential, "one_of", allowed="I, II, III, IV")
    return DebtorFields(
        name, read_word(person, "person_type", PERSON_TYPES), contact, email, language.lower()[:2], country, region, postcode,
        read_zone(zone), potential, agent, head, read_money(limit, "credit_limit") if limit else None, legal, phone, phone2,
    )  # fmt: skip


def is_suspect(text: str) -> bool:
    """Holds a character that no key may have."""
    return bool(_SUSPECT.search(text))


def clean(values: Sequence[str], columns: Sequence[str], keys: Container[str]) -> tuple[str, ...]:
    """Line breaks and tabs within a text become one space; control and bidirectional characters are refused, in keys the others too."""
    for name, value in zip(columns, values, strict=True):
        if len(value) > MAX_FIELD:
            raise BadCell(name, value, "long_field")
        if (_SUSPECT if name in keys else _FORBIDDEN).search(value):
            raise BadCell(name, value, "control")
    return tuple(_BLANK.sub(" ", value) for value in values)
