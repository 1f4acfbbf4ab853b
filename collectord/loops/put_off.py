"""Put off: tasks that a refusal of the gate put off, asked about again once something happened to their debtor.

Reads tasks and facts, asks the gate, writes the new time. Makes and ends no task.
Invariant: a task never comes before its own time, nor before the first instant that the gate names; done again, it changes nothing.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

from collectord.core.contact.task_asked import Later, allowed_from
from collectord.core.house import House
from collectord.core.receivables.tasks import Task
from collectord.core.rules import Rules
from collectord.edge.store import facts, tasks
from collectord.edge.store.connection import Connection, Database


async def bring_forward(db: Database, rules: Rules, house: House, now: datetime, *, everybody: bool) -> int:
    """How many tasks come sooner: what put them off was taken back, set aside, or ended. `everybody`: the rules themselves are others."""
    moved = 0
    for task in await db.read(partial(tasks.put_off_tasks, now=now, everybody=everybody)):
        if (later := await db.read_briefly(partial(_asked, task=task, rules=rules, house=house, now=now))) is not None:
            allowed_at, why = later
            if (at := task.sooner(allowed_at)) is not None:
                moved += await db.write(partial(tasks.bring_forward, before=task, not_before=at, why=why, now=now))
        await asyncio.sleep(0)
    return moved


async def _asked(conn: Connection, task: Task, rules: Rules, house: House, now: datetime) -> Later | None:
    found = await facts.debtor_facts(conn, task.key, now, house, rules.frames)
    return None if found is None else allowed_from(task, found, rules.packs, house, now)
