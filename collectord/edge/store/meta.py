"""The installation's own state: live or shadow, paused, tested caller IDs, counts for the status screen, the audit trail.

Owns tables `meta`, `caller_id_test`, `happening`. Decides nothing.
Invariant: what an administrator switched survives restarts; every switch leaves a sentence in the trail.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from collectord.edge.store.codec import instant, to_maybe_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("meta")


async def get(conn: Connection, key: str, default: str = "") -> str:
    value = await SQL.get(conn, key=key)
    return default if value is None else str(value)


async def put(conn: Connection, key: str, value: str) -> None:
    await SQL.put(conn, key=key, value=value)


async def is_live(conn: Connection, configured: bool) -> bool:
    """What `live` and `shadow` said last, else the configuration."""
    return {"yes": True, "no": False}.get(await get(conn, "live", "config"), configured)


async def is_paused(conn: Connection) -> bool:
    return await get(conn, "paused", "no") == "yes"


async def note(
    conn: Connection, id: str, at: datetime, kind: str, actor: str, sentence: str, company: str = "", debtor_no: str = ""
) -> None:
    await SQL.note_happening(conn, id=id, at=instant(at), kind=kind, company=company, debtor_no=debtor_no, actor=actor, sentence=sentence)


async def tested_caller_ids(conn: Connection) -> set[str]:
    return {row["caller_id"] async for row in SQL.tested_caller_ids(conn)}


async def note_caller_id_test(conn: Connection, caller_id: str, at: datetime, note: str) -> None:
    await SQL.note_caller_id_test(conn, caller_id=caller_id, at=instant(at), note=note)


async def counts(conn: Connection) -> dict[str, Any]:
    """`{"tasks": {state: n}, "calls": n, "unknown": n, "held": n, "next_task_at": text|None}`."""
    return {
        "tasks": {row["state"]: row["n"] async for row in SQL.task_states(conn)},
        "calls": await SQL.live_calls(conn),
        "unknown": await SQL.unknown_calls(conn),
        "held": await SQL.held_batches(conn),
        "next_task_at": await SQL.next_task_at(conn),
    }


async def trunk_load(conn: Connection, trunk: str, counted: int) -> tuple[int, datetime | None]:
    """Calls that may occupy a channel now, and when the call `counted` calls ago was placed."""
    placed = await SQL.placed_before(conn, trunk=trunk, back=counted - 1)
    return int(await SQL.live_on_trunk(conn, trunk=trunk)), to_maybe_instant(placed)


async def is_a_debtors_number(conn: Connection, number: str) -> bool:
    return bool(await SQL.number_is_a_debtors(conn, number=number))


async def ready_calls(conn: Connection, now: datetime) -> int:
    return int(await SQL.ready_calls(conn, now=instant(now)))


async def newest_record(conn: Connection) -> datetime | None:
    """The latest instant that our own clock ever stamped."""
    return to_maybe_instant(await SQL.newest_record(conn))
