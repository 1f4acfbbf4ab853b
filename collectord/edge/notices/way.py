"""The shape of a way out: what it is handed, what it says when it fails.

Owns these values. Invariant: a failure is one sentence without a secret.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from collectord.core.notices import Message

WITHIN = 30.0  # s for everything that one message takes


class NotTaken(Exception):
    """Nobody took the message; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message and the notices in it."""

    message: Message
    notices: Sequence[Mapping[str, Any]]  # id, at, kind, subject, sentence, ended_at
    host: str
    at: datetime


class Way(Protocol):
    """A way out. Both raise NotTaken."""

    async def send(self, parcel: Parcel) -> str:
        """Returns what is to be known although it was taken, "" when there is nothing."""
        ...

    async def reach(self) -> str:
        """Tries everything but sending; returns what was found."""
        ...


async def tls() -> ssl.SSLContext:
    """The system's certificate authorities; read in a thread, because that takes some 20 ms."""
    return await asyncio.to_thread(ssl.create_default_context)


def because(error: BaseException) -> str:
    """An error in a few words."""
    if isinstance(error, TimeoutError):
        return f"no answer within {WITHIN:.0f} s"
    return f"{type(error).__name__}: {error}".rstrip(": ")
