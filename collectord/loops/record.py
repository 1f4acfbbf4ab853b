"""Record: what a human learnt about a debtor, apart from the outcome of a call of ours.

Reads the debtor's facts, asks core/contact/learnt what the words mean, writes facts, contacts, outcomes and the audit in one transaction.
Invariant: the answer comes after the commit; of a request that is refused nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from collectord.core.contact.learnt import RecordRefused, learn
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rules import Rules
from collectord.edge.store import facts, promises
from collectord.edge.store.connection import Connection, Database
from collectord.loops.explain import NotKnown

__all__ = ["RecordRefused", "record"]


async def record(
    db: Database,
    rules: Rules,
    house: House,
    key: DebtorKey,
    args: Mapping[str, Any],
    now: datetime,
    actor: str,
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """`{"company", "debtor_no", "recorded": [{"kind", "value"}]}`. Raises RecordRefused, NotKnown."""

    async def write(conn: Connection) -> dict[str, Any]:
        known = await facts.debtor_facts(conn, key, now, house)
        if known is None:
            raise NotKnown(f"there is no debtor {key}")
        learnt = learn(args, known, frozenset(rules.rule_ids()), house, now, actor, new_id)
        for fact_id in learnt.revoked:
            await facts.revoke_fact(conn, fact_id, now)
        for fact in learnt.facts:
            await facts.add_fact(conn, fact)
        for contact in learnt.contacts:
            await facts.add_contact(conn, contact)
        for outcome in learnt.outcomes:
            await promises.add_outcome(conn, outcome)
        for kind, value in learnt.said:
            await facts.add_happening(conn, new_id(), now, f"recorded_{kind}", key, actor, f"{kind} {value}".strip())
        said = [{"kind": kind, "value": value} for kind, value in learnt.said]
        return {"company": key.company, "debtor_no": key.debtor_no, "recorded": said}

    return await db.write(write)
