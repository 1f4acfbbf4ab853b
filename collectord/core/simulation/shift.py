"""A day's shift of the play: agents work the waiting calls off, one after the other, until their minutes are used up.

Owns the course of time at the desks. The choice of the next call, the gate and what follows from a call are the real ones.
Invariant: no agent makes two calls at once, or begins one when the minutes of the day are used up; no call is made that the gate refuses.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from collectord.core.contact.contact_rules import Allowed, Refused, may_begin
from collectord.core.contact.facts import Contact
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.rules import Rules
from collectord.core.simulation.account import Account
from collectord.core.simulation.calls import Called, call
from collectord.core.simulation.chance import Chance
from collectord.core.telephony.allocation import Candidate, FreeAgent, Placement, choose, under_frames

BEGINS, ENDS = time(9), time(17)  # at the house
MINUTES_PER_DAY = 6 * 60  # of these eight hours
LOOK_AHEAD = 40  # of the waiting calls, the most urgent first: among them the next one is chosen
_Rank = tuple[bool, int, Decimal, str]


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent of the play. `minutes`: of calling a day; the shift is stretched so that they fill it."""

    agent: FreeAgent
    minutes: int


@dataclass(slots=True)
class ShiftResult:
    capacity: int = 0  # minutes
    calls: list[Called] = field(default_factory=list)
    waiting: list[Task] = field(default_factory=list)  # due, allowed as far as anybody asked, and no minute was left
    refused: dict[str, list[Task]] = field(default_factory=dict)  # by the rule that refuses, for the rest of the day


@dataclass(slots=True)
class Shift:
    day: date
    now: datetime  # when the play began
    rules: Rules
    house: House
    chance: Chance
    accounts: Mapping[DebtorKey, Account]
    on_numbers: dict[str, list[Contact]]
    new_id: Callable[[], str]
    ready: list[tuple[_Rank, Task]] = field(default_factory=list)
    later: list[tuple[datetime, str, Task]] = field(default_factory=list)
    result: ShiftResult = field(default_factory=ShiftResult)

    def work(self, workers: tuple[Worker, ...]) -> ShiftResult:
        zone = ZoneInfo(self.house.time_zone)
        opens, ends = datetime.combine(self.day, BEGINS, zone), datetime.combine(self.day, ENDS, zone)
        begins = max(opens, self.now)
        rest = max(0.0, (ends - begins) / (ends - opens))  # of a day that has begun already
        for account in self.accounts.values():
            for waiting in account.waiting_calls():
                self._wait(waiting, begins)
        self.ready.sort()
        free = [(begins, place) for place in range(len(workers))]
        left = [timedelta(minutes=worker.minutes * rest) for worker in workers]
        self.result.capacity = round(sum(left, timedelta(0)) / timedelta(minutes=1))
        heapq.heapify(free)
        while free:
            now, place = heapq.heappop(free)
            if now >= ends or left[place] <= timedelta(0):
                continue
            worker = workers[place]
            self._come_due(now)
            task = self._next(worker.agent, now)
            if task is None:
                if self.later and self.later[0][0] < ends:
                    heapq.heappush(free, (max(self.later[0][0], now + timedelta(minutes=1)), place))
                continue
            used = self._serve(task, worker.agent, now)
            left[place] -= used
            stretch = (ends - opens) / timedelta(minutes=max(1, worker.minutes))
            heapq.heappush(free, (now + used * max(1.0, stretch), place))
        self._come_due(ends)
        return self._left()

    def _left(self) -> ShiftResult:
        """Whose call was not made today; who was called and is to be called again is not among them."""
        called = {one.key for one in self.result.calls}
        self.result.waiting = [task for _, task in self.ready if task.key not in called]
        refused = {rule: [task for task in tasks if task.key not in called] for rule, tasks in self.result.refused.items()}
        self.result.refused = {rule: tasks for rule, tasks in refused.items() if tasks}
        return self.result

    def _wait(self, task: Task, now: datetime) -> None:
        if task.not_before > now:
            heapq.heappush(self.later, (task.not_before, task.id, task))
        else:
            self.ready.append((_rank(task), task))

    def _come_due(self, now: datetime) -> None:
        while self.later and self.later[0][0] <= now:
            task = heapq.heappop(self.later)[2]
            insort(self.ready, (_rank(task), task), key=lambda one: one[0])

    def _next(self, agent: FreeAgent, now: datetime) -> Task | None:
        """The chosen one of the most urgent; where none of them suits the agent, of the next ones."""
        for begin in range(0, len(self.ready), LOOK_AHEAD):
            some = self.ready[begin : begin + LOOK_AHEAD]
            candidates = under_frames((self._candidate(task) for _, task in some), self.rules.frames)
            chosen = choose(candidates, (agent,), now)
            if isinstance(chosen, Placement):
                place = next(begin + at for at, (_, task) in enumerate(some) if task.id == chosen.task.id)
                return self.ready.pop(place)[1]
        return None

    def _candidate(self, task: Task) -> Candidate:
        debtor = self.accounts[task.key].debtor
        return Candidate(task=task, language=debtor.language, potential_class=debtor.potential_class)

    def _serve(self, task: Task, agent: FreeAgent, now: datetime) -> timedelta:
        """Calls, or puts the task off as the gate says; the time that the agent spent."""
        account = self.accounts[task.key]
        found = account.facts_at(now, (self.day - self.house.today(self.now)).days, self.on_numbers)
        verdict = may_begin(found, self.rules.packs, self.house, now, now + self.house.times.until_dialled)
        if isinstance(verdict, Refused):
            self._refuse(account, task, verdict, now)
            return timedelta(0)
        return self._call(account, task, verdict, agent, now)

    def _call(self, account: Account, task: Task, verdict: Allowed, agent: FreeAgent, now: datetime) -> timedelta:
        items = tuple(no for no in task.items if no in verdict.items)
        if not items:
            _replace(account, task, None)
            return timedelta(0)
        called = call(account, task, items, verdict.number, agent.id, now, self.rules, self.house, self.chance, self.new_id)
        self.result.calls.append(called)
        _replace(account, task, called.task)
        if called.contact.number:
            self.on_numbers.setdefault(called.contact.number, []).append(called.contact)
        for waits in (called.task, *called.new_tasks):
            if waits is not None:
                self._wait_again(waits, now)
        return timedelta(seconds=called.seconds)

    def _refuse(self, account: Account, task: Task, verdict: Refused, now: datetime) -> None:
        ends = datetime.combine(self.day, ENDS, ZoneInfo(self.house.time_zone))
        back = verdict.not_before
        if verdict.never:
            _replace(account, task, None)
        elif back is not None:
            task = replace(task, not_before=max(back, now))
            _replace(account, task, task)
        if not verdict.never and back is not None and back < ends:
            self._wait_again(task, now)
        else:
            self.result.refused.setdefault(verdict.refusals[0].rule, []).append(task)

    def _wait_again(self, task: Task, now: datetime) -> None:
        heapq.heappush(self.later, (max(task.not_before, now + timedelta(seconds=1)), task.id, task))


def _replace(account: Account, task: Task, by: Task | None) -> None:
    """The task as it is now; None: it is over."""
    if task.origin is Origin.LADDER:
        account.task = by
        account.moved = account.moved or by is None
    else:
        account.agreed = [one for other in account.agreed for one in _one(other, task, by)]


def _one(other: Task, task: Task, by: Task | None) -> Iterator[Task]:
    if other.id != task.id:
        yield other
    elif by is not None:
        yield by


def _rank(task: Task) -> _Rank:
    """What was agreed first, then priority and money."""
    return task.origin is not Origin.CALLBACK, -task.priority, -max(task.open_amount.values(), default=Decimal(0)), task.id
