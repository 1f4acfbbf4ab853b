"""Listed calls: on which day of the call list a call stands, who makes it there, and why nobody does.

Asks the gate for the first allowed instant, the agents' minutes for a day on which anybody works. Reads no store, writes nothing.
Invariant: nobody is named on a day without time for calls; a callback keeps the hour that was agreed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from collectord.core.contact.ahead import may_contact_at
from collectord.core.contact.contact_rules import Refused
from collectord.core.contact.facts import DebtorFacts
from collectord.core.house import House
from collectord.core.receivables.dunning import day_begins
from collectord.core.receivables.shortfall import Case, no_time, no_work
from collectord.core.receivables.tasks import Origin
from collectord.core.rules import Rules
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.allocation import Candidate, FreeAgent, foresee, under_frames
from collectord.loops.workload import Capacity, able_for, case_of, fitted

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ListedCall:
    candidate: Candidate
    at: datetime | None
    number: str
    refusal: str
    found: DebtorFacts
    short: str = ""  # why nobody has time for it

    def day(self, house: House) -> date:
        assert self.at is not None
        return house.today(self.at)


class MinutesLeft:
    """The minutes for calls that everybody has on a day, each day reckoned once."""

    def __init__(self, capacity: Capacity, rules: Rules, house: House, now: datetime) -> None:
        self.capacity, self._asked = capacity, (rules, house, now)
        self._known: dict[date, dict[str, Decimal]] = {}

    def on(self, day: date) -> dict[str, Decimal]:
        if day not in self._known:
            self._known[day] = self.capacity.minutes_on(day, *self._asked)
        return self._known[day]

    def at_work(self, day: date) -> set[str]:
        """Who has time for one call at least."""
        return {agent for agent, minutes in self.on(day).items() if minutes >= self.capacity.per_call}


def short_of(calls: Sequence[ListedCall], rules: Rules, house: House, left: MinutesLeft) -> dict[str, str]:
    """Task id -> why it fits into the minutes of nobody on its day."""
    by_day: dict[date, list[Case]] = {}
    framed = under_frames([call.candidate for call in calls], rules.frames)
    for call, candidate in zip(calls, framed, strict=True):
        if call.at is not None:
            by_day.setdefault(call.day(house), []).append(case_of(candidate))
    found: dict[str, str] = {}
    able, per_call = able_for(left.capacity), left.capacity.per_call
    for day, cases in by_day.items():
        fits = fitted(cases, left.capacity, left.on(day)).agents
        found |= {
            one.task_id: no_time(day, able(one), left.on(day), per_call, house.language, house.time_zone)
            for one in cases
            if one.task_id not in fits
        }
    return found


def who_calls(
    calls: Sequence[ListedCall], agents: Sequence[OnDuty], rules: Rules, house: House, left: MinutesLeft | None
) -> dict[str, FreeAgent | None]:
    """Task id -> who gets it: on each day those who have time for calls."""
    desk = tuple(FreeAgent(id=a.id, languages=a.languages, skills=a.skills, endpoint=a.endpoint, pbx=a.pbx) for a in agents)
    spoken = frozenset(language for agent in agents for language in agent.languages)
    given = [call for call in calls if call.at is not None and not call.short]
    days: dict[date | None, list[Candidate]] = {}
    for call in given:
        days.setdefault(call.day(house) if left else None, []).append(call.candidate)
    found: dict[str, FreeAgent | None] = {}
    for day, candidates in days.items():
        there = tuple(agent for agent in desk if left is None or day is None or agent.id in left.at_work(day))
        found |= foresee(under_frames(candidates, rules.frames), there, spoken=spoken)
    return found


def when_somebody_works(call: ListedCall, rules: Rules, house: House, now: datetime, until: datetime, left: MinutesLeft) -> ListedCall:
    """The same call on the first day on which anybody works; as it is where that day is too late. A callback keeps its hour."""
    task, moved = call.candidate.task, call
    over = no_work(call.day(house), house.language, house.time_zone) if call.at is not None else ""
    while task.origin is not Origin.CALLBACK and moved.at is not None and moved.at < until:
        if left.at_work(moved.day(house)):
            return moved if moved is call else replace(moved, refusal=f"{over} {moved.refusal}".strip())
        begins = day_begins(moved.day(house) + DAY, house.time_zone)
        if task.expires_at is not None and begins >= task.expires_at:
            break
        moved = first_instant(call.candidate, call.found, rules, house, now, begins)
    return call


def first_instant(candidate: Candidate, found: DebtorFacts, rules: Rules, house: House, now: datetime, at: datetime) -> ListedCall:
    """What the gate says at the moment when the task is due; for a later day, exports are taken to arrive as they did."""
    verdict = may_contact_at(found, rules.packs, house, now, at)
    if isinstance(verdict, Refused):
        first = " ".join(refusal.reason for refusal in verdict.refusals)
        return ListedCall(candidate, verdict.not_before, "", first, found)
    return ListedCall(candidate, at, verdict.number, "", found)
