"""Untaken rings: an agent's phone was rung and not answered, or answered at last.

Reads the agent's row, asks core/telephony/pauses, writes the row. Rings nobody.
Invariant: what a ring does to an agent is on disk before the next one is placed.
"""

from __future__ import annotations

from datetime import datetime

from collectord.core.telephony.pauses import MISSED_RINGS, Limits, Ring, Untaken, after_untaken_ring
from collectord.edge.store import agents as rows
from collectord.edge.store.connection import Connection, Database
from collectord.settings import Settings


async def ring_missed(db: Database, settings: Settings, agent_id: str, ring: Ring, now: datetime) -> Untaken | None:
    """The phone did not take a ring: what follows. None: nobody of that name."""
    dialling = settings.dialling
    limits = Limits(missed=dialling.missed_rings, rest=dialling.rest_after_missed, pause_for=dialling.missed_pause_for)

    async def job(conn: Connection) -> Untaken | None:
        row = (await rows.rows(conn, agent_id)).get(agent_id)
        if row is None:
            return None
        before = Untaken(missed=row["missed"], turned_away=row["turned_away"])
        after = after_untaken_ring(before, ring, limits=limits, now=now)
        await rows.ring_untaken(conn, agent_id, after, MISSED_RINGS, now)
        return after

    return await db.write(job)


async def ring_taken(db: Database, agent_id: str, now: datetime) -> None:
    """Nearly always nothing was missed: then nothing is written, and no other transaction waits for this one."""
    if not await db.read_briefly(lambda conn: rows.is_untaken(conn, agent_id, MISSED_RINGS)):
        return
    await db.write_briefly(lambda conn: rows.took_ring(conn, agent_id, MISSED_RINGS, now))
