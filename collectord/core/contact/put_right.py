"""Putting right: from the options of `record` to corrections of a debtor's data.

Owns what --phone, --phone2, --email, --name and --contact-person may say. Knows no store and no accounting's value.
Invariant: a corrected number is dialable and stands in E.164.
"""

from __future__ import annotations

import re

from collectord.core.contact.corrections import CONTACT_PERSON, PHONES, Correction, read_person, shown_person
from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.contact.record_words import NONE, Reading, option_of
from collectord.core.wording import Texts

OPTIONS = {"phone": "phone", "phone2": "phone2", "email": "email", "name": "debtor_name", "contact_person": CONTACT_PERSON}
LONGEST = 200  # characters

_EMAIL = re.compile(r"\A[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}\Z")

TEXTS: Texts = {
    "email": ("--email {value} is no e-mail address", "--email {value} ist keine E-Mail-Adresse"),
    "contact-person": (
        "--contact-person {value}: write Name, role, number; role and number may be missing",
        "--contact-person {value}: als Name, Funktion, Rufnummer schreiben; Funktion und Rufnummer dürfen fehlen",
    ),
    "empty": ("{option} needs a value, or none to take it back", "{option} braucht einen Wert, oder none zum Zurücknehmen"),
    "long": ("{option} is longer than {limit} characters", "{option} ist länger als {limit} Zeichen"),
}


def put_right(reading: Reading) -> None:
    """Each option that is given becomes a correction; `none` takes back the one that holds."""
    for option, name in OPTIONS.items():
        text = reading.text(option)
        if text is None:
            continue
        if not text:
            raise reading.refused("empty", TEXTS, option=option_of(option))
        if text in NONE:
            reading.fields_taken_back.append(name)
            reading.said.append((name, "none"))
            continue
        value = _value(reading, option, text)
        if len(value) > LONGEST:
            raise reading.refused("long", TEXTS, option=option_of(option), limit=LONGEST)
        reading.corrections.append(
            Correction(
                **reading.who,
                id=reading.new_id(),
                at=reading.now,
                field=name,
                value=value,
                note=reading.text("note") or reading.text("reason") or "",
                actor=reading.actor,
                attempt_id=reading.text("attempt") or "",
            )
        )
        reading.said.append((name, value))


def _value(reading: Reading, option: str, text: str) -> str:
    if option in PHONES:
        return reading.number(option) or ""
    if option == "email" and not _EMAIL.match(text):
        raise reading.refused("email", TEXTS, value=text)
    if option != CONTACT_PERSON:
        return text
    person = read_person(text)
    if not person.name or sum(map(str.isdigit, person.name)) >= 3:
        raise reading.refused("contact-person", TEXTS, value=text)
    if not person.phone:
        return shown_person(person)
    country = reading.known.debtor.country or reading.house.country
    number = to_dial_number(person.phone, 1, country, reading.house.language)
    if number.e164 is None:
        raise reading.refused("unreadable", option=option_of(option), value=person.phone, problem=number.problem or "?")
    return ", ".join(filter(None, (person.name, person.role, number.e164)))
