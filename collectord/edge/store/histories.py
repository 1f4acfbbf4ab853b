"""What debtors did so far, read for many of them at once or for one.

Owns no table: reads cleared items, clearings, contacts, messages and judged promises. Judges nothing.
Invariant: nothing dated after `now` is in it, whatever the store knows by then; a debtor without an entry has no history.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.contact.facts import Contact
from collectord.core.money import from_scaled
from collectord.core.receivables.history import NO_HISTORY, REMEMBERED, Fall, History, PaidItem, Touch
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.promises import PromiseState
from collectord.core.receivables.touches import touch
from collectord.edge.store.codec import as_json, instant, split, to_instant
from collectord.edge.store.connection import Connection, queries
from collectord.edge.store.ledger_rows import quick

SQL = queries("histories")
PAID = REMEMBERED
FALLS = timedelta(days=120)  # twice the longest span in which a trigger looks for growth
TOUCHES = timedelta(days=90)
Rows = AsyncIterator[Mapping[str, Any]]


async def history_of(conn: Connection, key: DebtorKey, now: datetime, today: date, zone: str) -> History:
    return (await histories_of(conn, [key], now, today, zone)).get(key, NO_HISTORY)


async def histories_of(conn: Connection, keys: Iterable[DebtorKey], now: datetime, today: date, zone: str) -> dict[DebtorKey, History]:
    """Of each of these debtors who has one. `today` is the day of `now` in `zone`, the house's."""
    who, day, at = as_json(keys), today.isoformat(), instant(now)
    falls, amounts = await _falls(SQL.falls_of(conn, keys=who, today=day), (today - FALLS).isoformat())
    paid = await _paid(SQL.paid_of(conn, keys=who, since=(today - PAID).isoformat(), today=day), amounts)
    touches = await _touches(SQL.contacts_of(conn, keys=who, since=instant(now - TOUCHES), now=at), ZoneInfo(zone))
    broken = await _broken(SQL.judged_of(conn, keys=who, now=at), ZoneInfo(zone))
    return {
        key: History(
            paid=tuple(paid.get(key, ())),
            falls=tuple(falls.get(key, ())),
            touches=tuple(touches.get(key, ())),
            broken_on=tuple(broken.get(key, ())),
        )
        for key in paid.keys() | falls.keys() | touches.keys() | broken.keys()
    }


async def touches_of(conn: Connection, key: DebtorKey, now: datetime, zone: str) -> tuple[Touch, ...]:
    """The contacts alone, for whoever needs nothing else: the gate."""
    found = await _touches(SQL.contacts_of(conn, keys=as_json([key]), since=instant(now - TOUCHES), now=instant(now)), ZoneInfo(zone))
    return tuple(found.get(key, ()))


_day = lru_cache(maxsize=20_000)(date.fromisoformat)
_amount = lru_cache(maxsize=20_000)(from_scaled)
_fall, _paid_item = quick(Fall), quick(PaidItem)
_Amounts = dict[str, int]  # by item number: what it fell by in all


async def _falls(rows: Rows, since: str) -> tuple[dict[DebtorKey, list[Fall]], dict[DebtorKey, _Amounts]]:
    """The falls after a day, and what each item fell by in all.

    A credit that came is booked as a fall, and taken back when it is used up: here only the second is one, because nobody owed less before.
    """
    found: dict[DebtorKey, list[Fall]] = {}
    amounts: dict[DebtorKey, _Amounts] = {}
    for key, own in groupby([row async for row in rows], key=_who):
        debtor = DebtorKey(*key)
        of_debtor = list(own)
        credits = {row["item_no"] for row in of_debtor if row["amount"] < 0 or row["open_amount"] < 0}
        sums = amounts[debtor] = {}
        for row in of_debtor:
            item_no, amount = row["item_no"], row["amount"]
            sums[item_no] = sums.get(item_no, 0) + amount
            if row["as_of"] > since and (amount < 0 or item_no not in credits):
                fall = _fall(_day(row["due_on"]), _day(row["as_of"]), _amount(amount), row["currency"])
                found.setdefault(debtor, []).append(fall)
    return found, amounts


async def _paid(rows: Rows, amounts: Mapping[DebtorKey, _Amounts]) -> dict[DebtorKey, list[PaidItem]]:
    """Credits, and items of which nothing was ever open, are left out."""
    found: dict[DebtorKey, list[PaidItem]] = {}
    for key, own in groupby([row async for row in rows], key=_who):
        debtor = DebtorKey(*key)
        sums = amounts.get(debtor, {})
        paid = [
            _paid_item(item_no, _day(row["due_on"]), _day(row["cleared_on"]), _amount(sums[item_no]), row["currency"])
            for row in own
            if sums.get(item_no := row["item_no"], 0) > 0
        ]
        if paid:
            found[debtor] = paid
    return found


def _who(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["company"], row["debtor_no"]


async def _touches(rows: Rows, zone: ZoneInfo) -> dict[DebtorKey, list[Touch]]:
    found: dict[DebtorKey, list[Touch]] = {}
    async for row in rows:
        contact = Contact(
            at=to_instant(row["at"]),
            company=row["company"],
            debtor_no=row["debtor_no"],
            medium=row["medium"],
            direction=row["direction"],
            number=row["number"],
            result=row["result"],
            conversation_about=split(row["conversation_about"]),
            third_party=bool(row["third_party"]),
            disposition=row["disposition"],
        )
        noticed = touch(contact, zone, agreed=bool(row["agreed"]))
        if noticed is not None:
            found.setdefault(contact.key, []).append(noticed)
    return found


async def _broken(rows: Rows, zone: ZoneInfo) -> dict[DebtorKey, list[date]]:
    """Since the last that was kept; a part of it is not kept."""
    found: dict[DebtorKey, list[date]] = {}
    async for row in rows:
        key = DebtorKey(row["company"], row["debtor_no"])
        if row["state"] == PromiseState.KEPT:
            found.pop(key, None)
        else:
            found.setdefault(key, []).append(to_instant(row["judged_at"]).astimezone(zone).date())
    return found
