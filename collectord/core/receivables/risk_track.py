"""Track record: what the risk estimate would have said of items that were paid since, and how right that was.

Owns the walk through a debtor's past, and the figures by which estimates are compared: Brier score, hit rates, calibration by tenths, rank.
Knows no store. Invariant: an item is foretold from nothing but what was known that many days before it was due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collectord.core.receivables.history import PaidItem
from collectord.core.receivables.peers import FIRST_GUESS, Peers, Sums, peers_from, told_days
from collectord.core.receivables.risk import judged

TENTHS = 10


@dataclass(frozen=True, slots=True)
class Foretold:
    """One item: what was foretold, and what came."""

    probability: float
    mean_days: float | None  # the yardstick: the debtor's mean days late so far; None: nothing was known
    late: bool
    debtor: str = ""
    item_no: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A debtor's cleared items, for the walk."""

    debtor: str
    potential_class: str
    paid: tuple[PaidItem, ...]


def foretold(pasts: Sequence[Past], late_after: int, days_before: int, since: date) -> Iterator[Foretold]:
    """Each item that was due from `since` on, as it was foretold `days_before` its due date. The classes' figures are those that were known
    when the month began."""
    peers: dict[date, Peers] = {}
    for past in pasts:
        for item in past.paid:
            if item.due_on < since:
                continue
            on = item.due_on - timedelta(days=days_before)
            month = on.replace(day=1)
            if month not in peers:
                peers[month] = known_peers(pasts, month, late_after)
            yield _one(past, item, on, peers[month], late_after)


def _one(past: Past, item: PaidItem, on: date, peers: Peers, late_after: int) -> Foretold:
    known = [one for one in past.paid if one.cleared_on <= on and one is not item]
    unpaid = [one.due_on for one in past.paid if one.due_on < on < one.cleared_on and one is not item]
    risk = judged(past.potential_class, item.due_on, (item.amount, item.currency), known, unpaid, peers, on, late_after)
    mean = sum(told_days(one.days_late) for one in known) / len(known) if known else None
    return Foretold(risk.probability, mean, item.days_late > late_after, past.debtor, item.item_no)


def known_peers(pasts: Iterable[Past], on: date, late_after: int) -> Peers:
    """The figures of the classes from what was cleared before a day."""

    def parts() -> Iterator[tuple[str, Sums]]:
        for past in pasts:
            paid = [one for one in past.paid if one.cleared_on < on]
            sums = Sums()
            sums.add(sum(one.days_late > late_after for one in paid), [told_days(one.days_late) for one in paid])
            yield past.potential_class, sums

    return peers_from(parts())


# ---------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Tenth:
    """Of a tenth of the items, by ascending risk: what was foretold on average, and what share came late."""

    items: int
    foretold: float
    late: float


def calibration(found: Sequence[tuple[float, bool]]) -> list[Tenth]:
    ordered = sorted(found, key=lambda one: one[0])
    parts = [ordered[len(ordered) * at // TENTHS : len(ordered) * (at + 1) // TENTHS] for at in range(TENTHS)]
    return [
        Tenth(len(part), sum(share for share, _ in part) / len(part), sum(late for _, late in part) / len(part)) for part in parts if part
    ]


def brier(found: Sequence[tuple[float, bool]]) -> float:
    """Mean squared error of a probability (G. W. Brier, Monthly Weather Review 78 (1950), 1-3): 0 is perfect."""
    return sum((share - late) ** 2 for share, late in found) / len(found)


def rank(found: Sequence[tuple[float, bool]]) -> float:
    """The chance that of a late and a punctual item the late one had the higher risk (area under the ROC curve): 0.5 is guessing."""
    ordered = sorted(found, key=lambda one: one[0])
    late = sum(one for _, one in ordered)
    if late in (0, len(ordered)):
        return 0.5
    total, at = 0.0, 0
    while at < len(ordered):
        to = at
        while to < len(ordered) and ordered[to][0] == ordered[at][0]:
            to += 1
        total += (at + to + 1) / 2 * sum(one for _, one in ordered[at:to])  # equals share their ranks
        at = to
    return (total - late * (late + 1) / 2) / (late * (len(ordered) - late))


def yardstick(found: Sequence[Foretold]) -> list[tuple[float, bool]]:
    """The mean days late so far as a probability, by the best that can be said of it afterwards: each tenth of the means gets the share
    that really came late. An item of which nothing was known gets the share of all such items."""
    unknown = [one.late for one in found if one.mean_days is None]
    known = sorted((one for one in found if one.mean_days is not None), key=lambda one: one.mean_days or 0.0)
    result = [(sum(unknown) / len(unknown), late) for late in unknown]
    for at in range(TENTHS):
        part = known[len(known) * at // TENTHS : len(known) * (at + 1) // TENTHS]
        result += [(sum(one.late for one in part) / len(part), one.late) for one in part]
    return result


def rank_of_yardstick(found: Sequence[Foretold]) -> float:
    return rank([(FIRST_GUESS.mean if one.mean_days is None else one.mean_days, one.late) for one in found])
