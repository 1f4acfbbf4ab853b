"""File days: the day an export describes and the day up to which payments are booked, as the file itself says.

Owns both days, from titles or from a column. Knows no item.
Invariant: a file that names two different days in its rows is refused.
"""

from __future__ import annotations

from datetime import date

from collectord.core.exports.cells import BadCell
from collectord.core.exports.column_reading import Cells, Header
from collectord.core.exports.csv_records import ExportRefused
from collectord.core.exports.forms import NotInForm
from collectord.core.exports.headings import HeaderSearch
from collectord.core.exports.source_profiles import Profile
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "differs": (
        "line {line}: the rows name different days for the whole export, {one} and {other}",
        "Zeile {line}: die Zeilen nennen verschiedene Tage für den ganzen Export, {one} und {other}",
    ),
}


class FileDays:
    """`days["as_of"]`, `days["booked_until"]`, as far as they are known."""

    def __init__(self, profile: Profile, header: Header, search: HeaderSearch, language: Language) -> None:
        self._language = language
        self._days: dict[str, str] = {}
        self._columns = []
        for name, finding in (("as_of", profile.as_of), ("booked_until", profile.booked_until)):
            if finding is None:
                continue
            at = header.find(finding.column)
            if at is not None:
                self._columns.append((name, at, finding))
            said = search.day(finding)
            if said:
                self._days[name] = said

    def of(self, name: str) -> date | None:
        day = self._days.get(name)
        return date.fromisoformat(day) if day else None

    def see(self, cells: Cells, line: int) -> None:
        """What a row says. Raises BadCell for what is no day, ExportRefused for another one than before."""
        for name, at, finding in self._columns:
            if not cells[at]:
                continue
            try:
                day = finding.dates.read(cells[at])
            except NotInForm:
                raise BadCell(name, cells[at], "day", name=finding.column[0], forms=finding.dates.shown()) from None
            if self._days.setdefault(name, day) != day:
                one, other = date.fromisoformat(self._days[name]), date.fromisoformat(day)
                raise ExportRefused(phrase(TEXTS, "differs", self._language, line=line, one=one, other=other))
