"""Contact-limit packs: when and how often debtors may be called, as data that a team lead can read.

Owns the shape of a pack and which packs are in force. Judges nobody: that is core/contact/contact_rules; its text is pack_text's.
Invariant: a pack with calling hours is in force for every debtor, as long as the one for everywhere has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from collectord.core.contact.closed_days import ClosedDays
from collectord.core.contact.place import Place
from collectord.core.contact.week import Week, Window

ONE_DAY = timedelta(days=1)
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
