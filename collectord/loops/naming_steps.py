"""Naming steps: what the numbers of ladder steps mean, kept for the day on which the rules number them otherwise.

Reads the ladders that a plan is made with, writes them down before it begins; the numbers of a store from before that are named once.
Invariant: no plan writes anything before its ladders are on disk.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from collectord.core.receivables.rungs import Rungs
from collectord.core.rules import Rules
from collectord.edge.store import ledger, rungs
from collectord.edge.store.connection import Connection, Database, StoreBroken, open_for_reading

SOME = 400  # debtors of one transaction


async def name_steps(db: Database, rules: Rules, now: datetime) -> None:
    """Done again, it changes nothing."""
    known = await db.read(rungs.last_planned)
    if not known:
        await _name_old_ones(db, rules)
    if any(known.get(ladder.name) != ladder.rungs for ladder in rules.ladders):
        await db.write(lambda conn: rungs.planned(conn, rules.ladders, now))


async def planned_beside(state_dir: Path) -> dict[str, Rungs]:
    """The steps of each ladder as of the last plan, beside a running daemon or without one; none where there is no store to read."""
    try:
        async with open_for_reading(state_dir) as db:
            return await db.read(rungs.last_planned)
    except StoreBroken:
        return {}


async def _name_old_ones(db: Database, rules: Rules) -> None:
    """The best that is known of their numbers: they count in the ladders of the first plan that remembers names."""
    after = ledger.FIRST
    while keys := await db.read(lambda conn, after=after: rungs.nameless(conn, after, SOME)):  # type: ignore[misc]
        after = keys[-1]

        async def write(conn: Connection) -> None:
            for debtor in await ledger.those(conn, keys):
                ladder = rules.policy.ladder_for(debtor, rules.ladders)
                if ladder is not None:
                    await rungs.name_items(conn, debtor.key, ladder.rungs)

        await db.write(write)
    for ladder in rules.ladders:
        await db.write(lambda conn, ladder=ladder: rungs.name_tasks(conn, ladder))  # type: ignore[misc]
