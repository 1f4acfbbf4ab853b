"""Chaos: one shift in which everything happens mixed by chance, for minutes; then it is left alone and judged by every invariant.

`make chaos` (CHAOS_MINUTES, CRASH_SEED); the sample of the crash tier is a short one. The witness is the wire of the PBX.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace
from pathlib import Path

from tests.crash.budget import FIRST_SEED
from tests.crash.plant import debtors
from tests.crash.shift import Death, Shift, any_death
from tests.crash.stepped import set_wall_clock

MINUTES = float(os.environ.get("CHAOS_MINUTES", "0.25"))
A_MINUTE = 60  # debtors; more than three agents can call meanwhile
LONGEST = 5.0  # s that a life goes on once it is ready


async def test_a_shift_in_which_everything_goes_wrong_at_once(tmp_path: Path) -> None:
    people = debtors(random.Random(FIRST_SEED), max(30, round(A_MINUTE * MINUTES)))
    async with Shift(tmp_path, 2_000_000 + FIRST_SEED, people=people, speed=8.0) as shift:
        shift.plant.wall_clock = tmp_path / "wall-clock"
        set_wall_clock(shift.plant.wall_clock, 0.0)
        until = time.monotonic() + MINUTES * 60
        lives = 0
        while time.monotonic() < until or lives < 3:
            death = replace(any_death(shift.rng), patience=shift.rng.uniform(1.0, LONGEST))
            await shift.live(death, in_trouble=shift.rng.random() < 0.7, meanwhile=shift.around.go_on)
            lives += 1
        shift.plant.wall_clock = None
        shift.around.pay(shift.owing[0])  # the last list of the day is a good one
        shift.all_well()
        await shift.live(Death(patience=3.0))  # who called in while nobody listened is looked for five minutes later
        await shift.settle()
        print(f"{lives} lives, {dict(shift.around.told)}, {len(shift.around.known)} debtors not to be called any more")
        assert shift.around.known
