"""Gaps in ladders: who is never contacted, and what is held up by a step that waits for more."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectord.core.receivables.ladder_doubts import ladder_doubts
from tests.core.test_ladders import SHIPPED, level, read


def doubts(text: str) -> list[tuple[str, str]]:
    ladders, problems = read(text)
    assert problems == []
    return [(doubt.path, doubt.sentence) for doubt in ladder_doubts(ladders)]


def test_the_shipped_ladder_leaves_nobody_out() -> None:
    assert doubts(Path(SHIPPED).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (level("a", "3d", 'min_open = "100.00"') + level("b", "9d", 'min_open = "25.00"'),
         "ladder.standard.level.1.min_open", "below 100.00 the step never comes: level 1 (a)"),
        (level("a", "3d", 'min_open = "100.00"') + level("b", "9d"), "ladder.standard.level.1.name", "below 100.00"),
        (level("a", "3d", 'person_type = "business"'), "ladder.standard", "for private debtors and debtors whose person_type is unknown"),
        ('[ladder.standard]\npotential_classes = ["I"]\n' + level("a", "3d"), "ladder.standard", "none of the ladders fits"),
    ],
)  # fmt: skip
def test_a_gap_is_named(text: str, path: str, words: str) -> None:
    ((where, sentence),) = doubts(text)
    assert where == path
    assert words in sentence


@pytest.mark.parametrize(
    "text",
    [
        level("a", "3d", 'min_open = "100.00"', 'expires_after = "5d"') + level("b", "9d", 'min_open = "25.00"'),
        level("a", "-3d", 'min_open = "100.00"') + level("b", "9d", 'min_open = "25.00"'),
        level("a", "3d", 'min_open = "100.00"', "enabled = false") + level("b", "9d", 'min_open = "25.00"'),
        level("a", "3d", 'min_open = "100.00"', 'person_type = "business"')
        + level("b", "4d", 'person_type = "private"')
        + level("c", "9d"),
        '[ladder.firms]\nperson_types = ["business"]\n' + level("a", "3d", 'person_type = "business"', ladder="firms") + level("b", "3d"),
    ],
)
def test_what_may_be_meant_so_is_not_doubted(text: str) -> None:
    assert doubts(text) == []
