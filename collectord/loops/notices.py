"""Notices: what begins and ends is noted, and what is noted leaves by every way there is, until it was taken.

Reads conditions and open notices, asks core/notices, writes the store, hands messages to edge/notices. Decides no condition.
Invariant: noted before sent, marked as gone only after it was taken; several together in one message, and a while between two messages.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from collectord.core.notices import TEXTS, Condition, Memory, judge, message
from collectord.core.wording import Language, phrase
from collectord.edge.notices import Hook, Mailbox, NotTaken, Parcel, Way
from collectord.edge.store import notices
from collectord.edge.store.connection import Connection, Database
from collectord.settings import ConfigInvalid, NoticesSection, read_smtp_secret

BETWEEN = timedelta(minutes=5)  # two messages by one way; what begins meanwhile goes together
AGAIN_AFTER = timedelta(seconds=30)  # a way that failed; doubled with each failure …
AGAIN_AT_LATEST = timedelta(minutes=10)  # … up to this
AT_ONCE = 500  # notices of one message


def ways(section: NoticesSection) -> dict[notices.Way, Way]:
    """The ways out that are configured. Raises ConfigInvalid when the mail server's password cannot be read."""
    found: dict[notices.Way, Way] = {}
    if section.by_mail:
        found["mail"] = Mailbox(
            host=section.smtp_host,
            port=section.smtp_port,
            tls=section.smtp_tls,
            sender=section.email_from,
            recipients=tuple(section.email_to),
            user=section.smtp_user,
            secret=read_smtp_secret(section),
        )
    if section.by_hook:
        found["hook"] = Hook(url=section.webhook_url)
    return found


async def reach(section: NoticesSection) -> list[tuple[notices.Way, bool, str]]:
    """Tries each way without sending anything: (way, whether it can be reached, what was found)."""
    try:
        found = ways(section)
    except ConfigInvalid as error:
        return [("mail", False, str(error))]
    tried: list[tuple[notices.Way, bool, str]] = []
    for name, way in found.items():
        try:
            tried.append((name, True, await way.reach()))
        except NotTaken as error:
            tried.append((name, False, str(error)))
    return tried


@dataclass
class Trouble:
    """A way that failed."""

    failures: int = 0
    again: datetime | None = None


@dataclass
class NoticeDesk:
    """Notes and sends; one for the life of the daemon."""

    db: Database
    new_id: Callable[[], str]
    log: Any = field(default_factory=structlog.get_logger)
    memory: Memory = field(default_factory=Memory)
    troubles: dict[str, Trouble] = field(default_factory=dict)

    async def note(self, conditions: Iterable[Condition], language: Language, now: datetime) -> None:
        """What began and what is over, on disk."""
        judged = judge(conditions, await self.db.read(notices.lasting), self.memory, now)
        if not judged.begun and not judged.over:
            return

        async def job(conn: Connection) -> None:
            for condition in judged.begun:
                await notices.add(conn, self.new_id(), condition, now)
            for told in judged.over:
                if await notices.end(conn, told.id, now):
                    sentence = phrase(TEXTS, "over", language, sentence=told.sentence)
                    over = Condition(kind="over", subject=f"{told.kind}:{told.subject}", sentence=sentence)
                    await notices.add(conn, self.new_id(), over, now)

        await self.db.write(job)
        for condition in judged.begun:
            self.log.info("notice_begun", kind=condition.kind, subject=condition.subject)
        for told in judged.over:
            self.log.info("notice_over", kind=told.kind, subject=told.subject)

    async def send(self, section: NoticesSection, language: Language, now: datetime) -> None:
        """By each way what did not leave this way yet; a failure is noted and tried again, later each time."""
        try:
            found = ways(section)
        except ConfigInvalid as error:
            self.log.error("notices_not_sent", why=str(error))
            return
        for name, way in found.items():
            await self._send_by(name, way, language, now)
        await self.db.write(partial(notices.settle, ways=tuple(found), now=now))

    async def _send_by(self, name: notices.Way, way: Way, language: Language, now: datetime) -> None:
        trouble = self.troubles.setdefault(name, Trouble())
        if trouble.again and now < trouble.again:
            return
        last = await self.db.read(partial(notices.last_left, way=name))
        if last and timedelta(0) <= now - last < BETWEEN:
            return
        untold = await self.db.read(partial(notices.untold, way=name, limit=AT_ONCE))
        if not untold:
            return
        ids = [one["id"] for one in untold]
        try:
            known = await way.send(_parcel(untold, language, now))
        except NotTaken as error:
            trouble.failures += 1
            trouble.again = now + min(AGAIN_AT_LATEST, AGAIN_AFTER * 2 ** min(trouble.failures - 1, 10))
            await self.db.write(partial(notices.failed, ids=ids, failure=str(error)))
            self.log.warning("notices_not_sent", way=name, count=len(ids), failures=trouble.failures, why=str(error))
            return
        self.troubles[name] = Trouble()
        await self.db.write(partial(notices.left, way=name, ids=ids, now=now))
        self.log.info("notices_sent", way=name, count=len(ids), but=known or None)


def _parcel(untold: list[dict[str, str]], language: Language, now: datetime) -> Parcel:
    host = os.uname().nodename
    return Parcel(message=message(untold, host, language), notices=untold, host=host, at=now)
