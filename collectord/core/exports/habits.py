"""Habits: when a source's export usually comes, learnt from when it came, and when today's is late.

Owns the reading of arrivals. Knows no store and no clock: arrivals and now come in.
Invariant: without enough arrivals, or without a rhythm in them, nothing is ever called late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from collectord.core.contact.calendar import HolidaysUnknown, WorkingDays
from collectord.core.wording import Language, Texts, phrase

ENOUGH = 5  # days with an arrival, below which there is no habit
REMEMBERED = 30  # days with an arrival that are looked at
USUAL = 0.5  # a weekday belongs to the habit when the export came on at least this share of its working days
LEAST_SPREAD = timedelta(minutes=15)
SPREADS = 3  # so many median deviations behind the median hour it "usually" has come
LONGEST_GAP = 60  # days that are looked through for the first missed export
DAY = timedelta(days=1)

TEXTS: Texts = {
    "late": (
        "The export of {source} usually has come by {expected} and has not; the last one came on {last}.",
        "Der Export der Quelle {source} kommt gewöhnlich bis {expected} und fehlt; der letzte kam am {last}.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    weekdays: frozenset[int]  # Monday = 0
    until: time  # by then it usually has come, on the house's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """An export that should have come."""

    source: str
    expected_by: datetime  # the first one missed
    since: datetime  # when that became late
    last_at: datetime  # when one came last

    def sentence(self, language: Language, zone: str) -> str:
        return phrase(TEXTS, "late", language, zone, source=self.source, expected=self.expected_by, last=self.last_at)


def learn(arrivals: Iterable[datetime], zone: ZoneInfo, days: WorkingDays) -> Habit | None:
    """The habit in these arrivals; None: too few, or no weekday on which it usually comes."""
    first: dict[date, datetime] = {}
    for at in sorted(arrivals):
        local = at.astimezone(zone)
        first.setdefault(local.date(), local)
    seen = sorted(first)[-REMEMBERED:]
    if len(seen) < ENOUGH:
        return None
    possible = [day for day in _days(seen[0], seen[-1]) if _is_working(days, day)]
    usual = frozenset(weekday for weekday in range(7) if _share(weekday, seen, possible) >= USUAL)
    minutes = [first[day].hour * 60 + first[day].minute for day in seen if day.weekday() in usual]
    if not minutes:
        return None
    middle = median(minutes)
    spread = max(LEAST_SPREAD, SPREADS * timedelta(minutes=median(abs(minute - middle) for minute in minutes)))
    latest = min(timedelta(minutes=middle) + spread, timedelta(hours=23, minutes=59)) // timedelta(minutes=1)
    return Habit(weekdays=usual, until=time(latest // 60, latest % 60))


def _share(weekday: int, seen: Sequence[date], possible: Sequence[date]) -> float:
    came = sum(day.weekday() == weekday for day in seen)
    could = sum(day.weekday() == weekday for day in possible)
    return came / could if could else 0.0


def late(
    source: str, arrivals: Sequence[datetime], now: datetime, *, zone: ZoneInfo, days: WorkingDays, patience: timedelta
) -> Late | None:
    """The first export missed since the last arrival, once it is `patience` beyond its usual hour."""
    habit = learn(arrivals, zone, days)
    if habit is None:
        return None
    last_at = max(arrivals)
    last_day, today = last_at.astimezone(zone).date(), now.astimezone(zone).date()
    for day in _days(max(last_day + DAY, today - LONGEST_GAP * DAY), today):
        if day.weekday() not in habit.weekdays or not _is_working(days, day):
            continue
        expected_by = datetime.combine(day, habit.until, zone)
        if expected_by + patience <= now:
            return Late(source=source, expected_by=expected_by, since=expected_by + patience, last_at=last_at)
    return None


def _is_working(days: WorkingDays, day: date) -> bool:
    try:
        return days.is_working(day)
    except HolidaysUnknown:
        return day.weekday() < 5


def _days(first: date, last: date) -> list[date]:
    return [first + n * DAY for n in range((last - first).days + 1)]
