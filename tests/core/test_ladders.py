"""Ladder files: what a team lead writes is read as meant, and every mistake is one sentence at its key."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from collectord.core.receivables.ladder_text import parse_ladders
from collectord.core.receivables.ladders import Ladder, SeveralItems, ladder_for
from collectord.core.receivables.ledger import Debtor
from collectord.core.rule_text import Problem, Table

SHIPPED = Path(__file__).parents[2] / "rules" / "ladders.toml"


def read(text: str) -> tuple[tuple[Ladder, ...], list[Problem]]:
    problems: list[Problem] = []
    return parse_ladders(Table(tomllib.loads(text), "", problems)), problems


def level(name: str, after_due: str, *more: str, ladder: str = "standard", medium: str = "call") -> str:
    lines = [f"[[ladder.{ladder}.level]]", f'name = "{name}"', f'after_due = "{after_due}"', f'medium = "{medium}"', *more]
    return "\n".join(lines) + "\n"


def timed(name: str, clock: str, medium: str = "call") -> str:
    """A level with another clock."""
    return level(name, "3d", clock, medium=medium).replace('after_due = "3d"\n', "")


def debtor(**fields: str) -> Debtor:
    return Debtor(**{"company": "", "debtor_no": "1", "debtor_name": "Muster GmbH", **fields})  # type: ignore[arg-type]


def test_the_shipped_ladder_leads_from_a_courtesy_to_a_handover_without_a_problem() -> None:
    (standard,), problems = read(SHIPPED.read_text(encoding="utf-8"))
    assert problems == []
    assert [(one.number, one.name, one.after_due, one.medium) for one in standard.levels if one.enabled] == [
        (1, "courtesy call", -3, "call"),
        (2, "friendly call", 3, "call"),
        (3, "second call", 10, "call"),
        (5, "firm call", 20, "call"),
        (6, "handover", 45, "handover"),
    ]
    assert standard.levels[0].is_courtesy
    assert standard.levels[0].min_open == Decimal("1000.00")
    assert not standard.levels[3].enabled, "letters are accounting's unless somebody switches them on"


def test_a_level_is_found_by_its_number_and_a_number_beyond_the_file_is_none() -> None:
    (ladder,), _ = read(level("a", "3d") + level("b", "9d"))
    assert [getattr(ladder.level(number), "name", None) for number in (0, 1, 2, 3)] == [None, "a", "b", None]


def test_a_step_is_called_by_its_german_name_on_german_screens_where_it_has_one() -> None:
    (ladder,), _ = read(level("call", "3d", 'name_de = "Anruf"') + level("visit", "9d"))
    assert [(one.title("de"), one.title("en")) for one in ladder.levels] == [("Anruf", "call"), ("visit", "visit")]


def test_every_key_of_a_level_is_read() -> None:
    text = level("a", "3d", 'script = "s"', 'min_open = "25.50"', 'person_type = "private"', "priority = 7", "max_attempts = 2",
                 'expires_after = "30d"', 'skill = "senior"', 'needs_gap = "7d"', "enabled = true")  # fmt: skip
    (ladder,), problems = read(text)
    (one,) = ladder.levels
    assert problems == []
    assert (one.script, one.min_open, one.person_type, one.priority) == ("s", Decimal("25.50"), "private", 7)
    assert (one.max_attempts, one.expires_after, one.skill, one.needs_gap) == (2, 30, "senior", 7)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (level("a", "3d") + level("a", "9d"), "ladder.standard.level.1.name", "stands twice"),
        (level("a", "9d") + level("b", "3d"), "ladder.standard.level.1.after_due", "does not come after the 9d of level 1 (a)"),
        (level("a", "9d") + level("b", "9d"), "ladder.standard.level.1.after_due", "does not come after"),
        (level("a", "3d", medium="fax"), "ladder.standard.level.0.medium", "use one of call, email, letter, visit, handover"),
        (level("a", "3d", "min_open = 25.0"), "ladder.standard.level.0.min_open", "is not money in quotes"),
        (level("a", "3d", 'min_open = "-1.00"'), "ladder.standard.level.0.min_open", "is negative"),
        (level("a", "3d", 'needs_gap = "91d"'), "ladder.standard.level.0.needs_gap", "remembered; write at most 90d"),
        (timed("a", 'after_contact = "91d"'), "ladder.standard.level.0.after_contact", "remembered; write at most 90d"),
        (level("a", "3d", 'needs_gap = "-1d"'), "ladder.standard.level.0.needs_gap", "is negative"),
        (level("a", "36h"), "ladder.standard.level.0.after_due", "must be whole days"),
        (level("", "3d"), "ladder.standard.level.0.name", "name is empty"),
        (level("a", "3d", "minopen = 1"), "ladder.standard.level.0.minopen", "is not known here"),
        (level("a", "3d", "max_attempts = 0"), "ladder.standard.level.0.max_attempts", "is below 1"),
        (level("a", "3d", "priority = 101"), "ladder.standard.level.0.priority", "is above 100"),
        (level("a", "3d", 'person_type = "firm"'), "ladder.standard.level.0.person_type", "use one of business, private"),
        (level("a", "3d", 'expires_after = "0d"'), "ladder.standard.level.0.expires_after", "can never fire"),
        (level("a", "-3d", 'expires_after = "2d"'), "ladder.standard.level.0.expires_after", "ends with the due date by itself"),
        (level("a", "-3d", medium="handover"), "ladder.standard.level.0.medium", "hands over what nobody owes yet"),
        (level("a", "9d", medium="handover") + level("b", "20d"), "ladder.standard.level.1.medium", "has handed the item over before"),
        (level("a", "-9d") + level("b", "-3d", 'needs_gap = "10d"'), "ladder.standard.level.1.needs_gap", "already overdue"),
        (level("a", "3d", "enabled = false"), "ladder.standard.level", "no level that is switched on"),
        (level("a", "3d", 'after_contact = "7d"'), "ladder.standard.level.0.after_contact", "one clock, and after_due is there already"),
        (timed("a", ""), "ladder.standard.level.0.after_due", "after_due is missing; expected a duration like 3d, or after_contact"),
        (timed("a", 'after_contact = "0d"'), "ladder.standard.level.0.after_contact", "must be at least 1d"),
        (timed("a", 'after_contact = "5d"\nneeds_gap = "7d"'), "ladder.standard.level.0.needs_gap", "contradicts after_contact = 5d"),
        (timed("a", 'after_month_end = "-1d"'), "ladder.standard.level.0.after_month_end", "must be at least 0d"),
        (level("a", "40d") + timed("b", 'after_month_end = "5d"'), "ladder.standard.level.1.after_month_end", "not come after the 40d"),
        (timed("a", 'after_month_end = "5d"') + level("b", "4d"), "ladder.standard.level.1.after_due", "does not come after the 5d"),
        (level("a", "9d") + timed("b", 'after_contact = "5d"') + level("c", "8d"), "ladder.standard.level.2.after_due", "of level 1 (a)"),
        (level("a", "3d", 'mode = "auto"'), "ladder.standard.level.0.mode", "preview, pull, progressive"),
        (level("a", "3d", 'mode = "pull"', medium="letter"), "ladder.standard.level.0.mode", "a step with medium letter has none"),
        (level("a", "3d", "min_risk = 50"), "ladder.standard.level.0.min_risk", "is for contacts before the due date"),
        (level("a", "-3d", "min_risk = 100"), "ladder.standard.level.0.min_risk", "is above 99"),
        ('[options]\nseveral_items = "all"\n' + level("a", "3d"), "options.several_items", "use one of oldest_drives, highest, each"),
        ('[options]\nseveral = "highest"\n' + level("a", "3d"), "options.several", "is not known here"),
        ('[options]\ninstalment_mark = "-"\n' + level("a", "3d"), "options.instalment_mark", 'does nothing without instalments = "as_one"'),
        ('[options]\ninstalment_mark = ""\n' + level("a", "3d"), "options.instalment_mark", "instalment_mark is empty"),
        ('[options]\nseveral_items = "each_its_own"\noldest_cleared = "keep_level"\n' + level("a", "3d"),
         "options.oldest_cleared", "contradicts"),
        ("[options]\ncall_raises = false\n" + level("a", "3d"), "ladder.standard.level.0.needs_gap", "must say after how many days"),
        ("[options]\ncall_raises = false\n" + level("a", "3d", 'needs_gap = "4d"') + level("off", "5d", "enabled = false")
         + timed("b", 'after_contact = "9d"', medium="letter"), "ladder.standard.level.0.needs_gap", "so level 3 (b), 9 days after"),
        ('[[handover]]\nto = "x"\n' + level("a", "3d"), "handover.0", "no level that is switched on has medium handover"),
        ('[[handover]]\nto = "x"\n[[handover]]\nto = "y"\nmin_open = "5.00"\n' + level("a", "3d", medium="handover"),
         "handover.1.to", "every case it fits goes to 'x'"),
        ('[ladder.standard]\nperson_types = ["private"]\n' + level("a", "3d", 'person_type = "business"'),
         "ladder.standard.level.0.person_type", "is for private debtors only"),
        ('[ladder.standard]\npotential_classes = ["V"]\n' + level("a", "3d"), "ladder.standard.potential_classes", "use only I, II"),
        ("[ladder.standard]\nlevels = 3\n" + level("a", "3d"), "ladder.standard.levels", "is not known here"),
        ("", "ladder", "there is no ladder"),
        ("[strategy.a]\n" + level("a", "3d"), "strategy", "is not known here"),
        (level("a", "3d") + level("b", "3d", ladder="second"), "ladder.second", "is taken by standard"),
        ('[ladder.first]\ncompanies = ["1", "2"]\n' + level("a", "3d", ladder="first")
         + '[ladder.second]\ncompanies = ["2"]\n' + level("b", "3d", ladder="second"), "ladder.second", "is taken by first"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_at_its_key(text: str, path: str, words: str) -> None:
    _, problems = read(text)
    assert [problem.path for problem in problems] == [path]
    assert words in problems[0].sentence


def test_ten_mistakes_are_ten_sentences() -> None:
    text = level("a", "3x", "min_open = 1.5", "priority = -1", 'skill = 5', "typo = 1", medium="fax") + level(
        "a", "1d", 'person_type = "x"', "max_attempts = 99", 'needs_gap = "x"'
    )  # fmt: skip
    _, problems = read(text)
    assert len(problems) >= 10
    assert len({(problem.path, problem.sentence) for problem in problems}) == len(problems)


@pytest.mark.parametrize(
    "text",
    [
        level("a", "-9d", 'person_type = "business"') + level("b", "-3d", 'person_type = "private"', 'needs_gap = "10d"'),
        level("a", "-9d", 'min_open = "500.00"') + level("b", "-3d", 'min_open = "100.00"', 'needs_gap = "10d"'),
        level("a", "-9d", "enabled = false") + level("b", "-3d", 'needs_gap = "10d"'),
        level("a", "9d", "enabled = false", medium="handover") + level("b", "20d"),
        level("a", "9d", 'person_type = "private"', medium="handover") + level("b", "20d", 'person_type = "business"'),
        level("a", "9d", medium="handover") + level("b", "20d", "enabled = false"),
        '[ladder.first]\ncompanies = ["1"]\n' + level("a", "3d", ladder="first") + level("b", "3d", ladder="second"),
    ],
)
def test_a_level_that_some_debtor_can_reach_is_no_mistake(text: str) -> None:
    assert read(text)[1] == []


@pytest.mark.parametrize(
    "text",
    [
        level("a", "3d") + timed("b", 'after_contact = "1d"') + timed("c", 'after_month_end = "0d"') + level("d", "20d"),
        timed("a", 'after_month_end = "5d"') + level("b", "6d"),
        "[options]\ncall_raises = false\n" + level("a", "-3d") + level("b", "3d", 'needs_gap = "4d"') + timed("c", 'after_contact = "4d"'),
        "[options]\ncall_raises = false\n"
        + level("a", "3d", "enabled = false")
        + level("b", "3d", medium="letter").replace('"3d"', '"4d"'),
        "[options]\ncall_raises = false\n" + timed("a", 'after_contact = "4d"') + level("b", "9d", medium="letter"),
    ],
)
def test_a_ladder_whose_steps_can_all_come_is_no_mistake(text: str) -> None:
    assert read(text)[1] == []


def test_options_hold_for_all_ladders_unless_one_has_its_own() -> None:
    ladders, problems = read(
        '[options]\nseveral_items = "highest"\ninstalments = "as_one"\ninstalment_mark = "-"\n'
        + '[ladder.key]\npotential_classes = ["I"]\nseveral_items = "each_its_own"\ncall_raises = true\n' + level("a", "3d", ladder="key")
        + level("b", "3d")
    )  # fmt: skip
    assert problems == []
    assert [one.options.several_items for one in ladders] == [SeveralItems.EACH_ITS_OWN, SeveralItems.HIGHEST]
    assert {one.options.instalment_mark for one in ladders} == {"-"}


def test_a_debtor_gets_the_first_ladder_that_fits() -> None:
    ladders, problems = read(
        '[ladder.key]\npotential_classes = ["I"]\n' + level("a", "3d", ladder="key")
        + '[ladder.firms]\nperson_types = ["business"]\ncompanies = ["1000"]\n' + level("b", "3d", ladder="firms")
    )  # fmt: skip
    assert problems == []

    def name(**fields: str) -> str | None:
        found = ladder_for(debtor(**fields), ladders)
        return found.name if found else None

    assert name(potential_class="I", company="1000", person_type="business") == "key"
    assert name(company="1000", person_type="business") == "firms"
    assert name(company="1000", person_type="private") is None
    assert name(company="2000", person_type="business") is None


def test_a_step_may_say_how_its_call_begins_and_else_begins_as_the_house_says() -> None:
    (ladder,), problems = read(level("a", "3d", 'mode = "progressive"') + level("b", "9d"))
    assert problems == []
    assert [one.mode for one in ladder.levels] == ["progressive", ""]
