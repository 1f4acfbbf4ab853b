"""`record --phone …` and the file of corrections, by hand: it holds at once, survives imports, and accounting hears of it once."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.shell.place import Place, row

LATER = "2026-11-23T11:00:00+01:00"
NEXT_DAY = "2026-11-24T10:00:00+01:00"
NEW = "+493012349999"


@pytest.fixture
def house(place: Place) -> Place:
    place.take(*[row(no) for no in range(1, 25)])
    return place


def corrections(place: Place, at: str = LATER) -> list[dict[str, str]]:
    path = place.ask("export", now=at)["corrections"]
    if path is None:
        return []
    assert Path(path).read_bytes().startswith(b"\xef\xbb\xbf")
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def debtor(place: Place, no: int, at: str = LATER) -> dict[str, Any]:
    found: dict[str, Any] = place.ask("debtors", "--debtor", no, now=at)[0]
    return found


def test_a_corrected_number_is_dialled_at_once_and_after_the_next_export(house: Place) -> None:
    doc = house.ask("record", 1, "--phone", "030 1234 9999")
    assert doc["recorded"] == [{"kind": "phone", "value": NEW}]
    assert house.explain(1)["number"] == NEW
    assert debtor(house, 1)["numbers"] == [NEW]
    house.take(*[row(no) for no in range(1, 25)], name="op_2026-11-23.csv", now=LATER)
    assert house.explain(1, at=LATER)["number"] == NEW
    calls = {one["debtor_no"]: one["number"] for one in house.ask("call-list", "--days", "2", now=LATER)}
    assert calls["1"] == NEW


def test_accounting_is_told_once_with_the_old_and_the_new_value(house: Place) -> None:
    house.ask("record", 1, "--phone", NEW, "--name", "=Kontor GmbH", "--note", "said on the phone")
    lines = corrections(house)
    assert [(one["debtor_no"], one["field"], one["old_value"], one["new_value"], one["note"]) for one in lines] == [
        ("1", "debtor_name", "Debtor 1", "'=Kontor GmbH", "said on the phone"),
        ("1", "phone", "030 12340001", f"'{NEW}", "said on the phone"),
    ]
    assert lines[0]["debtor_name"] == "'=Kontor GmbH"
    assert lines[0]["at"] == "2026-11-23T10:00:00+01:00"
    assert all(one["agent"] and one["correction_id"] for one in lines)
    assert corrections(house) == []
    assert len(house.files("outbox")) == 1


def test_a_correction_ends_when_accounting_says_the_same(house: Place) -> None:
    house.ask("record", 1, "--phone", NEW)
    house.take(row(1, phone="030/12349999"), *[row(no) for no in range(2, 25)], name="op_2026-11-23.csv", now=LATER)
    found = debtor(house, 1)["corrections"]
    assert [(one["field"], one["value"], one["state"]) for one in found] == [("phone", NEW, "adopted")]
    assert house.explain(1, at=LATER)["number"] == NEW


def test_newer_knowledge_of_accounting_wins_and_both_are_shown(house: Place) -> None:
    house.ask("record", 1, "--phone", NEW)
    house.take(row(1, phone="030 12345555"), *[row(no) for no in range(2, 25)], name="op_2026-11-23.csv", now=LATER)
    told = house.explain(1, at=LATER)
    assert told["number"] == "+493012345555"
    assert [(one["value"], one["accounting"], one["state"]) for one in told["corrections"]] == [(NEW, "030 12345555", "overruled")]


def test_a_correction_is_taken_back_and_accounting_hears_of_it_when_it_had_heard_before(house: Place) -> None:
    house.ask("record", 1, "--phone", NEW)
    assert len(corrections(house)) == 1
    house.ask("record", 1, "--phone", "none", now=LATER)
    assert house.explain(1, at=LATER)["number"] == "+493012340001"
    lines = corrections(house, NEXT_DAY)
    assert [(one["field"], one["old_value"], one["new_value"]) for one in lines] == [("phone", f"'{NEW}", "030 12340001")]
    assert "taken back" in lines[0]["note"]


def test_of_two_corrections_before_the_export_only_the_last_is_told(house: Place) -> None:
    house.ask("record", 1, "--phone", "030 1234 8888")
    house.ask("record", 1, "--phone", NEW)
    assert [one["new_value"] for one in corrections(house)] == [f"'{NEW}"]


def test_a_wrong_number_goes_back_as_one(house: Place) -> None:
    house.ask("record", 1, "--number-wrong", "030 12340001", "--reason", "a bakery")
    house.ask("record", 2, "--disposition", "wrong_number")
    lines = corrections(house)
    assert [(one["debtor_no"], one["field"], one["old_value"], one["new_value"]) for one in lines] == [
        ("1", "phone", "030 12340001", ""),
        ("2", "phone", "030 12340002", ""),
    ]
    assert lines[0]["note"] == "wrong number: a bakery"
    assert corrections(house, NEXT_DAY) == []
    assert "guard/number-wrong" in house.rules(1)


def test_a_contact_person_is_asked_for_on_the_number_given(house: Place) -> None:
    house.ask("record", 1, "--contact-person", "Frau Weber, Buchhaltung, 030 1234 9999")
    told = house.explain(1)
    assert (told["number"], told["ask_for"]) == (NEW, "Frau Weber, Buchhaltung")
    found = debtor(house, 1)
    assert found["numbers"] == ["+493012340001", NEW]
    assert [one["new_value"] for one in corrections(house)] == [f"Frau Weber, Buchhaltung, {NEW}"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--phone", "110"], "--phone 110:"),
        (["--phone2", "abc"], "--phone2 abc: holds characters"),
        (["--phone", ""], "--phone needs a value, or none to take it back"),
        (["--email", "weber"], "--email weber is no e-mail address"),
        (["--contact-person", "030 12345678"], "write Name, role, number"),
        (["--contact-person", "Frau Weber, 0900 1"], "--contact-person 0900 1:"),
        (["--name", "N" * 201], "--name is longer than 200"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence_and_nothing_is_written(house: Place, options: list[str], sentence: str) -> None:
    answer = house.run("record", 1, *options, "--do-not-call")
    assert answer.status == 1
    assert len(answer.sentences) == 1
    assert sentence in answer.err
    assert house.rules(1) == set()
    assert corrections(house) == []
