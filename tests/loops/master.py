"""Master data for tests that work on a desk: rows by column name, taken over as the reader hands them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from collectord.core.exports.columns import MASTER_COLUMNS
from collectord.core.exports.intake import Arrival
from collectord.core.exports.master_rows import MasterReader
from collectord.core.exports.open_items import BadRow
from collectord.edge.inbox import ExchangeFolders
from collectord.loops import master_data
from collectord.loops.intake_edges import IntakeEdges
from collectord.loops.prepared import Prepared
from tests.loops.desk import Desk, local

NOON = local("2026-11-23T09:00")


async def master(desk: Desk, *rows: dict[str, str], mode: str = "delta", batch: str = "m1", now: datetime = NOON) -> Prepared:
    """Prepared and applied."""
    reader = MasterReader("en")
    reader.columns = frozenset(name for one in rows for name in one)
    checked: list[tuple[int, tuple[str, ...]]] = []
    for line, one in enumerate(rows, 2):
        said = reader.check(line, [one.get(column, "") for column in MASTER_COLUMNS], "raw")
        assert said is not None
        assert not isinstance(said, BadRow)
        checked.append((line, said))
    edges: Any = IntakeEdges(db=desk.db, folders=ExchangeFolders(desk.folder / "exchange"), house=desk.house, new_id=desk.new_id)
    arrived = Arrival(
        batch_id=batch, file="m.csv", stored_as="m~1.csv", source="master-data", mode=mode, as_of=date(2026, 11, 23), as_of_from="option"
    )  # fmt: skip
    prepared = await master_data.prepare(edges, arrived, checked, now)
    await desk.db.write(prepared.apply)
    return prepared
