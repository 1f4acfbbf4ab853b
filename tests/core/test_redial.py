"""Redial: when a task comes back after a call in vain, and how often the same may happen."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.tasks import TaskState
from collectord.core.rule_text import Problem, Table
from collectord.core.telephony.attempts import AgentResult, AttemptState, Disposition, Result, Said
from collectord.core.telephony.follow_up import TaskBack, TaskOver, after_result, after_talk
from collectord.core.telephony.redial import SHORTEST_RETRY, Again, Reason, Tried, Wait, When, again, parse_wait
from tests.core.call_cases import NOW, attempt, situation, task

PARTS = (time(8), time(12), time(16))
ZONE = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
TOMORROW = datetime.fromisoformat("2026-11-24T00:00+01:00")
BUSY = Wait(after=15 * MINUTE, growth=2, longest=120 * MINUTE, a_day=4, in_all=10, other_number=10 * MINUTE)


def ask(wait: Wait, *earlier: Tried, how: str = "busy", other: bool = False, now: datetime = NOW) -> Again | None:
    return again(wait, earlier, how, now, parts=PARTS, zone=ZONE, other=other)


def busy(minutes_ago: int = 0, *, days_ago: int = 0, how: str = "busy") -> Tried:
    return Tried(NOW - timedelta(days=days_ago, minutes=minutes_ago), how)


def test_each_further_one_in_a_row_on_a_day_waits_longer_up_to_the_longest() -> None:
    endless = Wait(after=15 * MINUTE, growth=2, longest=120 * MINUTE)
    waits = [ask(endless, *[busy(9 - n) for n in range(made)]) for made in range(6)]
    assert [(one.at - NOW) // MINUTE for one in waits if one] == [15, 30, 60, 120, 120, 120]
    assert [one.reason for one in waits if one] == [Reason.RETRY, *[Reason.GROWN] * 5]
    assert waits[2] == Again(NOW + 60 * MINUTE, Reason.GROWN, 3)


def test_another_outcome_in_between_or_another_day_begins_anew() -> None:
    assert ask(BUSY, busy(50), busy(20, how="no_answer")) == Again(NOW + 15 * MINUTE, Reason.RETRY, 1)
    assert ask(BUSY, busy(days_ago=1), busy(days_ago=1)) == Again(NOW + 15 * MINUTE, Reason.RETRY, 1)


def test_after_so_many_on_a_day_the_task_waits_for_tomorrow_whatever_other_number_there_is() -> None:
    earlier = (busy(50), busy(40, how="failed"), busy(30), busy(20))
    assert ask(BUSY, *earlier, other=True) == Again(TOMORROW, Reason.DAY_OVER, 4)


def test_the_day_is_the_houses() -> None:
    late = datetime.fromisoformat("2026-11-23T23:30+00:00")  # already the 24th in Berlin
    earlier = [Tried(late - timedelta(hours=hours), "busy") for hours in (3, 2, 1)]
    answer = ask(BUSY, *earlier, now=late)
    assert answer is not None
    assert answer.reason is Reason.RETRY


def test_after_so_many_in_all_the_same_outcome_ends_it() -> None:
    earlier = [busy(days_ago=days) for days in range(9, 0, -1)]
    assert ask(BUSY, *earlier[:8]) is not None
    assert ask(BUSY, *earlier) is None
    assert ask(BUSY, *earlier, how="failed") is not None


def test_a_number_called_less_often_in_vain_is_tried_without_the_whole_wait() -> None:
    assert ask(BUSY, other=True) == Again(NOW + 10 * MINUTE, Reason.OTHER_NUMBER, 1)
    assert ask(Wait(after=15 * MINUTE), other=True) == Again(NOW + 15 * MINUTE, Reason.RETRY, 1)


@given(
    when=st.sampled_from(When),
    after=st.integers(0, 600),
    growth=st.integers(1, 10),
    limits=st.tuples(st.integers(0, 5), st.integers(0, 9)),
    other=st.booleans(),
    ago=st.lists(st.integers(0, 4000), max_size=12),
    hows=st.lists(st.sampled_from(["busy", "failed"]), min_size=12, max_size=12),
)
def test_nobody_is_called_again_within_five_minutes_and_no_further_call_in_a_row_comes_sooner(
    when: When, after: int, growth: int, limits: tuple[int, int], other: bool, ago: list[int], hows: list[str]
) -> None:
    wait = Wait(when=when, after=after * MINUTE, growth=growth, a_day=limits[0], in_all=limits[1], other_number=MINUTE if other else None)
    earlier = [busy(minutes, how=how) for minutes, how in zip(sorted(ago, reverse=True), hows, strict=False)]
    answer = ask(wait, *earlier, other=other)
    if answer is None:
        assert sum(call.how == "busy" for call in earlier) + 1 >= limits[1] > 0
        return
    assert answer.at >= NOW + SHORTEST_RETRY
    if not other:
        further = ask(wait, *earlier, busy())
        assert further is None or further.at >= answer.at or answer.reason is Reason.DAY_OVER


# ---------------------------------------------------------------- what is said


def dialled(result: Result) -> Any:
    return attempt(result=result, agent_result=AgentResult.ACCEPTED, state=AttemptState.CLOSED, dialled_at=NOW)


def test_the_sentence_names_the_rule_and_its_reason() -> None:
    first = after_result(situation(dialled(Result.BUSY)))
    assert first.why == "The last call: line busy; again from Mon 23 Nov 2026 10:15 (result.busy)."
    grown = after_result(situation(dialled(Result.BUSY), earlier=(busy(20),)))
    assert "The last 2 calls: line busy" in grown.why
    assert "10:30" in grown.why
    other = after_result(situation(dialled(Result.BUSY), other_number="+493012341001"))
    assert other.task == TaskBack(NOW + 10 * MINUTE, counted=False)
    assert "the other number +493012341001 is tried (result.busy)" in other.why
    over = after_result(situation(dialled(Result.BUSY), earlier=(busy(60), busy(40), busy(20))))
    assert over.task == TaskBack(TOMORROW, counted=False)
    assert "4 times today" in over.why
    german = after_result(situation(dialled(Result.BUSY), language="de"))
    assert german.why.endswith("(result.busy).")
    talk = after_talk(situation(dialled(Result.ANSWERED)), Said(disposition=Disposition.THIRD_PARTY))
    assert "(disposition.third_party)" in talk.why


def test_a_line_that_is_always_busy_ends_the_step_and_the_ladder_goes_on() -> None:
    follow = after_result(situation(dialled(Result.BUSY), task=task(), earlier=tuple(busy(days_ago=days) for days in range(9, 0, -1))))
    assert follow.task == TaskOver(TaskState.DONE)
    assert follow.levels
    assert "10 calls for this step ended with the same result (line busy)" in follow.why


def test_a_full_network_never_ends_a_step() -> None:
    earlier = tuple(busy(days_ago=1, minutes_ago=60 * n, how="congestion") for n in range(30))
    follow = after_result(situation(dialled(Result.CONGESTION), earlier=earlier))
    assert isinstance(follow.task, TaskBack)


# ---------------------------------------------------------------- the rule file


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"after": "1m"}, "after"),
        ({"other_number": "1m"}, "other_number"),
        ({"growth": 0}, "growth"),
        ({"after": "2h", "longest": "1h"}, "longest"),
        ({"a_day": -1}, "a_day"),
        ({"a_day": 5, "in_all": 3}, "in_all"),
        ({"when": "soon"}, "when"),
    ],
)
def test_a_mistake_is_named_with_its_key(given: dict[str, Any], key: str) -> None:
    problems: list[Problem] = []
    parse_wait(Table(given, "result.busy", problems))
    assert [problem.path for problem in problems] == [f"result.busy.{key}"]


def test_what_is_left_out_holds_nothing_up() -> None:
    problems: list[Problem] = []
    assert parse_wait(Table({"after": "6h"}, "result.busy", problems)) == Wait(after=timedelta(hours=6), longest=timedelta(hours=6))
    assert problems == []
