"""Messages: letters and e-mails that the ladder asks for leave the house, each once.

Reads tasks and facts, asks the gate, writes rows, hands e-mails to edge/mailing and letters to the folder that is printed from.
Invariant: the row is on disk before anything leaves; what left, or may have, never leaves again, and the step counts as taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from collectord.core.receivables.messages import (
    Answer,
    Message,
    MessageState,
    Never,
    NotNow,
    Taken,
    Unclear,
    Unreachable,
    judged,
)
from collectord.core.wording import Texts, phrase
from collectord.edge import outbox
from collectord.edge.crash import crash_point
from collectord.edge.letters import Letter, LetterUnwritable, write_letter
from collectord.edge.mailing import WITHIN as WITHIN_OF_SERVER
from collectord.edge.mailing import MailServer, Post
from collectord.edge.store import messages, tasks
from collectord.edge.store.connection import Database
from collectord.loops.clearance import switched_off
from collectord.loops.message_followed import write_down
from collectord.loops.print_folder import PrintIndex
from collectord.loops.readying import WITHIN, Order, Ready, make_ready
from collectord.settings import ConfigInvalid, MailSection, read_smtp_secret

AT_ONCE = 100  # messages of one turn
AGAIN_AFTER = timedelta(minutes=1)  # a mail server that cannot be reached; doubled with each failure …
AGAIN_AT_LATEST = timedelta(minutes=30)  # … up to this

TEXTS: Texts = {
    "interrupted": (
        "collectord was stopped while the e-mail was being sent; whether it left is not known.",
        "collectord wurde beendet, während die E-Mail gesendet wurde; ob sie hinausging, ist nicht bekannt.",
    ),
    "unnoted": (
        "What the mail server said could not be written down; whether the e-mail left is not known.",
        "Was der Mailserver sagte, ließ sich nicht festhalten; ob die E-Mail hinausging, ist nicht bekannt.",
    ),
}


def server_of(mail: MailSection, within: float) -> MailServer:
    """Raises ConfigInvalid when the password cannot be read."""
    return MailServer(
        host=mail.smtp_host, port=mail.smtp_port, tls=mail.smtp_tls, sender=mail.email_from, reply_to=mail.reply_to,
        user=mail.smtp_user, secret=read_smtp_secret(mail), within=within,
    )  # fmt: skip


async def reach(mail: MailSection, within: float) -> str:
    """Why no e-mail could leave now, asked of the server without sending one; "" when one could."""
    try:
        problem = await server_of(mail, within).reach()
    except ConfigInvalid as error:
        return str(error)
    return problem.why if problem else ""


@dataclass
class MessageDesk:
    """Sends; one for the life of the daemon."""

    db: Database
    new_id: Callable[[], str]
    log: Any = field(default_factory=structlog.get_logger)
    within: float = WITHIN_OF_SERVER  # s
    failures: int = 0  # of the mail server, in a row
    again: datetime | None = None  # when it is asked next
    index: PrintIndex = field(default_factory=PrintIndex)

    async def recover(self, order: Order, now: datetime) -> None:
        """After the process ended in the middle."""
        await self.db.write(lambda conn: tasks.release_overdue_leases(conn, now + WITHIN))
        await self._give_up(order, "interrupted", now)

    async def _give_up(self, order: Order, code: str, now: datetime) -> None:
        """Of an e-mail that was on its way nobody knows; letters go on with the next turn."""
        for message in await self.db.read(messages.being_sent):
            if message.medium == "email":
                await self._settle(order, message, Unclear(phrase(TEXTS, code, order.house.language)), now)

    async def turn(self, order: Order, now: datetime) -> int:
        """How many left. What a turn that failed left behind is finished first, whatever holds now."""
        await self._give_up(order, "unnoted", now)
        staged = [message for message in await self.db.read(messages.being_sent) if message.medium == "letter"]
        left = sum([await self._publish(order, message, now) for message in staged])
        media = order.media - ({"email"} if self._rests(now) else set())
        if media and not await self.db.read(lambda conn: switched_off(conn, order.settings.live)):
            left += await self._send_all(order, media, now)
        if "letter" in order.media:
            await self.index.follow(self.db, order.house, order.folders, left > 0, now)
        return left

    async def _send_all(self, order: Order, media: frozenset[str], now: datetime) -> int:
        if await self.db.read(lambda conn: tasks.is_any_due(conn, now)):
            await self.db.write(lambda conn: tasks.promote_due(conn, now))
        left = 0
        for task_id in await self.db.read(lambda conn: messages.waiting_tasks(conn, now, media, AT_ONCE)):
            ready = await self.db.write(lambda conn, task_id=task_id: make_ready(conn, order, task_id, self.new_id, now))  # type: ignore[misc]
            if ready is not None:
                crash_point("message-committed")
                left += await (self._mail if isinstance(ready.content, Post) else self._print)(order, ready, now)
            if self._rests(now):
                break  # what is left of this turn comes with the next one
        return left

    def _rests(self, now: datetime) -> bool:
        return self.again is not None and now < self.again

    async def _mail(self, order: Order, ready: Ready, now: datetime) -> bool:
        assert isinstance(ready.content, Post)
        answer = await self._mailed(order, ready.content)
        crash_point("message-answered")
        self._remember(answer, now)
        return await self._settle(order, ready.message, answer, now)

    async def _print(self, order: Order, ready: Ready, now: datetime) -> bool:
        assert isinstance(ready.content, Letter)
        try:
            pdf = await asyncio.to_thread(write_letter, ready.content)
            await asyncio.to_thread(outbox.stage, order.folders.print, ready.message.recipient, pdf)
        except LetterUnwritable as error:
            return await self._settle(order, ready.message, Never(error.why(order.house.language)), now)
        except outbox.OutboxUnwritable as error:
            return await self._settle(order, ready.message, NotNow(str(error)), now)
        crash_point("letter-staged")
        staged = replace(ready.message, state=MessageState.SENDING)
        await self.db.write(lambda conn: messages.put(conn, staged))
        crash_point("letter-noted")
        return await self._publish(order, staged, now)

    async def _mailed(self, order: Order, post: Post) -> Answer:
        try:
            server = server_of(order.settings.mail, self.within)
        except ConfigInvalid as error:
            return Unreachable(str(error))
        return await server.send(post)

    def _remember(self, answer: Answer, now: datetime) -> None:
        """A server that cannot be reached is left alone for a while."""
        if not isinstance(answer, Unreachable):
            self.failures, self.again = 0, None
            return
        self.failures += 1
        self.again = now + min(AGAIN_AT_LATEST, AGAIN_AFTER * 2 ** min(self.failures - 1, 10))
        self.log.warning("mail_server_unreachable", why=answer.why, failures=self.failures)

    async def _publish(self, order: Order, message: Message, now: datetime) -> bool:
        """The staged file gets its name; when it has it already, it may have been fetched meanwhile."""
        try:
            await asyncio.to_thread(outbox.publish, order.folders.print, message.recipient)
        except outbox.OutboxUnwritable as error:
            self.log.error("letter_not_published", why=str(error))  # it is staged: the next turn goes on with it
            return False
        crash_point("letter-published")
        return await self._settle(order, message, Taken(), now)

    async def _settle(self, order: Order, message: Message, answer: Answer, now: datetime) -> bool:
        after = judged(message, answer, now)
        await self.db.write(lambda conn: write_down(conn, after, order.rules, order.house, now))
        crash_point("message-noted")
        self.log.info(f"message_{after.state}", message=after.id, medium=after.medium, debtor=str(after.key), why=after.failure or None)
        return after.state is MessageState.SENT
