"""Any bytes, and sound input with some of its bytes changed: what a PBX, an export and a rule file may hold breaks none of our rules."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_seeds_themselves_are_taken(name: str) -> None:
    assert seeds(name)
    for seed in seeds(name):
        TARGETS[name](seed)


@pytest.mark.parametrize("name", sorted(TARGETS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400))
def test_for_all_bytes_the_doors_hold(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", sorted(TARGETS))
@given(data=st.data())
def test_for_all_changed_seeds_the_doors_hold(name: str, data: st.DataObject) -> None:
    seed = bytearray(data.draw(st.sampled_from(seeds(name))))
    changes = data.draw(st.lists(st.tuples(st.integers(0, len(seed)), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=6))
    for start, cut, put in changes:
        seed[start : start + cut] = put
    target(float(len(set(seed))), label="different bytes")
    TARGETS[name](bytes(seed))
