"""`plan --diff`: what a day or an edit of the rules changes, seen beforehand; nothing is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.shell.place import MONDAY, Place, row


@pytest.fixture
def house(place: Place) -> Place:
    place.take(row(1), row(2, open_amount="30.00"), row(3, due_on="2026-11-21"), name="op_2026-11-23.csv")
    return place


def edited(house: Place, file: str, old: str, new: str) -> Path:
    """A copy of the rules with one edit, as a team lead makes it."""
    copy = house.folder / "rules-try"
    shutil.copytree(house.folder / "rules", copy)
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return copy


def test_tomorrow_against_today_row_by_row(house: Place) -> None:
    doc = house.ask("plan", "--diff")
    rows = {found["rule"]: found for found in doc["diff"]}
    assert doc["difference"]["today"] == "2026-11-23"
    assert doc["difference"]["tomorrow"] == "2026-11-24"
    assert sum(found["today"] for found in doc["diff"]) == sum(found["tomorrow"] for found in doc["diff"]) == 3
    step = next(found for found in doc["diff"] if found["level"] == 2)
    assert (step["today"], step["tomorrow"], step["appear"]) == (2, 3, 1)
    assert step["examples"][0]["debtor_no"] == "3"
    assert (rows["not-yet"]["today"], rows["not-yet"]["tomorrow"]) == (1, 0)
    assert house.ask("tasks") == [], "nothing was written"


def test_an_edit_of_the_rules_shows_whose_tasks_vanish_before_it_counts(house: Place) -> None:
    friendly = 'min_open = "25.00"            # below this a call costs more than it brings'
    copy = edited(house, "ladders.toml", friendly, friendly.replace("25.00", "50.00"))
    doc = house.ask("plan", "--dry-run", "--diff", "--against", copy)
    assert doc["difference"]["tasks"]["vanish"] == {"count": 1, "open": {"EUR": "30.00"}}
    assert doc["difference"]["after"] == str(copy)
    (example,) = next(found for found in doc["diff"] if found["rule"] == "below-minimum")["examples"]
    assert (example["debtor_no"], example["now"]) == ("2", "below-minimum")
    back = house.ask("plan", "--against", copy)
    assert back["difference"] == doc["difference"], "--against alone compares, too, and writes nothing"
    assert house.ask("tasks") == []


def test_an_edit_is_shown_without_what_the_stored_tasks_become_and_counts_who_is_no_example(place: Place) -> None:
    place.take(*(row(number) for number in range(1, 7)), name="op_2026-11-23.csv")
    copy = edited(place, "ladders.toml", 'min_open = "25.00"            # below this', 'min_open = "500.00"            # below this')
    told = " ".join(place.run("plan", "--against", copy).out.split())
    assert "Compared: before = the rules in force (" in told
    assert "6 contact tasks less: €600.00." in told
    assert "and 3 more who change" in told
    assert "created" not in told
    assert "dry run" not in told
    german = " ".join(place.run("plan", "--against", copy, env={"COLLECTORD_LANGUAGE": "de"}).out.split())
    assert "Verglichen: vorher = die geltenden Regeln (" in german
    assert "6 Kontaktaufgaben weniger: 600,00" in german
    assert "und 3 weitere, die sich ändern" in german
    assert "created 6" in " ".join(place.run("plan", "--diff").out.split()), "without --against the plan's own counts stand below"


def test_the_same_rules_change_nothing(house: Place) -> None:
    doc = house.ask("plan", "--against", house.folder / "rules")
    assert doc["difference"]["edited"] == ["All rule files are the same."]
    assert [total["count"] for total in doc["difference"]["tasks"].values()] == [0, 0, 0, 0]
    assert all((found["appear"], found["vanish"], found["changed"]) == (0, 0, 0) for found in doc["diff"])


def test_an_edit_without_effect_today_names_its_file_and_where_its_effect_shows(house: Place) -> None:
    copy = edited(house, "ladders.toml", 'after_due = "20d"', 'after_due = "21d"')
    doc = house.ask("plan", "--against", copy)
    assert doc["difference"]["files"] == ["ladders.toml"]
    assert doc["difference"]["edited"][-1].endswith(f"collectord simulate --rules {copy}")
    assert "Other files: ladders.toml." in house.run("plan", "--against", copy).out


def test_a_copy_with_mistakes_shows_all_of_them(house: Place) -> None:
    copy = edited(house, "strategies.toml", 'potential_classes = ["IV"]', 'potential_classes = ["V"]')
    answer = house.run("plan", "--against", copy, now=MONDAY)
    assert answer.status == 2
    assert "strategies.toml:" in answer.err
    assert house.run("plan", "--against", house.folder / "nowhere").status == 2


def test_the_table_names_rows_counts_and_examples(house: Place) -> None:
    told = house.run("plan", "--diff").out
    assert "contact tasks" in told
    assert "no contact, because" in told
    assert "+1" in told
    assert "  3: " in told
