"""One pass of planning over its debtors: what becomes of their tasks, portion by portion, ready to be written.

Reads one consistent picture, asks dunning. Writes nothing; runs in the daemon for a few debtors, in processes of its own for many.
Invariant: a portion holds everything about its debtors, so that each may be written by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from collectord.core.house import House
from collectord.core.receivables.dunning import Cancel, Change, Create, Keep, Nothing, Wait, changed_task, new_task, plan_tasks
from collectord.core.receivables.families import Family
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.next_look import next_look
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.receivables.wanted import Wanted
from collectord.core.rules import Rules
from collectord.edge.store import ledger, looked_at, tasks
from collectord.edge.store.connection import Connection
from collectord.edge.store.looked_at import Look, Turn, look
from collectord.loops.debtor_scan import Seen, Whom, pages, picture_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One part of a pass. `everybody`: all debtors; else those that something happened to, or whose day has come, since `turn`."""

    rules: Rules
    house: House
    now: datetime
    turn: Turn
    everybody: bool
    documents: bool  # people want to read what was done
    size: int  # debtors of a portion
    part: int = 0
    middle: DebtorKey = ledger.LAST  # behind it the second of two parts begins

    @property
    def stretch(self) -> tuple[DebtorKey, DebtorKey]:
        return (ledger.FIRST, self.middle) if self.part == 0 else (self.middle, ledger.LAST)


@dataclass(slots=True)
class Portion:
    looks: list[Look] = field(default_factory=list)
    created: list[dict[str, Any]] = field(default_factory=list)  # rows
    changed: list[dict[str, Any]] = field(default_factory=list)
    postponed: list[tuple[str, datetime, str]] = field(default_factory=list)  # task, not before, why
    cancelled: list[tuple[str, str]] = field(default_factory=list)  # task, why
    worded: list[tuple[str, str, str]] = field(default_factory=list)  # task, why, prompted by: kept, and said as it is today
    documents: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"created": [], "changed": [], "cancelled": []})
    reachable: set[DebtorKey] = field(default_factory=set)  # of `documents`, those with a dialable number

    def add(self, other: Portion) -> None:
        self.looks += other.looks
        self.created += other.created
        self.changed += other.changed
        self.postponed += other.postponed
        self.cancelled += other.cancelled
        self.worded += other.worded
        self.reachable |= other.reachable
        for kind, found in other.documents.items():
            self.documents[kind] += found

    @property
    def writes(self) -> bool:
        return bool(self.created or self.changed or self.postponed or self.cancelled)


async def portions(conn: Connection, order: Order, new_id: Callable[[], str]) -> AsyncIterator[Portion]:
    """In a read transaction of its own."""
    picture = await picture_of(conn, order.rules, order.house, order.now)
    low, high = order.stretch
    whom = Whom(after=low, upto=high, keys=await _due(conn, order, picture.related, picture.members), families=order.part == 0)
    today = order.house.today(order.now)
    async for page in pages(picture, whom, order.size, closely=True):
        portion = Portion([look(key, next_on) for key, next_on in page.later.items()])
        for seen in page.seen:
            _decide(seen, order, today, new_id, portion)
        if order.documents:
            named = [DebtorKey(one["company"], one["debtor_no"]) for kind in portion.documents.values() for one in kind]
            portion.reachable = await tasks.reachable_of(conn, named)
        yield portion


async def _due(
    conn: Connection, order: Order, related: Mapping[DebtorKey, Family], members: Container[DebtorKey]
) -> list[DebtorKey] | None:
    """Of its stretch, so that two parts agree although each has a picture of its own; all families are the first part's."""
    if order.everybody:
        return None
    after_on = order.house.today(order.turn.planned_at or order.now)
    keys = sorted(await looked_at.due(conn, order.turn, after_on, order.now, order.house.today(order.now), related))
    low, high = order.stretch
    return [key for key in keys if low < key <= high or (order.part == 0 and key in members)]


def _decide(seen: Seen, order: Order, today: date, new_id: Callable[[], str], portion: Portion) -> None:
    now, language, zone = order.now, order.house.language, order.house.time_zone
    decision = plan_tasks(
        seen.debtor, seen.items, seen.task, seen.ladder, today, holds=seen.holds, history=seen.history, policy=seen.policy, zone=zone
    )
    frame = seen.policy.frames.of(seen.debtor)
    next_on = next_look(decision, seen.items, seen.ladder, seen.holds, frame, today, history=seen.history, risks=seen.policy.risks)
    portion.looks.append(look(seen.debtor.key, next_on, seen.root))

    def told(kind: str, task: Task) -> None:
        if order.documents:
            portion.documents[kind].append(tasks.document(task))

    match decision:
        case Create(asked):
            task = new_task(asked, new_id(), now, language=language, zone=zone)
            portion.created.append(tasks.row_of(task, now))
            told("created", task)
        case Change() as change:
            task = changed_task(change, now, language=language, zone=zone)
            portion.changed.append(tasks.row_of(task, now))
            told("changed", task)
        case Cancel(task, reason):
            why = reason.why(language, zone)
            portion.cancelled.append((task.id, why))
            told("cancelled", replace(task, state=TaskState.CANCELLED, why=why))
        case Wait(task, not_before, reason):
            portion.postponed.append((task.id, not_before, reason.why(language, zone)))
            told("changed", replace(task, not_before=not_before, state=TaskState.PLANNED))
        case Keep(task, Wanted() as asked) if asked.brought is not None or asked.risk is not None or order.everybody:
            if (why := asked.why(language, zone)) != task.why:  # amounts and days in it move on although the task stays
                portion.worded.append((task.id, why, asked.prompted_by))
        case Keep() | Nothing():
            pass
