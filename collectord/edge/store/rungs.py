"""What the numbers of ladder steps mean: each ladder's steps as they were when somebody stood on them.

Owns table `rungs`. Decides nothing: where a step stands today is core/receivables/rungs'.
Invariant: whoever reads the number of a step finds the steps that it counts; they never change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import orjson

from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.rungs import NO_RUNGS, Rung, Rungs
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("rungs")
_known: dict[str, Rungs] = {"": NO_RUNGS}  # an id stands for its steps for ever, whatever store it was read from


async def know(conn: Connection, ids: Iterable[str]) -> None:
    """Reads those that this process has not met, so that `of` has them."""
    for id in set(ids) - _known.keys():
        text = await SQL.levels(conn, id=id)
        if text is not None:
            _known[id] = Rungs(id, tuple(Rung(*one) for one in orjson.loads(text)))


def of(id: str) -> Rungs:
    return _known.get(id, NO_RUNGS)


async def remember(conn: Connection, rungs: Rungs) -> None:
    if rungs.levels:
        await SQL.remember(conn, id=rungs.id, levels=_text(rungs))


async def planned(conn: Connection, ladders: Iterable[Ladder], now: datetime) -> None:
    """These are the ladders of this plan."""
    for ladder in ladders:
        await remember(conn, ladder.rungs)
        await SQL.planned(conn, id=ladder.rungs.id, ladder=ladder.name, now=instant(now))


async def nameless(conn: Connection, after: DebtorKey, size: int) -> list[DebtorKey]:
    """The next so many debtors of whom a number was written before names were remembered."""
    rows = SQL.nameless(conn, company=after.company, debtor_no=after.debtor_no, size=size)
    return [DebtorKey(row["company"], row["debtor_no"]) async for row in rows]


async def name_items(conn: Connection, key: DebtorKey, rungs: Rungs) -> None:
    await remember(conn, rungs)
    await SQL.name_items(conn, company=key.company, debtor_no=key.debtor_no, rungs=rungs.id)


async def name_tasks(conn: Connection, ladder: Ladder) -> None:
    await remember(conn, ladder.rungs)
    await SQL.name_tasks(conn, ladder=ladder.name, rungs=ladder.rungs.id)


async def last_planned(conn: Connection) -> dict[str, Rungs]:
    """By the ladder's name: its steps when tasks were planned last."""
    found = {row["ladder"]: row["id"] async for row in SQL.last_planned(conn)}
    await know(conn, found.values())
    return {ladder: of(id) for ladder, id in found.items()}


def _text(rungs: Rungs) -> str:
    return orjson.dumps([(one.name, one.medium, one.first, one.last) for one in rungs.levels]).decode()
