"""How long is an agent free before the next phone call is on its way?

Owns a simulated PBX as a process of its own and a ledger with 10,000 ready tasks.
Invariant: an agent counts as free when the daemon has read both: the end of the call, and that the phone is idle.
"""

from __future__ import annotations

import re
import secrets
import signal
import subprocess
import sys
import time
from typing import Any

from bench.bare_commit import commits
from bench.busy_desk import TAIL, installation
from bench.finding import Finding, percentile, spread
from bench.installation import CHECKOUT, Link

SPEED = 4  # the simulated people live so many times faster: about ten calls a second
PHONES = [str(number) for number in range(201, 211)]


def waits(notes: list[dict[str, Any]]) -> list[float]:
    """For each time that an agent became free: seconds until the Originate to the phone was written."""
    found = []
    call_over: dict[str, float] = {}
    idle: dict[str, float] = {}
    for note in notes:
        if note["what"] == "Device" and note["device"].startswith("PJSIP/"):
            phone = note["device"].removeprefix("PJSIP/")
            if note["state"] == "NOT_INUSE":
                idle[phone] = note["read"]
            else:
                idle.pop(phone, None)
        elif note["what"] == "Originate":
            phone = re.search(r"Channel: PJSIP/(\d+)", note["text"])[1]  # type: ignore[index]
            if phone in call_over and phone in idle:
                found.append(note["at"] - max(call_over[phone], idle[phone]))
            call_over.pop(phone, None)
        elif note["what"] != "Answer":
            call_over.update(dict.fromkeys(note["freed"], note["read"]))
    return found


def ask(tasks: int, seconds: float) -> list[Finding]:
    with installation() as made:
        secret = made.folder / "simulated.secret"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(12) + "\n", encoding="ascii")
        line = [sys.executable, "-m", "collectord.edge.simulated", "--port", "0", "--username", "collectord", "--secret-file", str(secret)]
        with subprocess.Popen([*line, "--speed", str(SPEED)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as pbx:
            try:
                assert pbx.stdout is not None
                port = int(pbx.stdout.readline().rpartition(":")[2])
                made.configure(
                    Link(host="127.0.0.1", port=port, username="collectord", secret_file=secret), phones=PHONES, calls_per_second=200
                )
                made.load(tasks, TAIL)
                with made.daemon():
                    time.sleep(seconds)
                found = waits(made.what_was_seen())
                bare = commits(made.folder, 300)
            finally:
                pbx.send_signal(signal.SIGTERM)
    first, later = found[: len(PHONES)], found[len(PHONES) :]
    p99 = percentile(later, 0.99)
    yardstick = f"one bare SQLite commit on the same disk: {spread(bare)}"
    return [
        Finding(
            question=f"agent free to Originate written, {tasks:,} ready tasks",
            measured=spread(later),
            yardstick=yardstick,
            ratio=f"{p99 / percentile(bare, 0.99):.1f} (p99)",
            aim="p99 < 50 ms",
            met=p99 < 0.050,
        ),
        Finding(
            question=f"the same for {len(PHONES)} agents who become free at one moment, while the plan of the start is made",
            measured=spread(first),
            yardstick=yardstick,
            ratio=f"{percentile(first, 0.99) / percentile(bare, 0.99):.1f} (p99)",
        ),
    ]
