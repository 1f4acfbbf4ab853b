"""Clock sense: whether the clock may be believed when it says that somebody may be called now.

Owns the judgement of a clock that jumped or that lies before what is on record. Reads no clock: readings come in.
Invariant: what happened after "now" is invisible to the gate, so a clock that lies before it never dials.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from collectord.core.contact.facts import Doubt
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "behind": (
        "the clock says a time {seconds} s before what is on record; set the clock right",
        "Die Uhr geht {seconds} s hinter dem nach, was schon aufgezeichnet ist; stellen Sie sie richtig",
    ),
    "jumped": ("the clock jumped by {seconds} s; dialling waits", "Die Uhr sprang um {seconds} s; das Wählen wartet"),
}
JUMP = timedelta(seconds=60)  # FAULTS D1
SANE_AFTER = timedelta(minutes=5)
RULE = "guard/clock"


@dataclass(frozen=True, slots=True)
class ClockSense:
    """What is known of the clock. `waits_until`: after a jump; `newest`: the latest instant of our own on record."""

    waits_until: datetime | None = None
    jumped_by: timedelta = timedelta(0)
    newest: datetime | None = None

    def jumped(self, by: timedelta, now: datetime) -> ClockSense:
        """After another reading: a jump makes everybody wait, from the clock's new time on."""
        return self if abs(by) <= JUMP else ClockSense(now + SANE_AFTER, by, self.newest)

    def doubt(self, now: datetime, language: Language = "en") -> Doubt | None:
        if self.newest is not None and self.newest > now + JUMP:
            ahead = int((self.newest - now).total_seconds())
            return Doubt(rule=RULE, reason=phrase(TEXTS, "behind", language, seconds=ahead))
        if self.waits_until is not None and now <= self.waits_until:
            return Doubt(rule=RULE, reason=phrase(TEXTS, "jumped", language, seconds=f"{self.jumped_by.total_seconds():.0f}"))
        return None
