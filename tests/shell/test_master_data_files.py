"""A file of master data by hand: its receipt, what it changes, and what an agent put right before and after it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shell.place import MONDAY, Place, row

LATER = "2026-11-23T11:00:00+01:00"
COLUMNS = "debtor_no;debtor_name;phone;email;head_office;dunning_block;payment_method;person_name;person_role;person_phone;person_hours"


@pytest.fixture
def house(place: Place) -> Place:
    place.take(*[row(no) for no in range(1, 25)])
    return place


def take(place: Place, *rows: str, name: str = "master-data_2026-11-23.csv", now: str = LATER) -> dict[str, Any]:
    path = place.folder / name
    path.write_text("\n".join([COLUMNS, *rows]) + "\n", encoding="utf-8")
    receipt: dict[str, Any] = place.run("import", path, "--json", now=now).doc[0]
    return receipt


def test_a_file_known_by_its_name_is_a_delta_with_a_receipt_of_its_own(house: Place) -> None:
    receipt = take(house, "1;Kontor GmbH;;;;;;Frau Weber;Buchhaltung;030 12349901;", "2;;030 12349902;;;;;;;;", "99;Unbekannt;;;;;;;;;")
    assert (receipt["source"], receipt["mode"], receipt["status"]) == ("master-data", "delta", "accepted")
    assert (receipt["rows"], receipt["accepted"], receipt["opened"], receipt["cleared"]) == (3, 3, 3, 0)
    assert (receipt["debtors"], receipt["contact_persons"]) == (3, 1)
    told = house.explain(1, at=LATER)
    assert (told["debtor_name"], told["number"], told["ask_for"]) == ("Kontor GmbH", "+493012349901", "Frau Weber, Buchhaltung")
    assert house.explain(2, at=LATER)["number"] == "+493012349902"
    listed = {one["debtor_no"]: one for one in house.ask("debtors", now=LATER)}
    assert "99" not in listed
    assert [one["name"] for one in listed["1"]["persons"]] == ["Frau Weber"]
    again = take(house, "1;Kontor GmbH;;;;;;Frau Weber;Buchhaltung;030 12349901;", name="master-data_2026-11-23b.csv")
    assert (again["unchanged"], again["opened"], again["changed"]) == (1, 0, 0)


def test_master_data_make_no_open_item_fresh_and_none_stale(house: Place) -> None:
    before = house.ask("status", now=MONDAY)["sources"]
    take(house, "1;Kontor GmbH;;;;;;;;;", now=MONDAY)
    assert house.ask("status", now=MONDAY)["sources"] == before
    assert house.explain(1)["may_call"] is True
    tuesday_after = "2026-11-25T10:00:00+01:00"
    take(house, "1;Kontor AG;;;;;;;;;", name="master-data_2026-11-25.csv", now=tuesday_after)
    assert "guard/stale-source" in house.rules(1, at=tuesday_after)


def test_a_bad_row_is_named_keeps_what_was_known_and_holds_its_debtor_until_the_row_is_good(house: Place) -> None:
    receipt = take(house, "1;;;;;perhaps;;;;;", "2;;030 12349902;;;;;;;;")
    assert receipt["status"] == "accepted"
    assert [(bad["line"], bad["column"]) for bad in receipt["rejected"]] == [(2, "dunning_block")]
    assert house.rules(1, at=LATER) == {"guard/rejected-row"}
    assert house.rules(2, at=LATER) == set()
    take(house, "1;;;;;no;;;;;", name="master-data_2026-11-23b.csv")
    assert house.rules(1, at=LATER) == set()


def test_what_an_agent_put_right_survives_master_data_and_open_items_until_they_say_the_same(house: Place) -> None:
    take(house, "1;;030 12349901;;;;;;;;", now=MONDAY)
    house.ask("record", 1, "--phone", "030 12349999", now=MONDAY)
    take(house, "1;;030/12349901;x@kontor.example;;;;;;;", name="master-data_2026-11-23b.csv")
    house.take(*[row(no) for no in range(1, 25)], name="op_2026-11-23.csv", now=LATER)
    assert house.explain(1, at=LATER)["number"] == "+493012349999"
    take(house, "1;;+49 30 12349999;;;;;;;;", name="master-data_2026-11-23c.csv")
    [found] = house.ask("debtors", "--debtor", "1", now=LATER)
    assert [(one["state"], one["accounting"]) for one in found["corrections"]] == [("adopted", "+49 30 12349999")]
    assert found["numbers"] == ["+493012349999"]


def test_one_call_covers_the_branches_that_master_data_name(house: Place) -> None:
    take(house, "2;;;;1;;;;;;", "3;;;;1;;;;;;")
    created = {one["debtor_no"]: one["items"] for one in house.ask("plan", "--dry-run", now=LATER)["created"]}
    assert created["1"] == ["2/R2", "3/R3", "R1"]
    assert not {"2", "3"} & created.keys()
    assert house.rules(2, at=LATER) == {"guard/head-office"}
    calls = [one["debtor_no"] for one in house.ask("call-list", now=LATER)]
    assert "1" in calls
    assert "2" not in calls


def test_the_log_of_an_import_names_no_contact_person(house: Place) -> None:
    path = house.folder / "master-data_2026-11-23.csv"
    path.write_text(f"{COLUMNS}\n1;;;;;;;Frau Geheim;Buchhaltung;030 12349901;\n2;;;;;perhaps;;Herr Diskret;;;\n", encoding="utf-8")
    answer = house.run("import", path, "--json", now=LATER)
    assert "Geheim" not in answer.err
    assert "Diskret" not in answer.err
    assert "12349901" not in answer.err
