"""Reading a claimed export into staging: good rows compared with the ledger, bad rows with their reasons.

Reads the file and the ledger in small portions, asks core about each row, writes staged rows. Decides nothing about the batch as a whole.
Invariant: the event loop is never held for longer than a slice of rows, and nothing it writes is visible to anyone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

from collectord.core.exports.change_set import Verdict, classify, debtor_digest
from collectord.core.exports.columns import Header, read_header
from collectord.core.exports.csv_records import Decoder, Record, Records, refuse_by_magic
from collectord.core.exports.intake import Arrival
from collectord.core.exports.open_items import BadRow, DebtorFields, GoodRow, RowReader, twin_row
from collectord.core.house import House
from collectord.core.wording import Language
from collectord.edge.crash import crash_point
from collectord.edge.inbox import ExportFile
from collectord.edge.store import batches, staging
from collectord.edge.store.connection import Connection, Database

SLICE = 100  # rows parsed before other tasks get their turn: about 1 ms
CHUNK = 2_000  # rows written in one transaction: about 10 ms of the writer
REMEMBERED = 20_000  # debtors' sayings known to be staged already


@dataclass
class Staged:
    """What is remembered of a file while it is read; bounded by companies and contradictions, not by rows."""

    header: Header
    companies: set[str] = field(default_factory=set)
    contradicted: set[staging.Key] = field(default_factory=set)
    said: set[tuple[str, str, DebtorFields]] = field(default_factory=set)


async def slices_of(export: ExportFile, language: Language) -> AsyncIterator[list[Record]]:
    """Every record in slices, the header first; other tasks run in between. Raises ExportRefused."""
    export.rewind()
    decoder, records = Decoder(language), Records(language)
    block = await asyncio.to_thread(export.read)
    refuse_by_magic(block, language)
    portion: list[Record] = []
    while block:
        for record in records.feed(decoder.feed(block)):
            portion.append(record)
            if len(portion) >= SLICE:
                yield portion
                portion = []
                await asyncio.sleep(0)
        block = await asyncio.to_thread(export.read)
    decoder.feed(b"", final=True)
    yield [*portion, *records.finish()]


async def stage_rows(db: Database, house: House, arrived: Arrival, export: ExportFile, *, first_reading: bool) -> Staged:
    """All rows of the file into staging. Raises ExportRefused.

    Not the first reading (a held batch is accepted): its rejected rows are in the store already.
    """
    staged: Staged | None = None
    reader: RowReader | None = None
    chunk: list[GoodRow | BadRow] = []
    async for records in slices_of(export, house.language):
        if reader is None or staged is None:
            if not records:
                refuse_by_magic(b"", house.language)  # nothing but empty lines: an empty file
            staged = Staged(read_header(records[0], house.language))
            reader = RowReader(staged.header, arrived.as_of, house.language)
            records = records[1:]
        chunk += filter(None, map(reader.read, records))
        if len(chunk) >= CHUNK:
            await _write_chunk(db, arrived, chunk, staged, first_reading=first_reading)
            chunk = []
    assert staged is not None  # slices_of yields at least once
    await _write_chunk(db, arrived, chunk, staged, first_reading=first_reading)
    if staged.contradicted:
        await db.write(lambda conn: staging.twist(conn, arrived.batch_id, staged.contradicted))
        if first_reading:
            await _reject_contradictions(db, house, arrived, export)
    return staged


async def _write_chunk(db: Database, arrived: Arrival, chunk: list[GoodRow | BadRow], staged: Staged, *, first_reading: bool) -> None:
    good = [row for row in chunk if isinstance(row, GoodRow)]
    bad = [row for row in chunk if isinstance(row, BadRow)]
    keys = list({row.key for row in good})
    known, digests = await db.read(partial(staging.look_up, batch_id=arrived.batch_id, keys=keys))
    items, sayings = [], []
    for position, row in enumerate(good):
        if position % SLICE == 0:
            await asyncio.sleep(0)
        key = row.key
        if key not in digests:
            digests[key] = row.digest
            verdict = classify(row, known.get(key), arrived.source)
        elif digests[key] == row.digest:
            verdict = Verdict.TWIN
        else:
            verdict = Verdict.TWISTED
            staged.contradicted.add(key)
        items.append(staging.item_row(arrived.batch_id, row, verdict, known.get(key)))
        staged.companies.add(row.company)
        saying = (row.company, row.debtor_no, row.debtor)
        if saying not in staged.said:
            staged.said.add(saying)
            sayings.append(
                staging.debtor_row(arrived.batch_id, row.company, row.debtor_no, debtor_digest(row.debtor), row.line, row.debtor)
            )
    if len(staged.said) > REMEMBERED:
        staged.said.clear()

    async def write(conn: Connection) -> None:
        await staging.stage_items(conn, items)
        crash_point("import-mid-chunk")
        await staging.stage_debtors(conn, sayings)
        if first_reading:
            await batches.add_rejects(conn, arrived, bad)

    await db.write(write)
    crash_point("import-chunk-staged")


async def _reject_contradictions(db: Database, house: House, arrived: Arrival, export: ExportFile) -> None:
    """Rows of one item that say different things: all rejected, with their original lines from a second reading."""
    keys = await db.read(partial(staging.twisted, batch_id=arrived.batch_id))
    lines: dict[staging.Key, list[int]] = {}
    for line, key in keys.items():
        lines.setdefault(key, []).append(line)
    async for records in slices_of(export, house.language):
        found = [(record, keys[record.line]) for record in records if record.line in keys]
        bad = [twin_row(record.line, lines[key], key, record.raw, house.language) for record, key in found]
        if bad:
            await db.write(partial(batches.add_rejects, arrived=arrived, rows=bad))
