"""Hours are learned from the calls in the store, once a day, and of private persons only where an assessment allows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.allocation import Candidate
from collectord.core.telephony.best_time import NOTHING_LEARNED, Tally, day_part
from collectord.edge.store import reached, tasks
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection
from collectord.loops import best_hours, workload
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.shift import MONDAY, planned

ASSESSED: dict[str, Any] = {"private_assessment": "DPIA 2026-11"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def called(desk: Desk, debtor_no: str, at: str, result: str, **more: Any) -> None:
    """A call made elsewhere; it counts like one of ours."""
    values = {"disposition": "", "third_party": 0, "direction": "outbound", "medium": "call", **more}

    async def job(conn: Connection) -> None:
        await conn.execute(
            "insert into contact (digest, at, company, debtor_no, medium, direction, result, disposition, third_party)"
            " values (?, ?, '', ?, ?, ?, ?, ?, ?)",
            (desk.new_id(), instant(local(at)), debtor_no, values["medium"], values["direction"], result, values["disposition"],
             values["third_party"]),
        )  # fmt: skip

    await desk.db.write(job)


async def kind(desk: Desk, **kinds: str) -> None:
    async def job(conn: Connection) -> None:
        for debtor_no, person_type in kinds.items():
            await conn.execute("update debtor_version set person_type = ? where debtor_no = ?", (person_type, debtor_no.removeprefix("d")))

    await desk.db.write(job)


async def added_up(desk: Desk, now: datetime = MONDAY, **house: Any) -> list[list[Any]]:
    found = await desk.db.read(lambda conn: reached.added_up(conn, replace(desk.house, **house), now))
    return found["bins"]  # type: ignore[no-any-return]


async def three_debtors(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="20", item_no="B1"), row(debtor_no="30", item_no="C1"), as_of="2026-11-23")
    await kind(desk, d10="business", d20="private")


async def test_calls_are_counted_by_the_debtors_own_hour_and_part_of_the_week(desk: Desk) -> None:
    await desk.take(row(), row(debtor_no="20", item_no="B1", time_zone="America/New_York"), as_of="2026-11-23")
    await kind(desk, d10="business", d20="business")
    await called(desk, "10", "2026-11-16T09:30", "answered")  # a Monday
    await called(desk, "10", "2026-11-17T09:30", "no_answer")
    await called(desk, "10", "2026-11-20T09:30", "voicemail")  # a Friday
    await called(desk, "20", "2026-11-16T16:00", "answered")  # ten o'clock there
    assert await added_up(desk) == [["business", 0, 9, 2, 1], ["business", 0, 10, 1, 1], ["business", 1, 9, 1, 0]]


async def test_what_tells_nothing_is_not_counted(desk: Desk) -> None:
    await three_debtors(desk)
    await called(desk, "10", "2026-11-16T09:30", "busy")
    await called(desk, "10", "2026-11-16T09:31", "answered", disposition="wrong_number")
    await called(desk, "10", "2026-11-16T09:32", "answered", direction="inbound")
    await called(desk, "10", "2026-11-16T09:33", "", medium="letter")
    await called(desk, "10", "2026-04-16T09:30", "answered")  # half a year ago and more
    await called(desk, "10", "2026-11-24T09:30", "answered")  # not yet
    await called(desk, "99", "2026-11-16T09:30", "answered")  # nobody knows that debtor
    assert await added_up(desk) == []


async def test_of_private_persons_nothing_is_counted_unless_an_assessment_is_named(desk: Desk) -> None:
    await three_debtors(desk)
    for debtor_no in ("10", "20", "30"):
        await called(desk, debtor_no, "2026-11-16T09:30", "answered")
    assert await added_up(desk) == [["business", 0, 9, 1, 1]]
    assert await added_up(desk, **ASSESSED) == [["business", 0, 9, 1, 1], ["private", 0, 9, 1, 1]]


async def learnt(desk: Desk, now: datetime = MONDAY, house: House | None = None) -> best_hours.Learnt:
    await best_hours.learn(desk.db, desk.rules, house or desk.house, now)
    return await desk.db.read(lambda conn: best_hours.learnt(conn, desk.rules))


async def test_hours_are_added_up_once_a_day_and_anew_when_the_permission_changes(desk: Desk) -> None:
    await three_debtors(desk)
    assert (await learnt(desk)).hours == NOTHING_LEARNED
    await called(desk, "10", "2026-11-20T09:30", "answered")
    await called(desk, "20", "2026-11-20T09:30", "answered")
    assert (await learnt(desk)).hours == NOTHING_LEARNED, "that was done today"
    assert set((await learnt(desk, MONDAY + timedelta(days=1))).hours.by_segment) == {"business"}
    assert set((await learnt(desk, MONDAY + timedelta(days=1), replace(desk.house, **ASSESSED))).hours.by_segment) == {
        "business",
        "private",
    }
    assert set((await learnt(desk, MONDAY + timedelta(days=1))).hours.by_segment) == {"business"}, "taken back"


async def test_switched_off_nothing_is_learned(desk: Desk) -> None:
    await three_debtors(desk)
    await called(desk, "10", "2026-11-20T09:30", "answered")
    hours = replace(desk.rules.allocation.hours, enabled=False)
    off = replace(desk, rules=replace(desk.rules, allocation=replace(desk.rules.allocation, hours=hours)))
    assert await learnt(off) == best_hours.NOT_LEARNT
    assert await desk.db.read(reached.kept) is None


async def candidates(desk: Desk, now: datetime, given: best_hours.Learnt) -> dict[str, Candidate]:
    async def look(conn: Connection) -> list[Candidate]:
        found = await tasks.ready_tasks(conn, now, 20)
        return await best_hours.timed(conn, found, given, desk.rules, desk.house, now)

    return {one.task.debtor_no: one for one in await desk.db.read(look)}


async def test_the_hour_changes_the_value_of_those_of_whom_it_may_be_known(desk: Desk) -> None:
    rows = [row(debtor_no=no, item_no=f"R{no}", open_amount="300.00") for no in ("10", "20", "30")]
    await planned(desk, MONDAY, *rows)
    await kind(desk, d10="business", d20="private", d30="business")
    for day in (9, 10, 11, 12, 16, 17, 18, 19):
        for minute in range(10):
            await called(desk, "30", f"2026-11-{day:02}T10:{minute:02}", "answered")
            await called(desk, "30", f"2026-11-{day:02}T15:{minute:02}", "no_answer")
    found = await candidates(desk, MONDAY, await learnt(desk))
    assert found["10"].factor > 1
    assert found["20"].factor == 1
    assert found["30"].factor > found["10"].factor, "reached at ten itself, too"
    assert (await candidates(desk, MONDAY, best_hours.NOT_LEARNT))["30"].factor == 1
    late = await candidates(desk, MONDAY + timedelta(hours=5), await learnt(desk))
    assert late["30"].factor < late["10"].factor < 1


async def test_a_debtors_own_calls_are_counted_by_the_part_of_the_day(desk: Desk) -> None:
    await three_debtors(desk)
    await called(desk, "10", "2026-11-16T09:30", "answered")
    await called(desk, "10", "2026-11-16T15:30", "no_answer")
    await called(desk, "10", "2026-11-17T15:30", "busy")
    await called(desk, "20", "2026-11-16T15:30", "answered")
    ten, twenty = DebtorKey("", "10"), DebtorKey("", "20")
    zones = {ten: "", twenty: "America/New_York", DebtorKey("", "30"): ""}
    own = await desk.db.read(lambda conn: reached.own_calls(conn, zones, desk.house, MONDAY))
    assert own == {ten: {day_part(9): Tally(1, 1), day_part(15): Tally(1, 0)}, twenty: {day_part(9): Tally(1, 1)}}


async def test_the_day_is_short_when_reachable_calls_do_not_fit(desk: Desk) -> None:
    await three_debtors(desk)
    doc = {"calls_short": 3, "unreachable": 3}
    await workload.keep(desk.db, doc)
    assert not (await learnt(desk)).short
    await workload.keep(desk.db, {**doc, "calls_short": 4})
    assert (await learnt(desk)).short


async def test_the_desks_hours_are_the_agents_own_and_else_the_usual_ones(desk: Desk) -> None:
    def hours(**house: Any) -> tuple[int, ...]:
        return best_hours.desk_hours(desk.rules, replace(desk.house, **house), MONDAY)

    morning = tuple(((480, 750),) for _ in range(7))
    assert hours() == tuple(range(8, 17))
    assert hours(shifts=(morning,)) == (8, 9, 10, 11, 12)
    assert hours(shifts=(morning, None)) == tuple(range(8, 17))


async def test_an_unknown_zone_is_taken_for_the_houses(desk: Desk) -> None:
    assert reached.local(MONDAY, "Nowhere/At-all", desk.house).hour == 10


async def test_explain_says_why_a_call_is_chosen_before_others(desk: Desk) -> None:
    rows = [row(), row(debtor_no="20", item_no="R20", open_amount="9000.00")]
    await planned(desk, MONDAY, *rows)
    await kind(desk, d10="business", d20="business")
    for minute in range(50):
        await called(desk, "20", f"2026-11-17T10:{minute:02}", "answered" if minute < 20 else "no_answer")
    await learnt(desk)
    choice = (await desk.ask(MONDAY))["choice"]
    assert choice["before"] == 1
    assert choice["why"].startswith(
        "€410.00 at stake x 35 % of calls reach somebody x 20 % of those pay because of it (12 days past due) x urgency"
    )
    assert "At this hour" in choice["why"] or "drawn" in choice["why"]
    assert Decimal(choice["now"]) != Decimal(choice["value"]) > 0


async def test_explain_says_nothing_of_a_choice_where_priority_orders(desk: Desk) -> None:
    await planned(desk)
    plain = replace(desk.rules.allocation, value=replace(desk.rules.allocation.value, enabled=False))
    desk.rules = replace(desk.rules, allocation=plain)
    assert (await desk.ask(MONDAY))["choice"] is None
