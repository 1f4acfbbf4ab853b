"""A bare AMI client for tests of the simulated PBX: writes actions as text, keeps every message that comes back.

Owns one socket. Knows nothing of collectord. Invariant: `got` is what came over the wire, in order, nothing left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

Message = list[tuple[str, str]]


def value(message: Message, name: str) -> str:
    """First header of that name, empty when there is none."""
    return next((text for header, text in message if header == name), "")


def kind(message: Message) -> str:
    """The event, for user events its own name; "Response" for answers."""
    event = value(message, "Event")
    return value(message, "UserEvent") if event == "UserEvent" else event or "Response"


class RawAmi:
    """Connected and, unless told otherwise, logged in."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.banner = b""
        self.closed = False
        self.go: str | None = "1"  # what an agent's "accept" is answered with; None: nothing, as by a daemon that is gone
        self._new = asyncio.Condition()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls, port: int, *, host: str = "127.0.0.1", username: str = "collectord", secret: str = "s3cret", log_in: bool = True
    ) -> Self:
        client = cls()
        client._reader, client._writer = await asyncio.open_connection(host, port)
        client._reading = asyncio.create_task(client._read())
        if log_in:
            answer = await client.ask("Login", Username=username, Secret=secret)
            assert value(answer, "Response") == "Success", answer
        return client

    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def _read(self) -> None:
        try:
            self.banner = await self._reader.readline()
            while True:
                block = await self._reader.readuntil(b"\r\n\r\n")
                message = [line.partition(": ")[::2] for line in block.decode().strip("\r\n").split("\r\n")]
                async with self._new:
                    self.got.append([(name.removesuffix(":"), text) for name, text in message])
                    self._new.notify_all()
                if kind(self.got[-1]) == "CollAccept" and self.go is not None:
                    self.send("Setvar", Channel=value(self.got[-1], "Uniqueid"), Variable="COLL_GO", Value=self.go)
        except (asyncio.IncompleteReadError, ConnectionError):
            async with self._new:
                self.closed = True
                self._new.notify_all()

    def send(self, action: str, *variables: str, **headers: str) -> None:
        lines = [f"Action: {action}", *(f"{name}: {text}" for name, text in headers.items()), *(f"Variable: {v}" for v in variables)]
        self.send_bytes(("\r\n".join(lines) + "\r\n\r\n").encode())

    def send_bytes(self, data: bytes) -> None:
        self._writer.write(data)

    async def ask(self, action: str, *variables: str, **headers: str) -> Message:
        """The direct answer to one action."""
        action_id = headers.setdefault("ActionID", f"ask-{len(self.got)}-{action}")
        self.send(action, *variables, **headers)
        return await self.wait(lambda m: kind(m) == "Response" and value(m, "ActionID") == action_id)

    async def rows(self, action: str, complete: str, **headers: str) -> list[Message]:
        """The events of a list action between its answer and its end."""
        action_id = headers.setdefault("ActionID", f"rows-{len(self.got)}-{action}")
        self.send(action, **headers)
        await self.wait(lambda m: kind(m) == complete and value(m, "ActionID") == action_id)
        return [m for m in self.got if value(m, "ActionID") == action_id and kind(m) not in ("Response", complete)]

    async def wait(self, test: Callable[[Message], bool], *, within: float = 60.0, nth: int = 1) -> Message:
        """The nth message so far or to come that passes the test."""
        looked_at, found = 0, 0
        async with asyncio.timeout(within), self._new:
            while True:
                while looked_at < len(self.got):
                    looked_at += 1
                    found += test(self.got[looked_at - 1])
                    if found == nth:
                        return self.got[looked_at - 1]
                if self.closed:
                    raise ConnectionError("closed by the PBX")
                await self._new.wait()

    async def quiet(self, seconds: float = 0.2) -> None:
        """Until nothing more comes: what had been written before a PBX fell silent has arrived."""
        known = -1
        while known != len(self.got):
            known = len(self.got)
            await asyncio.sleep(seconds)

    async def wait_closed(self, within: float = 8.0) -> None:
        async with asyncio.timeout(within), self._new:
            await self._new.wait_for(lambda: self.closed)

    async def event(self, name: str, attempt_id: str, *, nth: int = 1) -> Message:
        """An event of that kind about this attempt (its CollID, or the Uniqueid of its channel)."""
        return await self.wait(lambda m: kind(m) == name and self._about(m, attempt_id), nth=nth)

    def course(self, attempt_id: str) -> list[str]:
        """The kinds of all events about this attempt, in order."""
        return [kind(m) for m in self.got if kind(m) != "Response" and self._about(m, attempt_id)]

    @staticmethod
    def _about(message: Message, attempt_id: str) -> bool:
        return value(message, "CollID") == attempt_id or value(message, "Uniqueid").startswith(f"coll-{attempt_id}")

    def originate(
        self, attempt_id: str, number: str, *, phone: str = "201", timeout: int = 20_000, action_id: str = "", **changed: str
    ) -> None:
        """An Originate of a call as in docs/INTERNALS 1.1; `changed` are variables without their COLL_."""
        values = {"DST": number, "CID": "+493012345600", "MODE": "preview", "RING": "30", "TRUNK": "trunk", "DECIDE": "90", "LANG": "de"}
        values |= changed
        self.send(
            "Originate",
            "__FORWARD_CONTEXT=coll-nowhere",
            f"__COLL_ID={attempt_id}",
            *(f"COLL_{name}={text}" for name, text in values.items()),
            ActionID=action_id or f"{attempt_id}-o",
            Channel=f"PJSIP/{phone}",
            ChannelId=f"coll-{attempt_id}",
            Context="coll-agent",
            Exten="s",
            Priority="1",
            Timeout=str(timeout),
            Async="true",
            CallerID=f'"Mueller GmbH" <{number}>',
        )

    def ring_back(self, attempt_id: str, number: str, *, phone: str = "201", turn: int = 1) -> None:
        """docs/INTERNALS 1.4."""
        self.send(
            "Originate",
            f"__COLL_ID={attempt_id}",
            "COLL_LANG=de",
            ActionID=f"{attempt_id}-w{turn}-o",
            Channel=f"PJSIP/{phone}",
            ChannelId=f"coll-{attempt_id}-w{turn}",
            Context="coll-wrap",
            Exten="s",
            Priority="1",
            Timeout="20000",
            Async="true",
            CallerID=f'"Wrap-up Mueller GmbH" <{number}>',
        )

    async def confirm(self, name: str, attempt_id: str, *, saved: str = "1", nth: int = 1) -> Message:
        """Wait for CollKeyed and answer it."""
        keyed = await self.event(name, attempt_id, nth=nth)
        await self.ask("Setvar", Channel=value(keyed, "Uniqueid"), Variable="COLL_SAVED", Value=saved)
        return keyed

    async def close(self) -> None:
        self._writer.close()
        if self._reading is not None:
            await self._reading
