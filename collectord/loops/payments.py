"""Payments: what a bank statement comes to, and what accounting's next list makes of what it told.

Reads lines and ledger, asks core/receivables, writes bank lines, their matches and reopened items. Clears nothing.
Invariant: the lines of a statement, their matches and the items that returned debits reopen become visible together; money that we
sent out is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from collectord.core.exports.change_set import Counts, Verdict
from collectord.core.exports.intake import Arrival, Decision
from collectord.core.house import House
from collectord.core.money import plain_map
from collectord.core.receivables.payment_lines import PaymentLine, lines_of
from collectord.core.receivables.payment_matching import Ambiguous, Match, Matched, Share, Unmatched
from collectord.core.receivables.seen_payments import Heard, settled_as
from collectord.core.wording import Texts, phrase
from collectord.edge.ids import new_id
from collectord.edge.store import facts
from collectord.edge.store import payments as store
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.payment_search import ROWS, breathing, match_all
from collectord.loops.prepared import Prepared

CHUNK = 500  # answers written in one transaction

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
    found = _Found()
    async for line in breathing(fresh):
        found.take(line, matches[line.id], arrived, now)
    return Prepared(
        counts=Counts(verdicts={Verdict.OPENED: len(fresh), Verdict.UNCHANGED: len(rows) - len(fresh)}),
        decision=Decision("accepted") if rows else None,
        apply=partial(_apply, found=found, source=arrived.source, house=edges.house, now=now),
        extra={**found.counts, "received": plain_map(found.received), "came_back": plain_map(found.came_back)},
    )


def state_of(match: Match) -> str:
    return {Matched: "matched", Ambiguous: "ambiguous"}.get(type(match), "unmatched")


@dataclass
class _Found:
    """What the new lines come to, ready to be written."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("matched", "ambiguous", "unmatched", "returned"), 0))
    received: dict[str, Decimal] = field(default_factory=dict)
    came_back: dict[str, Decimal] = field(default_factory=dict)
    payments: list[tuple[Any, ...]] = field(default_factory=list)
    matches: list[tuple[Any, ...]] = field(default_factory=list)
    returned: list[tuple[PaymentLine, Share]] = field(default_factory=list)

    def take(self, line: PaymentLine, match: Match, arrived: Arrival, now: datetime) -> None:
        state, shares = state_of(match), () if isinstance(match, Unmatched) else match.shares
        self.payments.append(store.payment_row(line, state, arrived.batch_id, arrived.source, now))
        self.matches += [store.match_row(line, share) for share in shares]
        sums = self.came_back if line.kind == "return" else self.received
        sums[line.amount.currency] = sums.get(line.amount.currency, Decimal(0)) + line.amount.amount
        self.counts["returned" if line.kind == "return" else state] += 1
        if line.kind == "return" and state == "matched":
            self.returned += [(line, share) for share in shares if share.item_no]


async def _apply(conn: Connection, found: _Found, source: str, house: House, now: datetime) -> None:
    await store.add(conn, found.payments, found.matches)
    for line, share in found.returned:
        await _reopen(conn, line, share, source, house, now)


async def _reopen(conn: Connection, line: PaymentLine, share: Share, source: str, house: House, now: datetime) -> None:
    """What a snapshot cleared because it was collected is owed again on the day it came back."""
    if await store.reopen(conn, share, line.booked_on, house.today(now)):
        sentence = phrase(TEXTS, "reopened", house.language, house.time_zone, item=share.item_no, day=line.booked_on, source=source)
        await facts.add_happening(conn, new_id(now), now, "debit_returned", share.key, "collectord", sentence)


async def settle(db: Database, house: House, now: datetime) -> int:
    """After every import: lines that accounting's newer list has answered; how many."""
    found: dict[str, list[Heard]] = {}

    async def look(conn: Connection) -> None:
        async for payment_id, heard in breathing(store.waiting(conn, now, house.today(now)), ROWS):
            found.setdefault(payment_id, []).append(heard)

    async with open_for_reading(db.path.parent) as own:
        await own.read(look)
    answers = [(*answer, line) for line, heard in found.items() if (answer := settled_as(heard)) is not None]
    for start in range(0, len(answers), CHUNK):
        await db.write(partial(store.settle, answers=answers[start : start + CHUNK]))
    return len(answers)
