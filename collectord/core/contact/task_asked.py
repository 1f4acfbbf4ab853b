"""The gate about one task: from when on it may be done, about the items that it is about.

Owns what follows when the debtor may be contacted but not about these items. Refuses nothing itself: contact_rules does.
Invariant: a task is not begun about other items than its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from collectord.core.contact.contact_rules import Allowed, Refused, may_begin, may_contact
from collectord.core.contact.facts import DebtorFacts
from collectord.core.contact.packs import Pack
from collectord.core.house import House
from collectord.core.receivables.tasks import Task

Later = tuple[datetime, str]  # the first instant, and why not before; "" = now


def allowed_from(task: Task, facts: DebtorFacts, packs: Mapping[str, Pack], house: House, now: datetime) -> Later | None:
    """None: it cannot be known, or never."""
    until_dialled = now + house.times.until_dialled
    is_call = task.medium == "call"
    answer = may_begin(facts, packs, house, now, until_dialled) if is_call else may_contact(facts, packs, house, now, medium=task.medium)
    if isinstance(answer, Refused):
        return _later(answer)
    return (now, "") if set(task.items) & set(answer.items) else items_wait(task, facts, packs, house, now)


def items_wait(task: Task, facts: DebtorFacts, packs: Mapping[str, Pack], house: House, now: datetime) -> Later | None:
    """The debtor may be contacted, but not about what this task is about: the first of its items that comes free. None: none will."""
    answers = [may_contact(facts, packs, house, now, item=item, medium=task.medium) for item in task.items]
    waits = [_later(answer) for answer in answers if not isinstance(answer, Allowed)]
    return min((later for later in waits if later is not None), default=None)


def _later(answer: Refused) -> Later | None:
    return None if answer.not_before is None else (answer.not_before, answer.refusals[0].reason)
