"""What happens when 100,000 files lie in the inbox?

Owns the heap and the measuring of the event loop's lag meanwhile. The files are real, the walk, looks and claims are the daemon's;
importing them is another question.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bench.finding import Finding, percentile, spread
from collectord.core.house import House
from collectord.daemon import SWITCH_EVERY
from collectord.edge import inbox
from collectord.edge.ids import new_id
from collectord.edge.store.connection import open_store
from collectord.loops.arriving import whole_files
from collectord.loops.intake import FILES_PER_TURN
from collectord.loops.intake_edges import IntakeEdges, turn_of

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TICK = 0.001  # s between two looks at the lag


@asynccontextmanager
async def lag() -> AsyncIterator[list[float]]:
    """How late the event loop came back, every millisecond, in seconds."""
    found: list[float] = []

    async def measure() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            found.append(time.perf_counter() - before - TICK)

    async with asyncio.TaskGroup() as group:
        probe = group.create_task(measure())
        yield found
        probe.cancel()


def fill(folder: Path, files: int) -> None:
    for number in range(files):
        with open(folder / f"op_{number:06d}.csv", "wb") as file:
            file.write(b"debtor_no;debtor_name;item_no;due_on;open_amount\n")


def bare(folder: Path) -> tuple[float, float]:
    """Listing the folder, and listing it with the state of each file."""
    began = time.perf_counter()
    with os.scandir(folder) as entries:
        listed = [entry.name for entry in entries]
    between = time.perf_counter()
    with os.scandir(folder) as entries:
        states = [entry.stat(follow_symlinks=False) for entry in entries]
    assert len(listed) == len(states)
    return between - began, time.perf_counter() - between


async def measure(root: Path, files: int) -> list[Finding]:
    folders = inbox.ExchangeFolders(root / "exchange", timedelta(seconds=10))
    folders.create()
    fill(folders.inbox, files)
    listed, stated = bare(folders.inbox)
    async with lag() as idle:
        await asyncio.sleep(2.0)
    yardstick = f"bare scandir {listed * 1000:.0f} ms, with each file's state {stated * 1000:.0f} ms; idle loop's lag {spread(idle)}"
    async with open_store(root / "state") as db:
        edges = IntakeEdges(db=db, folders=folders, house=House(), new_id=lambda: new_id(NOW))
        turn = turn_of(edges)

        async def turn_at(second: int, most: int) -> int:
            """One turn of the inbox; the files are claimed and go no further."""
            taken = 0
            async with aclosing(whole_files(edges, NOW + timedelta(seconds=second))) as found:
                async for file in found:
                    stored = inbox.stored_name(file.path.name, new_id(NOW))
                    await turn.patience.do(partial(inbox.claim, folders, file.path, stored, file.signature))
                    turn.sightings.entries.pop(file.key, None)
                    taken += 1
                    if taken == most:
                        break
            return taken

        walks, lags = [], list[float]()
        for second in (0, 5, 10):  # first seen, not yet quiet, quiet
            async with lag() as found:
                began = time.perf_counter()
                await turn_at(second, 1)
                walks.append(time.perf_counter() - began)
            lags += found
        turns: list[float] = []
        async with lag() as found:
            began = time.perf_counter()
            while await turn_at(20 + len(turns), FILES_PER_TURN):
                turns.append(time.perf_counter())
        tenth = max(1, len(turns) // 10)
        first, last = turns[tenth - 1] - began, turns[-1] - turns[-tenth - 1]
    p99 = percentile([*lags, *found], 0.99)
    return [
        Finding(
            question=f"{files:,} files in the inbox: a walk that sees them first, again, and quiet",
            measured=f"{' / '.join(f'{took:.2f} s' for took in walks)}; event loop's lag meanwhile {spread(lags)}",
            yardstick=yardstick,
            ratio=f"{max(walks) / stated:.1f} of the second",
            aim="lag p99 <= 5 ms",
            met=p99 <= 0.005,
        ),
        Finding(
            question="the same, claimed one after the other",
            measured=(
                f"{files / (turns[-1] - began):.0f} files/s; first tenth {first:.1f} s, last tenth {last:.1f} s;"
                f" event loop's lag {spread(found)}"
            ),
            yardstick="the last tenth against the first: 1 when the work per file does not grow with the heap",
            ratio=f"{last / first:.2f}",
            aim="<= 1.5",
            met=last <= 1.5 * first,
        ),
    ]


def ask(files: int = 100_000) -> list[Finding]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_EVERY)
    gc.freeze()  # both as the daemon does
    try:
        with tempfile.TemporaryDirectory(prefix="collectord-heap-") as folder:
            return asyncio.run(measure(Path(folder), files))
    finally:
        sys.setswitchinterval(before)
        gc.unfreeze()
