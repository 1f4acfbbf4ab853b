"""How many minutes of calls the agents have."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.week import parse_week
from collectord.core.receivables.call_value import CallMinutes
from collectord.core.telephony.callbacks import Absence, Colleague
from collectord.core.telephony.workday import DayRules, Workday, workday

ZONE = "Europe/Berlin"
RULES = DayRules(on_calls=Decimal("0.5"))
MORNINGS = parse_week("mon-thu 08:00-13:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


def day(text: str, *team: Colleague, absences: tuple[Absence, ...] = (), closed: tuple[date, ...] = ()) -> Workday:
    return workday({one.id: one for one in team}, absences, RULES, at(text), ZONE, closed=lambda one: one in closed)


def anna(**more: Any) -> Colleague:
    return Colleague(id="anna", **more)


def test_an_agent_without_own_hours_has_the_usual_ones_and_the_share_that_is_for_calls() -> None:
    assert day("2026-11-23T06:00", anna()) == Workday(day=date(2026, 11, 23), left={"anna": Decimal(270)})


def test_own_hours_count_and_of_today_only_what_is_left() -> None:
    assert day("2026-11-23T06:00", anna(hours=MORNINGS)).minutes == 150
    assert day("2026-11-23T12:00", anna(hours=MORNINGS)).minutes == 30


def test_minutes_a_day_replace_the_share_and_are_never_more_than_the_hours() -> None:
    assert day("2026-11-23T06:00", anna(hours=MORNINGS, minutes_a_day=60)).minutes == 60
    assert day("2026-11-23T10:30", anna(hours=MORNINGS, minutes_a_day=60)).minutes == 30
    assert day("2026-11-23T06:00", anna(hours=MORNINGS, minutes_a_day=999)).minutes == 300


def test_when_today_is_over_the_next_day_on_which_anybody_works_counts() -> None:
    assert day("2026-11-26T14:00", anna(hours=MORNINGS)).day == date(2026, 11, 30), "Thursday afternoon, then no Friday"
    assert day("2026-11-26T14:00", anna(hours=MORNINGS), Colleague(id="ben")).day == date(2026, 11, 26)


def test_nobody_works_while_away_or_on_a_day_on_which_the_house_is_closed() -> None:
    away = Absence(agent="anna", from_on=date(2026, 11, 23), until_on=date(2026, 11, 24))
    found = day("2026-11-23T06:00", anna(), absences=(away,), closed=(date(2026, 11, 25),))
    assert found.day == date(2026, 11, 26)


def test_where_nobody_works_there_are_no_minutes() -> None:
    assert day("2026-11-23T06:00") == Workday(day=date(2026, 11, 23), left={})
    assert day("2026-11-23T06:00", anna(minutes_a_day=0)) == Workday(day=date(2026, 11, 23), left={"anna": Decimal(0)})


def test_a_task_takes_as_many_calls_of_a_day_as_it_needs_on_average() -> None:
    minutes, half = CallMinutes(), Decimal("0.5")
    assert DayRules(tries=1).minutes_per_task(minutes, half) == minutes.expected(half)
    assert DayRules(tries=2).minutes_per_task(minutes, half) == Decimal("1.5") * minutes.expected(half)


@given(
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-12-31")),
    st.sampled_from(["mon-thu 08:00-13:00", "mon-sun 00:00-24:00", "sat 09:00-10:00,22:00-24:00", "mon-fri 02:00-03:00"]),
    st.none() | st.integers(0, 1440),
)
def test_for_all_moments_nobody_has_more_minutes_than_the_hours_that_are_left(now: datetime, hours: str, most: int | None) -> None:
    local = now.replace(tzinfo=ZoneInfo(ZONE))
    found = workday({"a": Colleague(id="a", hours=parse_week(hours), minutes_a_day=most)}, (), RULES, local, ZONE, closed=lambda one: False)
    end = datetime.combine(found.day + timedelta(days=1), datetime.min.time(), ZoneInfo(ZONE))
    assert 0 <= found.minutes * 60 <= max(Decimal(0), Decimal((end - max(local, end - timedelta(hours=25))).total_seconds()))
    if most is not None:
        assert found.minutes <= most
