"""Public holidays and working days."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.calendar import HolidaysUnknown, WorkingDays, is_holiday, region_code

PRAYER_DAY = date(2026, 11, 18)  # Wednesday


@pytest.mark.parametrize("text", ["SN", "sn", "DE-SN", "Sachsen", "SACHSEN", "saxony"])
def test_a_region_is_known_by_code_iso_code_and_name(text: str) -> None:
    assert region_code("DE", text) == "SN"


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("DE", "Bayern", "BY"),
        ("DE", "Baden-Wuerttemberg", "BW"),
        ("DE", "Thüringen", "TH"),
        ("AT", "Wien", "9"),
        ("AT", "AT-9", "9"),
        ("CH", "Zürich", "ZH"),
        ("US", "California", "CA"),
        ("GB", "Scotland", "SCT"),
        ("DE", "Atlantis", ""),
        ("DE", "", ""),
        ("XX", "SN", ""),
    ],
)
def test_regions_of_other_countries_and_unknown_ones(country: str, text: str, code: str) -> None:
    assert region_code(country, text) == code


def test_prayer_day_is_a_holiday_in_saxony_only() -> None:
    assert is_holiday(PRAYER_DAY, "DE", "SN", "de") == "Buß- und Bettag"
    assert is_holiday(PRAYER_DAY, "DE", "BY") is None


def test_an_unknown_region_has_every_regions_holidays() -> None:
    assert is_holiday(PRAYER_DAY, "DE", "") is not None
    assert is_holiday(PRAYER_DAY, "DE", "Atlantis") is not None
    assert is_holiday(date(2026, 11, 19), "DE", "") is None


def test_assumption_day_is_free_in_all_of_bavaria_because_an_address_cannot_tell() -> None:
    assert is_holiday(date(2026, 8, 15), "DE", "BY", "de") == "Mariä Himmelfahrt"
    assert is_holiday(date(2026, 8, 15), "DE", "NW") is None


def test_names_do_not_depend_on_the_machines_language() -> None:
    assert is_holiday(date(2026, 12, 25), "DE", "BE", "en") == "Christmas Day"
    assert is_holiday(date(2026, 12, 25), "DE", "BE", "de") == "Erster Weihnachtstag"
    assert is_holiday(date(2026, 12, 25), "GB", "ENG", "de") == "Christmas Day"


@pytest.mark.parametrize(("country", "year"), [("XX", 2026), ("", 2026), ("DE", 2101), ("DE", 1900), ("LK", 2027)])
def test_a_country_or_year_without_a_table_is_said_and_not_taken_for_free_of_holidays(country: str, year: int) -> None:
    with pytest.raises(HolidaysUnknown) as caught:
        is_holiday(date(year, 6, 15), country)
    assert (caught.value.country, caught.value.year) == (country, year)
    with pytest.raises(HolidaysUnknown):
        WorkingDays(country).is_working(date(year, 6, 15))


def test_fridays_export_is_one_working_day_old_on_monday() -> None:
    assert WorkingDays("DE", "BE").count(date(2026, 11, 20), date(2026, 11, 23)) == 1
    assert WorkingDays("DE", "BE").count(date(2026, 11, 23), date(2026, 11, 20)) == 0


def test_grace_runs_over_weekend_holidays_and_closed_days() -> None:
    assert WorkingDays("DE", "BE").add(date(2026, 12, 23), 2) == date(2026, 12, 28)
    closed = WorkingDays("DE", "BE", frozenset({date(2026, 12, 24), date(2026, 12, 28)}))
    assert closed.add(date(2026, 12, 23), 1) == date(2026, 12, 29)
    assert closed.add(date(2026, 12, 24), 0) == date(2026, 12, 24)
    assert closed.next_from(date(2026, 12, 24)) == date(2026, 12, 29)
    assert closed.next_from(date(2026, 12, 29)) == date(2026, 12, 29)


def test_a_day_that_is_free_in_some_regions_only_lengthens_grace_and_ages_an_export() -> None:
    assert not WorkingDays("DE").is_working(PRAYER_DAY)
    assert WorkingDays("DE", doubtful_day="working").is_working(PRAYER_DAY)
    assert not WorkingDays("DE", "SN", doubtful_day="working").is_working(PRAYER_DAY)
    assert not WorkingDays("DE", doubtful_day="working").is_working(date(2026, 12, 25))


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 20))
def test_for_all_days_adding_n_working_days_lands_on_one_and_counts_n(day: date, n: int) -> None:
    working = WorkingDays("AT", "9")
    landed = working.add(day, n)
    assert working.is_working(landed)
    assert working.count(day, landed) == n
