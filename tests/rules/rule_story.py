"""A story of the rules: one `*.toml` file, read and checked; how what is told there is compared with what the program says.

Owns the words of a story (README.md beside it) and the comparison. Knows no store and no command.
Invariant: a word that is not known is an error, so that a misspelt expectation cannot pass.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
COLUMNS = {  # of the export, with what stands there unless the story says otherwise
    "company": "", "debtor_no": "", "debtor_name": "", "item_no": "", "invoiced_on": "2026-10-01", "due_on": "", "open_amount": "100.00",
    "amount": "", "currency": "EUR", "kind": "invoice", "payment_method": "transfer", "discount_until": "",
    "dunning_level": "", "last_dunned_on": "", "dunning_deadline": "", "dunning_block": "", "dispute": "no",
    "person_type": "business", "phone": "", "phone2": "", "contact_person": "", "email": "", "language": "",
    "country": "DE", "region": "BE", "postcode": "", "time_zone": "", "potential_class": "", "agent": "", "head_office": "",
    "credit_limit": "", "legal_state": "",
}  # fmt: skip
OF_DEBTOR = frozenset(COLUMNS) - {
    "item_no", "invoiced_on", "due_on", "open_amount", "amount", "kind", "payment_method", "discount_until", "dunning_level",
    "last_dunned_on", "dunning_deadline", "dunning_block", "dispute",
}  # fmt: skip
STORY = {"story", "settings", "rules", "edit", "debtor", "day"}
DAY = {"on", "edit", "export", "paid", "new", "changed", "bank", "history", "record", "lead", "absent", "called", "ask", "expect", "same"}
CALLED = {"debtor", "result", "disposition", "promise", "callback", "note", "agent", "objection", "item", "until"}
EXPECT = {
    "debtor", "none", "rule", "until", "why", "explain",
    "level", "ladder", "medium", "items", "open_amount", "priority", "skill", "agent", "not_before", "expires_at", "state", "origin",
    "attempts_made", "oldest_due_on", "prompted_by", "script", "tone", "value",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    at: datetime
    told: dict[str, Any]

    def of(self, word: str) -> list[Any]:
        return list(self.told.get(word, []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    name: str
    title: str
    settings: dict[str, Any]  # by dotted key of collectord.toml
    rules: dict[str, str]  # whole files below rules/
    edits: tuple[dict[str, str], ...]  # of shipped files
    rows: dict[str, dict[str, str]]  # of the first export, by item number
    days: tuple[Day, ...]


def read_story(path: Path) -> Story:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    known(told, STORY, path.name)
    rows: dict[str, dict[str, str]] = {}
    for position, given in enumerate(told.get("debtor", [])):
        columns = {name: value for name, value in given.items() if name not in ("no", "items")}
        number = {"phone": f"030 555 01 {position + 10:02}", "debtor_name": f"Debtor {given['no']}"}
        for place, item in enumerate(given["items"]):
            usual = {"item_no": given["no"] if place == 0 else f"{given['no']}-{place + 1}"}
            line = row({**number, **columns, "debtor_no": given["no"], **usual, **item}, path.name)
            assert line["item_no"] not in rows, f"{path.name}: item {line['item_no']} stands twice"
            rows[line["item_no"]] = line
    for day in told["day"]:
        known(day, DAY, path.name)
        for call in day.get("called", []):
            known(call, CALLED, path.name)
        for expected in day.get("expect", []):
            known(expected, EXPECT, path.name)
    return Story(
        name=path.stem,
        title=told["story"],
        settings=told.get("settings", {}),
        rules=told.get("rules", {}),
        edits=tuple(told.get("edit", [])),
        rows=rows,
        days=tuple(Day(at=moment(day["on"]), told=day) for day in told["day"]),
    )


def known(told: dict[str, Any], words: set[str], where: str) -> None:
    assert not set(told) - words, f"{where}: {sorted(set(told) - words)} is no word of a story; known: {sorted(words)}"


def row(given: dict[str, Any], where: str) -> dict[str, str]:
    """One line of the export."""
    known(given, set(COLUMNS), where)
    line = {**COLUMNS, **{name: str(value) for name, value in given.items()}}
    assert line["due_on"], f"{where}: item {line['item_no']} needs due_on"
    return line


def moment(text: str) -> datetime:
    """`2026-11-23` is that day at 10:00 in Berlin, `2026-11-23 14:30` half past two."""
    return datetime.fromisoformat(text if len(text) > 10 else f"{text} 10:00").replace(tzinfo=ZONE)


def same(told: Any, found: Any) -> bool:
    """Of a table or list only what is told is compared; `~part` is contained; `""` is also nothing; an instant may be written as a day."""
    if isinstance(told, dict):
        return isinstance(found, dict) and all(same(value, found.get(key)) for key, value in told.items())
    if isinstance(told, list):
        return isinstance(found, list) and len(told) == len(found) and all(map(same, told, found))
    if isinstance(told, str):
        text = "" if found is None else str(found)
        if told.startswith("~"):
            return told[1:] in text
        return text == told or (len(told) >= 10 and _instant(text) is not None and _instant(text) == _instant(told))
    return bool(told == found)


def _instant(text: str) -> datetime | None:
    """The instant that a document or a story names; a story's `2026-11-24` is the beginning of that day in Berlin."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=ZONE)
