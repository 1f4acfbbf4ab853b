"""Several calls begun from one look: each agent and each task is looked at again, and all rows are on disk before the first phone rings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.telephony.pbx_calls import Accepted, AgentCall, Placed, Refused
from collectord.edge.store import agents, calls
from collectord.edge.store import tasks as task_rows
from collectord.edge.store.connection import Connection, Database
from collectord.loops import planning
from collectord.loops.dialling import TOGETHER, Dialler, GateRefused, Idle, PlacedCall
from collectord.settings import AgentSection, CompanySection, PbxSection, Settings, TrunkSection
from tests.loops.desk import Desk, open_desk, row
from tests.loops.shift import MONDAY, rows_of

DEBTORS = 30
PHONES = [f"PJSIP/{number}" for number in range(200, 225)]


@dataclass
class Reading:
    """Takes orders; at each it looks how many attempts are on disk. Says no to `refused`."""

    db: Database
    refused: str = ""
    orders: list[AgentCall] = field(default_factory=list)
    on_disk: list[int] = field(default_factory=list)

    async def originate(self, call: AgentCall) -> Placed:
        self.orders.append(call)
        self.on_disk.append(len(await self.db.read(lambda conn: calls.unfinished(conn, "main"))))
        return Refused("no such phone") if call.endpoint == self.refused else Accepted()


class Seen(dict[str, str]):
    """Idle phones; says when the dialler looks at them."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(PHONES, "NOT_INUSE"))
        self.looked = asyncio.Event()

    def get(self, key: str, default: Any = None) -> Any:
        self.looked.set()
        return super().get(key, default)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        rows = [
            row(debtor_no=f"{n}", item_no=f"S{n}", phone=f"+4930123456{n:02}", open_amount=f"{900 - n}.00") for n in range(10, 10 + DEBTORS)
        ]
        await opened.take(*rows, as_of="2026-11-23")
        await planning.plan(opened.db, opened.rules, opened.house, MONDAY, dry_run=False, new_id=opened.new_id)
        await opened.db.write(lambda conn: agents.add_missing(conn, {phone[-3:]: True for phone in PHONES}, MONDAY))
        yield opened


def dialler(desk: Desk, there: Any, calls_per_second: int = 100) -> Dialler:
    settings = Settings(
        live=True,
        pbx=[PbxSection(name="main")],
        trunk=[TrunkSection(name="trunk", pbx="main", channels=200, calls_per_second=calls_per_second)],
        company=[CompanySection(name="Muster GmbH", caller_id="+493012345600")],
        agent=[
            AgentSection(id=phone[-3:], name=phone, pin="4711", endpoint=phone, pbx="main")  # type: ignore[arg-type]
            for phone in PHONES
        ],
    )
    return Dialler(db=desk.db, settings=settings, rules=desk.rules, house=desk.house, pbxes={"main": there}, started={"main": "start-1"})


async def meanwhile(desk: Desk, there: Reading, change: Callable[[Connection], Coroutine[Any, Any, Any]]) -> list[Any]:
    """One look, and before its transaction another one."""
    phones = Seen()

    async def other(conn: Connection) -> None:
        await phones.looked.wait()
        await change(conn)

    async with asyncio.TaskGroup() as group:
        first = group.create_task(desk.db.write(other))
        await asyncio.sleep(0)  # `other` has the writer now
        answers = await dialler(desk, there).turns(phones, (), MONDAY)
        await first
    return answers


async def test_a_turn_places_the_most_urgent_calls_and_all_rows_are_on_disk_before_the_first_ring(desk: Desk) -> None:
    there = Reading(desk.db)
    answers = await dialler(desk, there).turns(Seen(), (), MONDAY)
    placed = [answer for answer in answers if isinstance(answer, PlacedCall)]
    assert len(placed) == TOGETHER
    assert [one.attempt.debtor_no for one in placed] == [str(n) for n in range(10, 10 + TOGETHER)]
    assert len({one.attempt.agent for one in placed}) == TOGETHER
    assert [order.attempt_id for order in there.orders] == [one.attempt.id for one in placed]
    assert there.on_disk == [TOGETHER] * TOGETHER


async def test_ten_turns_of_one_call_give_the_same_tasks_to_the_same_agents_as_one_turn_of_ten(desk: Desk, tmp_path: Path) -> None:
    together = [answer for answer in await dialler(desk, Reading(desk.db)).turns(Seen(), (), MONDAY) if isinstance(answer, PlacedCall)]
    (tmp_path / "other").mkdir()
    async with open_desk(tmp_path / "other") as other:
        rows = [
            row(debtor_no=f"{n}", item_no=f"S{n}", phone=f"+4930123456{n:02}", open_amount=f"{900 - n}.00") for n in range(10, 10 + DEBTORS)
        ]
        await other.take(*rows, as_of="2026-11-23")
        await planning.plan(other.db, other.rules, other.house, MONDAY, dry_run=False, new_id=other.new_id)
        await other.db.write(lambda conn: agents.add_missing(conn, {phone[-3:]: True for phone in PHONES}, MONDAY))
        there = Reading(other.db)
        single = [await dialler(other, there).turn(Seen(), (), MONDAY) for _ in range(TOGETHER)]
    one_by_one = [(answer.attempt.debtor_no, answer.attempt.agent) for answer in single if isinstance(answer, PlacedCall)]
    assert [(one.attempt.debtor_no, one.attempt.agent) for one in together] == one_by_one


@pytest.mark.parametrize("calls_per_second", [1, 2, 20, 100])
async def test_after_an_outage_the_calls_that_are_due_keep_the_pace(desk: Desk, calls_per_second: int) -> None:
    """Everybody is free, everything is due; turns as fast as they come."""
    there, at, begun = Reading(desk.db), MONDAY, list[datetime]()
    while at < MONDAY + timedelta(seconds=2) and len(begun) < len(PHONES):
        answers = await dialler(desk, there, calls_per_second).turns(Seen(), (), at)
        begun += [answer.attempt.placed_at for answer in answers if isinstance(answer, PlacedCall)]
        at += timedelta(milliseconds=7)
    assert len(begun) == min(2 * calls_per_second, len(PHONES))
    for first in begun:
        assert len([one for one in begun if first <= one < first + timedelta(seconds=1)]) <= calls_per_second


async def test_an_agent_who_pauses_between_look_and_row_is_not_rung(desk: Desk) -> None:
    there = Reading(desk.db)
    (first, *_) = await meanwhile(
        desk, there, lambda conn: agents.set_duty(conn, "200", logged_in=True, paused=True, reason="lunch", now=MONDAY)
    )
    assert isinstance(first, Idle), first
    assert (first.passing, first.until) == (True, MONDAY)
    assert there.orders == []
    again = await dialler(desk, there).turns(Seen(), (), MONDAY)
    assert "200" not in {answer.attempt.agent for answer in again if isinstance(answer, PlacedCall)}


async def test_a_task_that_is_put_off_between_look_and_row_is_not_called(desk: Desk) -> None:
    there = Reading(desk.db)
    (task,) = [one["id"] for one in await rows_of(desk, "select id from task where debtor_no = '12'")]
    answers = await meanwhile(desk, there, lambda conn: task_rows.put_off(conn, task, MONDAY + timedelta(hours=1), "later", MONDAY))
    assert [type(answer) for answer in answers] == [PlacedCall, PlacedCall, Idle]
    assert [order.number[-2:] for order in there.orders] == ["10", "11"]


async def test_the_gate_knows_the_calls_that_were_begun_a_moment_before_in_the_same_turn(desk: Desk) -> None:
    """Debtor 12 has the number of debtor 11, which is about to ring."""
    there = Reading(desk.db)
    await desk.take(row(debtor_no="12", item_no="S12", phone="+493012345611", open_amount="888.00"), as_of="2026-11-23", name="o.delta.csv")
    answers = await dialler(desk, there).turns(Seen(), (), MONDAY)
    assert [type(answer) for answer in answers[:4]] == [PlacedCall, PlacedCall, GateRefused, PlacedCall]
    assert [order.number[-2:] for order in there.orders[:3]] == ["10", "11", "13"]
    assert len(there.orders) == there.on_disk[0]


async def test_what_the_gate_refuses_is_put_off_and_the_others_are_called(desk: Desk) -> None:
    there = Reading(desk.db)
    await desk.record(MONDAY, "11", do_not_call=True)
    await desk.db.write(lambda conn: conn.execute("update task set state = 'ready' where debtor_no = '11'"))
    answers = await dialler(desk, there).turns(Seen(), (), MONDAY)
    assert [type(answer) for answer in answers[:3]] == [PlacedCall, GateRefused, PlacedCall]
    assert len(answers) == TOGETHER


async def test_each_answer_of_the_pbx_counts_for_its_own_attempt(desk: Desk) -> None:
    there = Reading(desk.db, refused="PJSIP/201")
    answers = await dialler(desk, there).turns(Seen(), (), MONDAY)
    refused = [answer for answer in answers if isinstance(answer, PlacedCall) and answer.attempt.agent == "201"]
    assert len(refused) == 1
    assert [bool(answer.effects) for answer in answers if isinstance(answer, PlacedCall)].count(True) == 1
    open_now = await desk.db.read(lambda conn: calls.unfinished(conn, "main"))
    assert {attempt.agent for attempt in open_now} == {phone[-3:] for phone in PHONES[:TOGETHER]} - {"201"}
