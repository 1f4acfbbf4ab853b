"""One word and one sentence for what collectord is doing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collectord.core.standing import Found, Source, judge

FRESH = Source(source="canonical", as_of="2026-11-23", age=1, fresh=True, held=False)
WORKING = Found(
    live=True, paused=False, running=True, doubts=(), sources=(FRESH,), pbx_up=1, pbx_sentences=("main answers",), calls=0, ready=5,
    free_agents=2, next_task_at=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "state", "says"),
    [
        (WORKING, "dialling", "5 tasks ready, 2 agents free."),
        (replace(WORKING, calls=3), "dialling", "3 calls in progress."),
        (replace(WORKING, free_agents=0), "idle", "No agent is free."),
        (replace(WORKING, ready=0), "idle", "No task is ready."),
        (replace(WORKING, ready=0, next_task_at=datetime(2026, 11, 24, 9, tzinfo=UTC)), "idle", "No task is ready before"),
        (replace(WORKING, live=False), "shadow", "nothing is dialled"),
        (replace(WORKING, live=False, sources=()), "shadow", "No export was accepted yet."),
        (replace(WORKING, paused=True), "paused", "Dialling is paused."),
        (replace(WORKING, doubts=("the clock jumped",)), "blocked", "the clock jumped"),
        (replace(WORKING, doubts=("the disk is broken",), calls=3), "blocked", "the disk is broken"),
        (replace(WORKING, sources=()), "blocked", "No export was accepted yet."),
        (replace(WORKING, sources=(replace(FRESH, fresh=False),)), "blocked", "No source is fresh: canonical (2026-11-23)."),
        (replace(WORKING, sources=(replace(FRESH, held=True),)), "blocked", "Every fresh source is held back"),
        (replace(WORKING, running=False), "blocked", "No daemon is running."),
        (replace(WORKING, pbx_up=0, pbx_sentences=()), "blocked", "No PBX can be reached"),
    ],
)
def test_the_weightiest_reason_is_told(found: Found, state: str, says: str) -> None:
    assert judge(found, "en", "UTC")[0] == state
    assert says in judge(found, "en", "UTC")[1]


def test_one_fresh_source_is_enough() -> None:
    other = Source(source="old", as_of=None, age=None, fresh=False, held=True)
    assert judge(replace(WORKING, sources=(other, FRESH)), "de", "Europe/Berlin") == ("dialling", "5 Aufgaben fällig, 2 Personen frei.")
