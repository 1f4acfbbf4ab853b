"""The sandbox for this folder's tests: started once, a failure when it cannot be had.

Owns the fixture. Touches nothing else.
Invariant: no test here is skipped for want of an Asterisk.
"""

from collections.abc import Iterator

import pytest
from sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The company's PBX with the shipped dialplan, and the world; phones 201-210 registered. Shared: use numbers of your own."""
    with Sandbox(verbose=True) as both:
        yield both
