"""Callbacks: given to whoever can keep them, and who is away.

Reads callbacks, absences and the team, asks core/telephony/callbacks, writes the keepers and the audit.
Invariant: a move and its sentence are one transaction; running it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from collectord.core.contact.week import parse_week
from collectord.core.telephony.callbacks import TEXTS, Absence, Colleague, assign
from collectord.core.wording import Texts, phrase
from collectord.edge.store import callbacks, facts
from collectord.edge.store.connection import Connection, Database
from collectord.settings import AgentSection, Settings

ABSENCE_TEXTS: Texts = {
    "unknown": (
        "Agent {agent} is not in the configuration; known are {known}.",
        "{agent} steht nicht in der Konfiguration; bekannt sind {known}.",
    ),
    "order": ("The last day {until} lies before the first one {day}.", "Der letzte Tag {until} liegt vor dem ersten {day}."),
    "past": ("The absence ends on {until}, and that is over.", "Die Abwesenheit endet am {until}, das ist vorbei."),
    "himself": ("Nobody is the own deputy.", "Niemand vertritt sich selbst."),
    "none": ("No absence of {agent} lies within {day} to {until}.", "Keine Abwesenheit von {agent} liegt zwischen {day} und {until}."),
}  # fmt: skip


class AbsenceRefused(Exception):
    """Nothing was recorded; one sentence."""


def team(agents: Iterable[AgentSection]) -> dict[str, Colleague]:
    """The agents of the configuration by id."""
    return {
        agent.id: Colleague(
            id=agent.id,
            hours=parse_week(agent.hours) if agent.hours else None,
            minutes_a_day=agent.minutes_a_day,
            languages=tuple(agent.languages),
            skills=tuple(agent.skills),
        )
        for agent in agents
    }


async def give_out(db: Database, settings: Settings, now: datetime, new_id: Callable[[], str]) -> int:
    """Every callback to whoever can keep it; how many have a new keeper."""
    known, today = team(settings.agent), settings.house().today(now)

    async def look(conn: Connection) -> dict[str, Any]:
        found = await callbacks.live_callbacks(conn, now)
        moves = assign(found, known, await callbacks.absences(conn, today, now), settings.time_zone) if found else {}
        return {one.task_id: (one, moves[one.task_id]) for one in found if one.task_id in moves}

    moves = await db.read(look)
    if not moves:
        return 0

    async def write(conn: Connection) -> None:
        for task_id, (agreed, keeper) in moves.items():
            key = await callbacks.give_to(conn, task_id, keeper.agent, now)
            if key is not None:
                values = {"at": agreed.at, "before": agreed.keeper or "-", "after": keeper.agent, "why": keeper.why(settings.language)}
                said = phrase(TEXTS, "moved", settings.language, settings.time_zone, **values)
                await facts.add_happening(conn, new_id(), now, "callback_moved", key, "collectord", said)

    await db.write(write)
    return len(moves)


async def record_absence(
    db: Database, settings: Settings, absence: Absence, now: datetime, actor: str, *, revoke: bool = False
) -> dict[str, Any]:
    """Records it, or takes back what lies within its days. Raises AbsenceRefused."""
    known = [agent.id for agent in settings.agent]
    for agent in filter(None, (absence.agent, absence.deputy)):
        if agent not in known:
            raise _refused(settings, "unknown", agent=agent, known=known)
    if absence.until_on < absence.from_on:
        raise _refused(settings, "order", day=absence.from_on, until=absence.until_on)
    if absence.deputy == absence.agent:
        raise _refused(settings, "himself")
    if not revoke and absence.until_on < settings.house().today(now):
        raise _refused(settings, "past", until=absence.until_on)

    async def write(conn: Connection) -> None:
        if not revoke:
            await callbacks.add_absence(conn, absence, now, actor)
        elif not await callbacks.revoke_absences(conn, absence.agent, absence.from_on, absence.until_on, now):
            raise _refused(settings, "none", agent=absence.agent, day=absence.from_on, until=absence.until_on)

    await db.write(write)
    return {**_shown(absence), "revoked": revoke}


def _refused(settings: Settings, code: str, **values: object) -> AbsenceRefused:
    return AbsenceRefused(phrase(ABSENCE_TEXTS, code, settings.language, settings.time_zone, **values))


async def listed_absences(db: Database, settings: Settings, now: datetime) -> list[dict[str, Any]]:
    """`absences --json`: those that are not over."""
    found = await db.read(lambda conn: callbacks.absences(conn, settings.house().today(now), now))
    return [_shown(absence) for absence in sorted(found, key=lambda one: (one.from_on, one.agent))]


def _shown(absence: Absence) -> dict[str, Any]:
    days: dict[str, date] = {"from": absence.from_on, "until": absence.until_on}
    return {"agent": absence.agent, **{name: day.isoformat() for name, day in days.items()}, "deputy": absence.deputy or None}
