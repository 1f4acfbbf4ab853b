"""Unreached: callers whom nobody reached and of whom we cannot say who they are; the number is noted for the lead.

Reads what the PBX told, writes the notes. Knows no task: a debtor whom we know has a callback, by the attempt.
Invariant: however often a call is told, it is one note; a call that is written down as an attempt is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from collectord.core.telephony.inbound import KEPT, MOST_KEPT, came_at
from collectord.core.telephony.pbx_calls import CallerRow
from collectord.core.telephony.pbx_events import CallerMissed
from collectord.edge.store import inbound, self_service
from collectord.edge.store.connection import Connection, Database
from collectord.loops.callers import Reception


async def note(at: Reception, calls_in: Iterable[CallerMissed | CallerRow], now: datetime) -> list[str]:
    """Callers who reached nobody and have no callback, because we cannot say who they are: the numbers, as noted for the lead."""

    async def job(conn: Connection) -> list[str]:
        noted = []
        for one in calls_in:
            when = now if isinstance(one, CallerMissed) else came_at(one.attempt_id, now)
            if at.companies(one.called):
                made = await inbound.note_unreached(conn, one.attempt_id, one.called, one.caller, when)
                noted += [one.caller] if made else []
        return noted

    return await at.db.write(job)


async def forget(db: Database, now: datetime) -> None:
    """Strangers' numbers are kept no longer than they are of use, whether anybody calls again or not; no flood fills the disk."""

    async def job(conn: Connection) -> None:
        await inbound.forget_unreached(conn, now - KEPT, MOST_KEPT)
        await self_service.forget(conn, now - KEPT, MOST_KEPT)

    await db.write(job)
