"""The list of debtors: what they owe, and what is known about them beside it.

Reads the ledger, contact persons, corrections and families from one consistent picture. Writes nothing.
Invariant: what it shows of numbers and names is what a call would use.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from collectord.core.exports.master_rows import ContactPerson
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.store import corrections, families, ledger, master
from collectord.edge.store.connection import Connection, Database


async def debtors(db: Database, house: House, now: datetime, *, key: DebtorKey | None, limit: int) -> list[dict[str, Any]]:
    """CONTRACT 7, `debtors --json`, with persons, corrections, head office and branches."""

    async def job(conn: Connection) -> list[dict[str, Any]]:
        listed = await ledger.listed_debtors(conn, today=house.today(now), now=now, key=key, limit=limit, language=house.language)
        if not listed:
            return []
        first, last = _key(listed[0]), _key(listed[-1])
        persons: dict[DebtorKey, list[dict[str, str]]] = {}
        async for who, person in master.persons_between(conn, first, last):
            persons.setdefault(who, []).append(_person(person))
        put_right: dict[DebtorKey, list[dict[str, Any]]] = {}
        async for who, correction in corrections.known_between(conn, first, last, now):
            put_right.setdefault(who, []).append(correction)
        related = await families.every_family(conn)
        roots = {branch: family.root for family in related.values() for branch in family.branches}
        return [
            {
                **one,
                "persons": persons.get(_key(one), []),
                "corrections": put_right.get(_key(one), []),
                "head_office": roots[_key(one)].debtor_no if _key(one) in roots else None,
                "branches": [branch.debtor_no for branch in related[_key(one)].branches] if _key(one) in related else [],
            }
            for one in listed
        ]

    return await db.read(job)


def _key(listed: dict[str, Any]) -> DebtorKey:
    return DebtorKey(listed["company"], listed["debtor_no"])


def _person(person: ContactPerson) -> dict[str, str]:
    names = ("name", "role", "phone", "email", "language", "hours")
    return {name: getattr(person, name) for name in names}
