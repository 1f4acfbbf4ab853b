"""Holes in the data, read from ledger, attempts and facts.

Owns no table. Judges nothing: core/exports/data_quality counts and words.
Invariant: read-only; nothing dated after `now` is in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from collectord.core.exports.data_quality import FAR_AHEAD, LONG_AGO, Case
from collectord.core.money import from_scaled
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("quality")


async def _cases(rows: AsyncIterator[Mapping[str, Any]]) -> list[Case]:
    return [Case(DebtorKey(row["company"], row["debtor_no"]), row["what"]) async for row in rows]


async def open_by_debtor(conn: Connection, today: date) -> dict[DebtorKey, dict[str, Decimal]]:
    sums: dict[DebtorKey, dict[str, Decimal]] = {}
    async for row in SQL.open_by_debtor(conn, today=today.isoformat()):
        sums.setdefault(DebtorKey(row["company"], row["debtor_no"]), {})[row["currency"]] = from_scaled(row["amount"])
    return sums


async def holes(conn: Connection, now: datetime, today: date) -> dict[str, list[Case]]:
    """Code of core/exports/data_quality.TEXTS -> its cases."""
    day, at = today.isoformat(), instant(now)
    ahead, ago = (today + FAR_AHEAD).isoformat(), (today - LONG_AGO).isoformat()
    return {
        "no_dialable_number": await _cases(SQL.no_dialable_number(conn, today=day)),
        "invalid_number": await _cases(SQL.invalid_number(conn, today=day)),
        "shared_number": await _cases(SQL.shared_number(conn, today=day)),
        "several_names": await _cases(SQL.several_names(conn, today=day)),
        "failed_number": await _cases(SQL.failed_number(conn, now=at)),
        "implausible_due_date": await _cases(SQL.implausible_due_date(conn, today=day, far_ahead=ahead, long_ago=ago)),
        "rejected_row": await _cases(SQL.rejected_row(conn, today=day)),
        "doubtful_item": await _cases(SQL.doubtful_item(conn, today=day)),
    }


async def of_source(conn: Connection, source: str, today: date) -> list[Case]:
    """The debtors whose items come from this source."""
    return await _cases(SQL.debtors_of_source(conn, source=source, today=today.isoformat()))
