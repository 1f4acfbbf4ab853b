"""Commands about dialling: live and shadow, pause and resume, a call and a test call by hand, doctor.

Owns how these commands ask the loops, and what they answer. Holds no rule; prints nothing.
Invariant: nothing is made live while doctor finds a failure or a caller ID had no test call; every switch leaves a sentence in the trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from collectord.asked import Reply, refusal
from collectord.core.telephony.pauses import keyed_reason
from collectord.core.wording import Texts, Told, phrase, safe
from collectord.edge.store import meta
from collectord.edge.store.connection import Connection
from collectord.loops import doctor as doctoring
from collectord.loops import duty

if TYPE_CHECKING:
    from collectord.commands import Context

TEXTS: Texts = {
    "no_daemon": (
        "no daemon runs here, so nothing can be dialled; start it with `collectord run`",
        "Hier läuft kein Dienst, also kann nichts gewählt werden; starten Sie ihn mit `collectord run`",
    ),
    "paused": ("dialling is paused; calls in progress go on. {reason}", "Das Wählen ruht; laufende Anrufe gehen weiter. {reason}"),
    "resumed": ("dialling goes on", "Das Wählen geht weiter"),
    "no_agent": ("agent '{agent}' is not in the configuration", "Telefonist '{agent}' steht nicht in der Konfiguration"),
    "not_live": ("not made live:", "Nicht scharf geschaltet:"),
    "finding": ("{check}: {found}; {remedy}", "{check}: {found}; {remedy}"),
    "no_company": (
        "no [[company]] is configured, so no call could show a caller ID; add one",
        "Keine [[company]] ist eingerichtet, also könnte kein Anruf eine Rufnummer zeigen; tragen Sie eine ein",
    ),
    "untested": (
        "caller ID {number} had no answered test call yet; make one with `collectord test-call --agent ID --to NUMBER`",
        "Mit der Rufnummer {number} wurde noch kein Probeanruf angenommen; machen Sie einen mit"
        " `collectord test-call --agent KENNUNG --to NUMMER`",
    ),
    "live": ("collectord is live: it dials from now on", "collectord ist scharf geschaltet: von jetzt an wird gewählt"),
    "shadow": (
        "shadow mode: collectord plans, lists and explains, and dials nothing",
        "Schattenbetrieb: collectord plant, listet auf und erklärt, und wählt nichts",
    ),
}  # fmt: skip


async def call(context: Context, args: Mapping[str, Any]) -> Reply:
    key = await context.key(args["debtor"])
    if context.daemon is None:
        return refusal(_say(context, "no_daemon"))
    return await context.daemon.call_now(key, args["agent"], context.actor)


async def test_call(context: Context, args: Mapping[str, Any]) -> Reply:
    if context.daemon is None:
        return refusal(_say(context, "no_daemon"))
    return await context.daemon.test_call(args["agent"], args["to"], args["company"])


async def pause(context: Context, args: Mapping[str, Any]) -> Reply:
    if "agent" in args:
        return await _agent_pause(context, args["agent"], True, args.get("reason", ""))
    return await _switch(context, "paused", "yes", "paused", _say(context, "paused", reason=args.get("reason", "")).strip())


async def resume(context: Context, args: Mapping[str, Any]) -> Reply:
    if "agent" in args:
        return await _agent_pause(context, args["agent"], False, "")
    return await _switch(context, "paused", "no", "resumed", _say(context, "resumed"))


async def live(context: Context, args: Mapping[str, Any]) -> Reply:
    problems = [_finding(context, found) for found in await _examine(context) if found["outcome"] == "fail"]
    if not context.settings.company:
        problems.append(_say(context, "no_company"))
    tested = await context.db.read(meta.tested_caller_ids)
    shown = (company.caller_id for company in context.settings.company)
    problems += [_say(context, "untested", number=number) for number in shown if number not in tested]
    if problems:
        return Reply(doc={"live": False, "missing": problems}, exit=1, error="\n".join([_say(context, "not_live"), *problems]))
    return await _switch(context, "live", "yes", "live", _say(context, "live"))


async def shadow(context: Context, args: Mapping[str, Any]) -> Reply:
    return await _switch(context, "live", "no", "shadow", _say(context, "shadow"))


async def doctor(context: Context, args: Mapping[str, Any]) -> Reply:
    findings = await _examine(context)
    failed = [found for found in findings if found["outcome"] == "fail"]
    return Reply(doc=findings, exit=1 if failed else 0, error="\n".join(_finding(context, found) for found in failed))


def _say(context: Context, code: str, **values: object) -> str:
    return phrase(TEXTS, code, context.house.language, context.house.time_zone, **values)


def _finding(context: Context, found: Mapping[str, str]) -> str:
    return _say(context, "finding", **{part: Told(safe(found[part], 1_000)) for part in ("check", "found", "remedy")})


async def _examine(context: Context) -> list[dict[str, Any]]:
    pbxes = context.daemon.pbxes() if context.daemon else None
    return await doctoring.examine(context.db, context.settings, context.house, context.folders, context.now, pbxes)


async def _switch(context: Context, key: str, value: str, kind: str, sentence: str) -> Reply:
    async def job(conn: Connection) -> None:
        await meta.put(conn, key, value)
        await meta.note(conn, context.id(), context.now, kind, context.actor, sentence)

    await context.db.write(job)
    if context.daemon:
        context.daemon.wake()
    return Reply(doc={"state": kind, "note": sentence})


async def _agent_pause(context: Context, agent_id: str, paused: bool, reason: str) -> Reply:
    if agent_id not in {agent.id for agent in context.settings.agent}:
        return refusal(_say(context, "no_agent", agent=agent_id))
    reason = keyed_reason(reason, context.settings.dialling.pause_reasons) or reason or context.actor
    await duty.set_paused(context.db, context.settings, agent_id, paused, reason, context.now)
    if context.daemon:
        context.daemon.wake()
    return Reply(doc={"agent": agent_id, "paused": paused})
