"""Moved items: an invoice that an export shows with another debtor was not paid, and its promise goes with it.

Reads items of open promises that imports took away, asks core/receivables/promises where they went, marks them and hands promises on.
Invariant: each import is looked at once, and a clearing that was a move keeps no promise.
"""

from __future__ import annotations

from datetime import datetime

from collectord.core.house import House
from collectord.core.receivables.promises import moved
from collectord.core.wording import Texts, phrase
from collectord.edge.ids import new_id
from collectord.edge.store import facts, meta
from collectord.edge.store import promises as store
from collectord.edge.store.connection import Connection, Database

LOOKED_AT = "moves_looked_at"  # number of the last import that was looked at

TEXTS: Texts = {
    "moved": (
        "{items}, which {amount} was promised for, went to debtor {heir}; the promise goes along.",
        "{items}, wofür {amount} zugesagt waren, ging auf Debitor {heir} über; die Zusage geht mit.",
    ),
    "moved-in-part": (
        "{items} went to debtor {heir}: that is no payment of the promised {amount}.",
        "{items} ging auf Debitor {heir} über: das ist keine Zahlung auf die zugesagten {amount}.",
    ),
}


async def follow_moves(db: Database, house: House, now: datetime) -> None:
    """Does nothing, and costs two short looks, when no import came since the last time."""

    async def newer(conn: Connection) -> tuple[int, int]:
        return int(await meta.get(conn, LOOKED_AT) or 0), await store.visible_number(conn)

    since, number = await db.read(newer)
    if since >= number:
        return
    gone = await db.read(lambda conn: store.gone_items(conn, since))
    others = await db.read(lambda conn: store.namesakes(conn, (one for some in gone.values() for one in some))) if gone else []

    async def write(conn: Connection) -> None:
        for promise_id, items in gone.items():
            promise = await store.promise(conn, promise_id)
            places = moved(promise, items, others) if promise else {}
            if promise is None or not places:
                continue
            for one in items:
                if one.item_no in places:
                    await store.mark_moved(conn, promise.key, one, places[one.item_no])
            heirs = set(places.values())
            whole = len(heirs) == 1 and set(places) == set(promise.items)
            if whole:
                await store.give_promise_to(conn, promise.id, min(heirs), promise.items)
            for heir in sorted(heirs):
                told = [item for item, place in places.items() if place == heir]
                said = phrase(
                    TEXTS, "moved" if whole else "moved-in-part", house.language, house.time_zone,
                    items=told, amount=promise.amount, heir=heir.debtor_no,
                )  # fmt: skip
                await facts.add_happening(conn, new_id(now), now, "promise_moved", promise.key, "collectord", said)
        await meta.put(conn, LOOKED_AT, str(number))

    await db.write(write)
