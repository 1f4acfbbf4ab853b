"""Putting a backup back.

Owns the exchange of database files. Runs only while nobody else holds the store.
Invariant: the former database is moved aside, never overwritten; unfinished attempts of the backup are `unknown` afterwards.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from collectord.edge.store.codec import instant
from collectord.edge.store.connection import SCHEMA_VERSION, Connection, open_restored
from collectord.edge.store.state_dir import StateLock, StoreBroken, StoreBusy

UNFINISHED = "('reserved', 'placed', 'ringing_agent', 'ringing_debtor', 'talking')"


async def restore(state_dir: Path, backup: Path, now: datetime) -> Path | None:
    """Replaces the database by the backup; returns where the former one lies now. Raises StoreBroken, StoreBusy."""
    _check(backup)
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = StateLock(state_dir)
    if not lock.take():
        raise StoreBusy(f"a collectord is working on {state_dir}; stop it first")
    try:
        database = state_dir / "collectord.db"
        aside: Path | None = None
        if database.exists():
            aside = state_dir / f"collectord.db.before-restore-{now:%Y%m%d%H%M%S}"
            for suffix in ("", "-wal", "-shm"):
                part = database.with_name(database.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
        shutil.copyfile(backup, database)
        database.chmod(0o600)
    finally:
        lock.release()
    await _go_on_from(state_dir, now)
    return aside


async def take_over(state_dir: Path, now: datetime) -> None:
    """The database that somebody has put into its place is the right one. Raises StoreBroken, StoreBusy."""
    _check(state_dir / "collectord.db")
    await _go_on_from(state_dir, now)


async def _go_on_from(state_dir: Path, now: datetime) -> None:
    """Nobody knows what became of the calls that were under way in it."""

    async def job(conn: Connection) -> None:
        await conn.execute(
            f"update attempt set state = 'unknown', deadline_at = ?, why = 'restored from a backup' where state in {UNFINISHED}",
            (instant(now),),
        )

    async with open_restored(state_dir) as db:
        await db.write(job)


def _check(backup: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as source:
            verdict = source.execute("pragma integrity_check").fetchone()[0]
            version = source.execute("select value from meta where key = 'schema_version'").fetchone()
    except sqlite3.Error as error:
        raise StoreBroken(f"{backup}: {error}; name a file that `collectord backup` wrote") from error
    if verdict != "ok" or version is None or not 1 <= int(version[0]) <= SCHEMA_VERSION:
        raise StoreBroken(f"{backup}: damaged or of another version; use another backup")
