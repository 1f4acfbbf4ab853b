"""Workload: how much work there is, how many minutes the agents have for it, and what is left over in money.

Reads agents, absences and live call tasks, asks core/telephony/workday and core/receivables/shortfall; keeps the last answer for `status`.
Invariant: what is kept says of which instant and which day it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from collectord.core.contact.calendar import HolidaysUnknown
from collectord.core.exports.freshness import accounting_days
from collectord.core.house import House
from collectord.core.receivables.dunning import day_begins
from collectord.core.receivables.shortfall import Case, Fit, Load, fit, read_load
from collectord.core.receivables.tasks import Origin
from collectord.core.rules import Rules
from collectord.core.telephony.allocation import Candidate, FreeAgent, matcher
from collectord.core.telephony.callbacks import Absence, Colleague
from collectord.core.telephony.workday import Workday, minutes_on, workday
from collectord.edge.store import callbacks, meta, tasks
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.loops.callbacks import team
from collectord.settings import Settings

KEY = "workload"
WEEKEND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The agents' minutes of the day that the shortfall is reckoned for."""

    day: Workday
    desk: tuple[FreeAgent, ...]
    team: Mapping[str, Colleague]
    absences: tuple[Absence, ...]
    per_call: Decimal  # minutes that one task takes on that day, tries and all
    until: datetime  # the end of that day

    def minutes_on(self, day: date, rules: Rules, house: House, now: datetime) -> dict[str, Decimal]:
        """Agent -> minutes left of any day."""
        zone = house.time_zone
        return minutes_on(day, self.team, self.absences, rules.allocation.day, now, zone, closed=lambda one: is_closed(rules, house, one))


async def capacity(db: Database, settings: Settings, rules: Rules, house: House, now: datetime) -> Capacity:
    absences = await db.read(lambda conn: callbacks.absences(conn, house.today(now), now))
    known, value = team(settings.agent), rules.allocation.value
    day = workday(known, absences, rules.allocation.day, now, house.time_zone, closed=lambda one: is_closed(rules, house, one))
    return Capacity(
        day=day,
        desk=tuple(FreeAgent(id=one.id, languages=one.languages, skills=one.skills) for one in known.values()),
        team=known,
        absences=absences,
        per_call=rules.allocation.day.minutes_per_task(value.minutes, value.reached),
        until=day_begins(day.day + timedelta(days=1), house.time_zone),
    )


def is_closed(rules: Rules, house: House, day: date) -> bool:
    """A public holiday of the house, or a day on which one of its packs closes it. Of weekends the agents' own hours speak."""
    if day.weekday() >= WEEKEND:
        return False
    days = accounting_days(house)

    def free(one: date) -> bool | None:
        try:
            return None if days.is_working(one) else True
        except HolidaysUnknown:
            return None

    calendars = [rules.packs[name].closed for name in house.packs if name in rules.packs]
    return bool(free(day)) or any(calendar.holds(day, free) for calendar in calendars if calendar is not None)


def fitted(cases: Iterable[Case], given: Capacity | None, left: Mapping[str, Decimal] | None = None) -> Fit:
    """The cases against the day's minutes (`left`: of another day). Without a capacity there are as many agents as it takes."""
    if given is None:
        return fit(cases, None, Decimal(1), lambda case: ())
    return fit(cases, given.day.left if left is None else left, given.per_call, able_for(given))


def able_for(given: Capacity) -> Callable[[Case], Collection[str]]:
    """Who may make a call, whatever their minutes."""
    desk = {agent.id: agent for agent in given.desk}
    matching = matcher(given.desk, frozenset(language for agent in given.desk for language in agent.languages))

    def able(case: Case) -> Collection[str]:
        return (case.agent,) if case.agent in desk else [agent.id for agent in matching(case.skill, case.language)]

    return able


def case_of(candidate: Candidate) -> Case:
    task = candidate.task
    return Case(
        task.id,
        task.priority,
        task.open_amount,
        reachable=True,
        value=task.value,
        agreed=task.origin in (Origin.CALLBACK, Origin.MANUAL),
        agent=candidate.only or task.agent,
        skill=task.skill,
        language=candidate.language,
    )


async def reckoned(cases: list[Case], given: Capacity, house: House, now: datetime) -> dict[str, Any]:
    """What `plan` and `status` show."""
    found = await asyncio.to_thread(fitted, cases, given)
    load = Load(
        day=given.day.day,
        agents=sum(1 for minutes in given.day.left.values() if minutes >= given.per_call),
        minutes=int(given.day.minutes),
        wanted=int(given.per_call * (len(cases) - found.unreachable)),
        calls=len(cases),
        left_over=found,
    )
    return {
        "at": now.isoformat(),
        "says": load.says(house.language, house.time_zone),
        **load.document(),
    }


async def reckon(db: Database, settings: Settings, rules: Rules, house: House, now: datetime) -> dict[str, Any]:
    """With what is planned, on a connection of its own: a large ledger takes a second."""
    given = await capacity(db, settings, rules, house, now)
    async with open_for_reading(db.path.parent) as own:
        cases = await own.read(lambda conn: tasks.live_calls(conn, now, given.until))
    return await reckoned(cases, given, house, now)


async def keep(db: Database, doc: Mapping[str, Any]) -> None:
    """For `status` and the dialler."""
    await db.write(lambda conn: meta.put(conn, KEY, orjson.dumps(doc).decode()))


async def kept(conn: Connection) -> dict[str, Any] | None:
    """The last answer."""
    text = await meta.get(conn, KEY)
    return orjson.loads(text) if text else None


async def told(conn: Connection, house: House) -> dict[str, Any] | None:
    """The last answer in the words of today's language, whatever it was kept in."""
    doc = await kept(conn)
    load = read_load(doc) if doc else None
    return {**doc, "says": load.says(house.language, house.time_zone)} if doc and load else doc
