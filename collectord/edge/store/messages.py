"""Letters and e-mails on record: what was to leave, what left, what nobody knows.

Owns table `message`, and where items stood before an unknown one. Decides nothing; sends nothing.
Invariant: a task has one message at most; one that left, or may have, is never written over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.messages import Message, MessageState
from collectord.edge.store import families
from collectord.edge.store.codec import instant, joined, maybe_instant, split, to_instant, to_maybe_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("messages")


async def put(conn: Connection, message: Message) -> None:
    await SQL.put(
        conn,
        id=message.id,
        task_id=message.task_id,
        company=message.company,
        debtor_no=message.debtor_no,
        medium=message.medium,
        template=message.template,
        language=message.language,
        items=joined(message.items),
        recipient=message.recipient,
        digest=message.digest,
        state=message.state.value,
        made_at=instant(message.made_at),
        not_before=instant(message.not_before),
        sent_at=maybe_instant(message.sent_at),
        tries=message.tries,
        failure=message.failure,
    )


async def message_of(conn: Connection, task_id: str) -> Message | None:
    row = await SQL.of_task(conn, task_id=task_id)
    return None if row is None else _message(row)


async def message(conn: Connection, message_id: str) -> Message | None:
    row = await SQL.by_id(conn, id=message_id)
    return None if row is None else _message(row)


async def remember_steps(conn: Connection, before: Message, levels: Mapping[str, int], on: date) -> None:
    """Where the items stand that `levels` moves on now: nobody knows whether the step took place."""
    steps = []
    for item_no, level in levels.items():
        owner, number = await families.owner_of(conn, before.key, item_no)
        row = await SQL.item_stands(conn, company=owner.company, debtor_no=owner.debtor_no, item_no=number)
        if row is not None:
            stands = (row["contact_level"], row["contact_rungs"], row["contacted_on"])
            steps.append([owner.debtor_no, number, *stands, level, on.isoformat()])
    await SQL.remember_steps(conn, id=before.id, steps=orjson.dumps(steps).decode())


async def set_back(conn: Connection, unknown: Message) -> None:
    """The step did not take place: its items stand where they stood, unless something was done about them since."""
    row = await SQL.by_id(conn, id=unknown.id)
    for debtor_no, item_no, level, counted_in, on, level_then, on_then in orjson.loads(row["steps_before"] or "[]"):
        then = {"level_then": level_then, "on_then": on_then}
        who = {"company": unknown.company, "debtor_no": debtor_no, "item_no": item_no}
        await SQL.set_step_back(conn, level=level, rungs=counted_in, on=on, **who, **then)


async def resolve(conn: Connection, message_id: str, state: MessageState, failure: str) -> None:
    """An unknown one is known now."""
    await SQL.resolve(conn, id=message_id, state=state.value, failure=failure)


async def being_sent(conn: Connection) -> list[Message]:
    """What was on its way when the process ended."""
    return [_message(row) async for row in SQL.being_sent(conn)]


async def waiting_tasks(conn: Connection, now: datetime, media: frozenset[str], limit: int) -> list[str]:
    """Ids of tasks by these media whose time has come, in the order in which they are wanted."""
    rows = SQL.waiting(conn, now=instant(now), email=int("email" in media), letter=int("letter" in media), limit=limit)
    return [row["id"] async for row in rows]


async def astray(conn: Connection, since: datetime) -> int:
    """How many were refused for good while their task still waits, and of how many since then nobody knows whether they left."""
    return int(await SQL.astray(conn, since=instant(since)))


async def letters_between(conn: Connection, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The lines of a day's index."""
    return [dict(row) async for row in SQL.letters_between(conn, since=instant(since), until=instant(until))]


async def listed(
    conn: Connection, *, now: datetime, key: DebtorKey | None = None, state: str | None = None, limit: int = 10_000
) -> list[dict[str, Any]]:
    """`messages --json`, newest first."""
    company, debtor_no = (None, None) if key is None else (key.company, key.debtor_no)
    rows = SQL.listed(conn, now=instant(now), company=company, debtor_no=debtor_no, state=state, limit=limit)
    return [_document(_message(row)) async for row in rows]


def _document(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "task": message.task_id,
        "company": message.company,
        "debtor_no": message.debtor_no,
        "medium": message.medium,
        "template": message.template,
        "language": message.language,
        "items": list(message.items),
        "recipient": message.recipient,
        "state": message.state.value,
        "made_at": message.made_at.isoformat(),
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        "not_before": message.not_before.isoformat() if message.state in (MessageState.DUE, MessageState.FAILED) else None,
        "tries": message.tries,
        "failure": message.failure,
        "digest": message.digest,
    }


def _message(row: Mapping[str, Any]) -> Message:
    return Message(
        id=row["id"],
        task_id=row["task_id"],
        company=row["company"],
        debtor_no=row["debtor_no"],
        medium=row["medium"],
        template=row["template"],
        language=row["language"],
        items=split(row["items"]),
        recipient=row["recipient"],
        digest=row["digest"],
        state=MessageState(row["state"]),
        made_at=to_instant(row["made_at"]),
        not_before=to_instant(row["not_before"]),
        sent_at=to_maybe_instant(row["sent_at"]),
        tries=row["tries"],
        failure=row["failure"],
    )
