"""The body of a file: what each row below the header is, and what it says.

Owns the order of the questions: empty, header again, trailer, total, left out, group, item. Reads no file.
Invariant: a row is said, a BadCell, or left out for a reason that is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from collectord.core.exports.cells import BadCell
from collectord.core.exports.column_reading import TEXTS as CELL_TEXTS
from collectord.core.exports.column_reading import Header, Read, reader
from collectord.core.exports.columns import COLUMNS, KEY
from collectord.core.exports.csv_records import MAX_ORIGINAL, Broken, Record
from collectord.core.exports.file_days import FileDays
from collectord.core.exports.headings import HeaderSearch
from collectord.core.exports.intake import Arrival
from collectord.core.exports.item_reading import ItemReading, as_function, with_column
from collectord.core.exports.open_items import TEXTS as ROW_TEXTS
from collectord.core.exports.open_items import BadRow
from collectord.core.exports.row_rules import compiled
from collectord.core.exports.same_items import Said
from collectord.core.exports.source_profiles import Profile
from collectord.core.exports.totals import Totals, Trailer
from collectord.core.wording import Language, Texts, phrase, safe

TEXTS: Texts = {
    **ROW_TEXTS,
    **CELL_TEXTS,
    "rejected": ("{why}", "{why}"),
    "outside": ("account {account} does not belong to this part of the list", "Konto {account} gehört nicht zu diesem Teil der Liste"),
    "no_document": (
        "has no document number and is no credit; it cannot be told apart from other rows",
        "hat keine Belegnummer und ist keine Gutschrift; die Zeile ist nicht zuzuordnen",
    ),
}

_DEBTOR, _ITEM, _DUE, _OPEN, _CURRENCY, _INVOICED, _KIND = (
    COLUMNS.index(name) for name in ("debtor_no", "item_no", "due_on", "open_amount", "currency", "invoiced_on", "kind")
)


def cells_of(profile: Profile, record: Record) -> list[str]:
    """The record's cells without blanks around them; [] for an ornament around a framed list. Certain and Broken ones stay so."""
    if profile.rows.frame:
        framed = record.raw.lstrip().startswith(profile.delimiter)
        return [*map(str.strip, record.fields[1:-1])] if framed else []
    return [cell.strip() if type(cell) is str else cell for cell in record.fields]


class Body:
    """The rows below the header."""

    def __init__(
        self, profile: Profile, header: Header, above: Mapping[str, str], search: HeaderSearch, arrived: Arrival, language: Language
    ) -> None:
        numbers = profile.numbers
        self.reading = ItemReading(profile, header, above)
        self.days = FileDays(profile, header, search, language)
        self.trailer = Trailer(profile.complete.trailer, language)
        self.left_out = Counter[str]()
        self.met = set[str]()
        self._profile, self._language = profile, language
        self._as_of = arrived.as_of.isoformat()
        self._totals = Totals(profile.totals, header, numbers, language)
        self._leave_out, self._cleared, self._reject, self._expect = (
            compiled(rules, header, numbers, language) for rules in (profile.left_out, profile.cleared, profile.rejected, profile.expected)
        )
        self._carried = [at for at in map(header.find, profile.rows.blank_means_above) if at is not None]
        self._above: list[str] = []
        self._group_at = header.find(profile.rows.group_heading)
        self._group = ""
        self._on_account = _on_account(profile, header)
        self._without_number = Counter[str]()
        self._items = profile.kind == "open_items"
        self._pads = profile.format == "sheet" or profile.rows.short_rows
        self._names, self._width, self._used = list(header.names), header.width, sorted(header.used)
        self._cells: list[str] = []  # of the row that is read now, where they can be trusted

    def said(self, record: Record) -> Said | None:
        """None: the row is no item. Raises BadCell for a bad row, ExportRefused for a file that contradicts itself."""
        self._cells = []
        if record.problem:
            raise BadCell("", "", record.problem)
        cells = cells_of(self._profile, record)
        if not any(cells) or cells == self._names or self.trailer.is_trailer(record.raw, record.line):
            return None
        found = len(cells)
        if found < self._width:
            cells += [""] * (self._width - found)
        elif found > self._width and not any(cells[self._width :]):
            found = self._width
            del cells[found:]
        if self._is_no_item(cells, record.line):
            return None
        if found > self._width or (found < self._width and not self._pads):
            raise BadCell("", "", "columns", found=found, expected=self._width)
        if self._carried:
            self._carry(cells)
        self._cells = cells
        return self._item(cells, record)

    def _is_no_item(self, cells: list[str], line: int) -> bool:
        """Raises ExportRefused for a total that does not fit.

        A row with only its group column filled opens that group, also where a rule leaves it out (its rows can then be left out, too);
        a total that names its group closes it. A row in no group has no debtor and is bad.
        """
        at, own, lone = self._group_at, "", False
        if at is not None:
            own = cells[at]
            lone = bool(own) and sum(map(bool, cells)) == 1
            cells[at] = own or self._group
        is_none = self._is_left_out(cells, line)
        if own and (is_none or lone):
            self._group = own if lone else ""
        return is_none or lone

    def _is_left_out(self, cells: list[str], line: int) -> bool:
        for rule in self._expect:
            if rule.why not in self.met and rule.holds(cells):
                self.met.add(rule.why)
        if self._totals and self._totals.is_total(cells, line):
            return True
        for rule in self._leave_out:
            if rule.holds(cells):
                self.left_out[rule.why] += 1
                return True
        return False

    def _carry(self, cells: list[str]) -> None:
        """All of these columns are blank: the row goes on with what the row above says. One blank among filled ones is just blank."""
        if self._above and not any(cells[at] for at in self._carried):
            for at in self._carried:
                cells[at] = self._above[at]
        self._above = cells

    def _item(self, cells: list[str], record: Record) -> Said:
        if Broken in map(type, cells):
            for at in self._used:
                if type(cells[at]) is Broken:
                    raise BadCell("", cells[at], "broken", name=self._names[at])
        for rule in self._reject:
            if rule.holds(cells):
                raise BadCell("", "", "rejected", why=rule.why)
        self.days.see(cells, record.line)
        cleared = any(rule.holds(cells) for rule in self._cleared) if self._cleared else False
        values = self.reading.values(cells, cleared=cleared)
        if self._profile.accounts and not self._belongs(values[_DEBTOR]):
            raise BadCell("", "", "outside", account=values[_DEBTOR])
        if self._items:
            if cleared:
                values[_DUE] = values[_DUE] or values[_INVOICED] or self._as_of
            if not values[_ITEM] and self._on_account is not None:
                self._put_on_account(values, cells, self._on_account)
            if self._totals:  # they add up what is printed, also of rows that are cleared
                printed = self.reading.part(cells, "open_amount") if cleared else values[_OPEN]
                self._totals.add(printed or "0", values[_CURRENCY])
        return Said(record.line, tuple(values), record.raw)

    def _belongs(self, debtor_no: str) -> bool:
        return any(len(debtor_no) == len(first) and first <= debtor_no <= last for first, last in self._profile.accounts)

    def _put_on_account(self, values: list[str], cells: list[str], read: Read) -> None:
        """A payment that names no document: its key is made of other columns, and counted where they do not tell two apart."""
        if not values[_OPEN].startswith("-"):
            raise BadCell("item_no", "", "no_document")
        number = read(cells)
        key = "\x1f".join((*values[:2], number))
        self._without_number[key] += 1
        again = self._without_number[key]
        values[_ITEM] = f"{number} ({again})" if again > 1 and number else number
        values[_KIND] = "payment"

    def bad_row(self, record: Record, bad: BadCell) -> BadRow:
        """The row that cannot be read, with as much of its key as can be trusted."""
        self._totals.add_bad()
        cells = self._cells
        company, debtor_no, item_no = (self.reading.part(cells, name) for name in KEY) if cells else ("", "", "")
        if bad.column in ("company", "debtor_no") or not debtor_no:
            company, debtor_no, item_no = "", "", ""
        if bad.column == "item_no":
            item_no = ""
        name = self.reading.part(cells, "debtor_name") if debtor_no else ""
        reason = phrase(TEXTS, bad.code, self._language, **bad.values)
        original = record.raw[:MAX_ORIGINAL]
        return BadRow(record.line, bad.column, safe(bad.value), reason, original, company, debtor_no, item_no, safe(name))


def _on_account(profile: Profile, header: Header) -> Read | None:
    """How the key of a row without a document number is made; None: such a row is bad."""
    if profile.on_account is None:
        return None
    read = reader("item_no", with_column(profile, "item_no", profile.on_account), header, {})
    return None if read is None else as_function(read)
