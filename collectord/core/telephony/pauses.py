"""Pauses: the reasons an agent may name, and what a ring that the phone did not take does.

Owns both judgements. Knows no PBX and no store: what was kept so far, the house's limits and the phone's state come in.
Invariant: only a phone that rang out while its person was on no other call counts as missed; whatever turned a ring away only delays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from collectord.core.wording import Language, Texts, phrase, safe

MISSED_RINGS = "missed_rings"  # the reason of a pause that nobody asked for
OTHER = "other"  # what is spoken for a reason of the house's own words

TEXTS: Texts = {
    "lunch": ("lunch", "Mittag"),
    "meeting": ("meeting", "Besprechung"),
    "training": ("training", "Schulung"),
    "desk": ("desk work", "Schreibarbeit"),
    "break": ("short break", "kurze Pause"),
    MISSED_RINGS: ("rings not taken", "Klingeln nicht angenommen"),
}
SPOKEN = frozenset(TEXTS) - {MISSED_RINGS}
"""A prompt reason-<word> is there for each (dialplan/sounds); every other word is spoken as OTHER."""
LONGEST_REST = 10  # times `rest`, for a phone that turns every ring away


def reason_text(reason: str, language: Language) -> str:
    """As a person reads it: a word of ours translated, the house's own as it stands."""
    return phrase(TEXTS, reason, language) if reason in TEXTS else safe(reason)


def spoken(reason: str) -> str:
    """The prompt's word."""
    return reason if reason in SPOKEN else OTHER


def keyed_reason(key: str, reasons: Sequence[str]) -> str:
    """The reason behind a key, 1 the first; "" when there is none."""
    return reasons[int(key) - 1] if key.isascii() and key.isdigit() and 1 <= int(key) <= len(reasons) else ""


class Ring(StrEnum):
    """How a ring ended that was not taken."""

    RANG_OUT = "rang_out"
    ON_A_CALL = "on_a_call"  # rang out while the person was in another call on the same phone
    TURNED_AWAY = "turned_away"  # the phone said no: busy, diverted, do not disturb; or was not there


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much patience the house has with a phone."""

    missed: int  # so many rings in a row that rang out pause the agent
    rest: timedelta  # before the next ring, times how many there were
    pause_for: timedelta  # such a pause ends by itself, once; 0: never


@dataclass(frozen=True, slots=True, kw_only=True)
class Untaken:
    """Rings in a row that were not taken, and when the phone may ring again."""

    missed: int = 0
    turned_away: int = 0  # busy, diverted, do not disturb, not reachable
    rest_until: datetime | None = None
    pause: bool = False
    pause_until: datetime | None = None  # None: until the agent is back


def after_untaken_ring(before: Untaken, ring: Ring, *, limits: Limits, now: datetime) -> Untaken:
    """Rang out: rest, and a pause when it was one too many. It ends by itself once: the ring after it decides whether anybody is there."""
    if ring is Ring.ON_A_CALL:  # as long as that call lasts the phone's own state keeps it silent
        return Untaken(missed=before.missed, turned_away=before.turned_away)
    if ring is Ring.TURNED_AWAY:
        times = before.turned_away + 1
        return Untaken(missed=before.missed, turned_away=times, rest_until=now + limits.rest * min(times, LONGEST_REST))
    missed = before.missed + 1
    once = missed == limits.missed and limits.pause_for > timedelta(0)
    return Untaken(
        missed=missed,
        rest_until=now + limits.rest * missed,
        pause=missed >= limits.missed,
        pause_until=now + limits.pause_for if once else None,
    )
