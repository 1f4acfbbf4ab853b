"""What do 100,000 open items cost: to read, to plan, to explain, to hold in memory?

Owns one installation with 25,000 debtors of four items each, and the same file read the bare way.
Invariant: both sides read the same file from the same disk, one after the other.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from bench.busy_desk import TAIL, installation
from bench.finding import Finding
from bench.installation import AS_OF, START, Installation, Link, export, memory
from bench.start_time import best

HOLDS_ROWS = (
    "import csv,sys;rows=list(csv.DictReader(open(sys.argv[1],encoding='utf-8'),delimiter=';'));print(open('/proc/self/status').read())"
)


def bare_import(file: Path, folder: Path) -> float:
    """csv and executemany, one transaction, one fsync."""
    path = folder / "bare-import.db"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        began = time.perf_counter()
        with file.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream, delimiter=";")
            names = next(rows)
            key = "company, debtor_no, item_no"
            connection.execute(f"create table item (company default '', {', '.join(names)}, primary key ({key}))")
            connection.execute("begin immediate")
            connection.executemany(f"insert into item ({', '.join(names)}) values ({', '.join('?' * len(names))})", rows)
            connection.execute("commit")
        return time.perf_counter() - began
    finally:
        connection.close()


def bare_pass(made: Installation) -> float:
    """Every open item with its debtor, in order, as plain tuples: the least a planner has to read."""
    connection = sqlite3.connect(made.folder / "state/collectord.db")
    try:
        began = time.perf_counter()
        joined = "select * from item i join debtor d on d.company = i.company and d.debtor_no = i.debtor_no"
        connection.execute(f"{joined} where i.state = 'open' order by i.company, i.debtor_no").fetchall()
        return time.perf_counter() - began
    finally:
        connection.close()


def ask(debtors: int, items_each: int) -> list[Finding]:
    found = []
    with installation() as made:
        secret = made.folder / "ami.secret"
        made.configure(Link(host="127.0.0.1", port=9, username="collectord", secret_file=secret), phones=["201"], calls_per_second=2)
        start = best([sys.executable, "-m", "collectord", "--config", str(made.config), "status"], 3)
        file = made.folder / f"op_{AS_OF}.csv"
        rows = export(file, debtors, items_each=items_each, tail=TAIL)
        bare = bare_import(file, made.folder)
        receipt, took = made.command("import", str(file), "--json", "--now", START.isoformat())
        accepted = json.loads(receipt)[0]["accepted"]
        if accepted != rows:
            raise SystemExit(f"bench: {accepted} of {rows} rows were accepted")
        again, took_again = 0.0, 0.0
        changed = made.folder / f"second_{AS_OF}.csv"
        changed.write_text(file.read_text(encoding="utf-8").replace("Debtor 1 GmbH", "Debtor One GmbH"), encoding="utf-8")
        _, again = made.command("import", str(changed), "--now", START.isoformat())
        took_again = again - start
        held = subprocess.run([sys.executable, "-c", HOLDS_ROWS, str(file)], capture_output=True, text=True, check=True).stdout
        bare_rss = next(int(line.split()[1]) / 1024 for line in held.splitlines() if line.startswith("VmRSS"))
        found.append(
            Finding(
                question=f"first import of {rows:,} rows (checked, compared, staged, one commit)",
                measured=f"{rows / (took - start):,.0f} rows/s ({took - start:.1f} s)",
                yardstick=f"csv and executemany: {rows / bare:,.0f} rows/s",
                ratio=f"{bare / (took - start):.3f}",
            )
        )
        found.append(
            Finding(
                question=f"the next day's import of {rows:,} rows, one of them changed",
                measured=f"{rows / took_again:,.0f} rows/s ({took_again:.1f} s)",
                yardstick=f"csv and executemany: {rows / bare:,.0f} rows/s",
                ratio=f"{bare / took_again:.3f}",
            )
        )
        _, first = made.command("plan", "--json", "--now", START.isoformat())
        _, second = made.command("plan", "--json", "--now", START.isoformat())
        least = bare_pass(made)
        for name, seconds in (("first plan", first - start), ("plan again, nothing new", second - start)):
            found.append(
                Finding(
                    question=f"{name}, {debtors:,} debtors",
                    measured=f"{seconds:.1f} s",
                    yardstick=f"bare read of the same rows: {least:.2f} s",
                    ratio=f"{seconds / least:.1f}",
                )
            )
        words = [
            sys.executable,
            "-m",
            "collectord",
            "--config",
            str(made.config),
            "explain",
            "D012345",
            "--json",
            "--now",
            START.isoformat(),
        ]
        took = best(words, 5)
        found.append(
            Finding(
                question=f"`explain` among {rows:,} items",
                measured=f"{took * 1000:.0f} ms",
                yardstick=f"`status` of an empty installation: {start * 1000:.0f} ms",
                ratio=f"{took / start:.2f}",
            )
        )
        with made.daemon() as process:
            time.sleep(20)
            rss = memory(process.pid)
        found.append(
            Finding(
                question=f"memory of the daemon, {rows:,} items of {debtors:,} debtors planned",
                measured=f"{rss['now'] / 2**20:.0f} MB resident, {rss['most'] / 2**20:.0f} MB at most",
                yardstick=f"a process that holds the file as a list of dicts: {bare_rss:.0f} MB",
                ratio=f"{rss['now'] / 2**20 / bare_rss:.2f}",
            )
        )
    return found
