"""What a receipt tells accounting of the data that its file brought."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.loops.desk import Desk, open_desk, row

GOOD = tuple(row(debtor_no=str(n), item_no=f"X{n}", phone=f"03012345{n}", open_amount=f"{n}.00") for n in range(100, 140))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


async def told(desk: Desk, *rows: str, as_of: str = "2026-11-23") -> dict[str, Any] | None:
    receipt = await desk.take(*rows, *GOOD, as_of=as_of, name=f"op-{as_of}.csv")
    stored = json.loads((desk.folder / "exchange" / "receipts" / (Path(receipt.stored_as).stem + ".json")).read_text(encoding="utf-8"))
    assert stored == receipt.as_json()
    quality: dict[str, Any] | None = stored.get("quality")
    return quality


async def test_a_clean_file_brings_no_hole(desk: Desk) -> None:
    assert await told(desk) is None


async def test_a_receipt_counts_the_holes_in_what_its_file_changes_and_no_old_ones(desk: Desk) -> None:
    bad = [
        row(debtor_no="1", item_no="A", phone="0900 1234567"),
        row(debtor_no="2", item_no="B", phone=""),
        row(debtor_no="3", item_no="C", phone="03012345200", due_on="2010-01-01"),
    ]
    assert await told(desk, *bad) == {"implausible_due_date": 1, "invalid_number": 1, "no_dialable_number": 2}
    news = row(debtor_no="4", item_no="D", phone="03012345201", due_on="2028-12-01")
    assert await told(desk, *bad, news, as_of="2026-11-24") == {"implausible_due_date": 1}


@pytest.mark.parametrize(("due", "hole"), [("", "missing_due_date"), ("2026-02-31", "implausible_due_date")])
async def test_rows_rejected_for_their_due_date_count_as_well(desk: Desk, due: str, hole: str) -> None:
    assert await told(desk, row(debtor_no="3", item_no="C", phone="03012345200", due_on=due)) == {hole: 1}
