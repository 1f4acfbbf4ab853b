"""How long does a command take to begin?

Owns the commands that are timed. Invariant: each is a process of its own, measured from outside, the best of several.
"""

from __future__ import annotations

import subprocess
import sys
import time

from bench.busy_desk import TAIL, installation
from bench.finding import Finding
from bench.installation import CHECKOUT, START, Link


def best(line: list[str], times: int = 7) -> float:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(line, cwd=CHECKOUT, capture_output=True, check=True)
        found.append(time.perf_counter() - began)
    return min(found)


def ask() -> list[Finding]:
    bare = best([sys.executable, "-c", "pass"])
    imports = best([sys.executable, "-c", "import typer, rich.table, pydantic_settings, aiosqlite, structlog"])
    yardstick = f"`python -c pass`: {bare * 1000:.0f} ms; the libraries' imports alone: {imports * 1000:.0f} ms"
    found = []
    with installation() as made:
        secret = made.folder / "ami.secret"
        made.configure(Link(host="127.0.0.1", port=5038, username="collectord", secret_file=secret), phones=["201"], calls_per_second=2)
        made.load(10, TAIL)
        config = ["--config", str(made.config)]
        for name, words in (
            ("--help", ["--help"]),
            ("check", [*config, "check"]),
            ("status", [*config, "status", "--json"]),
            ("explain", [*config, "explain", "D000001", "--json", "--now", START.isoformat()]),
        ):
            took = best([sys.executable, "-m", "collectord", *words])
            found.append(
                Finding(
                    question=f"command `{name}`",
                    measured=f"{took * 1000:.0f} ms",
                    yardstick=yardstick,
                    ratio=f"{took / bare:.1f} of the first, {took / imports:.2f} of the second",
                )
            )
    return found
