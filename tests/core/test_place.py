"""Where a debtor may be, and times of the week as text."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from collectord.core.contact.place import Place, country_zones, is_zone, number_country, place_of
from collectord.core.contact.week import day_start, merged, next_inside_all, parse_days, parse_week, parse_window, shown_week
from collectord.core.house import House
from collectord.core.receivables.ledger import Debtor, DialNumber
from tests.core.gate_cases import local

HOUSE = House()


def place(e164: str | None = None, zones: tuple[str, ...] = (), **more: str) -> Place:
    debtor = Debtor(company="", debtor_no="1", debtor_name="x", **more)  # type: ignore[arg-type]
    return place_of(debtor, DialNumber(position=1, raw="", e164=e164, zones=zones) if e164 else None, HOUSE)


def test_without_any_hint_the_debtor_is_where_the_house_is() -> None:
    assert place() == Place((("DE", ""),), ("Europe/Berlin",), "Europe/Berlin")


def test_without_an_address_the_number_tells_the_country() -> None:
    found = place("+43123456789", ("Europe/Vienna",))
    assert found.countries == (("AT", ""),)
    assert found.home == "Europe/Vienna"


def test_a_number_without_known_zones_has_those_of_its_country() -> None:
    assert place("+43123456789").zones == ("Europe/Vienna",)
    assert place("+43123456789", ("Etc/Unknown",)).zones == ("Europe/Vienna",)


def test_a_time_zone_column_is_the_debtors_own_clock() -> None:
    assert place("+493012345678", ("Europe/Berlin",), country="DE", time_zone="America/New_York") == Place(
        (("DE", ""),), ("America/New_York", "Europe/Berlin"), "America/New_York"
    )


def test_a_time_zone_that_nobody_knows_leaves_the_other_hints() -> None:
    assert place("+493012345678", ("Europe/Berlin",), country="DE", time_zone="Europe/Atlantis").zones == ("Europe/Berlin",)


def test_a_state_has_its_zones_and_a_contradicting_column_is_added() -> None:
    assert place(country="US", region="CA").zones == ("America/Los_Angeles",)
    assert place(country="US", region="Florida").zones == ("America/New_York", "America/Chicago")
    assert place(country="US", region="FL", time_zone="America/Chicago").zones == ("America/Chicago",)
    assert place(country="US", region="CA", time_zone="America/New_York").zones == ("America/New_York", "America/Los_Angeles")


def test_an_area_code_narrows_a_country_with_many_zones_and_a_country_alone_has_all() -> None:
    assert place("+12125551234", ("America/New_York",), country="US").home == "America/New_York"
    assert len(place("+12125551234", ("America/New_York",), country="US").zones) == 1
    assert len(place(country="US").zones) > 5


def test_a_country_that_nobody_knows_has_the_houses_clock() -> None:
    assert place(country="XX").zones == ("Europe/Berlin",)
    assert country_zones("XX") == ()


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+493012345678", "DE"),
        ("+447911123456", "GB"),
        ("+441534123456", "GB"),
        ("+870773111632", ""),
        ("+12125551234", "US"),
        ("call me", ""),
    ],
)
def test_the_country_of_a_number(number: str, country: str) -> None:
    assert number_country(number) == country


def test_zones_by_name() -> None:
    assert is_zone("Europe/Berlin")
    assert not is_zone("Europe/../Berlin")
    assert not is_zone("Etc/Unknown")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mon-fri 08:00-15:00,17:00-21:00", "Mon-Fri 08:00-15:00, 17:00-21:00"),
        ("Mo-Fr 8-12; Samstag 9:30-12", None),
        ("fri-mon 10-11", "Mon 10:00-11:00, Fri-Sun 10:00-11:00"),
        ("sat,sun", "Sat-Sun"),
        ("monday 08:00-10:00,09:00-12:00", "Mon 08:00-12:00"),
    ],
)
def test_a_wish_reads_as_it_was_written(text: str, shown: str | None) -> None:
    if shown is None:
        with pytest.raises(ValueError, match="is no weekday"):
            parse_week(text)
    else:
        assert shown_week(parse_week(text), "en") == shown


def test_german_days_are_known_and_shown() -> None:
    assert shown_week(parse_week("mo-fr 8-12; sa 9:30-12"), "de") == "Mo-Fr 08:00-12:00, Sa 09:30-12:00"
    assert parse_days("So") == {6}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write days and hours"),
        ("mon 8", "no span of hours"),
        ("mon 8-x", "no time of day"),
        ("mon 8-25", "the last one is 24:00"),
        ("mon 08:75-09:00", "no time of day"),
        ("mon 10-10", "must be later"),
        ("mon 8-10;; tue", "write days and hours"),
    ],
)
def test_a_wish_that_cannot_be_read_is_said(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_week(text)


def test_windows() -> None:
    assert parse_window("08:00-24:00") == (480, 1440)
    assert merged([(600, 700), (480, 600)]) == ((480, 700),)


def test_a_day_that_a_place_skipped_begins_with_the_next_one() -> None:
    assert day_start(date(2011, 12, 30), "Pacific/Apia") == day_start(date(2011, 12, 31), "Pacific/Apia")
    assert day_start(date(2026, 4, 24), "Africa/Cairo") == local("2026-04-24T01:00", "Africa/Cairo")


def test_places_that_never_share_an_hour_have_no_next_instant() -> None:
    week = parse_week("mon-sun 12:00-13:00")
    assert next_inside_all(local("2026-11-23T10:00"), ("Europe/Berlin", "America/New_York"), week, lambda day: False) is None
    assert next_inside_all(local("2026-11-23T10:00"), ("Europe/Berlin",), ((),) * 7, lambda day: False) is None
    assert next_inside_all(local("2026-11-23T10:00"), (), week, lambda day: False) == local("2026-11-23T10:00")
    assert datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Berlin")) == local("2026-11-23T00:00")


def test_a_text_that_is_no_number_is_in_no_country() -> None:
    assert number_country("+") == ""


def test_a_number_of_no_known_range_is_in_the_country_of_its_code() -> None:
    assert number_country("+447700900000") == "GB"  # reserved for films
