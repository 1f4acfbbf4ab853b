"""After a start, a lost link or an overdue deadline: adopted, booked, surely not dialled, or a person is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.tasks import TaskState
from collectord.core.telephony.attempts import AgentResult, AttemptState, Disposition, GateSaid, Result
from collectord.core.telephony.call_seen import Acknowledge, AgentFree, AskHuman, SaySaved
from collectord.core.telephony.pbx_calls import JournalPhase, JournalRow, LiveChannel
from collectord.core.telephony.pbx_events import EndState
from collectord.edge.store import calls
from collectord.loops import call_events, recovery
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY, Remembering, ended, keyed, now_of, place, planned, promised, say, talk, task_of, tell

LATER = MONDAY + timedelta(minutes=2)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def reconcile(desk: Desk, pbx: Remembering) -> list[Any]:
    return list(await recovery.reconcile(desk.db, pbx, "main", pbx.started, desk.rules, desk.house, LATER))


def row(attempt_id: str, phase: str, **told: Any) -> JournalRow:
    return JournalRow(attempt_id=attempt_id, phase=JournalPhase(phase), **told)


async def test_a_live_call_is_adopted_and_nothing_else_happens(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    channel = LiveChannel(
        attempt_id=placed.id, uniqueid=placed.channel, channel="PJSIP/201-1", coll_state="AGENT", agent_leg=True, ring_back=0, up=True,
        seconds=9,
    )  # fmt: skip
    assert await reconcile(desk, Remembering(live=(channel,))) == []
    after = await now_of(desk, placed)
    assert after.state is AttemptState.RINGING_AGENT
    assert after.deadline_at > LATER


async def test_a_call_that_ended_meanwhile_is_booked_and_acknowledged(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    end = row(
        placed.id, "END", state=EndState.WRAP, status="ANSWER", cause=16, tech="SIP 200 OK", disp="1", amount="full", on=date(2026, 11, 27)
    )  # fmt: skip
    effects = await reconcile(desk, Remembering(rows={placed.id: end}))
    assert effects == [AgentFree("201"), Acknowledge("main", placed.id)]
    assert len(await promised(desk)) == 1
    assert await reconcile(desk, Remembering(rows={placed.id: end})) == [Acknowledge("main", placed.id)]
    assert len(await promised(desk)) == 1
    assert await reconcile(desk, Remembering()) == []
    assert (await now_of(desk, placed)).acknowledged


async def test_a_call_the_pbx_never_had_is_closed_undialled_and_the_task_waits(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    assert await reconcile(desk, Remembering()) == [AgentFree("201")]
    after = await now_of(desk, placed)
    assert (after.state, after.result) == (AttemptState.CLOSED, Result.NOT_DIALLED)
    task = await task_of(desk, placed)
    assert (task.state, task.attempts_made) == (TaskState.PLANNED, 0)
    assert task.not_before >= LATER + timedelta(minutes=5)


async def test_after_a_restart_of_the_pbx_the_same_is_unknown_and_never_dialled_by_itself(desk: Desk) -> None:
    placed = await place(desk, await planned(desk), gate=GateSaid.GO)
    effects = await reconcile(desk, Remembering(started="start-2"))
    assert [type(effect) for effect in effects] == [AgentFree, AskHuman]
    assert (await now_of(desk, placed)).state is AttemptState.UNKNOWN
    assert (await task_of(desk, placed)).state is TaskState.IN_CALL
    told = await desk.ask(LATER)
    assert "guard/unknown-attempt" in {refusal["rule"] for refusal in told["refusals"]}
    assert await reconcile(desk, Remembering(started="start-2")) == []  # asked again, no second word
    over = LATER + timedelta(hours=25)
    effects = list(await call_events.timers(desk.db, desk.rules, desk.house, None, "main", over))
    assert [type(effect) for effect in effects] == [AskHuman]
    assert (await task_of(desk, placed)).state is TaskState.DONE


async def test_a_person_resolves_an_unknown_call_and_the_debtor_is_free_again(desk: Desk) -> None:
    placed = await place(desk, await planned(desk), gate=GateSaid.GO)
    await reconcile(desk, Remembering(started="start-2"))
    (asked,) = await desk.db.read(lambda conn: calls.listed_unknown(conn, now=LATER))
    assert (asked["missing"], asked["state"], asked["result"]) == ("everything", "unknown", "unknown")
    assert "restarted" in asked["why"]
    doc = await say(desk, placed, LATER, disposition="refuses")
    assert (doc["state"], doc["result"]) == ("closed", "answered")
    assert (await task_of(desk, placed)).state is TaskState.DONE
    assert await desk.db.read(lambda conn: calls.listed_unknown(conn, now=LATER)) == []


async def test_dialled_without_a_known_end_asks_a_person(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    effects = await reconcile(desk, Remembering(rows={placed.id: row(placed.id, "DIAL")}))
    assert [type(effect) for effect in effects] == [AgentFree, AskHuman]


async def test_an_outcome_keyed_while_the_link_was_down_is_taken_and_answered(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    channel = LiveChannel(
        attempt_id=placed.id, uniqueid=placed.channel, channel="PJSIP/201-1", coll_state="WRAP", agent_leg=True, ring_back=0, up=True,
        seconds=90,
    )  # fmt: skip
    key = row(placed.id, "KEY", status="ANSWER", cause=16, tech="SIP 200 OK", disp="2")
    effects = await reconcile(desk, Remembering(live=(channel,), rows={placed.id: key}))
    assert SaySaved("main", placed.channel, ok=True) in effects
    after = await now_of(desk, placed)
    assert (after.state, after.disposition, after.result) == (AttemptState.WRAP_UP, Disposition.PAID_ALREADY, Result.ANSWERED)


async def test_an_outcome_keyed_after_the_close_is_taken_from_the_journal(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed)[:3], ended(placed, EndState.DIAL))
    await call_events.timers(desk.db, desk.rules, desk.house, None, "main", LATER + timedelta(hours=1))
    end = row(placed.id, "END", state=EndState.DIAL, status="ANSWER", cause=16, disp="5")
    assert await reconcile(desk, Remembering(rows={placed.id: end})) == [Acknowledge("main", placed.id)]
    assert (await now_of(desk, placed)).disposition is Disposition.REFUSES


async def test_an_outcome_keyed_on_star_85_while_nobody_listened_corrects_what_was_forgotten_already(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "2"), ended(placed))
    await reconcile(desk, Remembering())
    assert (await now_of(desk, placed)).acknowledged
    later = row(placed.id, "END", disp="5")
    assert await reconcile(desk, Remembering(rows={placed.id: later})) == [Acknowledge("main", placed.id)]
    assert (await now_of(desk, placed)).disposition is Disposition.REFUSES


async def test_a_row_of_nobody_here_is_left_alone(desk: Desk) -> None:
    assert await reconcile(desk, Remembering(rows={"m2abcdefgh": row("m2abcdefgh", "END", disp="5")})) == []


async def test_an_overdue_call_is_looked_for_while_the_link_is_up_only(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    assert await call_events.timers(desk.db, desk.rules, desk.house, None, "main", LATER) == ()
    assert (await now_of(desk, placed)).state is AttemptState.PLACED
    effects = await call_events.timers(desk.db, desk.rules, desk.house, Remembering(), "main", LATER)
    assert effects == (AgentFree("201"),)
    assert (await now_of(desk, placed)).result is Result.NOT_DIALLED


async def test_an_agent_who_heard_the_case_and_is_gone_left(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed)[:1])
    await reconcile(desk, Remembering(rows={placed.id: row(placed.id, "AGENT")}))
    after = await now_of(desk, placed)
    assert (after.result, after.agent_result) == (Result.NOT_DIALLED, AgentResult.LEFT)


async def test_a_wrap_up_in_progress_is_left_alone(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed))
    assert await reconcile(desk, Remembering()) == []
    assert (await now_of(desk, placed)).state is AttemptState.WRAP_UP


async def test_a_killed_daemon_finds_its_calls_in_the_store(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        placed = await place(desk, await planned(desk))
        await tell(desk, MONDAY, *talk(placed), keyed(placed, "2"))
    (tmp_path / "exchange").rename(tmp_path / "before")
    async with open_desk(tmp_path) as again:
        assert [a.id for a in await again.db.read(lambda conn: calls.unfinished(conn, "main"))] == [placed.id]
        end = row(placed.id, "END", state=EndState.WRAP, status="ANSWER", cause=16, disp="2")
        await reconcile(again, Remembering(rows={placed.id: end}))
        assert (await now_of(again, placed)).state is AttemptState.CLOSED
