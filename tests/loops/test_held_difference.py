"""What a held batch would change, from its file to its receipt: counted in SQL, beside a real ledger."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from collectord.core.exports.intake import Receipt
from collectord.core.house import House
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store.connection import open_store
from collectord.loops.intake import IntakeEdges, accept_batch, import_file

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
HEADER = "company;debtor_no;debtor_name;item_no;due_on;open_amount;currency;payment_method\n"


@dataclass
class Place:
    edges: IntakeEdges
    folder: Path

    async def take(self, name: str, rows: Iterable[str], mode: str | None = None) -> Receipt:
        path = self.folder / name
        path.write_text(HEADER + "".join(f"{one}\n" for one in rows))
        return await import_file(self.edges, path, source=None, mode=mode, as_of=None, now=MONDAY)

    def in_file(self, receipt: Receipt) -> dict[str, Any]:
        """The key `difference` of the receipt as it lies in receipts/."""
        path = self.edges.folders.of("receipts") / (Path(receipt.stored_as).stem + ".json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["difference"]
        return found


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    folders = ExchangeFolders(tmp_path / "exchange")
    folders.create()
    ticks = count()
    async with open_store(tmp_path / "state") as db:
        edges = IntakeEdges(
            db=db, folders=folders, house=House(language="en"), new_id=lambda: new_id(MONDAY + timedelta(milliseconds=next(ticks)))
        )
        yield Place(edges, tmp_path)


def item(no: int, amount: str, *, company: str = "10", currency: str = "EUR", due: str = "2026-11-01", method: str = "") -> str:
    return f"{company};{no // 2};Debtor {no // 2};R{no};{due};{amount};{currency};{method}"


BEFORE = [
    *(item(n, f"{n}.00") for n in range(1, 31)),  # debtors 0 to 15 of company 10
    *(item(n, "100.00", company="20", currency="CHF") for n in range(40, 50)),
]
AFTER = [
    item(1, "1.00"),
    item(2, "12.00"),  # was 2
    item(3, "0"),  # cleared by the row itself
    *(item(n, f"{n}.00") for n in range(4, 21)),
    item(99, "5.00"),
    "20;x;X;Y1;2026-11-01;-7.00;CHF;",
]  # 21 to 30 and all of company 20 are gone


async def test_a_held_snapshot_says_what_would_vanish_be_new_and_change(place: Place) -> None:
    await place.take("op_2026-11-20.csv", BEFORE)
    receipt = await place.take("op_2026-11-21.csv", AFTER)
    assert receipt.status == "held"
    found = place.in_file(receipt)
    assert found["before"] == {"items": 40, "open_amount": {"CHF": "1000.00", "EUR": "465.00"}}
    assert found["after"] == {"items": 21, "open_amount": {"CHF": "-7.00", "EUR": "222.00"}}
    gone = sum(range(21, 31)) + 3
    assert found["vanished"] == {
        "items": 21, "debtors": 12, "whole_debtors": 10, "amount": {"CHF": "1000.00", "EUR": f"{gone}.00"},
        "explained_items": 0, "explained": {},
    }  # fmt: skip
    assert found["new"] == {"items": 2, "amount": {"CHF": "-7.00", "EUR": "5.00"}}
    assert found["changed"] == {"items": 1, "by": {"EUR": "10.00"}}
    assert found["companies"] == [{"company": "10", "before": 30, "after": 20}, {"company": "20", "before": 10, "after": 1}]
    debtors = found["largest_debtors"]
    assert [(one["company"], one["items"], one["was"]) for one in debtors[:6]] == [("20", 2, "200.00")] * 5 + [("10", 2, "57.00")]
    assert found["largest_vanished"][0] == {
        "company": "20", "debtor_no": "20", "debtor_name": "Debtor 20", "item_no": "R40", "was": "100.00", "now": "0.00", "currency": "CHF",
    }  # fmt: skip
    assert [one["item_no"] for one in found["largest_new"]] == ["Y1", "R99"]
    assert found["largest_new"][0]["debtor_name"] == "X"  # known only from the file
    assert [(one["item_no"], one["was"], one["now"]) for one in found["largest_changed"]] == [("R2", "2.00", "12.00")]


async def test_only_the_companies_that_the_file_is_about_are_compared(place: Place) -> None:
    other = [item(n, "100.00", company="20", currency="CHF") for n in range(40, 70)]
    await place.take("op_2026-11-20.csv", [*BEFORE[:30], *other])
    receipt = await place.take("op_2026-11-21.csv", other[:3])
    assert receipt.status == "held"
    found = place.in_file(receipt)
    assert found["companies"] == [{"company": "20", "before": 30, "after": 3}]
    assert found["vanished"]["amount"] == {"CHF": "2700.00"}


async def test_due_direct_debits_are_told_as_explained(place: Place) -> None:
    debits = [item(n, "10.00", method="direct_debit") for n in range(1, 11)]
    others = [item(n, "10.00") for n in range(100, 130)]
    await place.take("op_2026-11-20.csv", [*debits, *others])
    accepted = await place.take("op_2026-11-21.csv", others)
    assert accepted.status == "accepted"  # a quarter of all, but the collection explains it
    await place.take("op_2026-11-22.csv", [*debits, *others])
    receipt = await place.take("op_2026-11-23.csv", others[:20])
    assert receipt.status == "held"
    found = place.in_file(receipt)
    assert (found["vanished"]["items"], found["vanished"]["explained_items"]) == (20, 10)
    assert found["vanished"]["explained"] == {"EUR": "100.00"}


async def test_a_held_delta_is_compared_with_everything_of_its_source(place: Place) -> None:
    await place.take("op_2026-11-20.csv", BEFORE)
    rows = [item(2, "0"), item(200, "1.00"), "10;1;D;R1;bad;1;EUR;", "10;1;D;R2;bad;1;EUR;", "10;1;D;R3;bad;1;EUR;"]
    receipt = await place.take("op_2026-11-21.csv", rows, "delta")
    assert receipt.status == "held"
    found = place.in_file(receipt)
    assert (found["before"]["items"], found["after"]["items"], found["vanished"]["whole_debtors"]) == (40, 40, 0)


async def test_after_a_decision_the_ledger_is_what_the_difference_said(place: Place) -> None:
    await place.take("op_2026-11-20.csv", BEFORE)
    receipt = await place.take("op_2026-11-21.csv", AFTER)
    said = place.in_file(receipt)["after"]
    accepted = await accept_batch(place.edges, receipt.batch, MONDAY)
    assert {currency: f"{amount:.2f}" for currency, amount in accepted.open_amount.items()} == said["open_amount"]
    assert accepted.cleared == 21
