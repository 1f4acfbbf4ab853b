"""Calls on their way when something comes in, on a real store: ringing ends and counts, a talk goes on and its agent is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.tasks import TaskState
from collectord.core.telephony.attempts import Attempt, AttemptState, Disposition, GateSaid, Result
from collectord.core.telephony.call_seen import Effect, HangUpDebtor, TellAgent
from collectord.core.telephony.pbx_events import AgentAccepted, AgentUp, DebtorUp, Dialling, EndState
from collectord.loops import overtaken
from tests.loops.desk import Desk, open_desk, row
from tests.loops.shift import MONDAY, Remembering, ended, keyed, now_of, place, planned, rows_of, task_of, tell
from tests.loops.test_pbx_desk import at_the_pbx

LATER = MONDAY + timedelta(seconds=60)
AFTERNOON = MONDAY + timedelta(hours=3)
HERE = {"main"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def cleared(desk: Desk) -> Attempt:
    """The agent has accepted, the gate has said yes."""
    placed = await place(desk, await planned(desk))
    up = AgentUp(seen_at=MONDAY, attempt_id=placed.id, channel_uniqueid=placed.channel)
    await tell(desk, MONDAY, up, AgentAccepted(seen_at=MONDAY, attempt_id=placed.id, channel_uniqueid=placed.channel))
    return placed


def dialled(placed: Attempt) -> Dialling:
    return Dialling(seen_at=MONDAY, attempt_id=placed.id)


def answered(placed: Attempt) -> DebtorUp:
    return DebtorUp(seen_at=MONDAY, attempt_id=placed.id, debtor_channel="PJSIP/trunk-1")


async def ringing(desk: Desk) -> Attempt:
    placed = await cleared(desk)
    await tell(desk, MONDAY, dialled(placed))
    return placed


async def talking(desk: Desk) -> Attempt:
    placed = await ringing(desk)
    await tell(desk, MONDAY, answered(placed))
    return placed


async def paid(desk: Desk) -> None:
    """Accounting's list of noon has the money."""
    owed = (row(item_no="R1", open_amount="300.00"), row(item_no="R2", open_amount="110.00", due_on="2026-11-12"))
    await desk.take(*owed, row(item_no="G1", open_amount="-410.00"), as_of="2026-11-23", name="op-2.csv")


async def look(desk: Desk, served: set[str] = HERE) -> tuple[list[Effect], bool]:
    looked = await overtaken.look(desk.db, served, desk.rules, desk.house, AFTERNOON)
    return [effect for _, effects in looked.effects for effect in effects], looked.unsettled


async def test_nothing_came_nothing_happens(desk: Desk) -> None:
    assert await look(desk) == ([], False)
    placed = await ringing(desk)
    before = await now_of(desk, placed)
    assert await look(desk) == ([], False)
    assert await now_of(desk, placed) == before


async def test_the_money_that_comes_while_it_rings_stops_the_call_which_counts_as_one_that_rang(desk: Desk) -> None:
    placed = await ringing(desk)
    await paid(desk)
    assert await look(desk) == ([HangUpDebtor("main", placed.id)], True)
    stopped = await now_of(desk, placed)
    assert (stopped.state, stopped.gate, stopped.result) == (AttemptState.RINGING_DEBTOR, GateSaid.STOPPED, None)
    await tell(desk, AFTERNOON, ended(placed, status="CHANUNAVAIL", cause=0, tech="SIP 180 Ringing"))
    over = await now_of(desk, placed)
    assert (over.state, over.result) == (AttemptState.CLOSED, Result.NO_ANSWER)
    assert over.why.startswith("Hung up while it rang: ")
    assert over.why.endswith("(guard/nothing-owed)")
    waiting = await task_of(desk, placed)
    assert (waiting.state, waiting.attempts_made) == (TaskState.PLANNED, 1)
    (told,) = await rows_of(desk, "select sentence from happening where kind = 'attempt_settled'")
    assert told["sentence"].startswith("Hung up while it rang: ")
    assert await look(desk) == ([], False)


async def test_whoever_answers_in_the_moment_of_the_stop_was_dropped_and_rests(desk: Desk) -> None:
    placed = await ringing(desk)
    await paid(desk)
    await look(desk)
    await tell(desk, AFTERNOON, ended(placed, status="CANCEL", cause=16, tech="SIP 200 OK"))
    over = await now_of(desk, placed)
    assert (over.state, over.result, over.needs_outcome) == (AttemptState.CLOSED, Result.DROPPED, False)
    assert (await task_of(desk, placed)).attempts_made == 1


async def test_a_line_that_never_rang_costs_nothing_when_its_call_is_stopped(desk: Desk) -> None:
    placed = await ringing(desk)
    await desk.record(LATER, do_not_call=True)
    assert await look(desk) == ([HangUpDebtor("main", placed.id)], True)
    await tell(desk, AFTERNOON, ended(placed, status="CHANUNAVAIL", cause=0, tech="SIP 100 Trying"))
    assert (await now_of(desk, placed)).result is Result.FAILED
    assert (await task_of(desk, placed)).attempts_made == 0


async def test_the_order_is_given_again_until_the_ringing_is_over(desk: Desk) -> None:
    placed = await ringing(desk)
    await desk.record(LATER, do_not_call=True)
    first = await look(desk)
    kept = await now_of(desk, placed)
    assert await look(desk) == first == ([HangUpDebtor("main", placed.id)], True)
    assert await now_of(desk, placed) == kept


async def test_what_comes_between_the_yes_and_the_dialling_stops_the_call_once_it_is_dialled(desk: Desk) -> None:
    placed = await cleared(desk)
    await desk.record(LATER, do_not_call=True)
    assert await look(desk) == ([], True)
    await tell(desk, MONDAY, dialled(placed))
    assert await look(desk) == ([HangUpDebtor("main", placed.id)], True)


async def test_a_pbx_that_cannot_be_told_is_told_when_it_can(desk: Desk) -> None:
    placed = await ringing(desk)
    await desk.record(LATER, do_not_call=True)
    assert await look(desk, set()) == ([], True)
    assert (await now_of(desk, placed)).gate is GateSaid.GO
    assert await look(desk) == ([HangUpDebtor("main", placed.id)], True)


async def test_whoever_answered_first_is_talked_to_and_the_agent_is_told(desk: Desk) -> None:
    placed = await ringing(desk)
    await desk.record(LATER, do_not_call=True)
    await look(desk)
    (told,) = await tell(desk, AFTERNOON, answered(placed))
    assert isinstance(told, TellAgent)
    talk = await now_of(desk, placed)
    assert (talk.state, talk.gate, talk.why) == (AttemptState.TALKING, GateSaid.GO, "")
    assert talk.meanwhile == told.news
    assert told.news.endswith("(guard/do-not-call)")
    assert await look(desk) == ([], False)


async def test_an_answer_that_is_told_by_the_end_alone_was_a_talk_too(desk: Desk) -> None:
    placed = await ringing(desk)
    await desk.record(LATER, do_not_call=True)
    await look(desk)
    await tell(desk, AFTERNOON, ended(placed, EndState.WRAP))
    over = await now_of(desk, placed)
    assert (over.state, over.result, over.gate) == (AttemptState.WRAP_UP, Result.ANSWERED, GateSaid.GO)
    assert not over.why.startswith("Hung up")


async def test_a_talk_goes_on_and_its_agent_is_told_once(desk: Desk) -> None:
    placed = await talking(desk)
    await paid(desk)
    (told,), unsettled = await look(desk)
    assert told == TellAgent("main", placed.id, "201", (await now_of(desk, placed)).meanwhile)
    assert not (await look(desk))[0]
    assert (unsettled, (await now_of(desk, placed)).state) == (True, AttemptState.TALKING)
    await tell(desk, AFTERNOON, keyed(placed, "2"), ended(placed))
    over = await now_of(desk, placed)
    assert over.disposition is Disposition.PAID_ALREADY
    assert over.meanwhile.endswith("(guard/nothing-owed)")


async def test_hours_end_no_call_and_no_talk(desk: Desk) -> None:
    await ringing(desk)
    night = MONDAY.replace(hour=23)
    looked = await overtaken.look(desk.db, HERE, desk.rules, desk.house, night)
    assert (looked.effects, looked.unsettled) == ((), False)


# ---------------------------------------------------------------- at the PBX


@dataclass
class Told(Remembering):
    stopped: list[str] = field(default_factory=list)

    async def stop_ringing(self, attempt_id: str) -> None:
        self.stopped.append(attempt_id)


async def test_the_pbx_is_told_to_stop_the_ringing_and_a_talk_is_left_alone(desk: Desk) -> None:
    pbx = Told()
    there, deeds = at_the_pbx(desk, pbx), list[Any]()
    there.spawn = deeds.append
    await there.carry_out([HangUpDebtor("main", "attempt00000000001"), TellAgent("main", "attempt00000000002", "201", "Paid.")], LATER)
    for deed in deeds:
        await deed
    assert pbx.stopped == ["attempt00000000001"]
