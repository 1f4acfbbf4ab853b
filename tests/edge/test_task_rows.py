"""Tasks on disk: final is final, somebody's task is left alone, and the dialler reads in order without reading all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.rungs import NO_RUNGS
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.edge.store import holds, ledger, tasks
from collectord.edge.store.connection import Database, open_store

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


def task(number: str = "1", **fields: Any) -> Task:
    values: dict[str, Any] = {
        "id": f"t{number}", "company": "", "debtor_no": number, "medium": "call", "ladder": "standard", "level": 2, "items": ("A", "B"),
        "open_amount": {"CHF": Decimal("1.50"), "EUR": Decimal("410.00")}, "not_before": NOW - MINUTE, "expires_at": None,
        "state": TaskState.READY, "why": "Because.", "priority": 5, "oldest_due_on": date(2026, 11, 1), "skill": "senior",
        "created_at": NOW,
    }  # fmt: skip
    return Task(**{**values, **fields})


async def put(db: Database, *rows: Task) -> None:
    await db.write(lambda conn: tasks.create_rows(conn, [tasks.row_of(row, NOW) for row in rows]))


async def get(db: Database, task_id: str) -> Task:
    found = await db.read(lambda conn: tasks.task(conn, task_id))
    assert found is not None
    return found


async def test_a_task_reads_back_as_it_was_written(db: Database) -> None:
    written = task(expires_at=NOW + MINUTE, agent="201", origin=Origin.CALLBACK, attempts_made=2)
    assert await db.write(lambda conn: tasks.create_task(conn, written, NOW))
    assert await get(db, "t1") == written
    assert await db.read(lambda conn: tasks.task(conn, "t9")) is None


async def test_a_debtor_has_one_live_ladder_task_and_may_have_a_callback_beside_it(db: Database) -> None:
    await put(db, task())
    second = replace(task(), id="t1b")
    assert not await db.write(lambda conn: tasks.create_task(conn, second, NOW))
    assert await db.write(lambda conn: tasks.create_task(conn, replace(second, origin=Origin.CALLBACK), NOW))
    await put(db, replace(task(), id="t1c"))
    live = await db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "1"), NOW))
    assert [one.id for one in live] == ["t1", "t1b"]
    assert list(await db.read(lambda conn: tasks.live_between(conn, ledger.FIRST, ledger.LAST, NOW))) == [DebtorKey("", "1")]


@pytest.mark.parametrize("origin", [Origin.CALLBACK, Origin.PROMISE])
async def test_a_plan_that_began_before_a_contact_was_arranged_puts_no_ladder_task_beside_it(db: Database, origin: Origin) -> None:
    arranged = replace(task(), id="back", origin=origin, created_at=NOW + MINUTE)
    await db.write(lambda conn: tasks.create_task(conn, arranged, NOW + MINUTE))
    await put(db, task(), task("2"))
    assert sorted(await ids(db)) == ["back", "t2"]
    await db.write(lambda conn: tasks.close_task(conn, "back", TaskState.CANCELLED, "over", NOW + MINUTE))
    await put(db, task())
    assert sorted(await ids(db)) == ["t1", "t2"]


async def ids(db: Database) -> list[str]:
    found = [await db.read(lambda conn, no=no: tasks.live_tasks_of(conn, DebtorKey("", no), NOW + MINUTE)) for no in ("1", "2")]  # type: ignore[misc]
    return [one.id for of_debtor in found for one in of_debtor]


async def test_a_final_task_is_never_touched_again(db: Database) -> None:
    await put(db, task())
    assert await db.write(lambda conn: tasks.close_task(conn, "t1", TaskState.DONE, "talked", NOW))
    assert not await db.write(lambda conn: tasks.close_task(conn, "t1", "cancelled", "again", NOW))
    assert not await db.write(lambda conn: tasks.postpone(conn, "t1", NOW + MINUTE, "later", NOW))
    assert not await db.write(lambda conn: tasks.update_task(conn, task(), NOW))
    assert not await db.write(lambda conn: tasks.begin_call(conn, "t1", NOW))
    await db.write(lambda conn: tasks.cancel_waiting(conn, "t1", "again", NOW))
    (row,) = await db.read(lambda conn: tasks.listed(conn, now=NOW))
    assert (row["state"], row["close_reason"]) == ("done", "talked")
    with pytest.raises(ValueError, match="ready closes nothing"):
        await db.write(lambda conn: tasks.close_task(conn, "t1", TaskState.READY, "", NOW))


async def test_planning_misses_a_task_that_somebody_took_meanwhile(db: Database) -> None:
    await put(db, task())
    assert await db.write(lambda conn: tasks.lease(conn, "t1", "201", NOW + MINUTE, NOW))
    assert not await db.write(lambda conn: tasks.lease(conn, "t1", "202", NOW + MINUTE, NOW))
    assert not await db.write(lambda conn: tasks.update_task(conn, task(level=3), NOW))
    await db.write(lambda conn: tasks.cancel_waiting(conn, "t1", "cleared", NOW))
    assert (await get(db, "t1")).state is TaskState.LEASED
    await db.write(lambda conn: tasks.release(conn, "t1", NOW))
    assert (await get(db, "t1")).state is TaskState.READY


async def test_a_lease_that_ran_out_is_given_back(db: Database) -> None:
    await put(db, task("1"), task("2"))
    await db.write(lambda conn: tasks.lease(conn, "t1", "201", NOW + MINUTE, NOW))
    await db.write(lambda conn: tasks.lease(conn, "t2", "202", NOW + 5 * MINUTE, NOW))
    assert await db.write(lambda conn: tasks.release_overdue_leases(conn, NOW + MINUTE)) == 1
    assert ((await get(db, "t1")).state, (await get(db, "t2")).state) == (TaskState.READY, TaskState.LEASED)


async def test_a_call_counts_one_attempt_and_is_begun_once(db: Database) -> None:
    await put(db, task())
    assert await db.write(lambda conn: tasks.begin_call(conn, "t1", NOW))
    assert not await db.write(lambda conn: tasks.begin_call(conn, "t1", NOW))
    assert ((await get(db, "t1")).state, (await get(db, "t1")).attempts_made) == (TaskState.IN_CALL, 1)


async def test_a_postponed_task_says_why_it_waits_until_its_time_comes(db: Database) -> None:
    await put(db, task())
    await db.write(lambda conn: tasks.begin_call(conn, "t1", NOW))
    await db.write(lambda conn: tasks.postpone(conn, "t1", NOW + MINUTE, "busy", NOW))
    (row,) = await db.read(lambda conn: tasks.listed(conn, now=NOW, state="planned"))
    assert (row["waits"], row["why"]) == ("busy", "Because.")
    assert await db.read(lambda conn: tasks.next_due(conn)) == NOW + MINUTE
    assert await db.write(lambda conn: tasks.promote_due(conn, NOW)) == 0
    assert await db.write(lambda conn: tasks.promote_due(conn, NOW + MINUTE)) == 1
    (row,) = await db.read(lambda conn: tasks.listed(conn, now=NOW))
    assert (row["waits"], row["state"]) == ("", "ready")
    assert await db.read(lambda conn: tasks.next_due(conn)) is None
    await db.write(lambda conn: tasks.postpone(conn, "t1", NOW, "at once", NOW))
    assert (await get(db, "t1")).state is TaskState.READY


async def test_the_dialler_reads_what_may_be_dialled_in_the_order_of_priority_and_money(db: Database) -> None:
    euros = [{"EUR": Decimal(amount)} for amount in (10, 20, 30)]
    await put(
        db,
        task("1", open_amount=euros[0], skill=""),
        task("2", open_amount=euros[2], skill=""),
        task("3", open_amount=euros[1], skill="", priority=9),
        task("4", open_amount=euros[2]),
        task("5", state=TaskState.PLANNED),
        task("6", state=TaskState.IN_CALL),
        task("7", expires_at=NOW),
        task("8", medium="handover"),
        task("9", agent="201", origin=Origin.CALLBACK, priority=0),
    )

    async def ids(limit: int = 10, skills: tuple[str, ...] | None = None) -> list[str]:
        return [one.task.id for one in await db.read(lambda conn: tasks.ready_tasks(conn, NOW, limit, skills))]

    assert await ids() == ["t9", "t3", "t2", "t4", "t1"]
    assert await ids(limit=1) == ["t9", "t3"], "a callback is never cut off"
    assert await ids(skills=()) == ["t9", "t3", "t2", "t1"]
    assert await ids(skills=("junior", "senior")) == ["t9", "t3", "t2", "t4", "t1"]


async def test_a_candidate_brings_the_debtors_language_and_owner(db: Database) -> None:
    await put(db, task("1"), task("2"))
    await db.write(
        lambda conn: conn.execute(
            "insert into debtor_version (company, debtor_no, debtor_name, language, agent, source, batch_id)"
            " values ('', '1', 'M', 'fr', '7', 's', 'b')"
        )
    )
    found = await db.read(lambda conn: tasks.ready_tasks(conn, NOW, 10))
    assert [(one.language, one.owner) for one in found] == [("fr", "7"), ("", "")]
    foreseen = await db.read(lambda conn: tasks.open_call_tasks(conn, NOW, NOW + MINUTE))
    assert [(one.task.id, one.owner) for one in foreseen] == [("t1", "7"), ("t2", "")]


@pytest.mark.parametrize(("query", "sorts"), [("ready_open", False), ("ready_bound", True)])
async def test_the_dialler_reads_through_an_index_and_sorts_no_more_than_the_few_bound_ones(db: Database, query: str, sorts: bool) -> None:
    values = {"now": "x", "any_skill": 1, "skills": "", "barred": "", "limit": 5, "mark": "|"}
    text = getattr(tasks.SQL, query).sql
    plan = await db.read(lambda conn: conn.execute_fetchall(f"explain query plan {text}", values))
    details = " ".join(row["detail"] for row in plan)
    assert "task_to_choose (state=? AND medium=? AND agent" in details
    assert ("TEMP B-TREE" in details) == sorts


async def test_a_list_is_filtered_by_debtor_state_medium_and_knows_nothing_of_later(db: Database) -> None:
    await put(db, task("1"), task("2", medium="handover"), task("3", state=TaskState.PLANNED))
    await db.write(lambda conn: tasks.create_task(conn, task("4"), NOW + MINUTE))

    async def ids(**which: Any) -> list[str]:
        return [row["id"] for row in await db.read(lambda conn: tasks.listed(conn, now=NOW, **which))]

    assert await ids() == ["t1", "t2", "t3"]
    assert await ids(key=DebtorKey("", "2")) == ["t2"]
    assert await ids(state="planned") == ["t3"]
    assert await ids(medium="handover") == ["t2"]
    assert await ids(limit=1) == ["t1"]
    (row,) = await db.read(lambda conn: tasks.listed(conn, now=NOW, key=DebtorKey("", "1")))
    assert set(row) >= {"id", "company", "debtor_no", "medium", "ladder", "level", "items", "open_amount", "not_before", "expires_at",
                        "state", "agent", "priority", "why"}  # fmt: skip
    assert row["open_amount"] == {"CHF": "1.50", "EUR": "410.00"}
    assert await db.read(lambda conn: tasks.count_by_state(conn, NOW)) == {"planned": 1, "ready": 2}


async def test_a_carried_out_step_is_marked_on_its_items(db: Database) -> None:
    await db.write(
        lambda conn: conn.execute(
            "insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, kind, payment_method,"
            " dispute, opened_as_of, changed_as_of, batch_id, digest)"
            " values ('', '1', 'A', 's', 'open', '2026-11-01', 1, 'EUR', 'invoice', '', 0, '', '', '', '')"
        )
    )
    await db.write(lambda conn: tasks.mark_carried_out(conn, DebtorKey("", "1"), {"A": 3, "Z": 1}, NO_RUNGS, TODAY))
    (row,) = await db.read(lambda conn: conn.execute_fetchall("select item_no, contact_level, contacted_on from item"))
    assert dict(row) == {"item_no": "A", "contact_level": 3, "contacted_on": "2026-11-23"}


async def test_holds_are_what_was_known_at_that_moment(db: Database) -> None:
    at, later = "2026-11-23T08:00:00.000000Z", "2026-11-24T08:00:00.000000Z"

    async def facts(conn: Any) -> None:
        await conn.executemany(
            "insert into fact (id, at, company, debtor_no, kind, value, until_on, revoked_at) values (?, ?, '', ?, ?, ?, ?, ?)",
            [("f1", at, "1", "dispute", "A", None, None), ("f2", at, "2", "do_not_call", "", None, later),
             ("f3", at, "2", "wish", "x", None, None), ("f4", later, "3", "legal_state", "insolvency", None, None),
             ("f5", at, "4", "do_not_call", "", "2026-11-22", None), ("f6", at, "5", "do_not_call", "", None, at)],
        )  # fmt: skip
        await conn.executemany(
            "insert into promise (id, company, debtor_no, amount, currency, promised_on, grace_until, made_at, state, items, judged_at)"
            " values (?, '', ?, 1, 'EUR', '2026-11-25', ?, ?, ?, 'A', ?)",
            [("p1", "1", "2026-11-27", at, "open", None), ("p2", "1", "2026-11-30", at, "kept", later),
             ("p3", "6", "2026-11-27", at, "broken", at)],
        )  # fmt: skip
        await tasks.create_task(conn, task("7", origin=Origin.CALLBACK), NOW)

    await db.write(facts)
    known = await db.read(lambda conn: holds.all_holds(conn, NOW, TODAY))
    assert {key.debtor_no: found for key, found in known.items() if found != NO_HOLD} == {
        "1": Holds(promise_until=date(2026, 11, 30), disputed_items=frozenset({"A"})),
        "2": Holds(do_not_call=True),
        "7": Holds(appointment=NOW - MINUTE),
    }
    assert await db.read(lambda conn: holds.holds_of(conn, DebtorKey("", "2"), NOW, TODAY)) == Holds(do_not_call=True)
    assert await db.read(lambda conn: holds.holds_of(conn, DebtorKey("", "9"), NOW, TODAY)) == NO_HOLD
