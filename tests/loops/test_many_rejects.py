"""A file of very many bad rows: every one is told of in the files, and none of them costs memory (FAULTS A12)."""

from __future__ import annotations

import csv
import json
import tracemalloc

import pytest

from collectord.core.exports.intake import Receipt
from collectord.edge.store import batches
from collectord.loops import receipts
from collectord.loops.intake import import_file
from tests.loops.test_intake import MONDAY, InHouse, export
from tests.loops.test_intake import house as house


def mostly_bad(rows: int) -> str:
    """Six of ten rows with a day that does not exist."""
    return export(*(f"{n};Debtor {n};R{n};{'2026-02-31' if n % 10 < 6 else '2026-11-01'};{n + 1}.00;" for n in range(rows)))


async def taken(house: InHouse, text: str, name: str = "op.csv") -> Receipt:
    path = house.drop / name
    path.write_text(text)
    return await import_file(house.edges, path, source=None, mode=None, as_of=None, now=MONDAY)


@pytest.mark.parametrize("rows", [2, 4, 5, 10, 15, 20])
async def test_both_files_name_every_bad_row_however_few_the_receipt_in_memory_has(
    house: InHouse, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(batches, "REJECTS_KEPT", 4)
    monkeypatch.setattr(receipts, "ROWS", 3)
    receipt = await taken(house, mostly_bad(rows))
    bad = [n for n in range(rows) if n % 10 < 6]
    assert (receipt.status, receipt.rows, len(receipt.rejected), receipt.more_rejected) == (
        "held",
        rows,
        min(4, len(bad)),
        max(0, len(bad) - 4),
    )
    assert receipt.bad_rows == len(bad)
    assert receipt.as_json().get("more_rejected") == (max(0, len(bad) - 4) or None)
    stem = receipt.stored_as.removesuffix(".csv")
    place = house.edges.folders.of("receipts")
    stored = json.loads((place / f"{stem}.json").read_text())
    assert [one["line"] for one in stored["rejected"]] == [n + 2 for n in bad]
    assert stored["rows"] == stored["accepted"] + len(stored["rejected"])
    assert {**stored, "rejected": stored["rejected"][:4]} == {k: v for k, v in receipt.as_json().items() if k != "more_rejected"}
    with (place / f"{stem}.rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.reader(file, delimiter=";"))
    assert table[0] == ["line", "column", "value", "reason", "original"]
    assert [int(line) for line, *_ in table[1:]] == [n + 2 for n in bad]


async def test_the_bad_rows_of_a_large_file_are_never_in_memory_at_once(house: InHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "REJECTS_KEPT", 100)
    await peak(house, 300)  # what is loaded once
    few, many = await peak(house, 400), await peak(house, 12_000)
    assert many < few + 2_000_000  # 7,200 rejected rows at once are five times as much


async def peak(house: InHouse, rows: int) -> int:
    """Bytes that the import of such a file took at most."""
    text = mostly_bad(rows)
    tracemalloc.start()
    try:
        receipt = await taken(house, text, f"op-{rows}.csv")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (receipt.status, receipt.rows) == ("held", rows)
    return most
