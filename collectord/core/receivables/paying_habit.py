"""Paying habit: how late a debtor usually pays, and how late lately.

Owns mean and spread of a debtor's own days late. Knows no bound, no trigger and no other debtor.
Invariant: early is not late (it counts as 0), one item never counts for more than MOST days, and the order of the items does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from collectord.core.receivables.history import PaidItem

LATELY = 3  # items, by due date: what is lately, and what comes before is the habit
EARLIER = 5  # so few earlier items are no habit yet
MOST = 120  # days


def late_days(days: int) -> int:
    return max(0, min(days, MOST))


def mean_and_spread(days: Sequence[float]) -> tuple[float, float]:
    """Arithmetic mean and standard deviation of the population; of nothing (0, 0)."""
    if not days:
        return 0.0, 0.0
    mean = sum(days) / len(days)
    return mean, sqrt(sum((one - mean) ** 2 for one in days) / len(days))


@dataclass(frozen=True, slots=True)
class Habit:
    mean: float  # days late of the items before the last ones
    spread: float
    last: tuple[tuple[date, int], ...]  # (due day, days late) of the last LATELY that were paid
    known_on: date  # when the newest of these was paid

    def lately(self, open_since: Iterable[date], on: date, least: int) -> float:
        """Mean days late of the LATELY newest items. `open_since`: due days of items still unpaid on that day; each counts with its days so
        far once these are worse than before, because how late it will be nobody knows earlier."""
        unpaid = [(due, late_days((on - due).days)) for due in open_since]
        bound = self.worse_by(least)
        newest = sorted([*self.last, *((due, days) for due, days in unpaid if days >= bound)])[-LATELY:]
        return sum(days for _, days in newest) / LATELY

    def worse_by(self, least: int) -> float:
        """The mean from which on it is worse than before: by so many days, and by more than the usual spread."""
        return self.mean + max(float(least), self.spread)


def habit_of(paid: Iterable[PaidItem]) -> Habit | None:
    """None: too little is known."""
    ordered = sorted(paid, key=lambda one: (one.due_on, one.cleared_on, one.item_no))
    if len(ordered) < LATELY + EARLIER:
        return None
    earlier, last = ordered[:-LATELY], ordered[-LATELY:]
    mean, spread = mean_and_spread([late_days(one.days_late) for one in earlier])
    return Habit(mean, spread, tuple((one.due_on, late_days(one.days_late)) for one in last), max(one.cleared_on for one in last))
