"""The watcher with real folders: it wakes, it survives, and it is never needed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from collectord.edge.inbox import watch


class Bell:
    """Counts wake-ups."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        self.complaints: list[str] = []

    async def rings(self, within: float = 10.0) -> None:
        await asyncio.wait_for(self.rung.wait(), within)
        self.rung.clear()


@asynccontextmanager
async def watching(inbox: Path) -> AsyncIterator[Bell]:
    bell = Bell()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watch(inbox, bell.rung.set, bell.complaints.append))
        yield bell
        task.cancel()


async def until_it_rings(bell: Bell, happens: Callable[[], object]) -> None:
    """The kernel's watch is there some time after the task began: what happens is done again until it was seen."""
    for _ in range(200):
        happens()
        try:
            await bell.rings(0.1)
        except TimeoutError:
            continue
        return
    raise AssertionError("nothing was seen")


async def test_a_new_file_a_marker_and_a_new_source_wake_the_poller(tmp_path: Path) -> None:
    async with watching(tmp_path) as bell:
        await until_it_rings(bell, (tmp_path / "op.csv").touch)
        (tmp_path / "op.csv.done").touch()
        await bell.rings()
        (tmp_path / "sap").mkdir()
        await bell.rings()
        await until_it_rings(bell, (tmp_path / "sap" / "op.csv").touch)
        assert bell.complaints == []


async def test_an_inbox_that_comes_back_as_another_folder_is_watched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectord.edge.inbox.watcher.LOOKS_UP_EVERY", 50)
    monkeypatch.setattr("collectord.edge.inbox.watcher.AGAIN_AFTER", 0.05)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    async with watching(inbox) as bell:
        await until_it_rings(bell, (inbox / "a").touch)
        os.rename(inbox, tmp_path / "unmounted")
        inbox.mkdir()
        await until_it_rings(bell, (inbox / "b").touch)


async def test_where_nothing_can_be_watched_that_is_said_once_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectord.edge.inbox.watcher.AGAIN_AFTER", 0.01)
    tries: list[Path] = []

    def limited(inbox: Path, **options: object) -> NoReturn:
        """As a system whose inotify watches are used up."""
        tries.append(inbox)
        if len(tries) == 5:
            enough.set()
        raise OSError(28, "No space left on device")

    enough = asyncio.Event()
    monkeypatch.setattr("collectord.edge.inbox.watcher.awatch", limited)
    async with watching(tmp_path) as bell:
        await asyncio.wait_for(enough.wait(), 10)
        assert len(bell.complaints) == 1
        assert "No space left" in bell.complaints[0]
