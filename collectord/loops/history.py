"""Import of an old system's contact history, so that limits hold from the first day.

Reads the file, asks core/contact/history_file what each row means, writes contacts and wishes in transactions of some hundred rows.
Invariant: identical rows count once, so that the same file may be imported again after whatever stopped it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from collectord.core.contact.facts import Fact, FactKind
from collectord.core.contact.history_file import BadRow, HistoryRefused, HistoryRow, read_columns, read_rows
from collectord.core.exports.csv_records import Decoder, ExportRefused, Record, Records, refuse_by_magic
from collectord.core.house import House
from collectord.edge.store import facts
from collectord.edge.store.connection import Connection, Database

LARGEST = 500_000_000  # bytes
AT_ONCE = 500  # rows of one transaction: other writers wait no longer than that
SHOWN = 1_000  # bad rows told one by one

__all__ = ["HistoryRefused", "import_history"]


async def import_history(db: Database, house: House, path: Path, now: datetime, *, opened: int | None = None) -> dict[str, Any]:
    """`opened`: the file's descriptor, where this process may not open it itself.

    `{"file", "rows", "counted", "duplicate", "rejected": [{"line", "column", "value", "reason"}]}`. Raises HistoryRefused.
    """
    rows = _read(path, opened, house, now)
    counted = duplicate = refused = 0
    bad: list[BadRow] = []
    while True:
        try:
            chunk = list(islice(rows, AT_ONCE))
        except ExportRefused as error:
            raise HistoryRefused(f"{path.name}: {error}") from error
        if not chunk:
            break
        wrong = [row for row in chunk if isinstance(row, BadRow)]
        refused += len(wrong)
        bad += wrong[: SHOWN - len(bad)]
        good = [row for row in chunk if isinstance(row, HistoryRow)]
        new = await db.write(lambda conn, good=good: _store(conn, good))  # type: ignore[misc]
        counted, duplicate = counted + new, duplicate + len(good) - new
    return {
        "file": path.name,
        "rows": counted + duplicate + refused,
        "counted": counted,
        "duplicate": duplicate,
        "refused": refused,
        "rejected": [{"line": row.line, "column": row.column, "value": row.value, "reason": row.reason} for row in bad],
    }


async def _store(conn: Connection, rows: Sequence[HistoryRow]) -> int:
    """Writes contacts and wishes; tells how many contacts were new."""
    new = 0
    for row in rows:
        contact = row.contact
        added = await facts.add_contact(conn, contact)
        new += added
        if added and row.wish:
            name = f"{contact.key}\x1f{contact.at.isoformat()}\x1f{row.wish}"
            wish = Fact(
                id="h" + hashlib.sha256(name.encode()).hexdigest()[:31],
                at=contact.at,
                company=contact.company,
                debtor_no=contact.debtor_no,
                kind=FactKind.WISH,
                value=row.wish,
                reason=contact.note,
                actor="import-history",
            )
            await facts.add_fact(conn, wish)
    return new


def _read(path: Path, opened: int | None, house: House, now: datetime) -> Iterator[HistoryRow | BadRow]:
    records = _records(path, opened, house)
    header = next(records, None)
    if header is None:
        raise HistoryRefused(f"{path.name}: the file is empty")
    yield from read_rows(records, read_columns(header, house.language), house, now)


def _records(path: Path, opened: int | None, house: House) -> Iterator[Record]:
    """The file's records, read in blocks. Raises HistoryRefused when it cannot be opened."""
    try:
        status = path.stat() if opened is None else os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            raise HistoryRefused(f"{path}: this is no file")
        if status.st_size > LARGEST:
            raise HistoryRefused(f"{path}: larger than {LARGEST} bytes; split it")
        decoder, records = Decoder(house.language), Records(house.language)
        with path.open("rb") if opened is None else os.fdopen(os.dup(opened), "rb") as file:
            file.seek(0)
            block = file.read(1 << 16)
            refuse_by_magic(block, house.language)
            while block:
                yield from records.feed(decoder.feed(block))
                block = file.read(1 << 16)
        yield from records.feed(decoder.feed(b"", final=True))
        yield from records.finish()
    except FileNotFoundError:
        raise HistoryRefused(f"{path}: there is no such file") from None
    except OSError as error:
        raise HistoryRefused(f"{path}: {error.strerror}") from error
