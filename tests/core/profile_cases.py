"""Profiles written as text, and what they make of a file written as text."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from collectord.core.exports.csv_records import Record, Records
from collectord.core.exports.intake import Arrival
from collectord.core.exports.interpreting import Interpreter, interpreter
from collectord.core.exports.open_items import BadRow
from collectord.core.exports.profile_text import parse_profile
from collectord.core.exports.source_profiles import COLUMNS_OF, Profile
from collectord.core.rule_text import Problem, Table
from collectord.core.wording import Language

TITLE = 'title.en = "test"\ntitle.de = "Test"\n'
PLAIN = """
[columns]
debtor_no = "No"
debtor_name = "Name"
item_no = "Doc"
due_on = "Due"
open_amount = "Open"
"""
AS_OF = date(2026, 11, 21)


def parsed(text: str, name: str = "test") -> tuple[Profile, list[Problem]]:
    problems: list[Problem] = []
    return parse_profile(name, Table(tomllib.loads(TITLE + text), "", problems)), problems


def profile_of(text: str) -> Profile:
    profile, problems = parsed(text)
    assert problems == []
    return profile


@dataclass
class Heard:
    """What was said of one file: only the filled columns of each row."""

    items: list[dict[str, str]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    said_by: Interpreter | None = None

    @property
    def reader(self) -> Interpreter:
        assert self.said_by is not None
        return self.said_by


def heard_records(profile: Profile, records: Iterable[Record], language: Language = "en") -> Heard:
    arrived = Arrival(batch_id="b", file="f", stored_as="f", source="s", mode="snapshot", as_of=AS_OF, as_of_from="arrival")
    heard = Heard(said_by=interpreter(profile, arrived, language))
    said = [said for record in records for said in heard.reader.read(record)]
    for each in (*said, *heard.reader.finish()):
        if isinstance(each, BadRow):
            heard.bad.append(each)
        else:
            names = COLUMNS_OF[profile.kind]
            heard.items.append({name: value for name, value in zip(names, each.values, strict=True) if value})
    return heard


def heard(profile: Profile, text: str, language: Language = "en") -> Heard:
    splitter = Records(language, profile.delimiter, quotes=profile.quotes)
    return heard_records(profile, [*splitter.feed(text), *splitter.finish()], language)
