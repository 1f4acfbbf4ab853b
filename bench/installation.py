"""A throw-away installation: configuration, exports, the daemon as a process of its own.

Owns one temporary folder and the daemon it starts. Uses the shipped rules and the command line as a user would.
Invariant: the daemon that is measured is `collectord run`, watched by bench/watched_daemon.py and changed by nobody.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
START = datetime.fromisoformat("2026-11-24T10:00:00+01:00")  # a Tuesday, and a working day everywhere in Germany
AS_OF = date(2026, 11, 23)
AREAS = ("30", "40", "69", "89", "221")  # Berlin, Hamburg, Frankfurt, Munich, Cologne
PER_AREA = 7_000
COLUMNS = (
    "debtor_no;debtor_name;item_no;invoiced_on;due_on;amount;open_amount;currency;kind;payment_method;person_type;phone;country;region;"
    "potential_class"
)
PLACED = AS_OF - timedelta(days=12)


def number(debtor: int, tail: str) -> str:
    """A telephone number of its own for each debtor; `tail` is AABB of docs/INTERNALS 2."""
    area, rest = divmod(debtor, PER_AREA)
    return f"+49{AREAS[area]}{2_000 + rest:04}{tail}"


def export(path: Path, debtors: int, *, items_each: int = 1, tail: str = "1202") -> int:
    """A canonical export in which everybody is twelve days overdue; how many rows."""
    lines = [COLUMNS]
    for debtor in range(debtors):
        for item in range(items_each):
            amount = f"{100 + (debtor * 7 + item * 13) % 900}.{(debtor + item) % 100:02}"
            due = PLACED - timedelta(days=item % 4)
            lines.append(
                f"D{debtor:06};Debtor {debtor} GmbH;R{debtor:06}-{item};{due - timedelta(days=14)};{due};{amount};{amount};EUR;invoice;"
                f"transfer;business;{number(debtor, tail)};DE;BE;II"
            )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where the daemon finds its PBX."""

    host: str
    port: int
    username: str
    secret_file: Path


@dataclass(frozen=True, slots=True)
class Installation:
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "collectord.toml"

    @property
    def seen(self) -> Path:
        return self.folder / "seen.jsonl"

    def configure(self, link: Link, *, phones: list[str], calls_per_second: int) -> None:
        agents = "".join(
            f'[[agent]]\nid = "{phone}"\nname = "Agent {phone}"\npin = "4711"\nendpoint = "PJSIP/{phone}"\n'
            'languages = ["de"]\nlogged_in = true\n'
            for phone in phones
        )
        self.config.write_text(
            'language = "de"\nlive = true\nsandbox = true\n'
            f'[[pbx]]\nname = "main"\nkind = "asterisk"\nhost = "{link.host}"\nport = {link.port}\n'
            f'username = "{link.username}"\nsecret_file = "{link.secret_file}"\n'
            f'[[trunk]]\nname = "trunk"\npbx = "main"\nchannels = 2000\nreserve = 2\ncalls_per_second = {calls_per_second}\n'
            '[[company]]\ncode = ""\nname = "Muster GmbH"\ncaller_id = "+493012345600"\nregion = "BE"\n'
            f'{agents}[dialling]\nring_debtor_for = "15s"\nwrap_up_for = "10s"\ndecide_within = "30s"\n'
            "[outbox]\ncall_list = false\n",
            encoding="utf-8",
        )

    def command_init(self) -> None:
        done = subprocess.run([sys.executable, "-m", "collectord", "init", str(self.folder)], cwd=CHECKOUT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"bench: collectord init: {done.stderr.strip()[-500:]}")

    def command(self, *arguments: str) -> tuple[str, float]:
        """One command; what it printed and how long it took."""
        began = time.perf_counter()
        line = [sys.executable, "-m", "collectord", "--config", str(self.config), *arguments]
        done = subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"bench: collectord {' '.join(arguments)}: {done.stderr.strip()[-500:]}")
        return done.stdout, time.perf_counter() - began

    def load(self, debtors: int, tail: str, *, items_each: int = 1) -> None:
        """Exports read and planned, so that the daemon starts with ready tasks."""
        path = self.folder / f"op_{AS_OF}.csv"
        export(path, debtors, items_each=items_each, tail=tail)
        self.command("import", str(path), "--now", START.isoformat())
        self.command("plan", "--json", "--now", START.isoformat())

    @contextlib.contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """`collectord run`, its log in daemon.log; what it did is in `seen` once it has ended."""
        line = [sys.executable, "-m", "bench.watched_daemon", str(self.config), START.isoformat(), str(self.seen)]
        with (self.folder / "daemon.log").open("wb") as log:
            process = subprocess.Popen(line, cwd=CHECKOUT, stdout=log, stderr=log)
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    try:
                        process.wait(40)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()

    def log_count(self, words: bytes) -> int:
        """How often the running daemon's log says this."""
        return (self.folder / "daemon.log").read_bytes().count(words)

    def what_was_seen(self) -> list[dict[str, Any]]:
        if not self.seen.exists():
            raise SystemExit(f"bench: the daemon ended badly:\n{(self.folder / 'daemon.log').read_text()[-2000:]}")
        return [json.loads(line) for line in self.seen.read_text(encoding="utf-8").splitlines()]


def memory(pid: int) -> dict[str, int]:
    """`{"now": bytes, "most": bytes}` that a process has resident."""
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            found["now" if name == "VmRSS" else "most"] = int(value.split()[0]) * 1024
    return found


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
