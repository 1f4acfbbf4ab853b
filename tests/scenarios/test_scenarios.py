"""Every story of this folder, on the simulated PBX and on a real Asterisk at the same time: README.md says how to read and write them.

Owns nothing; the runner plays. Invariant: both PBXes yield the same calls, word for word.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sandbox import Sandbox

from tests.scenarios.runner import Player
from tests.scenarios.stages import AsteriskStage, Backstage, SimulatedStage, Stage
from tests.scenarios.story import read_story

pytestmark = pytest.mark.pbx

STORIES = sorted(Path(__file__).parent.glob("*.toml"))


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_story(path: Path, sandbox: Sandbox, backstage: Backstage, tmp_path: Path, template: Path) -> None:
    story = read_story(path)

    def played(stage: Stage) -> list[Any]:
        return Player(story, stage, backstage, tmp_path / stage.name, template).play()

    with ThreadPoolExecutor(2) as both:
        simulated = both.submit(played, SimulatedStage(backstage, story.speed))
        real = both.submit(played, AsteriskStage(sandbox))
        wrong = [f"{name}: {error}" for name, one in (("simulated", simulated), ("asterisk", real)) if (error := one.exception())]
    assert not wrong, "\n".join(wrong)
    assert simulated.result() == real.result(), "the two PBXes tell the same story differently"
