"""What a refusal put off comes back as soon as what refused is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from collectord.core.contact.contact_rules import Refused, may_begin
from collectord.core.contact.facts import Fact, FactKind
from collectord.core.contact.task_asked import allowed_from, items_wait
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.strategies import NO_FRAMES
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.rules import Rules
from collectord.edge.store import facts, tasks
from collectord.loops import call_sheet, planning
from collectord.loops.promises import judge_promises
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.master import master
from tests.loops.shift import MONDAY, ended, keyed, place, planned, talk, tell

FRIDAY = local("2026-11-27T13:00")
GRACE = {"grace": "2026-12-04", "approved_by": "M. Lead", "reason": "new bank account"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def plan(desk: Desk, at: datetime, rules: Rules | None = None) -> int:
    """How many tasks are others now."""
    return (await planning.work(desk.db, rules or desk.rules, desk.house, at, new_id=desk.new_id)).changed


async def live(desk: Desk, at: datetime, debtor_no: str = "10") -> list[Task]:
    return list(await desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", debtor_no), at)))


async def only(desk: Desk, at: datetime, debtor_no: str = "10") -> Task:
    (task,) = await live(desk, at, debtor_no)
    return task


async def refused(desk: Desk, task: Task, at: datetime) -> datetime:
    """The dialler's turn: the gate says no, and when it may."""
    found = await desk.db.read(partial(facts.debtor_facts, key=task.key, now=at, house=desk.house, frames=NO_FRAMES))
    assert found is not None
    verdict = may_begin(found, desk.rules.packs, desk.house, at, at + desk.house.times.until_dialled)
    assert isinstance(verdict, Refused)
    assert verdict.not_before is not None
    until = verdict.not_before
    await desk.db.write(lambda conn: tasks.put_off(conn, task.id, until, verdict.refusals[0].reason, at))
    return until


async def broken_while_time_was_given(desk: Desk, **time: Any) -> None:
    """A promise for the 24th; it is not kept, and the lead gives time."""
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "1", "full", MONDAY.date() + timedelta(days=1)), ended(placed))
    await desk.record(MONDAY + timedelta(hours=1), **{**GRACE, **time})
    rows = row(item_no="R1", open_amount="300.00"), row(item_no="R2", open_amount="110.00", due_on="2026-11-12"), row(debtor_no="11")
    await desk.take(*rows, as_of="2026-11-27")
    assert [one.state.value for one in await judge_promises(desk.db, desk.rules, desk.house, FRIDAY)] == ["broken"]


async def test_the_talk_about_a_broken_promise_comes_the_same_day_when_the_time_given_is_taken_back(desk: Desk) -> None:
    await broken_while_time_was_given(desk)
    await plan(desk, FRIDAY)
    task = await only(desk, FRIDAY)
    assert (task.origin, task.state, task.not_before) == (Origin.PROMISE, TaskState.PLANNED, local("2026-12-05T00:00"))
    await desk.record(FRIDAY, grace="none")
    await plan(desk, FRIDAY + timedelta(minutes=5))
    task = await only(desk, FRIDAY)
    assert (task.state, task.not_before) == (TaskState.READY, FRIDAY + timedelta(minutes=5))
    assert await plan(desk, FRIDAY + timedelta(minutes=6)) == 0


async def test_a_person_who_sets_the_refusing_rule_aside_brings_the_talk_back(desk: Desk) -> None:
    await broken_while_time_was_given(desk)
    await plan(desk, FRIDAY)
    await desk.record(FRIDAY, override="debtors/grace", reason="they asked for a call")
    await plan(desk, FRIDAY + timedelta(minutes=5))
    assert (await only(desk, FRIDAY)).state is TaskState.READY


async def test_a_refused_call_comes_back_at_the_first_instant_that_what_is_left_allows_and_never_before_its_own_time(desk: Desk) -> None:
    task = await planned(desk)
    await desk.record(MONDAY, not_on="mon,tue")
    await desk.record(MONDAY, wish="mon-fri 15:00-17:00")
    assert await refused(desk, task, MONDAY) == local("2026-11-25T15:00")
    assert await plan(desk, MONDAY) == 0
    await desk.record(MONDAY, not_on="none")
    assert await plan(desk, MONDAY) == 1
    assert (await only(desk, MONDAY)).not_before == local("2026-11-23T15:00")
    (listed,) = await desk.db.read(lambda conn: tasks.listed(conn, now=MONDAY))
    assert "15:00" in listed["waits"]
    await desk.record(MONDAY, wish="none")
    assert await plan(desk, MONDAY) == 1
    task = await only(desk, MONDAY)
    assert (task.state, task.not_before) == (TaskState.READY, MONDAY)
    own = MONDAY + timedelta(hours=2)
    await desk.db.write(lambda conn: tasks.postpone(conn, task.id, own, "busy", MONDAY))
    await desk.record(MONDAY, not_on="mon")
    await refused(desk, task, MONDAY)
    await desk.record(MONDAY, not_on="none")
    await plan(desk, MONDAY)
    assert (await only(desk, MONDAY)).not_before == own


async def test_a_time_of_the_tasks_own_is_not_brought_forward_by_whatever_happens(desk: Desk) -> None:
    task = await planned(desk)
    await desk.db.write(lambda conn: tasks.postpone(conn, task.id, MONDAY + timedelta(hours=2), "busy", MONDAY))
    await desk.record(MONDAY, not_on="fri")
    await plan(desk, MONDAY)
    assert (await only(desk, MONDAY)).not_before == MONDAY + timedelta(hours=2)


async def test_without_news_of_its_debtor_the_gate_is_not_asked_again_and_other_rules_ask_for_all(desk: Desk) -> None:
    task = await planned(desk)
    later = MONDAY + timedelta(days=3)
    await desk.db.write(lambda conn: tasks.put_off(conn, task.id, later, "a limit", MONDAY))
    await plan(desk, MONDAY)
    assert (await only(desk, MONDAY)).not_before == later
    await plan(desk, MONDAY, replace(desk.rules, packs={**desk.rules.packs, "house": replace(desk.rules.packs["house"], quiets=())}))
    assert (await only(desk, MONDAY)).state is TaskState.READY


async def test_what_the_gate_cannot_date_and_who_left_the_ledger_stays_as_it_is(desk: Desk) -> None:
    task = await planned(desk)
    await desk.db.write(lambda conn: tasks.put_off(conn, task.id, MONDAY + timedelta(days=3), "a limit", MONDAY))
    await desk.record(MONDAY, do_not_call=True)
    await plan(desk, MONDAY)
    assert await live(desk, MONDAY) == []  # planning's own word
    gone = replace(task, id="t-gone", debtor_no="77", origin=Origin.CALLBACK)
    await desk.db.write(lambda conn: tasks.create_task(conn, gone, MONDAY))
    await desk.db.write(lambda conn: tasks.put_off(conn, gone.id, MONDAY + timedelta(days=3), "a limit", MONDAY))
    await plan(desk, MONDAY)
    assert (await only(desk, MONDAY, "77")).not_before == MONDAY + timedelta(days=3)


async def test_a_rule_set_aside_for_a_branch_brings_its_head_offices_task_back(desk: Desk) -> None:
    head = row(item_no="H1", due_on="2027-03-01")
    await desk.take(head, row(debtor_no="B1", phone="+493012345699"), row(debtor_no="B2", phone="+493012345698"), as_of="2026-11-23")
    await master(desk, {"debtor_no": "B1", "head_office": "10"}, {"debtor_no": "B2", "head_office": "10"})
    await plan(desk, MONDAY)
    task = replace(await only(desk, MONDAY), id="t-promise", origin=Origin.PROMISE, items=("B1/A1",), own_at=MONDAY)
    for branch in ("B1", "B2"):
        await desk.record(MONDAY, branch, **GRACE)
    await plan(desk, MONDAY)
    assert await live(desk, MONDAY) == []  # nothing is left of the ladder's
    await desk.db.write(lambda conn: tasks.create_task(conn, replace(task, state=TaskState.PLANNED, not_before=FRIDAY), MONDAY))
    await plan(desk, MONDAY)
    assert (await only(desk, MONDAY)).not_before == FRIDAY
    await desk.record(MONDAY, "B1", override="debtors/grace", reason="they asked for a call")
    assert await plan(desk, MONDAY) == 1
    assert (await only(desk, MONDAY)).state is TaskState.READY


async def test_a_letter_that_was_refused_comes_back_too(desk: Desk) -> None:
    task = await planned(desk)
    letter = replace(task, id="t-letter", medium="letter", origin=Origin.MANUAL, state=TaskState.PLANNED)
    await desk.db.write(lambda conn: tasks.create_task(conn, letter, MONDAY))
    await desk.db.write(lambda conn: tasks.put_off(conn, letter.id, FRIDAY, "time was given", MONDAY))
    await plan(desk, MONDAY)
    assert {one.id: one.state for one in await live(desk, MONDAY)}["t-letter"] is TaskState.READY


async def test_a_task_whose_items_all_wait_is_put_off_until_one_of_them_is_free_although_the_debtor_may_be_called(desk: Desk) -> None:
    await desk.take(row(item_no="R1"), row(item_no="R2"), row(item_no="R3"), as_of="2026-11-23")
    await plan(desk, MONDAY)
    ladder_task = await only(desk, MONDAY)
    talk_about = replace(ladder_task, id="t-promise", origin=Origin.PROMISE, items=("R1", "R2"), state=TaskState.READY)
    await desk.db.write(lambda conn: tasks.create_task(conn, talk_about, MONDAY))
    for item, day in (("R1", "2026-11-30"), ("R2", "2026-11-26")):
        fact = Fact(
            id=f"f-{item}", company="", debtor_no="10", kind=FactKind.OBJECTION, value=item, at=MONDAY, actor="lead",
            until_on=date.fromisoformat(day), reason="not received",
        )  # fmt: skip
        await desk.db.write(partial(facts.add_fact, fact=fact))
    found = await desk.db.read(partial(facts.debtor_facts, key=talk_about.key, now=MONDAY, house=desk.house, frames=NO_FRAMES))
    assert found is not None
    assert allowed_from(ladder_task, found, desk.rules.packs, desk.house, MONDAY) == (MONDAY, "")
    later = items_wait(talk_about, found, desk.rules.packs, desk.house, MONDAY)
    assert later == allowed_from(talk_about, found, desk.rules.packs, desk.house, MONDAY)
    assert later is not None
    assert later[0] == local("2026-11-27T08:00")
    assert "R2" in later[1]
    nothing = replace(talk_about, items=("paid",))
    assert items_wait(nothing, found, desk.rules.packs, desk.house, MONDAY) is None


async def test_the_sentence_of_a_task_that_stays_is_todays_in_every_answer_and_planning_keeps_it(desk: Desk) -> None:
    task = await planned(desk)

    async def listed() -> str:
        (row,) = await call_sheet.call_list(desk.db, desk.rules, desk.house, MONDAY, days=1, agents=[])
        return str(row["why"])

    await desk.db.write(lambda conn: conn.execute("update task set why = 'As it was yesterday.'"))
    for said in (await listed(), (await desk.ask(MONDAY))["why"]):
        assert "yesterday" not in said
        assert task.why.rstrip(".") in said
    assert await plan(desk, MONDAY) == 0
    assert (await only(desk, MONDAY)).why == "As it was yesterday."  # nothing in it moves on by itself: nobody looked
    await desk.db.write(lambda conn: conn.execute("update planning set basis = ''"))
    assert await plan(desk, MONDAY) == 0
    assert (await only(desk, MONDAY)).why == task.why
    await desk.db.write(lambda conn: tasks.lease(conn, task.id, "201", MONDAY + timedelta(hours=1), MONDAY))
    await desk.db.write(lambda conn: conn.execute("update task set why = 'In somebody''s hands.'"))
    assert await listed() == "In somebody's hands."


async def test_the_sentence_of_a_trigger_is_written_anew_whenever_planning_looks_although_its_task_stays(desk: Desk) -> None:
    due = row(item_no="R1", due_on="2026-11-21"), row(item_no="R2", due_on="2026-11-22")
    brought = await planned(desk, MONDAY, *due)
    assert brought.prompted_by == "second invoice due"
    await desk.db.write(lambda conn: conn.execute("update task set why = 'As it was yesterday.'"))
    await desk.record(MONDAY, not_on="fri")
    assert await plan(desk, MONDAY + timedelta(hours=1)) == 0
    assert (await only(desk, MONDAY)).why == brought.why
