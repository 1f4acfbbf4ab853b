"""The log: a reader that stops reading costs lines and no time; how many were lost is told by the next line that is taken."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from typing import TextIO

import pytest
import structlog

from collectord.edge import log

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """The log goes where this descriptor leads."""
    opened: list[TextIO] = []

    def lead(fd: int) -> None:
        opened.append(os.fdopen(fd, "w", encoding="utf-8"))
        monkeypatch.setattr("sys.stderr", opened[-1])
        log.configure(lambda: NOW, zone="UTC", readable=False)

    yield lead
    monkeypatch.undo()
    structlog.reset_defaults()
    for file in opened:
        file.close()


async def told(count: int, text: str = "x" * 400) -> None:
    """So many lines; a test whose log waits for its reader fails here."""

    def tell() -> None:
        for number in range(count):
            log.get().info("batch_held", number=number, why=text)

    await asyncio.wait_for(asyncio.to_thread(tell), 20.0)


def lines(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.splitlines()]


async def test_a_pipe_that_nobody_reads_stops_nothing_and_the_lost_lines_are_counted(to: Callable[[int], None]) -> None:
    reader, writer = os.pipe()
    to(writer)
    await told(5_000)
    came = lines(os.read(reader, 1 << 20))
    assert [line["number"] for line in came] == list(range(len(came)))
    assert "lines_dropped" not in came[-1]
    await told(2)
    first, second = lines(os.read(reader, 1 << 20))
    assert first["lines_dropped"] == 5_000 - len(came)
    assert "lines_dropped" not in second
    os.close(reader)


async def test_a_journal_that_hangs_stops_nothing(to: Callable[[int], None]) -> None:
    """journald is a stream socket."""
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    to(writer.detach())
    await told(5_000)
    came = lines(reader.recv(1 << 22))
    assert 0 < len(came) < 5_000
    reader.setblocking(False)
    with suppress(BlockingIOError):
        while reader.recv(1 << 22):
            pass
    await told(1)
    assert lines(reader.recv(1 << 20))[0]["lines_dropped"] == 5_000 - len(came)
    reader.close()


async def test_a_reader_that_is_gone_and_a_disk_without_room_are_no_fault_of_the_daemon(to: Callable[[int], None]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    to(writer)
    await told(2)
    to(os.open("/dev/full", os.O_WRONLY))
    await told(2)


async def test_a_line_longer_than_a_pipe_takes_at_once_comes_whole(to: Callable[[int], None]) -> None:
    reader, writer = os.pipe()
    to(writer)
    log.get().info("call_refused", rules=["ü" * 300] * 20)
    [line] = lines(os.read(reader, 1 << 20))
    assert line["rules"] == ["ü" * 300] * 20
    os.close(reader)


async def test_a_line_that_was_cut_spoils_no_other(to: Callable[[int], None]) -> None:
    reader, writer = os.pipe()
    to(writer)
    log.get().info("call_refused", rules=["y" * 30_000] * 3)
    await told(2)
    os.read(reader, 1 << 20)
    await told(1)
    cut, whole = os.read(reader, 1 << 20).split(b"\n")[:2]
    assert cut == b""
    assert json.loads(whole)["lines_dropped"] == 3
    os.close(reader)


def test_a_text_in_memory_takes_everything() -> None:
    memory = StringIO()
    stream = log.Unhindered(memory)
    stream.write("one\n")
    stream.flush()
    assert (memory.getvalue(), stream.dropped) == ("one\n", 0)
