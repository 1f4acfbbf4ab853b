"""Held batches: a person accepts one or discards it.

Reads the batch and its file, hands them to loops/verdicts. Judges only whether the command can be carried out.
Invariant: what is accepted are the bytes that were held.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

from collectord.core.exports.intake import TEXTS, Decision, IntakeRefused, Receipt
from collectord.core.wording import phrase
from collectord.edge import inbox
from collectord.edge.store import batches
from collectord.loops import verdicts
from collectord.loops.asking import profile_of
from collectord.loops.intake_edges import IntakeEdges, turn_of


async def accept_batch(edges: IntakeEdges, batch_id: str, now: datetime) -> Receipt:
    """Releases a held batch. Raises IntakeRefused when it is not held, older than what was accepted since, or its file was changed."""
    async with turn_of(edges).lock:
        held = await _held(edges, batch_id)
        language = edges.house.language
        newest = await edges.db.read(partial(batches.newest_beside, batch_id=batch_id, source=held.arrived.source))
        if newest and not profile_of(edges, held.arrived.source).adds_only and held.arrived.as_of < newest:
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
