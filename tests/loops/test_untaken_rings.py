"""What a ring that was not taken does is on disk; a pause that it made ends by taking a ring, by asking for a case, or once by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.telephony.agents import AgentState
from collectord.core.telephony.attempts import AgentResult
from collectord.core.telephony.call_seen import AgentMissedRing
from collectord.core.telephony.pauses import Ring
from collectord.core.telephony.pbx_events import FeatureAction, FeatureDialled, OriginateFailed
from collectord.loops import duty, team, untaken_rings
from collectord.settings import AgentSection, DiallingSection, PbxSection, Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY, place, planned, tell

MINUTE = timedelta(minutes=1)
IDLE = {"PJSIP/201": "NOT_INUSE"}


def house(**dialling: Any) -> Settings:
    anna = AgentSection(id="201", name="Anna", pin="4711", endpoint="PJSIP/201", pbx="main", languages=["de"], logged_in=True)  # type: ignore[arg-type]
    return Settings(pbx=[PbxSection(name="main")], agent=[anna], dialling=DiallingSection(**dialling))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, house(), MONDAY)
        yield opened


async def rings_out(desk: Desk, settings: Settings, count: int, ring: Ring = Ring.RANG_OUT) -> None:
    for number in range(count):
        await untaken_rings.ring_missed(desk.db, settings, "201", ring, MONDAY + number * MINUTE)


async def anna(desk: Desk, settings: Settings, after: timedelta) -> dict[str, Any]:
    (shown,) = await team.listed(desk.db, settings, IDLE, MONDAY + after)
    return shown


async def dials(desk: Desk, settings: Settings, action: FeatureAction, arg: str = "") -> str:
    event = FeatureDialled(
        seen_at=MONDAY, action=action, endpoint="PJSIP/201", pin="", arg=arg, uniqueid="1.1", channel="PJSIP/201-1"
    )  # fmt: skip
    return (await duty.FeatureDesk(desk.db).take(event, settings, MONDAY + 20 * MINUTE)).text


async def test_a_pause_after_missed_rings_ends_once_by_itself_and_the_second_does_not(desk: Desk) -> None:
    settings = house(missed_rings=2, missed_pause_for=timedelta(minutes=15))
    await rings_out(desk, settings, 2)
    assert (await anna(desk, settings, 15 * MINUTE))["state"] == "paused"
    free = await anna(desk, settings, 16 * MINUTE)
    assert (free["state"], free["paused"], free["pause_reason"]) == ("free", False, None)
    await untaken_rings.ring_missed(desk.db, settings, "201", Ring.RANG_OUT, MONDAY + 17 * MINUTE)
    assert (await anna(desk, settings, timedelta(days=1)))["pause_reason"] == "missed_rings"


async def test_taking_a_ring_ends_the_pause_that_missed_rings_made(desk: Desk) -> None:
    settings = house(missed_rings=1)
    await rings_out(desk, settings, 1)
    await untaken_rings.ring_taken(desk.db, "201", MONDAY + 16 * MINUTE)
    back = await anna(desk, settings, 16 * MINUTE)
    assert (back["state"], back["missed"], back["since"]) == ("free", 0, (MONDAY + 16 * MINUTE).isoformat())


async def test_asking_for_a_case_ends_the_pause_that_missed_rings_made_and_no_other(desk: Desk) -> None:
    settings = house(missed_rings=1)
    await rings_out(desk, settings, 1)
    assert await dials(desk, settings, FeatureAction.NEXT) == "ok"
    assert (await anna(desk, settings, 5 * MINUTE))["state"] == "free"
    assert await dials(desk, settings, FeatureAction.PAUSE, "1") == "ok-lunch"
    assert await dials(desk, settings, FeatureAction.NEXT) == "ok"
    await untaken_rings.ring_taken(desk.db, "201", MONDAY)
    assert (await anna(desk, settings, 30 * MINUTE))["pause_reason"] == "lunch"


async def test_a_ring_that_rang_out_changes_no_pause_that_the_agent_took_meanwhile(desk: Desk) -> None:
    settings = house(missed_rings=1)
    assert await dials(desk, settings, FeatureAction.PAUSE, "1") == "ok-lunch"
    await rings_out(desk, settings, 1)
    assert (await anna(desk, settings, timedelta(hours=1)))["pause_reason"] == "lunch"


async def test_until_it_is_known_why_a_ring_was_not_taken_the_phone_is_not_rung_again(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    failed = OriginateFailed(seen_at=MONDAY, attempt_id=placed.id, action_id=f"{placed.id}-o", reason=3, uniqueid=placed.channel)
    effects = await tell(desk, MONDAY, failed)
    assert AgentMissedRing("201", AgentResult.NO_ANSWER, rang_out=True) in effects
    assert (await anna(desk, house(), timedelta(seconds=2)))["state"] == "resting"
    await untaken_rings.ring_missed(desk.db, house(), "201", Ring.ON_A_CALL, MONDAY)
    assert (await anna(desk, house(), timedelta(seconds=2)))["state"] == "free"


async def test_a_private_call_while_it_rang_is_not_held_against_the_agent(desk: Desk) -> None:
    settings = house(missed_rings=1)
    await rings_out(desk, settings, 5, Ring.ON_A_CALL)
    assert (await anna(desk, settings, timedelta(0)))["state"] == AgentState.FREE


async def test_a_phone_that_does_not_want_to_ring_is_left_alone_longer_and_longer(desk: Desk) -> None:
    settings = house(missed_rings=1)
    for after, rest in ((0, 1), (10, 2), (20, 3)):
        await untaken_rings.ring_missed(desk.db, settings, "201", Ring.TURNED_AWAY, MONDAY + after * MINUTE)
        assert (await anna(desk, settings, (after + rest) * MINUTE - timedelta(seconds=1)))["state"] == "resting"
        assert (await anna(desk, settings, (after + rest) * MINUTE))["state"] == "free"


async def test_a_ring_of_somebody_who_has_no_row_changes_nothing(desk: Desk) -> None:
    assert await untaken_rings.ring_missed(desk.db, house(), "202", Ring.RANG_OUT, MONDAY) is None


async def test_the_phone_is_told_the_reasons_of_the_house(desk: Desk) -> None:
    assert await dials(desk, house(pause_reasons=["lunch", "Warenausgang"]), FeatureAction.REASONS) == "why-lunch-other"
    assert await dials(desk, house(pause_reasons=[]), FeatureAction.REASONS) == "none"
    assert await dials(desk, house(pause_reasons=[]), FeatureAction.PAUSE, "1") == "ok"
