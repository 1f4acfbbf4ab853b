"""Notices on record: what was to be told, what left by which way, what failed.

Owns table `notice`. Decides nothing; sends nothing.
Invariant: a notice is on disk before anything leaves, and is marked as gone only after it was taken: at least once, never lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from collectord.core.notices import EVENTS, Condition, Told
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store.codec import instant, to_instant, to_maybe_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("notices")

Way = Literal["mail", "hook"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    count: int
    oldest: datetime | None
    failure: str

    def as_json(self) -> dict[str, Any]:
        return {"unsent": self.count, "oldest": self.oldest.isoformat() if self.oldest else None, "failure": self.failure or None}


async def add(conn: Connection, id: str, condition: Condition, now: datetime) -> None:
    """An event is over at once: only conditions last."""
    await SQL.add(
        conn, id=id, at=instant(now), kind=condition.kind, subject=condition.subject, sentence=condition.sentence,
        ended_at=instant(now) if condition.kind in EVENTS else None,
    )  # fmt: skip


async def lasting(conn: Connection) -> list[Told]:
    return [Told(**row) async for row in SQL.lasting(conn)]


async def end(conn: Connection, id: str, now: datetime) -> bool:
    """True when somebody was told of it, or may have been, so that the end is to be told as well."""
    await SQL.end_notice(conn, id=id, ended_at=instant(now))
    return await SQL.forget_untold(conn, id=id, at=instant(now)) is None


async def untold(conn: Connection, way: Way, limit: int) -> list[dict[str, str]]:
    """Those that did not leave this way yet, oldest first."""
    rows = SQL.unmailed(conn, size=limit) if way == "mail" else SQL.unposted(conn, size=limit)
    return [dict(row) async for row in rows]


async def left(conn: Connection, way: Way, ids: Iterable[str], now: datetime) -> None:
    await (SQL.mailed if way == "mail" else SQL.posted)(conn, [(instant(now), id) for id in ids])


async def failed(conn: Connection, ids: Iterable[str], failure: str) -> None:
    await SQL.failed(conn, [(failure, id) for id in ids])


async def settle(conn: Connection, ways: Iterable[Way], now: datetime) -> None:
    """Marks as sent what left by every way there is; without any way there is nobody to tell."""
    await SQL.settle(conn, at=instant(now), mail=int("mail" in ways), hook=int("hook" in ways))


async def unsent(conn: Connection) -> Unsent:
    row = await SQL.unsent(conn)
    return Unsent(count=int(row["n"]), oldest=to_maybe_instant(row["oldest"]), failure=row["failure"] or "")


async def last_left(conn: Connection, way: Way) -> datetime | None:
    """When the last message left this way."""
    return to_maybe_instant(await (SQL.last_mailed if way == "mail" else SQL.last_posted)(conn))


async def held(conn: Connection) -> list[Mapping[str, Any]]:
    """Batches that wait for a person: id, file, source, reason."""
    return [row async for row in SQL.held(conn)]


async def rejected(conn: Connection, since: datetime) -> list[Mapping[str, Any]]:
    """Batches rejected since then that nobody was told of."""
    return [row async for row in SQL.rejected_since(conn, at=instant(since))]


async def listed(
    conn: Connection, *, now: datetime, key: DebtorKey | None = None, state: str | None = None, limit: int = 10_000
) -> list[dict[str, Any]]:
    """`notices --json`, newest first; `state`: open, over or unsent. A notice has no debtor: `key` changes nothing."""
    found = []
    async for row in SQL.listed(conn, now=instant(now), state=state or "", limit=limit):
        ended, sent = to_maybe_instant(row["ended_at"]), to_maybe_instant(row["sent_at"])
        found.append(
            {
                "at": to_instant(row["at"]).isoformat(),
                "kind": row["kind"],
                "sentence": row["sentence"],
                "ended_at": ended.isoformat() if ended and ended <= now else None,
                "sent_at": sent.isoformat() if sent and sent <= now else None,
                "tries": row["tries"],
                "failure": row["failure"],
                "subject": row["subject"],
                "id": row["id"],
            }
        )
    return found
