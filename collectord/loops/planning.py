"""Planning: what the rules want becomes tasks.

Decides who has to be looked at (all, or whom something happened to or whose day has come), writes what loops/plan_portions finds.
Invariant: running it again changes nothing; a dry run writes nothing; each debtor's task is written together with the note that the debtor
was looked at, so that a plan that was killed is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any

from collectord.core.fingerprint import fingerprint
from collectord.core.house import House
from collectord.core.money import plain_map
from collectord.core.receivables.dunning import day_begins
from collectord.core.rules import Rules
from collectord.edge.crash import crash_point
from collectord.edge.store import looked_at, snapshots, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.edge.store.looked_at import Turn
from collectord.loops.debtor_scan import SMALL_PAGE
from collectord.loops.naming_steps import name_steps
from collectord.loops.plan_portions import FEW, Told, found
from collectord.loops.planning_pass import Order, Portion
from collectord.loops.policies import learn, policy_of
from collectord.loops.put_off import bring_forward
from collectord.loops.workload import Capacity, fitted, reckoned


@dataclass(slots=True)
class Counts:
    created: int = 0
    changed: int = 0
    cancelled: int = 0


async def plan(
    db: Database,
    rules: Rules,
    house: House,
    now: datetime,
    *,
    dry_run: bool,
    new_id: Callable[[], str],
    capacity: Capacity | None = None,
    few: int = FEW,
) -> dict[str, Any]:
    """CONTRACT 2, for people to read. `capacity`: what the agents have time for, None: for everything; `few`: so many need no process."""
    told = Told()
    before = await db.read(lambda conn: looked_at.live(conn, now))
    await _carry(db, rules, house, now, new_id, told.take, write=not dry_run, documents=True, few=few)
    if not dry_run:
        told.documents["created"] = await _stored(db, told.documents["created"], before - len(told.documents["cancelled"]), now)
    documents = {kind: sorted(rows, key=lambda one: (one["company"], one["debtor_no"])) for kind, rows in told.documents.items()}
    gone = {one["id"] for kind in ("created", "changed", "cancelled") for one in documents[kind]}
    until = capacity.until if capacity else day_begins(house.today(now) + timedelta(days=1), house.time_zone)
    cases = await db.read(lambda conn: tasks.live_calls(conn, now, until))
    if dry_run:
        cases = [*(case for case in cases if case.task_id not in gone), *told.cases]
    load = {"workload": await reckoned(cases, capacity, house, now)} if capacity else {}
    return {
        **documents,
        "unchanged": before - len(documents["changed"]) - len(documents["cancelled"]),
        "shortfall": load["workload"]["shortfall"] if load else plain_map(fitted(cases, None).money),
        **load,
    }


async def _stored(db: Database, created: list[dict[str, Any]], others: int, now: datetime) -> list[dict[str, Any]]:
    """What was really created: of a debtor who has a task from a later instant than this `now`, none was."""

    async def look(conn: Connection) -> list[dict[str, Any]]:
        if await looked_at.live(conn, now) == others + len(created):
            return created
        return [one for one in created if await tasks.task(conn, one["id"]) is not None]

    return await db.read(look)


async def work(db: Database, rules: Rules, house: House, now: datetime, *, new_id: Callable[[], str], few: int = FEW) -> Counts:
    """The daemon's plan: what was done, in figures."""
    counts = Counts()

    def take(portion: Portion) -> None:
        counts.created += len(portion.created)
        counts.changed += len(portion.changed) + len(portion.postponed)
        counts.cancelled += len(portion.cancelled)

    sooner = await _carry(db, rules, house, now, new_id, take, write=True, documents=False, few=few)
    counts.changed += sooner
    return counts


async def _carry(
    db: Database, rules: Rules, house: House, now: datetime, new_id: Callable[[], str], take: Callable[[Portion], None],
    *, write: bool, documents: bool, few: int,
) -> int:  # fmt: skip
    """How many tasks, put off by the gate before, come sooner."""
    if write:
        await learn(db, rules, house, now)
        await name_steps(db, rules, now)
    turn = await (db.write(looked_at.begin) if write else db.read(looked_at.state))
    crash_point("plan-begun")
    basis = await db.read(lambda conn: _basis(conn, rules, house, now))
    everybody = turn.basis != basis or turn.planned_at is None or now < turn.planned_at
    sooner = await bring_forward(db, rules, house, now, everybody=everybody) if write else 0  # before the marks are settled
    order = Order(rules=rules, house=house, now=now, turn=turn, everybody=everybody, documents=documents, size=SMALL_PAGE)
    async for portion in found(db, order, new_id, few):
        if write:
            await db.write(lambda conn, portion=portion: _write(conn, portion, turn, now))  # type: ignore[misc]
            crash_point("plan-committed")
        take(portion)
    if write:
        await db.write(lambda conn: looked_at.finish(conn, basis, now))
        crash_point("plan-finished")
    return sooner


async def _write(conn: Connection, portion: Portion, turn: Turn, now: datetime) -> None:
    await tasks.create_rows(conn, portion.created)
    for row in portion.changed:
        await tasks.update_row(conn, row)
    for task_id, not_before, why in portion.postponed:
        await tasks.postpone(conn, task_id, not_before, why, now)
    for task_id, why in portion.cancelled:
        await tasks.cancel_waiting(conn, task_id, why, now)
    await tasks.word_anew(conn, portion.worded)
    await looked_at.remember(conn, portion.looks, turn)
    crash_point("plan-before-commit")


async def _basis(conn: Connection, rules: Rules, house: House, now: datetime) -> str:
    """What concerns every debtor; when it is another one, all are looked at."""
    today = house.today(now)
    policy = await policy_of(conn, rules, house, now)  # with the classes' figures
    lags = [
        (source.name, cover.company, cover.booking_lag(today))
        for source in await snapshots.known_sources(conn, today)
        for cover in source.covers
        if cover.booking_lag(today)
    ]
    return fingerprint(
        metadata.version("collectord"), house, rules.ladders, rules.packs, policy, lags, await looked_at.coming_batches(conn, today)
    )
