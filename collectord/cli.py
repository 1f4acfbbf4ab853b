"""The command line: arguments, printing, exit codes.

Owns how commands are spelt and how answers look. Holds no rule and does no IO of its own beyond the terminal.
Invariant: exit 0 done, 1 refused or failed with one sentence on stderr, 2 wrong usage or configuration; `--json` prints
exactly one document.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.exceptions import Abort, TyperException

from collectord import cli_agreements, cli_rules, cli_scripts
from collectord.cli_agreements import record_words

if TYPE_CHECKING:
    from collectord.asked import Reply
    from collectord.progress import Watch

# The application and the screens are imported by the command that needs them: `--help` and wrong usage answer in a third of a second.

cli = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
privacy_note = "Global options, before or after the command: --config FILE, --json, --now ISO8601 (an instant with offset)."


AnyFile = Annotated[Path, typer.Argument(readable=False)]  # whoever opens it says what is wrong with it
YEARS = (1990, 2100)  # as in exports: around the first and the last year there is, instants cannot be told in every zone
SAID_BY_THE_ERROR = frozenset({"live", "call"})  # their answer when refused says the same once more


class Options:
    """What the global options said; filled before typer sees the rest."""

    config: Path | None = None
    as_json: bool = False
    now: datetime | None = None


class Usage(Exception):
    """Wrong usage: exit 2."""


def take_global_options(argv: list[str]) -> list[str]:
    """Global options may stand anywhere before `--`; returns the other arguments. Raises Usage."""
    Options.config, Options.as_json, Options.now = None, False, None
    rest: list[str] = []
    position = 0
    while position < len(argv):
        word = argv[position]
        name, equals, value = word.partition("=")
        if word == "--":
            rest += argv[position:]
            break
        if word == "--json":
            Options.as_json = True
        elif word == "--version" and not rest:
            rest.append("version")
        elif name in ("--config", "--now"):
            if not equals:
                position += 1
                if position >= len(argv):
                    raise Usage(f"{name} needs a value")
                value = argv[position]
            if name == "--config":
                Options.config = Path(value)
            else:
                Options.now = instant_option(value, "--now")
        else:
            rest.append(word)
        position += 1
    return rest


def instant_option(text: str, name: str) -> datetime:
    """Without an offset it is the house's time of day; the application knows its zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Usage(f"{name} {text!r} is no instant; write it like 2026-11-23T10:00:00+01:00") from None
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise Usage(f"{name} {text!r} lies outside {YEARS[0]} to {YEARS[1]}")
    return at


def day_option(text: str | None, name: str) -> str | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Usage(f"{name} {text!r} is no date; write it like 2026-11-23") from None
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise Usage(f"{name} {text!r} lies outside {YEARS[0]} to {YEARS[1]}")
    return day.isoformat()


def perform(command: str, **arguments: Any) -> None:
    """Carries a command out (through the daemon when it writes and one runs), prints, and sets the exit status."""
    finish(command, _answer(command, arguments))


def perform_watched(command: str, look: Literal["FILES", "DAYS"], **arguments: Any) -> None:
    """The same, with a bar on the terminal of how far it is."""
    from rich.console import Console

    from collectord import progress

    with progress.bar(Console(stderr=True), getattr(progress, look), quiet=Options.as_json) as watch:
        reply = _answer(command, arguments, watch)
    finish(command, reply)


def _answer(command: str, arguments: dict[str, Any], watch: Watch | None = None) -> Reply:
    import asyncio

    from collectord import app
    from collectord.asked import Request

    args = {name: value for name, value in arguments.items() if value is not None}
    return asyncio.run(app.perform(Options.config, Request(command=command, args=args, now=Options.now), watch))


def finish(command: str, reply: Reply) -> None:
    from collectord import screens
    from collectord.german import of_configuration, of_link

    read = of_configuration if reply.exit == 2 else of_link
    said = [screens.plain(read(line, reply.language)) for line in reply.error.splitlines()]
    if reply.error and not Options.as_json and reply.exit == 2:
        print(*said, sep="\n", file=sys.stderr)
        raise typer.Exit(2)
    if Options.as_json and reply.doc is not None:
        print(json.dumps(reply.doc, ensure_ascii=False, indent=2))
    elif not Options.as_json and reply.doc is not None and not (reply.error and command in SAID_BY_THE_ERROR):
        screens.show(command, reply.doc, zone=reply.zone, language=reply.language)
    for line in said:
        print(line, file=sys.stderr)
    if reply.exit:
        raise typer.Exit(reply.exit)


@cli.callback(epilog=privacy_note)
def collectord() -> None:
    """collectord: reads open-item exports, plans early friendly contacts, rings the agent's desk phone."""


@cli.command()
def init(directory: Annotated[Path, typer.Argument(help="where to put configuration, rules and folders")] = Path(".")) -> None:
    """Write a commented configuration, rules and folders to start from."""
    from collectord import app

    finish("init", app.init(directory))


@cli.command(hidden=True)
def version() -> None:
    """Say which version this is (also: --version)."""
    from importlib.metadata import version as installed

    typer.echo(f"collectord {installed('collectord')}")


@cli.command()
def check() -> None:
    """Validate configuration and all rules offline; every error at once."""
    from collectord import app

    finish("check", app.check(Options.config, Options.now))


@cli.command()
def run() -> None:
    """The daemon. With `sandbox = true` the clock may start elsewhere: run --now T."""
    from collectord import startup

    if refused := startup.already_running(Options.config):
        finish("run", refused)
    from collectord import app

    finish("run", app.run(Options.config, Options.now))


@cli.command()
def doctor() -> None:
    """Test the live surroundings: PBX, dialplan, phones, folders, disk, clock, exports."""
    perform("doctor")


@cli.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", readable=False)],
    source: Annotated[str | None, typer.Option(help="source name; default: canonical")] = None,
    mode: Annotated[str | None, typer.Option(help="snapshot or delta")] = None,
    as_of: Annotated[str | None, typer.Option(help="the day the export describes")] = None,
) -> None:
    """Read copies of exports now and print their receipts."""
    if mode not in (None, "snapshot", "delta"):
        raise Usage(f"--mode {mode!r} is unknown; use snapshot or delta")
    shown = [str(file.absolute()) for file in files]
    perform_watched("import", "FILES", files=shown, source=source, mode=mode, as_of=day_option(as_of, "--as-of"))


@cli.command()
def accept(batch: str) -> None:
    """Release a held batch."""
    perform("accept", batch=batch)


@cli.command()
def reject(batch: str) -> None:
    """Discard a held batch."""
    perform("reject", batch=batch)


cli_rules.add(cli, perform, perform_watched)
cli_scripts.add(cli, perform)


@cli.command("call-list")
def call_list(
    days: Annotated[int, typer.Option(min=1, max=60)] = 1,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout")] = False,
) -> None:
    """Who would be called when, by whom and why; nothing is dialled."""
    if not as_csv:
        perform("call-list", days=days)
        return
    import csv

    from collectord import screens
    from collectord.loops.call_sheet import COLUMNS

    reply = _answer("call-list", {"days": days})
    if reply.error:
        finish("call-list", reply)
    writer = csv.writer(sys.stdout, delimiter=";", lineterminator="\n")
    for row in screens.csv_rows(reply.doc, COLUMNS):
        writer.writerow(row)


@cli.command()
def explain(debtor: str, item: Annotated[str | None, typer.Option(help="answer for this item")] = None) -> None:
    """Why this debtor is or is not called at --now."""
    perform("explain", debtor=debtor, item=item)


def _list_command(name: str, summary: str) -> None:
    def lister(
        debtor: Annotated[str | None, typer.Option(help="only this debtor")] = None,
        state: Annotated[str | None, typer.Option(help="only this state")] = None,
        limit: Annotated[int, typer.Option(min=1, help="at most so many rows")] = 10_000,
    ) -> None:
        perform(name, debtor=debtor, state=state, limit=limit)

    lister.__doc__ = summary
    cli.command(name)(lister)


for _name, _summary in (
    ("tasks", "List contact tasks."),
    ("attempts", "List attempts: every call that was placed."),
    ("disputes", "List disputes."),
    ("payments", "List bank lines and what they pay; --state matched, ambiguous, unmatched, confirmed or still_open."),
    ("debtors", "List debtors with what they owe."),
    ("agents", "List agents and whether they can be rung."),
    ("notices", "List what people were told by mail or webhook; --state open, over or unsent."),
    ("unknown", "List attempts whose end nobody knows; resolve each with record --attempt; e-mails: messages --state unknown."),
):
    _list_command(_name, _summary)


@cli.command()
def batches(
    batch: Annotated[str | None, typer.Argument(help="show this one, with what it changes")] = None,
    state: Annotated[str | None, typer.Option(help="only this state")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many rows")] = 10_000,
) -> None:
    """List claimed export files, or show what one of them changes."""
    if batch is None:
        perform("batches", state=state, limit=limit)
    else:
        perform("batch", batch=batch)


@cli.command()
def record(
    debtor: str,
    attempt: Annotated[str | None, typer.Option(help="the call that the outcome belongs to; without it: a talk held elsewhere")] = None,
    disposition: Annotated[str | None, typer.Option(help="promise, paid_already, dispute, callback, refuses, …")] = None,
    promise: Annotated[
        list[str] | None,
        typer.Option(metavar="AMOUNT:DATE", help="like 410.00:2026-11-30 or full:2026-11-30; several are an instalment plan"),
    ] = None,
    objection: Annotated[str | None, typer.Option(metavar="CODE", help="what the debtor said, see collectord objections")] = None,
    item: Annotated[list[str] | None, typer.Option(help="the objection is only about this item; may be repeated")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="the day that the debtor named with an objection")] = None,
    callback: Annotated[str | None, typer.Option(metavar="INSTANT")] = None,
    note: Annotated[str | None, typer.Option()] = None,
    contact: Annotated[str | None, typer.Option(help="call, email, sms or letter made elsewhere")] = None,
    result: Annotated[str | None, typer.Option(help="of that contact: answered, no_answer, …")] = None,
    at: Annotated[str | None, typer.Option(metavar="INSTANT")] = None,
    wish: Annotated[str | None, typer.Option(help='when calls suit: "mon-fri 08:00-15:00,17:00-21:00"')] = None,
    not_on: Annotated[str | None, typer.Option(help="a weekday without calls: fri")] = None,
    do_not_call: Annotated[bool, typer.Option("--do-not-call")] = False,
    number_blocked: Annotated[str | None, typer.Option(metavar="NUMBER")] = None,
    number_wrong: Annotated[str | None, typer.Option(metavar="NUMBER")] = None,
    legal_state: Annotated[str | None, typer.Option(help="insolvency, lawyer, deceased, …")] = None,
    dispute: Annotated[str | None, typer.Option(metavar="ITEM:REASON")] = None,
    owner: Annotated[str | None, typer.Option(help="of that dispute: who answers it")] = None,
    answer_by: Annotated[str | None, typer.Option(metavar="DATE", help="of that dispute")] = None,
    dispute_settled: Annotated[str | None, typer.Option(metavar="ITEM", help="the dispute about it is over")] = None,
    grace: Annotated[str | None, typer.Option(metavar="DATE", help="time until then, with --approved-by and --reason; or none")] = None,
    approved_by: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    ask_first: Annotated[str | None, typer.Option(metavar="ROLE")] = None,
    asked: Annotated[str | None, typer.Option(metavar="ROLE", help="was asked as the rules want it, and agrees; with --reason")] = None,
    override: Annotated[str | None, typer.Option(metavar="RULE")] = None,
    reason: Annotated[str | None, typer.Option()] = None,
    number: Annotated[str | None, typer.Option(help="number of a contact made elsewhere")] = None,
    phone: Annotated[str | None, typer.Option(metavar="NUMBER", help="the right number; none takes a correction back")] = None,
    phone2: Annotated[str | None, typer.Option(metavar="NUMBER")] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS")] = None,
    name: Annotated[str | None, typer.Option(help="the debtor's right name")] = None,
    contact_person: Annotated[str | None, typer.Option(metavar='"NAME, ROLE, NUMBER"', help="whom to ask for")] = None,
    recording_withdrawn: Annotated[
        str | None, typer.Option(metavar="CALL", help="no consent to the recording of this call any more: it is erased; with --reason")
    ] = None,
) -> None:
    """Record what a human learnt about a debtor or in a talk."""
    perform(
        "record",
        debtor=debtor,
        attempt=attempt,
        disposition=disposition or ("promise" if promise and not objection else None),
        objection=objection,
        **record_words(item, until, promise, day_option),
        callback=instant_option(callback, "--callback").isoformat() if callback else None,
        note=note,
        contact=contact,
        result=result,
        at=instant_option(at, "--at").isoformat() if at else None,
        wish=wish,
        not_on=not_on,
        do_not_call=do_not_call or None,
        number_blocked=number_blocked,
        number_wrong=number_wrong,
        legal_state=legal_state,
        dispute=dispute,
        owner=owner,
        answer_by=answer_by,
        dispute_settled=dispute_settled,
        grace=grace,
        approved_by=approved_by,
        ask_first=ask_first,
        asked=asked,
        override=override,
        reason=reason,
        number=number,
        phone=phone,
        phone2=phone2,
        email=email,
        name=name,
        contact_person=contact_person,
        recording_withdrawn=recording_withdrawn,
    )


cli_agreements.add(cli, perform, day_option)


@cli.command("import-history")
def import_history(file: AnyFile) -> None:
    """Read an old system's contact history, so that limits hold from the first day."""
    perform("import-history", file=str(file.absolute()))


@cli.command()
def call(debtor: str, agent: Annotated[str, typer.Option(help="whose desk phone rings")]) -> None:
    """A manual call; passes the same gate as every other."""
    perform("call", debtor=debtor, agent=agent)


@cli.command("test-call")
def call_own_number(
    agent: Annotated[str, typer.Option(help="whose desk phone rings first")],
    to: Annotated[str, typer.Option(help="a number of your own, never a debtor's: +49…")],
    company: Annotated[str, typer.Option(help="company code whose caller ID is tried")] = "",
) -> None:
    """Call a number of your own with a company's caller ID; `live` asks for one answered test call per caller ID."""
    perform("test-call", agent=agent, to=to, company=company)


@cli.command()
def pause(
    agent: Annotated[str | None, typer.Option(help="only this agent")] = None,
    reason: Annotated[str, typer.Option(help="lunch, the key of *82, or own words")] = "",
) -> None:
    """Stop dialling; calls in progress are not cut."""
    perform("pause", agent=agent, reason=reason)


@cli.command()
def resume(agent: Annotated[str | None, typer.Option(help="only this agent")] = None) -> None:
    """Start dialling again."""
    perform("resume", agent=agent)


@cli.command()
def live() -> None:
    """Leave shadow mode; refused until doctor has no failure and each caller ID had a test call."""
    perform("live")


@cli.command()
def shadow() -> None:
    """Enter shadow mode: plan and list, dial nothing."""
    perform("shadow")


@cli.command()
def status() -> None:
    """One screen: what collectord is doing and why."""
    perform("status")


@cli.command()
def quality() -> None:
    """Holes in the data: count, change against a week ago, money, examples."""
    perform("quality")


@cli.command()
def export() -> None:
    """Write outcomes and corrections since the last export into the outbox now."""
    perform("export")


@cli.command()
def backup(file: AnyFile) -> None:
    """A consistent online backup of the database."""
    perform("backup", file=str(file.absolute()))


@cli.command()
def restore(file: Annotated[Path | None, typer.Argument(readable=False)] = None) -> None:
    """Put a backup back (no daemon may run); unfinished attempts become unknown. Without FILE: the database that lies there is the one."""
    import asyncio

    from collectord import app

    finish("restore", asyncio.run(app.restore(Options.config, file)))


@lru_cache(maxsize=1)
def _tree() -> Any:
    """All commands, put together once."""
    return typer.main.get_command(cli)


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    try:
        rest = take_global_options(sys.argv[1:] if argv is None else argv)
        result = _tree()(rest, prog_name="collectord", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except Usage as error:
        print(f"collectord: {error}", file=sys.stderr)
        return 2
    except TyperException as error:
        said = error.format_message()
        print(said if said.startswith("Usage:") else f"collectord: {said}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, Abort):
        return 130
    except BrokenPipeError:
        return 1
