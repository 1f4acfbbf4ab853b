"""Transactions that run in the event loop keep the laws of those that run in the connection's thread."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from collectord.edge.store import meta
from collectord.edge.store.connection import Connection, Database, open_for_reading, open_store
from collectord.edge.store.line import LOG_PAGES, LOG_PAGES_UNSEEN


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as opened:
        yield opened


async def test_a_brief_write_is_on_disk_when_it_returns(db: Database) -> None:
    await db.write_briefly(lambda conn: meta.put(conn, "colour", "red"))
    async with open_for_reading(db.path.parent) as other:
        assert await other.read(lambda conn: meta.get(conn, "colour")) == "red"


async def test_a_brief_write_that_fails_changes_nothing(db: Database) -> None:
    async def job(conn: Connection) -> None:
        await meta.put(conn, "colour", "red")
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        await db.write_briefly(job)
    assert await db.read_briefly(lambda conn: meta.get(conn, "colour", "none")) == "none"


async def test_a_brief_write_waits_for_the_lock_of_another_program_and_keeps_nobody_else_waiting(db: Database) -> None:
    with contextlib.closing(sqlite3.connect(db.path, isolation_level=None)) as shell:
        shell.execute("begin immediate")
        writing = asyncio.ensure_future(db.write_briefly(lambda conn: meta.put(conn, "colour", "red")))
        for _ in range(10):
            await asyncio.sleep(0)
        shell.execute("rollback")  # never reached in time if the event loop waited for it
        await writing
    assert await db.read(lambda conn: meta.get(conn, "colour")) == "red"


async def test_brief_and_long_writes_never_see_each_others_halves(db: Database) -> None:
    async def count(conn: Connection) -> None:
        before = int(await meta.get(conn, "count", "0"))
        await asyncio.sleep(0)
        await meta.put(conn, "count", str(before + 1))

    await asyncio.gather(*(write(count) for _ in range(20) for write in (db.write, db.write_briefly)))
    assert await db.read(lambda conn: meta.get(conn, "count")) == "40"


async def test_brief_and_long_reads_share_the_reader_one_after_the_other(db: Database) -> None:
    await db.write(lambda conn: meta.put(conn, "colour", "red"))

    async def look(conn: Connection) -> str:
        await asyncio.sleep(0)
        return await meta.get(conn, "colour")

    assert set(await asyncio.gather(*(read(look) for _ in range(20) for read in (db.read, db.read_briefly)))) == {"red"}


@pytest.mark.parametrize("turns", range(1, 12))
async def test_a_read_that_is_cancelled_leaves_no_transaction_behind_wherever_it_was(db: Database, turns: int) -> None:
    async def look(conn: Connection) -> str:
        return await meta.get(conn, "colour", "none")

    reading = asyncio.ensure_future(db.read(look))
    for _ in range(turns):
        await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    assert await db.read(look) == "none"
    assert await db.read_briefly(look) == "none"


async def test_an_unseen_write_waits_for_no_disk_and_leaves_little_log_and_the_next_commit_does_as_ever(db: Database) -> None:
    async def commits(conn: Connection) -> tuple[Any, Any]:
        (synchronous,), (log,) = [await conn.execute_fetchall(f"pragma {name}") for name in ("synchronous", "wal_autocheckpoint")]
        return synchronous["synchronous"], log["wal_autocheckpoint"]

    full, normal = (2, LOG_PAGES), (1, LOG_PAGES_UNSEEN)
    writes = (db.write, db.write_unseen, db.write_briefly, db.write_unseen, db.write)
    assert [await write(commits) for write in writes] == [full, normal, full, normal, full]


async def test_an_unseen_write_that_waits_for_something_else_is_refused_and_changes_nothing(db: Database) -> None:
    async def job(conn: Connection) -> None:
        await meta.put(conn, "colour", "red")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError):
        await db.write_unseen(job)
    assert await db.read(lambda conn: meta.get(conn, "colour", "none")) == "none"
    await db.write_unseen(lambda conn: meta.put(conn, "colour", "blue"))
    assert await db.read(lambda conn: meta.get(conn, "colour", "none")) == "blue"


async def test_an_unseen_write_that_fails_changes_nothing_and_one_that_is_cancelled_is_whole(db: Database) -> None:
    async def fails(conn: Connection) -> None:
        await meta.put(conn, "colour", "red")
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        await db.write_unseen(fails)
    assert await db.read(lambda conn: meta.get(conn, "colour", "none")) == "none"
    writing = asyncio.ensure_future(db.write_unseen(lambda conn: meta.put(conn, "colour", "blue")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])
    assert writing.cancelled()
    assert await db.read(lambda conn: meta.get(conn, "colour", "none")) == "blue"
    assert await db.write(lambda conn: meta.get(conn, "colour")) == "blue"
