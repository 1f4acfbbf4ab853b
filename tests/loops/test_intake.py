"""Intake as a whole: real folders, real SQLite; what a file does to the ledger, and what it must not do."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.intake import IntakeRefused, Receipt
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey, open_total
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store import batches, ledger
from collectord.edge.store.connection import Database, open_store
from collectord.loops.intake import IntakeEdges, accept_batch, import_file, recover, reject_batch, take_inbox
from collectord.loops.quality import quality
from collectord.loops.verdicts import HOME

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
HEADER = "debtor_no;debtor_name;item_no;due_on;open_amount;phone"
FILE_FOLDERS = ("inbox", "processing", "archive", "held", "rejected")


@dataclass
class InHouse:
    """A house with its folders and store."""

    edges: IntakeEdges
    drop: Path
    db: Database

    async def take(self, text: str | bytes, name: str = "op.csv", *, now: datetime = MONDAY, **options: Any) -> Receipt:
        path = self.drop / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        receipt = await import_file(
            self.edges, path, source=options.get("source"), mode=options.get("mode"), as_of=options.get("as_of"), now=now
        )
        assert receipt.rows == receipt.accepted + len(receipt.rejected)
        assert receipt.accepted == receipt.opened + receipt.reopened + receipt.changed + receipt.unchanged
        assert self.where(receipt.batch) == [HOME[receipt.status]]
        stored = json.loads((self.edges.folders.of("receipts") / (Path(receipt.stored_as).stem + ".json")).read_text())
        assert stored == receipt.as_json()
        return receipt

    def where(self, batch_id: str) -> list[str]:
        """The folders that hold a batch's file: always exactly one."""
        return [
            folder for folder in FILE_FOLDERS for path in (self.edges.folders.root / folder).rglob("*") if f"~{batch_id}" in path.name
        ]  # fmt: skip

    async def open(self, debtor_no: str = "1", company: str = "") -> dict[str, str]:
        items = await self.db.read(lambda conn: ledger.open_items(conn, DebtorKey(company, debtor_no), date(2027, 1, 1)))
        return {item.item_no: str(item.open_amount.quantize(Decimal("0.01"))) for item in items}

    async def total(self) -> dict[str, Decimal]:
        async def job(conn: Any) -> dict[str, Decimal]:
            debtors = await ledger.stretch(conn, ledger.FIRST, ledger.LAST, 10_000)
            opened = await ledger.with_items(conn, debtors, date(2027, 1, 1), {}, scattered=False)
            found = [item for _, items in opened for item in items]
            return open_total(found)

        return await self.db.read(job)

    async def cleared(self, debtor_no: str = "1") -> list[tuple[str, str]]:
        found = await self.db.read(lambda conn: ledger.clearings(conn, DebtorKey("", debtor_no), date(2000, 1, 1), date(2100, 1, 1)))
        return [(clearing.item_no, f"{clearing.amount:.2f}") for clearing in found]

    async def states(self, now: datetime = MONDAY) -> dict[str, Any]:
        return {state.source: state for state in await self.db.read(lambda conn: ledger.source_states(conn, now=now))}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[InHouse]:
    folders = ExchangeFolders(tmp_path / "exchange", quiet_for=timedelta(0))
    folders.create()
    ticks = count()
    (tmp_path / "drop").mkdir()
    async with open_store(tmp_path / "state") as db:
        edges = IntakeEdges(
            db=db, folders=folders, house=House(language="en"), new_id=lambda: new_id(MONDAY + timedelta(milliseconds=next(ticks)))
        )
        yield InHouse(edges, tmp_path / "drop", db)


def export(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def many(numbers: Iterable[int], amount: str = "10.00") -> str:
    return export(*(f"{n // 2};Debtor {n // 2};R{n};2026-11-01;{amount};" for n in numbers))


async def test_a_first_export_opens_its_items_and_tells_so(house: InHouse) -> None:
    receipt = await house.take(export("1;Muster;R1;2026-11-01;410.00;0221/1234567", "1;Muster;R2;2026-11-01;-10.00;"))
    assert (receipt.status, receipt.opened, receipt.open_amount) == ("accepted", 2, {"EUR": Decimal("400.00")})
    assert await house.open() == {"R1": "410.00", "R2": "-10.00"}
    debtor = await house.db.read(lambda conn: ledger.debtor(conn, DebtorKey("", "1")))
    assert debtor is not None
    assert [number.e164 for number in debtor.numbers] == ["+492211234567"]


async def test_a_newer_snapshot_opens_changes_and_clears(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;410.00;", "1;M;R2;2026-11-01;20.00;", "1;M;R3;2026-11-01;5.00;"), as_of=date(2026, 11, 20))
    receipt = await house.take(export("1;M;R1;2026-11-01;110.00;", "1;M;R3;2026-11-01;5.00;", "1;M;R4;2026-11-01;7.00;"))
    assert (receipt.opened, receipt.changed, receipt.unchanged, receipt.cleared) == (1, 1, 1, 1)
    assert await house.open() == {"R1": "110.00", "R3": "5.00", "R4": "7.00"}
    assert sorted(await house.cleared()) == [("R1", "300.00"), ("R2", "20.00")]
    assert await house.total() == receipt.open_amount


async def test_an_item_that_comes_back_is_reopened(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;410.00;", "1;M;R2;2026-11-01;1.00;"), as_of=date(2026, 11, 19))
    await house.take(export("1;M;R2;2026-11-01;1.00;"), as_of=date(2026, 11, 20))
    assert await house.open() == {"R2": "1.00"}
    receipt = await house.take(export("1;M;R1;2026-11-01;410.00;", "1;M;R2;2026-11-01;1.00;"), "op-2026-11-21.csv")
    assert (receipt.status, receipt.reopened, receipt.unchanged) == ("accepted", 1, 1)
    assert await house.open() == {"R1": "410.00", "R2": "1.00"}


async def test_zero_open_means_cleared(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;410.00;", "1;M;R2;2026-11-01;1.00;"), as_of=date(2026, 11, 20))
    receipt = await house.take(export("1;M;R1;2026-11-01;0;", "1;M;R2;2026-11-01;1.00;", "1;M;R9;2026-11-01;0.00;"))
    assert (receipt.changed, receipt.cleared, receipt.opened) == (1, 1, 0)
    assert await house.open() == {"R2": "1.00"}
    assert await house.cleared() == [("R1", "410.00")]


async def test_a_delta_changes_only_what_it_names_and_refreshes_nothing(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;410.00;", "1;M;R2;2026-11-01;1.00;"), as_of=date(2026, 11, 19))
    receipt = await house.take(export("1;M;R1;2026-11-01;100.00;"), "op.delta.csv")
    assert (receipt.mode, receipt.changed, receipt.cleared) == ("delta", 1, 0)
    assert await house.open() == {"R1": "100.00", "R2": "1.00"}
    assert (await house.states())["canonical"].fresh_as_of == date(2026, 11, 19)


async def test_a_snapshot_clears_only_its_own_source(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;410.00;"), source="datev")
    await house.take(export("1;M;S1;2026-11-01;1.00;"), source="sap")
    assert await house.open() == {"R1": "410.00", "S1": "1.00"}


async def test_a_snapshot_with_a_company_column_clears_only_the_companies_it_names(house: InHouse) -> None:
    header = "company;" + HEADER
    await house.take(export("10;1;M;R1;2026-11-01;1.00;", "20;1;M;R1;2026-11-01;2.00;", header=header), as_of=date(2026, 11, 20))
    receipt = await house.take(export("10;1;M;R2;2026-11-01;3.00;", header=header))
    assert receipt.cleared == 1
    assert await house.open(company="10") == {"R2": "3.00"}
    assert await house.open(company="20") == {"R1": "2.00"}


async def test_an_item_belongs_to_the_source_that_told_of_it_last(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;410.00;"), source="datev", as_of=date(2026, 11, 20))
    receipt = await house.take(export("1;M;R1;2026-11-01;410.00;"), source="sap")
    assert receipt.unchanged == 1
    await house.take(export("1;M;R2;2026-11-01;1.00;"), source="datev")
    assert await house.open() == {"R1": "410.00", "R2": "1.00"}


async def test_the_same_bytes_again_are_a_duplicate_under_any_name(house: InHouse) -> None:
    text = export("1;M;R1;2026-11-01;410.00;")
    await house.take(text, as_of=date(2026, 11, 20))
    receipt = await house.take(text, "other.csv")
    assert (receipt.status, receipt.rows, receipt.unchanged, receipt.opened) == ("duplicate", 1, 1, 0)
    assert (await house.states())["canonical"].fresh_as_of == date(2026, 11, 23)


async def test_duplicates_keep_a_source_fresh_for_two_accounting_days_only(house: InHouse) -> None:
    text = export("1;M;R1;2026-11-01;410.00;")
    await house.take(text, as_of=date(2026, 11, 20))
    for days in range(5):
        await house.take(text, now=MONDAY + timedelta(days=days))
    assert (await house.states(MONDAY + timedelta(days=7)))["canonical"].fresh_as_of == date(2026, 11, 24)


async def test_an_older_day_is_stale_and_a_future_one_rejected(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;410.00;"))
    receipt = await house.take(export("1;M;R2;2026-11-01;1.00;"), "op-2026-11-20.csv")
    assert receipt.status == "stale"
    receipt = await house.take(export("1;M;R2;2026-11-01;1.00;"), "op-2026-11-24.csv")
    assert receipt.status == "rejected"
    assert await house.open() == {"R1": "410.00"}


async def test_the_bytes_of_an_older_batch_are_held_unless_the_file_has_a_newer_day(house: InHouse) -> None:
    old = export("1;M;R1;2026-11-01;410.00;")
    await house.take(old, as_of=date(2026, 11, 19))
    await house.take(export("1;M;R1;2026-11-01;100.00;"), as_of=date(2026, 11, 20))
    assert (await house.take(old, "op.csv")).status == "held"
    assert await house.open() == {"R1": "100.00"}
    assert (await house.take(old, "op-2026-11-23.csv")).status == "accepted"
    assert await house.open() == {"R1": "410.00"}


async def test_one_bad_row_keeps_its_items_state_and_is_told_of(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;410.00;", "2;N;R2;2026-11-01;1.00;"), as_of=date(2026, 11, 20))
    receipt = await house.take(export("1;M;R1;31.02.2026;400.00;", "2;N;R2;2026-11-01;1.00;"))
    assert (receipt.status, receipt.accepted, receipt.cleared) == ("accepted", 1, 0)
    assert [(bad.line, bad.column, bad.value) for bad in receipt.rejected] == [(2, "due_on", "31.02.2026")]
    assert await house.open() == {"R1": "410.00"}
    rejects = (house.edges.folders.of("receipts") / (Path(receipt.stored_as).stem + ".rejects.csv")).read_text("utf-8-sig")
    assert "1;M;R1;31.02.2026;400.00;" in rejects
    [listed] = [
        row
        for row in await house.db.read(lambda conn: ledger.listed_debtors(conn, today=date(2026, 11, 23), now=MONDAY))
        if row["debtor_no"] == "1"
    ]
    assert any("line 2" in note for note in listed["quality"])


async def test_a_bad_row_without_a_readable_item_keeps_all_of_its_debtor(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;", "1;M;R2;2026-11-01;1.00;", "2;N;R3;2026-11-01;1.00;"), as_of=date(2026, 11, 20))
    receipt = await house.take(export("1;M;;2026-11-01;4.00;", "3;N;R4;2026-11-01;1.00;"))
    assert receipt.status == "accepted"
    assert await house.open("1") == {"R1": "4.00", "R2": "1.00"}
    assert await house.open("2") == {}


async def test_a_bad_row_whose_debtor_cannot_be_read_clears_nothing_and_casts_doubt(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;", "2;N;R2;2026-11-01;1.00;"), as_of=date(2026, 11, 20))
    receipt = await house.take(export("1;M;R1;2026-11-01;4.00;", "garbage"))
    assert (receipt.status, receipt.cleared) == ("accepted", 0)
    assert await house.open("2") == {"R2": "1.00"}
    holes = {line["hole"]: line for line in (await quality(house.db, house.edges.house, MONDAY))["holes"]}
    assert holes["doubtful_item"]["count"] == 1
    receipt = await house.take(
        export("1;M;R1;2026-11-01;4.00;", "2;N;R2;2026-11-01;1.00;"), "op-2026-11-24.csv", now=MONDAY + timedelta(days=1)
    )  # fmt: skip
    assert receipt.unchanged == 2
    holes = {line["hole"]: line for line in (await quality(house.db, house.edges.house, MONDAY + timedelta(days=1)))["holes"]}
    assert "doubtful_item" not in holes
    assert "rejected_row" not in holes


async def test_a_debtor_known_from_a_bad_row_only_can_be_asked_for_and_owes_nothing(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;", "2;Nora;R2;x;1.00;0221/1234567"), as_of=date(2026, 11, 20))
    debtor = await house.db.read(lambda conn: ledger.debtor(conn, DebtorKey("", "2")))
    assert debtor is not None
    assert (debtor.debtor_name, debtor.numbers) == ("Nora", ())
    await house.take(export("1;M;R1;2026-11-01;4.00;", "2;Nora;R2;2026-11-01;1.00;0221/1234567"))
    debtor = await house.db.read(lambda conn: ledger.debtor(conn, DebtorKey("", "2")))
    assert debtor is not None
    assert [number.e164 for number in debtor.numbers] == ["+492211234567"]


async def test_too_many_bad_rows_hold_the_batch_and_a_person_may_accept_the_good_ones(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;"), as_of=date(2026, 11, 20))
    receipt = await house.take(export("1;M;R1;x;4.00;", "2;N;R2;x;1.00;", "3;O;R3;2026-11-01;1.00;"))
    assert (receipt.status, receipt.accepted, len(receipt.rejected)) == ("held", 1, 2)
    assert await house.open("3") == {}
    assert (await house.states())["canonical"].held_batch_id == receipt.batch
    accepted = await accept_batch(house.edges, receipt.batch, MONDAY)
    assert (accepted.status, accepted.reason, accepted.opened, len(accepted.rejected)) == ("accepted", None, 1, 2)
    assert house.where(receipt.batch) == ["archive"]
    assert await house.open("1") == {"R1": "4.00"}
    assert await house.open("3") == {"R3": "1.00"}


async def test_a_batch_of_which_no_row_could_be_read_cannot_be_accepted_and_freshens_nobody(house: InHouse) -> None:
    """Accepted, it would look like a fresh export and say nothing of anybody: a doubt means no call."""
    await house.take(export("1;M;R1;2026-11-01;4.00;"), as_of=date(2026, 11, 18))
    held = await house.take(export("1;M;R1;x;4.00;", "2;N;R2;x;1.00;"))
    assert (held.status, held.accepted) == ("held", 0)
    with pytest.raises(IntakeRefused, match=r"none of its 2 rows could be read.*`collectord reject`"):
        await accept_batch(house.edges, held.batch, MONDAY)
    state = (await house.states())["canonical"]
    assert (state.fresh_as_of, state.held_batch_id) == (date(2026, 11, 18), held.batch)
    assert house.where(held.batch) == ["held"]
    await reject_batch(house.edges, held.batch, MONDAY)
    assert (await house.states())["canonical"].fresh_as_of == date(2026, 11, 18)
    assert await house.open("1") == {"R1": "4.00"}


async def test_a_snapshot_that_loses_too_much_is_held_and_nothing_is_cleared(house: InHouse) -> None:
    await house.take(many(range(40)), as_of=date(2026, 11, 20))
    receipt = await house.take(many(range(29)))
    assert receipt.status == "held"
    assert "11 of 40" in (receipt.reason or "")
    assert await house.total() == {"EUR": Decimal(400)}
    rejected = await reject_batch(house.edges, receipt.batch, MONDAY)
    assert (rejected.status, house.where(receipt.batch)) == ("rejected", ["rejected"])
    assert (await house.states())["canonical"].held_batch_id is None
    assert (await house.take(many(range(30)))).status == "accepted"


async def test_a_lost_decimal_point_is_held_although_no_item_vanishes(house: InHouse) -> None:
    await house.take(many(range(40), "1000.00"), as_of=date(2026, 11, 20))
    assert (await house.take(many(range(40), "10.00"))).status == "held"


async def test_a_newer_accepted_batch_replaces_a_held_one(house: InHouse) -> None:
    await house.take(many(range(40)), as_of=date(2026, 11, 20))
    held = await house.take(many(range(5)))
    accepted = await house.take(many(range(39)))
    assert accepted.status == "accepted"
    assert house.where(held.batch) == ["archive"]
    receipt = await house.db.read(lambda conn: batches.receipt(conn, held.batch))
    assert receipt.status == "replaced"
    with pytest.raises(IntakeRefused, match="not held"):
        await accept_batch(house.edges, held.batch, MONDAY)


async def test_a_held_batch_newer_than_the_accepted_one_stays(house: InHouse) -> None:
    await house.take(many(range(40)), as_of=date(2026, 11, 18))
    held = await house.take(many(range(5)), as_of=date(2026, 11, 20))
    await house.take(many(range(39)), as_of=date(2026, 11, 19))
    assert (await house.states())["canonical"].held_batch_id == held.batch


async def test_a_held_batch_is_not_accepted_when_it_became_stale_or_was_tampered_with(house: InHouse) -> None:
    await house.take(many(range(40)), as_of=date(2026, 11, 18))
    held = await house.take(many(range(5)), as_of=date(2026, 11, 20))
    path = house.edges.folders.of("held") / held.stored_as
    path.write_text(path.read_text() + "\n")
    with pytest.raises(IntakeRefused, match="changed since"):
        await accept_batch(house.edges, held.batch, MONDAY)
    path.unlink()
    with pytest.raises(IntakeRefused, match="gone"):
        await accept_batch(house.edges, held.batch, MONDAY)
    with pytest.raises(IntakeRefused, match="no batch"):
        await reject_batch(house.edges, "nonsense", MONDAY)


async def test_a_header_without_rows_is_held_and_clears_only_when_a_person_says_so(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;"), as_of=date(2026, 11, 20))
    receipt = await house.take(export())
    assert receipt.status == "held"
    assert await house.open() == {"R1": "4.00"}
    assert (await accept_batch(house.edges, receipt.batch, MONDAY)).cleared == 1
    assert await house.open() == {}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"foo;bar\n1;2\n", "header"),
        (b"debtor_no;item_no\n1;2\n", "debtor_name"),
        (b"PK\x03\x04rest", "unsupported"),
        (b"\x1f\x8b\x08", "unsupported"),
        (b"\xff\xfed\x00", "UTF-16"),
        (export("1;M;R1;2026-11-01;4.00;", "1;M\xfcller;R2;2026-11-01;4.00;").encode("latin-1"), "byte"),
        (export("1;M;R1;2026-11-01;4.00;", '1;"M;R2;2026-11-01;4.00;').encode(), "line 3"),
        (export("1;M;R1;2026-11-01;4.00;", "1;M;R2;2026-").rstrip("\n").encode(), "cut off"),
        (export("1;M;R1;2026-11-01;4.00;", "1;M;R2;2026-1;4.00;1").rstrip("\n").encode(), "cut off"),
    ],
)
async def test_a_file_that_cannot_be_trusted_is_rejected_as_a_whole(house: InHouse, content: bytes, word: str) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;"), as_of=date(2026, 11, 20))
    receipt = await house.take(content)
    assert receipt.status == "rejected"
    assert word in (receipt.reason or "")
    assert (receipt.rows, receipt.rejected) == (0, ())
    assert await house.open() == {"R1": "4.00"}


async def test_a_whole_last_line_without_a_line_end_is_fine(house: InHouse) -> None:
    assert (await house.take(export("1;M;R1;2026-11-01;4.00;").rstrip("\n"))).status == "accepted"


async def test_identical_lines_count_once_and_contradicting_ones_not_at_all(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;", "1;M;R2;2026-11-01;5.00;"), as_of=date(2026, 11, 20))
    rows = ["1;M;R1;2026-11-01;4.00;"] * 3 + ["1;M;R2;2026-11-01;6.00;", '1;M;R2;2026-11-01;"7.00";', "2;N;R9;2026-11-01;1.00;"]
    receipt = await house.take(export(*rows))
    assert (receipt.status, receipt.unchanged, receipt.opened, receipt.rows) == ("held", 3, 1, 6)
    assert [(bad.line, bad.original) for bad in receipt.rejected] == [(5, rows[3]), (6, rows[4])]
    accepted = await accept_batch(house.edges, receipt.batch, MONDAY)
    assert (accepted.unchanged, accepted.opened, accepted.cleared, accepted.rows) == (3, 1, 0, 6)
    assert await house.open() == {"R1": "4.00", "R2": "5.00"}


async def test_contradictions_are_found_over_any_distance(house: InHouse) -> None:
    rows = [f"{n};D;R{n};2026-11-01;1.00;" for n in range(4_500)]
    receipt = await house.take(export(*rows, "7;D;R7;2026-11-01;2.00;", rows[8]))
    assert (receipt.status, [bad.line for bad in receipt.rejected]) == ("accepted", [9, 4_502])
    assert (receipt.opened, receipt.unchanged) == (4_499, 1)
    assert await house.open("7") == {}


async def test_debtors_follow_the_newest_file_and_keep_columns_it_does_not_have(house: InHouse) -> None:
    await house.take(export("1;Old;R1;2026-11-01;4.00;0221/1234567"), as_of=date(2026, 11, 20))
    receipt = await house.take(export("1;New;R1;2026-11-01;4.00", header=HEADER.removesuffix(";phone")))
    assert receipt.changed == 1
    debtor = await house.db.read(lambda conn: ledger.debtor(conn, DebtorKey("", "1")))
    assert debtor is not None
    assert (debtor.debtor_name, [number.raw for number in debtor.numbers]) == ("New", ["0221/1234567"])
    await house.take(export("1;New;R1;2026-11-01;4.00;"), now=MONDAY + timedelta(days=1))
    debtor = await house.db.read(lambda conn: ledger.debtor(conn, DebtorKey("", "1")))
    assert debtor is not None
    assert debtor.numbers == ()


async def test_rows_of_one_debtor_add_up_to_what_is_known_of_it(house: InHouse) -> None:
    header = HEADER + ";email"
    await house.take(export("1;M;R1;2026-11-01;4.00;;a@example.org", "1;M;R2;2026-11-01;4.00;0221/1234567;", header=header))
    debtor = await house.db.read(lambda conn: ledger.debtor(conn, DebtorKey("", "1")))
    assert debtor is not None
    assert (debtor.email, [number.e164 for number in debtor.numbers]) == ("a@example.org", ["+492211234567"])


async def test_what_our_ladder_did_about_an_item_survives_an_import(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;"), as_of=date(2026, 11, 20))
    await house.db.write(lambda conn: ledger.set_contact_level(conn, DebtorKey("", "1"), ["R1"], 2, date(2026, 11, 20)))
    await house.take(export("1;M;R1;2026-11-01;3.00;"))
    [item] = await house.db.read(lambda conn: ledger.open_items(conn, DebtorKey("", "1"), date(2026, 11, 23)))
    assert (item.contact_level, item.contacted_on, item.open_amount) == (2, date(2026, 11, 20), Decimal(3))


async def test_the_ledger_is_seen_as_it_stood_on_an_earlier_day(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;", "1;M;R2;2026-11-01;9.00;"), as_of=date(2026, 11, 20))
    await house.take(export("1;M;R1;2026-11-01;1.00;"))
    items = await house.db.read(lambda conn: ledger.open_items(conn, DebtorKey("", "1"), date(2026, 11, 20)))
    assert {item.item_no: item.open_amount for item in items} == {"R1": Decimal(4), "R2": Decimal(9)}


async def test_unknown_columns_are_ignored_and_told(house: InHouse) -> None:
    receipt = await house.take(export("1;M;R1;2026-11-01;4.00;;x", header=HEADER + ";telephone"))
    assert receipt.as_json()["warnings"] == ["not read: column telephone; right if nobody needs it, else correct heading or source profile"]


async def test_sql_in_a_name_is_kept_word_for_word(house: InHouse) -> None:
    await house.take(export('1;"\'); drop table item; --";R1;2026-11-01;4.00;'))
    debtor = await house.db.read(lambda conn: ledger.debtor(conn, DebtorKey("", "1")))
    assert debtor is not None
    assert debtor.debtor_name == "'); drop table item; --"


async def test_a_file_that_does_not_exist_leaves_no_trace(house: InHouse) -> None:
    with pytest.raises(FileNotFoundError):
        await import_file(house.edges, house.drop / "none.csv", source=None, mode=None, as_of=None, now=MONDAY)
    assert await house.db.read(lambda conn: ledger.listed_batches(conn, now=MONDAY)) == []


async def test_batches_are_listed_with_the_newest_first(house: InHouse) -> None:
    await house.take(export("1;M;R1;2026-11-01;4.00;"), as_of=date(2026, 11, 20))
    await house.take(export("1;M;R1;2026-11-01;3.00;"), "newer.csv")
    listed = await house.db.read(lambda conn: ledger.listed_batches(conn, now=MONDAY, state="accepted"))
    assert [row["file"] for row in listed] == ["newer.csv", "op.csv"]


async def test_the_inbox_is_taken_oldest_export_first_and_by_source(house: InHouse) -> None:
    inbox = house.edges.folders.inbox
    (inbox / "sap").mkdir()
    (inbox / "sap" / "s.csv").write_text(export("1;M;S1;2026-11-01;1.00;"))
    (inbox / "op-2026-11-20.csv").write_text(export("1;M;R1;2026-11-01;2.00;"))
    (inbox / "a-2026-11-19.csv").write_text(export("1;M;R1;2026-11-01;3.00;"))
    (inbox / "link.csv").symlink_to("/etc/passwd")
    receipts = await take_inbox(house.edges, MONDAY)
    assert [(receipt.file, receipt.source, receipt.status) for receipt in receipts] == [
        ("a-2026-11-19.csv", "canonical", "accepted"), ("op-2026-11-20.csv", "canonical", "accepted"), ("s.csv", "sap", "accepted"),
    ]  # fmt: skip
    assert await house.open() == {"R1": "2.00", "S1": "1.00"}
    assert await take_inbox(house.edges, MONDAY) == []
    assert sorted(path.name for path in inbox.iterdir()) == ["link.csv", "sap"]


async def test_an_inbox_that_is_gone_does_not_stop_the_daemon(house: InHouse) -> None:
    house.edges.folders.inbox.rmdir()
    assert await take_inbox(house.edges, MONDAY) == []


async def test_two_imports_at_once_take_turns(house: InHouse) -> None:
    receipts = await asyncio.gather(
        house.take(export("1;M;R1;2026-11-01;4.00;"), "a.csv", source="a"),
        house.take(export("2;M;R1;2026-11-01;4.00;"), "b.csv", source="b"),
    )
    assert [receipt.status for receipt in receipts] == ["accepted", "accepted"]


async def test_other_tasks_run_while_a_large_file_is_read(house: InHouse) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.ensure_future(other())
    await house.take(many(range(20_000)))
    beside.cancel()
    assert turns > 400


async def test_recovery_takes_a_file_of_unknown_origin_out_of_the_way(house: InHouse) -> None:
    stray = "1m83t4cm0sts890h24"
    (house.edges.folders.of("processing") / f"op~{stray}.csv").write_text(export("1;M;R1;2026-11-01;4.00;"))
    await recover(house.edges, MONDAY)
    assert house.where(stray) == ["rejected"]
    assert await house.open() == {}
    await recover(house.edges, MONDAY)
    assert house.where(stray) == ["rejected"]


async def test_a_debtor_is_found_by_number_or_by_company_and_number(house: InHouse) -> None:
    header = "company;" + HEADER
    await house.take(
        export("10;1;M;R1;2026-11-01;1.00;", "20;1;M;R1;2026-11-01;2.00;", "20;7/8;M;R1;2026-11-01;2.00;", header=header)
    )  # fmt: skip
    find = ledger.find_key
    assert await house.db.read(lambda conn: find(conn, "20/1")) == DebtorKey("20", "1")
    assert await house.db.read(lambda conn: find(conn, "7/8")) == DebtorKey("20", "7/8")
    for text, word in (("1", "several companies"), ("9", "no debtor"), ("30/1", "no debtor")):
        with pytest.raises(ledger.UnknownDebtor, match=word):
            await house.db.read(partial(find, text=text))


async def test_quality_counts_the_holes_and_the_money_behind_them(house: InHouse) -> None:
    await house.take(
        export(
            "1;Anna;R1;2026-11-01;10.00;0900 1234567", "2;Bert;R2;2026-11-01;20.00;0221/1234567", "3;Carl;R3;2026-11-01;30.00;0221 1234567",
            "4;Dora;R4;2028-11-01;40.00;", "5;Emil;;2026-11-01;1.00;",
        ),
        as_of=date(2026, 11, 19),
    )  # fmt: skip
    found = await quality(house.db, house.edges.house, MONDAY)
    holes = {line["hole"]: (line["count"], line["money"].get("EUR")) for line in found["holes"]}
    assert holes == {
        "no_dialable_number": (2, "50.00"), "invalid_number": (1, "10.00"), "shared_number": (2, "50.00"), "several_names": (2, "50.00"),
        "implausible_due_date": (1, "40.00"), "rejected_row": (1, None), "stale_export": (4, "100.00"),
    }  # fmt: skip


async def test_a_file_that_keeps_changing_while_it_is_read_is_rejected(house: InHouse) -> None:
    path = house.edges.folders.inbox / "op.csv"
    path.write_text(export("1;M;R1;2026-11-01;4.00;"))
    marker = path.with_name("op.csv.done")
    marker.touch()
    os.utime(marker, (4e9, 4e9))
    stop = threading.Event()
    writer = path.open("a")

    def keep_writing() -> None:
        while path.exists() and not stop.wait(0.0005):
            pass  # one that changes before it is claimed stays where it is
        while not stop.wait(0.0005):
            writer.write("\n")
            writer.flush()

    restless = threading.Thread(target=keep_writing)
    restless.start()
    try:
        [receipt] = await take_inbox(house.edges, MONDAY)
    finally:
        stop.set()
        restless.join()
        writer.close()
    assert (receipt.status, house.where(receipt.batch)) == ("rejected", ["rejected"])
    assert "kept changing" in (receipt.reason or "")
    assert await house.open() == {}
