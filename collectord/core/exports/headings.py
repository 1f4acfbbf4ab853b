"""Headings: where a file's columns are named, and what stands above them.

Owns the search for the header row and what titles say. Knows no item.
Invariant: the header is a row that has every needed column, or the file is refused with the names of those it lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collectord.core.exports.column_reading import Header, Need, needs_of
from collectord.core.exports.columns import KEY
from collectord.core.exports.csv_records import ExportRefused
from collectord.core.exports.row_rules import columns_needed
from collectord.core.exports.source_profiles import NEEDED_OF, Finding, Profile
from collectord.core.wording import Language, Texts, phrase, safe

TEXTS: Texts = {
    "lacking": (
        "line {line}: columns are missing that the profile {profile} needs: {columns}",
        "Zeile {line}: Spalten fehlen, die das Profil {profile} braucht: {columns}",
    ),
    "no_header": (
        "no row within the first {within} names the columns that the profile {profile} needs; the likeliest lacks: {columns}",
        "Keine der ersten {within} Zeilen nennt die Spalten, die das Profil {profile} braucht; der ähnlichsten fehlen: {columns}",
    ),
    "twice": ("line {line}: column {column} occurs twice", "Zeile {line}: Spalte {column} kommt doppelt vor"),
    "above": (
        "above the header nothing says {text}, which the profile {profile} needs",
        "Über dem Kopf steht nichts zu {text}, das das Profil {profile} braucht",
    ),
}


def needed_columns(profile: Profile) -> Iterator[Need]:
    """What a header must have."""
    required = NEEDED_OF[profile.kind]
    for name, column in profile.columns.items():
        there = name in required and not (column.always is not None or column.above or column.position or column.days_after)
        if there or column.needed:
            yield from needs_of(column)
        else:
            yield from (((names,),) for names in (column.less, column.sign) if names)
    yield from (((names,),) for names in _looked_at(profile))


def _looked_at(profile: Profile) -> Iterator[tuple[str, ...]]:
    """The columns that something else than an item's values depends on."""
    yield from columns_needed((*profile.left_out, *profile.cleared, *profile.rejected, *profile.expected), profile.totals)
    yield from profile.rows.blank_means_above
    if profile.rows.group_heading:
        yield profile.rows.group_heading
    for finding in (profile.as_of, profile.booked_until):
        if finding and finding.column:
            yield finding.column


def lacking(profile: Profile, header: Header) -> list[str]:
    """The needed columns that this row does not name, each as its first name."""
    found = [_lack(need, header) for need in needed_columns(profile)]
    return list(dict.fromkeys(name for name in found if name))


def _lack(need: Need, header: Header) -> str:
    """The first name of what is missing for the likeliest way; "" when one way is there."""
    missing = [[names[0] for names in way if not header.has(names)] for way in need]
    return "" if any(not lacks for lacks in missing) else missing[0][0]


class HeaderSearch:
    """Looks for the header; the rows above it are the titles."""

    def __init__(self, profile: Profile, language: Language) -> None:
        self._profile, self._language = profile, language
        self.titles: list[list[str]] = []
        self._best: tuple[list[str], int] | None = None
        self._tried = 0

    def try_row(self, cells: list[str], line: int) -> Header | None:
        """The header, or None: not this row. Raises ExportRefused when there is none within the rows that the profile allows."""
        header = Header(cells)
        missing = lacking(self._profile, header)
        if not missing:
            return header
        if self._best is None or len(missing) < len(self._best[0]):
            self._best = missing, line
        self.titles.append(cells)
        self._tried += 1
        if self._tried >= self._profile.rows.header_within:
            raise self.refused()
        return None

    def refused(self) -> ExportRefused:
        """No header was found."""
        missing, line = self._best or (lacking(self._profile, Header(())), 1)
        within = self._profile.rows.header_within
        code = "no_header" if within > 1 else "lacking"
        names = ", ".join(missing)
        return ExportRefused(phrase(TEXTS, code, self._language, line=line, within=within, profile=self._profile.name, columns=names))

    def title(self, text: str) -> None:
        """A line that cannot be the header."""
        self.titles.append([text])

    def said_above(self, header: Header) -> dict[str, str]:
        """What the titles say about columns that the header does not have. Raises ExportRefused where a needed one is not there."""
        said = {}
        for name, column in self._profile.columns.items():
            if not column.above or header.has(column.names):
                continue
            text = behind(self.titles, column.above)
            if text:
                said[name] = text
            elif column.needed or (column.always is None and name in (*KEY, *NEEDED_OF[self._profile.kind])):
                raise ExportRefused(phrase(TEXTS, "above", self._language, text=column.above[0], profile=self._profile.name))
        return said

    def day(self, finding: Finding) -> str | None:
        """The day that the titles say, in canonical form. An unquoted `As of July 31, 2026` may have been split at its comma."""
        texts = [text for text in _behind(self.titles, finding.above) if text[0]]
        for text in texts:
            day = finding.dates.at_start(text[0]) or finding.dates.at_start(", ".join(text))
            if day:
                return day
        return None


def behind(titles: Sequence[Sequence[str]], marks: Sequence[str]) -> str:
    """What stands behind one of these texts, in its cell or in the next filled one."""
    return next((safe(text[0], 200) for text in _behind(titles, marks) if text[0]), "")


def _behind(titles: Sequence[Sequence[str]], marks: Sequence[str]) -> Iterator[list[str]]:
    """The cells from the mark on, without the mark and without empty ones."""
    for mark in marks:
        word = " ".join(mark.split()).lower()
        for cells in titles:
            for at, cell in enumerate(cells):
                text = " ".join(cell.split())
                start = text.lower().find(word)
                if start >= 0:
                    rest = text[start + len(word) :].strip(" :=")
                    yield [part for part in (rest, *cells[at + 1 :]) if part] or [""]
