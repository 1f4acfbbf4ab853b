"""Batches: every claimed file, what was decided about it, its rejected rows.

Owns tables `batch` and `row_reject`. Decides nothing.
Invariant: a receipt is always made from what is stored, so that it can be written again after a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from collectord.core.money import plain_map
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store.codec import instant, maybe_day, to_instant, to_maybe_day
from collectord.edge.store.connection import Connection, queries
from collectord.edge.store.snapshots import known_sources

SQL = queries("batches")
ARRIVALS = 100  # files of a source: more than 30 days of one or two, or of several on a day


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch as it stands."""

    arrived: Arrival
    digest: str
    status: Status


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


async def set_digest(conn: Connection, batch_id: str, digest: str) -> None:
    await SQL.set_digest(conn, id=batch_id, digest=digest)


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
        batch_id=row["id"], digest=row["digest"], as_of=date.fromisoformat(row["as_of"]), fresh_as_of=to_maybe_day(row["fresh_as_of"])
    )


async def history(conn: Connection, source: str, digest: str) -> tuple[Earlier | None, Earlier | None, date | None]:
    """(accepted last, accepted earlier with the same bytes, newest accepted day) of a source."""
    latest = _earlier(await SQL.latest_accepted(conn, source=source))
    same = _earlier(await SQL.same_bytes(conn, source=source, digest=digest))
    newest = await SQL.newest_as_of(conn, source=source)
    return latest, same, to_maybe_day(newest["as_of"])


async def decide(
    conn: Connection,
    arrived: Arrival,
    decision: Decision,
    counts: Counts | None,
    now: datetime,
    warnings: Iterable[str] = (),
    columns: Iterable[str] = (),
) -> None:
    """The verdict. `counts` None: no row was read. `columns`: what the file could say at all."""
    if counts is None:
        await SQL.decide_without_rows(conn, id=arrived.batch_id, status=decision.status, reason=decision.reason, decided_at=instant(now))
        return
    accepted_snapshot = decision.status == "accepted" and arrived.mode == "snapshot"
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
        detail=orjson.dumps({"warnings": list(warnings), "columns": sorted(columns)}).decode(),
    )


async def repeat(conn: Connection, batch_id: str, original: str) -> None:
    """A duplicate's receipt says what the original's rows were, all of them unchanged."""
    await SQL.repeat_counts(conn, id=batch_id, original=original)
    await SQL.repeat_rejects(conn, id=batch_id, original=original)


async def confirm(conn: Connection, batch_id: str, day: date) -> None:
    """Moves the freshness of an accepted snapshot on."""
    await SQL.confirm(conn, id=batch_id, fresh_as_of=day.isoformat())


async def held_up_to(conn: Connection, source: str, as_of: date, by: str) -> list[tuple[str, str]]:
    """(batch id, stored name) of held batches of a source that are not newer than `as_of`."""
    return [(row["id"], row["stored_as"]) async for row in SQL.held_up_to(conn, source=source, as_of=as_of.isoformat(), by=by)]


async def set_aside(conn: Connection, batch_id: str, decision: Decision, now: datetime) -> None:
    """A held batch that is discarded or replaced; its counts stay for the receipt."""
    await SQL.decide_without_rows(conn, id=batch_id, status=decision.status, reason=decision.reason, decided_at=instant(now))


async def add_rejects(conn: Connection, arrived: Arrival, rows: Iterable[BadRow]) -> None:
    await SQL.add_reject(conn, [(arrived.batch_id, arrived.source, *bad) for bad in rows])


async def drop_rejects(conn: Connection, batch_id: str) -> None:
    await SQL.drop_rejects(conn, id=batch_id)


async def rejects(conn: Connection, batch_id: str) -> tuple[BadRow, ...]:
    return tuple([BadRow(*row.values()) async for row in SQL.rejects(conn, id=batch_id)])


async def count_rejects(conn: Connection, batch_id: str) -> int:
    row = await SQL.count_rejects(conn, id=batch_id)
    return int(row["n"])


async def drop(conn: Connection, batch_id: str) -> None:
    """A batch whose file was never taken."""
    await SQL.drop_rejects(conn, id=batch_id)
    await SQL.drop_batch(conn, id=batch_id)


async def receipt(conn: Connection, batch_id: str) -> Receipt:
    row = await SQL.batch(conn, id=batch_id)
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
        rejected=await rejects(conn, batch_id),
        opened=row["opened"],
        changed=row["changed"],
        unchanged=row["unchanged"],
        cleared=row["cleared"],
        reopened=row["reopened"],
        open_amount={currency: Decimal(amount) for currency, amount in orjson.loads(row["open_amount"]).items()},
        warnings=tuple(orjson.loads(row["detail"]).get("warnings", ())),
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
