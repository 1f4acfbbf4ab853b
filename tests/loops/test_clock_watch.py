"""The clock of a running house, set back behind what was recorded: facts of that time would be invisible, so nobody is dialled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from collectord.core.contact.facts import Doubt
from collectord.edge import log
from collectord.edge.clock import Clock
from collectord.loops.clock_watch import ClockWatch
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY, planned


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def test_a_house_whose_clock_was_set_back_behind_a_do_not_call_has_a_doubt(desk: Desk) -> None:
    await planned(desk)
    await desk.record(MONDAY + timedelta(hours=2), do_not_call=True)
    doubts: dict[str, Doubt] = {}
    watch = ClockWatch(clock=Clock(MONDAY + timedelta(hours=1)), doubts=doubts, log=log.get())
    assert (await desk.ask(watch.now()))["never"] is False  # the fact lies ahead and is not seen
    await watch.look_back(desk.db)
    assert list(doubts) == ["guard/clock"]
    watch.now()
    assert list(doubts) == ["guard/clock"]


async def test_the_doubt_ends_when_the_clock_has_passed_what_is_on_record(desk: Desk) -> None:
    await planned(desk)
    await desk.record(MONDAY + timedelta(hours=2), do_not_call=True)
    doubts = {"guard/clock": Doubt(rule="guard/clock", reason="before")}
    watch = ClockWatch(clock=Clock(MONDAY + timedelta(hours=3)), doubts=doubts, log=log.get())
    await watch.look_back(desk.db)
    assert doubts == {}
