"""Dunning: what today's answer of the ladder does to the task that a debtor has.

Owns making, changing and cancelling ladder tasks. Asks escalation what is wanted; knows no hours and no attempts.
Invariant: planning twice changes nothing, and a task in somebody's hands is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.history import NO_HISTORY, History
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.policy import PLAIN, Policy
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.wording import Language

CHANGEABLE = frozenset({TaskState.PLANNED, TaskState.READY})  # not while somebody is calling for it


@dataclass(frozen=True, slots=True)
class Create:
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Change:
    before: Task
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Cancel:
    task: Task
    reason: NotWanted


@dataclass(frozen=True, slots=True)
class Wait:
    """A step that has begun comes back later: its own calls used up what the debtor may receive, or a talk made the gap begin anew."""

    task: Task
    not_before: datetime
    reason: NotWanted


@dataclass(frozen=True, slots=True)
class Keep:
    task: Task
    answer: Wanted | NotWanted | None = field(default=None, compare=False)  # None: not asked, it is in somebody's hands


@dataclass(frozen=True, slots=True)
class Nothing:
    reason: NotWanted


Decision = Create | Change | Cancel | Wait | Keep | Nothing


def plan_tasks(
    debtor: Debtor,
    items: Iterable[OpenItem],
    existing: Task | None,
    ladder: Ladder | None,
    today: date,
    *,
    holds: Holds = NO_HOLD,
    history: History = NO_HISTORY,
    policy: Policy = PLAIN,
    zone: str = "UTC",
) -> Decision:
    """What becomes of the debtor's live ladder task (`existing`, at most one). A task in somebody's hands is kept as it is."""
    if existing is not None and existing.state not in CHANGEABLE:
        return Keep(existing)
    task = existing if existing is None or ladder is None else existing.counted_in(ladder.rungs)
    decision = decided(wanted(debtor, items, ladder, today, holds=holds, history=history, policy=policy), task, zone)
    match decision:
        case Keep(Task() as kept, Wanted() as asked) if kept is not existing:
            return Change(kept, asked)  # the same step, which has another number now
    return decision


def decided(answer: Wanted | NotWanted, existing: Task | None, zone: str) -> Decision:
    """What the answer does to the task that there is; its step is counted in the ladder that was asked."""
    if existing is not None and existing.state not in CHANGEABLE:
        return Keep(existing)
    match answer, existing:
        case Wanted(), None:
            return Create(answer)
        case Wanted(), Task() as task:
            return Keep(task, answer) if _says_the_same(task, answer) else Change(task, answer)
        case NotWanted(), Task() as task:
            return _pause(task, answer, zone) if task.attempts_made else Cancel(task, answer)
    assert isinstance(answer, NotWanted)
    return Nothing(answer)


def _pause(task: Task, answer: NotWanted, zone: str) -> Wait | Keep | Cancel:
    """What becomes of a step that has begun and is not wanted today: its own calls and talks do not end it."""
    same_step = answer.level is not None and answer.level.number == task.level
    if answer.rule not in ("saturated", "gap") or answer.until is None or not same_step:
        return Cancel(task, answer)
    back = day_begins(answer.until, zone)
    return Keep(task, answer) if task.not_before >= back else Wait(task, back, answer)


def new_task(asked: Wanted, task_id: str, now: datetime, *, language: Language, zone: str) -> Task:
    """The task of a Create. It may be called from the beginning of the day on which the step came."""
    not_before = day_begins(asked.since, zone)
    return Task(
        id=task_id,
        company=asked.key.company,
        debtor_no=asked.key.debtor_no,
        medium=asked.medium,
        ladder=asked.ladder,
        rungs=asked.rungs,
        level=asked.level.number,
        items=asked.items,
        open_amount=asked.open_amount,
        not_before=not_before,
        expires_at=None if asked.expires_on is None else day_begins(asked.expires_on, zone),
        state=TaskState.READY if not_before <= now else TaskState.PLANNED,
        why=asked.why(language, zone),
        agent=asked.agent,
        priority=asked.priority,
        oldest_due_on=asked.oldest_due_on,
        skill=asked.skill,
        created_at=now,
        prompted_by=asked.prompted_by,
        script=asked.script,
        tone=asked.tone,
        value=asked.value,
    )


def changed_task(change: Change, now: datetime, *, language: Language, zone: str) -> Task:
    """The task of a Change: the same step keeps its postponement and its attempts, another step starts afresh."""
    before = change.before
    fresh = replace(
        new_task(change.wanted, before.id, now, language=language, zone=zone),
        created_at=before.created_at,
        agent=change.wanted.agent or before.agent,
    )
    if (before.ladder, before.level) != (fresh.ladder, fresh.level):
        return fresh
    return replace(fresh, not_before=before.not_before, own_at=before.own_at, state=before.state, attempts_made=before.attempts_made)


def _says_the_same(task: Task, asked: Wanted) -> bool:
    """Whether the task needs no change. The sentence and what brought it forward are not compared: they follow from the rest."""
    return (
        task.ladder == asked.ladder
        and task.level == asked.level.number
        and task.medium == asked.medium
        and task.items == asked.items
        and dict(task.open_amount) == dict(asked.open_amount)
        and task.oldest_due_on == asked.oldest_due_on
        and task.priority == asked.priority
        and task.skill == asked.skill
        and task.script == asked.script
        and task.tone == asked.tone
        and task.value == asked.value
        and asked.agent in ("", task.agent)
    )


@lru_cache(maxsize=4_096)
def day_begins(day: date, zone: str) -> datetime:
    """The first instant of this day there. A plan asks for the same few days tens of thousands of times."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)
