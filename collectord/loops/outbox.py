"""Outbox: tells accounting every outcome and every correction exactly once.

Reads what nobody was told, gives it to a file by name, stages the file, publishes it; each step is on disk before the next.
Invariant: a line belongs to one file for ever; killed anywhere, the next run goes on with that file and writes no other for it.

The marks in `meta`, for each kind of file its own: claimed = the file that is being made; staged = the same name once its bytes are on
disk. Staged and no temporary file any more means that the rename was done, and that accounting may have taken the file away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.contact.corrections import note_for
from collectord.core.house import House
from collectord.core.money import from_scaled, plain
from collectord.edge import outbox as files
from collectord.edge.crash import crash_point
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import corrections, meta, promises
from collectord.edge.store.codec import to_instant
from collectord.edge.store.connection import Connection, Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of file."""

    stem: str
    columns: Sequence[str]
    mark: str  # begins its marks in meta
    waiting: Callable[[Connection, datetime], Awaitable[int]]
    claim: Callable[[Connection, str, datetime], Awaitable[int]]
    lines: Callable[[Connection, str], Awaitable[list[dict[str, Any]]]]
    told: Callable[[Mapping[str, Any], House], dict[str, Any]]


async def write_outcomes(db: Database, house: House, folders: ExchangeFolders, now: datetime) -> Path | None:
    """The file with everything not told yet; None when there is nothing. Finishes a file that an earlier run left half-way."""
    return await _write(db, OUTCOMES, house, folders.outbox, now)


async def write_corrections(db: Database, house: House, folders: ExchangeFolders, now: datetime) -> Path | None:
    """The same for what agents put right, numbers that turned out wrong among it."""
    if await db.read(lambda conn: corrections.wrong_numbers(conn, now)):
        await db.write(lambda conn: corrections.collect_wrong_numbers(conn, now))
    return await _write(db, CORRECTIONS, house, folders.outbox, now)


async def _write(db: Database, kind: Kind, house: House, folder: Path, now: datetime) -> Path | None:
    unfinished = await db.read(lambda conn: meta.get(conn, f"{kind.mark}_claimed"))
    if unfinished:
        await _finish(db, kind, house, folder, unfinished)
    claimed = await _claim(db, kind, house, folder, now)
    if claimed is None:
        return folder / unfinished if unfinished else None
    await _finish(db, kind, house, folder, claimed)
    return folder / claimed


async def _claim(db: Database, kind: Kind, house: House, folder: Path, now: datetime) -> str | None:
    """A name that no file ever had, and every waiting line bound to it."""
    if not await db.read(lambda conn: kind.waiting(conn, now)):
        return None

    async def job(conn: Connection) -> str | None:
        at = now
        while files.is_taken(folder, name := files.file_name(kind.stem, at, house.time_zone)) or await kind.lines(conn, name):
            at += timedelta(seconds=1)
        if not await kind.claim(conn, name, now):
            return None
        await meta.put(conn, f"{kind.mark}_claimed", name)
        return name

    return await db.write(job)


async def _finish(db: Database, kind: Kind, house: House, folder: Path, name: str) -> None:
    crash_point(f"{kind.mark}_claimed")
    if await db.read(lambda conn: meta.get(conn, f"{kind.mark}_staged")) != name:
        rows = await db.read(lambda conn: kind.lines(conn, name))
        await asyncio.to_thread(files.stage, folder, name, files.render([kind.told(row, house) for row in rows], kind.columns))
        crash_point(f"{kind.mark}_written")
        await db.write(lambda conn: meta.put(conn, f"{kind.mark}_staged", name))
    crash_point(f"{kind.mark}_staged")
    await asyncio.to_thread(files.publish, folder, name)
    crash_point(f"{kind.mark}_published")

    async def done(conn: Connection) -> None:
        await meta.put(conn, f"{kind.mark}_claimed", "")
        await meta.put(conn, f"{kind.mark}_staged", "")

    await db.write(done)


def _outcome(row: Mapping[str, Any], house: House) -> dict[str, Any]:
    amount = row["promise_amount"]
    return {**row, "at": _local(row["at"], house), "promise_amount": None if amount is None else plain(from_scaled(amount))}


def _correction(row: Mapping[str, Any], house: House) -> dict[str, Any]:
    return {
        **row,
        "correction_id": row["id"],
        "at": _local(row["at"], house),
        "old_value": row["was"],
        "new_value": row["value"],
        "agent": row["actor"],
        "note": note_for(row["kind"], row["note"], house.language),
    }


def _local(at: str, house: House) -> str:
    return to_instant(at).astimezone(ZoneInfo(house.time_zone)).isoformat(timespec="seconds")


OUTCOMES = Kind(
    stem="outcomes",
    columns=files.COLUMNS,
    mark="outbox",
    waiting=promises.unexported,
    claim=promises.claim_outcomes,
    lines=promises.outcomes_in,
    told=_outcome,
)
CORRECTIONS = Kind(
    stem="corrections",
    columns=files.CORRECTION_COLUMNS,
    mark="corrections",
    waiting=corrections.waiting,
    claim=corrections.claim,
    lines=corrections.in_file,
    told=_correction,
)
