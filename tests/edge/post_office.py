"""A post office for tests: a real mail server and a real web server on loopback that keep what they were given.

Owns both servers. Knows no notice.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope


@dataclass
class PostOffice:
    """What a mail server was given."""

    refuses: frozenset[str] = frozenset()
    answer: str = "250 OK"
    mails: list[Envelope] = field(default_factory=list)
    users: list[bytes] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        return self.answer

    def check(self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        good = login.password == b"secret"
        if good:
            self.users.append(login.login)
        return AuthResult(success=good, handled=False)


@asynccontextmanager
async def mail_server(
    office: PostOffice, *, tls: ssl.SSLContext | None = None, at_once: bool = False, auth: bool = False
) -> AsyncIterator[int]:
    def session() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the server's own about logins without TLS: over "tls" it does not see that there is some
            return SMTP(
                office, hostname="mail.test", tls_context=None if at_once else tls, require_starttls=tls is not None and not at_once,
                authenticator=office.check if auth else None, auth_required=auth, auth_require_tls=not at_once,
            )  # fmt: skip

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=tls if at_once else None)
    yield server.sockets[0].getsockname()[1]
    server.close()


def letter_of(envelope: Envelope) -> EmailMessage:
    """The mail as its receiver reads it."""
    content = envelope.content
    assert isinstance(content, bytes)
    mail = message_from_bytes(content, policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


class Web(ThreadingHTTPServer):
    """A web server that keeps what it was sent."""

    daemon_threads = True

    def __init__(self, answer: int, location: str = "", tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.answer, self.location = answer, location
        self.posts: list[dict[str, Any]] = []
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server_address[1]}/hook/token"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the certificate goes away."""


class Receiver(BaseHTTPRequestHandler):
    server: Web

    def do_POST(self) -> None:
        self.server.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.answer)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Not into the test's output."""


@contextmanager
def web(answer: int = 204, location: str = "", tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    with Web(answer, location, tls) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield server
        finally:
            server.shutdown()
            serving.join()
