"""What a desk with open lines dials: ahead of its agents while enough of them wait on lines, else agent first; and what it foresees."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.agents import OPEN_LINE, OnDuty
from collectord.core.telephony.allocation import Candidate, FreeAgent, Placement
from collectord.core.telephony.attempts import PREDICTIVE, Attempt, AttemptState
from collectord.core.telephony.modes import Mode
from collectord.core.telephony.pbx_calls import ON_LINE, Accepted, AgentCall, Placed
from collectord.core.telephony.pbx_events import AgentUp, DebtorUp, Dialling
from collectord.core.telephony.predictive import PredictiveRules
from collectord.edge.store import calls, tasks
from collectord.loops import duty, on_desk, planning
from collectord.loops.dialling import Dialler, Idle, PlacedCall
from collectord.loops.foresight import Foresight, Weighed
from collectord.loops.open_lines import served_together, with_line
from collectord.loops.placed import Answer
from collectord.loops.sight import Sight
from collectord.settings import Settings
from tests.loops.desk import HOUSE, Desk, open_desk, row
from tests.loops.shift import MONDAY, SECOND, ended, keyed, now_of, place, talk, tell

STEP = ("", "standard")
FREE = OnDuty(id="", name="", endpoint=ON_LINE, pbx="main", languages=(), skills=(), logged_in=True, paused=False)
IDS = ("201", "202", "203")
LINES = {f"PJSIP/{one}": f"PJSIP/{one}-1" for one in ("201", "202")}
PHONES = {"PJSIP/201": OPEN_LINE, "PJSIP/202": OPEN_LINE, "PJSIP/203": "INUSE"}


def settings(**dialling: Any) -> Settings:
    return Settings.model_validate(
        {
            "live": True,
            "pbx": [{"name": "main", "kind": "simulated"}],
            "trunk": [{"name": "trunk", "pbx": "main", "channels": 10, "calls_per_second": 100}],
            "company": [{"name": "Muster GmbH", "caller_id": "+493012345600", "recorded_name": "muster"}],
            "agent": [{"id": one, "name": one, "pin": "4711", "endpoint": f"PJSIP/{one}", "pbx": "main", "logged_in": True} for one in IDS],
            "dialling": {"mode": "predictive", "lines": True, "predictive_from": 2, "predictive_private": True, **dialling},
        }
    )


@dataclass
class Obliging:
    """Takes every order and remembers it."""

    orders: list[AgentCall] = field(default_factory=list)

    async def originate(self, call: AgentCall) -> Placed:
        self.orders.append(call)
        return Accepted()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, settings(), MONDAY)
        rows = [row(debtor_no=str(n), item_no=f"R{n}", phone=f"+4930123456{n}") for n in (10, 11, 12, 13)]
        await opened.take(*rows, as_of="2026-11-23")
        await planning.plan(opened.db, opened.rules, opened.house, MONDAY, dry_run=False, new_id=opened.new_id)
        yield opened


def dialler(desk: Desk, pbx: Any, lines: Mapping[str, str] = LINES, **dialling: Any) -> Dialler:
    return Dialler(
        db=desk.db, settings=settings(**dialling), rules=desk.rules, house=desk.house, pbxes={"main": pbx}, started={"main": "start-1"},
        lines={"main": lines},
    )  # fmt: skip


async def turns(dials: Dialler, count: int, phones: Mapping[str, str] = PHONES) -> list[Answer]:
    return [answer for n in range(count) for answer in await dials.turns(phones, (), MONDAY + n * SECOND)]


def begun(answers: list[Answer]) -> list[Attempt]:
    assert all(isinstance(one, PlacedCall) for one in answers), answers
    return [one.attempt for one in answers if isinstance(one, PlacedCall)]


async def test_so_many_debtors_are_dialled_ahead_as_agents_wait_on_lines_and_no_more(desk: Desk) -> None:
    pbx = Obliging()
    *answers, idle = await turns(dialler(desk, pbx), 2)
    assert [(one.mode, one.agent, one.endpoint) for one in begun(answers)] == [(PREDICTIVE, "", ON_LINE)] * 2
    assert [(order.mode, order.endpoint, order.line, order.company_name) for order in pbx.orders] == [("ahead", ON_LINE, "", "muster")] * 2
    assert isinstance(idle, Idle)
    assert (idle.why, idle.passing) == ("as many debtors ring as agents will be free", False)


async def test_with_too_few_lines_the_agent_is_first_on_the_line_and_no_phone_rings(desk: Desk) -> None:
    pbx = Obliging()
    first, second = begun(await turns(dialler(desk, pbx, predictive_from=3), 1))
    assert (first.mode, first.endpoint) == ("progressive", f"PJSIP/{first.agent}")
    assert {first.agent, second.agent} == {"201", "202"}
    assert (pbx.orders[0].mode, pbx.orders[0].endpoint, pbx.orders[0].line) == ("auto", ON_LINE, f"PJSIP/{first.agent}-1")


async def test_a_phone_beside_the_lines_gets_its_calls_though_the_lines_are_waited_for(desk: Desk) -> None:
    pbx = Obliging()
    calls_of = begun(await turns(dialler(desk, pbx), 1, PHONES | {"PJSIP/203": "NOT_INUSE"}))
    assert sorted((one.mode, one.agent) for one in calls_of) == [(PREDICTIVE, ""), (PREDICTIVE, ""), ("progressive", "203")]
    assert [order.endpoint for order in pbx.orders].count("PJSIP/203") == 1


async def test_a_private_person_has_an_agent_first(desk: Desk) -> None:
    first, _ = begun(await turns(dialler(desk, Obliging(), predictive_private=False), 1))
    assert first.mode == "progressive"
    assert first.agent in ("201", "202")


async def test_a_house_of_another_mode_dials_nobody_ahead(desk: Desk) -> None:
    first, _ = begun(await turns(dialler(desk, Obliging(), mode="progressive"), 1))
    assert first.mode == "progressive"


def sight(*free: FreeAgent, candidate: Candidate) -> Sight:
    return Sight(
        agents=[], free=list(free), at_work=free, candidates=[candidate], spoken=frozenset({"de", "it"}), reach={"": frozenset({"main"})},
        resting={}, house=HOUSE, pull=False, private=False, recorded=frozenset({""}), on_line=frozenset({"201"}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "chosen", "ahead"), [("de", "201", True), ("it", "201", False), ("de", "203", False), ("de", "", True)]
)
def test_what_only_one_agent_on_the_lines_can_do_is_not_dialled_ahead_of_that_agent(language: str, chosen: str, ahead: bool) -> None:
    task = Task(
        id="t", company="", debtor_no="10", medium="call", ladder="standard", items=("A",), state=TaskState.READY, why="", level=2,
        not_before=MONDAY, expires_at=None, open_amount={"EUR": Decimal("9")}, origin=Origin.LADDER,
    )  # fmt: skip
    one = Candidate(task=task, language=language, mode=Mode.PREDICTIVE, person_type="business")
    agent = FreeAgent(id=chosen, languages=("de", "it"), pbx="main")
    anybody = replace(FREE, languages=("de",))
    seen = sight(agent, candidate=one)
    seen.anybody = anybody
    assert seen.goes_ahead(Placement(task, agent), lambda _: True, MONDAY) is ahead
    assert not seen.goes_ahead(Placement(task, agent), lambda _: False, MONDAY)
    seen.recorded = frozenset()  # who called could not be said to whoever finds nobody
    assert not seen.goes_ahead(Placement(task, agent), lambda _: True, MONDAY)


# -- foresight


async def weighed(desk: Desk, seen: Foresight, least: int = 2, after: timedelta = SECOND) -> Weighed:
    present = await on_desk.on_duty(desk.db, settings(), PHONES, MONDAY)
    agents = [with_line(agent, LINES) for agent in present]
    rules = PredictiveRules(least_agents=least)
    there = served_together(agents, MONDAY)
    return await desk.db.read(lambda conn: seen.weigh(conn, there, rules, desk.house, 10, MONDAY + after))


async def task_for(desk: Desk, debtor_no: str) -> Task:
    ready = await desk.db.read(lambda conn: tasks.ready_tasks(conn, MONDAY, limit=20))
    if not ready:
        await desk.db.write(lambda conn: tasks.promote_due(conn, MONDAY))
        ready = await desk.db.read(lambda conn: tasks.ready_tasks(conn, MONDAY, limit=20))
    return next(one.task for one in ready if one.task.debtor_no == debtor_no)


async def ahead(desk: Desk, debtor_no: str, *, answered: bool = False) -> Attempt:
    number = f"+4930123456{debtor_no}"
    placed = await place(desk, await task_for(desk, debtor_no), mode=PREDICTIVE, agent="", endpoint=ON_LINE, number=number)
    of: dict[str, Any] = {"seen_at": MONDAY, "attempt_id": placed.id}
    await tell(desk, MONDAY, AgentUp(**of, channel_uniqueid=placed.channel), Dialling(**of))
    if answered:
        await tell(desk, MONDAY, DebtorUp(**of, debtor_channel="PJSIP/trunk-1", channel_uniqueid="1.7"))
    return placed


async def test_a_debtor_who_rings_for_nobody_yet_and_one_who_waits_take_an_agent_each(desk: Desk) -> None:
    assert (await weighed(desk, Foresight())).spare
    await ahead(desk, "10")
    assert (await weighed(desk, Foresight())).spare
    await ahead(desk, "11", answered=True)
    last = await weighed(desk, Foresight())
    assert (last.large, last.spare, last.may(STEP)) == (True, True, True)  # who answered found somebody, or will not find anybody any more
    await ahead(desk, "12")
    last = await weighed(desk, Foresight())
    assert (last.large, last.spare, last.may(STEP)) == (True, False, False)
    assert "1 of 0 answered calls" in last.why(HOUSE)


@pytest.mark.parametrize("stage", ["ringing", "talking", "wrap_up"])
async def test_an_agent_on_a_line_who_has_a_call_is_not_free_for_another(desk: Desk, stage: str) -> None:
    placed = await place(desk, await task_for(desk, "10"), mode="progressive")
    await tell(desk, MONDAY, *talk(placed)[: {"ringing": 1, "talking": 3, "wrap_up": 4}[stage]])
    await ahead(desk, "11")
    found = await weighed(desk, Foresight())
    assert (found.large, found.spare, found.may(STEP)) == (True, False, False)


async def test_a_call_beside_the_lines_takes_none_of_their_agents(desk: Desk) -> None:
    await place(desk, await task_for(desk, "10"), agent="203", endpoint="PJSIP/203")
    assert (await weighed(desk, Foresight())).spare


async def test_a_desk_with_too_few_lines_is_told_so(desk: Desk) -> None:
    seen = Foresight()
    found = await weighed(desk, seen, least=3)
    assert (found.large, found.may(STEP)) == (False, False)
    assert found.why(HOUSE) == seen.why
    assert "2 agents are on open lines, 3 are needed" in seen.why


async def test_how_long_calls_take_is_learnt_from_those_that_are_over_and_anew_after_a_minute(desk: Desk) -> None:
    placed, seen = await place(desk, await task_for(desk, "10")), Foresight()
    await weighed(desk, seen)
    before = seen.learnt
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "2"), ended(placed))
    assert (await now_of(desk, placed)).state is AttemptState.CLOSED
    (length,) = await desk.db.read(lambda conn: calls.lengths(conn, 10))
    assert (length.rang, length.answered, length.talked) == (0.9, True, 2.0)
    assert length.wrapped_up is not None
    await weighed(desk, seen, after=timedelta(seconds=30))
    assert seen.learnt is before
    await weighed(desk, seen, after=timedelta(seconds=90))
    assert seen.learnt.chance > before.chance


async def test_a_clock_that_was_put_back_is_no_reason_to_keep_what_was_foreseen(desk: Desk) -> None:
    seen = Foresight()
    await weighed(desk, seen)
    kept = seen._seen
    await weighed(desk, seen, after=timedelta(seconds=-60))
    assert seen._seen is not kept
