"""The print folder's index: one CSV a day that says which letter is whose.

Reads the day's letters from the store, hands the file to edge/outbox. Decides nothing.
Invariant: the index is made anew from what is on record, so that a run that was killed leaves no letter out and names none twice.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from collectord.core.house import House
from collectord.core.receivables.dunning import day_begins
from collectord.edge import outbox
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import messages
from collectord.edge.store.connection import Database

COLUMNS = (
    "recipient", "company", "debtor_no", "debtor_name", "contact_person", "postcode", "country", "template", "language", "items", "sent_at",
)  # fmt: skip


async def write_index(db: Database, house: House, folders: ExchangeFolders, now: datetime) -> None:
    """`index-2026-11-23.csv`."""
    today = house.today(now)
    since, until = (day_begins(day, house.time_zone) for day in (today, today + timedelta(days=1)))
    rows = await db.read(lambda conn: messages.letters_between(conn, since, until))
    name = f"index-{today.isoformat()}.csv"
    await asyncio.to_thread(outbox.stage, folders.print, name, outbox.render(rows, COLUMNS))
    await asyncio.to_thread(outbox.publish, folders.print, name)
