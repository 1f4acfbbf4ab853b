"""Modes: a level's own word before the house's, and what a person asked for is always heard first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.rungs import Rungs
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.attempts import CallTimes
from collectord.core.telephony.modes import Mode, at_phone, mode_of, only_asked

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PLAIN = Level(number=1, name="friendly", after_due=3, medium="call")
FIRM = Level(number=2, name="firm", after_due=20, medium="call", mode="preview")
LADDER = Ladder(name="standard", levels=(PLAIN, FIRM))
TASK = Task(
    id="t", company="", debtor_no="1", medium="call", ladder="standard", level=1, items=("A",), open_amount={}, not_before=NOW,
    expires_at=None, state=TaskState.READY, why="",
)  # fmt: skip


@pytest.mark.parametrize("usual", list(Mode))
def test_a_level_without_a_word_of_its_own_is_called_as_the_house_says(usual: Mode) -> None:
    assert mode_of(TASK, (LADDER,), usual) is usual


def test_a_levels_own_word_wins_over_the_houses() -> None:
    assert mode_of(replace(TASK, level=2), (LADDER,), Mode.PROGRESSIVE) is Mode.PREVIEW


def test_a_task_that_was_planned_by_a_ladder_of_other_numbers_is_called_as_its_step_says_today() -> None:
    before = replace(TASK, rungs=rungs("firm"))
    assert mode_of(before, (LADDER,), Mode.PROGRESSIVE) is Mode.PREVIEW


def rungs(*names: str) -> Rungs:
    levels = tuple(Level(number=number, name=name, after_due=20, medium="call") for number, name in enumerate(names, 1))
    return Ladder(name="standard", levels=levels).rungs


@pytest.mark.parametrize("task", [replace(TASK, ladder="gone"), replace(TASK, ladder="", level=0), replace(TASK, level=9)])
def test_a_task_of_no_step_is_called_as_the_house_says(task: Task) -> None:
    assert mode_of(task, (LADDER,), Mode.PROGRESSIVE) is Mode.PROGRESSIVE


def test_a_call_that_a_person_asked_for_is_heard_before_anybody_is_dialled() -> None:
    assert mode_of(replace(TASK, origin=Origin.MANUAL), (LADDER,), Mode.PROGRESSIVE) is Mode.PREVIEW


@pytest.mark.parametrize(
    ("levels", "usual", "expected"),
    [
        ((PLAIN,), Mode.PULL, True),
        ((replace(PLAIN, mode="pull"),), Mode.PULL, True),
        ((PLAIN, FIRM), Mode.PULL, False),
        ((PLAIN, replace(FIRM, enabled=False)), Mode.PULL, True),
        ((PLAIN, replace(FIRM, medium="letter")), Mode.PULL, True),
        ((replace(PLAIN, mode="pull"),), Mode.PREVIEW, False),  # callbacks are called as the house says
    ],
)
def test_nobody_is_rung_unasked_only_where_every_call_is_pulled(levels: tuple[Level, ...], usual: Mode, expected: bool) -> None:
    assert only_asked((Ladder(name="standard", levels=levels),), usual) is expected


def test_a_debtor_who_is_dialled_at_once_rings_sooner_than_after_a_preview() -> None:
    times = CallTimes()
    assert times.until_dialled_at_once == timedelta(seconds=30)
    assert times.until_dialled_at_once < times.until_dialled


@pytest.mark.parametrize("mode", Mode)
def test_whoever_answers_behind_a_dialplan_that_is_not_ours_accepts_by_a_key(mode: Mode) -> None:
    assert at_phone(mode, "PJSIP/201") is at_phone(mode, "Local/201@coll-phones") is mode
    assert at_phone(mode, "PJSIP/201", answers_itself=True) is (Mode.PREVIEW if mode is Mode.PROGRESSIVE else mode)
    assert at_phone(mode, "Local/201@from-internal") is (Mode.PREVIEW if mode is Mode.PROGRESSIVE else mode)
