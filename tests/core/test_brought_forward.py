"""A trigger brings the ladder's next step forward: with its reason, at its day, and a refusal still says exactly until when it holds."""

from __future__ import annotations

import random
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.acting_early import parse_early
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.history import NO_HISTORY, History
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladder_text import parse_ladders
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.triggers import Trigger
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.rule_text import Table
from tests.core.early_cases import DAY, TODAY, ago, owed
from tests.core.test_triggers import HISTORIES, ITEMS, LIMITED, TRIGGERS, _Drawn, _items

RULES = Path(__file__).parents[2] / "rules"
LADDER = parse_ladders(Table(tomllib.loads((RULES / "ladders.toml").read_text(encoding="utf-8")), "", []))[0]
SHIPPED = parse_early(Table(tomllib.loads((RULES / "triggers.toml").read_text(encoding="utf-8")), "", [])).triggers


def asked(
    items: list[OpenItem], history: History, on: date = TODAY, triggers: tuple[Trigger, ...] = SHIPPED, holds: Holds = NO_HOLD
) -> Wanted | NotWanted:
    return wanted(LIMITED, items, LADDER, on, holds=holds, history=history, policy=Policy(triggers=triggers))


def test_the_next_step_comes_early_and_says_why() -> None:
    items = [owed("A", 9, "300.00", contacted_on=ago(8), contact_level=2), owed("B", 1, "300.00")]
    plain = asked(items, NO_HISTORY, triggers=())
    assert isinstance(plain, NotWanted)
    early = asked(items, NO_HISTORY)
    assert isinstance(early, Wanted)
    assert (early.level.number, early.items, early.since) == (3, ("A", "B"), TODAY)
    assert "brought forward by second invoice due: 2 items are overdue at once" in early.why("en")
    assert "vorgezogen durch zweite Rechnung fällig: 2 Posten sind zugleich überfällig" in early.why("de")


def test_no_trigger_lifts_a_hold_a_dispute_or_a_block() -> None:
    items = [owed("A", 9, "300.00", contacted_on=ago(8), contact_level=2), owed("B", 1, "300.00")]
    assert isinstance(asked(items, NO_HISTORY, holds=Holds(promise_until=TODAY)), NotWanted)
    assert isinstance(asked([items[0], replace(items[1], dispute=True)], NO_HISTORY), NotWanted)
    assert isinstance(asked([items[0], replace(items[1], dunning_block_until=TODAY)], NO_HISTORY), NotWanted)


@given(ITEMS, HISTORIES, TRIGGERS | st.just(SHIPPED), st.integers(0, 4))
def test_for_all_before_until_nothing_is_wanted_by_time_alone(
    drawn: list[_Drawn], history: History, triggers: tuple[Trigger, ...], level: int
) -> None:
    items = [replace(item, contact_level=level if item.contacted_on else 0) for item in _items(drawn)]
    answer = asked(items, history, triggers=triggers)
    if isinstance(answer, NotWanted):
        assert answer.until is None or answer.until > TODAY
        day = TODAY + DAY
        while day < (answer.until or TODAY + 100 * DAY):
            assert isinstance(asked(items, history, day, triggers), NotWanted), day
            day += DAY


@given(ITEMS, HISTORIES, TRIGGERS | st.just(SHIPPED), st.randoms(use_true_random=False))
def test_for_all_the_order_of_the_items_changes_nothing(
    drawn: list[_Drawn], history: History, triggers: tuple[Trigger, ...], chance: random.Random
) -> None:
    items = _items(drawn)
    answer = asked(items, history, triggers=triggers)
    chance.shuffle(items)
    assert asked(items, history, triggers=triggers) == answer


@given(ITEMS, HISTORIES, TRIGGERS | st.just(SHIPPED))
def test_for_all_a_trigger_takes_no_contact_away_and_makes_none_of_its_own(
    drawn: list[_Drawn], history: History, triggers: tuple[Trigger, ...]
) -> None:
    """What the ladder wants stays; what a trigger brings is a step of the ladder, about what is overdue."""
    items = _items(drawn)
    plain, answer = asked(items, history, triggers=()), asked(items, history, triggers=triggers)
    if isinstance(plain, Wanted):
        assert answer == plain
    elif isinstance(answer, Wanted):
        assert answer.brought is not None
        assert answer.level in LADDER.levels
        assert answer.medium == answer.brought.trigger.medium
        assert all(item.is_overdue(TODAY) for item in items if item.item_no in answer.items)
