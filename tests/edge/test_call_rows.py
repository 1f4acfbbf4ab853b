"""Attempts, promises and outcomes on a real disk: what is written is read back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from collectord.core.money import Money
from collectord.core.receivables.promises import Promise, PromiseState
from collectord.core.receivables.told import Outcome
from collectord.core.telephony.attempts import AgentResult, Attempt, AttemptState, Disposition, GateSaid, Result
from collectord.edge.store import calls, promises, tasks
from collectord.edge.store.connection import Connection, Database, open_store
from tests.core.call_cases import NOW, attempt, task

SECOND = timedelta(seconds=1)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        await opened.write(lambda conn: tasks.create_task(conn, replace(task(), state=task().state.READY), NOW))
        yield opened


async def test_every_field_of_an_attempt_survives_the_disk(db: Database) -> None:
    placed = attempt()
    await db.write(lambda conn: calls.commit_attempt(conn, placed, NOW))
    full = replace(
        placed, state=AttemptState.CLOSED, agent_answered_at=NOW, dialled_at=NOW + SECOND, debtor_answered_at=NOW + 2 * SECOND,
        ended_at=NOW + 3 * SECOND, closed_at=NOW + 4 * SECOND, agent_result=AgentResult.ACCEPTED, result=Result.ANSWERED, hangup_cause=16,
        tech="SIP 200 OK", rang_ms=1, talk_ms=2, disposition=Disposition.DISPUTE, said="dispute|||", note="x", ring_backs=2, why="y",
        acknowledged=True, deadline_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    await db.write(lambda conn: calls.save_attempt(conn, full))
    assert await db.read(lambda conn: calls.attempt(conn, placed.id)) == full
    assert await db.read(lambda conn: calls.attempt(conn, "nothere00000000000")) is None


async def test_every_field_survives_whether_an_indexed_one_changed_or_not(db: Database) -> None:
    placed = attempt()
    await db.write(lambda conn: calls.commit_attempt(conn, placed, NOW))
    further = replace(
        placed, agent_answered_at=NOW, dialled_at=NOW + SECOND, debtor_answered_at=NOW + 2 * SECOND, ended_at=NOW + 3 * SECOND,
        agent_result=AgentResult.ACCEPTED, hangup_cause=16, tech="SIP 200 OK", rang_ms=1, talk_ms=2, disposition=Disposition.DISPUTE,
        said="dispute|||", note="x", ring_backs=2, why="y", acknowledged=True, deadline_at=NOW + timedelta(hours=1),
        gate=GateSaid.STOPPED, meanwhile="paid",
    )  # fmt: skip
    closed = replace(further, state=AttemptState.CLOSED, result=Result.ANSWERED, closed_at=NOW + 4 * SECOND, gate=GateSaid.GO)
    for before, after in ((placed, further), (further, closed)):
        await db.write(partial(calls.save_attempt, attempt=after, before=before))
        assert await db.read(lambda conn: calls.attempt(conn, placed.id)) == after


async def test_what_a_call_was_placed_with_never_changes(db: Database) -> None:
    placed = attempt()
    await db.write(lambda conn: calls.commit_attempt(conn, placed, NOW))
    await db.write(lambda conn: calls.save_attempt(conn, replace(placed, number="+4930999", agent="999", items=())))
    assert await db.read(lambda conn: calls.attempt(conn, placed.id)) == placed


async def test_unfinished_unacknowledged_and_overdue_are_told_apart(db: Database) -> None:
    placed = attempt()
    await db.write(lambda conn: calls.commit_attempt(conn, placed, NOW))

    async def look(conn: Connection) -> tuple[int, int, int, int]:
        return (
            len(await calls.unfinished(conn, "main")),
            len(await calls.unfinished(conn, "other")),
            len(await calls.unacknowledged(conn, "main")),
            len(await calls.past_deadline(conn, placed.deadline_at)),
        )

    assert await db.read(look) == (1, 0, 0, 1)
    assert await db.read(calls.next_deadline) == placed.deadline_at
    closed: Attempt = replace(placed, state=AttemptState.CLOSED, result=Result.BUSY)
    await db.write(lambda conn: calls.save_attempt(conn, closed))
    assert await db.read(look) == (0, 0, 1, 0)


async def test_a_call_that_somebody_was_faster_with_undoes_itself_alone(db: Database) -> None:
    first, second = attempt(), replace(attempt(), id="another00000000000", debtor_no="20", number="+49301", agent="209")

    async def both(conn: Connection) -> None:
        async with calls.apart(conn):
            await calls.commit_attempt(conn, first, NOW)
        with pytest.raises(calls.AttemptTaken):
            async with calls.apart(conn):
                await calls.commit_attempt(conn, second, NOW)  # its row is written, then its task is found in a call

    await db.write(both)
    assert [found.id for found in await db.read(lambda conn: calls.unfinished(conn, "main"))] == [first.id]


async def test_a_judged_promise_is_never_judged_again(db: Database) -> None:
    made = Promise(
        id="p1", company="", debtor_no="10023", amount=Money(Decimal("12.3456"), "EUR"), promised_on=date(2026, 11, 27),
        grace_until=date(2026, 12, 1), made_at=NOW, items=("R1",), level=1, attempt_id="a", agent="201",
    )  # fmt: skip
    await db.write(lambda conn: promises.add_promise(conn, made))
    assert await db.read(lambda conn: promises.open_promises(conn, NOW)) == {made.key: [made]}
    assert await db.read(lambda conn: promises.open_promises(conn, NOW - SECOND)) == {}
    later = NOW + timedelta(days=9)
    assert await db.write(lambda conn: promises.close_promise(conn, "p1", PromiseState.BROKEN, Decimal(0), later))
    assert not await db.write(lambda conn: promises.close_promise(conn, "p1", PromiseState.KEPT, Decimal(0), later))
    assert await db.read(lambda conn: promises.broken_in_a_row(conn, made.key, later)) == 1
    last = await db.read(lambda conn: promises.last_promise(conn, made.key, later))
    assert last == replace(made, state=PromiseState.BROKEN)
    assert await db.read(lambda conn: promises.last_promise(conn, made.key, NOW)) == made


async def test_a_kept_promise_ends_the_row_of_broken_ones(db: Database) -> None:
    for day, state in enumerate((PromiseState.BROKEN, PromiseState.KEPT, PromiseState.PARTIALLY_KEPT)):
        made = Promise(
            id=f"p{day}", company="", debtor_no="10023", amount=Money(Decimal(1), "EUR"), promised_on=date(2026, 11, 27),
            grace_until=date(2026, 12, 1), made_at=NOW + timedelta(days=day), items=(),
        )  # fmt: skip
        await db.write(lambda conn, one=made: promises.add_promise(conn, one))  # type: ignore[misc]
        at = made.made_at + timedelta(days=1)
        await db.write(lambda conn, one=made.id, is_now=state, on=at: promises.close_promise(conn, one, is_now, Decimal(0), on))  # type: ignore[misc]
    assert await db.read(lambda conn: promises.broken_in_a_row(conn, made.key, NOW + timedelta(days=9))) == 1


async def test_an_outcome_belongs_to_one_file_for_ever(db: Database) -> None:
    told = Outcome(
        outcome_id="o1", item_no="R1", at=NOW, company="", debtor_no="10023", disposition=Disposition.PROMISE,
        promise=Money(Decimal("12.50"), "EUR"), promise_on=date(2026, 11, 27), dunning_block_until=date(2026, 12, 1), attempt_id="a",
    )  # fmt: skip
    await db.write(lambda conn: promises.add_outcome(conn, told))
    assert await db.read(lambda conn: promises.unexported(conn, NOW - SECOND)) == 0
    assert await db.read(lambda conn: promises.unexported(conn, NOW)) == 1
    assert await db.write(lambda conn: promises.claim_outcomes(conn, "one.csv", NOW)) == 1
    assert await db.write(lambda conn: promises.claim_outcomes(conn, "two.csv", NOW)) == 0
    (line,) = await db.read(lambda conn: promises.outcomes_in(conn, "one.csv"))
    assert (line["promise_amount"], line["currency"], line["debtor_name"]) == (125_000, "EUR", "")
    assert await db.write(lambda conn: promises.take_back(conn, "a", NOW)) == ((), ("o1",))
    assert len(await db.read(lambda conn: promises.outcomes_in(conn, "one.csv"))) == 1
