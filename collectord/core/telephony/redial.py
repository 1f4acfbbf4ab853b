"""Redial: when a debtor is called again after a call that yielded nothing, and when no more.

Owns the waits of `rules/dispositions.toml`. Knows no store; the gate still decides every call.
Invariant: nobody is called again before SHORTEST_RETRY has passed; a limit that is reached never shortens a wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from collectord.core.rule_text import Table

SHORTEST_RETRY = timedelta(minutes=5)  # DESIGN 4.3: a new attempt comes five minutes after one that was not dialled, at the earliest


class When(StrEnum):
    AFTER = "after"
    OTHER_PART_OF_DAY = "other_part_of_day"
    NEXT_DAY = "next_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """When a task may come back, and how often the same may happen."""

    when: When = When.AFTER
    after: timedelta = timedelta(minutes=15)
    growth: int = 1  # each further one in a row on a day waits so many times as long …
    longest: timedelta = timedelta(hours=4)  # … but for growth alone not longer than this
    a_day: int = 0  # after so many on one day tomorrow; 0: no limit
    in_all: int = 0  # after so many for one task its step is taken as carried out; 0: no limit
    other_number: timedelta | None = None  # so soon another number, called less often in vain, is tried; None: it waits as well


@dataclass(frozen=True, slots=True)
class Tried:
    """One call for a task, and how it went: a disposition, else a result."""

    at: datetime
    how: str


class Reason(StrEnum):
    """Why then: the code of its sentence."""

    RETRY = "retry"
    GROWN = "retry-grown"
    OTHER_NUMBER = "retry-other"
    DAY_OVER = "retry-day-over"


@dataclass(frozen=True, slots=True)
class Again:
    at: datetime
    reason: Reason
    count: int  # of the same: in a row for GROWN, today for DAY_OVER


def again(
    wait: Wait, earlier: Sequence[Tried], how: str, now: datetime, *, parts: tuple[time, ...], zone: str, other: bool
) -> Again | None:
    """When the task comes back after a call that ended `how`; None: it happened as often as the rule allows.

    `earlier`: the calls for the same task before this one, oldest first. `other`: another number was called less often in vain.
    """
    if wait.in_all and 1 + sum(call.how == how for call in earlier) >= wait.in_all:
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    of_today = [call.how for call in earlier if call.at.astimezone(ZoneInfo(zone)).date() == today]
    count = 1 + of_today.count(how)
    if wait.a_day and count >= wait.a_day:
        begins = day_begins(now, zone)
        return Again(max(begins, now + SHORTEST_RETRY), Reason.DAY_OVER, count)
    if other and wait.other_number is not None:
        return Again(now + max(wait.other_number, SHORTEST_RETRY), Reason.OTHER_NUMBER, count)
    in_a_row = 0
    while in_a_row < len(of_today) and of_today[-1 - in_a_row] == how:
        in_a_row += 1
    at = wait_until(wait, parts, zone, now, in_a_row)
    return Again(at, Reason.GROWN if in_a_row and wait.growth > 1 else Reason.RETRY, in_a_row + 1)


def wait_until(wait: Wait, parts: tuple[time, ...], zone: str, now: datetime, in_a_row: int = 0) -> datetime:
    """When a task may come back. Days and parts of the day are the house's; the gate knows the debtor's hours."""
    after = wait.after
    for _ in range(in_a_row):
        after = max(wait.after, min(after * wait.growth, wait.longest))
    earliest = now + max(after, SHORTEST_RETRY)
    local, place = now.astimezone(ZoneInfo(zone)), ZoneInfo(zone)
    tomorrow = local.date() + timedelta(days=1)
    if wait.when is When.NEXT_DAY:
        return day_begins(now, zone)
    if wait.when is When.OTHER_PART_OF_DAY:
        starts = [datetime.combine(day, part, place).astimezone(UTC) for day in (local.date(), tomorrow) for part in parts]
        return max(earliest, next(start for start in starts if start > now))
    return earliest


def day_begins(now: datetime, zone: str) -> datetime:
    """The beginning of the day after this one."""
    place = ZoneInfo(zone)
    return datetime.combine(now.astimezone(place).date() + timedelta(days=1), time(0), place).astimezone(UTC)


def parse_wait(table: Table) -> Wait:
    """The keys of one [result.X] or [disposition.X] that say when the task comes back."""
    words = tuple(when.value for when in When)
    word = table.text("when", When.AFTER.value, one_of=words)
    after = table.duration("after", timedelta(minutes=15))
    if after < SHORTEST_RETRY:
        table.complain("after", "after is below 5m; nobody is called again that soon")
    other = table.duration("other_number", timedelta(0))
    if "other_number" in table.data and other < SHORTEST_RETRY:
        table.complain("other_number", "other_number is below 5m; nobody is called again that soon")
    growth = table.whole("growth", 1, at_least=1, at_most=10)
    longest = table.duration("longest", max(after, Wait().longest))
    if longest < after:
        table.complain("longest", "longest is below after; a wait that grows cannot become shorter")
    a_day, in_all = (table.whole(key, 0, at_least=0, at_most=100) for key in ("a_day", "in_all"))
    if a_day and in_all and in_all < a_day:
        table.complain("in_all", f"in_all = {in_all} is below a_day = {a_day}, which could never be reached")
    return Wait(
        when=When(word) if word in words else When.AFTER,
        after=after,
        growth=growth,
        longest=longest,
        a_day=a_day,
        in_all=in_all,
        other_number=other if "other_number" in table.data else None,
    )
