"""kill -9 of daemon and reader at every named point of an import, and by chance: the restart ends where an undisturbed run ends."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from collectord.core.house import House
from collectord.edge.crash import KILLED
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.rules_files import load_rules
from collectord.edge.store import batches
from collectord.edge.store.connection import open_store
from collectord.loops.intake import IntakeEdges, accept_batch, recover, take_inbox
from tests.crash.budget import FIRST_SEED, TALLY, import_stories

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
HEADER = "debtor_no;debtor_name;item_no;due_on;open_amount;phone\n"
BANK = "booked_on,amount,currency,payer,reference,payment_no\n"
POINTS = (
    "import-noted", "import-claimed", "import-hashed", "import-read", "import-announced", "import-mid-apply", "import-mid-apply:2",
    "import-mid-apply:9", "import-applied", "import-before-commit", "import-committed", "import-mid-cleaning", "import-mid-cleaning:3",
    "import-receipt-written", "import-before-archive", "import-archived", "import-committed:2", "import-before-commit:3",
    "import-applied:3", "import-before-commit:4", "import-committed:5",
)  # fmt: skip
KILLS_A_STORY = 10
READER = 0.3  # share of the kills that hit the reader

Place = tuple[str, str]


def write_exports(root: Path) -> None:
    """A first snapshot, one with a bad row and changes, one that is held and accepted, a bank statement, master data; later a delta."""
    folders = ExchangeFolders(root / "exchange")
    folders.create()
    inbox, later = folders.inbox, root / "later"
    for place in (inbox / "bank-generic", inbox / "master-data", later):
        place.mkdir()

    def rows(numbers: range, amount: str) -> str:
        return "".join(f"{n // 3};Debtor {n // 3};R{n};2026-11-01;{amount};0221/{1000000 + n // 3}\n" for n in numbers)

    (inbox / "op-2026-11-18.csv").write_text(HEADER + rows(range(2_100), "10.00"))
    (inbox / "op-2026-11-19.csv").write_text(HEADER + rows(range(100, 2_150), "9.00") + "1;Debtor 0;R0;31.02.2026;1.00;\n")
    (inbox / "op-2026-11-20.csv").write_text(HEADER + rows(range(50, 1_900), "9.00").replace("Debtor 500", "Debtor 500 neu"))
    (inbox / "op-2026-11-21.csv").write_text(HEADER + rows(range(50), "9.00"))
    (inbox / "bank-generic" / "bank-2026-11-21.csv").write_text(
        BANK + "".join(f"2026-11-20,9.00,EUR,Debtor {n // 3},Rechnung R{n},P{n}\n" for n in range(1_000, 1_030))
    )
    (inbox / "master-data" / "kunden-2026-11-21.csv").write_text(
        "debtor_no;email\n" + "".join(f"{n};{n}@example.org\n" for n in range(40, 90))
    )
    (later / "op-2026-11-22.delta.csv").write_text(HEADER + rows(range(10, 300), "3.00"))


async def run(root: Path) -> None:
    """What the daemon does at start and in its turns, until the inbox is empty and people have decided."""
    folders = ExchangeFolders(root / "exchange", quiet_for=timedelta(0))
    ticks = count()
    async with open_store(root / "state") as db:
        edges = IntakeEdges(
            db=db,
            folders=folders,
            house=House(language="en"),
            new_id=lambda: new_id(datetime.now(UTC) + timedelta(milliseconds=next(ticks))),
            sources=load_rules(ROOT / "rules").sources,
        )
        await recover(edges, NOW)
        while await take_inbox(edges, NOW):
            pass
        for batch_id, _ in await db.read(partial(batches.in_status, status="held")):
            await accept_batch(edges, batch_id, NOW)
        for path in (root / "later").iterdir():
            path.rename(folders.inbox / path.name)
        while await take_inbox(edges, NOW):
            pass


def started(root: Path, crash_at: str = "") -> subprocess.Popen[bytes]:
    environment = os.environ | {"COLLECTORD_CRASH_AT": crash_at}
    return subprocess.Popen([sys.executable, "-m", "tests.crash.test_import_crash", str(root)], cwd=ROOT, env=environment)


def ledger_digest(root: Path) -> str:
    """Everything that the ledger says, without ids and the times of day; nothing is left of the way there."""
    connection = sqlite3.connect(root / "state" / "collectord.db")
    said = hashlib.sha256()
    for query in (
        "select company, debtor_no, item_no, state, open_amount, due_on, opened_as_of, changed_as_of, cleared_as_of, digest, doubtful"
        " from item order by 1, 2, 3",
        "select company, debtor_no, debtor_name, email, digest from debtor order by 1, 2",
        "select company, debtor_no, position, e164, problem from debtor_number order by 1, 2, 3",
        "select company, debtor_no, item_no, as_of, amount from clearing order by 1, 2, 3, 4",
        "select file, source, mode, as_of, status, row_count, accepted_count, opened, changed, unchanged, cleared, reopened, open_amount"
        " from batch order by 1",
        "select b.file, s.company from batch_scope s join batch b on b.id = s.batch_id order by 1, 2",
        "select line, column_name, reason, debtor_no from row_reject order by 1, 2, 3, 4",
        "select id, state, amount from payment order by 1",
        "select payment_id, debtor_no, item_no, amount from payment_match order by 1, 2, 3",
        "select count(*), sum(until < 2147483647) from item_version",
        "select count(*), sum(until < 2147483647) from debtor_version",
        "select count(*), sum(until < 2147483647) from number_version",
        "select count(*) from clearing_version",
        "select number, coming from visible",
    ):
        for row in connection.execute(query):
            said.update(repr(row).encode())
    assert list((root / "state" / "scratch").iterdir()) == []
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
    return said.hexdigest()


def places(root: Path) -> list[Place]:
    """(folder, original name) of every export: each in exactly one folder, and its receipt."""
    found = []
    for folder in ("inbox", "processing", "archive", "held", "rejected", "receipts"):
        found += [(folder, path.name) for path in (root / "exchange" / folder).rglob("*") if path.is_file()]
    return sorted((folder, re.sub("~[0-9a-z]{18}", "", name)) for folder, name in found)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Place]]:
    root = tmp_path_factory.mktemp("undisturbed")
    write_exports(root)
    asyncio.run(run(root))
    return ledger_digest(root), places(root)


def test_the_undisturbed_run_has_every_kind_of_import(undisturbed: tuple[str, list[Place]]) -> None:
    assert [folder for folder, _ in undisturbed[1] if folder != "receipts"] == ["archive"] * 7


@pytest.mark.parametrize("point", POINTS)
def test_an_import_killed_here_ends_as_if_undisturbed(tmp_path: Path, undisturbed: tuple[str, list[Place]], point: str) -> None:
    write_exports(tmp_path)
    assert started(tmp_path, point).wait(120) == KILLED
    asyncio.run(run(tmp_path))
    assert ledger_digest(tmp_path) == undisturbed[0]
    assert places(tmp_path) == undisturbed[1]


@pytest.mark.parametrize("point", ["import-committed", "import-before-archive", "import-hashed", "import-applied", "import-mid-cleaning"])
def test_a_restart_killed_again_at_the_same_point_still_ends_well(
    tmp_path: Path, undisturbed: tuple[str, list[Place]], point: str
) -> None:  # fmt: skip
    write_exports(tmp_path)
    for _ in range(2):
        assert started(tmp_path, point).wait(120) in (KILLED, 0)
    asyncio.run(run(tmp_path))
    assert (ledger_digest(tmp_path), places(tmp_path)) == undisturbed


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + import_stories(KILLS_A_STORY)))
def test_killed_by_chance_again_and_again_it_ends_as_if_undisturbed(
    tmp_path: Path, undisturbed: tuple[str, list[Place]], seed: int
) -> None:  # fmt: skip
    chance = random.Random(seed)
    write_exports(tmp_path)
    for _ in range(KILLS_A_STORY):
        daemon = started(tmp_path)
        until = time.monotonic() + chance.choice([0.5, 1.5, 3.0, 6.0]) + chance.random()
        while time.monotonic() < until and daemon.poll() is None:
            time.sleep(0.002)
            if chance.random() < READER / 100 and (reader := reader_of(daemon.pid)):
                kill(reader)
        daemon.kill()
        daemon.wait()
        TALLY["import"] += 1
    asyncio.run(run(tmp_path))
    assert (ledger_digest(tmp_path), places(tmp_path)) == undisturbed


def reader_of(pid: int) -> int:
    """The daemon's reader; 0: there is none at this moment."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return int(children[0]) if children else 0


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
