"""Shortfall: what is wanted and does not fit into the agents' minutes of a day, in money.

Owns the order in which calls fill the day, and the fit. Knows no agent but by id, and no calling hours: minutes and who is able come in.
Invariant: no agent gets more calls than minutes; a debtor without a dialable number is always short; amounts of different currencies are
never added.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from collectord.core.money import plain_map
from collectord.core.receivables.wanted import moneys
from collectord.core.wording import Language, Texts, phrase

NOTHING = Decimal(0)
TEXTS: Texts = {
    "fits": (
        "On {day} {agents} {agents:agent has|agents have} {minutes} {minutes:minute|minutes} for calls; {calls}"
        " {calls:call waits|calls wait} and {calls:needs|need} {wanted}.",
        "Am {day} {agents:hat|haben} {agents} {agents:Person|Personen} {minutes} {minutes:Minute|Minuten} für Anrufe; {calls}"
        " {calls:Anruf wartet|Anrufe warten} und {calls:braucht|brauchen} {wanted}.",
    ),
    "short": (
        " {short} of them {short:does|do} not fit for want of minutes: {money}.",
        " Aus Mangel an Minuten {short:passt|passen} {short} davon nicht hinein: {money}.",
    ),
    "no-time": (
        "Nobody has minutes left for it on {day}: other calls are worth more.",
        "Am {day} hat niemand mehr Minuten dafür: andere Anrufe sind mehr wert.",
    ),
    "nobody-works": ("Nobody has working time for calls on {day} any more.", "Am {day} hat niemand mehr Arbeitszeit für Anrufe."),
    "nobody-able-works": (
        "Of those who may make this call nobody has working time for it on {day} any more.",
        "Von denen, die diesen Anruf führen dürfen, hat am {day} niemand mehr Arbeitszeit dafür.",
    ),
    "nobody-able": (
        "Nobody has the skill or the language that this call asks for.",
        "Niemand hat die Fähigkeit oder die Sprache, die dieser Anruf verlangt.",
    ),
    "unreachable": (
        " {count} of them {count:has|have} no number that can be dialled: {money}.",
        " {count} davon {count:hat|haben} keine wählbare Nummer: {money}.",
    ),
}


class Case(NamedTuple):
    """A call that is wanted, as far as the shortfall looks at it: there may be a hundred thousand."""

    task_id: str
    priority: int
    open_amount: Mapping[str, Decimal]
    reachable: bool  # the debtor has a dialable number
    value: Decimal = NOTHING  # expected, per agent minute
    agreed: bool = False  # a callback
    agent: str = ""  # bound to this agent
    skill: str = ""
    language: str = ""

    @property
    def rank(self) -> tuple[bool, Decimal, int, Decimal, str]:
        """As tasks are chosen; smaller is earlier."""
        return (not self.agreed, -self.value, -self.priority, -max(self.open_amount.values(), default=NOTHING), self.task_id)


@dataclass(slots=True)
class Fit:
    """Who would call whom, and what is left over."""

    agents: dict[str, str] = field(default_factory=dict)  # task -> agent
    short: int = 0  # calls that do not fit
    unreachable: int = 0  # of those: without a number
    money: dict[str, Decimal] = field(default_factory=dict)  # open amounts of what does not fit, with the unreachable
    numberless: dict[str, Decimal] = field(default_factory=dict)  # of that: whom no number reaches

    def leave(self, case: Case) -> None:
        self.short += 1
        self.unreachable += not case.reachable
        for currency, amount in case.open_amount.items():
            self.money[currency] = self.money.get(currency, NOTHING) + amount
            if not case.reachable:
                self.numberless[currency] = self.numberless.get(currency, NOTHING) + amount

    @property
    def no_minutes(self) -> dict[str, Decimal]:
        """Open amounts of what does not fit for want of minutes."""
        rest = {currency: amount - self.numberless.get(currency, NOTHING) for currency, amount in self.money.items()}
        return {currency: amount for currency, amount in rest.items() if amount}


def no_work(day: date, language: Language, zone: str) -> str:
    return phrase(TEXTS, "nobody-works", language, zone, day=day)


def no_time(day: date, able: Collection[str], left: Mapping[str, Decimal], per_call: Decimal, language: Language, zone: str) -> str:
    """Why a call fits into the minutes of nobody. `able`: who may make it; `left`: what everybody has on that day before any call."""
    if not able:
        code = "nobody-able"
    elif any(left.get(agent, NOTHING) >= per_call for agent in able):
        code = "no-time"
    else:
        code = "nobody-able-works" if any(minutes >= per_call for minutes in left.values()) else "nobody-works"
    return phrase(TEXTS, code, language, zone, day=day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One day's work against one day's minutes."""

    day: date
    agents: int  # who have time for one call at least
    minutes: int
    wanted: int  # minutes that the calls need
    calls: int
    left_over: Fit

    def says(self, language: Language, zone: str) -> str:
        rest = self.left_over
        said = phrase(
            TEXTS, "fits", language, zone,
            day=self.day, agents=self.agents, minutes=self.minutes, wanted=self.wanted, calls=self.calls,
        )  # fmt: skip
        if short := rest.short - rest.unreachable:
            said += phrase(TEXTS, "short", language, zone, short=short, money=moneys(rest.no_minutes))
        if rest.unreachable:
            said += phrase(TEXTS, "unreachable", language, zone, count=rest.unreachable, money=moneys(rest.numberless))
        return said

    def document(self) -> dict[str, Any]:
        """What `plan` and `status` show beside the sentence, and what is kept."""
        return {
            "day": self.day.isoformat(),
            "agents": self.agents,
            "minutes": self.minutes,
            "minutes_wanted": self.wanted,
            "calls": self.calls,
            "calls_short": self.left_over.short,
            "unreachable": self.left_over.unreachable,
            "shortfall": plain_map(self.left_over.money),
            "without_number": plain_map(self.left_over.numberless),
        }


def read_load(doc: Mapping[str, Any]) -> Load | None:
    """What `document` said; None: an older version kept it, which did not say everything."""
    if "without_number" not in doc:
        return None
    money, numberless = ({code: Decimal(sum_) for code, sum_ in doc[key].items()} for key in ("shortfall", "without_number"))
    return Load(
        day=date.fromisoformat(doc["day"]),
        agents=doc["agents"],
        minutes=doc["minutes"],
        wanted=doc["minutes_wanted"],
        calls=doc["calls"],
        left_over=Fit(short=doc["calls_short"], unreachable=doc["unreachable"], money=money, numberless=numberless),
    )


def fit(cases: Iterable[Case], left: Mapping[str, Decimal] | None, per_call: Decimal, able: Callable[[Case], Collection[str]]) -> Fit:
    """Fills the minutes that agents have `left`, most valuable calls first; each goes to whoever able has most of them.

    `left` None: nobody knows the agents, and there are as many as it takes.
    """
    found, waiting = Fit(), []
    for case in cases:
        if not case.reachable:
            found.leave(case)
        elif left is not None:
            waiting.append((case.rank, case))
    heapq.heapify(waiting)
    minutes = dict(left or {})
    while waiting and any(rest >= per_call for rest in minutes.values()):
        case = heapq.heappop(waiting)[1]
        agent = max((one for one in able(case) if minutes.get(one, NOTHING) >= per_call), key=lambda one: (minutes[one], one), default="")
        if agent:
            minutes[agent] -= per_call
            found.agents[case.task_id] = agent
        else:
            found.leave(case)
    for _, case in waiting:
        found.leave(case)
    found.money, found.numberless = dict(sorted(found.money.items())), dict(sorted(found.numberless.items()))
    return found
