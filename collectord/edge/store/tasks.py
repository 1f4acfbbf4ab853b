"""Contact tasks on disk.

Owns table `task` and the mark on the items that a ladder step leaves. Decides nothing: what is wanted comes from core.
Invariant: a final task (done, cancelled, suppressed) is never touched again; a change misses a task that somebody took meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from collectord.core.money import from_scaled, plain, plain_map, to_scaled
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.rungs import Rungs
from collectord.core.receivables.shortfall import Case
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.allocation import Candidate
from collectord.edge.store import families, rungs
from collectord.edge.store.codec import (
    as_json,
    instant,
    joined,
    maybe_day,
    maybe_instant,
    split,
    to_instant,
    to_maybe_day,
    to_maybe_instant,
)
from collectord.edge.store.connection import Connection, queries

SQL = queries("tasks")
MARK = "\x1f"  # in no field: exports are cleaned of control characters
BOUND_LIMIT = 1_000  # callbacks waiting at one moment


def row_of(task: Task, now: datetime) -> dict[str, Any]:
    return {
        "id": task.id,
        "company": task.company,
        "debtor_no": task.debtor_no,
        "medium": task.medium,
        "ladder": task.ladder,
        "level": task.level,
        "rungs": task.rungs.id,
        "items": joined(task.items),
        "open_amount": orjson.dumps(plain_map(task.open_amount)).decode(),
        "not_before": instant(task.not_before),
        "expires_at": maybe_instant(task.expires_at),
        "state": task.state.value,
        "why": task.why,
        "agent": task.agent,
        "priority": task.priority,
        "origin": task.origin.value,
        "oldest_due_on": maybe_day(task.oldest_due_on),
        "attempts_made": task.attempts_made,
        "skill": task.skill,
        "prompted_by": task.prompted_by,
        "script": task.script,
        "tone": task.tone,
        "value": to_scaled(task.value),
        "own_at": maybe_instant(task.own_at),
        "worth": to_scaled(max(task.open_amount.values(), default=Decimal(0))),
        "now": instant(now),
    }


def _to_task(row: Mapping[str, Any]) -> Task:
    return Task(
        id=row["id"],
        company=row["company"],
        debtor_no=row["debtor_no"],
        medium=row["medium"],
        ladder=row["ladder"],
        level=row["level"],
        items=split(row["items"]),
        open_amount=_amounts(row["open_amount"]),
        not_before=to_instant(row["not_before"]),
        expires_at=to_maybe_instant(row["expires_at"]),
        state=TaskState(row["state"]),
        why=row["why"],
        agent=row["agent"],
        priority=row["priority"],
        origin=Origin(row["origin"]),
        oldest_due_on=to_maybe_day(row["oldest_due_on"]),
        attempts_made=row["attempts_made"],
        skill=row["skill"],
        created_at=to_instant(row["created_at"]),
        prompted_by=row["prompted_by"],
        script=row["script"],
        tone=row["tone"],
        value=from_scaled(row["value"]),
        own_at=to_maybe_instant(row["own_at"]),
        rungs=rungs.of(row["rungs"]),
    )


async def _candidates(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    return [_candidate(task, row) for task, row in zip(await _known(conn, rows), rows, strict=True)]


def _candidate(task: Task, row: Mapping[str, Any]) -> Candidate:
    language, owner, potential_class, person_type, time_zone = (row["debtor"] or 4 * MARK).split(MARK)
    return Candidate(
        task=task,
        language=language,
        owner=owner,
        potential_class=potential_class,
        person_type=person_type,
        time_zone=time_zone,
        spoke_last=row["spoke_last"] or "",
    )


def document(task: Task) -> dict[str, Any]:
    """CONTRACT 7."""
    return {
        "id": task.id,
        "company": task.company,
        "debtor_no": task.debtor_no,
        "medium": task.medium,
        "ladder": task.ladder,
        "level": task.level,
        "items": list(task.items),
        "open_amount": plain_map(task.open_amount),
        "not_before": task.not_before.isoformat(),
        "expires_at": None if task.expires_at is None else task.expires_at.isoformat(),
        "state": task.state.value,
        "agent": task.agent or None,
        "priority": task.priority,
        "why": task.why,
        "origin": task.origin.value,
        "attempts_made": task.attempts_made,
        "prompted_by": task.prompted_by or None,
        "script": task.script or None,
        "tone": task.tone or None,
        "value": plain(task.value),
        "skill": task.skill or None,
    }


async def create_task(conn: Connection, task: Task, now: datetime) -> bool:
    """False when the debtor already has a live ladder task (or the id exists): nothing is written then."""
    return await SQL.insert_task(conn, **row_of(task, now)) is not None


async def create_rows(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Many at once, made by `row_of`; those whose debtor got a live ladder task or an arranged contact meanwhile are left out."""
    await SQL.insert_tasks(conn, rows)


async def update_row(conn: Connection, row: dict[str, Any]) -> bool:
    """False when somebody took or closed it meanwhile."""
    return await SQL.update_task(conn, **row) is not None


async def update_task(conn: Connection, task: Task, now: datetime) -> bool:
    """False when somebody took or closed it meanwhile."""
    return await SQL.update_task(conn, **row_of(task, now)) is not None


async def task(conn: Connection, task_id: str) -> Task | None:
    row = await SQL.task_by_id(conn, id=task_id)
    return None if row is None else (await _known(conn, [row]))[0]


async def live_between(conn: Connection, low: DebtorKey, high: DebtorKey, now: datetime) -> dict[DebtorKey, Task]:
    """The one live ladder task of each debtor from `low` to `high` that has one."""
    stretch = {"company": low.company, "debtor_no": low.debtor_no, "to_company": high.company, "to_debtor": high.debtor_no}
    return await _by_debtor(conn, SQL.live_between(conn, now=instant(now), **stretch))


async def live_of(conn: Connection, keys: Iterable[DebtorKey], now: datetime) -> dict[DebtorKey, Task]:
    """As `live_between`, for single debtors."""
    return await _by_debtor(conn, SQL.live_of(conn, now=instant(now), keys=as_json(keys)))


async def live_unlisted(conn: Connection, now: datetime) -> dict[DebtorKey, Task]:
    """As `live_between`, of debtors whom no export names (any more)."""
    return await _by_debtor(conn, SQL.live_unlisted(conn, now=instant(now)))


async def _by_debtor(conn: Connection, rows: AsyncIterator[Mapping[str, Any]]) -> dict[DebtorKey, Task]:
    return {task.key: task for task in await _known(conn, [row async for row in rows])}


async def _known(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Task]:
    await rungs.know(conn, {row["rungs"] for row in rows})
    return [_to_task(row) for row in rows]


async def reachable_of(conn: Connection, keys: Iterable[DebtorKey]) -> set[DebtorKey]:
    """Those of them who have a dialable number."""
    return {DebtorKey(row["company"], row["debtor_no"]) async for row in SQL.reachable_of(conn, keys=as_json(keys))}


async def live_calls(conn: Connection, now: datetime, until: datetime) -> list[Case]:
    """What the shortfall is reckoned from: live tasks that are calls and may be made before `until`."""
    return [
        Case(
            row["id"],
            row["priority"],
            _amounts(row["open_amount"]),
            bool(row["reachable"]),
            value=from_scaled(row["value"]),
            agreed=row["origin"] in (Origin.CALLBACK, Origin.MANUAL),
            agent=row["agent"],
            skill=row["skill"],
            language=row["language"] or "",
        )
        async for row in SQL.live_calls(conn, now=instant(now), until=instant(until))
    ]


def _amounts(text: str) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in orjson.loads(text).items()}


async def live_tasks_of(conn: Connection, key: DebtorKey, now: datetime) -> tuple[Task, ...]:
    """All live tasks of one debtor, whatever made them, oldest first."""
    rows = SQL.live_tasks_of(conn, company=key.company, debtor_no=key.debtor_no, now=instant(now))
    return tuple(await _known(conn, [row async for row in rows]))


async def is_any_due(conn: Connection, now: datetime) -> bool:
    """Whether `promote_due` would find something."""
    return await SQL.due_planned(conn, now=instant(now)) is not None


async def promote_due(conn: Connection, now: datetime) -> int:
    """planned -> ready for every task whose time has come; how many."""
    if await SQL.due_planned(conn, now=instant(now)) is None:
        return 0
    return int(await SQL.promote_due(conn, now=instant(now)))


async def ready_tasks(
    conn: Connection, now: datetime, limit: int, skills: Iterable[str] | None = None, barred: Iterable[str] = ()
) -> list[Candidate]:
    """Candidates for the dialler: bound ones first, then by the stored sort keys. `skills`: only what somebody with these can take;
    `barred`: two-letter codes of languages that are left out."""
    known = {"any_skill": int(skills is None), "skills": f"|{'|'.join(skills or ())}|", "barred": f"|{'|'.join(barred)}|"}
    rows = [row async for row in SQL.ready_bound(conn, now=instant(now), limit=BOUND_LIMIT, mark=MARK)]
    rows += [row async for row in SQL.ready_open(conn, now=instant(now), limit=limit, mark=MARK, **known)]
    return await _candidates(conn, rows)


async def more_valuable(conn: Connection, value: Decimal) -> int:
    """How many calls that may be made now have a greater value."""
    return int((await SQL.more_valuable(conn, value=to_scaled(value)))["count"])


async def next_due(conn: Connection) -> datetime | None:
    """When the next planned call becomes ready."""
    return to_maybe_instant((await SQL.next_due(conn))["at"])


async def lease(conn: Connection, task_id: str, agent: str, until: datetime, now: datetime) -> bool:
    """ready -> leased: an agent is reserved, nothing is on the wire. False when it is not ready any more."""
    return await SQL.lease(conn, id=task_id, agent=agent, until=instant(until), now=instant(now)) is not None


async def release(conn: Connection, task_id: str, now: datetime) -> None:
    """leased -> ready."""
    await SQL.release(conn, id=task_id, now=instant(now))


async def release_overdue_leases(conn: Connection, now: datetime) -> int:
    return int(await SQL.release_overdue_leases(conn, now=instant(now)))


async def begin_call(conn: Connection, task_id: str, now: datetime) -> bool:
    """-> in_call, one more attempt made; in the same transaction as the attempt's row. False when the task is final or in a call."""
    return await SQL.begin_call(conn, id=task_id, now=instant(now)) is not None


async def postpone(conn: Connection, task_id: str, not_before: datetime, why: str, now: datetime) -> bool:
    """Back to planned (ready when that time is now), with the sentence why it waits. False when it is final."""
    return await SQL.postpone(conn, id=task_id, not_before=instant(not_before), why=why, now=instant(now)) is not None


async def put_off(conn: Connection, task_id: str, not_before: datetime, why: str, now: datetime) -> None:
    """As `postpone`, by a refusal of the gate, which may end sooner: then `bring_forward`."""
    await SQL.put_off(conn, id=task_id, not_before=instant(not_before), why=why, now=instant(now))


async def put_off_tasks(conn: Connection, now: datetime, *, everybody: bool) -> list[Task]:
    """What a refusal put off, of all debtors or of those to whom something happened since planning looked at them."""
    return await _known(conn, [row async for row in SQL.put_off_tasks(conn, everybody=int(everybody), now=instant(now))])


async def bring_forward(conn: Connection, before: Task, not_before: datetime, why: str, now: datetime) -> bool:
    """False when it is not as it was any more."""
    times = {"not_before": instant(not_before), "before": instant(before.not_before), "now": instant(now)}
    return await SQL.bring_forward(conn, id=before.id, why=why, **times) is not None


async def word_anew(conn: Connection, told: Sequence[tuple[str, str, str]]) -> None:
    """Task, sentence, what brought it forward: of tasks that stay as they are and that nobody calls for."""
    await SQL.word_anew(conn, [(why, prompted_by, task_id) for task_id, why, prompted_by in told])


async def close_task(conn: Connection, task_id: str, state: TaskState | str, reason: str, now: datetime) -> bool:
    """-> done, cancelled or suppressed, for good. False when it already was final."""
    final = TaskState(state)
    if final not in (TaskState.DONE, TaskState.CANCELLED, TaskState.SUPPRESSED):
        raise ValueError(f"{final} closes nothing")
    return await SQL.close_task(conn, id=task_id, state=final.value, reason=reason, now=instant(now)) is not None


async def cancel_waiting(conn: Connection, task_id: str, reason: str, now: datetime) -> None:
    """-> cancelled by planning, unless somebody is calling for it by now."""
    await SQL.cancel_waiting(conn, id=task_id, reason=reason, now=instant(now))


async def mark_carried_out(conn: Connection, key: DebtorKey, levels: Mapping[str, int], counted_in: Rungs, on: date) -> None:
    """What `core.steps.carried_out` says, written to the items: this step of these was done about them on this day."""
    await rungs.remember(conn, counted_in)
    for item_no, level in levels.items():
        owner, number = await families.owner_of(conn, key, item_no)
        who = {"company": owner.company, "debtor_no": owner.debtor_no, "item_no": number}
        await SQL.raise_level(conn, level=level, rungs=counted_in.id, on=on.isoformat(), **who)


async def open_call_tasks(conn: Connection, now: datetime, until: datetime) -> list[Candidate]:
    """Every live call task that may be due before `until`, by the stored sort keys."""
    return await _candidates(conn, [row async for row in SQL.open_call_tasks(conn, now=instant(now), until=instant(until), mark=MARK)])


async def listed(
    conn: Connection,
    *,
    now: datetime,
    key: DebtorKey | None = None,
    state: str | None = None,
    medium: str | None = None,
    limit: int = 10_000,
) -> list[dict[str, Any]]:
    """`tasks --json`: live ones first, by priority and money."""
    company, debtor_no = (None, None) if key is None else (key.company, key.debtor_no)
    found = SQL.listed(conn, now=instant(now), company=company, debtor_no=debtor_no, state=state, medium=medium, limit=limit)
    rows = [row async for row in found]
    return [
        {**document(task), "waits": row["waits"], "close_reason": row["close_reason"]}
        for task, row in zip(await _known(conn, rows), rows, strict=True)
    ]


async def waits_of(conn: Connection, task_id: str) -> str | None:
    """Why it was put off last, one sentence with its rule; None: it was not."""
    return await SQL.waits_of(conn, id=task_id) or None


async def count_by_state(conn: Connection, now: datetime) -> dict[str, int]:
    return {row["state"]: row["n"] async for row in SQL.count_by_state(conn, now=instant(now))}
