"""Verdicts: carries one claimed file from its first byte to its verdict, its receipt and its last folder.

Reads file and ledger, asks core/exports/intake, commits once. Knows neither who dropped the file nor when the next one comes.
Invariant: the commit is the moment of truth; everything after it can be done again, everything before it leaves no trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from collectord.core.exports.change_set import Before, Counts, shrinks
from collectord.core.exports.csv_records import ExportRefused
from collectord.core.exports.freshness import Earlier, accounting_days, confirmed_until
from collectord.core.exports.intake import TEXTS, Arrival, Decision, Receipt, first_look, judge
from collectord.core.wording import phrase
from collectord.edge.crash import crash_point
from collectord.edge.inbox import MAX_BYTES, ExportFile, Folder, receipt_names, rejects_csv, write_atomically
from collectord.edge.store import batches, staging
from collectord.edge.store.connection import Connection
from collectord.loops.comparing import stage_debtors, stage_missing
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.reading import Staged, stage_rows

HOME: Mapping[str, Folder] = {
    "accepted": "archive", "duplicate": "archive", "replaced": "archive", "held": "held", "rejected": "rejected", "stale": "rejected",
}  # fmt: skip
TRIES = 3  # a file that changes while it is read is read again
PAUSE = 1.0  # s between the tries


@dataclass(frozen=True, slots=True)
class Read:
    """What the reading of a file came to."""

    decision: Decision
    counts: Counts | None = None
    warnings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()  # which canonical columns the file had
    original: Earlier | None = None  # of a duplicate


async def carry(edges: IntakeEdges, arrived: Arrival, now: datetime) -> Receipt:
    """A file in processing to its verdict."""
    for attempt in range(TRIES):
        await clean(edges, arrived.batch_id)
        with ExportFile(edges.folders.of("processing") / arrived.stored_as) as export:
            read = await _read(edges, arrived, export, now)
            if not export.changed():
                break
        read = Read(Decision("rejected", phrase(TEXTS, "restless", edges.house.language)))
        await asyncio.sleep(PAUSE * (attempt < TRIES - 1))
    await _commit(edges, arrived, read, now)
    return await finish(edges, arrived.batch_id, "processing")


async def _read(edges: IntakeEdges, arrived: Arrival, export: ExportFile, now: datetime) -> Read:
    house = edges.house
    if export.size > MAX_BYTES:
        return Read(Decision("rejected", phrase(TEXTS, "too_big", house.language, limit=MAX_BYTES)))
    digest = await asyncio.to_thread(export.digest)
    await edges.db.write(partial(batches.set_digest, batch_id=arrived.batch_id, digest=digest))
    crash_point("import-hashed")
    latest, same, newest = await edges.db.read(partial(batches.history, source=arrived.source, digest=digest))
    first = first_look(
        arrived, digest, latest=latest, same_bytes=same, newest_as_of=newest, today=house.today(now), language=house.language
    )
    if first and first.status != "held":
        return Read(first, original=latest if first.status == "duplicate" else None)
    try:
        staged, counts, before = await _stage(edges, arrived, export, first_reading=True)
    except ExportRefused as error:
        return Read(Decision("rejected", str(error)))
    decision = first or judge(arrived.mode, counts, shrinks(counts, before, house, house.language), house.language)
    return Read(decision, counts, staged.header.ignored, tuple(staged.header.positions))


async def _stage(edges: IntakeEdges, arrived: Arrival, export: ExportFile, *, first_reading: bool) -> tuple[Staged, Counts, Before]:
    staged = await stage_rows(edges.db, edges.house, arrived, export, first_reading=first_reading)
    before = await stage_missing(edges.db, arrived, staged) if arrived.mode == "snapshot" else Before()
    await stage_debtors(edges.db, edges.house, arrived, staged)
    crash_point("import-staged")
    return staged, await edges.db.read(partial(staging.counts, batch_id=arrived.batch_id)), before


async def accept(edges: IntakeEdges, arrived: Arrival, export: ExportFile, now: datetime) -> Receipt:
    """A held file that a person releases: read again, compared with the ledger of today, committed."""
    await clean(edges, arrived.batch_id, rejects=False)
    staged, counts, _ = await _stage(edges, arrived, export, first_reading=False)
    await _commit(edges, arrived, Read(Decision("accepted"), counts, staged.header.ignored, tuple(staged.header.positions)), now)
    return await finish(edges, arrived.batch_id, "held")


async def _commit(edges: IntakeEdges, arrived: Arrival, read: Read, now: datetime) -> None:
    """The moment of truth. Held batches that this one replaces go with it."""
    batch_id, language = arrived.batch_id, edges.house.language

    async def job(conn: Connection) -> list[tuple[str, str]]:
        replaced: list[tuple[str, str]] = []
        if read.decision.status == "accepted":
            await staging.apply(conn, arrived)
            replaced = await batches.held_up_to(conn, arrived.source, arrived.as_of, batch_id)
            reason = phrase(TEXTS, "replaced", language, batch=batch_id)
            for held, _ in replaced:
                await batches.set_aside(conn, held, Decision("replaced", reason), now)
        if read.counts is None:
            await batches.drop_rejects(conn, batch_id)
        await batches.decide(conn, arrived, read.decision, read.counts, now, read.warnings, read.columns)
        if read.original:
            await batches.repeat(conn, batch_id, read.original.batch_id)
            until = confirmed_until(read.original, arrived.as_of, accounting_days(edges.house))
            if until:
                await batches.confirm(conn, read.original.batch_id, until)
        crash_point("import-before-commit")
        return replaced

    replaced = await edges.db.write(job)
    crash_point("import-committed")
    for held, _ in replaced:
        await finish(edges, held, "held")


async def finish(edges: IntakeEdges, batch_id: str, origin: Folder) -> Receipt:
    """After the commit: receipt, rejects, staged rows away, file to its last folder. Done again, it changes nothing."""
    receipt = await edges.db.read(partial(batches.receipt, batch_id=batch_id))
    name, rejects = receipt_names(receipt.stored_as)
    place = edges.folders.of("receipts")
    if receipt.rejected:
        rows = [(str(bad.line), bad.column, bad.value, bad.reason, bad.original) for bad in receipt.rejected]
        await asyncio.to_thread(write_atomically, place / rejects, rejects_csv(rows))
    await asyncio.to_thread(write_atomically, place / name, receipt.as_file())
    crash_point("import-receipt-written")
    await clean(edges, batch_id, rejects=False)
    crash_point("import-before-archive")
    if not edges.folders.move(receipt.stored_as, origin, HOME[receipt.status]):
        edges.log.warning("stored_file_gone", batch=batch_id, file=repr(receipt.stored_as))
    crash_point("import-archived")
    return receipt


async def clean(edges: IntakeEdges, batch_id: str, *, rejects: bool = True) -> None:
    """Forgets what an earlier reading staged, in short transactions."""
    more = 1
    while more:
        more = await edges.db.write(partial(staging.purge, batch_id=batch_id))
    if rejects:
        await edges.db.write(partial(batches.drop_rejects, batch_id=batch_id))
