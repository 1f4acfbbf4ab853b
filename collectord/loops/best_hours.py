"""Best hours: what is learned of when people can be reached, and what it makes of the candidates of this moment.

Has the calls added up once a day, hands the sums to core/telephony/best_time. Writes nothing but the sums.
Invariant: where nothing may be or is learned, a candidate's factor is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.allocation import Candidate
from collectord.core.telephony.best_time import AVERAGE, NOTHING_LEARNED, Hours, Moment, Outlook, outlook, segment_of
from collectord.core.telephony.callbacks import Colleague
from collectord.edge.store import reached
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.loops import workload
from collectord.loops.callbacks import team
from collectord.settings import Settings


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
    conn: Connection, candidates: Sequence[Candidate], given: Learnt, settings: Settings, rules: Rules, house: House, now: datetime
) -> list[Candidate]:
    """The candidates with what this hour makes of their value."""
    if not given.hours.by_segment or not rules.allocation.value.enabled:
        return list(candidates)
    desk = desk_hours(team(settings.agent).values(), rules, house, now)
    found = []
    for candidate in candidates:
        seen = await look(conn, candidate, given, desk, rules, house, now)
        found.append(replace(candidate, factor=seen.factor) if seen is not AVERAGE else candidate)
    return found


async def look(
    conn: Connection, candidate: Candidate, given: Learnt, desk: Sequence[int], rules: Rules, house: House, now: datetime
) -> Outlook:
    segment = segment_of(candidate.person_type, private_allowed=bool(house.private_assessment))
    if segment not in given.hours.by_segment:
        return AVERAGE
    own = await reached.own_calls(conn, candidate.task.key, candidate.time_zone, house, now)
    moment = Moment(local=reached.local(now, candidate.time_zone, house), hours=desk, short=given.short)
    return outlook(candidate.task.key, segment, own, moment, given.hours, rules.allocation.hours, rules.allocation.value)


def desk_hours(colleagues: Iterable[Colleague], rules: Rules, house: House, now: datetime) -> tuple[int, ...]:
    """The hours of today at which anybody works, where the house is."""
    day = house.today(now)
    known = [one.hours or rules.allocation.day.hours for one in colleagues]
    whole = {hour for week in known for start, end in week[day.weekday()] for hour in range(start // 60, (end + 59) // 60)}
    return tuple(sorted(whole))
