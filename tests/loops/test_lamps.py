"""The lamps of a PBX: told on change, all of them anew after a log-in, and left dark where the PBX has none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from collectord.core.telephony.pbx_events import LinkLost, LinkUp
from collectord.edge import log
from collectord.edge.pbx.faults import PbxFault, PbxRefused, PbxUnreachable
from collectord.loops import duty
from collectord.loops.lamps import Lamps
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import AgentSection, PbxSection, Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY, place, planned
from tests.loops.test_pbx_watch import SOUND, Watched


def settings_of(*agents: str) -> Settings:
    return Settings(
        pbx=[PbxSection(name="main"), PbxSection(name="other")],
        agent=[
            AgentSection(id=one, name=one, pin=SecretStr("4711"), endpoint=f"PJSIP/{one}", pbx="main", logged_in=one != "203")
            for one in agents
        ]
        + [AgentSection(id="301", name="there", pin=SecretStr("4711"), endpoint="PJSIP/301", pbx="other", logged_in=True)],
    )


@dataclass
class Lit(Watched):
    told: list[tuple[str, str]] = field(default_factory=list)
    deaf: PbxFault | None = None

    async def show_lamp(self, agent: str, state: str) -> None:
        if self.deaf is not None:
            raise self.deaf
        self.told.append((agent, state))

    def new(self) -> list[tuple[str, str]]:
        told, self.told = self.told, []
        return sorted(told)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def lamps_of(desk: Desk, pbx: Any) -> Lamps:
    settings = settings_of("201", "203")
    await duty.prepare(desk.db, settings, MONDAY)
    there = PbxDesk(
        name="main", pbx=pbx, db=desk.db, settings=settings, rules=desk.rules, house=desk.house, features=duty.FeatureDesk(desk.db),
        stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=lambda deed: deed.close(),
    )  # fmt: skip
    return Lamps(there)


UP = LinkUp(seen_at=MONDAY, started="start-1", version="22")


async def test_nothing_is_told_before_the_pbx_is_reconciled_then_every_lamp_of_it_once_and_then_changes(desk: Desk) -> None:
    pbx = Lit()
    lamps = await lamps_of(desk, pbx)
    await lamps.turn(MONDAY)
    await lamps.out()
    assert pbx.new() == []
    await lamps.desk.take_all([UP], MONDAY)
    await lamps.turn(MONDAY)
    assert pbx.new() == [("201", "NOT_INUSE"), ("203", "BUSY")]
    await lamps.turn(MONDAY)
    assert pbx.new() == []
    await duty.set_paused(desk.db, lamps.desk.settings, "201", True, "lunch", MONDAY)
    await lamps.turn(MONDAY)
    assert pbx.new() == [("201", "ONHOLD")]
    await duty.set_paused(desk.db, lamps.desk.settings, "201", False, "", MONDAY)
    await place(desk, await planned(desk))
    await lamps.turn(MONDAY)
    assert pbx.new() == [("201", "RINGING")]


async def test_after_every_log_in_all_lamps_are_told_anew_even_by_a_pbx_that_did_not_restart(desk: Desk) -> None:
    pbx = Lit()
    lamps = await lamps_of(desk, pbx)
    await lamps.desk.take_all([UP], MONDAY)
    await lamps.turn(MONDAY)
    everything = pbx.new()
    pbx.now = replace(SOUND, reconnects=1)
    await lamps.desk.take_all([LinkLost(seen_at=MONDAY, why="away"), UP], MONDAY)
    await lamps.turn(MONDAY)
    assert pbx.new() == everything


async def test_an_agent_who_left_the_configuration_and_a_daemon_that_stops_leave_no_lamp_ready(desk: Desk) -> None:
    pbx = Lit()
    lamps = await lamps_of(desk, pbx)
    await lamps.desk.take_all([UP], MONDAY)
    await lamps.turn(MONDAY)
    pbx.new()
    lamps.desk.settings = settings_of("203")
    await lamps.turn(MONDAY)
    assert pbx.new() == [("201", "BUSY")]
    lamps.desk.settings = settings_of("201", "203")
    await lamps.turn(MONDAY)
    assert pbx.new() == [("201", "NOT_INUSE")]
    await lamps.out()
    assert pbx.new() == [("201", "BUSY")]


async def test_a_pbx_without_lamps_is_asked_once_a_log_in_and_one_that_is_slow_again(desk: Desk) -> None:
    pbx = Lit(deaf=PbxUnreachable("slow", sent=True))
    lamps = await lamps_of(desk, pbx)
    await lamps.desk.take_all([UP], MONDAY)
    with capture_logs() as told:
        await lamps.turn(MONDAY)
        pbx.deaf = None
        await lamps.turn(MONDAY)
    assert len(pbx.new()) == 2
    assert [one["event"] for one in told] == ["pbx_answer_missed"]
    pbx.now = replace(SOUND, reconnects=1)
    pbx.deaf = PbxRefused("Variable not set")
    with capture_logs() as told:
        for _ in range(3):
            await lamps.turn(MONDAY)
    assert [one["event"] for one in told] == ["lamps_refused"]
    pbx.deaf, pbx.now = None, replace(SOUND, reconnects=2)
    await lamps.turn(MONDAY)
    assert len(pbx.new()) == 2
