"""Answer rate of a caller ID against its own past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from collectord.core.telephony.answer_rate import DayCount, fallen, is_below

TODAY = date(2026, 11, 27)
OWN = "+493012345600"


def days(share: float, first: int, last: int, rang: int = 40, caller_id: str = OWN, trunk: str = "trunk") -> list[DayCount]:
    """So many calls on each of these days before today, this share of them answered."""
    return [
        DayCount(day=TODAY - timedelta(days=ago), company="", caller_id=caller_id, trunk=trunk, rang=rang, answered=round(rang * share))
        for ago in range(first, last)
    ]


@pytest.mark.parametrize(
    ("answered", "rang", "answered_before", "rang_before", "below"),
    [
        (12, 100, 400, 1000, True),
        (31, 100, 400, 1000, False),  # a quarter was not lost
        (29, 100, 400, 1000, False),  # a quarter and more, but no more than chance brings
        (5, 29, 400, 1000, False),  # too few calls
        (5, 30, 40, 99, False),
        (0, 100, 0, 1000, False),  # nobody ever answered
        (0, 100, 1000, 1000, True),
        (100, 100, 400, 1000, False),
    ],
)
def test_a_share_is_below_only_when_it_lost_a_quarter_and_more_than_chance(
    answered: int, rang: int, answered_before: int, rang_before: int, below: bool
) -> None:
    assert is_below(answered, rang, answered_before, rang_before) is below


def test_the_last_three_days_with_calls_are_compared_with_the_four_weeks_before() -> None:
    (found,) = fallen([*days(0.1, 0, 3), *days(0.4, 3, 20)], TODAY)
    assert (found.caller_id, found.since, found.recent, found.past, found.rang) == (OWN, TODAY - timedelta(days=2), 0.1, 0.4, 120)
    assert fallen([*days(0.4, 0, 3), *days(0.4, 3, 20)], TODAY) == ()
    assert fallen([*days(0.1, 0, 3), *days(0.4, 40, 60)], TODAY) == ()  # too long ago


def test_each_caller_id_has_its_own_past_over_all_its_trunks() -> None:
    other = "+493012345699"
    first, second = days(0.1, 0, 3, rang=20), days(0.1, 0, 3, rang=20, trunk="second")
    counts = [*first, *second, *days(0.4, 3, 20), *days(0.1, 0, 20, caller_id=other)]
    assert [(one.caller_id, one.rang) for one in fallen(counts, TODAY)] == [(OWN, 120)]


def test_nothing_is_said_of_a_caller_id_that_was_not_used_for_a_week_or_of_days_ahead() -> None:
    assert fallen([*days(0.1, 8, 11), *days(0.4, 11, 25)], TODAY) == ()
    assert fallen([*days(0.1, -3, 0), *days(0.4, 3, 20)], TODAY) == ()
    assert fallen(days(0.4, -3, 0), TODAY) == ()
