"""Second reading: a file that is of two sources at once is carried as both, as the other one first, from a copy with a batch of its own.

Copies the file within the folders, notes the copy, hands both to loops/verdicts. Judges neither.
Invariant: whatever becomes of the copy, the file gets its own reading; after a crash both are done again, and what was read before is a
duplicate.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from functools import partial

from collectord.core.exports.intake import Arrival, Receipt
from collectord.core.exports.source_profiles import Profile, reads_both
from collectord.edge import inbox
from collectord.edge.crash import crash_point
from collectord.edge.store import batches
from collectord.loops import verdicts
from collectord.loops.intake_edges import IntakeEdges


async def carry(edges: IntakeEdges, arrived: Arrival, now: datetime) -> list[Receipt]:
    """A file in processing to its verdict, or its verdicts; its own comes last. Raises OSError."""
    also = reads_both(edges.sources, edges.sources.get(arrived.source))
    receipts = [await _carry_copy(edges, arrived, also, now)] if also else []
    return [*receipts, await verdicts.carry(edges, arrived, now)]


async def _carry_copy(edges: IntakeEdges, arrived: Arrival, also: Profile, now: datetime) -> Receipt:
    batch_id = edges.new_id()
    stored_as = inbox.stored_name(arrived.file, batch_id)
    copy = replace(arrived, batch_id=batch_id, stored_as=stored_as, source=also.name, mode=also.mode or arrived.mode)
    await edges.db.write(partial(batches.add, arrived=copy, now=now))
    crash_point("import-copy-noted")
    try:
        original = edges.folders.of("processing") / arrived.stored_as
        await asyncio.to_thread(inbox.copy_in, edges.folders, original, stored_as)
    except OSError:
        await edges.db.write(partial(batches.drop, batch_id=batch_id))
        raise
    crash_point("import-copied")
    return await verdicts.carry(edges, copy, now)
