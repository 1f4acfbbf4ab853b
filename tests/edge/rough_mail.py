"""A mail server that goes wrong at a chosen word: it closes the link there, or never answers again.

Owns the server. Real bytes on loopback; knows no message.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Rough:
    """`at`: greeting, MAIL, RCPT, DATA or end (the whole message is there). `does`: closes, hangs, or an answer of its own."""

    at: str
    does: str
    had: list[str] = field(default_factory=list)  # the messages that it got as a whole

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except ConnectionError:
            pass  # the client gave up
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._answer(writer, "greeting", "220 rough"):
            return await self._stay(reader)
        while line := (await reader.readline()).decode():
            word = line.split()[0].upper()
            if word == "DATA":
                if not await self._answer(writer, "DATA", "354 go on"):
                    return await self._stay(reader)
                self.had.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                word = "end"
            if not await self._answer(writer, word, "250 OK"):
                return await self._stay(reader)
        return None

    async def _answer(self, writer: asyncio.StreamWriter, word: str, usual: str) -> bool:
        """False: the talk is over."""
        if word == self.at and self.does in ("closes", "hangs"):
            return False
        writer.write(f"{self.does if word == self.at else usual}\r\n".encode())
        await writer.drain()
        return True

    async def _stay(self, reader: asyncio.StreamReader) -> None:
        if self.does == "hangs":
            await reader.read()  # until the client has gone


@dataclass
class Silent(Rough):
    """Tells when it has begun not to answer."""

    silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def _stay(self, reader: asyncio.StreamReader) -> None:
        self.silent.set()
        await super()._stay(reader)


@asynccontextmanager
async def rough_server(rough: Rough) -> AsyncIterator[int]:
    server = await asyncio.start_server(rough.serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
