"""Quality: the holes in the data, counted.

Reads ledger, attempts, facts and the state of the sources; asks core/exports/data_quality and core/exports/freshness. Writes nothing.
Invariant: a hole that has no case is not listed.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from collectord.core.exports.data_quality import Case, hole
from collectord.core.exports.freshness import Stale, accounting_days, freshness
from collectord.core.house import House
from collectord.edge.store import batches
from collectord.edge.store import quality as store
from collectord.edge.store.connection import Connection, Database


async def quality(db: Database, house: House, now: datetime) -> dict[str, Any]:
    """`{"at": …, "holes": [{"hole", "text", "count", "debtors", "money", "examples"}]}`, the most debtors first."""
    today = house.today(now)
    states = await db.read(partial(batches.source_states, now=now, zone=house.time_zone))
    days = accounting_days(house)
    stale = [state.source for state in states if isinstance(freshness(state, today, days, house.max_export_age), Stale)]
    held = [state.source for state in states if state.held_batch_id]

    async def look(conn: Connection) -> list[dict[str, Any]]:
        owed = await store.open_by_debtor(conn, today)
        found: dict[str, list[Case]] = await store.holes(conn, now, today)
        found["stale_export"] = [case for source in stale for case in await store.of_source(conn, source, today)]
        found["held_batch"] = [case for source in held for case in await store.of_source(conn, source, today)]
        return [hole(code, cases, owed, house.language) for code, cases in found.items() if cases]

    holes = await db.read(look)
    return {"at": now.isoformat(), "holes": sorted(holes, key=lambda line: -line["debtors"])}
