"""Doctor at the PBX: login, rights, reports, dialplan, phones, lamps, modules, calls.

Asks one PBX, over the daemon's link where one runs. Places and ends no call, changes nothing.
Invariant: what the PBX refuses to say is a warning of its own, never an "ok".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from collectord.core.telephony.pbx_signs import signs
from collectord.core.wording import phrase
from collectord.edge import shipped
from collectord.edge.clock import Clock
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.pbx.faults import PbxFault, PbxRefused
from collectord.edge.pbx.link import LinkState, PbxLink, tls_context
from collectord.edge.pbx.versions import DIALPLAN_VERSION
from collectord.edge.store.connection import Database
from collectord.loops.doctor_words import TEXTS, Words
from collectord.loops.pbx_watch import look_at
from collectord.settings import ConfigInvalid, PbxSection, Settings, read_secret

DANGEROUS_MODULES = ("func_env.so", "func_shell.so", "app_system.so", "func_curl.so")
RECORDS_ASKED = "app_mixmonitor.so"
RECORDING_MODULES = ("app_mixmonitor.so", "app_monitor.so", "res_monitor.so")
LINK_WITHIN = 8.0  # s
Lines = list[dict[str, Any]]


@asynccontextmanager
async def reached(
    section: PbxSection, pbxes: Mapping[str, AsteriskPbx] | None, words: Words
) -> AsyncIterator[tuple[AsteriskPbx | None, str]]:
    """The PBX, over the running daemon's link or one of its own; None and why not."""
    if pbxes is not None and section.name in pbxes:
        health = pbxes[section.name].link.health()
        yield (pbxes[section.name], "") if health.state is LinkState.UP else (None, health.sentence)
        return
    if section.kind == "simulated":
        yield None, phrase(TEXTS, "simulated", words.language)
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


async def examined(section: PbxSection, pbx: AsteriskPbx, settings: Settings, db: Database, words: Words) -> Lines:
    name = f"pbx {section.name}"
    health = pbx.link.health()
    lines = [words.ok(name, "up", version=health.version, why=health.sentence)]
    lines += [words.warn(f"{name} version", "version", why=warning) for warning in health.warnings]
    try:
        rights = await pbx.privileges()
        if rights.missing:
            lines.append(words.fail(f"{name} rights", "rights_missing", which=rights.missing))
        elif rights.excess:
            lines.append(words.warn(f"{name} rights", "rights_excess", which=rights.excess))
        else:
            lines.append(words.ok(f"{name} rights", "rights"))
        unread = await pbx.unread_classes()
        lines.append(words.fail(f"{name} reports", "unread", which=unread) if unread else words.ok(f"{name} reports", "read"))
        lines.append(_dialplan(name, await pbx.dialplan_version(), words))
        devices = await pbx.device_states()
        for agent in settings.agent:
            if agent.pbx == section.name:
                state = devices.get(agent.devices[0], "INVALID")
                bad = state in ("UNAVAILABLE", "INVALID", "UNKNOWN")
                lines.append(words.judged(not bad, f"phone {agent.endpoint}", "phone", state=state.lower()))
        lines += await _lamps(section, pbx, settings, words)
        lines += await _modules(name, pbx, words, asked=settings.recording.mode == "asked")
        if settings.inbound.self_service:
            lines.append(await _self_service(name, pbx, words))
        lines += await _calls(section, pbx, settings, db, devices, words)
    except PbxFault as fault:
        lines.append(words.fail(f"{name} answers", "fault", why=str(fault)))
    return lines


def _dialplan(name: str, version: str, words: Words) -> dict[str, Any]:
    if version == DIALPLAN_VERSION:
        return words.ok(f"{name} dialplan", "dialplan", version=version)
    code, folder = "other_dialplan" if version else "no_dialplan", str(shipped.shipped_directory("dialplan"))
    return words.fail(f"{name} dialplan", code, "dialplan", version=version, needed=DIALPLAN_VERSION, folder=folder)


async def _calls(
    section: PbxSection, pbx: AsteriskPbx, settings: Settings, db: Database, devices: Mapping[str, str], words: Words
) -> Lines:  # fmt: skip
    """One look instead of two a minute apart: what it shows may pass by itself."""
    endpoints = {agent.devices[0] for agent in settings.agent if agent.pbx == section.name}
    look = await look_at(db, pbx, {phone: state for phone, state in devices.items() if phone in endpoints}, ())
    found = signs(section.name, replace(look, dropped=0), look)
    lines = [words.warn(f"pbx {section.name} {sign.code}", "sign", why=sign.says(words.language)) for sign in found]
    return lines or [words.ok(f"pbx {section.name} calls", "calls", count=len(look.attempts))]


async def _lamps(section: PbxSection, pbx: AsteriskPbx, settings: Settings, words: Words) -> Lines:
    agents, check = [agent.id for agent in settings.agent if agent.pbx == section.name], f"pbx {section.name} lamps"
    if not agents:
        return []
    try:
        shown = {agent: await pbx.lamp(agent) for agent in agents}
        keys = await pbx.has_lamp_key(agents[0])
    except PbxRefused as refused:
        return [words.warn(check, "no_lamps", why=str(refused))]
    if not keys:
        return [words.warn(check, "no_lamp_key", agent=agents[0])]
    dark = [agent for agent, state in shown.items() if state == "UNKNOWN"]
    return [words.ok(check, "lamps_dark", which=dark) if dark else words.ok(check, "lamps")]


async def _self_service(name: str, pbx: AsteriskPbx, words: Words) -> dict[str, Any]:
    """Asked for, and no caller would be asked anything where the dialplan has no such context."""
    try:
        there = await pbx.has_self_service()
    except PbxRefused:
        there = False
    return words.ok(f"{name} self-service", "self_service") if there else words.warn(f"{name} self-service", "no_self_service")


async def _modules(name: str, pbx: AsteriskPbx, words: Words, *, asked: bool) -> Lines:
    found = await pbx.modules(DANGEROUS_MODULES + RECORDING_MODULES)
    if any(loaded is None for loaded in found.values()):
        return [words.warn(f"{name} modules", "modules_unseen")]
    lines = [words.warn(f"{name} {module}", "dangerous", module=module) for module in DANGEROUS_MODULES if found[module]]
    if asked:  # by collect-record.conf alone: what else records is told by the calls
        folder, module = await pbx.recordings_folder(), found.pop(RECORDS_ASKED)
        can = bool(module) and folder.startswith("/")
        lines.append(words.ok(f"{name} recording", "recording", folder=folder) if can else words.warn(f"{name} recording", "no_recording"))
    lines += [words.warn(f"{name} {module}", "can_record") for module in RECORDING_MODULES if found.get(module)]
    return lines or [words.ok(f"{name} modules", "modules")]
