"""Calls and whether they reached anybody: of all debtors, added up by the hour, and of one debtor.

Owns key `best_hours` of table `meta`. Judges nothing: core/telephony/best_time says what a call tells and what follows.
Invariant: of a debtor of whom nothing may be learned no call is counted; nothing dated after `now` is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.best_time import (
    LEARNED_FROM,
    NO_TALLY,
    Bin,
    Hours,
    Own,
    Tally,
    bin_of,
    day_part,
    hours_from,
    segment_of,
    told,
)
from collectord.edge.store import meta
from collectord.edge.store.codec import as_json, instant, to_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("reached")
KEY = "best_hours"
Kept = dict[str, Any]


async def added_up(conn: Connection, house: House, now: datetime) -> Kept:
    """Reads every call of half a year: seconds in a large house."""
    bins: dict[tuple[str, Bin], Tally] = {}
    allowed = bool(house.private_assessment)
    async for row in SQL.calls_since(conn, **_times(now)):
        person_type, _, zone = (row["debtor"] or "").partition("|")
        segment = segment_of(person_type, private_allowed=allowed)
        reached = told(row["result"], row["disposition"], third_party=bool(row["third_party"]))
        if segment and reached is not None:
            key = (segment, bin_of(local(to_instant(row["at"]), zone, house)))
            bins[key] = bins.get(key, NO_TALLY) + Tally(1, int(reached))
    return {
        "day": house.today(now).isoformat(),
        "private": allowed,
        "bins": [[segment, *one, tally.tries, tally.reached] for (segment, one), tally in sorted(bins.items())],
    }


async def kept(conn: Connection) -> Kept | None:
    text = await meta.get(conn, KEY)
    return orjson.loads(text) if text else None


async def keep(conn: Connection, found: Kept) -> None:
    await meta.put(conn, KEY, orjson.dumps(found).decode())


def hours_of(found: Kept | None) -> Hours:
    """What follows from what is kept."""
    bins = found["bins"] if found else []
    return hours_from((segment, (part, hour), Tally(tries, reached)) for segment, part, hour, tries, reached in bins)


async def own_calls(conn: Connection, zones: Mapping[DebtorKey, str], house: House, now: datetime) -> dict[DebtorKey, Own]:
    """The calls of some debtors by part of the day; each comes with its zone."""
    found: dict[DebtorKey, dict[int, Tally]] = {}
    async for row in SQL.calls_of(conn, **_times(now), keys=as_json(zones)):
        reached = told(row["result"], row["disposition"], third_party=bool(row["third_party"]))
        if reached is not None:
            key = DebtorKey(row["company"], row["debtor_no"])
            part, parts = day_part(local(to_instant(row["at"]), zones[key], house).hour), found.setdefault(key, {})
            parts[part] = parts.get(part, NO_TALLY) + Tally(1, int(reached))
    return dict(found)


def local(at: datetime, zone: str, house: House) -> datetime:
    """Where the debtor is; without a zone, or with an unknown one, where the house is."""
    try:
        return at.astimezone(ZoneInfo(zone or house.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return at.astimezone(ZoneInfo(house.time_zone))


def _times(now: datetime) -> Mapping[str, str]:
    return {"since": instant(now - timedelta(days=LEARNED_FROM)), "now": instant(now)}
