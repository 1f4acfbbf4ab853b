"""Reading [numbers], dates and [columns] of a source profile: where each canonical column stands and how it is written.

Owns the keys that describe one column. Knows no row rules: those are in profile_text.py. Reads no export.
Invariant: whatever is wrong is a Problem that names its key.
"""

from __future__ import annotations

from collections.abc import Mapping

from collectord.core.exports.columns import COLUMNS
from collectord.core.exports.forms import MINUS_PLACES, THOUSANDS, DateForms, NumberForm, wrong_date_forms
from collectord.core.exports.source_profiles import COLUMNS_OF, DAY_COLUMNS, MONEY_COLUMNS, Column, Kind, plain_word
from collectord.core.rule_text import Table

COLUMN_KEYS = ("column", "position", "above", "always", "join")


def number_form(table: Table) -> NumberForm:
    minus = table.texts("minus", ["before"], one_of=MINUS_PLACES)
    form = NumberForm(
        decimal=table.text("decimal", ".", one_of=(",", ".")) or ".",
        thousands=table.text("thousands", "", one_of=THOUSANDS),
        minus=tuple(place for place in MINUS_PLACES if place in minus),
        units=tuple(unit for unit in table.texts("units", []) if unit),
    )
    if form.decimal == form.thousands:
        table.complain("thousands", "decimal and thousands must be different characters")
    if not minus:
        table.complain("minus", f"minus must name at least one of {', '.join(MINUS_PLACES)}")
    table.done()
    return form


def date_forms(table: Table, default: DateForms) -> DateForms:
    if "dates" not in table.data:
        return default
    forms = table.texts("dates")
    wrong = wrong_date_forms(forms) if forms else "dates must hold at least one form like dd.mm.yyyy"
    if wrong:
        table.complain("dates", wrong)
        return default
    return DateForms(forms)


def columns(table: Table, kind: Kind, numbers: NumberForm) -> dict[str, Column]:
    known = COLUMNS_OF.get(kind, COLUMNS)
    words = {name: _words(inner) for name, inner in table.named("words")}
    entries = table.table("columns")
    found = {name: _described(entries, name, words.get(name, {}), numbers) for name in entries.data if name in known}
    entries.seen.update(known)
    for name in entries.data:
        if name not in known:
            entries.complain(name, f"{name} is no column of collectord; known are {', '.join(known)}")
    for name in words:
        if name not in found:
            table.complain(f"words.{name}", f"[columns] has no {name} whose words could be translated")
    return found


def _words(table: Table) -> dict[str, str]:
    return {plain_word(word): table.text(word) for word in table.data}


def _described(entries: Table, name: str, words: Mapping[str, str], numbers: NumberForm) -> Column:
    """`"Name"`, `["Name", "Alias"]`, a position, or a table."""
    match entries.data[name]:
        case str() as one:
            return Column(names=(one,), words=words)
        case bool():
            entries.complain(name, f"{name} is a column's name in quotes, a list of names, a position, or a table")
        case int() as position:
            return Column(position=_position(entries, name, position), words=words)
        case list():
            return Column(names=entries.texts(name), words=words)
        case dict():
            return one_column(entries.table(name), name, words, numbers)
        case _:
            entries.complain(name, f"{name} is a column's name in quotes, a list of names, a position, or a table")
    return Column()


def _position(table: Table, key: str, position: int) -> int:
    if not 1 <= position <= 1_000:
        table.complain(key, "positions count from 1")
        return 0
    return position


def names_in(table: Table, key: str) -> tuple[str, ...]:
    """One name, or a list of aliases."""
    value = table.data.get(key)
    return (table.text(key),) if isinstance(value, str) else table.texts(key, [])


def name_lists(table: Table, key: str) -> tuple[tuple[str, ...], ...]:
    """A list of columns, each one name or a list of aliases."""
    table.seen.add(key)
    value = table.data.get(key, [])
    lists = [(entry,) if isinstance(entry, str) else tuple(entry) if isinstance(entry, list) else () for entry in value]
    if not isinstance(value, list) or not all(entry and all(isinstance(name, str) for name in entry) for entry in lists):
        table.complain(key, f'{key} is a list of column names, like ["Company", "Document"]')
        return ()
    return tuple(lists)


def one_column(table: Table, name: str, words: Mapping[str, str], numbers: NumberForm) -> Column:
    described = Column(
        names=names_in(table, "column"),
        position=_position(table, "position", table.whole("position")) if "position" in table.data else 0,
        above=names_in(table, "above"),
        always=table.text("always") if "always" in table.data else None,
        instead=names_in(table, "or"),
        for_credits=names_in(table, "or_for_credits"),
        join=name_lists(table, "join"),
        join_also=name_lists(table, "join_also"),
        joiner=table.text("with", "/"),
        less=names_in(table, "less"),
        sign=names_in(table, "sign"),
        plus=tuple(plain_word(word) for word in table.texts("plus", [])),
        minus=tuple(plain_word(word) for word in table.texts("minus", [])),
        sign_wins=table.flag("sign_wins", False),
        before=table.text("before", ""),
        behind=table.text("behind", ""),
        without_point_zero=table.flag("without_point_zero", False),
        pad_to=table.whole("pad_to", 0, at_least=0, at_most=40),
        words=words,
        dates=date_forms(table, DateForms()) if "dates" in table.data else None,
        numbers=number_form(table.table("numbers")) if "numbers" in table.data else None,
        days_after=table.text("days_after", "", one_of=DAY_COLUMNS),
        days=table.whole("days", 0, at_least=0, at_most=365),
        ignore_unreadable=table.text("unreadable", "", one_of=("empty",)) == "empty",
        needed=table.flag("needed", False),
    )
    table.done()
    if not any(key in table.data for key in COLUMN_KEYS):
        table.complain("", f"{name}: say where it stands with one of {', '.join(COLUMN_KEYS)}")
    if (described.less or described.sign) and name not in MONEY_COLUMNS:
        table.complain("", f"{name} is no amount; less and sign are for amounts")
    if bool(described.sign) != bool(described.plus or described.minus):
        table.complain("sign", 'a sign column needs its words: sign = "S/H", plus = ["S"], minus = ["H"]')
    if (described.days_after or described.ignore_unreadable or described.dates) and name not in DAY_COLUMNS:
        table.complain("", f"{name} is no day; dates, days_after and unreadable are for days")
    if described.join_also and not described.join:
        table.complain("join_also", "join_also adds parts to join; give join its first part")
    if ("days_after" in table.data) != ("days" in table.data):
        table.complain("days", 'days and days_after belong together: days_after = "invoiced_on", days = 14')
    return described
