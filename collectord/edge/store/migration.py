"""Migration: a store of an earlier version, or one that lacks something, becomes one of today's, in one transaction.

Owns the way from each version to the next, and what a whole store has. Knows the meaning of no row but where it moves.
Invariant: killed at any moment, the store is either as it was or as a fresh one with the same rows; done again, it goes through.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import aiosqlite

VERSIONED = {"item": "item_version", "debtor": "debtor_version", "debtor_number": "number_version", "clearing": "clearing_version"}
"""Tables of version 1 whose rows are versions since 2. Their former names are views now."""
MADE = re.compile(r"^create (?:unique )?(?:table|index|view|trigger) (\w+)", re.MULTILINE)
FORMER_INDEXES = ("task_ready", "one_live_attempt_per_agent")  # gone, or another one today: made anew
STAGING = ("staged_item", "staged_debtor", "staged_number")  # of version 1: a file that was being read is read again


async def migrate(conn: aiosqlite.Connection, schema: str, *, found: int, to: int) -> None:
    """From any version before, or from today's where it is not whole. The connection is in no transaction."""
    moved = VERSIONED if found == 1 else {}
    await conn.execute("begin immediate")
    try:
        for table in STAGING:
            await conn.execute(f"drop table if exists {table}")
        for index in FORMER_INDEXES:
            await conn.execute(f"drop index if exists {index}")
        for table in moved:
            for index in await _names(
                conn, "select name from sqlite_master where type = 'index' and sql is not null and tbl_name = ?", table
            ):
                await conn.execute(f"drop index {index}")
            await conn.execute(f"alter table {table} rename to former_{table}")
        for kind in ("trigger", "view"):  # they hold nothing, and may be others today
            for name in await _names(conn, "select name from sqlite_master where type = ?", kind):
                await conn.execute(f"drop {kind} {name}")
        await _add_columns(conn, schema)  # before the indexes on them
        there = set(await _names(conn, "select name from sqlite_master"))
        for statement, name in _statements(schema):
            if name not in there:
                await conn.execute(statement)
        for table, versions in moved.items():
            columns = ", ".join(await _columns(conn, f"former_{table}"))
            await conn.execute(f"insert into {versions} ({columns}) select {columns} from former_{table}")
            await conn.execute(f"drop table former_{table}")
        await conn.execute("update meta set value = ? where key = 'schema_version'", (str(to),))
        await conn.execute("insert or replace into meta values ('schema_digest', ?)", (digest(schema),))
        await conn.execute("update planning set basis = ''")  # nobody knows who was touched meanwhile: everybody is looked at
        await conn.execute("commit")
    except BaseException:
        if conn.in_transaction:
            await conn.execute("rollback")
        raise


def digest(schema: str) -> str:
    return hashlib.sha256(schema.encode()).hexdigest()[:16]


async def is_whole(conn: aiosqlite.Connection, schema: str) -> bool:
    """Whether a store of today's version has all that a fresh one has: some were made when the version was still being built."""
    known = await _names(conn, "select value as name from meta where key = 'schema_digest'")
    there = set(await _names(conn, "select name from sqlite_master"))
    return known == [digest(schema)] and set(MADE.findall(schema)) <= there


async def _names(conn: aiosqlite.Connection, query: str, *parameters: str) -> list[str]:
    return [row["name"] for row in await _rows(conn, query, *parameters)]


async def _columns(conn: aiosqlite.Connection, table: str) -> list[str]:
    return await _names(conn, "select name from pragma_table_info(?)", table)


async def _rows(conn: aiosqlite.Connection, query: str, *parameters: str) -> list[Any]:
    return list(await conn.execute_fetchall(query, parameters))


async def _add_columns(conn: aiosqlite.Connection, schema: str) -> None:
    """What tables of the earlier version lack; others come as a whole. New columns stand at the end: nobody may read by position."""
    fresh = sqlite3.connect(":memory:")
    try:
        fresh.executescript(schema)
        tables = [name for (name,) in fresh.execute("select name from sqlite_master where type = 'table'")]
        wanted = {
            table: list(fresh.execute('select name, type, "notnull", dflt_value from pragma_table_info(?)', (table,))) for table in tables
        }
    finally:
        fresh.close()
    for table, columns in wanted.items():
        known = set(await _columns(conn, table))
        for name, kind, required, default in columns:
            if known and name not in known:
                rest = (" not null" if required else "") + (f" default {default}" if default is not None else "")
                await conn.execute(f"alter table {table} add column {name} {kind}{rest}")


def _statements(schema: str) -> Iterator[tuple[str, str]]:
    """(statement, the name of what it makes; a row that a fresh store begins with has the name of its table)."""
    statement = ""
    for line in schema.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            words = " ".join(row.partition("--")[0] for row in statement.splitlines()).split()
            yield statement, words[words.index("into" if words[0] == "insert" else _made(words)) + 1]
            statement = ""


def _made(words: list[str]) -> str:
    return next(word for word in words if word in ("table", "index", "view", "trigger"))
