"""Sections of what is written to people: notices to the house, e-mails and letters to debtors.

Owns these keys and the sentences about those that do not fit each other. Sends nothing.
Invariant: no password is sent in the clear beyond this machine.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from collectord.settings.values import Duration, Section, is_loopback

_ADDRESS = re.compile(r"\A[^\s@<>,;:\"\\()\x00-\x1f\x7f]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z")


class MailServer(Section):
    """What a section says of the server that takes its mails."""

    smtp_host: str = ""
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_user: str = ""
    smtp_secret_file: str = ""
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"

    def server_problems(self, section: str) -> list[str]:
        found = []
        if bool(self.smtp_user) != bool(self.smtp_secret_file):
            missing, given = ("smtp_secret_file", "smtp_user") if self.smtp_user else ("smtp_user", "smtp_secret_file")
            found.append(f"{section}.{missing} is missing, but {section}.{given} is set; expected both or none")
        if self.smtp_user and self.smtp_tls == "none" and not is_loopback(self.smtp_host):
            found.append(f'{section}.smtp_tls = "none" would send the password in the clear; expected "starttls" or "tls"')
        return found


class NoticesSection(MailServer):
    """Who is told by e-mail or webhook when something needs a person."""

    email_to: list[str] = []
    email_from: str = ""
    webhook_url: str = ""
    late_after: Duration = timedelta(hours=2)  # beyond the hour at which an export usually comes

    @property
    def by_mail(self) -> bool:
        return bool(self.email_to)

    @property
    def by_hook(self) -> bool:
        return bool(self.webhook_url)

    def problems(self) -> list[str]:
        """One sentence for each key that does not fit the others."""
        found = []
        if self.email_to and not self.smtp_host:
            found.append("notices.smtp_host is missing; expected the mail server that takes what goes to notices.email_to")
        if self.email_to and not self.email_from:
            found.append("notices.email_from is missing; expected the address that the mails come from")
        if self.smtp_host and not self.email_to:
            found.append("notices.email_to is empty, but notices.smtp_host is set; expected at least one address")
        addresses = [*(("notices.email_to", one) for one in self.email_to), ("notices.email_from", self.email_from or "a@b")]
        found += [
            f"{key} = {address!r} is no address; expected one like buchhaltung@example.com"
            for key, address in addresses
            if not _ADDRESS.match(address)
        ]
        found += self.server_problems("notices")
        if self.webhook_url and not web_host(self.webhook_url):
            found.append(f"notices.webhook_url = {self.webhook_url!r} is no address; expected https://… or http://…, without a user name")
        return found


class MailSection(MailServer):
    """The mail server that e-mails to debtors leave by; none leave without one."""

    email_from: str = ""
    reply_to: str = ""

    @property
    def is_on(self) -> bool:
        return bool(self.smtp_host)

    def problems(self) -> list[str]:
        """One sentence for each key that does not fit the others."""
        found = []
        if self.smtp_host and not self.email_from:
            found.append("mail.email_from is missing; expected the address that debtors see and answer to")
        found += [
            f"mail.{key} = {address!r} is no address; expected one like buchhaltung@example.com"
            for key, address in (("email_from", self.email_from), ("reply_to", self.reply_to))
            if address and not _ADDRESS.match(address)
        ]
        found += self.server_problems("mail")
        return found


class LettersSection(Section):
    """Letters into exchange/print; off as long as accounting's own dunning run sends them."""

    enabled: bool = False
    sender: list[str] = Field(default=[], max_length=6)  # the lines of the house's own address; the first stands above the debtor's


def web_host(url: str) -> str:
    """The host of an http or https address; "" when it is none, or holds a password that would show up in logs."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    fits = parts.scheme in ("http", "https") and parts.username is None and port != 0 and url.isprintable() and " " not in url
    return (parts.hostname or "") if fits else ""
