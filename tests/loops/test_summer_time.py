"""Daily jobs over the change of the clocks: once on each day of the wall clock, however long it is, and on none twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collectord.edge.inbox import ExchangeFolders
from collectord.loops import intake, quality
from collectord.loops.day_sheet import write_daily_call_list
from tests.loops.desk import HEADER, Desk, local, open_desk, row

CHANGES = {  # the Sunday, its hours, an instant of the hour that comes twice or just before the one that does not come; the working days
    "winter": (date(2026, 10, 25), 25, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), (date(2026, 10, 26), date(2026, 10, 27))),
    "summer": (date(2027, 3, 28), 23, datetime(2027, 3, 28, 0, 59, tzinfo=UTC), (date(2027, 3, 30),)),  # 29 March: Easter Monday
}
TURN = timedelta(minutes=15)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as opened:
        yield opened


def turns(day: date) -> Iterator[datetime]:
    """From midnight before the day on, four days in all."""
    at = local(f"{day - timedelta(days=1)}T00:00").astimezone(UTC)
    until = local(f"{day + timedelta(days=3)}T00:00").astimezone(UTC)
    while at < until:
        yield at
        at += TURN


@pytest.mark.parametrize("change", CHANGES)
async def test_what_is_done_once_a_day_is_done_once_on_a_day_of_23_or_25_hours(desk: Desk, change: str) -> None:
    day, hours, _, working = CHANGES[change]
    begins, ends = (local(f"{day + timedelta(days=n)}T00:00").astimezone(UTC) for n in (0, 1))
    assert ends - begins == timedelta(hours=hours)
    await desk.take(row(), as_of=str(day - timedelta(days=2)))
    folders, done, listed = ExchangeFolders(desk.folder / "exchange"), Counter[str](), Counter[str]()
    for now in turns(day):
        if path := await quality.keep_day(desk.db, desk.house, folders, now):
            done[path.name] += 1
        if path := await write_daily_call_list(desk.db, desk.rules, desk.house, folders, now, agents=[]):
            listed[path.name] += 1
    assert done == {f"quality-{day + timedelta(days=n)}.csv": 1 for n in (-1, 0, 1, 2)}
    assert listed == {f"call-list-{one:%Y%m%d}.csv": 1 for one in working}


@pytest.mark.parametrize("change", CHANGES)
async def test_an_export_of_the_changing_hour_sets_the_days_job_off_once(desk: Desk, change: str) -> None:
    day, _, arrives, _ = CHANGES[change]
    folders, done = ExchangeFolders(desk.folder / "exchange"), Counter[str]()
    edges = intake.IntakeEdges(db=desk.db, folders=folders, house=desk.house, new_id=desk.new_id)
    export = desk.folder / "op.csv"
    export.write_text(f"{HEADER}\n{row()}\n", encoding="utf-8")
    first: datetime | None = None
    for now in turns(day):
        if first is None and now >= arrives:
            first = now
            receipt = await intake.import_file(edges, export, source=None, mode=None, as_of=day - timedelta(days=2), now=arrives)
            assert receipt.status == "accepted"
        if path := await quality.keep_day(desk.db, desk.house, folders, now):
            done[path.name] += 1
            if path.name == f"quality-{day}.csv":
                assert now == first, "not put off until noon: the day's export is there"
    assert done == {f"quality-{day + timedelta(days=n)}.csv": 1 for n in (-1, 0, 1, 2)}
