"""Left alone: what nobody can do while an agent is away, told to whoever records the absence.

Owns the comparison of an absence with who else is there. Knows no store; the team, the other absences and what waits come in.
Invariant: only days on which the absent agent would have worked are told, and none on which a colleague who can is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from collectord.core.contact.week import Week
from collectord.core.receivables.shortfall import Case
from collectord.core.telephony.callbacks import Absence, Agreed, Colleague
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "nobody": (
        "From {day} on nobody is left to call on {days} {days:day|days}: {tasks} {tasks:task waits|tasks wait}, and {callbacks}"
        " {callbacks:agreed callback falls|agreed callbacks fall} on these days.",
        "Ab {day} ist an {days} {days:Tag|Tagen} niemand da, der anruft: {tasks} {tasks:Aufgabe wartet|Aufgaben warten}, und {callbacks}"
        " {callbacks:vereinbarter Rückruf fällt|vereinbarte Rückrufe fallen} auf diese Tage.",
    ),
    "skill": (
        "From {day} on nobody with the skill {skill} is left on {days} {days:day|days}: {tasks} {tasks:task waits|tasks wait}, and"
        " {callbacks} {callbacks:agreed callback falls|agreed callbacks fall} on these days.",
        "Ab {day} ist an {days} {days:Tag|Tagen} niemand mit der Fähigkeit {skill} da: {tasks} {tasks:Aufgabe wartet|Aufgaben warten}, und"
        " {callbacks} {callbacks:vereinbarter Rückruf fällt|vereinbarte Rückrufe fallen} auf diese Tage.",
    ),
    "bound": (
        "{tasks} {tasks:task is|tasks are} for {agent} alone; nobody else gets {tasks:it|them} meanwhile.",
        "{tasks} {tasks:Aufgabe ist|Aufgaben sind} nur für {agent}; bis dahin bekommt sie niemand sonst.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """Work that nobody can do."""

    code: str  # of TEXTS
    skill: str = ""
    agent: str = ""
    days: tuple[date, ...] = ()
    tasks: int
    callbacks: int = 0

    def says(self, language: Language) -> str:
        first = self.days[0] if self.days else ""
        values = {"day": first, "days": len(self.days), "skill": self.skill, "agent": self.agent}
        return phrase(TEXTS, self.code, language, tasks=self.tasks, callbacks=self.callbacks, **values)

    def document(self, language: Language) -> dict[str, object]:
        return {
            "skill": self.skill or None,
            "days": [day.isoformat() for day in self.days],
            "tasks": self.tasks,
            "callbacks": self.callbacks,
            "says": self.says(language),
        }


def left_alone(
    absence: Absence,
    team: Mapping[str, Colleague],
    absences: Collection[Absence],
    calls: Sequence[Case],
    agreed: Sequence[Agreed],
    *,
    usual: Week,
    today: date,
    zone: str,
) -> tuple[LeftAlone, ...]:
    """What waits while this agent is away. `calls`: those that may be made until then; `agreed`: the callbacks among them.

    `usual`: the week of whoever has no working hours of the own.
    """
    away = team[absence.agent]
    spans = (absence.until_on - max(absence.from_on, today)).days + 1
    days = [max(absence.from_on, today) + timedelta(days=ahead) for ahead in range(spans)]
    worked = [day for day in days if (away.hours or usual)[day.weekday()]]
    there = {one.id: {day for day in worked if _is_there(one, day, absences, usual)} for one in team.values()}
    empty = _without(worked, there.values())
    found = [_left("nobody", "", empty, calls, agreed, zone)] if empty else []
    for skill in away.skills:
        missing = _without(worked, (there[one.id] for one in team.values() if skill in one.skills))
        if missing != empty:
            found.append(_left("skill", skill, missing, calls, agreed, zone))
    bound = sum(1 for case in calls if case.agent == absence.agent and not case.agreed)
    if bound and worked and not empty:
        found.append(LeftAlone(code="bound", agent=absence.agent, days=tuple(worked), tasks=bound))
    return tuple(found)


def _without(days: Iterable[date], there: Iterable[Collection[date]]) -> tuple[date, ...]:
    """The days on which none of them is there."""
    covered = set().union(*there)
    return tuple(day for day in days if day not in covered)


def _is_there(one: Colleague, day: date, absences: Collection[Absence], usual: Week) -> bool:
    return bool((one.hours or usual)[day.weekday()]) and not any(other.agent == one.id and other.covers(day) for other in absences)


def _left(code: str, skill: str, days: tuple[date, ...], calls: Sequence[Case], agreed: Sequence[Agreed], zone: str) -> LeftAlone:
    on = set(days)
    return LeftAlone(
        code=code,
        skill=skill,
        days=days,
        tasks=sum(1 for case in calls if not case.agreed and skill in ("", case.skill)),
        callbacks=sum(1 for one in agreed if one.at.astimezone(ZoneInfo(zone)).date() in on and skill in ("", one.skill)),
    )
