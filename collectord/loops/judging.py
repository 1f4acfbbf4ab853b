"""Judging: one claimed file looked at, read, and judged, before anything of it counts.

Reads file, history and the reader's answer, asks core/exports/intake. Writes nothing but what the batch itself is known by.
Invariant: the verdict stands before the ledger is touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from collectord.core.exports.change_set import Counts, odd_size, shrinks
from collectord.core.exports.freshness import Earlier
from collectord.core.exports.intake import TEXTS, Arrival, Decision, first_look, judge
from collectord.core.exports.readings import Summary
from collectord.core.exports.source_names import without_profile
from collectord.core.exports.source_profiles import Profile
from collectord.core.wording import phrase
from collectord.edge.crash import crash_point
from collectord.edge.inbox import MAX_BYTES, ExportFile
from collectord.edge.store import batches, versions
from collectord.loops import master_data, payments
from collectord.loops.applying import put_rejects
from collectord.loops.asking import ask, profile_of
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.prepared import Prepared
from collectord.loops.remarks import remarks
from collectord.loops.what_changes import what_changes

NOTHING_READ = Summary()
PREPARE = {"payments": payments.prepare, "master_data": master_data.prepare}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a file came to. `counts` None: no row of it was read."""

    arrived: Arrival  # with what the file says about itself
    decision: Decision
    counts: Counts | None = None
    summary: Summary = NOTHING_READ
    prepared: Prepared | None = None  # of other kinds than open items
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys of the receipt beside those that every kind has
    original: Earlier | None = None  # of a duplicate
    steady: bool = True  # nobody wrote to the file meanwhile


async def judged(edges: IntakeEdges, arrived: Arrival, export: ExportFile, scratch: Path, now: datetime) -> Judged:
    """From the first byte to the verdict. Raises OSError."""
    house, profile = edges.house, profile_of(edges, arrived.source)
    if export.size > MAX_BYTES:
        return Judged(arrived=arrived, decision=Decision("rejected", phrase(TEXTS, "too_big", house.language, limit=MAX_BYTES)))
    digest = await asyncio.to_thread(export.digest)
    await edges.db.write(partial(batches.drop_rejects, batch_id=arrived.batch_id))  # of an earlier try
    await edges.db.write(partial(batches.set_digest, batch_id=arrived.batch_id, digest=digest, size=export.size))
    crash_point("import-hashed")
    history = await edges.db.read(partial(batches.history, source=arrived.source, digest=digest))

    def look(at: Arrival, past: batches.History) -> Decision | None:
        # An older statement, or another account's, is full of news, and so is the invoice of the day before.
        same, newest = (None, None) if profile.adds_only else (past.same, past.newest)
        return first_look(
            at, digest, latest=past.latest, same_bytes=same, newest_as_of=newest, today=house.today(now), language=house.language
        )

    first = look(arrived, history)
    if first and first.status != "held" and (first.status == "duplicate" or not _may_say_its_day(profile, arrived)):
        return Judged(arrived=arrived, decision=first, original=history.latest if first.status == "duplicate" else None)
    summary = await ask(edges, arrived, export, scratch)
    if summary.signature != export.signature or export.changed():
        return Judged(arrived=arrived, decision=Decision("rejected", phrase(TEXTS, "restless", house.language)), steady=False)
    if summary.refused:
        reasons = (summary.refused, without_profile(arrived.source, edges.sources, house.language))
        return Judged(arrived=arrived, decision=Decision("rejected", "; ".join(filter(None, reasons))))
    crash_point("import-read")
    arrived = arrived.told(summary.as_of)
    history = await edges.db.read(partial(batches.history, source=arrived.source, digest=digest, companies=summary.scope))
    second = look(arrived, history)
    if second and second.status != "held":
        return Judged(arrived=arrived, decision=second, original=history.latest if second.status == "duplicate" else None)
    if summary.counts.rejected:
        await put_rejects(edges.db, scratch, arrived)
    prepared, counts, summary = await counted(edges, arrived, summary, scratch, now)
    decision = second or (prepared and prepared.decision) or await _verdict(edges, arrived, export.size, profile, summary, counts)
    extra = prepared.extra if prepared else {}
    if decision.status == "held" and prepared is None:
        extra = await what_changes(edges, arrived.source, summary.before, scratch)
    return Judged(arrived=arrived, decision=decision, counts=counts, summary=summary, prepared=prepared, extra=extra)


def _may_say_its_day(profile: Profile, arrived: Arrival) -> bool:
    """Only reading tells whether the file itself carries another day than its name."""
    return arrived.as_of_from != "option" and (profile.as_of is not None or profile.special != "")


async def counted(
    edges: IntakeEdges, arrived: Arrival, summary: Summary, scratch: Path, now: datetime
) -> tuple[Prepared | None, Counts, Summary]:  # fmt: skip
    """Other kinds than open items are compared with the store by their own loops. The summary comes back with what is to be told."""
    told = (*summary.warnings, *await remarks(edges, arrived, summary, now))
    prepare = PREPARE.get(profile_of(edges, arrived.source).kind)
    if prepare is None:
        return None, summary.counts, replace(summary, warnings=told)
    async with edges.db.beside(scratch, versions.SCRATCH):
        rows = await edges.db.write(versions.said)
    prepared = await prepare(edges, arrived, rows, now)
    counts = replace(prepared.counts, rejected=summary.counts.rejected)
    return prepared, counts, replace(summary, warnings=(*told, *prepared.warnings))


async def _verdict(edges: IntakeEdges, arrived: Arrival, size: int, profile: Profile, summary: Summary, counts: Counts) -> Decision:
    language = edges.house.language
    if summary.unmet:
        return Decision("held", "; ".join(summary.unmet))
    if profile.rows.same_item == "sum" and summary.counts.rejected:
        vague = await edges.db.read(partial(batches.vague_rejects, batch_id=arrived.batch_id))
        if vague.nobodys:
            return Decision("held", phrase(TEXTS, "nobodys_posting", language, line=vague.nobodys_line, count=vague.nobodys))
    earlier = await edges.db.read(partial(batches.sizes, source=arrived.source))
    doubt = shrinks(counts, summary.before, edges.house, language, profile.guards) or odd_size(
        size, earlier, arrived.mode, language, profile.guards
    )
    return judge(arrived.mode if profile.kind == "open_items" else "delta", counts, doubt, language)
