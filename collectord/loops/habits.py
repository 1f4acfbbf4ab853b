"""Habits: which exports did not come when they usually do.

Reads when each source's files arrived; asks core/exports/habits. Writes nothing.
Invariant: what arrived after `now` is invisible.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from collectord.core.exports.freshness import accounting_days
from collectord.core.exports.habits import Late, late
from collectord.core.house import House
from collectord.edge.store import batches
from collectord.edge.store.connection import Connection


async def late_exports(conn: Connection, house: House, now: datetime) -> tuple[Late, ...]:
    """Every source whose export is late, by name; bank statements and master data among them."""
    zone, days = ZoneInfo(house.time_zone), accounting_days(house)
    found = [
        late(source, arrivals, now, zone=zone, days=days, patience=house.late_after)
        for source, arrivals in (await batches.arrivals(conn, now)).items()
    ]
    return tuple(one for one in found if one is not None)
