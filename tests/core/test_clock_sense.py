"""A clock is believed only while it runs on evenly and lies behind nothing that is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collectord.core.clock_sense import SANE_AFTER, ClockSense

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_a_clock_that_runs_on_evenly_is_believed() -> None:
    assert ClockSense(newest=NOON - HOUR).jumped(timedelta(seconds=30), NOON).doubt(NOON) is None


def test_a_jump_forward_or_back_waits_five_minutes() -> None:
    for by in (HOUR, -HOUR):
        sense = ClockSense().jumped(by, NOON)
        told = sense.doubt(NOON)
        assert told is not None
        assert told.rule == "guard/clock"
        assert sense.doubt(NOON + SANE_AFTER) is not None
        assert sense.doubt(NOON + SANE_AFTER + MINUTE) is None


def test_a_clock_before_what_is_on_record_is_doubted_until_it_has_passed_it() -> None:
    sense = ClockSense(newest=NOON + HOUR)
    assert sense.doubt(NOON) is not None
    assert sense.doubt(NOON + SANE_AFTER + MINUTE) is not None
    assert sense.doubt(NOON + HOUR) is None


def test_a_doubt_about_the_clock_reads_in_both_languages() -> None:
    jumped, behind = ClockSense().jumped(-HOUR, NOON), ClockSense(newest=NOON + HOUR)
    said = [told.reason for sense in (jumped, behind) for language in ("en", "de") if (told := sense.doubt(NOON, language))]
    assert said == [
        "the clock jumped by -3600 s; dialling waits",
        "Die Uhr sprang um -3600 s; das Wählen wartet",
        "the clock says a time 3600 s before what is on record; set the clock right",
        "Die Uhr geht 3600 s hinter dem nach, was schon aufgezeichnet ist; stellen Sie sie richtig",
    ]
