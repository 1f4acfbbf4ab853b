"""How often this run kills: CRASHES (60 unless told), spread over the kinds of faults; CRASH_SEED names the first seed.

Owns these numbers. Invariant: the sample has every kind; more CRASHES mean more shifts of each.
"""

from __future__ import annotations

import os
from typing import Literal

CRASHES = int(os.environ.get("CRASHES", "60"))
FIRST_SEED = int(os.environ.get("CRASH_SEED", "1"))
KILLS_A_SHIFT = 8
FIXED = 24  # kills at named points and of the real Asterisk, in every run
SHARES = {"daemon": 0.6, "both": 0.4}


def shifts(kind: Literal["daemon", "both"]) -> int:
    """So many shifts of this kind; a shift in which both die has about twice the kills."""
    kills = (CRASHES - FIXED) * SHARES[kind] / (2 if kind == "both" else 1)
    return max(1, round(kills / KILLS_A_SHIFT))


def import_stories(kills: int) -> int:
    """So many imports of all kinds, each killed so often: half as many kills as CRASHES, beside the shifts."""
    return max(1, CRASHES // 2 // kills) if CRASHES >= 200 else 1
