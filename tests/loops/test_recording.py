"""No row, no recording: the yes is on disk before the PBX may record, a withdrawal is never lost, and what is too old is overwritten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.pbx_calls import LiveChannel, RecordedRow
from collectord.core.telephony.pbx_events import EndState, LinkUp, PbxEvent
from collectord.core.telephony.recording import ConsentTold, RecordingState, RecordingTold
from collectord.edge import log
from collectord.edge.store import recordings
from collectord.edge.store.connection import Connection
from collectord.loops import duty, recording
from collectord.loops.explain import explain
from collectord.loops.pbx_events import PbxDesk
from collectord.loops.pbx_watch import PbxWatch, look_at
from collectord.settings import RecordingSection, Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY, Remembering, ended, keyed, place, planned, rows_of, talk, tell
from tests.loops.test_hand_over import IDLE, SETTINGS

ASKED = SETTINGS.model_copy(update={"recording": RecordingSection(mode="asked", keep_days=30)})
LATER = MONDAY + timedelta(minutes=1)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, ASKED, MONDAY)
        yield opened


class Recorder(Remembering):
    """Keeps what it was told, and whether the yes was on disk by then."""

    def __init__(self, desk: Desk, **knows: Any) -> None:
        super().__init__(**knows)
        self.desk = desk
        self.said: list[tuple[str, bool]] = []
        self.ordered: list[str] = []

    async def say_recorded(self, uniqueid: str, ok: bool) -> None:
        rows = await rows_of(self.desk, "select attempt_id from recording")
        assert bool(rows) >= ok
        self.said.append((uniqueid, ok))

    async def erase(self, attempt_id: str) -> None:
        self.ordered.append(attempt_id)

    async def device_states(self) -> dict[str, str]:
        return dict(IDLE)

    async def acknowledge(self, attempt_id: str) -> None:
        self.rows.pop(attempt_id, None)

    async def live_calls_and_phones(self) -> tuple[tuple[LiveChannel, ...], frozenset[str]]:
        return self.live, frozenset()


def at_desk(desk: Desk, pbx: Recorder, config: Settings, deeds: list[asyncio.Future[None]]) -> PbxDesk:
    there: Any = pbx
    return PbxDesk(
        name="main", pbx=there, db=desk.db, settings=config, rules=desk.rules, house=desk.house, features=duty.FeatureDesk(desk.db),
        stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=lambda deed: deeds.append(asyncio.ensure_future(deed)),
    )  # fmt: skip


async def hear(desk: Desk, pbx: Recorder, *events: PbxEvent, config: Settings = ASKED, now: datetime = LATER) -> PbxDesk:
    deeds: list[asyncio.Future[None]] = []
    at = at_desk(desk, pbx, config, deeds)
    await at.take_all(events, now)
    await asyncio.gather(*deeds)
    return at


async def talking(desk: Desk) -> Attempt:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed)[:3])
    return placed


def yes(placed: Attempt) -> ConsentTold:
    return ConsentTold(seen_at=LATER, attempt_id=placed.id, uniqueid=placed.channel)


def told(placed: Attempt, state: RecordingState) -> RecordingTold:
    return RecordingTold(seen_at=LATER, attempt_id=placed.id, state=state)


async def sentences(desk: Desk) -> list[tuple[str, str, str]]:
    found = await rows_of(desk, "select kind, actor, sentence from happening where kind like 'recording%' order by rowid")
    return [(row["kind"], row["actor"], row["sentence"]) for row in found]


async def test_the_yes_is_on_disk_with_who_and_when_before_the_pbx_may_record(desk: Desk) -> None:
    placed, pbx = await talking(desk), Recorder(desk)
    await hear(desk, pbx, yes(placed), told(placed, RecordingState.ON))
    assert pbx.said == [(placed.channel, True)]
    kept = await desk.db.read(lambda conn: recordings.recording(conn, placed.id))
    assert kept is not None
    assert (kept.agreed_at, kept.agent, kept.began) == (LATER, "201", True)
    assert await sentences(desk) == [("recording_agreed", "201", f"201 keyed that the debtor agrees to a recording of call {placed.id}.")]


async def test_off_as_shipped_nothing_is_recorded_and_nothing_written(desk: Desk) -> None:
    placed, pbx = await talking(desk), Recorder(desk)
    await hear(desk, pbx, yes(placed), config=SETTINGS)
    assert pbx.said == [(placed.channel, False)]
    assert await sentences(desk) == []


async def test_a_call_that_is_over_or_nobodys_is_not_recorded(desk: Desk) -> None:
    placed, pbx = await talking(desk), Recorder(desk)
    await tell(desk, LATER, ended(placed, EndState.DIAL))
    stranger = ConsentTold(seen_at=LATER, attempt_id="nobodys-call", uniqueid="1.1")
    await hear(desk, pbx, yes(placed), stranger, RecordingTold(seen_at=LATER, attempt_id="nobodys-call", state=RecordingState.ERASED))
    assert pbx.said == [(placed.channel, False), ("1.1", False)]


async def test_withdrawn_it_is_logged_once_and_no_key_brings_it_back(desk: Desk) -> None:
    placed, pbx = await talking(desk), Recorder(desk)
    await hear(desk, pbx, yes(placed), told(placed, RecordingState.ON), told(placed, RecordingState.WITHDRAWN))
    await hear(desk, pbx, told(placed, RecordingState.WITHDRAWN), yes(placed), now=LATER + timedelta(minutes=1))
    assert pbx.said == [(placed.channel, True), (placed.channel, False)]
    assert [kind for kind, _, _ in await sentences(desk)] == ["recording_agreed", "recording_withdrawn"]
    shown = await explain(desk.db, desk.rules, desk.house, placed.key, LATER)
    (kept,) = shown["recordings"]
    assert (kept["withdrawn_at"], kept["agent"]) == (LATER.isoformat(), "201")


async def test_a_withdrawal_that_nobody_heard_is_found_at_the_pbx(desk: Desk) -> None:
    placed, pbx = await talking(desk), Recorder(desk)
    await hear(desk, pbx, yes(placed))
    pbx.recorded_rows = (RecordedRow(attempt_id=placed.id, withdrawn=True),)
    await hear(desk, pbx, LinkUp(seen_at=LATER, started="start-1", version="22"))
    kept = await desk.db.read(lambda conn: recordings.recording(conn, placed.id))
    assert kept is not None
    assert kept.withdrawn_at == LATER
    assert not kept.began
    pbx.recorded_rows = (RecordedRow(attempt_id=placed.id, withdrawn=False),)
    await hear(desk, pbx, LinkUp(seen_at=LATER, started="start-1", version="22"))
    kept = await desk.db.read(lambda conn: recordings.recording(conn, placed.id))
    assert kept is not None
    assert kept.began


async def test_a_pbx_that_cannot_record_is_noted(desk: Desk) -> None:
    placed = await talking(desk)
    await hear(desk, Recorder(desk), yes(placed), told(placed, RecordingState.FAILED))
    assert (await sentences(desk))[-1][0] == "recording_failed"


async def test_what_was_withdrawn_or_is_too_old_is_overwritten_once_the_call_is_over(desk: Desk) -> None:
    placed, pbx = await talking(desk), Recorder(desk)
    at = await hear(desk, pbx, yes(placed), told(placed, RecordingState.ON))
    old = LATER + timedelta(days=31)
    assert await recording.erase_old(at.reception(), pbx, old) == []  # it goes on
    await tell(desk, LATER, ended(placed, EndState.DIAL))
    assert await recording.erase_old(at.reception(), pbx, old) == []  # the outcome is not keyed yet
    await tell(desk, LATER, keyed(placed, "2"), ended(placed))
    assert await recording.erase_old(at.reception(), pbx, LATER + timedelta(days=29)) == []
    assert await recording.erase_old(at.reception(), pbx, old) == [placed.id]
    assert pbx.ordered == [placed.id]
    await hear(desk, pbx, told(placed, RecordingState.ERASED), told(placed, RecordingState.ERASED), now=old)
    assert await recording.erase_old(at.reception(), pbx, old) == []
    assert [kind for kind, _, _ in await sentences(desk)] == ["recording_agreed", "recording_erased"]


async def test_many_recordings_are_overwritten_in_one_round_and_one_that_cannot_be_keeps_no_other_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "AT_ONCE", 2)
    placed, pbx = await talking(desk), Recorder(desk)
    at = await hear(desk, pbx, yes(placed))
    await tell(desk, LATER, ended(placed, EndState.DIAL), keyed(placed, "2"), ended(placed))

    async def more(conn: Connection) -> None:
        await conn.execute("create temp table one as select * from attempt")
        for number in range(4):
            await conn.execute("update one set id = ?", (f"over-{number:04}",))
            await conn.execute("insert into attempt select * from one")
            await recordings.agree(conn, f"over-{number:04}", "201", LATER)

    await desk.db.write(more)
    old = LATER + timedelta(days=31)
    watch = PbxWatch(desk=at)
    for minute in range(70):  # the PBX overwrites none of them
        await watch._erase(old + timedelta(minutes=minute))
    assert sorted(pbx.ordered) == sorted([placed.id, *(f"over-{number:04}" for number in range(4))] * 2)
    assert len(set(pbx.ordered[:5])) == 5


async def test_a_recording_without_a_yes_is_a_sign_and_one_with_it_is_none(desk: Desk) -> None:
    placed, pbx = await talking(desk), Recorder(desk)
    leg = LiveChannel(
        attempt_id=placed.id, uniqueid=placed.channel, channel="PJSIP/201-1", coll_state="DIAL", agent_leg=True, ring_back=0, up=True,
        seconds=5, recorded=True,
    )  # fmt: skip
    pbx.live = (leg,)

    class Health:
        waiting = dropped = 0

    class Link:
        def health(self) -> Health:
            return Health()

    there: Any = pbx
    there.link = Link()
    assert (await look_at(desk.db, there, {}, ())).agreed == frozenset()
    await hear(desk, pbx, yes(placed))
    assert (await look_at(desk.db, there, {}, ())).agreed == {placed.id}
    await hear(desk, pbx, told(placed, RecordingState.WITHDRAWN))
    assert (await look_at(desk.db, there, {}, ())).agreed == frozenset()
