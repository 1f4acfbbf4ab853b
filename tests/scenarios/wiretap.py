"""A tap on the AMI line between the daemon and its PBX: keeps what crossed it, and cuts it at a chosen message.

Owns two sockets a link. Knows no call and no PBX; both kinds of PBX are tapped alike.
Invariant: a message is passed on whole or not at all, and what the daemon sent is kept even when it was not passed on.
"""

from __future__ import annotations

import asyncio
import contextlib
from enum import StrEnum

Message = tuple[tuple[str, str], ...]
END = b"\r\n\r\n"
ACK = ("Local/ack@coll-ack", "Local/erase@coll-erase")  # no call: an acknowledgement, a recording that is to go


def value(message: Message, name: str) -> str:
    """First header of that name, empty when there is none."""
    return next((text for header, text in message if header == name), "")


class Cut(StrEnum):
    """The moment at which the line breaks around the next call's Originate."""

    NEVER = ""
    UNREAD = "before the Originate arrives"
    UNANSWERED = "before the reply to the Originate"
    FOR_LONG = "before the reply to the Originate and stays down"


class Wiretap:
    """`await start(host, port)`: the port to connect to instead. All on one event loop."""

    def __init__(self) -> None:
        self.sent: list[Message] = []  # by the daemon
        self.heard: list[Message] = []  # from the PBX, as far as it was passed on
        self.cut = Cut.NEVER
        self._down = False
        self._links: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        self._target = (host, port)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        self._server.close()
        await self.take_down()

    async def take_down(self) -> None:
        """Breaks the line; new connections break at once."""
        self._down = True
        for link in list(self._links):
            link.cancel()
        if self._links:
            await asyncio.wait(set(self._links))

    def put_up(self) -> None:
        self._down = False

    def originates(self) -> list[str]:
        """The channel ids of the calls that the daemon ordered, as often as it ordered them; acknowledgements are none."""
        orders = [message for message in self.sent if value(message, "Action") == "Originate"]
        return [value(order, "ChannelId") for order in orders if not value(order, "Channel").startswith(ACK)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            writer.transport.abort()
            return
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            self._links.discard(link)
            return
        answers = asyncio.ensure_future(self._pass_answers(far_reader, writer))
        orders = asyncio.ensure_future(self._pass_orders(reader, far_writer, answers, far_reader))
        try:
            await asyncio.wait({answers, orders}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass  # taken down: that is how a link ends
        finally:
            for pump in (answers, orders):
                pump.cancel()
                with contextlib.suppress(asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
                    await pump
            writer.transport.abort()
            far_writer.transport.abort()
            self._links.discard(link)

    async def _pass_answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())  # the banner
        while True:
            block = await reader.readuntil(END)
            self.heard.append(_read(block))
            writer.write(block)
            await writer.drain()

    async def _pass_orders(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: asyncio.Future[None], far: asyncio.StreamReader
    ) -> None:
        while True:
            block = await reader.readuntil(END)
            message = _read(block)
            self.sent.append(message)
            call = value(message, "Action") == "Originate" and not value(message, "Channel").startswith(ACK)
            cut, self.cut = (self.cut, Cut.NEVER) if call else (Cut.NEVER, self.cut)
            if cut is Cut.UNREAD:
                return
            if cut in (Cut.UNANSWERED, Cut.FOR_LONG):
                self._down = cut is Cut.FOR_LONG  # before anything is awaited: the end of `answers` ends this task, too
                answers.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await answers
                writer.write(block)
                answer = value(message, "ActionID").encode()
                while answer not in await far.readuntil(END):  # the PBX has it, and nobody is told
                    pass
                return
            writer.write(block)
            await writer.drain()


def _read(block: bytes) -> Message:
    lines = block.decode("utf-8", "replace").strip("\r\n").split("\r\n")
    return tuple((name, text.removeprefix(" ")) for name, _, text in (line.partition(":") for line in lines))
