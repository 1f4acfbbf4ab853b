"""How good is the learned hour, where the truth is known?

Owns two kinds of debtors with hidden chances of being reached by the hour, each debtor a little different, who are called day by day by
what was learned so far.
Invariant: the policy sees results of calls only; policy, oracle and chance are judged by the same hidden chances of the same debtors.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bench.finding import Finding
from collectord.core.receivables.call_value import CallValue
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.telephony.allocation import Candidate, FreeAgent, Placement, choose
from collectord.core.telephony.best_time import (
    NO_TALLY,
    Bin,
    HourRules,
    Hours,
    Moment,
    Outlook,
    Tally,
    bin_of,
    day_part,
    hours_from,
    outlook,
)  # fmt: skip

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
HOURS = tuple(range(8, 18))
CURVES = {  # hour of the best chance, how wide, lowest and highest chance; Fridays an hour earlier
    "business": (10.0, 2.0, 0.18, 0.50),
    "private": (16.5, 2.0, 0.12, 0.42),
}
APART = 0.5  # spread of a debtor's own part of the day around the curve, in log odds
VALUE = CallValue(enabled=True)
RULES = HourRules(enabled=True)
CALLS_AN_HOUR = 0.05  # of the debtors: half of them are called in a day


@dataclass(slots=True)
class Person:
    key: DebtorKey
    segment: str
    apart: dict[int, float]
    own: dict[int, Tally] = field(default_factory=dict)

    def chance(self, one: Bin) -> float:
        """The truth."""
        odds = _odds(_curve(self.segment, one)) + self.apart[day_part(one[1])]
        return 1 / (1 + math.exp(-odds))


def _curve(segment: str, one: Bin) -> float:
    peak, width, low, high = CURVES[segment]
    return low + (high - low) * math.exp(-(((one[1] - peak + (1 if one[0] else 0)) / width) ** 2) / 2)


def _odds(chance: float) -> float:
    return math.log(chance / (1 - chance))


def people(count: int, seed: int) -> list[Person]:
    draw = random.Random(seed)
    return [
        Person(DebtorKey("", f"{n:06}"), draw.choice(sorted(CURVES)), {part: draw.gauss(0, APART) for part in range(6)})
        for n in range(count)
    ]


def workdays(count: int) -> list[datetime]:
    days = (MONDAY + timedelta(days=n) for n in range(2 * count))
    return [day for day in days if day.weekday() < 5][:count]


@dataclass(slots=True)
class Book:
    """What the calls told so far."""

    bins: dict[tuple[str, Bin], Tally] = field(default_factory=dict)

    def note(self, person: Person, one: Bin, reached: bool) -> None:
        told = Tally(1, int(reached))
        self.bins[person.segment, one] = self.bins.get((person.segment, one), NO_TALLY) + told
        part = day_part(one[1])
        person.own[part] = person.own.get(part, NO_TALLY) + told

    def hours(self) -> Hours:
        return hours_from((segment, one, tally) for (segment, one), tally in self.bins.items())


def _look(person: Person, day: datetime, hour: int, hours: Hours, rules: HourRules, *, own: bool = True, short: bool = False) -> Outlook:
    moment = Moment(local=day.replace(hour=hour), hours=HOURS, short=short)
    return outlook(person.key, person.segment, person.own if own else {}, moment, hours, rules, VALUE)


def truth(crowd: list[Person]) -> Hours:
    """The segments' own curves, as if seen in very many calls: what the segment oracle knows."""
    many = 10_000_000
    mean: dict[tuple[str, Bin], list[float]] = {}
    for person in crowd:
        for part in (0, 1):
            for hour in HOURS:
                mean.setdefault((person.segment, (part, hour)), []).append(person.chance((part, hour)))
    return hours_from((name, one, Tally(many, round(many * sum(found) / len(found)))) for (name, one), found in mean.items())


def each_at_its_hour(crowd: list[Person], days: int, warm: int, seed: int) -> tuple[float, float, float, float]:
    """Every debtor is called once a day at the hour of choice: mean chance by policy, segment oracle, chance; share drawn."""
    draw, book, known = random.Random(seed), Book(), truth(crowd)
    sums, calls, drawn = [0.0, 0.0, 0.0], 0, 0
    for number, day in enumerate(workdays(days)):
        hours = book.hours()
        for person in crowd:
            seen = _look(person, day, HOURS[0], hours, RULES)
            hour = draw.choice(HOURS) if seen.best_hour is None else seen.best_hour
            one = bin_of(day.replace(hour=hour))
            chance = person.chance(one)
            if number >= warm:
                best = _look(person, day, HOURS[0], known, HourRules(enabled=True, explore=Decimal(0)), own=False).best_hour
                any_hour = sum(person.chance((one[0], each)) for each in HOURS) / len(HOURS)
                for at, value in enumerate((chance, person.chance((one[0], best or HOURS[0])), any_hour)):
                    sums[at] += value
                calls += 1
                drawn += seen.drawn
            book.note(person, one, draw.random() < chance)
    policy, oracle, chance = (value / calls for value in sums)
    return policy, oracle, chance, drawn / calls


Look = Callable[[Person, datetime, int, Hours], Outlook]


def at_the_desk(crowd: list[Person], days: int, warm: int, seed: int) -> tuple[float, float, float]:
    """Half of the debtors can be called in a day, so many an hour, whoever is chosen: mean chance by policy, segment oracle, chance."""
    known, later = truth(crowd), workdays(days)[warm:]
    undrawn = HourRules(enabled=True, explore=Decimal(0))

    def learned(person: Person, day: datetime, hour: int, hours: Hours) -> Outlook:
        return _look(person, day, hour, hours, RULES, short=True)

    def oracle(person: Person, day: datetime, hour: int, hours: Hours) -> Outlook:
        return _look(person, day, hour, known, undrawn, own=False, short=True)

    policy = shift(crowd, workdays(days), learned, random.Random(seed), warm, learns=True)
    best = shift(crowd, later, oracle, random.Random(seed))
    return policy, best, shift(crowd, later, lambda *_: Outlook(), random.Random(seed))


def shift(crowd: list[Person], days: list[datetime], look: Look, draw: random.Random, warm: int = 0, *, learns: bool = False) -> float:
    """Mean chance of those who were chosen hour by hour; equal ones in an order that is drawn anew each day."""
    desk, book, chances = (FreeAgent(id="1"),), Book(), list[float]()
    for number, day in enumerate(days):
        hours = book.hours()
        left = {person.key.debtor_no: person for person in crowd}
        order = {no: f"{draw.random():.9f}" for no in left}
        for hour in HOURS:
            now = day.replace(hour=hour)
            waiting = {no: _candidate(person, order[no], look(person, day, hour, hours), day) for no, person in left.items()}
            for _ in range(int(len(crowd) * CALLS_AN_HOUR)):
                answer = choose(waiting.values(), desk, now)
                assert isinstance(answer, Placement)
                person = left.pop(answer.task.debtor_no)
                del waiting[answer.task.debtor_no]
                chance = person.chance(bin_of(now))
                if number >= warm:
                    chances.append(chance)
                if learns:
                    book.note(person, bin_of(now), draw.random() < chance)
    return sum(chances) / len(chances)


def _candidate(person: Person, order: str, seen: Outlook, day: datetime) -> Candidate:
    task = Task(
        id=order, company="", debtor_no=person.key.debtor_no, medium="call", ladder="standard", level=1, items=("A",),
        open_amount={"EUR": Decimal(100)}, not_before=day, expires_at=None, state=TaskState.READY, why="", value=Decimal(1),
    )  # fmt: skip
    return Candidate(task=task, factor=seen.factor)


def ask(debtors: int = 1_000, seed: int = 7) -> list[Finding]:
    policy, oracle, chance, drawn = each_at_its_hour(people(debtors, seed), 60, 30, seed)
    own = (policy - chance) / (oracle - chance)
    few = max(60, debtors // 4)
    desk, best, bare = at_the_desk(people(few, seed), 45, 30, seed)
    share = (desk - bare) / (best - bare)
    return [
        Finding(
            question=f"best hour: {debtors:,} debtors of two kinds, each called once a day, days 31 to 60; reached",
            measured=f"{policy:.4f}; {drawn:.3f} of the calls at a drawn hour",
            yardstick=f"any hour: {chance:.4f}; the kind's best hour, known: {oracle:.4f}",
            ratio=f"{own:.3f} of the way from any hour to the oracle",
            aim=">= 0.9",
            met=own >= 0.9,
        ),
        Finding(
            question=f"the same at a desk that reaches half of {few:,} debtors a day, days 31 to 45; reached",
            measured=f"{desk:.4f}",
            yardstick=f"any order: {bare:.4f}; chosen by the kinds' true chances: {best:.4f}",
            ratio=f"{share:.3f} of the way",
            aim=">= 0.9",
            met=share >= 0.9,
        ),
    ]
