"""Learnt times: what is seen is learned, what cannot be is not, and what it begins with is soon outweighed."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.telephony.learnt_times import BINS, EDGES, LearntTimes, Lengths, about, bin_of, middle

SECONDS = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 10_000))


@given(SECONDS)
def test_any_number_has_a_bin(seconds: float) -> None:
    place = bin_of(seconds)

    assert 0 <= place <= BINS
    if 0 <= seconds < EDGES[BINS]:
        assert EDGES[place] <= seconds * (1 + 1e-9) + 1e-9
        assert seconds <= EDGES[place + 1] * (1 + 1e-9)


def test_a_bin_is_told_by_its_middle_and_the_endless_last_one_by_its_beginning() -> None:
    assert [bin_of(middle(place)) for place in range(BINS)] == list(range(BINS))
    assert middle(BINS) == EDGES[BINS]


@given(st.lists(SECONDS, max_size=60), SECONDS, SECONDS)
def test_the_share_that_is_over_only_grows_with_time(seen: list[float], one: float, other: float) -> None:
    lengths = about(9, 0.6)
    for seconds in seen:
        lengths = lengths.seen(seconds)
    curve = lengths.curve()

    assert 0 <= curve.until(one) <= 1
    if one <= other:
        assert curve.until(one) <= curve.until(other) + 1e-9
    assert curve.shares[0] == 0
    assert curve.until(math.inf) == 1


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, -0.5])
def test_a_length_that_cannot_be_changes_nothing(seconds: float) -> None:
    assert about(9, 0.6).seen(seconds) == about(9, 0.6)


def test_what_it_begins_with_has_the_median_it_was_given() -> None:
    assert about(120, 1.0).curve().when(0.5) == pytest.approx(120, rel=0.08)
    assert about(120, 1.0).curve().until(120) == pytest.approx(0.5, abs=0.03)


@given(st.floats(0.01, 0.98))
def test_the_length_of_a_share_and_the_share_of_that_length_agree(share: float) -> None:
    curve = about(25, 0.8).curve()

    assert curve.until(curve.when(share)) == pytest.approx(share, abs=1e-6)


def test_a_curve_that_jumps_is_told_by_its_jump() -> None:
    curve = Lengths(tuple(5.0 if place == 20 else 0.0 for place in range(BINS + 1))).curve()

    assert EDGES[20] <= curve.when(0.3) <= EDGES[21]
    assert curve.when(0.0) <= EDGES[1]
    assert curve.when(1.0) <= EDGES[21]


def test_a_thousand_talks_of_another_length_outweigh_the_beginning() -> None:
    draw, learnt = random.Random(3), LearntTimes()
    for _ in range(1_000):
        learnt = learnt.talk_ended(draw.lognormvariate(math.log(300), 0.3))
    curve = learnt.talk.curve()

    assert curve.when(0.5) == pytest.approx(300, rel=0.08)
    assert curve.until(150) < 0.05


def test_talks_that_go_on_count_so_that_the_first_to_end_do_not_speak_for_all() -> None:
    draw = random.Random(8)
    talks = [draw.lognormvariate(math.log(150), 0.9) for _ in range(3_000)]
    seen, going_on = about(30, 0.5), [60.0 for talk in talks if talk >= 60]
    for talk in talks:
        if talk < 60:
            seen = seen.seen(talk)
    true = sum(talk < 40 for talk in talks) / len(talks)

    assert seen.curve().until(40) > 3 * true
    assert seen.curve(going_on).until(40) == pytest.approx(true, abs=0.06)


@given(st.lists(SECONDS, max_size=20), st.lists(SECONDS, max_size=20))
def test_whatever_goes_on_the_shares_rise_from_nothing_to_at_most_all(over: list[float], going_on: list[float]) -> None:
    lengths = Lengths((0.0,) * (BINS + 1))
    for seconds in over:
        lengths = lengths.seen(seconds)
    shares = lengths.curve(going_on).shares

    assert len(shares) == BINS + 1
    assert shares[0] == 0
    assert list(shares) == sorted(shares)
    assert shares[-1] <= 1


def test_answers_and_rings_are_learned_apart() -> None:
    learnt = LearntTimes()
    for n in range(2_000):
        learnt = learnt.call_ended(30.0, answered=False) if n % 10 else learnt.call_ended(5.0, answered=True)

    assert learnt.chance == pytest.approx(0.1, abs=0.01)
    assert learnt.answered_after.curve().until(8) > 0.9
    assert learnt.gave_up_after.curve().until(20) < 0.05
    assert learnt.talk == LearntTimes().talk


def test_a_wrap_up_is_learned_as_a_wrap_up() -> None:
    learnt = LearntTimes().wrap_up_ended(60.0)

    assert learnt.wrap_up.counts[bin_of(60.0)] > LearntTimes().wrap_up.counts[bin_of(60.0)]
    assert learnt.talk == LearntTimes().talk


def test_an_afternoon_outweighs_the_morning() -> None:
    learnt = LearntTimes()
    for answered in (True, False):
        for _ in range(2_000):
            learnt = learnt.call_ended(5.0, answered=answered)

    assert learnt.chance < 0.05
