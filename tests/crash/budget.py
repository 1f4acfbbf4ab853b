"""How often this run kills: CRASHES (60 unless told), spread over the kinds of faults; CRASH_SEED names the first seed.

Owns these numbers. Invariant: the sample has every kind; more CRASHES mean more shifts of each.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Literal

CRASHES = int(os.environ.get("CRASHES", "60"))
FIRST_SEED = int(os.environ.get("CRASH_SEED", "1"))
KILLS_A_SHIFT = 8
TALLY = Counter[str]()  # what, by this process
FIXED = 40  # kills at named points and of the real Asterisk, in every run
SHARES = {
    "daemon": 0.55,
    "both": 0.45,
    "ahead": 0.1,
}  # a little more than CRASHES: a shift in which both die has not always twice the kills
KILLS_ON_ASTERISK = max(4, min(10, CRASHES // 15))  # a shift; there a call takes as long as it takes


def shifts(kind: Literal["daemon", "both", "ahead"]) -> int:
    """So many shifts of this kind; a shift in which both die has about twice the kills."""
    kills = max(20, CRASHES - FIXED) * SHARES[kind] / (2 if kind == "both" else 1)
    return max(1, round(kills / KILLS_A_SHIFT))


def shifts_on_asterisk() -> int:
    """A tenth of CRASHES."""
    return max(1, CRASHES // 10 // KILLS_ON_ASTERISK) if CRASHES >= 200 else 1


def import_stories(kills: int) -> int:
    """So many imports of all kinds, each killed so often: half as many kills as CRASHES, beside the shifts."""
    return max(1, CRASHES // 2 // kills) if CRASHES >= 200 else 1
