"""Differences: what a batch would change, read from its scratch database beside the ledger.

Owns no table; both databases are opened for reading only. Judges nothing.
Invariant: synchronous, on connections of its own: whoever calls it from the event loop does so in a thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import aiosql

from collectord.core.exports.change_set import Before
from collectord.core.exports.difference import TOP, CompanyMove, Difference, Mover
from collectord.core.money import from_scaled

_TEXT = resources.files("collectord.edge.store").joinpath("sql", "differences.sql").read_text(encoding="utf-8")
SQL: Any = aiosql.from_str(_TEXT, "sqlite3", mandatory_parameters=False)


def difference(scratch: Path, ledger: Path, source: str, before: Before) -> Difference:
    """`before`: what the guard was told. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{scratch.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        conn.execute("attach ? as ledger", (f"{ledger.absolute().as_uri()}?mode=ro",))
        conn.execute("pragma temp_store = memory")
        conn.execute("begin")
        number = int(SQL.visible(conn)[0])
        SQL.create_moved(conn)
        covered = list(SQL.covered(conn, number=number, source=source))
        moves = list(SQL.moves(conn))
        had = _by_currency((row["currency"], row["net"]) for row in covered)
        moved = _by_currency((row["currency"], row["moved"]) for row in moves)
        gone, new = sum(row["gone_items"] for row in moves), sum(row["new_items"] for row in moves)
        items = sum(row["items"] for row in covered)

        def largest(of: int, fresh: int) -> tuple[Mover, ...]:
            return _movers(SQL.largest_items(conn, number=number, gone=of, new=fresh, most=TOP))

        return Difference(
            before_items=items,
            after_items=items - gone + new,
            before=had,
            after={
                currency: had.get(currency, Decimal(0)) + moved.get(currency, Decimal(0)) for currency in sorted(had.keys() | moved.keys())
            },
            gone_items=gone,
            gone_debtors=int(SQL.gone_debtors(conn)[0]),
            gone=_by_currency((row["currency"], row["gone"]) for row in moves),
            explained_items=before.explained_gone,
            explained=before.explained_gone_amount,
            whole_debtors=int(SQL.whole_debtors(conn, number=number)[0]),
            new_items=new,
            new=_by_currency((row["currency"], row["new"]) for row in moves),
            changed_items=sum(row["changed_items"] for row in moves),
            changed_by=_by_currency((row["currency"], row["changed_by"]) for row in moves),
            companies=_companies(covered, moves),
            largest_debtors=_movers(SQL.largest_debtors(conn, number=number, most=TOP)),
            largest_gone=largest(1, 0),
            largest_new=largest(0, 1),
            largest_changed=largest(0, 0),
        )


def _by_currency(rows: Iterable[tuple[str, int]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for currency, amount in rows:
        if amount:
            sums[currency] = sums.get(currency, Decimal(0)) + from_scaled(amount)
    return dict(sorted(sums.items()))


def _companies(covered: Iterable[sqlite3.Row], moves: Iterable[sqlite3.Row]) -> tuple[CompanyMove, ...]:
    before: dict[str, int] = {}
    change: dict[str, int] = {}
    for row in covered:
        before[row["company"]] = before.get(row["company"], 0) + row["items"]
    for row in moves:
        change[row["company"]] = change.get(row["company"], 0) + row["new_items"] - row["gone_items"]
    return tuple(
        CompanyMove(company, before.get(company, 0), before.get(company, 0) + change.get(company, 0))
        for company in sorted(before.keys() | change.keys())
    )


def _movers(rows: Iterable[sqlite3.Row]) -> tuple[Mover, ...]:
    return tuple(
        Mover(
            row["company"], row["debtor_no"], row["debtor_name"], row["item_no"], row["items"], from_scaled(row["was"]),
            from_scaled(row["now"]), row["currency"],
        )
        for row in rows
    )  # fmt: skip
