"""Shortfall: what nobody will have the time, or the number, to call about."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.shortfall import Case, Fit, Load, fit, read_load
from collectord.core.wording import Language

TEN = Decimal(10)  # minutes a call


def call(number: int, amount: int = 10, *, currency: str = "EUR", reachable: bool = True, priority: int = 0, **more: Any) -> Case:
    return Case(f"{number:03}", priority, {currency: Decimal(amount)}, reachable, **more)


def fitted(*cases: Case, **minutes: int) -> Fit:
    """Case 7 with skill x is for `senior` alone."""
    left = {name: Decimal(amount) for name, amount in minutes.items()}
    return fit(cases, left, TEN, lambda case: ["senior"] if case.skill else list(left))


def test_a_debtor_without_a_number_is_always_part_of_it() -> None:
    found = fit([call(1, reachable=False), call(2, 30)], None, TEN, lambda case: ())
    assert (found.money, found.short, found.unreachable) == ({"EUR": Decimal(10)}, 1, 1)


def test_what_is_beyond_the_minutes_is_part_of_it_the_least_valuable_first() -> None:
    work = [call(n, 10 + n) for n in range(4)]
    assert fitted(*work, anna=40).money == {}
    assert fitted(*work, anna=39).money == {"EUR": Decimal(10)}
    assert fitted(*work, call(900, 1, priority=5), anna=40).money == {"EUR": Decimal(10)}
    assert fitted(*work, call(900, 1, value=Decimal(1)), anna=40).money == {"EUR": Decimal(10)}, "value goes before priority and money"
    assert fitted(*work, call(900, 1, agreed=True), anna=40).money == {"EUR": Decimal(10)}, "a callback goes before everything"
    assert fitted(*work[:2], anna=0).money == {"EUR": Decimal(21)}
    assert fitted(*work[:2]).money == {"EUR": Decimal(21)}, "nobody is there"


def test_a_call_goes_to_whoever_able_has_most_minutes_and_is_short_when_those_have_none() -> None:
    found = fitted(call(1, 90), call(2, 80, skill="x"), call(3, 70, skill="x"), call(4, 60), anna=20, senior=15)
    assert found.agents == {"001": "anna", "002": "senior", "004": "anna"}
    assert (found.short, found.money) == (1, {"EUR": Decimal(70)})


def test_amounts_of_different_currencies_are_not_added() -> None:
    found = fitted(call(2, 5, currency="CHF", reachable=False), call(3, reachable=False))
    assert found.money == {"CHF": Decimal(5), "EUR": Decimal(10)}


def test_the_days_work_is_one_sentence() -> None:
    def said(cases: list[Case], minutes: int, language: Language = "en") -> str:
        found = fitted(*cases, anna=minutes)
        load = Load(day=date(2026, 11, 23), agents=1, minutes=minutes, wanted=10 * len(cases), calls=len(cases), left_over=found)
        return load.says(language, "Europe/Berlin")

    assert said([call(1)], 10) == "On Mon 23 Nov 2026 1 agent has 10 minutes for calls; 1 call waits and needs 10."
    assert said([call(1), call(2)], 10).endswith("2 calls wait and need 20. 1 of them does not fit for want of minutes: €10.00.")
    assert said([call(1, reachable=False)], 10).endswith("needs 10. 1 of them has no number that can be dialled: €10.00.")
    both = said([call(1), call(2), call(3), call(4, 25, reachable=False)], 10)
    assert both.endswith("2 of them do not fit for want of minutes: €20.00. 1 of them has no number that can be dialled: €25.00.")
    assert said([call(1), call(2)], 10, "de").endswith(
        "Am Mo., 23. Nov. 2026 hat 1 Person 10 Minuten für Anrufe; 2 Anrufe warten und brauchen 20."
        " Aus Mangel an Minuten passt 1 davon nicht hinein: 10,00\xa0€."
    )
    assert said([call(1, reachable=False)], 10, "de").endswith("1 davon hat keine wählbare Nummer: 10,00\xa0€.")


CASES = st.lists(
    st.builds(
        lambda amount, value, reachable, skill, agreed: Case(
            "", 0, {"EUR": Decimal(amount)}, reachable, value=Decimal(value), skill=skill, agreed=agreed
        ),
        st.integers(1, 99), st.integers(0, 5), st.booleans(), st.sampled_from(["", "", "x"]), st.booleans(),
    ),
    max_size=30,
).map(lambda found: [one._replace(task_id=f"{n:02}") for n, one in enumerate(found)])  # fmt: skip
MINUTES = st.fixed_dictionaries({}, optional={"anna": st.integers(0, 90), "ben": st.integers(0, 90), "senior": st.integers(0, 90)})


@given(CASES, MINUTES)
def test_for_all_desks_nobody_gets_more_calls_than_minutes_and_no_money_is_lost(cases: list[Case], minutes: dict[str, int]) -> None:
    found = fitted(*cases, **minutes)
    for agent in found.agents.values():
        assert sum(TEN for one in found.agents.values() if one == agent) <= minutes[agent]
    assert len(found.agents) + found.short == len(cases)
    short = sum((case.open_amount["EUR"] for case in cases if case.task_id not in found.agents), Decimal(0))
    assert found.money.get("EUR", Decimal(0)) == short


@given(CASES, MINUTES, st.randoms(use_true_random=False))
def test_for_all_orders_the_same_calls_fit(cases: list[Case], minutes: dict[str, int], chance: random.Random) -> None:
    shuffled = list(cases)
    chance.shuffle(shuffled)
    assert fitted(*shuffled, **minutes) == fitted(*cases, **minutes)


def test_a_load_that_was_kept_says_the_same_in_either_language_afterwards() -> None:
    found = fitted(call(1), call(2), call(3, 25, currency="CHF", reachable=False), anna=10)
    load = Load(day=date(2026, 11, 23), agents=1, minutes=10, wanted=20, calls=3, left_over=found)
    kept = load.document()
    read = read_load(kept)
    assert read is not None
    assert [read.says(language, "Europe/Berlin") for language in ("en", "de")] == [
        load.says(language, "Europe/Berlin") for language in ("en", "de")
    ]
    assert read_load({key: value for key, value in kept.items() if key != "without_number"}) is None
