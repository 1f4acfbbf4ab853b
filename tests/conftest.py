"""What holds for every test: how much chance it allows itself (none in `make test`, all of it in `make fuzz`), and a log of its own."""

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("chance", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """What one test configures for the whole process, a level for instance, is not there for the next."""
    yield
    structlog.reset_defaults()
