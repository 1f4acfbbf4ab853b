"""A small company for the crash tier: an installation with debtors, and the real daemon that is killed and started again.

Owns the installation's folder, the house's clock and the daemon's process. Knows neither PBX nor invariant.
Invariant: the house's clock never goes back over a restart, and only the process started here is ever killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import hashlib
import io
import itertools
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from collectord import app
from collectord.edge.store.codec import instant

CHECKOUT = Path(__file__).resolve().parents[2]
START = datetime.fromisoformat("2026-11-24T10:00:00+01:00")  # a Tuesday morning, no holiday anywhere in Germany
AGENTS = ("201", "202", "203")
FOLDERS = ("inbox", "processing", "archive", "held", "rejected")
COLUMNS = ("debtor_no", "debtor_name", "item_no", "due_on", "open_amount", "currency", "person_type", "phone", "country", "region")
READY_WITHIN = 60.0  # s; a start that takes longer hangs

# What debtors' lines and agents do (docs/INTERNALS section 2): every outcome, every way to lose a call.
ENDINGS = (
    "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008", "1009", "1010", "1116", "1116", "1201", "1000", "1121", "2000",
    "1001", "1202", "1203", "1204", "1205", "1206", "1207", "1208", "1209", "1210", "1116", "1116", "1201", "1117", "2001", "3001",
    "3000", "3017", "4000", "4100", "4200", "4400", "4500", "4600", "4800", "1012", "1013", "1014", "1015", "1018", "1019", "1020",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    no: str
    name: str
    number: str
    item: str
    amount: Decimal

    @property
    def ending(self) -> str:
        return self.number[-4:]


def debtors(rng: random.Random, count: int, endings: tuple[str, ...] = ENDINGS) -> list[Debtor]:
    """So many debtors; the last two share a telephone."""
    chosen = [rng.choice(endings) for _ in range(count)]
    made = [
        Debtor(
            no=f"{20_000 + n}",
            name=f"Geheimrat {letters} Söhne",
            number=f"+493055{50 + n}{ending}",
            item=f"RE-{n}",
            amount=Decimal(f"{3_111 + 37 * n}.{17 + n % 80}"),
        )
        for n, (ending, letters) in enumerate(
            zip(chosen, ("".join(three) for three in itertools.product("QXYZVW", repeat=3)), strict=False)
        )
    ]
    last = made[-1]
    made[-1] = Debtor(no=last.no, name=last.name, number=made[-2].number, item=last.item, amount=last.amount)
    return made


def exported(owing: list[Debtor]) -> bytes:
    """What accounting writes about them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in owing:
        writer.writerow([one.no, one.name, one.item, "2026-11-10", one.amount, "EUR", "business", one.number, "DE", "BE"])
    return text.getvalue().encode("utf-8")


class HouseClock:
    """What `run --now` is told: runs at the machine's pace, and skips the time that a restart took."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._skipped = timedelta(0)

    def now(self) -> datetime:
        return START + timedelta(seconds=time.monotonic() - self._began) + self._skipped

    def skip(self, span: timedelta) -> None:
        self._skipped += span


@dataclass
class Plant:
    """`install`, `drop_export`, then lives of the daemon: `start` ... `kill9` or `stop`."""

    folder: Path
    clock: HouseClock = field(default_factory=HouseClock)
    process: subprocess.Popen[bytes] | None = None
    ready_after: list[float] = field(default_factory=list)  # s from each start to READY=1
    worked: list[float] = field(default_factory=list)  # s of these that the daemon had a processor
    dropped: dict[str, tuple[str, Decimal]] = field(default_factory=dict)  # digest -> name, sum of what is open
    dropped_beside: Counter[str] = field(default_factory=Counter)  # digest -> how many; what no ledger follows: copies, broken ones
    spoilt: Path | None = None  # once it exists, the daemon's disk fails (tests/crash/spoilt_disk)
    wall_clock: Path | None = None  # holds the seconds by which the machine's clock was set (tests/crash/stepped)
    watchdog: float = 0.0  # s that the service manager allows between two signs of life, 0: it does not watch
    program: tuple[str, ...] = ()  # what runs in place of collectord: a module of ours around it, and its arguments
    lives: int = 0
    _signs: socket.socket | None = None
    _bell: socket.socket | None = None
    _started_at: float = 0.0

    # ------------------------------------------------------------ installation

    def install(self, link: str, *, ring_agent_for: str = "5s", wrap_up_for: str = "1s", mode: str = "preview") -> None:
        """A configuration as `collectord init` makes it, live, with short times. `link`: the lines of [[pbx]] below its name.

        Predictive is a desk of two: agents stay on open lines, where nobody is rung.
        """
        ahead = 'lines = true\npredictive_from = 2\nbreath = "0s"\n' if mode == "predictive" else ""
        assert app.init(self.folder).exit == 0
        agents = "".join(
            f'[[agent]]\nid = "{number}"\nname = "Agent {number}"\npin = "4711"\nendpoint = "PJSIP/{number}"\n'
            'languages = ["de", "en"]\nlogged_in = true\n'
            for number in AGENTS
        )
        self.config.write_text(
            f'language = "en"\nlive = true\nsandbox = true\n[[pbx]]\nname = "main"\n{link}'
            '[[trunk]]\nname = "trunk"\npbx = "main"\nchannels = 10\nreserve = 2\ncalls_per_second = 20\n'
            '[[company]]\ncode = ""\nname = "Muster GmbH"\ncaller_id = "+493012345600"\nregion = "BE"\nrecorded_name = "muster"\n'
            f'{agents}[dialling]\nmode = "{mode}"\ndisplay = "name_amount"\nring_agent_for = "{ring_agent_for}"\nring_debtor_for = "15s"\n'
            f'wrap_up_for = "{wrap_up_for}"\ndecide_within = "5s"\nmissed_rings = 1000\nrest_after_missed = "1s"\n{ahead}'
            '[intake]\npoll_every = "1s"\nquiet_for = "1s"\n[outbox]\noutcomes_every = "1s"\n',
            encoding="utf-8",
        )

    @property
    def config(self) -> Path:
        return self.folder / "collectord.toml"

    @property
    def secret_file(self) -> Path:
        return self.folder / "ami.secret"

    @property
    def exchange(self) -> Path:
        return self.folder / "exchange"

    def drop_export(self, name: str, owing: list[Debtor]) -> None:
        """An export as accounting drops it: complete at once, with its marker."""
        data = exported(owing)
        self.dropped[hashlib.sha256(data).hexdigest()] = name, sum((one.amount for one in owing), Decimal(0))
        self._drop(name, data)

    def drop_beside(self, name: str, data: bytes) -> None:
        """A file that is to change nothing."""
        self.dropped_beside[hashlib.sha256(data).hexdigest()] += 1
        self._drop(name, data)

    def _drop(self, name: str, data: bytes) -> None:
        inbox = self.exchange / "inbox"
        (inbox / f".{name}.part").write_bytes(data)
        (inbox / f".{name}.part").rename(inbox / name)
        (inbox / f"{name}.done").touch()

    def fetch_outcomes(self) -> None:
        """Accounting takes the outcome files away."""
        taken = self.folder / "fetched"
        taken.mkdir(exist_ok=True)
        for path in (self.exchange / "outbox").glob("outcomes-*.csv"):
            path.rename(taken / path.name)

    # ------------------------------------------------------------ the daemon

    def start(self, crash_at: str = "", *, log_to: int | None = None) -> None:
        """`collectord run --now ...` as a process; `crash_at` names the point at which it kills itself. `log_to`: an open descriptor."""
        assert self.process is None
        self.lives += 1
        self._bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._bell.bind(f"\0collectord-crash-{os.getpid()}-{id(self)}-{self.lives}")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COLLECTORD_")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the service does not compile itself at each start either
        environment |= {"NOTIFY_SOCKET": "@" + self._bell.getsockname()[1:].decode(), "COLLECTORD_CRASH_AT": crash_at}
        if self.watchdog:
            environment["WATCHDOG_USEC"] = str(int(self.watchdog * 1_000_000))
        program = [*self.program] or ["collectord"]
        if self.wall_clock or self.spoilt:
            program = ["tests.crash.stepped", str(self.wall_clock)] if self.wall_clock else ["tests.crash.spoilt_disk", str(self.spoilt)]
        line = [sys.executable, "-m", *program, "--config", str(self.config), "run", "--now", self.clock.now().isoformat()]
        with self.log.open("ab") as log:
            log.write(f"--- life {self.lives} at {self.clock.now().isoformat()} crash_at={crash_at}\n".encode())
            log.flush()
            self._started_at = time.monotonic()
            told = log if log_to is None else log_to
            self.process = subprocess.Popen(line, cwd=CHECKOUT, stdout=told, stderr=told, stdin=subprocess.DEVNULL, env=environment)

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    def is_ready(self) -> bool:
        """Whether this life has said READY=1; notes how long it took, once."""
        if self._bell is None:
            return True
        try:
            while b"READY=1" not in self._bell.recv(4096):
                pass
        except BlockingIOError:
            return False
        self.ready_after.append(time.monotonic() - self._started_at)
        if self.process is not None and self.process.poll() is None:
            self.worked.append(at_work(self.process.pid))
        if self.watchdog:
            self._signs = self._bell
        else:
            self._bell.close()
        self._bell = None
        return True

    def signs_of_life(self) -> int:
        """How many came since this was asked last, as the service manager counts them."""
        assert self._signs is not None
        count = 0
        with contextlib.suppress(BlockingIOError):
            while message := self._signs.recv(4096):
                count += b"WATCHDOG=1" in message.split(b"\n")
        return count

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill9(self) -> int:
        """kill -9, or the crash point was first; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        status = self.process.wait(10)
        self._over()
        return status

    async def stop(self) -> int:
        """SIGTERM, as the service manager does it; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        await until(self.has_ended, 40.0, "the daemon did not end after SIGTERM")
        status = self.process.wait()
        self._over()
        return status

    def _over(self) -> None:
        self.is_ready()
        for heard in (self._bell, self._signs):
            if heard is not None:
                heard.close()
        self.process = self._bell = self._signs = None

    def clear_away(self) -> None:
        """Whatever happened, no process of ours stays."""
        if self.process is not None:
            self.kill9()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "collectord", "--config", str(self.config), *arguments]
        return subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60)

    # ------------------------------------------------------------ looking

    def query(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the store, read beside the daemon; none when there is no store yet."""
        path = self.folder / "state" / "collectord.db"
        if not path.exists():
            return []
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            cursor = connection.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()

    def waits_for_nothing(self) -> str:
        """Empty when the shift is over; else what is still under way."""
        asked = {
            "batches are not decided": "select id from batch where status = 'staging'",
            "calls are under way": "select id from attempt where state not in ('closed', 'unknown')",
            "journal rows are not forgotten": "select id from attempt where state = 'closed' and acknowledged = 0",
            "outcomes are not told": "select outcome_id from outcome where exported_in = ''",
            "an outbox file is half-way": "select key from meta where key in ('outbox_claimed', 'outbox_staged') and value <> ''",
        }
        for what, sql in asked.items():
            if self.query(sql):
                return what
        due = self.query("select id from task where state in ('planned', 'ready') and not_before <= ?", instant(self.clock.now()))
        if due:
            return f"{len(due)} tasks are due"
        if len(self.query("select id from batch where status = 'accepted'")) < len(self.dropped):
            return "an export is not accepted"
        return ""

    async def until_settled(self, within: float) -> None:
        """Until nothing has been under way for a second."""
        await until(lambda: self.is_ready() or self.has_ended(), READY_WITHIN, "the daemon did not become ready")
        deadline = time.monotonic() + within
        quiet_since: float | None = None
        why = "nothing was seen"
        while time.monotonic() < deadline:
            assert not self.has_ended(), f"the daemon ended by itself; see {self.log}"
            self.is_ready()
            why = self.waits_for_nothing()
            quiet_since = (quiet_since or time.monotonic()) if not why else None
            if quiet_since is not None and time.monotonic() - quiet_since > 1.0:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"the shift did not end within {within:.0f} s: {why}; see {self.log}")


def at_work(pid: int) -> float:
    """Processor seconds of a process: how long it takes whatever else the machine does."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until(true: Callable[[], bool], within: float, otherwise: str) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, otherwise
        await asyncio.sleep(0.01)
