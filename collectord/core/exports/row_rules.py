"""Row rules: which rows of a file are left out, cleared, rejected, expected, or hold a total.

Owns the conditions of a profile as plain functions over a row's cells. Knows no column's canonical meaning.
Invariant: a rule whose column the file lacks is never silently without effect, unless the profile calls it optional.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from collectord.core.exports.column_reading import Cells, Header
from collectord.core.exports.forms import NotInForm, NumberForm
from collectord.core.exports.source_profiles import ANY_COLUMN, Condition, RowRule, Total, plain_word
from collectord.core.wording import Language

Test = Callable[[Cells], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    why: str
    holds: Test


def columns_needed(rules: Sequence[RowRule], totals: Sequence[Total]) -> Iterator[tuple[str, ...]]:
    """The columns that conditions look at: each entry, one of its names must be in the header."""
    for rule in rules:
        if not rule.optional:
            yield from (condition.column for condition in rule.when if condition.column != (ANY_COLUMN,))
    for total in totals:
        yield from (condition.column for condition in total.when if condition.column != (ANY_COLUMN,))
        yield from (names for names in (total.sum, total.count) if names)


def compiled(rules: Sequence[RowRule], header: Header, numbers: NumberForm, language: Language) -> list[Rule]:
    """The rules that this file can have at all."""
    found = []
    for rule in rules:
        holds = all_hold(rule.when, header, numbers)
        if holds is not None:
            found.append(Rule(rule.why[language], holds))
    return found


def all_hold(conditions: Sequence[Condition], header: Header, numbers: NumberForm) -> Test | None:
    """None: the file lacks a column that one of them looks at."""
    tests: list[Test] = []
    for condition in conditions:
        if condition.column == (ANY_COLUMN,):
            tests.append(_test(condition, _first_filled, numbers))
            continue
        at = header.find(condition.column)
        if at is None:
            return None
        tests.append(_test(condition, _cell(at), numbers))
    if len(tests) == 1:
        return tests[0]
    return lambda cells: all(test(cells) for test in tests)


def _cell(at: int) -> Callable[[Cells], str]:
    return lambda cells: cells[at]


def _first_filled(cells: Cells) -> str:
    return next((cell for cell in cells if cell), "")


def _test(condition: Condition, cell: Callable[[Cells], str], numbers: NumberForm) -> Test:
    """One condition; what is not given holds."""
    if condition.filled is not None and not (condition.any_of or condition.none_of or condition.begins or condition.amount):
        wanted = condition.filled
        return lambda cells: bool(cell(cells)) is wanted

    def test(cells: Cells) -> bool:
        text = cell(cells)
        word = plain_word(text)
        if condition.any_of and word not in condition.any_of:
            return False
        if word in condition.none_of or (condition.begins and not word.startswith(condition.begins)):
            return False
        if condition.filled is not None and bool(text) is not condition.filled:
            return False
        return not condition.amount or _amount(text, numbers) == condition.amount

    return test


def _amount(text: str, numbers: NumberForm) -> str:
    """zero, positive, negative; "" for what is no amount: then the row is judged by its other cells."""
    try:
        value = Decimal(numbers.read(text))
    except NotInForm:
        return ""
    return "zero" if value == 0 else "positive" if value > 0 else "negative"
