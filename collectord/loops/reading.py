"""Reading: one export from its first byte to a scratch database that says how it differs from the ledger.

Reads the file and the ledger, asks core about each row, writes the scratch. Runs in a process of its own; decides nothing about the batch.
Invariant: the ledger is only read, and memory is bounded by a portion of rows, whatever was dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from collectord.core.exports.change_set import Before, Counts, Verdict
from collectord.core.exports.csv_records import ExportRefused
from collectord.core.exports.open_items import twin_row
from collectord.core.exports.readings import Order, Summary
from collectord.edge.crash import crash_point
from collectord.edge.inbox import ExportFile
from collectord.edge.line_hashes import Recorder
from collectord.edge.store.scratch import Scratch
from collectord.loops.canonical_rows import CanonicalRows
from collectord.loops.changed_lines import ChangedLines
from collectord.loops.chosen_debtors import choose_debtors, judge_numbers

if TYPE_CHECKING:
    from collectord.loops.interpreted_rows import InterpretedRows

TOGETHER = 500  # rejected rows written at once

Tell = Callable[[int, int], None]  # rows, bytes so far


def read_export(order: Order, tell: Tell) -> Summary:
    """Raises OSError when the file cannot be opened; a file that is refused as a whole is an answer."""
    with ExportFile(Path(order.file)) as export:
        for way in (_stretch,) if order.stretch else (_everything,) if order.half else (_what_changed, _everything):
            half = Path(order.half) if order.half else None
            scratch, recorder = Scratch(Path(order.scratch), Path(order.ledger), half), Recorder(lines_of(order.scratch))
            try:
                found = way(order, export, scratch, tell, recorder)
            except ExportRefused as error:
                found = Summary(signature=export.signature, refused=str(error))
            finally:
                recorder.drop()
                scratch.close()
            if found is not None:
                return found
    raise AssertionError("the second way always comes to something")


def _what_changed(order: Order, export: ExportFile, scratch: Scratch, tell: Tell, recorder: Recorder) -> Summary | None:
    """Only the records that the latest snapshot did not have. None where that is not sure to come to the same."""
    if not _is_bulk(order):
        return None
    changed = ChangedLines(order, export, scratch)
    if not changed.fill(tell, recorder):
        return None
    rows = changed.rows
    if scratch.gather_covered(order.profile, order.arrived.told(rows.as_of), rows.booked_until):
        return None
    scratch.compare(order.arrived.source, only_new=False)
    before = scratch.before(order.arrived.source, order.arrived.as_of.isoformat())
    choose_debtors(order, rows.columns, scratch)
    counts = scratch.counts_with(changed.unparsed, changed.before)
    _keep(order, rows, scratch, recorder, Counter(changed.staying) + Counter(scratch.items_by_company()))
    found = _summary(order, export, rows, counts, before, changed.scope, scratch.reach(), scratch.quality(order.arrived.as_of))
    return replace(found, parsed=counts.rows - changed.unparsed)


def _stretch(order: Order, export: ExportFile, scratch: Scratch, tell: Tell, recorder: Recorder) -> Summary:
    """Half of a large file into a scratch of its own, so that two readers share the work."""
    CanonicalRows(order, export).fill(scratch, tell, recorder)
    judge_numbers(order, scratch)
    recorder.keep({})
    return Summary(signature=export.signature)


def lines_of(scratch: str) -> Path:
    return Path(scratch).with_suffix(".lines")


def _everything(order: Order, export: ExportFile, scratch: Scratch, tell: Tell, recorder: Recorder) -> Summary:
    rows = _rows(order, export)
    if order.half and isinstance(rows, CanonicalRows):
        rows.read_header()
        for part in (order.scratch, order.half):
            recorder.take_over(lines_of(part))
    else:
        rows.fill(scratch, tell, recorder)
    crash_point("reader-filled")
    if order.profile.kind != "open_items":
        return _summary(order, export, rows, scratch.counts_of_said(), Before(), (), (), {})
    before, scope, reach = Before(), list[str](), tuple[str, ...]()
    scratch.settle_twins()
    if scratch.has_twisted():
        _reject_twisted(order, rows, scratch)
    scratch.compare(order.arrived.source, only_new=order.profile.only_new)
    if order.arrived.mode == "snapshot":
        scope = scratch.cover(rows.companies, order.arrived.source)
        scratch.gather_covered(order.profile, order.arrived.told(rows.as_of), rows.booked_until)
        reach = scratch.reach()
        absent = Verdict.MISSING if order.profile.absent == "cleared" else Verdict.DOUBTFUL
        scratch.find_missing(order.arrived.source, absent)
        before = scratch.before(order.arrived.source, order.arrived.as_of.isoformat())
    choose_debtors(order, rows.columns, scratch)
    crash_point("reader-compared")
    _keep(order, rows, scratch, recorder, scratch.items_by_company())
    return _summary(order, export, rows, scratch.counts(), before, scope, reach, scratch.quality(order.arrived.as_of))


def _summary(
    order: Order,
    export: ExportFile,
    rows: CanonicalRows | InterpretedRows,
    counts: Counts,
    before: Before,
    scope: Sequence[str],
    reach: Sequence[str],
    quality: Mapping[str, int],
) -> Summary:
    return Summary(
        signature=export.signature, counts=counts, parsed=counts.rows, before=before,
        scope=tuple(scope), companies=tuple(reach), as_of=rows.as_of, booked_until=rows.booked_until,
        columns=tuple(sorted(rows.columns)), warnings=rows.warnings, quality=quality,
        unmet=rows.unmet if order.arrived.mode == "snapshot" else (),
    )  # fmt: skip


def _keep(
    order: Order, rows: CanonicalRows | InterpretedRows, scratch: Scratch, recorder: Recorder, items: Mapping[str, int]
) -> None:  # fmt: skip
    """The file's lines for the next one, when they tell everything: each is an open item of this source, in no doubt."""
    if isinstance(rows, CanonicalRows) and order.arrived.mode == "snapshot" and not order.profile.only_new and scratch.is_plain():
        recorder.keep(
            {
                "batch": order.arrived.batch_id, "number": scratch.number + 1, "profile": repr(order.profile), "header": rows.header,
                "delimiter": rows.delimiter, "by_company": rows.companies is not None, "items": dict(items),
            }
        )  # fmt: skip


def _is_bulk(order: Order) -> bool:
    return order.profile.is_canonical and not order.profile.complete.trailer


def _rows(order: Order, export: ExportFile) -> CanonicalRows | InterpretedRows:
    if _is_bulk(order):
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
