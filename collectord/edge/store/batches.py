"""Batches: every claimed file, what was decided about it, its rejected rows.

Owns tables `batch` and `row_reject`. Decides nothing.
Invariant: a receipt is always made from what is stored, so that it can be written again after a crash.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from collectord.core.exports.change_set import Counts
from collectord.core.exports.freshness import Earlier, SourceStanding
from collectord.core.exports.intake import Arrival, Decision, Receipt, Status
from collectord.core.exports.open_items import BadRow
from collectord.core.exports.readings import Summary
from collectord.core.money import plain_map
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store.codec import instant, maybe_day, to_instant, to_maybe_day
from collectord.edge.store.connection import Connection, queries
from collectord.edge.store.snapshots import known_sources

SQL = queries("batches")
ALL_COMPANIES = "*"  # in batch_scope: everything of its source
SIZES = 30
REJECTS_KEPT = 20_000  # in a receipt's value; a file of nothing but bad rows costs no memory
NOTHING_READ = Summary()
ARRIVALS = 100  # files of a source: more than 30 days of one or two, or of several on a day


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch as it stands."""

    arrived: Arrival
    digest: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class VagueRejects:
    """Bad rows of a batch that name no item, and the line of the first."""

    nobodys: int  # nor a debtor
    nobodys_line: int
    keyless: int
    keyless_line: int


async def add(conn: Connection, arrived: Arrival, now: datetime) -> None:
    """Before the file is touched: a crash later finds where it came from."""
    await SQL.add_batch(
        conn,
        id=arrived.batch_id,
        source=arrived.source,
        file=arrived.file,
        stored_as=arrived.stored_as,
        mode=arrived.mode,
        as_of=arrived.as_of.isoformat(),
        as_of_from=arrived.as_of_from,
        received_at=instant(now),
    )


async def set_digest(conn: Connection, batch_id: str, digest: str, size: int) -> None:
    await SQL.set_digest(conn, id=batch_id, digest=digest, size=size)


async def sizes(conn: Connection, source: str) -> list[int]:
    """Bytes of a source's last accepted snapshots."""
    return [row["size"] async for row in SQL.sizes(conn, source=source, most=SIZES)]


async def stored(conn: Connection, batch_id: str) -> Stored | None:
    row = await SQL.batch(conn, id=batch_id)
    if row is None:
        return None
    arrived = Arrival(
        batch_id=row["id"],
        file=row["file"],
        stored_as=row["stored_as"],
        source=row["source"],
        mode=row["mode"],
        as_of=date.fromisoformat(row["as_of"]),
        as_of_from=row["as_of_from"],
    )
    return Stored(arrived, row["digest"], row["status"])


async def in_status(conn: Connection, status: Status) -> list[tuple[str, str]]:
    """(batch id, stored name)"""
    return [(row["id"], row["stored_as"]) async for row in SQL.in_status(conn, status=status)]


def _earlier(row: Mapping[str, Any] | None) -> Earlier | None:
    if row is None:
        return None
    return Earlier(
        batch_id=row["id"],
        digest=row["digest"],
        as_of=date.fromisoformat(row["as_of"]),
        fresh_as_of=to_maybe_day(row["fresh_as_of"]),
        last_snapshot=bool(row["last_snapshot"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a source has said before, within the companies that the new file covers."""

    latest: Earlier | None  # accepted last
    same: Earlier | None  # accepted earlier, with the same bytes
    newest: date | None  # newest accepted day


async def history(conn: Connection, source: str, digest: str, companies: Iterable[str] | None = None) -> History:
    """`companies` None: not known yet; then what an earlier file with these bytes covered, else only batches that cover everything."""
    same = await SQL.same_bytes(conn, source=source, digest=digest)
    if companies is None and same is not None:
        companies = await _scope(conn, same["id"])
    wanted = orjson.dumps(list(companies or ())).decode()
    everything = int(companies is not None and ALL_COMPANIES in companies)
    latest = await SQL.latest_accepted(conn, source=source, companies=wanted, everything=everything)
    newest = await SQL.newest_as_of(conn, source=source, companies=wanted, everything=everything)
    return History(latest=_earlier(latest), same=_earlier(same), newest=to_maybe_day(newest["as_of"]))


async def newest_beside(conn: Connection, batch_id: str, source: str) -> date | None:
    """The newest accepted day within the companies of a held batch."""
    companies = await _scope(conn, batch_id)
    everything = int(ALL_COMPANIES in companies)
    row = await SQL.newest_as_of(conn, source=source, companies=orjson.dumps(companies).decode(), everything=everything)
    return to_maybe_day(row["as_of"])


async def _scope(conn: Connection, batch_id: str) -> list[str]:
    return [row["company"] async for row in SQL.scope(conn, id=batch_id)] or [ALL_COMPANIES]


async def decide(
    conn: Connection,
    arrived: Arrival,
    decision: Decision,
    counts: Counts | None,
    now: datetime,
    summary: Summary = NOTHING_READ,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """The verdict. `counts` None: no row was read. `extra`: keys of the receipt that only this kind of file has."""
    if counts is None:
        await SQL.decide_without_rows(conn, id=arrived.batch_id, status=decision.status, reason=decision.reason, decided_at=instant(now))
        return
    accepted_snapshot = decision.status == "accepted" and arrived.mode == "snapshot"
    await SQL.tell(
        conn,
        id=arrived.batch_id,
        as_of=arrived.as_of.isoformat(),
        as_of_from=arrived.as_of_from,
        booked_until=maybe_day(summary.booked_until),
    )
    await SQL.drop_scope(conn, id=arrived.batch_id)
    await SQL.add_scope(conn, [(arrived.batch_id, company) for company in summary.scope])
    await SQL.decide(
        conn,
        id=arrived.batch_id,
        status=decision.status,
        reason=decision.reason,
        decided_at=instant(now),
        fresh_as_of=maybe_day(arrived.as_of if accepted_snapshot else None),
        row_count=counts.rows,
        accepted_count=counts.accepted,
        opened=counts.opened,
        changed=counts.changed,
        unchanged=counts.unchanged,
        cleared=counts.cleared,
        reopened=counts.reopened,
        open_amount=orjson.dumps(plain_map(counts.open_amount)).decode(),
        detail=orjson.dumps(
            {"warnings": list(summary.warnings), "columns": list(summary.columns), "extra": {**_quality(summary), **(extra or {})}}
        ).decode(),
    )


async def repeat(conn: Connection, batch_id: str, original: str) -> None:
    """A duplicate's receipt says what the original's rows were, all of them unchanged."""
    await SQL.repeat_counts(conn, id=batch_id, original=original)
    await SQL.repeat_rejects(conn, id=batch_id, original=original)


def _quality(summary: Summary) -> dict[str, Any]:
    """What the file brought of holes, in the receipt; no key where it brought none."""
    return {"quality": dict(summary.quality)} if summary.quality else {}


async def confirm(conn: Connection, batch_id: str, day: date) -> None:
    """Moves the freshness of an accepted snapshot on."""
    await SQL.confirm(conn, id=batch_id, fresh_as_of=day.isoformat())


async def held_up_to(conn: Connection, arrived: Arrival, scope: Iterable[str]) -> list[tuple[str, str]]:
    """(batch id, stored name) of held batches of the source that are not newer and cover nothing beyond `scope`."""
    covered = orjson.dumps(list(scope)).decode()
    rows = SQL.held_up_to(conn, source=arrived.source, as_of=arrived.as_of.isoformat(), by=arrived.batch_id, companies=covered)
    return [(row["id"], row["stored_as"]) async for row in rows]


async def set_aside(conn: Connection, batch_id: str, decision: Decision, now: datetime) -> None:
    """A held batch that is discarded or replaced; its counts stay for the receipt."""
    await SQL.decide_without_rows(conn, id=batch_id, status=decision.status, reason=decision.reason, decided_at=instant(now))


async def drop_rejects(conn: Connection, batch_id: str) -> None:
    await SQL.drop_rejects(conn, id=batch_id)


async def rejects(conn: Connection, batch_id: str, most: int = -1) -> AsyncIterator[BadRow]:
    """In the order of the file; `most` < 0: all."""
    async with SQL.rejects_cursor(conn, id=batch_id, most=most) as cursor:  # SQL.rejects would fetch all of them first
        async for row in cursor:
            yield BadRow(*row.values())


async def count_rejects(conn: Connection, batch_id: str) -> int:
    row = await SQL.count_rejects(conn, id=batch_id)
    return int(row["n"])


async def vague_rejects(conn: Connection, batch_id: str) -> VagueRejects:
    row = await SQL.vague_rejects(conn, id=batch_id)
    return VagueRejects(**row)


async def drop(conn: Connection, batch_id: str) -> None:
    """A batch whose file was never taken."""
    await SQL.drop_rejects(conn, id=batch_id)
    await SQL.drop_batch(conn, id=batch_id)


async def receipt(conn: Connection, batch_id: str) -> Receipt:
    row = await SQL.batch(conn, id=batch_id)
    detail = orjson.loads(row["detail"])
    rejected = tuple([bad async for bad in rejects(conn, batch_id, REJECTS_KEPT)])
    more = await count_rejects(conn, batch_id) - REJECTS_KEPT if len(rejected) == REJECTS_KEPT else 0
    return Receipt(
        batch=row["id"],
        file=row["file"],
        stored_as=row["stored_as"],
        source=row["source"],
        mode=row["mode"],
        as_of=date.fromisoformat(row["as_of"]),
        status=row["status"],
        reason=row["reason"],
        rows=row["row_count"],
        accepted=row["accepted_count"],
        rejected=rejected,
        more_rejected=more,
        opened=row["opened"],
        changed=row["changed"],
        unchanged=row["unchanged"],
        cleared=row["cleared"],
        reopened=row["reopened"],
        open_amount={currency: Decimal(amount) for currency, amount in orjson.loads(row["open_amount"]).items()},
        warnings=tuple(detail.get("warnings", ())),
        extra=detail.get("extra", {}),
    )


async def arrivals(conn: Connection, now: datetime) -> dict[str, list[datetime]]:
    """Source -> when its newest accepted and repeated files came, oldest first."""
    found: dict[str, list[datetime]] = {}
    async for row in SQL.arrivals(conn, now=instant(now), most=ARRIVALS):
        found.setdefault(row["source"], []).append(to_instant(row["received_at"]))
    return found


async def accepted_since(conn: Connection, since: datetime, now: datetime) -> bool:
    """Whether an export was accepted since then."""
    return bool(await SQL.accepted_since(conn, since=instant(since), now=instant(now)))


async def last_accepted(conn: Connection) -> int:
    """Grows with every batch that is accepted, deltas and corrections of the same day too."""
    return int(await SQL.last_accepted(conn))


async def source_states(conn: Connection, *, now: datetime, zone: str = "UTC") -> list[SourceStanding]:
    """Every source of open items as it stood at `now`, as old as the oldest picture of its companies; `zone` is the house's."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return [source.standing() for source in await known_sources(conn, today)]


async def listed(
    conn: Connection, *, now: datetime, key: DebtorKey | None = None, state: str | None = None, limit: int = 10_000
) -> list[dict[str, Any]]:
    """CONTRACT 7, `batches --json`: receipts without their rejected rows, newest first. A batch has no debtor: `key` changes nothing."""
    found = []
    async for row in SQL.listed(conn, now=instant(now), state=state or "", limit=limit):
        found.append(
            {
                "batch": row["id"],
                "file": row["file"],
                "stored_as": row["stored_as"],
                "source": row["source"],
                "mode": row["mode"],
                "as_of": row["as_of"],
                "fresh_as_of": row["fresh_as_of"],
                "status": row["status"],
                "reason": row["reason"],
                "rows": row["row_count"],
                "accepted": row["accepted_count"],
                "opened": row["opened"],
                "changed": row["changed"],
                "unchanged": row["unchanged"],
                "cleared": row["cleared"],
                "reopened": row["reopened"],
                "open_amount": orjson.loads(row["open_amount"]),
                "received_at": row["received_at"],
                "decided_at": row["decided_at"],
            }
        )
    return found
