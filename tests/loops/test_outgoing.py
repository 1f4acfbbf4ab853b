"""An agent dials a number by hand: written down before the PBX is answered when it is a debtor's, else none of our business."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectord.core.telephony.attempts import AttemptState, GateSaid, Result
from collectord.core.telephony.call_seen import Go, SayGo
from collectord.core.telephony.pbx_calls import HandCall
from collectord.core.telephony.pbx_events import AgentAccepted, Dialling, DialResult, EndState, NumberDialled
from collectord.edge import log
from collectord.edge.store import tasks
from collectord.loops import duty, outgoing
from collectord.loops.callers import Reception
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import OutgoingSection, Settings
from tests.loops.desk import Desk, open_desk, row
from tests.loops.shift import LIVE, MONDAY, ended, now_of, place, planned, rows_of, tell
from tests.loops.test_inbound import SETTINGS, the_call

NUMBER = "+493012345601"
GATE = SETTINGS.model_copy(update={"outgoing": OutgoingSection(mode="gate")})
RECORD = SETTINGS.model_copy(update={"outgoing": OutgoingSection(mode="record")})
ID = "out-17-1"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, SETTINGS, MONDAY)
        yield opened


def by_hand(number: str = NUMBER, *, phone: str = "PJSIP/201", id: str = ID) -> NumberDialled:
    return NumberDialled(seen_at=MONDAY, attempt_id=id, number=number, endpoint=phone, uniqueid="17.1")


async def dial(desk: Desk, event: NumberDialled | None = None, config: Settings = GATE) -> HandCall | str:
    at = Reception(db=desk.db, settings=config, house=config.house(), pbx="main", started="start-1", devices={})
    return await outgoing.dialled(at, event or by_hand(), MONDAY)


async def written(desk: Desk) -> int:
    (count,) = await rows_of(desk, "select count(*) as n from attempt where mode = 'by_hand'")
    return int(count["n"])


async def test_a_debtors_number_is_written_down_on_todays_task_before_the_pbx_is_answered(desk: Desk) -> None:
    task = await planned(desk)
    call = await dial(desk)
    assert isinstance(call, HandCall)
    assert (call.trunk, call.caller_id, call.ring_s) == ("trunk", "+493012345600", 30)
    attempt = await the_call(desk, ID)
    assert (attempt.task_id, attempt.agent, attempt.mode, attempt.state) == (task.id, "201", "by_hand", AttemptState.RINGING_AGENT)


async def test_without_a_task_of_today_the_call_has_one_of_its_own(desk: Desk) -> None:
    await desk.take(row(), as_of="2026-11-23")
    assert isinstance(await dial(desk), HandCall)
    (task,) = await rows_of(desk, "select origin, state, why from task")
    assert (task["origin"], task["state"]) == ("manual", "in_call")


@pytest.mark.parametrize(
    "event", [by_hand("+493099999999"), by_hand(phone="PJSIP/999")], ids=["nobody's number", "a phone that is no agent's"]
)
async def test_what_is_none_of_our_business_goes_through_and_leaves_nothing(desk: Desk, event: NumberDialled) -> None:
    await planned(desk)
    assert await dial(desk, event) == "go"
    assert await written(desk) == 0


@pytest.mark.parametrize(
    "config", [SETTINGS, GATE.model_copy(update={"live": False})], ids=["off, as shipped", "in shadow mode nothing is touched"]
)
async def test_a_house_that_does_not_want_it_is_not_touched(desk: Desk, config: Settings) -> None:
    await planned(desk)
    assert await dial(desk, config=config) == "go"
    assert await written(desk) == 0


async def test_a_debtor_of_another_call_is_not_called_twice_under_the_gate(desk: Desk) -> None:
    task = await planned(desk)
    await place(desk, task, agent="202")
    assert await dial(desk) == "0"
    assert await dial(desk, config=RECORD) == "go"
    assert await written(desk) == 0


async def test_a_number_of_several_debtors_is_refused_under_the_gate(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="11", debtor_name="Zweite", item_no="B1"), as_of="2026-11-23")
    assert await dial(desk) == "0"
    assert await dial(desk, config=RECORD) == "go"
    assert await written(desk) == 0


async def test_an_agent_who_still_has_another_call_is_not_held_twice(desk: Desk) -> None:
    task = await planned(desk)
    other = replace(task, id="another-task-00001", debtor_no="77")
    await desk.db.write(lambda conn: tasks.create_task(conn, other, MONDAY))
    await place(desk, other, number="+493012345677")
    assert isinstance(await dial(desk), HandCall)
    assert (await the_call(desk, ID)).agent == ""


async def test_the_gate_refuses_and_the_call_ends_uncounted(desk: Desk) -> None:
    await planned(desk)
    await desk.record(MONDAY, do_not_call=True)
    await dial(desk)
    effects = await tell(desk, MONDAY, AgentAccepted(seen_at=MONDAY, attempt_id=ID, channel_uniqueid="17.1"))
    assert [effect.answer for effect in effects if isinstance(effect, SayGo)] == [Go.NO]
    assert (await the_call(desk, ID)).gate is GateSaid.REFUSED


async def test_a_house_that_only_records_lets_the_call_through_and_it_counts(desk: Desk) -> None:
    await planned(desk)
    await desk.record(MONDAY, do_not_call=True)
    await dial(desk, config=RECORD)
    desk.house = RECORD.house()
    effects = await tell(desk, MONDAY, AgentAccepted(seen_at=MONDAY, attempt_id=ID, channel_uniqueid="17.1"))
    assert [effect.answer for effect in effects if isinstance(effect, SayGo)] == [Go.YES]


async def test_the_pbx_is_answered_how_to_call(desk: Desk) -> None:
    await planned(desk)
    answers: list[tuple[str, HandCall | str]] = []
    deeds: list[asyncio.Task[None]] = []

    class Told:
        async def say_out(self, uniqueid: str, answer: HandCall | str) -> None:
            answers.append((uniqueid, answer))

    pbx: Any = Told()
    at = PbxDesk(
        name="main", pbx=pbx, db=desk.db, settings=GATE, rules=desk.rules, house=GATE.house(), features=duty.FeatureDesk(desk.db),
        stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=lambda deed: deeds.append(asyncio.ensure_future(deed)),
    )  # fmt: skip
    await at.take_all([by_hand(), by_hand("+493099999999", id="out-17-2")], MONDAY)
    await asyncio.gather(*deeds)
    assert [(channel, getattr(answer, "trunk", answer)) for channel, answer in answers] == [("17.1", "trunk"), ("17.1", "go")]


async def test_a_call_by_hand_that_rang_in_vain_counts_like_one_of_ours(desk: Desk) -> None:
    task = await planned(desk)
    await dial(desk, config=RECORD)
    call = await the_call(desk, ID)
    rang = DialResult(seen_at=MONDAY, attempt_id=ID, status="NOANSWER", cause=0, tech="SIP 180 Ringing", rang_ms=30000, talk_ms=0)
    await tell(desk, MONDAY, Dialling(seen_at=MONDAY, attempt_id=ID), rang, ended(call, EndState.WRAP, "NOANSWER", 0, "SIP 180 Ringing"))
    assert (await now_of(desk, call)).result is Result.NO_ANSWER
    back = await desk.db.read(lambda conn: tasks.task(conn, task.id))
    assert back is not None
    assert back.attempts_made == 1
