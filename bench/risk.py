"""How good is the risk estimate, where the truth is known?

Owns a generated ledger whose debtors pay by hidden means, spreads, turns and amounts, so that each item's true chance of being late is
known.
Invariant: the estimate and the yardstick see the same items and nothing hidden; the same seed gives the same ledger.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from bench.finding import Finding
from collectord.core.receivables.history import PaidItem
from collectord.core.receivables.risk_track import Past, brier, foretold, rank, rank_of_yardstick, yardstick

START = date(2024, 11, 23)
DAYS = 730
LATE_AFTER, BEFORE = 3, 5
CLASSES = {"I": (-3.0, 4.0), "II": (0.0, 6.0), "III": (4.0, 8.0), "IV": (9.0, 12.0)}  # mean days late of the class, spread of its debtors
STRAGGLERS, MEAN_STRAGGLE = 0.08, 25.0  # share of items that lie about, and how many days longer
TURNS = 0.2  # of the debtors turn worse at some day, by so many days:
WORSE = (6.0, 20.0)


def ledger(debtors: int, seed: int) -> tuple[list[Past], dict[tuple[str, str], float]]:
    """The debtors' cleared items, and each item's true chance of being late."""
    chance = random.Random(seed)
    truth: dict[tuple[str, str], float] = {}
    pasts = []
    for number in range(debtors):
        debtor, name = f"D{number:05}", chance.choice(sorted(CLASSES))
        mean, apart = CLASSES[name]
        mean, spread = chance.gauss(mean, apart), 2 + chance.expovariate(1 / 4)
        turn = chance.randrange(DAYS) if chance.random() < TURNS else DAYS
        worse, usual, per_doubling = chance.uniform(*WORSE), math.exp(chance.gauss(6, 1)), chance.uniform(0, 3)
        items = []
        for position in range(min(80, 1 + int(chance.expovariate(1 / 14)))):
            day = chance.randrange(DAYS)
            doublings = chance.gauss(0, 0.8)
            centre = mean + (worse if day >= turn else 0) + per_doubling * doublings
            truth[debtor, str(position)] = _beyond(LATE_AFTER + 0.5 - centre, spread)
            days = centre + chance.gauss(0, spread) + (chance.expovariate(1 / MEAN_STRAGGLE) if chance.random() < STRAGGLERS else 0)
            due = START + timedelta(days=day)
            amount = Decimal(str(round(usual * 2**doublings, 2)))
            items.append(
                PaidItem(item_no=str(position), due_on=due, cleared_on=due + timedelta(days=round(days)), amount=amount, currency="EUR")
            )
        pasts.append(Past(debtor, name, tuple(sorted(items, key=lambda one: (one.cleared_on, one.due_on, one.item_no)))))
    return pasts, truth


def _beyond(days: float, spread: float) -> float:
    """The chance that a normal value, and for some items an exponential one on top, lies beyond so many days."""
    normal = _above(days / spread)
    scaled = spread / MEAN_STRAGGLE
    tail = math.exp(scaled * scaled / 2 - days / MEAN_STRAGGLE) * (1 - _above(days / spread - scaled))
    return (1 - STRAGGLERS) * normal + STRAGGLERS * min(1.0, normal + tail)


def _above(value: float) -> float:
    return 0.5 * math.erfc(value / math.sqrt(2))


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's."""
    return _pearson(_ranks(one), _ranks(other))


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda at: values[at])
    ranks = [0.0] * len(values)
    at = 0
    while at < len(order):
        to = at
        while to < len(order) and values[order[to]] == values[order[at]]:
            to += 1
        for place in order[at:to]:
            ranks[place] = (at + to - 1) / 2
        at = to
    return ranks


def _pearson(one: Sequence[float], other: Sequence[float]) -> float:
    mean, mean_other = sum(one) / len(one), sum(other) / len(other)
    together = sum((a - mean) * (b - mean_other) for a, b in zip(one, other, strict=True))
    return together / math.sqrt(sum((a - mean) ** 2 for a in one) * sum((b - mean_other) ** 2 for b in other))


def ask(debtors: int = 1_500, seed: int = 7) -> list[Finding]:
    pasts, truth = ledger(debtors, seed)
    found = list(foretold(pasts, LATE_AFTER, BEFORE, START + timedelta(days=DAYS // 2)))
    true = [truth[one.debtor, one.item_no] for one in found]
    oracle = [(chance, one.late) for chance, one in zip(true, found, strict=True)]
    ours = [(one.probability, one.late) for one in found]
    least, most = brier(oracle), brier(yardstick(found))
    unknown = [0.0 if one.mean_days is None else one.mean_days for one in found]
    reached, bare = correlation([one.probability for one in found], true), correlation(unknown, true)
    items = f"{len(found):,} items of {debtors:,} debtors, foretold {BEFORE} days before they were due"
    return [
        Finding(
            question=f"risk of paying late: squared error (Brier), {items}",
            measured=f"{brier(ours):.4f}",
            yardstick=f"mean days late so far, calibrated afterwards: {most:.4f}; the truth itself: {least:.4f}",
            ratio=f"{brier(ours) / most:.3f}; {(most - brier(ours)) / (most - least):.2f} of the way to the truth",
            aim="< 1",
            met=brier(ours) < most,
        ),
        Finding(
            question="risk of paying late: a late item ranked above a punctual one (AUC)",
            measured=f"{rank(ours):.3f}",
            yardstick=f"mean days late so far: {rank_of_yardstick(found):.3f}; the truth itself: {rank(oracle):.3f}",
            ratio=f"{rank(ours) / rank_of_yardstick(found):.3f}; {rank(ours) / rank(oracle):.3f} of the truth's",
            aim="> 1",
            met=rank(ours) > rank_of_yardstick(found),
        ),
        Finding(
            question="risk of paying late: rank correlation with the hidden chance",
            measured=f"{reached:.3f}",
            yardstick=f"mean days late so far: {bare:.3f}",
            ratio=f"{reached / bare:.3f}",
            aim="> 1",
            met=reached > bare,
        ),
    ]
