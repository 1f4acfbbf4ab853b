"""Best hours: what is learned of when people can be reached, and what it makes of the candidates of this moment.

Has the calls added up once a day, hands the sums to core/telephony/best_time. Writes nothing but the sums.
Invariant: where nothing may be or is learned, a candidate's factor is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from collectord.core.house import House
from collectord.core.money import plain
from collectord.core.receivables.ledger import Debtor, DebtorKey
from collectord.core.receivables.tasks import Task
from collectord.core.rules import Rules
from collectord.core.telephony.allocation import Candidate
from collectord.core.telephony.best_time import AVERAGE, NOT_CALLED, NOTHING_LEARNED, Hours, Moment, Outlook, outlook, segment_of
from collectord.core.wording import Texts, phrase
from collectord.edge.store import reached, tasks
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.loops import workload

TEXTS: Texts = {
    "before": (
        "{count} {count:call that may be made now is|calls that may be made now are} worth more and {count:goes|go} before it.",
        "{count} {count:Anruf, der jetzt erlaubt ist, ist|Anrufe, die jetzt erlaubt sind, sind} mehr wert und {count:geht|gehen} vor.",
    ),
}


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the dialler looks at in each turn, without asking the store for it."""

    hours: Hours = NOTHING_LEARNED
    short: bool = False  # the day is too short for all calls


NOT_LEARNT = Learnt()


async def learn(db: Database, rules: Rules, house: House, now: datetime) -> None:
    """Adds up the calls, unless that was done today, or with another permission."""
    if not rules.allocation.hours.enabled:
        return
    found = await db.read(reached.kept)
    if found is None or found["day"] != house.today(now).isoformat() or found["private"] != bool(house.private_assessment):
        async with open_for_reading(db.path.parent) as own:
            fresh = await own.read(lambda conn: reached.added_up(conn, house, now))
        await db.write(lambda conn: reached.keep(conn, fresh))


async def learnt(conn: Connection, rules: Rules) -> Learnt:
    if not rules.allocation.hours.enabled:
        return NOT_LEARNT
    load = await workload.kept(conn)
    return Learnt(reached.hours_of(await reached.kept(conn)), bool(load and load["calls_short"] > load["unreachable"]))


async def timed(
    conn: Connection, candidates: Sequence[Candidate], given: Learnt, rules: Rules, house: House, now: datetime
) -> list[Candidate]:
    """The candidates with what this hour makes of their value."""
    if not given.hours.by_segment or not rules.allocation.value.enabled:
        return list(candidates)
    seen = await look(conn, candidates, given, rules, house, now)
    return [replace(one, factor=seen[one.task.key].factor) if one.task.key in seen else one for one in candidates]


async def look(
    conn: Connection, candidates: Sequence[Candidate], given: Learnt, rules: Rules, house: House, now: datetime
) -> dict[DebtorKey, Outlook]:
    """What this hour is for those of whom anything is and may be known."""
    allowed = bool(house.private_assessment)
    segments = {one.task.key: segment_of(one.person_type, private_allowed=allowed) for one in candidates}
    zones = {one.task.key: one.time_zone for one in candidates if segments[one.task.key] in given.hours.by_segment}
    if not zones:
        return {}
    own, desk = await reached.own_calls(conn, zones, house, now), desk_hours(rules, house, now)
    found = {}
    for key, zone in zones.items():
        moment = Moment(local=reached.local(now, zone, house), hours=desk, short=given.short)
        known = own.get(key, NOT_CALLED)
        found[key] = outlook(key, segments[key], known, moment, given.hours, rules.allocation.hours, rules.allocation.value)
    return found


def desk_hours(rules: Rules, house: House, now: datetime) -> tuple[int, ...]:
    """The hours of today at which anybody works, where the house is."""
    usual, day = rules.allocation.day.hours, house.today(now)
    windows = [window for week in house.shifts or (None,) for window in (week or usual)[day.weekday()]]
    return tuple(sorted({hour for start, end in windows for hour in range(start // 60, (end + 59) // 60)}))


async def choice(
    conn: Connection, task: Task, debtor: Debtor, broken: int, rules: Rules, house: House, now: datetime, *, callable_now: bool
) -> dict[str, Any] | None:
    """Why a call task is chosen before or after others, for people. How many go before it only where it may be made itself."""
    figures = rules.allocation.value
    if task.medium != "call" or not figures.enabled or task.oldest_due_on is None or not task.open_amount:
        return None
    language, zone = house.language, house.time_zone
    valued = figures.of(task.open_amount, task.oldest_due_on, task.priority, broken, house.today(now))
    candidate = Candidate(task=task, person_type=debtor.person_type, time_zone=debtor.time_zone)
    seen = (await look(conn, [candidate], await learnt(conn, rules), rules, house, now)).get(task.key, AVERAGE)
    before = await tasks.more_valuable(conn, task.value) if callable_now else None
    first = phrase(TEXTS, "before", language, zone, count=before) if before is not None else ""
    return {
        "value": plain(task.value),
        "now": plain(task.value * seen.factor),
        "why": " ".join(filter(None, (figures.why(valued, language, zone), seen.says(language, zone), first))),
        "before": before,
    }
