"""Dunning blocks that accounting was asked for, and what master data say about them.

Owns no table: reads `outcome` and `master`. Judges nothing: core/receivables/asked_blocks does.
Invariant: nothing told after `now` is in it.
"""

from __future__ import annotations

from datetime import date, datetime

from collectord.core.house import House
from collectord.core.receivables.asked_blocks import Told
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store.codec import instant, to_instant, to_maybe_day
from collectord.edge.store.connection import Connection, queries

SQL = queries("blocks")


async def told(conn: Connection, house: House, now: datetime, key: DebtorKey | None = None) -> list[Told]:
    """The outbox's lines about items, oldest first, of debtors for whom some block would still run: of one, or of all."""
    who = {"company": key.company if key else None, "debtor_no": key.debtor_no if key else None}
    return [
        Told(
            key=DebtorKey(row["company"], row["debtor_no"]),
            item_no=row["item_no"],
            told_on=house.today(to_instant(row["at"])),
            attempt_id=row["attempt_id"],
            block_until=to_maybe_day(row["dunning_block_until"]),
            written=bool(row["written"]),
        )
        async for row in SQL.told(conn, now=instant(now), today=house.today(now).isoformat(), **who)
    ]


async def told_by_master(conn: Connection, key: DebtorKey, today: date) -> date | None:
    """The as-of day of the master data that say whether this debtor is blocked; None when none do."""
    row = await SQL.told_by_master(conn, company=key.company, debtor_no=key.debtor_no, today=today.isoformat())
    return None if row is None else date.fromisoformat(row["as_of"])
