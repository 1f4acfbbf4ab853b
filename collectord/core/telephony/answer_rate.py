"""Answer rate: how many of the calls that rang were answered, per caller ID and day, and whether that has fallen.

Owns the counting and the test. Knows no trunk's health and no debtor: a carrier that marks a number as spam shows in its answers alone.
Invariant: a caller ID is compared with nothing but its own past, and few calls prove nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from collectord.core.telephony.attempts import Result

TAKEN = frozenset({Result.ANSWERED, Result.DROPPED})
RANG = TAKEN | {Result.NO_ANSWER, Result.REJECTED}
"""The called person, or a machine in between, decided: only these tell how a caller ID is taken."""

RECENT_DAYS = 3  # the last days on which calls rang …
PAST = timedelta(days=28)  # … against those of so long before them
LEAST_RECENT, LEAST_PAST = 30, 100  # calls that rang; below nothing is said
FALLEN_TO = 0.75  # of the former share at most
SIGNIFICANT = 3.09  # standard deviations: by chance in one of a thousand looks


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """Calls of one day with one caller ID over one trunk."""

    day: date
    company: str
    caller_id: str
    trunk: str
    rang: int
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    company: str
    caller_id: str
    since: date
    recent: float  # share answered
    past: float
    rang: int  # recently


def fallen(counts: Iterable[DayCount], today: date) -> tuple[Fallen, ...]:
    """The caller IDs whose share of answered calls is significantly below their own past.

    One-sided test of two proportions with a pooled variance; besides, the share must have lost a quarter, so that many calls do not make
    a small change an alarm. Nothing is said of a caller ID that has not been used for a week.
    """
    by_caller: dict[tuple[str, str], dict[date, tuple[int, int]]] = {}
    for count in counts:
        days = by_caller.setdefault((count.company, count.caller_id), {})
        rang, answered = days.get(count.day, (0, 0))
        days[count.day] = (rang + count.rang, answered + count.answered)
    found = []
    for (company, caller_id), days in sorted(by_caller.items()):
        recent = sorted(day for day, (rang, _) in days.items() if rang and day <= today)[-RECENT_DAYS:]
        if not recent or recent[-1] < today - timedelta(days=7):
            continue
        rang, answered = _sum(days, recent)
        rang_before, answered_before = _sum(days, [day for day in days if recent[0] - PAST <= day < recent[0]])
        if is_below(answered, rang, answered_before, rang_before):
            past = answered_before / rang_before
            found.append(
                Fallen(company=company, caller_id=caller_id, since=recent[0], recent=answered / rang, past=past, rang=rang)
            )  # fmt: skip
    return tuple(found)


def is_below(answered: int, rang: int, answered_before: int, rang_before: int) -> bool:
    """Whether a share of so many recent calls is significantly, and by a quarter at least, below the former one."""
    if rang < LEAST_RECENT or rang_before < LEAST_PAST or not answered_before:
        return False
    now, before = answered / rang, answered_before / rang_before
    if now > FALLEN_TO * before:
        return False
    pooled = (answered + answered_before) / (rang + rang_before)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / rang + 1 / rang_before))
    return before - now >= SIGNIFICANT * deviation


def _sum(days: dict[date, tuple[int, int]], chosen: Iterable[date]) -> tuple[int, int]:
    pairs = [days[day] for day in chosen]
    return sum(rang for rang, _ in pairs), sum(answered for _, answered in pairs)
