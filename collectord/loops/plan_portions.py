"""The portions of a plan: in the event loop for few debtors, from processes beside it for many.

Owns by how many processes a plan is made. Writes nothing, decides nothing about a debtor.
Invariant: what is found here is found on one picture of the ledger; other tasks run in between.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.shortfall import Case
from collectord.edge import planner_process
from collectord.edge.store import ledger, looked_at
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.loops.debtor_scan import SMALL_PAGE
from collectord.loops.planning_pass import Order, Portion, portions

FEW = 1_500  # debtors that are looked at in the event loop, in breaths: a process would take longer to start
LARGE_PAGE = 400  # debtors of a portion from a process of its own: written in a few milliseconds
TWO_FROM = 20_000  # debtors that two processes share


@dataclass(slots=True)
class Told:
    """What people read of a plan."""

    documents: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"created": [], "changed": [], "cancelled": []})
    cases: list[Case] = field(default_factory=list)  # calls that were created or changed

    def take(self, portion: Portion) -> None:
        for kind, found in portion.documents.items():
            self.documents[kind] += found
        for one in (*portion.documents["created"], *portion.documents["changed"]):
            if one["medium"] == "call" and one["origin"] == "ladder":
                amounts = {currency: Decimal(amount) for currency, amount in one["open_amount"].items()}
                reachable = DebtorKey(one["company"], one["debtor_no"]) in portion.reachable
                self.cases.append(
                    Case(
                        one["id"],
                        one["priority"],
                        amounts,
                        reachable,
                        value=Decimal(one["value"]),
                        agent=one["agent"] or "",
                        skill=one["skill"] or "",
                    )
                )


async def found(db: Database, order: Order, new_id: Callable[[], str], few: int) -> AsyncIterator[Portion]:
    today = order.house.today(order.now)
    count = await db.read(
        lambda conn: looked_at.some_debtors(conn, TWO_FROM) if order.everybody else looked_at.some_due(conn, today, TWO_FROM)
    )
    if count <= few:
        async for portion in _here(db, replace(order, size=SMALL_PAGE), new_id):
            yield portion
        return
    parts = 2 if count >= TWO_FROM and len(os.sched_getaffinity(0)) > 1 else 1
    middle = await db.read(ledger.middle) if parts == 2 else ledger.LAST
    orders = [replace(order, part=part, middle=middle, size=LARGE_PAGE) for part in range(parts)]
    async for portion in planner_process.portions(db.path.parent, orders):
        yield portion


async def _here(db: Database, order: Order, new_id: Callable[[], str]) -> AsyncIterator[Portion]:
    """In the event loop, other tasks in between; read to the end before anything is written."""
    whole = [Portion()]

    async def look(conn: Connection) -> None:
        async for portion in portions(conn, order, new_id):
            if len(whole[-1].looks) >= LARGE_PAGE:
                whole.append(Portion())
            whole[-1].add(portion)
            await asyncio.sleep(0)

    async with open_for_reading(db.path.parent) as own_connection:
        await own_connection.read(look)
    for portion in whole:
        if portion.looks:
            yield portion
