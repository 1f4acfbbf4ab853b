"""Verdicts: carries one claimed file from its first byte to its verdict, its receipt and its last folder.

Has it judged, applies it unseen, commits once, writes what people get. Knows neither who dropped the file nor when the next one comes.
Invariant: the commit is the moment of truth; everything after it can be done again, everything before it leaves no trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from collectord.core.exports.freshness import accounting_days, confirmed_until
from collectord.core.exports.intake import TEXTS, Arrival, Decision, IntakeRefused, Receipt
from collectord.core.wording import phrase
from collectord.edge.crash import crash_point
from collectord.edge.inbox import ExportFile, Folder
from collectord.edge.store import batches, covering, versions
from collectord.edge.store.connection import Connection
from collectord.loops import applying
from collectord.loops.asking import adopt_lines, ask, profile_of, scratch_for
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.judging import Judged, counted, judged
from collectord.loops.receipts import write_receipt

HOME: Mapping[str, Folder] = {
    "accepted": "archive", "duplicate": "archive", "replaced": "archive", "held": "held", "rejected": "rejected", "stale": "rejected",
}  # fmt: skip
TRIES = 3  # a file that changes while it is read is read again
PAUSE = 1.0  # s between the tries


async def carry(edges: IntakeEdges, arrived: Arrival, now: datetime) -> Receipt:
    """A file in processing to its verdict."""
    with scratch_for(edges, arrived.batch_id) as scratch:
        for attempt in range(TRIES):
            with await asyncio.to_thread(ExportFile, edges.folders.of("processing") / arrived.stored_as) as export:
                found = await judged(edges, arrived, export, scratch, now)
            if found.steady:
                break
            await asyncio.sleep(PAUSE * (attempt < TRIES - 1))
        await _decide(edges, found, scratch, now)
    return await finish(edges, arrived.batch_id, "processing")


async def accept(edges: IntakeEdges, arrived: Arrival, export: ExportFile, now: datetime) -> Receipt:
    """A held file that a person releases: read again, compared with the ledger of today, committed. Its bad rows are known already."""
    with scratch_for(edges, arrived.batch_id) as scratch:
        summary = await ask(edges, arrived, export, scratch)
        if summary.refused or summary.signature != export.signature:
            raise IntakeRefused(summary.refused or phrase(TEXTS, "tampered", edges.house.language, file=arrived.stored_as))
        arrived = arrived.told(summary.as_of)
        prepared, counts, summary = await counted(edges, arrived, summary, scratch, now)
        if counts.rows and not counts.accepted:  # it would look fresh and tell of nobody
            raise IntakeRefused(phrase(TEXTS, "nothing_to_accept", edges.house.language, rows=counts.rows))
        found = Judged(arrived=arrived, decision=Decision("accepted"), counts=counts, summary=summary, prepared=prepared,
                       extra=prepared.extra if prepared else {})  # fmt: skip
        await _decide(edges, found, scratch, now)
    return await finish(edges, arrived.batch_id, "held")


async def _decide(edges: IntakeEdges, found: Judged, scratch: Path, now: datetime) -> None:
    """The moment of truth. Held batches that this one replaces go with it."""
    batch_id, accepted = found.arrived.batch_id, found.decision.status == "accepted"
    if accepted and found.prepared is None:
        await applying.apply(edges.db, scratch, found.arrived)
    until = None
    if found.original:  # in a thread: the first count of working days loads the holidays of the whole world
        days = accounting_days(edges.house)
        until = await asyncio.to_thread(confirmed_until, found.original, found.arrived.as_of, days)

    async def job(conn: Connection) -> list[tuple[str, str]]:
        replaced = await _accept(conn, edges, found, now) if accepted else []
        if found.counts is None:
            await batches.drop_rejects(conn, batch_id)
        await batches.decide(conn, found.arrived, found.decision, found.counts, now, found.summary, found.extra)
        if found.original:
            await batches.repeat(conn, batch_id, found.original.batch_id)
            if until:
                await batches.confirm(conn, found.original.batch_id, until)
        crash_point("import-before-commit")
        return replaced

    replaced = await edges.db.write(job)
    crash_point("import-committed")
    if accepted and found.arrived.mode == "snapshot":
        adopt_lines(edges, found.arrived.source, scratch)
    for held, _ in replaced:
        await finish(edges, held, "held")
    if accepted:
        await applying.remove_ended(edges.db)
    if accepted and found.arrived.mode == "snapshot":
        await edges.db.write(partial(covering.drop_abandoned, source=found.arrived.source))


async def _accept(conn: Connection, edges: IntakeEdges, found: Judged, now: datetime) -> list[tuple[str, str]]:
    """Makes it count; returns the held batches that it replaces."""
    if found.prepared is not None:
        await found.prepared.apply(conn)
    else:
        await versions.move_on(conn)
    profile, summary = profile_of(edges, found.arrived.source), found.summary
    if found.arrived.mode == "snapshot" and profile.kind == "open_items":
        await covering.replace(conn, found.arrived.source, profile, summary.scope, summary.companies)
    replaced = [] if profile.adds_only else await batches.held_up_to(conn, found.arrived, summary.scope)
    reason = phrase(TEXTS, "replaced", edges.house.language, batch=found.arrived.batch_id)
    for held, _ in replaced:
        await batches.set_aside(conn, held, Decision("replaced", reason), now)
    return replaced


async def finish(edges: IntakeEdges, batch_id: str, origin: Folder) -> Receipt:
    """After the commit: receipt, rejects, file to its last folder. Done again, it changes nothing."""
    receipt = await edges.db.read(partial(batches.receipt, batch_id=batch_id))
    await write_receipt(edges.db, edges.folders.of("receipts"), receipt)
    crash_point("import-receipt-written")
    crash_point("import-before-archive")
    if not await asyncio.to_thread(edges.folders.move, receipt.stored_as, origin, HOME[receipt.status]):
        edges.log.warning("stored_file_gone", batch=batch_id, file=repr(receipt.stored_as))
    crash_point("import-archived")
    return receipt
