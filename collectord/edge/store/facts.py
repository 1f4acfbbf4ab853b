"""What the gate may look at for one debtor, and what humans teach about debtors.

Owns tables `fact` and `contact`, and the gathering of DebtorFacts. Judges nothing: that is core/contact/contact_rules.
Invariant: one call reads one consistent picture; nothing dated after `now` is in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from collectord.core.contact.facts import (
    Callback,
    Contact,
    DebtorFacts,
    Doubt,
    Fact,
    FactKind,
    OpenPromise,
    RejectedRow,
    SourceState,
)
from collectord.core.contact.family import as_one, under
from collectord.core.house import House
from collectord.core.money import from_scaled
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.strategies import Frames
from collectord.edge.store import families, histories, ledger, payments, rungs
from collectord.edge.store.codec import (
    instant,
    joined,
    maybe_day,
    split,
    to_instant,
    to_maybe_day,
    to_maybe_instant,
)
from collectord.edge.store.connection import Connection, queries
from collectord.edge.store.ledger_rows import to_item
from collectord.edge.store.snapshots import booking_lags

SQL = queries("facts")
HISTORY = timedelta(days=400)  # longer than any limit's window; refusals to be called are kept for ever
OF_AN_ITEM = frozenset({FactKind.DISPUTE, FactKind.OBJECTION})  # recorded with the debtor whose item it is
LIVE_STATES = frozenset({"reserved", "placed", "ringing_agent", "ringing_debtor", "talking"})
Row = Mapping[str, Any]


async def debtor_facts(
    conn: Connection, key: DebtorKey, now: datetime, house: House, frames: Frames, doubts: tuple[Doubt, ...] = ()
) -> DebtorFacts | None:
    """None when no such debtor is known. Works on a reader, and on the writer inside the transaction that commits an attempt.

    A head office comes with its branches' items, a branch with the head office that is called for it.
    """
    found = await _own_facts(conn, key, now, house, frames, doubts)
    family = await families.family_of(conn, key)
    if found is None or not family.branches:
        return found
    members = [await _own_facts(conn, member, now, house, frames, doubts) for member in (family.root, *family.branches) if member != key]
    others = [one for one in members if one is not None]
    if family.root == key:
        return as_one(found, others, house, house.today(now))
    return under(found, others[0], others[1:])


async def _own_facts(
    conn: Connection, key: DebtorKey, now: datetime, house: House, frames: Frames, doubts: tuple[Doubt, ...]
) -> DebtorFacts | None:
    who = {"company": key.company, "debtor_no": key.debtor_no}
    debtor = await ledger.debtor(conn, key)
    if debtor is None:
        return None
    day = house.today(now)
    at, today = instant(now), day.isoformat()
    since = instant(now - HISTORY)
    item_rows = [row async for row in SQL.items(conn, **who, now=at, today=today)]
    await rungs.know(conn, {row["contact_rungs"] for row in item_rows})
    sources = tuple([_source(row) async for row in SQL.sources(conn, **who, today=today)])
    lags = await booking_lags(conn, {(row["source"], key.company) for row in item_rows}, day)
    history = [(row["own"], _attempt(row, now)) async for row in SQL.attempts(conn, **who, since=since, now=at)]
    history += [(row["own"], _contact(row)) async for row in SQL.contacts(conn, **who, since=since, now=at)]
    history.sort(key=lambda pair: pair[1].at)
    return DebtorFacts(
        debtor=debtor,
        items=tuple(to_item(row, debtor, lags[row["source"], key.company]) for row in item_rows),
        doubtful=frozenset(row["item_no"] for row in item_rows if row["in_doubt"]),
        sources=sources,
        rejected_rows=tuple([_rejected(row) async for row in SQL.rejected_rows(conn, **who, today=today)]),
        contacts=tuple(contact for own, contact in history if own),
        number_contacts=tuple(contact for own, contact in history if not own),
        facts=tuple(
            [_fact(row) async for row in SQL.facts(conn, **who, now=at)]
            + [_fact(row) async for row in SQL.blocked_elsewhere(conn, **who, now=at)]
        ),
        promises=tuple([_promise(row) async for row in SQL.promises(conn, **who, now=at)]),
        payments=await payments.seen(conn, key, now, day),
        callbacks=tuple([_callback(row) async for row in SQL.callbacks(conn, **who, now=at)]),
        doubts=doubts,
        frame=frames.of(debtor),
        touches=() if frames.is_empty else await histories.touches_of(conn, key, now, house.time_zone),
    )


async def debtor_keys(conn: Connection, debtor_no: str) -> tuple[DebtorKey, ...]:
    """The debtors of this number in all companies: what a person means who leaves the company out."""
    return tuple([DebtorKey(row["company"], row["debtor_no"]) async for row in SQL.debtor_keys(conn, debtor_no=debtor_no)])


async def add_fact(conn: Connection, fact: Fact) -> None:
    key, value = (fact.key, fact.value) if fact.kind not in OF_AN_ITEM else await families.owner_of(conn, fact.key, fact.value)
    await SQL.add_fact(
        conn,
        id=fact.id,
        at=instant(fact.at),
        company=key.company,
        debtor_no=key.debtor_no,
        kind=fact.kind,
        value=value,
        reason=fact.reason,
        actor=fact.actor,
        attempt_id=fact.attempt_id,
        until_on=maybe_day(fact.until_on),
        owner=fact.owner,
        answer_by=maybe_day(fact.answer_by),
    )


async def revoke_fact(conn: Connection, fact_id: str, now: datetime) -> bool:
    """False when there is no such fact in force."""
    return bool(await SQL.revoke_fact(conn, id=fact_id, at=instant(now)))


async def known_facts(conn: Connection, key: DebtorKey, now: datetime) -> tuple[Fact, ...]:
    """Not revoked, oldest first."""
    found = SQL.facts(conn, company=key.company, debtor_no=key.debtor_no, now=instant(now))
    return tuple([_fact(row) async for row in found])


async def add_contact(conn: Connection, contact: Contact) -> bool:
    """False when the very same contact is known already: identical rows count once."""
    row: dict[str, Any] = {
        "at": instant(contact.at),
        "company": contact.company,
        "debtor_no": contact.debtor_no,
        "medium": contact.medium,
        "items": joined(contact.items),
        "number": contact.number,
        "direction": contact.direction,
        "result": contact.result,
        "conversation_about": joined(contact.conversation_about),
        "consent_until": maybe_day(contact.consent_until),
        "consent_on": maybe_day(contact.consent_on),
        "third_party": int(contact.third_party),
        "disposition": contact.disposition,
        "note": contact.note,
    }
    digest = hashlib.sha256("\x1f".join(f"{name}={value}" for name, value in row.items()).encode()).hexdigest()
    return bool(await SQL.add_contact(conn, digest=digest, **row))


async def add_happening(conn: Connection, happening_id: str, at: datetime, kind: str, key: DebtorKey, actor: str, sentence: str) -> None:
    """One sentence for the audit: what was done to whom by whom."""
    await SQL.add_happening(
        conn,
        id=happening_id,
        at=instant(at),
        kind=kind,
        company=key.company,
        debtor_no=key.debtor_no,
        actor=actor,
        sentence=sentence,
    )


def _attempt(row: Row, now: datetime) -> Contact:
    """An attempt as it was known at `now`: one that ended later was still live."""
    ended = to_maybe_instant(row["ended_at"])
    dialled = to_maybe_instant(row["dialled_at"])
    running = row["state"] in LIVE_STATES or (ended is not None and ended > now)
    return Contact(
        at=dialled if dialled is not None and dialled <= now else to_instant(row["placed_at"]),
        company=row["company"],
        debtor_no=row["debtor_no"],
        number=row["number"],
        result="" if running else ("unknown" if row["state"] == "unknown" else row["result"]),
        agent_result=row["agent_result"],
        items=split(row["items"]),
        disposition="" if running else row["disposition"],
        attempt_id=row["id"],
        direction="inbound" if row["mode"] == "inbound" else "outbound",
        live=running,
        unresolved=row["state"] == "unknown",
    )


def _contact(row: Row) -> Contact:
    return Contact(
        at=to_instant(row["at"]),
        company=row["company"],
        debtor_no=row["debtor_no"],
        medium=row["medium"],
        direction=row["direction"],
        number=row["number"],
        result=row["result"],
        items=split(row["items"]),
        conversation_about=split(row["conversation_about"]),
        consent_until=to_maybe_day(row["consent_until"]),
        consent_on=to_maybe_day(row["consent_on"]),
        third_party=bool(row["third_party"]),
        disposition=row["disposition"],
        note=row["note"],
    )


def _source(row: Row) -> SourceState:
    return SourceState(
        source=row["source"],
        fresh_as_of=to_maybe_day(row["fresh_as_of"]),
        held=split(row["held"] or ""),
        booked_until=to_maybe_day(row["booked_until"]),
    )


def _rejected(row: Row) -> RejectedRow:
    return RejectedRow(source=row["source"], line=row["line"], column=row["column_name"], value=row["value"], reason=row["reason"])


def _fact(row: Row) -> Fact:
    names = ("id", "company", "debtor_no", "kind", "value", "reason", "actor", "attempt_id", "owner")
    until_on, answer_by = to_maybe_day(row["until_on"]), to_maybe_day(row["answer_by"])
    return Fact(**{name: row[name] for name in names}, at=to_instant(row["at"]), until_on=until_on, answer_by=answer_by)


def _promise(row: Row) -> OpenPromise:
    return OpenPromise(
        id=row["id"],
        amount=from_scaled(row["amount"]),
        currency=row["currency"],
        promised_on=date.fromisoformat(row["promised_on"]),
        grace_until=date.fromisoformat(row["grace_until"]),
        made_at=to_instant(row["made_at"]),
        decide_until=to_maybe_day(row["decide_until"]),
        note="" if row["approval"] else row["approval_note"],
    )


def _callback(row: Row) -> Callback:
    at, agreed_at = to_instant(row["not_before"]), to_instant(row["created_at"])
    return Callback(task_id=row["id"], at=at, agreed_at=agreed_at, agent=row["agent"], missed=bool(row["missed"]))
