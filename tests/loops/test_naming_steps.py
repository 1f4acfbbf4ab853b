"""The rules number their steps anew: tasks, calls in progress and what was done before keep their step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from collectord.core.receivables.ladders import Level
from collectord.core.receivables.ledger import DebtorKey, OpenItem
from collectord.core.receivables.tasks import Task
from collectord.core.rules import Rules
from collectord.edge.store import ledger, rungs, tasks
from collectord.edge.store.connection import Connection
from collectord.loops import plan_diff, planning
from collectord.loops.naming_steps import planned_beside
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.shift import MONDAY, ended, place, say, talk, tell

NEXT_WEEK = local("2026-11-30T10:00")
KEY = DebtorKey("", "10")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await opened.take(row(due_on="2026-11-09"), as_of="2026-11-23")
        yield opened


def with_early_call(rules: Rules, name: str = "standard") -> Rules:
    """A step more at the top, which is behind whoever had any other."""
    (usual,) = rules.ladders
    early = Level(number=1, name="early call", after_due=-5, medium="call", needs_gap=14)
    levels = (early, *(replace(level, number=level.number + 1) for level in usual.levels))
    return replace(rules, ladders=(replace(usual, name=name, levels=levels),))


async def plan(desk: Desk, rules: Rules, at: datetime) -> dict[str, object]:
    return await planning.plan(desk.db, rules, desk.house, at, dry_run=False, new_id=desk.new_id)


async def only(desk: Desk, at: datetime) -> Task:
    (task,) = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, KEY, at))
    return task


async def item(desk: Desk) -> OpenItem:
    (found,) = await desk.db.read(lambda conn: ledger.open_items(conn, KEY, MONDAY.date()))
    return found


async def test_a_task_gets_the_number_that_its_step_has_now_and_stays_what_it_is(desk: Desk) -> None:
    await plan(desk, desk.rules, MONDAY)
    before = await only(desk, MONDAY)
    told = await plan_diff.by_rules(
        desk.db, desk.rules, with_early_call(desk.rules), desk.house, MONDAY, names=("a", "b"), files=["ladders.toml"]
    )
    assert told["difference"]["tasks"]["moved"]["count"] == told["difference"]["tasks"]["altered"]["count"] == 0
    assert [(line["rule"], line["level"]) for line in told["diff"] if line["wanted"]] == [("friendly call", 3)]
    await plan(desk, with_early_call(desk.rules), MONDAY)
    after = await only(desk, MONDAY)
    assert (before.level, after.level) == (2, 3)
    assert replace(after, level=2, rungs=before.rungs, why=before.why) == before
    again = await plan(desk, with_early_call(desk.rules), MONDAY)
    assert (again["created"], again["changed"], again["cancelled"]) == ([], [], [])


@pytest.mark.parametrize("name", ["standard", "ours"])
async def test_a_call_that_ends_under_other_rules_carries_out_its_own_step(desk: Desk, name: str) -> None:
    await plan(desk, desk.rules, MONDAY)
    placed = await place(desk, await only(desk, MONDAY), MONDAY)
    changed = with_early_call(desk.rules, name)
    if name != "standard":  # the ladder has another name, and the same steps
        changed = replace(desk.rules, ladders=(replace(desk.rules.ladders[0], name=name),))
    desk.rules = changed
    await tell(desk, MONDAY, *talk(placed), ended(placed))
    await say(desk, placed, MONDAY, disposition="refuses")
    assert (await item(desk)).contact_level == changed.ladders[0].level(3 if name == "standard" else 2).number  # type: ignore[union-attr]
    await plan(desk, changed, NEXT_WEEK)
    assert (await only(desk, NEXT_WEEK)).why.partition("(")[2].startswith("second call")


async def test_numbers_of_a_store_from_before_count_in_the_first_ladders_that_are_known(desk: Desk) -> None:
    await plan(desk, desk.rules, MONDAY)

    async def older(conn: Connection) -> None:
        await conn.execute("update item_version set contact_level = 2, contacted_on = '2026-11-16', contact_rungs = ''")
        await conn.execute("update task set rungs = ''")
        await conn.execute("delete from rungs")
        await conn.execute("delete from planned_ladder")
        await conn.execute("update planning set basis = ''")

    await desk.db.write(older)
    await plan(desk, desk.rules, MONDAY)
    usual = desk.rules.ladders[0].rungs
    assert (await item(desk)).contact_rungs == (await only(desk, MONDAY)).rungs == usual
    assert await planned_beside(desk.db.path.parent) == {"standard": usual}
    await plan(desk, with_early_call(desk.rules), MONDAY)
    assert (await only(desk, MONDAY)).level == 4
    assert "(second call)" in (await only(desk, MONDAY)).why
    assert await desk.db.read(rungs.last_planned) == {"standard": with_early_call(desk.rules).ladders[0].rungs}


async def test_nobody_has_planned_where_there_is_no_store(tmp_path: Path) -> None:
    assert await planned_beside(tmp_path) == {}


async def test_steps_that_nobody_wrote_down_leave_the_number_as_it_is(desk: Desk) -> None:
    await desk.db.write(lambda conn: conn.execute("update item_version set contact_level = 2, contact_rungs = 'unheard of'"))
    assert ((await item(desk)).contact_level, (await item(desk)).contact_rungs.levels) == (2, ())


async def test_after_the_language_changed_the_next_plan_words_the_stored_task_anew(desk: Desk) -> None:
    await plan(desk, desk.rules, MONDAY)
    english = await only(desk, MONDAY)
    desk.house = replace(desk.house, language="de")
    done = await plan(desk, desk.rules, MONDAY)
    german = await only(desk, MONDAY)
    assert (english.id, done["unchanged"]) == (german.id, 1)
    assert "was due on" in english.why
    assert "fällig" in german.why
