"""The PBX dies, the link breaks, answers are late, events come twice, and the daemon is killed on top of it.

As in test_killed_daemon: the number in a test's name is its seed.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.budget import FIRST_SEED, KILLS_A_SHIFT, shifts
from tests.crash.on_lines import earlier_talks
from tests.crash.plant import debtors
from tests.crash.shift import Shift, any_death
from tests.crash.test_killed_daemon import ANSWERED_OR_NOT


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + shifts("both")))
async def test_a_shift_in_which_pbx_link_and_daemon_fail_by_chance(tmp_path: Path, seed: int) -> None:
    async with Shift(tmp_path, 1_000_000 + seed) as shift:
        for life in range(KILLS_A_SHIFT):
            if life == KILLS_A_SHIFT // 2:
                shift.drop_second_export()
            await shift.live(any_death(shift.rng), in_trouble=True)
        await shift.settle()


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + shifts("ahead")))
async def test_a_predictive_shift_in_which_pbx_link_and_daemon_fail_by_chance(tmp_path: Path, seed: int) -> None:
    people = debtors(random.Random(seed), 60, ANSWERED_OR_NOT)
    async with Shift(tmp_path, 3_000_000 + seed, people=people, mode="predictive", speed=8.0) as shift:
        await earlier_talks(shift.plant, 300)
        for _ in range(KILLS_A_SHIFT):
            await shift.live(replace(any_death(shift.rng), patience=4.0), in_trouble=True, meanwhile=shift.on_lines.stay)
        await shift.settle(meanwhile=shift.on_lines.stay)
        assert shift.plant.query("select id from attempt where mode = 'predictive'")
