"""Interpreted rows: the way of any other product's file into the scratch, as its source profile says.

Reads the document record by record, has core interpret and check it, writes the scratch. Decides nothing.
Invariant: every record that the interpreter says is a checked row or a bad row in the scratch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from collectord.core.exports.bulk_rows import BulkReader, Portion
from collectord.core.exports.columns import COLUMNS, Header, not_read
from collectord.core.exports.interpreting import Interpreter, interpreter
from collectord.core.exports.master_rows import MasterReader
from collectord.core.exports.open_items import BadRow, RowReader
from collectord.core.exports.readings import Order
from collectord.core.exports.same_items import Said
from collectord.core.receivables.payment_lines import PaymentReader, without_accounts
from collectord.edge import documents
from collectord.edge.inbox import ExportFile
from collectord.edge.line_hashes import Recorder
from collectord.edge.store.scratch import Scratch

TOGETHER = 1_000  # rows written at once

CANONICAL = Header(len(COLUMNS), {name: at for at, name in enumerate(COLUMNS)}, ())


class InterpretedRows:
    """One file. Everything it says about itself is known when it was read."""

    def __init__(self, order: Order, export: ExportFile) -> None:
        self._order, self._export = order, export
        self._interpreter = interpreter(order.profile, order.arrived, order.language)
        self.warnings: tuple[str, ...] = ()

    def fill(self, scratch: Scratch, tell: Callable[[int, int], None], recorder: Recorder) -> None:
        """Raises ExportRefused. Such files are always read as a whole."""
        taker = (_Items if self._order.profile.kind == "open_items" else _Others)(self._order, scratch, self._interpreter)
        reading = documents.records(self._export.fileno(), self._order.profile, self._order.language)
        for rows, said in enumerate(self._said(reading), 1):
            taker.take(said)
            if rows % TOGETHER == 0:
                taker.write()
                tell(rows, self._export.position())
        taker.write()
        self.warnings = (*not_read(self._interpreter.ignored, self._order.language), *self._interpreter.notes, *reading.notes)

    def _said(self, records: Iterable[Any]) -> Iterator[Said | BadRow]:
        for record in records:
            yield from self._interpreter.read(record)
        yield from self._interpreter.finish()

    @property
    def columns(self) -> frozenset[str]:
        return self._interpreter.columns

    @property
    def companies(self) -> Sequence[str] | None:
        scope = self._interpreter.company_scope
        return scope if scope or "company" in self._interpreter.columns else None

    @property
    def as_of(self) -> date | None:
        return self._interpreter.as_of

    @property
    def booked_until(self) -> date | None:
        return self._interpreter.booked_until

    @property
    def unmet(self) -> tuple[str, ...]:
        return self._interpreter.unmet

    def originals(self) -> Iterator[tuple[int, str]]:
        """(line, text) of every row once more."""
        again: Interpreter = interpreter(self._order.profile, self._order.arrived, self._order.language)
        for record in documents.records(self._export.fileno(), self._order.profile, self._order.language):
            yield from ((said.line, said.raw) for said in again.read(record) if isinstance(said, Said))
        yield from ((said.line, said.raw) for said in again.finish() if isinstance(said, Said))


class _Items:
    """Open items: as the canonical ones from here on."""

    def __init__(self, order: Order, scratch: Scratch, interpreter: Interpreter) -> None:
        self._reader = RowReader(CANONICAL, order.arrived.as_of, order.language)
        self._bulk = BulkReader(CANONICAL, self._reader)
        self._scratch, self._portion = scratch, Portion()
        self._bookings = order.profile.special != ""  # the bank's words stand in them

    def take(self, said: Said | BadRow) -> None:
        row = said if isinstance(said, BadRow) else self._reader.check(*said)
        self._bulk.add(self._portion, without_accounts(row) if self._bookings and isinstance(row, BadRow) else row)

    def write(self) -> None:
        self._scratch.add(self._portion)
        self._portion = Portion()


class _Others:
    """Bank lines and master data: checked texts, for the daemon to prepare."""

    def __init__(self, order: Order, scratch: Scratch, interpreter: Interpreter) -> None:
        self._reader: PaymentReader | MasterReader
        if order.profile.kind == "payments":
            self._reader = PaymentReader(order.arrived.as_of, order.language)
        else:
            self._reader = MasterReader(order.language)
        self._scratch, self._interpreter = scratch, interpreter
        self._good: list[tuple[int, tuple[str, ...]]] = []
        self._bad: list[BadRow] = []

    def take(self, said: Said | BadRow) -> None:
        if isinstance(self._reader, MasterReader):
            self._reader.columns = self._interpreter.columns
        row = said if isinstance(said, BadRow) else self._reader.check(*said)
        if isinstance(row, BadRow):
            self._bad.append(without_accounts(row))
        elif row is not None:
            self._good.append((said.line, row))

    def write(self) -> None:
        self._scratch.say(self._good)
        self._scratch.reject(self._bad)
        self._good, self._bad = [], []
