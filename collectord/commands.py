"""Commands: which loop answers which command of the command line.

Owns the table of commands. Holds no rule; prints nothing.
Invariant: a command that writes runs on the one writer; its reply comes after the commit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from collectord import commands_agreements as agreements
from collectord import commands_dialling as dialling
from collectord import commands_rules, commands_scripts
from collectord.asked import Reply, refusal
from collectord.core.exports.difference import decided
from collectord.core.exports.intake import TEXTS as INTAKE_TEXTS
from collectord.core.exports.intake import Receipt
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.messages import MessageState
from collectord.core.receivables.promises import PromiseState
from collectord.core.receivables.tasks import TaskState
from collectord.core.rules import Rules
from collectord.core.telephony import attempt_words
from collectord.core.telephony.attempts import AttemptState
from collectord.core.wording import phrase
from collectord.edge import inbox
from collectord.edge.ids import new_id
from collectord.edge.store import batches, calls, ledger, messages, notices, payments, promises
from collectord.edge.store.connection import Connection, Database
from collectord.loops import (
    call_sheet,
    corrections,
    debtor_list,
    duty,
    explain,
    history,
    intake,
    outbox,
    quality,
    standing,
    team,
    workload,
)
from collectord.loops import promises as promise_loop
from collectord.settings import Settings

if TYPE_CHECKING:
    from collectord.edge.pbx.asterisk import AsteriskPbx


class Running(Protocol):
    """What only a running daemon can do or knows."""

    async def standing(self, now: datetime) -> dict[str, Any]: ...
    def device_states(self) -> Mapping[str, str]: ...
    def pbxes(self) -> Mapping[str, AsteriskPbx]: ...
    def wake(self) -> None: ...
    async def call_now(self, key: DebtorKey, agent_id: str, actor: str) -> Reply: ...
    async def test_call(self, agent_id: str, to: str, company: str) -> Reply: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a command may use."""

    settings: Settings
    house: House
    rules: Rules
    db: Database
    folders: inbox.ExchangeFolders
    now: datetime
    actor: str
    daemon: Running | None = None
    watch: intake.Watch = intake.unwatched
    opened: Mapping[str, int] = field(default_factory=dict)  # files that the client opened, by name: the daemon opens none for it

    def id(self) -> str:
        return new_id(self.now)

    def intake(self) -> intake.IntakeEdges:
        return intake.IntakeEdges(
            db=self.db, folders=self.folders, house=self.house, new_id=lambda: new_id(self.now), sources=self.rules.sources,
            watch=self.watch,
        )  # fmt: skip

    async def key(self, text: str) -> DebtorKey:
        return await self.db.read(lambda conn: ledger.find_key(conn, text))


Handler = Callable[[Context, Mapping[str, Any]], Awaitable[Reply]]


async def import_files(context: Context, args: Mapping[str, Any]) -> Reply:
    as_of = date.fromisoformat(args["as_of"]) if "as_of" in args else None
    receipts, problems = [], []
    for name in args["files"]:
        try:
            found = await intake.import_all(
                context.intake(), Path(name), source=args.get("source"), mode=args.get("mode"), as_of=as_of, now=context.now,
                opened=context.opened.get(name),
            )  # fmt: skip
        except OSError as error:
            problems.append(_unread(context, name, error))
            continue
        receipts += [receipt.as_json() for receipt in found]
    await _after_import(context)
    good = not problems and all(receipt["status"] in ("accepted", "duplicate") for receipt in receipts)
    problems += [f"{r['file']}: {r['status']}: {r['reason']}" for r in receipts if r["status"] not in ("accepted", "duplicate")]
    return Reply(doc=receipts, exit=0 if good else 1, error="\n".join(problems))


def _unread(context: Context, name: str, error: OSError) -> str:
    """Whether the file is at fault, or a folder of ours into which its copy goes."""
    at = Path(error.filename or name)
    if at.parent != context.folders.of("processing"):
        return f"{at}: {error.strerror or error}; nothing was read"
    return f"{at.parent}: {error.strerror or error}; nothing was read; make this folder writable, `collectord doctor` looks at all of them"


async def _after_import(context: Context) -> None:
    await corrections.settle(context.db, context.house, context.now, context.id)
    await promise_loop.judge_promises(context.db, context.rules, context.house, context.now)
    if context.daemon:
        context.daemon.wake()


async def accept(context: Context, args: Mapping[str, Any]) -> Reply:
    receipt = await intake.accept_batch(context.intake(), args["batch"], context.now)
    await _after_import(context)
    return _decided(context, receipt)


async def reject(context: Context, args: Mapping[str, Any]) -> Reply:
    receipt = await intake.reject_batch(context.intake(), args["batch"], context.now)
    await _after_import(context)
    return _decided(context, receipt)


def _decided(context: Context, receipt: Receipt) -> Reply:
    doc = receipt.as_json()
    return Reply(doc={**doc, "note": decided(doc, context.house.language)})


async def show_batch(context: Context, args: Mapping[str, Any]) -> Reply:
    """One batch's receipt, with what it would change or changed, for the person who decides."""
    if await context.db.read(lambda conn: batches.stored(conn, args["batch"])) is None:
        return refusal(phrase(INTAKE_TEXTS, "no_batch", context.house.language, batch=args["batch"]))
    receipt = await context.db.read(lambda conn: batches.receipt(conn, args["batch"]))
    return Reply(doc=receipt.as_json())


async def call_list(context: Context, args: Mapping[str, Any]) -> Reply:
    on_duty = await duty.on_duty(context.db, context.settings, {}, context.now)
    capacity = await workload.capacity(context.db, context.settings, context.rules, context.house, context.now)
    doc = await call_sheet.call_list(
        context.db, context.rules, context.house, context.now, days=args["days"], agents=on_duty, capacity=capacity
    )
    return Reply(doc=doc)


async def explain_debtor(context: Context, args: Mapping[str, Any]) -> Reply:
    key = await context.key(args["debtor"])
    names = {agent.id: agent.name for agent in context.settings.agent}
    doc = await explain.explain(context.db, context.rules, context.house, key, context.now, item=args.get("item"), agents=names)
    return Reply(doc=doc)


async def _listed(context: Context, args: Mapping[str, Any], lister: Callable[..., Awaitable[list[dict[str, Any]]]]) -> Reply:
    key = await context.key(args["debtor"]) if "debtor" in args else None
    job: Callable[[Connection], Awaitable[list[dict[str, Any]]]] = lambda conn: lister(  # noqa: E731
        conn, now=context.now, key=key, state=args.get("state"), limit=args.get("limit", 10_000)
    )
    return Reply(doc=await context.db.read(job))


def _lister(listed: Callable[..., Awaitable[list[dict[str, Any]]]]) -> Handler:
    async def answer(context: Context, args: Mapping[str, Any]) -> Reply:
        return await _listed(context, args, listed)

    return answer


def _with_why(listed: Callable[..., Awaitable[list[dict[str, Any]]]]) -> Handler:
    """Attempts: why each ended as it did, in the language of the house."""

    async def answer(context: Context, args: Mapping[str, Any]) -> Reply:
        reply = await _listed(context, args, listed)
        return Reply(doc=[{**row, "why": attempt_words.told(row["why"], context.house.language)} for row in reply.doc])

    return answer


async def debtors(context: Context, args: Mapping[str, Any]) -> Reply:
    key = await context.key(args["debtor"]) if "debtor" in args else None
    return Reply(doc=await debtor_list.debtors(context.db, context.house, context.now, key=key, limit=args.get("limit", 10_000)))


async def agents(context: Context, args: Mapping[str, Any]) -> Reply:
    return Reply(doc=await team.listed(context.db, context.settings, _devices(context), context.now))


def _devices(context: Context) -> Mapping[str, str]:
    return context.daemon.device_states() if context.daemon else {}


async def import_history(context: Context, args: Mapping[str, Any]) -> Reply:
    opened = context.opened.get(args["file"])
    doc = await history.import_history(context.db, context.house, Path(args["file"]), context.now, opened=opened)
    return Reply(doc=doc, exit=0 if not doc["rejected"] else 1)


async def status(context: Context, args: Mapping[str, Any]) -> Reply:
    if context.daemon:
        return Reply(doc=await context.daemon.standing(context.now))
    return Reply(doc=await standing.status(context.db, context.settings, context.house, context.now, pbx=None, devices={}, doubts=()))


async def show_quality(context: Context, args: Mapping[str, Any]) -> Reply:
    return Reply(doc=await quality.quality(context.db, context.house, context.now, context.rules.frames.exceptions.debtors))


async def export(context: Context, args: Mapping[str, Any]) -> Reply:
    path = await outbox.write_outcomes(context.db, context.house, context.folders, context.now)
    put_right = await outbox.write_corrections(context.db, context.house, context.folders, context.now)
    note = "written" if path or put_right else "nothing new since the last export"
    return Reply(doc={"file": str(path) if path else None, "corrections": str(put_right) if put_right else None, "note": note})


async def backup(context: Context, args: Mapping[str, Any]) -> Reply:
    await context.db.back_up(Path(args["file"]))
    return Reply(doc={"file": args["file"], "note": "complete and consistent"})


FILES_OF = {"import": "files", "import-history": "file"}
"""Commands that read files, and the argument that names them."""

READING: Mapping[str, Handler] = {
    "call-list": call_list,
    "explain": explain_debtor,
    "tasks": commands_scripts.listed_tasks,
    "script": commands_scripts.script,
    "messages": _lister(messages.listed),
    "attempts": _with_why(calls.listed_attempts),
    "promises": agreements.listed_promises,
    "objections": agreements.objections,
    "absences": agreements.absences,
    "callers": agreements.callers,
    "report": agreements.report,
    "claim": agreements.claim,
    "disputes": _lister(promises.listed_disputes),
    "payments": _lister(payments.listed),
    "unknown": _with_why(calls.listed_unknown),
    "batch": show_batch,
    "batches": _lister(ledger.listed_batches),
    "notices": _lister(notices.listed),
    "debtors": debtors,
    "quality": show_quality,
    "plan-dry": commands_rules.plan,
    "simulate": commands_rules.simulate,
}
"""Answered in the command's own process, on a read-only connection."""

ASKING: Mapping[str, Handler] = {"status": status, "agents": agents, "doctor": dialling.doctor}
"""Answered by the daemon when one runs, because only it knows the phones; else from the store."""

WRITING: Mapping[str, Handler] = {
    "import": import_files,
    "accept": accept,
    "reject": reject,
    "plan": commands_rules.plan,
    "record": agreements.record_facts,
    "approve": agreements.approve,
    "refuse": agreements.refuse,
    "resolve": commands_scripts.resolve,
    "absence": agreements.absence,
    "callers-done": agreements.callers_done,
    "import-history": import_history,
    "call": dialling.call,
    "test-call": dialling.test_call,
    "pause": dialling.pause,
    "resume": dialling.resume,
    "live": dialling.live,
    "shadow": dialling.shadow,
    "export": export,
    "backup": backup,
}
"""Go through the single writer: the daemon's when one runs."""

ALL: Mapping[str, Handler] = {**READING, **ASKING, **WRITING}

STATES: Mapping[str, tuple[str, ...]] = {
    "tasks": tuple(TaskState),
    "attempts": tuple(AttemptState),
    "unknown": tuple(AttemptState),
    "promises": tuple(PromiseState),
    "messages": tuple(MessageState),
    "payments": ("matched", "ambiguous", "unmatched", "confirmed", "still_open"),
    "notices": ("open", "over", "unsent"),
}
"""What --state may be, where a list has states of its own: a word that it does not know would find nothing, and look like an answer."""
