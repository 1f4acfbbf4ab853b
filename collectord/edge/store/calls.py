"""Attempts on disk.

Owns table `attempt`. Decides nothing: which event moves an attempt is core/telephony/call_flow's.
Invariant: what an attempt was placed with never changes, but for the agent of one that was dialled ahead; a debtor,
 a number and an agent have at most one live attempt (unique indexes).
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import orjson

from collectord.core.money import from_scaled, plain
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.attempts import AgentResult, Attempt, AttemptState, Disposition, GateSaid, Result
from collectord.core.telephony.redial import Tried
from collectord.core.telephony.trunk_rest import CallEnd
from collectord.edge.store import tasks
from collectord.edge.store.codec import instant, joined, maybe_instant, split, to_instant, to_maybe_instant
from collectord.edge.store.connection import Connection, queries

SQL = queries("calls")


class AttemptTaken(Exception):
    """The debtor, the number, the agent or the task has a live call already; nothing was written."""


def to_attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(
        id=row["id"],
        task_id=row["task_id"],
        company=row["company"],
        debtor_no=row["debtor_no"],
        number=row["number"],
        agent=row["agent"],
        endpoint=row["endpoint"],
        pbx=row["pbx"],
        trunk=row["trunk"],
        caller_id=row["caller_id"],
        mode=row["mode"],
        items=split(row["items"]),
        about=row["about"],
        state=AttemptState(row["state"]),
        placed_at=to_instant(row["placed_at"]),
        deadline_at=to_instant(row["deadline_at"]),
        pbx_started=row["pbx_started"],
        gate=GateSaid(row["gate"]),
        agent_answered_at=to_maybe_instant(row["agent_answered_at"]),
        dialled_at=to_maybe_instant(row["dialled_at"]),
        debtor_answered_at=to_maybe_instant(row["debtor_answered_at"]),
        ended_at=to_maybe_instant(row["ended_at"]),
        closed_at=to_maybe_instant(row["closed_at"]),
        agent_result=AgentResult(row["agent_result"]) if row["agent_result"] else None,
        result=Result(row["result"]) if row["result"] else None,
        hangup_cause=row["hangup_cause"],
        tech=row["tech"],
        rang_ms=row["rang_ms"],
        talk_ms=row["talk_ms"],
        disposition=Disposition(row["disposition"]) if row["disposition"] else None,
        said=row["said"],
        note=row["note"],
        ring_backs=row["ring_backs"],
        why=row["why"],
        acknowledged=bool(row["acknowledged"]),
        meanwhile=row["meanwhile"],
        begun_by=row["begun_by"],
        answers_itself=bool(row["answers_itself"]),
    )


def about(ask_for: str, script: str = "") -> str:
    """What the agent is told besides the figures, as attempt.about keeps it. `script`: the text with its version."""
    told = {"ask_for": ask_for, "script": script}
    return orjson.dumps({name: value for name, value in told.items() if value}).decode()


async def commit_attempt(conn: Connection, attempt: Attempt, now: datetime) -> None:
    """The row before the ring, and the task in call; in the transaction in which the gate said yes.

    Raises AttemptTaken: somebody was faster, the whole transaction rolls back.
    """
    try:
        await SQL.insert_attempt(
            conn,
            id=attempt.id,
            task_id=attempt.task_id,
            company=attempt.company,
            debtor_no=attempt.debtor_no,
            number=attempt.number,
            agent=attempt.agent,
            endpoint=attempt.endpoint,
            pbx=attempt.pbx,
            trunk=attempt.trunk,
            caller_id=attempt.caller_id,
            mode=attempt.mode,
            items=joined(attempt.items),
            about=attempt.about,
            state=attempt.state.value,
            placed_at=instant(attempt.placed_at),
            deadline_at=instant(attempt.deadline_at),
            pbx_started=attempt.pbx_started,
            gate=attempt.gate.value,
            answers_itself=int(attempt.answers_itself),
        )
    except sqlite3.IntegrityError as error:
        raise AttemptTaken(f"debtor {attempt.key}, agent {attempt.agent} or the number has a live call already") from error
    if not await tasks.begin_call(conn, attempt.task_id, now):
        raise AttemptTaken(f"task {attempt.task_id} is in a call or over")


@asynccontextmanager
async def apart(conn: Connection) -> AsyncIterator[None]:
    """What AttemptTaken undoes: what was written inside, and nothing that the transaction wrote before."""
    await conn.execute("savepoint apart")
    try:
        yield
    except AttemptTaken:
        await conn.execute("rollback to apart")
        await conn.execute("release apart")
        raise
    await conn.execute("release apart")


async def save_attempt(conn: Connection, attempt: Attempt, before: Attempt | None = None) -> None:
    """`before`: as it stands in the store."""
    update = SQL.update_attempt if before is None or _indexed(attempt) != _indexed(before) else SQL.update_course
    await update(
        conn,
        id=attempt.id,
        state=attempt.state.value,
        agent=attempt.agent,
        endpoint=attempt.endpoint,
        deadline_at=instant(attempt.deadline_at),
        agent_answered_at=maybe_instant(attempt.agent_answered_at),
        dialled_at=maybe_instant(attempt.dialled_at),
        debtor_answered_at=maybe_instant(attempt.debtor_answered_at),
        ended_at=maybe_instant(attempt.ended_at),
        closed_at=maybe_instant(attempt.closed_at),
        agent_result=attempt.agent_result.value if attempt.agent_result else "",
        result=attempt.result.value if attempt.result else "",
        hangup_cause=attempt.hangup_cause,
        tech=attempt.tech,
        rang_ms=attempt.rang_ms,
        talk_ms=attempt.talk_ms,
        disposition=attempt.disposition.value if attempt.disposition else "",
        said=attempt.said,
        note=attempt.note,
        ring_backs=attempt.ring_backs,
        why=attempt.why,
        acknowledged=int(attempt.acknowledged),
        gate=attempt.gate.value,
        meanwhile=attempt.meanwhile,
    )


_indexed = attrgetter("state", "agent", "endpoint", "result", "closed_at")


async def attempt(conn: Connection, attempt_id: str) -> Attempt | None:
    row = await SQL.attempt_by_id(conn, id=attempt_id)
    return None if row is None else to_attempt(row)


async def calls_before(conn: Connection, attempt: Attempt) -> tuple[Tried, ...]:
    """How the earlier calls for the same task went, oldest first."""
    of = {"company": attempt.company, "debtor_no": attempt.debtor_no, "task_id": attempt.task_id, "id": attempt.id}
    rows = SQL.calls_of_task(conn, **of, placed_at=instant(attempt.placed_at))
    return tuple([Tried(to_instant(row["placed_at"]), row["disposition"] or row["result"]) async for row in rows])


async def trunk_ends(conn: Connection, trunk: str, count: int) -> tuple[CallEnd, ...]:
    """How its last calls ended, newest first."""
    rows = SQL.trunk_ends(conn, trunk=trunk, count=count)
    return tuple([CallEnd(to_instant(row["at"]), Result(row["result"]), row["hangup_cause"], row["tech"]) async for row in rows])


async def results_between(conn: Connection, low: datetime, high: datetime) -> list[tuple[datetime, str, str, str, Result]]:
    """(when, company, caller ID, trunk, result) of every call that was dialled."""
    return [
        (to_instant(row["placed_at"]), row["company"], row["caller_id"], row["trunk"], Result(row["result"]))
        async for row in SQL.results_between(conn, low=instant(low), high=instant(high))
    ]


async def taken_since(conn: Connection, since: datetime, *results: Result) -> dict[tuple[str, str], dict[Result, int]]:
    """(company, ladder) -> how often which of these two results, or this one, of calls that our side placed and that were answered."""
    found: dict[tuple[str, str], dict[Result, int]] = {}
    async for row in SQL.taken_since(conn, since=instant(since), one=results[0].value, other=results[-1].value):
        found.setdefault((row["company"], row["ladder"]), {})[Result(row["result"])] = row["number"]
    return found


async def unfinished(conn: Connection, pbx: str) -> tuple[Attempt, ...]:
    """Every attempt of this PBX that is not closed, oldest first."""
    return tuple([to_attempt(row) async for row in SQL.unfinished(conn, pbx=pbx)])


async def live(conn: Connection) -> tuple[Attempt, ...]:
    """Every attempt that holds an agent, or will."""
    return tuple([to_attempt(row) async for row in SQL.live(conn)])


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of a past call, in seconds; None: there was none of it."""

    rang: float
    answered: bool
    talked: float | None
    wrapped_up: float | None


async def lengths(conn: Connection, count: int) -> tuple[Lengths, ...]:
    found = []
    async for row in SQL.lengths(conn, count=count):
        answered = row["result"] == Result.ANSWERED.value
        ended, closed = to_maybe_instant(row["ended_at"]), to_maybe_instant(row["closed_at"])
        wrapped_up = (closed - ended).total_seconds() if answered and row["disposition"] and ended and closed else None
        talked = row["talk_ms"] / 1000 if answered and row["talk_ms"] is not None else None
        found.append(Lengths(row["rang_ms"] / 1000, answered or row["result"] == Result.DROPPED.value, talked, wrapped_up))
    return tuple(found)


async def unacknowledged(conn: Connection, pbx: str) -> tuple[Attempt, ...]:
    """Closed attempts whose journal row the PBX may still keep."""
    return tuple([to_attempt(row) async for row in SQL.unacknowledged(conn, pbx=pbx)])


async def on_their_way(conn: Connection) -> tuple[Attempt, ...]:
    """Attempts of every PBX that have their go-ahead and are not over, oldest first."""
    return tuple([to_attempt(row) async for row in SQL.on_their_way(conn)])


async def past_deadline(conn: Connection, now: datetime) -> tuple[Attempt, ...]:
    return tuple([to_attempt(row) async for row in SQL.past_deadline(conn, now=instant(now))])


async def next_deadline(conn: Connection) -> datetime | None:
    """When an attempt's state is to have left, at the earliest."""
    return to_maybe_instant(await SQL.next_deadline(conn))


async def is_agent_held(conn: Connection, agent: str, besides: str) -> bool:
    """Whether another attempt than `besides` holds this agent."""
    return bool(await SQL.agent_is_held(conn, agent=agent, id=besides))


async def give_attempt_back(conn: Connection, task_id: str) -> None:
    """The attempt did not count: the step's max_attempts and "which attempt" do not know it."""
    await SQL.give_attempt_back(conn, id=task_id)


# ---------------------------------------------------------------- lists (CONTRACT 7)


def _who(key: DebtorKey | None, state: str | None, limit: int, now: datetime) -> dict[str, Any]:
    return {
        "company": key.company if key else None,
        "debtor_no": key.debtor_no if key else None,
        "state": state,
        "limit": limit,
        "now": instant(now),
    }


def document(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """An attempt as it was known at `now`."""
    at = instant(now)
    running = row["ended_at"] is not None and row["ended_at"] > at
    reached = [
        state
        for state, column in (("talking", "debtor_answered_at"), ("ringing_debtor", "dialled_at"), ("ringing_agent", "placed_at"))
        if row[column] is not None and row[column] <= at
    ]

    told = orjson.loads(row["about"])

    def until_now(column: str) -> str | None:
        value: str | None = row[column]
        return value if value is not None and value <= at else None

    def known(column: str) -> Any:
        return None if running or row[column] == "" else row[column]

    return {
        "id": row["id"],
        "task": row["task_id"],
        "company": row["company"],
        "debtor_no": row["debtor_no"],
        "number": row["number"],
        "agent": row["agent"],
        "mode": row["mode"],
        "placed_at": row["placed_at"],
        "agent_answered_at": until_now("agent_answered_at"),
        "debtor_answered_at": until_now("debtor_answered_at"),
        "ended_at": until_now("ended_at"),
        "agent_result": known("agent_result"),
        "result": known("result"),
        "hangup_cause": known("hangup_cause"),
        "disposition": known("disposition"),
        "promise": None,
        "state": reached[0] if running and reached else row["state"],
        "pbx": row["pbx"],
        "trunk": row["trunk"],
        "caller_id": row["caller_id"] or None,
        "channel": f"coll-{row['id']}",
        "tech": known("tech"),
        "rang_ms": known("rang_ms"),
        "talk_ms": known("talk_ms"),
        "items": list(split(row["items"])),
        "ask_for": told.get("ask_for"),
        "script": told.get("script"),
        "note": row["note"],
        "meanwhile": row["meanwhile"],
        "begun_by": row["begun_by"] or None,
        "why": row["why"],
    }


async def listed_attempts(
    conn: Connection, *, now: datetime, key: DebtorKey | None = None, state: str | None = None, limit: int = 10_000
) -> list[dict[str, Any]]:
    """`attempts --json`, oldest first."""
    shown = []
    async for row in SQL.listed_attempts(conn, **_who(key, state, limit, now)):
        doc = document(row, now)
        if row["promise_id"]:
            doc["promise"] = {
                "id": row["promise_id"],
                "amount": plain(from_scaled(row["promise_amount"])),
                "currency": row["promise_currency"],
                "promised_on": row["promised_on"],
            }
        shown.append(doc)
    return shown


async def listed_unknown(
    conn: Connection, *, now: datetime, key: DebtorKey | None = None, state: str | None = None, limit: int = 10_000
) -> list[dict[str, Any]]:
    """`unknown --json`: attempts about which only a person can say what came of them."""
    rows = SQL.listed_unknown(conn, **_who(key, state, limit, now))
    shown = []
    async for row in rows:
        missing = "outcome" if row["result"] == "answered" else "everything"
        shown.append({**document(row, now), "missing": missing, "resolve": f"record {row['debtor_no']} --attempt {row['id']}"})
    return shown
