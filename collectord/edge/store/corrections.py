"""Corrections on disk.

Owns table `correction`. Decides nothing: how long one holds is core/contact/corrections'.
Invariant: a correction that ended never holds again; it belongs to at most one file of the outbox, for ever.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from collectord.core.contact.corrections import CONTACT_PERSON, PHONES, Adopted, Correction, CorrectionKind, Overruled
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store.codec import instant, to_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("corrections")
Row = Mapping[str, Any]


def _correction(row: Row) -> Correction:
    names = ("id", "company", "debtor_no", "field", "value", "was", "note", "actor", "attempt_id", "exported_in")
    return Correction(**{name: row[name] for name in names}, at=to_instant(row["at"]), kind=CorrectionKind(row["kind"]))


async def add(conn: Connection, correction: Correction) -> None:
    await SQL.add_correction(
        conn,
        id=correction.id,
        at=instant(correction.at),
        company=correction.company,
        debtor_no=correction.debtor_no,
        kind=correction.kind.value,
        field=correction.field,
        value=correction.value,
        was=correction.was,
        note=correction.note,
        actor=correction.actor,
        attempt_id=correction.attempt_id,
    )


async def in_force(conn: Connection, key: DebtorKey | None = None) -> tuple[Correction, ...]:
    """Neither adopted, overruled nor taken back, oldest first."""
    rows = SQL.in_force(conn, company=key.company if key else None, debtor_no=key.debtor_no if key else None)
    return tuple([_correction(row) async for row in rows])


async def end(conn: Connection, correction_id: str, how: Adopted | Overruled, accounting: str, now: datetime) -> None:
    query = SQL.end_adopted if isinstance(how, Adopted) else SQL.end_overruled
    await query(conn, id=correction_id, at=instant(now), accounting=accounting)


async def revoke(conn: Connection, correction_id: str, now: datetime) -> None:
    await SQL.revoke(conn, id=correction_id, at=instant(now))


async def known_between(
    conn: Connection, low: DebtorKey, high: DebtorKey, now: datetime
) -> AsyncIterator[tuple[DebtorKey, dict[str, Any]]]:
    """Every correction ever made, as it stood at `now`."""
    at = instant(now)
    span = {"company": low.company, "debtor_no": low.debtor_no, "to_company": high.company, "to_debtor": high.debtor_no}
    async for row in SQL.known_between(conn, **span, now=at):
        ends = (("taken back", "revoked_at"), ("overruled", "overruled_at"), ("adopted", "adopted_at"))
        state = next((word for word, column in ends if row[column] is not None and row[column] <= at), "holds")
        yield (
            DebtorKey(row["company"], row["debtor_no"]),
            {
                "id": row["id"],
                "at": row["at"],
                "kind": row["kind"],
                "field": row["field"],
                "value": row["value"],
                "was": row["was"],
                "agent": row["actor"],
                "state": state,
                "accounting": row["accounting"] if state in ("adopted", "overruled") else None,
            },
        )


async def wrong_numbers(conn: Connection, now: datetime) -> bool:
    """Whether there are numbers that turned out wrong and of which no line tells yet."""
    async for _ in SQL.numbers_gone_wrong(conn, now=instant(now)):
        return True
    return False


async def collect_wrong_numbers(conn: Connection, now: datetime) -> None:
    """Numbers that turned out wrong or dead become lines for accounting, once each."""
    found = [row async for row in SQL.numbers_gone_wrong(conn, now=instant(now))]
    first = {(row["company"], row["debtor_no"], row["value"]): row for row in reversed(found)}
    for row in first.values():
        person = row["position"] > len(PHONES)
        await add(
            conn,
            Correction(
                id=f"wrong:{row['id']}",
                at=to_instant(row["at"]),
                company=row["company"],
                debtor_no=row["debtor_no"],
                kind=CorrectionKind.WRONG,
                field=CONTACT_PERSON if person else PHONES[row["position"] - 1],
                value="",
                was=", ".join(filter(None, (row["person"], row["role"], row["raw"]))) if person else row["raw"],
                note=row["reason"],
                actor=row["actor"],
                attempt_id=row["attempt_id"],
            ),
        )


async def waiting(conn: Connection, now: datetime) -> int:
    """How many lines accounting has not been told yet."""
    return int(await SQL.waiting(conn, now=instant(now)))


async def claim(conn: Connection, file: str, now: datetime) -> int:
    """From now on everything not told yet belongs to this file; how many lines."""
    return int(await SQL.claim(conn, file=file, now=instant(now)))


async def in_file(conn: Connection, file: str) -> list[dict[str, Any]]:
    """The file's lines, always the same and in the same order."""
    return [dict(row) async for row in SQL.in_file(conn, file=file)]
