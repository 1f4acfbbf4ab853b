"""A fake Asterisk that speaks AMI in bytes on 127.0.0.1 and misbehaves on request.

Owns the other end of the socket in tests. Knows nothing of collectord: it reads and writes bytes.
Invariant: `orders` is what really arrived on the wire, in order, over all connections, whatever was answered.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

Handler = Callable[["Connection", "Received"], Awaitable[None]]


async def eventually(condition: Callable[[], object], within: float = 5.0) -> None:
    """Wait until the condition holds; the deadline is the assertion."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110  # the condition is anything the two ends show, not an Event
            await asyncio.sleep(0.005)


class Received:
    """One action as it arrived."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        pairs = [line.partition(": ")[::2] for line in raw.decode().split("\r\n") if line]
        self.headers = [(name, value) for name, value in pairs]

    def __getitem__(self, name: str) -> str:
        return next((value for header, value in self.headers if header.lower() == name.lower()), "")

    def every(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header.lower() == name.lower()]

    @property
    def name(self) -> str:
        return self["Action"]


class Connection:
    """One client. `mute` takes everything and answers nothing, as a peer behind a dead line does."""

    def __init__(self, ami: FakeAmi, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ami = ami
        self.reader = reader
        self.writer = writer
        self.mute = False

    async def send(self, *lines: str) -> None:
        """One message: its lines and the blank one."""
        await self.send_bytes(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def send_bytes(self, data: bytes) -> None:
        if self.mute or self.writer.is_closing():
            return
        step = self.ami.split or max(1, len(data))
        for start in range(0, len(data), step):
            self.writer.write(data[start : start + step])
            await self.writer.drain()
            if self.ami.split:
                await asyncio.sleep(0)

    async def answer(self, order: Received, *lines: str, response: str = "Success") -> None:
        await self.send(f"Response: {response}", f"ActionID: {order['ActionID']}", *lines)

    async def answer_list(self, order: Received, event: str, rows: list[list[str]], complete: str) -> None:
        await self.answer(order, "EventList: start", "Message: Result will follow")
        for row in rows:
            await self.send(f"Event: {event}", f"ActionID: {order['ActionID']}", *row)
        await self.send(f"Event: {complete}", f"ActionID: {order['ActionID']}", "EventList: Complete", f"ListItems: {len(rows)}")

    def reset(self) -> None:
        """Drop hard: the client sees a reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def hang_up(self) -> None:
        """Drop softly: the client sees the end of the stream."""
        self.writer.close()


class FakeAmi:
    """`async with FakeAmi() as ami:`; change `handlers` or the fields to make it misbehave."""

    def __init__(self) -> None:
        self.port = 0
        self.banner = b"Asterisk Call Manager/11.0.0\r\n"
        self.secret = "geheim"
        self.split = 0
        self.started = ("2026-11-21", "06:00:00")
        self.version = "22.10.1"
        self.variables = {"COLL_DIALPLAN_VERSION": "2", "IFMODULE(func_module.so)": "1"}
        self.journal: dict[str, str] = {}
        self.channels: list[list[str]] = []
        self.devices: dict[str, str] = {}
        self.commands = {"Originate": "originate,all", "Ping": "<none>"}
        self.orders: list[Received] = []
        self.connections: list[Connection] = []
        self.accepted = 0
        self.handlers: dict[str, Handler] = {
            "Login": self._login,
            "Ping": self._ping,
            "CoreStatus": self._core_status,
            "CoreSettings": self._core_settings,
            "Originate": self._originate,
            "Getvar": self._getvar,
            "Setvar": self._setvar,
            "Status": self._status,
            "DBGetTree": self._tree,
            "DeviceStateList": self._device_list,
            "ListCommands": self._list_commands,
        }
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.die()

    async def listen(self) -> None:
        """Start, or start again on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        """Stop listening and drop everyone."""
        if self._server is not None:
            self._server.close()
            for connection in self.connections:
                connection.reset()
            self.connections.clear()
            if self._serving:
                await asyncio.wait(self._serving, timeout=5)
            await self._server.wait_closed()
            self._server = None

    def named(self, name: str) -> list[Received]:
        return [order for order in self.orders if order.name == name]

    async def broadcast(self, *lines: str) -> None:
        for connection in list(self.connections):
            await connection.send(*lines)

    async def user_event(self, name: str, *lines: str) -> None:
        await self.broadcast("Event: UserEvent", "Privilege: user,all", f"UserEvent: {name}", *lines)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        connection = Connection(self, reader, writer)
        self.connections.append(connection)
        self.accepted += 1
        try:
            await connection.send_bytes(self.banner)
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                order = Received(raw)
                self.orders.append(order)
                if connection.mute:
                    continue
                handler = self.handlers.get(order.name)
                if handler is None:
                    await connection.answer(order, "Message: Invalid/unknown command", response="Error")
                else:
                    await handler(connection, order)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
            writer.close()

    # -- how a sound PBX answers --------------------------------------------------------------------------------------

    async def _login(self, connection: Connection, order: Received) -> None:
        if order["Secret"] == self.secret:
            await connection.answer(order, "Message: Authentication accepted")
        else:
            await connection.answer(order, "Message: Authentication failed", response="Error")

    async def _ping(self, connection: Connection, order: Received) -> None:
        await connection.answer(order, "Ping: Pong", "Timestamp: 1.0")

    async def _core_status(self, connection: Connection, order: Received) -> None:
        day, time = self.started
        await connection.answer(order, f"CoreStartupDate: {day}", f"CoreStartupTime: {time}", "CoreCurrentCalls: 0")

    async def _core_settings(self, connection: Connection, order: Received) -> None:
        await connection.answer(order, "AMIversion: 11.0.0", f"AsteriskVersion: {self.version}")

    async def _originate(self, connection: Connection, order: Received) -> None:
        await connection.answer(order, "Message: Originate successfully queued")

    async def _getvar(self, connection: Connection, order: Received) -> None:
        await connection.answer(order, f"Variable: {order['Variable']}", f"Value: {self.variables.get(order['Variable'], '')}")

    async def _setvar(self, connection: Connection, order: Received) -> None:
        await connection.answer(order, "Message: Variable Set")

    async def _status(self, connection: Connection, order: Received) -> None:
        await connection.answer_list(order, "Status", self.channels, "StatusComplete")

    async def _tree(self, connection: Connection, order: Received) -> None:
        rows = [[f"Key: /coll/{key}", f"Val: {value}"] for key, value in self.journal.items()]
        await connection.answer_list(order, "DBGetTreeResponse", rows, "DBGetTreeComplete")

    async def _device_list(self, connection: Connection, order: Received) -> None:
        rows = [[f"Device: {device}", f"State: {state}"] for device, state in self.devices.items()]
        await connection.answer_list(order, "DeviceStateChange", rows, "DeviceStateListComplete")

    async def _list_commands(self, connection: Connection, order: Received) -> None:
        await connection.answer(order, *(f"{name}: does {name}.  (Priv: {classes})" for name, classes in self.commands.items()))


async def _alone() -> None:
    """A PBX in a process of its own, for faults that only a process can have: stopped, killed."""
    async with FakeAmi() as ami:
        print(ami.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_alone())
