"""A store of version 1 opens as one of today's and has lost nothing; one of tomorrow's is refused."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.crash import KILLED
from collectord.edge.store import connection, ledger
from collectord.edge.store.connection import SCHEMA_VERSION, StoreBroken, open_store
from collectord.edge.store.line import Line
from collectord.edge.store.restoring import restore

FIRST = Path(__file__).with_name("schema_1.sql")
KEPT = ("batch", "row_reject", "fact", "contact", "task", "attempt", "promise", "outcome", "agent", "caller_id_test", "happening")
MOVED = {"item": "item", "exported_debtor": "debtor", "exported_number": "debtor_number", "clearing": "clearing"}


def old_store(state: Path, *, items: int = 50) -> Path:
    """One row in each table, `items` items, and a batch that was being read when it was stopped."""
    state.mkdir(mode=0o700)
    path = state / "collectord.db"
    conn = sqlite3.connect(path)
    conn.executescript(FIRST.read_text(encoding="utf-8"))
    conn.executemany("insert into meta values (?, ?)", [("schema_version", "1"), ("live", "yes"), ("paused", "no"), ("generation", "4")])
    for table in (*KEPT, *MOVED.values(), "staged_item", "staged_debtor", "staged_number"):
        columns = list(conn.execute('select name, type, "notnull", dflt_value from pragma_table_info(?)', (table,)))
        for n in range(items if table == "item" else 1):
            values = [_value(name, kind, n) for name, kind, _, _ in columns]
            conn.execute(f"insert into {table} ({', '.join(c[0] for c in columns)}) values ({', '.join('?' * len(columns))})", values)
    conn.commit()
    conn.close()
    return path


def _value(name: str, kind: str, n: int) -> Any:
    if kind.lower() == "integer":
        return 7
    if name in ("company", "e164", "zones"):
        return ""
    if name.endswith(("_on", "_of", "_until", "_deadline")) or name == "as_of":
        return "2026-11-01"
    if name.endswith("_at") or name in ("at", "since"):
        return "2026-11-01T08:00:00.000000Z"
    return {"state": "open", "item_no": f"R{n}", "currency": "EUR", "debtor_no": "1", "status": "staging"}.get(name, f"{name} {n}")


def rows(path: Path, table: str) -> list[dict[str, Any]]:
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    found = [dict(row) for row in conn.execute(f"select * from {table}")]
    conn.close()
    return sorted(found, key=repr)


async def test_everything_that_was_recorded_is_there_afterwards(tmp_path: Path) -> None:
    path = old_store(tmp_path / "state")
    before = {table: rows(path, table) for table in (*KEPT, *MOVED.values())}
    async with open_store(tmp_path / "state") as db:
        items = await db.read(lambda conn: ledger.open_items(conn, DebtorKey("", "1"), date(2026, 11, 23)))
        debtor = await db.read(lambda conn: ledger.debtor(conn, DebtorKey("", "1")))
    assert (len(items), items[0].contact_level) == (50, 7)
    assert debtor is not None
    assert debtor.debtor_name == "debtor_name 0"
    for table in KEPT:
        after = rows(path, table)
        assert [{name: row[name] for name in old} for row, old in zip(after, before[table], strict=True)] == before[table]
    for view, table in MOVED.items():
        assert sorted(({name: row[name] for name in before[table][0]} for row in rows(path, view)), key=repr) == before[table]
    assert {row["key"]: row["value"] for row in rows(path, "meta") if row["key"] != "schema_digest"} == {
        "schema_version": str(SCHEMA_VERSION), "live": "yes", "paused": "no", "generation": "5",
    }  # fmt: skip


async def test_a_migrated_store_has_the_schema_of_a_fresh_one(tmp_path: Path) -> None:
    old_store(tmp_path / "old")
    for state in ("old", "fresh"):
        async with open_store(tmp_path / state):
            pass
    assert shape(tmp_path / "old" / "collectord.db") == shape(tmp_path / "fresh" / "collectord.db")


def shape(path: Path) -> dict[str, Any]:
    """Every table's columns (in any order), every view and index as it is written."""
    conn = sqlite3.connect(path)
    found: dict[str, Any] = {}
    for kind, name, sql in conn.execute("select type, name, sql from sqlite_master where name not like 'sqlite_%'").fetchall():
        if kind == "table":
            found[name] = sorted(conn.execute('select name, type, "notnull", dflt_value, pk from pragma_table_info(?)', (name,)))
        else:
            found[name] = sql
    conn.close()
    return found


def test_killed_before_the_end_the_store_is_as_it_was_and_the_next_start_goes_through(tmp_path: Path) -> None:
    path = old_store(tmp_path / "state")
    assert opened_in_a_process(path.parent, "killed") == KILLED
    assert rows(path, "meta")[3]["value"] == "1"
    assert len(rows(path, "staged_item")) == 1
    assert opened_in_a_process(path.parent) == 0
    assert len(rows(path, "item")) == 50


def opened_in_a_process(state: Path, *how: str) -> int:
    return subprocess.run([sys.executable, __file__, str(state), *how], check=False, timeout=60).returncode


async def opened(state: Path) -> None:
    async with open_store(state):
        pass


class KilledAtTheEnd(Line):
    """Ends the process as kill -9 would when everything but the commit is done."""

    def execute(self, sql: str, parameters: Any = None) -> Any:
        if sql == "commit":
            os._exit(KILLED)
        return super().execute(sql, parameters)


async def test_a_store_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state"):
        pass
    path = tmp_path / "state" / "collectord.db"
    conn = sqlite3.connect(path)
    conn.execute("update meta set value = ? where key = 'schema_version'", (SCHEMA_VERSION + 1,))
    conn.commit()
    conn.close()
    said = f"schema version {SCHEMA_VERSION + 1}, this collectord knows {SCHEMA_VERSION}; install the version that wrote it"
    with pytest.raises(StoreBroken, match=said):
        async with open_store(tmp_path / "state"):
            pass


TORN: tuple[tuple[str, ...], ...] = (
    ("drop trigger fact_came", "drop trigger item_altered"),  # all names, other text
    ("drop table touched", "drop table looked_at", "drop table planning"),  # before touched.sql
    ("drop index task_by_state", "drop view debtor"),
    ("drop trigger task_altered", "alter table task drop column own_at", "update meta set value = 'another' where key = 'schema_digest'"),
    (
        "drop trigger fact_came",
        "create trigger fact_came after insert on fact begin select 1; end",
        "delete from meta where key = 'schema_digest'",
    ),
)


@pytest.mark.parametrize("torn", TORN)
async def test_a_store_of_todays_version_that_lacks_something_gets_it_when_it_is_opened_and_keeps_its_rows(
    tmp_path: Path, torn: tuple[str, ...]
) -> None:
    for state in ("state", "fresh"):
        async with open_store(tmp_path / state):
            pass
    path = tmp_path / "state" / "collectord.db"
    conn = sqlite3.connect(path)
    conn.execute("insert into fact (id, at, company, debtor_no, kind) values ('f1', '2026-11-23T08:00:00Z', '', '1', 'wish')")
    conn.execute("update planning set basis = 'everybody was looked at'")
    if "drop table touched" in torn:
        names = [row[0] for row in conn.execute("select name from sqlite_master where type = 'trigger'")]
        torn = (*(f"drop trigger {name}" for name in names), *torn)
    for statement in torn:
        conn.execute(statement)
    conn.commit()
    conn.close()
    for _ in range(2):
        async with open_store(tmp_path / "state"):
            pass
        assert shape(path) == shape(tmp_path / "fresh" / "collectord.db")
    assert [row["id"] for row in rows(path, "fact")] == ["f1"]
    assert [row["basis"] for row in rows(path, "planning")] == [""]
    conn = sqlite3.connect(path)
    conn.execute("update fact set revoked_at = '2026-11-24T08:00:00Z'")
    assert conn.execute("select debtor_no from touched").fetchall() == [("1",)]
    conn.close()


async def test_a_whole_store_is_opened_without_a_write_to_its_schema(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state"):
        pass
    path = tmp_path / "state" / "collectord.db"
    conn = sqlite3.connect(path)
    conn.execute("update planning set basis = 'everybody was looked at'")
    conn.commit()
    version = conn.execute("pragma schema_version").fetchone()
    async with open_store(tmp_path / "state"):
        pass
    assert conn.execute("pragma schema_version").fetchone() == version
    assert [row["basis"] for row in rows(path, "planning")] == ["everybody was looked at"]
    conn.close()


async def test_a_backup_of_version_1_can_be_restored(tmp_path: Path) -> None:
    backup = old_store(tmp_path / "elsewhere")
    await restore(tmp_path / "state", backup, datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert len(rows(tmp_path / "state" / "collectord.db", "item")) == 50
    assert len(rows(backup, "staged_item")) == 1  # the backup stays what it was


def test_the_schema_of_version_1_is_another_one() -> None:
    today = resources.files("collectord.edge.store").joinpath("schema.sql").read_text(encoding="utf-8")
    assert "create table item (" in FIRST.read_text(encoding="utf-8")
    assert "create view item as" in today


if __name__ == "__main__":
    if sys.argv[2:] == ["killed"]:
        vars(connection)["Line"] = KilledAtTheEnd
    asyncio.run(opened(Path(sys.argv[1])))
