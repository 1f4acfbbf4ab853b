"""One pass over all debtors, for whoever plans.

Reads ledger, live ladder tasks and holds from one consistent picture on a connection of its own, so that nobody waits for it.
Invariant: every debtor with open items or with a live ladder task is seen exactly once; other tasks of the process run in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from collectord.core.house import House
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Ladder, ladder_for
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.tasks import Task
from collectord.core.rules import Rules
from collectord.edge.store import holds, ledger, tasks
from collectord.edge.store.connection import Connection, Database, open_for_reading

BREATH = 10  # debtors between two breaths of the event loop: about two milliseconds


@dataclass(frozen=True, slots=True)
class Seen:
    """One debtor of one company as planning sees it."""

    debtor: Debtor
    items: tuple[OpenItem, ...]
    task: Task | None
    ladder: Ladder | None
    holds: Holds


async def scan(db: Database, rules: Rules, house: House, now: datetime, take: Callable[[Seen], None]) -> None:
    """Hands every debtor to `take`."""

    async def look(conn: Connection) -> None:
        held = await holds.all_holds(conn, now, house.today(now))
        waiting = await tasks.live_ladder_tasks(conn, now)
        count = 0
        async for debtor, items in ledger.all_open(conn, now, house.today(now)):
            task = waiting.pop(debtor.key, None)
            take(Seen(debtor, tuple(items), task, ladder_for(debtor, rules.ladders), held.get(debtor.key, NO_HOLD)))
            count += 1
            if count % BREATH == 0:
                await asyncio.sleep(0)
        for key, task in waiting.items():  # nothing is open any more
            debtor = Debtor(company=key.company, debtor_no=key.debtor_no, debtor_name="")
            take(Seen(debtor, (), task, ladder_for(debtor, rules.ladders), held.get(key, NO_HOLD)))

    async with open_for_reading(db.path.parent) as own:
        await own.read(look)
