"""How much processor time does a call cost the daemon? python -m bench.per_call [CALLS_A_SECOND …]

Owns a scripted PBX as a process of its own, so that no Asterisk is needed and nobody's time but the daemon's counts, and a desk of
hundreds of phones. Invariant: the daemon is `collectord run` with its store on disk; what its threads were on a processor is what counts.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.busy_desk import TAIL, installation, phones
from bench.finding import Finding
from bench.installation import CHECKOUT, START, Installation, Link

DESK, DUE = 420, 6_000
STEADY, SECONDS = 5.0, 12.0  # s that do not count (calendars and rules are loaded then), and that do
STARTS_WITHIN = 120.0
CPU_A_CALL = 0.006  # s: aimed at
ENDED = b"attempt_closed"


def on_processor(pid: int) -> float:
    """Seconds of all threads of a process, to the nanosecond."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


@contextlib.contextmanager
def _pbx() -> Iterator[int]:
    line = [sys.executable, "-m", "bench.scripted_pbx", str(DESK)]
    with subprocess.Popen(line, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _one(made: Installation, offered: int, daemon: Sequence[str]) -> Finding:
    with (made.folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen([*daemon, "--config", str(made.config), "run", "--now", START.isoformat()], cwd=CHECKOUT, stderr=log)
        try:
            deadline = time.monotonic() + STARTS_WITHIN
            while process.poll() is None and made.log_count(ENDED) == 0 and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(STEADY)
            began, used, calls = time.monotonic(), on_processor(process.pid), made.log_count(ENDED)
            time.sleep(SECONDS)
            took, used, calls = time.monotonic() - began, on_processor(process.pid) - used, made.log_count(ENDED) - calls
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    a_call = used / calls if calls else float("inf")
    return Finding(
        question=f"processor time of the daemon for one call, {offered} a second offered, scripted PBX, {DESK} agents, {DUE:,} tasks",
        measured=f"{a_call * 1000:.2f} ms; {calls / took:.1f} calls/s, {used / took * 100:.0f} % of a core",
        yardstick="none",
        aim=f"<= {CPU_A_CALL * 1000:.0f} ms",
        met=a_call <= CPU_A_CALL,
    )


def ask(rates: Sequence[int], daemon: Sequence[str] = (sys.executable, "-m", "collectord")) -> list[Finding]:
    """`daemon`: the command, so that a profiler can stand before it."""
    found = []
    with installation() as made:
        secret = made.folder / "scripted.secret"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(12) + "\n", encoding="ascii")
        made.configure(Link(host="127.0.0.1", port=1, username="collectord", secret_file=secret), phones=phones(DESK), calls_per_second=1)
        made.load(DUE, TAIL)
        for offered in rates:
            copy = Installation(made.folder.with_name(f"at-{offered}"))
            shutil.copytree(made.folder, copy.folder)
            with _pbx() as port:
                link = Link(host="127.0.0.1", port=port, username="collectord", secret_file=secret)
                copy.configure(link, phones=phones(DESK), calls_per_second=offered)
                found.append(_one(copy, offered, daemon))
            shutil.rmtree(copy.folder)
    return found


if __name__ == "__main__":
    for one in ask([int(text) for text in sys.argv[1:]] or [20, 60]):
        print(one.question, one.measured, sep="\n  ")
