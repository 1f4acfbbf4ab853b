"""Exceptions: what one debtor gets differently from all others of its strategy, as a team lead wrote it into `rules/debtors.toml`.

Owns the shape of an exception and the reading of that file. Knows no strategy: what an exception may do inside one is strategies' affair.
Invariant: a debtor has at most one exception; a pause, and whatever needs an approval, names a person and a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from collectord.core.contact.week import both, parse_days, parse_week, without_days
from collectord.core.receivables.frame import CLASSES, MEDIA, Pause
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rule_text import Table

T = TypeVar("T")
MOST = 1_000  # strength: more is a slip of the keyboard
LONGEST = 90  # days of a period, and between two contacts: contacts are remembered so long (edge/store/histories)


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtorException:
    key: DebtorKey
    hours: str = ""  # week text
    not_on: str = ""  # days
    pause: Pause | None = None
    strategy: str = ""
    potential_class: str = ""
    media: tuple[str, ...] = ()  # empty: as the strategy
    instead: Mapping[str, str] = field(default_factory=dict)
    gap: int | None = None
    saturation: int | None = None
    per: int | None = None
    agent: str = ""
    ask_first: str = ""
    approved_by: str = ""
    reason: str = ""
    path: str = ""  # of its table in the file: the edge turns it into a line


@dataclass(frozen=True, slots=True)
class Exceptions:
    debtors: Mapping[DebtorKey, DebtorException] = field(default_factory=dict)

    def of(self, key: DebtorKey) -> DebtorException | None:
        return self.debtors.get(key)


NO_EXCEPTIONS = Exceptions()


def parse_exceptions(table: Table) -> Exceptions:
    """The whole of `debtors.toml`. Problems are collected in the table."""
    found: dict[DebtorKey, DebtorException] = {}
    for entry in table.tables("debtor"):
        one = _exception(entry)
        if one.key in found and one.key.debtor_no:
            entry.complain("debtor_no", f"debtor {one.key} stands twice in this file; put everything about it under one [[debtor]]")
        found.setdefault(one.key, one)
    table.done()
    return Exceptions(found)


def _exception(table: Table) -> DebtorException:
    who, why = table.text("approved_by", "").strip(), table.text("reason", "").strip()
    last = table.day("pause_until", None)
    one = DebtorException(
        key=DebtorKey(table.text("company", "").strip(), table.text("debtor_no").strip()),
        hours=_readable(table, "hours", parse_week),
        not_on=_readable(table, "not_on", parse_days),
        pause=None if last is None else Pause(until=last, who=who, why=why),
        strategy=table.text("strategy", ""),
        potential_class=table.text("potential_class", "", one_of=CLASSES),
        media=table.texts("media", [], one_of=MEDIA),
        instead=_instead(table.table("instead")),
        gap=days_within(table, "gap", 0, LONGEST) if "gap" in table.data else None,
        saturation=table.whole("saturation", at_least=1, at_most=MOST) if "saturation" in table.data else None,
        per=days_within(table, "per", 1, LONGEST) if "per" in table.data else None,
        agent=table.text("agent", "").strip(),
        ask_first=table.text("ask_first", "").strip(),
        approved_by=who,
        reason=why,
        path=table.path,
    )
    table.seen |= {"saturation", "gap", "per"}
    table.done()
    _judge(one, table)
    return one


def _judge(one: DebtorException, table: Table) -> None:
    if "debtor_no" in table.data and isinstance(table.data["debtor_no"], str) and not one.key.debtor_no:
        table.complain("debtor_no", 'debtor_no is empty; write the number as in the export, in quotes, like "0010023"')
    if set(table.data) <= {"company", "debtor_no", "approved_by", "reason"}:
        table.complain("", f'nothing is different for debtor {one.key}; write a key such as not_on = "fri", or take the entry away')
    for key in ("hours", "not_on", "strategy", "potential_class", "media", "agent", "ask_first"):
        if table.data.get(key) in ("", []):  # whoever means "none" would get all
            stop = "; to stop every contact write pause_until" if key == "media" else ""
            table.complain(key, f"{key} is empty and changes nothing{stop}; say what holds, or take the line away")
    if one.approved_by and not one.reason:
        table.complain("approved_by", "approved_by needs a reason beside it: everybody who asks why will read both")
    if one.pause is not None and not (one.approved_by and one.reason):
        table.complain("pause_until", "pause_until needs approved_by and reason: who stopped all contacts, and why")
    if one.strategy and one.potential_class:
        table.complain("potential_class", "potential_class only chooses a strategy, and strategy names one; keep one of the two")
    if one.per is not None and one.saturation is None:
        table.complain("per", "per belongs to a saturation; write saturation = … beside it, or take per away")
    hours = parse_week(one.hours) if one.hours else without_days(())
    closed = parse_days(one.not_on) if one.not_on else frozenset()
    if not any(both(hours, without_days(closed))):
        table.complain(
            "not_on" if one.not_on else "hours", "no hour of the week is left; to stop calls write media, to stop everything pause_until"
        )


def _readable(table: Table, key: str, parse: Callable[[str], T]) -> str:
    """The text when it can be parsed, else a problem and nothing."""
    text = table.text(key, "").strip()
    try:
        if text:
            parse(text)
    except ValueError as error:
        table.complain(key, f"{key}: {error}")
        return ""
    return text


def days_within(table: Table, key: str, least: int, most: int) -> int:
    """Whole days of a key; a problem when it is missing or beyond the bounds."""
    before = len(table.problems)
    days = table.days(key)
    if len(table.problems) == before and not least <= days <= most:
        table.complain(key, f"{key} must be {least}d to {most}d")
    return max(days, least)


def _instead(table: Table) -> dict[str, str]:
    """`instead.call = "letter"`."""
    chosen = {}
    for medium in table.data:
        if medium in MEDIA:
            other = table.text(medium, one_of=MEDIA)
            if other in MEDIA:
                chosen[medium] = other
            if other == medium:
                table.complain(medium, f"{medium} in place of {medium} changes nothing; take the line away")
    table.seen |= set(MEDIA)
    table.done()
    return chosen
