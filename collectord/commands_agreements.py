"""Commands about agreements with debtors: approvals, objection cards, callbacks and absences, the claim.

Owns how these commands ask the loops. Holds no rule; prints nothing.
Invariant: a command that writes runs on the one writer; its reply comes after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from collectord.asked import Reply, refusal
from collectord.core.contact.record_words import NONE
from collectord.core.telephony.callbacks import Absence
from collectord.core.wording import Texts, phrase, safe
from collectord.edge.store import inbound, promises
from collectord.loops import (
    absence_told,
    approvals,
    callback_report,
    callbacks,
    caller_id_report,
    outcomes,
    record,
    risk_report,
    talk_elsewhere,
    withdrawal,
)
from collectord.loops import claim as claims

CALLERS: Texts = {
    "none": (
        "No call of {number} waits for anybody; see collectord callers.",
        "Kein Anruf von {number} wartet auf jemanden; siehe collectord callers.",
    ),
    "done": ("{count} {count:call|calls} of {number}: looked after.", "{count} {count:Anruf|Anrufe} von {number}: erledigt."),
}

if TYPE_CHECKING:
    from collectord.commands import Context


async def record_facts(context: Context, args: Mapping[str, Any]) -> Reply:
    key = await context.key(args["debtor"])
    if "recording_withdrawn" in args:
        doc = await withdrawal.record_withdrawal(context.db, context.house, key, args, context.now, context.actor, context.id)
        return Reply(doc=doc)
    if args.get("objection") in NONE:
        take = record.record
    elif "attempt" in args:
        take = outcomes.record_from_person
    elif talk_elsewhere.OUTCOME & args.keys():
        take = talk_elsewhere.record_talk
    else:
        take = record.record
    doc = await take(context.db, context.rules, context.house, key, args, context.now, context.actor, context.id)
    _wake(context)
    return Reply(doc=doc)


async def approve(context: Context, args: Mapping[str, Any]) -> Reply:
    doc = await approvals.approve(context.db, context.house, args["promise"], args.get("note", ""), context.now, who(context, args))
    _wake(context)
    return Reply(doc=doc)


async def refuse(context: Context, args: Mapping[str, Any]) -> Reply:
    doc = await approvals.refuse(
        context.db, context.rules, context.house, args["promise"], args.get("reason", ""), context.now, who(context, args)
    )
    _wake(context)
    return Reply(doc=doc)


async def listed_promises(context: Context, args: Mapping[str, Any]) -> Reply:
    key = await context.key(args["debtor"]) if "debtor" in args else None
    how = {"key": key, "state": args.get("state"), "limit": args.get("limit", 10_000), "pending": bool(args.get("pending"))}
    return Reply(doc=await context.db.read(lambda conn: promises.listed_promises(conn, now=context.now, **how)))


async def objections(context: Context, args: Mapping[str, Any]) -> Reply:
    rules = context.rules
    return Reply(doc=[card.document(context.house.language, rules.legal_states) for card in rules.objections.values()])


def who(context: Context, args: Mapping[str, Any]) -> str:
    """The person named, and the user whose hands it was."""
    by = safe(args.get("by") or "", 60).strip()
    return f"{by} ({context.actor})" if by else context.actor


async def absence(context: Context, args: Mapping[str, Any]) -> Reply:
    told = Absence(
        id=context.id(),
        agent=args["agent"],
        from_on=date.fromisoformat(args["from_on"]),
        until_on=date.fromisoformat(args["until_on"]),
        deputy=args.get("deputy", ""),
    )
    doc = await callbacks.record_absence(context.db, context.settings, told, context.now, context.actor, revoke=bool(args.get("revoke")))
    moved = await callbacks.give_out(context.db, context.settings, context.now, context.id)
    _wake(context)
    left = {} if args.get("revoke") else await absence_told.nobody_left(context.db, context.settings, context.rules, told, context.now)
    return Reply(doc={**doc, "callbacks_moved": moved, **left})


async def absences(context: Context, args: Mapping[str, Any]) -> Reply:
    return Reply(doc=await callbacks.listed_absences(context.db, context.settings, context.now))


async def report_callbacks(context: Context, args: Mapping[str, Any]) -> Reply:
    return Reply(doc=await callback_report.report(context.db, context.settings, context.now, args.get("days", 30)))


async def claim(context: Context, args: Mapping[str, Any]) -> Reply:
    key = await context.key(args["debtor"])
    on = date.fromisoformat(args["on"]) if "on" in args else None
    return Reply(doc=await claims.claim(context.db, context.rules, context.house, key, context.now, on, args.get("paid")))


async def report_risk(context: Context, args: Mapping[str, Any]) -> Reply:
    return Reply(doc=await risk_report.report(context.db, context.rules, context.house, context.now, args.get("days", 365)))


async def report_caller_ids(context: Context, args: Mapping[str, Any]) -> Reply:
    return Reply(doc=await caller_id_report.report(context.db, context.house, context.now, args.get("days", 14)))


async def callers(context: Context, args: Mapping[str, Any]) -> Reply:
    return Reply(doc=await context.db.read(lambda conn: inbound.unreached(conn, limit=args.get("limit", 10_000))))


async def callers_done(context: Context, args: Mapping[str, Any]) -> Reply:
    number = args["number"]
    count = await context.db.write(lambda conn: inbound.look_after(conn, number, who(context, args), context.now))
    if not count:
        return refusal(phrase(CALLERS, "none", context.house.language, number=safe(number, 30)))
    return Reply(
        doc={"number": number, "calls": count, "note": phrase(CALLERS, "done", context.house.language, number=number, count=count)}
    )


REPORTS = {"callbacks": report_callbacks, "caller-ids": report_caller_ids, "risk": report_risk}
"""What `report KIND` knows."""


async def report(context: Context, args: Mapping[str, Any]) -> Reply:
    handler = REPORTS.get(args["kind"])
    if handler is None:
        return refusal(f"there is no report {args['kind']!r}; known are {', '.join(sorted(REPORTS))}")
    return await handler(context, args)


def _wake(context: Context) -> None:
    if context.daemon:
        context.daemon.wake()
