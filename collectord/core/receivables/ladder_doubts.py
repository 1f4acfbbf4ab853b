"""Doubts about ladders: gaps through which debtors or invoices fall, and steps that hold up those behind them.

Owns what can be said of `rules/ladders.toml` alone beyond single mistakes. Reads no file and knows no debtor.
Invariant: a warning names debtors or amounts that are never contacted as the file stands; what may be meant so is not doubted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from collectord.core.receivables.ladders import PERSON_TYPES, Ladder, Level
from collectord.core.receivables.rungs import Rungs, doubts
from collectord.core.receivables.strategy_doubts import LADDERS, Doubt
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "unclear": (
        "the step {gone!r} of the last plan is gone, and {came} came at its place: whoever had it is taken to have had those that come no"
        " later, so that nobody is contacted twice; if one of them is the old step, keep its name until the next plan",
        "die Stufe {gone!r} des letzten Plans ist fort, und an ihrer Stelle steht {came}: wer sie hatte, gilt auch bei denen als"
        " angesprochen, die nicht später kommen, damit niemand zweimal angesprochen wird; ist eine davon die alte Stufe, ihren Namen bis"
        " zum nächsten Plan behalten",
    ),
}


def ladder_doubts(ladders: Sequence[Ladder]) -> Iterator[Doubt]:
    """Warnings, in the order of the file."""
    for ladder in ladders:
        yield from _left_out(ladder)
        for level in _reminders(ladder):
            yield from _held_up(ladder, level)
    if ladders and not any(_is_for_everybody(ladder) for ladder in ladders):
        sentence = (
            "a debtor whom none of the ladders fits is never contacted; let the last one be without companies, person_types and classes"
        )
        yield _doubt(ladders[-1], "", sentence)


def unclear_steps(ladders: Sequence[Ladder], planned: Mapping[str, Rungs], language: Language) -> Iterator[Doubt]:
    """Against the steps that each ladder had when tasks were planned last."""
    for ladder in ladders:
        for doubt in doubts(planned.get(ladder.name, ladder.rungs), ladder.rungs):
            yield _doubt(ladder, "", phrase(TEXTS, "unclear", language, gone=doubt.gone, came=doubt.came))


def _reminders(ladder: Ladder) -> list[Level]:
    return [level for level in ladder.levels if level.enabled and not level.is_courtesy]


def _left_out(ladder: Ladder) -> Iterator[Doubt]:
    kinds = {level.person_type for level in _reminders(ladder)}
    if "" in kinds:
        return
    left = [kind for kind in ladder.person_types or (*PERSON_TYPES, "") if kind not in kinds]
    if left:
        names = " and ".join(f"{kind} debtors" if kind else "debtors whose person_type is unknown" for kind in left)
        yield _doubt(ladder, "", f"behind the due date no step is for {names}: they are never reminded")


def _held_up(ladder: Ladder, level: Level) -> Iterator[Doubt]:
    """A step that waits for more than this one asks for keeps small sums from ever reaching it."""
    before = [other for other in _reminders(ladder) if other.number < level.number and other.expires_after is None]
    same = [other for other in before if other.person_type in ("", level.person_type)]
    most = max(same, key=lambda other: other.min_open, default=None)
    if most is not None and most.min_open > level.min_open:
        sentence = (
            f"below {most.min_open} the step never comes: level {most.number} ({most.name}) asks for so much, and a step is not skipped;"
            " lower its min_open, or give it expires_after"
        )
        yield _doubt(ladder, f".level.{level.number - 1}.{'min_open' if level.min_open else 'name'}", sentence)


def _is_for_everybody(ladder: Ladder) -> bool:
    return not (ladder.companies or ladder.person_types or ladder.potential_classes)


def _doubt(ladder: Ladder, key: str, sentence: str) -> Doubt:
    return Doubt(LADDERS, f"ladder.{ladder.name}{key}", sentence, is_error=False)
