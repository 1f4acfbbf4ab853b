"""Doctor: tests the live surroundings, one line each with the remedy.

Reads folders, disk, clock, store and exports, and each PBX through loops/doctor_pbx; writes nothing, dials nothing.
Invariant: a line is `ok` only when it was really tried; what could not be tried is `warn` and says so.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from collectord.core.house import House
from collectord.core.standing import Source
from collectord.edge.inbox import ExchangeFolders, Patience
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.store import meta, notices
from collectord.edge.store.connection import Database
from collectord.loops import doctor_pbx, habits, standing
from collectord.loops.doctor_words import Words
from collectord.loops.inbound import REACHED_AT
from collectord.settings import MailSection, Settings

SQLITE_WAL_FIXED = (3, 51, 3)
LITTLE_DISK = 1024 * 1024 * 1024  # bytes
MAIL_WITHIN = 10.0  # s
INBOX_WITHIN, INBOX_SLOW = 10.0, 2.0  # s
Lines = list[dict[str, Any]]


async def examine(
    db: Database, settings: Settings, house: House, folders: ExchangeFolders, now: datetime, pbxes: Mapping[str, AsteriskPbx] | None
) -> Lines:
    """`[{"check", "outcome": ok|warn|fail, "found", "remedy"}]`. `pbxes`: the running daemon's links, None when none runs."""
    words = Words(house.language, house.time_zone)
    lines: Lines = []
    if not settings.pbx:
        lines.append(words.fail("pbx", "no_pbx"))
    for section in settings.pbx:
        async with doctor_pbx.reached(section, pbxes, words) as (pbx, problem):
            if pbx is None:
                lines.append(words.fail(f"pbx {section.name}", "pbx", why=problem))
            else:
                lines += await doctor_pbx.examined(section, pbx, settings, db, words)
    lines += await _shown_numbers(db, settings, words)
    lines += _folders(settings, folders, words)
    lines.append(await _inbox(folders, words))
    lines += await _notices(db, settings, words)
    lines += await _mail(settings.mail, words)
    lines += _machine(settings, words)
    lines += [_export(source, words) for source in await standing.sources(db, house, now)] or [words.fail("export", "no_export")]
    lines += [
        words.warn(f"export {one.source} by habit", "late", why=one.sentence(house.language, house.time_zone))
        for one in await db.read(lambda conn: habits.late_exports(conn, house, now))
    ]
    return lines


def _export(source: Source, words: Words) -> dict[str, Any]:
    check, as_of = f"export {source.source}", date.fromisoformat(source.as_of) if source.as_of else None
    code = "never_exported" if as_of is None else "uncounted" if source.age is None else "export"
    if source.fresh and not source.held:
        return words.ok(check, code, as_of=as_of, age=source.age)
    return words.fail(check, code, "export", as_of=as_of, age=source.age)


async def _shown_numbers(db: Database, settings: Settings, words: Words) -> Lines:
    """Debtors call back what they have seen: whether that reaches us shows when somebody does."""
    lines = []
    for number in dict.fromkeys(company.caller_id for company in settings.company):
        at = await db.read(lambda conn, key=REACHED_AT + number: meta.get(conn, key))  # type: ignore[misc]
        check = f"caller ID {number}"
        lines.append(words.ok(check, "called_back", at=datetime.fromisoformat(at)) if at else words.warn(check, "never_called"))
    return lines


def _folders(settings: Settings, folders: ExchangeFolders, words: Words) -> Lines:
    lines = []
    for label, path in (("state_dir", settings.state_dir), ("exchange_dir", settings.exchange_dir), *((f.name, f) for f in folders.all())):
        try:
            there = path.is_dir()
        except OSError as error:
            lines.append(words.fail(f"folder {label}", "not_entered", path=str(path), why=error.strerror or str(error)))
            continue
        if not there:
            lines.append(words.fail(f"folder {label}", "missing", path=str(path)))
        elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            lines.append(words.fail(f"folder {label}", "unwritable", path=str(path)))
    if settings.state_dir.is_dir() and settings.state_dir.stat().st_mode & 0o077:
        lines.append(words.warn("folder state_dir", "open_state", path=str(settings.state_dir)))
    return lines or [words.ok("folders", "folders")]


async def _inbox(folders: ExchangeFolders, words: Words) -> dict[str, Any]:
    """As the daemon looks at it: a share that hangs is given up after a while."""

    def look() -> int:
        with os.scandir(folders.inbox) as entries:
            return sum(1 for _ in entries)

    began = asyncio.get_running_loop().time()
    try:
        count = await Patience(INBOX_WITHIN).do(look)
    except OSError as error:
        return words.fail("inbox", "inbox_fault", path=str(folders.inbox), why=error.strerror or str(error))
    took = asyncio.get_running_loop().time() - began
    if took > INBOX_SLOW:
        return words.warn("inbox", "inbox_slow", count=count, took=f"{took:.1f}")
    return words.ok("inbox", "inbox", count=count)


async def _mail(mail: MailSection, words: Words) -> Lines:
    if not mail.is_on:
        return []
    from collectord.loops.messages import reach  # loads the mail library, which no other command needs

    if problem := await reach(mail, MAIL_WITHIN):
        return [words.warn("mail", "mail_fault", why=problem)]
    code = "mail_as" if mail.smtp_user else "mail"
    return [words.ok("mail", code, host=mail.smtp_host, port=mail.smtp_port, how=mail.smtp_tls, user=mail.smtp_user)]


async def _notices(db: Database, settings: Settings, words: Words) -> Lines:
    from collectord.loops.notices import reach  # loads mail and web libraries, which no other command needs

    found = await reach(settings.notices)
    lines = [words.judged(good, f"notices by {way}", "notice_way", why=said) for way, good, said in found] or [
        words.warn("notices", "no_notices")
    ]
    unsent = await db.read(notices.unsent)
    if unsent.count and unsent.failure:
        lines.append(words.warn("notices unsent", "unsent", count=unsent.count, why=unsent.failure))
    return lines


def _machine(settings: Settings, words: Words) -> Lines:
    lines = []
    if settings.state_dir.is_dir():
        free = os.statvfs(settings.state_dir)
        room = free.f_bavail * free.f_frsize
        lines.append(words.judged(room > LITTLE_DISK, "disk", "disk", room=room // 2**20))
    synchronised = Path("/run/systemd/timesync/synchronized").exists()
    lines.append(words.ok("clock", "clock") if synchronised else words.warn("clock", "clock_alone"))
    version, told = sqlite3.sqlite_version_info, sqlite3.sqlite_version
    if version < (3, 35, 0):
        return [*lines, words.fail("sqlite", "sqlite_old", version=told)]
    return [*lines, words.ok("sqlite", "sqlite" if version >= SQLITE_WAL_FIXED else "sqlite_wal", version=told)]
