"""A phone answers by itself only where its make is configured, its agent has switched it on, and until the agent logs out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from collectord.core.telephony.pbx_events import FeatureAction
from collectord.loops import duty
from collectord.loops.on_desk import on_duty
from collectord.settings import AgentSection, Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY
from tests.loops.test_untaken_rings import anna, dials, house

SOON = timedelta(minutes=21)


def with_phone(make: str = "snom") -> Settings:
    plain = house()
    return plain.model_copy(update={"agent": [plain.agent[0].model_copy(update={"auto_answer": make})]})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, house(), MONDAY)
        yield opened


async def make(desk: Desk, settings: Settings) -> str:
    (agent,) = await on_duty(desk.db, settings, {}, MONDAY + SOON)
    return agent.auto_answer


async def test_off_until_the_agent_switches_it_on_and_off_again_by_the_same_code(desk: Desk) -> None:
    settings = with_phone()
    assert await make(desk, settings) == ""
    assert await dials(desk, settings, FeatureAction.ANSWER) == "ok-on"
    assert await make(desk, settings) == "snom"
    assert (await anna(desk, settings, SOON))["answers_itself"] is True
    assert await dials(desk, settings, FeatureAction.ANSWER) == "ok-off"
    assert await make(desk, settings) == ""


async def test_it_outlasts_a_pause_and_ends_with_logging_out(desk: Desk) -> None:
    settings = with_phone()
    await dials(desk, settings, FeatureAction.ANSWER)
    await dials(desk, settings, FeatureAction.PAUSE)
    await dials(desk, settings, FeatureAction.RESUME)
    assert await make(desk, settings) == "snom"
    await dials(desk, settings, FeatureAction.LOGOUT)
    assert await make(desk, settings) == ""


async def test_without_a_make_in_the_configuration_nobody_can_switch_it_on(desk: Desk) -> None:
    assert await dials(desk, house(), FeatureAction.ANSWER) == "none"
    assert await dials(desk, with_phone(), FeatureAction.ANSWER) == "ok-on"
    assert await make(desk, house()) == ""  # taken out of the configuration since


def test_a_phone_behind_a_dialplan_of_the_houses_own_cannot_be_asked() -> None:
    fits = {"id": "201", "name": "Anna", "pin": "4711", "auto_answer": "snom"}
    assert AgentSection.model_validate(fits | {"endpoint": "Local/201@coll-phones"}).auto_answer == "snom"
    with pytest.raises(ValidationError, match="only these pass it on"):
        AgentSection.model_validate(fits | {"endpoint": "Local/201@from-internal", "device": "PJSIP/201"})
