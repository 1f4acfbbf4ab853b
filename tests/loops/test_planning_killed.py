"""A plan that is killed: what is written stands, the next plan does the rest, and nothing is done twice."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from collectord.edge.crash import KILLED
from collectord.edge.planner_process import PlannerDied, portions
from collectord.edge.store.connection import open_store
from collectord.loops import plan_portions
from tests.loops.test_planning_again import Ledger, promise

DEBTORS = 30
POINTS = [
    ("plan-begun", False), ("plan-before-commit:3", False), ("plan-committed:3", False), ("plan-finished", False),
    ("plan-before-commit:3", True), ("plan-committed:3", True),
]  # fmt: skip


async def planned(state: Path) -> None:
    plan_portions.LARGE_PAGE = 4
    async with open_store(state) as db:
        await Ledger(db).plan(few=0)


@pytest.mark.parametrize(("point", "again"), POINTS)
async def test_the_next_plan_completes_it(tmp_path: Path, point: str, again: bool) -> None:
    async with open_store(tmp_path / "state") as db:
        ledger = Ledger(db)
        for debtor in range(DEBTORS):
            await ledger.owes(debtor, 0, -4, 300)
        if again:
            await ledger.plan()
            for debtor in range(DEBTORS):
                await promise(ledger, debtor, 3)
    env = os.environ | {"COLLECTORD_CRASH_AT": point}
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "tests.loops.test_planning_killed", str(tmp_path / "state")], env=env
    )
    assert killed.returncode == KILLED
    async with open_store(tmp_path / "state") as db:
        ledger = Ledger(db, ids=iter(f"later{n:04}" for n in range(1_000)))
        await ledger.plan()
        assert await ledger.left_undone() == []
        tasks = await ledger.sql("select debtor_no, state from task order by cast(debtor_no as integer)")
        assert [tuple(row) for row in tasks] == [(str(debtor), "cancelled" if again else "ready") for debtor in range(DEBTORS)]


async def test_a_planner_that_cannot_read_its_order_is_an_error_and_no_silence(tmp_path: Path) -> None:
    with pytest.raises(PlannerDied):
        async for _ in portions(tmp_path / "nowhere", ["no order"]):
            pass


async def test_a_planner_ends_with_who_no_longer_listens(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state") as db:
        ledger = Ledger(db)
        for debtor in range(DEBTORS):
            await ledger.owes(debtor, 0, -4, 300)
        plan = asyncio.ensure_future(ledger.plan(few=0))
        await asyncio.sleep(0.05)
        plan.cancel()
        with pytest.raises(asyncio.CancelledError):
            await plan
        await ledger.plan()
        assert await ledger.left_undone() == []


if __name__ == "__main__":
    asyncio.run(planned(Path(sys.argv[1])))
