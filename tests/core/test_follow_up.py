"""What follows from a call, with the shipped rules."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from collectord.core.contact.calendar import WorkingDays
from collectord.core.contact.facts import FactKind
from collectord.core.money import Money
from collectord.core.receivables.tasks import Origin, TaskState
from collectord.core.rule_text import Problem, Table
from collectord.core.telephony.attempts import AgentResult, AttemptState, Disposition, Result, Said
from collectord.core.telephony.disposition_rules import FollowUpRules, Then, parse_follow_up
from collectord.core.telephony.follow_up import TaskBack, TaskOver, after_result, after_talk, bank_day
from collectord.core.telephony.redial import Wait, When, wait_until
from tests.core.call_cases import NOW, RULES_DIR, attempt, item, shipped_rules, situation, task

PARTS = (time(8), time(12), time(16))
CLOSED: dict[str, Any] = {"state": AttemptState.CLOSED, "dialled_at": NOW}


def dialled(result: Result, **changes: Any) -> Any:
    return attempt(result=result, agent_result=AgentResult.ACCEPTED, **CLOSED, **changes)


def said(disposition: Disposition, **changes: Any) -> Said:
    return Said(disposition=disposition, **changes)


# ---------------------------------------------------------------- the network


def test_after_no_answer_the_next_call_falls_into_another_part_of_the_day_and_the_attempt_counts() -> None:
    follow = after_result(situation(dialled(Result.NO_ANSWER)))
    assert follow.task == TaskBack(datetime(2026, 11, 23, 11, 0, tzinfo=UTC), counted=True)  # 12:00 in Berlin
    assert not follow.levels


@pytest.mark.parametrize("result", [Result.BUSY, Result.CONGESTION, Result.FAILED])
def test_a_line_that_never_rang_is_tried_again_after_15_minutes_and_does_not_count(result: Result) -> None:
    assert after_result(situation(dialled(result))).task == TaskBack(NOW + timedelta(minutes=15), counted=False)


def test_a_declined_call_is_not_repeated_on_the_same_day() -> None:
    follow = after_result(situation(dialled(Result.REJECTED)))
    assert follow.task == TaskBack(datetime(2026, 11, 23, 23, 0, tzinfo=UTC), counted=True)  # midnight in Berlin


def test_a_dropped_call_counts_and_three_days_pass_before_the_next_one() -> None:
    back = TaskBack(NOW + timedelta(hours=72), counted=True)
    assert after_result(situation(dialled(Result.DROPPED))).task == back
    older, problems = parsed({"result/dropped": None})
    assert problems == []  # a file of before the word is complete
    assert after_result(situation(dialled(Result.DROPPED), rules=older)).task == back


def test_the_last_attempt_of_a_step_carries_it_out_and_the_ladder_goes_on() -> None:
    follow = after_result(situation(dialled(Result.NO_ANSWER), task=task(attempts_made=3)))
    assert follow.task == TaskOver()
    assert follow.levels == {"R1": 2, "R2": 1} or follow.levels == {"R1": 1, "R2": 1}
    busy = after_result(situation(dialled(Result.BUSY), task=task(attempts_made=3)))
    assert isinstance(busy.task, TaskBack)


def test_a_callback_has_its_own_number_of_attempts() -> None:
    callback = task(origin=Origin.CALLBACK, attempts_made=4)
    assert isinstance(after_result(situation(dialled(Result.NO_ANSWER), task=callback)).task, TaskBack)
    assert after_result(situation(dialled(Result.NO_ANSWER), task=replace(callback, attempts_made=5))).task == TaskOver()
    assert isinstance(after_result(situation(dialled(Result.NO_ANSWER), task=None)).task, TaskBack)


def test_a_call_asked_for_by_hand_is_not_repeated_by_itself() -> None:
    manual = task(origin=Origin.MANUAL, ladder="", level=0)
    assert after_result(situation(dialled(Result.NO_ANSWER), task=manual, ladder=None)).task == TaskOver()
    skipped = attempt(result=Result.NOT_DIALLED, agent_result=AgentResult.SKIPPED, **CLOSED)
    assert after_result(situation(skipped, task=manual, ladder=None)).task == TaskOver(TaskState.CANCELLED)


def test_an_unallocated_number_rests_and_another_one_may_be_tried() -> None:
    follow = after_result(situation(dialled(Result.UNALLOCATED, tech="SIP 404 Not Found")))
    (fact,) = follow.facts
    assert (fact.kind, fact.value, fact.actor) == (FactKind.NUMBER_BLOCKED, "+493012341000", "network")
    assert fact.until_on == date(2026, 12, 23)
    assert "SIP 404" in fact.reason
    assert follow.task == TaskBack(NOW + timedelta(minutes=5), counted=False)
    assert "Q.850 1" in after_result(situation(dialled(Result.UNALLOCATED, hangup_cause=1))).why
    assert "no such number" in after_result(situation(dialled(Result.UNALLOCATED))).why


def test_a_number_that_the_pbx_refuses_rests_too() -> None:
    denied = attempt(result=Result.NOT_DIALLED, tech="DENIED", **CLOSED)
    assert [fact.kind for fact in after_result(situation(denied)).facts] == [FactKind.NUMBER_BLOCKED]


@pytest.mark.parametrize(
    ("how", "minutes"), [(AgentResult.SKIPPED, 30), (AgentResult.LATER, 60), (AgentResult.NO_ANSWER, 5), (AgentResult.LEFT, 5), (None, 15)]
)
def test_what_only_the_agent_did_costs_the_debtor_no_attempt(how: AgentResult | None, minutes: int) -> None:
    undialled = attempt(result=Result.NOT_DIALLED, agent_result=how, why="the PBX did not take the call", **CLOSED)
    follow = after_result(situation(undialled))
    assert follow.task == TaskBack(NOW + timedelta(minutes=minutes), counted=False)
    assert not follow.outcomes
    assert not follow.facts


def test_an_unknown_call_and_a_talk_without_outcome_are_never_dialled_again_by_themselves() -> None:
    for result in (Result.UNKNOWN, Result.ANSWERED):
        follow = after_result(situation(dialled(result)))
        assert follow.task == TaskOver()
        assert follow.levels
    assert after_result(situation(attempt(**CLOSED))).task == TaskOver()


# ---------------------------------------------------------------- the talk


def test_a_promise_in_full_is_what_is_open_and_pauses_until_its_day_and_grace() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.PROMISE, on=date(2026, 11, 27)))
    (promise,) = follow.promises
    assert promise.amount == Money(Decimal("410.00"), "EUR")
    assert promise.promised_on == date(2026, 11, 27)  # a Friday
    assert promise.grace_until == date(2026, 12, 1)  # two banking days
    assert promise.items == ("R1", "R2")
    assert follow.task == TaskOver()
    assert [(o.item_no, o.promise, o.dunning_block_until) for o in follow.outcomes] == [
        ("R1", Money(Decimal("300.00"), "EUR"), date(2026, 12, 1)),
        ("R2", Money(Decimal("110.00"), "EUR"), date(2026, 12, 1)),
    ]
    assert len({o.outcome_id for o in follow.outcomes}) == 2
    assert "€410.00" in follow.why


def test_a_part_promise_is_in_the_currency_most_owed_and_spreads_over_the_oldest_items_first() -> None:
    items = (item("R1", "300.00"), item("R2", "110.00", date(2026, 11, 10)), item("R3", "20.00", currency="CHF"))
    placed = dialled(Result.ANSWERED, items=("R1", "R2", "R3"))
    follow = after_talk(situation(placed, items=items), said(Disposition.PROMISE, amount=Decimal(350), on=date(2026, 11, 27)))
    assert [p.amount for p in follow.promises] == [Money(Decimal(350), "EUR")]
    assert [(o.item_no, o.promise.amount if o.promise else None) for o in follow.outcomes] == [
        ("R1", Decimal("300.00")),
        ("R2", Decimal("50.00")),
        ("R3", None),
    ]


def test_a_promise_above_what_is_open_keeps_the_surplus_on_the_last_item() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.PROMISE, amount=Decimal(500), on=date(2026, 11, 27)))
    assert [o.promise.amount if o.promise else None for o in follow.outcomes] == [Decimal("300.00"), Decimal("200.00")]


def test_a_small_promise_is_all_on_the_oldest_item() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.PROMISE, amount=Decimal(50), on=date(2026, 11, 27)))
    assert [(o.item_no, bool(o.promise)) for o in follow.outcomes] == [("R1", True), ("R2", False)]


def test_credits_are_netted_and_currencies_never_added_in_a_full_promise() -> None:
    items = (item("R1", "300.00"), item("G1", "-100.00"), item("R2", "50.00", currency="CHF"))
    follow = after_talk(situation(dialled(Result.ANSWERED), items=items), said(Disposition.PROMISE, on=date(2026, 11, 27)))
    assert [p.amount for p in follow.promises] == [Money(Decimal("50.00"), "CHF"), Money(Decimal("200.00"), "EUR")]


def test_a_promise_about_items_that_are_gone_meanwhile_is_about_what_the_task_was_for() -> None:
    gone = situation(dialled(Result.ANSWERED), items=())
    follow = after_talk(gone, said(Disposition.PROMISE, on=date(2026, 11, 27)))
    assert [p.amount for p in follow.promises] == [Money(Decimal("410.00"), "EUR")]
    assert [(o.item_no, bool(o.promise)) for o in follow.outcomes] == [("R1", False), ("R2", False), ("", True)]
    nothing = after_talk(situation(dialled(Result.ANSWERED), items=(), task=None), said(Disposition.PROMISE, on=date(2026, 11, 27)))
    assert nothing.promises == ()
    part = after_talk(
        situation(dialled(Result.ANSWERED), items=(), task=None), said(Disposition.PROMISE, amount=Decimal(5), on=date(2026, 11, 27))
    )
    assert [p.amount for p in part.promises] == [Money(Decimal(5), "EUR")]


def test_a_promise_carries_how_many_before_it_were_broken() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED), broken_before=1), said(Disposition.PROMISE, on=date(2026, 11, 27)))
    assert follow.promises[0].level == 1


def test_paid_already_holds_five_banking_days_and_asks_accounting() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.PAID_ALREADY))
    assert follow.task == TaskBack(datetime(2026, 11, 30, 23, 0, tzinfo=UTC), counted=True)  # Tuesday 1 Dec, 0:00 in Berlin
    assert {o.dunning_block_until for o in follow.outcomes} == {date(2026, 11, 30)}
    assert [o.note for o in follow.outcomes] == ["search for a payment of €300.00 for R1", "search for a payment of €110.00 for R2"]


def test_paid_already_keeps_what_the_agent_wrote_and_asks_only_for_what_is_open() -> None:
    about = situation(dialled(Result.ANSWERED))
    follow = after_talk(replace(about, items=about.items[:1]), said(Disposition.PAID_ALREADY, note="am 3.11. bar"))
    assert [o.note for o in follow.outcomes] == ["am 3.11. bar (search for a payment of €300.00 for R1)", "am 3.11. bar"]


def test_a_dispute_is_a_fact_on_each_item_and_asks_accounting_for_a_block() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.DISPUTE, note="Ware defekt"))
    assert [(f.kind, f.value, f.reason) for f in follow.facts] == [
        (FactKind.DISPUTE, "R1", "Ware defekt"),
        (FactKind.DISPUTE, "R2", "Ware defekt"),
    ]
    assert {(o.dispute_reason, o.dunning_block_until) for o in follow.outcomes} == {("Ware defekt", date(2026, 12, 21))}


def test_a_callback_is_a_task_for_the_same_agent_at_the_agreed_hour_of_the_house() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.CALLBACK, on=date(2026, 11, 24), hour=10))
    (callback,) = follow.new_tasks
    assert callback.not_before == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert (callback.agent, callback.origin, callback.level, callback.items) == ("201", Origin.CALLBACK, 1, ("R1", "R2"))
    assert follow.task == TaskOver()
    assert not follow.levels  # the step is carried out by the callback


def test_a_callback_for_an_hour_that_is_over_comes_five_minutes_later() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.CALLBACK, on=date(2026, 11, 23), hour=8))
    assert follow.new_tasks[0].not_before == NOW + timedelta(minutes=5)
    at = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
    exact = after_talk(situation(dialled(Result.ANSWERED), task=None), said(Disposition.CALLBACK, callback_at=at))
    assert (exact.new_tasks[0].not_before, exact.new_tasks[0].ladder) == (at, "")


def test_a_refusal_carries_the_step_out() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.REFUSES))
    assert follow.task == TaskOver()
    assert set(follow.levels) == {"R1", "R2"}


def test_a_wrong_number_is_a_fact_and_another_number_may_be_tried_uncounted() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.WRONG_NUMBER))
    assert [(f.kind, f.value) for f in follow.facts] == [(FactKind.NUMBER_WRONG, "+493012341000")]
    assert isinstance(follow.task, TaskBack)
    assert not follow.task.counted


@pytest.mark.parametrize("disposition", [Disposition.THIRD_PARTY, Disposition.LEFT_MESSAGE])
def test_a_third_party_or_a_message_counts_and_accounting_is_not_told(disposition: Disposition) -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(disposition))
    assert isinstance(follow.task, TaskBack)
    assert follow.task.counted
    assert follow.outcomes == ()


def test_do_not_call_is_a_fact_and_ends_the_task_without_carrying_the_step_out() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED)), said(Disposition.DO_NOT_CALL))
    assert [f.kind for f in follow.facts] == [FactKind.DO_NOT_CALL]
    assert (follow.task, dict(follow.levels)) == (TaskOver(), {})


def test_a_call_about_no_item_in_particular_is_told_in_one_line() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED, items=())), said(Disposition.REFUSES, note="x"))
    assert [(o.item_no, o.note) for o in follow.outcomes] == [("", "x")]


def test_the_sentence_is_german_in_a_german_house() -> None:
    follow = after_talk(situation(dialled(Result.ANSWERED), language="de"), said(Disposition.REFUSES))
    assert follow.why == "Das Gespräch ergab keine Zahlung (weigert sich oder kann nicht)."


# ---------------------------------------------------------------- waiting


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23T07:00+01:00", "2026-11-23T09:00+01:00"),  # two hours are longer than the way to 8:00
        ("2026-11-23T09:00+01:00", "2026-11-23T12:00+01:00"),
        ("2026-11-23T11:00+01:00", "2026-11-23T13:00+01:00"),
        ("2026-11-23T17:00+01:00", "2026-11-24T08:00+01:00"),
        ("2026-03-28T17:00+01:00", "2026-03-29T08:00+02:00"),  # the clock goes forward in between
    ],
)
def test_the_other_part_of_the_day_is_the_next_one_or_tomorrows_first(now: str, expected: str) -> None:
    wait = Wait(when=When.OTHER_PART_OF_DAY, after=timedelta(hours=2))
    assert wait_until(wait, PARTS, "Europe/Berlin", datetime.fromisoformat(now)) == datetime.fromisoformat(expected)


def test_no_wait_is_shorter_than_five_minutes() -> None:
    assert wait_until(Wait(after=timedelta(seconds=1)), PARTS, "Europe/Berlin", NOW) == NOW + timedelta(minutes=5)


def test_banking_days_skip_weekends_and_without_a_holiday_table_the_debtor_gets_the_longer_grace() -> None:
    assert bank_day(WorkingDays("DE", "BE"), date(2026, 12, 23), 2) == date(2026, 12, 28)
    assert bank_day(WorkingDays("XX"), date(2026, 11, 27), 2) >= date(2026, 12, 1)


# ---------------------------------------------------------------- the rule file


def parsed(change: dict[str, Any]) -> tuple[FollowUpRules, list[str]]:
    data = tomllib.loads((RULES_DIR / "dispositions.toml").read_text(encoding="utf-8"))
    for path, value in change.items():
        *parents, last = path.split("/")
        inner = data
        for parent in parents:
            inner = inner[parent]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    problems: list[Problem] = []
    rules = parse_follow_up(Table(data, "", problems))
    return rules, [f"{problem.path}: {problem.sentence}" for problem in problems]


def test_every_word_has_its_rule_in_the_shipped_file() -> None:
    rules = shipped_rules()
    assert set(rules.results) == set(Result) - {Result.NOT_DIALLED}
    assert set(rules.dispositions) == set(Disposition)
    assert rules.grace_banking_days == 2


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"result/busy": None}, "result.busy"),
        ({"result/unknown/then": "retry"}, "result.unknown.then"),
        ({"result/busy/after": "1m"}, "result.busy.after"),
        ({"result/busy/when": "someday"}, "result.busy.when"),
        ({"result/busy/aftr": "1m"}, "result.busy.aftr"),
        ({"result/unallocated/block_for": "0d"}, "result.unallocated.block_for"),
        ({"agent/skipped": "10s"}, "agent.skipped"),
        ({"agent/asleep": "10m"}, "agent.asleep"),
        ({"disposition/promise/then": "stop"}, "disposition.promise.then"),
        ({"disposition/do_not_call/then": "retry"}, "disposition.do_not_call.then"),
        ({"disposition/callback/then": "retry"}, "disposition.callback.then"),
        ({"disposition/maybe": {"then": "done"}}, "disposition.maybe"),
        ({"parts_of_day": ["noon"]}, "parts_of_day.0"),
        ({"parts_of_day": []}, "parts_of_day"),
        ({"parts_of_day": ["12:00", "08:00"]}, "parts_of_day"),
        ({"broken_promise/escalate_from": 0}, "broken_promise.escalate_from"),
        ({"max_attempts": 0.5}, "max_attempts"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_key(change: dict[str, Any], path: str) -> None:
    rules, problems = parsed(change)
    assert any(problem.startswith(f"{path}:") for problem in problems), problems
    assert isinstance(rules, FollowUpRules)


def test_a_result_may_also_simply_be_done_and_a_talk_may_be_held() -> None:
    rules, problems = parsed({"result/busy/then": "done", "disposition/refuses/then": "hold"})
    assert problems == []
    assert rules.dispositions[Disposition.REFUSES].then is Then.HOLD
    assert after_result(situation(dialled(Result.BUSY), rules=rules)).task == TaskOver()
