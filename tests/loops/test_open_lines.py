"""A call that was dialled ahead is given to whoever on an open line has waited longest, or to nobody, and was dropped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.telephony.attempts import PREDICTIVE, Attempt, AttemptState, Result
from collectord.core.telephony.call_seen import Effect, SayLine
from collectord.core.telephony.pbx_events import AgentUp, DebtorUp, Dialling
from collectord.edge.store import agents as rows
from collectord.loops import call_events, duty, on_desk
from collectord.loops.open_lines import OpenLines, anybody, served_together, with_line
from collectord.settings import Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY, ended, now_of, place, planned, tell

LINES = {"PJSIP/201": "PJSIP/201-1", "PJSIP/202": "PJSIP/202-1"}
SETTINGS = Settings.model_validate(
    {"agent": [
        {"id": one, "name": one, "pin": "4711", "endpoint": f"PJSIP/{one}", "pbx": "main", "logged_in": True} for one in ("201", "202")
     ],
     "pbx": [{"name": "main", "kind": "simulated"}]}
)  # fmt: skip


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        await duty.prepare(opened.db, SETTINGS, MONDAY)
        yield opened


async def answered(desk: Desk, channels: dict[str, str]) -> tuple[Attempt, tuple[Effect, ...]]:
    placed = await place(desk, await planned(desk), mode=PREDICTIVE, agent="", endpoint="Local/s@coll-ahead/n")
    of: dict[str, Any] = {"seen_at": MONDAY, "attempt_id": placed.id}
    await tell(desk, MONDAY, AgentUp(**of, channel_uniqueid=placed.channel), Dialling(**of))
    up = DebtorUp(**of, debtor_channel="PJSIP/trunk-1", channel_uniqueid="1.7")
    lines = OpenLines(SETTINGS, channels)
    (effects,) = await call_events.take_events(desk.db, desk.rules, desk.house, [up], LIVE, MONDAY + timedelta(seconds=5), lines)
    return await now_of(desk, placed), effects


async def test_whoever_has_waited_longest_takes_the_call(desk: Desk) -> None:
    later = MONDAY + timedelta(seconds=1)
    await desk.db.write(lambda conn: rows.set_duty(conn, "201", logged_in=True, paused=False, reason="", now=later))
    call, effects = await answered(desk, LINES)
    assert (call.agent, call.endpoint, call.state) == ("202", "PJSIP/202", AttemptState.TALKING)
    assert effects == (SayLine("main", call.id, "PJSIP/202-1", "1.7", "de", "Muster", call.number),)


async def test_who_pauses_is_given_no_call_and_without_anybody_the_debtor_is_told_and_the_call_was_dropped(desk: Desk) -> None:
    await desk.db.write(lambda conn: rows.set_duty(conn, "201", logged_in=True, paused=True, reason="", now=MONDAY))
    call, effects = await answered(desk, {"PJSIP/201": "PJSIP/201-1"})
    assert (call.agent, effects) == ("", (SayLine("main", call.id, "", "1.7"),))
    await tell(desk, MONDAY + timedelta(seconds=9), ended(call, status="CANCEL"))
    over = await now_of(desk, call)
    assert (over.state, over.result, over.agent) == (AttemptState.CLOSED, Result.DROPPED, "")


async def test_a_call_of_a_desk_without_lines_is_nobodys(desk: Desk) -> None:
    assert (await answered(desk, {}))[0].agent == ""


async def test_whoever_stands_for_the_lines_speaks_what_all_on_them_speak(desk: Desk) -> None:
    present = [with_line(agent, LINES) for agent in await on_desk.on_duty(desk.db, SETTINGS, {}, MONDAY)]
    assert served_together([], MONDAY) == []
    assert served_together(present, MONDAY) == present
    stands = anybody(present)
    assert (stands.id, stands.pbx, stands.languages, stands.skills) == ("", "main", (), ())
