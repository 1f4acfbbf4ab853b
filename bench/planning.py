"""What does planning a large ledger cost: the first time, on a normal day; and what is asked of it every second?

Owns one installation with the ledger of bench/planning_ledger.py and its plans (bench/plan_beside.py).
Invariant: each figure stands beside a bare loop over the same rows, in the same run; the aims are those of a two-core machine on which that
loop reads REFERENCE items a second, so that what is compared is the ratio.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

from bench import planning_ledger
from bench.busy_desk import installation
from bench.finding import Finding
from bench.installation import AS_OF, CHECKOUT, START, Installation, Link

REFERENCE = 350_000  # items a second
DAY = timedelta(days=1)
AGAIN = START + timedelta(minutes=15)


def _beside(made: Installation, now: str, *more: str) -> dict[str, Any]:
    line = [sys.executable, "-m", "bench.plan_beside", str(made.folder / "state"), now, *more]
    done = subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: plan_beside: {done.stderr.strip()[-1000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _milliseconds(ranked: dict[str, float]) -> str:
    return f"p50 {ranked['p50'] * 1000:.1f} ms, p99 {ranked['p99'] * 1000:.1f} ms, worst {ranked['worst'] * 1000:.1f} ms (n={ranked['n']})"


def _plan(question: str, found: dict[str, Any], rows: int, aim: float) -> Finding:
    counts, lag = found["counts"], found["lag"]
    done = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    slower = max(1.0, found["bare"] * REFERENCE / rows)  # than the machine of the aims
    return Finding(
        question=question,
        measured=f"{found['seconds']:.1f} s; {done}; {found['memory'] / 2**20:.0f} MB and {found['planner_memory'] / 2**20:.0f} MB"
        f" a planner at most; the loop's lag p99 {lag['p99'] * 1000:.1f} ms, worst {lag['worst'] * 1000:.1f} ms",
        yardstick=f"bare loop over the same {rows:,} rows, one core: {found['bare']:.2f} s",
        ratio=f"{found['seconds'] / found['bare']:.1f}",
        aim=f"<= {aim} s, <= 500 MB (where the bare loop reads {REFERENCE:,} rows/s)",
        met=found["seconds"] <= aim * slower and found["memory"] + 2 * found["planner_memory"] <= 500 * 2**20,
    )


def ask(debtors: int) -> list[Finding]:
    with installation() as made:
        made.configure(
            Link(host="127.0.0.1", port=9, username="collectord", secret_file=made.folder / "ami.secret"),
            phones=["201"],
            calls_per_second=2,
        )
        file, rows = planning_ledger.write(made.folder, planning_ledger.today(debtors), AS_OF)
        made.command("import", str(file), "--now", START.isoformat())
        first = _beside(made, START.isoformat(), "ask")
        again = _beside(made, AGAIN.isoformat())
        file, later = planning_ledger.write(made.folder, planning_ledger.tomorrow(debtors), AS_OF + DAY)
        made.command("import", str(file), "--now", (START + DAY - timedelta(hours=3)).isoformat())
        next_day = _beside(made, (START + DAY).isoformat())
    return [
        _plan(f"first plan, {rows:,} items of {debtors:,} debtors", first, rows, 10),
        _plan("plan again a quarter of an hour later, nothing new", again, rows, 1.5),
        _plan(f"the next day's plan, {planning_ledger.CHANGED:.0%} of the debtors with changes", next_day, later, 1.5),
        Finding(
            question=f"the decision behind `explain` among {rows:,} items",
            measured=_milliseconds(first["explain"]),
            yardstick=f"bare loop over all rows: {first['bare'] * 1000:.0f} ms",
            aim="< 20 ms",
            met=first["explain"]["p99"] < 0.020,
        ),
        Finding(
            question=f"the next task for five free agents, {first['ready']:,} ready",
            measured=_milliseconds(first["choose"]),
            yardstick=f"bare loop over all rows: {first['bare'] * 1000:.0f} ms",
            aim="p99 < 2 ms",
            met=first["choose"]["p99"] < 0.002,
        ),
    ]
