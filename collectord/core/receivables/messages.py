"""Letters and e-mails to debtors: what becomes of one after each try.

Owns the message's shape, its states and the way between them. Sends nothing; knows neither server nor printer.
Invariant: what has left, or may have, never leaves again; `sent` and `unknown` are final but for a person's word about an unknown one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from collectord.core.receivables.ledger import DebtorKey

MEDIA = ("email", "letter")
AGAIN_AFTER = timedelta(minutes=5)  # after a failure that passes; doubled with each …
AGAIN_AT_LATEST = timedelta(hours=4)  # … up to this
LOOK_AGAIN = timedelta(hours=24)  # after one that does not pass: has the address or the text changed?
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"\A(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*\Z", re.ASCII)
_UNSAFE = re.compile(r"[^A-Za-z0-9]+", re.ASCII)


class MessageState(StrEnum):
    DUE = "due"  # not sent: to be tried, or tried again
    SENDING = "sending"  # it may be on its way
    SENT = "sent"
    FAILED = "failed"  # refused for good: another address or another text is needed
    UNKNOWN = "unknown"  # nobody can say whether it went: never sent again by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: str
    task_id: str
    company: str
    debtor_no: str
    medium: str  # email | letter
    template: str  # with its version
    language: str
    items: tuple[str, ...]
    recipient: str  # address; a letter: the name of its file
    digest: str
    state: MessageState
    made_at: datetime
    not_before: datetime
    sent_at: datetime | None = None
    tries: int = 0
    failure: str = ""

    @property
    def key(self) -> DebtorKey:
        return DebtorKey(self.company, self.debtor_no)


@dataclass(frozen=True, slots=True)
class Taken:
    """The other side has it."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """It surely did not take it, and may later."""

    why: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The same, and no other message would fare better now."""

    why: str


@dataclass(frozen=True, slots=True)
class Never:
    """It surely did not take it, and will not."""

    why: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """It had the whole message, and nobody heard what it said to it."""

    why: str


Answer = Taken | NotNow | Unreachable | Never | Unclear


def judged(message: Message, answer: Answer, now: datetime) -> Message:
    """The message after this try."""
    if isinstance(answer, Taken):
        return replace(message, state=MessageState.SENT, sent_at=now, failure="")
    if isinstance(answer, Unclear):
        return replace(message, state=MessageState.UNKNOWN, sent_at=now, failure=answer.why)
    if isinstance(answer, Never):
        return replace(message, state=MessageState.FAILED, not_before=now + LOOK_AGAIN, failure=answer.why)
    again = min(AGAIN_AT_LATEST, AGAIN_AFTER * 2 ** min(max(message.tries - 1, 0), 10))
    return replace(message, state=MessageState.DUE, not_before=now + again, failure=answer.why)


def has_left(message: Message) -> bool:
    """It left, or may have: the step is taken, and the debtor has one contact more."""
    return message.state in (MessageState.SENT, MessageState.UNKNOWN)


def may_try(message: Message, recipient: str, template: str, now: datetime) -> bool:
    """A refused message only where something about it is another now; no e-mail that may be on its way."""
    match message.state:
        case MessageState.DUE:
            return now >= message.not_before
        case MessageState.FAILED:
            return message.medium == "letter" or (recipient, template) != (message.recipient, message.template)
        case _:
            return False


def is_address(text: str) -> bool:
    """One plain address and nothing else; none that a header would read as an encoded word (RFC 2047)."""
    return len(text) <= 254 and "=?" not in text and _ADDRESS.match(text) is not None


def letter_file(company: str, debtor_no: str, day: str, message_id: str) -> str:
    """`2026-11-23-1000-10023-<id>.pdf`: whatever a debtor's number holds, the name is one of this folder, and no other letter's."""
    parts = [_UNSAFE.sub("_", part)[:40] for part in (company, debtor_no) if part]
    return "-".join([day, *parts, _UNSAFE.sub("_", message_id)]) + ".pdf"
