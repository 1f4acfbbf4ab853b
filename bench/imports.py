"""What does an export of a million rows cost: the first one, tomorrow's, the same once more; and what do calls notice of it?

Owns the files and one store that takes them one after the other, in the daemon's way (bench/import_beside.py).
Invariant: each figure stands beside csv and executemany over the same file, in the same run; the aims are those of a two-core machine on
which that yardstick reads REFERENCE rows a second, so that what is compared is the ratio.
"""

from __future__ import annotations

import csv
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.finding import Finding
from bench.installation import AREAS, AS_OF, CHECKOUT, PLACED

REFERENCE = 159_000  # rows a second
COLUMNS = (
    "debtor_no;debtor_name;item_no;invoiced_on;due_on;amount;open_amount;currency;kind;payment_method;person_type;phone;country;region;"
    "potential_class"
)
CHANGED = 0.07  # of tomorrow's lines: paid, paid in part, new


def rows_of(rows: int, *, phones: bool) -> Iterator[str]:
    """Four items a debtor, 112 bytes a line without its telephone number; every debtor has one of its own."""
    for row in range(rows):
        debtor, item = divmod(row, 4)
        amount = f"{100 + (debtor * 7 + item * 13) % 9000}.{(debtor + item) % 100:02}"
        due = PLACED - timedelta(days=row % 90)
        phone = f"+49{AREAS[debtor % 5]}{2_000_000 + debtor}" if phones else ""
        yield (
            f"D{debtor:06};Debtor {debtor} GmbH;R{debtor:06}-{item};{due - timedelta(days=14)};{due};{amount};{amount};EUR;invoice;"
            f"transfer;business;{phone};DE;BE;II"
        )


def write(path: Path, rows: Iterator[str]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(COLUMNS + "\n")
        for row in rows:
            file.write(row + "\n")
            count += 1
    return count


def tomorrow(rows: int) -> Iterator[str]:
    """Some are paid, some paid in part, as many are new: CHANGED of the lines in all."""
    chance = random.Random(7)
    for row in rows_of(rows, phones=True):
        at = chance.random()
        if at < CHANGED / 3:
            continue
        if at < CHANGED * 2 / 3:
            cells = row.split(";")
            cells[6] = "1.00"
            row = ";".join(cells)
        yield row
    for new in range(round(rows * CHANGED / 3)):
        phone = f"+4930{8_000_000 + new}"
        yield f"N{new:06};New {new} GmbH;R{new:06}-N;{PLACED};{PLACED};55.00;55.00;EUR;invoice;transfer;business;{phone};DE;BE;II"


def bare(file: Path, folder: Path) -> float:
    """Seconds of csv and executemany into one table, one transaction, no index, no check."""
    path = folder / "bare.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        began = time.perf_counter()
        with file.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream, delimiter=";")
            names = next(rows)
            connection.execute(f"create table item ({', '.join(names)})")
            connection.execute("begin immediate")
            connection.executemany(f"insert into item values ({', '.join('?' * len(names))})", rows)
            connection.execute("commit")
        return time.perf_counter() - began
    finally:
        connection.close()
        path.unlink(missing_ok=True)


def beside(root: Path, file: Path) -> tuple[dict[str, Any], float]:
    """(the import in a process of its own, the yardstick's seconds: the mean of one before and one after it)"""
    floor = bare(file, root.parent)
    run = taken(root, file)
    return run, (floor + bare(file, root.parent)) / 2


def taken(root: Path, file: Path) -> dict[str, Any]:
    root.mkdir(exist_ok=True)
    words = [sys.executable, "-m", "bench.import_beside", str(root), str(file)]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if found["receipt"]["status"] not in ("accepted", "duplicate"):
        raise SystemExit(f"bench: {file.name} was {found['receipt']['status']}: {found['receipt']['reason']}")
    return found


def ask(rows: int) -> list[Finding]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        plain, phoned, next_day = (place / f"{name}_{AS_OF}.csv" for name in ("plain", "phones", "tomorrow"))
        write(plain, rows_of(rows, phones=False))
        write(phoned, rows_of(rows, phones=True))
        lines = write(next_day, tomorrow(rows))
        without, floor = beside(place / "plain", plain)
        found.append(_load(f"first load of {rows:,} rows, no telephone numbers", rows, without, floor, 100_000))
        with_phones, floor = beside(place / "phones", phoned)
        found.append(_load(f"first load of {rows:,} rows, {rows // 4:,} different telephone numbers", rows, with_phones, floor, 30_000))
        daily, floor = beside(place / "phones", next_day)
        found.append(
            _day(f"the next day's {lines:,} rows, {CHANGED:.0%} of them paid, changed or new", daily, floor, 4.5 * rows / 1_000_000, rows)
        )
        again = taken(place / "phones", next_day)
        found.append(_day("the same file once more", again, floor, 0.3 * rows / 1_000_000, rows))
        for name, run in (("first load", without), ("next day's file", daily)):
            found += _noticed(name, run)
        found += [_memory("first load", with_phones, 150), _memory("next day's file", daily, 300)]
    return found


def _load(question: str, rows: int, run: dict[str, Any], floor: float, aim: int) -> Finding:
    ratio = floor / run["seconds"]
    return Finding(
        question=question,
        measured=f"{rows / run['seconds']:,.0f} rows/s ({run['seconds']:.1f} s; the reader's CPU {run['reader_cpu']:.1f} s)",
        yardstick=f"csv and executemany, no index, no check: {rows / floor:,.0f} rows/s",
        ratio=f"{ratio:.2f}",
        aim=f">= {aim:,} rows/s where the yardstick makes {REFERENCE:,}: {aim / REFERENCE:.2f}",
        met=ratio >= aim / REFERENCE,
    )


def _day(question: str, run: dict[str, Any], floor: float, aim: float, rows: int) -> Finding:
    allowed = aim / (rows / REFERENCE)
    return Finding(
        question=question,
        measured=f"{run['seconds']:.2f} s",
        yardstick=f"csv and executemany over all of it: {floor:.2f} s",
        ratio=f"{run['seconds'] / floor:.2f}",
        aim=f"<= {aim:.1f} s where the yardstick takes {rows / REFERENCE:.1f}: {allowed:.2f}",
        met=run["seconds"] / floor <= allowed,
    )


def _noticed(name: str, run: dict[str, Any]) -> list[Finding]:
    lag, outcome = run["lag"], run["outcome"]
    return [
        Finding(
            question=f"event-loop lag during the {name}",
            measured=f"p50 {lag['p50'] * 1e3:.1f} ms, p99 {lag['p99'] * 1e3:.1f} ms, worst {lag['worst'] * 1e3:.1f} ms (n={lag['n']})",
            yardstick="none",
            aim="p99 <= 5 ms, worst <= 25 ms",
            met=lag["p99"] <= 0.005 and lag["worst"] <= 0.025,
        ),
        Finding(
            question=f"an outcome's commit during the {name}",
            measured=f"p50 {outcome['p50'] * 1e3:.1f} ms, p99 {outcome['p99'] * 1e3:.1f} ms, worst {outcome['worst'] * 1e3:.1f} ms"
            f" (n={outcome['n']})",
            yardstick=f"alone on the same disk: p99 {run['alone']['p99'] * 1e3:.1f} ms",
            ratio=f"{outcome['p99'] / run['alone']['p99']:.1f}",
            aim="p99 <= 10 ms, the one that makes a batch visible <= 250 ms",
            met=outcome["p99"] <= 0.010 and outcome["worst"] <= 0.250,
        ),
    ]


def _memory(name: str, run: dict[str, Any], aim: int) -> Finding:
    own, reader = run["memory"] / 2**20, run["reader_memory"] / 2**20
    return Finding(
        question=f"memory at most during the {name}",
        measured=f"the daemon's process {own:.0f} MB, the reader {reader:.0f} MB",
        yardstick="none",
        aim=f"<= {aim} MB per process",
        met=max(own, reader) <= aim,
    )
