"""Versions of the ledger: the coming ones written, made visible, and the ended ones removed.

Owns the statements that carry a scratch over into `item_version`, `debtor_version`, `number_version`, `clearing_version` and `row_reject`.
Decides nothing: verdicts come in.
Invariant: until `move_on` commits nobody sees a coming version, and afterwards nobody an ended one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from collectord.core.exports.intake import Arrival
from collectord.edge.store.connection import Connection, queries

SQL = queries("versions")
SCRATCH = "scratch"  # the name under which a batch's scratch is attached
STRETCH = 2_000  # items looked at in one transaction of a withdrawal
LAST = ("\U0010ffff", "\U0010ffff", "\U0010ffff")  # sorts behind every key
ItemKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of rows, carried over in portions by their number: how far the numbers go, and what is done with a portion."""

    last: str
    queries: tuple[str, ...]


REJECTS = Step("last_reject", ("put_rejects",))
STEPS = (
    Step("last_change", ("open_items", "change_items", "end_changed", "clear_changed", "mark_changed")),
    Step("last_missing", ("end_items", "end_missing", "clear_missing", "mark_missing")),
    Step("last_chosen", ("end_debtors", "put_debtors", "end_numbers", "put_numbers", "mark_chosen")),
    Step("last_reject", ("put_rejected_debtors", "mark_rejected")),
)
"""In this order: a debtor whom only bad rows name is one whom no good row has named."""


async def state(conn: Connection) -> tuple[int, str]:
    """(number of the newest visible batch, id of the batch whose versions are being written or '')"""
    row = await SQL.state(conn)
    return row["number"], row["coming"]


async def announce(conn: Connection, batch_id: str) -> None:
    """Before the first coming version: after a crash it is known that there may be some."""
    await SQL.announce(conn, batch_id=batch_id)


async def move_on(conn: Connection) -> None:
    """All coming versions are there."""
    await SQL.move_on(conn)


async def last(conn: Connection, step: Step) -> int:
    return int(await getattr(SQL, step.last)(conn))


async def carry(conn: Connection, step: Step, arrived: Arrival, coming: int, low: int, high: int) -> None:
    """The portion (low, high] of a step."""
    for query in step.queries:
        await getattr(SQL, query)(
            conn, coming=coming, source=arrived.source, as_of=arrived.as_of.isoformat(), batch_id=arrived.batch_id, low=low, high=high
        )


async def said(conn: Connection) -> Sequence[tuple[int, tuple[str, ...]]]:
    """Checked rows of other kinds than open items."""
    return [(row["line"], tuple(json.loads(row["texts"]))) async for row in SQL.said(conn)]


async def remove_ended(conn: Connection, size: int) -> int:
    """Some versions that nobody sees any more; 0: there are none left."""
    number, _ = await state(conn)
    removed = 0
    for query in (SQL.ended_items, SQL.ended_debtors, SQL.ended_numbers):
        removed += await query(conn, number=number, size=size - removed)
    return removed


async def restore_ended(conn: Connection, size: int) -> int:
    """Withdrawal, first: some versions that a coming one was to end go on. 0: all do."""
    number, _ = await state(conn)
    restored = 0
    for query in (SQL.restore_items, SQL.restore_debtors, SQL.restore_numbers):
        restored += await query(conn, coming=number + 1, size=size - restored)
    return restored


async def withdraw_stretch(conn: Connection, after: ItemKey) -> ItemKey | None:
    """Withdrawal, second: coming items of a stretch of keys are gone; where the next one begins, None: there is none."""
    number, _ = await state(conn)
    end = await SQL.stretch_of_items(conn, company=after[0], debtor_no=after[1], item_no=after[2], size=STRETCH)
    to = (end["company"], end["debtor_no"], end["item_no"]) if end else LAST
    await SQL.withdraw_items(
        conn, coming=number + 1, company=after[0], debtor_no=after[1], item_no=after[2], to_company=to[0], to_debtor=to[1], to_item=to[2]
    )
    return to if end else None


async def withdraw_rest(conn: Connection) -> None:
    """Withdrawal, last."""
    number, _ = await state(conn)
    for query in (SQL.withdraw_debtors, SQL.withdraw_numbers, SQL.withdraw_clearings):
        await query(conn, coming=number + 1)
    await SQL.announce(conn, batch_id="")
