"""The company's own calendar: days on which nobody is called although they are no public holidays.

Owns the [closed] table of a pack: 24 and 31 December, company holidays, bridge days. Knows no debtor.
Invariant: a day that cannot be read is a Problem with its key; a stretch never runs backwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from collectord.core.rule_text import Table

ONE_DAY = timedelta(days=1)
LEAP_YEAR = 2024  # 02-29 is a day of it
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_STRETCH = re.compile(r"(\d{4}-\d\d-\d\d)(?: to (\d{4}-\d\d-\d\d))?", re.ASCII)
MONDAY, TUESDAY, THURSDAY, FRIDAY = 0, 1, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDays:
    id: str
    yearly: frozenset[tuple[int, int]] = frozenset()  # (month, day)
    stretches: tuple[tuple[date, date], ...] = ()  # both days included
    bridge_days: bool = False

    def holds(self, day: date, holiday: Callable[[date], object]) -> bool:
        """`holiday`: the name of a public holiday at the debtor's place, or None. Raises what that raises."""
        if (day.month, day.day) in self.yearly or any(first <= day <= last for first, last in self.stretches):
            return True
        if not self.bridge_days:
            return False
        beside = {FRIDAY: day - ONE_DAY, MONDAY: day + ONE_DAY}.get(day.weekday())
        return beside is not None and holiday(beside) is not None


def parse_closed(table: Table) -> ClosedDays:
    yearly: set[tuple[int, int]] = set()
    stretches: list[tuple[date, date]] = []
    for position, text in enumerate(table.texts("days", [])):
        try:
            if found := _YEARLY.fullmatch(text):
                day = date(LEAP_YEAR, int(found[1]), int(found[2]))
                yearly.add((day.month, day.day))
                continue
            found = _STRETCH.fullmatch(text)
            if found is None:
                raise ValueError
            first = date.fromisoformat(found[1])
            last = date.fromisoformat(found[2]) if found[2] else first
        except ValueError:
            table.complain(
                f"days.{position}", f'{text!r} is no day; write "12-24" for every year, "2027-05-14", or "2026-12-24 to 2027-01-03"'
            )
            continue
        if last < first:
            table.complain(f"days.{position}", f"{text!r} ends before it begins")
        stretches.append((first, last))
    closed = ClosedDays(
        id=table.text("id", "company-calendar"),
        yearly=frozenset(yearly),
        stretches=tuple(stretches),
        bridge_days=table.flag("bridge_days", False),
    )
    table.done()
    return closed
