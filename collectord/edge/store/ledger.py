"""The ledger: debtors, their numbers and open items, as they stood on a day.

Owns the reading of tables `debtor`, `debtor_number`, `item`, `clearing`; staging writes them. Decides nothing.
Invariant: nothing opened after the day asked for is seen; an item that a later batch cleared is open again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from collectord.core.money import from_scaled, plain, plain_map
from collectord.core.receivables.briefing import dunning, proofs
from collectord.core.receivables.first_contact import NO_PAST, FirstContacts, Past
from collectord.core.receivables.ledger import (
    FOREVER,
    OLDEST_FIRST,
    Debtor,
    DebtorKey,
    OpenItem,
    oldest_days_past_due,
    open_total,
    overdue_total,
)
from collectord.core.wording import Language
from collectord.edge.store import rungs
from collectord.edge.store.batches import listed as listed_batches
from collectord.edge.store.batches import source_states
from collectord.edge.store.codec import as_json, instant, maybe_day
from collectord.edge.store.connection import Connection, queries
from collectord.edge.store.ledger_rows import ITEM_COLUMNS, Row, item_from, to_debtor
from collectord.edge.store.snapshots import booking_lags

__all__ = [
    "FIRST", "LAST", "Clearing", "Closely", "Lags", "Open", "UnknownDebtor", "clearings",
    "debtor", "debtor_keys", "find_key", "listed_batches", "listed_debtors", "middle", "open_items", "set_contact_level",
    "source_states", "stretch", "those", "with_items",
]  # fmt: skip

SQL = queries("ledger")
SOURCE, DUE_ON, OPEN_AMOUNT, RUNGS = (ITEM_COLUMNS.index(name) for name in ("source", "due_on", "open_amount", "contact_rungs"))
Lags = dict[tuple[str, str], int]  # (source, company) -> days that its bookings lag behind the day of reading
FIRST, LAST = DebtorKey("", ""), DebtorKey("\U0010ffff", "\U0010ffff")  # no key sorts before the one or behind the other


class UnknownDebtor(LookupError):
    """No debtor, or several, answer to what a person typed; the message is one sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """So much less is owed on an item; a negative amount is a credit that was used up."""

    item_no: str
    batch_id: str
    as_of: date
    amount: Decimal
    currency: str


def _between(low: DebtorKey, high: DebtorKey) -> dict[str, str]:
    return {"company": low.company, "debtor_no": low.debtor_no, "to_company": high.company, "to_debtor": high.debtor_no}


async def _grouped(rows: AsyncIterator[Row]) -> dict[DebtorKey, list[Row]]:
    groups: dict[DebtorKey, list[Row]] = {}
    async for row in rows:
        groups.setdefault(DebtorKey(row["company"], row["debtor_no"]), []).append(row)
    return groups


async def _rows(
    conn: Connection, debtors: Sequence[Debtor], today: date, keys: str | None
) -> dict[tuple[str, str], list[tuple[Sequence[Any], int, str | None]]]:
    """The rows of what is open of these debtors, each with what was paid later and when its direct debit came back."""
    later, returned, rows = (
        (SQL.paid_later_between, SQL.returned_between, SQL.items_between)
        if keys is None
        else (SQL.paid_later_of, SQL.returned_of, SQL.items_of)
    )
    which: dict[str, str] = _between(debtors[0].key, debtors[-1].key) if keys is None else {"keys": keys}
    which["today"] = today.isoformat()
    owed_again = {_item_key(row): row["amount"] async for row in later(conn, **which)}
    came_back = {_item_key(row): row["booked_on"] async for row in returned(conn, **which)}
    found: dict[tuple[str, str], list[tuple[Sequence[Any], int, str | None]]] = {one.key: [] for one in debtors}
    for values in map(tuple, await conn.execute_fetchall(rows.sql, which)):  # a million of them: no step between two
        own = found.get(values[:2])
        if own is not None:
            key = values[:3]
            own.append((values, owed_again.get(key, 0), came_back.get(key)))
    return found


async def _items(
    conn: Connection, debtors: Sequence[Debtor], today: date, lags: Lags, keys: str | None = None, closely: Closely | None = None
) -> dict[DebtorKey, list[OpenItem]]:
    """What is open of these debtors, oldest due first. `lags`: what is known of their sources by now, added to. `keys`: as for `those`."""
    if not debtors:
        return {}
    rows = await _rows(conn, debtors, today, keys)
    pasts = {} if closely is None else await _pasts(conn, debtors, keys)
    await rungs.know(conn, {values[RUNGS] for own in rows.values() for values, _, _ in own})
    found: dict[DebtorKey, list[OpenItem]] = {}
    for debtor in debtors:
        key = debtor.key
        own = rows[key]
        if closely is not None and not closely.asks_for(debtor, own, pasts.get(key, NO_PAST)):
            continue
        items = []
        for values, paid_later, returned_on in own:
            origin = (values[SOURCE], debtor.company)
            lag = lags.get(origin)
            if lag is None:
                lags |= await booking_lags(conn, {origin}, today)
                lag = lags[origin]
            items.append(item_from(values, debtor, lag, paid_later, returned_on))
        items.sort(key=OLDEST_FIRST)
        found[key] = items
    return found


def _item_key(row: Row) -> tuple[str, str, str]:
    return row["company"], row["debtor_no"], row["item_no"]


async def _whole(conn: Connection, rows: Sequence[Row], today: date, lags: Lags) -> list[tuple[Debtor, tuple[OpenItem, ...]]]:
    """Numbers and items to a stretch of debtor rows."""
    if not rows:
        return []
    keys = [DebtorKey(row["company"], row["debtor_no"]) for row in rows]
    numbers = await _grouped(SQL.numbers_between(conn, **_between(keys[0], keys[-1])))
    debtors = [to_debtor(row, numbers.get(key, ())) for key, row in zip(keys, rows, strict=True)]
    items = await _items(conn, debtors, today, lags)
    return [(debtor, tuple(items.get(key, ()))) for key, debtor in zip(keys, debtors, strict=True)]


async def debtor(conn: Connection, key: DebtorKey) -> Debtor | None:
    """From open-item exports, or from master data alone."""
    row = await _row_of(conn, key)
    numbers = [number async for number in SQL.numbers_between(conn, **_between(key, key))]
    return to_debtor(row, numbers) if row else None


async def _row_of(conn: Connection, key: DebtorKey) -> Row | None:
    who = {"company": key.company, "debtor_no": key.debtor_no}
    row: Row | None = await SQL.debtor_row(conn, **who) or await SQL.debtor_of_master(conn, **who)
    return row


async def open_items(conn: Connection, key: DebtorKey, today: date) -> tuple[OpenItem, ...]:
    """Credits included, oldest due first."""
    found = await debtor(conn, key)
    if found is None:
        return ()
    return tuple((await _items(conn, [found], today, {})).get(key, ()))


async def debtor_keys(conn: Connection) -> tuple[DebtorKey, ...]:
    return tuple([DebtorKey(row["company"], row["debtor_no"]) async for row in SQL.keys(conn)])


Open = tuple[Debtor, Sequence[OpenItem]]


@dataclass(slots=True)
class Closely:
    """Whose items become values: of whom something may be wanted by `today`, and `anyway`; of the others only the first day is told on
    which anything may be, None: never.

    Most debtors owe nothing that is due, or too little, and making values of their items is most of what reading them costs.
    """

    first: FirstContacts
    today: date
    anyway: Container[DebtorKey]
    later: dict[DebtorKey, date | None] = field(default_factory=dict)

    def asks_for(self, debtor: Debtor, rows: Sequence[tuple[Sequence[Any], int, str | None]], past: Past) -> bool:
        key = debtor.key
        if key in self.anyway or any(returned_on is not None for _, _, returned_on in rows):
            return True
        owed = [(_ordinal(values[DUE_ON]), amount) for values, later, _ in rows if (amount := values[OPEN_AMOUNT] + later) > 0]
        if not owed:
            return True
        day = self.first.day(debtor, owed, past if len(owed) == len(rows) else past._replace(owed_before=True))
        if day is not None and day <= self.today.toordinal():
            return True
        self.later[key] = None if day is None else date.fromordinal(day)
        return False


@lru_cache(maxsize=20_000)
def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


async def _pasts(conn: Connection, debtors: Sequence[Debtor], keys: str | None) -> dict[tuple[str, str], Past]:
    """Of those who have one."""
    rows, which = (SQL.pasts_between, _between(debtors[0].key, debtors[-1].key)) if keys is None else (SQL.pasts_of, {"keys": keys})
    found = await conn.execute_fetchall(rows.sql, which)
    return {(company, debtor_no): Past(paid, bool(broken), bool(fell)) for company, debtor_no, paid, broken, fell in found}


async def stretch(conn: Connection, after: DebtorKey, upto: DebtorKey, size: int) -> list[Debtor]:
    """The next so many debtors in key order. Their numbers are left out: nobody is called from a list."""
    rows = SQL.debtor_rows(conn, company=after.company, debtor_no=after.debtor_no, size=size)
    debtors = [to_debtor(row, ()) async for row in rows]
    return debtors if debtors and debtors[-1].key <= upto else [debtor for debtor in debtors if debtor.key <= upto]


async def those(conn: Connection, keys: Sequence[DebtorKey]) -> list[Debtor]:
    """As `stretch`, single debtors; who is known from master data alone is not among them."""
    return [to_debtor(row, ()) async for row in SQL.debtors_of(conn, keys=as_json(keys))]


async def with_items(
    conn: Connection, debtors: Sequence[Debtor], today: date, lags: Lags, *, scattered: bool, closely: Closely | None = None
) -> list[Open]:
    """What is open of them; who is not looked at closely is left out. `scattered`: they are no stretch."""
    keys = as_json(debtor.key for debtor in debtors) if scattered else None
    items = await _items(conn, debtors, today, lags, keys, closely)
    return [(debtor, own) for debtor in debtors if (own := items.get(debtor.key)) is not None]


async def middle(conn: Connection) -> DebtorKey:
    """As many debtors come before as after."""
    row = await SQL.middle(conn)
    return DebtorKey(row["company"], row["debtor_no"]) if row else DebtorKey("", "")


async def find_key(conn: Connection, text: str) -> DebtorKey:
    """`DEBTOR` or `COMPANY/DEBTOR`. Raises UnknownDebtor."""
    found = [DebtorKey(row["company"], row["debtor_no"]) async for row in SQL.keys_of(conn, debtor_no=text)]
    if not found and "/" in text:
        # A debtor number may hold a slash itself; then the whole text was looked for already.
        company, _, number = text.partition("/")
        found = [DebtorKey(company, number)] if await debtor(conn, DebtorKey(company, number)) else []
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownDebtor(f"debtor {text!r} exists in several companies; write one of: {', '.join(str(key) for key in found)}")
    raise UnknownDebtor(f"there is no debtor {text!r}; `collectord debtors` lists them")


async def set_contact_level(conn: Connection, key: DebtorKey, items: Iterable[str], level: int, on: date) -> None:
    """What our own ladder did about these items."""
    await SQL.set_contact_level(conn, [(level, on.isoformat(), key.company, key.debtor_no, item) for item in items])


async def clearings(conn: Connection, key: DebtorKey, since: date, until: date) -> tuple[Clearing, ...]:
    """Both days included."""
    rows = SQL.clearings(conn, company=key.company, debtor_no=key.debtor_no, since=since.isoformat(), until=until.isoformat())
    return tuple(
        [
            Clearing(
                item_no=row["item_no"],
                batch_id=row["batch_id"],
                as_of=date.fromisoformat(row["as_of"]),
                amount=from_scaled(row["amount"]),
                currency=row["currency"],
            )
            async for row in rows
        ]
    )


async def listed_debtors(
    conn: Connection, *, today: date, now: datetime, key: DebtorKey | None = None, limit: int = 10_000, language: Language = "en"
) -> list[dict[str, Any]]:
    """CONTRACT 7, `debtors --json`, in key order."""
    if key:
        row = await _row_of(conn, key)
        rows = [row] if row else []
    else:
        rows = [row async for row in SQL.debtor_rows(conn, company="", debtor_no="", size=limit)]
    if not rows:
        return []
    stretch = _between(
        DebtorKey(rows[0]["company"], rows[0]["debtor_no"]), DebtorKey(rows[-1]["company"], rows[-1]["debtor_no"])
    )  # fmt: skip
    day, at = today.isoformat(), instant(now)
    promises = await _grouped(SQL.last_promises_between(conn, **stretch, now=at))
    facts = await _grouped(SQL.facts_between(conn, **stretch, now=at, today=day))
    rejected = await _grouped(SQL.rejected_between(conn, **stretch, today=day))
    return [
        _listed(found, items, promises.get(found.key, []), facts.get(found.key, []), rejected.get(found.key, []), today, language)
        for found, items in await _whole(conn, rows, today, {})
    ]


def _listed(
    found: Debtor,
    items: tuple[OpenItem, ...],
    promises: list[Row],
    facts: list[Row],
    rejected: list[Row],
    today: date,
    language: Language,
) -> dict[str, Any]:
    last = promises[-1] if promises else None
    return {
        "company": found.company,
        "debtor_no": found.debtor_no,
        "debtor_name": found.debtor_name,
        "open": plain_map(open_total(items)),
        "overdue": plain_map(overdue_total(items, today)),
        "days_past_due": oldest_days_past_due(items, today),
        "proof": [proof.text(language) for proof in proofs(items)],
        "dunning_level": (dunning(items) or {"level": None})["level"],
        "potential_class": found.potential_class or None,
        "level": max([0, *(item.contact_level for item in items)]),
        "numbers": [number.e164 for number in found.numbers if number.e164],
        "promise": last
        and {
            "id": last["id"],
            "amount": plain(from_scaled(last["amount"])),
            "currency": last["currency"],
            "promised_on": last["promised_on"],
            "state": last["state"],
        },
        "blocks": _blocks(found, items, facts, today),
        "quality": [f"{number.raw}: {number.problem}" for number in found.numbers if number.problem]
        + ([] if any(number.e164 for number in found.numbers) else ["no dialable number"])
        + [f"line {row['line']} of the last export: {row['column_name']} {row['reason']}" for row in rejected],
    }


def _blocks(found: Debtor, items: tuple[OpenItem, ...], facts: list[Row], today: date) -> list[str]:
    """What stands recorded or exported against calling; the gate alone judges it."""
    blocks = [": ".join(filter(None, (row["kind"], row["value"]))) for row in facts]
    if found.legal_state:
        blocks.append(f"legal_state: {found.legal_state}")
    for item in items:
        if item.dispute:
            blocks.append(f"dispute: {item.item_no}")
        if item.dunning_block_until and item.is_blocked(today):
            until = "" if item.dunning_block_until == FOREVER else f" until {maybe_day(item.dunning_block_until)}"
            blocks.append(f"dunning_block: {item.item_no}{until}")
    return blocks
