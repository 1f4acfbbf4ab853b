"""`check` says what the ladders say, which files were read, and what became of steps where it cannot be sure."""

from __future__ import annotations

import shutil

from tests.shell.place import Place


def test_the_steps_of_every_ladder_stand_in_a_table(place: Place) -> None:
    steps = place.ask("check", now=None)["steps"]
    assert [one["step"] for one in steps] == ["courtesy call", "friendly call", "second call", "letter", "firm call", "handover"]
    assert steps[1] == {
        "ladder": "standard", "level": 2, "step": "friendly call", "comes": "3 days after the due date", "medium": "call",
        "min_open": "25.00", "script": "friendly-reminder", "enabled": True,
    }  # fmt: skip
    assert not steps[3]["enabled"]
    shown = place.run("check", now=None, env={"COLUMNS": "200"}).out
    for word in ("friendly call", "3 days after the due date", "friendly-reminder", "25.00"):
        assert word in shown


def test_a_file_that_is_missing_is_named_with_what_holds_without_it(place: Place) -> None:
    files = {one["file"]: one for one in place.ask("check", now=None)["files"]}
    assert all(one["read"] and one["without_it"] is None for one in files.values())
    assert {"ladders.toml", "packs/de.toml", "scripts/de/courtesy.md", "sources/canonical.toml"} <= files.keys()
    rules = place.folder / "rules"
    (rules / "strategies.toml").unlink()
    shutil.rmtree(rules / "sources")
    missing = {one["file"]: one["without_it"] for one in place.ask("check", now=None)["files"] if not one["read"]}
    assert missing.keys() == {"strategies.toml", "sources/"}
    assert missing["strategies.toml"].startswith("no strategies")
    assert missing["sources/"] == "only the canonical CSV can be read"


def test_a_step_that_may_have_become_one_of_several_is_told(place: Place) -> None:
    assert place.run("plan").status == 0
    ladders = place.folder / "rules" / "ladders.toml"
    text = ladders.read_text(encoding="utf-8")
    other = 'name = "other call"\nafter_due = "9d"\nmedium = "call"\nmin_open = "25.00"\n\n[[ladder.standard.level]]\nname = "another call"'
    ladders.write_text(text.replace('name = "second call"', other).replace('after_due = "10d"', 'after_due = "11d"'), encoding="utf-8")
    (warning,) = place.ask("check")["warnings"]
    assert warning.startswith(f"{ladders}:")
    assert "the step 'second call' of the last plan is gone, and other call, another call came at its place" in warning
    assert place.run("plan").status == 0
    assert place.ask("check")["warnings"] == []
