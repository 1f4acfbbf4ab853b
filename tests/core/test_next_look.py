"""The next look: never after the day on which time alone would change what planning decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.dunning import Cancel, Change, Create, Keep, Nothing, Wait, new_task, plan_tasks
from collectord.core.receivables.frame import NO_FRAME, Frame, Pause
from collectord.core.receivables.history import History
from collectord.core.receivables.holds import NO_HOLD, Holds, Objection
from collectord.core.receivables.ladders import Ladder, Level, Options, SeveralItems
from collectord.core.receivables.ledger import FOREVER, Debtor, OpenItem
from collectord.core.receivables.next_look import next_look
from collectord.core.receivables.peers import Peer
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.risk_rules import RiskRules, Risks
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.receivables.triggers import Trigger
from collectord.core.receivables.wanted import NotWanted, Wanted
from tests.core.planning_cases import (
    DEBTORS,
    HISTORIES,
    HOLDS,
    LADDERS,
    MANY,
    RISKY,
    SAFE,
    SHIPPED,
    TRIGGERS,
    plain,
)
from tests.core.planning_cases import ITEMS as MIXED

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DEBTOR = Debtor(company="", debtor_no="1", debtor_name="Müller", person_type="business")
LADDER = Ladder(
    name="standard",
    levels=(
        Level(number=1, name="courtesy", after_due=-3, medium="call", min_open=Decimal(1000)),
        Level(number=2, name="friendly", after_due=3, medium="call", min_open=Decimal(25)),
        Level(number=3, name="short", after_due=10, medium="call", expires_after=5, needs_gap=4),
        Level(number=4, name="off", after_due=15, medium="letter", enabled=False),
        Level(number=5, name="firm", after_due=20, medium="call", needs_gap=7),
        Level(number=6, name="handover", after_due=45, medium="handover"),
    ),
)


def item(number: int = 1, past: int = 5, amount: int = 100, **more: Any) -> OpenItem:
    return OpenItem(
        company="", debtor_no="1", item_no=f"R{number}", source="canonical", due_on=TODAY - past * DAY, open_amount=Decimal(amount), **more
    )  # fmt: skip


def looked(*items: OpenItem, task: Task | None = None, ladder: Ladder | None = LADDER, holds: Holds = NO_HOLD) -> date | None:
    decision = plan_tasks(DEBTOR, items, task, ladder, TODAY, holds=holds)
    return next_look(decision, items, ladder, holds, NO_FRAME, TODAY)


def task_for(*items: OpenItem) -> Task:
    decision = plan_tasks(DEBTOR, items, None, LADDER, TODAY)
    assert isinstance(decision, Create)
    return new_task(decision.wanted, "t", NOW, language="en", zone="UTC")


def test_a_refusal_says_itself_until_when_it_stands() -> None:
    assert looked(item(past=1)) == TODAY + 2 * DAY
    assert looked(item(dispute=True)) is None
    assert looked(item(), ladder=None) is None
    assert looked() is None


def test_a_wanted_contact_may_change_when_what_it_is_about_does() -> None:
    assert looked(item(past=5)) is None, "a step that was not carried out is not skipped"
    assert looked(item(past=11, contact_level=2, contacted_on=TODAY - 6 * DAY)) == TODAY + 4 * DAY, "its moment passes"
    assert looked(item(past=5), item(2, past=-1)) == TODAY + 2 * DAY, "an item is overdue"
    assert looked(item(past=5), item(2, past=5, dunning_block_until=TODAY + DAY)) == TODAY + 2 * DAY
    assert looked(item(past=5), item(2, past=5, dunning_block_until=FOREVER)) is None
    assert looked(item(past=5), item(2, past=5, dunning_deadline=TODAY + DAY)) == TODAY + DAY
    assert looked(item(past=5), item(2, past=5, last_dunned_on=TODAY + 3 * DAY)) == TODAY + 3 * DAY
    assert looked(item(past=5), holds=Holds(objections=(Objection("R9", TODAY + 2 * DAY, "copy"),))) == TODAY + 3 * DAY
    assert looked(item(past=5), item(2, amount=-10)) is None, "a credit has no steps"
    assert looked(item(past=200, contact_level=4, contacted_on=TODAY - 30 * DAY)) is None


@pytest.mark.parametrize("several", [SeveralItems.HIGHEST, SeveralItems.EACH_ITS_OWN])
def test_where_not_the_oldest_item_drives_every_steps_day_of_every_item_matters(several: SeveralItems) -> None:
    other = replace(LADDER, options=Options(several_items=several))
    assert looked(item(past=5), ladder=other) == TODAY + 5 * DAY, "the third step's day"
    assert looked(item(past=5), item(2, past=0), ladder=other) == TODAY + DAY
    assert looked(item(past=5), item(2, amount=-10), ladder=other) == TODAY + 5 * DAY, "a credit has no steps"


def test_a_kept_task_is_looked_at_as_one_that_is_made_and_one_in_somebodys_hands_every_time() -> None:
    task = task_for(item())
    assert looked(item(), task=task) == looked(item())
    assert looked(item(amount=90), task=task) == looked(item(amount=90))
    assert looked(item(dispute=True), task=task) is None
    assert looked(item(), task=replace(task, state=TaskState.IN_CALL)) == TODAY


def test_a_step_that_waits_for_room_is_looked_at_when_there_is_some() -> None:
    task, until = task_for(item()), TODAY + 4 * DAY
    refused = NotWanted(rule="saturated", until=until, values={})
    for decision in (Wait(task, NOW, refused), Keep(task, refused), Cancel(task, refused)):
        assert next_look(decision, (item(),), LADDER, NO_HOLD, NO_FRAME, TODAY) == until


def test_a_handover_and_what_was_brought_forward_are_looked_at_every_day() -> None:
    assert looked(item(past=50, contact_level=5, contacted_on=TODAY - 20 * DAY)) == TODAY + DAY
    task = task_for(item())
    asked = plan_tasks(DEBTOR, (item(),), None, LADDER, TODAY)
    assert isinstance(asked, Create)
    brought = replace(asked.wanted, brought=object())  # type: ignore[arg-type]
    assert next_look(Change(task, brought), (item(),), LADDER, NO_HOLD, NO_FRAME, TODAY) == TODAY + DAY


def test_a_courtesy_for_a_risk_is_looked_at_when_time_makes_the_risk_another() -> None:
    asks = replace(LADDER, levels=(replace(LADDER.levels[0], min_risk=30), *LADDER.levels[1:]))
    policy = Policy(risks=Risks(rules=RiskRules(enabled=True)))

    def next_of(*items: OpenItem, ladder: Ladder = asks) -> date | None:
        decision = plan_tasks(DEBTOR, items, None, ladder, TODAY, policy=policy)
        return next_look(decision, items, ladder, NO_HOLD, NO_FRAME, TODAY, risks=policy.risks)

    coming = item(past=-1, amount=2_000)
    finished = item(2, past=1, booking_lag=9)  # not overdue for us yet, but late for the estimate in three days
    assert next_of(coming) == TODAY + 2 * DAY, "it is overdue: nothing before that makes its risk another"
    assert next_of(item(past=0, amount=2_000), finished) == TODAY + DAY
    assert next_of(item(past=-2, amount=2_000), replace(finished, due_on=TODAY - 2 * DAY)) == TODAY + 2 * DAY
    assert next_of(item(past=-2, amount=2_000), replace(finished, due_on=TODAY - 4 * DAY)) == TODAY + DAY, "later every day"
    assert next_of(item(past=-9), ladder=asks) == TODAY + 6 * DAY
    assert next_of(item(past=1), item(2, amount=-5), ladder=asks) == TODAY + 2 * DAY


ITEMS = st.lists(
    st.builds(
        item,
        st.integers(1, 4),
        st.integers(-20, 60),
        st.sampled_from([5, 40, 2_000, -30]),
        contact_level=st.integers(0, 6),
        contacted_on=st.one_of(st.none(), st.integers(0, 30).map(lambda days: TODAY - days * DAY)),
        dunning_block_until=st.one_of(st.none(), st.integers(-2, 9).map(lambda days: TODAY + days * DAY)),
        booking_lag=st.integers(0, 2),
    ),
    min_size=1, max_size=4, unique_by=lambda one: one.item_no,
)  # fmt: skip


@given(ITEMS)
def test_for_all_items_before_the_next_look_planning_again_changes_nothing(items: list[OpenItem]) -> None:
    first = plan_tasks(DEBTOR, items, None, LADDER, TODAY)
    until = next_look(first, items, LADDER, NO_HOLD, NO_FRAME, TODAY) or TODAY + 120 * DAY
    task = new_task(first.wanted, "t", NOW, language="en", zone="UTC") if isinstance(first, Create) else None
    for ahead in range((until - TODAY).days):
        again = plan_tasks(DEBTOR, items, task, LADDER, TODAY + ahead * DAY)
        answer = again.answer if isinstance(again, Keep) else getattr(again, "reason", None)
        assert isinstance(answer, Wanted if task else NotWanted)


@given(
    LADDERS, st.one_of(st.just(MANY), st.lists(TRIGGERS, max_size=2).map(tuple)), DEBTORS, MIXED, HISTORIES, HOLDS,
    st.sampled_from([RISKY, SAFE]), st.booleans(),
)  # fmt: skip
def test_for_all_debtors_before_the_next_look_planning_again_changes_nothing(
    rules: Ladder,
    triggers: tuple[Trigger, ...],
    debtor: Debtor,
    items: list[OpenItem],
    history: History,
    holds: Holds,
    peer: Peer,
    shipped: bool,
) -> None:
    policy = plain(*triggers, peer=peer)
    ladder = SHIPPED.ladders[0] if shipped else rules
    first = plan_tasks(debtor, items, None, ladder, TODAY, holds=holds, history=history, policy=policy)
    until = next_look(first, items, ladder, holds, NO_FRAME, TODAY, history=history, risks=policy.risks) or TODAY + 90 * DAY
    task = new_task(first.wanted, "t", NOW, language="en", zone="UTC") if isinstance(first, Create) else None
    for ahead in range(min(90, (until - TODAY).days)):
        again = plan_tasks(debtor, items, task, ladder, TODAY + ahead * DAY, holds=holds, history=history, policy=policy)
        assert isinstance(again, Keep if task else Nothing)


def test_the_end_of_a_pause_is_looked_at_even_of_a_branch_that_no_ladder_is_for() -> None:
    covered = Nothing(NotWanted(rule="head-office", until=None, values={"head": "90"}))
    frame = Frame(pause=Pause(until=TODAY + 2 * DAY, who="M. Lead", why="contract"))
    for ladder in (LADDER, None):
        assert next_look(covered, (item(),), ladder, NO_HOLD, frame, TODAY) == TODAY + 3 * DAY
        assert next_look(covered, (item(),), ladder, NO_HOLD, frame, TODAY + 3 * DAY) is None
