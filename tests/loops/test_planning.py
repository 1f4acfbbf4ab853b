"""Planning over a real store: what the rules want becomes tasks once, and the call list says when, by whom and why."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import thread_time
from typing import Any

import pytest

from collectord.core.house import Company, House
from collectord.core.receivables.rungs import NO_RUNGS
from collectord.core.receivables.tasks import TaskState
from collectord.core.rules import Rules
from collectord.core.telephony.agents import OnDuty
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.rules_files import load_rules
from collectord.edge.store import tasks
from collectord.edge.store.connection import Connection, Database, open_store
from collectord.loops.call_sheet import COLUMNS, call_list
from collectord.loops.day_sheet import write_daily_call_list
from collectord.loops.plan_diff import by_day
from collectord.loops.planning import plan
from collectord.loops.workload import capacity
from collectord.settings import AgentSection, Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday 10:00 in Berlin
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
HOUSE = House(language="en", companies={"": Company(code="", name="Muster GmbH", caller_id="+493012345600")})
ANNA = OnDuty(
    id="201", name="Anna", endpoint="PJSIP/201", pbx="main", languages=("de", "en"), skills=(), logged_in=True, paused=False
)  # fmt: skip
BEN = OnDuty(id="202", name="Ben", endpoint="PJSIP/202", pbx="main", languages=("de",), skills=(), logged_in=False, paused=False)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(Path(__file__).parents[2] / "rules")


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path / "state") as opened:
        await opened.write(fresh_source)
        yield opened


async def fresh_source(conn: Connection) -> None:
    await conn.execute(
        "insert into batch (id, seq, source, file, stored_as, digest, mode, as_of, as_of_from, status, received_at, decided_at,"
        " fresh_as_of)"
        " values ('b1', 1, 'canonical', 'op.csv', 'op~b1.csv', 'd', 'snapshot', '2026-11-23', 'file', 'accepted',"
        " '2026-11-23T05:00:00.000000Z', '2026-11-23T05:00:00.000000Z', '2026-11-23')"
    )


def ids() -> Callable[[], str]:
    counter = iter(range(1, 1_000_000))
    return lambda: f"t{next(counter):08}"


async def owes(db: Database, number: str, *items: tuple[str, int, int], phone: str = "+493055512345", agent: str = "") -> None:
    """A debtor with items of (number, days past due today, whole euros)."""

    async def job(conn: Connection) -> None:
        await conn.execute(
            "insert into debtor_version (company, debtor_no, debtor_name, person_type, country, region, agent, source, batch_id)"
            " values ('', ?, ?, 'business', 'DE', 'BE', ?, 'canonical', 'b1')",
            (number, f"Debtor {number}", agent),
        )
        await conn.execute(
            "insert into number_version (company, debtor_no, position, raw, e164, kind, zones) values ('', ?, 1, ?, ?, 'fixed_line',"
            " 'Europe/Berlin')",
            (number, phone, phone),
        )
        await conn.executemany(
            "insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, kind, payment_method,"
            " dispute, opened_as_of, changed_as_of, batch_id, digest)"
            " values ('', ?, ?, 'canonical', 'open', ?, ?, 'EUR', 'invoice', 'transfer', 0, '2026-11-20', '2026-11-20', 'b1', 'd')",
            [(number, item_no, (TODAY - days * DAY).isoformat(), euros * 10_000) for item_no, days, euros in items],
        )

    await db.write(job)


async def clear(db: Database, number: str) -> None:
    await db.write(
        lambda conn: conn.execute("update item_version set state = 'cleared', cleared_as_of = '2026-11-23' where debtor_no = ?", (number,))
    )


async def planned(db: Database, rules: Rules, now: datetime = NOW, **more: Any) -> dict[str, Any]:
    return await plan(db, rules, HOUSE, now, dry_run=False, new_id=ids(), **more)


async def listed(db: Database) -> list[dict[str, Any]]:
    return await db.read(lambda conn: tasks.listed(conn, now=NOW + 9 * DAY))


async def test_one_task_a_debtor_and_a_second_run_changes_nothing(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410), ("B", 4, 90), ("C", -9, 900))
    await owes(db, "2", ("A", 1, 410))
    first = await planned(db, rules)
    (created,) = first["created"]
    assert (created["debtor_no"], created["items"], created["open_amount"], created["level"]) == ("1", ["A", "B"], {"EUR": "500.00"}, 2)
    assert created["why"].startswith("Step 2 (friendly call): A was due on Wed 11 Nov 2026")
    assert (first["changed"], first["cancelled"], first["unchanged"], first["shortfall"]) == ([], [], 0, {})
    again = await planned(db, rules)
    assert again == {"created": [], "changed": [], "cancelled": [], "unchanged": 1, "shortfall": {}}
    assert [row["id"] for row in await listed(db)] == [created["id"]]


async def test_a_dry_run_says_the_same_and_writes_nothing(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    dry = await plan(db, rules, HOUSE, NOW, dry_run=True, new_id=ids())
    assert await listed(db) == []
    assert await planned(db, rules) == dry


async def test_what_was_cleared_is_cancelled_and_a_part_payment_changes_the_task(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    await owes(db, "2", ("A", 12, 410), ("B", 5, 50))
    await planned(db, rules)
    await clear(db, "1")
    await db.write(lambda conn: conn.execute("update item_version set open_amount = 100000 where debtor_no = '2' and item_no = 'A'"))
    after = await planned(db, rules)
    (cancelled,), (changed,) = after["cancelled"], after["changed"]
    assert (cancelled["debtor_no"], cancelled["state"], cancelled["why"]) == ("1", "cancelled", "Nothing is open.")
    assert (changed["debtor_no"], changed["open_amount"]) == ("2", {"EUR": "60.00"})
    rows = {row["debtor_no"]: (row["state"], row["open_amount"]) for row in await listed(db)}
    assert rows == {"1": ("cancelled", {"EUR": "410.00"}), "2": ("ready", {"EUR": "60.00"})}
    assert await planned(db, rules) == {"created": [], "changed": [], "cancelled": [], "unchanged": 1, "shortfall": {}}


async def test_a_task_in_a_call_is_left_alone_even_when_everything_was_paid(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    (created,) = (await planned(db, rules))["created"]
    await db.write(lambda conn: tasks.begin_call(conn, created["id"], NOW))
    await clear(db, "1")
    assert (await planned(db, rules))["unchanged"] == 1
    assert [row["state"] for row in await listed(db)] == ["in_call"]


async def test_after_a_step_was_carried_out_the_next_one_comes_on_its_day(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 4, 410))
    (created,) = (await planned(db, rules))["created"]

    async def talked(conn: Connection) -> None:
        await tasks.close_task(conn, created["id"], TaskState.DONE, "talked", NOW)
        await tasks.mark_carried_out(conn, (await tasks.task(conn, created["id"])).key, {"A": 2}, NO_RUNGS, TODAY)  # type: ignore[union-attr]

    await db.write(talked)
    assert (await planned(db, rules))["created"] == []
    (second,) = (await planned(db, rules, NOW + 6 * DAY))["created"]
    assert second["level"] == 3


async def test_an_open_promise_holds_the_ladder_and_its_task_goes(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    await planned(db, rules)
    await db.write(
        lambda conn: conn.execute(
            "insert into promise (id, company, debtor_no, amount, currency, promised_on, grace_until, made_at, state, items)"
            " values ('p', '', '1', 1, 'EUR', '2026-11-25', '2026-11-27', '2026-11-23T08:00:00.000000Z', 'open', 'A')"
        )
    )
    (cancelled,) = (await planned(db, rules))["cancelled"]
    assert cancelled["why"] == "A promise to pay is open; the ladder waits until Fri 27 Nov 2026."


async def test_the_shortfall_names_debtors_without_a_number_and_work_beyond_the_day(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    await owes(db, "2", ("A", 12, 90), phone="")
    assert (await planned(db, rules))["shortfall"] == {"EUR": "90.00"}
    nobody = await capacity(db, Settings(), rules, HOUSE, NOW)
    assert (await planned(db, rules, capacity=nobody))["shortfall"] == {"EUR": "500.00"}
    anna = Settings(agent=[AgentSection(id="201", name="Anna", pin="4711", endpoint="PJSIP/201", hours="mon 08:00-10:20")])  # type: ignore[arg-type]
    work = (await planned(db, rules, capacity=await capacity(db, anna, rules, HOUSE, NOW)))["workload"]
    assert (work["day"], work["minutes"], work["calls"], work["calls_short"], work["unreachable"], work["shortfall"]) == (
        "2026-11-23", 13, 2, 1, 1, {"EUR": "90.00"},
    )  # fmt: skip


async def test_on_a_day_on_which_a_pack_closes_the_company_nobody_has_minutes(db: Database, rules: Rules) -> None:
    anna = Settings(agent=[AgentSection(id="201", name="Anna", pin="4711", endpoint="PJSIP/201")])  # type: ignore[arg-type]
    minutes = await capacity(db, anna, rules, HOUSE, NOW)
    closes = {day: minutes.minutes_on(date.fromisoformat(day), rules, HOUSE, NOW)["201"] == 0 for day in
              ("2026-12-23", "2026-12-24", "2026-12-25", "2026-12-28", "2026-12-31")}  # fmt: skip
    assert closes == {"2026-12-23": False, "2026-12-24": True, "2026-12-25": True, "2026-12-28": False, "2026-12-31": True}
    assert minutes.minutes_on(date(2026, 12, 23), rules, replace(HOUSE, country="XX"), NOW)["201"] > 0, "no table of holidays"


async def test_the_difference_counts_debtors_and_money_per_step_today_and_tomorrow(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    await owes(db, "2", ("A", 2, 90))
    rows = {row["rule"]: row for row in (await by_day(db, rules, HOUSE, NOW))["diff"]}
    friendly, waiting = rows["friendly call"], rows["not-yet"]
    assert (friendly["today"], friendly["tomorrow"], friendly["today_open"], friendly["tomorrow_open"]) == (
        1, 2, {"EUR": "410.00"}, {"EUR": "500.00"},
    )  # fmt: skip
    assert (waiting["wanted"], waiting["today"], waiting["tomorrow"]) == (False, 1, 0)


async def test_planning_lets_other_work_through_and_takes_no_seconds_for_thousands(db: Database, rules: Rules) -> None:
    for number in range(1_000):
        await owes(db, f"{number:05}", ("A", 12, 100 + number))
    gaps, last = [], thread_time()

    async def pulse() -> None:
        nonlocal last
        while True:
            await asyncio.sleep(0.005)
            gaps.append(thread_time() - last)
            last = thread_time()

    beat = asyncio.ensure_future(pulse())
    result = await planned(db, rules)
    beat.cancel()
    assert len(result["created"]) == 1_000
    assert gaps
    assert max(gaps) < 0.3  # s of the loop's own processor time, far above what is measured (about 0.03), far below a scan in one piece


# ---------------------------------------------------------------- call list


async def rows(db: Database, rules: Rules, days: int = 1, now: datetime = NOW) -> list[dict[str, Any]]:
    return await call_list(db, rules, HOUSE, now, days=days, agents=[ANNA, BEN])


async def test_the_call_list_says_who_is_called_when_by_whom_and_why(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410), agent="202")
    await owes(db, "2", ("A", 4, 90), phone="+493055512346")
    await planned(db, rules)
    first, second = await rows(db, rules)
    assert (first["debtor_no"], first["when"], first["number"], first["agent_name"]) == (
        "1", "2026-11-23T10:00+01:00", "+493055512345", "Ben",
    )  # fmt: skip
    assert first["why"].startswith("Step 2 (friendly call)")
    assert first["task"]
    assert (first["overdue"], first["days_past_due"], first["step"]) == ({"EUR": "410.00"}, 12, "friendly call")
    assert (second["debtor_no"], second["agent"]) == ("2", "201")


async def test_the_call_list_works_without_planning_and_looks_into_the_next_days(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 1, 410))
    assert await rows(db, rules) == []
    (row,) = await rows(db, rules, days=3)
    assert (row["task"], row["when"], row["level"]) == (None, "2026-11-25T08:00+01:00", 2)


async def test_outside_hours_the_first_allowed_instant_is_named_and_only_within_the_days_asked_for(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    evening = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    await planned(db, rules, evening)
    assert await rows(db, rules, now=evening) == []
    (row,) = await rows(db, rules, days=2, now=evening)
    assert row["when"] == "2026-11-24T08:00+01:00"


async def test_a_call_that_is_wanted_in_vain_is_listed_with_the_sentence_that_refuses_it(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410), phone="")
    (row,) = await rows(db, rules)
    assert (row["when"], row["agent"]) == (None, "")
    assert row["not_called_because"]


async def test_a_callback_stands_in_the_list_with_its_agent(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    (created,) = (await planned(db, rules))["created"]

    async def agreed(conn: Connection) -> None:
        await tasks.close_task(conn, created["id"], TaskState.DONE, "callback agreed", NOW)
        await conn.execute(
            "insert into task (id, company, debtor_no, medium, ladder, level, items, open_amount, not_before, state, why, agent, origin,"
            " created_at, changed_at) values ('c', '', '1', 'call', 'standard', 2, 'A', '{\"EUR\": \"410.00\"}',"
            " '2026-11-24T13:00:00.000000Z', 'planned', 'Callback.', '202', 'callback', '2026-11-23T08:59:00.000000Z',"
            " '2026-11-23T08:59:00.000000Z')"
        )

    await db.write(agreed)
    (row,) = await rows(db, rules, days=3)
    assert (row["when"], row["agent_name"], row["why"]) == ("2026-11-24T14:00+01:00", "Ben", "Callback.")


async def test_the_days_list_is_written_once_a_working_day_and_runs_in_no_spreadsheet(db: Database, rules: Rules, tmp_path: Path) -> None:
    folders = ExchangeFolders(tmp_path)
    folders.create()
    outbox = folders.outbox

    async def write(now: datetime) -> Path | None:
        return await write_daily_call_list(db, rules, HOUSE, folders, now, agents=[ANNA])

    await owes(db, "1", ("A", 12, 410))
    await db.write(lambda conn: conn.execute("update debtor_version set debtor_name = '=1+1;\"x'"))
    path = await write(NOW)
    assert path == outbox / "call-list-20261123.csv"
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfwhen;company;debtor_no;")
    header, row = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    assert tuple(header) == COLUMNS
    assert dict(zip(header, row, strict=True)) | {"why": ""} == {
        "when": "2026-11-23T10:00+01:00", "company": "", "debtor_no": "1", "debtor_name": "'=1+1;\"x", "number": "'+493055512345",
        "agent": "201", "agent_name": "Anna", "ladder": "standard", "level": "2", "step": "friendly call", "items": "A",
        "open_amount": "410.00 EUR", "overdue": "410.00 EUR", "days_past_due": "12", "task": "", "why": "", "not_called_because": "",
        "briefing": "",
        "prompted_by": "", "script": "friendly-reminder", "script_version": "1", "tone": "friendly", "value": "39.42",
        "number_why": "the debtor's own number",
    }  # fmt: skip
    assert await write(NOW + timedelta(hours=3)) is None
    assert await write(NOW + 5 * DAY) is None, "Saturday"
    assert await write(NOW + 1 * DAY) is not None
    assert sorted(path.name for path in outbox.iterdir()) == ["call-list-20261123.csv", "call-list-20261124.csv"]


async def test_the_days_list_is_written_anew_when_the_days_export_came_in_and_not_at_all_without_one(
    db: Database, rules: Rules, tmp_path: Path
) -> None:
    folders = ExchangeFolders(tmp_path)
    folders.create()
    await owes(db, "1", ("A", 12, 410))
    await db.write(lambda conn: conn.execute("update batch set fresh_as_of = '2026-11-20', as_of = '2026-11-20'"))
    assert await write_daily_call_list(db, rules, HOUSE, folders, NOW, agents=[ANNA]) is not None
    assert await write_daily_call_list(db, rules, HOUSE, folders, NOW, agents=[ANNA]) is None
    await db.write(lambda conn: conn.execute("update batch set fresh_as_of = '2026-11-23', as_of = '2026-11-23'"))
    await owes(db, "2", ("A", 12, 410), phone="+493055512346")
    path = await write_daily_call_list(db, rules, HOUSE, folders, NOW, agents=[ANNA])
    assert path is not None
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 3
    await db.write(lambda conn: conn.execute("delete from batch"))
    assert await write_daily_call_list(db, rules, HOUSE, folders, NOW, agents=[ANNA]) is None


async def test_the_call_list_gives_away_no_more_calls_than_there_are_minutes(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    await owes(db, "2", ("A", 12, 90))
    await planned(db, rules)
    anna = Settings(agent=[AgentSection(id="201", name="Anna", pin="4711", endpoint="PJSIP/201", hours="mon 08:00-10:10")])  # type: ignore[arg-type]
    minutes = await capacity(db, anna, rules, HOUSE, NOW)
    listed = await call_list(db, rules, HOUSE, NOW, days=1, agents=[ANNA], capacity=minutes)
    assert [(row["debtor_no"], row["agent"], row["not_called_because"]) for row in listed] == [
        ("1", "201", ""), ("2", "", "Nobody has minutes left for it on Mon 23 Nov 2026: other calls are worth more."),
    ]  # fmt: skip


EVENING = NOW.replace(hour=18, minute=30)  # half past seven in Berlin


def team_of(**more: Any) -> Settings:
    agent = {"id": "201", "name": "Anna", "pin": "4711", "endpoint": "PJSIP/201", **more}
    other = {"id": "202", "name": "Ben", "pin": "4712", "endpoint": "PJSIP/202"}
    return Settings(agent=[AgentSection(**agent), AgentSection(**other)])  # type: ignore[arg-type]


async def listed_at(db: Database, rules: Rules, now: datetime, days: int, settings: Settings) -> list[tuple[str, str, str]]:
    minutes = await capacity(db, settings, rules, HOUSE, now)
    found = await call_list(db, rules, HOUSE, now, days=days, agents=[ANNA, BEN], capacity=minutes)
    return [(row["when"], row["agent"], row["not_called_because"]) for row in found]


async def test_a_call_after_the_working_day_stands_on_the_next_one_with_an_agent(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    await planned(db, rules)
    over = "Nobody has working time for calls on Mon 23 Nov 2026 any more."
    ((when, agent, why),) = await listed_at(db, rules, EVENING, 2, team_of())
    assert (when, agent) == ("2026-11-24T08:00+01:00", "201")
    assert why.startswith(f"{over} ")
    assert await listed_at(db, rules, EVENING, 1, team_of()) == [("2026-11-23T19:30+01:00", "", over)], "no other day was asked for"
    await db.write(lambda conn: conn.execute("update task set expires_at = '2026-11-23T23:00:00.000000Z'"))
    assert await listed_at(db, rules, EVENING, 2, team_of()) == [("2026-11-23T19:30+01:00", "", over)], "its moment is over by then"


async def test_a_callback_keeps_its_hour_though_nobody_works_then(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    await planned(db, rules)
    await db.write(lambda conn: conn.execute("update task set origin = 'callback'"))
    ((when, agent, why),) = await listed_at(db, rules, EVENING, 2, team_of())
    assert (when, agent, why) == ("2026-11-23T19:30+01:00", "", "Nobody has working time for calls on Mon 23 Nov 2026 any more.")


async def test_the_call_list_names_nobody_who_is_away_and_says_who_is_missing(db: Database, rules: Rules) -> None:
    await owes(db, "1", ("A", 12, 410))
    await planned(db, rules)
    gone = team_of(hours="tue 08:00-12:00")
    assert [agent for _, agent, _ in await listed_at(db, rules, NOW, 1, gone)] == ["202"]
    await db.write(lambda conn: conn.execute("update task set agent = '201'"))
    assert await listed_at(db, rules, NOW, 1, gone) == [
        ("2026-11-23T10:00+01:00", "",
         "Of those who may make this call nobody has working time for it on Mon 23 Nov 2026 any more.")
    ]  # fmt: skip
    await db.write(lambda conn: conn.execute("update task set agent = '', skill = 'lawyer', origin = 'manual'"))
    by_ladder, by_hand = await listed_at(db, rules, NOW, 1, gone)
    assert by_ladder == ("2026-11-23T10:00+01:00", "202", "")
    assert by_hand == ("2026-11-23T10:00+01:00", "", "Nobody has the skill or the language that this call asks for.")
