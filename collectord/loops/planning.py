"""Planning: the rules applied to the whole ledger.

Reads every debtor, asks dunning what becomes of its task, writes all of it in one transaction.
Invariant: running it again changes nothing; a dry run writes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from collectord.core.house import House
from collectord.core.money import plain_map
from collectord.core.receivables.dunning import Cancel, Change, Create, Keep, Wait, changed_task, new_task, plan_tasks
from collectord.core.receivables.shortfall import shortfall
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.rules import Rules
from collectord.edge.crash import crash_point
from collectord.edge.store import tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops.debtor_scan import BREATH, Seen, scan
from collectord.loops.policies import learn


@dataclass(slots=True)
class _Plan:
    created: list[Task] = field(default_factory=list)
    changed: list[Task] = field(default_factory=list)
    cancelled: list[tuple[Task, str]] = field(default_factory=list)
    postponed: list[tuple[Task, str]] = field(default_factory=list)
    unchanged: int = 0
    live: list[tuple[Task, bool]] = field(default_factory=list)  # with whether the debtor has a dialable number


async def plan(
    db: Database,
    rules: Rules,
    house: House,
    now: datetime,
    *,
    dry_run: bool,
    new_id: Callable[[], str],
    agents: int | None = None,
) -> dict[str, Any]:
    """CONTRACT 2. `agents`: how many there are, for the shortfall."""
    if not dry_run:
        await learn(db, rules, house, now)
    made = await _decide(db, rules, house, now, new_id)

    async def write(conn: Connection) -> None:
        await tasks.create_tasks(conn, made.created, now)
        for task in made.changed:
            await tasks.update_task(conn, task, now)
        for task, reason in made.postponed:
            await tasks.postpone(conn, task.id, task.not_before, reason, now)
        for task, reason in made.cancelled:
            await tasks.cancel_waiting(conn, task.id, reason, now)
        crash_point("plan-before-commit")

    if not dry_run and (made.created or made.changed or made.cancelled or made.postponed):
        await db.write(write)
        crash_point("plan-committed")
    return {
        "created": await _documents(made.created),
        "changed": await _documents([*made.changed, *(task for task, _ in made.postponed)]),
        "cancelled": await _documents([replace(task, state=TaskState.CANCELLED, why=reason) for task, reason in made.cancelled]),
        "unchanged": made.unchanged,
        "shortfall": plain_map(await asyncio.to_thread(shortfall, made.live, agents)),
    }


async def _documents(found: list[Task]) -> list[dict[str, Any]]:
    """CONTRACT 7, with breaths in between: a first plan may create tens of thousands."""
    documents = []
    for position, task in enumerate(found):
        documents.append(tasks.document(task))
        if position % BREATH == 0:
            await asyncio.sleep(0)
    return documents


async def _decide(db: Database, rules: Rules, house: House, now: datetime, new_id: Callable[[], str]) -> _Plan:
    made, today = _Plan(), house.today(now)
    language, zone = house.language, house.time_zone

    def take(seen: Seen) -> None:
        task: Task
        decision = plan_tasks(
            seen.debtor, seen.items, seen.task, seen.ladder, today,
            holds=seen.holds, history=seen.history, policy=seen.policy, zone=zone,
        )  # fmt: skip
        match decision:
            case Create(asked):
                task = new_task(asked, new_id(), now, language=language, zone=zone)
                made.created.append(task)
            case Change() as change:
                task = changed_task(change, now, language=language, zone=zone)
                made.changed.append(task)
            case Cancel(task, reason):
                made.cancelled.append((task, reason.why(language, zone)))
                return
            case Wait(waiting, not_before, reason):
                task = replace(waiting, not_before=not_before, state=TaskState.PLANNED)
                made.postponed.append((task, reason.why(language, zone)))
            case Keep(task):
                made.unchanged += 1
            case _:
                return
        made.live.append((task, any(number.e164 for number in seen.debtor.numbers)))

    await scan(db, rules, house, now, take)
    return made
