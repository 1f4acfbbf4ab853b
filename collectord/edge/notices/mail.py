"""Notices by e-mail.

Owns the mail and the talk with the mail server. Invariant: with "tls" or "starttls" nothing is said before the certificate was verified.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Literal

import aiosmtplib

from collectord.core.wording import header_text
from collectord.edge.notices.way import WITHIN, NotTaken, Parcel, because, tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mail server and who gets the mails."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    secret: str = field(default="", repr=False)

    async def send(self, parcel: Parcel) -> str:
        async with self._session() as server:
            refused, _ = await server.send_message(self.mail(parcel), sender=self.sender, recipients=list(self.recipients))
        return f"refused: {', '.join(sorted(refused))}" if refused else ""

    async def reach(self) -> str:
        async with self._session() as server:
            await server.noop()
        return f"{self.host}:{self.port} takes mails ({self.tls}{', logged in' if self.user else ''})"

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[aiosmtplib.SMTP]:
        server = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            tls_context=None if self.tls == "none" else await tls(),
            username=self.user or None,
            password=self.secret or None,
            timeout=WITHIN,
        )
        try:
            async with asyncio.timeout(WITHIN), server:
                yield server
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotTaken(f"{self.host}:{self.port}: {because(error)}") from error
        finally:
            server.close()

    def mail(self, parcel: Parcel) -> EmailMessage:
        """Its Message-ID is made of the notices in it, so that one that comes twice is known by its receiver."""
        mail = EmailMessage(policy=WIRE)
        mail["Subject"] = header_text(parcel.message.subject, 160)
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.recipients)
        mail["Date"] = format_datetime(parcel.at)
        mail["Message-ID"] = f"<{parcel.notices[0]['id']}.{parcel.notices[-1]['id']}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation reply
        mail.set_content(parcel.message.text)
        return mail
