"""Record: what a human learnt about a debtor, apart from the outcome of a call of ours.

Reads the debtor's facts, asks core/contact/learnt what the words mean, writes facts, contacts, outcomes and the audit in one transaction.
Invariant: the answer comes after the commit; of a request that is refused nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from collectord.core.contact.calendar import WorkingDays
from collectord.core.contact.facts import DebtorFacts
from collectord.core.contact.learnt import Learnt, RecordRefused, learn
from collectord.core.contact.record_words import DisputeTerms
from collectord.core.contact.what_holds import what_holds
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.strategies import NO_FRAMES
from collectord.core.rules import Rules
from collectord.core.telephony.agreed import more_than_owed
from collectord.core.telephony.attempts import Disposition
from collectord.edge.store import facts, families, promises
from collectord.edge.store.connection import Connection, Database
from collectord.loops.corrections import put_right
from collectord.loops.explain import NotKnown

__all__ = ["RecordRefused", "exceeding", "known_debtor", "read_words", "record", "write_learnt"]


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
    """`{"company", "debtor_no", "recorded": [{"kind", "value"}], "says"}`. Raises RecordRefused, NotKnown."""

    async def write(conn: Connection) -> dict[str, Any]:
        known = await known_debtor(conn, key, now, house)
        recorded = await write_learnt(conn, key, read_words(args, known, rules, house, now, actor, new_id), house, now, actor, new_id)
        says = what_holds(known, await known_debtor(conn, key, now, house), house)
        return {"company": key.company, "debtor_no": key.debtor_no, "recorded": recorded, "says": says}

    return await db.write(write)


async def known_debtor(conn: Connection, key: DebtorKey, now: datetime, house: House) -> DebtorFacts:
    """Raises NotKnown."""
    known = await facts.debtor_facts(conn, key, now, house, NO_FRAMES)  # nobody asks the gate here
    if known is None:
        raise NotKnown(f"there is no debtor {key}")
    return known


def read_words(
    args: Mapping[str, Any], known: DebtorFacts, rules: Rules, house: House, now: datetime, actor: str, new_id: Callable[[], str]
) -> Learnt:
    """Raises RecordRefused."""
    return learn(args, known, frozenset(rules.rule_ids()), house, now, actor, new_id, _dispute_terms(known.key, rules, house, now))


def _dispute_terms(key: DebtorKey, rules: Rules, house: House, now: datetime) -> DisputeTerms:
    company = house.companies.get(key.company)
    days = WorkingDays(house.country, company.region if company else "")
    return rules.dispositions.dispositions[Disposition.DISPUTE].dispute_terms(days, house.today(now), house.language)


async def write_learnt(
    conn: Connection, key: DebtorKey, learnt: Learnt, house: House, now: datetime, actor: str, new_id: Callable[[], str]
) -> list[dict[str, str]]:
    """Writes it all and tells what was recorded."""
    for fact_id in learnt.revoked:
        await facts.revoke_fact(conn, fact_id, now)
    for fact in learnt.facts:
        await facts.add_fact(conn, fact)
    for contact in learnt.contacts:
        await facts.add_contact(conn, contact)
    for outcome in learnt.outcomes:
        await promises.add_outcome(conn, outcome)
    await put_right(conn, key, learnt.corrections, learnt.fields_taken_back, house, now, new_id)
    for kind, value in learnt.said:
        await facts.add_happening(conn, new_id(), now, f"recorded_{kind}", key, actor, f"{kind} {value}".strip())
    return [{"kind": kind, "value": value} for kind, value in learnt.said]


async def exceeding(conn: Connection, made: Promise | None, house: House, now: datetime) -> str | None:
    """What the answer warns of when the promises of this talk exceed what is owed."""
    if made is None:
        return None
    agreed = await promises.agreement(conn, made)
    items = await families.open_items(conn, made.key, house.today(now))
    return more_than_owed(agreed, items, house.language, house.time_zone) or None
