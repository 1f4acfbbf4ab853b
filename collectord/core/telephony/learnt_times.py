"""Learnt times: how likely a ringing call is answered, and how long rings, talks and wrap-ups last, learned call by call.

Owns the estimates, what they begin with and how they forget. Knows no desk, no debtor and no clock: lengths in seconds come in.
Invariant: an estimate is a value; a length that cannot be (not a number, negative, endless) changes nothing.

Lengths are counted in bins, each 15 % wider than the one before, so that no shape is assumed; what it begins with counts like `BEGUN_WITH`
lengths. Each new one makes the older ones count a little less, so that the last thousand or so speak: mornings are not evenings.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

FIRST, WIDER, BINS = 0.25, 1.15, 72  # s; the last bin begins at 1 h 24 min and holds whatever is longer
EDGES = (0.0, *(FIRST * WIDER**n for n in range(BINS)))
BEGUN_WITH = 20.0
REMEMBERED = 1_000  # lengths
CALLS_REMEMBERED = 600  # for the share that is answered: it changes with the hour


def bin_of(seconds: float) -> int:
    """Not a number counts as nothing elapsed."""
    return bisect_right(EDGES, seconds) - 1 if seconds > 0 else 0


def middle(place: int) -> float:
    """A length that stands for the bin."""
    return (EDGES[place] + EDGES[min(place + 1, BINS)]) / 2


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of lengths that are over by then; `shares[n]` at `EDGES[n]`."""

    shares: tuple[float, ...]

    def until(self, seconds: float) -> float:
        place = bin_of(seconds)
        if place == BINS:
            return 1.0
        begin, end = EDGES[place], EDGES[place + 1]
        inside = min(1.0, max(0.0, (seconds - begin) / (end - begin)))
        return self.shares[place] + inside * (self.shares[place + 1] - self.shares[place])

    def when(self, share: float) -> float:
        """The length that this share does not pass."""
        place = min(BINS, max(1, bisect_left(self.shares, share)))
        low, high = self.shares[place - 1], self.shares[place]
        inside = 1.0 if high <= low else min(1.0, max(0.0, (share - low) / (high - low)))
        return EDGES[place - 1] + inside * (EDGES[place] - EDGES[place - 1])


@dataclass(frozen=True, slots=True)
class Lengths:
    counts: tuple[float, ...]  # by bin

    def seen(self, seconds: float) -> Lengths:
        if not 0 <= seconds < math.inf:
            return self
        kept = 1 - 1 / REMEMBERED
        counts = [count * kept for count in self.counts]
        counts[bin_of(seconds)] += 1
        return Lengths(tuple(counts))

    def curve(self, going_on: Sequence[float] = ()) -> Curve:
        """`going_on`: elapsed and not over; without them the first minutes of a day would know short talks only."""
        unfinished = [0] * (BINS + 1)
        for seconds in going_on:
            unfinished[bin_of(seconds)] += 1
        rest, left, shares = sum(self.counts) + len(going_on), 1.0, [0.0]
        for count, cut_off in zip(self.counts[:-1], unfinished[:-1], strict=True):
            rest -= cut_off
            left *= 1 - count / rest if rest > count else 0.0 if count else 1.0
            rest -= count
            shares.append(1 - left)
        return Curve(tuple(shares))


def about(median: float, spread: float) -> Lengths:
    """What is taken for likely before anything was seen: log-normal."""
    below = [0.0, *(0.5 * math.erfc(math.log(median / edge) / (spread * math.sqrt(2))) for edge in EDGES[1:]), 1.0]
    return Lengths(tuple(BEGUN_WITH * (after - before) for before, after in pairwise(below)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntTimes:
    """Of one campaign, or of the house. The beginnings are those of business numbers in office hours; a day corrects them."""

    calls: float = BEGUN_WITH
    answers: float = BEGUN_WITH * 0.3  # rather too many: the desk begins carefully
    answered_after: Lengths = field(default_factory=lambda: about(9, 0.6))
    gave_up_after: Lengths = field(default_factory=lambda: about(20, 0.7))  # not answered, busy, failed
    talk: Lengths = field(default_factory=lambda: about(120, 1.0))
    wrap_up: Lengths = field(default_factory=lambda: about(25, 0.8))

    @property
    def chance(self) -> float:
        """That a call is answered."""
        return self.answers / self.calls

    def call_ended(self, rang: float, *, answered: bool) -> LearntTimes:
        """`rang`: from placing to the answer, or to the end without one."""
        kept = 1 - 1 / CALLS_REMEMBERED
        calls, answers = self.calls * kept + 1, self.answers * kept + answered
        if answered:
            return replace(self, calls=calls, answers=answers, answered_after=self.answered_after.seen(rang))
        return replace(self, calls=calls, answers=answers, gave_up_after=self.gave_up_after.seen(rang))

    def talk_ended(self, talked: float) -> LearntTimes:
        return replace(self, talk=self.talk.seen(talked))

    def wrap_up_ended(self, took: float) -> LearntTimes:
        return replace(self, wrap_up=self.wrap_up.seen(took))
