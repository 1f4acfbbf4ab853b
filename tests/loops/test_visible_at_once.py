"""An import is seen as a whole or not at all, however it ends and whoever looks; nothing of a held file is in the ledger."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.intake import Receipt
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import ledger, versions
from collectord.edge.store.connection import open_store
from collectord.loops import applying
from collectord.loops.intake import IntakeEdges, import_file
from collectord.loops.intake_edges import turn_of
from collectord.loops.intake_recovery import recover

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
HEADER = "debtor_no;debtor_name;item_no;due_on;open_amount\n"
TABLES = ("item_version", "debtor_version", "number_version", "clearing_version")


class Place:
    def __init__(self, root: Path, edges: IntakeEdges) -> None:
        self.root, self.edges = root, edges

    async def take(self, items: range, amount: str, day: int) -> Receipt:
        path = self.root / "op.csv"
        path.write_text(HEADER + "".join(f"{n // 4};Debtor {n // 4};R{n};2026-11-01;{amount}\n" for n in items))
        return await import_file(self.edges, path, source=None, mode=None, as_of=date(2026, 11, day), now=MONDAY)

    def look(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.root}/state/collectord.db?mode=ro", uri=True, check_same_thread=False)

    def rows(self) -> list[object]:
        conn = self.look()
        try:
            return [sorted(conn.execute(f"select * from {table}").fetchall(), key=repr) for table in TABLES]
        finally:
            conn.close()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    folders = ExchangeFolders(tmp_path / "exchange", quiet_for=timedelta(0))
    folders.create()
    ticks = count()
    async with open_store(tmp_path / "state") as db:
        edges = IntakeEdges(
            db=db, folders=folders, house=House(language="en"), new_id=lambda: new_id(MONDAY + timedelta(milliseconds=next(ticks)))
        )  # fmt: skip
        yield Place(tmp_path, edges)


async def test_whoever_looks_meanwhile_sees_the_old_sum_or_the_new_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "LARGEST", 100)  # many portions
    await place.take(range(4_000), "10.00", 18)
    seen: list[tuple[int, int, int]] = []
    done = threading.Event()
    conn = place.look()

    def look() -> None:
        while not done.is_set():
            seen.append(
                conn.execute(
                    "select (select sum(open_amount) from item where state = 'open'), (select count(*) from clearing),"
                    " (select count(*) from item_version)"
                ).fetchone()
            )

    looking = threading.Thread(target=look)
    looking.start()
    await place.take(range(1_000, 4_400), "9.00", 19)
    done.set()
    looking.join()
    conn.close()
    assert {(total // 10_000, cleared) for total, cleared, _ in seen} == {(40_000, 0), (30_600, 4_000)}
    assert len({versions for *_, versions in seen}) > 10  # it was looked at in the midst of it


@pytest.mark.parametrize("portion", [2, 4_000])
async def test_everybody_of_whom_a_batch_writes_a_version_is_marked_for_the_next_plan_and_nobody_else(
    place: Place, monkeypatch: pytest.MonkeyPatch, portion: int
) -> None:
    monkeypatch.setattr(applying, "FIRST_PORTION", portion)
    monkeypatch.setattr(applying, "LARGEST", portion)
    monkeypatch.setattr(applying, "SMALLEST", 1)
    await place.take(range(40), "10.00", 18)
    conn = sqlite3.connect(place.root / "state/collectord.db")
    assert {row[0] for row in conn.execute("select debtor_no from touched where since > 0")} == {str(n) for n in range(10)}
    conn.execute("delete from touched where debtor_no <> '9'")
    conn.execute("update touched set turn = 0, since = 0")
    conn.execute("update planning set turn = 7")
    conn.commit()
    rows = [(n // 4, f"Debtor {n // 4}", f"R{n}", "10.00") for n in range(40)]
    del rows[0]  # cleared
    rows[10] = (2, "Debtor 2", "R11", "4.00")  # paid in part
    rows[15:19] = [(4, "New Name 4", f"R{n}", "10.00") for n in range(16, 20)]  # only the debtor changes
    rows[35] = (9, "Debtor 9", "R36", "1.00")  # marked already, by an earlier turn
    rows += [(11, "New", "R44", "7.00"), (12, "Nothing but bad", "R48", "7,x")]
    (place.root / "op.csv").write_text(HEADER + "".join(f"{no};{name};{item};2026-11-01;{amount}\n" for no, name, item, amount in rows))
    receipt = await import_file(place.edges, place.root / "op.csv", source=None, mode=None, as_of=date(2026, 11, 19), now=MONDAY)
    assert receipt.status == "accepted"
    marked = {row[0]: row[1:] for row in conn.execute("select debtor_no, turn, since from touched")}
    written = {
        row[0] for table in TABLES[:2] for row in conn.execute(f"select debtor_no from {table} where since = (select number from visible)")
    }
    conn.close()
    assert written == {"0", "2", "4", "9", "11", "12"}
    assert marked == dict.fromkeys(written, (8, 2))


async def test_what_our_ladder_did_meanwhile_is_in_the_version_that_comes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.take(range(2_000), "10.00", 18)
    monkeypatch.setattr(applying, "LARGEST", 50)
    importing = asyncio.ensure_future(place.take(range(2_000), "9.00", 19))
    raised = 0
    while not importing.done():
        item = raised % 2_000
        await place.edges.db.write(
            lambda conn, item=item: ledger.set_contact_level(conn, DebtorKey("", str(item // 4)), [f"R{item}"], 3, date(2026, 11, 19))  # type: ignore[misc]
        )
        raised += 1
    await importing
    conn = place.look()
    levels = dict(conn.execute("select item_no, contact_level from item"))
    conn.close()
    assert raised > 20
    assert [levels[f"R{n}"] for n in range(min(raised, 2_000))] == [3] * min(raised, 2_000)


async def test_nothing_of_a_held_or_rejected_file_is_in_the_ledger(place: Place) -> None:
    await place.take(range(100), "10.00", 18)
    before = place.rows()
    assert (await place.take(range(20), "10.00", 19)).status == "held"
    assert place.rows() == before
    (place.root / "bad.csv").write_text(HEADER + '1;"M;R1;2026-11-01;1.00\n')
    receipt = await import_file(place.edges, place.root / "bad.csv", source=None, mode=None, as_of=None, now=MONDAY)
    assert receipt.status == "rejected"
    assert place.rows() == before


async def test_an_import_that_fails_while_it_is_applied_is_withdrawn_before_the_next(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.take(range(1_000), "10.00", 18)
    before = place.rows()
    whole = versions.carry
    calls = count()

    async def fails(*args: Any, **kwargs: Any) -> None:
        await whole(*args, **kwargs)
        if next(calls) == 3:
            raise RuntimeError("the power of a test")

    with monkeypatch.context() as broken:
        broken.setattr(applying, "LARGEST", 100)
        broken.setattr(versions, "carry", fails)
        with pytest.raises(RuntimeError):
            await place.take(range(100, 1_200), "9.00", 19)
    assert place.rows() != before
    await applying.settle(place.edges.db)
    assert place.rows() == before
    await recover(place.edges, MONDAY)  # the file is still in processing: it takes its ordinary course
    conn = place.look()
    assert conn.execute("select sum(open_amount) from item where state = 'open'").fetchone() == (1_100 * 90_000,)
    conn.close()


async def test_a_reader_that_is_killed_once_is_replaced_and_the_file_is_accepted(place: Place) -> None:
    await place.take(range(10), "10.00", 17)
    importing = asyncio.ensure_future(place.take(range(60_000), "10.00", 18))
    reader = turn_of(place.edges).reader
    assert reader is not None
    first = reader._process
    assert first is not None
    await asyncio.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    receipt = await importing
    assert (receipt.status, receipt.opened) == ("accepted", 59_990)


async def test_a_reader_that_somebody_kills_again_and_again_does_not_cost_the_file(place: Place) -> None:
    await place.take(range(10), "10.00", 17)
    importing = asyncio.ensure_future(place.take(range(3_000), "10.00", 18))
    reader, victims = turn_of(place.edges).reader, set[int]()
    assert reader is not None
    while len(victims) < 4 and not importing.done():
        running = reader._process
        if running is not None and running.returncode is None and running.pid not in victims:
            victims.add(running.pid)
            os.kill(running.pid, signal.SIGKILL)
        await asyncio.sleep(0.01)
    assert (await importing).status == "accepted"
    assert len(victims) == 4


@pytest.mark.parametrize("point", ["reader-filled", "reader-compared"])
async def test_a_file_that_kills_its_reader_twice_is_rejected_with_a_sentence(
    place: Place, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:  # fmt: skip
    monkeypatch.setenv("COLLECTORD_CRASH_AT", point)
    receipt = await place.take(range(10), "10.00", 18)
    assert (receipt.status, receipt.rows) == ("rejected", 0)
    assert "ended the process that read it, twice" in (receipt.reason or "")
    monkeypatch.delenv("COLLECTORD_CRASH_AT")
    assert (await place.take(range(10), "10.00", 18)).status == "accepted"
    assert list((place.root / "state" / "scratch").iterdir()) == []
