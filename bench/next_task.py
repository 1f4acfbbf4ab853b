"""How long does it take to find the next task among very many that are ready?

Owns a store with 100,000 ready tasks of as many debtors, and the same values in a list.
Invariant: the yardstick looks at the same values in the same run; each choice is followed by the end of the chosen task, so that the
next one is another.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bench.finding import Finding, percentile, spread
from collectord.core.house import House
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.rules import Rules
from collectord.core.telephony.allocation import Candidate, FreeAgent, Placement, choose
from collectord.core.telephony.best_time import Tally, hours_from
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory
from collectord.edge.store import tasks
from collectord.edge.store.codec import instant
from collectord.edge.store.connection import Connection, Database, open_store
from collectord.loops.best_hours import Learnt, timed
from collectord.loops.dialling import A_FEW

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DESK = (FreeAgent(id="201", languages=("de",)),)
LEARNT = Learnt(hours_from(("business", (0, hour), Tally(500, 100 + 10 * hour)) for hour in range(8, 18)), short=True)


def made(count: int, seed: int) -> list[Task]:
    draw = random.Random(seed)
    found = []
    for n in range(count):
        money = Decimal(round(draw.lognormvariate(6, 1.2) * 100)) / 100
        rate = Decimal(draw.choice(("0.05", "0.1", "0.2")))
        found.append(
            Task(
                id=f"t{n:07}", company="", debtor_no=f"{n:07}", medium="call", ladder="standard", level=1, items=(f"R{n}",),
                open_amount={"EUR": money}, not_before=NOW - timedelta(hours=1), expires_at=None, state=TaskState.READY, why="Because.",
                priority=draw.choice((40, 50, 60)), value=(money * rate).quantize(Decimal("0.0001")),
            )
        )  # fmt: skip
    return found


async def _fill(db: Database, every: list[Task]) -> None:
    """Debtors, tasks, and three calls to each tenth debtor."""

    async def job(conn: Connection) -> None:
        await conn.executemany(
            "insert into debtor_version (company, debtor_no, debtor_name, person_type, language, source, batch_id)"
            " values ('', ?, 'Muster GmbH', 'business', 'de', 's', 'b')",
            [(task.debtor_no,) for task in every],
        )
        await conn.executemany(
            "insert into contact (digest, at, company, debtor_no, medium, direction, result) values (?, ?, '', ?, 'call', 'outbound', ?)",
            [
                (f"{task.id}-{n}", instant(NOW - timedelta(days=n + 1)), task.debtor_no, ("answered", "no_answer")[n % 2])
                for task in every[::10]
                for n in range(3)
            ],
        )
        await tasks.create_rows(conn, [tasks.row_of(task, NOW - timedelta(hours=2)) for task in every])

    await db.write(job)


Took = tuple[list[float], list[float]]  # by the wall's clock, and of the processor alone


async def _choices(folder: Path, every: list[Task], rules: Rules, times: int, learnt: Learnt) -> Took:
    async with open_store(folder / "state") as db:
        if not await db.read(lambda conn: tasks.count_by_state(conn, NOW)):
            await _fill(db, every)

        async def look(conn: Connection) -> list[Candidate]:
            return await timed(conn, await tasks.ready_tasks(conn, NOW, A_FEW), learnt, rules, House(), NOW)

        took, worked = [], []
        for _ in range(times + 20):
            began, busy = time.perf_counter(), time.thread_time()
            answer = choose(await db.read_briefly(look), DESK, NOW)
            worked.append(time.thread_time() - busy)
            took.append(time.perf_counter() - began)
            assert isinstance(answer, Placement)
            await db.write(lambda conn, done=answer.task.id: tasks.close_task(conn, done, "done", "called", NOW))  # type: ignore[misc]
        return took[20:], worked[20:]


def _pure(candidates: list[Candidate], times: int) -> list[float]:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        choose(candidates, DESK, NOW)
        took.append(time.perf_counter() - began)
    return took


def _bare_read(path: Path, times: int) -> list[float]:
    """The same rows in the same order, as tuples."""
    conn = sqlite3.connect(path)
    took = []
    for _ in range(times):
        began = time.perf_counter()
        conn.execute(
            "select * from task where state = 'ready' and agent = '' and medium = 'call'"
            " order by value desc, priority desc, worth desc, not_before, id limit ?",
            (A_FEW,),
        ).fetchall()
        took.append(time.perf_counter() - began)
    conn.close()
    return took


def _bare_loop(every: list[Task], times: int) -> list[float]:
    """One look at every value."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        max(every, key=lambda task: (task.value, task.priority))
        took.append(time.perf_counter() - began)
    return took


def ask(count: int = 100_000, times: int = 300, seed: int = 7) -> list[Finding]:
    every, rules = made(count, seed), load_rules(shipped_directory("rules"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        by_value = asyncio.run(_choices(home, every, rules, times, Learnt()))
        by_hour = asyncio.run(_choices(home, every, rules, times, LEARNT))
        bare = _bare_read(home / "state/collectord.db", times)
    loop = _bare_loop(every, 10)
    few = _pure([Candidate(task=task, language="de") for task in every[:A_FEW]], times)
    found = []
    for question, (took, worked) in (("by value", by_value), ("by value and hour, the debtors' own calls read", by_hour)):
        p99 = percentile(took, 0.99) * 1000
        first, other = (p99 / percentile(each, 0.99) / 1000 for each in (bare, loop))
        found.append(
            Finding(
                question=f"the next of {count:,} ready tasks, {question}: read, judged, chosen",
                measured=f"{spread(took)}; of it the processor's: {spread(worked)}",
                yardstick=f"the same {A_FEW} rows as bare tuples: {spread(bare)}; a bare loop over all values: {spread(loop)}",
                ratio=f"{first:.1f} of the first, {other:.3f} of the other (p99)",
                aim="p99 < 2 ms",
                met=p99 < 2,
            )
        )
    p99 = percentile(few, 0.99) * 1000
    found.append(
        Finding(
            question=f"the choice alone, among the {A_FEW} that were read",
            measured=spread(few),
            yardstick=f"a bare loop over all {count:,} values: {spread(loop)}",
            ratio=f"{p99 / percentile(loop, 0.99) / 1000:.4f} (p99)",
            aim="p99 < 2 ms",
            met=p99 < 2,
        )
    )
    return found
