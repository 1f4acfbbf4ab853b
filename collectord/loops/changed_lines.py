"""Changed lines: a snapshot that is like the latest one of its source is parsed only where it differs.

Compares hashes of records, has what is new checked, writes the scratch. Decides nothing.
Invariant: it comes to exactly what reading the whole file comes to, or gives it up: any doubt means the whole file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import compress
from pathlib import Path
from typing import Any

from collectord.core.exports.change_set import Verdict
from collectord.core.exports.columns import DEBTOR_COLUMNS
from collectord.core.exports.csv_records import ExportRefused
from collectord.core.exports.readings import Order
from collectord.edge.inbox import ExportFile
from collectord.edge.line_hashes import SEPARATOR, Lines, Recorder, load
from collectord.edge.store.scratch import ALL_COMPANIES, Scratch
from collectord.loops.canonical_rows import Block, CanonicalRows, record

WORTH_IT = 3  # at least so many records as before to one that is new


class ChangedLines:
    """One file beside the one before it."""

    def __init__(self, order: Order, export: ExportFile, scratch: Scratch) -> None:
        self._order, self._scratch = order, scratch
        self.rows = CanonicalRows(order, export)
        self.scope: list[str] = []
        self.unparsed = 0
        self.before: dict[str, Any] = {}

    def fill(self, tell: Callable[[int, int], None], recorder: Recorder) -> bool:
        """False: the whole file has to be read."""
        if self._order.arrived.mode != "snapshot":
            return False
        old = load(Path(self._order.lines))
        try:
            if old is None or not self._fits(old):
                return False
            items = sum(old.head["items"].values())
            self._scratch.begin_before(self._order.arrived.source, self._order.arrived.as_of.isoformat(), items)
            return self._compare(old, tell, recorder)
        except ExportRefused:
            return False  # the sentence about it comes from reading the whole

    def _fits(self, old: Lines) -> bool:
        head, source = old.head, self._order.arrived.source
        latest = self._scratch.latest_batch(source)
        if latest is None or latest[0] != head["batch"] or head["profile"] != repr(self._order.profile):
            return False
        self.before = latest[1]
        return self._scratch.is_as_left(source, head["items"], head["number"], alone=not head["by_company"])

    def _compare(self, old: Lines, tell: Callable[[int, int], None], recorder: Recorder) -> bool:
        left = set(old.hashes)
        if len(left) != len(old.hashes):
            return False
        parsed = read = 0
        for block in self.rows.blocks():
            if (self.rows.header, self.rows.delimiter) != (old.head["header"], old.head["delimiter"]):
                return False
            raws = block.raws
            hashes, empty = list(map(hash, raws)), raws.count("")
            here = set(hashes)
            if empty:
                here.discard(hash(""))
            same = here & left
            if len(here) != len(hashes) - empty:
                return False
            left -= same
            self.unparsed += len(same)
            if len(same) < len(here):
                here -= same
                parsed += self._parse(block, [one in here for one in hashes], recorder)
                if parsed * WORTH_IT > len(old.hashes) + WORTH_IT:
                    return False
            read += block.read
            tell(self.unparsed + parsed, read)
        return self._conclude(old, left, recorder)

    def _parse(self, block: Block, new: Sequence[bool], recorder: Recorder) -> int:
        numbers, raws = list(compress(block.numbers, new)), list(compress(block.raws, new))
        if block.lines:
            portion = self.rows.bulk.lines(raws, numbers, self.rows.delimiter)
        else:
            portion = self.rows.bulk.records(list(compress(block.records, new)), self.rows.delimiter)
        self._scratch.add(portion)
        record(recorder, portion, dict(zip(numbers, raws, strict=True)))
        return len(raws)

    def _conclude(self, old: Lines, left: set[int], recorder: Recorder) -> bool:
        """What is gone, and whether everything is sure."""
        scratch, source, gone = self._scratch, self._order.arrived.source, list[str]()
        for hashes, keys in old.parts():
            staying = [one not in left for one in hashes]
            gone += [key.decode() for key, stays in zip(keys, staying, strict=True) if not stays]
            recorder.add_encoded(compress(hashes, staying), b"\n".join(compress(keys, staying)))
        scratch.add_gone(tuple(key.split(SEPARATOR)) for key in gone)  # type: ignore[misc]  # three parts
        scratch.settle_twins()
        if scratch.is_doubtful(source, self.rows.columns & frozenset(DEBTOR_COLUMNS)):
            return False
        items = Counter(old.head["items"])
        items.subtract(key.partition(SEPARATOR)[0] for key in gone)
        named = {company for company, count in items.items() if count > 0} | scratch.companies()
        self.scope = [ALL_COMPANIES] if self.rows.companies is None else sorted(named)
        absent = Verdict.MISSING if self._order.profile.absent == "cleared" else Verdict.DOUBTFUL
        scratch.find_gone(named | set(old.head["items"]) if self.rows.companies is None else named, absent)
        self.staying = dict(items)
        return True
