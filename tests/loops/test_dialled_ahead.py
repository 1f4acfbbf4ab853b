"""What a desk with open lines dials: ahead of its agents while enough of them wait on lines, else agent first; and what it foresees."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.agents import OPEN_LINE, OnDuty
from collectord.core.telephony.allocation import Candidate, FreeAgent, Placement
from collectord.core.telephony.attempts import PREDICTIVE, Attempt, AttemptState, GateSaid, Result
from collectord.core.telephony.dropped_calls import Count
from collectord.core.telephony.modes import Mode
from collectord.core.telephony.pbx_calls import ON_LINE, Accepted, AgentCall, Placed
from collectord.core.telephony.pbx_events import AgentUp, DebtorUp, Dialling, OriginateFailed
from collectord.core.telephony.predictive import PredictiveRules
from collectord.edge.store import calls, tasks
from collectord.loops import duty, on_desk, planning
from collectord.loops.dialling import Dialler, Idle, PlacedCall
from collectord.loops.foresight import Foresight, Weighed
from collectord.loops.open_lines import served_together, with_line
from collectord.loops.placed import Answer
from collectord.loops.sight import Sight
from collectord.settings import AgentSection, Settings
from tests.loops.desk import HOUSE, Desk, open_desk, row
from tests.loops.shift import MONDAY, SECOND, ended, keyed, now_of, place, talk, tell

PAST = itertools.count(1000)
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


# -- a large desk


MANY = tuple(f"{300 + n}" for n in range(50))


def large(**trunk: Any) -> Settings:
    of = settings(predictive_from=20)
    agents = [
        AgentSection.model_validate({"id": i, "name": i, "pin": "4711", "endpoint": f"PJSIP/{i}", "pbx": "main", "logged_in": True})
        for i in MANY
    ]
    trunks = [one.model_copy(update={"channels": 120, "calls_per_second": 20} | trunk) for one in of.trunk]
    return of.model_copy(update={"agent": agents, "trunk": trunks})


async def a_large_desk(desk: Desk, pbx: Obliging, **trunk: Any) -> Dialler:
    rows = [row(debtor_no=str(n), item_no=f"R{n}", phone=f"+4930123{max(n, 4001) - 1}") for n in range(4000, 4070)]
    await desk.take(*rows, as_of="2026-11-23", name="many.csv")
    await planning.plan(desk.db, desk.rules, desk.house, MONDAY, dry_run=False, new_id=desk.new_id)
    await duty.prepare(desk.db, large(), MONDAY)
    return replace(dialler(desk, pbx), settings=large(**trunk), lines={"main": {f"PJSIP/{i}": f"PJSIP/{i}-1" for i in MANY}})


async def seconds_of(dials: Dialler, seconds: float) -> list[datetime]:
    """Turn after turn, as the daemon takes them; when each call was placed."""
    now, placed, phones = MONDAY, [], dict.fromkeys((f"PJSIP/{i}" for i in MANY), OPEN_LINE)
    while now < MONDAY + timedelta(seconds=seconds):
        answers = await dials.turns(phones, (), now)
        assert len([one for one in answers if isinstance(one, PlacedCall)]) <= 10
        placed += [now for one in answers if isinstance(one, PlacedCall)]
        last, now = answers[-1], now + timedelta(milliseconds=10)
        if isinstance(last, Idle):
            now = max(now, last.until or now + SECOND)
    return placed


async def test_fifty_agents_are_served_within_three_seconds_at_the_pace_of_their_trunk(desk: Desk) -> None:
    pbx = Obliging()
    placed = await seconds_of(await a_large_desk(desk, pbx), 4.0)
    assert len(placed) == len(MANY)  # one for each who is free, as nobody knows yet how many answer
    assert {order.mode for order in pbx.orders} == {"ahead"}
    assert len({order.number for order in pbx.orders}) == len(MANY)
    assert placed[-1] - placed[0] <= timedelta(seconds=3)
    assert max(sum(at <= other < at + SECOND for other in placed) for at in placed) <= 20


async def test_a_batch_holds_the_channels_of_the_trunk(desk: Desk) -> None:
    pbx = Obliging()
    assert len(await seconds_of(await a_large_desk(desk, pbx, channels=12, reserve=2, calls_per_second=100), 2.0)) == 10


async def test_a_task_of_a_number_that_rings_is_left_out_of_the_batch(desk: Desk) -> None:
    """Two debtors share a telephone."""
    pbx = Obliging()
    await seconds_of(await a_large_desk(desk, pbx, calls_per_second=100), 2.0)
    assert len(pbx.orders) == len(MANY)
    assert [order.number for order in pbx.orders].count("+49301234000") == 1


# -- the cap


async def found(desk: Desk, answered: int, lost: int, *, ladder: str = "standard", days: int = 0, hours: float = 1) -> None:
    """So many calls of the past were answered, some of them found nobody."""
    at = MONDAY - timedelta(days=days, hours=hours)
    for n in range(answered):
        number = next(PAST)
        task = Task(
            id=f"past-{number}", company="", debtor_no=f"9{number}", medium="call", ladder=ladder, items=(), state=TaskState.READY, why="",
            level=1, not_before=at, expires_at=None, open_amount={}, origin=Origin.LADDER,
        )  # fmt: skip
        await desk.db.write(lambda conn, task=task: tasks.create_task(conn, task, at))  # type: ignore[misc]
        was = await place(desk, task, at, agent="201", number=f"+4930999{number}")
        result = Result.DROPPED if n < lost else Result.ANSWERED
        over = replace(was, state=AttemptState.CLOSED, result=result, closed_at=at, ended_at=at, rang_ms=900, gate=GateSaid.GO)
        await desk.db.write(lambda conn, over=over: calls.save_attempt(conn, over))  # type: ignore[misc]
        await desk.db.write(lambda conn, task=task: tasks.close_task(conn, task.id, TaskState.DONE, "over", at))  # type: ignore[misc]


async def test_beyond_the_cap_of_a_day_every_call_has_its_agent_first_and_status_says_so(desk: Desk) -> None:
    await found(desk, 20, 2)
    dials = dialler(desk, Obliging())
    assert {(one.mode, one.agent != "") for one in begun(await turns(dials, 1))} == {("progressive", True)}
    assert dials.foresight.why.startswith(
        "Every call has its agent first: 2 of 20 answered calls within 24 hours found nobody, and the cap of 3% is passed."
    )


async def test_beyond_the_cap_of_a_campaign_only_its_calls_have_their_agent_first(desk: Desk) -> None:
    await found(desk, 30, 2, ladder="standard", days=10)
    await found(desk, 60, 0, ladder="other")
    weighed_now = await weighed(desk, Foresight())
    assert (weighed_now.may(("", "standard")), weighed_now.may(("", "other")), weighed_now.may(("new", "one"))) == (False, True, True)
    assert "2 of 30 answered calls of standard within 30 days" in weighed_now.why(HOUSE)
    assert {one.mode for one in begun(await turns(dialler(desk, Obliging()), 1))} == {"progressive"}


async def test_a_call_that_is_lost_counts_at_once_though_the_answered_ones_are_counted_now_and_then(desk: Desk) -> None:
    await found(desk, 40, 1)
    seen = Foresight()
    assert (await weighed(desk, seen)).may(STEP)
    await found(desk, 1, 1, hours=-2 / 3600)
    assert not (await weighed(desk, seen, after=2 * SECOND)).may(STEP)


async def test_with_enough_answers_more_ring_than_agents_are_free(desk: Desk) -> None:
    await found(desk, 200, 0)
    await found(desk, 0, 0)
    for _ in range(3):
        assert (await weighed(desk, Foresight())).may(STEP)
    few = Foresight()
    for _ in range(200):
        few.learnt = few.learnt.call_ended(20.0, answered=False)
    few._learnt_at = MONDAY
    few._campaigns = {STEP: Count(answered=200, lost=0)}
    at_work = await weighed(desk, few)
    at_work.used = 2
    assert at_work.may(STEP)
    assert not at_work.spare


async def test_explain_says_why_a_private_person_gets_an_agent_first(desk: Desk) -> None:
    assert (await desk.ask(MONDAY))["agent_first"] == ""
    desk.house = replace(HOUSE, mode="predictive")
    told = await desk.ask(MONDAY)
    assert (told["mode"], "predictive_private is off" in told["agent_first"]) == ("predictive", True)
    desk.house = replace(HOUSE, mode="predictive", private_ahead=True)
    assert (await desk.ask(MONDAY))["agent_first"] == ""


async def test_agents_of_two_pbxes_are_not_waited_for_together(desk: Desk) -> None:
    present = await on_desk.on_duty(desk.db, settings(), PHONES, MONDAY)
    agents = [replace(one, line=f"{one.endpoint}-1", pbx="far" if one.id == "203" else "main") for one in present]
    assert [one.id for one in served_together(agents, MONDAY)] == ["201", "202"]
    resting = [replace(one, rest_until=MONDAY + SECOND) if one.id == "201" else one for one in agents]
    assert [one.id for one in served_together(resting, MONDAY)] == ["203"]


@pytest.mark.parametrize("now_is", [{"predictive_from": 3}, {"mode": "preview"}])
async def test_an_agent_for_whom_a_debtor_rings_is_kept_though_nobody_more_is_dialled_ahead(desk: Desk, now_is: dict[str, Any]) -> None:
    """Somebody left a line and too few are there, or the mode was changed, while debtors ring."""
    first, second = begun(await turns(dialler(desk, Obliging()), 1))
    (idle,) = await turns(dialler(desk, Obliging(), **now_is), 1)
    assert isinstance(idle, Idle)
    assert idle.why == "as many debtors ring as agents will be free"
    await tell(desk, MONDAY + SECOND, *(OriginateFailed(
        seen_at=MONDAY, attempt_id=one.id, action_id=f"{one.id}-o", reason=0, uniqueid="", ring_back=0
    ) for one in (first,)))  # fmt: skip
    (agent_first,) = [one for one in await turns(dialler(desk, Obliging(), **now_is), 1) if isinstance(one, PlacedCall)]
    assert agent_first.attempt.agent
    assert (await now_of(desk, second)).agent == ""


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
    assert (last.large, last.spare, last.may(STEP)) == (True, False, False)
    assert "0 calls were answered" in last.why(HOUSE)
    later = await weighed(desk, Foresight(), after=5 * SECOND)  # who has waited in vain hears who called
    assert (later.large, later.spare, later.may(STEP)) == (True, True, True)
    assert "1 of 0 answered calls" in later.why(HOUSE)


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
