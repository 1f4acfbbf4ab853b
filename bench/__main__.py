"""`make bench`: every question once, the table to the terminal and into docs/BENCH.md.

Owns the order and the page. Asserts nothing.
Invariant: the page says where, when, with what and by which command its numbers were made.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from sandbox import SandboxUnavailable

from bench import (
    agent_free,
    best_time,
    big_ledger,
    bye_to_outcome,
    flood,
    imports,
    inbox_heap,
    next_task,
    originate_rate,
    pacing,
    parser,
    planning,
    risk,
    start_time,
)
from bench.busy_desk import BusyDesk
from bench.finding import Finding, table
from bench.installation import CHECKOUT

PAGE = CHECKOUT / "docs/BENCH.md"
NOTES = Path(__file__).with_name("notes.md")
IMPORTS = "## Imports\n"
LIBRARIES = ("aiosqlite", "aiosql", "panoramisk", "pydantic", "typer")


def machine() -> str:
    model = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    return f"{os.cpu_count()} cores of {model}, {int(memory) / 2**20:.0f} GB, {platform.system()} {platform.release()}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def imports_section(findings: list[Finding], load: str) -> str:
    return (
        f"{IMPORTS}\n"
        f"- Command: `python -m bench {' '.join(sys.argv[1:])}`\n"
        f"- Machine: {machine()}; reader, daemon, outcomes and yardsticks share it\n"
        f"- Load before the run (1, 5, 15 minutes): {load}\n"
        f"- Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}\n\n"
        f"{table(findings)}\n"
    )


def with_imports(text: str, section: str) -> str:
    """The page with its section about imports exchanged; in front of the notes where there is none yet."""
    before, _, rest = text.partition(IMPORTS) if IMPORTS in text else text.partition("## How to read it\n")
    after = rest.partition("\n## ")[2] if IMPORTS in text else f"How to read it\n{rest}"
    return f"{before}{section}## {after}"


def page(findings: list[Finding], asterisk: str, load: str) -> str:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    return (
        "# Speed and memory\n\n"
        "Each number stands beside a yardstick measured in the same run; the ratio is what to compare between machines.\n\n"
        f"- Command: `make bench` ({' '.join(sys.argv[1:]) or 'no arguments'})\n"
        f"- Machine: {machine()}; Asterisk, phones, debtors, daemon and yardsticks share it\n"
        f"- Load before the run (1, 5, 15 minutes): {load}\n"
        f"- Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n"
        f"- Versions: Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {asterisk}, {versions}\n\n"
        f"{table(findings)}\n{NOTES.read_text(encoding='utf-8')}"
    )


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    options.add_argument("--rates", type=int, nargs="*", default=[10, 20, 60, 100], help="calls a second offered")
    options.add_argument("--seconds", type=float, default=20.0, help="how long each rate is offered")
    options.add_argument("--debtors", type=int, default=25_000, help="of the big ledger, four items each")
    options.add_argument("--files", type=int, default=100_000, help="in the inbox at once")
    options.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000], help="of the large exports")
    options.add_argument("--only-imports", action="store_true", help="nothing but the large exports; only their section of the page is new")
    options.add_argument("--only-planning", action="store_true", help="nothing but planning a ledger of --debtors, and no page")
    options.add_argument("--only-risk", action="store_true", help="nothing but the risk estimate, and no page")
    options.add_argument("--only-allocation", action="store_true", help="nothing but the next task and the best hour, and no page")
    options.add_argument("--only-pacing", action="store_true", help="nothing but progressive and predictive in simulated time, and no page")
    options.add_argument("--pacing-agents", type=int, nargs="*", default=list(pacing.SIZES), choices=list(pacing.SIZES), help="desks")
    options.add_argument("--pacing-seeds", type=int, nargs="*", default=list(pacing.SEEDS), help="one run for each, taken together")
    options.add_argument("--pacing-json", type=Path, help="write the table of --only-pacing there as well")
    options.add_argument("--risk-debtors", type=int, default=1_500, help="of the generated ledger for the risk estimate")
    given = options.parse_args()
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    findings: list[Finding] = []
    asterisk = "no Asterisk"

    def take(*new: Finding) -> None:
        findings.extend(new)
        for one in new:
            print(f"{one.question}: {one.measured} | {one.yardstick} | {one.ratio}", flush=True)

    if given.only_imports:
        for rows in given.rows:
            take(*imports.ask(rows))
        PAGE.write_text(with_imports(PAGE.read_text(encoding="utf-8"), imports_section(findings, load)), encoding="utf-8")
        print(f"written: {PAGE}")
        return 0
    if given.only_planning:
        take(*planning.ask(given.debtors))
        print(table(findings))
        return 0
    if given.only_risk:
        take(*risk.ask(given.risk_debtors))
        print(table(findings))
        return 0
    if given.only_allocation:
        take(*next_task.ask(), *best_time.ask())
        print(table(findings))
        return 0
    if given.only_pacing:
        take(*pacing.ask(given.pacing_agents, given.pacing_json, given.pacing_seeds))
        print(table(findings))
        return 0
    take(parser.ask(), *flood.ask(), *start_time.ask())
    take(*agent_free.ask(10_000, given.seconds))
    try:
        with BusyDesk() as desk:
            asterisk = desk.version
            take(*bye_to_outcome.ask(desk, 2, given.seconds), *bye_to_outcome.ask(desk, 10, given.seconds))
            take(*originate_rate.ask(desk, given.rates, given.seconds))
    except SandboxUnavailable as trouble:
        take(Finding(question="calls on a real Asterisk", measured="not measured", yardstick=str(trouble)))
    take(*big_ledger.ask(given.debtors, 4))
    take(*planning.ask(given.debtors))
    take(*inbox_heap.ask(given.files))
    take(*risk.ask(given.risk_debtors))
    take(*next_task.ask(), *best_time.ask())
    take(*pacing.ask(given.pacing_agents))
    text, findings = page(findings, asterisk, load), []
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    for rows in given.rows:
        take(*imports.ask(rows))
    PAGE.write_text(with_imports(text, imports_section(findings, load)), encoding="utf-8")
    print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
