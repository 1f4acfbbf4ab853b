"""Pack text: the reading of `rules/packs/NAME.toml`.

Owns what a team lead may write there and what is wrong with it. Judges nobody, and knows nothing of which packs are in force.
Invariant: whatever is wrong with a file is a Problem that names its key; a pack without problems can always be applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from collectord.core.contact.calendar import has_table
from collectord.core.contact.closed_days import parse_closed
from collectord.core.contact.facts import CONTACT_RESULTS, DIALLED_RESULTS
from collectord.core.contact.packs import EVERYWHERE, GUARD, Limit, OtherPart, Pack, Quiet, Retry, Warn
from collectord.core.contact.week import Week, Window, daily, merged, parse_days, parse_window
from collectord.core.rule_text import Table

SCOPES = ("debtor", "number", "item")
EXCEPTIONS = ("consent", "callback")
LONGEST = timedelta(days=366)  # contacts are looked at for a little longer (edge/store/facts.HISTORY)
WARNED_FOR = timedelta(days=7)  # a warning is about a call now beside those of the last days
COUNTS: Mapping[str, frozenset[str]] = {"contacts": CONTACT_RESULTS, "dialled": DIALLED_RESULTS}


def parse_pack(name: str, table: Table) -> Pack:
    """One file of `rules/packs`. Problems are collected in the table."""
    title = table.table("title")
    pack = Pack(
        name=name,
        title={"en": title.text("en"), "de": title.text("de")},
        countries=_countries(table),
        hours=_hours(table) if "hours" in table.data else None,
        holidays_closed=table.text("public_holidays", "open", one_of=("open", "closed")) == "closed",
        closed=parse_closed(table.table("closed")) if "closed" in table.data else None,
        limits=tuple(_limit(entry) for entry in table.tables("limit")),
        quiets=tuple(_quiet(entry) for entry in table.tables("quiet")),
        retries=tuple(_retry(entry) for entry in table.tables("retry")),
        other_part=_other_part(table.table("other_part_of_day")) if "other_part_of_day" in table.data else None,
        warns=tuple(_warn(entry) for entry in table.tables("warn")),
        wishes=table.flag("wishes", False),
        ask_first=table.flag("ask_first", False),
        saturation=table.flag("saturation", False),
        ring_at_least=_seconds(table, "ring_at_least"),
        ring_at_most=_seconds(table, "ring_at_most"),
    )
    title.done()
    table.done()
    if pack.ring_at_most and pack.ring_at_most < pack.ring_at_least:
        table.complain("ring_at_most", "ring_at_most is shorter than ring_at_least; no call could satisfy both")
    if name in (GUARD, "auto", "debtors"):
        table.complain("", f"{name} is a reserved name; give the pack another file name")
    ids = [limit.id for limit in pack.limits] + [quiet.id for quiet in pack.quiets] + [retry.id for retry in pack.retries]
    for twice in sorted({rule for rule in ids if ids.count(rule) > 1}):
        table.complain("", f"two rules of this pack have the id {twice!r}; reports could not tell them apart")
    return pack


def _countries(table: Table) -> tuple[str, ...]:
    countries = table.texts("countries", [])
    for country in countries:
        if country != EVERYWHERE and not has_table(country):
            table.complain("countries", f"countries holds {country!r}; use ISO codes like DE, or * for all countries without a pack")
    return countries


def _hours(table: Table) -> Week:
    inner = table.table("hours")
    week: list[list[Window]] = [[] for _ in range(7)]
    for days in inner.data:
        windows = [_window(inner, days, text) for text in inner.texts(days)]
        try:
            for day in parse_days(days):
                week[day] += [window for window in windows if window]
        except ValueError as error:
            inner.complain(days, str(error))
    if not any(week) and not inner.problems:
        inner.complain("", 'hours never open; write at least one day, like mon-fri = ["08:00-20:00"]')
    return tuple(merged(day) for day in week)


def _window(table: Table, key: str, text: str) -> Window | None:
    try:
        return parse_window(text)
    except ValueError as error:
        table.complain(key, f"{key}: {error}")
        return None


def _results(table: Table, key: str, default: str | None = None) -> frozenset[str]:
    """`contacts`, `dialled`, or a list of results."""
    if key not in table.data and default is not None:
        table.seen.add(key)
        return COUNTS[default]
    if isinstance(table.data.get(key), str):
        return COUNTS.get(table.text(key, one_of=tuple(COUNTS)), frozenset())
    if table.data.get(key) == []:
        table.complain(key, f"the rule can never fire: {key} is empty")
    return frozenset(table.texts(key, one_of=sorted(DIALLED_RESULTS)))


def _id(table: Table) -> str:
    name = table.text("id")
    if name and not all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in name):
        table.complain("id", f"id = {name!r}: use letters, digits and hyphens")
    return name


def _unless(table: Table) -> frozenset[str]:
    return frozenset(table.texts("unless", [], one_of=EXCEPTIONS))


def _span(table: Table, key: str, most: timedelta = LONGEST) -> timedelta:
    before = len(table.problems)
    span = table.duration(key)
    if len(table.problems) == before and span <= timedelta(0):
        table.complain(key, f"{key} must be longer than nothing")
    if span > most:
        table.complain(key, f"{key} is longer than {most.days}d; nobody remembers calls that long ago")
    return max(span, timedelta(minutes=1))


def _limit(table: Table) -> Limit:
    limit = Limit(
        id=_id(table),
        scope=table.text("scope", one_of=SCOPES),
        counts=_results(table, "counts", "contacts"),
        max=table.whole("max", at_least=1),
        per=_span(table, "per"),
        unless=_unless(table),
    )
    table.done()
    return limit


def _quiet(table: Table) -> Quiet:
    quiet = Quiet(
        id=_id(table),
        scope=table.text("scope", one_of=SCOPES),
        free_from=table.days("free_from"),
        unless=_unless(table),
    )
    if quiet.free_from < 1 and "free_from" in table.data:
        table.complain("free_from", "free_from counts days after the conversation; 1d is the next day")
    if quiet.free_from > LONGEST.days:
        table.complain("free_from", f"free_from is longer than {LONGEST.days}d; to stop calls for good, record --do-not-call")
    table.done()
    return quiet


def _retry(table: Table) -> Retry:
    retry = Retry(id=_id(table), after=_results(table, "after"), wait=_span(table, "wait"), unless=_unless(table))
    table.done()
    return retry


def _other_part(table: Table) -> OtherPart:
    windows = [_window(table, "parts", text) for text in table.texts("parts")]
    part = OtherPart(
        id=_id(table),
        after=_results(table, "after"),
        parts=tuple(window for window in windows if window),
        within=_span(table, "within"),
        drift=table.duration("drift", "0m"),
        unless=_unless(table),
    )
    if part.drift < timedelta(0):
        table.complain("drift", "drift is negative; a part of the day opens a little later, never earlier")
    if len(daily(part.parts)[0]) < len(part.parts) and any(a[1] > b[0] for a, b in zip(part.parts, part.parts[1:], strict=False)):
        table.complain("parts", "parts of the day overlap")
    if len(part.parts) < 2 and "parts" in table.data:
        table.complain("parts", "parts must name at least two parts of the day")
    table.done()
    return part


def _warn(table: Table) -> Warn:
    warn = Warn(
        id=_id(table),
        counts=_results(table, "counts", "contacts"),
        count=table.whole("count", at_least=2),
        within=_span(table, "within", WARNED_FOR),
    )
    table.done()
    return warn


def _seconds(table: Table, key: str) -> int:
    seconds = int(table.duration(key, "0s").total_seconds())
    if seconds < 0:
        table.complain(key, f"{key} is negative")
    return max(0, seconds)
