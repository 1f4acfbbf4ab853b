"""Reports of calls that wait together are one transaction, and mean what they mean one by one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collectord.core.telephony.attempts import AttemptState, Disposition, Result
from collectord.core.telephony.call_seen import AgentFree, SaySaved
from collectord.loops import call_events
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY, SECOND, ended, keyed, now_of, place, planned, talk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def test_a_whole_call_in_one_transaction_ends_as_it_does_one_by_one(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    reports = [*talk(placed), keyed(placed, "2"), ended(placed)]
    seen = await call_events.take_events(desk.db, desk.rules, desk.house, reports, LIVE, MONDAY + SECOND)
    assert len(seen) == len(reports)
    assert SaySaved("main", placed.channel, ok=True) in seen[-2]
    assert AgentFree("201") in [effect for effects in seen for effect in effects]
    after = await now_of(desk, placed)
    assert (after.state, after.result, after.disposition) == (AttemptState.CLOSED, Result.ANSWERED, Disposition.PAID_ALREADY)


async def test_a_report_that_comes_twice_asks_for_nothing_the_second_time(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    agent_up = talk(placed)[0]
    first, second = await call_events.take_events(desk.db, desk.rules, desk.house, [agent_up, agent_up], LIVE, MONDAY + SECOND)
    assert first
    assert second == ()
