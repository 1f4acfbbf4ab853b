"""The PBX dies, the link breaks, answers are late, events come twice, and the daemon is killed on top of it.

As in test_killed_daemon: the number in a test's name is its seed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.budget import FIRST_SEED, KILLS_A_SHIFT, shifts
from tests.crash.shift import Shift, any_death


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + shifts("both")))
async def test_a_shift_in_which_pbx_link_and_daemon_fail_by_chance(tmp_path: Path, seed: int) -> None:
    async with Shift(tmp_path, 1_000_000 + seed) as shift:
        for life in range(KILLS_A_SHIFT):
            if life == KILLS_A_SHIFT // 2:
                shift.drop_second_export()
            await shift.live(any_death(shift.rng), in_trouble=True)
        await shift.settle()
