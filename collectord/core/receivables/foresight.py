"""Foresight: the contact a debtor is in for, today or on a later day, if nothing happens in between.

Owns the step from today's decision to the call list's entry. Makes no task: what it returns is for people to read.
Invariant: the day it names is the first on which the ladder wants the contact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from collectord.core.receivables.claims import DAY
from collectord.core.receivables.dunning import Change, Create, Keep, Wait, changed_task, new_task, plan_tasks
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.history import NO_HISTORY, History
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.policy import PLAIN, Policy
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.wording import Language

FORESEEN = "foreseen-"  # begins the id of a task that does not exist yet


def foresee_task(
    debtor: Debtor,
    items: Sequence[OpenItem],
    existing: Task | None,
    ladder: Ladder | None,
    holds: Holds,
    *,
    history: History = NO_HISTORY,
    policy: Policy = PLAIN,
    today: date,
    last: date,
    now: datetime,
    language: Language,
    zone: str,
) -> Task | None:
    """The ladder task the debtor has, or would have after planning on some day until `last`; None: none."""

    def drawn_up(asked: Wanted) -> Task:
        return new_task(asked, f"{FORESEEN}{debtor.key}", now, language=language, zone=zone)

    def asked_on(day: date) -> Wanted | NotWanted:
        return wanted(debtor, items, ladder, day, holds=holds, history=history, policy=policy)

    decision = plan_tasks(debtor, items, existing, ladder, today, holds=holds, history=history, policy=policy, zone=zone)
    match decision:
        case Create(asked):
            return drawn_up(asked)
        case Change() as change:
            return changed_task(change, now, language=language, zone=zone)
        case Keep(task, Wanted() as asked):
            return replace(task, why=asked.why(language, zone), prompted_by=asked.prompted_by)
        case Keep(task):
            return task
        case Wait(task, not_before, _):
            return replace(task, not_before=not_before, state=TaskState.PLANNED)
    later = first_wanted(asked_on, decision.reason, last)
    return None if later is None else drawn_up(later)


def first_wanted(asked_on: Callable[[date], Wanted | NotWanted], reason: NotWanted, last: date) -> Wanted | None:
    """What is wanted on the first day on which anything is, and since that day: each refusal says until when it stays one."""
    day = reason.until
    while day is not None and day <= last:
        answer = asked_on(day)
        if isinstance(answer, Wanted):
            return replace(answer, since=max(answer.since, day))  # its step may have come long ago, and too little was owed
        day = None if answer.until is None else max(answer.until, day + DAY)
    return None
