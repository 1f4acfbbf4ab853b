"""Master data rows: one row of a master data export -> its cells in canonical form, or why not; and what a debtor's rows say together.

Owns what a row may hold, and how several rows of one debtor and its contact persons become one. Knows no file, no store.
Invariant: a row is wholly good or rejected; a cell that says nothing never takes anything away, unless the file stands for the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from collectord.core.contact.week import parse_week
from collectord.core.exports.cells import (
    CELL_TEXTS,
    MAX_FIELD,
    MAX_KEY,
    BadCell,
    clean,
    debtor_fields,
    is_suspect,
    read_block,
    read_method,
)
from collectord.core.exports.columns import DEBTOR_COLUMNS, MASTER_COLUMNS
from collectord.core.exports.csv_records import MAX_ORIGINAL
from collectord.core.exports.open_items import BadRow
from collectord.core.money import plain
from collectord.core.wording import Language, Texts, phrase, safe

EMPTIED = "\x1a"  # the file has the column and leaves the cell blank; "": it does not have the column
NO_BLOCK = "no"
KEY = ("company", "debtor_no", "person_no")
FIELDS = (*DEBTOR_COLUMNS, "dunning_block", "payment_method")
"""What master data say about a debtor, in the order of MASTER_COLUMNS behind the key."""
PERSON_COLUMNS = ("person_no", "person_name", "person_role", "person_phone", "person_email", "person_language", "person_hours")
PERSON_FIELDS = ("person_no", "name", "role", "phone", "email", "language", "hours")  # of ContactPerson, in the same order
FIRST_PERSON = MASTER_COLUMNS.index("person_no")

TEXTS: Texts = {
    **CELL_TEXTS,
    "hours": ("{problem}", "{problem}"),
    "nameless": (
        "a contact person needs a name or a role",
        "Ein Ansprechpartner braucht einen Namen oder eine Funktion",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPerson:
    """Whom to talk to at a debtor's. `person_no` tells the persons of one debtor apart."""

    person_no: str
    name: str
    role: str = ""
    phone: str = ""  # as written
    email: str = ""
    language: str = ""
    hours: str = ""  # week text


Debtor: TypeAlias = tuple[str, str]
"""(company, debtor_no)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterSaid:
    """All that one file says about one debtor. `fields`: only what it says; "" there: it says that there is nothing."""

    company: str
    debtor_no: str
    fields: Mapping[str, str]
    persons: tuple[ContactPerson, ...]
    rows: int


class MasterReader:
    """Checks the rows of one file. `columns`: those the file has; as long as nobody sets them, a blank cell says nothing."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.columns: frozenset[str] = frozenset()

    def check(self, line: int, values: Sequence[str], raw: str) -> tuple[str, ...] | BadRow | None:
        """The cells in the order of MASTER_COLUMNS; None for a row that says nothing."""
        texts = tuple(value.strip() for value in values)
        try:
            return self._check(texts)
        except BadCell as bad:
            company, debtor_no = (
                texts[:2] if texts[1] and all(len(part) <= MAX_KEY and not is_suspect(part) for part in texts[:2]) else ("", "")
            )
            reason = phrase(TEXTS, bad.code, self._language, **bad.values)
            name = safe(texts[2]) if debtor_no else ""
            return BadRow(line, bad.column, safe(bad.value), reason, raw[:MAX_ORIGINAL], company, debtor_no, "", name)

    def _check(self, texts: tuple[str, ...]) -> tuple[str, ...] | None:
        if not any(texts):
            return None
        if max(map(len, texts)) > MAX_FIELD or any(map(is_suspect, texts)):
            texts = clean(texts, MASTER_COLUMNS, KEY)
        cells = dict(zip(MASTER_COLUMNS, texts, strict=True))
        if not cells["debtor_no"]:
            raise BadCell("debtor_no", "", "missing")
        for name in KEY:
            if len(cells[name]) > MAX_KEY:
                raise BadCell(name, cells[name], "long_key")
        said = debtor_fields(texts[2 : 2 + len(DEBTOR_COLUMNS)])
        cells |= said._asdict() | {"credit_limit": "" if said.credit_limit is None else plain(said.credit_limit)}
        if cells["dunning_block"]:
            until = read_block(cells["dunning_block"])
            cells["dunning_block"] = NO_BLOCK if until is None else until.isoformat()
        cells["payment_method"] = read_method(cells["payment_method"])
        for name in FIELDS:
            if not cells[name] and name in self.columns:
                cells[name] = EMPTIED
        return tuple({**cells, **_person(cells)}.values())


def _person(cells: Mapping[str, str]) -> dict[str, str]:
    person = {name: cells[name] for name in PERSON_COLUMNS}
    if not any(person.values()):
        return person
    person["person_name"] = person["person_name"] or person["person_role"]
    if not person["person_name"]:
        raise BadCell("person_name", "", "nameless")
    person["person_no"] = person["person_no"] or person["person_name"].casefold()[:MAX_KEY]
    person["person_language"] = person["person_language"].lower()[:2]
    if person["person_hours"]:
        try:
            parse_week(person["person_hours"])
        except ValueError as error:
            raise BadCell("person_hours", person["person_hours"], "hours", problem=str(error)) from error
    return person


class Gathering:
    """The checked rows of a file by debtor, in the order of their first lines. Of several rows the first that says something wins.

    It keeps texts in tuples and dicts alone: the garbage collector does not look at those, however many debtors a file names.
    """

    def __init__(self) -> None:
        self._rows: dict[Debtor, int] = {}
        self._fields: dict[Debtor, dict[str, str]] = {}
        self._persons: dict[Debtor, tuple[tuple[str, ...], ...]] = {}

    def add(self, row: Sequence[str]) -> None:
        key = (row[0], row[1])
        self._rows[key] = self._rows.get(key, 0) + 1
        known = self._fields.setdefault(key, {})
        for name, value in zip(FIELDS, row[2:FIRST_PERSON], strict=True):
            if value and (name not in known or (known[name] == EMPTIED and value != EMPTIED)):
                known[name] = value
        person, others = tuple(row[FIRST_PERSON:]), self._persons.get(key, ())
        if person[1] and all(other[0] != person[0] for other in others):
            self._persons[key] = (*others, person)

    def __contains__(self, key: Debtor) -> bool:
        return key in self._rows

    def debtors(self) -> list[Debtor]:
        return list(self._rows)

    def said(self, key: Debtor) -> MasterSaid:
        return MasterSaid(
            company=key[0],
            debtor_no=key[1],
            fields={name: "" if value == EMPTIED else value for name, value in self._fields[key].items()},
            persons=tuple(ContactPerson(**dict(zip(PERSON_FIELDS, person, strict=True))) for person in self._persons.get(key, ())),
            rows=self._rows[key],
        )


def merged(known: Mapping[str, str | None], said: Mapping[str, str], *, mode: str) -> dict[str, str | None]:
    """What master data say now: a delta's blank cells change nothing, a snapshot's blank cells say that there is nothing.

    The block is kept as the day it ends ("" = no block); None: master data never said anything.
    """
    now: dict[str, str | None] = {name: known.get(name) for name in FIELDS}
    for name, value in said.items():
        if value or mode == "snapshot":
            now[name] = "" if (name, value) == ("dunning_block", NO_BLOCK) else value
    return now


def merged_persons(known: Sequence[ContactPerson], said: Sequence[ContactPerson], *, mode: str) -> tuple[ContactPerson, ...]:
    """The persons now, by number: a delta adds and changes; a snapshot that names persons of this debtor names all of them."""
    if mode == "snapshot" and said:
        known = ()
    now = {person.person_no: person for person in known} | {person.person_no: person for person in said}
    return tuple(now[number] for number in sorted(now))
