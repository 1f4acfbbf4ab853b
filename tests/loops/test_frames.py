"""What rules/debtors.toml and rules/strategies.toml say holds for every call that is placed: planned, by hand, and agreed."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.exceptions import Exceptions, parse_exceptions
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.strategies import Frames, parse_strategies
from collectord.core.receivables.tasks import Origin
from collectord.core.rule_text import Table
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import agents
from collectord.edge.store import tasks as task_rows
from collectord.loops import intake, manual
from collectord.loops.dialling import Dialler, GateRefused, Idle, PlacedCall
from collectord.settings import AgentSection
from tests.loops.desk import RULES, Desk, local, open_desk
from tests.loops.shift import MONDAY, planned
from tests.loops.test_dialling import Obliging, dialler

PHONES = {"PJSIP/201": "NOT_INUSE", "PJSIP/202": "NOT_INUSE"}
TWO = [
    AgentSection(id=one, name=one, pin="4711", endpoint=f"PJSIP/{one}", pbx="main", languages=["de"])  # type: ignore[arg-type]
    for one in ("201", "202")
]


def exceptions(text: str) -> Exceptions:
    return parse_exceptions(Table(tomllib.loads(f'[[debtor]]\ndebtor_no = "10"\n{text}'), "", []))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def both_at_work(desk: Desk, there: Any) -> Dialler:
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True, "202": True}, MONDAY))
    return dialler(desk, there, agent=TWO)


async def test_a_day_without_calls_holds_for_a_call_that_an_agent_starts_by_hand(desk: Desk) -> None:
    await planned(desk)
    desk.rules = replace(RULES, frames=Frames(exceptions=exceptions('not_on = "mon"')))
    there = Obliging()
    asked = (DebtorKey("", "10"), "201", "lead", PHONES, ())
    answer = await manual.call_now(await both_at_work(desk, there), *asked, MONDAY)
    assert [(one["rule"], one["not_before"]) for one in answer["refusals"]] == [("debtors/hours", "2026-11-24T00:00:00+01:00")]
    assert there.orders == []


async def test_an_agreed_callback_on_such_a_day_waits_for_the_next(desk: Desk) -> None:
    task = await planned(desk)
    callback = replace(task, id="back", origin=Origin.CALLBACK, agent="201", not_before=MONDAY)
    await desk.db.write(lambda conn: task_rows.create_task(conn, callback, MONDAY - timedelta(hours=1)))
    desk.rules = replace(RULES, frames=Frames(exceptions=exceptions('not_on = "mon"')))
    answer = await (await both_at_work(desk, Obliging())).turn(PHONES, (), MONDAY)
    assert isinstance(answer, GateRefused)
    assert answer.task.id == "back"
    assert [one.rule for one in answer.verdict.refusals] == ["debtors/hours"]
    waiting = await desk.db.read(lambda conn: task_rows.task(conn, "back"))
    assert waiting is not None
    assert waiting.not_before == local("2026-11-24T08:00")


async def test_a_debtor_of_one_agent_is_called_by_no_other(desk: Desk) -> None:
    await planned(desk)
    desk.rules = replace(RULES, frames=Frames(exceptions=exceptions('agent = "202"')))
    there = Obliging()
    at_work = await both_at_work(desk, there)
    alone = await at_work.turn({**PHONES, "PJSIP/202": "INUSE"}, (), MONDAY)
    assert isinstance(alone, Idle)
    placed = await at_work.turn(PHONES, (), MONDAY)
    assert isinstance(placed, PlacedCall)
    assert placed.attempt.agent == "202"


async def test_a_case_waits_for_its_owner_who_is_on_the_phone_and_not_for_one_who_is_away(desk: Desk) -> None:
    text = '[strategy.all]\npotential_classes = ["none"]\nowner_first = true\n'
    await planned(desk)
    owned = desk.folder / "owned.delta.csv"
    owned.write_text("debtor_no;debtor_name;item_no;due_on;open_amount;phone;region;agent\n"
                     "10;Muster;R1;2026-11-11;300.00;+493012345601;BE;202\n", encoding="utf-8")  # fmt: skip
    edges = intake.IntakeEdges(db=desk.db, folders=ExchangeFolders(desk.folder / "exchange"), house=desk.house, new_id=desk.new_id)
    await intake.import_file(edges, owned, source=None, mode=None, as_of=MONDAY.date(), now=MONDAY)
    desk.rules = replace(RULES, frames=Frames(parse_strategies(Table(tomllib.loads(text), "", []))))
    at_work = await both_at_work(desk, Obliging())
    assert isinstance(await at_work.turn({**PHONES, "PJSIP/202": "INUSE"}, (), MONDAY), Idle)
    placed = await at_work.turn({**PHONES, "PJSIP/202": "UNAVAILABLE"}, (), MONDAY)
    assert isinstance(placed, PlacedCall)
    assert placed.attempt.agent == "201"
