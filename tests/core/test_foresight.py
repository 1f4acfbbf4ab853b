"""Foresight: the call list names the first day on which the ladder wants the contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given

from collectord.core.receivables.dunning import Keep, day_begins, plan_tasks
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.foresight import first_wanted, foresee_task
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.receivables.wanted import NotWanted, Wanted
from tests.core.test_dunning import DAY, DEBTORS, FIRM, HOLDS, ITEMS, LADDERS, NOW, STANDARD, TODAY, ZONE, item, made, yes


def foreseen(*items: OpenItem, task: Task | None = None, days: int = 5, holds: Holds = NO_HOLD) -> Task | None:
    return foresee_task(
        FIRM, items, task, STANDARD, holds, today=TODAY, last=TODAY + days * DAY, now=NOW, language="en", zone=ZONE
    )  # fmt: skip


def test_a_contact_wanted_today_is_foreseen_today_and_the_existing_task_stands_for_itself() -> None:
    task = foreseen(item())
    assert task is not None
    assert (task.id, task.level) == ("foreseen-10023", 2)
    existing = made(yes(item()))
    assert foreseen(item(), task=existing) == existing
    assert foreseen(item(), task=replace(existing, why="As it was yesterday.")) == existing
    in_hand = replace(existing, state=TaskState.LEASED)
    assert foreseen(item(), task=in_hand) is in_hand
    changed = foreseen(item(amount="77.00"), task=existing)
    assert changed is not None
    assert (changed.id, list(map(str, changed.open_amount.values()))) == ("t1", ["77.00"])


def test_a_contact_of_a_later_day_is_foreseen_on_that_day_and_not_beyond_the_horizon() -> None:
    task = foreseen(item(days=1), days=2)
    assert task is not None
    assert task.not_before.date() == TODAY + 1 * DAY  # midnight in Berlin
    assert foreseen(item(days=1), days=1) is None
    assert foreseen() is None


def test_a_task_that_is_about_to_be_cancelled_gives_way_to_the_next_step() -> None:
    early = made(yes(item(days=0, amount="1500.00")))
    task = foreseen(item(days=1, amount="1500.00"), task=early)
    assert task is not None
    assert (task.level, task.id) == (2, "foreseen-10023")


@given(DEBTORS, ITEMS, LADDERS, HOLDS)
def test_for_all_ledgers_the_day_foreseen_is_the_first_one(debtor: Debtor, items: list[OpenItem], ladder: Ladder, holds: Holds) -> None:
    last = TODAY + timedelta(days=9)
    task = foresee_task(debtor, items, None, ladder, holds, today=TODAY, last=last, now=NOW, language="de", zone=ZONE)
    days = [TODAY + offset * DAY for offset in range(10)]
    answers = [(day, wanted(debtor, items, ladder, day, holds=holds)) for day in days]
    first: tuple[date, Wanted] | None = next(((day, answer) for day, answer in answers if isinstance(answer, Wanted)), None)
    assert (task is None) == (first is None)
    if task is not None and first is not None:
        assert (task.level, task.items) == (first[1].level.number, first[1].items)
        assert isinstance(plan_tasks(debtor, items, task, ladder, first[0], holds=holds), Keep)
        assert first[0] == TODAY or task.not_before == day_begins(first[0], ZONE), "a step may have come before too little was owed no more"


def test_a_refusal_that_names_a_day_gone_by_is_asked_about_the_next_day() -> None:
    asked: list[date] = []

    def answer(day: date) -> NotWanted:
        asked.append(day)
        return NotWanted(rule="not-yet", until=TODAY, values={})

    assert first_wanted(answer, answer(TODAY), TODAY + 2 * DAY) is None
    assert asked[1:] == [TODAY, TODAY + DAY, TODAY + 2 * DAY]
