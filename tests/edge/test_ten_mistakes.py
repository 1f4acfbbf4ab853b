"""A rule file with ten mistakes shows ten sentences, each with the file, the line and the key: for every kind of rule file.

The files stand in mistakes/; behind each wrong line stands `#!` and the key that the sentence must name.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from collectord.edge.rules_files import OPTIONAL, RulesInvalid, load_rules
from collectord.edge.shipped import shipped_directory

MISTAKES = Path(__file__).parent / "mistakes"
FILES = sorted(path.relative_to(MISTAKES).as_posix() for path in MISTAKES.rglob("*.toml"))


def marked(text: str) -> list[tuple[int, str]]:
    found = [(number, re.search(r"#! (\S+)$", line)) for number, line in enumerate(text.splitlines(), start=1)]
    return [(number, match[1]) for number, match in found if match]


@pytest.mark.parametrize("name", FILES)
def test_every_mistake_of_a_file_is_one_sentence_with_file_line_and_key(name: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(shipped_directory("rules"), rules)
    text = (MISTAKES / name).read_text(encoding="utf-8")
    (rules / name).write_text(text, encoding="utf-8")
    with pytest.raises(RulesInvalid) as caught:
        load_rules(rules)
    problems = caught.value.problems
    assert {problem.file for problem in problems} == {str(rules / name)}, "nothing is said of files that are right"
    assert [(problem.line, str(problem).split(": ")[1]) for problem in problems] == marked(text)
    assert len(problems) >= 10
    for problem in problems:
        assert str(problem).startswith(f"{rules / name}:{problem.line}: ")
        assert problem.sentence == problem.sentence.strip() != ""
        assert "\n" not in problem.sentence
        assert "Traceback" not in problem.sentence


def test_there_is_such_a_file_for_every_kind_of_rule_file() -> None:
    assert {"ladders.toml", "dispositions.toml", *OPTIONAL} <= set(FILES)
