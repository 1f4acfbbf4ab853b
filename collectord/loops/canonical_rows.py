"""Canonical rows: the way of a canonical CSV from its bytes into the scratch, in bulk.

Reads the file in blocks, has core split and check them, writes the scratch. Decides nothing.
Invariant: a line is a row, a bad row, or empty; the file as a whole is refused before anything of it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from collectord.core.exports.bulk_rows import BulkReader, Portion
from collectord.core.exports.columns import read_header
from collectord.core.exports.csv_records import Record, Records, refuse_by_magic
from collectord.core.exports.decoding import Decoder
from collectord.core.exports.open_items import RowReader
from collectord.core.exports.readings import Order
from collectord.edge.inbox import ExportFile
from collectord.edge.store.scratch import ITEM_WIDTH, Scratch

BLOCK = 131_072  # bytes: a thousand rows; much more falls out of the processor's cache


class CanonicalRows:
    """One file. What it is complete for is known when it was read."""

    booked_until: date | None = None
    as_of: date | None = None
    unmet: tuple[str, ...] = ()

    def __init__(self, order: Order, export: ExportFile) -> None:
        self._order, self._export = order, export
        self.companies: Sequence[str] | None = None  # besides those that rows name; None: the whole source
        self.columns: frozenset[str] = frozenset()
        self.warnings: tuple[str, ...] = ()

    def fill(self, scratch: Scratch, tell: Callable[[int, int], None]) -> None:
        """Raises ExportRefused."""
        language = self._order.language
        records, bulk = Records(language, self._order.profile.delimiter), None
        rows = read = 0
        for block, text in self._texts():
            read += block
            first = records.line + 1
            lines = records.plain_lines(text) if bulk else None
            if bulk and lines is not None:
                portion = bulk.lines(lines, first, records.delimiter)
            else:
                found = list(records.feed(text))
                if bulk is None and found:
                    bulk = self._begin(found.pop(0))
                portion = bulk.records(found, records.delimiter) if bulk else Portion()
            scratch.add(portion)
            rows += len(portion.items) // ITEM_WIDTH
            tell(rows, read)
        last = list(records.finish())
        if bulk is None:
            if not last:
                refuse_by_magic(b"", language)  # nothing but empty lines: an empty file
            bulk = self._begin(last.pop(0))
        scratch.add(bulk.records(last, records.delimiter))

    def _begin(self, record: Record) -> BulkReader:
        header = read_header(record, self._order.language)
        self.columns = frozenset(header.positions)
        self.companies = () if header.has_company else None
        self.warnings = header.ignored
        return BulkReader(header, RowReader(header, self._order.arrived.as_of, self._order.language))

    def _texts(self) -> Iterator[tuple[int, str]]:
        """(bytes, their text), block by block. Raises ExportRefused."""
        self._export.rewind()
        decoder = Decoder(self._order.language, self._order.profile.encodings)
        block = self._export.read(BLOCK)
        refuse_by_magic(block, self._order.language)
        while block:
            yield len(block), decoder.feed(block)
            block = self._export.read(BLOCK)
        yield 0, decoder.feed(b"", final=True)

    def originals(self) -> Iterator[tuple[int, str]]:
        """(line, text) of every record once more."""
        records = Records(self._order.language, self._order.profile.delimiter)
        for _, text in self._texts():
            yield from ((record.line, record.raw) for record in records.feed(text))
        yield from ((record.line, record.raw) for record in records.finish())
