"""A store that is hurt: damaged pages, a disk that is read-only or far away, callers who leave in the middle."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectord.edge.store import meta, restoring, state_dir
from collectord.edge.store.connection import Connection, Database, StoreBroken, open_for_reading, open_store


def run(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


async def put_many(db: Database) -> None:
    async def job(conn: Connection) -> None:
        for n in range(3_000):
            await meta.put(conn, f"key-{n}", "x" * 200)

    await db.write(job)


def spoil(path: Path) -> None:
    """As a disk does: a page that is seldom read comes back as other bytes."""
    data = path.read_bytes()
    pages = [data[at : at + 4_096] for at in range(0, len(data), 4_096)]
    seldom = next(n for n, page in enumerate(pages) if page.count(b"x" * 200) > 5 and b"schema" not in page and b"live" not in page)
    with path.open("r+b") as file:
        file.seek(seldom * 4_096)
        file.write(os.urandom(4_096))


async def test_a_damaged_page_is_found_and_nothing_is_written_any_more(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state") as db:
        await put_many(db)
        await db.look_over()
    spoil(tmp_path / "state" / "collectord.db")
    async with open_store(tmp_path / "state") as db:
        with pytest.raises(StoreBroken, match=r"is damaged \(.*restore a backup"):
            await db.look_over()
        with pytest.raises(StoreBroken, match="is damaged"):
            await db.write(lambda conn: meta.put(conn, "one", "more"))


async def test_a_store_that_cannot_be_looked_over_now_is_not_called_damaged(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state") as db:
        database = tmp_path / "state" / "collectord.db"
        database.rename(tmp_path / "elsewhere")
        with pytest.raises(StoreBroken, match="could not be looked over"):
            await db.look_over()
        assert not db.failed
        (tmp_path / "elsewhere").rename(database)
        await db.look_over()


async def test_whoever_leaves_in_the_middle_cuts_no_transaction_in_half(tmp_path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def job(conn: Connection) -> None:
        await meta.put(conn, "first", "half")
        begun.set()
        await go_on.wait()
        await meta.put(conn, "second", "half")

    async with open_store(tmp_path / "state") as db:
        asking = asyncio.ensure_future(db.write(job))
        await begun.wait()
        asking.cancel()
        behind = asyncio.ensure_future(db.write(lambda conn: meta.put(conn, "behind", "whole")))
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await behind
        assert db._writer is not None
        assert not db._writer.in_transaction
    with closing(sqlite3.connect(tmp_path / "state" / "collectord.db")) as conn:
        rows = dict(conn.execute("select key, value from meta"))
    assert (rows["first"], rows["second"], rows["behind"]) == ("half", "half", "whole")


async def test_a_state_on_a_network_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/root / ext4 rw 0 0\nserver:/export {tmp_path}/far nfs4 rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(state_dir, "MOUNTS", mounts)
    async with open_store(tmp_path / "near"):
        pass
    with pytest.raises(StoreBroken, match=r"lies on nfs4 .*set state_dir to one"):
        async with open_store(tmp_path / "far" / "state"):
            pass


if os.geteuid() == 0:  # nobody else may mount

    async def test_a_state_on_a_read_only_disk_is_refused_with_the_remedy(tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        if not run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)):
            return  # root without the right to mount, as in a container
        try:
            async with open_store(disk / "state") as db:
                await put_many(db)
            assert run("mount", "-o", "remount,ro", str(disk))
            with pytest.raises(StoreBroken, match="must be writable"):
                async with open_store(disk / "state"):
                    pass
            async with open_for_reading(disk / "state") as db:
                assert await db.read(meta.counts)
        finally:
            assert run("umount", "-l", str(disk))


async def test_an_older_database_put_in_its_place_by_hand_is_refused_until_a_person_says_so(tmp_path: Path) -> None:
    place, older = tmp_path / "state", tmp_path / "older.db"
    async with open_store(place) as db:
        await db.back_up(older)
        await db.write(lambda conn: meta.put(conn, "wish", "do not call"))
    shutil.copyfile(older, place / "collectord.db")
    with pytest.raises(StoreBroken, match=r"collectord\.db is older than what was done here .*`collectord restore` without a file"):
        async with open_store(place):
            pass
    async with open_for_reading(place) as db:  # a person may look
        assert await db.read(lambda conn: meta.get(conn, "wish")) == ""
    await restoring.take_over(place, datetime.now(UTC))
    async with open_store(place) as db:
        await db.write(lambda conn: meta.put(conn, "wish", "do not call"))


async def test_a_log_that_was_thrown_away_leaves_an_older_database_and_is_noticed(tmp_path: Path) -> None:
    """What was committed after the last checkpoint stands in collectord.db-wal alone."""
    place, killed = tmp_path / "state", tmp_path / "killed"
    async with open_store(place) as db:
        await db.write(lambda conn: meta.put(conn, "wish", "do not call"))
        await db.advance()
        shutil.copytree(place, killed)  # as kill -9 leaves it
    (killed / "collectord.db-wal").unlink()
    with pytest.raises(StoreBroken, match="is older than what was done here"):
        async with open_store(killed):
            pass


async def test_a_store_that_nobody_exchanged_goes_on_whenever_it_was_killed(tmp_path: Path) -> None:
    place = tmp_path / "state"
    async with open_store(place) as db:
        await db.write(lambda conn: meta.put(conn, "wish", "do not call"))
        shutil.copytree(place, tmp_path / "killed")
        await db.advance()
        number = (place / "generation").read_bytes()
        await db.advance()
        assert (place / "generation").read_bytes() == number, "nothing was written in between"
        shutil.copytree(place, tmp_path / "killed-later")
    (tmp_path / "killed-later" / "generation").write_bytes((tmp_path / "killed" / "generation").read_bytes())  # before it was noted
    for folder in ("killed", "killed-later", "state"):
        async with open_store(tmp_path / folder) as db:
            assert await db.read(lambda conn: meta.get(conn, "wish")) == "do not call"
    (place / "generation").unlink()
    async with open_store(place):
        assert int((place / "generation").read_text()) > int(number)


async def test_the_same_backup_may_be_restored_twice(tmp_path: Path) -> None:
    place, backup = tmp_path / "state", tmp_path / "backup.db"
    async with open_store(place) as db:
        await db.back_up(backup)
    for _ in range(2):
        await restoring.restore(place, backup, datetime.now(UTC))
        async with open_store(place) as db:
            await db.write(lambda conn: meta.put(conn, "wish", "do not call"))


async def test_a_database_that_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    """Its thread would answer to an event loop that is gone: a traceback beside the sentence."""
    (tmp_path / "collectord.db").mkdir()
    for _ in range(5):
        with pytest.raises(StoreBroken, match="unable to open database file"):
            async with open_store(tmp_path):
                raise AssertionError("opened")
        assert [thread.name for thread in threading.enumerate() if "_connection_worker_thread" in thread.name] == []
