"""A day's shift of the play: agents work the waiting calls off, one after the other, until their minutes are used up.

Owns the course of time at the desks. Minutes and hours, the choice of the next call, the gate and what follows are the real ones.
Invariant: no agent makes two calls at once, or begins one when the minutes of the day are used up; no call is made that the gate refuses.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from collectord.core.contact.contact_rules import Allowed, Refused, may_begin
from collectord.core.contact.facts import Contact
from collectord.core.contact.week import spans
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.rules import Rules
from collectord.core.simulation.account import Account
from collectord.core.simulation.calls import Called, call
from collectord.core.simulation.chance import Chance
from collectord.core.telephony.allocation import Candidate, FreeAgent, Placement, choose, under_frames
from collectord.core.telephony.callbacks import Colleague

NOTHING = timedelta(0)
LOOK_AHEAD = 40  # of the waiting calls, the most urgent first: among them the next one is chosen
_Rank = tuple[bool, Decimal, int, Decimal, str]


@dataclass(slots=True)
class _Desk:
    """An agent of the day: the minutes for calls are spread over the hours at work."""

    agent: FreeAgent
    begins: datetime
    ends: datetime
    left: timedelta
    stretch: float  # of the clock, for each minute on the phone


@dataclass(slots=True)
class ShiftResult:
    capacity: int = 0  # minutes
    calls: list[Called] = field(default_factory=list)
    waiting: list[Task] = field(default_factory=list)  # due, allowed as far as anybody asked, and no minute was left
    refused: dict[str, list[Task]] = field(default_factory=dict)  # by the rule that refuses, for the rest of the day
    reasons: dict[str, str] = field(default_factory=dict)  # of each such rule, what it said first


@dataclass(slots=True)
class Shift:
    day: date
    now: datetime  # when the play began
    rules: Rules
    house: House
    chance: Chance
    team: Mapping[str, Colleague]
    accounts: Mapping[DebtorKey, Account]
    on_numbers: dict[str, list[Contact]]
    new_id: Callable[[], str]
    ready: list[tuple[_Rank, Candidate]] = field(default_factory=list)  # the most urgent first
    later: list[tuple[datetime, str, Task]] = field(default_factory=list)
    result: ShiftResult = field(default_factory=ShiftResult)
    closes: datetime = field(default=datetime.min.replace(tzinfo=UTC))  # the last one goes home

    def work(self, left: Mapping[str, Decimal]) -> ShiftResult:
        """`left`: agent -> minutes for calls today."""
        desks = [desk for desk in (self._desk(self.team[agent], minutes) for agent, minutes in left.items()) if desk is not None]
        self.result.capacity = round(sum(left.values()))
        if not desks:
            self.result.waiting = [
                task for account in self.accounts.values() for task in account.waiting_calls() if self._is_of_today(task)
            ]
            return self.result
        for account in self.accounts.values():
            for waiting in account.waiting_calls():
                self._wait(waiting, min(desk.begins for desk in desks))
        self.ready.sort(key=lambda one: one[0])
        free = [(desk.begins, place) for place, desk in enumerate(desks)]
        heapq.heapify(free)
        while free:
            now, place = heapq.heappop(free)
            desk = desks[place]
            if now >= desk.ends or desk.left <= NOTHING:
                continue
            self._come_due(now)
            task = self._next(desk.agent, now)
            if task is not None:
                used = self._serve(task, desk.agent, now)
                desk.left -= used
                heapq.heappush(free, (now + used * desk.stretch, place))
            elif self.later and self.later[0][0] < desk.ends:
                heapq.heappush(free, (max(self.later[0][0], now + timedelta(minutes=1)), place))
        self._come_due(self.closes)
        return self._left()

    def _desk(self, one: Colleague, minutes: Decimal) -> _Desk | None:
        """None: the agent does not work today, or not any more."""
        hours = (one.hours or self.rules.allocation.day.hours)[self.day.weekday()]
        times = [(max(start, self.now), end) for start, end in spans(self.house.time_zone, self.day, hours) if end > self.now]
        if minutes <= 0 or not times:
            return None
        left = timedelta(minutes=float(minutes))
        begins, ends = times[0][0], times[-1][1]
        self.closes = max(self.closes, ends)
        agent = FreeAgent(id=one.id, languages=one.languages, skills=one.skills)
        return _Desk(agent, begins, ends, left, max(1.0, (ends - begins) / left))

    def _is_of_today(self, task: Task) -> bool:
        return self.house.today(task.not_before) <= self.day

    def _left(self) -> ShiftResult:
        """Whose call was not made today; who was called and is to be called again is not among them."""
        called = {one.key for one in self.result.calls}
        self.result.waiting = [candidate.task for _, candidate in self.ready if candidate.task.key not in called]
        refused = {rule: [task for task in tasks if task.key not in called] for rule, tasks in self.result.refused.items()}
        self.result.refused = {rule: tasks for rule, tasks in refused.items() if tasks}
        return self.result

    def _wait(self, task: Task, now: datetime) -> None:
        if task.not_before > now:
            heapq.heappush(self.later, (task.not_before, task.id, task))
        else:
            self.ready.append((_rank(task), self._candidate(task)))

    def _come_due(self, now: datetime) -> None:
        while self.later and self.later[0][0] <= now:
            task = heapq.heappop(self.later)[2]
            insort(self.ready, (_rank(task), self._candidate(task)), key=lambda one: one[0])

    def _next(self, agent: FreeAgent, now: datetime) -> Task | None:
        """The chosen one of the most urgent; where none of them suits the agent, of the next ones."""
        for begin in range(0, len(self.ready), LOOK_AHEAD):
            some = [candidate for _, candidate in self.ready[begin : begin + LOOK_AHEAD]]
            chosen = choose(some, (agent,), now)
            if isinstance(chosen, Placement):
                place = next(at for at, candidate in enumerate(some) if candidate.task is chosen.task)
                return self.ready.pop(begin + place)[1].task
        return None

    def _candidate(self, task: Task) -> Candidate:
        debtor = self.accounts[task.key].debtor
        usual = Candidate(task=task, language=debtor.language, potential_class=debtor.potential_class)
        return under_frames([usual], self.rules.frames)[0]

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
        self.on_numbers.setdefault(verdict.number, []).append(called.contact)
        for waits in (called.task, *called.new_tasks):
            if waits is not None:
                self._wait_again(waits, now)
        return timedelta(seconds=called.seconds)

    def _refuse(self, account: Account, task: Task, verdict: Refused, now: datetime) -> None:
        back = verdict.not_before
        if verdict.never:
            _replace(account, task, None)
        elif back is not None:
            task = replace(task, not_before=max(back, now))
            _replace(account, task, task)
        if not verdict.never and back is not None and back < self.closes:
            self._wait_again(task, now)
        else:
            first = verdict.refusals[0]
            self.result.refused.setdefault(first.rule, []).append(task)
            self.result.reasons.setdefault(first.rule, first.reason)

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
    """What was agreed first, then value, priority and money; the real choice is among the first of these."""
    return task.origin is not Origin.CALLBACK, -task.value, -task.priority, -max(task.open_amount.values(), default=Decimal(0)), task.id
