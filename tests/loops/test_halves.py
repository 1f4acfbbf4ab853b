"""A large file that two readers share comes to what one reader makes of it, and whatever is unusual about it is left to one."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.intake import Receipt
from collectord.core.house import House
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store.connection import open_store
from collectord.loops import halves
from collectord.loops.intake import IntakeEdges, import_file
from collectord.loops.intake_edges import turn_of
from tests.loops.near_reader import NearReader
from tests.loops.test_changed_lines import LEDGER, told

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
HEADER = "company;debtor_no;debtor_name;item_no;due_on;open_amount;phone;note\n"


def row(n: int, **given: str) -> str:
    cells = {"company": str(n % 2), "no": str(n // 4), "name": f"Debtor {n // 4}", "item": f"R{n}", "amount": f"{n % 50 - 10 or 7}.00"}
    cells |= given
    start = f"{cells['company']};{cells['no']};{cells['name']};{cells['item']}"
    return f"{start};2026-11-0{n % 9 + 1};{cells['amount']};0221/{1000000 + n // 4};\n"


def rows(numbers: range) -> str:
    return "".join(map(row, numbers))


class Place:
    def __init__(self, root: Path, edges: IntakeEdges, readers: list[NearReader]) -> None:
        self.root, self.edges, self.readers = root, edges, readers

    async def take(self, text: str | bytes, day: int = 20) -> Receipt:
        (self.root / "op.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return await import_file(self.edges, self.root / "op.csv", source=None, mode=None, as_of=date(2026, 11, day), now=MONDAY)

    def ledger(self) -> list[Any]:
        conn = sqlite3.connect(self.root / "state" / "collectord.db")
        try:
            return [conn.execute(query).fetchall() for query in LEDGER]
        finally:
            conn.close()

    @property
    def shared(self) -> bool:
        """What two readers had filled was gone on with."""
        return any(order.half for order in self.readers[0].orders)


@pytest.fixture
async def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Place, Place]]:
    """(two readers, one reader)"""
    monkeypatch.setattr(halves, "_cores", lambda: 2)
    made = []
    for name in ("two", "one"):
        folders = ExchangeFolders(tmp_path / name / "exchange", quiet_for=timedelta(0))
        folders.create()
        made.append(folders)
    async with open_store(tmp_path / "two" / "state") as two, open_store(tmp_path / "one" / "state") as one:
        found = []
        for db, folders in zip((two, one), made, strict=True):
            ticks = count()
            edges = IntakeEdges(
                db=db, folders=folders, house=House(language="en"),
                new_id=lambda ticks=ticks: new_id(MONDAY + timedelta(milliseconds=next(ticks))),  # type: ignore[misc]
            )  # fmt: skip
            readers = [NearReader(), NearReader()]
            turn_of(edges).reader, turn_of(edges).helper = readers
            found.append(Place(folders.root.parent, edges, readers))
        yield found[0], found[1]


async def both(places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> tuple[Receipt, bool]:
    """The receipt that both ways come to, and whether two readers shared the work."""
    two, one = places
    with monkeypatch.context() as smaller:
        smaller.setattr(halves, "LARGE", 1)
        first = await two.take(text)
    second = await one.take(text)
    assert told(first) == told(second)
    assert two.ledger() == one.ledger()
    assert not one.shared
    assert [path for place in places for path in (place.root / "state" / "scratch").iterdir()] == []
    return first, two.shared


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_two_readers_come_to_what_one_does(places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    text = "\ufeff" + (HEADER + rows(range(3_000))).replace("\n", end)
    receipt, shared = await both(places, monkeypatch, text)
    assert (receipt.status, receipt.opened, shared) == ("accepted", 3_000, True)
    later = await places[0].take(HEADER + rows(range(2_990)), 21)  # the lines of both halves are known
    assert (later.unchanged, places[0].readers[0].answers[-1].parsed) == (2_990, 0)


async def test_contradictions_twins_and_bad_rows_across_the_halves_are_found(
    places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    text = HEADER + rows(range(3_000)) + row(5, amount="77.00") + row(6) + row(9_000, amount="1e9") + row(7, name="Anders", item="R9001")
    receipt, shared = await both(places, monkeypatch, text)
    assert ([bad.line for bad in receipt.rejected], shared) == ([7, 3_002, 3_004], True)


UNUSUAL = {
    "a record over the middle": HEADER + rows(range(60)) + row(60, name='"' + "Zeile\n" * 3_000 + '"') + rows(range(61, 80)),
    "an open quote in the first half": HEADER + rows(range(50)) + row(50, name='"offen') + rows(range(51, 100)),
    "an open quote in the second half": HEADER + rows(range(90)) + row(90, name='"offen') + rows(range(91, 100)),
    "a byte that is no text": (HEADER + rows(range(100))).encode() + b"0;9;M\xfcller;R9;2026-11-01;1.00;;\n",
    "cut off": (HEADER + rows(range(100)))[:-20],
    "one long line": HEADER.replace("note\n", "note " + "x" * 80_000 + "\n") + rows(range(3)),
    "a mark in the middle": HEADER + ("\ufeff" + rows(range(1))) * 100,
    "empty": "",
    "no header": rows(range(100)),
}


@pytest.mark.parametrize("text", UNUSUAL.values(), ids=UNUSUAL.keys())
async def test_what_is_unusual_is_read_as_a_whole(
    places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch, text: str | bytes
) -> None:  # fmt: skip
    _, shared = await both(places, monkeypatch, text)
    assert not shared


async def test_a_reader_that_dies_over_its_half_costs_nothing_but_time(
    places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    place = places[0]
    turn_of(place.edges).reader = turn_of(place.edges).helper = None  # real processes from here on
    monkeypatch.setattr(halves, "LARGE", 1)
    killed: list[int] = []
    started = halves._helper

    def helper(edges: IntakeEdges) -> Any:
        found = started(edges)
        whole = found._start

        async def start() -> Any:
            process = await whole()
            if not killed:
                os.kill(process.pid, signal.SIGKILL)
                killed.append(process.pid)
            return process

        monkeypatch.setattr(found, "_start", start)
        return found

    monkeypatch.setattr(halves, "_helper", helper)
    receipt = await place.take(HEADER + rows(range(2_000)))
    assert (receipt.status, receipt.opened, len(killed)) == ("accepted", 2_000, 1)
