"""Outbox: tells accounting every outcome exactly once.

Reads outcomes nobody was told, gives them to a file by name, stages the file, publishes it; each step is on disk before the next.
Invariant: an outcome belongs to one file for ever; killed anywhere, the next run goes on with that file and writes no other for it.

The marks in `meta`: outbox_claimed = the file that is being made; outbox_staged = the same name once its bytes are on disk. Staged and no
temporary file any more means that the rename was done, and that accounting may have taken the file away.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.house import House
from collectord.core.money import from_scaled, plain
from collectord.edge import outbox as files
from collectord.edge.crash import crash_point
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import meta, promises
from collectord.edge.store.codec import to_instant
from collectord.edge.store.connection import Connection, Database


async def write_outcomes(db: Database, house: House, folders: ExchangeFolders, now: datetime) -> Path | None:
    """The file with everything not told yet; None when there is nothing. Finishes a file that an earlier run left half-way."""
    folder = folders.outbox
    unfinished = await db.read(lambda conn: meta.get(conn, "outbox_claimed"))
    if unfinished:
        await _finish(db, house, folder, unfinished)
    claimed = await _claim(db, house, folder, now)
    if claimed is None:
        return folder / unfinished if unfinished else None
    await _finish(db, house, folder, claimed)
    return folder / claimed


async def _claim(db: Database, house: House, folder: Path, now: datetime) -> str | None:
    """A name that no file ever had, and every waiting outcome bound to it."""
    if not await db.read(lambda conn: promises.unexported(conn, now)):
        return None

    async def job(conn: Connection) -> str | None:
        at = now
        while files.is_taken(folder, name := files.file_name(at, house.time_zone)) or await promises.outcomes_in(conn, name):
            at += timedelta(seconds=1)
        if not await promises.claim_outcomes(conn, name, now):
            return None
        await meta.put(conn, "outbox_claimed", name)
        return name

    return await db.write(job)


async def _finish(db: Database, house: House, folder: Path, name: str) -> None:
    crash_point("outbox_claimed")
    if await db.read(lambda conn: meta.get(conn, "outbox_staged")) != name:
        rows = await db.read(lambda conn: promises.outcomes_in(conn, name))
        await asyncio.to_thread(files.stage, folder, name, files.render([_told(row, house) for row in rows]))
        crash_point("outbox_written")
        await db.write(lambda conn: meta.put(conn, "outbox_staged", name))
    crash_point("outbox_staged")
    await asyncio.to_thread(files.publish, folder, name)
    crash_point("outbox_published")

    async def done(conn: Connection) -> None:
        await meta.put(conn, "outbox_claimed", "")
        await meta.put(conn, "outbox_staged", "")

    await db.write(done)


def _told(row: dict[str, Any], house: House) -> dict[str, Any]:
    amount = row["promise_amount"]
    return {
        **row,
        "at": to_instant(row["at"]).astimezone(ZoneInfo(house.time_zone)).isoformat(timespec="seconds"),
        "promise_amount": None if amount is None else plain(from_scaled(amount)),
    }
