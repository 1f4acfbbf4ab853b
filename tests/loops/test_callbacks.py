"""Callbacks move with absences, are counted by how late they were, and outlive what happens to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.callbacks import Absence
from collectord.edge.store import tasks
from collectord.loops import callback_report, callbacks
from collectord.settings import Settings
from tests.loops.desk import Desk, local, open_desk
from tests.loops.shift import MONDAY, ended, place, planned, rows_of, say, talk, tell

AGREED = local("2026-11-26T11:00")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    agents = [
        {"id": "201", "name": "Anna", "pin": "4711", "endpoint": "PJSIP/201", "hours": "mon-fri 08:00-12:00"},
        {"id": "202", "name": "Ben", "pin": "4712", "endpoint": "PJSIP/202"},
        {"id": "203", "name": "Cem", "pin": "4713", "endpoint": "PJSIP/203"},
    ]
    return Settings(state_dir=tmp_path, exchange_dir=tmp_path, rules_dir=tmp_path, language="en", agent=agents)  # type: ignore[arg-type]


async def callback(desk: Desk, at: Any = AGREED) -> Attempt:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), ended(placed))
    await say(desk, placed, MONDAY + timedelta(hours=1), disposition="callback", callback=at.isoformat())
    return placed


async def keeper(desk: Desk) -> str:
    (found,) = await rows_of(desk, "select agent from task where origin = 'callback'")
    return str(found["agent"])


def away(agent: str = "201", deputy: str = "203", first: str = "2026-11-25", last: str = "2026-11-27") -> Absence:
    return Absence(id=f"{agent}-{first}", agent=agent, from_on=date.fromisoformat(first), until_on=date.fromisoformat(last), deputy=deputy)


async def absent(desk: Desk, settings: Settings, absence: Absence, at: Any = MONDAY, revoke: bool = False) -> None:
    await callbacks.record_absence(desk.db, settings, absence, at, "lead", revoke=revoke)
    await callbacks.give_out(desk.db, settings, at, desk.new_id)


async def test_an_absence_moves_callbacks_at_once_with_a_sentence_and_its_end_brings_them_back(desk: Desk, settings: Settings) -> None:
    await callback(desk)
    later = MONDAY + timedelta(hours=2)
    await absent(desk, settings, away(), later)
    assert await keeper(desk) == "203"
    (happening,) = await rows_of(desk, "select sentence from happening where kind = 'callback_moved'")
    assert happening["sentence"] == ("The callback agreed for Thu 26 Nov 2026 11:00 goes from 201 to 203: deputy of 201, who is away.")
    assert await callbacks.give_out(desk.db, settings, later, desk.new_id) == 0
    assert [(one["agent"], one["deputy"]) for one in await callbacks.listed_absences(desk.db, settings, later)] == [("201", "203")]
    await absent(desk, settings, away(), later, revoke=True)
    assert await keeper(desk) == "201"
    assert await callbacks.listed_absences(desk.db, settings, later) == []


async def test_a_callback_outside_working_hours_goes_to_a_colleague(desk: Desk, settings: Settings) -> None:
    await callback(desk, local("2026-11-26T16:00"))
    await callbacks.give_out(desk.db, settings, MONDAY + timedelta(hours=2), desk.new_id)
    assert await keeper(desk) == "202"


async def test_nobody_takes_a_callback_out_of_somebodys_hands(desk: Desk, settings: Settings) -> None:
    await callback(desk)
    (task,) = await rows_of(desk, "select id from task where origin = 'callback'")
    await desk.db.write(lambda conn: tasks.begin_call(conn, task["id"], AGREED))
    await absent(desk, settings, away(), AGREED)
    assert await keeper(desk) == "201"


@pytest.mark.parametrize(
    ("absence", "revoke", "words"),
    [
        (away(agent="299"), False, "Agent 299 is not in the configuration; known are 201, 202, 203"),
        (away(deputy="299"), False, "Agent 299 is not in the configuration"),
        (away(deputy="201"), False, "Nobody is the own deputy"),
        (away(first="2026-11-28"), False, "lies before the first one"),
        (away(first="2026-11-01", last="2026-11-02"), False, "that is over"),
        (away(), True, "No absence of 201 lies within"),
    ],
)
async def test_an_absence_that_makes_no_sense_is_refused(
    desk: Desk, settings: Settings, absence: Absence, revoke: bool, words: str
) -> None:
    with pytest.raises(callbacks.AbsenceRefused, match=words):
        await absent(desk, settings, absence, revoke=revoke)


async def test_the_report_tells_agreed_time_from_called_time(desk: Desk, settings: Settings) -> None:
    await callback(desk)
    waiting = await callback_report.report(desk.db, settings, MONDAY + timedelta(hours=2), 30)
    assert [(one["state"], one["minutes_late"], one["keeper"]) for one in waiting["callbacks"]] == [("waiting", 0, "201")]
    overdue = await callback_report.report(desk.db, settings, AGREED + timedelta(minutes=50), 30)
    assert overdue["callbacks"][0]["state"] == "overdue"
    assert overdue["summary"]["minutes_late_mean"] is None
    (row,) = await rows_of(desk, "select id from task where origin = 'callback'")
    task = await desk.db.read(lambda conn: tasks.task(conn, row["id"]))
    assert task is not None
    at = AGREED + timedelta(minutes=30)
    called = await place(desk, task, at, agent="202")
    await tell(desk, at, *talk(called), ended(called))
    done = await callback_report.report(desk.db, settings, at + timedelta(hours=1), 30)
    assert [(one["state"], one["minutes_late"], one["agreed_by"], one["keeper"], one["moved"]) for one in done["callbacks"]] == [
        ("late", 30, "201", "202", True)
    ]
    assert (done["summary"]["late"], done["summary"]["moved"], done["summary"]["minutes_late_worst"]) == (1, 1, 30)
    assert (await callback_report.report(desk.db, settings, at + timedelta(days=40), 30))["callbacks"] == []
