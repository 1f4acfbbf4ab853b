"""A talk is handed over: one attempt, on disk as that of whoever speaks; nothing is lost when nobody listened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from collectord.core.telephony.agents import AgentState, judge
from collectord.core.telephony.attempts import Attempt, AttemptState, Disposition
from collectord.core.telephony.pbx_calls import HandedRow, JournalPhase, JournalRow, LiveChannel, Ring
from collectord.core.telephony.pbx_events import ChannelHungUp, EndState, HandedOver, HandOverAsked, LinkUp, PbxEvent
from collectord.edge import log
from collectord.loops import callers, duty, hand_over, on_desk
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import AgentSection, CompanySection, PbxSection, Settings, TrunkSection
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY, Remembering, ended, keyed, now_of, place, planned, rows_of, say, talk, tell

IDLE = {"PJSIP/201": "INUSE", "PJSIP/202": "NOT_INUSE", "PJSIP/203": "NOT_INUSE"}
LATER = MONDAY + timedelta(minutes=1)
SETTINGS = Settings(
    live=True,
    pbx=[PbxSection(name="main")],
    trunk=[TrunkSection(name="trunk", pbx="main")],
    company=[CompanySection(name="Muster GmbH", caller_id="+493012345600")],
    agent=[
        AgentSection(
            id=number,
            name=f"Agent {number}",
            pin=SecretStr("4711"),
            endpoint=f"PJSIP/{number}",
            pbx="main",
            logged_in=True,
            languages=["en"],
        )
        for number in ("201", "202", "203")
    ],
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, SETTINGS, MONDAY)
        yield opened


class Told(Remembering):
    """Keeps what the waiting dialplan was told."""

    def __init__(self, **knows: Any) -> None:
        super().__init__(**knows)
        self.whom: list[Ring | str] = []

    async def say_whom(self, uniqueid: str, answer: Ring | str) -> None:
        self.whom.append(answer)

    async def device_states(self) -> dict[str, str]:
        return dict(IDLE)

    async def acknowledge(self, attempt_id: str) -> None:
        self.rows.pop(attempt_id, None)


def reception(desk: Desk) -> callers.Reception:
    return callers.Reception(db=desk.db, settings=SETTINGS, house=desk.house, pbx="main", started="start-1", devices=IDLE)


async def talking(desk: Desk) -> Attempt:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed)[:3])
    assert (await now_of(desk, placed)).state is AttemptState.TALKING
    return placed


def asks(placed: Attempt, to: str) -> HandOverAsked:
    return HandOverAsked(seen_at=LATER, attempt_id=placed.id, to=to, uniqueid=placed.channel)


def takes(placed: Attempt, phone: str) -> HandedOver:
    return HandedOver(seen_at=LATER, attempt_id=placed.id, endpoint=f"PJSIP/{phone}")


async def hear(desk: Desk, pbx: Told, *events: PbxEvent, now: datetime = LATER) -> PbxDesk:
    deeds: list[asyncio.Future[None]] = []
    there: Any = pbx
    at = PbxDesk(
        name="main", pbx=there, db=desk.db, settings=SETTINGS, rules=desk.rules, house=desk.house, features=duty.FeatureDesk(desk.db),
        stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=lambda deed: deeds.append(asyncio.ensure_future(deed)),
    )  # fmt: skip
    at.devices.update(IDLE)
    await at.take_all(events, now)
    await asyncio.gather(*deeds)
    return at


async def test_the_colleague_is_rung_with_the_case_on_the_display_and_the_attempt_waits(desk: Desk) -> None:
    placed, pbx = await talking(desk), Told()
    await hear(desk, pbx, asks(placed, "202"))
    (ring,) = pbx.whom
    assert isinstance(ring, Ring)
    assert (ring.endpoint, ring.display, ring.booked, ring.language) == ("PJSIP/202", "Handed over - Muster", True, "en")
    assert (await now_of(desk, placed)).agent == "201"


async def test_a_colleague_who_is_asked_first_sees_that_it_is_a_question(desk: Desk) -> None:
    placed, pbx = await talking(desk), Told()
    await hear(desk, pbx, replace(asks(placed, "202"), first_asked=True))
    (ring,) = pbx.whom
    assert isinstance(ring, Ring)
    assert ring.display == "Asks you - Muster"


async def test_a_debtor_whom_nobody_took_and_who_was_told_so_is_called_back_by_who_spoke_last(desk: Desk) -> None:
    placed = await talking(desk)
    end = ended(placed, EndState.BACK)
    await tell(desk, LATER, end, end)
    over = await now_of(desk, placed)
    assert (over.state, over.disposition, over.agent) == (AttemptState.CLOSED, Disposition.CALLBACK, "201")
    rows = await rows_of(desk, "select agent, origin, state from task where origin = 'callback'")
    assert [(row["agent"], row["state"]) for row in rows] == [("201", "planned")]


async def test_what_a_person_recorded_meanwhile_stands_though_the_debtor_was_told_of_a_callback(desk: Desk) -> None:
    placed = await talking(desk)
    await say(desk, placed, LATER, disposition="dispute")
    await tell(desk, LATER, ended(placed, EndState.BACK))
    over = await now_of(desk, placed)
    assert (over.state, over.disposition) == (AttemptState.CLOSED, Disposition.DISPUTE)


@pytest.mark.parametrize(("keyed_number", "word"), [("110", "off"), ("201", "off"), ("00491511234567", "off")])
async def test_a_number_that_is_no_agents_is_refused(desk: Desk, keyed_number: str, word: str) -> None:
    pbx = Told()
    await hear(desk, pbx, asks(await talking(desk), keyed_number))
    assert pbx.whom == [word]


async def test_a_colleague_in_another_call_is_not_rung(desk: Desk) -> None:
    placed, pbx = await talking(desk), Told()
    await desk.db.write(lambda conn: conn.execute("update agent set paused = 1 where id = '202'"))
    await hear(desk, pbx, asks(placed, "202"))
    assert pbx.whom == ["none"]


async def test_no_other_call_comes_to_the_colleague_while_the_phone_rings_for_the_talk(desk: Desk) -> None:
    placed = await talking(desk)
    await hear(desk, Told(), asks(placed, "202"))

    async def states(now: datetime) -> dict[str, AgentState]:
        present = await on_desk.on_duty(desk.db, SETTINGS, IDLE, now)
        return {agent.id: judge(agent, pull=False, now=now) for agent in present}

    meanwhile = await states(LATER + timedelta(seconds=1))
    assert (meanwhile["202"], meanwhile["203"]) == (AgentState.RESTING, AgentState.FREE)
    assert (await states(LATER + SETTINGS.dialling.ring_agent_for))["202"] is AgentState.FREE
    pbx = Told()
    await hear(desk, pbx, asks(placed, "202"), now=LATER + timedelta(seconds=2))  # asked first, then handed over
    assert isinstance(pbx.whom[0], Ring)


async def test_who_takes_the_talk_holds_the_one_attempt_and_keys_its_outcome(desk: Desk) -> None:
    placed = await talking(desk)
    gone = ChannelHungUp(seen_at=LATER, attempt_id=placed.id, uniqueid=placed.channel, cause=16)
    await hear(desk, Told(), gone, takes(placed, "202"))
    now = await now_of(desk, placed)
    assert (now.agent, now.endpoint, now.begun_by, now.state) == ("202", "PJSIP/202", "201", AttemptState.TALKING)
    assert now.deadline_at > LATER + timedelta(minutes=30)
    await tell(desk, LATER, talk(placed)[3], keyed(placed, "2"), ended(placed))
    over = await now_of(desk, placed)
    assert (over.state, over.disposition, over.agent, over.begun_by) == (AttemptState.CLOSED, Disposition.PAID_ALREADY, "202", "201")
    assert len(await rows_of(desk, "select id from attempt")) == 1
    (told,) = await rows_of(desk, "select * from happening where kind = 'handed_over'")
    assert (told["actor"], told["sentence"]) == ("202", "201 handed the talk over to 202.")


async def test_the_first_agent_is_free_as_soon_as_the_colleague_has_it(desk: Desk) -> None:
    placed = await talking(desk)
    await hand_over.taken(reception(desk), takes(placed, "202"), LATER)
    states = {agent.id: agent.attempt_id for agent in await on_desk.on_duty(desk.db, SETTINGS, IDLE, LATER)}
    assert states == {"201": "", "202": placed.id, "203": ""}


async def test_of_two_agents_at_one_phone_the_one_who_was_rung_holds_the_talk(desk: Desk) -> None:
    shares = AgentSection(
        id="199", name="Early", pin=SecretStr("4711"), endpoint="Local/199@from-internal", device="PJSIP/202", pbx="main", logged_in=True
    )
    config = SETTINGS.model_copy(update={"agent": [shares, *SETTINGS.agent]})
    placed = await talking(desk)
    at = callers.Reception(db=desk.db, settings=config, house=desk.house, pbx="main", started="start-1", devices=IDLE)
    assert await hand_over.taken(at, takes(placed, "202"), LATER)
    assert (await now_of(desk, placed)).agent == "202"


async def test_a_talk_that_comes_back_is_as_if_nothing_had_been(desk: Desk) -> None:
    placed = await talking(desk)
    assert not await hand_over.taken(reception(desk), takes(placed, "201"), LATER)
    assert not await hand_over.taken(reception(desk), takes(placed, "299"), LATER)  # no phone of ours
    assert (await now_of(desk, placed)).begun_by == ""


async def test_an_agent_is_never_held_by_two_calls(desk: Desk) -> None:
    placed = await talking(desk)
    await desk.db.write(
        lambda conn: conn.execute(
            "insert into attempt (id, task_id, company, debtor_no, number, agent, endpoint, pbx, trunk, mode, items, state, placed_at,"
            " deadline_at, pbx_started) values ('other0001', 't', '', '99', '+493012345699', '202', 'PJSIP/202', 'main', 'trunk',"
            " 'preview', '', 'placed', '2026-11-23T09:00:00+00:00', '2026-11-23T09:00:00+00:00', 's')"
        )
    )
    assert not await hand_over.taken(reception(desk), takes(placed, "202"), LATER)
    assert (await now_of(desk, placed)).agent == "201"


UP = LinkUp(seen_at=LATER, started="start-1", version="22")


async def test_a_talk_handed_over_while_the_daemon_was_away_goes_on_with_whom_the_journal_names(desk: Desk) -> None:
    placed = await talking(desk)
    leg = LiveChannel(
        attempt_id=placed.id, uniqueid="17.2", channel="PJSIP/202-2", coll_state="DIAL", agent_leg=False, ring_back=0, up=True, seconds=9
    )  # fmt: skip
    pbx = Told(
        handed_rows=(HandedRow(attempt_id=placed.id, endpoint="PJSIP/202"), HandedRow(attempt_id="not-ours-1", endpoint="PJSIP/202")),
        live=(leg,), rows={placed.id: JournalRow(attempt_id=placed.id, phase=JournalPhase.DIAL)},
    )  # fmt: skip
    at = await hear(desk, pbx, UP)
    assert at.started == "start-1"
    now = await now_of(desk, placed)
    assert (now.agent, now.begun_by, now.state) == ("202", "201", AttemptState.TALKING)


async def test_a_talk_handed_over_and_ended_while_the_daemon_was_away_is_booked_for_who_ended_it(desk: Desk) -> None:
    placed = await talking(desk)
    end = JournalRow(
        attempt_id=placed.id, phase=JournalPhase.END, state=EndState.WRAP, status="ANSWER", cause=16, tech="SIP 200 OK", rang_ms=900,
        talk_ms=9000, disp="2", amount=None, on=None, at=None,
    )  # fmt: skip
    pbx = Told(handed_rows=(HandedRow(attempt_id=placed.id, endpoint="PJSIP/202"),), rows={placed.id: end})
    await hear(desk, pbx, UP)
    now = await now_of(desk, placed)
    assert (now.agent, now.begun_by, now.disposition, now.state) == ("202", "201", Disposition.PAID_ALREADY, AttemptState.CLOSED)


@pytest.mark.parametrize("held", ["HAND", "HELD"])
async def test_a_debtor_who_waits_for_the_colleague_while_the_daemon_starts_is_talking_still(desk: Desk, held: str) -> None:
    placed = await talking(desk)
    leg = LiveChannel(
        attempt_id=placed.id, uniqueid="17.1", channel="PJSIP/trunk-1", coll_state=held, agent_leg=False, ring_back=0, up=True, seconds=9
    )  # fmt: skip
    pbx = Told(
        handed_rows=(HandedRow(attempt_id=placed.id, endpoint="PJSIP/201"),), live=(leg,),
        rows={placed.id: JournalRow(attempt_id=placed.id, phase=JournalPhase.DIAL)},
    )  # fmt: skip
    await hear(desk, pbx, UP)
    now = await now_of(desk, placed)
    assert (now.agent, now.state) == ("201", AttemptState.TALKING)
