"""Every test of the shell gets an installation of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "house")
