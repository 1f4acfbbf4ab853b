"""One plan in a process of its own, the event loop watched meanwhile; then what is asked of that ledger: `python -m bench.plan_beside`.

Owns the process that is measured: the daemon's store, rules and planning, without a PBX. Prints one JSON line.
Invariant: what is measured is what the daemon runs, in the daemon's way: one loop, one writer, planners in processes of their own.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sqlite3
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.import_beside import LAG_EVERY, SWITCH_EVERY
from collectord.core.house import Company, House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rules import Rules
from collectord.core.telephony.allocation import FreeAgent, choose
from collectord.edge.ids import new_id
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory
from collectord.edge.store import tasks
from collectord.edge.store.connection import Database, open_store
from collectord.loops.dialling import A_FEW
from collectord.loops.explain import explain
from collectord.loops.planning import work

HOUSE = House(companies={"": Company(code="", name="Muster GmbH", caller_id="+493012345600")})
ASKED = 300
DESK = tuple(FreeAgent(id=f"{number}", languages=("de",), endpoint=f"PJSIP/{number}", pbx="main") for number in range(201, 206))


async def watch_the_loop(lags: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY
        await asyncio.sleep(LAG_EVERY)
        lags.append(loop.time() - due)


def bare(database: Path) -> float:
    """Every open item, in order, as a tuple, and one comparison: the least that anybody who plans has to do. On one core."""
    connection = sqlite3.connect(database)
    try:
        began, overdue = time.perf_counter(), 0
        for _, _, due_on, amount, *_ in connection.execute(
            "select company, debtor_no, due_on, open_amount, item_no, currency, kind, payment_method, dunning_block_until, dispute,"
            " contact_level, contacted_on from item where state = 'open' order by company, debtor_no, item_no"
        ):
            if amount > 0 and due_on < "2026-11-24":
                overdue += amount
        return time.perf_counter() - began
    finally:
        connection.close()


def _ranked(values: list[float]) -> dict[str, float]:
    values = sorted(values) or [0.0]
    return {"p50": values[len(values) // 2], "p99": values[int(len(values) * 0.99)], "worst": values[-1], "n": len(values)}


async def _plan(db: Database, rules: Rules, now: datetime) -> dict[str, Any]:
    lags: list[float] = []
    beside = asyncio.ensure_future(watch_the_loop(lags))
    began = time.perf_counter()
    counts = await work(db, rules, HOUSE, now, new_id=lambda: new_id(now))
    took = time.perf_counter() - began
    beside.cancel()
    with suppress(asyncio.CancelledError):
        await beside
    own, planners = (resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"seconds": took, "counts": asdict(counts), "lag": _ranked(lags), "memory": own, "planner_memory": planners}


async def _asked(db: Database, rules: Rules, now: datetime) -> dict[str, Any]:
    """The decision behind `explain`, and the next task for somebody free."""
    chance, explained, chosen = random.Random(3), [], []
    async with asyncio.timeout(600):
        rows = await db.read(lambda conn: conn.execute_fetchall("select debtor_no from exported_debtor"))
        keys = [DebtorKey("", row["debtor_no"]) for row in chance.sample(list(rows), ASKED)]
        for key in keys:
            began = time.perf_counter()
            await explain(db, rules, HOUSE, key, now)
            explained.append(time.perf_counter() - began)
        for _ in range(ASKED):
            began = time.perf_counter()
            choose(await db.read_briefly(lambda conn: tasks.ready_tasks(conn, now, A_FEW)), DESK, now, language="de")
            chosen.append(time.perf_counter() - began)
        (ready,) = await db.read(lambda conn: conn.execute_fetchall("select count(*) as n from task where state = 'ready'"))
    return {"explain": _ranked(explained), "choose": _ranked(chosen), "ready": ready["n"]}


async def measure(state: Path, now: datetime, *, ask: bool) -> dict[str, Any]:
    sys.setswitchinterval(SWITCH_EVERY)
    rules = load_rules(shipped_directory("rules"))
    async with open_store(state) as db:
        found = await _plan(db, rules, now)
        if ask:
            found |= await _asked(db, rules, now)
    return found | {"bare": bare(state / "collectord.db")}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), ask="ask" in sys.argv[3:]))))
