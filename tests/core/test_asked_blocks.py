"""A dunning block that accounting was asked for: confirmed, still waited for, unconfirmed, or beyond what the export can say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from collectord.core.receivables.asked_blocks import AskedBlock, Echo, Told, echo, still_asked
from collectord.core.receivables.ledger import FOREVER, DebtorKey
from tests.core.call_cases import item

TODAY = date(2026, 11, 24)
MONDAY = date(2026, 11, 23)
KEY = DebtorKey("", "10023")
ASKED = AskedBlock(key=KEY, item_no="R1", asked_on=MONDAY, until=date(2026, 11, 27))


def line(**changes: Any) -> Told:
    told = Told(key=KEY, item_no="R1", told_on=MONDAY, attempt_id="a1", block_until=date(2026, 11, 27), written=True)
    return replace(told, **changes)


@pytest.mark.parametrize(
    ("shown", "on", "can_show", "expected"),
    [
        (date(2026, 11, 27), TODAY, True, Echo.CONFIRMED),
        (TODAY, TODAY, True, Echo.CONFIRMED),  # accounting ends it on another day
        (FOREVER, None, False, Echo.CONFIRMED),
        (None, MONDAY, True, Echo.WAITING),  # the export of the day of the talk cannot know
        (None, None, True, Echo.WAITING),
        (None, TODAY, True, Echo.UNCONFIRMED),
        (MONDAY, TODAY, True, Echo.UNCONFIRMED),  # a block that ran out too early
        (None, TODAY, False, Echo.UNKNOWABLE),
    ],
)
def test_what_the_export_says_about_an_asked_block(shown: date | None, on: date | None, can_show: bool, expected: Echo) -> None:
    assert echo(ASKED, item("R1", "100.00", dunning_block_until=shown), on, can_show, TODAY) is expected


def test_a_dispute_that_the_export_shows_confirms_as_well() -> None:
    assert echo(ASKED, item("R1", "100.00", dispute=True), TODAY, True, TODAY) is Echo.CONFIRMED


def test_a_block_is_asked_for_until_its_last_day_once_the_outcome_is_written() -> None:
    assert still_asked([line()], TODAY) == (ASKED,)
    assert still_asked([line()], date(2026, 11, 27)) == (ASKED,)
    assert still_asked([line()], date(2026, 11, 28)) == ()
    assert still_asked([line(written=False)], TODAY) == ()
    assert still_asked([line(block_until=None)], TODAY) == ()


def test_a_later_talk_prolongs_the_block_and_a_correction_takes_it_back() -> None:
    longer = line(attempt_id="a2", told_on=TODAY, block_until=TODAY + timedelta(days=20))
    assert [asked.until for asked in still_asked([line(), longer], TODAY)] == [TODAY + timedelta(days=20)]
    assert still_asked([line(), line(block_until=None)], TODAY) == ()  # the same talk, corrected to one without a block
    assert still_asked([line(), line(block_until=None, attempt_id="a2")], TODAY) == (ASKED,)  # another talk says nothing about it


def test_the_sentence_names_who_was_asked_for_what() -> None:
    assert ASKED.sentence(Echo.UNCONFIRMED, TODAY, "de") == (
        "Die Buchhaltung wurde am Mo., 23. Nov. 2026 um eine Mahnsperre bis Fr., 27. Nov. 2026 für R1 gebeten; "
        "der Export vom Di., 24. Nov. 2026 zeigt sie nicht."
    )
    assert "cannot be confirmed by this export" in ASKED.sentence(Echo.UNKNOWABLE, None, "en")
