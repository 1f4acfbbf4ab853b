"""A turn of the daemon that fails is a doubt with a sentence, and the doubt ends when the turn succeeds again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from collectord import app, settings
from collectord.daemon import TEXTS, Daemon, keep
from collectord.edge import rules_files
from collectord.edge.clock import Clock


def idle_daemon(folder: Path) -> Daemon:
    assert app.init(folder).exit == 0
    read = settings.load(folder / "collectord.toml")
    rules = rules_files.load_rules(read.rules_dir)

    async def answer(*_: object) -> dict[str, object]:
        return {}

    return Daemon(settings=read, rules=rules, clock=Clock(), reload=lambda: (read, rules), answer=answer)


async def test_a_turn_without_memory_stops_the_dialling_with_one_sentence_and_it_goes_on_by_itself(tmp_path: Path) -> None:
    daemon = idle_daemon(tmp_path / "house")
    assert daemon.house.language == "de"
    seen: list[tuple[str, ...]] = []
    over = asyncio.Event()

    async def turn() -> None:
        seen.append(daemon.doubts())
        if len(seen) == 1:
            bytearray(1 << 60)

    async def rest() -> None:
        seen.append(daemon.doubts())
        over.set()
        await asyncio.Event().wait()

    kept = asyncio.create_task(keep(daemon, "planning", turn, rest))
    await over.wait()
    kept.cancel()
    assert seen == [(), (TEXTS["no_memory"][1],), ()]
