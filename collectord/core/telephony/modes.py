"""Modes: how a call begins: whom it is given to, and whether the agent decides before the debtor is dialled.

Owns which mode a task is called in. Knows no agent's state and no PBX.
Invariant: a level's own word wins over the house's; a call that a person asked for is always heard first.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.telephony.attempts import PREDICTIVE


class Mode(StrEnum):
    PREVIEW = "preview"  # the agent hears the case and accepts it
    PULL = "pull"  # the same, and the phone rings only whoever asked for the next case
    PROGRESSIVE = "progressive"  # the debtor is dialled as soon as the agent has answered
    PREDICTIVE = PREDICTIVE  # the debtor is dialled first, where core/telephony/predictive allows it; else progressive


def mode_of(task: Task, ladders: Iterable[Ladder], usual: Mode) -> Mode:
    """`usual`: the house's."""
    if task.origin is Origin.MANUAL:
        return Mode.PREVIEW
    level = _level(task, ladders)
    mode = Mode(level.mode) if level is not None and level.mode else usual
    if task.origin is Origin.CALLBACK and mode is Mode.PREDICTIVE:
        return Mode.PROGRESSIVE  # it was agreed with somebody who speaks
    return mode


def at_phone(mode: Mode, endpoint: str, *, answers_itself: bool = False) -> Mode:
    """Behind a dialplan of the house's own a mailbox or a mobile may answer, and a phone that answers by itself is nobody: there a key
    accepts before anybody is dialled."""
    through = answers_itself or (endpoint.startswith("Local/") and not endpoint.endswith("@coll-phones"))
    return Mode.PREVIEW if mode is Mode.PROGRESSIVE and through else mode


def only_asked(ladders: Iterable[Ladder], usual: Mode) -> bool:
    """Whether nobody is rung who has not asked for the next case."""
    calls = (level for ladder in ladders for level in ladder.levels if level.enabled and level.medium == "call")
    return usual is Mode.PULL and all(level.mode in ("", Mode.PULL) for level in calls)


def _level(task: Task, ladders: Iterable[Ladder]) -> Level | None:
    ladder = next((one for one in ladders if one.name == task.ladder), None)
    return None if ladder is None else ladder.level(task.counted_in(ladder.rungs).level)
