"""A bank statement in a house of tests: lines by column name, carried as intake carries a file of kind payments."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

from collectord.core.exports.columns import PAYMENT_COLUMNS
from collectord.core.exports.intake import Arrival, Decision
from collectord.core.exports.open_items import BadRow
from collectord.core.receivables.payment_lines import PaymentReader
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import batches
from collectord.edge.store.connection import Connection
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.payments import prepare
from collectord.loops.prepared import Prepared
from tests.loops.desk import Desk


def line(**given: str) -> dict[str, str]:
    return {"booked_on": "2026-11-23", "amount": "410.00", "payer": "Muster", "payer_account": "DE02120300000000202051", **given}


async def statement(desk: Desk, now: datetime, *lines: dict[str, str], source: str = "bank") -> Prepared:
    """The lines accepted at `now`."""
    edges = IntakeEdges(db=desk.db, folders=ExchangeFolders(desk.folder / "exchange"), house=desk.house, new_id=desk.new_id)
    day = desk.house.today(now)
    arrived = Arrival(
        batch_id=desk.new_id(), file="bank.csv", stored_as="bank~.csv", source=source, mode="delta", as_of=day, as_of_from="arrival"
    )
    prepared = await prepare(edges, arrived, rows(day, *lines), now)

    async def job(conn: Connection) -> None:
        await batches.add(conn, arrived, now)
        await prepared.apply(conn)
        await batches.decide(conn, arrived, prepared.decision or Decision("accepted"), prepared.counts, now)

    await desk.db.write(job)
    return prepared


def rows(as_of: date, *lines: dict[str, str]) -> list[tuple[int, tuple[str, ...]]]:
    reader = PaymentReader(as_of, "en")
    checked = [reader.check(number, [one.get(name, "") for name in PAYMENT_COLUMNS], "") for number, one in enumerate(lines, 2)]
    assert not any(isinstance(one, BadRow) for one in checked), checked
    return [(number, one) for number, one in enumerate(checked, 2) if isinstance(one, tuple) and not isinstance(one, BadRow)]


async def listed(desk: Desk, now: datetime, **only: Any) -> list[dict[str, Any]]:
    from collectord.edge.store import payments

    return await desk.db.read(partial(payments.listed, now=now, **only))
