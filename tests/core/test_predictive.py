"""Predictive: what may be dialled ahead of an agent, and what never."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.telephony.dropped_calls import Count
from collectord.core.telephony.learnt_times import LearntTimes
from collectord.core.telephony.predictive import (
    FAINT,
    HIGHEST_PRICE,
    LOOKS,
    Desk,
    Dial,
    PredictiveRules,
    at_answer,
    binomial,
    forecast,
    how_many,
    price,
    why_none_ahead,
    why_not_ahead,
)  # fmt: skip
from collectord.core.wording import Language

ANY_SIZE = PredictiveRules(least_agents=1)
SEEN = forecast(LearntTimes(), Desk(free=0), ANY_SIZE)
PLENTY = (Count(answered=2_000, lost=20),)
LINES = 60
ELAPSED = st.one_of(st.floats(0, 400), st.floats(allow_nan=True, allow_infinity=True))
MANY = st.lists(ELAPSED, max_size=12)
DESKS = st.builds(Desk, free=st.integers(-2, 8), talking=MANY, wrapping_up=MANY, ringing=MANY, waiting=st.integers(-1, 3))
COUNTS = st.builds(Count, answered=st.integers(-10, 5_000), lost=st.integers(-10, 300))


def with_free(desk: Desk, free: int) -> Desk:
    return Desk(free=free, talking=desk.talking, wrapping_up=desk.wrapping_up, ringing=desk.ringing, waiting=desk.waiting)


@given(st.lists(ELAPSED, max_size=9), st.lists(COUNTS, max_size=2), st.integers(-3, LINES))
def test_nobody_is_dialled_for_a_desk_without_agents(ringing: list[float], counts: list[Count], lines: int) -> None:
    assert how_many(Desk(free=0, ringing=ringing), counts, SEEN, ANY_SIZE, lines).count == 0


@given(DESKS, st.lists(COUNTS, max_size=2))
def test_below_the_least_number_of_agents_nobody_is_dialled_ahead(desk: Desk, counts: list[Count]) -> None:
    dial = how_many(desk, counts, SEEN, PredictiveRules(least_agents=desk.agents + 1), LINES)

    assert dial.ahead == 0
    assert dial.price == 0


@given(DESKS, COUNTS, COUNTS, st.sampled_from([0.03, 0.01, 0.0, -1.0, math.nan]))
def test_nobody_is_dialled_ahead_while_one_more_lost_call_would_pass_the_cap(desk: Desk, one: Count, other: Count, cap: float) -> None:
    rules = PredictiveRules(least_agents=1, cap=cap)
    dial = how_many(desk, (one, other), SEEN, rules, LINES)

    if any(not count.lost + 1 < cap * count.answered for count in (one, other)):
        assert dial.ahead == 0


@given(DESKS, COUNTS)
def test_calls_ahead_never_put_more_at_risk_than_the_cap_leaves(desk: Desk, count: Count) -> None:
    dial = how_many(desk, (count,), SEEN, ANY_SIZE, LINES)

    if dial.ahead:
        assert max(0, count.lost) + dial.at_risk <= ANY_SIZE.cap * count.answered


@given(DESKS)
def test_without_counts_nobody_is_dialled_ahead(desk: Desk) -> None:
    assert how_many(desk, (), SEEN, ANY_SIZE, LINES).ahead == 0


@given(DESKS, COUNTS)
def test_one_more_free_agent_never_means_fewer_calls(desk: Desk, count: Count) -> None:
    fewer = how_many(desk, (count,), SEEN, ANY_SIZE, LINES)
    more = how_many(with_free(desk, max(0, desk.free) + 1), (count,), SEEN, ANY_SIZE, LINES)

    assert more.count >= fewer.count


@given(DESKS, st.integers(100, 5_000), st.integers(0, 100))
def test_one_more_lost_call_never_means_more_calls(desk: Desk, answered: int, lost: int) -> None:
    before = how_many(desk, (Count(answered, lost),), SEEN, ANY_SIZE, LINES)
    after = how_many(desk, (Count(answered, lost + 1),), SEEN, ANY_SIZE, LINES)

    assert after.count <= before.count


@given(DESKS, st.integers(-5, LINES))
def test_there_are_no_more_calls_than_lines(desk: Desk, lines: int) -> None:
    dial = how_many(desk, PLENTY, SEEN, ANY_SIZE, lines)

    assert dial.assured >= 0
    assert dial.ahead >= 0
    assert dial.count <= max(0, lines)


@given(DESKS, st.one_of(st.none(), COUNTS))
def test_every_free_agent_without_a_ringing_call_gets_one_whatever_was_lost(desk: Desk, count: Count | None) -> None:
    dial = how_many(desk, (count,) if count else (), SEEN, PredictiveRules(least_agents=10_000), LINES)

    assert dial.count == dial.assured == max(0, max(0, desk.free) - max(0, desk.waiting) - len(desk.ringing))


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0, 1e9), st.floats(0, 1))
def test_the_price_is_nothing_or_within_its_bounds(answered: int, lost: int, at_risk: float, cap: float) -> None:
    found = price((Count(answered, lost),), at_risk, cap)

    assert found == -1 or 0 < found <= HIGHEST_PRICE


def test_the_price_rises_with_what_the_cap_leaves_and_stops_at_its_highest() -> None:
    prices = [price((Count(2_000, lost),), 0.0, 0.03) for lost in (59, 58, 50, 40, 20)]

    assert prices == sorted(prices)
    assert prices[0] == -1
    assert prices[-1] == HIGHEST_PRICE


def test_the_stricter_of_day_and_campaign_counts() -> None:
    day, campaign = Count(400, 11), Count(90_000, 1_000)

    assert price((day, campaign), 0.0, 0.03) == price((day,), 0.0, 0.03) == -1
    assert price((campaign,), 0.0, 0.03) == HIGHEST_PRICE


def test_the_first_calls_of_a_day_are_not_dialled_ahead() -> None:
    dial = how_many(Desk(free=3, talking=[60.0] * 20), (Count(33, 0),), SEEN, ANY_SIZE, LINES)

    assert (dial.assured, dial.ahead) == (3, 0)


def test_who_wraps_up_for_long_is_dialled_for_and_who_just_began_to_talk_is_not() -> None:
    soon = how_many(Desk(free=0, wrapping_up=[40.0] * 20), PLENTY, SEEN, ANY_SIZE, LINES)
    not_soon = how_many(Desk(free=0, talking=[1.0] * 4), PLENTY, SEEN, ANY_SIZE, LINES)

    assert soon.ahead > 10
    assert not_soon.ahead == 0


def test_a_call_that_has_rung_for_long_weighs_less_than_a_new_one() -> None:
    new, old = ([elapsed] * 12 for elapsed in (1.0, 29.0))

    assert (
        how_many(Desk(free=2, talking=[60.0] * 30, ringing=old), PLENTY, SEEN, ANY_SIZE, LINES).ahead
        > how_many(Desk(free=2, talking=[60.0] * 30, ringing=new), PLENTY, SEEN, ANY_SIZE, LINES).ahead
    )


def test_two_calls_of_one_moment_for_one_agent_put_each_other_at_risk() -> None:
    nobody_else = [binomial(0.0, 0.0)] * LOOKS

    assert at_answer(nobody_else, SEEN.new, 1) == pytest.approx(LearntTimes().chance, abs=0.01)
    assert at_answer(nobody_else, SEEN.new, 2) == 0


def test_agents_who_may_be_waited_for_longer_allow_more_calls() -> None:
    desk = Desk(free=0, wrapping_up=[20.0] * 30)
    patient = PredictiveRules(least_agents=1, agent_within=10.0)

    assert (
        how_many(desk, PLENTY, forecast(LearntTimes(), desk, patient), patient, LINES).ahead
        > how_many(desk, PLENTY, forecast(LearntTimes(), desk, ANY_SIZE), ANY_SIZE, LINES).ahead
    )


def test_where_fewer_answer_more_are_dialled() -> None:
    learnt = LearntTimes()
    for n in range(600):
        learnt = learnt.call_ended(8.0, answered=True) if n % 12 == 0 else learnt.call_ended(30.0, answered=False)
    desk = Desk(free=5, talking=[60.0] * 30)

    assert how_many(desk, PLENTY, forecast(learnt, desk, ANY_SIZE), ANY_SIZE, 500).count > how_many(desk, PLENTY, SEEN, ANY_SIZE, 500).count


@given(st.lists(st.floats(0, 1), max_size=25))
def test_the_sum_of_chances_keeps_its_mean_and_adds_up_to_one(chances: list[float]) -> None:
    mean = sum(chances)
    found = binomial(mean, sum(chance * chance for chance in chances))

    assert sum(found.shares) == pytest.approx(1, abs=50 * FAINT)
    assert sum((found.first + n) * share for n, share in enumerate(found.shares)) == pytest.approx(mean, abs=1e-4)
    assert found.first >= 0
    assert found.first + len(found.shares) - 1 <= max(1, len(chances))


@pytest.mark.parametrize(("tries", "chance"), [(1, 0.3), (7, 0.5), (40, 0.02), (40, 0.97), (2_000, 0.9), (5, 1.0), (5, 0.0)])
def test_equal_chances_are_counted_exactly(tries: int, chance: float) -> None:
    found = binomial(tries * chance, tries * chance * chance)

    for number in range(tries + 2):
        share = found.at_most(number) - found.at_most(number - 1)
        if number <= tries < 100:
            assert share == pytest.approx(math.comb(tries, number) * chance**number * (1 - chance) ** (tries - number), abs=1e-5)
        assert found.short_of(number) == pytest.approx(sum(found.at_most(below) for below in range(number)), abs=1e-4)


def exact_short(agents: list[float], answers: list[float]) -> float:
    """That no agent is left, by counting all of it."""

    def shares(chances: list[float]) -> list[float]:
        found = [1.0]
        for chance in chances:
            found = [a * (1 - chance) + b * chance for a, b in zip([*found, 0.0], [0.0, *found], strict=True)]
        return found

    there, wanted = shares(agents), shares(answers)
    return sum(one * other for n, one in enumerate(there) for m, other in enumerate(wanted) if n <= m)


def test_unlike_chances_are_weighed_nearly_as_exactly_as_by_counting_all() -> None:
    draw = random.Random(5)
    apart = []
    for _ in range(300):
        agents = [draw.random() ** 2 for _ in range(draw.randint(1, 20))]
        answers = [draw.random() * 0.5 for _ in range(draw.randint(0, 12))]
        there, wanted = (binomial(sum(some), sum(one * one for one in some)) for some in (agents, answers))
        short = sum(share * there.at_most(wanted.first + n) for n, share in enumerate(wanted.shares))
        apart.append(abs(short - exact_short(agents, answers)))

    assert sum(apart) / len(apart) < 0.01
    assert sorted(apart)[-10] < 0.05


def test_a_forecast_has_a_row_for_whatever_has_elapsed_and_only_chances_in_it() -> None:
    strange = LearntTimes()
    for _ in range(50):
        strange = strange.call_ended(0.0, answered=False).talk_ended(1e9).wrap_up_ended(0.0)
    for seen in (SEEN, forecast(strange, Desk(free=0, talking=[math.nan, math.inf, 5.0]), ANY_SIZE)):
        for row in (seen.new, *seen.ringing, *seen.talking, *seen.wrapping_up):
            assert len(row) == 2 * LOOKS
            assert all(0 <= chance <= 1 + 1e-9 for chance in row)
            assert list(row[:LOOKS]) == sorted(row[:LOOKS])


def test_a_private_person_and_who_may_be_one_are_refused_in_words_where_the_house_has_not_allowed_them() -> None:
    rules = PredictiveRules(least_agents=20)

    assert "private person" in why_not_ahead("private", rules, "en").lower()
    assert "Privatperson" in why_not_ahead("", rules, "de")
    assert why_not_ahead("business", rules, "en") == ""
    assert why_not_ahead("private", PredictiveRules(private_persons=True), "en") == ""


def test_what_keeps_the_whole_desk_from_being_dialled_for_ahead_is_said() -> None:
    rules = PredictiveRules(least_agents=20)

    def why(agents: int, price: float, answered: int, lost: int, language: Language = "en", campaign: str = "") -> str:
        dial = Dial(assured=0, ahead=0, at_risk=0.0, price=price)
        return why_none_ahead(agents, Count(answered, lost), dial, rules, language, campaign)

    assert why(19, 0.1, 100, 3) == "Every call has its agent first: 19 agents are on open lines, 20 are needed."
    assert why(1, 0.1, 100, 3, "de") == "Jeder Anruf hat zuerst seine Person: 1 ist auf offenen Leitungen, nötig sind 20."
    assert why(20, 0.0, 100, 3) == (
        "As many debtors ring as agents are free: 3 of 100 answered calls within 24 hours found nobody, and with one more the cap of 3%"
        " could be passed."
    )
    assert "3 von 100 angenommenen Anrufen in 24 Stunden" in why(20, 0.0, 100, 3, "de")
    assert why(20, 0.0, 0, 0) == (
        "As many debtors ring as agents are free: 0 calls were answered within 24 hours; only after 34 may one find nobody (cap 3%), and"
        " more be dialled."
    )
    assert "1 Anruf wurde in 24 Stunden angenommen; erst nach 34" in why(20, 0.0, 1, 0, "de")
    assert why(20, 0.1, 100, 4) == (
        "Every call has its agent first: 4 of 100 answered calls within 24 hours found nobody, and the cap of 3% is passed."
    )
    assert "4 of 100 answered calls of standard within 30 days" in why(20, 0.1, 100, 4, campaign="standard")
    assert why(20, 0.1, 100, 2) == ""
