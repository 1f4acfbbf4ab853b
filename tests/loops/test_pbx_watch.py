"""The watch over a PBX: what is wrong is told until it is gone, a phone's wrong state is put right, an unreported call is followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from collectord.core.telephony.attempts import AttemptState
from collectord.core.telephony.pbx_calls import LiveChannel
from collectord.core.telephony.pbx_events import LinkLost, LinkUp
from collectord.edge import log
from collectord.edge.pbx.asterisk import Privileges
from collectord.edge.pbx.faults import PbxUnreachable
from collectord.edge.pbx.link import Health, LinkState
from collectord.edge.pbx.versions import DIALPLAN_VERSION
from collectord.loops import duty
from collectord.loops.pbx_events import PbxDesk
from collectord.loops.pbx_watch import PbxWatch
from collectord.settings import AgentSection, PbxSection, Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY, Remembering, now_of, place, planned

MINUTE = timedelta(minutes=1)
ANNA = AgentSection(id="201", name="Anna", pin=SecretStr("4711"), endpoint="PJSIP/201", pbx="main")
SETTINGS = Settings(pbx=[PbxSection(name="main")], agent=[ANNA])
UP = LinkUp(seen_at=MONDAY, started="start-1", version="22")
SOUND = Health(
    name="main", state=LinkState.UP, sentence="", response_ms=1.0, last_event_age=None, reconnects=0, waiting=0, dropped=0, broken=0,
    unread={}, version="22", warnings=(),
)  # fmt: skip


@dataclass
class Watched(Remembering):
    """Its own link as well: `health` is what that would say."""

    phones: dict[str, str] = field(default_factory=lambda: {"PJSIP/201": "NOT_INUSE"})
    occupied: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    fault: PbxUnreachable | None = None
    now: Health = SOUND

    @property
    def link(self) -> Watched:
        return self

    def health(self) -> Health:
        return self.now

    async def device_states(self) -> dict[str, str]:
        if self.fault is not None:
            raise self.fault
        return dict(self.phones)

    async def privileges(self) -> Privileges:
        return Privileges(actions=frozenset(), missing=self.missing, excess=())

    async def live_calls_and_phones(self) -> tuple[tuple[LiveChannel, ...], frozenset[str]]:
        return self.live, self.occupied


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def watch_of(desk: Desk, pbx: Any) -> PbxWatch:
    there = PbxDesk(
        name="main", pbx=pbx, db=desk.db, settings=SETTINGS,
        rules=desk.rules, house=desk.house, features=duty.FeatureDesk(desk.db), stands=lambda: LIVE, log=log.get(), wake=lambda: None,
        spawn=lambda deed: deed.close(),
    )  # fmt: skip
    await there.take_all([UP], MONDAY)
    return PbxWatch(there)


def leg(attempt_id: str, seconds: int = 30) -> LiveChannel:
    return LiveChannel(
        attempt_id=attempt_id, uniqueid=f"coll-{attempt_id}", channel="PJSIP/201-1", coll_state="AGENT", agent_leg=True, ring_back=0,
        up=True, seconds=seconds,
    )  # fmt: skip


async def two_looks(watch: PbxWatch) -> list[str]:
    await watch.turn(MONDAY + MINUTE)
    await watch.turn(MONDAY + 2 * MINUTE)
    return [sign.code for sign in watch.signs]


async def test_a_call_that_no_attempt_knows_is_told_and_never_ended(desk: Desk) -> None:
    watch = await watch_of(desk, Watched(live=(leg("nobodys-attempt"), leg("test-call-0001"))))
    assert await two_looks(watch) == ["strangers"]
    assert watch.orphans() == ["nobodys-attempt"]
    shown = watch.described("de")
    assert shown["orphans"] == ["nobodys-attempt"]
    assert "ein anderes collectord an derselben Anlage" in shown["signs"][0]


async def test_a_caller_whom_we_do_not_know_is_no_call_named_like_ours(desk: Desk) -> None:
    caller = replace(leg("in-1763800000-17"), agent_leg=False, uniqueid="1763800000.17", channel="PJSIP/trunk-1", coll_state="IN")
    assert await two_looks(await watch_of(desk, Watched(live=(caller,)))) == []


async def test_a_dialplan_that_was_loaded_anew_and_is_not_ours_stops_the_dialling_until_it_is(desk: Desk) -> None:
    pbx = Watched()
    watch = await watch_of(desk, pbx)
    await watch.turn(MONDAY + MINUTE)
    assert watch.desk.started == "start-1"
    pbx.dialplan = "1"
    await watch.turn(MONDAY + 2 * MINUTE)
    await watch.desk.reconcile(MONDAY + 2 * MINUTE)
    assert watch.desk.started == ""
    assert watch.desk.dialplan.startswith("version 1 of the dialplan is loaded")
    pbx.dialplan = DIALPLAN_VERSION
    await watch.desk.reconcile(MONDAY + 3 * MINUTE)
    assert watch.desk.started == "start-1"


async def test_a_sign_is_told_once_until_a_later_look_finds_it_gone(desk: Desk) -> None:
    pbx = Watched(live=(leg("nobodys-attempt"),))
    with capture_logs() as told:
        watch = await watch_of(desk, pbx)
        assert await two_looks(watch) == ["strangers"]
        await watch.turn(MONDAY + 3 * MINUTE)
        pbx.live = ()
        await watch.turn(MONDAY + 3.5 * MINUTE)  # too early for another look
        assert [sign.code for sign in watch.signs] == ["strangers"]
        await watch.turn(MONDAY + 4 * MINUTE)
        assert watch.signs == ()
    assert [line["event"] for line in told if line["event"].startswith("pbx_sign")] == ["pbx_sign", "pbx_sign_gone"]


async def test_a_closed_call_that_is_still_up_is_told(desk: Desk) -> None:
    placed = await place(desk, await planned(desk), state=AttemptState.CLOSED, agent_answered_at=MONDAY, closed_at=MONDAY)
    watch = await watch_of(desk, Watched(live=(leg(placed.id),)))
    assert await two_looks(watch) == ["orphans"]


async def test_a_call_that_is_up_and_of_which_nothing_was_reported_is_followed_by_asking(desk: Desk) -> None:
    pbx = Watched()
    watch = await watch_of(desk, pbx)
    placed = await place(desk, await planned(desk), deadline_at=MONDAY + timedelta(hours=1))
    pbx.live = (leg(placed.id),)
    assert await two_looks(watch) == ["silent"]
    assert (await now_of(desk, placed)).state is AttemptState.RINGING_AGENT  # adopted


async def test_a_phone_that_we_had_as_busy_and_the_pbx_has_as_free_may_be_rung_again(desk: Desk) -> None:
    watch = await watch_of(desk, Watched(phones={"PJSIP/201": "NOT_INUSE", "PJSIP/999": "NOT_INUSE"}))
    watch.desk.devices.update({"PJSIP/201": "INUSE", "PJSIP/999": "INUSE"})  # the report of its end was dropped
    await watch.turn(MONDAY + MINUTE)
    assert watch.desk.devices == {"PJSIP/201": "NOT_INUSE", "PJSIP/999": "INUSE"}  # 999 is no phone of an agent
    assert watch.described("en")["repaired"] == 1


async def test_a_phone_that_the_pbx_itself_holds_in_use_without_a_call_is_told_and_not_rung(desk: Desk) -> None:
    watch = await watch_of(desk, Watched(phones={"PJSIP/201": "INUSE"}))
    assert await two_looks(watch) == ["stuck"]
    assert watch.desk.devices["PJSIP/201"] == "INUSE"


async def test_missing_rights_are_told_with_their_class(desk: Desk) -> None:
    watch = await watch_of(desk, Watched(missing=("setvar (class call)",)))
    await watch.turn(MONDAY + MINUTE)
    assert "may not send setvar (class call)" in watch.says("en")[0]


async def test_a_link_that_is_down_has_no_signs_and_one_that_does_not_answer_keeps_the_last(desk: Desk) -> None:
    pbx = Watched(phones={"PJSIP/201": "INUSE"})
    watch = await watch_of(desk, pbx)
    assert await two_looks(watch) == ["stuck"]
    pbx.fault = PbxUnreachable("no answer", sent=True)
    await watch.turn(MONDAY + 3 * MINUTE)
    assert [sign.code for sign in watch.signs] == ["stuck"]
    await watch.desk.take_all([LinkLost(seen_at=MONDAY, why="closed")], MONDAY)
    await watch.turn(MONDAY + 4 * MINUTE)
    assert watch.signs == ()
