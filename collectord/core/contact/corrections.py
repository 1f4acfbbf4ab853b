"""Corrections: what agents put right about a debtor, how long it holds against accounting's data, and what lies over the export.

Owns the shape of a correction, its end, and the precedence: correction, then master data, then the open-item export. Knows no store.
Invariant: newest knowledge wins: a correction holds until accounting says the same, or says something else than it said before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.exports.master_rows import ContactPerson
from collectord.core.receivables.ledger import DebtorKey, DialNumber
from collectord.core.wording import Language, Texts, phrase

PHONES = ("phone", "phone2")
CONTACT_PERSON = "contact_person"
CORRECTABLE = (*PHONES, "email", CONTACT_PERSON, "debtor_name")
FIRST_PERSON_POSITION = len(PHONES) + 1
CORRECTED = "corrected "  # begins the number of a contact person whom an agent named

TEXTS: Texts = {
    "wrong": ("wrong number: {note}", "falsche Rufnummer: {note}"),
    "taken_back": (
        "taken back: the correction reported before does not stand",
        "zurückgenommen: die gemeldete Berichtigung gilt nicht mehr",
    ),
}


class CorrectionKind(StrEnum):
    PUT_RIGHT = "put_right"  # holds over every import
    WRONG = "wrong"  # tells accounting that a number reaches somebody else, or nobody; the facts keep it from being dialled
    TAKEN_BACK = "taken_back"  # tells accounting that an earlier line of the file no longer stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    id: str
    at: datetime
    company: str
    debtor_no: str
    field: str
    value: str
    was: str = ""  # what accounting's data said when it was made
    kind: CorrectionKind = CorrectionKind.PUT_RIGHT
    note: str = ""
    actor: str = ""
    attempt_id: str = ""
    exported_in: str = ""

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)

    @property
    def subject(self) -> tuple[str, str]:
        """What it is about: of two corrections about the same thing the newer one holds."""
        return self.field, read_person(self.value or self.was).name.casefold() if self.field == CONTACT_PERSON else ""


def note_for(kind: str, note: str, language: Language) -> str:
    """What the file for accounting says beside the values."""
    return phrase(TEXTS, kind, language, note=note) if kind in TEXTS else note


def taken_back(correction: Correction, correction_id: str, now: datetime) -> Correction:
    """The line that tells accounting that an earlier line no longer stands."""
    return replace(
        correction, id=correction_id, at=now, kind=CorrectionKind.TAKEN_BACK, value=correction.was, was=correction.value, exported_in=""
    )


@dataclass(frozen=True, slots=True)
class Stands:
    """Accounting has not answered yet."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """Accounting's data say the same."""


@dataclass(frozen=True, slots=True)
class Overruled:
    """Accounting changed the data to something else after the correction: that is newer knowledge."""

    accounting: str


def judge(correction: Correction, accounting: str, country: str) -> Stands | Adopted | Overruled:
    """What accounting's data mean for a correction. `accounting`: what they say now about its subject."""
    mine, theirs, before = (_comparable(correction.field, text, country) for text in (correction.value, accounting, correction.was))
    if correction.kind is CorrectionKind.WRONG:
        return Stands() if theirs == before else Adopted()
    if theirs == mine:
        return Adopted()
    return Stands() if theirs == before else Overruled(accounting)


def _comparable(name: str, text: str, country: str) -> tuple[str, ...]:
    """Equal for what means the same, however it is written."""
    if name in PHONES:
        return (_digits(text, country),)
    if name == CONTACT_PERSON:
        person = read_person(text)
        return person.name.casefold(), _digits(person.phone, country)
    return (" ".join(text.split()).casefold(),)


def _digits(text: str, country: str) -> str:
    return to_dial_number(text, 1, country).e164 or re.sub(r"[^0-9+]", "", text)


# ---------------------------------------------------------------- contact persons as one text


def read_person(text: str) -> ContactPerson:
    """`Name, role, number`: role and number may be missing."""
    parts = [" ".join(part.split()) for part in text.split(",")]
    phone = parts.pop() if len(parts) > 1 and sum(map(str.isdigit, parts[-1])) >= 3 else ""
    name, *roles = parts
    return ContactPerson(person_no=CORRECTED + name.casefold(), name=name, role=", ".join(filter(None, roles)), phone=phone)


def shown_person(person: ContactPerson) -> str:
    return ", ".join(filter(None, (person.name, person.role, person.phone)))


# ---------------------------------------------------------------- what lies over the open-item export


@dataclass(frozen=True, slots=True)
class Overlay:
    """`fields`: only what is said; "" there: it is said that there is nothing. `numbers` replace the export's at positions 1 and 2."""

    fields: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[DialNumber, ...] = ()


def overlay(
    master: Mapping[str, str | None],
    persons: Sequence[ContactPerson],
    corrections: Sequence[Correction],
    country: str,
    language: Language,
) -> Overlay:
    """`corrections`: those in force, oldest first. `country`: the export's or the house's, for numbers without a country code."""
    fields = {name: value for name, value in master.items() if value is not None}
    known = {person.name.casefold(): person for person in persons}
    for correction in corrections:
        if correction.kind is not CorrectionKind.PUT_RIGHT:
            continue
        fields[correction.field] = correction.value
        if correction.field == CONTACT_PERSON:
            named = read_person(correction.value)
            fields[CONTACT_PERSON] = named.name
            known[named.name.casefold()] = _corrected(known.get(named.name.casefold()), named)
    country = fields.get("country") or country
    numbers = [to_dial_number(fields[name], place, country, language) for place, name in enumerate(PHONES, 1) if fields.get(name)]
    place = FIRST_PERSON_POSITION
    for person in sorted(known.values(), key=lambda one: one.person_no):
        if person.phone:
            number = to_dial_number(person.phone, place, country, language)
            numbers.append(replace(number, person=person.name, role=person.role, hours=person.hours))
            place += 1
    return Overlay(fields, tuple(numbers))


def _corrected(known: ContactPerson | None, named: ContactPerson) -> ContactPerson:
    """What the agent said, and of the rest what accounting knows."""
    if known is None:
        return named
    return replace(known, name=named.name, role=named.role or known.role, phone=named.phone or known.phone)
