"""`collectord simulate`: the rules played forward on the present ledger, as a person asks for it; nothing is written and nobody called."""

from __future__ import annotations

import hashlib
import re
import shutil
from xml.etree import ElementTree

import pytest

from tests.shell.place import MONDAY, Place, row
from tests.shell.test_progress import seen_on_a_terminal

DAY = {
    "day", "works", "tasks", "created", "calls", "reached", "minutes", "capacity", "promised", "kept", "broken", "paid", "by_talks",
    "letters", "emails", "handovers", "uncalled", "uncalled_open", "refused", "refused_open", "refused_by",
}  # fmt: skip


@pytest.fixture
def house(place: Place) -> Place:
    place.take(*(row(number, due_on="2026-11-09", open_amount="400.00") for number in range(1, 31)), name="op_2026-11-23.csv")
    return place


def fingerprint(house: Place) -> str:
    files = sorted(path for path in (house.folder / "state").rglob("*.db"))
    assert files
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def test_each_day_says_tasks_calls_minutes_and_what_stays_uncalled_in_money(house: Place) -> None:
    before = fingerprint(house)
    doc = house.ask("simulate", "--days", 6, "--agents", 1)
    assert [day["day"] for day in doc["days"]] == [f"2026-11-{day}" for day in range(23, 29)]
    assert all(set(day) == DAY for day in doc["days"])
    assert [day["works"] for day in doc["days"]] == [True] * 5 + [False]
    assert doc["days"][0]["tasks"] == 30
    assert doc["total"]["calls"] == sum(day["calls"] for day in doc["days"]) > 0
    assert doc["sentences"]
    assert len(doc["assumptions"]) == 3
    assert fingerprint(house) == before, "the store is untouched"
    assert house.ask("tasks") == house.ask("attempts") == []
    assert house.ask("simulate", "--days", 6, "--agents", 1) == doc, "the same question has the same answer"
    assert house.ask("simulate", "--days", 6, "--agents", 1, "--seed", 2)["days"] != doc["days"]


def test_without_agents_the_money_stays_uncalled(house: Place) -> None:
    doc = house.ask("simulate", "--days", 1, "--agents", 0)
    assert doc["total"]["calls"] == 0
    assert doc["sentences"][0].startswith("Without agents nobody is called")
    assert doc["agents"] == 0


def test_a_stale_export_is_the_first_thing_said_and_nobody_is_called_enough(house: Place) -> None:
    german = {"COLLECTORD_LANGUAGE": "de"}
    doc = house.ask("simulate", "--days", 2, "--agents", 2, now="2026-11-26T10:00:00+01:00")
    assert (doc["total"]["calls"], doc["days"][0]["refused_by"]) == (0, {"guard/stale-source": 30})
    why = house.explain(1, at="2026-11-26T10:00:00+01:00")["refusals"][0]["reason"]
    assert doc["sentences"][0] == (
        f"Nobody is called in this time: {why} On the last working day 30 calls over €12,000.00 are put off, most of them by"
        " guard/stale-source. Whether the agents are enough cannot be said."
    )
    told = house.ask("simulate", "--days", 2, "--agents", 2, now="2026-11-26T10:00:00+01:00", env=german)["sentences"]
    assert told[0].startswith("In dieser Zeit wird niemand angerufen: ")
    assert not [sentence for sentence in told if "reichen" in sentence]


def test_other_rules_are_played_on_the_same_debtors(house: Place) -> None:
    copy = house.folder / "rules-try"
    shutil.copytree(house.folder / "rules", copy)
    path = copy / "ladders.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('min_open = "25.00"', 'min_open = "900.00"'), encoding="utf-8")
    usual = house.ask("simulate", "--days", 2, "--agents", 1)
    dear = house.ask("simulate", "--days", 2, "--agents", 1, "--rules", copy)
    assert usual["total"]["calls"] > dear["total"]["calls"] == 0
    path.write_text("this is no TOML", encoding="utf-8")
    answer = house.run("simulate", "--days", 2, "--rules", copy)
    assert answer.status == 2
    assert "ladders.toml:1" in answer.err


def test_the_picture_is_an_svg_and_a_folder_that_is_not_there_is_said(house: Place) -> None:
    target = house.folder / "days.svg"
    doc = house.ask("simulate", "--days", 3, "--agents", 2, "--picture", target)
    assert doc["picture"] == str(target)
    root = ElementTree.fromstring(target.read_text(encoding="utf-8"))
    assert root.tag.endswith("svg")
    assert "3 days with 2 agents" in "".join(root.itertext())
    answer = house.run("simulate", "--days", 1, "--picture", house.folder / "nowhere" / "days.svg")
    assert answer.status == 1
    assert "nowhere" in answer.err
    assert not list(house.folder.glob(".days*")), "nothing half-written is left"


def test_the_table_has_a_line_a_day_and_wrong_numbers_are_wrong_usage(house: Place) -> None:
    told = house.run("simulate", "--days", 2, "--agents", 1).out
    assert "Mon 23 Nov 2026" in told
    assert "Tue 24 Nov 2026" in told
    assert "█" in told
    assert "Measured elsewhere" in told
    assert house.run("simulate", "--days", 0).status == 2
    assert house.run("simulate", "--agents", -1).status == 2


def test_whoever_waits_at_a_terminal_sees_which_day_is_played(house: Place) -> None:
    shown, out = seen_on_a_terminal(house, "--now", MONDAY, "simulate", "--days", 20, "--agents", 1)
    assert re.search(r"2026-11-\d\d .* [0-9]+/20", shown)
    assert "simulation" in out
    assert "2026-11-23 " not in seen_on_a_terminal(house, "--now", MONDAY, "--json", "simulate", "--days", 2)[0]
