"""Payments: what a bank statement comes to, and what accounting's next list makes of what it told.

Reads lines and ledger, asks core/receivables, writes bank lines, their matches and reopened items. Clears nothing.
Invariant: the lines of a statement, their matches and the items that returned debits reopen become visible together; money that we
sent out is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from collectord.core.exports.change_set import Counts, Verdict
from collectord.core.exports.intake import Arrival, Decision
from collectord.core.house import House
from collectord.core.money import plain_map, total
from collectord.core.receivables.payment_lines import lines_of
from collectord.core.receivables.payment_matching import Ambiguous, Matched
from collectord.core.receivables.seen_payments import settled_as
from collectord.core.wording import Texts, phrase
from collectord.edge.ids import new_id
from collectord.edge.store import facts
from collectord.edge.store import payments as store
from collectord.edge.store.connection import Connection, Database
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.payment_search import breathing, match_all
from collectord.loops.prepared import Prepared

TEXTS: Texts = {
    "reopened": (
        "{item} is owed again: its direct debit came back on {day}, says the statement of {source}.",
        "{item} ist wieder offen: die Lastschrift kam am {day} zurück, sagt der Auszug {source}.",
    ),
}


async def prepare(edges: IntakeEdges, arrived: Arrival, rows: Sequence[tuple[int, tuple[str, ...]]], now: datetime) -> Prepared:
    """`rows` as PaymentReader checked them. The receipt's open_amount stays empty: a statement says what came in, not what is owed.

    A statement with unreadable lines is accepted all the same: whoever stands on a good line has paid.
    """
    lines = [line async for line in breathing(lines_of(rows))]
    kept = {line.id: line for line in lines if line.kind != "other"}
    known = await edges.db.read(partial(store.known_ids, ids=kept))
    fresh = [line for line in kept.values() if line.id not in known]
    matches = await match_all(edges.db, fresh, edges.house.language, edges.house.today(now))
    writes = []
    for line in fresh:
        match matches[line.id]:
            case Matched(shares):
                writes.append(store.Kept(line, "matched", shares))
            case Ambiguous(shares):
                writes.append(store.Kept(line, "ambiguous", shares))
            case _:
                writes.append(store.Kept(line, "unmatched"))
    return Prepared(
        counts=Counts(verdicts={Verdict.OPENED: len(fresh), Verdict.UNCHANGED: len(rows) - len(fresh)}),
        decision=Decision("accepted") if rows else None,
        apply=partial(_apply, arrived=arrived, kept=writes, house=edges.house, now=now),
        extra=_extra(writes),
    )


def _extra(kept: Sequence[store.Kept]) -> dict[str, object]:
    """What the lines that were new came to."""
    came = [one for one in kept if one.line.kind == "payment"]
    back = [one.line.amount for one in kept if one.line.kind == "return"]
    counts = {state: sum(one.state == state for one in came) for state in ("matched", "ambiguous", "unmatched")}
    sums = {"received": total(one.line.amount for one in came), "came_back": total(back)}
    return {**counts, "returned": len(back), **{name: plain_map(amounts) for name, amounts in sums.items()}}


async def _apply(conn: Connection, arrived: Arrival, kept: Sequence[store.Kept], house: House, now: datetime) -> None:
    await store.add(conn, arrived.batch_id, arrived.source, kept, now)
    for one in kept:
        if one.line.kind == "return" and one.state == "matched":
            await _reopen(conn, one, arrived.source, house, now)


async def _reopen(conn: Connection, one: store.Kept, source: str, house: House, now: datetime) -> None:
    """What a snapshot cleared because it was collected is owed again on the day it came back."""
    for share in one.shares:
        if share.item_no and await store.reopen(conn, share, house.today(now)):
            sentence = phrase(TEXTS, "reopened", house.language, house.time_zone, item=share.item_no, day=one.line.booked_on, source=source)
            await facts.add_happening(conn, new_id(now), now, "debit_returned", share.key, "collectord", sentence)


async def settle(db: Database, house: House, now: datetime) -> int:
    """After every import: lines that accounting's newer list has answered; how many."""
    today = house.today(now)
    found = await db.read(partial(store.waiting, now=now, today=today))
    done = [(one, answer) for one, rows in found.items() if (answer := settled_as(rows)) is not None]

    async def job(conn: Connection) -> None:
        for payment_id, (state, by) in done:
            await store.settle(conn, payment_id, state, by)

    if done:
        await db.write(job)
    return len(done)
