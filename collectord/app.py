"""The application: builds every object once, runs one TaskGroup, turns signals into a drain.

Owns the life of a command and of the daemon. No SQL, no AMI word, no rule.
Invariant: nothing dials before its PBX is reconciled, its doubts are gone and the installation is live.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from collectord import settings as configuration
from collectord.asked import Reply, Request, refusal
from collectord.commands import ALL, ASKING, FILES_OF, READING, STATES, Context
from collectord.core.contact.packs import unknown_packs
from collectord.core.house import House
from collectord.core.house_doubts import Staff, house_doubts, unknown_names
from collectord.core.receivables.claim_doubts import claim_doubts
from collectord.core.receivables.ladder_doubts import unclear_steps
from collectord.core.receivables.strategy_doubts import Doubt, doubts_about_agents, doubts_about_debtors
from collectord.core.rules import Rules
from collectord.core.wording import safe
from collectord.edge import control, inbox, log, rules_files, shipped, starter
from collectord.edge.clock import Clock
from collectord.edge.store import meta, restoring
from collectord.edge.store.connection import Database, StoreBroken, StoreBusy, open_for_reading, open_store
from collectord.loops import intake
from collectord.loops.known_debtors import unknown_beside
from collectord.loops.naming_steps import planned_beside
from collectord.loops.refusals import REFUSALS
from collectord.settings import ConfigInvalid, Settings

if TYPE_CHECKING:
    from collectord.core.wording import Language
    from collectord.daemon import Daemon

INSTANTS = ("at", "callback")  # arguments of commands that are instants
LOOK_EVERY = 0.5  # s
BUSY_PATIENCE = 10.0  # s: another command holds the store for a moment


def init(directory: Path) -> Reply:
    """Writes an installation to start from."""
    try:
        made = starter.write_installation(directory, shipped.shipped_directory("rules"), inbox.FOLDERS)
    except starter.AlreadyThere as error:
        return refusal(str(error))
    except OSError as error:
        return refusal(f"{directory}: {error.strerror or error}")
    return Reply(
        doc={
            "made": [str(path) for path in made],
            "next": [
                f"edit {directory / 'collectord.toml'}",
                f"collectord --config {directory / 'collectord.toml'} check",
                f"collectord --config {directory / 'collectord.toml'} import EXPORT.csv",
                f"collectord --config {directory / 'collectord.toml'} call-list",
            ],
        }
    )


def check(config: Path | None, now: datetime | None = None) -> Reply:
    """Configuration and all rules, offline, every error at once. `now`: of which day; the clock's where nobody says."""
    problems: list[str] = []
    beside: list[str] = []
    found: Settings | None = None
    language: Language = "en"
    try:
        found = configuration.load(config)
        for pbx in found.pbx:
            try:
                if pbx.kind == "asterisk":
                    configuration.read_secret(pbx)
            except ConfigInvalid as error:
                problems += error.problems
        configuration.read_smtp_secret(found.notices)
        configuration.read_smtp_secret(found.mail)
    except ConfigInvalid as error:
        problems += error.problems
        language = error.language
    doc: dict[str, Any] = {"ok": False, "problems": problems, "warnings": []}
    if found is not None:
        try:
            rules = rules_files.load_rules(found.rules_dir)
            doc |= rules_files.described(rules, found.house())
            doc["files"] = rules_files.files_read(found.rules_dir, found.house().language)
            doc["warnings"] += rules_files.located(found.rules_dir, _doubts(rules, found, house_doubts))
            doc["warnings"] += rules_files.located(found.rules_dir, _about_today(rules, found.house(), now))
            problems += [
                f"contact.packs: there is no pack {name!r} in {found.rules_dir / 'packs'}; known are {', '.join(sorted(rules.packs))}"
                for name in unknown_packs(rules.packs, tuple(found.contact.packs))
            ]
        except rules_files.RulesInvalid as error:
            problems += [str(problem) for problem in error.problems]
            doc["warnings"] += error.warnings
            if error.partial is not None:
                doc["warnings"] += rules_files.located(found.rules_dir, _doubts(error.partial, found, unknown_names), error.problems)
            beside = [f"warning: {warning}" for warning in doc["warnings"]]
    doc["ok"] = not problems
    return Reply(doc=doc, exit=2 if problems else 0, error="\n".join([*problems, *beside]), language=found.language if found else language)


def _doubts(rules: Rules, settings: Settings, about_house: Callable[[Rules, House, Sequence[Staff]], Iterator[Doubt]]) -> list[Doubt]:
    """What the files say about agents, companies, hours and debtors that are not there."""
    staff = [Staff(tuple(agent.skills), agent.hours) for agent in settings.agent]
    exceptions = rules.frames.exceptions
    unknown = asyncio.run(unknown_beside(settings.state_dir, exceptions.debtors)) if exceptions.debtors else ()
    house = settings.house()
    about = [*doubts_about_agents(rules.frames, house.skills), *about_house(rules, house, staff)]
    planned = asyncio.run(planned_beside(settings.state_dir))
    return [*about, *doubts_about_debtors(exceptions, unknown), *unclear_steps(rules.ladders, planned, house.language)]


def _about_today(rules: Rules, house: House, now: datetime | None) -> Iterator[Doubt]:
    """What holds on some days only."""
    day = now.date() if now and not now.tzinfo else house.today(now or Clock().now())
    return claim_doubts(rules.claims, house.country, day, house.language)


def _load(config: Path | None) -> tuple[Settings, Rules]:
    settings = configuration.load(config)
    try:
        return settings, rules_files.load_rules(settings.rules_dir)
    except rules_files.RulesInvalid as error:
        error.language = settings.language
        raise


def _unfit(error: ConfigInvalid | rules_files.RulesInvalid) -> Reply:
    return Reply(exit=2, error=str(error), language=error.language)


async def perform(config: Path | None, request: Request, watch: intake.Watch | None = None) -> Reply:
    """Carries one command out, through the daemon where it must. `watch`: whoever wants to see how far a file is read."""
    log.configure(Clock().now, zone="UTC", readable=True, level=log.ERROR)  # what goes wrong stands in the answer
    try:
        settings, rules = _load(config)
    except (ConfigInvalid, rules_files.RulesInvalid) as error:
        return _unfit(error)
    try:
        reply = await _dispatch(settings, rules, _on_the_house_clock(request, settings), watch)
        return replace(reply, zone=settings.time_zone, language=settings.language)
    except (StoreBroken, StoreBusy, control.NoAnswer) as error:
        return refusal(str(error))
    except OSError as error:  # a folder that is gone or closed to this user
        return refusal(f"{error.filename or settings.exchange_dir}: {error.strerror or error}")


def _on_the_house_clock(request: Request, settings: Settings) -> Request:
    """Instants that a person wrote without an offset are the house's time of day."""
    zone = ZoneInfo(settings.time_zone)

    def placed(at: datetime) -> datetime:
        return at if at.tzinfo else at.replace(tzinfo=zone)

    instants = {name: placed(datetime.fromisoformat(request.args[name])).isoformat() for name in INSTANTS if name in request.args}
    return replace(request, now=placed(request.now) if request.now else None, args={**request.args, **instants})


async def _dispatch(settings: Settings, rules: Rules, request: Request, watch: intake.Watch | None) -> Reply:
    reads = request.command in READING or (request.command == "plan" and request.args.get("dry_run"))
    if not reads:
        message = {"command": request.command, "args": dict(request.args)}
        if request.now and request.command in ASKING:
            message["now"] = request.now.isoformat()
        try:
            if request.now and request.command not in ASKING:
                await control.ask(settings.state_dir, {"command": "ping", "args": {}})
                return refusal("a daemon runs on this state, so a command that writes takes no --now; stop the daemon first")
            if request.command in FILES_OF:
                return await _hand_over(settings, message, watch)
            return _reply(await control.ask(settings.state_dir, message))
        except control.NoDaemon:
            pass
    async with _store(settings, for_reading=bool(reads) or request.command in ASKING) as db:
        now = request.now or await _present(settings, db)
        found = context(settings, rules, db, now, getpass.getuser())
        return await answer_with(replace(found, watch=watch) if watch else found, request)


def _reply(answer: dict[str, Any]) -> Reply:
    return Reply(doc=answer.get("doc"), exit=answer.get("exit", 1), error=answer.get("error", ""))


async def _hand_over(settings: Settings, message: dict[str, Any], watch: intake.Watch | None) -> Reply:
    """A command about files, which this process opens with the rights of its user. Several requests when there are many."""
    argument = FILES_OF[message["command"]]
    named = message["args"][argument]
    if not isinstance(named, list):
        with _opened([named]) as (opened, problems):
            if problems:
                return refusal(problems[0])
            return _reply(await control.ask(settings.state_dir, message, files=[descriptor for _, descriptor in opened]))
    docs: list[Any] = []
    errors: list[str] = []
    failed = False
    for first in range(0, len(named), control.FILES_AT_ONCE):
        with _opened(named[first : first + control.FILES_AT_ONCE]) as (opened, problems):
            errors += problems
            part = {**message, "args": {**message["args"], argument: [name for name, _ in opened]}}
            async with _watched(settings, watch):
                reply = _reply(await control.ask(settings.state_dir, part, files=[descriptor for _, descriptor in opened]))
        docs += reply.doc or []
        errors += reply.error.splitlines()
        failed = failed or bool(problems) or reply.exit != 0
    return Reply(doc=docs, exit=int(failed), error="\n".join(errors))


@asynccontextmanager
async def _watched(settings: Settings, watch: intake.Watch | None) -> AsyncIterator[None]:
    """Asks the daemon now and then how far it has read."""

    async def look(tell: intake.Watch) -> None:
        last: tuple[str, int, int] | None = None
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                told = (await control.ask(settings.state_dir, {"command": "reading", "args": {}})).get("reading")
            except (control.NoDaemon, control.NoAnswer):
                return
            if told:
                last = str(told[0]), int(told[1]), int(told[2])
                tell(*last)
            elif last:
                tell(last[0], last[2], last[2])

    looking = asyncio.create_task(look(watch)) if watch else None
    try:
        yield
    finally:
        if looking:
            looking.cancel()
            await asyncio.wait([looking])


@contextlib.contextmanager
def _opened(names: list[str]) -> Iterator[tuple[list[tuple[str, int]], list[str]]]:
    """Names and descriptors, and a sentence for each file that cannot be opened."""
    opened: list[tuple[str, int]] = []
    problems: list[str] = []
    try:
        for name in names:
            try:
                opened.append((name, inbox.open_regular(Path(name).resolve())))
            except OSError as error:
                problems.append(f"{name}: {error.strerror or error}; nothing was read")
        yield opened, problems
    finally:
        for _, descriptor in opened:
            os.close(descriptor)


async def _present(settings: Settings, db: Database) -> datetime:
    """Now. In a sandbox whose daemon's clock was started ahead of the machine's: as far as that clock came."""
    now = Clock().now()
    if not settings.sandbox:
        return now
    with contextlib.suppress(control.NoDaemon, KeyError):
        answer = await control.ask(settings.state_dir, {"command": "ping", "args": {}})
        return datetime.fromisoformat(answer["now"])
    told = await db.read(lambda conn: meta.get(conn, "sandbox_now"))
    return max(now, datetime.fromisoformat(told)) if told else now


@asynccontextmanager
async def _store(settings: Settings, *, for_reading: bool) -> AsyncIterator[Database]:
    if for_reading and (settings.state_dir / "collectord.db").exists():
        async with open_for_reading(settings.state_dir) as db:
            yield db
        return
    deadline = asyncio.get_running_loop().time() + BUSY_PATIENCE
    async with contextlib.AsyncExitStack() as stack:
        while True:
            try:
                db = await stack.enter_async_context(open_store(settings.state_dir))
                break
            except StoreBusy:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.1)
        yield db


def context(
    settings: Settings,
    rules: Rules,
    db: Database,
    now: datetime,
    actor: str,
    daemon: Daemon | None = None,
    opened: Mapping[str, int] | None = None,
) -> Context:
    return Context(
        settings=settings,
        house=settings.house(),
        rules=rules,
        db=db,
        folders=inbox.ExchangeFolders(settings.exchange_dir, settings.intake.quiet_for),
        now=now,
        actor=actor,
        daemon=daemon,
        opened=opened or {},
    )


async def answer_with(context: Context, request: Request) -> Reply:
    """Runs the handler; refusals by name become one sentence and exit 1."""
    handler = ALL.get(request.command)
    if handler is None:
        return Reply(exit=2, error=f"there is no command {request.command!r}")
    if (state := request.args.get("state")) and state not in (known := STATES.get(request.command, (state,))):
        return Reply(exit=2, error=f"--state {safe(str(state), 40)}: `{request.command}` knows {', '.join(known)}")
    try:
        return await handler(context, request.args)
    except REFUSALS as error:
        return refusal(str(error))


def run(config: Path | None, start: datetime | None) -> Reply:
    """The daemon, until a signal ends it."""
    try:
        settings, rules = _load(config)
        if start is not None and not settings.sandbox:
            raise ConfigInvalid(["run --now is allowed only with `sandbox = true` and loopback PBXes"], settings.language)
        start = start.replace(tzinfo=ZoneInfo(settings.time_zone)) if start and not start.tzinfo else start
        for pbx in settings.pbx:
            if pbx.kind == "asterisk":
                configuration.read_secret(pbx)
        configuration.read_smtp_secret(settings.notices)
    except (ConfigInvalid, rules_files.RulesInvalid) as error:
        return _unfit(error)
    from collectord.daemon import Daemon  # what only the daemon needs costs no other command its time

    clock = Clock(start)
    log.configure(clock.now, zone=settings.time_zone, readable=settings.sandbox)
    daemon = Daemon(
        settings=settings,
        rules=rules,
        clock=clock,
        reload=lambda: _load(config),
        answer=_answer,
    )
    try:
        asyncio.run(daemon.run())
    except (StoreBroken, StoreBusy) as error:
        return refusal(str(error))
    except OSError as error:
        return refusal(f"{error.filename or settings.exchange_dir}: {error.strerror or error}; the daemon needs it")
    return Reply()


async def _answer(daemon: Daemon, message: dict[str, Any], actor: str, files: Sequence[int]) -> dict[str, Any]:
    """A request from the control socket."""
    if message.get("command") == "ping":
        return {"exit": 0, "now": daemon.clock.now().isoformat()}
    command = str(message.get("command"))
    if command == "reading":
        return {"exit": 0, "reading": intake.reading(daemon.db)}
    if "now" in message and command not in ASKING:
        return {"exit": 1, "error": "a daemon writes by its own clock; only questions take a time"}
    now = datetime.fromisoformat(message["now"]) if "now" in message else daemon.clock.now()
    request = Request(command=command, args=message.get("args", {}), now=now)
    named = request.args.get(FILES_OF.get(command, ""), [])
    names = named if isinstance(named, list) else [named]
    if len(names) != len(files):
        return {"exit": 1, "error": "whoever commands the daemon opens the files himself and hands them over; use the command collectord"}
    opened = dict(zip(names, files, strict=True))
    try:
        reply = await answer_with(context(daemon.settings, daemon.rules, daemon.db, now, actor, daemon, opened), request)
    except Exception:  # the fault of one command is not the daemon's end
        log.get().exception("command_failed", command=request.command)
        reply = refusal(f"an internal fault in `{request.command}`; the daemon's log says where")
    return {"doc": reply.doc, "exit": reply.exit, "error": reply.error}


async def restore(config: Path | None, file: Path | None) -> Reply:
    """Puts a backup back while nothing runs, or takes the database that lies there for one; unfinished attempts are unknown afterwards."""
    moved: Path | None = None
    try:
        settings, _ = _load(config)
        if file is None:
            await restoring.take_over(settings.state_dir, Clock().now())
        elif not file.is_file():
            return refusal(f"{file}: there is no such file; name one that `collectord backup` wrote")
        else:
            moved = await restoring.restore(settings.state_dir, file, Clock().now())
    except (ConfigInvalid, rules_files.RulesInvalid) as error:
        return _unfit(error)
    except (StoreBroken, StoreBusy, OSError) as error:
        return refusal(str(error))
    return Reply(doc={"restored": str(file or settings.state_dir / "collectord.db"), "former_database": str(moved) if moved else None})
