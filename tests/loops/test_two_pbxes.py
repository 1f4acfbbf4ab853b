"""Two PBXes may each have a phone 201: neither is taken for the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from collectord.core.telephony.agents import AgentState
from collectord.core.telephony.pbx_events import FeatureAction, FeatureDialled
from collectord.edge import log
from collectord.loops import duty, team
from collectord.loops.on_desk import Phones, on_duty
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import AgentSection, PbxSection, Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY


def agent(id: str, pbx: str) -> AgentSection:
    return AgentSection(id=id, name=id, pin=SecretStr("4711"), endpoint="PJSIP/201", pbx=pbx, languages=["de"], logged_in=True)


SETTINGS = Settings(pbx=[PbxSection(name="north"), PbxSection(name="south")], agent=[agent("anna", "north"), agent("bert", "south")])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, SETTINGS, MONDAY)
        yield opened


class Heard:
    """What the phone is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def reply(self, uniqueid: str, text: str, today: object) -> None:
        self.said.append(text)


async def states(desk: Desk, phones: Phones) -> dict[str, AgentState]:
    found = await team.listed(desk.db, SETTINGS, phones, MONDAY)
    return {one["id"]: AgentState(one["state"]) for one in found}


async def test_a_feature_code_is_for_the_agent_of_the_phones_own_pbx(desk: Desk) -> None:
    heard = Heard()
    south = PbxDesk(
        name="south", pbx=heard, db=desk.db, settings=SETTINGS, rules=desk.rules, house=desk.house, features=duty.FeatureDesk(desk.db),  # type: ignore[arg-type]
        stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=lambda deed: deed.close(),
    )  # fmt: skip
    out = FeatureDialled(
        seen_at=MONDAY, action=FeatureAction.LOGOUT, endpoint="PJSIP/201", pin="", arg="", uniqueid="1.1", channel="PJSIP/201-1"
    )
    await south.take_all([out], MONDAY)
    assert heard.said == ["ok"]
    assert {one.id: one.logged_in for one in await on_duty(desk.db, SETTINGS, {}, MONDAY)} == {"anna": True, "bert": False}


async def test_the_state_of_a_phone_is_that_of_its_own_pbx(desk: Desk) -> None:
    phones = Phones({"north": {"PJSIP/201": "INUSE"}, "south": {"PJSIP/201": "NOT_INUSE"}})
    assert await states(desk, phones) == {"anna": AgentState.PHONE_IN_USE, "bert": AgentState.FREE}


async def test_of_a_phone_that_its_own_pbx_has_not_told_of_nothing_is_known(desk: Desk) -> None:
    phones = Phones({"north": {}, "south": {"PJSIP/201": "NOT_INUSE"}})
    assert (await states(desk, phones))["anna"] is AgentState.PHONE_UNREACHABLE
    assert phones["PJSIP/201"] == "NOT_INUSE"
