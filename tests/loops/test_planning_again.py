"""Planning again: only whom something happened to, or whose day has come, is looked at, and that is always enough."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import TaskState
from collectord.core.rules import Rules
from collectord.edge.rules_files import load_rules
from collectord.edge.store import looked_at, peers, tasks
from collectord.edge.store.connection import Connection, Database, open_for_reading, open_store
from collectord.loops.planning import work
from collectord.loops.planning_pass import Order, Portion, portions

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday 10:00 in Berlin
HOUSE = House(language="en")
RULES = load_rules(Path(__file__).parents[2] / "rules")
DAY = timedelta(days=1)
ITEM = (
    "insert into item_version (company, debtor_no, item_no, source, state, due_on, open_amount, currency, kind, payment_method, dispute,"
    " dunning_block_until, opened_as_of, changed_as_of, batch_id, digest, since)"
    " values ('', ?, ?, 'canonical', 'open', ?, ?, 'EUR', 'invoice', 'transfer', ?, ?, '2026-11-01', '2026-11-01', 'b1', 'd', ?)"
)
DEBTOR = (
    "insert into debtor_version (company, debtor_no, debtor_name, person_type, country, region, potential_class, source, batch_id)"
    " values ('', ?, ?, 'business', 'DE', 'BE', ?, 'canonical', 'b1')"
)


@dataclass
class Ledger:
    """A store and its clock, with what may happen to it."""

    db: Database
    rules: Rules = RULES
    house: House = HOUSE
    now: datetime = START
    ids: Any = field(default_factory=lambda: iter(f"t{n:08}" for n in range(1, 10_000_000)))

    def day(self, offset: int) -> str:
        return (self.house.today(self.now) + offset * DAY).isoformat()

    def at(self, **ahead: float) -> str:
        return (self.now + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    async def sql(self, text: str, *values: object) -> list[Any]:
        return list(await self.db.write(lambda conn: conn.execute_fetchall(text, values)))

    async def owes(self, debtor: int, item: int, due: int, euros: int, *, dispute: int = 0, blocked: int = 0, since: int = 0) -> None:
        if not await self.sql("select 1 from debtor_version where debtor_no = ?", str(debtor)):
            await self.sql(DEBTOR, str(debtor), f"Debtor {debtor}", ("I", "II", "III", "IV")[debtor % 4])
        await self.sql("delete from item_version where debtor_no = ? and item_no = ?", str(debtor), f"R{item}")
        block = self.day(blocked) if blocked else None
        await self.sql(ITEM, str(debtor), f"R{item}", self.day(due), euros * 10_000, dispute, block, since)
        await self.sql("update item_version set state = state where debtor_no = ?", str(debtor))  # marked, as a batch marks what it brings

    async def plan(self, **more: Any) -> Any:
        return await work(self.db, self.rules, self.house, self.now, new_id=lambda: next(self.ids), **more)

    async def found(self, *, everybody: bool) -> list[Portion]:
        turn = await self.db.read(looked_at.state)
        order = Order(rules=self.rules, house=self.house, now=self.now, turn=turn, everybody=everybody, documents=False, size=100)

        async def look(conn: Connection) -> list[Portion]:
            return [one async for one in portions(conn, order, lambda: next(self.ids))]

        async with open_for_reading(self.db.path.parent) as own:
            return await own.read(look)

    async def left_undone(self) -> list[Portion]:
        """What a look at everybody would write."""
        return [one for one in await self.found(everybody=True) if one.writes]

    async def looked_for(self) -> set[str]:
        """Whom the next plan looks at."""
        return {debtor_no for one in await self.found(everybody=False) for _, debtor_no, _, _ in one.looks}

    async def live(self, debtor: int) -> Any:
        return (await self.db.read(lambda conn: tasks.live_of(conn, [DebtorKey("", str(debtor))], self.now))).get(
            DebtorKey("", str(debtor))
        )


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with open_store(tmp_path / "state") as db:
        yield Ledger(db)


# ---------------------------------------------------------------- for all


async def fact(ledger: Ledger, debtor: int, kind: str, value: str, known: int, days: int | None) -> None:
    await ledger.sql(
        "insert into fact (id, at, company, debtor_no, kind, value, until_on) values (?, ?, '', ?, ?, ?, ?)",
        next(ledger.ids), ledger.at(days=known), str(debtor), kind, value, None if days is None else ledger.day(days),
    )  # fmt: skip


async def promise(ledger: Ledger, debtor: int, days: int) -> None:
    await ledger.sql(
        "insert into promise (id, company, debtor_no, amount, currency, promised_on, grace_until, made_at, state, items)"
        " values (?, '', ?, 1000000, 'EUR', ?, ?, ?, 'open', 'R0')",
        next(ledger.ids), str(debtor), ledger.day(days), ledger.day(days + 2), ledger.at(),
    )  # fmt: skip


async def judged(ledger: Ledger, debtor: int, state: str) -> None:
    await ledger.sql("update promise set state = ?, judged_at = ? where debtor_no = ? and state = 'open'", state, ledger.at(), str(debtor))


async def head(ledger: Ledger, debtor: int, root: int | None) -> None:
    await ledger.sql("delete from overlay where debtor_no = ?", str(debtor))
    if root is not None:
        await ledger.sql("insert into overlay (company, debtor_no, head_office) values ('', ?, ?)", str(debtor), str(root))


async def contact(ledger: Ledger, debtor: int, medium: str, ago: int) -> None:
    await ledger.sql(
        "insert into contact (digest, at, company, debtor_no, medium, direction, result) values (?, ?, '', ?, ?, 'outbound', 'answered')",
        next(ledger.ids), ledger.at(days=-ago), str(debtor), medium,
    )  # fmt: skip


async def called(ledger: Ledger, debtor: int, end: str) -> None:
    """A call for the debtor's task begins, and perhaps ends."""
    task = await ledger.live(debtor)
    if task is None or not await ledger.db.write(lambda conn: tasks.begin_call(conn, task.id, ledger.now)) or end == "goes on":
        return

    async def job(conn: Connection) -> None:
        if end == "again":
            await tasks.postpone(conn, task.id, ledger.now + timedelta(hours=3), "nobody answered", ledger.now)
            return
        if end == "spoken":
            await tasks.mark_carried_out(conn, task.key, dict.fromkeys(task.items, task.level), task.rungs, ledger.house.today(ledger.now))
        await tasks.close_task(conn, task.id, TaskState.DONE if end == "spoken" else TaskState.CANCELLED, end, ledger.now)

    await ledger.db.write(job)


async def callback(ledger: Ledger, debtor: int) -> None:
    await ledger.sql(
        "insert into task (id, company, debtor_no, medium, ladder, level, items, open_amount, not_before, state, why, origin, created_at,"
        " changed_at) values (?, '', ?, 'call', 'standard', 2, 'R0', '{}', ?, 'planned', 'Callback.', 'callback', ?, ?)",
        next(ledger.ids), str(debtor), ledger.at(days=1), ledger.at(), ledger.at(),
    )  # fmt: skip


async def kept(ledger: Ledger, debtor: int) -> None:
    await ledger.sql("update task set state = 'done' where origin = 'callback' and debtor_no = ?", str(debtor))


async def cleared(ledger: Ledger, debtor: int, item: int) -> None:
    await ledger.sql(
        "update item_version set state = 'cleared', open_amount = 0, cleared_as_of = ?"
        " where state = 'open' and debtor_no = ? and item_no = ?",
        ledger.day(0), str(debtor), f"R{item}",
    )  # fmt: skip


async def returned(ledger: Ledger, debtor: int, item: int) -> None:
    number = next(ledger.ids)
    await ledger.sql(
        "insert into payment (id, batch_id, source, seen_at, booked_on, amount, currency, kind, state)"
        " values (?, 'b', 'bank', ?, ?, -1, 'EUR', 'return', 'matched')", number, ledger.at(), ledger.day(-1),
    )  # fmt: skip
    await ledger.sql(
        "insert into payment_match (payment_id, company, debtor_no, item_no, amount, how) values (?, '', ?, ?, 1, '')",
        number, str(debtor), f"R{item}",
    )  # fmt: skip


async def _owes_in_doubt(ledger: Ledger, debtor: int, item: int, due: int, dispute: int, blocked: int) -> None:
    await ledger.owes(debtor, item, due, 500, dispute=dispute, blocked=blocked)


WHO = st.integers(0, 4)
WHAT = st.integers(0, 2)
HAPPENINGS = st.one_of(
    st.tuples(st.just(Ledger.owes), WHO, WHAT, st.integers(-60, 20), st.sampled_from([10, 30, 300, 3_000, -200])),
    st.builds(lambda d, i, due, dispute, blocked: (_owes_in_doubt, d, i, due, dispute, blocked),
              WHO, WHAT, st.integers(-40, 5), st.integers(0, 1), st.sampled_from([0, 1, 4])),
    st.tuples(st.just(cleared), WHO, WHAT),
    st.tuples(st.just(returned), WHO, WHAT),
    st.tuples(st.just(fact), WHO, st.sampled_from(["do_not_call", "dispute", "legal_state", "grace", "objection"]),
              st.sampled_from(["R0", "", "insolvency"]), st.sampled_from([0, 0, 1]), st.sampled_from([None, 0, 2, 9])),
    st.tuples(st.just(promise), WHO, st.integers(0, 6)),
    st.tuples(st.just(judged), WHO, st.sampled_from(["kept", "broken", "partially_kept", "withdrawn"])),
    st.tuples(st.just(head), WHO, st.one_of(st.none(), WHO)),
    st.tuples(st.just(contact), WHO, st.sampled_from(["call", "email", "letter"]), st.integers(0, 30)),
    st.tuples(st.just(called), WHO, st.sampled_from(["goes on", "again", "spoken", "in vain"])),
    st.tuples(st.just(callback), WHO),
    st.tuples(st.just(kept), WHO),
)  # fmt: skip


OWED = st.tuples(st.just(Ledger.owes), WHO, WHAT, st.integers(-60, 20), st.sampled_from([30, 300, 3_000]))
TURNS = st.lists(st.tuples(st.lists(HAPPENINGS, max_size=4), st.sampled_from([1, 24, 24, 72, 240])), min_size=2, max_size=8)


@settings(max_examples=60)
@given(st.lists(OWED, min_size=4, max_size=10), TURNS)
def test_whatever_happens_looking_at_some_leaves_nothing_undone_for_a_look_at_all(
    first: list[tuple[Any, ...]], turns: list[tuple[list[tuple[Any, ...]], int]]
) -> None:
    async def play(folder: str) -> None:
        async with open_store(Path(folder)) as db:
            ledger = Ledger(db)
            for happenings, hours in [(first, 1), *turns]:
                for deed, *what in happenings:
                    await deed(ledger, *what)
                await ledger.plan()
                assert await ledger.left_undone() == []
                ledger.now += timedelta(hours=hours)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(folder))


# ---------------------------------------------------------------- one by one


async def test_who_was_looked_at_is_not_looked_at_again_before_something_happens_or_the_day_comes(ledger: Ledger) -> None:
    await ledger.owes(1, 0, -4, 300)
    await ledger.owes(2, 0, 20, 300)
    await ledger.plan()
    assert await ledger.looked_for() == set()
    await promise(ledger, 1, 3)
    assert await ledger.looked_for() == {"1"}
    await ledger.plan()
    ledger.now += 6 * DAY
    assert await ledger.looked_for() == {"1"}, "the promise and its grace are over; the other one falls due in two weeks"
    ledger.now += 20 * DAY
    assert await ledger.looked_for() == {"1", "2"}


async def test_other_rules_another_house_or_a_clock_set_back_concern_everybody(ledger: Ledger) -> None:
    await ledger.owes(1, 0, -4, 300)
    assert (await ledger.plan()).created == 1
    higher = tuple(replace(ladder, levels=tuple(replace(one, priority=99) for one in ladder.levels)) for ladder in RULES.ladders)
    ledger.rules = replace(RULES, ladders=higher)
    assert (await ledger.plan()).changed == 1
    ledger.house = replace(HOUSE, time_zone="America/New_York")
    assert await ledger.looked_for() == set(), "before the plan that sees it"
    await ledger.sql("update item_version set due_on = '2026-12-20'")
    await ledger.sql("delete from touched")
    assert (await ledger.plan()).cancelled == 1, "looked at although no mark tells of it"
    await ledger.sql("update item_version set due_on = '2026-11-01'")
    await ledger.sql("delete from touched")
    ledger.now -= DAY
    assert (await ledger.plan()).created == 1


async def test_other_figures_of_the_classes_concern_everybody(ledger: Ledger) -> None:
    await ledger.owes(1, 0, -4, 300)
    await ledger.plan()
    turn = await ledger.db.read(looked_at.state)
    sums = {"II": [30, 60, 30, 120.0, 15.0, 240.0, 1800.0, 960.0]}
    kept = {"day": ledger.day(0), "late_after": RULES.risk.late_after, "sums": sums}
    await ledger.db.write(lambda conn: peers.keep(conn, kept))
    await ledger.plan()
    assert (await ledger.db.read(looked_at.state)).basis != turn.basis


async def test_what_an_import_writes_unseen_is_looked_at_again_once_it_is_visible(ledger: Ledger) -> None:
    await ledger.owes(1, 0, 20, 300)
    await ledger.plan()
    await ledger.sql("update item_version set until = 1")
    await ledger.sql(ITEM, "1", "R0", ledger.day(-9), 3_000_000, 0, None, 1)
    await ledger.sql("insert into touched select '', '1', turn + 1, 1 from planning")  # as its portion does
    assert (await ledger.plan()).created == 0
    await ledger.sql("update visible set number = 1")
    assert (await ledger.plan()).created == 1


async def test_what_happens_while_a_plan_is_made_is_seen_by_the_next(ledger: Ledger) -> None:
    await ledger.owes(1, 0, -4, 300)
    begun = await ledger.db.write(looked_at.begin)
    await promise(ledger, 1, 3)
    await ledger.db.write(lambda conn: looked_at.remember(conn, [looked_at.look(DebtorKey("", "1"), None)], begun))
    assert [row["debtor_no"] for row in await ledger.sql("select * from touched")] == ["1"]


async def test_a_branch_that_changes_its_head_office_concerns_the_old_and_the_new_one(ledger: Ledger) -> None:
    for debtor in (1, 2, 3, 4):
        await ledger.owes(debtor, 0, -4, 300)
    await head(ledger, 3, 1)
    await ledger.plan()
    await head(ledger, 3, 2)
    assert await ledger.looked_for() == {"1", "2", "3"}
    await ledger.plan()
    assert [(await ledger.live(debtor)).items for debtor in (1, 2)] == [("R0",), ("3/R0", "R0")]


async def test_many_are_planned_in_processes_of_their_own_with_the_same_outcome(ledger: Ledger) -> None:
    for debtor in range(30):
        await ledger.owes(debtor, 0, debtor - 20, 300)
    await head(ledger, 3, 1)
    assert (await ledger.plan(few=0)).created == len(await ledger.sql("select 1 from task"))
    assert await ledger.left_undone() == []
    await promise(ledger, 2, 3)
    assert (await ledger.plan(few=0)).cancelled == 1
    assert await ledger.left_undone() == []


async def test_two_processes_share_what_one_would_find(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectord.loops.plan_portions.TWO_FROM", 10)
    monkeypatch.setattr("collectord.loops.plan_portions.LARGE_PAGE", 3)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    for debtor in range(40):
        await ledger.owes(debtor, 0, -4, 300)
    await head(ledger, 39, 0)
    assert (await ledger.plan(few=0)).created == 39
    assert await ledger.left_undone() == []
    await ledger.sql("update item_version set open_amount = open_amount + 10000")
    assert (await ledger.plan(few=0)).changed == 39
    assert await ledger.left_undone() == []
