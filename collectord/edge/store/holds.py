"""What beyond the ledger holds ladders, read for one debtor or for all in three queries.

Owns no table: reads facts, promises and tasks for planning. Judges nothing: core/receivables/holds gathers.
Invariant: nothing dated after `now` is in it; a debtor without an entry has no hold.
"""

from __future__ import annotations

from datetime import date, datetime

from collectord.core.contact.facts import Fact
from collectord.core.receivables.holds import NO_HOLD, Holds, gather
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store.codec import instant, to_instant, to_maybe_day
from collectord.edge.store.connection import Connection, queries

SQL = queries("holds")


async def all_holds(conn: Connection, now: datetime, today: date) -> dict[DebtorKey, Holds]:
    return await _read(conn, None, now, today)


async def holds_of(conn: Connection, key: DebtorKey, now: datetime, today: date) -> Holds:
    return (await _read(conn, key, now, today)).get(key, NO_HOLD)


async def _read(conn: Connection, key: DebtorKey | None, now: datetime, today: date) -> dict[DebtorKey, Holds]:
    if key is None:
        which, of_facts, of_promises, of_tasks = {"now": instant(now)}, SQL.holding_facts, SQL.open_promises, SQL.appointments
    else:
        which = {"now": instant(now), "company": key.company, "debtor_no": key.debtor_no}
        of_facts, of_promises, of_tasks = SQL.holding_facts_of, SQL.open_promises_of, SQL.appointments_of
    facts: dict[DebtorKey, list[Fact]] = {}
    async for row in of_facts(conn, **which):
        fact = Fact(
            id=row["id"],
            at=to_instant(row["at"]),
            company=row["company"],
            debtor_no=row["debtor_no"],
            kind=row["kind"],
            value=row["value"],
            reason=row["reason"],
            until_on=to_maybe_day(row["until_on"]),
        )
        facts.setdefault(fact.key, []).append(fact)
    promises = {_key(row): (date.fromisoformat(row["until_on"]), bool(row["pending"])) async for row in of_promises(conn, **which)}
    appointments = {_key(row): to_instant(row["at"]) async for row in of_tasks(conn, **which)}
    return {
        found: gather(
            facts.get(found, ()),
            [promises[found][0]] if found in promises else [],
            [appointments[found]] if found in appointments else [],
            today,
            pending=found in promises and promises[found][1],
        )
        for found in facts.keys() | promises.keys() | appointments.keys()
    }


def _key(row: dict[str, str]) -> DebtorKey:
    return DebtorKey(row["company"], row["debtor_no"])
