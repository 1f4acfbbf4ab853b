"""What people read on a terminal: whole words, the reason of each row, and how much more there is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from collectord import screens
from collectord.core.exports.difference import TOP
from tests.shell.place import Place, row


def shown(command: str, doc: object, width: int = 80) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    screens.show(command, doc, console, zone="Europe/Berlin")
    return console.export_text()


def unfolded(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


@pytest.mark.parametrize("width", ["80", "140", "400"])
def test_the_call_list_shows_who_is_not_called_and_why(place: Place, width: str) -> None:
    place.take(row(1), row(2, phone=""), row(3, phone="", company="B"))
    text = place.run("call-list", env={"COLUMNS": width}).out
    called, _, waits = text.partition("not called, and no time is known")
    assert "call-list: 1" in called
    assert "+493012340001" in called
    assert ": 2" in waits
    assert unfolded(waits).count("The debtor has no telephone number.") == 2
    assert all(len(line) <= int(width) for line in text.splitlines())


@pytest.mark.parametrize("width", ["80", "140"])
def test_a_call_that_has_to_wait_says_until_when_and_why(place: Place, width: str) -> None:
    place.take(row(1))
    text = place.run("call-list", now="2026-11-23T06:30:00+01:00", env={"COLUMNS": width}).out
    assert "2026-11-23 08:00" in text
    assert "Not before 08:00: It is Mon 23 Nov 2026 06:30 at the debtor's place" in unfolded(text)
    assert "not called" not in text


def test_a_company_is_shown_where_there_are_several(place: Place) -> None:
    place.take(row(1, company="10"), row(1, company="20"))
    assert "company" in place.run("debtors", env={"COLUMNS": "80"}).out
    place.take(row(1, company="10"), name="op_2026-11-23.csv", options=("--source", "other"))
    assert shown("debtors", [{"company": "10", "debtor_no": "1", "blocks": ["x" * 70]}]).count("company") == 0


def test_no_word_is_broken_on_a_narrow_terminal(place: Place) -> None:
    sources = place.ask("check", now=None)["sources"]
    text = place.run("check", now=None, env={"COLUMNS": "80"}).out
    words = set(text.replace("│", " ").replace(",", " ").split())
    told = {word for source in sources for key in ("name", "title") for word in source[key].replace(",", " ").split()}
    assert len(told) > 20
    assert told <= words
    place.take(row(1))
    place.ask("record", 1, "--email", "accounts.payable@example.com", "--phone", "030 12349999")
    explained = place.run("explain", 1, env={"COLUMNS": "80"}).out
    assert {"accounts.payable@example.com", "+493012349999", "put_right"} <= set(explained.replace("│", " ").replace(";", " ").split())
    assert "2026-11-23 10:00" in explained


def test_a_word_longer_than_any_is_folded_rather_than_cut() -> None:
    text = shown("debtors", [{"debtor_no": "1" * 60, "debtor_name": "x" * 300, "open": {"EUR": "1.00"}}])
    assert text.count("x") == 300
    assert text.count("1") >= 60
    assert all(len(line) <= 80 for line in text.splitlines())


def test_an_accepted_batch_has_no_reason_to_give() -> None:
    text = shown("batch", {"batch": "b1", "file": "op.csv", "status": "accepted", "reason": None})
    assert text.splitlines()[0].rstrip() == "op.csv is accepted"
    assert shown("batch", {"batch": "b1", "file": "op.csv", "status": "held", "reason": "too small"}).startswith(
        "op.csv is held: too small"
    )


def test_a_cut_list_says_how_many_more_there_are() -> None:
    def movers(count: int, **what: object) -> list[dict[str, object]]:
        return [
            {"company": "", "debtor_no": str(no), "debtor_name": "A", "was": "2.00", "now": "1.00", "currency": "EUR", **what}
            for no in range(count)
        ]

    found = {
        "sentences": [], "vanished": {"items": 31, "debtors": 9}, "new": {"items": 1}, "changed": {"items": 10},
        "largest_debtors": [*movers(8, items=1), *movers(1, items=1, currency="CHF")], "largest_vanished": movers(TOP, item_no="R"),
        "largest_new": movers(1, item_no="R"), "largest_changed": movers(TOP, item_no="R"),
    }  # fmt: skip
    rejected = [{"line": no, "column": "due_on", "value": "x", "reason": "bad"} for no in range(25)]
    text = shown("batch", {"batch": "b1", "file": "op.csv", "status": "held", "difference": found, "rejected": rejected})
    assert [line.strip() for line in text.splitlines() if "more" in line] == [
        "and 1 more of whom an item would vanish", "and 21 more", "and 5 more rows; the file of rejects in receipts/ has them all",
    ]  # fmt: skip


def test_who_began_a_talk_is_shown_where_it_was_handed_over() -> None:
    talk = {"id": "1m86", "debtor_no": "20001", "agent": "202", "begun_by": "201", "state": "closed"}
    assert "begun by" in shown("attempts", [talk], 200)
    assert "begun by" not in shown("attempts", [talk | {"begun_by": None}], 200)


def test_the_id_of_an_attempt_is_shown_where_the_terminal_is_narrow() -> None:
    """`record --attempt ID` asks for it."""
    assert "1m86ckq8yxdt96kt53" in shown("attempts", [{"id": "1m86ckq8yxdt96kt53", "debtor_no": "20001", "state": "closed"}], 80)


def test_explain_names_the_file_of_a_recording() -> None:
    """Whoever erases it by hand needs its name."""
    doc = {"debtor_no": "20001", "why": "x", "recordings": [{"call": "1m86ckq8yxdt96kt53", "says": "recorded"}]}
    assert "1m86ckq8yxdt96kt53.wav" in shown("explain", doc, 120)
