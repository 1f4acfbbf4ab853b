"""The working day: how many minutes of calls the agents have.

Owns `[day]` of `rules/allocation.toml`. Knows no task, no store and no debtor's hours: absences and working hours come in.
Invariant: an agent who is away, or whose hours are over, has no minutes; nobody has more than the hours that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from collectord.core.contact.week import Week, parse_week, spans
from collectord.core.receivables.call_value import ONE, CallMinutes
from collectord.core.rule_text import Table
from collectord.core.telephony.callbacks import Absence, Colleague

DAY = timedelta(days=1)
AHEAD = 14  # days in which the next working day is looked for
USUAL = "mon-fri 08:00-17:00"
USUAL_WEEK = parse_week(USUAL)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRules:
    hours: Week = USUAL_WEEK  # of agents without hours of their own
    on_calls: Decimal = Decimal("0.65")  # share of the hours that is for calls
    tries: int = 2  # calls to a debtor on one day, until somebody is reached

    def minutes_per_task(self, minutes: CallMinutes, reached: Decimal) -> Decimal:
        """Of one day: as many calls as it takes on average, each of the average length."""
        calls = (ONE - (ONE - reached) ** self.tries) / reached
        return calls * minutes.expected(reached)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workday:
    """Today as far as it is not over, or the next day on which anybody works. `left`: agent -> minutes for calls."""

    day: date
    left: Mapping[str, Decimal]

    @property
    def minutes(self) -> Decimal:
        return sum(self.left.values(), NOTHING)


def workday(
    team: Mapping[str, Colleague],
    absences: Collection[Absence],
    rules: DayRules,
    now: datetime,
    zone: str,
    *,
    closed: Callable[[date], bool],
) -> Workday:
    """`closed`: the house does not work on that day."""
    today = now.astimezone(ZoneInfo(zone)).date()
    for ahead in range(AHEAD):
        day = today + ahead * DAY
        found = Workday(day=day, left=minutes_on(day, team, absences, rules, now, zone, closed=closed))
        if found.minutes:
            return found
    return Workday(day=today, left=dict.fromkeys(team, NOTHING))


def minutes_on(
    day: date,
    team: Mapping[str, Colleague],
    absences: Collection[Absence],
    rules: DayRules,
    now: datetime,
    zone: str,
    *,
    closed: Callable[[date], bool],
) -> dict[str, Decimal]:
    """Agent -> minutes for calls that are left of this day."""
    away = {absence.agent for absence in absences if absence.covers(day)}
    off = closed(day)
    return {one.id: NOTHING if off or one.id in away else _minutes(one, day, rules, now, zone) for one in team.values()}


def _minutes(one: Colleague, day: date, rules: DayRules, now: datetime, zone: str) -> Decimal:
    hours = list(spans(zone, day, (one.hours or rules.hours)[day.weekday()]))
    whole = _span(hours)
    if not whole:
        return NOTHING
    left = _span([(max(start, now), end) for start, end in hours if end > now])
    if one.minutes_a_day is None:
        return left * rules.on_calls
    return min(Decimal(one.minutes_a_day), whole) * left / whole


def _span(hours: Iterable[tuple[datetime, datetime]]) -> Decimal:
    return Decimal(int(sum(((end - start).total_seconds() for start, end in hours), 0.0))) / 60


def parse_day(table: Table) -> DayRules:
    """`[day]` of `allocation.toml`."""
    inner = table.table("day")
    text = inner.text("hours", USUAL)
    try:
        hours = parse_week(text)
    except ValueError as error:
        inner.complain("hours", f"hours: {error}")
        hours = USUAL_WEEK
    rules = DayRules(
        hours=hours,
        on_calls=inner.share("on_calls", Decimal("0.65"), least=Decimal("0.01")),
        tries=max(1, inner.whole("tries", 2, at_least=1, at_most=5)),
    )
    inner.done()
    return rules
