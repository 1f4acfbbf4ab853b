"""Dropped calls: answered by the debtor's line, and hung up by us before anybody spoke; how many of the answered ones may be.

Owns the count and its cap. Knows no store and no dialling: who dials ahead of the agents asks predictive what the cap still leaves.
Invariant: a count that is within the cap is never called too many, and one single call never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

CAP = 0.03  # of the answered calls: our own, after Ofcom until February 2017 within a day, 47 CFR 64.1200(a)(7) within thirty
COUNTED_FOR = timedelta(hours=24)
CAMPAIGN_COUNTED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Count:
    """Of the last 24 hours, or of the campaign."""

    answered: int  # the lost ones among them
    lost: int  # answered, and no agent within the time

    def is_over(self, cap: float = CAP) -> bool:
        """A single one is a mishap of a small desk, whatever its share."""
        return self.lost > 1 and self.lost > cap * self.answered
