"""The control socket: how commands reach the running daemon.

Owns the Unix socket, the check of who calls, and the framing (one JSON line each way, opened files beside it). Knows no command.
Invariant: only root, the daemon's own user and its group are answered; a request is answered once, after it has been carried out. A file
that a request is about is opened by the client and handed over as a descriptor, so that nobody has the daemon read what he may not read.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

_log = structlog.get_logger()
SOCKET_NAME = "control.sock"
LONGEST_REQUEST = 4 * 1024 * 1024  # bytes
SPEAKS_WITHIN = 30.0  # s: a client that says nothing is not waited for
_SUN_PATH = 100  # Linux allows 107 bytes; longer ones go by way of a directory descriptor

FILES_AT_ONCE = 100  # descriptors of one request; the kernel hands over at most 253

Answer = Callable[[dict[str, Any], str, Sequence[int]], Awaitable[dict[str, Any]]]
"""request, actor, descriptors of the files that the client opened -> reply"""


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


async def _carried_out(answer: Answer, line: bytes, actor: str, files: Sequence[int]) -> dict[str, Any]:
    """Whatever a client sends, it gets a reply and the daemon goes on; the text of a fault may hold names and stays out of the log."""
    try:
        request = json.loads(line)
        if not isinstance(request, dict) or not isinstance(request.get("args", {}), dict):
            raise ValueError
    except (ValueError, RecursionError):
        return {"exit": 2, "error": 'expected one line of JSON: {"command": …, "args": {…}}'}
    try:
        return await answer(request, actor, files)
    except Exception as error:
        _log.exception("request_failed")
        return {"exit": 1, "error": f"the daemon could not carry this out ({type(error).__name__}); see its log"}


class Served:
    """The listening socket and who is being attended."""

    def __init__(self, listener: socket.socket, answer: Answer) -> None:
        self._listener, self._answer = listener, answer
        self._accepting = asyncio.get_running_loop().create_task(self._accept())
        self._attending: set[asyncio.Task[None]] = set()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(self._listener)
            except OSError:  # no descriptor left, or the client is gone already
                await asyncio.sleep(0.1)
                continue
            task = loop.create_task(self._attend(client))
            self._attending.add(task)
            task.add_done_callback(self._attending.discard)

    async def _attend(self, client: socket.socket) -> None:
        loop, files = asyncio.get_running_loop(), list[int]()
        try:
            client.setblocking(False)
            uid, gid = _peer(client)
            if uid not in (0, os.getuid()) and gid != os.getgid():
                reply: dict[str, Any] = {"exit": 1, "error": "this user may not command collectord; use its owner or group"}
            else:
                async with asyncio.timeout(SPEAKS_WITHIN):
                    line = await _request(client, files)
                reply = await _carried_out(self._answer, line, _actor(uid), files)
            await loop.sock_sendall(client, json.dumps(reply, ensure_ascii=False).encode() + b"\n")
        except (OSError, ValueError):
            pass  # a client that went away or sent no request gets no answer; the daemon goes on
        finally:
            for fd in files:
                os.close(fd)
            client.close()

    def close(self) -> None:
        """Nobody new is attended; who is gets his answer."""
        self._accepting.add_done_callback(lambda _: self._listener.close())
        self._accepting.cancel()

    async def wait_closed(self) -> None:
        await asyncio.gather(self._accepting, *self._attending, return_exceptions=True)


async def _request(client: socket.socket, files: list[int]) -> bytes:
    """The one line; `files` gets the descriptors that come with it. Raises ValueError for a line without end or beyond all measure."""
    loop = asyncio.get_running_loop()
    taken = bytearray()
    while not taken.endswith(b"\n"):
        readable = loop.create_future()
        loop.add_reader(client, _tell, readable)
        try:
            await readable
        finally:
            loop.remove_reader(client)
        try:
            data, handed, _, _ = socket.recv_fds(client, 65_536, FILES_AT_ONCE, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            continue
        files += handed
        taken += data
        if not data or len(taken) > LONGEST_REQUEST or len(files) > FILES_AT_ONCE:
            raise ValueError
    return bytes(taken)


def _tell(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)


async def serve(state_dir: Path, answer: Answer) -> Served:
    """Starts to answer on `state_dir/control.sock`; `answer` carries a request out. The caller closes what is returned."""
    path = state_dir / SOCKET_NAME
    path.unlink(missing_ok=True)  # the state lock is ours: a socket found here belongs to a dead daemon
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    old_mask = os.umask(0o117)
    try:
        with _address(path) as address:
            listener.bind(address)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(old_mask)
    listener.listen(100)
    listener.setblocking(False)
    return Served(listener, answer)


async def ask(state_dir: Path, request: dict[str, Any], timeout: float = 600.0, files: Sequence[int] = ()) -> dict[str, Any]:
    """Sends one request, with opened files, to the daemon on this state and waits for its reply. Raises NoDaemon, NoAnswer."""
    path = state_dir / SOCKET_NAME
    line = json.dumps(request, ensure_ascii=False).encode() + b"\n"
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with _address(path) as address:
            daemon.connect(address)
        daemon.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=daemon, limit=LONGEST_REQUEST * 16)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        daemon.close()
        raise NoDaemon from None
    except PermissionError:
        daemon.close()
        raise NoAnswer(f"{path}: this user may not command collectord; use its owner or group") from None
    try:
        if files:  # with the first byte; an empty socket takes it at once
            socket.send_fds(daemon, [line[:1]], list(files))
            line = line[1:]
        writer.write(line)
        await writer.drain()
        answered = await asyncio.wait_for(reader.readline(), timeout)
        reply: dict[str, Any] = json.loads(answered)
        return reply
    except (OSError, ValueError, TimeoutError):
        raise NoAnswer("the daemon gave no answer; look with `collectord status` whether the command was carried out") from None
    finally:
        writer.close()
