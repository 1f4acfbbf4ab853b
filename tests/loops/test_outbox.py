"""Outcomes for accounting: every one exactly once, whatever is killed when."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from collectord.edge.inbox import ExchangeFolders
from collectord.edge.outbox import COLUMNS, OutboxUnwritable
from collectord.loops.outbox import write_outcomes
from tests.loops.desk import HOUSE, Desk, open_desk
from tests.loops.shift import MONDAY, ended, keyed, menu, place, planned, rows_of, say, talk, tell

LATER = MONDAY + timedelta(hours=1)
CRASHES = ("outbox_claimed", "outbox_written", "outbox_staged", "outbox_published")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


def folders(desk: Desk) -> ExchangeFolders:
    return ExchangeFolders(desk.folder / "exchange")


def read(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


async def disputed(desk: Desk, note: str = "") -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed))
    await say(desk, placed, MONDAY + timedelta(minutes=1), disposition="dispute", note=note)


async def test_a_promise_is_told_line_by_line_with_the_block_to_set(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "1", 350, date(2026, 11, 27)), ended(placed))
    path = await write_outcomes(desk.db, HOUSE, folders(desk), LATER)
    assert path is not None
    assert path.name == "outcomes-20261123-110000.csv"  # the house's time
    lines = read(path)
    assert tuple(lines[0]) == COLUMNS
    assert [(r["item_no"], r["promise_amount"], r["currency"], r["promise_on"], r["dunning_block_until"]) for r in lines] == [
        ("R1", "300.00", "EUR", "2026-11-27", "2026-12-01"),
        ("R2", "50.00", "EUR", "2026-11-27", "2026-12-01"),
    ]
    assert {(r["debtor_no"], r["debtor_name"], r["agent"], r["attempt_id"]) for r in lines} == {("10", "Muster", "201", placed.id)}
    assert lines[0]["at"] == "2026-11-23T10:00:05+01:00"


async def test_nothing_new_writes_no_file_and_nothing_is_told_twice(desk: Desk) -> None:
    assert await write_outcomes(desk.db, HOUSE, folders(desk), LATER) is None
    await disputed(desk)
    assert await write_outcomes(desk.db, HOUSE, folders(desk), LATER) is not None
    assert await write_outcomes(desk.db, HOUSE, folders(desk), LATER) is None
    assert len(list(folders(desk).outbox.iterdir())) == 1


async def test_two_files_of_one_second_have_two_names(desk: Desk) -> None:
    await disputed(desk)
    first = await write_outcomes(desk.db, HOUSE, folders(desk), LATER)
    assert first is not None
    first.unlink()  # accounting has taken it away
    (attempt,) = await rows_of(desk, "select * from attempt")
    await desk.db.write(lambda conn: conn.execute("update outcome set exported_in = '' where item_no = 'R1'"))
    second = await write_outcomes(desk.db, HOUSE, folders(desk), LATER)
    assert second is not None
    assert second.name == "outcomes-20261123-110001.csv"
    assert attempt["id"] == read(second)[0]["attempt_id"]


async def test_a_correction_after_the_export_names_what_it_corrects(desk: Desk) -> None:
    placed = await place(desk, await planned(desk))
    await tell(desk, MONDAY, *talk(placed), keyed(placed, "1", "full", date(2026, 11, 27)), ended(placed))
    first = await write_outcomes(desk.db, HOUSE, folders(desk), LATER)
    await tell(desk, LATER, menu(placed, "5"))
    second = await write_outcomes(desk.db, HOUSE, folders(desk), LATER + timedelta(minutes=5))
    assert first is not None
    assert second is not None
    told = {line["outcome_id"] for line in read(first)}
    lines = read(second)
    assert all(outcome_id in lines[0]["note"] for outcome_id in told)
    assert not told & {line["outcome_id"] for line in lines}


async def test_a_cell_that_a_spreadsheet_would_run_is_prefixed(desk: Desk) -> None:
    await disputed(desk, note="=cmd|'/c calc'!A1;\"x\"\r\nsecond line")
    path = await write_outcomes(desk.db, HOUSE, folders(desk), LATER)
    assert path is not None
    assert read(path)[0]["dispute_reason"].startswith("'=cmd|")
    assert len(path.read_bytes().splitlines()) == 3


async def test_an_outbox_that_cannot_be_written_loses_nothing(desk: Desk) -> None:
    await disputed(desk)
    folders(desk).outbox.rename(desk.folder / "away")
    with pytest.raises(OutboxUnwritable, match="check the exchange folder"):
        await write_outcomes(desk.db, HOUSE, folders(desk), LATER)
    (desk.folder / "away").rename(folders(desk).outbox)
    path = await write_outcomes(desk.db, HOUSE, folders(desk), LATER + timedelta(minutes=5))
    assert path is not None
    assert len(read(path)) == 2


SCRIPT = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store.connection import open_store
from collectord.loops.outbox import write_outcomes
from collectord.core.house import House

async def main():
    async with open_store(Path(sys.argv[1]) / "state") as db:
        print(await write_outcomes(db, House(), ExchangeFolders(Path(sys.argv[1]) / "exchange"), datetime.fromisoformat(sys.argv[2])))

asyncio.run(main())
"""


def export(folder: Path, minutes: int, crash: str = "") -> int:
    environment = {**os.environ, "COLLECTORD_CRASH_AT": crash, "PYTHONPATH": str(Path(__file__).parents[2])}
    at = (LATER + timedelta(minutes=minutes)).isoformat()
    return subprocess.run([sys.executable, "-c", SCRIPT, str(folder), at], env=environment, check=False, capture_output=True).returncode


@pytest.mark.parametrize(("crash", "fetched"), [*((crash, "fetched") for crash in CRASHES), ("outbox_published", "left")])
async def test_killed_anywhere_every_outcome_is_told_exactly_once(tmp_path: Path, crash: str, fetched: str) -> None:
    async with open_desk(tmp_path) as desk:
        await disputed(desk)
    seen: list[dict[str, str]] = []
    outbox = tmp_path / "exchange" / "outbox"

    def fetch() -> None:
        for path in sorted(outbox.glob("outcomes-*.csv")):
            seen.extend(read(path))
            path.unlink()

    assert export(tmp_path, 0, crash) == 137
    if fetched == "fetched":
        fetch()
    assert export(tmp_path, 1) == 0
    fetch()
    assert sorted(line["item_no"] for line in seen) == ["R1", "R2"]
    assert len({line["outcome_id"] for line in seen}) == 2
    assert list(outbox.iterdir()) == []
