"""What planning has looked at, and who has to be looked at again.

Owns tables `planning`, `looked_at`; takes marks out of `touched` (they are made by triggers: touched.sql). Decides nothing.
Invariant: a mark goes only in the transaction that writes what was decided after it was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from collectord.core.receivables.families import Family
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store.codec import instant, maybe_day, to_maybe_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("looked_at")


@dataclass(frozen=True, slots=True)
class Turn:
    """Where planning stands. `number`: of the batch that everybody sees."""

    turn: int
    basis: str
    planned_at: datetime | None
    number: int


Look = tuple[str, str, str | None, str]  # company, debtor_no, next_on, root: a plain tuple, because a first plan sends 250,000 of them


def look(key: DebtorKey, next_on: date | None, root: str = "") -> Look:
    """What is kept of one debtor. `root`: of its family, "" = alone."""
    return key.company, key.debtor_no, maybe_day(next_on), root


async def state(conn: Connection) -> Turn:
    row = await SQL.state(conn)
    return Turn(row["turn"], row["basis"], to_maybe_instant(row["planned_at"]), row["number"])


async def begin(conn: Connection) -> Turn:
    """What happens from now on is marked for the next plan."""
    await SQL.begin(conn)
    return await state(conn)


async def finish(conn: Connection, basis: str, now: datetime) -> None:
    """Everybody who had to be looked at was."""
    await SQL.finish(conn, basis=basis, now=instant(now))


async def remember(conn: Connection, looks: Sequence[Look], turn: Turn) -> None:
    """In the transaction that writes what was decided."""
    await SQL.remember(conn, looks)
    await SQL.settle(conn, [(company, debtor_no, turn.turn, turn.number) for company, debtor_no, _, _ in looks])


async def some_due(conn: Connection, today: date, most: int) -> int:
    """About how many have to be looked at; `most` and more are all the same."""
    return int((await SQL.some_due(conn, today=today.isoformat(), most=most))["count"])


async def some_debtors(conn: Connection, most: int) -> int:
    return int((await SQL.some_debtors(conn, most=most))["count"])


async def live(conn: Connection, now: datetime) -> int:
    """How many debtors have a live ladder task."""
    return int((await SQL.live(conn, now=instant(now)))["count"])


async def coming_batches(conn: Connection, today: date) -> list[str]:
    return [row["id"] async for row in SQL.coming_batches(conn, today=today.isoformat())]


async def due(
    conn: Connection, turn: Turn, after_on: date, now: datetime, today: date, related: Mapping[DebtorKey, Family]
) -> set[DebtorKey]:
    """Whom something happened to since, or whose day has come; with one of a family, as it is or was, all of it.

    `after_on`: the day of the last plan.
    """
    assert turn.planned_at is not None
    days = {"after": instant(turn.planned_at), "now": instant(now), "after_on": after_on.isoformat(), "today": today.isoformat()}
    found = {_key(row) async for row in SQL.touched(conn)}
    found |= {_key(row) async for row in SQL.due(conn, today=today.isoformat())}
    found |= {_key(row) async for row in SQL.turned(conn, **days)}
    then: dict[DebtorKey, list[DebtorKey]] = {}
    async for row in SQL.roots(conn):
        then.setdefault(DebtorKey(row["company"], row["root"]), []).append(_key(row))
    return found | _relatives(found, then, {root: [root, *family.branches] for root, family in related.items()})


def _relatives(
    found: set[DebtorKey], then: Mapping[DebtorKey, list[DebtorKey]], now: Mapping[DebtorKey, list[DebtorKey]]
) -> set[DebtorKey]:
    roots: dict[DebtorKey, set[DebtorKey]] = {}
    for families in (then, now):
        for root, members in families.items():
            for member in members:
                roots.setdefault(member, set()).add(root)
    more, ahead = set[DebtorKey](), [key for key in found if key in roots]
    while ahead:
        key = ahead.pop()
        for root in roots[key]:
            for member in (root, *then.get(root, ()), *now.get(root, ())):
                if member not in more and member not in found:
                    more.add(member)
                    if member in roots:
                        ahead.append(member)
    return more


def _key(row: Mapping[str, str]) -> DebtorKey:
    return DebtorKey(row["company"], row["debtor_no"])
