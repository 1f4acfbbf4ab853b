"""The dialler's last look, in the transaction of the attempt: switches and hours as they are then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.pbx_calls import Accepted, AgentCall, Placed
from collectord.edge.store import agents, calls, meta
from collectord.edge.store import tasks as task_rows
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection
from collectord.loops import manual, planning, standing
from collectord.loops.dialling import A_FEW, LOOK_AHEAD, Dialler, GateRefused, Idle, PlacedCall
from collectord.settings import AgentSection, CompanySection, DiallingSection, PbxSection, Settings, TrunkSection
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.shift import MONDAY, ended, keyed, place, planned, rows_of, talk, tell

ANNA = OnDuty(id="201", name="Anna", endpoint="PJSIP/201", pbx="main", languages=("de",), skills=(), logged_in=True, paused=False)


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
        yield opened


def dialler(desk: Desk, there: Any, **more: Any) -> Dialler:
    given: dict[str, Any] = {
        "live": True,
        "pbx": [PbxSection(name="main")],
        "trunk": [TrunkSection(name="trunk", pbx="main")],
        "company": [CompanySection(name="Muster GmbH", caller_id="+493012345600")],
        "agent": [AgentSection(id="201", name="Anna", pin="4711", endpoint="PJSIP/201", pbx="main", languages=["de"])],  # type: ignore[arg-type]
        **more,
    }
    return Dialler(
        db=desk.db, settings=Settings(**given), rules=desk.rules, house=desk.house, pbxes={"main": there}, started={"main": "start-1"}
    )


async def placed(desk: Desk, task: Task, now: datetime, pbx: Obliging) -> PlacedCall | GateRefused | Idle:
    return await dialler(desk, pbx).place(task, ANNA, (), now)


async def test_the_row_is_committed_and_one_order_is_sent(desk: Desk) -> None:
    pbx = Obliging()
    answer = await placed(desk, await planned(desk), MONDAY, pbx)
    assert isinstance(answer, PlacedCall)
    assert [order.attempt_id for order in pbx.orders] == [answer.attempt.id]
    assert await desk.db.read(lambda conn: calls.attempt(conn, answer.attempt.id)) is not None


async def test_an_attempt_keeps_which_version_of_the_script_was_used(desk: Desk) -> None:
    assert isinstance(await placed(desk, await planned(desk), MONDAY, Obliging()), PlacedCall)
    (attempt,) = await desk.db.read(lambda conn: calls.listed_attempts(conn, now=MONDAY))
    assert attempt["script"] == "friendly-reminder 1"


@pytest.mark.parametrize(("key", "value", "why"), [("paused", "yes", "paused"), ("live", "no", "shadow mode")])
async def test_a_pause_that_was_confirmed_while_the_dialler_chose_holds(desk: Desk, key: str, value: str, why: str) -> None:
    task, pbx = await planned(desk), Obliging()
    await desk.db.write(lambda conn: meta.put(conn, key, value))  # somebody was told "paused" before our transaction began
    answer = await placed(desk, task, MONDAY, pbx)
    assert isinstance(answer, Idle)
    assert why in answer.why
    assert pbx.orders == []


async def test_no_call_begins_whose_debtor_could_ring_after_hours(desk: Desk) -> None:
    """The agent is rung, hears the case and decides: the debtor's line may ring almost three minutes later."""
    task, pbx = await planned(desk), Obliging()
    answer = await placed(desk, task, local("2026-11-23T19:58"), pbx)
    assert isinstance(answer, GateRefused)
    assert [refusal.rule for refusal in answer.verdict.refusals] == ["de/hours"]
    assert answer.verdict.not_before == local("2026-11-24T08:00")
    assert pbx.orders == []


async def test_a_call_whose_debtor_rings_before_the_end_of_the_hours_at_the_latest_is_placed(desk: Desk) -> None:
    task, pbx = await planned(desk), Obliging()
    latest = local("2026-11-23T20:00") - desk.house.times.until_dialled - timedelta(seconds=1)
    assert isinstance(await placed(desk, task, latest, pbx), PlacedCall)


async def test_many_cases_in_the_language_of_an_absent_colleague_do_not_keep_the_desk_idle(desk: Desk) -> None:
    task, pbx = await planned(desk), Obliging()
    rows = [row(debtor_no=f"fr{n}", item_no=f"F{n}", phone="", open_amount="9000.00") for n in range(LOOK_AHEAD + A_FEW)]
    await desk.take(*rows, row(item_no="R1", open_amount="300.00"), as_of="2026-11-23", name="more.csv")
    french = [
        replace(task, id=f"french{n:06}", debtor_no=f"fr{n}", priority=99, state=TaskState.READY, items=(f"F{n}",))
        for n in range(LOOK_AHEAD + A_FEW)
    ]

    async def job(conn: Connection) -> None:
        await task_rows.create_rows(conn, [task_rows.row_of(task, MONDAY) for task in french])
        await conn.execute("update debtor_version set language = 'fr' where debtor_no like 'fr%'")
        await agents.add_missing(conn, {"201": True}, MONDAY)

    await desk.db.write(job)
    absent = AgentSection(id="202", name="Zoe", pin="4711", endpoint="PJSIP/202", pbx="main", languages=["fr"])  # type: ignore[arg-type]
    both = [*dialler(desk, pbx).settings.agent, absent]
    answer = await dialler(desk, pbx, agent=both).turn({"PJSIP/201": "NOT_INUSE"}, (), MONDAY)
    assert isinstance(answer, PlacedCall), answer
    assert answer.attempt.debtor_no == "10"


async def test_a_company_whose_trunk_hangs_on_another_pbx_does_not_stop_the_others(desk: Desk) -> None:
    task, pbx = await planned(desk), Obliging()

    async def job(conn: Connection) -> None:
        far = replace(task, id="far-away-000001", company="2", debtor_no="77", priority=99, state=TaskState.READY)
        await task_rows.create_task(conn, far, MONDAY)
        await agents.add_missing(conn, {"201": True}, MONDAY)

    await desk.db.write(job)
    two = [
        CompanySection(name="Muster GmbH", caller_id="+493012345600"),
        CompanySection(code="2", name="B", caller_id="+493012345699", trunk="far"),
    ]
    desk.house = replace(desk.house, companies={**desk.house.companies, "2": replace(desk.house.companies[""], code="2")})
    trunks = [TrunkSection(name="trunk", pbx="main"), TrunkSection(name="far", pbx="second")]
    pbxes = [PbxSection(name="main"), PbxSection(name="second")]
    answer = await dialler(desk, pbx, company=two, trunk=trunks, pbx=pbxes).turn({"PJSIP/201": "NOT_INUSE"}, (), MONDAY)
    assert isinstance(answer, PlacedCall), answer
    assert answer.attempt.debtor_no == "10"


async def manual_tasks(desk: Desk) -> list[str]:
    return [str(found["state"]) for found in await rows_of(desk, "select state from task where origin = 'manual'")]


async def test_a_manual_call_that_failed_leaves_no_task_that_the_dialler_would_call_later(desk: Desk) -> None:
    await planned(desk)
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True}, MONDAY))
    faulty = replace(dialler(desk, Obliging()), rules=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        await manual.call_now(faulty, DebtorKey("", "10"), "201", "lead", {"PJSIP/201": "NOT_INUSE"}, (), MONDAY)
    assert await manual_tasks(desk) == []


async def test_a_manual_call_that_cannot_be_placed_is_never_a_task_that_the_dialler_could_take(desk: Desk) -> None:
    await planned(desk)
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True}, MONDAY))
    task = replace((await desk.db.read(lambda conn: task_rows.live_tasks_of(conn, DebtorKey("", "10"), MONDAY)))[0], id="by-hand-000000001")
    by_hand = replace(task, origin=Origin.MANUAL, state=TaskState.READY)
    await desk.db.write(lambda conn: meta.put(conn, "paused", "yes"))
    answer = await dialler(desk, Obliging()).place(by_hand, ANNA, (), MONDAY, unsaved=True)
    assert isinstance(answer, Idle)
    assert await manual_tasks(desk) == ["cancelled"]


async def test_a_manual_call_and_its_task_are_one_transaction(desk: Desk) -> None:
    await planned(desk)
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True}, MONDAY))
    asked = (DebtorKey("", "10"), "201", "lead", {"PJSIP/201": "NOT_INUSE"}, ())
    there = Obliging()
    answer = await manual.call_now(dialler(desk, there), *asked, MONDAY)
    assert [order.attempt_id for order in there.orders] == [answer["attempt"]]
    assert await manual_tasks(desk) == ["in_call"]


async def test_a_manual_call_obeys_the_gate_and_its_task_is_over(desk: Desk) -> None:
    await planned(desk)
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True}, MONDAY))
    there, sunday = Obliging(), local("2026-11-22T10:00")
    answer = await manual.call_now(dialler(desk, there), DebtorKey("", "10"), "201", "lead", {"PJSIP/201": "NOT_INUSE"}, (), sunday)
    assert answer["attempt"] is None
    assert "de/hours" in {refusal["rule"] for refusal in answer["refusals"]}
    assert there.orders == []
    assert await manual_tasks(desk) == ["cancelled"]


async def test_why_nobody_is_free_names_nobody_because_it_goes_to_the_log(desk: Desk) -> None:
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": False}, MONDAY))
    answer = await dialler(desk, Obliging()).turn({"PJSIP/201": "NOT_INUSE"}, (), MONDAY)
    assert isinstance(answer, Idle)
    assert "201 is logged out" in answer.why
    assert "Anna" not in answer.why


async def test_an_agent_outside_the_own_working_hours_gets_no_task_and_may_call_by_hand(desk: Desk) -> None:
    task, pbx = await planned(desk), Obliging()
    mornings = dialler(desk, pbx).settings.agent[0].model_copy(update={"hours": "mon-thu 08:00-09:59"})
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True}, MONDAY))
    late = dialler(desk, pbx, agent=[mornings])
    idle = await late.turn({"PJSIP/201": "NOT_INUSE"}, (), MONDAY)
    assert isinstance(idle, Idle), idle
    assert "08:00-09:59" in idle.why
    doc = await manual.call_now(late, task.key, "201", "lead", {"PJSIP/201": "NOT_INUSE"}, (), MONDAY)
    assert doc["attempt"] is not None, doc


async def test_an_agent_within_the_own_working_hours_gets_tasks(desk: Desk) -> None:
    await planned(desk)
    pbx = Obliging()
    mornings = dialler(desk, pbx).settings.agent[0].model_copy(update={"hours": "mon-thu 08:00-13:00"})
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True}, MONDAY))
    answer = await dialler(desk, pbx, agent=[mornings]).turn({"PJSIP/201": "NOT_INUSE"}, (), MONDAY)
    assert isinstance(answer, PlacedCall), answer


# ---------------------------------------------------------------- modes


IDLE_PHONES = {"PJSIP/201": "NOT_INUSE"}


def in_mode(desk: Desk, there: Any, mode: str, **levels: str) -> Dialler:
    """`levels`: the own word of a step, by the first word of its name."""
    (standard,) = desk.rules.ladders
    steps = tuple(replace(level, mode=levels.get(level.name.split()[0], "")) for level in standard.levels)
    desk.rules = replace(desk.rules, ladders=(replace(standard, levels=steps),))
    return dialler(desk, there, dialling=DiallingSection(mode=mode))  # type: ignore[arg-type]


async def at_work(desk: Desk) -> None:
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True}, MONDAY))


async def asks_for_next(desk: Desk) -> None:
    await desk.db.write(lambda conn: agents.ask_for_next(conn, "201", MONDAY))


@pytest.mark.parametrize(
    ("mode", "levels", "used", "ordered"),
    [
        ("preview", {}, "preview", "preview"),
        ("progressive", {}, "progressive", "auto"),
        ("progressive", {"friendly": "preview"}, "preview", "preview"),
        ("preview", {"friendly": "progressive"}, "progressive", "auto"),
        ("pull", {"friendly": "progressive"}, "progressive", "auto"),
    ],
)
async def test_a_call_begins_as_its_step_says_else_as_the_house_says(
    desk: Desk, mode: str, levels: dict[str, str], used: str, ordered: str
) -> None:
    there = Obliging()
    await planned(desk)
    await at_work(desk)
    answer = await in_mode(desk, there, mode, **levels).turn(IDLE_PHONES, (), MONDAY)
    assert isinstance(answer, PlacedCall), answer
    assert (answer.attempt.mode, there.orders[0].mode) == (used, ordered)


@pytest.mark.parametrize(("mode", "levels"), [("pull", {}), ("preview", {"friendly": "pull"}), ("pull", {"second": "preview"})])
async def test_a_case_that_is_pulled_rings_nobody_who_did_not_ask_for_the_next_one(desk: Desk, mode: str, levels: dict[str, str]) -> None:
    there = Obliging()
    await planned(desk)
    await at_work(desk)
    first = await in_mode(desk, there, mode, **levels).turn(IDLE_PHONES, (), MONDAY)
    assert isinstance(first, Idle), first
    assert "next case" in first.why
    assert there.orders == []
    await asks_for_next(desk)
    second = await in_mode(desk, there, mode, **levels).turn(IDLE_PHONES, (), MONDAY)
    assert isinstance(second, PlacedCall), second
    assert (second.attempt.mode, there.orders[0].mode) == ("pull", "preview")


async def test_after_the_wrap_up_of_a_talk_nobody_gets_a_progressive_call_before_a_breath(desk: Desk) -> None:
    there, over = Obliging(), MONDAY + timedelta(seconds=7)
    talked = await place(desk, await planned(desk))
    await at_work(desk)
    await tell(desk, MONDAY, *talk(talked), keyed(talked, "5"))
    await tell(desk, MONDAY + timedelta(seconds=6), ended(talked))
    other = "+493012345602"
    await desk.take(row(debtor_no="11", item_no="S1", phone=other, open_amount="90.00"), as_of="2026-11-23", name="more.csv")
    await planning.plan(desk.db, desk.rules, desk.house, over, dry_run=False, new_id=desk.new_id)
    breathing = await in_mode(desk, there, "progressive").turn(IDLE_PHONES, (), over)
    assert isinstance(breathing, Idle), breathing
    assert (breathing.until, breathing.passing, breathing.paced) == (over + timedelta(seconds=3), True, False)
    assert breathing.why == "1 task waits for the end of a breath after a talk."
    answer = await in_mode(desk, there, "progressive").turn(IDLE_PHONES, (), over + timedelta(seconds=3))
    assert isinstance(answer, PlacedCall), answer
    assert answer.attempt.debtor_no == "11"


async def test_after_a_call_that_nobody_answered_the_next_one_needs_no_breath(desk: Desk) -> None:
    there, over = Obliging(), MONDAY + timedelta(seconds=7)
    silent = await place(desk, await planned(desk))
    await at_work(desk)
    await tell(desk, MONDAY + timedelta(seconds=6), ended(silent, status="NOANSWER", cause=0, tech="SIP 180 Ringing"))
    await desk.take(row(debtor_no="11", item_no="S1", phone="+493012345602"), as_of="2026-11-23", name="more.csv")
    await planning.plan(desk.db, desk.rules, desk.house, over, dry_run=False, new_id=desk.new_id)
    answer = await in_mode(desk, there, "progressive").turn(IDLE_PHONES, (), over)
    assert isinstance(answer, PlacedCall), answer


async def test_a_debtor_who_is_dialled_at_once_may_be_called_nearer_to_the_end_of_the_hours(desk: Desk) -> None:
    there, late = Obliging(), local("2026-11-23T19:59:20")
    task = await planned(desk)
    heard = await in_mode(desk, there, "preview").place(task, ANNA, (), late)
    assert isinstance(heard, GateRefused), heard
    assert isinstance(await in_mode(desk, there, "progressive").place(task, ANNA, (), late), PlacedCall)


async def test_a_call_that_a_person_asked_for_is_heard_first_in_every_mode(desk: Desk) -> None:
    there = Obliging()
    task = await planned(desk)
    await at_work(desk)
    doc = await manual.call_now(in_mode(desk, there, "progressive"), task.key, "201", "lead", IDLE_PHONES, (), MONDAY)
    assert doc["attempt"] is not None, doc
    assert there.orders[0].mode == "preview"


@pytest.mark.parametrize(("mode", "expected"), [("preview", "preview"), ("progressive", "progressive")])
async def test_explain_says_how_the_next_call_begins(desk: Desk, mode: str, expected: str) -> None:
    task = await planned(desk)
    desk.house = replace(desk.house, mode=mode)
    assert (await desk.ask(MONDAY))["mode"] == expected
    assert task.medium == "call"


# ---------------------------------------------------------------- trunks

TWO = [TrunkSection(name=name, pbx="main", rest_after=2) for name in ("first", "second")]
OWN = [CompanySection(name="Muster GmbH", caller_id="+493012345600", trunk="first", other_trunks=["second"])]


async def failed_over(desk: Desk, trunk: str, *ago: int, result: str = "congestion") -> None:
    """Calls over this trunk that ended so many minutes before Monday, 10:00."""

    async def job(conn: Connection) -> None:
        for minutes in ago:
            at = instant(MONDAY - timedelta(minutes=minutes))
            await conn.execute(
                "insert into attempt (id, task_id, company, debtor_no, number, agent, endpoint, pbx, trunk, mode, items, state, placed_at,"
                " deadline_at, pbx_started, result, ended_at)"
                " values (?, '', '', 'x', '+49301', '9', '', 'main', ?, 'preview', '', 'closed', ?, ?, '', ?, ?)",
                (f"{trunk}{minutes}{result}", trunk, at, at, result, at),
            )

    await desk.db.write(job)


async def turn(desk: Desk, pbx: Obliging, now: datetime = MONDAY, **more: Any) -> PlacedCall | GateRefused | Idle:
    await desk.db.write(lambda conn: agents.add_missing(conn, {"201": True}, now))
    return await dialler(desk, pbx, trunk=TWO, company=OWN, **more).turn({"PJSIP/201": "NOT_INUSE"}, (), now)


async def test_the_second_trunk_is_taken_while_the_first_rests_and_only_then(desk: Desk) -> None:
    task, pbx = await planned(desk), Obliging()
    await failed_over(desk, "first", 1, 2)
    answer = await dialler(desk, pbx, trunk=TWO, company=OWN).place(task, ANNA, (), MONDAY)
    assert isinstance(answer, PlacedCall)
    assert (answer.attempt.trunk, answer.attempt.caller_id) == ("second", "+493012345600")
    assert [order.trunk for order in pbx.orders] == ["second"]
    (listed,) = (one for one in await desk.db.read(lambda conn: calls.listed_attempts(conn, now=MONDAY)) if one["debtor_no"] == "10")
    assert (listed["trunk"], listed["caller_id"]) == ("second", "+493012345600")


async def test_a_call_that_got_through_ends_the_rest(desk: Desk) -> None:
    task, pbx = await planned(desk), Obliging()
    await failed_over(desk, "first", 2, 3)
    await failed_over(desk, "first", 1, result="no_answer")
    assert isinstance(await dialler(desk, pbx, trunk=TWO, company=OWN).place(task, ANNA, (), MONDAY), PlacedCall)
    assert [order.trunk for order in pbx.orders] == ["first"]


async def test_calls_that_we_stopped_while_they_rang_do_not_speak_against_the_trunk(desk: Desk) -> None:
    task, pbx = await planned(desk), Obliging()
    await failed_over(desk, "first", 1, 2, result="failed")
    await desk.db.write(lambda conn: conn.execute("update attempt set gate = 'stopped' where trunk = 'first'"))
    assert isinstance(await dialler(desk, pbx, trunk=TWO, company=OWN).place(task, ANNA, (), MONDAY), PlacedCall)
    assert [order.trunk for order in pbx.orders] == ["first"]


async def test_nothing_is_placed_while_all_trunks_rest_and_the_reason_is_told(desk: Desk) -> None:
    await planned(desk)
    pbx = Obliging()
    await failed_over(desk, "first", 1, 2)
    await failed_over(desk, "second", 1, 2)
    answer = await turn(desk, pbx)
    assert isinstance(answer, Idle)
    assert "trunk first failed (congestion)" in answer.why
    task = (await desk.db.read(lambda conn: task_rows.live_tasks_of(conn, DebtorKey("", "10"), MONDAY)))[0]
    placed = await dialler(desk, pbx, trunk=TWO, company=OWN).place(task, ANNA, (), MONDAY)
    assert isinstance(placed, Idle)
    assert placed.until == MONDAY + timedelta(minutes=4)
    assert pbx.orders == []
    later = await turn(desk, pbx, MONDAY + timedelta(minutes=5))
    assert isinstance(later, PlacedCall)


async def test_status_tells_each_trunk_and_is_blocked_when_all_rest(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    settings = dialler(desk, Obliging(), trunk=TWO, company=OWN).settings
    await failed_over(desk, "first", 1, 2)
    up: list[dict[str, Any]] = [{"name": "main", "state": "up", "response_ms": 1}]

    async def told() -> dict[str, Any]:
        return await standing.status(desk.db, settings, desk.house, MONDAY, pbx=up, devices={}, doubts=())

    found = await told()
    assert [(one["name"], one["state"]) for one in found["trunks"]] == [("first", "resting"), ("second", "ok")]
    assert found["state"] != "blocked"
    await failed_over(desk, "second", 1, 2)
    blocked = await told()
    assert blocked["state"] == "blocked"
    assert "trunk second failed" in blocked["why"]


async def test_a_phone_that_answers_by_itself_hears_the_case_first_in_every_mode(desk: Desk) -> None:
    pbx = Obliging()
    at = dialler(desk, pbx, dialling=DiallingSection(mode="progressive"))
    answer = await at.place(await planned(desk), replace(ANNA, auto_answer="snom"), (), MONDAY)
    assert isinstance(answer, PlacedCall)
    assert (answer.order.mode, answer.order.auto_answer, answer.attempt.mode) == ("preview", "snom", "preview")
    kept = await desk.db.read(lambda conn: calls.attempt(conn, answer.attempt.id))
    assert kept is not None
    assert kept.answers_itself
