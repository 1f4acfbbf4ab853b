"""The process that reads exports: kept while it lives, an answer when it dies, never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.arrival import Arrival
from collectord.core.exports.readings import Order, Summary
from collectord.core.exports.source_profiles import CANONICAL
from collectord.edge.reader_process import ReaderDied, ReaderProcess
from collectord.edge.store.connection import open_store

HEADER = "debtor_no;debtor_name;item_no;due_on;open_amount\n"


class Bomb:
    """Unfolds to two gigabytes in the process that takes it."""

    def __reduce__(self) -> Any:
        return bytearray, (2 << 30,)


class Asleep:
    """Keeps the process that takes it busy for ever."""

    def __reduce__(self) -> Any:
        return time.sleep, (3600,)


@pytest.fixture
async def reader() -> AsyncIterator[ReaderProcess]:
    process = ReaderProcess(hash_key=7)
    yield process
    await process.stop()


@pytest.fixture
async def order(tmp_path: Path) -> Order:
    async with open_store(tmp_path / "state"):
        pass
    (tmp_path / "op.csv").write_text(HEADER + "1;M;R1;2026-11-01;4.00\n2;N;R2;x;1.00\n")
    arrived = Arrival(
        batch_id="b1", file="op.csv", stored_as="op.csv", source="canonical", mode="snapshot", as_of=date(2026, 11, 23), as_of_from="option"
    )
    return Order(
        arrived=arrived, profile=CANONICAL, file=str(tmp_path / "op.csv"), scratch=str(tmp_path / "b1.db"),
        ledger=str(tmp_path / "state" / "collectord.db"), language="en", country="DE",
    )  # fmt: skip


def nobody(rows: int, read: int) -> None:
    """Nobody wants to know."""


def pid_of(reader: ReaderProcess) -> int:
    assert reader._process is not None
    return reader._process.pid


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_one_process_reads_one_file_after_the_other(reader: ReaderProcess, order: Order) -> None:
    summaries, pids = [], set()
    for _ in range(3):
        summaries.append(Summary.from_json(await reader.read(order, nobody)))
        pids.add(pid_of(reader))
    assert len(pids) == 1
    assert [(summary.counts.opened, summary.counts.rejected) for summary in summaries] == [(1, 1)] * 3
    assert oct(os.stat(order.scratch).st_mode & 0o777) == "0o600"


async def test_a_file_that_cannot_be_opened_is_said_so_and_the_process_goes_on(reader: ReaderProcess, order: Order) -> None:
    Path(order.file).rename(order.file + ".away")
    with pytest.raises(FileNotFoundError):
        await reader.read(order, nobody)
    Path(order.file + ".away").rename(order.file)
    assert Summary.from_json(await reader.read(order, nobody)).counts.opened == 1


@pytest.mark.parametrize("bad", [Bomb(), "no order at all"])
async def test_what_kills_the_reader_kills_nobody_else(reader: ReaderProcess, order: Order, bad: object) -> None:
    await reader.read(order, nobody)
    first = pid_of(reader)
    with pytest.raises(ReaderDied):
        await reader.read(bad, nobody)
    assert Summary.from_json(await reader.read(order, nobody)).counts.opened == 1
    assert pid_of(reader) != first
    assert not is_alive(first)


async def test_where_memory_runs_out_the_reader_goes_before_the_process_that_holds_the_calls(reader: ReaderProcess, order: Order) -> None:
    await reader.read(order, nobody)
    assert int(Path(f"/proc/{pid_of(reader)}/oom_score_adj").read_text()) > int(Path("/proc/self/oom_score_adj").read_text())


async def test_a_killed_reader_is_an_answer(reader: ReaderProcess, order: Order) -> None:
    await reader.read(order, nobody)
    waiting = asyncio.ensure_future(reader.read(Asleep(), nobody))
    await asyncio.sleep(0)
    os.kill(pid_of(reader), signal.SIGKILL)
    with pytest.raises(ReaderDied, match="-9"):
        await waiting


async def test_an_order_that_is_given_up_ends_the_process(reader: ReaderProcess, order: Order) -> None:
    await reader.read(order, nobody)
    pid = pid_of(reader)
    waiting = asyncio.ensure_future(reader.read(Asleep(), nobody))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not is_alive(pid)


async def test_an_idle_reader_ends_when_it_is_no_longer_wanted(order: Order) -> None:
    reader = ReaderProcess(hash_key=7)
    await reader.read(order, nobody)
    pid = pid_of(reader)
    assert await reader.stop() == 0
    assert await reader.stop() is None
    assert not is_alive(pid)


def test_a_reader_does_not_outlive_a_daemon_that_was_killed_while_it_reads() -> None:
    code = (
        "import asyncio, os\nfrom tests.edge.test_reader_process import Asleep, nobody, pid_of\n"
        "from collectord.edge.reader_process import ReaderProcess\n"
        "async def run():\n"
        "    reader = ReaderProcess(7)\n"
        "    waiting = asyncio.ensure_future(reader.read(Asleep(), nobody))\n"
        "    while reader._process is None:\n"
        "        await asyncio.sleep(0.01)\n"
        "    print(pid_of(reader), flush=True)\n"
        "    await asyncio.sleep(0.5)\n"
        "    os._exit(137)\n"
        "asyncio.run(run())\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=60
    )
    pid, until = int(killed.stdout), time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_alive(pid)
