"""kill -9 around letters and e-mails: after the restart nothing leaves twice, and nothing is lost: it left, or a person is told of it."""

from __future__ import annotations

import asyncio
import csv
import os
import sqlite3
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from collectord.core.house import Company, House
from collectord.core.receivables.ladder_text import parse_ladders
from collectord.core.rule_text import Problem, Table
from collectord.core.rules import Rules
from collectord.edge.crash import KILLED
from collectord.edge.ids import new_id
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.rules_files import load_rules
from collectord.edge.store.connection import open_store
from collectord.loops import intake, planning
from collectord.loops.messages import MessageDesk
from collectord.loops.readying import Order
from collectord.settings import LettersSection, MailSection, Settings
from tests.edge.post_office import PostOffice, mail_server

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
COLUMNS = ("debtor_no", "debtor_name", "item_no", "due_on", "open_amount", "country", "region", "email")
DEBTORS = ("10", "11", "12")
LADDER = """
[[ladder.standard.level]]
name = "reminder"
after_due = "3d"
medium = "MEDIUM"
script = "friendly-reminder"
"""
POINTS = {
    "email": ("message-before-commit", "message-committed", "message-answered", "message-before-noted", "message-noted"),
    "letter": (
        "message-before-commit", "message-committed", "letter-staged", "letter-noted", "letter-published", "message-before-noted",
        "message-noted",
    ),
}  # fmt: skip
MATRIX = [(medium, f"{point}:2") for medium, points in POINTS.items() for point in points]  # one before it, one behind it


async def run(root: Path, medium: str, port: int) -> None:
    """One life of the house: whatever it finds is recovered, read, planned and sent."""
    ticks = count()
    folders = ExchangeFolders(root / "exchange", quiet_for=timedelta(0))
    folders.create()
    house = House(language="en", companies={"": Company(code="", name="Muster GmbH", caller_id="+493012345600", region="BE")})
    rules = rules_of(medium)
    settings = Settings(
        live=True,
        mail=MailSection(smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none", email_from="post@muster.example"),
        letters=LettersSection(enabled=True, sender=["Muster GmbH", "10115 Berlin"]),
    )

    def fresh() -> str:
        return new_id(datetime.now(UTC) + timedelta(milliseconds=next(ticks)))

    async with open_store(root / "state") as db:
        await db.write(lambda conn: conn.execute("update meta set value = 'yes' where key = 'live'"))
        edges = intake.IntakeEdges(db=db, folders=folders, house=house, new_id=fresh)
        await intake.recover(edges, NOW)
        export = root / "op-2026-11-23.csv"
        await intake.import_file(edges, export, source=None, mode=None, as_of=NOW.date(), now=NOW)
        order = Order(settings=settings, rules=rules, house=house, folders=folders)
        desk = MessageDesk(db=db, new_id=fresh)
        await desk.recover(order, NOW)
        for minutes in (0, 1, 30):
            at = NOW + timedelta(minutes=minutes)
            await planning.work(db, rules, house, at, new_id=fresh)
            await desk.turn(order, at)


def rules_of(medium: str) -> Rules:
    problems: list[Problem] = []
    ladders = parse_ladders(Table(tomllib.loads(LADDER.replace("MEDIUM", medium)), "", problems))
    assert problems == []
    return replace(load_rules(ROOT / "rules"), ladders=ladders)


@asynccontextmanager
async def killed_at(root: Path, medium: str, point: str) -> AsyncIterator[PostOffice]:
    """The house after a life that ended there and one that did not."""
    with (root / "op-2026-11-23.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [[no, f"Debtor {no}", f"R-{no}", "2026-11-11", "410.00", "DE", "BE", f"d{no}@example.com"] for no in DEBTORS]
        csv.writer(file, delimiter=";").writerows([COLUMNS, *rows])
    office = PostOffice()
    async with mail_server(office) as port:
        for environment, end in (({"COLLECTORD_CRASH_AT": point}, KILLED), ({}, 0)):
            life = await asyncio.create_subprocess_exec(
                sys.executable, __file__, str(root), medium, str(port), cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}
            )
            assert await asyncio.wait_for(life.wait(), 120) == end
        yield office


@pytest.mark.parametrize(("medium", "point"), MATRIX, ids=lambda part: part)
async def test_killed_anywhere_a_message_leaves_once_or_stands_in_the_list_of_those_nobody_knows_of(
    tmp_path: Path, medium: str, point: str
) -> None:
    async with killed_at(tmp_path, medium, point) as office:
        store = sqlite3.connect(tmp_path / "state" / "collectord.db")
        store.row_factory = sqlite3.Row
        found: list[Any] = store.execute("select * from message order by debtor_no").fetchall()
        left_open = store.execute("select count(*) from task where state not in ('done', 'cancelled')").fetchone()[0]
        taken = {row["debtor_no"]: row["contact_level"] for row in store.execute("select debtor_no, contact_level from item")}
        store.close()
        assert [row["debtor_no"] for row in found] == list(DEBTORS)
        assert (left_open, taken) == (0, dict.fromkeys(DEBTORS, 1))
        if medium == "letter":
            assert {row["state"] for row in found} == {"sent"}
            printed = [path.name for path in (tmp_path / "exchange" / "print").iterdir() if path.suffix == ".pdf"]
            assert sorted(printed) == sorted(row["recipient"] for row in found)
            return
        got = [envelope.rcpt_tos[0] for envelope in office.mails]
        assert len(got) == len(set(got))
        unsure = [row["recipient"] for row in found if row["state"] == "unknown"]
        doubtful = point.partition(":")[0] in ("message-committed", "message-answered", "message-before-noted")
        assert len(unsure) == (1 if doubtful else 0)
        assert {row["recipient"] for row in found if row["state"] == "sent"} == set(got) - set(unsure)
        assert len(got) == (2 if point.startswith("message-committed") else 3)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
