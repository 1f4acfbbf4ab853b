"""The control socket: whatever a client sends gets one reply, and a request that may have been carried out is not done twice."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from collectord.edge import control


async def echo(request: dict[str, Any], actor: str, files: Sequence[int]) -> dict[str, Any]:
    if request["command"] == "fail":
        raise KeyError("Mustermann")
    return {"exit": 0, "doc": request, "files": [os.pread(fd, 100, 0).decode() for fd in files]}


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[Path]:
    server = await control.serve(tmp_path, echo)
    yield tmp_path
    server.close()
    await server.wait_closed()


async def say(state: Path, line: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(state / control.SOCKET_NAME)
    writer.write(line + b"\n")
    reply: dict[str, Any] = json.loads(await asyncio.wait_for(reader.readline(), 5))
    writer.close()
    return reply


@pytest.mark.parametrize(
    "line", [b"", b"garbage", b"[]", b"null", b'{"command": "x", "args": 3}', b"\xff\xfe", b"[" * 100_000], ids=range(7)
)  # fmt: skip
async def test_garbage_is_told_what_was_expected(state: Path, line: bytes) -> None:
    reply = await say(state, line)
    assert reply["exit"] == 2
    assert "expected one line of JSON" in reply["error"]


async def test_a_fault_of_a_command_is_answered_without_its_text(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reply = await control.ask(state, {"command": "fail", "args": {}})
    assert reply["exit"] == 1
    assert "KeyError" in reply["error"]
    assert "Mustermann" not in reply["error"]
    assert (await control.ask(state, {"command": "x", "args": {}}))["exit"] == 0


async def test_clients_that_say_nothing_keep_nobody_waiting(state: Path) -> None:
    silent = [await asyncio.open_unix_connection(state / control.SOCKET_NAME) for _ in range(50)]
    assert (await control.ask(state, {"command": "x", "args": {}}, 5))["exit"] == 0
    for _, writer in silent:
        writer.close()


async def test_without_a_socket_there_is_no_daemon(tmp_path: Path) -> None:
    with pytest.raises(control.NoDaemon):
        await control.ask(tmp_path, {"command": "x", "args": {}})


async def test_a_daemon_that_goes_away_during_a_request_may_have_carried_it_out(tmp_path: Path) -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    server = await asyncio.start_unix_server(leave, tmp_path / control.SOCKET_NAME)
    with pytest.raises(control.NoAnswer):
        await control.ask(tmp_path, {"command": "record", "args": {}})
    server.close()
    await server.wait_closed()


async def only_open(count: int) -> None:
    """Waits until no more descriptors are open than that; the deadline is the assertion."""
    deadline = asyncio.get_running_loop().time() + 5
    while len(os.listdir("/proc/self/fd")) != count:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


async def test_opened_files_reach_the_daemon_whatever_it_may_open_itself(state: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    opened = [os.open(tmp_path / name, os.O_RDONLY) for name in ("a", "b")]
    (tmp_path / "a").unlink()
    before = len(os.listdir("/proc/self/fd"))
    reply = await control.ask(state, {"command": "x", "args": {"long": "y" * 1_000_000}}, files=opened)
    assert reply["files"] == ["one", "two"]
    assert len(reply["doc"]["args"]["long"]) == 1_000_000
    assert (await control.ask(state, {"command": "x", "args": {}}))["files"] == []
    await only_open(before)
    for fd in opened:
        os.close(fd)


async def test_descriptors_of_a_client_that_sends_no_request_are_closed(state: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    opened = os.open(tmp_path / "a", os.O_RDONLY)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(state / control.SOCKET_NAME))
        socket.send_fds(client, [b"{"], [opened] * 50)
        client.close()
    await only_open(before)
    os.close(opened)


async def test_a_request_beyond_all_measure_is_not_read_to_its_end(state: Path) -> None:
    _, writer = await asyncio.open_unix_connection(state / control.SOCKET_NAME)

    async def speak_on() -> None:
        while True:
            writer.write(b"x" * 1_000_000)
            await writer.drain()

    with pytest.raises(ConnectionError):
        await speak_on()
    writer.close()
    assert (await control.ask(state, {"command": "x", "args": {}}))["exit"] == 0
