"""At which hour somebody is likely to be reached: learned, drawn towards what many calls tell, explored, never of whom it may not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.call_value import CallValue
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.best_time import (
    AVERAGE,
    NOTHING_LEARNED,
    Bin,
    HourRules,
    Hours,
    Moment,
    Outlook,
    Tally,
    bin_of,
    day_part,
    explores,
    hours_from,
    outlook,
    segment_of,
    told,
)  # fmt: skip

KEY = DebtorKey("", "10")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
DESK = tuple(range(8, 18))
RULES = HourRules(enabled=True, explore=Decimal(0))
VALUE = CallValue(enabled=True)
AFTERNOONS = hours_from(
    ("business", (part, hour), Tally(2000, 1000 if hour >= 14 else 400)) for part in (0, 1) for hour in DESK
)  # fmt: skip


def seen(hour: int, *, hours: Hours = AFTERNOONS, rules: HourRules = RULES, own: Any = None, short: bool = False, **more: Any) -> Outlook:
    moment = Moment(local=more.get("local", MONDAY.replace(hour=hour)), hours=more.get("desk", DESK), short=short)
    return outlook(more.get("key", KEY), more.get("segment", "business"), own or {}, moment, hours, rules, VALUE)


def test_a_call_that_somebody_else_answered_reached_nobody_and_a_wrong_number_tells_nothing() -> None:
    assert told("answered", "promise") is True
    assert told("answered", "") is True
    assert told("answered", "third_party") is False
    assert told("answered", "", third_party=True) is False
    assert told("answered", "left_message") is False
    assert [told(result, "") for result in ("no_answer", "rejected", "voicemail")] == [False] * 3
    assert [told(result, "") for result in ("busy", "congestion", "failed", "unknown", "dropped")] == [None] * 5
    assert told("answered", "wrong_number") is None


def test_the_week_has_three_parts_and_the_day_six() -> None:
    days = [bin_of(MONDAY + day * timedelta(days=1))[0] for day in range(7)]
    assert days == [0, 0, 0, 0, 1, 2, 2]
    assert [day_part(hour) for hour in (0, 9, 10, 12, 14, 16, 18, 23)] == [0, 0, 1, 2, 3, 4, 5, 5]


def test_private_persons_are_left_out_unless_that_is_allowed_and_who_is_not_known_is_taken_for_one() -> None:
    assert segment_of("business", private_allowed=False) == "business"
    assert segment_of("private", private_allowed=False) == ""
    assert segment_of("private", private_allowed=True) == "private"
    assert segment_of("", private_allowed=True) == ""
    assert seen(15, segment="") is AVERAGE


def test_where_nothing_is_learned_or_it_is_switched_off_every_hour_is_an_average_one() -> None:
    assert seen(15, hours=NOTHING_LEARNED) is AVERAGE
    assert seen(15, rules=replace(RULES, enabled=False)) is AVERAGE
    assert seen(15, segment="private") is AVERAGE
    assert AVERAGE.says("en") == ""


def test_few_calls_are_drawn_towards_the_average_and_many_speak_for_themselves() -> None:
    few = hours_from([("business", (0, 9), Tally(2, 2)), ("business", (0, 15), Tally(98, 28))])
    many = hours_from([("business", (0, 9), Tally(2000, 1800)), ("business", (0, 15), Tally(98, 28))])
    one, other = few.chance("business", (0, 9)), many.chance("business", (0, 9))
    assert one is not None
    assert other is not None
    assert 0.30 < one < 0.40
    assert 0.87 < other < 0.90


def test_a_part_of_the_week_without_calls_has_the_chance_of_the_hour() -> None:
    known = hours_from([("business", (0, 9), Tally(4000, 3000))])
    assert known.chance("business", (1, 9)) == pytest.approx(known.chance("business", (0, 9)), abs=0.01)
    assert known.chance("business", (0, 17)) == pytest.approx(0.75, abs=0.01), "the segment's average"


def test_a_debtors_own_calls_speak_for_their_part_of_the_day_alone() -> None:
    own = {day_part(9): Tally(12, 12)}
    early, late = AFTERNOONS.chance("business", (0, 9), own), AFTERNOONS.chance("business", (0, 15), own)
    assert early is not None
    assert early > 0.6
    assert late == AFTERNOONS.chance("business", (0, 15))


def test_a_good_hour_makes_a_value_greater_and_a_bad_one_smaller() -> None:
    assert seen(15).factor > 1 > seen(9).factor * Decimal("0.99")
    assert seen(15).factor > seen(9).factor


def test_only_when_the_day_is_short_a_call_waits_for_a_better_hour_of_the_same_day() -> None:
    assert seen(9, short=True).factor < seen(9).factor
    assert seen(9, short=True, rules=replace(RULES, wait=Decimal(0))).factor == seen(9).factor
    assert seen(15, short=True).factor == seen(15).factor, "nothing better is left"
    assert seen(9, short=True, desk=(8, 9, 10, 11)).factor == pytest.approx(seen(9).factor, abs=Decimal("0.01")), "the desk ends at noon"


def test_the_sentence_says_what_is_reached_now_and_at_the_best_hour_left() -> None:
    assert seen(9).says("en") == "At this hour 20 % of such calls reach somebody, from 14 o'clock 50 %."
    drawn = next(one for n in range(99) if (one := seen(8, rules=EXPLORING, key=DebtorKey("", str(n)))).drawn)
    assert drawn.says("de") == f"Heute ist die Stunde ausgelost, damit bessere gefunden werden: {drawn.best_hour} Uhr."


EXPLORING = HourRules(enabled=True, explore=Decimal("0.08"))


def test_at_least_five_of_a_hundred_debtors_a_day_are_called_at_a_drawn_hour_and_all_hours_are_drawn() -> None:
    found = [seen(8, rules=EXPLORING, key=DebtorKey("", str(n))) for n in range(4000)]
    drawn = [one.best_hour for one in found if one.drawn]
    assert 0.06 < len(drawn) / len(found) < 0.10
    assert set(drawn) == set(DESK)


def test_a_debtor_whose_hour_was_drawn_waits_for_it_and_is_ordinary_after_it() -> None:
    key = next(DebtorKey("", str(n)) for n in range(999) if seen(8, rules=EXPLORING, key=DebtorKey("", str(n))).best_hour == 10)
    assert explores(key, MONDAY.date(), EXPLORING.explore)
    before, at, after = (seen(hour, rules=EXPLORING, key=key, short=True) for hour in (9, 10, 11))
    assert before.factor < at.factor
    assert at.factor == seen(15).factor, "as if it were the best hour"
    assert (after.drawn, after.factor) == (False, seen(11, short=True).factor)
    assert not seen(9, rules=EXPLORING, key=key, desk=()).drawn


@given(st.integers(0, 10**6), st.integers(0, 5000), st.decimals("0.05", "0.5", places=2))
def test_for_all_debtors_and_days_the_draw_can_be_repeated(number: int, ahead: int, share: Decimal) -> None:
    key, day = DebtorKey("", str(number)), date(2026, 1, 1) + timedelta(days=ahead)
    assert explores(key, day, share) == explores(DebtorKey("", str(number)), day, share)


BINS = st.lists(
    st.tuples(st.just("business"), st.tuples(st.integers(0, 2), st.integers(7, 20)), st.tuples(st.integers(0, 300), st.integers(0, 300))),
    max_size=20,
).map(lambda found: [(name, one, Tally(max(pair), min(pair))) for name, one, pair in found])  # fmt: skip


@given(BINS, st.integers(0, 23), st.booleans(), st.integers(0, 30), st.integers(0, 30))
def test_for_all_calls_the_factor_is_never_nothing_and_the_chance_is_one(
    bins: list[tuple[str, Bin, Tally]], hour: int, short: bool, tries: int, hits: int
) -> None:
    own = {day_part(hour): Tally(max(tries, hits), min(tries, hits))}
    found = seen(hour, hours=hours_from(bins), own=own, short=short, rules=EXPLORING)
    assert found.factor > 0
    assert found.chance is None or 0 < found.chance < 1
    assert found.best_hour is None or found.best_hour >= hour


@given(BINS, st.randoms(use_true_random=False))
def test_for_all_orders_of_calls_the_same_is_learned(bins: list[tuple[str, Bin, Tally]], chance: Any) -> None:
    shuffled = list(bins)
    chance.shuffle(shuffled)
    one, other = hours_from(bins), hours_from(shuffled)
    assert {name: dict(known.chances) for name, known in one.by_segment.items()} == {
        name: pytest.approx(dict(known.chances)) for name, known in other.by_segment.items()
    }
