"""The clock: the only place that asks the machine what time it is.

Owns the wall clock and its offset (`run --now`). Knows no zone and no schedule.
Invariant: one reading per turn of a loop, handed down; `now()` is aware UTC.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """`Clock()` follows the machine. `Clock(start=T)` starts at T and runs on at the machine's pace (monotonic)."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start
        self._began = time.monotonic()
        self._wall_began = time.time()

    def now(self) -> datetime:
        if self._start is None:
            return datetime.now(UTC)
        return self._start.astimezone(UTC) + timedelta(seconds=time.monotonic() - self._began)

    def jumped_by(self) -> timedelta:
        """How far the wall clock moved away from the monotonic one since the last call; re-bases itself (FAULTS D1)."""
        wall, steady = time.time(), time.monotonic()
        drift = (wall - self._wall_began) - (steady - self._began)
        if self._start is None:
            self._wall_began, self._began = wall, steady
        else:
            self._wall_began += drift
        return timedelta(seconds=drift)
