"""kill -9 while a file is read as two sources: after the restart both were read once, and every file lies in one folder."""

from __future__ import annotations

import asyncio
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
from collectord.edge.rules_files import load_rules
from collectord.edge.store.connection import open_store
from collectord.loops.intake import IntakeEdges, recover, take_inbox

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
NAME = "EXTF_Buchungsstapel_20261120.csv"
BOTH = ["datev-extf-bookings", "datev-extf-payments"]
POINTS = (
    "import-claimed", "import-copy-noted", "import-copied", "import-before-commit", "import-committed", "import-archived",
    "import-committed:2", "import-archived:2",
)  # fmt: skip


async def run(root: Path) -> None:
    ticks = count()
    folders = ExchangeFolders(root / "exchange", quiet_for=timedelta(0))
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


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_both_are_read_once_and_what_is_repeated_is_a_duplicate(tmp_path: Path, point: str) -> None:
    folders = ExchangeFolders(tmp_path / "exchange")
    folders.create()
    (folders.inbox / NAME).write_bytes((ROOT / "examples" / "exports" / "datev-extf-bookings" / NAME).read_bytes())
    environment = os.environ | {"COLLECTORD_CRASH_AT": point}
    killed = subprocess.run([sys.executable, __file__, str(tmp_path)], cwd=ROOT, env=environment, check=False, timeout=120)
    assert killed.returncode == KILLED
    asyncio.run(run(tmp_path))

    store = sqlite3.connect(tmp_path / "state" / "collectord.db")
    found = list(store.execute("select source, status, stored_as from batch"))
    assert sorted(source for source, status, _ in found if status == "accepted") == BOTH
    assert {status for _, status, _ in found} <= {"accepted", "duplicate"}
    assert [source for source, status, _ in found if status == "duplicate"] in ([], ["datev-extf-payments"])
    assert store.execute("select count(*) from payment").fetchone() == (3,)
    items = store.execute("select item_no, open_amount from item where debtor_no = '10110' order by 1").fetchall()
    assert items == [("RE-5101", 6_900_000), ("RE-5119", 3_570_000)]
    store.close()
    everywhere = [
        path.relative_to(folders.root)
        for folder in ("inbox", "processing", "archive", "held", "rejected")
        for path in (folders.root / folder).rglob("*")
        if path.is_file()
    ]
    assert sorted(map(str, everywhere)) == sorted(f"archive/{stored_as}" for _, _, stored_as in found)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
