"""Quality: the holes in the data, counted, with their trend; once a day kept and told to accounting.

Reads the store on a connection of its own, asks core/exports/data_quality; writes quality_day and the day's file in the outbox.
Invariant: a hole that has no case is not listed; the file of a day is whole or not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.contact.calendar import WorkingDays
from collectord.core.exports.data_quality import TREND_DAYS, Case, Hole, gathered, joined
from collectord.core.exports.freshness import Stale, accounting_days, freshness
from collectord.core.exports.sheet import sheet
from collectord.core.house import House
from collectord.core.receivables.asked_blocks import Echo
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.follow_up import bank_day
from collectord.edge.crash import crash_point
from collectord.edge.inbox import ExchangeFolders, write_atomically
from collectord.edge.store import batches, meta, payments
from collectord.edge.store import quality as store
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.edge.store.snapshots import Cover, Source, known_sources
from collectord.loops import habits
from collectord.loops.asked_blocks import echoes
from collectord.loops.known_debtors import unknown_of

MARK = "quality_day"  # meta: the last day kept
AT_THE_LATEST = time(12)  # without a new export the day is kept at noon
SINCE = timedelta(days=max(TREND_DAYS, 14))
COLUMNS = ("hole", "text", "count", "debtors", "money", "change", "examples")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


async def quality(db: Database, house: House, now: datetime, named: Iterable[DebtorKey] = ()) -> dict[str, Any]:
    """`{"at": …, "holes": [{"hole", "text", "count", "debtors", "money", "examples", "change", "trend"}]}`, the most debtors first.

    `named`: debtors that rules/debtors.toml names.
    """
    today = house.today(now)
    found = await survey(db, house, now, named)
    earlier = await db.read(partial(store.days_since, since=today - SINCE, today=today))
    lines = [hole.document(earlier.get(hole.code, {}), today, house.language) for hole in found if hole.count]
    return {"at": now.isoformat(), "holes": sorted(lines, key=lambda line: (-line["debtors"], -line["count"]))}


async def survey(db: Database, house: House, now: datetime, named: Iterable[DebtorKey]) -> list[Hole]:
    """Every hole, those without a case too."""
    today, days = house.today(now), accounting_days(house)

    async def look(conn: Connection) -> list[Hole]:
        sources = await known_sources(conn, today)
        late = {one.source for one in await habits.late_exports(conn, house, now)}
        stale = [cover for source in sources for cover in source.covers if _is_stale(source, cover)]
        held = [cover for source in sources if source.held_batch_id for cover in source.covers]
        missed = [cover for source in sources if source.name in late for cover in source.covers]
        return [
            *await store.holes(conn, now, today),
            gathered("unconfirmed_block", await _unconfirmed(conn, house, now)),
            gathered("said_paid", await _said_paid(conn, house, now)),
            gathered("unknown_exception", [Case(key, "rules/debtors.toml") for key in await unknown_of(conn, named)]),
            *[
                joined(code, [await store.of_company(conn, code, cover.source, cover.company, now, today) for cover in covers])
                for code, covers in (("late_export", missed), ("stale_export", stale), ("held_batch", held))
            ],
        ]

    def _is_stale(source: Source, cover: Cover) -> bool:
        standing = Source(name=source.name, held_batch_id=None, last_status="", covers=(cover,)).standing()
        return isinstance(freshness(standing, today, days, house.max_export_age), Stale)

    async with open_for_reading(db.path.parent) as own:  # it takes seconds: nobody else waits for it
        return await own.read(look)


async def _unconfirmed(conn: Connection, house: House, now: datetime) -> list[Case]:
    return [
        Case(one.asked.key, one.sentence(house), {one.currency: one.open_amount})
        for one in await echoes(conn, house, now)
        if one.echo is Echo.UNCONFIRMED
    ]


async def _said_paid(conn: Connection, house: House, now: datetime) -> list[Case]:
    """Accounting was asked to search; the days that the house gives for that are over."""
    found, today = [], house.today(now)
    for one in await payments.said_paid_in_vain(conn, now, today):
        company = house.companies.get(one.key.company)
        days = WorkingDays(house.country, company.region if company else "")
        if bank_day(days, house.today(one.at), house.paid_already_days) < today:
            what = f"{one.item_no} {house.today(one.at)}"
            found.append(Case(one.key, what, {one.open_amount.currency: one.open_amount.amount}))
    return found


async def keep_day(db: Database, house: House, folders: ExchangeFolders, now: datetime, named: Iterable[DebtorKey] = ()) -> Path | None:
    """Once a day, after its first export or at noon: the counts for the trend, and `outbox/quality-YYYY-MM-DD.csv`. None: not now."""
    today = house.today(now)
    if await db.read(lambda conn: meta.get(conn, MARK)) == today.isoformat():
        return None
    arrived = await db.read(lambda conn: batches.accepted_since(conn, datetime.combine(today, time(0), ZoneInfo(house.time_zone)), now))
    if not arrived and now.astimezone(ZoneInfo(house.time_zone)).time() < AT_THE_LATEST:
        return None
    found = await survey(db, house, now, named)
    earlier = await db.read(partial(store.days_since, since=today - SINCE, today=today))
    rows = [_row(hole.document(earlier.get(hole.code, {}), today, house.language)) for hole in found if hole.count]
    path = folders.outbox / f"quality-{today}.csv"
    write_atomically(path, sheet(COLUMNS, rows))
    crash_point("quality-written")

    async def keep(conn: Connection) -> None:
        await store.keep_day(conn, today, found)
        await meta.put(conn, MARK, today.isoformat())

    await db.write(keep)
    return path


def _row(line: dict[str, Any]) -> list[str]:
    """Numbers are cut to their end: who keeps the data finds the debtor by its number, and the file travels."""
    examples = _NUMBER.sub(lambda number: f"…{number[0][-4:]}", "; ".join(line["examples"]))
    money = ", ".join(f"{amount} {currency}" for currency, amount in line["money"].items())
    change = "" if line["change"] is None else f"{line['change']}"
    return [line["hole"], line["text"], str(line["count"]), str(line["debtors"]), money, change, examples]
