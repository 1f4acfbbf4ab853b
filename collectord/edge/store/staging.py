"""Staging: the rows of a batch beside the ledger, until one commit takes them over.

Owns tables `staged_item`, `staged_debtor`, `staged_number`, and the statements that carry a change set into the ledger. Compares nothing.
Invariant: what is staged is invisible to everybody; after `apply` in one transaction all of it is visible, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from collectord.core.exports.change_set import Counts, Known, Verdict, fall
from collectord.core.exports.columns import DEBTOR_COLUMNS
from collectord.core.exports.intake import Arrival
from collectord.core.exports.open_items import DebtorFields, GoodRow
from collectord.core.money import from_scaled, to_scaled
from collectord.core.receivables.ledger import DialNumber
from collectord.edge.store.batches import count_rejects
from collectord.edge.store.codec import maybe_day, maybe_scaled, to_maybe_amount
from collectord.edge.store.connection import Connection, queries

SQL = queries("staging")
PAGE = 5_000  # items looked at in one read: short enough that other readers do not wait
DEBTOR_PAGE = 500
PURGE = 5_000  # rows deleted in one transaction
LAST = "\U0010ffff"  # sorts behind every key

Key = tuple[str, str, str]
Row = tuple[Any, ...]

# The list of keys grows with the chunk, which named SQL cannot say. Standard SQL otherwise.
_KNOWN = """
with k (company, debtor_no, item_no) as (values {keys})
select k.company, k.debtor_no, k.item_no, i.digest, i.state, i.open_amount, i.source, i.doubtful,
       (select s.digest from staged_item s
         where s.batch_id = ? and s.company = k.company and s.debtor_no = k.debtor_no and s.item_no = k.item_no
         order by s.line limit 1) as staged
  from k left join item i on i.company = k.company and i.debtor_no = k.debtor_no and i.item_no = k.item_no
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a company's open items of a source: (from, to]."""

    company: str
    after: tuple[str, str]
    to: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Missing:
    debtor_no: str
    item_no: str
    open_amount: Decimal
    currency: str
    digest: str


async def look_up(conn: Connection, batch_id: str, keys: Sequence[Key]) -> tuple[dict[Key, Known], dict[Key, str]]:
    """(what the ledger knows, digests that this batch has staged already) of these keys."""
    known: dict[Key, Known] = {}
    staged: dict[Key, str] = {}
    if not keys:
        return known, staged
    marks = ",".join(["(?,?,?)"] * len(keys))
    parameters = [part for key in keys for part in key]
    # Parameters stand in textual order: the keys of the CTE first.
    async with conn.execute(_KNOWN.format(keys=marks), [*parameters, batch_id]) as cursor:
        async for row in cursor:
            found: Any = row
            key = (found["company"], found["debtor_no"], found["item_no"])
            if found["digest"] is not None:
                known[key] = Known(
                    found["digest"], found["state"] == "open", from_scaled(found["open_amount"]), found["source"], bool(found["doubtful"])
                )
            if found["staged"] is not None:
                staged[key] = found["staged"]
    return known, staged


def item_row(batch_id: str, row: GoodRow, verdict: Verdict, known: Known | None) -> Row:
    """The columns of staged_item; the item's details only where the commit needs them."""
    item = row.item
    was = known.open_amount if known and known.is_open else Decimal(0)
    head = (batch_id, row.line, row.company, row.debtor_no, row.item_no, verdict.value, row.digest, to_scaled(was))
    if verdict in (Verdict.UNCHANGED, Verdict.NOTHING, Verdict.TWIN, Verdict.TWISTED):
        return (*head, 0, to_scaled(item.open_amount), item.currency, *([None] * 11))
    return (
        *head,
        to_scaled(fall(was, item.open_amount)),
        to_scaled(item.open_amount),
        item.currency,
        item.due_on.isoformat(),
        maybe_scaled(item.amount),
        maybe_day(item.invoiced_on),
        item.kind,
        item.payment_method,
        maybe_day(item.discount_until),
        item.dunning_level,
        maybe_day(item.last_dunned_on),
        maybe_day(item.dunning_deadline),
        maybe_day(item.dunning_block_until),
        int(item.dispute),
    )


def missing_row(batch_id: str, company: str, item: Missing, verdict: Verdict) -> Row:
    was = to_scaled(item.open_amount)
    gone = to_scaled(fall(item.open_amount, Decimal(0)))
    head = (batch_id, 0, company, item.debtor_no, item.item_no, verdict.value, item.digest, was, gone, 0, item.currency)
    return (*head, *([None] * 11))


def debtor_row(batch_id: str, company: str, debtor_no: str, digest: str, line: int, debtor: DebtorFields) -> Row:
    """One thing that the file says about a debtor."""
    return (batch_id, company, debtor_no, digest, line, 0, *_debtor_columns(debtor))


def chosen_row(batch_id: str, company: str, debtor_no: str, digest: str, debtor: DebtorFields) -> Row:
    """What the commit takes over."""
    return (batch_id, company, debtor_no, digest, 0, 1, *_debtor_columns(debtor))


def _debtor_columns(debtor: DebtorFields) -> Row:
    return tuple(debtor._replace(credit_limit=maybe_scaled(debtor.credit_limit)))  # type: ignore[arg-type]  # the column's integer form


def number_row(batch_id: str, company: str, debtor_no: str, number: DialNumber) -> Row:
    zones = ",".join(number.zones)
    return (batch_id, company, debtor_no, number.position, number.raw, number.e164 or "", number.kind, zones, number.problem or "")


async def stage_items(conn: Connection, rows: Iterable[Row]) -> None:
    await SQL.stage_item(conn, list(rows))


async def stage_debtors(conn: Connection, rows: Iterable[Row]) -> None:
    await SQL.stage_debtor(conn, list(rows))


async def stage_numbers(conn: Connection, rows: Iterable[Row]) -> None:
    await SQL.stage_number(conn, list(rows))


async def twist(conn: Connection, batch_id: str, keys: Iterable[Key]) -> None:
    await SQL.twist(conn, [(batch_id, *key) for key in keys])


async def twisted(conn: Connection, batch_id: str) -> dict[int, Key]:
    """Line -> key of every row whose item the file describes in two ways."""
    return {row["line"]: (row["company"], row["debtor_no"], row["item_no"]) async for row in SQL.twisted(conn, batch_id=batch_id)}


async def companies_of(conn: Connection, source: str) -> list[str]:
    return [row["company"] async for row in SQL.companies_of_source(conn, source=source)]


async def page_after(conn: Connection, source: str, company: str, after: tuple[str, str]) -> tuple[Page, bool]:
    """The next stretch of open items, and whether another one follows."""
    end = await SQL.page_end(conn, source=source, company=company, debtor_no=after[0], item_no=after[1], size=PAGE - 1)
    to = (end["debtor_no"], end["item_no"]) if end else (LAST, LAST)
    return Page(company, after, to), end is not None


def _bounds(page: Page) -> dict[str, str]:
    return {
        "company": page.company, "debtor_no": page.after[0], "item_no": page.after[1], "to_debtor": page.to[0], "to_item": page.to[1],
    }  # fmt: skip


async def page_totals(conn: Connection, source: str, page: Page) -> dict[str, tuple[int, Decimal]]:
    """Currency -> (items, claims) of the stretch."""
    return {row["currency"]: (row["n"], from_scaled(row["amount"])) async for row in SQL.page_totals(conn, source=source, **_bounds(page))}


async def page_missing(conn: Connection, batch_id: str, source: str, page: Page) -> list[Missing]:
    """Open items of the stretch that the batch names neither in a good nor in a rejected row."""
    return [
        Missing(row["debtor_no"], row["item_no"], from_scaled(row["open_amount"]), row["currency"], row["digest"])
        async for row in SQL.page_missing(conn, batch_id=batch_id, source=source, **_bounds(page))
    ]


async def has_unknown_reject(conn: Connection, batch_id: str) -> bool:
    """Some bad row's debtor could not be read."""
    row = await SQL.has_unknown_reject(conn, batch_id=batch_id)
    return bool(row["doubt"])


@dataclass(frozen=True, slots=True)
class Said:
    """What the batch says about a debtor, and what the ledger knew."""

    company: str
    debtor_no: str
    sayings: tuple[DebtorFields, ...]  # in the order of the lines
    known: DebtorFields | None
    known_digest: str


@dataclass(frozen=True, slots=True)
class DebtorPage:
    """Debtors of whom the batch says something that the ledger does not."""

    debtors: tuple[Said, ...]
    end: tuple[str, str] | None  # None: the last page


def _fields(row: Mapping[str, Any], prefix: str) -> DebtorFields:
    values = [row[prefix + column] for column in DEBTOR_COLUMNS]
    values[DEBTOR_COLUMNS.index("credit_limit")] = to_maybe_amount(row[prefix + "credit_limit"])
    return DebtorFields(*values)


async def debtor_page(conn: Connection, batch_id: str, after: tuple[str, str]) -> DebtorPage:
    end = await SQL.debtor_page_end(conn, batch_id=batch_id, company=after[0], debtor_no=after[1], size=DEBTOR_PAGE - 1)
    to = (end["company"], end["debtor_no"]) if end else (LAST, LAST)
    rows = [
        row
        async for row in SQL.debtor_page(
            conn, batch_id=batch_id, company=after[0], debtor_no=after[1], to_company=to[0], to_debtor=to[1]
        )
    ]  # fmt: skip
    debtors = []
    for key, group in groupby(rows, key=lambda row: (row["company"], row["debtor_no"])):
        sayings = list(group)
        known = _fields(sayings[0], "k_") if sayings[0]["known_digest"] is not None else None
        debtors.append(Said(*key, tuple(_fields(row, "") for row in sayings), known, sayings[0]["known_digest"] or ""))
    return DebtorPage(tuple(debtors), to if end else None)


async def counts(conn: Connection, batch_id: str) -> Counts:
    return Counts(
        verdicts={row["verdict"]: row["n"] async for row in SQL.counts(conn, batch_id=batch_id) if row["verdict"] != Verdict.TWISTED},
        rejected=await count_rejects(conn, batch_id),
        open_amount={row["currency"]: from_scaled(row["amount"]) async for row in SQL.sums(conn, batch_id=batch_id)},
    )


async def gone(conn: Connection, batch_id: str) -> dict[str, Decimal]:
    """Currency -> claims that would vanish."""
    return {row["currency"]: from_scaled(row["amount"]) async for row in SQL.gone(conn, batch_id=batch_id)}


async def apply(conn: Connection, arrived: Arrival) -> None:
    """The one step from staged to visible."""
    batch_id, as_of = arrived.batch_id, arrived.as_of.isoformat()
    await SQL.apply_items(conn, batch_id=batch_id, source=arrived.source, as_of=as_of)
    await SQL.apply_missing(conn, batch_id=batch_id, as_of=as_of)
    await SQL.end_items(conn)
    await SQL.apply_clearings(conn, batch_id=batch_id, as_of=as_of)
    await SQL.apply_debtors(conn, batch_id=batch_id, source=arrived.source)
    await SQL.apply_rejected_debtors(conn, batch_id=batch_id)
    await SQL.end_debtors(conn)
    await SQL.end_numbers(conn, batch_id=batch_id)
    await SQL.apply_numbers(conn, batch_id=batch_id)
    await SQL.move_on(conn)
    await SQL.drop_ended_items(conn)
    await SQL.drop_ended_debtors(conn)
    await SQL.drop_ended_numbers(conn)


async def staged_batches(conn: Connection) -> list[str]:
    return [row["batch_id"] async for row in SQL.staged_batches(conn)]


async def purge(conn: Connection, batch_id: str) -> int:
    """Deletes some staged rows of a decided batch; 0 when none is left. A large batch takes several short transactions."""
    done = 0
    for query in (SQL.purge_items, SQL.purge_debtors, SQL.purge_numbers):
        done += await query(conn, batch_id=batch_id, size=PURGE)
    return done
