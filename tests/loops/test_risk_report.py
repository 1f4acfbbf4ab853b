"""The report on the risk estimate: from the ledger's own cleared items, of those debtors whom the rules judge."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collectord.edge.store import peers
from collectord.edge.store.connection import Connection, Database, open_store
from collectord.loops.policies import learn, policy_of
from collectord.loops.risk_report import report
from tests.loops.desk import HOUSE, RULES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path / "state") as opened:
        await opened.write(
            lambda conn: conn.execute(
                "insert into batch (id, seq, source, file, stored_as, digest, mode, as_of, as_of_from, status, received_at)"
                " values ('b1', 1, 'canonical', 'op.csv', 'op~b1.csv', 'd', 'snapshot', '2026-11-23', 'file', 'accepted',"
                " '2026-11-23T05:00:00.000000Z')"
            )
        )
        yield opened


async def paid_in_the_past(db: Database, debtors: int, person_type: str = "business", prefix: str = "D") -> None:
    """Every third debtor pays about 15 days late, the others about in time; an item every three weeks for 18 months."""
    chance = random.Random(5)
    rows, falls = [], []
    for at in range(debtors):
        for item in range(26):
            due = TODAY - timedelta(days=20 + 21 * item)
            days = chance.randint(-3, 3) + (15 if at % 3 == 0 else 0)
            cleared = (due + timedelta(days=days)).isoformat()
            rows.append((f"{prefix}{at}", f"{prefix}{at}-{item}", due.isoformat(), cleared))
            falls.append((f"{prefix}{at}", f"{prefix}{at}-{item}", cleared))

    async def write(conn: Connection) -> None:
        await conn.executemany(
            "insert into debtor_version (company, debtor_no, debtor_name, person_type, country, source, batch_id)"
            " values ('', ?, 'x', ?, 'DE', 'canonical', 'b1')",
            [(f"{prefix}{at}", person_type) for at in range(debtors)],
        )
        await conn.executemany(
            "insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, kind, payment_method,"
            " dispute, opened_as_of, changed_as_of, cleared_as_of, batch_id, digest)"
            " values ('', ?, ?, 'canonical', 'cleared', ?, 0, 'EUR', 'invoice', 'transfer', 0, '2024-01-01', '2024-01-01', ?, 'b1', 'd')",
            rows,
        )
        await conn.executemany(
            "insert into clearing_version (company, debtor_no, item_no, batch_id, as_of, amount, currency)"
            " values ('', ?, ?, 'b1', ?, 1000000, 'EUR')",
            falls,
        )

    await db.write(write)


async def test_the_report_compares_what_was_foretold_with_what_came(db: Database) -> None:
    await paid_in_the_past(db, 30)
    told = await report(db, RULES, HOUSE, NOW, 365)
    assert (told["debtors"], told["late_after_days"]) == (30, 3)
    assert told["items"] > 400
    assert told["late"] == pytest.approx(1 / 3, abs=0.03)
    assert told["brier"] < 0.08
    assert told["rank"] > 0.95
    assert told["tenths"][0]["late"] < 0.05 < 0.95 < told["tenths"][9]["late"]
    assert told["bounds"][0]["precision"] > 0.95
    assert any("came late" in sentence for sentence in told["says"])
    assert (await report(db, RULES, HOUSE, NOW, 30))["due_from"] == (TODAY - timedelta(days=30)).isoformat()


async def test_private_persons_are_left_out_until_an_assessment_is_named(db: Database) -> None:
    await paid_in_the_past(db, 6, "private")
    assert (await report(db, RULES, HOUSE, NOW, 365))["items"] == 0
    both = replace(RULES, risk=replace(RULES.risk, person_types=("business", "private")))
    assert (await report(db, both, HOUSE, NOW, 365))["items"] == 0
    assert (await report(db, both, replace(HOUSE, private_assessment="DSFA 7"), NOW, 365))["items"] > 50


async def test_a_report_is_made_before_the_estimate_is_switched_on(db: Database) -> None:
    await paid_in_the_past(db, 6)
    off = replace(RULES, risk=replace(RULES.risk, enabled=False), ladders=())
    told = await report(db, off, HOUSE, NOW, 365)
    assert not told["enabled"]
    assert told["items"] > 50
    assert [bound["percent"] for bound in told["bounds"]] == [50]


async def test_the_classes_figures_are_added_up_once_a_week(db: Database) -> None:
    await paid_in_the_past(db, 30)
    asking = replace(
        RULES, ladders=tuple(replace(ladder, levels=(replace(ladder.levels[0], min_risk=60, enabled=True),)) for ladder in RULES.ladders)
    )

    async def kept() -> str:
        found = await db.read(lambda conn: peers.kept(conn, date.max, 3))
        return "" if found is None else str(found["day"])

    live = await db.read(lambda conn: policy_of(conn, asking, HOUSE, NOW))  # nothing is kept: read from the ledger
    assert live.risks.peers.of("").share == pytest.approx(1 / 3, abs=0.03)
    assert await kept() == ""
    await learn(db, asking, HOUSE, NOW)
    assert await kept() == TODAY.isoformat()
    await paid_in_the_past(db, 30, prefix="E")
    await learn(db, asking, HOUSE, NOW)
    sunday = NOW + timedelta(days=6)
    await learn(db, asking, HOUSE, sunday)
    same_week = await db.read(lambda conn: policy_of(conn, asking, HOUSE, sunday))
    assert same_week.risks.peers == live.risks.peers
    await learn(db, asking, HOUSE, NOW + timedelta(days=7))
    assert await kept() == (TODAY + timedelta(days=7)).isoformat()


async def test_a_ledger_is_not_read_where_no_step_asks_for_a_risk(db: Database) -> None:
    plain = replace(
        RULES, ladders=tuple(replace(one, levels=tuple(replace(level, min_risk=0) for level in one.levels)) for one in RULES.ladders)
    )
    await learn(db, plain, HOUSE, NOW)
    assert await db.read(lambda conn: peers.kept(conn, date.max, 3)) is None
    policy = await db.read(lambda conn: policy_of(conn, plain, replace(HOUSE, private_assessment="DSFA 7"), NOW))
    assert policy.risks.private_allowed
    assert not policy.risks.peers.by_class
