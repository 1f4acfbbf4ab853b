"""Canonical rows: the way of a canonical CSV from its bytes into the scratch, in bulk.

Reads the file in blocks, has core split and check them, writes the scratch. Decides nothing.
Invariant: a line is a row, a bad row, or empty; the file as a whole is refused before anything of it counts.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from collectord.core.exports.bulk_rows import BulkReader, Portion
from collectord.core.exports.columns import not_read, read_header
from collectord.core.exports.csv_records import ExportRefused, Record, Records, refuse_by_magic
from collectord.core.exports.decoding import Decoder
from collectord.core.exports.open_items import RowReader
from collectord.core.exports.readings import Order
from collectord.edge.inbox import ExportFile
from collectord.edge.line_hashes import SEPARATOR, Recorder
from collectord.edge.store.scratch import ITEM_WIDTH, Scratch

BLOCK = 131_072  # bytes: a thousand rows; much more falls out of the processor's cache


@dataclass(frozen=True, slots=True)
class Block:
    """What some bytes completed: either physical lines that are a record each (or empty), or records."""

    read: int  # bytes
    first: int  # number of the first line
    lines: Sequence[str]
    records: Sequence[Record]

    @property
    def numbers(self) -> Sequence[int]:
        return range(self.first, self.first + len(self.lines)) if self.lines else [record.line for record in self.records]

    @property
    def raws(self) -> Sequence[str]:
        return self.lines or [record.raw for record in self.records]


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
        self.header = ""  # as it stands in the file
        self.delimiter = ""
        self.bulk: BulkReader

    def fill(self, scratch: Scratch, tell: Callable[[int, int], None], recorder: Recorder) -> None:
        """Raises ExportRefused."""
        rows = read = 0
        for block in self.blocks():
            portion = self.bulk.records(block.records, self.delimiter) if block.records else Portion()
            if block.lines:
                portion = self.bulk.lines(block.lines, block.numbers, self.delimiter)
            scratch.add(portion)
            record(recorder, portion, dict(zip(block.numbers, block.raws, strict=True)))
            rows, read = rows + len(portion.items) // ITEM_WIDTH, read + block.read
            tell(rows, read)

    def blocks(self) -> Iterator[Block]:
        """Everything below the header, or what of it lies in the order's stretch. Raises ExportRefused."""
        start, end = self._order.stretch or (0, self._export.size)
        if start:
            records, begun = self._behind(start), True
        else:
            records, begun = Records(self._order.language, self._order.profile.delimiter), False
        for read, text in self._texts(start, end):
            first = records.line + 1
            lines = records.plain_lines(text) if begun else None
            if lines is not None:
                yield Block(read, first, lines, ())
                continue
            found = list(records.feed(text))
            if not begun and found:
                begun = self._begin(found.pop(0), records)
            if begun:
                yield Block(read, first, (), found)
        last = list(records.finish())
        if not begun:
            if not last:
                refuse_by_magic(b"", self._order.language)  # nothing but empty lines: an empty file
            self._begin(last.pop(0), records)
        yield Block(0, records.line, (), last)

    def _first_number(self) -> int:
        return 1 if self._order.stretch is None else 1 + self._order.stretch[0]

    def read_header(self) -> None:
        """Only that. Raises ExportRefused."""
        next(self.blocks())

    def _behind(self, start: int) -> Records:
        """The header read, and the lines before `start` counted."""
        self._export.rewind()
        lines, left = 0, start
        while left:
            block = self._export.read(min(left, BLOCK))
            lines, left = lines + block.count(b"\n"), left - len(block)
        records = Records(self._order.language, self._order.profile.delimiter)
        for _, text in self._texts(0, start):
            if found := list(records.feed(text)):
                self._begin(found[0], records)
                break
        behind = Records(self._order.language, self.delimiter)
        behind.line = lines
        return behind

    def _begin(self, record: Record, records: Records) -> bool:
        header = read_header(record, self._order.language)
        self.columns = frozenset(header.positions)
        self.companies = () if header.has_company else None
        self.warnings = not_read(header.ignored, self._order.language)
        self.header, self.delimiter = record.raw, records.delimiter
        self.bulk = BulkReader(header, RowReader(header, self._order.arrived.as_of, self._order.language), self._first_number())
        return True

    def _texts(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        """(bytes, their text), block by block. Raises ExportRefused."""
        self._export.rewind(start)
        decoder = Decoder(self._order.language, self._order.profile.encodings)
        block = self._export.read(min(BLOCK, end - start))
        if not start:
            refuse_by_magic(block, self._order.language)
        elif block.startswith(BOM_UTF8):
            raise ExportRefused("a mark in the middle of a file is no mark")  # the decoder would take it for one
        while block:
            yield len(block), decoder.feed(block)
            start += len(block)
            block = self._export.read(min(BLOCK, end - start))
        yield 0, decoder.feed(b"", final=True)

    def originals(self) -> Iterator[tuple[int, str]]:
        """(line, text) of every record once more."""
        for block in self.blocks():
            yield from zip(block.numbers, block.raws, strict=True)


def record(recorder: Recorder, portion: Portion, raws: Mapping[int, str]) -> None:
    """The hashes of the portion's good records, and the items they name. `raws`: the records by line."""
    items = portion.items
    hashes = [hash(raws[line]) for line in items[3::ITEM_WIDTH]]
    recorder.add(hashes, map(SEPARATOR.join, zip(items[0::ITEM_WIDTH], items[1::ITEM_WIDTH], items[2::ITEM_WIDTH], strict=True)))
