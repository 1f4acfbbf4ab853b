"""One import in a process of its own, with outcomes committed and the event loop watched meanwhile: `python -m bench.import_beside`.

Owns the process that is measured: the daemon's store, intake and reader, without a PBX. Prints one JSON line.
Invariant: what is measured is what the daemon runs, in the daemon's way: one loop, one writer.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.installation import cpu, memory
from collectord.core.exports.freshness import accounting_days
from collectord.core.house import House
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import meta
from collectord.edge.store.connection import Database, open_store
from collectord.loops.intake import IntakeEdges, import_file, take_inbox
from collectord.loops.intake_edges import turn_of

OUTCOME_EVERY = 0.02  # s
LAG_EVERY = 0.005  # s
SWITCH_EVERY = 0.0005  # s; as collectord/daemon/life.py sets it
WARM = "company;debtor_no;debtor_name;item_no;due_on;open_amount\nwarm;1;Warm {now};R1;2026-11-01;1.00\n"


async def watch_the_loop(lags: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY
        await asyncio.sleep(LAG_EVERY)
        lags.append(loop.time() - due)


async def commit_outcomes(db: Database, taken: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(OUTCOME_EVERY)
        began = loop.time()
        now = datetime.now(UTC)
        await db.write_briefly(lambda conn, now=now: meta.note(conn, new_id(now), now, "bench", "bench", "an outcome"))  # type: ignore[misc]
        taken.append(loop.time() - began)


def _ranked(values: list[float]) -> dict[str, float]:
    values = sorted(values) or [0.0]
    return {"p50": values[len(values) // 2], "p99": values[int(len(values) * 0.99)], "worst": values[-1], "n": len(values)}


def _reader(edges: IntakeEdges) -> int:
    reader = turn_of(edges).reader
    process = reader._process if reader else None
    return process.pid if process else 0


async def measure(root: Path, file: Path) -> dict[str, Any]:
    folders = ExchangeFolders(root / "exchange", quiet_for=timedelta(0))
    folders.create()
    sys.setswitchinterval(SWITCH_EVERY)
    async with open_store(root / "state") as db:
        edges = IntakeEdges(db=db, folders=folders, house=House(language="en"), new_id=lambda: new_id(datetime.now(UTC)))
        (root / "warm.delta.csv").write_text(WARM.format(now=datetime.now(UTC)), encoding="utf-8")
        now = datetime.fromisoformat("2026-11-24T08:00:00+00:00")
        await asyncio.to_thread(accounting_days(edges.house).is_working, now.date())  # the daemon has counted working days since its start
        await import_file(edges, root / "warm.delta.csv", source="warm", mode=None, as_of=None, now=now)  # the daemon's reader runs already
        alone: list[float] = []
        before = asyncio.ensure_future(commit_outcomes(db, alone))
        await asyncio.sleep(1.0)
        before.cancel()
        lags: list[float] = []
        outcomes: list[float] = []
        beside = [asyncio.ensure_future(watch_the_loop(lags)), asyncio.ensure_future(commit_outcomes(db, outcomes))]
        dropped = folders.inbox / file.name
        shutil.copyfile(file, dropped)
        dropped.with_name(f"{file.name}.done").touch()
        began, used = time.perf_counter(), cpu(_reader(edges))
        (receipt,) = await take_inbox(edges, now)
        took = time.perf_counter() - began
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        reader = _reader(edges)
        return {
            "seconds": took,
            "receipt": receipt.as_json() | {"rejected": len(receipt.rejected)},
            "lag": _ranked(lags),
            "outcome": _ranked(outcomes),
            "alone": _ranked(alone),
            "memory": memory(os.getpid())["most"],
            "reader_memory": memory(reader)["most"],
            "reader_cpu": cpu(reader) - used,
        }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Path(sys.argv[1]), Path(sys.argv[2])))))
