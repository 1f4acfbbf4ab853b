"""The control socket: how commands reach the running daemon.

Owns the Unix socket, the check of who calls, and the framing (one JSON line each way). Knows no command.
Invariant: only root, the daemon's own user and its group are answered; a request is answered once, after it has been carried out.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

_log = structlog.get_logger()
SOCKET_NAME = "control.sock"
LONGEST_REQUEST = 4 * 1024 * 1024  # bytes
_SUN_PATH = 100  # Linux allows 107 bytes; longer ones go by way of a directory descriptor

Answer = Callable[[dict[str, Any], str], Awaitable[dict[str, Any]]]


class NoDaemon(Exception):
    """Nobody listens on the socket."""


class NoAnswer(Exception):
    """A daemon listens and gave no answer: nobody may carry the request out in its place. The message is one sentence."""


@contextmanager
def _address(path: Path) -> Iterator[str]:
    if len(os.fsencode(path)) <= _SUN_PATH:
        yield str(path)
        return
    descriptor = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{path.name}"
    finally:
        os.close(descriptor)


def _peer(transport_socket: Any) -> tuple[int, int]:
    credentials = transport_socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, gid = struct.unpack("3i", credentials)
    return uid, gid


def _actor(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


async def _carried_out(answer: Answer, line: bytes, actor: str) -> dict[str, Any]:
    """Whatever a client sends, it gets a reply and the daemon goes on; the text of a fault may hold names and stays out of the log."""
    try:
        request = json.loads(line)
        if not isinstance(request, dict) or not isinstance(request.get("args", {}), dict):
            raise ValueError
    except (ValueError, RecursionError):
        return {"exit": 2, "error": 'expected one line of JSON: {"command": …, "args": {…}}'}
    try:
        return await answer(request, actor)
    except Exception as error:
        _log.exception("request_failed")
        return {"exit": 1, "error": f"the daemon could not carry this out ({type(error).__name__}); see its log"}


async def serve(state_dir: Path, answer: Answer) -> asyncio.Server:
    """Starts to answer on `state_dir/control.sock`; `answer(request, actor)` carries a request out. The caller closes the server."""
    path = state_dir / SOCKET_NAME
    path.unlink(missing_ok=True)  # the state lock is ours: a socket found here belongs to a dead daemon

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            uid, gid = _peer(writer.get_extra_info("socket"))
            if uid not in (0, os.getuid()) and gid != os.getgid():
                reply: dict[str, Any] = {"exit": 1, "error": "this user may not command collectord; use its owner or group"}
            else:
                line = await asyncio.wait_for(reader.readline(), 30)
                reply = await _carried_out(answer, line, _actor(uid))
            writer.write(json.dumps(reply, ensure_ascii=False).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            pass  # a client that went away or sent no request gets no answer; the daemon goes on
        finally:
            writer.close()

    old_mask = os.umask(0o117)
    try:
        with _address(path) as address:
            return await asyncio.start_unix_server(attend, address, limit=LONGEST_REQUEST)
    finally:
        os.umask(old_mask)


async def ask(state_dir: Path, request: dict[str, Any], timeout: float = 600.0) -> dict[str, Any]:
    """Sends one request to the daemon on this state and waits for its reply. Raises NoDaemon when there is none, NoAnswer."""
    path = state_dir / SOCKET_NAME
    try:
        with _address(path) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=LONGEST_REQUEST * 16)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        raise NoDaemon from None
    except PermissionError:
        raise NoAnswer(f"{path}: this user may not command collectord; use its owner or group") from None
    try:
        writer.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        await writer.drain()
        line = await asyncio.wait_for(reader.readline(), timeout)
        reply: dict[str, Any] = json.loads(line)
        return reply
    except (OSError, ValueError, TimeoutError):
        raise NoAnswer("the daemon gave no answer; look with `collectord status` whether the command was carried out") from None
    finally:
        writer.close()
