"""A snapshot that is compared by lines comes to what reading the whole of it comes to, whatever was edited; any doubt reads the whole."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectord.core.exports.intake import Receipt
from collectord.core.house import House
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store.connection import Database, open_store
from collectord.loops.intake import IntakeEdges, import_file
from tests.loops.near_reader import NearReader, near

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
NAMES = ("Muster GmbH", "Müller & Co", "Zeile 1\nZeile 2", 'Der "Große"', "A;B", " Rand ")
LEDGER = (
    "select company, debtor_no, item_no, source, state, due_on, open_amount, currency, kind, dispute, opened_as_of, changed_as_of,"
    " cleared_as_of, digest, doubtful from item order by 1, 2, 3",
    "select company, debtor_no, debtor_name, country, digest, source from exported_debtor order by 1, 2",
    "select company, debtor_no, position, raw, e164 from exported_number order by 1, 2, 3",
    "select company, debtor_no, item_no, as_of, amount, currency from clearing order by 1, 2, 3, 4, 5",
    "select company, debtor_no, line, column_name from row_reject order by 1, 2, 3, 4",
    "select as_of, status, mode, group_concat(company) from batch left join batch_scope on batch_id = id group by id order by seq",
)


@dataclass(frozen=True)
class Row:
    company: str
    debtor: int
    item: int
    amount: str = "10.00"
    name: str = "Muster GmbH"
    phone: str = ""
    quoted: bool = False
    due: str = "2026-11-01"

    def text(self) -> str:
        cells = [self.company, str(self.debtor), self.name, f"R{self.item}", self.due, self.amount, self.phone]
        return ";".join(_quoted(cell) if self.quoted or any(sign in cell for sign in '";\n') else cell for cell in cells)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


HEADER = "company;debtor_no;debtor_name;item_no;due_on;open_amount;phone"


def export(rows: list[Row], header: str = HEADER, end: str = "\n") -> str:
    return end.join([header, *(row.text() for row in rows)]) + end


class Place:
    """One store; `forgetful` reads every file as a whole."""

    def __init__(self, root: Path, db: Database, *, forgetful: bool) -> None:
        folders = ExchangeFolders(root / "exchange", quiet_for=timedelta(0))
        folders.create()
        ticks = count()
        self.edges = IntakeEdges(
            db=db, folders=folders, house=House(language="en"), new_id=lambda: new_id(MONDAY + timedelta(milliseconds=next(ticks)))
        )  # fmt: skip
        self.reader: NearReader = near(self.edges)
        self.root, self.forgetful = root, forgetful

    async def take(self, text: str, day: int, **options: Any) -> Receipt:
        if self.forgetful:
            shutil.rmtree(self.root / "state" / "lines", ignore_errors=True)
        path = self.root / "op.csv"
        path.write_bytes(text.encode())
        return await import_file(
            self.edges, path, source=options.get("source"), mode=options.get("mode"), as_of=date(2026, 11, day),
            now=MONDAY + timedelta(days=30),
        )  # fmt: skip

    def ledger(self) -> list[Any]:
        conn = sqlite3.connect(self.root / "state" / "collectord.db")
        try:
            return [conn.execute(query).fetchall() for query in LEDGER]
        finally:
            conn.close()

    @property
    def parsed(self) -> int:
        """Records of the last file that were looked into."""
        return self.reader.answers[-1].parsed


@asynccontextmanager
async def places() -> AsyncIterator[tuple[Place, Place]]:
    """(compares by lines, reads the whole)"""
    with tempfile.TemporaryDirectory() as folder:
        quick, whole = Path(folder) / "quick", Path(folder) / "whole"
        async with open_store(quick / "state") as one, open_store(whole / "state") as other:
            yield Place(quick, one, forgetful=False), Place(whole, other, forgetful=True)


def told(receipt: Receipt) -> dict[str, Any]:
    return {**receipt.as_json(), "batch": "", "stored_as": "", "reason": re.sub("[0-9a-z]{18}", "", receipt.reason or "")}


rows_of_a_file = st.lists(
    st.builds(
        Row, company=st.sampled_from(["", "20"]), debtor=st.integers(1, 6), item=st.integers(1, 30),
        amount=st.sampled_from(["10.00", "-3.50"]), quoted=st.booleans(),
    ),
    min_size=8, max_size=40, unique_by=lambda row: (row.company, row.debtor, row.item),
)  # fmt: skip


@st.composite
def edits(draw: st.DrawFn) -> list[Any]:
    """What happens to a file until the next one."""
    return draw(
        st.lists(
            st.one_of(
                st.tuples(st.just("drop"), st.integers(0, 60)),
                st.tuples(st.just("amount"), st.integers(0, 60), st.sampled_from(["1.00", "0.00", "99.99", "-1.00", "x"])),
                st.tuples(st.just("name"), st.integers(1, 6), st.sampled_from(NAMES)),
                st.tuples(st.just("name of one row"), st.integers(0, 60), st.sampled_from(NAMES)),
                st.tuples(st.just("phone"), st.integers(1, 6), st.sampled_from(["0221/1234567", "0900 1", ""])),
                st.tuples(st.just("new"), st.sampled_from(["", "20", "30"]), st.integers(1, 8), st.integers(31, 60)),
                st.tuples(st.just("twice"), st.integers(0, 60)),
                st.tuples(st.just("quote"), st.integers(0, 60)),
                st.tuples(st.just("turn round"), st.just(0)),
                st.tuples(st.just("move to debtor"), st.integers(0, 60), st.integers(1, 6)),
            ),
            max_size=4,
        )
    )


def edited(rows: list[Row], changes: list[Any]) -> list[Row]:
    rows = list(rows)
    for what, *how in changes:
        at = how[0] % len(rows) if rows and isinstance(how[0], int) else 0
        match what:
            case "drop" if len(rows) > 1:
                del rows[at]
            case "amount":
                rows[at] = replace(rows[at], amount=how[1])
            case "name":
                rows = [replace(row, name=how[1]) if row.debtor == how[0] else row for row in rows]
            case "name of one row":
                rows[at] = replace(rows[at], name=how[1])
            case "phone":
                rows = [replace(row, phone=how[1]) if row.debtor == how[0] else row for row in rows]
            case "new":
                rows.append(Row(how[0], how[1], how[2], name=next((row.name for row in rows if row.debtor == how[1]), "Neu")))
            case "twice":
                rows.append(rows[at])
            case "quote":
                rows[at] = replace(rows[at], quoted=not rows[at].quoted)
            case "turn round":
                rows.reverse()
            case "move to debtor":
                rows[at] = replace(rows[at], debtor=how[1])
    return rows


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows_of_a_file, st.lists(edits(), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_for_all_edits_both_ways_come_to_the_same(rows: list[Row], days: list[list[Any]], end: str) -> None:
    async def both() -> None:
        async with places() as (quick, whole):
            file = rows
            for day, changes in enumerate([[], *days], 1):
                file = edited(file, changes)
                receipts = [await place.take(export(file, end=end), day) for place in (quick, whole)]
                assert told(receipts[0]) == told(receipts[1])
                assert quick.ledger() == whole.ledger()

    asyncio.run(both())


@pytest.fixture
async def quick() -> AsyncIterator[Place]:
    async with places() as (place, _):
        yield place


def some(n: int = 40) -> list[Row]:
    return [Row("", at // 4, at) for at in range(n)]


async def test_only_what_changed_is_parsed(quick: Place) -> None:
    await quick.take(export(some()), 1)
    assert quick.parsed == 40
    rows = [replace(some()[3], amount="4.00"), *some()[4:], Row("", 77, 77), *some()[1:3]]
    receipt = await quick.take(export(rows), 2)
    assert (quick.parsed, receipt.opened, receipt.changed, receipt.cleared, receipt.unchanged) == (2, 1, 1, 1, 38)
    receipt = await quick.take(export(rows[1:]), 3)
    assert (quick.parsed, receipt.cleared, receipt.unchanged) == (0, 1, 39)


async def test_a_name_with_a_line_break_and_quotes_is_one_record(quick: Place) -> None:
    rows = [replace(row, name='Zeile 1\nZeile; "2"') for row in some()]
    await quick.take(export(rows), 1)
    receipt = await quick.take(export([replace(rows[0], amount="1.00"), *rows[1:]]), 2)
    assert (quick.parsed, receipt.changed, receipt.unchanged) == (1, 1, 39)


@pytest.mark.parametrize(
    "between",
    [
        {"mode": "delta", "text": export([replace(some()[0], amount="5.00")])},
        {"source": "other", "text": export([some()[0]])},
        {"source": "other", "text": export([replace(some()[0], item=99, name="Anders")])},
    ],
    ids=["a delta of the source", "another source takes an item over", "another source renames a debtor"],
)
async def test_when_somebody_else_touched_what_the_source_told_the_whole_is_read(quick: Place, between: dict[str, Any]) -> None:
    await quick.take(export(some()), 1)
    await quick.take(between.pop("text"), 2, **between)
    receipt = await quick.take(export([*some()[1:], replace(some()[0], due="2026-11-02")]), 3)
    assert (quick.parsed, receipt.status) == (40, "accepted")


async def test_another_source_with_debtors_of_its_own_disturbs_nothing(quick: Place) -> None:
    await quick.take(export(some()), 1)
    await quick.take(export([Row("", 900, 900)]), 2, source="other")
    await quick.take(export(some()[:-1]), 3)
    assert quick.parsed == 0


@pytest.mark.parametrize(
    "second",
    [
        export(some(), header=HEADER + ";email").replace(";\n", ";;\n"),
        export([*some(), replace(some()[0], amount="7.00")]),
        export([*some(), Row("", 1, 99, amount="abc")]),
        export([replace(some()[0], name="Halb"), *some()[1:]]),
        export([replace(row, amount="1.00") for row in some()]),
    ],
    ids=["another header", "an item twice", "a bad row", "a debtor with two names", "most of it is new"],
)
async def test_a_doubt_means_the_whole_file(quick: Place, second: str) -> None:
    await quick.take(export(some()), 1)
    await quick.take(second, 2)
    assert quick.parsed >= 40


@pytest.mark.parametrize(
    "more", [some()[0], Row("", 99, 99, amount="0"), replace(some()[0], item=50, name="X")], ids=["a twin", "nothing open", "two names"]
)
async def test_a_snapshot_that_is_not_plain_leaves_no_lines_for_the_next(quick: Place, more: Row) -> None:
    await quick.take(export([*some(), more]), 1)
    receipt = await quick.take(export(some()), 2)
    assert (quick.parsed, receipt.status) == (40, "accepted")


async def test_a_held_snapshot_is_not_what_the_next_is_compared_with(quick: Place) -> None:
    await quick.take(export(some()), 1)
    assert (await quick.take(export(some()[:20]), 2)).status == "held"
    receipt = await quick.take(export(some()[:39]), 3)
    assert (quick.parsed, receipt.cleared, receipt.status) == (0, 1, "accepted")


async def test_a_damaged_or_foreign_lines_file_is_as_good_as_none(quick: Place) -> None:
    await quick.take(export(some()), 1)
    lines = quick.root / "state" / "lines" / "canonical"
    whole = lines.read_bytes()
    for day, content in enumerate([whole[:-3], whole.replace(b'"probe": ', b'"probe": 1'), b"", b"{}\n", whole[:40]], 2):
        lines.write_bytes(content)
        receipt = await quick.take(export(some()[day:]), day)
        assert (quick.parsed, receipt.status) == (40 - day, "accepted")


async def test_a_company_that_the_file_no_longer_names_is_left_alone(quick: Place) -> None:
    rows = [replace(row, company="10" if row.debtor < 5 else "20") for row in some()]
    await quick.take(export(rows), 1)
    receipt = await quick.take(export([row for row in rows if row.company == "10"][1:]), 2)
    assert (quick.parsed, receipt.cleared, receipt.unchanged) == (0, 1, 19)


async def test_versions_that_wait_to_be_removed_do_not_count(quick: Place) -> None:
    await quick.take(export(some()), 1)
    conn = sqlite3.connect(quick.root / "state" / "collectord.db")
    with conn:
        conn.execute("create temp table old as select * from item_version limit 1")
        conn.execute("update old set item_no = 'R0', since = 0, until = 1")
        conn.execute("insert into item_version select * from old")
    conn.close()
    receipt = await quick.take(export(some()[:39]), 2)
    assert (quick.parsed, receipt.cleared, receipt.unchanged) == (0, 1, 39)


MIXED = "company;debtor_no;debtor_name;item_no;due_on;open_amount;currency;payment_method"


@pytest.mark.parametrize(
    "rows",
    [
        ["a;1;N;R{n};2026-11-01;10.00;EUR;transfer", "b;2;N;S{n};2026-11-30;7.00;CHF;direct_debit"],  # one currency each
        ["a;1;N;R{n};2026-11-01;-3.00;EUR;transfer", "a;1;N;S{n};2026-11-01;7.00;EUR;direct_debit"],  # due direct debits, credits
        ["b;1;N;R{n};2026-11-01;9.00;CHF;direct_debit"],  # nothing else
        ["a;1;N;R{n};2026-11-01;10.00;EUR;transfer", "a;1;N;S{n};2026-11-01;7.00;CHF;direct_debit"],  # two currencies in one company
    ],
)
@pytest.mark.parametrize("others", [0, 200])
async def test_what_was_open_before_is_the_same_in_whatever_order_it_is_added_up(rows: list[str], others: int) -> None:
    async with places() as (quick, whole):
        for place in (quick, whole):
            if others:  # so many of another source that the index is worth it
                text = "".join(f"z;9;N;Z{n};2026-11-01;1.00;EUR;transfer\n" for n in range(others))
                await place.take(f"{MIXED}\n{text}", 18, source="other")
            first = [row.format(n=n) for n in range(12) for row in rows]
            await place.take("\n".join([MIXED, *first]) + "\n", 19)
            await place.take("\n".join([MIXED, *first[:-1]]) + "\n", 20)
        assert quick.parsed == 0
        assert whole.parsed == len(first) - 1
        assert quick.reader.answers[-1].before == whole.reader.answers[-1].before
