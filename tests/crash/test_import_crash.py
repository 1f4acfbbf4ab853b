"""kill -9 at every named point of an import: the restart ends where an undisturbed run ends."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from collectord.core.house import House
from collectord.edge.crash import KILLED
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.store.connection import open_store
from collectord.loops.intake import IntakeEdges, recover, take_inbox

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
HEADER = "debtor_no;debtor_name;item_no;due_on;open_amount;phone\n"
POINTS = (
    "import-noted", "import-claimed", "import-hashed", "import-read", "import-announced", "import-mid-apply", "import-mid-apply:2",
    "import-mid-apply:9", "import-applied", "import-before-commit", "import-committed", "import-mid-cleaning", "import-mid-cleaning:3",
    "import-receipt-written", "import-before-archive", "import-archived",
)  # fmt: skip


def write_exports(root: Path) -> None:
    """Three exports: a first one, one with a bad row and changes, one that is held."""
    inbox = ExchangeFolders(root / "exchange").inbox

    def rows(numbers: range, amount: str) -> str:
        return "".join(f"{n // 3};Debtor {n // 3};R{n};2026-11-01;{amount};0221/{1000000 + n // 3}\n" for n in numbers)

    (inbox / "op-2026-11-19.csv").write_text(HEADER + rows(range(2_100), "10.00"))
    (inbox / "op-2026-11-20.csv").write_text(HEADER + rows(range(100, 2_150), "9.00") + "1;Debtor 0;R0;31.02.2026;1.00;\n")
    (inbox / "op-2026-11-21.csv").write_text(HEADER + rows(range(50), "9.00"))


async def run(root: Path) -> None:
    """What the daemon does at start and in its turns, until the inbox is empty."""
    folders = ExchangeFolders(root / "exchange", quiet_for=timedelta(0))
    ticks = count()
    async with open_store(root / "state") as db:
        edges = IntakeEdges(
            db=db,
            folders=folders,
            house=House(language="en"),
            new_id=lambda: new_id(datetime.now(UTC) + timedelta(milliseconds=next(ticks))),
        )
        await recover(edges, NOW)
        while await take_inbox(edges, NOW):
            pass


def run_in_a_process(root: Path, crash_at: str) -> int:
    environment = os.environ | {"COLLECTORD_CRASH_AT": crash_at}
    return subprocess.run([sys.executable, __file__, str(root)], cwd=ROOT, env=environment, check=False, timeout=120).returncode


def ledger_digest(root: Path) -> str:
    """Everything that the ledger says, without ids and the times of day."""
    connection = sqlite3.connect(root / "state" / "collectord.db")
    said = hashlib.sha256()
    for query in (
        "select company, debtor_no, item_no, state, open_amount, due_on, opened_as_of, changed_as_of, cleared_as_of, digest, doubtful"
        " from item order by 1, 2, 3",
        "select company, debtor_no, debtor_name, digest from debtor order by 1, 2",
        "select company, debtor_no, position, e164, problem from debtor_number order by 1, 2, 3",
        "select company, debtor_no, item_no, as_of, amount from clearing order by 1, 2, 3, 4",
        "select file, status, row_count, accepted_count, opened, changed, unchanged, cleared, open_amount from batch order by 1",
        "select line, column_name, reason, debtor_no from row_reject order by 1",
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


def places(root: Path) -> list[tuple[str, str]]:
    """(folder, original name) of every export: each in exactly one folder, and its receipt."""
    found = []
    for folder in ("inbox", "processing", "archive", "held", "rejected"):
        found += [(folder, path.name.partition("~")[0]) for path in (root / "exchange" / folder).iterdir()]
    found += [("receipts", path.name.partition("~")[0] + "".join(path.suffixes)) for path in (root / "exchange" / "receipts").iterdir()]
    return sorted(found)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[tuple[str, str]]]:
    root = tmp_path_factory.mktemp("undisturbed")
    ExchangeFolders(root / "exchange").create()
    write_exports(root)
    asyncio.run(run(root))
    return ledger_digest(root), places(root)


def test_the_undisturbed_run_accepts_two_and_holds_one(undisturbed: tuple[str, list[tuple[str, str]]]) -> None:
    assert [folder for folder, _ in undisturbed[1] if folder != "receipts"] == ["archive", "archive", "held"]


@pytest.mark.parametrize("point", POINTS)
def test_an_import_killed_here_ends_as_if_undisturbed(tmp_path: Path, undisturbed: tuple[str, list[tuple[str, str]]], point: str) -> None:
    ExchangeFolders(tmp_path / "exchange").create()
    write_exports(tmp_path)
    assert run_in_a_process(tmp_path, point) == KILLED
    asyncio.run(run(tmp_path))
    assert ledger_digest(tmp_path) == undisturbed[0]
    assert places(tmp_path) == undisturbed[1]


@pytest.mark.parametrize("point", ["import-committed", "import-before-archive", "import-hashed"])
def test_a_restart_killed_again_at_the_same_point_still_ends_well(
    tmp_path: Path, undisturbed: tuple[str, list[tuple[str, str]]], point: str
) -> None:
    ExchangeFolders(tmp_path / "exchange").create()
    write_exports(tmp_path)
    for _ in range(2):
        assert run_in_a_process(tmp_path, point) in (KILLED, 0)
    asyncio.run(run(tmp_path))
    assert (ledger_digest(tmp_path), places(tmp_path)) == undisturbed


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
