"""Bank lines on disk: candidates are found as core spells them, and a line is there once."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectord.core.money import Money
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.payment_lines import PaymentLine
from collectord.core.receivables.payment_matching import Share
from collectord.core.receivables.remittance import number_key
from collectord.edge.store import payments
from collectord.edge.store.connection import Connection, Database, open_store

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ITEM = (
    "insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, kind, payment_method, dispute,"
    " opened_as_of, changed_as_of, cleared_as_of, batch_id, digest)"
    " values ('', ?, ?, 'canonical', ?, '2026-11-01', ?, 'EUR', 'invoice', '', 0, '2026-11-01', '2026-11-01', ?, 'b', 'd')"
)
DEBTOR = "insert into debtor_version (company, debtor_no, debtor_name, source, batch_id) values ('', ?, ?, 'canonical', 'b')"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


async def put(db: Database, sql: str, *rows: tuple[Any, ...]) -> None:
    async def job(conn: Connection) -> None:
        await conn.executemany(sql, rows)

    await db.write(job)


async def found(db: Database, find: Any, keys: list[str], most: int = 20) -> dict[str, list[str]]:
    async def job(conn: Connection) -> dict[str, list[str]]:
        hits: dict[str, list[str]] = {}
        async for key, debtor in find(conn, json.dumps(keys), most):
            hits.setdefault(key, []).append(debtor.debtor_no)
        return hits

    return await db.read(job)


async def test_sql_and_core_spell_every_number_the_same(db: Database) -> None:
    dice = random.Random(7)
    numbers = {"".join(dice.choices("ABZaz019 -/._,:#äß(+", k=dice.randint(1, 12))) for _ in range(400)} | {
        "RE-2026-00123",
        "000",
        "ABC",
        "é1",
    }
    ordered = sorted(numbers)
    await put(db, ITEM, *((str(n), number, "open", 1, None) for n, number in enumerate(ordered)))
    await put(db, DEBTOR, *((number, "x") for number in ordered))
    spelt: dict[str, set[str]] = {}
    for n, number in enumerate(ordered):
        spelt.setdefault(number_key(number), set()).add(str(n))
    keys = sorted(key for key in spelt if key)
    by_item = await found(db, payments.by_item_number, keys, most=1_000)
    assert {key: set(debtors) for key, debtors in by_item.items()} == {key: spelt[key] for key in keys}
    by_debtor = await found(db, payments.by_debtor_number, keys, most=1_000)
    assert {key: {number_key(debtor) for debtor in debtors} for key, debtors in by_debtor.items()} == {key: {key} for key in keys}


async def test_a_number_that_too_many_have_tells_nothing_and_cleared_items_are_found_too(db: Database) -> None:
    await put(db, ITEM, *((str(n), "R1", "open", 1, None) for n in range(3)), ("9", "R2", "cleared", 0, "2026-11-20"))
    assert await found(db, payments.by_item_number, ["1", "2"], most=2) == {"2": ["9"]}
    assert await found(db, payments.by_item_number, ["1"], most=3) == {"1": ["0", "1", "2"]}


def line(**given: Any) -> PaymentLine:
    usual: dict[str, Any] = {
        "id": "p", "company": "", "booked_on": date(2026, 11, 20), "value_on": None, "amount": Money(Decimal("5.00"), "EUR"),
        "kind": "payment", "payer": "", "payer_account": "", "reference": "'); drop table payment; --", "end_to_end": "", "debtor_no": "",
        "item_no": "", **given,
    }  # fmt: skip
    return PaymentLine(**usual)


async def test_a_line_is_written_once_whatever_statement_brings_it_and_verbatim(db: Database) -> None:
    share = Share(DebtorKey("", "1"), "R1", Decimal("5.00"), "it fits")
    for batch in ("b1", "b2"):
        rows = [payments.payment_row(line(), "matched", batch, "bank", NOW)]
        await db.write(lambda conn, rows=rows: payments.add(conn, rows, [payments.match_row(line(), share)]))  # type: ignore[misc]
    (one,) = await db.read(lambda conn: payments.listed(conn, now=NOW))
    assert (one["batch"], one["reference"], one["matches"]) == (
        "b1",
        "'); drop table payment; --",
        [{"company": "", "debtor_no": "1", "item_no": "R1", "amount": "5.00", "how": "it fits"}],
    )
    assert await db.read(lambda conn: payments.known_ids(conn, ["p", "q"])) == {"p"}


async def test_only_what_is_cleared_is_opened_again(db: Database) -> None:
    await put(db, ITEM, ("1", "R1", "cleared", 0, "2026-11-20"), ("1", "R2", "open", 70_000, None))
    today = date(2026, 11, 23)
    for item, day, expected in (("R1", 19, False), ("R1", 20, True), ("R2", 23, False), ("R3", 23, False), ("R1", 23, False)):
        share = Share(DebtorKey("", "1"), item, Decimal("5.00"), "")
        booked = date(2026, 11, day)
        assert await db.write(lambda conn, s=share, b=booked: payments.reopen(conn, s, b, today)) is expected, (item, day)  # type: ignore[misc]


async def test_lines_after_now_are_invisible(db: Database) -> None:
    rows = [payments.payment_row(line(), "unmatched", "b", "bank", NOW)]
    await db.write(lambda conn: payments.add(conn, rows, []))
    assert await db.read(lambda conn: payments.listed(conn, now=datetime(2026, 11, 23, 7, tzinfo=UTC))) == []
    assert len(await db.read(lambda conn: payments.listed(conn, now=NOW, state="unmatched"))) == 1
    assert await db.read(lambda conn: payments.listed(conn, now=NOW, state="matched")) == []
