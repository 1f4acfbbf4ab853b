"""Holes in the data, counted from ledger, attempts, facts, payments and corrections; and the counts of earlier days.

Owns table `quality_day`. Judges nothing: core/exports/data_quality lists and words the holes.
Invariant: counting happens in SQLite, so that a hole with 250,000 cases costs no memory here; nothing dated after `now` is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import orjson

from collectord.core.exports.data_quality import ADOPT_WITHIN, EXAMPLES, FAR_AHEAD, LONG_AGO, SEARCH_FOR, Hole
from collectord.core.money import from_scaled, plain_map
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("quality")
HOLES = (
    "no_dialable_number", "invalid_number", "shared_number", "several_names", "failed_number", "implausible_due_date", "missing_due_date",
    "rejected_row", "doubtful_item", "duplicate_item", "item_of_two_debtors", "credit_balance", "unmatched_payment", "payment_not_cleared",
    "unknown_head_office", "head_office_circle", "correction_not_adopted", "correction_overruled",
)  # fmt: skip
KEPT_FOR = 400  # days

# Around the query of one hole. Portable: `materialized` is known to SQLite and PostgreSQL alike.
# Money is added in two parts: a sum of integers beyond 2**63, 922 trillions of a currency, is an error in SQLite.
_OWED = """
select i.currency as currency, sum(i.open_amount / 1000000) as millions, sum(i.open_amount % 1000000) as rest
  from who w join item i on i.company = w.company and i.debtor_no = w.debtor_no
 where i.state = 'open' and i.opened_as_of <= :today group by i.currency"""
_OWN = "select currency, sum(own / 1000000) as millions, sum(own % 1000000) as rest from cases group by currency"
_COUNTED = """
with cases as materialized ({hole}), who as materialized (select distinct company, debtor_no from cases),
money as materialized ({money})
select 'count' as part, '' as text, (select count(*) from cases) as n, '' as company, '' as debtor_no
union all select 'debtors', '', (select count(*) from who), '', ''
union all select 'millions', currency, millions, '', '' from money
union all select 'rest', currency, rest, '', '' from money
union all select * from (select 'example', what, 0, company, debtor_no from cases order by company, debtor_no, what limit {examples})
"""


async def holes(conn: Connection, now: datetime, today: date) -> list[Hole]:
    """Every hole that the store itself can show."""
    return [await _counted(conn, code, _given(now, today)) for code in HOLES]


async def of_company(conn: Connection, code: str, source: str, company: str, now: datetime, today: date) -> Hole:
    """The debtors of a company of a source as a hole of this code."""
    given = {**_given(now, today), "source": source, "company": company}
    return await _counted(conn, code, given, query="company_of_source")


def _given(now: datetime, today: date) -> dict[str, Any]:
    return {
        "now": instant(now),
        "today": today.isoformat(),
        "far_ahead": (today + FAR_AHEAD).isoformat(),
        "long_ago": (today - LONG_AGO).isoformat(),
        "waited": (today - SEARCH_FOR).isoformat(),
        "corrected_before": instant(now - ADOPT_WITHIN),
    }


async def _counted(conn: Connection, code: str, given: Mapping[str, Any], *, query: str = "") -> Hole:
    hole = getattr(SQL, query or code).sql.rstrip().rstrip(";")
    text = _COUNTED.format(hole=hole, money=_OWN if " as own" in hole else _OWED, examples=EXAMPLES)
    found: dict[str, list[Mapping[str, Any]]] = {"count": [], "debtors": [], "millions": [], "rest": [], "example": []}
    async with conn.execute(text, given) as cursor:
        async for row in cursor:
            found[row["part"]].append(dict(row))
    millions = {row["text"]: row["n"] for row in found["millions"]}
    return Hole(
        code=code,
        count=found["count"][0]["n"],
        debtors=found["debtors"][0]["n"],
        money={row["text"]: from_scaled(millions[row["text"]] * 1_000_000 + row["n"]) for row in found["rest"]},
        examples=tuple(_example(row) for row in found["example"]),
    )


def _example(row: Mapping[str, Any]) -> str:
    """Of whom, where that is known, and what."""
    return ": ".join(filter(None, ("/".join(filter(None, (row["company"], row["debtor_no"]))), row["text"])))


async def keep_day(conn: Connection, day: date, found: Iterable[Hole]) -> None:
    """The counts of a day; asked again on the same day the later ones hold."""
    rows = [(day.isoformat(), hole.code, hole.count, hole.debtors, orjson.dumps(plain_map(hole.money)).decode()) for hole in found]
    await SQL.keep_day(conn, rows)
    await SQL.forget_days(conn, before=date.fromordinal(day.toordinal() - KEPT_FOR).isoformat())


async def days_since(conn: Connection, since: date, today: date) -> dict[str, dict[date, int]]:
    """Hole -> day -> count."""
    found: dict[str, dict[date, int]] = {}
    async for row in SQL.days_since(conn, since=since.isoformat(), today=today.isoformat()):
        found.setdefault(row["hole"], {})[date.fromisoformat(row["day"])] = row["count"]
    return found
