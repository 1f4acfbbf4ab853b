"""Inbound calls: a debtor calls the shown number back. Who is rung, what the phone shows, what follows when nobody took the call.

Owns these choices. Places no call and knows no store: whoever calls is only a number until the agent has asked.
Invariant: nobody is rung who is not free, nobody twice for one call; whoever reached nobody has a callback, or a note for the lead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from collectord.core.contact.week import Week
from collectord.core.receivables.ledger import DebtorKey, OpenItem, open_total
from collectord.core.receivables.rungs import NO_RUNGS
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.agents import AgentState, OnDuty, judge
from collectord.core.wording import Language, Texts, phrase

MODE = "inbound"  # attempt.mode of a call that came in
SOON = timedelta(minutes=1)  # the gate knows the hours; so long the caller's line is left alone at least
REMEMBERED = timedelta(days=30)  # so long after a call to this number the caller comes back to that agent
KEPT = timedelta(days=90)  # so long a number that called and is no debtor's that we could name
MOST_KEPT = 10_000  # of such calls: whoever floods us with forged numbers fills no disk
_STARTED = re.compile(r"-([0-9]{9,10})-[0-9]+\Z", re.ASCII)  # of an id that the PBX made: when the call came, by its clock

TEXTS: Texts = {
    "shows": ("Calls back - {name}", "Ruft zurück - {name}"),
    "task": ("The debtor calls back.", "Der Debitor ruft zurück."),
    "by-hand": ("An agent dialled the number by hand.", "Von Hand gewählt."),
    "missed": (
        "The debtor called back at {at} and reached nobody: to be called.",
        "Der Debitor rief um {at} zurück und erreichte niemanden: anzurufen.",
    ),
    "instead": ("The debtor called back at {at}.", "Der Debitor rief um {at} zurück."),
}


class NobodyThere(StrEnum):
    """Why nobody is rung, and which announcement is heard: the words of COLL_TO."""

    BUSY = "none"
    CLOSED = "closed"  # nobody works now, or the house is closed


ABSENT = frozenset({AgentState.LOGGED_OUT, AgentState.OFF_HOURS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose number calls: whom a company of the called number called there last, else the only debtor of theirs who has it."""

    key: DebtorKey
    agent: str  # who called last, "" = nobody lately


def is_open(hours: Week | None, now: datetime, zone: str) -> bool:
    """Whether calls are put through at this hour. `hours` None: whenever somebody works."""
    local = now.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return hours is None or any(start <= minute < end for start, end in hours[local.weekday()])


def came_at(attempt_id: str, now: datetime) -> datetime:
    """When a call came that nobody told us about: the PBX's id says it; where that cannot be, the moment at which we learn it."""
    found = _STARTED.search(attempt_id)
    told = datetime.fromtimestamp(int(found[1]), UTC) if found else now
    return told if now - REMEMBERED <= told <= now else now


def whom(last: str, team: Iterable[OnDuty], tried: Collection[str], now: datetime) -> OnDuty | NobodyThere:
    """The agent of the last call when free, else whoever has been idle for longest. `tried`: endpoints that this call has rung."""
    states = [(agent, judge(agent, pull=False, now=now)) for agent in team]
    free = [agent for agent, state in states if state is AgentState.FREE and agent.endpoint not in tried]
    if free:
        return min(free, key=lambda agent: (agent.id != last, agent.since is not None, agent.since or now, agent.id))
    return NobodyThere.CLOSED if all(state in ABSENT for _, state in states) else NobodyThere.BUSY


def shows(name: str, language: Language) -> str:
    """What the desk phone shows; `name` is what it would show of an outgoing call."""
    return phrase(TEXTS, "shows", language, "UTC", name=name)


def taken_over(
    waiting: Sequence[Task], key: DebtorKey, items: Sequence[OpenItem], now: datetime, language: Language, task_id: str, why: str = "task"
) -> Task:
    """The task that the talk is about: today's, an agreed callback first; without any, one of this moment. `why`: its code in TEXTS."""
    if waiting:
        return min(waiting, key=lambda task: (task.origin is not Origin.CALLBACK, task.not_before, task.id))
    owed = [item for item in items if item.open_amount > 0]
    return Task(
        id=task_id,
        company=key.company,
        debtor_no=key.debtor_no,
        medium="call",
        ladder="",
        level=0,
        items=tuple(item.item_no for item in owed),
        open_amount=open_total(owed),
        not_before=now,
        expires_at=None,
        state=TaskState.READY,
        why=phrase(TEXTS, why, language, "UTC"),
        origin=Origin.MANUAL,
        created_at=now,
    )


def to_call_back(
    task: Task | None, key: DebtorKey, items: tuple[str, ...], agent: str, now: datetime, said: Callable[..., str], task_id: str
) -> Task:
    """The callback of a caller who reached nobody. Its hour is the gate's; `said`: core/wording.phrase with texts, language and zone."""
    return Task(
        id=task_id,
        company=key.company,
        debtor_no=key.debtor_no,
        medium="call",
        ladder=task.ladder if task else "",
        level=task.level if task else 0,
        rungs=task.rungs if task else NO_RUNGS,
        items=items,
        open_amount=task.open_amount if task else {},
        not_before=now + SOON,
        expires_at=None,
        state=TaskState.PLANNED,
        why=said("missed", at=now),
        agent=agent,
        priority=task.priority if task else 0,
        origin=Origin.CALLBACK,
        oldest_due_on=task.oldest_due_on if task else None,
        created_at=now,
    )
