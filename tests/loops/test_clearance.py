"""The gate at the moment of dialling, on a real store: what came while the agent heard the case refuses, and nothing is asked twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.contact.facts import Doubt
from collectord.core.receivables.tasks import TaskState
from collectord.core.telephony.attempts import Attempt, AttemptState, GateSaid, Result
from collectord.core.telephony.call_seen import AgentFree, Go, SayGo
from collectord.core.telephony.pbx_events import AgentAccepted, AgentUp, CallEvent, DialResult, Ended, EndState
from collectord.edge.pbx.faults import PbxUnreachable
from collectord.edge.store import meta
from collectord.loops.clearance import Standing
from collectord.loops.pbx_events import PbxDesk
from tests.loops.desk import Desk, open_desk, row
from tests.loops.shift import MONDAY, Remembering, ended, now_of, place, planned, rows_of, task_of, tell
from tests.loops.test_pbx_desk import at_the_pbx

LATER = MONDAY + timedelta(seconds=40)
AFTERNOON = MONDAY + timedelta(hours=3)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


def accepts(placed: Attempt) -> AgentAccepted:
    return AgentAccepted(seen_at=LATER, attempt_id=placed.id, channel_uniqueid=placed.channel)


async def heard(desk: Desk) -> Attempt:
    """The agent hears the case."""
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, AgentUp(seen_at=MONDAY, attempt_id=placed.id, channel_uniqueid=placed.channel))
    return placed


def answers(effects: list[Any]) -> list[Go]:
    return [effect.answer for effect in effects if isinstance(effect, SayGo)]


async def happenings(desk: Desk) -> list[str]:
    return [row["sentence"] for row in await rows_of(desk, "select sentence from happening where kind = 'call_refused'")]


async def test_the_yes_is_on_disk_before_it_is_said_and_said_once(desk: Desk) -> None:
    placed = await heard(desk)
    assert answers(await tell(desk, LATER, accepts(placed), accepts(placed))) == [Go.YES]
    after = await now_of(desk, placed)
    assert (after.gate, after.state, after.dialled_at) == (GateSaid.GO, AttemptState.RINGING_AGENT, None)
    assert await tell(desk, LATER, accepts(placed)) == []


async def test_the_money_that_came_meanwhile_keeps_the_debtor_from_being_dialled_and_costs_no_attempt(desk: Desk) -> None:
    placed = await heard(desk)
    owed = (row(item_no="R1", open_amount="300.00"), row(item_no="R2", open_amount="110.00", due_on="2026-11-12"))
    await desk.take(*owed, row(item_no="G1", open_amount="-410.00"), as_of="2026-11-23", name="op-2.csv")  # at noon
    effects = await tell(desk, AFTERNOON, accepts(placed))
    assert answers(effects) == [Go.NO]
    waiting = await task_of(desk, placed)
    assert (waiting.state, waiting.attempts_made) == (TaskState.PLANNED, 0)
    (sentence,) = await happenings(desk)
    assert sentence.startswith("Not dialled, though accepted: ")
    assert sentence.endswith("(guard/nothing-owed)")
    effects = await tell(desk, AFTERNOON, ended(placed, EndState.REFUSED, "", None, ""))
    assert AgentFree("201") in effects
    over = await now_of(desk, placed)
    assert (over.state, over.result) == (AttemptState.CLOSED, Result.NOT_DIALLED)
    assert over.why in sentence
    assert await task_of(desk, placed) == waiting
    assert len(await happenings(desk)) == 1


async def test_whoever_said_no_meanwhile_is_not_dialled_and_the_task_is_over(desk: Desk) -> None:
    placed = await heard(desk)
    await desk.record(MONDAY + timedelta(seconds=20), do_not_call=True)
    assert answers(await tell(desk, LATER, accepts(placed))) == [Go.NO]
    assert (await task_of(desk, placed)).state is TaskState.SUPPRESSED


@pytest.mark.parametrize(("key", "value", "why"), [("paused", "yes", "paused"), ("live", "no", "Shadow mode")])
async def test_a_switch_thrown_while_the_agent_listened_holds(desk: Desk, key: str, value: str, why: str) -> None:
    placed = await heard(desk)
    await desk.db.write(lambda conn: meta.put(conn, key, value))
    assert answers(await tell(desk, LATER, accepts(placed))) == [Go.OFF]
    assert why in (await now_of(desk, placed)).why
    assert (await task_of(desk, placed)).not_before == LATER + timedelta(minutes=5, seconds=1)


@pytest.mark.parametrize(
    ("standing", "answer"),
    [
        (Standing(live=True, stopping=True), Go.OFF),
        (Standing(live=False), Go.OFF),
        (Standing(live=True, doubts=(Doubt(rule="guard/clock", reason="the clock jumped"),)), Go.NO),
    ],
)
async def test_a_house_that_stops_or_doubts_dials_nobody(desk: Desk, standing: Standing, answer: Go) -> None:
    placed = await heard(desk)
    assert answers(await tell(desk, LATER, accepts(placed), standing=standing)) == [answer]


async def test_a_call_that_is_none_of_ours_is_left_to_whoever_placed_it(desk: Desk) -> None:
    placed = await heard(desk)
    assert await tell(desk, LATER, AgentAccepted(seen_at=LATER, attempt_id="somebody-elses-call", channel_uniqueid="coll-x")) == []
    assert (await now_of(desk, placed)).gate is GateSaid.NOT_ASKED


# ---------------------------------------------------------------- at the PBX


@dataclass
class Listening(Remembering):
    """Keeps what it was told."""

    told: list[tuple[str, str]] = field(default_factory=list)
    gone: bool = False

    async def say_go(self, uniqueid: str, answer: str) -> None:
        if self.gone:
            raise PbxUnreachable("the link is down", sent=False)
        self.told.append((uniqueid, answer))


def listening_desk(desk: Desk, pbx: Listening) -> tuple[PbxDesk, list[Any]]:
    there, deeds = at_the_pbx(desk, pbx), list[Any]()
    there.spawn = deeds.append
    return there, deeds


async def test_the_pbx_is_told_after_the_commit_and_a_link_that_is_gone_means_no_call(desk: Desk) -> None:
    placed = await heard(desk)
    pbx = Listening()
    there, deeds = listening_desk(desk, pbx)
    await there.take_all([accepts(placed)], LATER)
    assert (await now_of(desk, placed)).gate is GateSaid.GO
    assert pbx.told == []
    for deed in deeds:
        await deed
    assert pbx.told == [(placed.channel, "1")]
    pbx.gone = True
    await there.carry_out([SayGo("main", placed.channel, Go.NO)], LATER)
    await deeds[-1]
    assert pbx.told == [(placed.channel, "1")]


def reports_of_a_test(test_id: str, *ends: tuple[EndState, str]) -> list[CallEvent]:
    of: dict[str, Any] = {"seen_at": LATER, "attempt_id": test_id}
    no: dict[str, Any] = {"cause": None, "tech": "", "rang_ms": None, "talk_ms": None}
    return [
        AgentAccepted(**of, channel_uniqueid=f"coll-{test_id}"),
        *(Ended(**of, **no, state=state, status=status, disp="", amount=None, on=None, at=None) for state, status in ends),
    ]


async def test_a_test_call_under_way_gets_its_yes_and_a_forgotten_one_none(desk: Desk) -> None:
    pbx = Listening()
    there, deeds = listening_desk(desk, pbx)
    there.tests["test-one-12345"] = ""
    await there.take_all(reports_of_a_test("test-one-12345"), LATER)
    await there.take_all(reports_of_a_test("test-two-12345", (EndState.NOGO, "")), LATER)
    for deed in deeds:
        await deed
    assert pbx.told == [("coll-test-one-12345", "1")]
    assert there.tests == {"test-one-12345": ""}


async def test_a_test_call_says_how_it_ended(desk: Desk) -> None:
    there, deeds = listening_desk(desk, Listening())
    there.tests["test-one-12345"] = there.tests["test-two-12345"] = ""
    await there.take_all(reports_of_a_test("test-one-12345", (EndState.NOGO, "")), LATER)
    answered = DialResult(
        seen_at=LATER, attempt_id="test-two-12345", status="ANSWER", cause=16, tech="", rang_ms=None, talk_ms=None
    )  # fmt: skip
    await there.take_all([answered, *reports_of_a_test("test-two-12345", (EndState.WRAP, "ANSWER"))[1:]], LATER)
    for deed in deeds:
        await deed
    assert there.tests == {"test-one-12345": "NOGO", "test-two-12345": "ANSWER"}
