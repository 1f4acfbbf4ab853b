"""The contact history of an old system (CONTRACT 8): from rows of text to contacts and wishes.

Owns the columns of this file and what is wrong with a row. Opens no file.
Invariant: a row is understood as a whole or refused with one sentence; a refused row counts for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.contact.facts import Contact
from collectord.core.contact.learnt import MEDIA
from collectord.core.contact.week import parse_week
from collectord.core.exports.csv_records import Record
from collectord.core.house import House
from collectord.core.telephony.attempts import HISTORY_RESULTS, Disposition, Result
from collectord.core.wording import Language, Texts, phrase, safe

REQUIRED = ("at", "debtor_no")
COLUMNS = (
    "at", "company", "debtor_no", "medium", "items", "number", "direction", "result", "conversation_about", "consent_until", "consent_on",
    "third_party", "disposition", "wish", "note",
)  # fmt: skip
RESULTS = tuple(sorted({result.value for result in Result} | HISTORY_RESULTS))
DISPOSITIONS = tuple(disposition.value for disposition in Disposition)
_SEPARATORS = re.compile(r"[ ()/.-]", re.ASCII)
_INTERNATIONAL = re.compile(r"\A\+[1-9][0-9]{6,14}\Z", re.ASCII)
YES = frozenset({"yes", "ja", "1", "true"})
NO = frozenset({"", "no", "nein", "0", "false"})

TEXTS: Texts = {
    "header-missing": ("the header lacks {columns}", "im Kopf fehlt {columns}"),
    "header-twice": ("the header has {columns} twice", "im Kopf steht {columns} doppelt"),
    "header-unknown": ("the header has {columns}, unknown; known: {known}", "im Kopf steht {columns}, unbekannt; bekannt: {known}"),
    "broken": ("the row cannot be split into columns", "die Zeile lässt sich nicht in Spalten teilen"),
    "fields": ("the row has {found} columns, the header {wanted}", "die Zeile hat {found} Spalten, der Kopf {wanted}"),
    "empty": ("{column} is empty", "{column} ist leer"),
    "instant": (
        "{value} is no instant with an offset, like 2026-11-23T10:00:00+01:00",
        "{value} ist kein Zeitpunkt mit Zeitzone, wie 2026-11-23T10:00:00+01:00",
    ),
    "future": ("{value} lies in the future", "{value} liegt in der Zukunft"),
    "day": ("{value} is no date like 2026-11-23", "{value} ist kein Datum wie 2026-11-23"),
    "word": ("{value} is unknown; use one of {known}", "{value} ist unbekannt; möglich sind {known}"),
    "yes-no": ("{value} is neither yes nor no", "{value} ist weder yes noch no"),
    "number": ("{value}: {problem}", "{value}: {problem}"),
    "wish": ("{value}: {problem}", "{value}: {problem}"),
    "both": (
        "consent_until and consent_on exclude each other",
        "consent_until und consent_on schließen einander aus",
    ),
}  # fmt: skip


class HistoryRefused(Exception):
    """The file as a whole cannot be read; one sentence."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    contact: Contact
    wish: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    line: int
    column: str
    value: str
    reason: str


class _Bad(Exception):
    def __init__(self, column: str, value: str, code: str, **values: object) -> None:
        self.column, self.value, self.code, self.values = column, value, code, values


def read_columns(record: Record, language: Language) -> tuple[str, ...]:
    """The header's columns in order. Raises HistoryRefused."""
    names = tuple(name.strip().strip('"').casefold().lstrip("\ufeff") for name in record.fields)
    for code, columns in (
        ("header-missing", [name for name in REQUIRED if name not in names]),
        ("header-twice", sorted({name for name in names if names.count(name) > 1})),
        ("header-unknown", [name for name in names if name not in COLUMNS]),
    ):
        if columns:
            raise HistoryRefused(phrase(TEXTS, code, language, columns=columns, known=list(COLUMNS)))
    return names


def read_rows(records: Iterator[Record], columns: Sequence[str], house: House, now: datetime) -> Iterator[HistoryRow | BadRow]:
    """Every row, good or bad. Numbers without a country are the house's."""
    for record in records:
        try:
            if record.problem:
                raise _Bad("", record.raw, "broken")
            if len(record.fields) != len(columns):
                raise _Bad("", record.raw, "fields", found=len(record.fields), wanted=len(columns))
            row = {name: value.strip() for name, value in zip(columns, record.fields, strict=True)}
            yield HistoryRow(_contact(row, house, now), _wish(row))
        except _Bad as bad:
            reason = phrase(TEXTS, bad.code, house.language, value=bad.value, column=bad.column, **bad.values)
            yield BadRow(record.line, bad.column, safe(bad.value), reason)


def _contact(row: Mapping[str, str], house: House, now: datetime) -> Contact:
    for column in ("at", "debtor_no"):
        if not row[column]:
            raise _Bad(column, "", "empty")
    medium = _word(row, "medium", MEDIA, "call")
    direction = _word(row, "direction", ("outbound", "inbound"), "outbound")
    result = _word(row, "result", RESULTS, "")
    if not result and medium == "call" and row.get("conversation_about"):
        result = "answered"  # who talked has answered
    if not result and medium == "call" and direction == "outbound":
        raise _Bad("result", "", "empty")
    until, on = _day(row, "consent_until"), _day(row, "consent_on")
    if until is not None and on is not None:
        raise _Bad("consent_on", row["consent_on"], "both")
    return Contact(
        at=_instant(row["at"], now),
        company=row.get("company", ""),
        debtor_no=row["debtor_no"],
        medium=medium,
        direction=direction,
        number=_number(row.get("number", ""), house),
        result=result,
        items=_items(row.get("items", "")),
        conversation_about=_items(row.get("conversation_about", "")),
        consent_until=until,
        consent_on=on,
        third_party=_yes(row, "third_party"),
        disposition=_word(row, "disposition", DISPOSITIONS, ""),
        note=safe(row.get("note", ""), 2_000),
    )


def _instant(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _Bad("at", text, "instant") from None
    if at.tzinfo is None or not 1990 <= at.year <= 9000:
        raise _Bad("at", text, "instant")
    if at > now:
        raise _Bad("at", text, "future")
    return at.astimezone(UTC)


def _day(row: Mapping[str, str], column: str) -> date | None:
    text = row.get(column, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _Bad(column, text, "day") from None


def _word(row: Mapping[str, str], column: str, known: Sequence[str], default: str) -> str:
    word = row.get(column, "").casefold()
    if word and word not in known:
        raise _Bad(column, row[column], "word", known=list(known))
    return word or default


def _yes(row: Mapping[str, str], column: str) -> bool:
    word = row.get(column, "").casefold()
    if word not in YES | NO:
        raise _Bad(column, row[column], "yes-no")
    return word in YES


def _items(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _number(text: str, house: House) -> str:
    if not text:
        return ""
    read = to_dial_number(text, 1, house.country, house.language)
    if read.e164 is not None:
        return read.e164
    plain = _SEPARATORS.sub("", text)
    if not _INTERNATIONAL.match(plain):
        raise _Bad("number", text, "number", problem=read.problem or "?")
    return plain  # nobody will dial it any more, but the contact counts


def _wish(row: Mapping[str, str]) -> str:
    wish = row.get("wish", "")
    if wish:
        try:
            parse_week(wish)
        except ValueError as error:
            raise _Bad("wish", wish, "wish", problem=str(error)) from None
    return wish
