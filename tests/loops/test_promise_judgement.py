"""Promises judged from the next imports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.telephony.attempts import Attempt
from collectord.edge.store import tasks
from collectord.loops.promises import judge_promises
from tests.loops.bank import line, statement
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.shift import MONDAY, ended, keyed, place, planned, promised, rows_of, talk, tell

TUESDAY = date(2026, 11, 24)  # the promised day; grace until Thursday 26


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def promise(desk: Desk) -> Attempt:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY + timedelta(hours=4), *talk(placed), keyed(placed, "1", "full", TUESDAY), ended(placed))
    return placed


async def judge(desk: Desk, at: datetime) -> list[str]:
    return [judged.state.value for judged in await judge_promises(desk.db, desk.rules, desk.house, at)]


R1 = row(item_no="R1", open_amount="300.00")
R2 = row(item_no="R2", open_amount="110.00", due_on="2026-11-12")
NEWS = row(debtor_no="11", item_no="Z1", phone="")  # the export is a new one, not the same bytes again
OTHERS = tuple(row(debtor_no=str(n), item_no=f"X{n}", phone="") for n in range(20, 40))


async def test_a_paid_promise_is_kept_with_the_export_that_shows_it(desk: Desk) -> None:
    await planned(desk, MONDAY, R1, R2, *OTHERS)
    placed = await place(desk, (await _task(desk)))
    await tell(desk, MONDAY + timedelta(hours=4), *talk(placed), keyed(placed, "1", "full", TUESDAY), ended(placed))
    assert await judge(desk, MONDAY + timedelta(hours=5)) == []
    await desk.take(*OTHERS, as_of="2026-11-25")
    assert await judge(desk, local("2026-11-25T13:00")) == ["kept"]
    (listed,) = await promised(desk)
    assert (listed["state"], listed["paid"]) == ("kept", "410.00")


async def _task(desk: Desk) -> Task:
    return (await desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "10"), MONDAY)))[0]


async def test_without_an_export_beyond_the_grace_nothing_is_called_broken(desk: Desk) -> None:
    await promise(desk)
    await desk.take(R1, R2, NEWS, as_of="2026-11-26")
    assert await judge(desk, local("2026-12-24T13:00")) == []


async def test_an_unpaid_promise_is_broken_and_asks_for_a_talk_by_the_same_agent(desk: Desk) -> None:
    placed = await promise(desk)
    await desk.take(R1, R2, NEWS, as_of="2026-11-27")
    at = local("2026-11-27T13:00")
    assert await judge(desk, at) == ["broken"]
    live = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, placed.key, at))
    assert [(t.origin, t.agent, t.items) for t in live] == [(Origin.PROMISE, "201", ("R1", "R2"))]
    assert await judge(desk, at) == []
    assert [r["kind"] for r in await rows_of(desk, "select kind from happening where kind like 'promise%'")] == ["promise_broken"]


async def test_a_part_payment_keeps_the_promise_in_part(desk: Desk) -> None:
    await promise(desk)
    await desk.take(row(item_no="R1", open_amount="100.00"), R2, as_of="2026-11-27")
    assert await judge(desk, local("2026-11-27T13:00")) == ["partially_kept"]
    (listed,) = await promised(desk)
    assert listed["paid"] == "200.00"


async def test_a_second_broken_promise_in_a_row_escalates_instead_of_another_talk(desk: Desk) -> None:
    placed = await promise(desk)
    await desk.take(R1, R2, NEWS, as_of="2026-11-27")
    friday = local("2026-11-27T13:00")
    await judge(desk, friday)
    (task,) = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, placed.key, friday))
    second = await place(desk, task, friday)
    await tell(desk, friday, *talk(second), keyed(second, "1", "full", date(2026, 11, 30)), ended(second))
    assert [p["level"] for p in await promised(desk) if p["state"] == "open"] == [1]
    await desk.take(R1, R2, as_of="2026-12-03")
    later = local("2026-12-03T13:00")
    assert await judge(desk, later) == ["broken"]
    assert await desk.db.read(lambda conn: tasks.live_tasks_of(conn, placed.key, later)) == ()


async def test_a_judgement_after_now_is_invisible(desk: Desk) -> None:
    await promise(desk)
    await desk.take(R1, R2, NEWS, as_of="2026-11-27")
    await judge(desk, local("2026-11-27T13:00"))
    assert [p["state"] for p in await promised(desk, local("2026-11-26T13:00"))] == ["open"]


async def test_a_promise_is_not_broken_while_accounting_books_the_payment_that_the_bank_has_told(desk: Desk) -> None:
    await promise(desk)
    await statement(desk, local("2026-11-27T07:00"), line(booked_on="2026-11-26", reference="R1 R2"))
    await desk.take(R1, R2, NEWS, as_of="2026-11-27")
    assert await judge(desk, local("2026-11-27T13:00")) == []
    await desk.take(NEWS, *OTHERS, as_of="2026-11-30")
    assert await judge(desk, local("2026-11-30T13:00")) == ["kept"]


async def test_a_payment_that_accounting_never_books_does_not_keep_a_promise_open_for_ever(desk: Desk) -> None:
    await promise(desk)
    await statement(desk, local("2026-11-27T07:00"), line(booked_on="2026-11-26", reference="R1 R2"))
    await desk.take(R1, R2, NEWS, as_of="2026-12-04")
    assert await judge(desk, local("2026-12-03T13:00")) == []
    assert await judge(desk, local("2026-12-04T13:00")) == ["broken"]


async def test_a_payment_after_the_grace_does_not_keep_a_promise_waiting(desk: Desk) -> None:
    await promise(desk)
    await statement(desk, local("2026-11-27T07:00"), line(booked_on="2026-11-27", reference="R1 R2"))
    await desk.take(R1, R2, NEWS, as_of="2026-11-27")
    assert await judge(desk, local("2026-11-27T13:00")) == ["broken"]
