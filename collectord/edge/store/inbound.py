"""Calls that come in and talks that are handed over, on disk.

Owns table `unreached_caller`, and what of tables `attempt` and `task` only these ask. Decides nothing: core/telephony does.
Invariant: who is held by an attempt changes only while a caller waits or a talk is handed over, and nobody is held by two; a call is noted
once, however often it is told.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import Any

import orjson

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Task
from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.inbound import Caller
from collectord.edge.store import tasks
from collectord.edge.store.calls import AttemptTaken
from collectord.edge.store.codec import instant, to_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("inbound")


async def caller(conn: Connection, number: str, companies: Collection[str], since: datetime, now: datetime) -> Caller | None:
    """The debtor whom one of these companies called at this number since then, the latest call first; else the only one who has it."""
    row = await SQL.last_called(conn, number=number, companies=_among(companies), since=instant(since), now=instant(now))
    if row is not None:
        return Caller(key=DebtorKey(row["company"], row["debtor_no"]), agent=row["agent"])
    found = await owing_at(conn, number, companies)
    return Caller(key=found[0], agent="") if len(found) == 1 else None


async def last_called(conn: Connection, number: str, companies: Collection[str], since: datetime, now: datetime) -> DebtorKey | None:
    """Whom one of these companies called at this number since then, last."""
    row = await SQL.last_called(conn, number=number, companies=_among(companies), since=instant(since), now=instant(now))
    return None if row is None else DebtorKey(row["company"], row["debtor_no"])


async def owing_at(conn: Connection, number: str, companies: Collection[str]) -> list[DebtorKey]:
    """Debtors of these companies who have this number and owe something."""
    rows = SQL.debtors_at(conn, number=number, companies=_among(companies))
    return [DebtorKey(row["company"], row["debtor_no"]) async for row in rows]


def _among(companies: Collection[str]) -> str:
    return orjson.dumps(sorted(companies)).decode()


async def note_unreached(conn: Connection, attempt_id: str, called: str, number: str, at: datetime) -> bool:
    """Whether there is a note now: not of a call that is written down as an attempt, whose debtor has a callback."""
    if await SQL.has_attempt(conn, id=attempt_id) is not None:
        return False
    await SQL.note_unreached(conn, id=attempt_id, at=instant(at), called=called, caller=number)
    return True


async def forget_unreached(conn: Connection, before: datetime, most: int) -> None:
    """`most` calls are kept at most, the latest."""
    await SQL.forget_unreached(conn, before=instant(before), most=most)


async def unreached(conn: Connection, *, limit: int) -> list[dict[str, Any]]:
    """`callers --json`."""
    return [
        {
            "number": row["caller"],
            "last_at": to_instant(row["last_at"]).isoformat(),
            "first_at": to_instant(row["first_at"]).isoformat(),
            "calls": row["calls"],
            "called": row["called"],
            "debtors": orjson.loads(row["debtors"]),
            "wrong_pairs": row["wrong_pairs"],
        }
        async for row in SQL.unreached(conn, most=limit)
    ]


async def unreached_count(conn: Connection) -> int:
    """How many numbers nobody has looked after."""
    return int(await SQL.unreached_count(conn))


async def look_after(conn: Connection, number: str, by: str, now: datetime) -> int:
    """How many calls of this number are off the list."""
    return int(await SQL.look_after(conn, caller=number, at=instant(now), by=by))


async def is_held(conn: Connection, key: DebtorKey, number: str) -> bool:
    """Whether a call holds this debtor or this number."""
    return bool(await SQL.held(conn, company=key.company, debtor_no=key.debtor_no, number=number))


async def todays_calls(conn: Connection, key: DebtorKey, until: datetime) -> list[Task]:
    """Calls to this debtor that wait for a time before `until`, and that nobody is making."""
    found = [row["id"] async for row in SQL.todays_calls(conn, company=key.company, debtor_no=key.debtor_no, until=instant(until))]
    return [task for task_id in found if (task := await tasks.task(conn, task_id)) is not None]


async def hand_over(conn: Connection, talk: Attempt) -> None:
    """The attempt with another agent. Raises AttemptTaken: that agent is in another call."""
    try:
        await SQL.hand_over(
            conn, id=talk.id, agent=talk.agent, endpoint=talk.endpoint, begun_by=talk.begun_by, deadline_at=instant(talk.deadline_at)
        )
    except sqlite3.IntegrityError as error:
        raise AttemptTaken(f"agent {talk.agent} has a live call already") from error


async def hand_to(conn: Connection, attempt_id: str, agent: str, endpoint: str) -> None:
    """Raises AttemptTaken: that agent is in another call."""
    try:
        await SQL.hand_to(conn, id=attempt_id, agent=agent, endpoint=endpoint)
    except sqlite3.IntegrityError as error:
        raise AttemptTaken(f"agent {agent} has a live call already") from error
