"""Applying: the rows of an accepted batch into the ledger, unseen, in short transactions; and what comes before and after that.

Reads the scratch, writes coming versions, yields to everybody else in between. Judges nothing.
Invariant: no transaction is long, so that an outcome never waits for an import; what a crash leaves behind is withdrawn before the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from collectord.core.exports.intake import Arrival
from collectord.edge.crash import crash_point
from collectord.edge.store import versions
from collectord.edge.store.connection import Connection, Database

FIRST_PORTION = 200  # rows, until it is known how long they take
SMALLEST, LARGEST = 20, 4_000
TRANSACTION = 0.004  # s that a portion should take: an outcome that comes meanwhile waits for it, and then for the disk


class Pace:
    """How many rows a portion has, by how long the last one took."""

    def __init__(self) -> None:
        self.size = FIRST_PORTION

    def took(self, seconds: float, rows: int) -> None:
        fitting = rows * TRANSACTION / max(seconds, 1e-4)
        self.size = int(max(SMALLEST, min(LARGEST, fitting, self.size * 2)))


async def apply(db: Database, scratch: Path, arrived: Arrival) -> None:
    """Everything of the batch into coming versions; an earlier attempt's are withdrawn first. Nobody sees them yet."""
    await settle(db)
    number, _ = await db.read(versions.state)
    await db.write(partial(versions.announce, batch_id=arrived.batch_id))
    crash_point("import-announced")
    async with db.beside(scratch, versions.SCRATCH):
        for step in versions.STEPS:
            await _carry(db, step, arrived, number + 1)
    crash_point("import-applied")


async def put_rejects(db: Database, scratch: Path, arrived: Arrival) -> None:
    """Bad rows, for the receipt. They count once their batch is accepted."""
    async with db.beside(scratch, versions.SCRATCH):
        await _carry(db, versions.REJECTS, arrived, 0)


async def _carry(db: Database, step: versions.Step, arrived: Arrival, coming: int) -> None:
    last = await db.write(partial(versions.last, step=step))
    pace, low, clock = Pace(), 0, asyncio.get_running_loop().time
    while low < last:
        high = min(last, low + pace.size)
        took = 0.0

        async def job(conn: Connection, low: int = low, high: int = high) -> float:
            began = clock()
            await versions.carry(conn, step, arrived, coming, low, high)
            return clock() - began

        took = await db.write_unseen(job)
        crash_point("import-mid-apply")
        pace.took(took, high - low)
        low = high
        await asyncio.sleep(0)  # who waits for the lock gets it


async def settle(db: Database) -> None:
    """What an earlier batch left: coming versions of one that was not finished are withdrawn, ended ones removed."""
    _, coming = await db.read(versions.state)
    if coming:
        await _some(db, versions.restore_ended)
        after: versions.ItemKey | None = ("", "", "")
        while after is not None:
            after = await db.write_unseen(partial(versions.withdraw_stretch, after=after))
            await asyncio.sleep(0)  # who waits for the lock gets it
        await db.write(versions.withdraw_rest)
    await remove_ended(db)


async def remove_ended(db: Database) -> None:
    await _some(db, versions.remove_ended)


async def _some(db: Database, deed: Callable[..., Awaitable[int]]) -> None:
    """Again and again until nothing is left to do."""
    pace, clock, done = Pace(), asyncio.get_running_loop().time, 1
    while done:
        began = clock()
        done = await db.write_unseen(partial(deed, size=pace.size))
        crash_point("import-mid-cleaning")
        pace.took(clock() - began, max(done, 1))
        await asyncio.sleep(0)  # who waits for the lock gets it
