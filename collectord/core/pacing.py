"""Pacing: whether a trunk can take one more call now.

Owns channels, reserve and calls per second of a trunk. Knows no debtor and no agent.
Invariant: collectord never holds more than channels - reserve, and never starts two calls closer than 1 / calls_per_second.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Wait:
    """The trunk cannot take a call; look again at `until` (None: when a call has ended)."""

    why: str
    until: datetime | None


def room(trunk: Trunk, *, live: int, last_placed: datetime | None, now: datetime) -> Wait | None:
    """None when a call may be placed now. A `last_placed` in the future (clock set back) waits at most one interval."""
    free = trunk.channels - trunk.reserve - live
    if free <= 0:
        return Wait(f"trunk {trunk.name}: all {trunk.channels - trunk.reserve} channels are taken, {trunk.reserve} stay in reserve", None)
    interval = timedelta(seconds=1) / trunk.calls_per_second
    if last_placed is not None and timedelta(0) <= now - last_placed < interval:
        return Wait(f"trunk {trunk.name}: at most {trunk.calls_per_second} calls a second", last_placed + interval)
    return None
