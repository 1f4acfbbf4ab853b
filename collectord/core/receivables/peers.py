"""Peers: how debtors of one potential class pay, as what is assumed of a debtor of whom little is known.

Owns the class's share of late items, their days late, and how much debtors differ. Knows no single debtor and no store.
Invariant: sums in, figures out; a class without figures of its own is judged by all debtors, and nobody by FIRST_GUESS once there are any.

Sources: the weight of the class against the debtor's own items is the Beta-binomial moment estimator of J. C. Kleinman, Proportions with
extraneous variance, Journal of the American Statistical Association 68 (1973), 46-54, with the number of items as weights; that of the
mean days late is the usual ratio of the variance within debtors to the variance between them (G. Casella, An introduction to empirical
Bayes data analysis, The American Statistician 39 (1985), 83-87).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

EVERYBODY = "*"
ENOUGH = 20  # debtors with cleared items; a smaller class says too little about itself
STRENGTH = (2.0, 40.0)  # the class never weighs less or more than so many items of the debtor's own
LEAST_SPREAD = 2.0  # days
EARLIEST, LATEST = -15, 30  # days late beyond which an item tells no more about the next one


def told_days(days: int) -> int:
    """Days late as far as they tell something: one item paid a year late does not make a habit."""
    return max(EARLIEST, min(days, LATEST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    share: float  # of items that came late
    strength: float  # as many items of a debtor's own weigh as much as the class
    mean: float  # days late, negative: early
    between: float  # spread of the debtors' means
    within: float  # spread of one debtor's items


FIRST_GUESS = Peer(share=0.36, strength=4.0, mean=3.0, between=8.0, within=9.0)
"""A B2B data set: 36 % of the invoices late. Only until the ledger has cleared items of its own."""


@dataclass(slots=True)
class Sums:
    """Over the debtors of a class; enough for every figure of Peer, and cheap to add up."""

    debtors: int = 0
    items: int = 0
    late: int = 0
    items_squared: float = 0.0
    late_squared: float = 0.0  # each debtor's late items squared, by its items
    days: float = 0.0
    days_squared: float = 0.0
    days_together: float = 0.0  # each debtor's days together squared, by its items

    def add(self, late: int, days: Sequence[int]) -> None:
        """One debtor with its cleared items."""
        if not days:
            return
        count, together = len(days), sum(days)
        self.debtors += 1
        self.items += count
        self.late += late
        self.items_squared += count * count
        self.late_squared += late * late / count
        self.days += together
        self.days_squared += sum(one * one for one in days)
        self.days_together += together * together / count

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Peers:
    by_class: Mapping[str, Peer] = field(default_factory=dict)

    def of(self, potential_class: str) -> Peer:
        return self.by_class.get(potential_class) or self.by_class.get(EVERYBODY, FIRST_GUESS)


NO_PEERS = Peers()


def peers_from(sums: Iterable[tuple[str, Sums]]) -> Peers:
    """By potential class; a class may come in several parts."""
    classes: dict[str, Sums] = {}
    for name, part in sums:
        classes[name] = classes.get(name, Sums()) + part
    everybody = sum(classes.values(), Sums())
    found = {name: one for name, one in {**classes, EVERYBODY: everybody}.items() if one.debtors >= ENOUGH}
    return Peers({name: _peer(one) for name, one in found.items()})


def _peer(sums: Sums) -> Peer:
    share = (sums.late + 1) / (sums.items + 2)  # never quite 0 or 1
    mean = sums.days / sums.items
    inside = max(0, sums.items - sums.debtors)
    within = (sums.days_squared - sums.days_together) / inside if inside else FIRST_GUESS.within**2
    within = max(within, LEAST_SPREAD**2)
    size = (sums.items - sums.items_squared / sums.items) / max(1, sums.debtors - 1)  # items of a typical debtor
    apart = (sums.days_together - sums.days * mean) / max(1, sums.debtors - 1)
    between = max((apart - within) / max(size, 1.0), 1.0)
    return Peer(share=share, strength=_strength(sums, share), mean=mean, between=sqrt(between), within=sqrt(within))


def _strength(sums: Sums, share: float) -> float:
    """1 / correlation - 1: how alike the items of one debtor are."""
    chance = share * (1 - share)
    apart = sums.late_squared - sums.items * share * share
    room = sums.items - sums.items_squared / sums.items - (sums.debtors - 1)
    if room <= 0:
        return FIRST_GUESS.strength
    correlation = (apart - chance * (sums.debtors - 1)) / (chance * room)
    least, most = STRENGTH
    return most if correlation <= 1 / (1 + most) else max(least, min(most, 1 / correlation - 1))
