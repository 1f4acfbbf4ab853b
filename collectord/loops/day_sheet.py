"""The day's call list as a file for people.

Reads the call list, writes it into the outbox: once a working day, and anew when an export came in or was held back.
Invariant: the file is whole or not there; a list is not written twice from the same exports.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from collectord.core.contact.calendar import HolidaysUnknown, WorkingDays
from collectord.core.exports.sheet import sheet
from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.agents import OnDuty
from collectord.edge.crash import crash_point
from collectord.edge.inbox import ExchangeFolders, write_atomically
from collectord.edge.store import batches, meta
from collectord.edge.store.connection import Database
from collectord.loops.call_sheet import COLUMNS, call_list
from collectord.loops.workload import Capacity

MARK = "call_list"  # meta: the day and the exports of the last list written


async def write_daily_call_list(
    db: Database,
    rules: Rules,
    house: House,
    folders: ExchangeFolders,
    now: datetime,
    *,
    agents: Sequence[OnDuty],
    capacity: Capacity | None = None,
) -> Path | None:
    """`outbox/call-list-YYYYMMDD.csv`; None when today is free, no export was accepted yet, or today's list says all that is known."""
    today = house.today(now)
    sources = await db.read(lambda conn: batches.source_states(conn, now=now, zone=house.time_zone))
    accepted = await db.read(batches.last_accepted)
    mark = f"{today} {accepted} {' '.join(sorted(f'{one.source}={one.fresh_as_of},{one.held_batch_id}' for one in sources))}"
    if not sources or not _is_working(house, now) or await db.read(lambda conn: meta.get(conn, MARK)) == mark:
        return None
    rows = await call_list(db, rules, house, now, days=1, agents=agents, capacity=capacity)
    path = folders.outbox / f"call-list-{today:%Y%m%d}.csv"
    write_atomically(path, sheet(COLUMNS, ([_text(row[column]) for column in COLUMNS] for row in rows)))
    crash_point("call-list-written")
    await db.write(lambda conn: meta.put(conn, MARK, mark))
    return path


def _is_working(house: House, now: datetime) -> bool:
    today = house.today(now)
    try:
        return WorkingDays(house.country, doubtful_day="working").is_working(today)
    except HolidaysUnknown:
        return today.weekday() < 5  # a list too many harms nobody


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case dict():
            return ", ".join(f"{amount} {currency}" for currency, amount in value.items())
        case list():
            return ", ".join(value)
        case _:
            return str(value)
