"""Matching again: bank lines that fitted nobody, or several, once accounting has told of new items.

Reads lines and ledger, asks core/receivables, writes matches anew. Runs after an import, never in its commit.
Invariant: a line that is somebody's for sure, or that a list has answered, stays as it is; each state of the ledger is looked at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from collectord.core.house import House
from collectord.core.receivables.payment_lines import PaymentLine
from collectord.core.receivables.payment_matching import Unmatched
from collectord.edge.crash import crash_point
from collectord.edge.store import meta, payments, versions
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.loops.payment_search import ROWS, breathing, match_all
from collectord.loops.payments import CHUNK, state_of

LATELY = timedelta(days=14)  # an older payment is asked about by hand: it stands among the holes
MARK = "matched_again"  # meta: the number of the ledger's batch that was looked at


async def match_again(db: Database, house: House, now: datetime) -> int:
    """How many lines are somebody's now. Nothing is done when no batch of open items was accepted since the last time."""
    number, _ = await db.read(versions.state)
    if await db.read(partial(meta.get, key=MARK)) == str(number):
        return 0
    today = house.today(now)

    async def look(conn: Connection) -> list[PaymentLine]:
        return [line async for line in breathing(payments.nobodys(conn, today - LATELY, now), ROWS)]

    async with open_for_reading(db.path.parent) as own:
        lines = await own.read(look)
    matches = await match_all(db, lines, house.language, today)
    found = []
    async for line in breathing(lines, ROWS):
        match = matches[line.id]
        if not isinstance(match, Unmatched):  # a doubt that was there stays
            found.append((line, state_of(match), match.shares))
    for start in range(0, len(found), CHUNK):
        await db.write(partial(payments.match_anew, found=found[start : start + CHUNK]))
        crash_point("payments-matched-again")
    await db.write(partial(meta.put, key=MARK, value=str(number)))
    return sum(state == "matched" for _, state, _ in found)
