"""Doubts about acting early: what triggers, risk and ladders say together that cannot be meant.

Owns the comparison of triggers with each other and with the ladders. Reads no file and knows no debtor.
Invariant: a warning names a rule that can never act; what may act for a single debtor is not doubted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collectord.core.receivables.acting_early import Early
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.strategy_doubts import LADDERS, Doubt
from collectord.core.receivables.triggers import ASKED, Trigger

TRIGGERS = "triggers.toml"
EVENTS = {"overdue_items", "promises_broken", "debit_returned"}
BOUNDS = ("companies", "person_types", "potential_classes")


def early_doubts(early: Early, ladders: Sequence[Ladder]) -> Iterator[Doubt]:
    """Warnings, in the order of the files."""
    if not early.risk.enabled:
        for ladder in ladders:
            for level in ladder.levels:
                if level.enabled and level.min_risk:
                    sentence = f"the step can never come: {TRIGGERS} does not switch [risk] on, so nobody's risk is known"
                    yield Doubt(LADDERS, f"ladder.{ladder.name}.level.{level.number - 1}.min_risk", sentence, is_error=False)
    media = {level.medium for ladder in ladders for level in ladder.levels if level.enabled and not level.is_courtesy}
    acting = [trigger for trigger in early.triggers if trigger.enabled]
    for position, trigger in enumerate(early.triggers):
        if not trigger.enabled:
            continue
        if trigger.medium not in media:
            sentence = f"the trigger can never act: no ladder has a step of medium {trigger.medium} behind the due date"
            yield Doubt(TRIGGERS, f"trigger.{position}.medium", sentence, is_error=False)
            continue
        first = next((other for other in acting if other is not trigger and _always_before(other, trigger, acting)), None)
        if first is not None:
            sentence = f"the trigger can never act: whenever it could, {first.name} acts before it"
            yield Doubt(TRIGGERS, f"trigger.{position}", sentence, is_error=False)


def _always_before(one: Trigger, other: Trigger, order: Sequence[Trigger]) -> bool:
    """Whatever `other` asks for, `one` asks for the same or less, has the same occasions, and goes first."""
    first = one.priority > other.priority or (one.priority == other.priority and order.index(one) < order.index(other))
    same = one.medium == other.medium and one.needs_gap <= other.needs_gap
    wider = all(
        not getattr(one, name) or (getattr(other, name) and set(getattr(other, name)) <= set(getattr(one, name))) for name in BOUNDS
    )
    return first and same and wider and _same_occasions(one, other)


def _same_occasions(one: Trigger, other: Trigger) -> bool:
    """An occasion that passes a bound depends on the bound; one that is an event does not. Of a minimum the newest item is the last day."""
    asked = {name for name in ASKED if getattr(one, name)}
    events = asked == {name for name in ASKED if getattr(other, name)} and asked <= EVENTS
    least = one.min_open == other.min_open or ("overdue_items" in asked and one.min_open < other.min_open)
    return events and least and all(getattr(one, name) <= getattr(other, name) for name in EVENTS)
