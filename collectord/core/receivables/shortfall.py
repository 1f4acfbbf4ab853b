"""Shortfall: what is wanted and cannot be worked off, in money.

Owns the estimate of how many cases an agent finishes in a day. Knows no names and no calling hours.
Invariant: a debtor without a dialable number is always part of it; amounts of different currencies are never added.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from collectord.core.receivables.tasks import Task

# Ringing, talk (median 3 min, p95 12.5 min), wrap-up and the tries nobody answers; six of eight hours on the phone.
MINUTES_PER_CASE = 8
MINUTES_PER_DAY = 6 * 60
CASES_PER_DAY = MINUTES_PER_DAY // MINUTES_PER_CASE


def shortfall(tasks: Iterable[tuple[Task, bool]], agents: int | None) -> dict[str, Decimal]:
    """Open amounts of call tasks beyond one day's work of `agents` (None: unknown, as many as it takes), the most urgent first.

    Each task comes with whether its debtor can be reached by telephone at all.
    """
    calls = sorted(
        ((task, reachable) for task, reachable in tasks if task.medium == "call"),
        key=lambda pair: (not pair[1], -pair[0].priority, -max(pair[0].open_amount.values(), default=Decimal(0)), pair[0].id),
    )
    sums: dict[str, Decimal] = {}
    for position, (task, reachable) in enumerate(calls):
        if reachable and (agents is None or position < agents * CASES_PER_DAY):
            continue
        for currency, amount in task.open_amount.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return dict(sorted(sums.items()))
