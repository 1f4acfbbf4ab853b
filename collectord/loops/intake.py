"""Intake: takes files from the inbox or from a command, one after the other, and lets people decide about held ones.

Reads folders, asks core where a file belongs, notes it before touching it, hands it to loops/verdicts. Serial: one import at a time.
Invariant: a file is noted in the store before it moves, so that after a crash it is known where it came from.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from functools import partial
from pathlib import Path

from collectord.core.exports.intake import TEXTS, Decision, IntakeRefused, Receipt, arrival, day_in_name, is_source
from collectord.core.wording import phrase
from collectord.edge import inbox
from collectord.edge.crash import crash_point
from collectord.edge.store import batches
from collectord.loops import verdicts
from collectord.loops.intake_edges import IntakeEdges as IntakeEdges
from collectord.loops.intake_edges import turn_of
from collectord.loops.intake_recovery import recover as recover

FILES_PER_TURN = 50  # of a heap in the inbox; the next turn goes on


async def import_file(
    edges: IntakeEdges, path: Path, *, source: str | None, mode: str | None, as_of: date | None, now: datetime, copy: bool = True
) -> Receipt:
    """One file that a person names. Raises IntakeRefused, or OSError when it cannot be read. `copy` leaves the original where it is."""
    async with turn_of(edges).lock:
        return await _take(edges, path, "", source, mode, as_of, now, copy=copy)


async def take_inbox(edges: IntakeEdges, now: datetime) -> list[Receipt]:
    """One turn of the inbox: the files that are complete, oldest export first."""
    turn, receipts = turn_of(edges), list[Receipt]()
    async with turn.lock:
        try:
            found = await asyncio.to_thread(inbox.ready, edges.folders, turn.sightings, is_source, now)
        except OSError as error:
            turn.complain(edges, edges.folders.inbox, error.strerror or str(error))
            return []
        for path, why in turn.sightings.complaints.items():
            turn.complain(edges, path, why)
        today = edges.house.today(now)
        found.sort(key=lambda file: (day_in_name(file.path.name) or today, file.mtime_ns, file.path.name))
        for file in found[:FILES_PER_TURN]:
            try:
                receipts.append(await _take(edges, file.path, file.folder, None, None, None, now, copy=False))
            except OSError as error:
                turn.complain(edges, file.path, error.strerror or str(error))
    return receipts


async def _take(
    edges: IntakeEdges, path: Path, folder: str, source: str | None, mode: str | None, as_of: date | None, now: datetime, *, copy: bool
) -> Receipt:
    """Note, move (or copy), carry."""
    batch_id = edges.new_id()
    stored_as = inbox.stored_name(path.name, batch_id)
    arrived = arrival(
        batch_id=batch_id, name=inbox.shown_name(path.name), stored_as=stored_as, folder=folder, source=source, mode=mode, as_of=as_of,
        today=edges.house.today(now), language=edges.house.language,
    )  # fmt: skip
    await edges.db.write(partial(batches.add, arrived=arrived, now=now))
    crash_point("import-noted")
    try:
        await asyncio.to_thread(inbox.copy_in if copy else inbox.claim, edges.folders, path, stored_as)
    except OSError:
        await edges.db.write(partial(batches.drop, batch_id=batch_id))
        raise
    crash_point("import-claimed")
    return await verdicts.carry(edges, arrived, now)


async def accept_batch(edges: IntakeEdges, batch_id: str, now: datetime) -> Receipt:
    """Releases a held batch. Raises IntakeRefused when it is not held, older than what was accepted since, or its file was changed."""
    async with turn_of(edges).lock:
        held = await _held(edges, batch_id)
        language = edges.house.language
        _, _, newest = await edges.db.read(partial(batches.history, source=held.arrived.source, digest=held.digest))
        if newest and held.arrived.as_of < newest:
            raise IntakeRefused(phrase(TEXTS, "stale", language, as_of=held.arrived.as_of, latest=newest))
        tampered = IntakeRefused(phrase(TEXTS, "tampered", language, file=held.arrived.stored_as))
        try:
            export = inbox.ExportFile(edges.folders.of("held") / held.arrived.stored_as)
        except OSError as error:
            raise tampered from error
        with export:
            if await asyncio.to_thread(export.digest) != held.digest:
                raise tampered
            return await verdicts.accept(edges, held.arrived, export, now)


async def reject_batch(edges: IntakeEdges, batch_id: str, now: datetime) -> Receipt:
    """Discards a held batch. Raises IntakeRefused when it is not held."""
    async with turn_of(edges).lock:
        await _held(edges, batch_id)
        decision = Decision("rejected", phrase(TEXTS, "by_person", edges.house.language))
        await edges.db.write(partial(batches.set_aside, batch_id=batch_id, decision=decision, now=now))
        return await verdicts.finish(edges, batch_id, "held")


async def _held(edges: IntakeEdges, batch_id: str) -> batches.Stored:
    stored = await edges.db.read(partial(batches.stored, batch_id=batch_id))
    if stored is None:
        raise IntakeRefused(phrase(TEXTS, "no_batch", edges.house.language, batch=batch_id))
    if stored.status != "held":
        raise IntakeRefused(phrase(TEXTS, "not_held", edges.house.language, batch=batch_id, status=stored.status))
    return stored
