"""Snapshots: how far the picture of each company of a source reaches, as it was known on a day.

Owns the reading of `batch` and `batch_scope` for this one question. Judges nothing: core/exports/freshness does.
Invariant: a company is judged by the last accepted snapshot that covered it; one that covered only other companies says nothing about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson

from collectord.core.exports.freshness import SourceStanding
from collectord.edge.store import covering
from collectord.edge.store.codec import to_maybe_day
from collectord.edge.store.connection import Connection, queries

SQL = queries("snapshots")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The last snapshot that covers a company of a source; the days are None when there never was one."""

    source: str
    company: str
    batch_id: str = ""
    as_of: date | None = None
    fresh_as_of: date | None = None  # moved on by duplicates
    booked_until: date | None = None  # payments are booked up to this day; None: the export does not say
    columns: frozenset[str] = frozenset()  # the canonical columns that the file had

    def booking_lag(self, today: date) -> int:
        return 0 if self.booked_until is None else max(0, (today - self.booked_until).days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    held_batch_id: str | None  # the newest batch, its own or a covering list's, that waits for a person: it blocks the whole source
    last_status: str
    covers: tuple[Cover, ...]  # one a company with something open; of any company when nothing is

    def standing(self) -> SourceStanding:
        """The source is as old as the oldest picture of a company that still owes something."""
        oldest = min(self.covers, key=lambda cover: cover.fresh_as_of or date.min)
        return SourceStanding(
            source=self.name,
            as_of=oldest.as_of,
            fresh_as_of=oldest.fresh_as_of,
            held_batch_id=self.held_batch_id,
            last_status=self.last_status,
        )


async def cover(conn: Connection, source: str, company: str, today: date) -> Cover:
    """Of a source that lists cover it is theirs, as old as the oldest of them."""
    lists = await covering.lists_of(conn, source, company)
    return _oldest(
        [_cover(source, company, await SQL.cover(conn, source=each, company=company, today=today.isoformat())) for each in lists]
    )


def _oldest(found: Sequence[Cover]) -> Cover:
    oldest = min(found, key=lambda cover: cover.fresh_as_of or date.min)
    return replace(oldest, booked_until=min((cover.booked_until for cover in found if cover.booked_until), default=None))


def _cover(source: str, company: str, row: Mapping[str, Any] | None) -> Cover:
    if row is None:
        return Cover(source=source, company=company)
    return Cover(
        source=source,
        company=company,
        batch_id=row["id"],
        as_of=date.fromisoformat(row["as_of"]),
        fresh_as_of=to_maybe_day(row["fresh_as_of"]),
        booked_until=to_maybe_day(row["booked_until"]),
        columns=frozenset(orjson.loads(row["detail"]).get("columns", ())),
    )


async def booking_lags(conn: Connection, used: Iterable[tuple[str, str]], today: date) -> dict[tuple[str, str], int]:
    """For each (source, company): how many days before `today` its bookings end."""
    return {(source, company): (await cover(conn, source, company, today)).booking_lag(today) for source, company in used}


async def known_sources(conn: Connection, today: date) -> list[Source]:
    """Every source of open items, by name."""
    found = []
    for row in [row async for row in SQL.sources(conn, today=today.isoformat())]:
        name = row["source"]
        covers = [await cover(conn, name, company, today) for company in await _companies(conn, name, today)]
        if not covers:
            lists = await covering.lists_anywhere(conn, name)
            covers = [_oldest([_cover(name, "", await SQL.newest(conn, source=each, today=today.isoformat())) for each in lists])]
        found.append(Source(name=name, held_batch_id=row["held"], last_status=row["last_status"], covers=tuple(covers)))
    return found


async def _companies(conn: Connection, source: str, today: date) -> list[str]:
    """Companies with something open on that day."""
    if await SQL.knows_later(conn, source=source, today=today.isoformat()):
        return [row["company"] async for row in SQL.companies_then(conn, source=source, today=today.isoformat())]
    companies = []
    row = await SQL.first_company(conn, source=source)
    while row is not None:
        companies.append(row["company"])
        row = await SQL.next_company(conn, source=source, after=row["company"])
    return companies
