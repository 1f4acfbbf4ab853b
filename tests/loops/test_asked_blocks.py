"""From the keyed promise to accounting's block: what explain says until an export shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectord.core.receivables.asked_blocks import Echo
from collectord.edge.inbox import ExchangeFolders
from collectord.loops.asked_blocks import echoes
from collectord.loops.outbox import write_outcomes
from tests.loops.desk import Desk, local, open_desk, row
from tests.loops.shift import MONDAY, ended, keyed, place, planned, talk, tell

PROMISED = date(2026, 11, 26)
TUESDAY = local("2026-11-24T13:00")
OTHERS = tuple(row(debtor_no=str(n), item_no=f"X{n}", phone="") for n in range(20, 40))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        placed = await place(opened, await planned(opened, MONDAY, row(item_no="R1"), *OTHERS))
        await tell(opened, MONDAY + timedelta(hours=4), *talk(placed), keyed(placed, "1", "full", PROMISED), ended(placed))
        yield opened


async def write(desk: Desk) -> None:
    folders = ExchangeFolders(desk.folder / "exchange")
    assert await write_outcomes(desk.db, desk.house, folders, MONDAY + timedelta(hours=5)) is not None


async def found(desk: Desk) -> list[Echo]:
    return [one.echo for one in await desk.db.read(lambda conn: echoes(conn, desk.house, TUESDAY))]


async def warned(desk: Desk, **more: Any) -> set[str]:
    return {warning["rule"] for warning in (await desk.ask(TUESDAY, **more))["warnings"]}


async def test_a_block_is_unconfirmed_once_a_later_export_does_not_show_it(desk: Desk) -> None:
    assert await found(desk) == []  # not written yet
    await write(desk)
    assert await found(desk) == [Echo.WAITING]
    assert "guard/unconfirmed-block" not in await warned(desk)
    receipt = await desk.take(row(item_no="R1"), *OTHERS[:-1], as_of="2026-11-24", name="op2.csv")
    assert receipt.warnings == ()
    assert await found(desk) == [Echo.UNCONFIRMED]
    assert "guard/unconfirmed-block" in await warned(desk)
    assert "guard/unconfirmed-block" not in await warned(desk, debtor_no="20")
    await desk.take(row(item_no="R1", dunning_block="2026-11-30"), *OTHERS, as_of="2026-11-24", name="op3.csv")
    assert await found(desk) == [Echo.CONFIRMED]
    assert "guard/unconfirmed-block" not in await warned(desk)


async def test_an_item_that_is_paid_needs_no_block(desk: Desk) -> None:
    await write(desk)
    await desk.take(*OTHERS, as_of="2026-11-24", name="op2.csv")
    assert await found(desk) == []


async def test_an_export_without_a_column_for_blocks_cannot_confirm_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(desk)
    plain = [line.split(";") for line in (row(item_no="R1"), *OTHERS)]
    monkeypatch.setattr("tests.loops.desk.HEADER", "debtor_no;debtor_name;item_no;due_on;open_amount")
    receipt = await desk.take(*(";".join(cells[:5]) for cells in plain), as_of="2026-11-24", name="op2.csv")
    assert [warning for warning in receipt.warnings if "whether accounting set 1 of them" in warning]
    assert await found(desk) == [Echo.UNKNOWABLE]
    assert "guard/unknowable-block" in await warned(desk)
