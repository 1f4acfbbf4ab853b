"""A desk with a planned task and a call placed for it, and a PBX that is nothing but what it remembers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Task
from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.call_seen import Effect
from collectord.core.telephony.pbx_calls import CallerRow, HandedRow, JournalRow, LiveChannel, RecordedRow, UnreadableRow
from collectord.core.telephony.pbx_events import (
    AgentUp,
    CallEvent,
    DebtorUp,
    Dialling,
    DialResult,
    Ended,
    EndState,
    Keyed,
    KeyedAmount,
    WrapEnded,
)
from collectord.edge.pbx.versions import DIALPLAN_VERSION
from collectord.edge.store import calls, promises, tasks
from collectord.loops import call_events, outcomes, planning
from collectord.loops.clearance import Standing
from tests.loops.desk import Desk, row

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Berlin
SECOND = timedelta(seconds=1)
LIVE = Standing(live=True)
_numbers = itertools.count(1)


@dataclass
class Remembering:
    """What the PBX would answer recovery."""

    live: tuple[LiveChannel, ...] = ()
    rows: dict[str, JournalRow | UnreadableRow] = field(default_factory=dict)
    started: str = "start-1"
    dialplan: str = DIALPLAN_VERSION
    called: tuple[CallerRow, ...] = ()
    handed_rows: tuple[HandedRow, ...] = ()
    recorded_rows: tuple[RecordedRow, ...] = ()

    async def live_calls(self) -> tuple[LiveChannel, ...]:
        return self.live

    async def journal(self) -> dict[str, JournalRow | UnreadableRow]:
        return self.rows

    async def lines(self) -> dict[str, str]:
        return {}

    async def callers(self) -> tuple[CallerRow, ...]:
        return self.called

    async def recorded(self) -> tuple[RecordedRow, ...]:
        return self.recorded_rows

    async def handed(self) -> tuple[HandedRow, ...]:
        return self.handed_rows

    async def started_at(self) -> str:
        return self.started

    async def dialplan_version(self) -> str:
        return self.dialplan


async def planned(desk: Desk, now: datetime = MONDAY, *rows: str) -> Task:
    """One debtor with two items overdue, and the task that the ladder wants."""
    usual = (row(item_no="R1", open_amount="300.00"), row(item_no="R2", open_amount="110.00", due_on="2026-11-12"))
    await desk.take(*(rows or usual), as_of="2026-11-23")
    await planning.plan(desk.db, desk.rules, desk.house, now, dry_run=False, new_id=desk.new_id)
    return (await desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "10"), now)))[0]


async def place(desk: Desk, task: Task, now: datetime = MONDAY, **changes: Any) -> Attempt:
    """The row before the ring."""
    placed = Attempt(
        id=f"attempt{next(_numbers):011}",
        task_id=task.id,
        company=task.company,
        debtor_no=task.debtor_no,
        number="+493012345601",
        agent="201",
        endpoint="PJSIP/201",
        pbx="main",
        trunk="trunk",
        mode="preview",
        items=task.items,
        state=AttemptState.PLACED,
        placed_at=now,
        deadline_at=now + timedelta(seconds=30),
        pbx_started="start-1",
    )
    placed = replace(placed, **changes)
    await desk.db.write(lambda conn: calls.commit_attempt(conn, placed, now))
    return placed


async def tell(desk: Desk, now: datetime, *events: CallEvent, standing: Standing | None = None) -> list[Effect]:
    """The PBX reports these, a second apart."""
    effects: list[Effect] = []
    for number, event in enumerate(events, start=1):
        for asked in await call_events.take_events(desk.db, desk.rules, desk.house, [event], standing or LIVE, now + number * SECOND):
            effects += asked
    return effects


def talk(placed: Attempt) -> tuple[CallEvent, ...]:
    """The agent accepted, the debtor answered and hung up."""
    of: dict[str, Any] = {"seen_at": placed.placed_at, "attempt_id": placed.id}
    return (
        AgentUp(**of, channel_uniqueid=placed.channel),
        Dialling(**of),
        DebtorUp(**of, debtor_channel="PJSIP/trunk-1"),
        DialResult(**of, status="ANSWER", cause=16, tech="SIP 200 OK", rang_ms=900, talk_ms=2000),
    )


def keyed(placed: Attempt, disp: str, amount: KeyedAmount = None, on: date | None = None, at: int | None = None) -> Keyed:
    return Keyed(
        seen_at=placed.placed_at, attempt_id=placed.id, disp=disp, amount=amount, on=on, at=at, channel_uniqueid=placed.channel
    )  # fmt: skip


def menu(placed: Attempt, disp: str) -> WrapEnded:
    return WrapEnded(seen_at=placed.placed_at, attempt_id=placed.id, keyed=bool(disp), disp=disp, amount=None, on=None, at=None)


def ended(
    placed: Attempt, state: EndState = EndState.WRAP, status: str = "ANSWER", cause: int | None = 16, tech: str = "SIP 200 OK"
) -> Ended:
    return Ended(
        seen_at=placed.placed_at, attempt_id=placed.id, state=state, status=status, cause=cause, tech=tech, rang_ms=None, talk_ms=None,
        disp="", amount=None, on=None, at=None,
    )  # fmt: skip


async def now_of(desk: Desk, placed: Attempt) -> Attempt:
    found = await desk.db.read(lambda conn: calls.attempt(conn, placed.id))
    assert found is not None
    return found


async def task_of(desk: Desk, placed: Attempt) -> Task:
    found = await desk.db.read(lambda conn: tasks.task(conn, placed.task_id))
    assert found is not None
    return found


async def say(desk: Desk, placed: Attempt, now: datetime, **args: str) -> dict[str, Any]:
    return await outcomes.record_from_person(
        desk.db, desk.rules, desk.house, placed.key, {"attempt": placed.id, **args}, now, "lead", desk.new_id
    )


async def promised(desk: Desk, now: datetime = MONDAY + timedelta(days=30)) -> list[dict[str, Any]]:
    return await desk.db.read(lambda conn: promises.listed_promises(conn, now=now))


async def rows_of(desk: Desk, sql: str, *values: object) -> list[dict[str, Any]]:
    async def job(conn: Any) -> list[dict[str, Any]]:
        async with conn.execute(sql, values) as cursor:
            return list(await cursor.fetchall())

    return await desk.db.read(job)
