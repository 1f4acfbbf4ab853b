"""A held batch is decided by a person: what is shown, and what accept and reject say they did."""

from __future__ import annotations

import io
from decimal import Decimal

from rich.console import Console

from collectord import screens
from collectord.core.exports.difference import CompanyMove, Difference, Mover
from tests.shell.place import Place, row


def rows(count: int) -> list[dict[str, str]]:
    return [row(number, open_amount=f"{number}.00") for number in range(1, count + 1)]


def held(place: Place) -> dict[str, str]:
    place.take(*rows(40), name="op_2026-11-20.csv")
    receipt = place.take(*rows(20), name="op_2026-11-21.csv")
    assert receipt["status"] == "held"
    return receipt


def test_one_batch_is_shown_with_its_receipt(place: Place) -> None:
    receipt = held(place)
    assert place.ask("batches", receipt["batch"]) == receipt
    assert [batch["batch"] for batch in place.ask("batches", "--state", "held")] == [receipt["batch"]]
    unknown = place.run("batches", "nosuchbatch")
    assert (unknown.status, unknown.err) == (1, "there is no batch nosuchbatch\n")


def test_accept_says_what_it_did(place: Place) -> None:
    receipt = held(place)
    answer = place.ask("accept", receipt["batch"])
    assert answer["status"] == "accepted"
    assert answer["note"] == (
        f"Batch {receipt['batch']} is accepted: 0 items opened, 0 changed, 20 cleared; its debtors may be called again."
    )
    assert place.ask("batches", receipt["batch"])["cleared"] == 20


def test_reject_says_what_it_did(place: Place) -> None:
    receipt = held(place)
    said = place.run("reject", receipt["batch"]).out
    assert "is discarded" in " ".join(said.replace("│", " ").split())
    assert len(place.ask("debtors")) == 40


def test_a_difference_is_read_in_a_minute() -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    found = Difference(
        before_items=3, gone_items=2, gone_debtors=1, companies=(CompanyMove("10", 2, 0), CompanyMove("20", 1, 1)),
        largest_debtors=(Mover("10", "4711", "Muster\x1b[31m GmbH", "", 2, Decimal(100), Decimal(0), "EUR"),),
    )  # fmt: skip
    doc = {"batch": "b1", "file": "op.csv", "status": "held", "reason": "2 of 3 would vanish", "difference": found.as_json("en")}
    screens.show("batch", doc, console)
    screens.show("import", [{**doc, "rows": 1}], console)
    text = console.export_text()
    assert text.count("every item of company '10' would vanish (2)") == 2
    assert "debtors who would owe less" in text
    assert "4711" in text
    assert "\x1b[31m" not in text
    assert "collectord accept b1" in text
