"""Pacing: whether a trunk can take one more call now.

Owns channels, reserve and calls per second of a trunk. Knows no debtor and no agent.
Invariant: collectord never holds more than channels - reserve, and never starts more than calls_per_second calls within any second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    name: str
    pbx: str
    channels: int
    reserve: int
    calls_per_second: int
    number_format: Literal["e164", "00", "national"]
    rest_after: int = 0  # so many failed calls in a row and it rests; 0: never
    rest_for: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Wait:
    """The trunk cannot take a call; look again at `until` (None: when a call has ended)."""

    why: str
    until: datetime | None


def counted(calls_per_second: int) -> int:
    """Over how many calls the pace is kept: those of a fifth of a second, so that one that comes a little late does not delay all after it.

    A divisor of `calls_per_second`, so that whole spans make up a second. Below ten a second it is one: each call waits for its turn.
    """
    return math.gcd(calls_per_second, max(1, calls_per_second // 5))


def room(trunk: Trunk, *, live: int, earlier: datetime | None, now: datetime) -> Wait | None:
    """None when a call may be placed now. `earlier`: when the call `counted` calls ago was placed; None: there were not so many.

    One in the future (clock set back) does not hold anything up.
    """
    free = trunk.channels - trunk.reserve - live
    if free <= 0:
        return Wait(f"trunk {trunk.name}: all {trunk.channels - trunk.reserve} channels are taken, {trunk.reserve} stay in reserve", None)
    span = timedelta(seconds=counted(trunk.calls_per_second)) / trunk.calls_per_second
    if earlier is not None and timedelta(0) <= now - earlier < span:
        return Wait(f"trunk {trunk.name}: at most {trunk.calls_per_second} calls a second", earlier + span)
    return None
