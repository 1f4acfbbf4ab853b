"""What the configuration no longer knows: attempts of a PBX that was taken out, agents that a reload brought in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from collectord.core.receivables.tasks import TaskState
from collectord.core.telephony.attempts import AttemptState, Result
from collectord.core.telephony.pbx_events import FeatureAction, FeatureDialled
from collectord.edge.store import calls
from collectord.loops import call_events, duty
from collectord.settings import AgentSection, PbxSection, Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY, now_of, place, planned, task_of

LATER = MONDAY + timedelta(minutes=5)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def test_a_call_on_a_pbx_that_was_taken_out_becomes_unknown_and_frees_its_agent(desk: Desk) -> None:
    placed = await place(desk, await planned(desk), pbx="old")
    assert await call_events.forsaken(desk.db, desk.rules, desk.house, {"main"}, MONDAY) == ()  # its time is not over
    (lost,) = await call_events.forsaken(desk.db, desk.rules, desk.house, {"main"}, LATER)
    assert lost.id == placed.id
    after = await now_of(desk, placed)
    assert (after.state, after.result) == (AttemptState.UNKNOWN, Result.UNKNOWN)
    assert not await desk.db.read(lambda conn: calls.is_agent_held(conn, "201", ""))
    await call_events.forsaken(desk.db, desk.rules, desk.house, {"main"}, LATER + timedelta(days=2))
    assert (await now_of(desk, placed)).state is AttemptState.CLOSED
    assert (await task_of(desk, placed)).state is TaskState.DONE  # never dialled again by itself


async def test_calls_of_a_pbx_that_is_served_are_left_to_its_timer(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    assert await call_events.forsaken(desk.db, desk.rules, desk.house, {"main"}, LATER) == ()
    assert await now_of(desk, placed) == placed


async def test_a_login_of_an_agent_that_a_reload_brought_is_on_disk_when_the_phone_says_ok(desk: Desk) -> None:
    new = AgentSection(id="207", name="Neu", pin="4711", endpoint="PJSIP/207", pbx="main", languages=["de"])  # type: ignore[arg-type]
    settings = Settings(pbx=[PbxSection(name="main")], agent=[new])
    dialled = FeatureDialled(
        seen_at=MONDAY, action=FeatureAction.LOGIN, endpoint="PJSIP/207", pin="4711", arg="", uniqueid="1.1", channel="PJSIP/207-1"
    )  # fmt: skip
    assert (await duty.FeatureDesk(desk.db).take(dialled, settings, MONDAY)).text == "ok"
    (agent,) = await duty.on_duty(desk.db, settings, {}, MONDAY)
    assert agent.logged_in
