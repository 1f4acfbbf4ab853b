"""Reading a row: all canonical columns of one file's rows at once, compiled from the profile and the file's header.

Owns the order in which columns are read and what one says for another. Knows no neighbouring row.
Invariant: a row's values are canonical text in the order of the kind's columns, or BadCell names the column that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from collectord.core.exports.cells import MAX_KEY, BadCell, is_suspect
from collectord.core.exports.column_reading import CellBad, Header, Read, days_later, reader
from collectord.core.exports.source_profiles import COLUMNS_OF, Column, Profile

CLEARED = "0.00"


class ItemReading:
    """`values(cells)` for the rows of one file. `above`: what the titles say, by canonical column."""

    def __init__(self, profile: Profile, header: Header, above: Mapping[str, str]) -> None:
        names = COLUMNS_OF[profile.kind]
        self._names = names
        self._place = {name: at for at, name in enumerate(names)}
        places, self._reads = [header.width] * len(names), list[tuple[int, Read]]()
        found = set()
        for at, name in enumerate(names):
            read = reader(name, profile, header, above) if name in profile.columns else None
            if read is not None:
                found.add(name)
            if isinstance(read, int):
                places[at] = read
            elif read is not None:
                self._reads.append((at, read))
        self.columns = frozenset(found)
        self._pick: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(*places)
        self._open_at = self._place.get("open_amount", -1)
        self._for_credits = self._credit_reads(profile, header)
        self._days_after = [
            (self._place[name], self._place[column.days_after], column.days)
            for name, column in profile.columns.items()
            if column.days_after
        ]

    def _credit_reads(self, profile: Profile, header: Header) -> list[tuple[int, Read]]:
        found = []
        for name, column in profile.columns.items():
            if column.for_credits and header.has(column.for_credits):
                other = Column(names=column.for_credits, dates=column.dates, words=column.words)
                read = reader(name, with_column(profile, name, other), header, {})
                assert read is not None  # the header has it
                found.append((self._place[name], as_function(read)))
        return found

    def values(self, cells: list[str], *, cleared: bool) -> list[str]:
        """Raises BadCell. `cleared`: the open amount is 0, whatever the row prints there."""
        values = list(self._pick([*cells, ""]))
        at = 0
        try:
            for at, read in self._reads:
                values[at] = CLEARED if cleared and at == self._open_at else read(cells)
            if self._for_credits and values[self._open_at].startswith("-"):
                for at, read in self._for_credits:
                    values[at] = values[at] or read(cells)
        except CellBad as bad:
            raise bad_cell(self._names[at], bad) from None
        for at, base, days in self._days_after:
            if not values[at] and values[base]:
                values[at] = days_later(values[base], days)
        return values

    def part(self, cells: list[str], name: str) -> str:
        """One column by itself, "" where it cannot be trusted: for rows that are bad elsewhere."""
        if name not in self._place:
            return ""
        at = self._place[name]
        read = next((read for place, read in self._reads if place == at), None)
        try:
            text = read(cells) if read else self._pick([*cells, ""])[at]
        except CellBad:
            return ""
        return "" if len(text) > MAX_KEY or is_suspect(text) else text


def bad_cell(column: str, bad: CellBad) -> BadCell:
    """The same, with the canonical column that it is about."""
    return BadCell(column, bad.value, bad.code, name=bad.name, forms=bad.forms)


def with_column(profile: Profile, name: str, column: Column) -> Profile:
    """The same profile with one column described otherwise."""
    return replace(profile, columns={**profile.columns, name: column})


def as_function(read: Read | int) -> Read:
    """A position as the function that reads it."""
    return read if callable(read) else lambda cells: cells[read]
