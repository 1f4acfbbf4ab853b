"""Remarks: what a receipt tells beside its counts, so that a doubt about a file is read where the file is.

Reads the store, the profiles and what outcomes asked for; judges nothing, writes nothing.
Invariant: a remark changes no verdict; each is one sentence with what to do.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from collectord.core.exports.intake import Arrival
from collectord.core.exports.readings import Summary
from collectord.core.exports.source_names import misspelt
from collectord.core.receivables.asked_blocks import Echo
from collectord.core.wording import Texts, phrase
from collectord.edge.store import batches
from collectord.loops.asked_blocks import BLOCK_COLUMNS, echoes
from collectord.loops.asking import profile_of
from collectord.loops.intake_edges import IntakeEdges

TEXTS: Texts = {
    "keyless": (
        "unreadable postings that name an account but no item: {count}, the first in line {line}; whoever they belong to is not called"
        " before a newer list, because a payment may be among them",
        "unlesbare Buchungen mit Konto, aber ohne Posten: {count}, die erste in Zeile {line}; wem sie gehören, der wird vor einer neueren"
        " Liste nicht angerufen, denn es kann eine Zahlung darunter sein",
    ),
    "unknowable": (
        "this export has no column for dunning blocks (dunning_block, dispute): whether accounting set {count} of them that it was asked"
        " for cannot be confirmed by it",
        "Dieser Export hat keine Spalte für Mahnsperren (dunning_block, dispute): ob die Buchhaltung {count} erbetene gesetzt hat, lässt"
        " sich mit ihm nicht bestätigen",
    ),
}


async def remarks(edges: IntakeEdges, arrived: Arrival, summary: Summary, now: datetime) -> tuple[str, ...]:
    """Of a file whose rows were read and whose bad rows are stored."""
    house, profile = edges.house, profile_of(edges, arrived.source)
    found = [misspelt(arrived.source, edges.sources, house.language)] if arrived.source not in edges.sources else []
    if profile.rows.same_item == "sum" and summary.counts.rejected:
        rejects = await edges.db.read(partial(batches.vague_rejects, batch_id=arrived.batch_id))
        if rejects.keyless:
            found.append(phrase(TEXTS, "keyless", house.language, count=rejects.keyless, line=rejects.keyless_line))
    if profile.is_list and arrived.mode == "snapshot" and not BLOCK_COLUMNS.intersection(summary.columns):
        asked = await edges.db.read(partial(echoes, house=house, now=now))
        count = sum(one.source == arrived.source and one.echo in (Echo.WAITING, Echo.UNKNOWABLE) for one in asked)
        if count:
            found.append(phrase(TEXTS, "unknowable", house.language, count=count))
    return tuple(filter(None, found))
