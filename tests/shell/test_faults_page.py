"""docs/FAULTS.md: every test and story that it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "FAULTS.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`((?:core|edge|loops|shell|crash|pbx|scenarios|fuzz)/[^`]+)`", PAGE)


def functions(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def is_there(name: str) -> bool:
    file, _, test = name.partition("::")
    return test in functions(TESTS / f"{file}.py") if test else (TESTS / name).is_file()


def test_every_test_and_story_that_the_page_of_faults_names_is_there() -> None:
    assert len(NAMED) > 90
    assert [name for name in NAMED if not is_there(name)] == []


def test_every_invariant_is_on_the_page_and_every_one_of_the_page_is_checked() -> None:
    [all_hold] = [
        node
        for node in ast.walk(ast.parse((TESTS / "crash" / "invariants.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "all_hold"
    ]
    checked = {call.func.id for call in ast.walk(all_hold) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    told = PAGE[PAGE.index("## What holds") : PAGE.index("## The store")]
    assert set(re.findall(r"`([a-z_]+)`", told)) == checked


def test_every_fault_has_a_test() -> None:
    rows = [line for line in PAGE[PAGE.index("## The store") :].splitlines() if line.startswith("| ") and not line.startswith("| what")]
    assert [row for row in rows if not re.search(r"`[a-z]+/[^`]+`", row.rpartition(" | ")[2])] == []
