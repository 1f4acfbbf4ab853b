"""A call from its row to what follows from it, on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.telephony.attempts import AgentResult, AttemptState, Disposition, Result
from collectord.core.telephony.call_seen import Acknowledge, AgentFree, AgentMissedRing, AskHuman, RingBackAgent, SaySaved
from collectord.core.telephony.pbx_calls import Accepted, Refused
from collectord.core.telephony.pbx_events import ChannelHungUp, EndState, OriginateFailed
from collectord.core.telephony.said_by_person import OutcomeRefused
from collectord.edge.store import calls, promises, tasks
from collectord.loops import call_events, planning
from tests.loops.desk import Desk, open_desk, row
from tests.loops.shift import MONDAY, SECOND, ended, keyed, menu, now_of, place, planned, promised, rows_of, say, talk, task_of, tell

FRIDAY = date(2026, 11, 27)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def test_the_row_is_there_before_the_ring_and_the_task_in_call(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    assert await now_of(desk, placed) == placed
    task = await task_of(desk, placed)
    assert (task.state, task.attempts_made) == (TaskState.IN_CALL, 1)


async def test_a_second_call_to_debtor_number_or_agent_rolls_everything_back(desk: Desk) -> None:
    task = await planned(desk)
    await place(desk, task)
    for twin in ({}, {"debtor_no": "11", "agent": "202"}, {"debtor_no": "11", "number": "+493012345699"}):
        with pytest.raises(calls.AttemptTaken):
            await place(desk, task, **twin)  # type: ignore[arg-type]
    with pytest.raises(calls.AttemptTaken, match="task"):
        await place(desk, task, debtor_no="11", agent="202", number="+493012345699")
    assert len(await rows_of(desk, "select id from attempt")) == 1


async def test_a_promise_is_on_disk_before_it_is_called_saved(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    effects = await tell(desk, MONDAY, *talk(placed), keyed(placed, "1", "full", FRIDAY))
    assert effects[-1] == SaySaved("main", placed.channel, ok=True)
    (promise,) = await promised(desk)
    assert (promise["amount"], promise["currency"], promise["promised_on"], promise["state"], promise["level"]) == (
        "410.00", "EUR", "2026-11-27", "open", 0,
    )  # fmt: skip
    assert promise["grace_until"] == "2026-12-01"
    assert (await task_of(desk, placed)).state is TaskState.DONE
    levels = await rows_of(desk, "select item_no, contact_level, contacted_on from item order by item_no")
    assert [(r["item_no"], r["contact_level"] > 0, r["contacted_on"]) for r in levels] == [
        ("R1", True, "2026-11-23"),
        ("R2", True, "2026-11-23"),
    ]


async def test_an_open_promise_stops_plan_and_gate_until_its_grace(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "1", "full", FRIDAY), ended(placed))
    plan = await planning.plan(desk.db, desk.rules, desk.house, MONDAY, dry_run=True, new_id=desk.new_id)
    assert plan["created"] == []
    told = await desk.ask(MONDAY + timedelta(hours=1))
    assert "guard/open-promise" in {refusal["rule"] for refusal in told["refusals"]}


async def test_the_same_keys_and_the_end_book_nothing_twice(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    press = keyed(placed, "1", "full", FRIDAY)
    await tell(desk, MONDAY, *talk(placed), press, press, replace(ended(placed), disp="1", amount="full", on=FRIDAY), press)
    assert len(await promised(desk)) == 1
    assert len(await rows_of(desk, "select * from outcome")) == 2
    assert (await now_of(desk, placed)).state is AttemptState.CLOSED


async def test_a_correction_takes_back_what_the_first_word_caused(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "1", "full", FRIDAY), ended(placed), menu(placed, "3"))
    assert [promise["state"] for promise in await promised(desk)] == ["withdrawn"]
    assert [row["disposition"] for row in await rows_of(desk, "select disposition from outcome")] == ["dispute", "dispute"]
    disputes = await desk.db.read(lambda conn: promises.listed_disputes(conn, now=MONDAY + timedelta(hours=1)))
    assert [(d["item_no"], d["told_by"], d["open_amount"]) for d in disputes] == [
        ("R1", "recorded", {"EUR": "300.00"}),
        ("R2", "recorded", {"EUR": "110.00"}),
    ]
    kinds = [row["kind"] for row in await rows_of(desk, "select kind from happening order by at, id")]
    assert kinds == ["outcome_recorded", "outcome_corrected"]


async def test_an_agreed_callback_waits_for_its_agent_and_a_correction_cancels_it(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "4", None, date(2026, 11, 24), 10), ended(placed))
    live = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, placed.key, MONDAY + timedelta(hours=1)))
    assert [(t.origin, t.agent, t.not_before) for t in live] == [("callback", "201", datetime(2026, 11, 24, 9, 0, tzinfo=UTC))]
    await tell(desk, MONDAY, menu(placed, "5"))
    assert await desk.db.read(lambda conn: tasks.live_tasks_of(conn, placed.key, MONDAY + timedelta(hours=1))) == ()


async def test_a_skipped_case_goes_back_to_the_queue_uncounted(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed)[:1], ended(placed, EndState.SKIPPED, "", None, ""))
    task = await task_of(desk, placed)
    assert (task.state, task.attempts_made) == (TaskState.PLANNED, 0)
    assert task.not_before == MONDAY + timedelta(seconds=2, minutes=30)


async def test_no_answer_counts_and_busy_does_not(desk: Desk) -> None:
    task = await planned(desk)
    placed = await place(desk, task)
    await tell(desk, MONDAY, *talk(placed)[:2], ended(placed, EndState.WRAP, "NOANSWER", 0, "SIP 180 Ringing"))
    assert (await task_of(desk, placed)).attempts_made == 1
    second = await place(desk, task, MONDAY + timedelta(hours=3))
    await tell(desk, MONDAY + timedelta(hours=3), *talk(second)[:2], ended(second, EndState.WRAP, "BUSY", 17, "SIP 486 Busy Here"))
    after = await task_of(desk, second)
    assert (after.attempts_made, after.state) == (1, TaskState.PLANNED)
    assert (await now_of(desk, second)).result is Result.BUSY


async def test_an_unallocated_number_is_refused_by_the_gate_from_then_on(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed)[:2], ended(placed, EndState.WRAP, "CHANUNAVAIL", 1, "SIP 404 Not Found"))
    told = await desk.ask(MONDAY + timedelta(hours=3))
    assert not told["may_call"]
    assert any("number" in refusal["rule"] for refusal in told["refusals"])


async def test_a_phone_that_does_not_take_the_ring_costs_the_debtor_nothing(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    effects = await call_events.take(desk.db, desk.rules, desk.house, placed.id, Accepted(), MONDAY)
    assert effects == ()
    of: dict[str, Any] = {"seen_at": MONDAY, "attempt_id": placed.id, "uniqueid": placed.channel}
    effects = tuple(await tell(desk, MONDAY, ChannelHungUp(**of, cause=17), OriginateFailed(**of, action_id=f"{placed.id}-o", reason=0)))
    assert effects == (AgentFree("201"), AgentMissedRing("201", AgentResult.BUSY))
    assert (await task_of(desk, placed)).attempts_made == 0


async def test_an_order_the_pbx_refused_gives_the_task_back(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    assert await call_events.take(desk.db, desk.rules, desk.house, placed.id, Refused("no such extension"), MONDAY) == (AgentFree("201"),)
    assert (await task_of(desk, placed)).state is TaskState.PLANNED


async def test_events_of_calls_that_are_not_ours_change_nothing(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    assert await tell(desk, MONDAY, replace(ended(placed), attempt_id="zzzzzzzzzzzzzzzzzz")) == []


async def test_who_hangs_up_first_is_rung_back_and_time_ends_the_wrap_up(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    effects = await tell(desk, MONDAY, *talk(placed)[:3], ended(placed, EndState.DIAL))
    assert [effect.ring_back for effect in effects if isinstance(effect, RingBackAgent)] == [1]
    assert await call_events.timers(desk.db, desk.rules, desk.house, None, "main", MONDAY + timedelta(seconds=30)) == ()
    assert await call_events.timers(desk.db, desk.rules, desk.house, None, "other", MONDAY + timedelta(hours=1)) == ()
    over = await call_events.timers(desk.db, desk.rules, desk.house, None, "main", MONDAY + timedelta(hours=1))
    assert [type(effect) for effect in over] == [AgentFree, AskHuman]  # its journal is forgotten only once it was read
    (asked,) = await desk.db.read(lambda conn: calls.listed_unknown(conn, now=MONDAY + timedelta(hours=2)))
    assert (asked["id"], asked["missing"], asked["disposition"]) == (placed.id, "outcome", None)
    assert placed.id in asked["resolve"]
    assert await desk.db.read(calls.next_deadline) is None


async def test_a_person_resolves_what_stands_in_the_list_unknown(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed)[:3], ended(placed, EndState.DIAL))
    later = MONDAY + timedelta(hours=1)
    await call_events.timers(desk.db, desk.rules, desk.house, None, "main", later)
    doc = await say(desk, placed, later, disposition="promise", promise="100.00:2026-11-27", note="said so")
    assert (doc["recorded"], doc["state"], doc["disposition"]) == ("new", "closed", "promise")
    assert await desk.db.read(lambda conn: calls.listed_unknown(conn, now=later)) == []
    (listed,) = await desk.db.read(lambda conn: calls.listed_attempts(conn, now=later + SECOND))
    assert listed["promise"] == {"id": doc["promise"], "amount": "100.00", "currency": "EUR", "promised_on": "2026-11-27"}
    assert (await say(desk, placed, later, disposition="promise", promise="100.00:2026-11-27"))["recorded"] == "unchanged"
    assert (await say(desk, placed, later, disposition="refuses"))["recorded"] == "corrected"
    assert [row["state"] for row in await promised(desk)] == ["withdrawn"]
    who = await rows_of(desk, "select actor from happening where kind = 'outcome_corrected'")
    assert who == [{"actor": "lead"}]


async def test_an_outcome_for_the_wrong_call_is_refused_in_one_sentence(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    with pytest.raises(OutcomeRefused, match="still under way"):
        await say(desk, placed, MONDAY, disposition="refuses")
    with pytest.raises(OutcomeRefused, match="There is no attempt"):
        await say(desk, replace(placed, id="nothere00000000000"), MONDAY, disposition="refuses")
    with pytest.raises(OutcomeRefused, match="was a call to 10"):
        await say(desk, replace(placed, debtor_no="11"), MONDAY, disposition="refuses")
    with pytest.raises(OutcomeRefused, match="--attempt ID"):
        await say(desk, replace(placed, id=""), MONDAY, disposition="refuses")


async def test_what_happened_later_is_invisible_at_an_earlier_now(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "1", "full", FRIDAY), ended(placed))
    ((early,), none) = await desk.db.read(lambda conn: _both(conn, MONDAY + 2 * SECOND, MONDAY - SECOND))
    assert (early["state"], early["result"], early["disposition"], early["promise"]) == ("ringing_debtor", None, None, None)
    assert early["agent_answered_at"] is not None
    assert early["debtor_answered_at"] is None
    assert none == []
    assert await promised(desk, MONDAY) == []


async def _both(conn: Any, one: datetime, other: datetime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    key = DebtorKey("", "10")
    return await calls.listed_attempts(conn, now=one, key=key), await calls.listed_attempts(conn, now=other)


async def test_late_evidence_never_holds_an_agent_twice(desk: Desk) -> None:
    task = await planned(desk)
    lost = await place(desk, task, state=AttemptState.PLACED)
    await desk.db.write(lambda conn: calls.save_attempt(conn, replace(lost, state=AttemptState.UNKNOWN, result=Result.UNKNOWN)))
    other = replace(lost, id="other0000000000000", debtor_no="11", number="+493012345699")
    await desk.db.write(lambda conn: tasks.postpone(conn, task.id, MONDAY, "again", MONDAY))
    await desk.db.write(lambda conn: calls.commit_attempt(conn, other, MONDAY))
    assert await tell(desk, MONDAY, *talk(lost)[:1]) == []
    assert (await now_of(desk, lost)).state is AttemptState.UNKNOWN
    effects = await tell(desk, MONDAY, ended(lost, EndState.DIAL))
    assert [type(effect) for effect in effects] == [Acknowledge, AskHuman]
    after = await now_of(desk, lost)
    assert (after.state, after.result, after.disposition) == (AttemptState.CLOSED, Result.ANSWERED, None)
    assert (await now_of(desk, other)).state is AttemptState.PLACED


async def test_do_not_call_is_kept_for_ever_and_told_to_accounting(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "9"), ended(placed))
    told = await desk.ask(MONDAY + timedelta(days=30))
    assert told["never"]
    assert {row["disposition"] for row in await rows_of(desk, "select disposition from outcome")} == {Disposition.DO_NOT_CALL}


async def busy(desk: Desk, task: Task, at: datetime) -> dict[str, Any]:
    """Calls, the line is busy; what `explain` says a minute later."""
    placed = await place(desk, task, at)
    end = ended(placed, status="BUSY", cause=17, tech="SIP 486 Busy Here")
    await tell(desk, at, *talk(placed)[:2], end)
    return await desk.ask(at + timedelta(minutes=1))


async def test_a_busy_line_is_called_again_by_its_rule_and_explain_names_rule_and_number(desk: Desk) -> None:
    told = await busy(desk, await planned(desk), MONDAY)
    assert told["waits"] == "The last call: line busy; again from Mon 23 Nov 2026 10:15 (result.busy)."
    assert [(one["number"], one["tries"], one["last"]) for one in told["numbers"]] == [("+493012345601", 1, "busy")]


async def test_the_next_busy_call_waits_longer_until_another_number_of_the_debtor_is_known(desk: Desk) -> None:
    task = await planned(desk)
    assert "10:15 (result.busy)" in (await busy(desk, task, MONDAY))["waits"]
    assert "10:45, each wait longer" in (await busy(desk, task, MONDAY + timedelta(minutes=15)))["waits"]
    rows = (row(item_no=no, open_amount="300.00", phone2="+493012345602") for no in ("R1", "R2"))
    await desk.take(*rows, as_of="2026-11-23", name="numbers.csv")
    told = await busy(desk, task, MONDAY + timedelta(minutes=45))
    assert told["waits"] == "The last call: line busy; from Mon 23 Nov 2026 10:55 the other number +493012345602 is tried (result.busy)."
    assert [one["number"] for one in told["numbers"]] == ["+493012345602", "+493012345601"]
