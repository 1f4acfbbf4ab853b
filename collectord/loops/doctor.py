"""Doctor: tests the live surroundings, one line each with the remedy.

Reads PBX, folders, disk, clock, store and exports; writes nothing, dials nothing.
Invariant: a line is `ok` only when it was really tried; what could not be tried is `warn` and says so.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from collectord.core.house import House
from collectord.core.telephony.pbx_signs import signs
from collectord.edge import shipped
from collectord.edge.clock import Clock
from collectord.edge.inbox import ExchangeFolders, Patience
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.pbx.faults import PbxFault, PbxRefused
from collectord.edge.pbx.link import LinkState, PbxLink, tls_context
from collectord.edge.pbx.versions import DIALPLAN_VERSION
from collectord.edge.store import notices
from collectord.edge.store.connection import Database
from collectord.loops import habits, standing
from collectord.loops.pbx_watch import look_at
from collectord.settings import ConfigInvalid, MailSection, PbxSection, Settings, read_secret

DANGEROUS_MODULES = ("func_env.so", "func_shell.so", "app_system.so", "func_curl.so")
RECORDS_ASKED = "app_mixmonitor.so"
RECORD_REMEDY = "load app_mixmonitor.so, set COLL_RECORDINGS in collect-site.conf, add coll-record to features.conf"
RECORDING_MODULES = ("app_mixmonitor.so", "app_monitor.so", "res_monitor.so")
SQLITE_WAL_FIXED = (3, 51, 3)
READ_REMEDY = "manager.conf: read=call,user, and the eventfilter lines of asterisk-config/manager.conf or none"
LITTLE_DISK = 1024 * 1024 * 1024  # bytes
LINK_WITHIN = 8.0  # s
MAIL_WITHIN = 10.0  # s
INBOX_WITHIN, INBOX_SLOW = 10.0, 2.0  # s


def _line(check: str, outcome: str, found: str, remedy: str = "") -> dict[str, Any]:
    return {"check": check, "outcome": outcome, "found": found, "remedy": remedy}


async def examine(
    db: Database, settings: Settings, house: House, folders: ExchangeFolders, now: datetime, pbxes: Mapping[str, AsteriskPbx] | None
) -> list[dict[str, Any]]:
    """`[{"check", "outcome": ok|warn|fail, "found", "remedy"}]`. `pbxes`: the running daemon's links, None when none runs."""
    lines: list[dict[str, Any]] = []
    if not settings.pbx:
        lines.append(_line("pbx", "fail", "no [[pbx]] is configured", "add one to collectord.toml"))
    for section in settings.pbx:
        async with _pbx(section, pbxes) as (pbx, problem):
            if pbx is None:
                lines.append(_line(f"pbx {section.name}", "fail", problem, "check host, port, user and secret; see docs/INSTALL.md"))
            else:
                lines += await _pbx_lines(section, pbx, settings, db)
    lines += _folder_lines(settings, folders)
    lines.append(await _inbox_line(folders))
    lines += await _notice_lines(db, settings)
    lines += await _mail_lines(settings.mail)
    lines += _machine_lines(settings)
    lines += [
        _line(f"export {s.source}", "ok" if s.fresh and not s.held else "fail",
              f"as of {s.as_of}, {s.age} accounting {'day' if s.age == 1 else 'days'} old" if s.as_of else "none was accepted yet",
              "" if s.fresh and not s.held else "decide held batches; have accounting drop a new export")
        for s in await standing.sources(db, house, now)
    ] or [_line("export", "fail", "no export was accepted yet", "drop one into the inbox or use `collectord import`")]  # fmt: skip
    lines += [
        _line(f"export {one.source} by habit", "warn", one.sentence(house.language, house.time_zone), "ask accounting for it")
        for one in await db.read(lambda conn: habits.late_exports(conn, house, now))
    ]
    return lines


@asynccontextmanager
async def _pbx(section: PbxSection, pbxes: Mapping[str, AsteriskPbx] | None) -> AsyncIterator[tuple[AsteriskPbx | None, str]]:
    if pbxes is not None and section.name in pbxes:
        health = pbxes[section.name].link.health()
        yield (pbxes[section.name], "") if health.state is LinkState.UP else (None, health.sentence)
        return
    if section.kind == "simulated":
        yield None, "a simulated PBX lives only inside `collectord run`"
        return
    try:
        link = PbxLink(
            name=section.name,
            host=section.host,
            port=section.port,
            username=section.username,
            secret=read_secret(section),
            tls=tls_context(None) if section.tls else None,
            now=Clock().now,
        )
    except (ConfigInvalid, PbxFault) as error:
        yield None, str(error).removeprefix(f"pbx {section.name}: ")
        return
    async with asyncio.TaskGroup() as group:
        life = group.create_task(link.run())
        deadline = asyncio.get_running_loop().time() + LINK_WITHIN
        while link.health().state not in (LinkState.UP, LinkState.REFUSED, LinkState.LOST):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.05)
        health = link.health()
        yield (AsteriskPbx(link), "") if health.state is LinkState.UP else (None, health.sentence)
        life.cancel()


async def _pbx_lines(section: PbxSection, pbx: AsteriskPbx, settings: Settings, db: Database) -> list[dict[str, Any]]:
    name = f"pbx {section.name}"
    health = pbx.link.health()
    lines = [_line(name, "ok", f"{health.version}, {health.sentence}")]
    lines += [_line(f"{name} version", "warn", warning, "update Asterisk") for warning in health.warnings]
    try:
        rights = await pbx.privileges()
        if rights.missing:
            lines.append(
                _line(f"{name} rights", "fail", f"missing: {', '.join(rights.missing)}", "manager.conf: write=originate,call,reporting")
            )
        elif rights.excess:
            lines.append(
                _line(f"{name} rights", "warn", f"more than needed: {', '.join(rights.excess)}", "take these classes away from the login")
            )
        else:
            lines.append(_line(f"{name} rights", "ok", "exactly what is needed"))
        unread = await pbx.unread_classes()
        lines.append(
            _line(f"{name} reports", "fail", f"nothing comes of class {', '.join(unread)}", READ_REMEDY)
            if unread
            else _line(f"{name} reports", "ok", "calls and our dialplan are reported")
        )
        version = await pbx.dialplan_version()
        lines.append(
            _line(f"{name} dialplan", "ok", f"version {version}")
            if version == DIALPLAN_VERSION
            else _line(
                f"{name} dialplan",
                "fail",
                f"version {version or 'none'}, this collectord needs {DIALPLAN_VERSION}",
                f"include the files of {shipped.shipped_directory('dialplan')} and run `dialplan reload`",
            )
        )
        devices = await pbx.device_states()
        for agent in settings.agent:
            if agent.pbx == section.name:
                state = devices.get(agent.devices[0], "INVALID")
                bad = state in ("UNAVAILABLE", "INVALID", "UNKNOWN")
                lines.append(
                    _line(f"phone {agent.endpoint}", "warn" if bad else "ok", state.lower(), "register the phone at the PBX" if bad else "")
                )
        lines += await _lamp_lines(section, pbx, settings)
        lines += await _module_lines(name, pbx, asked=settings.recording.mode == "asked")
        lines += await _call_lines(section, pbx, settings, db, devices)
    except PbxFault as fault:
        lines.append(_line(f"{name} answers", "fail", str(fault), "see the PBX's log"))
    return lines


async def _call_lines(
    section: PbxSection, pbx: AsteriskPbx, settings: Settings, db: Database, devices: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One look instead of two a minute apart: what it shows may pass by itself."""
    endpoints = {agent.devices[0] for agent in settings.agent if agent.pbx == section.name}
    look = await look_at(db, pbx, {phone: state for phone, state in devices.items() if phone in endpoints}, ())
    found = signs(section.name, replace(look, dropped=0), look)
    lines = [_line(f"pbx {section.name} {sign.code}", "warn", sign.says("en"), "ask again in a minute: it may pass") for sign in found]
    return lines or [_line(f"pbx {section.name} calls", "ok", f"{len(look.attempts)} of ours, none lost track of, none recorded")]


async def _lamp_lines(section: PbxSection, pbx: AsteriskPbx, settings: Settings) -> list[dict[str, Any]]:
    agents, check = [agent.id for agent in settings.agent if agent.pbx == section.name], f"pbx {section.name} lamps"
    if not agents:
        return []
    try:
        shown = {agent: await pbx.lamp(agent) for agent in agents}
        keys = await pbx.has_lamp_key(agents[0])
    except PbxRefused as refused:
        missing = f"no key lamps (BLF): {refused}"
        return [_line(check, "warn", missing, "load func_devstate.so; manager.conf: write=originate,call,reporting")]
    if not keys:
        missing = f"coll-features has no hint *86{agents[0]}, so phones cannot show who is ready"
        return [_line(check, "warn", missing, "take over the lines of *86 from dialplan/collect-codes.conf, or use codes of your own")]
    dark = [agent for agent, state in shown.items() if state == "UNKNOWN"]
    return [_line(check, "ok", f"*86 and the agent's id; never told yet: {', '.join(dark)}" if dark else "*86 and the agent's id")]


async def _module_lines(name: str, pbx: AsteriskPbx, *, asked: bool) -> list[dict[str, Any]]:
    found = await pbx.modules(DANGEROUS_MODULES + RECORDING_MODULES)
    if any(loaded is None for loaded in found.values()):
        unsure = "the login cannot ask (func_module.so is not loaded), so dangerous and recording modules were not looked for"
        return [_line(f"{name} modules", "warn", unsure, "load func_module.so, or compare modules.conf with asterisk-config/modules.conf")]
    dangerous = "is loaded: with it a stolen login can read files or run programs"
    recording = "is loaded: the PBX can record calls (Sec. 201 StGB)"
    lines = [
        _line(f"{name} {module}", "warn", dangerous, f"noload={module}; FreePBX needs it: keep AMI on loopback")
        for module in DANGEROUS_MODULES
        if found[module]
    ]
    if asked:  # by collect-record.conf alone: what else records is told by the calls
        folder, module = await pbx.recordings_folder(), found.pop(RECORDS_ASKED)
        lines.append(
            _line(f"{name} recording", "ok", f"after a logged yes (*3), into {folder}")
            if module and folder.startswith("/")
            else _line(f"{name} recording", "warn", "recording is asked for, and this PBX cannot: the agents hear a refusal", RECORD_REMEDY)
        )
    lines += [
        _line(f"{name} {module}", "warn", recording, "make sure that nothing records, or unload it")
        for module in RECORDING_MODULES
        if found.get(module)
    ]
    return lines or [_line(f"{name} modules", "ok", "none that is dangerous, none that records")]


def _folder_lines(settings: Settings, folders: ExchangeFolders) -> list[dict[str, Any]]:
    lines = []
    for label, path in (("state_dir", settings.state_dir), ("exchange_dir", settings.exchange_dir), *((f.name, f) for f in folders.all())):
        try:
            there = path.is_dir()
        except OSError as error:
            lines.append(_line(f"folder {label}", "fail", f"{path}: {error.strerror}", "let this user enter the folders above it"))
            continue
        if not there:
            lines.append(_line(f"folder {label}", "fail", f"{path} is missing", "create it; `collectord run` does so where it may"))
        elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            lines.append(_line(f"folder {label}", "fail", f"{path} is not writable for this user", f"chown or chmod {path}"))
    if settings.state_dir.is_dir() and settings.state_dir.stat().st_mode & 0o077:
        lines.append(_line("folder state_dir", "warn", "others may look into it", f"chmod 700 {settings.state_dir}"))
    return lines or [_line("folders", "ok", "all there, all writable")]


async def _inbox_line(folders: ExchangeFolders) -> dict[str, Any]:
    """As the daemon looks at it: a share that hangs is given up after a while."""

    def look() -> int:
        with os.scandir(folders.inbox) as entries:
            return sum(1 for _ in entries)

    began = asyncio.get_running_loop().time()
    try:
        count = await Patience(INBOX_WITHIN).do(look)
    except OSError as error:
        return _line("inbox", "fail", f"{folders.inbox}: {error.strerror or error}", "mount the share, or let this user enter and read it")
    took = asyncio.get_running_loop().time() - began
    if took > INBOX_SLOW:
        return _line("inbox", "warn", f"{count} entries, read in {took:.1f} s", "a share this slow delays exports; look at its server")
    return _line("inbox", "ok", f"can be read, {count} entries")


async def _mail_lines(mail: MailSection) -> list[dict[str, Any]]:
    if not mail.is_on:
        return []
    from collectord.loops.messages import reach  # loads the mail library, which no other command needs

    if problem := await reach(mail, MAIL_WITHIN):
        return [_line("mail", "warn", problem, "no e-mail to a debtor leaves until this is mended; see [mail] in collectord.toml")]
    how = f"{mail.smtp_tls}, logged in as {mail.smtp_user}" if mail.smtp_user else mail.smtp_tls
    return [_line("mail", "ok", f"{mail.smtp_host}:{mail.smtp_port} answers ({how})")]


async def _notice_lines(db: Database, settings: Settings) -> list[dict[str, Any]]:
    from collectord.loops.notices import reach  # loads mail and web libraries, which no other command needs

    found = await reach(settings.notices)
    lines = [
        _line(f"notices by {way}", "ok" if good else "warn", said, "" if good else "see [notices] in collectord.toml")
        for way, good, said in found
    ] or [_line("notices", "warn", "nobody is told when something needs a person", "set email_to or webhook_url in [notices]")]
    unsent = await db.read(notices.unsent)
    if unsent.count and unsent.failure:
        lines.append(_line("notices unsent", "warn", f"{unsent.count}, because {unsent.failure}", "mend it; they leave by themselves then"))
    return lines


def _machine_lines(settings: Settings) -> list[dict[str, Any]]:
    lines = []
    if settings.state_dir.is_dir():
        free = os.statvfs(settings.state_dir)
        room = free.f_bavail * free.f_frsize
        lines.append(
            _line(
                "disk", "ok" if room > LITTLE_DISK else "warn", f"{room // 2**20} MB free", "" if room > LITTLE_DISK else "free some space"
            )
        )
    if Path("/run/systemd/timesync/synchronized").exists():
        lines.append(_line("clock", "ok", "synchronised"))
    else:
        lines.append(
            _line(
                "clock", "warn", "no sign of time synchronisation was found", "run systemd-timesyncd or chrony: calling hours depend on it"
            )
        )
    version = sqlite3.sqlite_version_info
    lines.append(
        _line("sqlite", "ok", f"{sqlite3.sqlite_version}")
        if version >= (3, 35, 0)
        else _line("sqlite", "fail", f"{sqlite3.sqlite_version} is too old", "use 3.35 or newer")
    )
    if (3, 35, 0) <= version < SQLITE_WAL_FIXED:
        lines[-1]["found"] += ": one connection writes and checkpoints, so the WAL fault fixed in 3.51.3 cannot strike"
    return lines
