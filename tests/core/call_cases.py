"""Attempts, events and situations for tests, each with only what its test is about."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from collectord.core.contact.calendar import WorkingDays
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.rule_text import Problem, Table
from collectord.core.telephony.attempts import Attempt, AttemptState, CallTimes
from collectord.core.telephony.call_flow import Seen, step
from collectord.core.telephony.call_seen import Effect, Ignored, Moved
from collectord.core.telephony.disposition_rules import FollowUpRules, parse_follow_up
from collectord.core.telephony.pbx_events import (
    AgentAccepted,
    AgentUp,
    ChannelHungUp,
    DebtorUp,
    Dialling,
    DialResult,
    Ended,
    EndState,
    Keyed,
    KeyedAmount,
    OriginateAnswered,
    OriginateFailed,
    WrapEnded,
)
from collectord.core.telephony.situation import Situation

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Berlin
TIMES = CallTimes()
ID = "a1b2c3d4e5f6g7h8j9"
RULES_DIR = Path(__file__).parents[2] / "rules"


def attempt(**changes: Any) -> Attempt:
    base = Attempt(
        id=ID,
        task_id="task-1",
        company="",
        debtor_no="10023",
        number="+493012341000",
        agent="201",
        endpoint="PJSIP/201",
        pbx="main",
        trunk="trunk",
        mode="preview",
        items=("R1", "R2"),
        state=AttemptState.PLACED,
        placed_at=NOW,
        deadline_at=NOW + TIMES.ring_agent_for + TIMES.margin,
        pbx_started="start-1",
    )
    return replace(base, **changes)


def agent_up() -> AgentUp:
    return AgentUp(seen_at=NOW, attempt_id=ID, channel_uniqueid=f"coll-{ID}")


def accepted_by_agent() -> AgentAccepted:
    return AgentAccepted(seen_at=NOW, attempt_id=ID, channel_uniqueid=f"coll-{ID}")


def dialling() -> Dialling:
    return Dialling(seen_at=NOW, attempt_id=ID)


def debtor_up() -> DebtorUp:
    return DebtorUp(seen_at=NOW, attempt_id=ID, debtor_channel="PJSIP/trunk-1")


def dial_result(status: str = "ANSWER", cause: int | None = 16, tech: str = "SIP 200 OK", talk_ms: int | None = 2000) -> DialResult:
    return DialResult(seen_at=NOW, attempt_id=ID, status=status, cause=cause, tech=tech, rang_ms=1000, talk_ms=talk_ms)


def keyed(disp: str = "2", amount: KeyedAmount = None, on: date | None = None, at: int | None = None) -> Keyed:
    return Keyed(seen_at=NOW, attempt_id=ID, disp=disp, amount=amount, on=on, at=at, channel_uniqueid=f"coll-{ID}")


def ended(
    state: EndState = EndState.WRAP,
    status: str = "ANSWER",
    cause: int | None = 16,
    tech: str = "SIP 200 OK",
    *,
    disp: str = "",
    amount: KeyedAmount = None,
    on: date | None = None,
    at: int | None = None,
) -> Ended:
    return Ended(
        seen_at=NOW, attempt_id=ID, state=state, status=status, cause=cause, tech=tech, rang_ms=1000, talk_ms=2000, disp=disp,
        amount=amount, on=on, at=at,
    )  # fmt: skip


def wrap_ended(disp: str = "", amount: KeyedAmount = None, on: date | None = None) -> WrapEnded:
    return WrapEnded(seen_at=NOW, attempt_id=ID, keyed=bool(disp), disp=disp, amount=amount, on=on, at=None)


def phone_failed(reason: int | None = 0, *, action: str = f"{ID}-o", ring_back: int = 0) -> OriginateFailed:
    return OriginateFailed(seen_at=NOW, attempt_id=ID, action_id=action, reason=reason, uniqueid=f"coll-{ID}", ring_back=ring_back)


def phone_answered(*, action: str = f"{ID}-o", ring_back: int = 0) -> OriginateAnswered:
    return OriginateAnswered(seen_at=NOW, attempt_id=ID, action_id=action, reason=4, uniqueid=f"coll-{ID}", ring_back=ring_back)


def hung_up(cause: int | None, ring_back: int = 0) -> ChannelHungUp:
    return ChannelHungUp(seen_at=NOW, attempt_id=ID, uniqueid=f"coll-{ID}", cause=cause, ring_back=ring_back)


def play(start: Attempt, events: Iterable[Seen], *, every: timedelta = timedelta(seconds=1)) -> tuple[Attempt, list[Effect]]:
    """The attempt after these events, one second apart, and everything they asked for."""
    now, current = start.placed_at, start
    effects: list[Effect] = []
    for event in events:
        now += every
        match step(current, event, now, TIMES):
            case Moved(after, asked):
                current = after
                effects += asked
            case Ignored():
                pass
    return current, effects


def shipped_rules() -> FollowUpRules:
    problems: list[Problem] = []
    rules = parse_follow_up(Table(tomllib.loads((RULES_DIR / "dispositions.toml").read_text(encoding="utf-8")), "", problems))
    assert problems == []
    return rules


def item(no: str, amount: str, due: date = date(2026, 11, 1), currency: str = "EUR", **changes: Any) -> OpenItem:
    return OpenItem(
        company="", debtor_no="10023", item_no=no, source="canonical", due_on=due, open_amount=Decimal(amount), currency=currency, **changes
    )


def task(**changes: Any) -> Task:
    base = Task(
        id="task-1", company="", debtor_no="10023", medium="call", ladder="standard", level=1, items=("R1", "R2"),
        open_amount={"EUR": Decimal("410.00")}, not_before=NOW, expires_at=None, state=TaskState.IN_CALL, why="Step 1", priority=50,
        origin=Origin.LADDER, attempts_made=1, created_at=NOW,
    )  # fmt: skip
    return replace(base, **changes)


def ladder(**changes: Any) -> Ladder:
    levels = (
        Level(number=1, name="friendly call", after_due=3, medium="call", max_attempts=3),
        Level(number=2, name="firm call", after_due=10, medium="call", max_attempts=3),
        Level(number=3, name="handover", after_due=30, medium="handover"),
    )
    return replace(Ladder(name="standard", levels=levels), **changes)


def situation(placed: Attempt, **changes: Any) -> Situation:
    numbers = count(1)
    base = Situation(
        attempt=placed,
        task=task(),
        items=(item("R1", "300.00"), item("R2", "110.00", date(2026, 11, 10))),
        ladder=ladder(),
        rules=shipped_rules(),
        days=WorkingDays("DE", "BE"),
        language="en",
        zone="Europe/Berlin",
        now=NOW,
        new_id=lambda: f"id-{next(numbers)}",
    )
    return replace(base, **changes)
