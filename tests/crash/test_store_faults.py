"""The store fails in the middle of a shift: nothing is called saved that is not on disk, nothing new rings, and nothing is lost in the end.

A full disk is a tmpfs where this process may mount one; a limit on the size of files, which needs no right, stands for a broken disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import resource
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.crash.budget import FIRST_SEED
from tests.crash.plant import debtors, until
from tests.crash.shift import Shift
from tests.crash.test_killed_daemon import talkative

BUSY_FOR = 13.0  # s; the daemon waits 5 for a lock, and must fail twice here


@contextmanager
def locked_by_another(store: Path) -> Iterator[None]:
    """An administrator's sqlite3 shell holds the write lock."""
    shell = sqlite3.connect(store, isolation_level=None)
    try:
        shell.execute("begin immediate")
        yield
        shell.execute("rollback")
    finally:
        shell.close()


@asynccontextmanager
async def in_the_thick_of_it(tmp_path: Path, seed: int, spoilt: Path | None = None) -> AsyncIterator[Shift]:
    """A shift in which three agents are talking."""
    async with Shift(tmp_path, seed, people=talkative(seed)) as shift:
        shift.plant.spoilt = spoilt
        shift.plant.start()
        await until(shift.plant.is_ready, 60.0, "the daemon did not become ready")
        await until(lambda: len(shift.seen.keyed()) >= 3, 30.0, "nobody talked")
        yield shift


async def test_a_store_locked_by_another_program_loses_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    async with in_the_thick_of_it(tmp_path, FIRST_SEED) as shift:
        with locked_by_another(tmp_path / "state" / "collectord.db"):
            await asyncio.sleep(BUSY_FOR)
        rung = sum(shift.seen.originates().values())
        await until(lambda: sum(shift.seen.originates().values()) > rung, 40.0, "nobody was called any more")
        await shift.settle_as_it_is()


async def test_a_store_locked_while_the_link_comes_back_loses_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    async with in_the_thick_of_it(tmp_path, FIRST_SEED + 1) as shift:
        with locked_by_another(tmp_path / "state" / "collectord.db"):
            shift.seen.pbx.drop_links()
            await asyncio.sleep(BUSY_FOR)
        rung = sum(shift.seen.originates().values())
        await until(lambda: sum(shift.seen.originates().values()) > rung, 40.0, "nobody was called any more")
        await shift.settle_as_it_is()


async def test_a_disk_that_refuses_to_write_stops_the_dialling_and_a_restart_finds_everything(tmp_path: Path) -> None:
    async with in_the_thick_of_it(tmp_path, FIRST_SEED) as shift:
        process = shift.plant.process
        assert process is not None
        wal = (tmp_path / "state" / "collectord.db-wal").stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (wal, resource.RLIM_INFINITY))
        await until(lambda: "store_failed" in shift.plant.log.read_text(encoding="utf-8"), 20.0, "the daemon did not notice")
        rung = sum(shift.seen.originates().values())
        await asyncio.sleep(3.0)
        assert sum(shift.seen.originates().values()) == rung
        status = shift.plant.command("status", "--json")
        assert "I/O error" in status.stdout
        shift.plant.kill9()
        await shift.settle()


async def test_a_file_system_made_read_only_stops_the_dialling_and_a_restart_finds_everything(tmp_path: Path) -> None:
    """As the kernel does after an error of the disk; what was opened for writing stays open, and each write is refused."""
    async with in_the_thick_of_it(tmp_path, FIRST_SEED, tmp_path / "spoilt") as shift:
        (tmp_path / "half").write_text("read-only", encoding="ascii")
        (tmp_path / "half").rename(tmp_path / "spoilt")
        await until(lambda: "store_failed" in shift.plant.log.read_text(encoding="utf-8"), 20.0, "the daemon did not notice")
        rung, saved = sum(shift.seen.originates().values()), len(shift.seen.called_saved())
        status = shift.plant.command("status", "--json")
        assert "check the disk, then restart collectord" in status.stdout
        await asyncio.sleep(2.0)
        assert sum(shift.seen.originates().values()) == rung
        assert len(shift.seen.called_saved()) == saved
        shift.plant.kill9()
        shift.plant.spoilt = None
        await shift.settle()


async def test_a_reader_that_never_ends_keeps_nobody_waiting(tmp_path: Path) -> None:
    """The log cannot be moved into the database meanwhile: it grows, and is moved as soon as the reader has gone."""
    store = tmp_path / "state" / "collectord.db"
    async with in_the_thick_of_it(tmp_path, FIRST_SEED + 2) as shift:
        shell = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True, isolation_level=None)
        shell.execute("begin")
        seen = shell.execute("select count(*) from attempt").fetchone()
        rung = sum(shift.seen.originates().values())
        await until(lambda: sum(shift.seen.originates().values()) > rung + 3, 60.0, "nobody was called any more")
        assert shell.execute("select count(*) from attempt").fetchone() == seen, "it still reads what was there when it began"
        shell.close()
        await shift.settle_as_it_is()


async def test_a_disk_that_brings_nothing_to_its_platters_is_final_until_a_restart(tmp_path: Path) -> None:
    """fsync fails: what it was about may be lost without another error, so nothing is tried again."""
    async with in_the_thick_of_it(tmp_path, FIRST_SEED, tmp_path / "spoilt") as shift:
        (tmp_path / "spoilt").touch()
        await until(lambda: "store_failed" in shift.plant.log.read_text(encoding="utf-8"), 20.0, "the daemon did not notice")
        rung, saved = sum(shift.seen.originates().values()), len(shift.seen.called_saved())
        await asyncio.sleep(3.0)
        assert sum(shift.seen.originates().values()) == rung
        assert len(shift.seen.called_saved()) == saved
        assert "I/O error" in shift.plant.command("status", "--json").stdout
        shift.plant.kill9()
        shift.plant.spoilt = None
        await shift.settle()


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A disk of its own under this folder, where this process has the right to mount one."""
    folder.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=0700", "tmpfs", folder], check=False, capture_output=True)
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", folder], check=True)


if os.geteuid() == 0:  # nobody else may mount; the limit above is tested everywhere

    async def test_a_full_disk_stops_the_dialling_and_room_lets_it_go_on_by_itself(tmp_path: Path) -> None:
        """Full while three agents talk: what they key meanwhile cannot be saved, and is booked from the PBX's journal."""
        with small_disk(tmp_path / "state") as mounted:
            async with Shift(
                tmp_path, FIRST_SEED, people=debtors(random.Random(FIRST_SEED), 8, ("1001", "1005", "1009")), speed=2.0
            ) as shift:
                shift.plant.start()
                await until(shift.plant.is_ready, 60.0, "the daemon did not become ready")
                await until(lambda: len(shift.plant.query("select id from attempt where state = 'talking'")) == 3, 30.0, "nobody talked")
                if mounted:
                    ballast = tmp_path / "state" / "ballast"
                    fill(ballast)
                    await until(lambda: len(shift.seen.ended()) >= 3, 20.0, "the calls did not end")
                    await until(lambda: "store_failed" in shift.plant.log.read_text(encoding="utf-8"), 20.0, "the daemon did not notice")
                    rung = sum(shift.seen.originates().values())
                    assert shift.seen.called_saved() == set()
                    await asyncio.sleep(2.0)
                    assert sum(shift.seen.originates().values()) == rung
                    ballast.unlink()
                    await until(lambda: sum(shift.seen.originates().values()) > rung, 30.0, "nobody was called any more")
                await shift.settle_as_it_is()


def fill(ballast: Path) -> None:
    """Not a byte is left."""
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
