"""`report caller-ids`, and what `status` says of it, on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from collectord.core.telephony.dropped_calls import Count
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection
from collectord.loops import caller_id_report, dropped_calls
from tests.loops.desk import Desk, open_desk
from tests.loops.shift import MONDAY

OWN = "+493012345600"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def called(desk: Desk, days_ago: int, **results: int) -> None:
    async def job(conn: Connection) -> None:
        for result, count in results.items():
            for number in range(count):
                at = instant(MONDAY - timedelta(days=days_ago, seconds=number))
                await conn.execute(
                    "insert into attempt (id, task_id, company, debtor_no, number, agent, endpoint, pbx, trunk, caller_id, mode, items,"
                    " state, placed_at, deadline_at, pbx_started, result, closed_at)"
                    " values (?, '', '', ?, '', '', '', '', 'trunk', ?, '', '', 'closed', ?, ?, '', ?, ?)",
                    (f"{days_ago}{result}{number}", str(number), OWN, at, at, result, at),
                )

    await desk.db.write(job)


async def test_only_calls_that_rang_are_counted_by_day_number_and_trunk(desk: Desk) -> None:
    await called(desk, 0, answered=3, no_answer=5, rejected=2, busy=4, congestion=4, not_dialled=4, unknown=1)
    await called(desk, 20, answered=1)
    told = await caller_id_report.report(desk.db, desk.house, MONDAY, 14)
    assert told["caller_ids"] == [
        {"day": "2026-11-23", "company": "", "caller_id": OWN, "trunk": "trunk", "rang": 10, "answered": 3, "share": "30%"}
    ]
    assert told["says"] == ["10 calls of the last 14 days rang, 3 were answered (30%)."]
    assert told["summary"] == {"rang": 10, "answered": 3, "share": "30%", "fallen": 0}


async def test_debtors_who_call_us_say_nothing_about_how_our_number_is_answered(desk: Desk) -> None:
    await called(desk, 0, answered=1, no_answer=1)
    await desk.db.write(lambda conn: conn.execute("update attempt set mode = 'inbound', caller_id = '' where result = 'answered'"))
    assert (await caller_id_report.report(desk.db, desk.house, MONDAY, 1))["summary"]["answered"] == 0


async def test_more_than_three_of_a_hundred_answered_calls_dropped_within_a_day_are_told(desk: Desk) -> None:
    await called(desk, 0, answered=96, dropped=3, no_answer=500)
    await called(desk, 2, dropped=50)
    assert await desk.db.read(lambda conn: dropped_calls.counted(conn, MONDAY)) == Count(answered=99, lost=3)
    sentence = await desk.db.read(lambda conn: dropped_calls.told(conn, desk.house, MONDAY))
    assert sentence.startswith("3 of 99 answered calls of the last 24 hours were hung up before anybody spoke; at most 3% may be.")
    assert (await caller_id_report.report(desk.db, desk.house, MONDAY, 1))["summary"]["answered"] == 99


async def test_a_day_within_the_cap_is_worth_no_word(desk: Desk) -> None:
    await called(desk, 0, answered=97, dropped=3)
    assert await desk.db.read(lambda conn: dropped_calls.told(conn, desk.house, MONDAY)) == ""


async def test_a_house_without_calls_is_told_so(desk: Desk) -> None:
    told = await caller_id_report.report(desk.db, desk.house, MONDAY, 1)
    assert told["says"] == ["No call of the last 1 day rang at a debtor's."]
    assert told["caller_ids"] == []


async def test_a_share_that_fell_below_its_own_past_is_warned_of(desk: Desk) -> None:
    for ago in range(3, 10):
        await called(desk, ago, answered=10, no_answer=10)
    assert await desk.db.read(lambda conn: caller_id_report.warnings(conn, desk.house, MONDAY)) == []
    for ago in range(3):
        await called(desk, ago, answered=2, no_answer=18)
    (warned,) = await desk.db.read(lambda conn: caller_id_report.warnings(conn, desk.house, MONDAY))
    assert warned.startswith(f"With the caller ID {OWN} only 10% of 60 calls since Sat 21 Nov 2026 were answered, before that 50%")
    assert (await caller_id_report.report(desk.db, desk.house, MONDAY, 14))["says"][1] == warned


async def test_one_call_is_told_in_the_singular(desk: Desk) -> None:
    await called(desk, 0, answered=1)
    english = (await caller_id_report.report(desk.db, desk.house, MONDAY, 14))["says"]
    german = (await caller_id_report.report(desk.db, replace(desk.house, language="de"), MONDAY, 14))["says"]
    assert english == ["1 call of the last 14 days rang, 1 was answered (100%)."]
    assert german == ["1 Anruf der letzten 14 Tage läutete, 1 wurde angenommen (100%)."]
