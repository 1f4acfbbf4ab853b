"""What the stories share: one real Asterisk sandbox, one `collectord init`, one backstage.

Owns these fixtures. Invariant: no story is skipped for want of an Asterisk.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox import Sandbox

from tests.scenarios.runner import CHECKOUT, COLLECTORD, environment
from tests.scenarios.stages import Backstage


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as both:
        yield both


@pytest.fixture(scope="session")
def backstage() -> Iterator[Backstage]:
    behind = Backstage()
    yield behind
    behind.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `collectord init` writes."""
    folder = tmp_path_factory.mktemp("installation") / "new"
    made = subprocess.run([*COLLECTORD, "init", str(folder)], cwd=CHECKOUT, capture_output=True, text=True, env=environment(), check=False)
    assert made.returncode == 0, made.stderr
    return folder
