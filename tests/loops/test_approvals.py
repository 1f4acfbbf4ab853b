"""A lead decides about what an agent may not agree alone; and what becomes of the agreements of one talk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin
from collectord.core.telephony.attempts import Attempt
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import promises, tasks
from collectord.loops import approvals, outbox, talk_elsewhere
from collectord.loops.promises import judge_promises
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.shift import MONDAY, ended, place, planned, promised, rows_of, say, talk, tell

NEWS = row(debtor_no="11", item_no="Z1", phone="")
OTHERS = tuple(row(debtor_no=str(n), item_no=f"X{n}", phone="") for n in range(20, 40))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def agreed(desk: Desk, *payments: str) -> Attempt:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), ended(placed))
    words: Any = list(payments)
    await say(desk, placed, MONDAY + timedelta(hours=1), disposition="promise", promise=words)
    return placed


async def pending(desk: Desk) -> list[dict[str, Any]]:
    return [one for one in await promised(desk) if one["approval"] == "pending"]


async def told(desk: Desk) -> list[dict[str, Any]]:
    return await rows_of(desk, "select item_no, promise_on, dunning_block_until, note from outcome order by at, promise_on, item_no")


async def kinds(desk: Desk) -> list[str]:
    return [row["kind"] for row in await rows_of(desk, "select kind from happening where kind like 'promise%' order by at, id")]


async def test_accounting_blocks_at_first_until_the_lead_decides_and_then_for_the_whole_promise(desk: Desk) -> None:
    await agreed(desk, "full:2027-01-15")
    assert [line["dunning_block_until"] for line in await told(desk)] == ["2026-11-26", "2026-11-26"]
    assert await outbox.write_outcomes(desk.db, desk.house, _folders(desk), MONDAY + timedelta(hours=2)) is not None
    answer = await approvals.approve(desk.db, desk.house, (await pending(desk))[0]["id"], "yes", MONDAY + timedelta(hours=3), "lead")
    assert answer["approval"] == "approved"
    lines = await told(desk)
    assert [line["dunning_block_until"] for line in lines] == ["2026-11-26"] * 2 + ["2027-01-19"] * 2, "what is out of the house stays"
    assert lines[-1]["note"] == "approved by lead: yes"
    assert await kinds(desk) == ["promise_approved"]


async def test_a_decision_before_the_first_file_is_told_alone(desk: Desk) -> None:
    await agreed(desk, "200.00:2026-12-01", "rest:2027-02-01")
    await approvals.approve(desk.db, desk.house, (await pending(desk))[1]["id"], "", MONDAY + timedelta(hours=3), "lead")
    assert [(line["item_no"], line["promise_on"], line["note"]) for line in await told(desk)] == [
        ("R1", "2026-12-01", "approved by lead"), ("R1", "2027-02-01", "approved by lead"), ("R2", "2027-02-01", "approved by lead"),
    ]  # fmt: skip
    assert await pending(desk) == [], "a plan is decided about as a whole"


async def test_a_refusal_needs_a_reason_takes_the_block_back_and_makes_the_agent_call(desk: Desk) -> None:
    placed = await agreed(desk, "full:2027-01-15")
    (one,) = await pending(desk)
    with pytest.raises(approvals.ApprovalRefused, match="Say why"):
        await approvals.refuse(desk.db, desk.rules, desk.house, one["id"], " ", MONDAY + timedelta(hours=2), "lead")
    later = MONDAY + timedelta(hours=3)
    answer = await approvals.refuse(desk.db, desk.rules, desk.house, one["id"], "too late", later, "lead")
    (call,) = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, placed.key, later))
    assert (call.id, call.origin, call.agent, call.items) == (answer["task"], Origin.PROMISE, "201", ("R1", "R2"))
    assert {line["dunning_block_until"] for line in await told(desk)} == {None}
    assert [one["state"] for one in await promised(desk)] == ["withdrawn"]


async def test_nothing_is_decided_twice_or_about_nothing(desk: Desk) -> None:
    await agreed(desk, "full:2027-01-15")
    (one,) = await pending(desk)
    await approvals.approve(desk.db, desk.house, one["id"], "", MONDAY + timedelta(hours=2), "lead")
    for again in (approvals.approve(desk.db, desk.house, one["id"], "", MONDAY, "lead"),
                  approvals.refuse(desk.db, desk.rules, desk.house, one["id"], "no", MONDAY, "lead")):  # fmt: skip
        with pytest.raises(approvals.ApprovalRefused, match="is not to be decided: it is approved already"):
            await again
    with pytest.raises(approvals.ApprovalRefused, match="There is no promise nothing"):
        await approvals.approve(desk.db, desk.house, "nothing", "", MONDAY, "lead")


async def test_without_a_word_in_time_it_falls_once(desk: Desk) -> None:
    await agreed(desk, "full:2027-01-15")
    await approvals.let_lapse(desk.db, desk.house, local("2026-11-26T23:00"))
    assert len(await pending(desk)) == 1
    for _ in range(2):
        await approvals.let_lapse(desk.db, desk.house, local("2026-11-27T07:00"))
    assert [(one["state"], one["approval"], one["approved_by"]) for one in await promised(desk)] == [("withdrawn", "refused", "collectord")]
    assert await kinds(desk) == ["promise_refused"]


async def test_a_correction_takes_a_whole_plan_back(desk: Desk) -> None:
    placed = await agreed(desk, "200.00:2026-12-01", "rest:2026-12-15")
    await say(desk, placed, MONDAY + timedelta(hours=2), disposition="refuses")
    assert [one["state"] for one in await promised(desk)] == ["withdrawn", "withdrawn"]


async def test_promises_of_one_talk_in_two_currencies_are_one_agreement_and_one_talk(desk: Desk) -> None:
    both = (row(item_no="R1", open_amount="300.00"), row(item_no="R2", open_amount="200.00"))
    task = await planned(desk, MONDAY, *both)
    await desk.db.write(_in_francs)
    placed = await place(desk, task)
    await tell(desk, MONDAY, *talk(placed), ended(placed))
    await say(desk, placed, MONDAY + timedelta(hours=1), disposition="promise", promise="full:2026-11-24")
    assert sorted(one["currency"] for one in await promised(desk)) == ["CHF", "EUR"]
    await desk.take(both[0], both[1], NEWS, *OTHERS, as_of="2026-11-27")
    friday = local("2026-11-27T13:00")
    judged = await judge_promises(desk.db, desk.rules, desk.house, friday)
    assert {one.state.value for one in judged} == {"broken"}
    live = await desk.db.read(lambda conn: tasks.live_tasks_of(conn, DebtorKey("", "10"), friday))
    assert [one.origin for one in live if one.origin is Origin.PROMISE] == [Origin.PROMISE]


async def _in_francs(conn: Any) -> None:
    await conn.execute("update item_version set currency = 'CHF' where item_no = 'R2'")


async def test_what_is_agreed_on_the_telephone_elsewhere_has_the_usual_limits(desk: Desk) -> None:
    await planned(desk)
    words = {"disposition": "promise", "promise": "full:2027-01-15"}
    key = DebtorKey("", "10")
    answer = await talk_elsewhere.record_talk(desk.db, desk.rules, desk.house, key, words, MONDAY, "lead", desk.new_id)
    assert (answer["approval"], answer["warning"]) == ("pending", None)


async def test_whoever_writes_down_more_than_is_owed_is_warned_and_it_counts(desk: Desk) -> None:
    await planned(desk)
    words = {"disposition": "promise", "promise": "1000.00:2026-11-25"}
    answer = await talk_elsewhere.record_talk(desk.db, desk.rules, desk.house, DebtorKey("", "10"), words, MONDAY, "lead", desk.new_id)
    assert answer["warning"] == (
        "€1,000.00 is promised, but only €410.00 is owed on what it is about: the promise is kept when that is paid."
    )
    assert [one["amount"] for one in await promised(desk)] == ["1000.00"]
    said_otherwise = {"disposition": "callback", "callback": "2026-11-26T10:00:00+01:00"}
    other = await talk_elsewhere.record_talk(
        desk.db, desk.rules, desk.house, DebtorKey("", "10"), said_otherwise, MONDAY + timedelta(hours=1), "lead", desk.new_id
    )
    assert other["warning"] is None


def _folders(desk: Desk) -> ExchangeFolders:
    return ExchangeFolders(desk.folder / "exchange")


async def test_a_plan_that_ends_early_takes_its_block_back(desk: Desk) -> None:
    await agreed(desk, "200.00:2026-11-24", "rest:2026-12-15")
    await desk.take(row(item_no="R1", open_amount="300.00"), row(item_no="R2", open_amount="110.00"), NEWS, as_of="2026-11-27")
    await judge_promises(desk.db, desk.rules, desk.house, local("2026-11-27T13:00"))
    assert [(one["state"], one["instalment"]) for one in await promised(desk)] == [("broken", 1), ("withdrawn", 2)]
    last = (await told(desk))[-1]
    assert (last["promise_on"], last["dunning_block_until"]) == ("2026-12-15", None)
    assert "The instalment plan is over" in last["note"]


async def test_of_a_plan_the_agent_hears_of_the_payment_that_was_not_kept_else_of_the_next_one(desk: Desk) -> None:
    placed = await agreed(desk, "200.00:2026-11-24", "100.00:2026-12-01", "rest:2026-12-15")

    async def heard(at: datetime) -> tuple[str, str]:
        last = await desk.db.read(lambda conn: promises.last_promise(conn, placed.key, at))
        assert last is not None
        return last.promised_on.isoformat(), last.state.value

    assert await heard(MONDAY + timedelta(hours=2)) == ("2026-11-24", "open")
    await desk.take(row(item_no="R1", open_amount="100.00"), row(item_no="R2", open_amount="110.00"), NEWS, as_of="2026-11-25")
    wednesday = local("2026-11-25T13:00")
    await judge_promises(desk.db, desk.rules, desk.house, wednesday)
    assert await heard(wednesday) == ("2026-12-01", "open")
    await desk.take(row(item_no="R1", open_amount="100.00"), row(item_no="R2", open_amount="110.00"), as_of="2026-12-04")
    friday = local("2026-12-04T13:00")
    await judge_promises(desk.db, desk.rules, desk.house, friday)
    assert await heard(friday) == ("2026-12-01", "broken")
