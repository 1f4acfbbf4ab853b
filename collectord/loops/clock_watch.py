"""Clock watch: looks at the clock before anything is dialled, and at what is on record every few seconds.

Reads clock and store, asks core/clock_sense. Writes nothing.
Invariant: each reading handed out has been looked at; a jump is seen by the turn that would have dialled by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collectord.core.clock_sense import RULE, ClockSense
from collectord.core.contact.facts import Doubt
from collectord.core.wording import Language
from collectord.edge.clock import Clock
from collectord.edge.store import meta
from collectord.edge.store.connection import Database


@dataclass(kw_only=True)
class ClockWatch:
    clock: Clock
    doubts: dict[str, Doubt]  # the house's
    log: Any
    language: Language = "en"
    sense: ClockSense = field(default_factory=ClockSense)

    def now(self) -> datetime:
        """The reading of this turn; what speaks against it stands among the doubts."""
        now = self.clock.now()
        self._judge(self.sense.jumped(self.clock.jumped_by(), now), now)
        return now

    async def look_back(self, db: Database) -> None:
        """Compares with what is on record: a clock that was set back, or a machine that woke up years ago."""
        newest = await db.read(meta.newest_record)
        self._judge(ClockSense(self.sense.waits_until, self.sense.jumped_by, newest), self.clock.now())

    def _judge(self, sense: ClockSense, now: datetime) -> None:
        before, self.sense = self.doubts.get(RULE), sense
        doubt = sense.doubt(now, self.language)
        if doubt is None:
            self.doubts.pop(RULE, None)
        else:
            self.doubts[RULE] = doubt
            if before is None:
                self.log.error("clock_doubted", why=doubt.reason)
