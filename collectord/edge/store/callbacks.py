"""Callbacks and absences on disk.

Owns table `absence`, and who keeps a callback in table `task`. Decides nothing: core/telephony/callbacks does.
Invariant: a callback in somebody's hands is not given away; an absence that is taken back stays readable.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.callbacks import Absence, Agreed
from collectord.edge.store.codec import instant, to_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("callbacks")


async def live_callbacks(conn: Connection, now: datetime) -> list[Agreed]:
    """Those that nobody is calling for, the earliest first. One that is late is to be kept now."""
    return [
        Agreed(
            task_id=row["id"],
            at=max(to_instant(row["not_before"]), now),
            by=row["agreed_by"],
            keeper=row["agent"],
            skill=row["skill"],
        )
        async for row in SQL.live(conn, now=instant(now))
    ]


async def give_to(conn: Connection, task_id: str, agent: str, now: datetime) -> DebtorKey | None:
    """The debtor of the callback that has a new keeper; None when somebody took or closed it meanwhile."""
    if not await SQL.give_to(conn, id=task_id, agent=agent, now=instant(now)):
        return None
    row = await SQL.key_of(conn, id=task_id)
    return DebtorKey(row["company"], row["debtor_no"])


async def callbacks_between(conn: Connection, low: datetime, high: datetime, now: datetime) -> list[dict[str, Any]]:
    return [dict(row) async for row in SQL.between(conn, low=instant(low), high=instant(high), now=instant(now))]


async def add_absence(conn: Connection, absence: Absence, now: datetime, actor: str) -> None:
    await SQL.add_absence(
        conn,
        id=absence.id,
        agent=absence.agent,
        from_on=absence.from_on.isoformat(),
        until_on=absence.until_on.isoformat(),
        deputy=absence.deputy,
        now=instant(now),
        actor=actor,
    )


async def revoke_absences(conn: Connection, agent: str, from_on: date, until_on: date, now: datetime) -> int:
    """How many that lie within these days are taken back."""
    return int(await SQL.revoke_absences(conn, agent=agent, from_on=from_on.isoformat(), until_on=until_on.isoformat(), now=instant(now)))


async def absences(conn: Connection, today: date, now: datetime) -> tuple[Absence, ...]:
    """Those that are not over, in the order in which they were recorded."""
    return tuple(
        [
            Absence(
                id=row["id"],
                agent=row["agent"],
                from_on=date.fromisoformat(row["from_on"]),
                until_on=date.fromisoformat(row["until_on"]),
                deputy=row["deputy"],
            )
            async for row in SQL.absences(conn, from_on=today.isoformat(), now=instant(now))
        ]
    )
