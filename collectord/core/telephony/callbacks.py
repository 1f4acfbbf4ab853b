"""Callbacks: who keeps an agreed callback, and how late it was kept.

Owns the choice of the keeper and the judgement of lateness. Places no call and knows no store: absences and working hours come in.
Invariant: a callback always has somebody as long as anybody works at its time; it stays with whoever agreed it while that person can.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from collectord.core.contact.week import Week
from collectord.core.wording import Language, Texts, phrase

IN_TIME = timedelta(minutes=15)  # as core/telephony/allocation.BOUND_FOR: so long only the keeper is looked for
MOST_DEPUTIES = 5  # of deputies who are away themselves

TEXTS: Texts = {
    "moved": (
        "The callback agreed for {at} goes from {before} to {after}: {why}.",
        "Der für {at} vereinbarte Rückruf geht von {before} an {after}: {why}.",
    ),
    "agreed": ("{agent} agreed it", "{agent} hat ihn vereinbart"),
    "deputy": ("deputy of {agent}, who is away", "Vertretung für {agent}, abwesend"),
    "away": ("{agent} is away", "{agent} ist abwesend"),
    "off-hours": ("{agent} does not work then", "{agent} arbeitet dann nicht"),
    "gone": ("{agent} is no agent any more", "{agent} ist nicht mehr dabei"),
    "nobody": ("nobody in particular agreed it", "niemand Bestimmtes hat ihn vereinbart"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """An agent is away from the first to the last day."""

    agent: str
    from_on: date
    until_on: date
    deputy: str = ""
    id: str = ""

    def covers(self, day: date) -> bool:
        return self.from_on <= day <= self.until_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """An agent of the configuration. `hours` None: whenever calls are made."""

    id: str
    hours: Week | None = None
    minutes_a_day: int | None = None  # of these hours, for calls; None: the share that rules/allocation.toml names
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()

    def works(self, at: datetime, zone: str) -> bool:
        if self.hours is None:
            return True
        local = at.astimezone(ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.hours[local.weekday()])


@dataclass(frozen=True, slots=True)
class Keeper:
    agent: str  # "" = nobody works then
    code: str  # why, of TEXTS
    about: str = ""  # the agent whom the sentence names

    def why(self, language: Language) -> str:
        return phrase(TEXTS, self.code, language, agent=self.about or self.agent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """One callback that is not made yet."""

    task_id: str
    at: datetime
    by: str  # the agent who agreed it, "" = nobody in particular
    keeper: str  # as it stands now
    skill: str = ""


def keeper(
    agreed: Agreed,
    team: Mapping[str, Colleague],
    absences: Collection[Absence],
    load: Mapping[str, int],
    zone: str,
) -> Keeper:
    """Who keeps it: whoever agreed it, else the deputy, else the colleague who suits best and has the fewest callbacks that day."""
    day = agreed.at.astimezone(ZoneInfo(zone)).date()

    def is_there(agent: str) -> bool:
        return agent in team and team[agent].works(agreed.at, zone) and _absence(agent, day, absences) is None

    if is_there(agreed.by):
        return Keeper(agreed.by, "agreed", agreed.by)
    code, away = "nobody" if not agreed.by else "gone" if agreed.by not in team else "off-hours", _absence(agreed.by, day, absences)
    if away is not None and agreed.by in team:
        code, seen = "away", away
        for _ in range(MOST_DEPUTIES):
            if is_there(seen.deputy):
                return Keeper(seen.deputy, "deputy", agreed.by)
            following = _absence(seen.deputy, day, absences)
            if following is None:
                break
            seen = following
    there = [one for one in team.values() if is_there(one.id)]
    languages = set(team[agreed.by].languages) if agreed.by in team else set()
    best = min(
        there,
        key=lambda one: (
            bool(agreed.skill) and agreed.skill not in one.skills,
            bool(languages and one.languages) and not languages & set(one.languages),
            load.get(one.id, 0),
            one.id,
        ),
        default=None,
    )
    return Keeper(best.id if best else "", code, agreed.by)


def assign(callbacks: Iterable[Agreed], team: Mapping[str, Colleague], absences: Collection[Absence], zone: str) -> dict[str, Keeper]:
    """Task id -> who keeps it from now on, where that is somebody else than before. The earliest first, so that the load spreads."""
    load: dict[tuple[str, date], int] = {}
    found = {}
    for agreed in sorted(callbacks, key=lambda one: (one.at, one.task_id)):
        day = agreed.at.astimezone(ZoneInfo(zone)).date()
        own = {agent: count for (agent, on), count in load.items() if on == day}
        chosen = keeper(agreed, team, absences, own, zone)
        if not chosen.agent:
            chosen = Keeper(agreed.keeper, chosen.code, chosen.about)
        elif chosen.code not in ("agreed", "deputy") and _suits(agreed, team, absences, day, zone):
            chosen = Keeper(agreed.keeper, chosen.code, chosen.about)  # a substitute who can stays
        load[chosen.agent, day] = load.get((chosen.agent, day), 0) + 1
        if chosen.agent != agreed.keeper:
            found[agreed.task_id] = chosen
    return found


def _suits(agreed: Agreed, team: Mapping[str, Colleague], absences: Collection[Absence], day: date, zone: str) -> bool:
    there = team.get(agreed.keeper)
    return there is not None and there.works(agreed.at, zone) and _absence(there.id, day, absences) is None


def _absence(agent: str, day: date, absences: Collection[Absence]) -> Absence | None:
    """The last one recorded that covers the day."""
    return next((one for one in reversed(tuple(absences)) if one.agent == agent and one.covers(day)), None)


# ---------------------------------------------------------------- how late

Standing = Literal["kept", "late", "waiting", "overdue", "over"]


def standing(agreed_for: datetime, called_at: datetime | None, live: bool, now: datetime) -> tuple[Standing, timedelta]:
    """How a callback stands, and how late it is or was. "over": ended without a call, because nothing was owed, or the debtor said so."""
    late = max(timedelta(0), (called_at or now) - agreed_for)
    if called_at is not None:
        return ("kept" if late <= IN_TIME else "late"), late
    if not live:
        return "over", timedelta(0)
    return ("waiting" if late <= IN_TIME else "overdue"), late
