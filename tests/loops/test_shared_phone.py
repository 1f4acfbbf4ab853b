"""Agents who share a phone: it speaks for who is logged in there, and the PIN says who that is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collectord.core.telephony.attempts import AttemptState
from collectord.core.telephony.pbx_events import EndState, FeatureAction, FeatureDialled
from collectord.loops import duty
from collectord.settings import AgentSection, PbxSection, Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY, ended, now_of, place, planned, talk, tell

SETTINGS = Settings(
    pbx=[PbxSection(name="main")],
    agent=[
        AgentSection(id="101", name="Early", pin="1111", endpoint="Local/101@from-internal", device="PJSIP/201", pbx="main"),  # type: ignore[arg-type]
        AgentSection(id="201", name="Late", pin="2222", endpoint="PJSIP/201", pbx="main"),  # type: ignore[arg-type]
    ],
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, SETTINGS, MONDAY)
        yield opened


async def dials(desk: Desk, action: FeatureAction, pin: str = "", features: duty.FeatureDesk | None = None) -> str:
    event = FeatureDialled(
        seen_at=MONDAY, action=action, endpoint="PJSIP/201", pin=pin, arg="", uniqueid="1.1", channel="PJSIP/201-1"
    )  # fmt: skip
    return (await (features or duty.FeatureDesk(desk.db)).take(event, SETTINGS, MONDAY, "main")).text


async def there(desk: Desk) -> list[str]:
    return [agent.id for agent in await duty.on_duty(desk.db, SETTINGS, {}, MONDAY) if agent.logged_in]


async def test_the_pin_says_who_it_is_and_who_was_there_is_logged_out(desk: Desk) -> None:
    assert await dials(desk, FeatureAction.LOGIN, "2222") == "ok"
    assert await there(desk) == ["201"]
    assert await dials(desk, FeatureAction.LOGIN, "1111") == "ok"
    assert await there(desk) == ["101"]
    assert await dials(desk, FeatureAction.LOGIN, "3333") == "denied"
    assert await there(desk) == ["101"]


@pytest.mark.parametrize(("pin", "agent"), [("1111", "101"), ("2222", "201")])
async def test_a_code_is_for_who_is_logged_in_at_the_phone(desk: Desk, pin: str, agent: str) -> None:
    assert await dials(desk, FeatureAction.PAUSE) == "denied"
    await dials(desk, FeatureAction.LOGIN, pin)
    assert await dials(desk, FeatureAction.PAUSE) == "ok"
    paused = [one.id for one in await duty.on_duty(desk.db, SETTINGS, {}, MONDAY) if one.paused]
    assert paused == [agent]
    assert await dials(desk, FeatureAction.LOGOUT) == "ok"
    assert await there(desk) == []


async def test_who_asks_for_a_case_while_an_outcome_is_open_is_asked_for_it_and_then_served(desk: Desk) -> None:
    await dials(desk, FeatureAction.LOGIN, "2222")
    assert await dials(desk, FeatureAction.NEXT) == "ok"
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed)[:3], ended(placed, EndState.DIAL))
    assert (await now_of(desk, placed)).state is AttemptState.WRAP_UP
    assert await dials(desk, FeatureAction.NEXT) == f"id-{placed.id}"
    (agent,) = [one for one in await duty.on_duty(desk.db, SETTINGS, {}, MONDAY) if one.id == "201"]
    assert agent.asked_at == MONDAY
