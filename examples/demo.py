"""`make demo`: a short, visible shift: exports in, calls on real SIP phones (or the simulated PBX), outcomes out.

Owns a throw-away installation in .demo/ and the processes it starts. Touches nothing else.
Invariant: everything shown was done by the shipped program through the shipped dialplan; only the people on the phones are played.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sandbox import Sandbox, SandboxUnavailable

from collectord import screens

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
START = datetime.fromisoformat("2026-11-24T10:00:00+01:00")  # a Tuesday morning, no holiday anywhere in Germany
AGENTS = (("201", "Anna Beispiel"), ("202", "Bernd Muster"), ("203", "Ceyda Probe"))
AT_MOST = {"asterisk": 140.0, "simulated": 20.0}  # s
SPEED = 20  # the simulated people live so many times faster

console = Console()


def configuration(folder: Path, pbx: str, sandbox: Sandbox | None) -> Path:
    """A configuration as `collectord init` makes it, with the sandbox's addresses and a short ring."""
    run(folder, "init", str(folder))
    config = folder / "collectord.toml"
    agents = "".join(
        f'[[agent]]\nid = "{number}"\nname = "{name}"\npin = "4711"\nendpoint = "PJSIP/{number}"\n'
        'languages = ["de", "en"]\nlogged_in = true\n'
        for number, name in AGENTS
    )
    if sandbox is None:
        link = f'kind = "simulated"\nspeed = {SPEED}\n'
    else:
        link = (
            f'kind = "asterisk"\nhost = "{sandbox.company.ami_host}"\nport = {sandbox.company.ami_port}\n'
            f'username = "{sandbox.company.username}"\nsecret_file = "{sandbox.secret_file}"\n'
        )
    config.write_text(
        f'language = "de"\nlive = true\nsandbox = true\n[[pbx]]\nname = "main"\n{link}'
        '[[trunk]]\nname = "trunk"\npbx = "main"\nchannels = 10\nreserve = 2\ncalls_per_second = 2\n'
        '[[company]]\ncode = ""\nname = "Muster GmbH"\ncaller_id = "+493012345600"\nregion = "BE"\n'
        f'{agents}[dialling]\ndisplay = "name_amount"\nring_debtor_for = "15s"\nwrap_up_for = "20s"\ndecide_within = "30s"\n'
        '[intake]\npoll_every = "1s"\nquiet_for = "1s"\n[outbox]\noutcomes_every = "5s"\n',
        encoding="utf-8",
    )
    return config


def run(folder: Path, *arguments: str, config: Path | None = None) -> str:
    """One collectord command; its output. A failure ends the demo with its sentence."""
    line = [sys.executable, "-m", "collectord", *(["--config", str(config)] if config else []), *arguments]
    done = subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"demo: collectord {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def ask(folder: Path, config: Path, *arguments: str) -> Any:
    return json.loads(run(folder, *arguments, "--json", config=config))


@contextlib.contextmanager
def daemon(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real daemon; its live log goes to this terminal."""
    line = [sys.executable, "-m", "collectord", "--config", str(config), "run", "--now", START.isoformat()]
    process = subprocess.Popen(line, cwd=CHECKOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def shift(folder: Path, config: Path, seconds: float) -> None:
    """Drops the exports and waits until every task that can be called now has been called."""
    with daemon(config) as process:
        deadline = time.monotonic() + seconds
        inbox = folder / "exchange" / "inbox"
        for export in sorted((HERE / "exports").glob("*.csv")):
            shutil.copy(export, inbox / f".{export.name}.part")
            (inbox / f".{export.name}.part").rename(inbox / export.name)
            (inbox / f"{export.name}.done").touch()
        quiet_since: float | None = None
        while not (folder / "state" / "control.sock").exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.2)  # a command of ours that comes before the daemon would take the store from it
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(1.0)
            status = ask(folder, config, "status")
            now = time.monotonic()
            attempts = ask(folder, config, "attempts") if status["calls"] == 0 else []
            over = bool(attempts) and all(attempt["state"] == "closed" for attempt in attempts) and not status["tasks"].get("ready")
            quiet_since = (quiet_since or now) if over else None
            if quiet_since is not None and now - quiet_since > 3.0:
                break
        if process.poll() not in (None, 0):
            raise SystemExit("demo: the daemon ended early; its log is above")


def show(folder: Path, config: Path, dialled: list[str] | None) -> int:
    """The table of attempts and where everything lies. Exit status 0 when the shift was what it promises."""
    attempts = ask(folder, config, "attempts")
    table = Table(title="Attempts of this shift", header_style="bold", padding=(0, 1, 0, 0), show_edge=False)
    for column in ("debtor", "number", "agent", "agent did", "network did", "talk yielded", "cause"):
        table.add_column(column, no_wrap=True)
    for attempt in attempts:
        cells = ("debtor_no", "number", "agent", "agent_result", "result", "disposition", "hangup_cause")
        table.add_row(*(screens.plain(attempt[cell]) for cell in cells))
    console.print(table)
    results = {attempt["result"] for attempt in attempts} - {None}
    dispositions = {attempt["disposition"] for attempt in attempts} - {None}
    refused = [line for line in ask(folder, config, "debtors") if line["debtor_no"] >= "10020"]
    why = Table(title="And why the others were not called", header_style="bold")
    why.add_column("debtor")
    why.add_column("because")
    for debtor in refused:
        answer = ask(folder, config, "explain", debtor["debtor_no"], "--now", START.isoformat())
        why.add_row(screens.plain(debtor["debtor_name"]), screens.plain(answer["why"]))
    console.print(why)
    exchange = folder / "exchange"
    outcomes = sorted((exchange / "outbox").glob("outcomes-*.csv"))
    places = {
        "receipts": exchange / "receipts",
        "outcomes": outcomes[-1] if outcomes else exchange / "outbox",
        "call list": next(iter(sorted((exchange / "outbox").glob("call-list-*.csv"))), exchange / "outbox"),
        "database": folder / "state" / "collectord.db",
    }
    for name, place in places.items():
        console.print(f"{name:>10}: {place}", soft_wrap=True, highlight=False)
    if dialled is not None:
        console.print(f"{len(dialled)} INVITEs reached debtors' lines, each for an attempt of its own: {len(set(dialled)) == len(dialled)}")
    placed = len(attempts)
    console.print(f"{placed} calls, {len(results)} results ({', '.join(sorted(results))}), {len(dispositions)} dispositions")
    good = placed >= 10 and len(results) >= 6 and len(dispositions) >= 6 and bool(outcomes)
    if not good:
        console.print("demo: the shift was shorter than promised (10 calls, 6 results, 6 dispositions, outcomes)", style="red")
    return 0 if good else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pbx", choices=("asterisk", "simulated"), default="asterisk")
    pbx = parser.parse_args().pbx
    folder = CHECKOUT / ".demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        sandbox: Sandbox | None = None
        if pbx == "asterisk":
            try:
                sandbox = stack.enter_context(Sandbox())
                console.print(
                    f"{sandbox.version} ({sandbox.origin}) runs twice on loopback: the company's PBX, and the world of phones and debtors"
                )
            except SandboxUnavailable as trouble:
                console.print(f"no real Asterisk here, so the simulated PBX is used: {trouble}", style="yellow")
                pbx = "simulated"
        if pbx == "simulated":
            console.print(f"the built-in simulated PBX; its people live {SPEED} times faster")
        config = configuration(folder, pbx, sandbox)
        os.environ.pop("COLLECTORD_CONFIG", None)
        shift(folder, config, AT_MOST[pbx])
        return show(folder, config, sandbox.sip_invites() if sandbox else None)


if __name__ == "__main__":
    sys.exit(main())
