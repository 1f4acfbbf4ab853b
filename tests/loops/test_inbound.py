"""A debtor calls back: who is rung, that today's task is taken over at once, that a missed caller has a callback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.telephony.attempts import Attempt, AttemptState, Disposition, Result
from collectord.core.telephony.pbx_calls import CallerRow, JournalPhase, JournalRow, LiveChannel, Ring
from collectord.core.telephony.pbx_events import CallerArrived, CallerMissed, DebtorUp, DialResult, Ended, EndState, LinkUp, PbxEvent
from collectord.edge import log
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import calls, tasks
from collectord.edge.store import inbound as noted
from collectord.loops import callers, duty, inbound, unreached
from collectord.loops.doctor import examine
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import AgentSection, CompanySection, InboundSection, PbxSection, Settings, TrunkSection
from tests.loops.desk import Desk, open_desk, row
from tests.loops.shift import LIVE, MONDAY, Remembering, ended, keyed, now_of, place, planned, rows_of, talk, tell

CALLER, CALLED = "+493012345601", "+493012345600"
IDLE = {"PJSIP/201": "NOT_INUSE", "PJSIP/202": "NOT_INUSE"}
MINUTE = timedelta(minutes=1)
LATER = MONDAY + timedelta(hours=1)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, SETTINGS, MONDAY)
        yield opened


def agent(number: str, **more: Any) -> AgentSection:
    return AgentSection(id=number, name=f"Agent {number}", pin="4711", endpoint=f"PJSIP/{number}", pbx="main", logged_in=True, **more)  # type: ignore[arg-type]


def settings(*agents: AgentSection) -> Settings:
    return Settings(
        live=True,
        pbx=[PbxSection(name="main")],
        trunk=[TrunkSection(name="trunk", pbx="main")],
        company=[CompanySection(name="Muster GmbH", caller_id=CALLED, callback_numbers=["+493012345699"])],
        agent=list(agents),
    )


SETTINGS = settings(agent("201"), agent("202"))


def reception(desk: Desk, config: Settings = SETTINGS, devices: dict[str, str] = IDLE) -> callers.Reception:
    return callers.Reception(db=desk.db, settings=config, house=desk.house, pbx="main", started="start-1", devices=devices)


def call_in(number: str = CALLER, *, to: str = CALLED, id: str = "in-17-1", tried: tuple[str, ...] = ()) -> CallerArrived:
    return CallerArrived(seen_at=LATER, attempt_id=id, called=to, caller=number, tried=tried, uniqueid="17.1")


async def called(desk: Desk, agent: str = "201", now: datetime = MONDAY) -> Attempt:
    """This morning the agent called the debtor, who did not answer."""
    task = await planned(desk)
    outgoing = await place(desk, task, now, agent=agent, endpoint=f"PJSIP/{agent}")
    rang = DialResult(seen_at=now, attempt_id=outgoing.id, status="NOANSWER", cause=0, tech="SIP 180 Ringing", rang_ms=30000, talk_ms=0)
    await tell(desk, now, rang, ended(outgoing, EndState.WRAP, "NOANSWER", 0, "SIP 180 Ringing"))
    assert (await now_of(desk, outgoing)).result is Result.NO_ANSWER
    return outgoing


async def arrive(desk: Desk, event: CallerArrived | None = None, now: datetime = LATER, **more: Any) -> Ring | str:
    return await inbound.arrived(reception(desk, **more), event or call_in(), now)


async def the_call(desk: Desk, id: str = "in-17-1") -> Attempt:
    found = await desk.db.read(lambda conn: calls.attempt(conn, id))
    assert found is not None
    return found


async def waiting(desk: Desk, now: datetime = LATER + timedelta(hours=1)) -> list[tuple[str, str]]:
    live = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "10"), now))
    return [(task.origin.value, task.state.value) for task in live]


async def the_callback(desk: Desk, now: datetime) -> Task:
    await desk.db.write(lambda conn: tasks.promote_due(conn, now))
    live = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "10"), now))
    (back,) = [task for task in live if task.origin is Origin.CALLBACK]
    return back


def missed(id: str = "in-17-1") -> Ended:
    return Ended(
        seen_at=LATER, attempt_id=id, state=EndState.MISSED, status="", cause=None, tech="", rang_ms=None, talk_ms=None,
        disp="", amount=None, on=None, at=None,
    )  # fmt: skip


@pytest.mark.parametrize("last", ["201", "202"])
async def test_a_call_back_reaches_the_agent_of_the_last_call_with_the_case_on_the_display(desk: Desk, last: str) -> None:
    await called(desk, last)
    ring = await arrive(desk)
    assert isinstance(ring, Ring)
    assert (ring.endpoint, ring.display, ring.booked) == (f"PJSIP/{last}", "Calls back - Muster", True)


async def test_a_call_to_the_number_that_debtors_see_proves_that_it_can_be_called_back(desk: Desk) -> None:
    folders = ExchangeFolders(desk.folder / "exchange")

    async def line() -> dict[str, Any]:
        found = await examine(desk.db, SETTINGS.model_copy(update={"pbx": []}), desk.house, folders, LATER, None)
        return next(one for one in found if one["check"] == f"caller ID {CALLED}")

    assert (await line())["outcome"] == "warn"
    await arrive(desk, call_in("+493099999999"))
    assert (await line())["outcome"] == "ok"
    assert "Mon 23 Nov 2026" in (await line())["found"]


async def test_when_the_last_agent_is_on_the_phone_somebody_else_is_rung(desk: Desk) -> None:
    await called(desk)
    ring = await arrive(desk, devices=IDLE | {"PJSIP/201": "INUSE"})
    assert isinstance(ring, Ring)
    assert ring.endpoint == "PJSIP/202"


async def test_the_call_takes_todays_task_over_before_anybody_is_rung(desk: Desk) -> None:
    outgoing = await called(desk)
    await arrive(desk)
    incoming = await the_call(desk)
    assert (incoming.task_id, incoming.mode, incoming.state) == (outgoing.task_id, "inbound", AttemptState.RINGING_AGENT)
    assert await waiting(desk) == [("ladder", "in_call")]


async def test_a_task_of_another_day_is_left_alone(desk: Desk) -> None:
    outgoing = await called(desk)
    await desk.db.write(lambda conn: tasks.postpone(conn, outgoing.task_id, LATER + timedelta(days=2), "later", MONDAY))
    await arrive(desk)
    assert sorted(await waiting(desk)) == [("ladder", "planned"), ("manual", "in_call")]


async def test_while_the_caller_is_on_the_line_nobody_can_be_placed_to_the_debtor(desk: Desk) -> None:
    outgoing = await called(desk)
    await arrive(desk)
    task = await desk.db.read(lambda conn: tasks.task(conn, outgoing.task_id))
    assert task is not None
    with pytest.raises(calls.AttemptTaken):
        await place(desk, task, LATER, agent="202")


async def test_the_outcome_is_keyed_as_after_an_outgoing_call(desk: Desk) -> None:
    await called(desk)
    await arrive(desk)
    incoming = await the_call(desk)
    up = DebtorUp(seen_at=LATER, attempt_id=incoming.id, debtor_channel="PJSIP/201-1")
    over = DialResult(seen_at=LATER, attempt_id=incoming.id, status="ANSWER", cause=16, tech="SIP 200 OK", rang_ms=900, talk_ms=2000)
    await tell(desk, LATER, up)
    assert (await the_call(desk)).state is AttemptState.TALKING
    await tell(desk, LATER, over, keyed(incoming, "2"), ended(incoming))
    incoming = await the_call(desk)
    assert (incoming.state, incoming.disposition, incoming.result) == (AttemptState.CLOSED, Disposition.PAID_ALREADY, Result.ANSWERED)
    contacts = await rows_of(desk, "select mode from attempt where disposition = 'paid_already'")
    assert [row["mode"] for row in contacts] == ["inbound"]


async def test_an_agent_who_does_not_take_it_is_followed_by_another_and_nobody_is_rung_twice(desk: Desk) -> None:
    await called(desk)
    await arrive(desk)
    second = await arrive(desk, call_in(tried=("PJSIP/201",)))
    assert isinstance(second, Ring)
    assert second.endpoint == (await the_call(desk)).endpoint == "PJSIP/202"
    assert await arrive(desk, call_in(tried=("PJSIP/201", "PJSIP/202"))) == "none"


async def test_a_caller_who_reached_nobody_has_a_callback_in_place_of_todays_task(desk: Desk) -> None:
    await called(desk)
    assert await arrive(desk, devices={}) == "none"
    await tell(desk, LATER, missed())
    incoming = await the_call(desk)
    assert (incoming.state, incoming.result, incoming.agent_answered_at, incoming.dialled_at) == (
        AttemptState.CLOSED, Result.NOT_DIALLED, None, None,
    )  # fmt: skip
    assert await waiting(desk) == [("callback", "planned")]


async def test_calling_again_and_again_leaves_one_callback(desk: Desk) -> None:
    await called(desk)
    for number in range(3):
        now = LATER + number * MINUTE * 10
        await arrive(desk, call_in(id=f"in-17-{number}"), now, devices={})
        await tell(desk, now, missed(f"in-17-{number}"))
    assert await waiting(desk, LATER + timedelta(hours=1)) == [("callback", "planned")]


async def test_outside_the_hours_of_everybody_the_caller_hears_so(desk: Desk) -> None:
    await called(desk)
    evening = settings(agent("201", hours="mon-fri 08:00-09:30"), agent("202", hours="mon-fri 08:00-09:30"))
    assert await arrive(desk, config=evening) == "closed"


@pytest.mark.parametrize(("number", "to"), [("", CALLED), ("+493099999999", CALLED)])
async def test_whoever_withholds_the_number_or_was_never_called_is_put_through_and_nothing_is_written(
    desk: Desk, number: str, to: str
) -> None:
    await called(desk)
    before = await rows_of(desk, "select count(*) as n from attempt")
    ring = await arrive(desk, call_in(number, to=to))
    assert isinstance(ring, Ring)
    assert not ring.booked
    assert before == await rows_of(desk, "select count(*) as n from attempt")
    assert await waiting(desk) == [("ladder", "planned")]


async def test_a_withheld_number_hears_that_everybody_is_busy(desk: Desk) -> None:
    assert await arrive(desk, call_in(""), devices={}) == "none-0"


async def test_nobody_is_promised_a_callback_whom_we_do_not_know(desk: Desk) -> None:
    assert await arrive(desk, call_in("+493099999999"), devices={}) == "none-0"
    evening = settings(agent("201", hours="mon-fri 08:00-09:30"), agent("202", hours="mon-fri 08:00-09:30"))
    assert await arrive(desk, call_in("+493099999999", id="in-17-2"), config=evening) == "closed-0"
    assert await waiting(desk) == []


async def test_a_number_that_is_not_configured_is_not_ours(desk: Desk) -> None:
    await called(desk)
    assert await arrive(desk, call_in(to="+493012345698")) == "off"


async def test_a_further_number_of_the_company_is_ours(desk: Desk) -> None:
    await called(desk)
    assert isinstance(await arrive(desk, call_in(to="+493012345699")), Ring)


async def test_a_debtor_whom_we_are_calling_at_this_moment_hears_busy(desk: Desk) -> None:
    outgoing = await called(desk)
    task = await desk.db.read(lambda conn: tasks.task(conn, outgoing.task_id))
    assert task is not None
    await place(desk, task, LATER, agent="202")
    assert await arrive(desk) == "none"


async def test_asked_after_the_call_was_over_nobody_is_rung(desk: Desk) -> None:
    await called(desk)
    await arrive(desk)
    await tell(desk, LATER, missed())
    assert await arrive(desk, call_in(tried=("PJSIP/201",))) == "none"


# ---------------------------------------------------------------- while the daemon was away


class There(Remembering):
    """A PBX that also hears what it is told."""

    def __init__(self, *called: CallerRow, started: str = "start-1", live: tuple[LiveChannel, ...] = (), **rows: JournalRow) -> None:
        super().__init__(live=live, rows={row.attempt_id: row for row in rows.values()}, started=started, called=called)
        self.forgotten: list[str] = []
        self.answers: list[tuple[str, Ring | str]] = []

    async def device_states(self) -> dict[str, str]:
        return IDLE

    async def acknowledge(self, attempt_id: str) -> None:
        self.forgotten.append(attempt_id)

    async def say_whom(self, uniqueid: str, answer: Ring | str) -> None:
        self.answers.append((uniqueid, answer))


async def take(desk: Desk, there: There, *events: PbxEvent, now: datetime = LATER) -> None:
    deeds: list[asyncio.Task[None]] = []
    pbx: Any = there
    at = PbxDesk(
        name="main", pbx=pbx, db=desk.db, settings=SETTINGS, rules=desk.rules, house=desk.house, features=duty.FeatureDesk(desk.db),
        stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=lambda deed: deeds.append(asyncio.ensure_future(deed)),
    )  # fmt: skip
    at.devices.update(IDLE)
    await at.take_all(events, now)
    await asyncio.gather(*deeds)


UP = LinkUp(seen_at=LATER, started="start-1", version="22")
RINGS = JournalRow(attempt_id="in-17-1", phase=JournalPhase.AGENT)
ROW = CallerRow(attempt_id="in-17-1", called=CALLED, caller=CALLER, endpoint="")


def end_row(state: EndState, status: str = "", disp: str = "") -> JournalRow:
    return JournalRow(
        attempt_id="in-17-1", phase=JournalPhase.END, state=state, status=status, cause=16 if status else None, tech="",
        rang_ms=None, talk_ms=None, disp=disp, amount=None, on=None, at=None,
    )  # fmt: skip


async def test_a_caller_missed_while_the_daemon_was_away_is_called_back(desk: Desk) -> None:
    await called(desk)
    pbx = There(ROW, end=end_row(EndState.MISSED))
    await take(desk, pbx, UP)
    assert (await the_call(desk)).state is AttemptState.CLOSED
    assert await waiting(desk) == [("callback", "planned")]
    assert set(pbx.forgotten) == {"in-17-1"}


async def test_a_talk_held_while_the_daemon_was_away_is_booked_with_its_outcome(desk: Desk) -> None:
    await called(desk)
    await take(desk, There(replace(ROW, endpoint="PJSIP/202"), end=end_row(EndState.WRAP, "ANSWER", "2")), UP)
    incoming = await the_call(desk)
    assert (incoming.agent, incoming.disposition) == ("202", Disposition.PAID_ALREADY)


async def test_a_caller_who_still_waits_after_the_restart_is_not_called_lost(desk: Desk) -> None:
    await called(desk)
    waits = LiveChannel(
        attempt_id="in-17-1", uniqueid="17.1", channel="PJSIP/trunk-1", coll_state="IN", agent_leg=False, ring_back=0, up=False, seconds=9
    )
    for turn in range(2):  # the same row twice changes nothing
        await take(desk, There(ROW, live=(waits,), row=RINGS), UP, now=LATER + turn * MINUTE)
        assert (await the_call(desk)).state is AttemptState.RINGING_AGENT


async def test_a_caller_lost_with_the_pbx_is_called_back(desk: Desk) -> None:
    await called(desk)
    await arrive(desk)
    up = LinkUp(seen_at=LATER, started="start-2", version="22")
    await take(desk, There(ROW, started="start-2", row=RINGS), up, now=LATER + MINUTE)
    assert (await the_call(desk)).state is AttemptState.CLOSED
    assert await waiting(desk) == [("callback", "planned")]


async def test_rows_about_strangers_are_forgotten(desk: Desk) -> None:
    await called(desk)
    pbx = There(replace(ROW, caller="+493099999999"), end=end_row(EndState.MISSED))
    await take(desk, pbx, UP)
    assert pbx.forgotten == ["in-17-1"]
    assert await waiting(desk) == [("ladder", "planned")]


async def test_an_agent_in_another_call_is_not_held_twice_by_a_row(desk: Desk) -> None:
    outgoing = await called(desk)
    task = await desk.db.read(lambda conn: tasks.task(conn, outgoing.task_id))
    assert task is not None
    other = replace(task, id="another-task-00001", debtor_no="77")
    await desk.db.write(lambda conn: tasks.create_task(conn, other, MONDAY))
    await place(desk, other, LATER, agent="202", number="+493012345677")
    await take(desk, There(replace(ROW, endpoint="PJSIP/202"), end=end_row(EndState.MISSED)), UP)
    assert (await the_call(desk)).agent == ""


async def called_again(desk: Desk) -> Attempt:
    """We are calling the debtor at this moment."""
    outgoing = await called(desk)
    task = await desk.db.read(lambda conn: tasks.task(conn, outgoing.task_id))
    assert task is not None
    return await place(desk, task, LATER, agent="202")


async def test_who_calls_while_we_are_calling_is_called_back_and_leaves_no_task_that_may_be_dialled_at_once(desk: Desk) -> None:
    placed = await called_again(desk)
    assert await arrive(desk) == "none"
    assert {state for _, state in await waiting(desk)} == {"in_call"}
    await tell(desk, LATER, missed())
    assert (await the_call(desk)).state is AttemptState.CLOSED
    assert sorted(await waiting(desk)) == [("callback", "planned"), ("ladder", "in_call")]
    assert (await now_of(desk, placed)).state is AttemptState.PLACED


async def test_who_calls_while_we_are_calling_holds_no_agent(desk: Desk) -> None:
    await called_again(desk)
    await arrive(desk)
    assert ((await the_call(desk)).agent, (await the_call(desk)).state) == ("", AttemptState.WRAP_UP)
    assert await arrive(desk, now=LATER + MINUTE) == "none"


async def test_a_talk_keyed_while_the_daemon_was_away_is_booked_though_another_call_with_the_debtor_is_open(desk: Desk) -> None:
    placed = await called_again(desk)
    pbx = There(replace(ROW, endpoint="PJSIP/201"), end=end_row(EndState.WRAP, "ANSWER", "2"))
    await take(desk, pbx, UP)
    incoming = await the_call(desk)
    assert (incoming.state, incoming.result, incoming.disposition) == (AttemptState.CLOSED, Result.ANSWERED, Disposition.PAID_ALREADY)
    assert pbx.forgotten == ["in-17-1"]
    assert (await now_of(desk, placed)).state is AttemptState.PLACED


async def test_a_caller_missed_while_the_daemon_was_away_is_called_back_though_another_call_with_the_debtor_is_open(desk: Desk) -> None:
    await called_again(desk)
    await take(desk, There(ROW, end=end_row(EndState.MISSED)), UP)
    assert sorted(await waiting(desk)) == [("callback", "planned"), ("ladder", "in_call")]


async def test_a_caller_beside_another_call_whom_the_killed_pbx_lost_is_called_back(desk: Desk) -> None:
    await called_again(desk)
    await arrive(desk)
    await take(desk, There(row=RINGS, started="start-2"), replace(UP, started="start-2"), now=LATER + MINUTE)
    assert (await the_call(desk)).why == "the caller reached nobody"
    assert sorted(await waiting(desk)) == [("callback", "planned"), ("ladder", "planned")]


async def test_a_row_of_a_caller_whom_nothing_is_known_of_yet_is_kept_while_its_report_waits(desk: Desk) -> None:
    await called(desk)
    pbx = There(row=RINGS)  # came in after the callers were listed; its report stands behind the LinkUp
    await take(desk, pbx, UP, call_in())
    assert pbx.forgotten == []
    assert (await the_call(desk)).state is AttemptState.RINGING_AGENT


async def test_the_pbx_is_answered_whom_to_ring(desk: Desk) -> None:
    await called(desk)
    pbx = There()
    await take(desk, pbx, call_in())
    [(channel, ring)] = pbx.answers
    assert isinstance(ring, Ring)
    assert (channel, ring.endpoint) == ("17.1", "PJSIP/201")


# ---------------------------------------------------------------- who reached nobody and is no debtor that we could name

STRANGER = "+493099999999"


def not_reached(number: str = STRANGER, *, to: str = CALLED, id: str = "in-17-1") -> CallerMissed:
    return CallerMissed(seen_at=LATER, attempt_id=id, called=to, caller=number)


async def notes(desk: Desk) -> list[dict[str, Any]]:
    return await desk.db.read(lambda conn: noted.unreached(conn, limit=99))


async def test_a_stranger_who_reached_nobody_is_a_note_for_the_lead_and_only_then_forgotten_by_the_pbx(desk: Desk) -> None:
    pbx = There()
    await take(desk, pbx, not_reached())
    assert await notes(desk) == [
        {
            "number": STRANGER, "last_at": LATER.isoformat(), "first_at": LATER.isoformat(), "calls": 1, "called": CALLED,
            "debtors": [],
            "wrong_pairs": 0,
        }
    ]  # fmt: skip
    assert pbx.forgotten == ["in-17-1"]


async def test_a_call_told_twice_is_noted_once_also_after_somebody_looked_after_it(desk: Desk) -> None:
    await take(desk, There(), not_reached(), not_reached())
    assert [one["calls"] for one in await notes(desk)] == [1]
    assert await desk.db.write(lambda conn: noted.look_after(conn, STRANGER, "lead", LATER)) == 1
    await take(desk, There(replace(ROW, caller=STRANGER), end=end_row(EndState.MISSED)), UP)
    assert await notes(desk) == []
    assert await desk.db.write(lambda conn: noted.look_after(conn, STRANGER, "lead", LATER)) == 0


async def test_several_calls_of_one_number_are_one_line(desk: Desk) -> None:
    await take(desk, There(), not_reached())
    await take(desk, There(), not_reached(id="in-17-2"), now=LATER + MINUTE)
    (line,) = await notes(desk)
    assert (line["calls"], line["first_at"], line["last_at"]) == (2, LATER.isoformat(), (LATER + MINUTE).isoformat())
    assert await desk.db.read(noted.unreached_count) == 1


async def test_a_strangers_number_is_forgotten_after_ninety_days_though_nobody_calls_again_and_of_a_flood_the_latest_stay(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await take(desk, There(), not_reached(f"+4930999999{number:02}", id=f"in-17-{number}"), now=LATER + number * MINUTE)
    await unreached.forget(desk.db, LATER + timedelta(days=89))
    assert len(await notes(desk)) == 5
    monkeypatch.setattr(unreached, "MOST_KEPT", 3)
    await unreached.forget(desk.db, LATER + timedelta(days=89))
    assert [one["number"][-2:] for one in await notes(desk)] == ["04", "03", "02"]
    await unreached.forget(desk.db, LATER + timedelta(days=91))
    assert await rows_of(desk, "select * from unreached_caller") == []


async def test_strangers_missed_while_the_daemon_was_away_are_noted_with_the_time_of_their_call(desk: Desk) -> None:
    came = LATER - 3 * MINUTE
    id = f"in-{int(came.timestamp())}-1"
    pbx = There(replace(ROW, attempt_id=id, caller=STRANGER), end=replace(end_row(EndState.MISSED), attempt_id=id))
    await take(desk, pbx, UP)
    await take(desk, pbx, UP)  # the PBX crashed before it had forgotten
    assert [(one["number"], one["calls"], one["last_at"]) for one in await notes(desk)] == [(STRANGER, 1, came.isoformat())]
    assert set(pbx.forgotten) == {id}


async def test_a_stranger_who_still_waits_or_was_put_through_is_no_note(desk: Desk) -> None:
    waits = LiveChannel(
        attempt_id="in-17-1", uniqueid="17.1", channel="PJSIP/trunk-1", coll_state="IN", agent_leg=False, ring_back=0, up=False, seconds=9
    )
    await take(desk, There(replace(ROW, caller=STRANGER), live=(waits,), row=RINGS), UP)
    taken = replace(ROW, attempt_id="in-17-2", caller=STRANGER, endpoint="PJSIP/201")
    await take(desk, There(taken, end=replace(end_row(EndState.WRAP, "ANSWER"), attempt_id="in-17-2")), UP)
    assert await notes(desk) == []


async def test_a_call_to_a_number_that_is_not_ours_is_no_note(desk: Desk) -> None:
    await take(desk, There(), not_reached(to="+493012345698"))
    assert await notes(desk) == []


async def test_a_known_debtor_has_a_callback_and_no_note(desk: Desk) -> None:
    await called(desk)
    await arrive(desk, devices={})
    await take(desk, There(), missed(), not_reached(CALLER))
    assert await waiting(desk) == [("callback", "planned")]
    assert await notes(desk) == []


async def test_the_only_debtor_who_has_the_number_is_known_without_a_call_before(desk: Desk) -> None:
    await planned(desk)
    ring = await arrive(desk)
    assert isinstance(ring, Ring)
    assert (ring.booked, ring.display) == (True, "Calls back - Muster")
    await tell(desk, LATER, missed())
    assert await waiting(desk) == [("callback", "planned")]


async def test_of_several_debtors_with_the_number_none_is_guessed_and_the_lead_sees_all(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", debtor_name="Zweite", item_no="B1"), as_of="2026-11-23")
    ring = await arrive(desk)
    assert isinstance(ring, Ring)
    assert not ring.booked
    await take(desk, There(), not_reached(CALLER))
    assert [(one["number"], one["debtors"]) for one in await notes(desk)] == [(CALLER, ["10", "11"])]
    assert await rows_of(desk, "select id from attempt where mode = 'inbound'") == []


async def test_the_callback_goes_to_the_agent_who_had_called_whoever_was_rung(desk: Desk) -> None:
    await called(desk, "202")
    await arrive(desk, devices=IDLE | {"PJSIP/202": "INUSE"})
    assert (await the_call(desk)).agent == "201"
    await tell(desk, LATER, missed())
    (callback,) = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "10"), LATER + MINUTE))
    assert (callback.origin.value, callback.agent) == ("callback", "202")


async def test_outside_the_houses_hours_nobody_is_rung_and_the_caller_is_called_back(desk: Desk) -> None:
    await called(desk)
    shut = SETTINGS.model_copy(update={"inbound": InboundSection(hours="mon-fri 12:00-17:00")})
    assert await arrive(desk, config=shut) == "closed"
    await tell(desk, LATER, missed())
    assert await waiting(desk) == [("callback", "planned")]


async def test_whoever_forges_a_debtors_number_does_not_make_us_call_that_debtor_again_and_again(desk: Desk) -> None:
    await called(desk)  # this morning; the limits allow no second call today
    allowed = []
    for number in range(3):
        now = LATER + number * timedelta(hours=1)
        await arrive(desk, call_in(id=f"in-17-{number}"), now, devices={})
        await tell(desk, now, missed(f"in-17-{number}"))
        later = now + 10 * MINUTE
        back = await the_callback(desk, later)
        allowed.append((await desk.ask(later))["may_call"])
        if number == 0:
            outgoing = await place(desk, back, later, agent="202", endpoint="PJSIP/202")
            rang = DialResult(
                seen_at=later, attempt_id=outgoing.id, status="NOANSWER", cause=0, tech="SIP 180 Ringing", rang_ms=9, talk_ms=0
            )
            await tell(desk, later, rang, ended(outgoing, EndState.WRAP, "NOANSWER", 0, "SIP 180 Ringing"))
    assert allowed == [True, False, False]


async def test_a_callback_that_was_agreed_is_kept_though_its_debtor_calls_before_it_and_is_missed(desk: Desk) -> None:
    await called(desk)
    await arrive(desk, devices={})
    await tell(desk, LATER, missed())
    first, later = await the_callback(desk, LATER + 10 * MINUTE), LATER + 10 * MINUTE
    talked = await place(desk, first, later, agent="202", endpoint="PJSIP/202")
    await tell(desk, later, *talk(talked), keyed(talked, "4", on=date(2026, 11, 25), at=10), ended(talked))
    tuesday = MONDAY + timedelta(days=1)
    assert not (await desk.ask(tuesday))["may_call"]
    await arrive(desk, call_in(id="in-17-2"), tuesday, devices={})
    await tell(desk, tuesday, missed("in-17-2"))
    again = await the_callback(desk, tuesday + 10 * MINUTE)
    assert again.not_before < tuesday + 10 * MINUTE
    assert (await desk.ask(tuesday + 10 * MINUTE))["may_call"]
