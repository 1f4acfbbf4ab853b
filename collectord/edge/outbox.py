"""The outbox: files for accounting, written so that a half one is never seen.

Owns the form of outcomes-*.csv (CONTRACT 9) and corrections-*.csv and their way onto the disk. Decides neither when nor what.
Invariant: a file appears under its name complete and on disk, by one rename; the same lines always make the same bytes.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.exports.sheet import cell

COLUMNS = (
    "outcome_id", "at", "company", "debtor_no", "debtor_name", "item_no", "disposition", "promise_amount", "currency", "promise_on",
    "dunning_block_until", "dispute_reason", "note", "agent", "attempt_id",
)  # fmt: skip
CORRECTION_COLUMNS = (
    "correction_id", "at", "company", "debtor_no", "debtor_name", "field", "old_value", "new_value", "agent", "note",
)  # fmt: skip


class OutboxUnwritable(Exception):
    """The outbox cannot take the file; one sentence. Nothing is lost: the next export writes it."""


def file_name(stem: str, at: datetime, zone: str) -> str:
    """`outcomes-20261123-101500.csv`, in the house's time."""
    return f"{stem}-{at.astimezone(ZoneInfo(zone)):%Y%m%d-%H%M%S}.csv"


def render(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = COLUMNS) -> bytes:
    """UTF-8 with BOM, `;`, one line a row; a cell that a spreadsheet would run as a formula gets an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    text = "".join(" " if letter < " " or letter == "\x7f" else letter for letter in text)
    return cell(text)


def is_taken(folder: Path, name: str) -> bool:
    return os.path.lexists(folder / name) or os.path.lexists(_staged(folder, name))


def stage(folder: Path, name: str, data: bytes) -> None:
    """Writes the complete file under a temporary name and makes it last. Raises OutboxUnwritable."""
    temporary = _staged(folder, name)
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _sync(folder)
    except OSError as error:
        raise OutboxUnwritable(f"{temporary}: {error.strerror or error}; check the exchange folder") from error


def publish(folder: Path, name: str) -> bool:
    """Gives the staged file its name. False when that was done before: whoever fetched it may have taken it away already."""
    try:
        os.rename(_staged(folder, name), folder / name)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutboxUnwritable(f"{folder / name}: {error.strerror or error}; check the exchange folder") from error
    _sync(folder)
    return True


def _staged(folder: Path, name: str) -> Path:
    return folder / f".{name}.tmp"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
