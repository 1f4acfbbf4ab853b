"""What changes: what a held batch would do to the ledger, for the person who decides.

Reads the batch's scratch database beside the ledger, in a thread. Judges nothing.
Invariant: nothing is written; a batch of another kind than open items has no such difference.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from collectord.core.exports.change_set import Before
from collectord.edge.store.differences import difference
from collectord.loops.intake_edges import IntakeEdges


async def what_changes(edges: IntakeEdges, source: str, before: Before, scratch: Path) -> dict[str, Any]:
    """The receipt's key `difference`."""
    found = await asyncio.to_thread(difference, scratch, edges.db.path, source, before)
    return {"difference": found.as_json(edges.house.language)}
