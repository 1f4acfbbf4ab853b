"""Two companies in one source, exported apart: each is judged by the last snapshot that covered it, up to its booked_until."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectord.core.exports.intake import Receipt
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import ledger, promises
from collectord.edge.store.connection import Connection
from collectord.edge.store.snapshots import known_sources
from collectord.loops import debtor_list, explain, quality, standing
from collectord.loops.intake import IntakeEdges, import_file
from tests.loops.desk import Desk, open_desk

HEADER = "company;debtor_no;debtor_name;item_no;due_on;open_amount;phone;written"
MONDAY = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Berlin"))
NORTH, SOUTH = DebtorKey("N", "1"), DebtorKey("S", "2")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def take(desk: Desk, as_of: date, *rows: str, scope: tuple[str, ...] = (), booked_until: date | None = None) -> Receipt:
    """An accepted snapshot with this scope, arrived at noon of its day."""
    path = desk.folder / f"op-{as_of}.csv"
    path.write_text("\n".join([HEADER, *(f"{row};{next(desk.numbers)}" for row in rows), ""]), encoding="utf-8")
    edges = IntakeEdges(db=desk.db, folders=ExchangeFolders(desk.folder / "exchange"), house=desk.house, new_id=desk.new_id)
    now = datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    receipt = await import_file(edges, path, source=None, mode=None, as_of=as_of, now=now)

    async def mark(conn: Connection) -> None:
        await conn.execute("delete from batch_scope where batch_id = ?", (receipt.batch,))
        for company in scope:
            await conn.execute("insert into batch_scope (batch_id, company) values (?, ?)", (receipt.batch, company))
        if booked_until:
            await conn.execute("update batch set booked_until = ? where id = ?", (booked_until.isoformat(), receipt.batch))

    await desk.db.write(mark)
    return receipt


def north(item: str = "R1", due: str = "2026-11-02", amount: str = "100.00") -> str:
    return f"N;1;Nord;{item};{due};{amount};030 12345601"


def south(item: str = "S1", due: str = "2026-11-02", amount: str = "50.00", phone: str = "030 12345602") -> str:
    return f"S;2;Sued;{item};{due};{amount};{phone}"


async def asked(desk: Desk, key: DebtorKey, at: datetime = MONDAY) -> dict[str, Any]:
    return await explain.explain(desk.db, desk.rules, desk.house, key, at)


def rules(answer: dict[str, Any]) -> set[str]:
    return {refusal["rule"] for refusal in answer["refusals"]}


FRIDAY, THURSDAY, WEDNESDAY = date(2026, 11, 20), date(2026, 11, 19), date(2026, 11, 18)


async def test_a_snapshot_of_one_company_makes_no_other_company_fresh(desk: Desk) -> None:
    await take(desk, WEDNESDAY, north(), south(), scope=("N", "S"))
    await take(desk, FRIDAY, north(), south(), scope=("N",))
    assert "guard/stale-source" not in rules(await asked(desk, NORTH))
    stale = await asked(desk, SOUTH)
    assert "guard/stale-source" in rules(stale)
    assert "18 Nov 2026" in next(refusal["reason"] for refusal in stale["refusals"] if refusal["rule"] == "guard/stale-source")


async def test_batches_without_a_scope_and_with_the_star_cover_every_company(desk: Desk) -> None:
    await take(desk, WEDNESDAY, north(), south(), scope=("N",))
    for scope in ((), ("*",)):
        await take(desk, FRIDAY, north(), south(), scope=scope)
        assert "guard/stale-source" not in rules(await asked(desk, SOUTH))


async def test_a_company_that_no_snapshot_ever_covered_is_not_called(desk: Desk) -> None:
    await take(desk, FRIDAY, north(), south(), scope=("N",))
    assert "guard/no-snapshot" in rules(await asked(desk, SOUTH))


async def test_a_source_is_as_old_as_the_oldest_picture_of_a_company_that_owes(desk: Desk) -> None:
    await take(desk, WEDNESDAY, north(), south(), scope=("N", "S"))
    await take(desk, FRIDAY, north(), south(), scope=("N",))
    assert [(s.as_of, s.fresh) for s in await standing.sources(desk.db, desk.house, MONDAY)] == [("2026-11-18", False)]
    thursday = datetime(2026, 11, 19, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert [s.as_of for s in await standing.sources(desk.db, desk.house, thursday)] == ["2026-11-18"]
    [source] = await desk.db.read(lambda conn: known_sources(conn, date(2026, 11, 23)))
    assert [(cover.company, cover.as_of) for cover in source.covers] == [("N", FRIDAY), ("S", WEDNESDAY)]


async def test_a_company_with_nothing_open_ages_nothing(desk: Desk) -> None:
    await take(desk, WEDNESDAY, north(), scope=("N", "S"))
    await take(desk, FRIDAY, north(), scope=("N",))
    assert [s.fresh for s in await standing.sources(desk.db, desk.house, MONDAY)] == [True]
    await take(desk, date(2026, 11, 23), north(amount="0.00"), scope=("N",))  # nobody owes anything any more
    assert [s.as_of for s in await standing.sources(desk.db, desk.house, MONDAY)] == ["2026-11-23"]
    before = datetime(2026, 11, 20, 13, tzinfo=ZoneInfo("Europe/Berlin"))
    assert [s.as_of for s in await standing.sources(desk.db, desk.house, before)] == ["2026-11-20"]  # what was cleared since was open


async def test_a_rejected_row_holds_until_a_newer_snapshot_of_its_company(desk: Desk) -> None:
    await take(desk, WEDNESDAY, north(), south(), south("S2", due="2026-02-31"), scope=("N", "S"))
    await take(desk, FRIDAY, north(), south(), scope=("N",))
    assert "guard/rejected-row" in rules(await asked(desk, SOUTH))
    listed = await debtor_list.debtors(desk.db, desk.house, MONDAY, key=SOUTH, limit=5)
    assert any("line 4" in text for text in listed[0]["quality"])
    assert "rejected_row" in {line["hole"] for line in (await quality.quality(desk.db, desk.house, MONDAY))["holes"]}
    await take(desk, date(2026, 11, 22), north(), south(), scope=("S",))
    assert "guard/rejected-row" not in rules(await asked(desk, SOUTH))


async def test_what_is_due_after_the_bookings_end_is_not_overdue(desk: Desk) -> None:
    """Bookings up to Thursday: what was due on Friday may be paid; what was due ten days before is ten days past due."""
    await take(desk, FRIDAY, north("R1", "2026-11-09"), north("R2", "2026-11-20", "7.00"), booked_until=THURSDAY)
    answer = await asked(desk, NORTH)
    assert (answer["open"], answer["overdue"], answer["days_past_due"]) == ({"EUR": "107.00"}, {"EUR": "100.00"}, 10)
    [listed] = await debtor_list.debtors(desk.db, desk.house, MONDAY, key=None, limit=5)
    assert (listed["overdue"], listed["days_past_due"]) == ({"EUR": "100.00"}, 10)
    items = await desk.db.read(lambda conn: ledger.open_items(conn, NORTH, date(2026, 11, 23)))
    assert [item.booking_lag for item in items] == [4, 4]
    await take(desk, date(2026, 11, 23), north("R1", "2026-11-09"), north("R2", "2026-11-20", "7.00"))  # no word on bookings: up to today
    assert (await asked(desk, NORTH))["overdue"] == {"EUR": "107.00"}


async def test_promises_are_judged_by_the_bookings_of_their_company(desk: Desk) -> None:
    await take(desk, WEDNESDAY, north(), south(), scope=("*",), booked_until=date(2026, 11, 16))
    await take(desk, THURSDAY, north(), south(), scope=("S",))
    await take(desk, FRIDAY, north(amount="40.00"), south(), scope=("N",), booked_until=WEDNESDAY)

    async def days(conn: Connection, key: DebtorKey) -> list[date]:
        [told] = await promises.told_by_sources(conn, key, date(2026, 11, 10), date(2026, 11, 23))
        return list(told.days)

    assert await desk.db.read(lambda conn: days(conn, NORTH)) == [date(2026, 11, 16), WEDNESDAY]
    assert await desk.db.read(lambda conn: days(conn, SOUTH)) == [date(2026, 11, 16), THURSDAY]
    [clearing] = await desk.db.read(lambda conn: promises.clearings(conn, NORTH, date(2026, 11, 23)))
    assert (clearing.as_of, str(clearing.amount)) == (WEDNESDAY, "60.00 EUR")


async def test_what_brings_no_items_has_no_freshness(desk: Desk) -> None:
    """Master data may be a snapshot as well; nobody is kept from calling because they are a month old."""
    await take(desk, FRIDAY, north())

    async def note(conn: Connection) -> None:
        await conn.execute(
            "insert into batch (id, seq, source, file, stored_as, digest, mode, as_of, as_of_from, status, received_at, fresh_as_of)"
            " values ('m', 9, 'master', 'm.csv', 'm.csv', 'd', 'snapshot', '2026-10-20', 'name', 'accepted', '2026-10-20T08:00:00.000000Z',"
            " '2026-10-20')"
        )

    await desk.db.write(note)
    assert [s.source for s in await standing.sources(desk.db, desk.house, MONDAY)] == ["canonical"]
