"""Reading a source profile from `rules/sources/NAME.toml`: the language in which a team lead describes an export.

Owns the keys of the language (docs/SOURCES.md explains them) and what is wrong with a file. Reads no export.
Invariant: whatever is wrong is a Problem that names its key; a profile without problems can always be applied.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, cast

from collectord.core.exports.column_text import COLUMN_KEYS, columns, date_forms, name_lists, names_in, number_form, one_column
from collectord.core.exports.forms import DateForms, NumberForm
from collectord.core.exports.source_profiles import (
    CANONICAL,
    CANONICAL_NAME,
    NEEDED_OF,
    Completeness,
    Condition,
    Finding,
    Format,
    Guards,
    Kind,
    Profile,
    RowRule,
    Rows,
    Total,
    plain_word,
)
from collectord.core.rule_text import Table

Mode = Literal["snapshot", "delta", ""]

KINDS = ("open_items", "payments", "master_data")
FORMATS = ("text", "sheet", "einvoice", "camt")
SPECIALS = ("extf-bookings",)
DELIMITERS = {";": ";", ",": ",", "|": "|", "tab": "\t", "": ""}
NOT_INHERITED = ("extends", "names", "begins")


def extended(data: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """A house profile on top of the one it `extends`: its keys win, tables are merged, lists are replaced. File names are its own."""
    return _merged({key: value for key, value in base.items() if key not in NOT_INHERITED}, data)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(base)
    for key, value in over.items():
        known = both.get(key)
        if isinstance(value, dict) and isinstance(known, dict) and not _is_column(value):
            value = _merged(known, value)
        both[key] = value
    return both


def _is_column(value: Mapping[str, Any]) -> bool:
    """A whole description of one column replaces the inherited one."""
    return any(key in value for key in COLUMN_KEYS)


def parse_profile(name: str, table: Table) -> Profile:
    """One file of `rules/sources`, already merged with what it extends. Problems are collected in the table."""
    kind = cast(Kind, table.text("kind", "open_items", one_of=KINDS))
    form = cast(Format, table.text("format", "text", one_of=FORMATS))
    title = table.table("title")
    numbers = number_form(table.table("numbers")) if "numbers" in table.data else NumberForm()
    dates = date_forms(table, DateForms())
    found = table.table("file")
    scope = table.table("scope")
    profile = Profile(
        name=name,
        title={"en": title.text("en"), "de": title.text("de")},
        kind=kind,
        format=form,
        special=cast(Literal["", "extf-bookings"], table.text("special", "", one_of=SPECIALS)),
        mode=cast(Mode, table.text("mode", "" if kind == "open_items" else "delta", one_of=("snapshot", "delta"))),
        names=table.texts("names", []),
        begins=table.text("begins", ""),
        delimiter=_delimiter(table),
        quotes=table.flag("quotes", True),
        sheet=table.text("sheet", ""),
        encodings=_encodings(table),
        complete=_completeness(table.table("complete")),
        guards=_guards(table.table("guards")),
        numbers=numbers,
        dates=dates,
        columns=columns(table, kind, numbers),
        rows=_rows(table.table("rows")),
        left_out=tuple(_rule(entry) for entry in table.tables("leave_out")),
        cleared=tuple(_rule(entry) for entry in table.tables("cleared")),
        rejected=tuple(_rule(entry) for entry in table.tables("reject")),
        expected=tuple(_rule(entry) for entry in table.tables("expect")),
        totals=tuple(_total(entry) for entry in table.tables("total")),
        on_account=one_column(table.table("on_account"), "item_no", {}, numbers) if "on_account" in table.data else None,
        as_of=_finding(found, "as_of", dates),
        booked_until=_finding(found, "booked_until", dates),
        accounts=_accounts(scope),
        companies=scope.texts("companies", []),
        covers=scope.texts("covers", list(CANONICAL.covers) if name == CANONICAL_NAME else []),
        absent=cast(Literal["cleared", "kept"], table.text("absent", "cleared", one_of=("cleared", "kept"))),
        only_new=table.flag("only_new", False),
        also=table.text("also", ""),
        terms=table.whole("terms", at_least=0, at_most=365) if "terms" in table.data else None,
    )
    table.seen.add("extends")
    for inner in (title, found, scope, table):
        inner.done()
    _fits_together(table, profile)
    return profile


def _fits_together(table: Table, profile: Profile) -> None:
    """What no single key can know."""
    if profile.name == CANONICAL_NAME and (profile.columns or profile.names or profile.special or profile.format != "text"):
        table.complain(
            "", "the canonical form is fixed (docs/SOURCES.md); only title, complete, guards and scope may stand here: write a profile"
        )
    if profile.columns and profile.special:
        table.complain("special", f'special = "{profile.special}" reads the columns by itself; leave [columns] out')
    if profile.terms is not None and not profile.special:
        table.complain("terms", 'terms is for special profiles; in [columns] write due_on = { …, days_after = "invoiced_on", days = 14 }')
    for needed in NEEDED_OF.get(profile.kind, ()):
        if profile.columns and needed not in profile.columns:
            table.complain("columns", f"{needed} is missing; say which column of the file holds it")
    if profile.covers and not profile.is_list:
        table.complain("scope.covers", "only a list of open items (mode snapshot, not only_new) can be complete for other sources")
    if profile.name == profile.also:
        table.complain("also", "also names another profile as which the same file is read, too")
    if profile.cleared and profile.kind != "open_items":
        table.complain("cleared", "only open items can be cleared")
    for name, column in profile.columns.items():
        if column.days_after and column.days_after not in profile.columns:
            table.complain(f"columns.{name}", f"days_after = {column.days_after!r}, but [columns] does not say where that stands")
        if profile.rows.header_within == 0 and not (column.position or column.always is not None or column.above):
            table.complain(f"columns.{name}", "a file without a header (header_within = 0) needs the column's position")


def _accounts(scope: Table) -> tuple[tuple[str, str], ...]:
    """Ranges of debtor numbers, "10000-39999"; both ends have as many characters as the numbers they are for."""
    ranges = [(first.strip(), last.strip()) for first, _, last in (text.partition("-") for text in scope.texts("accounts", []))]
    if not all(first and len(first) == len(last) and first <= last for first, last in ranges):
        scope.complain("accounts", 'accounts holds ranges of debtor numbers of one length, like ["10000-39999"]')
    return tuple(ranges)


def _delimiter(table: Table) -> str:
    return DELIMITERS.get(table.text("delimiter", "", one_of=tuple(word for word in DELIMITERS if word)), "")


def _encodings(table: Table) -> tuple[str, ...]:
    names = table.texts("encodings", ["utf-8", "utf-8-sig"])
    plain = []
    for name in names:
        try:
            codecs.lookup(name)
        except (LookupError, ValueError):
            table.complain("encodings", f"encodings holds {name!r}, which is no encoding; known are utf-8, utf-8-sig, cp1252, utf-16, …")
            continue
        if name not in ("utf-8-sig", "utf-16"):
            plain.append(name)
    if not names:
        table.complain("encodings", "encodings must name at least one encoding")
    if len(plain) > 1:
        table.complain("encodings", f"{' and '.join(plain)} cannot be told apart without a byte-order mark; declare one of them")
    return names


def _completeness(table: Table) -> Completeness:
    complete = Completeness(
        marker=table.flag("marker", False),
        checksum=table.text("checksum", "", one_of=("sha256",)),
        trailer=table.text("trailer", ""),
    )
    table.done()
    return complete


def _guards(table: Table) -> Guards:
    shares = {key: table.share(key, Decimal(0)) if key in table.data else None for key in ("shrink_items", "shrink_amount")}
    guards = Guards(
        shrink_items=shares["shrink_items"],
        shrink_amount=shares["shrink_amount"],
        shrink_from=table.whole("shrink_from", at_least=1) if "shrink_from" in table.data else None,
        smallest=table.whole("smallest", 0, at_least=0),
        largest=table.whole("largest", 0, at_least=0),
    )
    table.done()
    return guards


def _rows(table: Table) -> Rows:
    rows = Rows(
        header_within=table.whole("header_within", 1, at_least=0, at_most=200),
        frame=table.flag("frame", False),
        blank_means_above=name_lists(table, "blank_means_above"),
        group_heading=names_in(table, "group_heading"),
        same_item=cast(Literal["reject", "once", "sum"], table.text("same_item", "reject", one_of=("reject", "once", "sum"))),
        short_rows=table.flag("short_rows", False),
    )
    table.done()
    return rows


def _conditions(table: Table) -> tuple[Condition, ...]:
    here = Condition(
        column=names_in(table, "column"),
        any_of=tuple(plain_word(word) for word in table.texts("is", [])),
        none_of=tuple(plain_word(word) for word in table.texts("is_not", [])),
        begins=tuple(plain_word(word) for word in table.texts("begins", [])),
        filled=table.flag("filled") if "filled" in table.data else None,
        amount=cast(Literal["", "zero", "positive", "negative"], table.text("amount", "", one_of=("zero", "positive", "negative"))),
    )
    if not here.column:
        table.complain("column", 'column is missing; name the column to look at, or "*" for the first filled cell')
    if not (here.any_of or here.none_of or here.begins or here.amount or here.filled is not None):
        table.complain("", "a condition needs one of is, is_not, begins, filled, amount")
    more: list[Condition] = []
    for inner in table.tables("and"):
        more += _conditions(inner)
        inner.done()
    return (here, *more)


def _why(table: Table) -> dict[str, str]:
    """One text for everybody, or one for each language."""
    if not isinstance(table.data.get("why"), dict):
        return dict.fromkeys(("en", "de"), table.text("why"))
    inner = table.table("why")
    why = {"en": inner.text("en"), "de": inner.text("de")}
    inner.done()
    return why


def _rule(table: Table) -> RowRule:
    rule = RowRule(why=_why(table), when=_conditions(table), optional=table.flag("optional", False))
    table.done()
    return rule


def _total(table: Table) -> Total:
    total = Total(
        when=_conditions(table),
        sum=names_in(table, "sum"),
        count=names_in(table, "count"),
        of=cast(Literal["file", "group"], table.text("of", "file", one_of=("file", "group"))),
    )
    if not (total.sum or total.count):
        table.complain("", "a total needs sum or count: the column that holds it")
    table.done()
    return total


def _finding(table: Table, key: str, dates: DateForms) -> Finding | None:
    inner = table.table(key)
    if key not in table.data:
        return None
    finding = Finding(column=names_in(inner, "column"), above=names_in(inner, "above"), dates=date_forms(inner, dates))
    if bool(finding.column) == bool(finding.above):
        inner.complain("", f'{key} needs either above = "text before it" or column = "its column"')
    inner.done()
    return finding
