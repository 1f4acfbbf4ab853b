"""Contact-limit packs: when and how often debtors may be called, as data that a team lead can read.

Owns the shape of a pack and the reading of `rules/packs/NAME.toml`. Judges nobody: that is core/contact/contact_rules.
Invariant: whatever is wrong with a file is a Problem that names its key; a pack without problems can always be applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from collectord.core.contact.calendar import has_table
from collectord.core.contact.closed_days import ClosedDays, parse_closed
from collectord.core.contact.facts import CONTACT_RESULTS, DIALLED_RESULTS
from collectord.core.contact.place import Place
from collectord.core.contact.week import Week, Window, daily, merged, parse_days, parse_window
from collectord.core.rule_text import Table

ONE_DAY = timedelta(days=1)
SCOPES = ("debtor", "number", "item")
EXCEPTIONS = ("consent", "callback")
COUNTS: Mapping[str, frozenset[str]] = {"contacts": CONTACT_RESULTS, "dialled": DIALLED_RESULTS}
EVERYWHERE = "*"  # in `countries`: for every country that no other pack names
GUARD = "guard"  # its rules are code and cannot be configured away


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `max` counted calls per span. A span of whole days is calendar days at the debtor's place, today included."""

    id: str
    scope: str
    counts: frozenset[str]
    max: int
    per: timedelta
    unless: frozenset[str] = frozenset()

    @property
    def in_days(self) -> int | None:
        """Calendar days, or None for a rolling span."""
        return self.per // ONE_DAY if self.per % ONE_DAY == timedelta(0) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """After a conversation no call until the conversation's day + `free_from` days, whoever called whom."""

    id: str
    scope: str  # debtor | number | item
    free_from: int
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """After a call that ended so, wait this long before the next one."""

    id: str
    after: frozenset[str]
    wait: timedelta
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPart:
    """After a call that ended so, the next one falls into another part of the day, up to `drift` after its start."""

    id: str
    after: frozenset[str]
    parts: tuple[Window, ...]
    within: timedelta
    drift: timedelta
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Allowed, but worth a word: `count` such calls to one number within the span."""

    id: str
    counts: frozenset[str]
    count: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    name: str
    title: Mapping[str, str]  # language -> one line for people
    countries: tuple[str, ...] = ()
    hours: Week | None = None  # None: this pack says nothing about hours
    holidays_closed: bool = False
    closed: ClosedDays | None = None  # the company's own calendar
    limits: tuple[Limit, ...] = ()
    quiets: tuple[Quiet, ...] = ()
    retries: tuple[Retry, ...] = ()
    other_part: OtherPart | None = None
    warns: tuple[Warn, ...] = ()
    wishes: bool = False
    ask_first: bool = False
    saturation: bool = False  # what the debtor's strategy lets it bear is asked at every contact, not only when one is planned
    ring_at_least: int = 0  # seconds; 0: no opinion
    ring_at_most: int = 0

    def rule_ids(self) -> tuple[str, ...]:
        """Every rule of this pack as refusals and warnings name it."""
        ids = ["hours"] if self.hours else []
        ids += [self.closed.id] if self.closed else []
        ids += [limit.id for limit in self.limits] + [quiet.id for quiet in self.quiets] + [retry.id for retry in self.retries]
        ids += [self.other_part.id] if self.other_part else []
        ids += [warn.id for warn in self.warns]
        ids += (["wishes"] if self.wishes else []) + (["ask-first"] if self.ask_first else [])
        ids += ["saturation"] if self.saturation else []
        return tuple(dict.fromkeys(f"{self.name}/{rule}" for rule in ids))


def active_packs(packs: Mapping[str, Pack], wanted: Iterable[str], place: Place) -> tuple[Pack, ...]:
    """The packs in force at this place. "auto" means those of the place's countries, or the pack for everywhere.

    A call without any calling hours would be possible at night: the pack for everywhere ("*") steps in whenever no other pack has hours.
    """
    names: list[str] = []
    for name in wanted:
        if name == "auto":
            for country, _ in place.countries:
                of_country = [pack.name for pack in packs.values() if country in pack.countries]
                names += of_country or [pack.name for pack in packs.values() if EVERYWHERE in pack.countries]
        elif name != GUARD:
            names.append(name)
    chosen = [packs[name] for name in dict.fromkeys(names) if name in packs]
    if not any(pack.hours for pack in chosen):
        chosen += [pack for pack in packs.values() if EVERYWHERE in pack.countries and pack not in chosen]
    return tuple(chosen)


def unknown_packs(packs: Mapping[str, Pack], wanted: Iterable[str]) -> tuple[str, ...]:
    """Names of the configuration that no file in `rules/packs` has: the gate refuses every call until they are found."""
    return tuple(name for name in wanted if name not in ("auto", GUARD) and name not in packs)


def ring_for(packs: Iterable[Pack], wanted: timedelta) -> timedelta:
    """How long the debtor's phone may ring: the wish of the configuration inside every pack's bounds; the shorter end wins a conflict."""
    seconds = int(wanted.total_seconds())
    chosen = tuple(packs)
    seconds = max([seconds, *(pack.ring_at_least for pack in chosen)])
    return timedelta(seconds=min([seconds, *(pack.ring_at_most for pack in chosen if pack.ring_at_most)]))


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
    return frozenset(table.texts(key, one_of=sorted(DIALLED_RESULTS)))


def _id(table: Table) -> str:
    name = table.text("id")
    if name and not all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in name):
        table.complain("id", f"id = {name!r}: use letters, digits and hyphens")
    return name


def _unless(table: Table) -> frozenset[str]:
    return frozenset(table.texts("unless", [], one_of=EXCEPTIONS))


def _span(table: Table, key: str) -> timedelta:
    before = len(table.problems)
    span = table.duration(key)
    if len(table.problems) == before and span <= timedelta(0):
        table.complain(key, f"{key} must be longer than nothing")
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
        within=_span(table, "within"),
    )
    table.done()
    return warn


def _seconds(table: Table, key: str) -> int:
    return int(table.duration(key, "0s").total_seconds())
