"""A call that was dialled ahead is given to whoever on an open line has waited longest, or to nobody, and was dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from collectord.core.receivables.tasks import Task
from collectord.core.telephony.attempts import PREDICTIVE, Attempt, AttemptState, GateSaid, Result
from collectord.core.telephony.call_seen import Effect, SayLine
from collectord.core.telephony.pbx_events import AgentUp, DebtorUp, Dialling
from collectord.edge import log
from collectord.edge.store import agents as rows
from collectord.edge.store.connection import Connection
from collectord.loops import call_events, duty, on_desk
from collectord.loops.open_lines import OpenLines, anybody, served_together, with_line
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import Settings
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import LIVE, MONDAY, Remembering, ended, now_of, place, planned, tell

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


async def answered(
    desk: Desk, channels: dict[str, str], settings: Settings = SETTINGS, task: Task | None = None
) -> tuple[Attempt, tuple[Effect, ...]]:
    placed = await place(desk, task or await planned(desk), mode=PREDICTIVE, agent="", endpoint="Local/s@coll-ahead/n")
    of: dict[str, Any] = {"seen_at": MONDAY, "attempt_id": placed.id}
    await tell(desk, MONDAY, AgentUp(**of, channel_uniqueid=placed.channel), Dialling(**of))
    up = DebtorUp(**of, debtor_channel="PJSIP/trunk-1", channel_uniqueid="1.7")
    lines = OpenLines(settings, channels)
    (effects,) = await call_events.take_events(desk.db, desk.rules, desk.house, [up], LIVE, MONDAY + timedelta(seconds=5), lines)
    return await now_of(desk, placed), effects


async def test_whoever_has_waited_longest_takes_the_call(desk: Desk) -> None:
    later = MONDAY + timedelta(seconds=1)
    await desk.db.write(lambda conn: rows.set_duty(conn, "201", logged_in=True, paused=False, reason="", now=later))
    call, effects = await answered(desk, LINES)
    assert (call.agent, call.endpoint, call.state) == ("202", "PJSIP/202", AttemptState.TALKING)
    assert effects == (SayLine("main", call.id, "PJSIP/202-1", "1.7", "de", "Muster", call.number),)


@pytest.mark.parametrize(("skilled", "taken_by"), [("202", "202"), ("nobody", "201")])
async def test_who_came_since_and_lacks_the_skill_takes_the_call_only_when_nobody_free_has_it(
    desk: Desk, skilled: str, taken_by: str
) -> None:
    task = await planned(desk)

    async def asks_for_a_skill(conn: Connection) -> None:
        await conn.execute("update task set skill = 'legal' where id = ?", (task.id,))

    await desk.db.write(asks_for_a_skill)
    agents = [one.model_copy(update={"skills": ["legal"] if one.id == skilled else []}) for one in SETTINGS.agent]
    call, effects = await answered(desk, LINES, SETTINGS.model_copy(update={"agent": agents}), task)
    assert (call.agent, [type(effect).__name__ for effect in effects]) == (taken_by, ["SayLine"])


async def test_who_pauses_is_given_no_call_and_without_anybody_the_debtor_is_told_and_the_call_was_dropped(desk: Desk) -> None:
    await desk.db.write(lambda conn: rows.set_duty(conn, "201", logged_in=True, paused=True, reason="", now=MONDAY))
    call, effects = await answered(desk, {"PJSIP/201": "PJSIP/201-1"})
    assert (call.agent, effects) == ("", (SayLine("main", call.id, "", "1.7", waits=True),))
    await tell(desk, MONDAY + timedelta(seconds=9), ended(call, status="CANCEL"))
    over = await now_of(desk, call)
    assert (over.state, over.result, over.agent) == (AttemptState.CLOSED, Result.DROPPED, "")


async def test_who_comes_free_while_the_debtor_waits_takes_the_call_and_nobody_does_once_it_is_over(desk: Desk) -> None:
    await desk.db.write(lambda conn: rows.set_duty(conn, "201", logged_in=True, paused=True, reason="", now=MONDAY))
    lines = OpenLines(SETTINGS, {"PJSIP/201": "PJSIP/201-1"})
    call, _ = await answered(desk, {"PJSIP/201": "PJSIP/201-1"})

    async def asked(attempt_id: str) -> tuple[Effect, ...]:
        return await call_events.give_now(desk.db, desk.rules, desk.house, attempt_id, "1.7", lines, MONDAY + timedelta(seconds=6))

    assert await asked(call.id) == ()
    assert await asked("nobody-s-call") == ()
    await desk.db.write(lambda conn: rows.set_duty(conn, "201", logged_in=True, paused=False, reason="", now=MONDAY))
    assert [type(effect).__name__ for effect in await asked(call.id)] == ["SayLine"]
    assert (await now_of(desk, call)).agent == "201"
    assert await asked(call.id) == ()


async def test_what_came_while_it_rang_is_seen_at_the_answer_and_the_call_is_nobodys(desk: Desk) -> None:
    placed = await place(desk, await planned(desk), mode=PREDICTIVE, agent="", endpoint="Local/s@coll-ahead/n", gate=GateSaid.GO)
    of: dict[str, Any] = {"seen_at": MONDAY, "attempt_id": placed.id}
    await tell(desk, MONDAY, AgentUp(**of, channel_uniqueid=placed.channel), Dialling(**of))
    await desk.record(MONDAY, do_not_call=True)
    up = DebtorUp(**of, debtor_channel="PJSIP/trunk-1", channel_uniqueid="1.7")
    lines = OpenLines(SETTINGS, LINES)
    (effects,) = await call_events.take_events(desk.db, desk.rules, desk.house, [up], LIVE, MONDAY + timedelta(seconds=5), lines)
    assert effects == (SayLine("main", placed.id, "", "1.7"),)
    call = await now_of(desk, placed)
    assert (call.agent, call.gate) == ("", GateSaid.STOPPED)
    await tell(desk, MONDAY + timedelta(seconds=9), ended(call, status="CANCEL"))
    over = await now_of(desk, call)
    assert (over.result, over.gate) == (Result.DROPPED, GateSaid.STOPPED)
    assert "no calls" in over.why.lower() or "call" in over.why.lower()


async def test_a_call_of_a_desk_without_lines_is_nobodys(desk: Desk) -> None:
    assert (await answered(desk, {}))[0].agent == ""


async def test_whoever_stands_for_the_lines_speaks_what_all_on_them_speak(desk: Desk) -> None:
    present = [with_line(agent, LINES) for agent in await on_desk.on_duty(desk.db, SETTINGS, {}, MONDAY)]
    assert served_together([], MONDAY) == []
    assert served_together(present, MONDAY) == present
    stands = anybody(present)
    assert (stands.id, stands.pbx, stands.languages, stands.skills) == ("", "main", (), ())


# -- who answers while everybody talks


@dataclass
class Told(Remembering):
    said: list[SayLine] = field(default_factory=list)

    async def say_line(self, call: SayLine) -> None:
        self.said.append(call)


async def waiting(desk: Desk, spawned: list[Any]) -> tuple[PbxDesk, Told, Attempt]:
    """Somebody has answered, and the one agent on a line pauses."""
    pbx = Told()
    there = PbxDesk(
        name="main", pbx=cast(Any, pbx), db=desk.db, settings=SETTINGS, rules=desk.rules, house=desk.house,
        features=duty.FeatureDesk(desk.db), stands=lambda: LIVE, log=log.get(), wake=lambda: None, spawn=spawned.append,
        lines={"PJSIP/201": "PJSIP/201-1"},
    )  # fmt: skip
    await desk.db.write(lambda conn: rows.set_duty(conn, "201", logged_in=True, paused=True, reason="", now=MONDAY))
    placed = await place(desk, await planned(desk), mode=PREDICTIVE, agent="", endpoint="Local/s@coll-ahead/n")
    of: dict[str, Any] = {"seen_at": MONDAY, "attempt_id": placed.id}
    await tell(desk, MONDAY, AgentUp(**of, channel_uniqueid=placed.channel), Dialling(**of))
    await there.take_all([DebtorUp(**of, debtor_channel="PJSIP/trunk-1", channel_uniqueid="1.7")], MONDAY + timedelta(seconds=5))
    return there, pbx, placed


async def last_of(spawned: list[Any]) -> None:
    """What was spawned, and what that spawned."""
    while spawned:
        await spawned.pop(0)


async def test_a_debtor_waits_a_moment_for_the_agent_who_comes_free(desk: Desk) -> None:
    spawned: list[Any] = []
    _, pbx, call = await waiting(desk, spawned)
    assert pbx.said == []
    looks = asyncio.ensure_future(last_of(spawned))
    await desk.db.write(lambda conn: rows.set_duty(conn, "201", logged_in=True, paused=False, reason="", now=MONDAY))
    await looks
    assert [(said.line, said.attempt_id) for said in pbx.said] == [("PJSIP/201-1", call.id)]


async def test_who_has_waited_in_vain_is_told_who_called(desk: Desk) -> None:
    spawned: list[Any] = []
    _, pbx, call = await waiting(desk, spawned)
    await last_of(spawned)
    assert pbx.said == [SayLine("main", call.id, "", "1.7")]


async def test_a_fault_while_an_agent_is_looked_for_leaves_nobody_in_silence(desk: Desk) -> None:
    spawned: list[Any] = []
    there, pbx, call = await waiting(desk, spawned)
    there.lines = cast(Any, None)
    await last_of(spawned)
    assert pbx.said == [SayLine("main", call.id, "", "1.7")]
