"""How debtors of each potential class pay: added up from the ledger, and kept.

Owns key `peers` of table `meta`. Judges nothing: core/receivables/peers makes figures of the sums.
Invariant: what is kept names its day and its bound, and is not used for a day before it or for another bound.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson

from collectord.core.receivables.peers import EARLIEST, LATEST, Peers, Sums, peers_from
from collectord.edge.store import meta
from collectord.edge.store.connection import Connection, queries
from collectord.edge.store.histories import PAID

SQL = queries("histories")
KEY = "peers"
MOST_ITEMS = 100_000  # a second; more would say the same
Kept = dict[str, Any]


async def added_up(conn: Connection, today: date, late_after: int, most: int = MOST_ITEMS) -> Kept:
    """From the items cleared within the last 24 months; where there are more than `most`, from a part of the debtors."""
    every = 1 + int(await SQL.cleared_items(conn)) // most
    rows = SQL.sums_by_class(
        conn,
        since=(today - PAID).isoformat(),
        today=today.isoformat(),
        late_after=late_after,
        earliest=EARLIEST,
        latest=LATEST,
        every=every,
    )
    sums = {row["potential_class"]: [row[name] for name in Sums.__slots__] async for row in rows}
    return {"day": today.isoformat(), "late_after": late_after, "sums": sums}


async def kept(conn: Connection, today: date, late_after: int) -> Kept | None:
    """What was added up last; None when that is of no use today."""
    text = await meta.get(conn, KEY)
    found: Kept = orjson.loads(text) if text else {}
    return found if found and found["day"] <= today.isoformat() and found["late_after"] == late_after else None


async def keep(conn: Connection, found: Kept) -> None:
    await meta.put(conn, KEY, orjson.dumps(found).decode())


async def known(conn: Connection, today: date, late_after: int) -> Peers:
    """From what is kept, however old; added up where nothing is."""
    found = await kept(conn, today, late_after) or await added_up(conn, today, late_after)
    return peers_from((name, Sums(*values)) for name, values in found["sums"].items())
