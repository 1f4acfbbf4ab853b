"""E-mails to debtors: one message to one address, and what the mail server said to it.

Owns the form of the e-mail and the talk with the server. Knows neither debtor nor rule, and sends nothing twice by itself.
Invariant: "not taken" is only answered when the server said so or never had the whole message; else the answer is unclear.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Literal

import aiosmtplib

from collectord.core.receivables.messages import Answer, Never, NotNow, Taken, Unclear, Unreachable
from collectord.core.wording import header_text, safe

WITHIN = 30.0  # s until the message is handed over, and as long again for the answer to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is to be sent. All texts may come from an export."""

    id: str  # of the message: its Message-ID, so that a receiver would know it again
    sender_name: str
    recipient: str
    recipient_name: str
    subject: str
    body: str
    at: datetime
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    sender: str
    reply_to: str = ""
    user: str = ""
    secret: str = field(default="", repr=False)
    within: float = WITHIN

    async def send(self, post: Post) -> Answer:
        """Once. Whatever goes wrong is an answer; cancelled in the middle, nobody knows."""
        try:
            data = self.mail(post).as_bytes(policy=WIRE)
        except (ValueError, MessageError) as error:  # one that cannot be written holds up no other
            return Never(safe(f"{type(error).__name__}: {error}"))
        server = await self._server()
        try:
            return await self._handed_over(server, post, data)
        finally:
            server.close()

    async def reach(self) -> Unreachable | None:
        """Connects and logs in without sending anything; None: it answers."""
        server = await self._server()
        try:
            async with asyncio.timeout(self.within):
                await server.connect()
                await server.noop()
                await server.quit()
        except (aiosmtplib.SMTPException, OSError) as error:
            return Unreachable(self._because(error))
        finally:
            server.close()
        return None

    async def _server(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            tls_context=None if self.tls == "none" else await asyncio.to_thread(ssl.create_default_context),
            username=self.user or None,
            password=self.secret or None,
            timeout=self.within,
        )

    async def _handed_over(self, server: aiosmtplib.SMTP, post: Post, data: bytes) -> Answer:
        try:
            async with asyncio.timeout(self.within):
                await server.connect()
                await server.mail(self.sender)
                await server.rcpt(post.recipient)
        except aiosmtplib.SMTPRecipientRefused as error:
            return (Never if error.code >= 500 else NotNow)(_said(error))
        except (aiosmtplib.SMTPException, OSError) as error:  # the sender is refused, the login is wrong, nobody is there
            return Unreachable(self._because(error))
        try:
            async with asyncio.timeout(self.within):
                await server.data(data)
        except aiosmtplib.SMTPDataError as error:  # any other code than the usual 250; only 4xx and 5xx say that it was not taken
            return (Never if error.code >= 500 else NotNow if error.code >= 400 else Unclear)(_said(error))
        except (aiosmtplib.SMTPException, OSError) as error:
            return Unclear(self._because(error))
        return Taken()

    def _because(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError):
            return f"{self.host}:{self.port}: no answer within {self.within:g} s"
        return safe(f"{self.host}:{self.port}: {type(error).__name__}: {error}".rstrip(": "))

    def mail(self, post: Post) -> EmailMessage:
        mail = EmailMessage(policy=WIRE)
        mail["Subject"] = header_text(post.subject, 160)
        mail["From"] = Address(display_name=header_text(post.sender_name, 80), addr_spec=self.sender)
        mail["To"] = Address(display_name=header_text(post.recipient_name, 80), addr_spec=post.recipient)
        if self.reply_to:
            mail["Reply-To"] = self.reply_to
        mail["Date"] = format_datetime(post.at)
        mail["Message-ID"] = f"<{post.id}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation reply
        mail.set_content(post.body + "\n")
        mail["Content-Language"] = post.language  # after set_content, which begins with removing such headers
        return mail


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return safe(f"{error.code} {error.message}")
