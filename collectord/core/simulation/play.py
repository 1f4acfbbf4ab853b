"""The play: the rules carried out day after day on a copy of the ledger, and what came of each day.

Owns the order of a day: morning, shift, what is left. Reads no store: accounts and what the gate knows of them come in.
Invariant: the same ledger, rules, agents and seed give the same days; two sets of rules meet debtors who behave alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from collectord.core.contact.facts import Contact, DebtorFacts
from collectord.core.house import House
from collectord.core.receivables.dunning import day_begins
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Task
from collectord.core.rules import Rules
from collectord.core.simulation.account import DAY, Account
from collectord.core.simulation.chance import Chance
from collectord.core.simulation.mornings import Morning, morning
from collectord.core.simulation.shift import Shift, ShiftResult
from collectord.core.telephony.callbacks import Absence, Colleague
from collectord.core.telephony.workday import minutes_on

Sums = dict[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What came of one day. Sums are per currency; `waiting`: calls for which no minute was left, `refused`: which the gate put off."""

    on: date
    works: bool
    tasks: int  # calls that waited in the morning, or came due in the day
    created: int
    calls: int
    reached: int
    minutes: int
    capacity: int  # minutes that the agents have
    promised: Sums
    kept: int
    broken: int
    paid: Sums
    by_talks: Sums
    letters: int
    emails: int
    handovers: int  # cases that wait for a person to give them away
    waiting: int
    waiting_open: Sums
    refused: int
    refused_open: Sums
    refused_by: dict[str, int]
    refused_why: str  # what the rule that refuses most said first; "" = none refuses


@dataclass(slots=True)
class Play:
    rules: Rules
    house: House
    team: Mapping[str, Colleague]
    now: datetime  # when it begins
    chance: Chance
    closed: Callable[[date], bool]  # the house does not work on that day
    absences: Sequence[Absence] = ()
    accounts: dict[DebtorKey, Account] = field(default_factory=dict)
    on_numbers: dict[str, list[Contact]] = field(default_factory=dict)  # calls of the play
    ids: int = 0

    @property
    def start(self) -> date:
        return self.house.today(self.now)

    def new_id(self) -> str:
        self.ids += 1
        return f"play-{self.ids:08}"

    def add(self, account: Account) -> None:
        account.begin(self.chance, self.start)
        self.accounts[account.debtor.key] = account

    def minutes_on(self, day: date) -> dict[str, Decimal]:
        """Agent -> minutes for calls."""
        zone = self.house.time_zone
        return minutes_on(day, self.team, self.absences, self.rules.allocation.day, self.now, zone, closed=self.closed)

    def works_on(self, day: date) -> bool:
        """Whether anybody is at work; where there is nobody at all, whether somebody would be."""
        if self.team:
            return any(self.minutes_on(day).values())
        return not self.closed(day) and bool(self.rules.allocation.day.hours[day.weekday()])

    def mornings(self, today: date) -> Iterator[Morning]:
        """One debtor after the other, so that whoever drives the play may breathe in between."""
        for account in self.accounts.values():
            if account.held.covered_by:
                account.take_payments(today - DAY)  # told with the head office, in whose books the items stand, too
                continue
            yield morning(account, today, self.rules, self.house, self.new_id)

    def unread(self, today: date) -> list[DebtorKey]:
        """Debtors who may be called today and of whom the gate knows nothing yet."""
        ends = day_begins(today + DAY, self.house.time_zone)
        return [
            key
            for key, account in self.accounts.items()
            if account.known is None and any(task.not_before < ends for task in account.waiting_calls())
        ]

    def know(self, key: DebtorKey, found: DebtorFacts | None) -> None:
        """What the gate looks at. A debtor who is not in the ledger is not called."""
        account = self.accounts[key]
        account.known = found
        if found is None:
            account.task, account.agreed = None, []

    def shift(self, today: date, told: Iterable[Morning]) -> Day:
        done = ShiftResult()
        due = self._due(today)
        if self.works_on(today):
            on_duty = Shift(today, self.now, self.rules, self.house, self.chance, self.team, self.accounts, self.on_numbers, self.new_id)
            done = on_duty.work(self.minutes_on(today))
        return self._day(today, list(told), due, done)

    def _due(self, today: date) -> int:
        ends = day_begins(today + DAY, self.house.time_zone)
        return sum(1 for account in self.accounts.values() for task in account.waiting_calls() if task.not_before < ends)

    def _day(self, today: date, told: list[Morning], due: int, done: ShiftResult) -> Day:
        refused = [task for tasks in done.refused.values() for task in tasks]
        by = {rule: len(tasks) for rule, tasks in sorted(done.refused.items(), key=lambda pair: (-len(pair[1]), pair[0]))}
        return Day(
            on=today,
            works=self.works_on(today),
            tasks=due,
            created=sum(one.created for one in told),
            calls=len(done.calls),
            reached=sum(one.reached for one in done.calls),
            minutes=round(sum(one.seconds for one in done.calls) / 60),
            capacity=done.capacity,
            promised=added_up(one.promised for one in done.calls),
            kept=sum(one.kept for one in told),
            broken=sum(one.broken for one in told),
            paid=added_up(one.paid for one in told),
            by_talks=added_up(one.by_talks for one in told),
            letters=sum(one.written == "letter" for one in told),
            emails=sum(one.written == "email" for one in told),
            handovers=sum(1 for account in self.accounts.values() if account.task is not None and account.task.medium == "handover"),
            waiting=len(done.waiting),
            waiting_open=_open(done.waiting),
            refused=len(refused),
            refused_open=_open(refused),
            refused_by=by,
            refused_why=next((done.reasons[rule] for rule in by), ""),
        )


def added_up(sums: Iterable[Sums]) -> Sums:
    total: Sums = {}
    for one in sums:
        for currency, amount in one.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return dict(sorted(total.items()))


def _open(tasks: Iterable[Task]) -> Sums:
    return added_up(dict(task.open_amount) for task in tasks)


def days_of(start: date, count: int) -> Iterator[date]:
    return (start + timedelta(days=number) for number in range(count))
