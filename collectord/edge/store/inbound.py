"""Calls that come in, on disk.

Owns what of tables `attempt` and `task` only such a call asks. Decides nothing: core/telephony/inbound does.
Invariant: who is held by an attempt changes only while the caller waits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

import orjson

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Task
from collectord.core.telephony.inbound import Caller
from collectord.edge.store import tasks
from collectord.edge.store.calls import AttemptTaken
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("inbound")


async def last_called(conn: Connection, number: str, companies: Collection[str], since: datetime, now: datetime) -> Caller | None:
    """The debtor whom one of these companies called at this number since then, the latest call first."""
    row = await SQL.last_called(
        conn, number=number, companies=orjson.dumps(sorted(companies)).decode(), since=instant(since), now=instant(now)
    )
    return None if row is None else Caller(key=DebtorKey(row["company"], row["debtor_no"]), agent=row["agent"])


async def is_held(conn: Connection, key: DebtorKey, number: str) -> bool:
    """Whether a call holds this debtor or this number."""
    return bool(await SQL.held(conn, company=key.company, debtor_no=key.debtor_no, number=number))


async def todays_calls(conn: Connection, key: DebtorKey, until: datetime) -> list[Task]:
    """Calls to this debtor that wait for a time before `until`, and that nobody is making."""
    found = [row["id"] async for row in SQL.todays_calls(conn, company=key.company, debtor_no=key.debtor_no, until=instant(until))]
    return [task for task_id in found if (task := await tasks.task(conn, task_id)) is not None]


async def hand_to(conn: Connection, attempt_id: str, agent: str, endpoint: str) -> None:
    """Raises AttemptTaken: that agent is in another call."""
    try:
        await SQL.hand_to(conn, id=attempt_id, agent=agent, endpoint=endpoint)
    except sqlite3.IntegrityError as error:
        raise AttemptTaken(f"agent {agent} has a live call already") from error
