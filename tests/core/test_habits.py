"""When an export usually comes, and when it is late."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.calendar import WorkingDays
from collectord.core.exports.habits import Habit, late, learn

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = WorkingDays("DE", "BE", doubtful_day="working")
MONDAY = date(2026, 11, 2)


def at(day: date, clock: str = "06:00") -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), BERLIN).astimezone(UTC)


def workdays(count: int, start: date = MONDAY) -> list[date]:
    days = [start + timedelta(days=n) for n in range(count * 2)]
    return [day for day in days if day.weekday() < 5][:count]


def ask(arrivals: list[datetime], now: datetime, patience: timedelta = timedelta(hours=2)) -> str | None:
    found = late("sap", arrivals, now, zone=BERLIN, days=DAYS, patience=patience)
    return f"{found.expected_by.astimezone(BERLIN):%Y-%m-%d %H:%M}" if found else None


def test_a_daily_export_comes_monday_to_friday_until_its_usual_hour() -> None:
    arrivals = [at(day, clock) for day, clock in zip(workdays(10), ["06:00", "06:05", "06:10", "05:55", "06:02"] * 2, strict=True)]
    assert learn(arrivals, BERLIN, DAYS) == Habit(weekdays=frozenset(range(5)), until=time(6, 17))


def test_a_weekly_export_is_expected_on_its_weekday_only() -> None:
    arrivals = [at(MONDAY + timedelta(weeks=week), "09:30") for week in range(6)]
    habit = learn(arrivals, BERLIN, DAYS)
    assert habit is not None
    assert habit.weekdays == {0}
    last = MONDAY + timedelta(weeks=5)
    assert ask(arrivals, at(last + timedelta(days=4), "20:00")) is None
    assert ask(arrivals, at(last + timedelta(days=7), "11:44")) is None
    assert ask(arrivals, at(last + timedelta(days=7), "11:45")) == "2026-12-14 09:45"


@pytest.mark.parametrize(
    "arrivals",
    [
        [],
        [at(day) for day in workdays(4)],
        [at(day, clock) for day in workdays(2) for clock in ("06:00", "08:00", "10:00", "12:00")],  # two days, however many files
        [at(date(2026, month, 15)) for month in range(1, 12)],  # monthly: no weekday is usual
    ],
)
def test_without_enough_days_or_without_a_rhythm_nothing_is_late(arrivals: list[datetime]) -> None:
    assert ask(arrivals, at(date(2026, 12, 28))) is None


def test_a_missed_export_is_late_after_the_patience_and_stays_so_until_one_comes() -> None:
    arrivals = [at(day) for day in workdays(10)]  # until Friday the 13th
    monday = date(2026, 11, 16)
    assert ask(arrivals, at(monday, "08:14")) is None
    assert ask(arrivals, at(monday, "08:15")) == "2026-11-16 06:15"
    assert ask(arrivals, at(monday + timedelta(days=2), "12:00")) == "2026-11-16 06:15"  # the first one missed
    assert ask([*arrivals, at(monday, "09:00")], at(monday, "12:00")) is None


def test_weekends_and_holidays_miss_nothing() -> None:
    arrivals = [at(day) for day in workdays(12, date(2026, 12, 7))]  # until Tuesday the 22nd
    friday = [at(day) for day in workdays(14, date(2026, 12, 7))]  # until Christmas Eve
    assert ask(arrivals, at(date(2026, 12, 23), "09:00")) is not None
    assert ask(friday, at(date(2026, 12, 27), "23:00")) is None  # Christmas Day, Boxing Day, Sunday
    assert ask(friday, at(date(2026, 12, 28), "09:00")) == "2026-12-28 06:15"


def test_without_a_holiday_table_weekdays_alone_count() -> None:
    nowhere = WorkingDays("XX")
    arrivals = [at(day) for day in workdays(10)]
    assert late("sap", arrivals, at(date(2026, 11, 15)), zone=BERLIN, days=nowhere, patience=timedelta(0)) is None
    assert late("sap", arrivals, at(date(2026, 11, 16), "09:00"), zone=BERLIN, days=nowhere, patience=timedelta(0)) is not None


def test_the_first_file_of_a_day_counts_and_an_hour_before_midnight_stays_within_its_day() -> None:
    arrivals = [at(day, clock) for day in workdays(8) for clock in ("23:50", "23:58")]
    habit = learn(arrivals, BERLIN, DAYS)
    assert habit is not None
    assert habit.until == time(23, 59)


@given(st.lists(st.integers(0, 400 * 24 * 60), max_size=40), st.integers(0, 60 * 24 * 20))
def test_for_all_arrivals_an_export_is_late_only_on_a_working_day_after_the_last_one(minutes: list[int], later: int) -> None:
    arrivals = [at(date(2025, 1, 1), "00:00") + timedelta(minutes=minute) for minute in minutes]
    now = max(arrivals, default=at(MONDAY)) + timedelta(minutes=later)
    found = late("sap", arrivals, now, zone=BERLIN, days=DAYS, patience=timedelta(hours=2))
    if found is not None:
        assert found.last_at == max(arrivals)
        assert found.last_at < found.expected_by < found.since == found.expected_by + timedelta(hours=2)
        assert found.since <= now
        assert DAYS.is_working(found.expected_by.date())
