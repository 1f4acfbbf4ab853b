"""Bank lines on disk: what came in, what came back, and what each is taken to pay.

Owns tables `payment` and `payment_match`, and the reopening of an item whose collection came back. Decides nothing: candidates are found
here, judged in core/receivables/payment_matching.
Invariant: a line is written once, whatever statement brings it; money we sent out is never written, and of an account only what
payment_lines.kept_of leaves.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from collectord.core.money import Money, from_scaled, plain, to_scaled
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.payment_lines import PaymentLine, shown_account
from collectord.core.receivables.payment_matching import Owed, Share
from collectord.core.receivables.seen_payments import Heard, SeenPayment
from collectord.edge.store.codec import instant, maybe_day, to_instant, to_maybe_day
from collectord.edge.store.connection import Connection, queries

SQL = queries("payments")
Row = Mapping[str, Any]
HISTORY = timedelta(days=400)  # no line is waited for, and none holds anybody, for longer


def _key(row: Row) -> DebtorKey:
    return DebtorKey(row["company"], row["debtor_no"])


# ---------------------------------------------------------------- candidates: iterators, so that whoever asks may breathe between rows


async def known_ids(conn: Connection, ids: Iterable[str]) -> frozenset[str]:
    return frozenset([row["id"] async for row in SQL.known_ids(conn, ids=json.dumps(list(ids)))])


async def by_item_number(conn: Connection, keys: str, most: int) -> AsyncIterator[tuple[str, DebtorKey]]:
    """(number_key, a debtor who has such an item, open or cleared). `keys`: JSON. One pass over all items: on a connection of your own."""
    async for row in SQL.item_hits(conn, keys=keys, most=most):
        yield row["key"], _key(row)


async def by_debtor_number(conn: Connection, keys: str, most: int) -> AsyncIterator[tuple[str, DebtorKey]]:
    """(number_key, a debtor with such a number). `keys`: JSON."""
    async for row in SQL.debtor_hits(conn, keys=keys, most=most):
        yield row["key"], _key(row)


async def by_account(conn: Connection, accounts: Iterable[str]) -> AsyncIterator[tuple[str, DebtorKey]]:
    """(account as it is kept, the debtor of a confirmed payment from it)."""
    async for row in SQL.account_hits(conn, accounts=json.dumps(list(accounts))):
        yield row["account"], _key(row)


async def by_amount(conn: Connection, amounts: Iterable[Money], most: int) -> AsyncIterator[tuple[Money, DebtorKey]]:
    """(amount, the debtor of an open item of exactly this amount), where few have one."""
    async for row in SQL.amount_hits(conn, amounts=json.dumps([to_scaled(money.amount) for money in amounts]), most=most):
        yield Money(from_scaled(row["amount"]), row["currency"]), _key(row)


async def names_from(conn: Connection, after: DebtorKey, size: int) -> list[tuple[DebtorKey, str]]:
    """A stretch of debtors with their names, in key order."""
    rows = SQL.names_from(conn, company=after.company, debtor_no=after.debtor_no, size=size)
    return [(_key(row), row["debtor_name"]) async for row in rows]


async def owed_by(conn: Connection, keys: Sequence[DebtorKey], since: date) -> AsyncIterator[tuple[DebtorKey, str, Owed]]:
    """(debtor, its name, an item): what these debtors owe, and what was cleared since that day."""
    wanted = json.dumps([[key.company, key.debtor_no] for key in keys])
    async for row in SQL.owed_by(conn, keys=wanted, since=since.isoformat()):
        is_open = row["state"] == "open"
        owed = Owed(
            item_no=row["item_no"],
            amount=from_scaled(row["open_amount"] if is_open else row["fell"]),
            currency=row["currency"],
            due_on=date.fromisoformat(row["due_on"]),
            is_open=is_open,
            discount_until=to_maybe_day(row["discount_until"]),
            direct_debit=row["payment_method"] == "direct_debit",
        )
        yield _key(row), row["debtor_name"], owed


# ---------------------------------------------------------------- writing


def payment_row(line: PaymentLine, state: str, batch_id: str, source: str, now: datetime) -> tuple[Any, ...]:
    """A line as `add` takes it. `state`: matched, ambiguous, unmatched."""
    return (
        line.id, batch_id, source, instant(now), line.company, line.booked_on.isoformat(), maybe_day(line.value_on),
        to_scaled(line.amount.amount), line.amount.currency, line.kind, line.payer, line.payer_account, line.reference, line.end_to_end,
        state, line.debtor_no, line.item_no,
    )  # fmt: skip


def match_row(line: PaymentLine, share: Share) -> tuple[Any, ...]:
    return line.id, share.key.company, share.key.debtor_no, share.item_no, to_scaled(share.amount), share.how


async def add(conn: Connection, payments: Sequence[tuple[Any, ...]], matches: Sequence[tuple[Any, ...]]) -> None:
    await SQL.add_payment(conn, payments)
    await SQL.add_match(conn, matches)


async def nobodys(conn: Connection, since: date, now: datetime) -> AsyncIterator[PaymentLine]:
    """Payments booked since then that fitted nobody, or several, and that no list has answered."""
    async for row in SQL.nobodys(conn, since=since.isoformat(), now=instant(now)):
        yield PaymentLine(
            id=row["id"],
            company=row["company"],
            booked_on=date.fromisoformat(row["booked_on"]),
            value_on=to_maybe_day(row["value_on"]),
            amount=Money(from_scaled(row["amount"]), row["currency"]),
            kind=row["kind"],
            payer=row["payer"],
            payer_account=row["payer_account"],
            reference=row["reference"],
            end_to_end=row["end_to_end"],
            debtor_no=row["debtor_no"],
            item_no=row["item_no"],
        )


async def match_anew(conn: Connection, found: Sequence[tuple[PaymentLine, str, Sequence[Share]]]) -> None:
    """(line, state, whom it is about now) in place of what was thought before; a line that was answered meanwhile stays as it is."""
    await SQL.drop_matches(conn, ids=json.dumps([line.id for line, _, _ in found]))
    rows = [match_row(line, share) for line, _, shares in found for share in shares]
    await SQL.add_match_anew(conn, [(*row[1:], row[0]) for row in rows])
    await SQL.set_state(conn, [(state, line.id) for line, state, _ in found])


async def reopen(conn: Connection, share: Share, booked_on: date, today: date) -> bool:
    """An item that was cleared is owed again, because its collection came back on `booked_on`.

    False when it was not cleared, or by a list of a later day: that one knew of the return.
    """
    return bool(
        await SQL.reopen_item(
            conn,
            company=share.key.company,
            debtor_no=share.key.debtor_no,
            item_no=share.item_no,
            amount=to_scaled(share.amount),
            booked_on=booked_on.isoformat(),
            today=today.isoformat(),
        )
    )


# ---------------------------------------------------------------- what the gate and promises see


async def seen(conn: Connection, key: DebtorKey, now: datetime, today: date) -> tuple[SeenPayment, ...]:
    """The bank lines about a debtor that no newer list had answered at `now`, with what the lists since have told."""
    lines = await _lines(conn, key, now, answered_since=now)
    if not lines:
        return ()
    told: dict[str, dict[str, date]] = {}
    who = {"company": key.company, "debtor_no": key.debtor_no, "ids": json.dumps(list(lines))}
    async for row in SQL.told(conn, **who, now=instant(now), today=today.isoformat()):
        told.setdefault(row["id"], {})[row["source"]] = date.fromisoformat(row["until_on"])
    return tuple(_seen(rows, told.get(line, {})) for line, rows in lines.items())


async def seen_lately(conn: Connection, key: DebtorKey, now: datetime, since: datetime) -> tuple[SeenPayment, ...]:
    """Those, and the answered ones that came after `since`; without what the lists have told."""
    return tuple(_seen(rows, {}) for rows in (await _lines(conn, key, now, answered_since=since)).values())


async def _lines(conn: Connection, key: DebtorKey, now: datetime, answered_since: datetime) -> dict[str, list[Row]]:
    lines: dict[str, list[Row]] = {}
    rows = SQL.seen(
        conn,
        company=key.company,
        debtor_no=key.debtor_no,
        now=instant(now),
        since=instant(now - HISTORY),
        answered_since=instant(answered_since),
    )
    async for row in rows:
        lines.setdefault(row["id"], []).append(row)
    return lines


def _seen(rows: Sequence[Row], told: Mapping[str, date]) -> SeenPayment:
    first = rows[0]
    return SeenPayment(
        id=first["id"],
        booked_on=date.fromisoformat(first["booked_on"]),
        seen_at=to_instant(first["seen_at"]),
        amount=Money(from_scaled(first["amount"]), first["currency"]),
        source=first["source"],
        state=first["state"],
        items=tuple(row["item_no"] for row in rows) if all(row["item_no"] for row in rows) else (),
        told=told,
    )


async def waiting(conn: Connection, now: datetime, today: date) -> AsyncIterator[tuple[str, Heard]]:
    """(payment, what the lists since say of one item), line by line, for every line that no newer list has answered yet."""
    async for row in SQL.unsettled(conn, now=instant(now), since=instant(now - HISTORY), today=today.isoformat()):
        yield (
            row["id"],
            Heard(
                booked_on=date.fromisoformat(row["booked_on"]),
                is_return=row["kind"] == "return",
                state=row["state"],
                item_open=row["item_state"] == "open",
                fell=from_scaled(row["fell"]),
                told_until=to_maybe_day(row["told_until"]),
                told_by=row["told_by"] or "",
            ),
        )


async def settle(conn: Connection, answers: Sequence[tuple[str, str, str]]) -> None:
    """(state, the snapshot that decided, payment)."""
    await SQL.settle(conn, answers)


# ---------------------------------------------------------------- lists


async def listed(
    conn: Connection, *, now: datetime, key: DebtorKey | None = None, state: str | None = None, limit: int = 10_000
) -> list[dict[str, Any]]:
    """`payments --json`, newest booking first. State: matched, ambiguous, unmatched, confirmed, still_open."""
    who = {"company": key.company if key else None, "debtor_no": key.debtor_no if key else None}
    rows = [row async for row in SQL.listed(conn, **who, state=state, now=instant(now), limit=limit)]
    matches: dict[str, list[dict[str, Any]]] = {}
    async for row in SQL.matches_of(conn, ids=json.dumps([row["id"] for row in rows])):
        told = {name: row[name] for name in ("company", "debtor_no", "item_no", "how")}
        matches.setdefault(row["payment_id"], []).append({**told, "amount": plain(from_scaled(row["amount"]))})
    return [
        {
            "id": row["id"],
            "source": row["source"],
            "batch": row["batch_id"],
            "seen_at": row["seen_at"],
            "booked_on": row["booked_on"],
            "value_on": row["value_on"],
            "company": row["company"],
            "amount": plain(from_scaled(row["amount"])),
            "currency": row["currency"],
            "kind": row["kind"],
            "payer": row["payer"],
            "payer_account": shown_account(row["payer_account"]),
            "reference": row["reference"],
            "end_to_end": row["end_to_end"],
            "state": row["state_then"],
            "debtors": sorted({match["debtor_no"] for match in matches.get(row["id"], ())}),
            "items": [match["item_no"] for match in matches.get(row["id"], ()) if match["item_no"]],
            "matches": matches.get(row["id"], []),
            "how": next((match["how"] for match in matches.get(row["id"], ())), ""),
            "settled_by": row["settled_by"] or None,
        }
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class SaidPaid:
    """An item of which a debtor said that it is paid."""

    key: DebtorKey
    at: datetime  # the last time
    item_no: str
    open_amount: Money


async def said_paid_in_vain(conn: Connection, now: datetime, today: date) -> tuple[SaidPaid, ...]:
    """What was "paid already" in a talk, is still open, and neither the bank nor accounting's list has told of since. Oldest first."""
    found = []
    async for row in SQL.said_paid_in_vain(conn, now=instant(now), since=instant(now - HISTORY), today=today.isoformat()):
        owed = Money(from_scaled(row["open_amount"]), row["currency"])
        found.append(SaidPaid(_key(row), to_instant(row["at"]), row["item_no"], owed))
    return tuple(found)
