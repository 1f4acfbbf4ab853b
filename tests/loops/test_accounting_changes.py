"""What accounting does to items that are being dunned: it reopens, redates and reassigns them, books late, and runs its own dunning."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from collectord.core.receivables.ledger import DebtorKey, OpenItem
from collectord.core.receivables.tasks import Task
from collectord.edge.store import ledger, tasks
from collectord.edge.store.connection import Connection
from collectord.loops import planning
from collectord.loops.promises import judge_promises
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.shift import MONDAY, ended, keyed, place, planned, promised, talk, tell

OTHERS = tuple(row(debtor_no=str(n), item_no=f"X{n}", phone="") for n in range(20, 40))
TUESDAY = date(2026, 11, 24)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def spoken(desk: Desk, key: str = "5", *rows: str) -> None:
    """Debtor 10 was called about item A1 on Monday; the outcome is keyed."""
    placed = await place(desk, await planned(desk, MONDAY, *(rows or (row(),)), *OTHERS))
    said = keyed(placed, key, "full" if key == "1" else None, TUESDAY if key == "1" else None)
    await tell(desk, MONDAY + timedelta(hours=4), *talk(placed), said, ended(placed))


async def plan(desk: Desk, at: str) -> Task | None:
    """Debtor 10's ladder task after planning."""
    now = local(at)
    await planning.plan(desk.db, desk.rules, desk.house, now, dry_run=False, new_id=desk.new_id)
    live = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "10"), now))
    return next((task for task in live), None)


async def items(desk: Desk, debtor_no: str = "10", on: date = date(2027, 1, 31)) -> dict[str, OpenItem]:
    found = await desk.db.read(lambda conn: ledger.open_items(conn, DebtorKey("", debtor_no), on))
    return {item.item_no: item for item in found}


async def test_a_reopened_item_goes_on_where_its_ladder_was(desk: Desk) -> None:
    await spoken(desk)
    await desk.take(*OTHERS, as_of="2026-11-24")
    assert await plan(desk, "2026-11-24T10:00") is None
    await desk.take(row(), *OTHERS[1:], as_of="2026-11-30")  # the payment came back
    assert (await items(desk))["A1"].contact_level == 2
    task = await plan(desk, "2026-11-30T13:00")
    assert task is not None
    assert task.level == 3


async def test_a_due_date_moved_into_the_future_ends_the_escalation(desk: Desk) -> None:
    await planned(desk, MONDAY, row(), *OTHERS)
    await desk.take(row(due_on="2026-12-10"), *OTHERS, as_of="2026-11-24")
    assert await plan(desk, "2026-11-24T13:00") is None  # the task is cancelled


async def test_after_a_moved_due_date_the_ladder_begins_with_the_friendly_call_again(desk: Desk) -> None:
    await spoken(desk)
    await desk.take(row(due_on="2026-12-10"), *OTHERS, as_of="2026-12-14")
    task = await plan(desk, "2026-12-14T13:00")
    assert task is not None
    assert (task.level, task.oldest_due_on) == (2, date(2026, 12, 10))


async def test_an_item_that_moves_to_another_debtor_is_new_there_and_gone_here(desk: Desk) -> None:
    await spoken(desk)
    await desk.take(row(debtor_no="11", debtor_name="Other", phone="+493012345699"), *OTHERS, as_of="2026-11-24")
    assert await items(desk) == {}
    assert (await items(desk, "11"))["A1"].contact_level == 0  # this one was never spoken to
    at = local("2026-11-24T13:00")
    assert {refusal["rule"] for refusal in (await desk.ask(at))["refusals"]} >= {"guard/nothing-owed"}
    assert (await desk.ask(at, "11"))["level"] == 2


async def test_instalments_with_their_own_due_dates_are_items_like_others(desk: Desk) -> None:
    rates = [row(item_no=f"RATE-{n}", open_amount="100.00", due_on=f"2026-{10 + n}-20") for n in range(3)]
    task = await planned(desk, MONDAY, *rates)
    assert task.items == ("RATE-0", "RATE-1")  # the third is not due yet; the second is due since Friday and rides along
    answer = await desk.ask(MONDAY)
    assert (answer["overdue"], answer["open"]) == ({"EUR": "200.00"}, {"EUR": "300.00"})


async def test_the_accounts_own_letter_with_a_deadline_holds_the_friendly_call(desk: Desk) -> None:
    await desk.take(row(dunning_deadline="2026-11-30"), *OTHERS, as_of="2026-11-23")
    assert await plan(desk, "2026-11-23T13:00") is None
    answer = await desk.ask(MONDAY)
    assert answer["refusals"][0]["rule"] == "guard/dunning-deadline"
    assert answer["dunning"] == {"level": 0, "last_dunned_on": None, "deadline": "2026-11-30"}
    assert await plan(desk, "2026-11-30T09:00") is not None


async def book(desk: Desk, as_of: str, until: str) -> None:
    """The export of this day says that payments are booked up to that day."""

    async def job(conn: Connection) -> None:
        await conn.execute("update batch set booked_until = ? where as_of = ?", (until, as_of))

    await desk.db.write(job)


async def judged(desk: Desk, at: str) -> list[str]:
    return [one.state.value for one in await judge_promises(desk.db, desk.rules, desk.house, local(at))]


async def test_no_promise_is_broken_before_bookings_reach_the_end_of_its_grace(desk: Desk) -> None:
    """Promised for Tuesday the 24th, grace until Thursday the 26th."""
    await spoken(desk, "1")
    await desk.take(row(), *OTHERS[1:], as_of="2026-11-27")
    await book(desk, "2026-11-27", "2026-11-25")
    assert await judged(desk, "2026-11-27T13:00") == []
    await desk.take(row(), *OTHERS[2:], as_of="2026-11-30")
    await book(desk, "2026-11-30", "2026-11-26")
    assert await judged(desk, "2026-11-30T13:00") == []
    await desk.take(row(), *OTHERS[3:], as_of="2026-12-01")
    await book(desk, "2026-12-01", "2026-11-27")
    assert await judged(desk, "2026-12-01T13:00") == ["broken"]


async def test_a_payment_in_time_keeps_a_promise_although_the_export_that_shows_it_comes_late(desk: Desk) -> None:
    await spoken(desk, "1")
    await desk.take(*OTHERS, as_of="2026-12-01")  # cleared by the 26th, and told five days later
    await book(desk, "2026-12-01", "2026-11-26")
    assert await judged(desk, "2026-12-01T13:00") == ["kept"]
    assert [one["state"] for one in await promised(desk)] == ["kept"]


async def test_a_step_waits_for_the_bookings_and_comes_with_them(desk: Desk) -> None:
    """Due on Friday the 20th; the friendly call comes three days later, by the bookings."""
    await desk.take(row(due_on="2026-11-20"), *OTHERS, as_of="2026-11-23")
    await book(desk, "2026-11-23", "2026-11-21")
    assert await plan(desk, "2026-11-23T13:00") is None
    await desk.take(row(due_on="2026-11-20"), *OTHERS[1:], as_of="2026-11-24")
    await book(desk, "2026-11-24", "2026-11-23")
    task = await plan(desk, "2026-11-24T13:00")
    assert task is not None
    assert task.level == 2
