"""Receipts: the two files in receipts/ that tell what became of a batch, the receipt and its rejected rows.

Reads what the store has of the batch, writes both files. Decides nothing.
Invariant: both are always made from the store, whole or not at all, and name every rejected row, however many there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from collectord.core.exports.intake import Receipt, rejected_as_file
from collectord.core.exports.open_items import BadRow
from collectord.core.exports.sheet import lines
from collectord.edge.inbox import GrowingFile, receipt_names, rejects_csv, write_atomically
from collectord.edge.store import batches
from collectord.edge.store.connection import Connection, Database, open_for_reading

ROWS = 1_000  # written at once


async def write_receipt(db: Database, place: Path, receipt: Receipt) -> None:
    """Done again, it changes nothing."""
    name, rejects = receipt_names(receipt.stored_as)
    before, behind = receipt.as_file()
    if not receipt.rejected:
        await asyncio.to_thread(write_atomically, place / name, before + behind)
        return
    with GrowingFile(place / rejects) as table, GrowingFile(place / name) as document:
        table.write(rejects_csv(()))
        document.write(before)
        if receipt.more_rejected:
            await _copy_all(db, receipt.batch, table, document)
        else:
            await asyncio.to_thread(_append, table, document, receipt.rejected, first=True)
        document.write(b"\n  " + behind)
        await asyncio.to_thread(table.finish)
        await asyncio.to_thread(document.finish)


async def _copy_all(db: Database, batch_id: str, table: GrowingFile, document: GrowingFile) -> None:
    async def job(conn: Connection) -> None:
        some, first = list[BadRow](), True
        async for bad in batches.rejects(conn, batch_id):
            some.append(bad)
            if len(some) == ROWS:
                await asyncio.to_thread(_append, table, document, some, first=first)
                some, first = [], False
        if some:
            await asyncio.to_thread(_append, table, document, some, first=first)

    async with open_for_reading(db.path.parent) as own:  # it takes seconds: nobody else waits for it
        await own.read(job)


def _append(table: GrowingFile, document: GrowingFile, rows: Sequence[BadRow], *, first: bool) -> None:
    table.write(lines((str(bad.line), bad.column, bad.value, bad.reason, bad.original) for bad in rows))
    document.write(rejected_as_file(rows, first=first))
