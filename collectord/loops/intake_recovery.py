"""After a crash: every file to where its batch's verdict says, unfinished ones once more.

Reads folders and store, moves files, writes receipts again. Judges nothing anew: an unfinished file takes its ordinary course.
Invariant: done again, it changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from collectord.core.exports.intake import TEXTS, Arrival, Decision
from collectord.core.wording import phrase
from collectord.edge.store import batches
from collectord.loops import applying, second_reading, verdicts
from collectord.loops.asking import clear_scratches
from collectord.loops.intake_edges import IntakeEdges, turn_of


async def recover(edges: IntakeEdges, now: datetime) -> None:
    """At start, before the first turn of the inbox."""
    async with turn_of(edges).lock:
        edges.folders.create()
        edges.folders.clear_leftovers()
        clear_scratches(edges)
        await applying.settle(edges.db)
        for batch_id, stored_as in await edges.db.read(partial(batches.in_status, status="staging")):
            if edges.folders.has(stored_as, "processing"):
                await _again(edges, batch_id, now)
            else:
                await edges.db.write(partial(batches.drop, batch_id=batch_id))
        for batch_id, stored_as in edges.folders.stored("processing"):
            await _settle(edges, batch_id, stored_as, now)
        for batch_id, _ in edges.folders.stored("held"):
            stored = await edges.db.read(partial(batches.stored, batch_id=batch_id))
            if stored and stored.status != "held":
                await verdicts.finish(edges, batch_id, "held")


async def settle(edges: IntakeEdges, now: datetime) -> None:
    """What a fault of the exchange folders left half done is carried on as after a crash, as soon as they answer."""
    turn = turn_of(edges)
    if turn.unsettled and not turn.unreachable:
        turn.unsettled = False
        try:
            await recover(edges, now)
        except OSError as error:
            turn.unsettled = True
            turn.complain(edges, edges.folders.root, error.strerror or str(error))


async def _again(edges: IntakeEdges, batch_id: str, now: datetime) -> None:
    stored = await edges.db.read(partial(batches.stored, batch_id=batch_id))
    if stored:
        await second_reading.carry(edges, stored.arrived, now)


async def _settle(edges: IntakeEdges, batch_id: str, stored_as: str, now: datetime) -> None:
    """A file still in processing although its batch is decided, or although nobody knows it (after a restore)."""
    if await edges.db.read(partial(batches.stored, batch_id=batch_id)) is None:
        arrived = Arrival(
            batch_id=batch_id,
            file=stored_as,
            stored_as=stored_as,
            source="unknown",
            mode="snapshot",
            as_of=edges.house.today(now),
            as_of_from="arrival",
        )
        await edges.db.write(partial(batches.add, arrived=arrived, now=now))
        decision = Decision("rejected", phrase(TEXTS, "orphan", edges.house.language))
        await edges.db.write(partial(batches.set_aside, batch_id=batch_id, decision=decision, now=now))
    await verdicts.finish(edges, batch_id, "processing")
