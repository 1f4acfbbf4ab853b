"""Chance that can be repeated: every draw is named after what it is about.

Owns the draws. Knows nothing of what is drawn.
Invariant: the same seed and name give the same draw, whatever else was drawn: two sets of rules meet the same debtors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chance:
    seed: int

    def share(self, *about: object) -> float:
        """Above 0 and below 1, all alike likely."""
        name = "\x1f".join(map(str, (self.seed, *about)))
        number = int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=7).digest(), "big")
        return (number + 0.5) / 2**56

    def pick(self, weights: Mapping[T, float], *about: object) -> T:
        """One of the keys, each as likely as its weight."""
        left = self.share(*about) * sum(weights.values())
        *others, last = weights
        for key in others:
            left -= weights[key]
            if left <= 0:
                return key
        return last
