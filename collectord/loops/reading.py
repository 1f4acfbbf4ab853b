"""Reading: one export from its first byte to a scratch database that says how it differs from the ledger.

Reads the file and the ledger, asks core about each row, writes the scratch. Runs in a process of its own; decides nothing about the batch.
Invariant: the ledger is only read, and memory is bounded by a portion of rows, whatever was dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.exports.change_set import Before, Verdict, debtor_digest, merge_debtor
from collectord.core.exports.columns import DEBTOR_COLUMNS
from collectord.core.exports.csv_records import ExportRefused
from collectord.core.exports.open_items import twin_row
from collectord.core.exports.readings import Order, Summary
from collectord.edge.inbox import ExportFile
from collectord.edge.store.scratch import Scratch
from collectord.loops.canonical_rows import CanonicalRows

if TYPE_CHECKING:
    from collectord.loops.interpreted_rows import InterpretedRows

TOGETHER = 500  # debtors or numbers written at once

Tell = Callable[[int, int], None]  # rows, bytes so far


def read_export(order: Order, tell: Tell) -> Summary:
    """Raises OSError when the file cannot be opened; a file that is refused as a whole is an answer."""
    scratch = Scratch(Path(order.scratch), Path(order.ledger))
    try:
        with ExportFile(Path(order.file)) as export:
            try:
                return _read(order, export, scratch, tell)
            except ExportRefused as error:
                return Summary(signature=export.signature, refused=str(error))
    finally:
        scratch.close()


def _read(order: Order, export: ExportFile, scratch: Scratch, tell: Tell) -> Summary:
    rows = _rows(order, export)
    rows.fill(scratch, tell)
    before, scope, quality = Before(), list[str](), dict[str, int]()
    if order.profile.kind == "open_items":
        scratch.settle_twins()
        if scratch.has_twisted():
            _reject_twisted(order, rows, scratch)
        scratch.compare(order.arrived.source, only_new=order.profile.only_new)
        if order.arrived.mode == "snapshot":
            scope = scratch.cover(rows.companies, order.arrived.source)
            absent = Verdict.MISSING if order.profile.absent == "cleared" else Verdict.DOUBTFUL
            scratch.find_missing(order.arrived.source, absent)
            before = scratch.before(order.arrived.source, order.arrived.as_of.isoformat())
        _choose_debtors(order, rows.columns, scratch)
        counts, quality = scratch.counts(), scratch.quality(order.arrived.as_of)
    else:
        counts = scratch.counts_of_said()
    return Summary(
        signature=export.signature, counts=counts, before=before, scope=tuple(scope), as_of=rows.as_of, booked_until=rows.booked_until,
        columns=tuple(sorted(rows.columns)), warnings=rows.warnings, quality=quality,
        unmet=rows.unmet if order.arrived.mode == "snapshot" else (),
    )  # fmt: skip


def _rows(order: Order, export: ExportFile) -> CanonicalRows | InterpretedRows:
    if order.profile.is_canonical and not order.profile.complete.trailer:
        return CanonicalRows(order, export)
    from collectord.loops.interpreted_rows import (
        InterpretedRows,  # its libraries for documents take a second: only who has such files waits
    )

    return InterpretedRows(order, export)


def _reject_twisted(order: Order, rows: CanonicalRows | InterpretedRows, scratch: Scratch) -> None:
    """Rows of one item that say different things: all rejected, with their original lines from a second reading."""
    bad = []
    for line, raw in rows.originals():
        if found := scratch.twisted_at(line):
            key, lines = found
            bad.append(twin_row(line, lines, key, raw, order.language))
            if len(bad) >= TOGETHER:
                scratch.reject(bad)
                bad = []
    scratch.reject(bad)


def _choose_debtors(order: Order, columns: frozenset[str], scratch: Scratch) -> None:
    """One saying for each debtor that changes, its numbers judged."""
    present = columns & frozenset(DEBTOR_COLUMNS)
    whole = len(present) == len(DEBTOR_COLUMNS)
    scratch.choose_plain(whole=whole)
    mixed = (
        (key, merged)
        for key, sayings, known in scratch.mixed(whole=whole)
        if debtor_digest(merged := merge_debtor(sayings, known.debtor if known else None, present)) != (known.digest if known else None)
    )
    while portion := list(islice(mixed, TOGETHER)):
        scratch.choose(portion)
    numbers = (
        (n, to_dial_number(raw, position, country or order.country, order.language))
        for n, country, *phones in scratch.telephones()
        for position, raw in enumerate(phones, 1)
        if raw
    )
    while some := list(islice(numbers, TOGETHER)):
        scratch.add_numbers(some)
