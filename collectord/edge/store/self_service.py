"""Pairs of numbers that callers keyed, on disk: which open item was meant, how often none was, what the caller was told is saved.

Owns table `self_service`. Decides nothing: core/telephony/self_service does.
Invariant: what was keyed is never kept, only whether it fitted; of one call a turn is noted once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.self_service import Owed
from collectord.edge.store.codec import instant, to_maybe_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("self_service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One pair. `key` and `item_no`, as a call to that debtor names it: of a pair that fitted."""

    id: str
    turn: int
    called: str
    caller: str
    matched: bool
    key: DebtorKey
    item_no: str
    served: str = ""


def _turn(row: Any) -> Turn:
    return Turn(
        id=row["id"],
        turn=row["turn"],
        called=row["called"],
        caller=row["caller"],
        matched=bool(row["matched"]),
        key=DebtorKey(row["company"], row["debtor_no"]),
        item_no=row["item_no"],
        served=row["served"],
    )


async def turn(conn: Connection, call_id: str, number: int) -> Turn | None:
    row = await SQL.turn(conn, id=call_id, turn=number)
    return None if row is None else _turn(row)


async def matched(conn: Connection, call_id: str) -> Turn | None:
    """The pair of this call that fitted."""
    row = await SQL.matched(conn, id=call_id)
    return None if row is None else _turn(row)


async def wrong(conn: Connection, caller: str, since: datetime) -> tuple[int, int]:
    """Pairs that did not fit since then: of this number, of all."""
    row = await SQL.wrong(conn, caller=caller, since=instant(since))
    return row["of_number"], row["of_all"]


async def wrong_by_number(conn: Connection, since: datetime) -> dict[str, int]:
    return {row["caller"]: row["count"] async for row in SQL.wrong_by_number(conn, since=instant(since))}


async def candidates(conn: Connection, companies: Collection[str], debtor_no: str, item_no: str) -> list[Owed]:
    """Open items whose numbers may be meant; both are digits."""
    among = orjson.dumps(sorted(companies)).decode()
    rows = SQL.candidates(conn, companies=among, debtor_no=_holding(debtor_no), item_no=_holding(item_no))
    return [Owed(key=DebtorKey(row["company"], row["debtor_no"]), item_no=row["item_no"]) async for row in rows]


def _holding(digits: str) -> str:
    return "%".join(("", *digits[-3:], ""))


async def note(conn: Connection, keyed: Turn, at: datetime) -> None:
    await SQL.note(
        conn,
        id=keyed.id,
        turn=keyed.turn,
        at=instant(at),
        called=keyed.called,
        caller=keyed.caller,
        matched=int(keyed.matched),
        company=keyed.key.company,
        debtor_no=keyed.key.debtor_no,
        item_no=keyed.item_no,
    )


async def serve(conn: Connection, keyed: Turn, told: str) -> None:
    await SQL.serve(conn, id=keyed.id, turn=keyed.turn, served=told)


async def is_served(conn: Connection, call_id: str, key: DebtorKey) -> bool:
    """Whether this caller has keyed for this debtor what was wanted."""
    return bool(await SQL.is_served(conn, id=call_id, company=key.company, debtor_no=key.debtor_no))


async def called_back(conn: Connection, key: DebtorKey, since: datetime) -> tuple[datetime | None, datetime | None]:
    """When a call to this debtor was first wanted by keys since then, and when we called it last."""
    row = await SQL.called_back(conn, company=key.company, debtor_no=key.debtor_no, since=instant(since))
    return to_maybe_instant(row["asked_at"]), to_maybe_instant(row["called_at"])


async def forget(conn: Connection, before: datetime, most: int) -> None:
    await SQL.forget(conn, before=instant(before), most=most)
