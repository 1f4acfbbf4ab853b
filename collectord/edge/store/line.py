"""A line to the database: one connection, the driver of the named SQL on it, and the shape of a row.

Owns in which thread a statement runs and how a commit waits for the disk. Knows no table and no transaction.
Invariant: a statement runs in one place at a time, in the line's thread or in the event loop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from importlib import resources
from typing import Any, TypeVar, cast

import aiosql
import aiosqlite
from aiosql.adapters.aiosqlite import AioSQLiteAdapter

T = TypeVar("T")
Connection = aiosqlite.Connection
LOG_PAGES = 1_000  # that a commit leaves in the log; more are moved to their places, which takes 20 ms and more …
LOG_PAGES_UNSEEN = 200  # … and less where the next one, which counts, is not to wait for that


class Line(aiosqlite.Connection):
    """A connection whose statements run in its thread, or while `here` is set in the event loop itself.

    One row by its key, measured: 7 microseconds here, 30 to 40 through an idle process's thread; in a busy one the thread also waits
    for its turn (daemon.SWITCH_EVERY). Only one job has the connection at a time, so the two never meet.
    """

    here = False
    synced = True  # a commit waits until it is on disk

    async def wait_for_disk(self, synced: bool) -> None:
        """Of the commits to come, and how much log they may leave behind. Between transactions only; touches no disk itself."""
        if self.synced != synced:
            here, self.here = self.here, True
            try:
                await self.execute(f"pragma synchronous = {'full' if synced else 'normal'}")
                await self.execute(f"pragma wal_autocheckpoint = {LOG_PAGES if synced else LOG_PAGES_UNSEEN}")
            finally:
                self.here = here
            self.synced = synced

    async def in_one_trip(self, job: Coroutine[Any, Any, T]) -> T:
        """All of `job` in the line's thread, where it waits for nothing but its statements: one change of threads, not one for each."""

        def run() -> T:
            self.here = True
            try:
                job.send(None)
            except StopIteration as end:
                return cast("T", end.value)
            finally:
                job.close()  # one that would wait for something else is taken back
                self.here = False
            raise RuntimeError("a job in one trip waits for nothing but its statements")

        return cast("T", await super()._execute(run))  # type: ignore[no-untyped-call]

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.here:
            return fn(*args, **kwargs)
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]


class OneTrip(AioSQLiteAdapter):
    """aiosql's driver with one trip to the connection's thread a statement, where its own makes three (execute, fetch, close).

    A gate asks a dozen statements; on a machine that Asterisk keeps busy each trip costs a change of threads.
    """

    async def select(self, conn: Connection, _name: str, sql: str, parameters: Any, record_class: Any = None) -> AsyncIterator[Any]:
        for row in await conn.execute_fetchall(sql, parameters):
            yield row

    async def select_one(self, conn: Connection, _name: str, sql: str, parameters: Any, record_class: Any = None) -> Any:
        return next(iter(await conn.execute_fetchall(sql, parameters)), None)

    async def select_value(self, conn: Connection, _name: str, sql: str, parameters: Any) -> Any:
        row = next(iter(await conn.execute_fetchall(sql, parameters)), None)
        return None if row is None else row[0]

    async def insert_update_delete(self, conn: Connection, _name: str, sql: str, parameters: Any) -> int:
        return (await conn.execute(sql, parameters)).rowcount  # done when it returns: nothing is left to be closed


def queries(name: str) -> Any:
    """The named SQL of `sql/NAME.sql`."""
    text = resources.files("collectord.edge.store").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    driver: Any = OneTrip  # the protocol's signatures are those of other drivers
    return aiosql.from_str(text, driver, mandatory_parameters=False)


class Row(sqlite3.Row):
    """A row by column name and by position, made in C; iterating gives its values."""

    def values(self) -> tuple[Any, ...]:
        return tuple(self)

    def __eq__(self, other: object) -> bool:
        return dict(self) == other if isinstance(other, Mapping) else super().__eq__(other)

    __hash__ = sqlite3.Row.__hash__

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self.keys() else default
