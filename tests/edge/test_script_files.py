"""Scripts and templates in a rules directory: what is wrong with one stands there with file and line, and nothing is loaded."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from collectord.core.receivables.script_text import LANGUAGES, Kind
from collectord.edge.rules_files import RulesInvalid, load_rules
from collectord.edge.shipped import shipped_directory


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped_directory("rules"), tmp_path / "rules"))


def problems(rules: Path) -> list[str]:
    with pytest.raises(RulesInvalid) as invalid:
        load_rules(rules)
    return [str(problem).removeprefix(f"{rules}/") for problem in invalid.value.problems]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_shipped_texts_are_complete_in_both_languages(rules: Path) -> None:
    scripts = load_rules(rules).scripts
    assert scripts.names(Kind.SCRIPT) == (
        "broken-promise", "callback", "courtesy", "firm-reminder", "friendly-reminder", "second-reminder",
    )  # fmt: skip
    assert scripts.names(Kind.VOICEMAIL) == ("minor", "third-party", "voicemail")
    for kind in (Kind.EMAIL, Kind.LETTER):
        assert scripts.names(kind) == ("courtesy", "firm-reminder", "friendly-reminder", "second-reminder")
    assert {text.language for text in scripts.texts.values()} == set(LANGUAGES)


def test_several_mistakes_are_several_sentences_with_file_and_line(rules: Path) -> None:
    change(rules / "scripts/de/courtesy.md", "## Identifizieren", "## Anlass zuerst")
    change(rules / "scripts/en/voicemail.md", "Thank you", "It is about your invoice. Thank you")
    change(rules / "templates/de/courtesy.email.md", "{{items}}", "{{itmes}}")
    path = rules / "scripts/en/callback.md"
    path.write_text(re.sub(r"approved_by = .*", 'approved_by = ""', path.read_text(encoding="utf-8")), encoding="utf-8")
    (rules / "scripts/en/firm-reminder.md").write_bytes(b"+++\n\xff\n")
    found = problems(rules)
    assert [text.split(": ")[0] for text in found] == [
        "scripts/de/courtesy.md:7", "scripts/en/callback.md:4", "scripts/en/firm-reminder.md:2", "scripts/en/voicemail.md:8",
        "templates/de/courtesy.email.md:12",
    ]  # fmt: skip
    assert "the first section must be ## Identifizieren" in found[0]
    assert "approved_by: nobody approved this text" in found[1]
    assert "not UTF-8" in found[2]
    assert "'invoice' tells what it is about; a text for a machine or somebody else must not" in found[3]


def test_a_script_that_a_step_names_and_nobody_wrote(rules: Path) -> None:
    change(rules / "ladders.toml", 'script = "firm-reminder"', 'script = "stern"')
    (found,) = problems(rules)
    line = (rules / "ladders.toml").read_text(encoding="utf-8").splitlines().index('script = "stern"') + 1
    assert found.startswith(
        f"ladders.toml:{line}: ladder.standard.level[5].script: script = 'stern': there is no scripts/de/stern.md; known are"
    )


def test_a_text_in_one_language_only(rules: Path) -> None:
    (rules / "templates/en/courtesy.letter.md").unlink()
    sentence = "the text is missing in the other language: templates/en/courtesy.letter.md"
    assert problems(rules) == [f"templates/de/courtesy.letter.md:1: {sentence}"]


@pytest.mark.parametrize("file", ["scripts/fr/courtesy.md", "scripts/de/x.email.md", "scripts/de/notes.txt", "templates/de/x.md"])
def test_a_file_that_would_never_be_used(rules: Path, file: str) -> None:
    (rules / file).parent.mkdir(exist_ok=True)
    (rules / file).write_text("x", encoding="utf-8")
    (found,) = problems(rules)
    assert found.startswith(f"{file}:1: this file is not known here; expected ")


def test_an_editors_leavings_are_no_texts(rules: Path) -> None:
    (rules / "scripts/de/.courtesy.md.swp").write_bytes(b"\xff")
    assert load_rules(rules).scripts.texts


def test_a_directory_of_before_has_no_texts_and_works(rules: Path) -> None:
    shutil.rmtree(rules / "scripts")
    shutil.rmtree(rules / "templates")
    assert load_rules(rules).scripts.texts == {}
