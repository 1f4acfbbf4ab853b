"""What a trunk may take: channels, reserve, calls per second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.telephony.pacing import Trunk, Wait, counted, room

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def trunk(calls_per_second: int = 2, channels: int = 30, reserve: int = 2) -> Trunk:
    return Trunk(
        name="trunk", pbx="main", channels=channels, reserve=reserve, calls_per_second=calls_per_second, number_format="e164"
    )  # fmt: skip


def test_the_reserve_is_never_used() -> None:
    assert room(trunk(channels=10, reserve=2), live=7, earlier=None, now=NOW) is None
    match room(trunk(channels=10, reserve=2), live=8, earlier=None, now=NOW):
        case Wait(why, None):
            assert "8 channels" in why
        case other:
            pytest.fail(f"{other}")


def test_two_calls_a_second_are_half_a_second_apart() -> None:
    before = NOW - timedelta(milliseconds=499)
    assert room(trunk(2), live=1, earlier=before, now=NOW) == Wait("trunk trunk: at most 2 calls a second", NOW + timedelta(milliseconds=1))
    assert room(trunk(2), live=1, earlier=NOW - timedelta(milliseconds=500), now=NOW) is None


def test_a_clock_set_back_holds_nothing_up() -> None:
    assert room(trunk(2), live=1, earlier=NOW + timedelta(hours=1), now=NOW) is None


@pytest.mark.parametrize(("calls_per_second", "over"), [(1, 1), (2, 1), (9, 1), (11, 1), (20, 4), (60, 12), (100, 20), (199, 1)])
def test_the_pace_is_kept_over_a_fifth_of_a_second_at_most(calls_per_second: int, over: int) -> None:
    assert counted(calls_per_second) == over


@given(st.integers(1, 200), st.lists(st.integers(0, 30_000), max_size=400))
def test_no_second_has_more_calls_than_the_trunk_takes(calls_per_second: int, pauses: list[int]) -> None:
    """For all ways in which turns of the loop come late or early (pauses in microseconds)."""
    placed: list[datetime] = []
    now, over = NOW, counted(calls_per_second)
    for pause in pauses:
        now += timedelta(microseconds=pause)
        if room(trunk(calls_per_second), live=0, earlier=placed[-over] if len(placed) >= over else None, now=now) is None:
            placed.append(now)
    for first in placed:
        # a span is rounded to whole microseconds: a second may be short of as many as there are spans in it
        within = [at for at in placed if first <= at < first + timedelta(seconds=1) - timedelta(microseconds=calls_per_second)]
        assert len(within) <= calls_per_second
