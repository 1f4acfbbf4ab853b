"""Reading one column: a profile's description and a file's header become plain functions from a row's cells to canonical text.

Owns what each key of a column does with a cell. Knows no row rules and no neighbours of a row.
Invariant: a function returns canonical text, "" for nothing, or raises CellBad; it never guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from collectord.core.exports.forms import DateForms, NotInForm, NumberForm
from collectord.core.exports.source_profiles import DAY_COLUMNS, MONEY_COLUMNS, Column, Profile, plain_word
from collectord.core.money import plain
from collectord.core.wording import Texts

Cells = Sequence[str]
Read = Callable[[Cells], str]
Need = tuple[tuple[tuple[str, ...], ...], ...]
"""What a header must have: one of these ways, each of which is columns, of each of which one name must be there."""

TEXTS: Texts = {
    "day": ("{name} is no date as the profile declares it: {forms}", "{name} ist kein Datum, wie das Profil es vorgibt: {forms}"),
    "number": ("{name} is no amount as the profile declares it: {forms}", "{name} ist kein Betrag, wie das Profil ihn vorgibt: {forms}"),
    "sign": ("{name} says neither plus nor minus; expected {forms}", "{name} sagt weder plus noch minus; erwartet: {forms}"),
    "broken": ("{name} is an error in the sheet itself", "{name} ist schon in der Tabelle ein Fehlerwert"),
}


class CellBad(Exception):
    """One cell that cannot be read: a code of TEXTS, and what it needs."""

    def __init__(self, value: str, code: str, name: str, forms: str = "") -> None:
        self.value, self.code, self.name, self.forms = value, code, name, forms


class Header:
    """Where the file's columns stand; remembers which of them were asked for."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.width = len(names)
        self.used: set[int] = set()
        self.twice: str | None = None  # a column that was asked for and stands there twice
        self._at: dict[str, int] = {}
        self._repeated: set[str] = set()
        for position, name in enumerate(names):
            word = plain_word(name)
            if word and word in self._at:
                self._repeated.add(word)
            self._at.setdefault(word, position)

    def find(self, names: Sequence[str]) -> int | None:
        """The first of these names that the header has."""
        for name in names:
            word = plain_word(name)
            at = self._at.get(word)
            if at is not None:
                self.used.add(at)
                if word in self._repeated:
                    self.twice = name
                return at
        return None

    def has(self, names: Sequence[str]) -> bool:
        return any(plain_word(name) in self._at for name in names)

    def unread(self) -> tuple[str, ...]:
        return tuple(name for position, name in enumerate(self.names) if position not in self.used and name.strip())


def needs_of(column: Column) -> list[Need]:
    """What the header must have for this column."""
    ways: list[tuple[tuple[str, ...], ...]] = []
    if column.names or column.instead:
        ways.append(((*column.names, *column.instead),))
    if column.join:
        ways.append(column.join)
    return [tuple(ways), *(((names,),) for names in (column.less, column.sign) if names)]


def reader(name: str, profile: Profile, header: Header, above: Mapping[str, str]) -> Read | int | None:
    """How a column is read: a position, a function, or None where the file does not have it. `above`: what titles say, by column."""
    column = profile.columns[name]
    find = _source(column, header, above.get(name))
    if find is None and not column.days_after:
        return None
    if name in MONEY_COLUMNS:
        return None if find is None else _money(name, column, profile, header, find)
    shown = column.names[0] if column.names else name
    read: Read = (lambda cells: "") if find is None else find if callable(find) else _cell(find)
    if isinstance(find, int) and not _changes(column) and name not in DAY_COLUMNS:
        return find
    read = _edited(column, read)
    if name in DAY_COLUMNS:
        read = _day(column, column.dates or profile.dates, shown, read, words_stay=name == "dunning_block")
    return read


def _cell(at: int) -> Read:
    return lambda cells: cells[at]


def _changes(column: Column) -> bool:
    return bool(column.words or column.before or column.behind or column.without_point_zero or column.pad_to)


def _source(column: Column, header: Header, above: str | None) -> Read | int | None:
    """Where the text comes from, before anything is done with it: the column, else what is joined, else other columns, else a constant."""
    found = header.find(column.names)
    if found is None and column.position:
        found = column.position - 1
        header.used.add(found)
    ways: list[Read | int] = [] if found is None else [found]
    parts = [header.find(names) for names in column.join]
    if parts and None not in parts:
        parts += map(header.find, column.join_also)
        ways.append(_joined([at for at in parts if at is not None], column))
    ways += [at for at in (header.find((name,)) for name in column.instead) if at is not None]
    constant = above if above is not None else column.always
    if constant is not None:
        text = constant
        ways.append(lambda cells: text)
    if len(ways) <= 1:
        return ways[0] if ways else None
    reads = [way if callable(way) else _cell(way) for way in ways]
    return lambda cells: next((text for read in reads if (text := read(cells))), "")


def _joined(places: Sequence[int], column: Column) -> Read:
    """One value of several columns; "" where the first is empty."""
    first, *others = places
    part = _without_point_zero if column.without_point_zero else str

    def read(cells: Cells) -> str:
        head = cells[first]
        return column.joiner.join([part(head), *(part(cells[at]) for at in others)]) if head else ""

    return read


def _without_point_zero(text: str) -> str:
    whole, point, fraction = text.partition(".")
    return whole if point and fraction and not fraction.strip("0") and whole.isascii() and whole.isdigit() else text


def _edited(column: Column, read: Read) -> Read:
    """Only what stands behind, before; ids repaired; words translated. Each only where the profile says so."""
    steps: list[Callable[[str], str]] = []
    if column.behind:
        steps.append(lambda text: text.partition(column.behind)[2].strip() if column.behind in text else text)
    if column.before:
        steps.append(lambda text: text.partition(column.before)[0].strip())
    if column.without_point_zero and not column.join:
        steps.append(_without_point_zero)
    if column.pad_to:
        steps.append(lambda text: text.zfill(column.pad_to) if text.isascii() and text.isdigit() else text)
    if column.words:
        steps.append(_translation(column.words))
    for step in steps:
        read = _then(read, step)
    return read


def _then(read: Read, step: Callable[[str], str]) -> Read:
    return lambda cells: step(read(cells))


def _translation(words: Mapping[str, str]) -> Callable[[str], str]:
    every = words.get("*")

    def translate(text: str) -> str:
        found = words.get(plain_word(text))
        return found if found is not None else text if every is None or not text else every

    return translate


def _day(column: Column, forms: DateForms, shown: str, read: Read, *, words_stay: bool) -> Read:
    form = forms.read

    def day(cells: Cells) -> str:
        text = read(cells)
        if not text or (words_stay and text in ("yes", "no")):
            return text
        try:
            return form(text)
        except NotInForm:
            if column.ignore_unreadable:
                return ""
            raise CellBad(text, "day", shown, forms.shown()) from None

    return day


def _money(name: str, column: Column, profile: Profile, header: Header, find: Read | int) -> Read:
    form = column.numbers or profile.numbers
    shown = column.names[0] if column.names else name
    amount = number_reader(form, shown)
    take = find if callable(find) else _cell(find)
    less = header.find(column.less) if column.less else None
    sign = header.find(column.sign) if column.sign else None
    if less is None and sign is None:
        return lambda cells: amount(take(cells))

    def money(cells: Cells) -> str:
        text = amount(take(cells))
        if less is not None and (away := amount(cells[less])):
            text = plain(Decimal(text or 0) - Decimal(away))
        if sign is None or not text:
            return text
        word = plain_word(cells[sign])
        if word in column.minus:
            value = Decimal(text)
            return plain(-abs(value) if column.sign_wins else -value)
        if column.plus and word not in column.plus:
            raise CellBad(cells[sign], "sign", column.sign[0], ", ".join((*column.plus, *column.minus)))
        return text

    return money


def number_reader(form: NumberForm, shown: str) -> Callable[[str], str]:
    """Canonical text of an amount, "" for an empty cell."""
    read = form.read

    def amount(text: str) -> str:
        if not text:
            return ""
        try:
            return read(text)
        except NotInForm:
            raise CellBad(text, "number", shown, form.shown()) from None

    return amount


def days_later(day: str, days: int) -> str:
    """The canonical day so many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
