"""Connections to the store: the one writer and the readers.

Owns opening, schema, transactions and the lock of the state directory. Knows no table's meaning.
Invariant: exactly one connection of the process group writes and checkpoints; every job it takes is one complete transaction.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from collectord.edge.store.line import LOG_PAGES, Line, Row
from collectord.edge.store.line import Connection as Connection
from collectord.edge.store.line import queries as queries
from collectord.edge.store.migration import digest, is_whole, migrate
from collectord.edge.store.state_dir import Generation, StateLock, refuse_network_disk
from collectord.edge.store.state_dir import StoreBroken as StoreBroken
from collectord.edge.store.state_dir import StoreBusy as StoreBusy

T = TypeVar("T")
Job = Callable[[Connection], Awaitable[T]]

SCHEMA_VERSION = 4
SCHEMA = ("schema.sql", "touched.sql")
BUSY_TIMEOUT = 5_000  # ms: somebody's sqlite3 shell may hold a lock for a moment


class Database:
    """The opened store. `write` runs jobs one after the other, each in one transaction; `read` uses a read-only connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: Line | None = None
        self._reader: Line | None = None
        self._queue: asyncio.Lock = asyncio.Lock()
        self._read_queue: asyncio.Lock = asyncio.Lock()
        self.failed: str | None = None  # set once: an fsync or I/O error is final (fsyncgate)
        self.at_close: list[Callable[[], Awaitable[object]]] = []  # what lives as long as the opened store
        self._generation = Generation(path.parent)
        self._changes = -1  # rows that the writer had changed when the generation was advanced last

    async def write(self, job: Job[T]) -> T:
        """Runs `job` as one complete transaction on the only writing connection and commits it (synchronous=FULL: on disk).

        Raises StoreBroken when the store cannot take it; the job's own errors roll back and pass through. A cancelled caller does not cut
        a transaction in half: the job ends first.
        """
        return await self._write(job, here=False)

    async def write_briefly(self, job: Job[T]) -> T:
        """As `write`, for a few statements about one call or debtor: only waiting for the lock and for the disk leaves the event loop."""
        return await self._write(job, here=True)

    async def write_unseen(self, job: Job[T]) -> T:
        """As `write`, for what counts only with a later commit: this one does not wait for the disk, and the job for its statements alone.

        The write-ahead log is one sequence: after a power cut this is either there, or gone with everything that was committed after it.
        """
        return await self._write(job, here=False, synced=False)

    async def _write(self, job: Job[T], *, here: bool, synced: bool = True) -> T:
        if self._writer is None:
            raise StoreBroken("the store was opened for reading only")
        if self.failed:
            raise StoreBroken(self.failed)
        running = asyncio.ensure_future(self._transaction(self._writer, job, here, synced))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            if not running.cancelled():
                running.exception()
            raise

    async def _transaction(self, writer: Line, job: Job[T], here: bool, synced: bool) -> T:
        async with self._queue:
            whole = self._begun_and_ended(writer, job, here, synced)
            return await (whole if synced else writer.in_one_trip(whole))

    async def _begun_and_ended(self, writer: Line, job: Job[T], here: bool, synced: bool) -> T:
        try:
            await writer.wait_for_disk(synced)
            await self._begin(writer, here)
        except sqlite3.OperationalError as error:
            raise self._broken(error) from error
        try:
            outside, writer.here = writer.here, writer.here or here
            try:
                result = await job(writer)
            finally:
                writer.here = outside
            await writer.execute("commit")
        except sqlite3.OperationalError as error:
            await self._roll_back(writer)
            raise self._broken(error) from error
        except BaseException:
            await self._roll_back(writer)
            raise
        return result

    async def _begin(self, writer: Line, here: bool) -> None:
        """Touches no disk. Only for somebody else's lock it waits, and that never in the event loop."""
        if here:
            writer.here = True
            try:
                await writer.execute("pragma busy_timeout = 0")
                await writer.execute("begin immediate")
                return
            except sqlite3.OperationalError as error:
                if not (getattr(error, "sqlite_errorname", "") or "").startswith("SQLITE_BUSY"):
                    raise
            finally:
                await writer.execute(f"pragma busy_timeout = {BUSY_TIMEOUT}")
                writer.here = False
        await writer.execute("begin immediate")

    async def _roll_back(self, writer: Connection) -> None:
        if writer.in_transaction:
            await writer.execute("rollback")

    def _broken(self, error: sqlite3.OperationalError) -> StoreBroken:
        text = str(error)
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith("SQLITE_IOERR"):
            self.failed = f"{self.path}: I/O error ({name}); check the disk, then restart collectord"
            return StoreBroken(self.failed)
        if name == "SQLITE_FULL":
            return StoreBroken(f"{self.path}: the disk is full; free some space, collectord goes on by itself")
        if name.startswith("SQLITE_READONLY"):
            return StoreBroken(f"{self.path}: the file system is read-only; remount it read-write")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return StoreBroken(f"{self.path}: another program holds the database's write lock; close it")
        return StoreBroken(f"{self.path}: {text}")

    async def read(self, job: Job[T]) -> T:
        """Runs `job` on a read-only connection in one read transaction (a consistent picture)."""
        return await self._read(job, here=False)

    async def read_briefly(self, job: Job[T]) -> T:
        """As `read`, for a few statements that find little: in the event loop."""
        return await self._read(job, here=True)

    async def _read(self, job: Job[T], *, here: bool) -> T:
        if self._reader is None:
            raise StoreBroken("the store is not open")
        async with self._read_queue:
            self._reader.here = here
            try:
                try:
                    await self._reader.execute("begin")
                    return await job(self._reader)
                finally:  # also when cancelled while it began: the connection's thread does what it was told, in its order
                    await self._reader.rollback()
            except sqlite3.DatabaseError as error:
                if type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError):  # the file or the disk, not what was asked
                    raise StoreBroken(f"{self.path}: {error}; check the disk, or restore a backup") from error
                raise
            finally:
                self._reader.here = False

    @asynccontextmanager
    async def beside(self, path: Path, name: str) -> AsyncIterator[None]:
        """A finished database that nobody writes any more, readable as `name` in every job of the writer meanwhile."""
        if self._writer is None:
            raise StoreBroken("the store was opened for reading only")
        async with self._queue:
            await self._writer.execute(f"attach ? as {name}", (f"{path.absolute().as_uri()}?mode=ro&immutable=1",))
        try:
            yield
        finally:
            async with self._queue:
                await self._writer.execute(f"detach {name}")

    async def advance(self) -> None:
        """A new generation when something was written since the last one: a copy of the database made before can be told from it."""
        if self._writer is not None and self._writer.total_changes != self._changes:
            await self._generation_is(await self._generation_now() + 1)

    async def take_over(self) -> None:
        """This database is the one from now on, whatever was noted before."""
        await self._generation_is(max(await self._generation_now(), self._generation.noted()) + 1)

    async def refuse_older(self) -> None:
        """Raises StoreBroken when somebody has put a database here that does not know what was written after it."""
        here, noted = await self._generation_now(), self._generation.noted()
        if here < noted:
            raise StoreBroken(
                f"{self.path} is older than what was done here (its generation is {here}, {noted} was noted): calls and wishes since then"
                " are missing in it; put the newer database back, or, if this one is to be used, run `collectord restore` without a file"
            )

    async def _generation_now(self) -> int:
        assert self._writer is not None
        async with self._queue:
            found: Any = await self._writer.execute_fetchall("select value from meta where key = 'generation'")
        return int(found[0]["value"]) if found else 0

    async def _generation_is(self, number: int) -> None:
        async def job(conn: Connection) -> int:
            await conn.execute("insert or replace into meta (key, value) values ('generation', ?)", (str(number),))
            return conn.total_changes

        self._changes = await self.write(job)
        self._generation.note(number)

    async def look_over(self) -> None:
        """Reads the whole file. Raises StoreBroken when the disk has spoilt it; then nothing is written any more until a restart."""
        try:
            found = await asyncio.to_thread(_damage, self.path)
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith("SQLITE_BUSY"):
                return
            if not name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR")):
                raise StoreBroken(f"{self.path} could not be looked over ({error})") from error
            found = str(error)
        if found:
            self.failed = f"{self.path} is damaged ({found}); stop collectord and restore a backup"
            raise StoreBroken(self.failed)

    async def back_up(self, target: Path) -> None:
        """A consistent copy of the whole database while work goes on. Raises StoreBroken when the file cannot be written."""
        if self._reader is None:
            raise StoreBroken("the store is not open")
        if target.exists():
            raise StoreBroken(f"{target} exists already; name a new file")
        old_mask = os.umask(0o077)
        try:
            async with self._read_queue, aiosqlite.connect(target) as copy:
                await self._reader.backup(copy)
            self._changes = -1
            await self.advance()  # whatever comes now, the copy is the older one
        except sqlite3.Error as error:
            raise StoreBroken(f"{target}: {error}; choose another place") from error
        finally:
            os.umask(old_mask)


def _damage(path: Path) -> str:
    """What SQLite finds wrong with the file, empty when it is whole."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT / 1000)
    try:
        found = str(connection.execute("pragma quick_check(1)").fetchone()[0])
    finally:
        connection.close()
    return "" if found == "ok" else " ".join(found.split())[:200]


async def _connect(path: Path, *, read_only: bool, cold: bool = False) -> Line:
    """Opened and set up. A cancelled caller leaves no thread behind that would outlive the event loop."""
    opening = asyncio.ensure_future(_open(path, read_only=read_only, cold=cold))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        if not opening.cancelled() and opening.exception() is None:
            await opening.result().close()
        raise


async def _open(path: Path, *, read_only: bool, cold: bool) -> Line:
    """`cold`: nobody writes, and nobody can."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}{'&immutable=1' if cold else ''}"
    connection = Line(
        lambda: sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT / 1000, check_same_thread=False),
        iter_chunk_size=64,
    )
    try:
        await connection
    except sqlite3.Error:
        await asyncio.to_thread(connection._thread.join)  # told to end: it answers to the event loop, which must be there
        raise
    connection.row_factory = Row
    try:
        await connection.execute(f"pragma busy_timeout = {BUSY_TIMEOUT}")
        await connection.execute("pragma foreign_keys = on")
        if not read_only:
            await connection.execute("pragma journal_mode = wal")
            await connection.execute("pragma synchronous = full")
            await connection.execute("pragma secure_delete = on")
            await connection.execute(f"pragma wal_autocheckpoint = {LOG_PAGES}")
    except sqlite3.Error:
        await connection.close()  # its thread would keep the process alive
        raise
    return connection


async def _prepare(connection: Connection, path: Path) -> None:
    """Creates the schema in one transaction, brings up to date what is earlier or lacks something; refuses what it does not know."""
    schema = "\n".join(resources.files("collectord.edge.store").joinpath(name).read_text(encoding="utf-8") for name in SCHEMA)
    async with connection.execute("select count(*) as n from sqlite_master where name = 'meta'") as cursor:
        row: Any = await cursor.fetchone()
    if row["n"] == 0:
        await connection.executescript(
            f"begin immediate;\n{schema}\n;insert into meta values"
            f" ('schema_version', '{SCHEMA_VERSION}'), ('schema_digest', '{digest(schema)}'), ('live', 'config'), ('paused', 'no'),"
            " ('generation', '1');\ncommit;"
        )
        return
    async with connection.execute("select value from meta where key = 'schema_version'") as cursor:
        row = await cursor.fetchone()
    found = row["value"] if row else "none"
    if found in map(str, range(1, SCHEMA_VERSION)):
        await migrate(connection, schema, found=int(found), to=SCHEMA_VERSION)
    elif found == str(SCHEMA_VERSION) and not await is_whole(connection, schema):
        await migrate(connection, schema, found=SCHEMA_VERSION, to=SCHEMA_VERSION)
    elif found != str(SCHEMA_VERSION):
        raise StoreBroken(f"{path}: schema version {found}, this collectord knows {SCHEMA_VERSION}; install the version that wrote it")


async def _go_on(database: Database) -> None:
    await database.refuse_older()
    await database.advance()


def open_store(state_dir: Path) -> AbstractAsyncContextManager[Database]:
    """Opens the store for writing (and reading). Raises StoreBusy when another process writes, StoreBroken when it cannot be used."""
    return _opened(state_dir, _go_on)


def open_restored(state_dir: Path) -> AbstractAsyncContextManager[Database]:
    """As `open_store`, after a person has said that the database there is the right one."""
    return _opened(state_dir, Database.take_over)


@asynccontextmanager
async def _opened(state_dir: Path, begin: Callable[[Database], Awaitable[None]]) -> AsyncIterator[Database]:
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreBroken(f"state_dir {state_dir}: {error.strerror}; create it or change state_dir") from error
    refuse_network_disk(state_dir)
    lock = StateLock(state_dir)
    try:
        taken = lock.take()
    except OSError as error:
        raise StoreBroken(f"state_dir {state_dir}: {error.strerror}; it must be writable for collectord's user") from error
    if not taken:
        raise StoreBusy(f"another collectord is working on {state_dir}")
    database = Database(state_dir / "collectord.db")
    try:
        old_mask = os.umask(0o077)
        try:
            database._writer = await _connect(database.path, read_only=False)
            await _prepare(database._writer, database.path)
            await begin(database)
        except OSError as error:
            raise StoreBroken(f"state_dir {state_dir}: {error.strerror}; it must be writable for collectord's user") from error
        except sqlite3.Error as error:
            raise StoreBroken(f"{database.path}: {error}; restore a backup or move the file away") from error
        finally:
            os.umask(old_mask)
        database._reader = await _connect(database.path, read_only=True)
        yield database
    finally:
        for close in database.at_close:
            await close()
        for connection in (database._reader, database._writer):
            if connection is not None:
                await connection.close()
        lock.release()


@asynccontextmanager
async def open_for_reading(state_dir: Path) -> AsyncIterator[Database]:
    """Opens the store read-only, beside a running daemon. Raises StoreBroken when there is none yet."""
    database = Database(state_dir / "collectord.db")
    if not database.path.exists():
        raise StoreBroken(f"there is no database in {state_dir} yet; run `collectord import` or `collectord run` first")
    try:
        cold = not os.access(state_dir, os.W_OK) and not database.path.with_name(f"{database.path.name}-wal").exists()
        database._reader = await _connect(database.path, read_only=True, cold=cold)
    except sqlite3.Error as error:
        raise StoreBroken(f"{database.path}: {error}") from error
    try:
        yield database
    finally:
        await database._reader.close()
