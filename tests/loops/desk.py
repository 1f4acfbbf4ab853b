"""A house with a store, an inbox and the shipped rules, for tests that import, record and ask."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.exports.intake import Receipt
from collectord.core.house import Company, House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rules import Rules
from collectord.edge.inbox import ExchangeFolders
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory
from collectord.edge.store.connection import Database, open_store
from collectord.loops import explain, history, intake, record

RULES = load_rules(shipped_directory("rules"))
MUSTER = Company(code="", name="Muster GmbH", caller_id="+493012345600", region="BE")
HOUSE = House(language="en", companies={"": MUSTER})
COLUMNS = (
    "debtor_no", "debtor_name", "item_no", "due_on", "open_amount", "phone", "phone2", "country", "region", "time_zone", "payment_method",
    "dispute", "dunning_block", "dunning_deadline",
)  # fmt: skip
HEADER = ";".join(COLUMNS)


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def row(**given: str) -> str:
    usual = {
        "debtor_no": "10", "debtor_name": "Muster", "item_no": "A1", "due_on": "2026-11-11", "open_amount": "410.00",
        "phone": "+493012345601",
        "country": "DE", "region": "BE", **given,
    }  # fmt: skip
    return ";".join(usual.get(column, "") for column in COLUMNS)


@dataclass(slots=True)
class Desk:
    db: Database
    folder: Path
    house: House = HOUSE
    rules: Rules = RULES
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def new_id(self) -> str:
        return f"id{next(self.numbers):016}"

    async def take(self, *rows: str, as_of: str, name: str = "op.csv") -> Receipt:
        path = self.folder / name
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        edges = intake.IntakeEdges(db=self.db, folders=ExchangeFolders(self.folder / "exchange"), house=self.house, new_id=self.new_id)
        day = date.fromisoformat(as_of)
        return await intake.import_file(edges, path, source=None, mode=None, as_of=day, now=local(f"{as_of}T12:00"))

    async def ask(self, at: datetime, debtor_no: str = "10", item: str | None = None) -> dict[str, Any]:
        return await explain.explain(self.db, self.rules, self.house, DebtorKey("", debtor_no), at, item)

    async def record(self, now: datetime, debtor_no: str = "10", **args: Any) -> dict[str, Any]:
        key = DebtorKey("", debtor_no)
        return await record.record(self.db, self.rules, self.house, key, args, now, "lead", self.new_id)

    async def history(self, at: datetime, *rows: Mapping[str, str]) -> dict[str, Any]:
        columns = list(dict.fromkeys(column for one in rows for column in one))
        path = self.folder / f"history-{next(self.numbers)}.csv"
        lines = [";".join(f'"{one.get(column, "")}"' for column in columns) for one in rows]
        path.write_text("\n".join([";".join(columns), *lines]) + "\n", encoding="utf-8")
        return await history.import_history(self.db, self.house, path, at)


@asynccontextmanager
async def open_desk(folder: Path, house: House = HOUSE) -> AsyncIterator[Desk]:
    (folder / "exchange").mkdir()
    ExchangeFolders(folder / "exchange").create()
    async with open_store(folder / "state") as db:
        yield Desk(db, folder, house)
