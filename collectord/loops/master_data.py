"""Master data: what an export of debtors' own data changes, and the taking over of it.

Reads the checked rows and what is known, asks core/exports/master_rows and core/contact/corrections, writes in the batch's commit.
Invariant: nothing is cleared, and no debtor is made callable or uncallable, by a debtor's absence from such a file.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from collectord.core.contact.corrections import overlay
from collectord.core.exports.change_set import Counts, Verdict
from collectord.core.exports.intake import Arrival
from collectord.core.exports.master_rows import MasterSaid, gather, merged, merged_persons
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store import batches, master
from collectord.edge.store.connection import Connection
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.prepared import Prepared

ROWS = 500  # checked rows put together, and …
DEBTORS = 25  # … debtors compared between two breaths of the event loop: a few milliseconds


async def prepare(edges: IntakeEdges, arrived: Arrival, rows: Sequence[tuple[int, tuple[str, ...]]], now: datetime) -> Prepared:
    """Compares with what is known. `extra`: how many debtors and contact persons the file names."""
    said = await _gathered(rows)
    verdicts: Counter[str] = Counter()
    changes: list[master.MasterChange] = []
    for start in range(0, len(said), DEBTORS):
        portion = said[start : start + DEBTORS]
        found = await edges.db.read(partial(_known, keys=[_key(one) for one in portion]))
        for one, known in zip(portion, found, strict=True):
            change, verdict = _compare(one, known, arrived.mode, edges.house)
            verdicts[verdict] += len(one.lines)
            if change is not None:
                changes.append(change)
        await asyncio.sleep(0)
    keys = [_key(one) for one in said]

    async def apply(conn: Connection) -> None:
        await master.put(conn, changes, arrived.source, arrived.batch_id, edges.house)
        await master.settle_rejects(conn, keys, arrived.source, arrived.batch_id)

    rejected = await edges.db.read(partial(batches.count_rejects, batch_id=arrived.batch_id))
    persons = sum(len(one.persons) for one in said)
    return Prepared(
        counts=Counts(verdicts=dict(verdicts), rejected=rejected), apply=apply, extra={"debtors": len(said), "contact_persons": persons}
    )


async def _gathered(rows: Sequence[tuple[int, tuple[str, ...]]]) -> list[MasterSaid]:
    """Sorted by debtor and put together in slices that end between two debtors."""
    said: list[MasterSaid] = []
    ordered = sorted(rows, key=lambda row: (row[1][:2], row[0]))
    start = 0
    while start < len(ordered):
        end = min(start + ROWS, len(ordered))
        while end < len(ordered) and ordered[end][1][:2] == ordered[end - 1][1][:2]:
            end += 1
        said += gather(ordered[start:end])
        await asyncio.sleep(0)
        start = end
    return said


def _compare(said: MasterSaid, known: master.KnownMaster, mode: str, house: House) -> tuple[master.MasterChange | None, Verdict]:
    """What the file changes about this debtor; None: nothing."""
    before = known.master or {}
    fields = merged(before, said.fields, mode=mode)
    persons = merged_persons(known.persons, said.persons, mode=mode)
    if known.master is not None and fields == dict(before) and persons == known.persons:
        return None, Verdict.UNCHANGED
    country = fields.get("country") or known.country(house)
    over = overlay(fields, persons, (), country, house.language)
    change = master.MasterChange(_key(said), fields, None if persons == known.persons else persons, over)
    return change, Verdict.OPENED if known.master is None else Verdict.CHANGED


async def _known(conn: Connection, keys: Sequence[DebtorKey]) -> list[master.KnownMaster]:
    return [await master.known(conn, key) for key in keys]


def _key(said: MasterSaid) -> DebtorKey:
    return DebtorKey(said.company, said.debtor_no)
