"""The print folder's index: one CSV a day that says which letter is whose.

Reads the day's letters from the store, hands the file to edge/outbox. Decides nothing.
Invariant: the index is made anew from what is on record, so that a run that was killed leaves no letter out and names none twice. A day
without letters has none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from collectord.core.house import House
from collectord.core.receivables.dunning import day_begins
from collectord.edge import outbox
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import messages
from collectord.edge.store.connection import Database

COLUMNS = (
    "recipient", "company", "debtor_no", "debtor_name", "contact_person", "postcode", "country", "template", "language", "items", "sent_at",
)  # fmt: skip


@dataclass
class PrintIndex:
    """One for the life of the daemon."""

    log: Any = field(default_factory=structlog.get_logger)
    is_behind: bool = True  # a letter may have left that the index does not name

    async def follow(self, db: Database, house: House, folders: ExchangeFolders, letters_left: bool, now: datetime) -> None:
        """After a turn; an index that cannot be written is written with a later one."""
        self.is_behind = self.is_behind or letters_left
        if not self.is_behind:
            return
        try:
            await _write_index(db, house, folders, now)
        except outbox.OutboxUnwritable as error:
            self.log.error("index_not_written", why=str(error))
        else:
            self.is_behind = False


async def _write_index(db: Database, house: House, folders: ExchangeFolders, now: datetime) -> None:
    """`index-2026-11-23.csv`."""
    today = house.today(now)
    since, until = (day_begins(day, house.time_zone) for day in (today, today + timedelta(days=1)))
    rows = await db.read(lambda conn: messages.letters_between(conn, since, until))
    if not rows:
        return
    name = f"index-{today.isoformat()}.csv"
    await asyncio.to_thread(outbox.stage, folders.print, name, outbox.render(rows, COLUMNS))
    await asyncio.to_thread(outbox.publish, folders.print, name)
