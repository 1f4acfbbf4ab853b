"""Triggers and steps that can never act are named; what may act for one debtor alone is not doubted."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from collectord.core.house import House
from collectord.core.house_doubts import house_doubts
from collectord.core.receivables.acting_early import Early, parse_early
from collectord.core.receivables.early_doubts import early_doubts
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.risk_rules import RiskRules
from collectord.core.receivables.triggers import Trigger
from collectord.core.rule_text import Table
from collectord.core.rules import Rules
from collectord.edge.rules_files import load_rules

CALLS = Ladder(
    name="standard",
    levels=(
        Level(number=1, name="courtesy", after_due=-3, medium="email"),
        Level(number=2, name="call", after_due=3, medium="call"),
        Level(number=3, name="letter", after_due=9, medium="letter", enabled=False),
    ),
)
ON = RiskRules(enabled=True)
RULES = Path(__file__).parents[2] / "rules"
SECOND = Trigger(name="second", overdue_items=2, min_open=Decimal(50))


def doubts(*triggers: Trigger, risk: RiskRules = ON, ladder: Ladder = CALLS) -> list[tuple[str, str, str]]:
    found = list(early_doubts(Early(triggers=triggers, risk=risk), [ladder]))
    assert not any(doubt.is_error for doubt in found)
    return [(doubt.file, doubt.path, doubt.sentence.partition(":")[2].strip()) for doubt in found]


def test_the_shipped_files_leave_no_doubt() -> None:
    early = parse_early(Table(tomllib.loads((RULES / "triggers.toml").read_text(encoding="utf-8")), "", []))
    assert [trigger.name for trigger in early.triggers if not trigger.enabled] == []
    assert list(early_doubts(early, [CALLS])) == []


def test_a_trigger_needs_a_step_of_its_medium_behind_the_due_date() -> None:
    for medium in ("email", "letter"):
        sentence = f"no ladder has a step of medium {medium} behind the due date"
        assert doubts(SECOND, replace(SECOND, name="x", medium=medium)) == [("triggers.toml", "trigger.1.medium", sentence)]
    assert doubts(replace(SECOND, medium="letter", enabled=False)) == []


def test_a_step_that_asks_for_a_risk_nobody_estimates_never_comes() -> None:
    asking = replace(CALLS, levels=(replace(CALLS.levels[0], min_risk=60), *CALLS.levels[1:]))
    off = doubts(risk=RiskRules(), ladder=asking)
    assert [(file, path) for file, path, _ in off] == [("ladders.toml", "ladder.standard.level.0.min_risk")]
    assert doubts(ladder=asking) == []
    assert doubts(risk=RiskRules()) == []


NEVER = "whenever it could, second acts before it"


@pytest.mark.parametrize(
    "other",
    [
        replace(SECOND, name="third", overdue_items=3),
        replace(SECOND, name="firms", person_types=("business",), min_open=Decimal(80)),
        replace(SECOND, name="later", needs_gap=20, priority=40),
        replace(SECOND, name="larger", min_open=Decimal(900)),
    ],
)
def test_a_trigger_that_asks_for_more_and_comes_later_never_acts(other: Trigger) -> None:
    assert doubts(SECOND, other) == [("triggers.toml", "trigger.1", NEVER)]


@pytest.mark.parametrize(
    "other",
    [
        replace(SECOND, name="first", overdue_items=3, priority=60),
        replace(SECOND, name="sooner", overdue_items=3, needs_gap=1),
        replace(SECOND, name="less", min_open=Decimal(10)),
        replace(SECOND, name="letters", medium="email"),
        Trigger(name="sum", overdue=Decimal(100)),
        replace(SECOND, name="both", overdue=Decimal(100)),  # spoken about the second invoice, the sum passes its bound later
        replace(SECOND, name="off", enabled=False),
    ],
)
def test_a_trigger_that_may_act_once_is_not_doubted(other: Trigger) -> None:
    ladder = replace(CALLS, levels=(*CALLS.levels, Level(number=4, name="mail", after_due=12, medium="email")))
    assert doubts(SECOND, other, ladder=ladder) == []


def test_another_bound_is_another_occasion() -> None:
    small, large = Trigger(name="small", overdue=Decimal(100)), Trigger(name="large", overdue=Decimal(900))
    assert doubts(small, large) == []
    broken = Trigger(name="broken", promises_broken=1)
    assert doubts(broken, replace(broken, name="much", min_open=Decimal(900))) == []  # the minimum may be passed later
    assert len(doubts(broken, replace(broken, name="twice", promises_broken=2))) == 1


def test_a_trigger_for_some_debtors_does_not_cover_one_for_all() -> None:
    firms = replace(SECOND, person_types=("business",))
    assert doubts(firms, replace(SECOND, name="all")) == []
    assert doubts(firms, replace(SECOND, name="persons", person_types=("private",))) == []


def test_private_persons_are_not_judged_without_an_assessment_and_check_says_so() -> None:
    shipped = load_rules(RULES)
    both = replace(shipped, risk=RiskRules(enabled=True, person_types=("business", "private")))

    def told(rules: Rules, **more: str) -> list[str]:
        return [doubt.path for doubt in house_doubts(rules, House(**more), ()) if doubt.file == "triggers.toml"]  # type: ignore[arg-type]

    assert told(both) == ["risk.person_types"]
    assert told(both, private_assessment="DSFA 7") == []
    assert told(replace(both, risk=replace(both.risk, enabled=False))) == []
    assert told(shipped) == []
