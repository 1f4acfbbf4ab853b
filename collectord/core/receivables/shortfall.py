"""Shortfall: what is wanted and cannot be worked off, in money.

Owns the estimate of how many cases an agent finishes in a day. Knows no names and no calling hours.
Invariant: a debtor without a dialable number is always part of it; amounts of different currencies are never added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

# Ringing, talk (median 3 min, p95 12.5 min), wrap-up and the tries nobody answers; six of eight hours on the phone.
MINUTES_PER_CASE = 8
MINUTES_PER_DAY = 6 * 60
CASES_PER_DAY = MINUTES_PER_DAY // MINUTES_PER_CASE


class Case(NamedTuple):
    """A call that is wanted, as far as the shortfall looks at it: there may be a hundred thousand."""

    task_id: str
    priority: int
    open_amount: Mapping[str, Decimal]
    reachable: bool  # the debtor has a dialable number


def shortfall(calls: Iterable[Case], agents: int | None) -> dict[str, Decimal]:
    """Open amounts of calls beyond one day's work of `agents` (None: unknown, as many as it takes), the most urgent first."""
    ranked = sorted(
        calls, key=lambda case: (not case.reachable, -case.priority, -max(case.open_amount.values(), default=Decimal(0)), case.task_id)
    )
    sums: dict[str, Decimal] = {}
    for position, case in enumerate(ranked):
        if case.reachable and (agents is None or position < agents * CASES_PER_DAY):
            continue
        for currency, amount in case.open_amount.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return dict(sorted(sums.items()))
