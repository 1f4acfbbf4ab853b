"""Freshness: how old a source's picture of the ledger is, in accounting days.

Owns the age of a source and what a repeated file confirms. Knows no store: days come in.
Invariant: what cannot be counted is stale; a source without an accepted snapshot is never fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from collectord.core.contact.calendar import HolidaysUnknown, WorkingDays
from collectord.core.house import House

CONFIRMING_DAYS = 2  # accounting days that identical files keep a source fresh: a stuck export must not look fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An accepted batch of the same source."""

    batch_id: str
    digest: str
    as_of: date
    fresh_as_of: date | None
    last_snapshot: bool = False  # a snapshot, and no other came since: perhaps deltas


def accounting_days(house: House) -> WorkingDays:
    """The house's accounting days; with an unknown region a regional holiday counts, so that the export rather ages too fast."""
    company = house.companies.get("") or next(iter(house.companies.values()), None)
    return WorkingDays(house.country, company.region if company else "", doubtful_day="working")


def confirmed_until(accepted: Earlier, again: date, working_days: WorkingDays) -> date | None:
    """The day up to which a duplicate confirms the accepted snapshot; None: it confirms nothing."""
    if accepted.fresh_as_of is None:
        return None
    try:
        limit = working_days.add(accepted.as_of, CONFIRMING_DAYS)
    except HolidaysUnknown:
        return None
    day = min(again, limit)
    return day if day > accepted.fresh_as_of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """What is known about one source."""

    source: str
    as_of: date | None  # of the snapshot accepted last
    fresh_as_of: date | None  # the same, moved on by duplicates
    held_batch_id: str | None  # the newest batch that waits for a person
    last_status: str  # of the batch that arrived last


@dataclass(frozen=True, slots=True)
class Fresh:
    as_of: date
    age: int


@dataclass(frozen=True, slots=True)
class Stale:
    """`as_of` None: no snapshot of this source was ever accepted; `age` None: its accounting days cannot be counted."""

    as_of: date | None
    age: int | None


def freshness(source: SourceStanding, today: date, working_days: WorkingDays, max_age: int) -> Fresh | Stale:
    """Age in accounting days after the as-of day; fresh means at most `max_age`."""
    day = source.fresh_as_of
    if day is None:
        return Stale(None, None)
    try:
        age = working_days.count(day, today)
    except HolidaysUnknown:
        return Stale(day, None)
    return Fresh(day, age) if age <= max_age else Stale(day, age)
