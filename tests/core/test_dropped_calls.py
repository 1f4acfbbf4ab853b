"""Dropped calls: how many of the answered ones may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.telephony.dropped_calls import CAP, Count

CALLS = st.integers(0, 5_000)


def test_three_of_a_hundred_answered_calls_are_within_the_cap_and_a_fourth_is_over_it() -> None:
    assert not Count(answered=100, lost=3).is_over()
    assert Count(answered=100, lost=4).is_over()


@given(answered=CALLS, lost=CALLS)
def test_a_single_dropped_call_is_never_too_many_and_a_share_within_the_cap_neither(answered: int, lost: int) -> None:
    over = Count(answered=answered, lost=lost).is_over()
    assert over == (lost > 1 and lost > CAP * answered)
    assert not Count(answered=answered, lost=min(lost, 1)).is_over()
