"""One PBX's desk: a LinkUp is not forgotten because something failed at that moment, and one bad event hides no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from collectord.core.telephony.attempts import AttemptState
from collectord.core.telephony.pbx_events import DeviceState, LinkLost, LinkUp
from collectord.edge import log
from collectord.edge.pbx.faults import PbxUnreachable
from collectord.loops import duty
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY, Remembering, now_of, place, planned


@dataclass
class Tired(Remembering):
    """Answers after so many questions for its devices only."""

    fails: list[Exception] = field(default_factory=list)

    async def device_states(self) -> dict[str, str]:
        if self.fails:
            raise self.fails.pop(0)
        return {"PJSIP/201": "NOT_INUSE"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


def at_the_pbx(desk: Desk, pbx: Any) -> PbxDesk:
    return PbxDesk(
        name="main", pbx=pbx, db=desk.db, settings=Settings(), rules=desk.rules, house=desk.house, features=duty.FeatureDesk(desk.db),
        stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=lambda deed: deed.close(),
    )  # fmt: skip


UP = LinkUp(seen_at=MONDAY, started="start-1", version="22")


async def test_a_pbx_that_was_slow_at_link_up_is_reconciled_later(desk: Desk) -> None:
    there = at_the_pbx(desk, Tired(fails=[PbxUnreachable("no answer within 20 s", sent=True)]))
    await there.take_all([UP], MONDAY)
    assert there.started == ""
    await there.reconcile(MONDAY + timedelta(seconds=1))
    assert there.started == ""  # asked again after a while, not in a hurry
    await there.reconcile(MONDAY + timedelta(seconds=6))
    assert there.started == "start-1"
    assert there.devices == {"PJSIP/201": "NOT_INUSE"}


async def test_a_pbx_with_another_dialplan_is_booked_and_not_dialled_until_ours_is_there(desk: Desk) -> None:
    placed = await place(desk, await planned(desk), placed_at=MONDAY - timedelta(minutes=1))
    pbx = Tired(dialplan="1")
    there = at_the_pbx(desk, pbx)
    await there.take_all([UP], MONDAY)
    assert (there.started, (await now_of(desk, placed)).state) == ("", AttemptState.CLOSED)
    assert there.dialplan.startswith("version 1 of the dialplan is loaded, this collectord needs 2")
    pbx.dialplan = ""
    await there.reconcile(MONDAY + timedelta(seconds=6))
    assert there.dialplan.startswith("version none")
    pbx.dialplan = "2"
    await there.reconcile(MONDAY + timedelta(seconds=12))
    assert (there.started, there.dialplan) == ("start-1", "")


async def test_a_link_up_that_met_a_full_disk_is_reconciled_when_there_is_room(desk: Desk) -> None:
    there = at_the_pbx(desk, Tired(fails=[OSError("no space left on device")]))
    with pytest.raises(OSError, match="no space"):
        await there.take_all([UP], MONDAY)
    await there.reconcile(MONDAY + timedelta(seconds=6))
    assert there.started == "start-1"


async def test_a_lost_link_is_not_reconciled_by_the_timer(desk: Desk) -> None:
    there = at_the_pbx(desk, Tired(fails=[PbxUnreachable("no answer", sent=True)]))
    await there.take_all([UP, LinkLost(seen_at=MONDAY, why="closed")], MONDAY)
    await there.reconcile(MONDAY + timedelta(minutes=1))
    assert there.started == ""


async def test_a_failing_event_does_not_hide_that_the_link_was_lost(desk: Desk) -> None:
    await place(desk, await planned(desk))
    there = at_the_pbx(desk, Tired())
    await there.take_all([UP], MONDAY)
    assert there.started == "start-1"

    def broken() -> None:
        raise RuntimeError("a fault of ours")

    there.wake = broken
    with capture_logs() as told, pytest.raises(RuntimeError, match="a fault of ours"):
        await there.take_all([DeviceState(seen_at=MONDAY, device="PJSIP/201", state="INUSE")] * 2, MONDAY)
    assert [line["event"] for line in told] == ["event_not_taken"] * 2  # each, though one of them is told on
    report = [DeviceState(seen_at=MONDAY, device="PJSIP/201", state="INUSE"), LinkLost(seen_at=MONDAY, why="closed")]
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await there.take_all(report, MONDAY)
    assert there.started == ""
