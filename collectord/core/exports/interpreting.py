"""Interpreting: the records of any product's file become canonical texts, as the source profile says.

Owns the way of a record: titles, header, totals, rows that are no items, items. Reads no file; what a cell may hold is judged behind it.
Invariant: a record is said, a bad row, or left out for a reason that is counted; none vanishes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Protocol

from collectord.core.exports.arrival import Arrival
from collectord.core.exports.cells import BadCell
from collectord.core.exports.column_reading import Header
from collectord.core.exports.csv_records import ExportRefused, Record
from collectord.core.exports.extf_bookings import ExtfBookings
from collectord.core.exports.headings import TEXTS as HEADING_TEXTS
from collectord.core.exports.headings import HeaderSearch
from collectord.core.exports.open_items import TEXTS as ROW_TEXTS
from collectord.core.exports.open_items import BadRow
from collectord.core.exports.row_body import Body, cells_of
from collectord.core.exports.same_items import Once, Said, Sum
from collectord.core.exports.source_profiles import COLUMNS_OF, Column, Profile
from collectord.core.wording import Language, Texts, phrase, safe

TEXTS: Texts = {
    "left_out": ("rows left out: {why} ({count})", "ausgelassene Zeilen: {why} ({count})"),
    "repeated": ("rows that belong to an item named before: {count}", "Zeilen zu einem schon genannten Posten: {count}"),
    "moved": (
        "items whose rows fall due on different days, taken as due on the latest: {count}; if these are instalments, add the column that"
        " tells them apart to item_no in the profile",
        "Posten, deren Zeilen an verschiedenen Tagen fällig sind, gelten ab dem spätesten als fällig: {count}; sind es Raten, im Profil bei"
        " item_no die Spalte ergänzen, die sie unterscheidet",
    ),
    "unmet": (
        "there is no row with: {why}; was the export filtered?",
        "Es gibt keine Zeile mit: {why}; wurde der Export gefiltert?",
    ),
}  # fmt: skip


class Interpreter(Protocol):
    """What reads one file of one profile. The attributes are final after `finish`."""

    ignored: tuple[str, ...]  # columns nobody reads
    company_scope: tuple[str, ...]  # companies the file is complete for, besides those its rows name

    def read(self, record: Record) -> Iterable[Said | BadRow]:
        """What the record says. Raises ExportRefused."""

    def finish(self) -> Iterable[Said | BadRow]:
        """What only the end of the file shows. Raises ExportRefused."""

    @property
    def columns(self) -> frozenset[str]:
        """Canonical columns the file has: only these change what is known about a debtor."""

    @property
    def as_of(self) -> date | None:
        """The day that the file itself says it describes."""

    @property
    def booked_until(self) -> date | None: ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the receipt's warnings."""

    @property
    def unmet(self) -> tuple[str, ...]:
        """Sentences why a snapshot was filtered wrongly: it is held."""


def interpreter(profile: Profile, arrived: Arrival, language: Language) -> Interpreter:
    """For the whole of one file, from its first record on."""
    if profile.special == "extf-bookings":
        return ExtfBookings(profile, language)
    if not profile.columns:
        profile = replace(profile, columns={name: Column(names=(name,)) for name in COLUMNS_OF[profile.kind]})
    return Rows(profile, arrived, language)


class Rows:
    """A file of rows below a header. All that can be is compiled once, when the header is met."""

    def __init__(self, profile: Profile, arrived: Arrival, language: Language) -> None:
        self.ignored: tuple[str, ...] = ()
        self.company_scope = profile.companies
        self._profile, self._arrived, self._language = profile, arrived, language
        self._search = HeaderSearch(profile, language)
        self._body: Body | None = None
        same = profile.rows.same_item if profile.kind == "open_items" else "reject"
        self._merge = Once(language) if same == "once" else Sum(language) if same == "sum" else None

    def read(self, record: Record) -> Iterable[Said | BadRow]:
        if self._body is None:
            header = self._header(record)
            if header is None:
                return ()
            self._begin(header, record.line)
            if self._profile.rows.header_within:
                return ()
        assert self._body is not None  # _begin made it
        try:
            said = self._body.said(record)
        except BadCell as bad:
            if not record.ended:
                raise ExportRefused(phrase(ROW_TEXTS, "cut", self._language, line=record.line)) from None
            row = self._body.bad_row(record, bad)
            return (row,) if self._merge is None else (row, *self._merge.spoil(row))
        if said is None:
            return ()
        return (said,) if self._merge is None else self._merge.add(said)

    def finish(self) -> Iterable[Said | BadRow]:
        if self._body is None:
            raise self._search.refused()
        self._body.trailer.finish()
        return () if self._merge is None else self._merge.finish()

    @property
    def columns(self) -> frozenset[str]:
        return self._body.reading.columns if self._body else frozenset()

    @property
    def as_of(self) -> date | None:
        return self._body.days.of("as_of") if self._body else None

    @property
    def booked_until(self) -> date | None:
        return self._body.days.of("booked_until") if self._body else None

    @property
    def notes(self) -> tuple[str, ...]:
        left_out = self._body.left_out.items() if self._body else ()
        counted = [phrase(TEXTS, "left_out", self._language, count=count, why=why) for why, count in left_out]
        if self._merge is not None and self._merge.repeated:
            counted.append(phrase(TEXTS, "repeated", self._language, count=self._merge.repeated))
        if isinstance(self._merge, Sum) and self._merge.moved:
            counted.append(phrase(TEXTS, "moved", self._language, count=self._merge.moved))
        return tuple(counted)

    @property
    def unmet(self) -> tuple[str, ...]:
        met = self._body.met if self._body else set()
        wanted = [rule.why[self._language] for rule in self._profile.expected]
        return tuple(phrase(TEXTS, "unmet", self._language, why=why) for why in wanted if why not in met)

    def _header(self, record: Record) -> Header | None:
        """The header when this record is it; for a file without one, a nameless header as wide as its first row."""
        cells = cells_of(self._profile, record)
        if record.problem or not any(cells):
            self._search.title(record.raw.strip())
            return None
        if self._profile.rows.header_within:
            return self._search.try_row(cells, record.line)
        return Header([""] * max(len(cells), *(column.position for column in self._profile.columns.values())))

    def _begin(self, header: Header, line: int) -> None:
        above = self._search.said_above(header)
        self._body = Body(self._profile, header, above, self._search, self._arrived, self._language)
        if header.twice is not None:
            raise ExportRefused(phrase(HEADING_TEXTS, "twice", self._language, line=line, column=header.twice))
        self.ignored = tuple(safe(name, 60) for name in header.unread())
        company = self._profile.columns.get("company")
        constant = above.get("company") or (company.always if company and not company.names else None)
        self.company_scope = tuple(dict.fromkeys((*self.company_scope, *([constant] if constant else []))))
