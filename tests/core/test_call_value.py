"""What a minute of an agent's time is expected to bring: a product of named factors."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.call_value import OFF, CallValue, Pays, Valued
from collectord.core.rule_text import Problem, Table
from collectord.core.telephony.allocation_rules import PLAIN_ALLOCATION, AllocationRules, parse_allocation

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
FIGURES = CallValue(enabled=True, pays=(Pays(-30, Decimal("0.05")), Pays(1, Decimal("0.20")), Pays(61, Decimal("0.10"))))


def valued(amount: str = "410.00", days: int = 12, priority: int = 0, broken: int = 0, figures: CallValue = FIGURES) -> Valued:
    return figures.of({"EUR": Decimal(amount)}, TODAY - days * DAY, priority, broken, TODAY)


def parsed(text: str) -> tuple[AllocationRules, list[Problem]]:
    problems: list[Problem] = []
    return parse_allocation(Table(tomllib.loads(text), "", problems)), problems


def complaints(text: str) -> list[str]:
    return [f"{problem.path}: {problem.sentence}" for problem in parsed(text)[1]]


def test_the_value_is_the_product_of_money_reached_paying_and_urgency_by_the_minutes_of_an_average_call() -> None:
    minutes = Decimal("0.5") + Decimal("0.35") * Decimal("5.5") + Decimal("0.65") * Decimal("0.75")
    assert valued().value == (410 * Decimal("0.35") * Decimal("0.20") / minutes).quantize(Decimal("0.0001"))


def test_with_the_plain_order_every_value_is_nothing() -> None:
    plain = valued(figures=replace(FIGURES, enabled=False))
    assert plain.value == 0
    assert plain.until is None


def test_so_much_more_priority_doubles_the_urgency() -> None:
    assert valued(priority=60).value == pytest.approx(2 * valued(priority=40).value, abs=Decimal("0.001"))


def test_age_decides_how_many_pay_because_of_the_call_and_the_value_knows_its_next_other_day() -> None:
    assert (valued(days=-3).share, valued(days=-3).until) == (Decimal("0.05"), TODAY + 4 * DAY)
    assert (valued(days=-99).share, valued(days=-99).until) == (Decimal("0.05"), TODAY + 69 * DAY)
    assert (valued(days=1).share, valued(days=1).until) == (Decimal("0.20"), TODAY + 60 * DAY)
    assert (valued(days=61).share, valued(days=61).until) == (Decimal("0.10"), None)


def test_broken_promises_make_it_less_likely_and_more_than_three_no_less_than_three() -> None:
    assert valued(broken=1).value == pytest.approx(Decimal("0.7") * valued().value, abs=Decimal("0.001"))
    assert valued(broken=9).value == valued(broken=3).value


def test_of_several_currencies_the_largest_sum_counts_and_nothing_is_added() -> None:
    both = FIGURES.of({"EUR": Decimal(410), "CHF": Decimal(400)}, TODAY - 12 * DAY, 0, 0, TODAY)
    assert (both.value, both.currency) == (valued().value, "EUR")


def test_the_sentence_shows_every_factor_in_both_languages() -> None:
    one = valued(priority=40, broken=2)
    said = FIGURES.why(one, "en")
    assert said == (
        "€410.00 at stake x 35 % of calls reach somebody x 10 % of those pay because of it (12 days past due, 2 promises broken) x"
        " urgency 4.0 (priority 40) / 2.9 minutes a call = €19.31 a minute."
    )
    assert "2 Zusagen gebrochen" in FIGURES.why(one, "de")
    assert "Dringlichkeit 4,0" in FIGURES.why(one, "de")
    assert "promise" not in FIGURES.why(valued(), "en")


def test_a_better_hour_makes_a_value_greater_but_not_in_proportion_because_talks_take_time() -> None:
    assert FIGURES.hour(0.35) == pytest.approx(1)
    assert 1 < FIGURES.hour(0.70) < 2
    assert FIGURES.hour(0.10) < 1


@given(
    st.decimals(1, 10**6, places=2), st.decimals(1, 10**6, places=2), st.integers(-40, 800), st.integers(0, 100), st.integers(0, 5)
)  # fmt: skip
def test_for_all_cases_more_money_is_never_worth_less(less: Decimal, more: Decimal, days: int, priority: int, broken: int) -> None:
    less, more = min(less, more), max(less, more)
    assert valued(str(less), days, priority, broken).value <= valued(str(more), days, priority, broken).value


@given(st.integers(-60, 900), st.integers(0, 900))
def test_for_all_ages_the_value_stays_until_its_other_day(days: int, ahead: int) -> None:
    now = FIGURES.of({"EUR": Decimal(100)}, TODAY - days * DAY, 0, 0, TODAY)
    later = TODAY + ahead * DAY
    if now.until is None or later < now.until:
        assert FIGURES.of({"EUR": Decimal(100)}, TODAY - days * DAY, 0, 0, later).value == now.value


# ---------------------------------------------------------------- the file


def test_without_the_file_priority_orders_and_nothing_is_learned() -> None:
    assert PLAIN_ALLOCATION.value is OFF
    assert not PLAIN_ALLOCATION.value.enabled
    assert not PLAIN_ALLOCATION.hours.enabled


def test_an_empty_file_chooses_by_value_with_the_figures_that_are_shipped() -> None:
    rules, problems = parsed("")
    assert problems == []
    assert rules.value == CallValue(enabled=True)
    assert not parsed('order = "priority"')[0].value.enabled


def test_every_mistake_of_the_file_is_told_with_its_key() -> None:
    found = complaints(
        """
        order = "money"
        reached = "0"
        broken_promise = "1.5"
        priority_doubles = 0
        surprise = 1
        [minutes]
        talk = "2h"
        before = "0s"
        pause = "1s"
        [[pays]]
        from = "5d"
        share = "0.2"
        extra = 1
        [[pays]]
        from = "5d"
        share = "2"
        [day]
        hours = "never"
        on_calls = "0"
        tries = 9
        [best_hour]
        explore = "0.01"
        wait = "4"
        """
    )
    assert found == [
        "order: order = 'money' is unknown; use one of value, priority",
        'reached: reached = \'0\' is not a share from "0.01" to "1" in quotes, like "0.35"',
        'broken_promise: broken_promise = \'1.5\' is not a share from "0" to "1" in quotes, like "0.35"',
        "priority_doubles: priority_doubles = 0 is below 1",
        "minutes.before: before must lie between 1s and 1h",
        "minutes.talk: talk must lie between 1s and 1h",
        "minutes.pause: pause is not known here; known keys: before, talk, unanswered, wrap_up",
        "pays.0.extra: extra is not known here; known keys: from, share",
        'pays.1.share: share = \'2\' is not a share from "0" to "1" in quotes, like "0.35"',
        "pays.1.from: the days of [[pays]] must ascend",
        "day.hours: hours: 'never' is no weekday; use mon tue wed thu fri sat sun",
        'day.on_calls: on_calls = \'0\' is not a share from "0.01" to "1" in quotes, like "0.35"',
        "day.tries: tries = 9 is above 5",
        'best_hour.explore: explore = \'0.01\' is not a share from "0.05" to "1" in quotes, like "0.35"',
        'best_hour.wait: wait must lie between "0" and "3"',
        "surprise: surprise is not known here; known keys: best_hour, broken_promise, day, minutes, order, pays, priority_doubles, reached",
    ]
    assert complaints('[best_hour]\nexplore = "0.9"') == [
        'best_hour.explore: explore is above "0.5"; more calls would be drawn than chosen'
    ]
