"""One pass over all debtors, for whoever plans.

Reads ledger, live ladder tasks and holds from one consistent picture on a connection of its own, so that nobody waits for it.
Invariant: every debtor with open items or with a live ladder task is seen exactly once; other tasks of the process run in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from collectord.core.house import House
from collectord.core.receivables.families import as_one_account
from collectord.core.receivables.history import NO_HISTORY, History, joined
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.tasks import Task
from collectord.core.rules import Rules
from collectord.edge.store import families, histories, holds, ledger, tasks
from collectord.edge.store.connection import Connection, Database, open_for_reading

BREATH = 10  # debtors between two breaths of the event loop: about two milliseconds
PORTION = 150  # debtors whose histories are read at once


@dataclass(frozen=True, slots=True)
class Seen:
    """One debtor of one company as planning sees it."""

    debtor: Debtor
    items: tuple[OpenItem, ...]
    task: Task | None
    ladder: Ladder | None
    holds: Holds
    history: History
    policy: Policy  # what besides the ladder decides


async def scan(db: Database, rules: Rules, house: House, now: datetime, take: Callable[[Seen], None]) -> None:
    """Hands every debtor to `take`; a head office with the items of its branches, and these as covered by it."""

    async def look(conn: Connection) -> None:
        held = await holds.all_holds(conn, now, house.today(now))
        waiting = await tasks.live_ladder_tasks(conn, now)
        related = await families.every_family(conn)
        members = {member for family in related.values() for member in (family.root, *family.branches)}
        kept: dict[DebtorKey, tuple[Debtor, tuple[OpenItem, ...], History]] = {}
        policy, today, zone = rules.policy, house.today(now), house.time_zone

        def see(debtor: Debtor, items: Iterable[OpenItem], holding: Holds, history: History) -> None:
            ladder = policy.ladder_for(debtor, rules.ladders)
            take(Seen(debtor, tuple(items), waiting.pop(debtor.key, None), ladder, holding, history, policy))

        async for portion in _portions(ledger.all_open(conn, now, today)):
            done = await histories.histories_between(conn, portion[0][0].key, portion[-1][0].key, now, today, zone)
            for position, (debtor, items) in enumerate(portion):
                if debtor.key in members:
                    kept[debtor.key] = (debtor, tuple(items), done.get(debtor.key, NO_HISTORY))
                else:
                    see(debtor, items, held.get(debtor.key, NO_HOLD), done.get(debtor.key, NO_HISTORY))
                if position % BREATH == 0:
                    await asyncio.sleep(0)
        for family in related.values():
            branches = [(*kept[key][:2], held.get(key, NO_HOLD)) for key in family.branches if key in kept]
            root, own, history = kept.get(family.root, (None, (), NO_HISTORY))
            if root is None and branches:
                root = await ledger.debtor(conn, family.root)
                history = await histories.history_of(conn, family.root, now, today, zone)
            if root is not None:
                together = joined([history, *(kept[branch.key][2] for branch, _, _ in branches)])
                see(root, *as_one_account((root, own, held.get(family.root, NO_HOLD)), branches), together)
            for branch, items, holding in branches:
                see(branch, items, replace(holding, covered_by=family.root.debtor_no), NO_HISTORY)
            await asyncio.sleep(0)
        for key in tuple(waiting):  # nothing is open any more
            see(Debtor(company=key.company, debtor_no=key.debtor_no, debtor_name=""), (), held.get(key, NO_HOLD), NO_HISTORY)

    async with open_for_reading(db.path.parent) as own_connection:
        await own_connection.read(look)


Open = tuple[Debtor, Iterable[OpenItem]]


async def _portions(everybody: AsyncIterator[Open]) -> AsyncIterator[list[Open]]:
    portion: list[Open] = []
    async for one in everybody:
        portion.append(one)
        if len(portion) == PORTION:
            yield portion
            portion = []
    if portion:
        yield portion
