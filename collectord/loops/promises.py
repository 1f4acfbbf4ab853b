"""Promises: judged from what the exports say was cleared, after every import.

Reads open promises, clearings, bank lines and how far each source has told its bookings; asks core/receivables, writes verdicts.
Invariant: without an export beyond the grace nothing is called broken, nor while accounting may still be booking a payment that came in
time; verdict and the task it asks for are one transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from collectord.core.contact.calendar import WorkingDays, bank_day
from collectord.core.house import House
from collectord.core.receivables.broken_promise import Verdict, conclude, fallen
from collectord.core.receivables.ledger import DebtorKey, OpenItem
from collectord.core.receivables.promises import NOT_KEPT, Promise, booked_until, judge
from collectord.core.receivables.seen_payments import SeenPayment, awaited
from collectord.core.receivables.told import tell_again
from collectord.core.rules import Rules
from collectord.edge.crash import crash_point
from collectord.edge.ids import new_id
from collectord.edge.store import calls, facts, families, holds, payments, tasks
from collectord.edge.store import promises as store
from collectord.edge.store.connection import Connection, Database
from collectord.loops.approvals import let_lapse
from collectord.loops.matching_again import match_again
from collectord.loops.moved_items import follow_moves
from collectord.loops.payments import settle


async def judge_promises(db: Database, rules: Rules, house: House, now: datetime) -> tuple[Promise, ...]:
    """The promises that were judged now, in their new state. Before that, bank lines are matched again and settled as newer lists say."""
    await match_again(db, house, now)
    await settle(db, house, now)
    await follow_moves(db, house, now)
    await let_lapse(db, house, now)
    open_ones = await db.read(lambda conn: store.open_promises(conn, now))
    judged: list[Promise] = []
    for key, promises in open_ones.items():
        judged += await db.write(lambda conn, k=key, p=promises: _judge(conn, k, p, rules, house, now))  # type: ignore[misc]
        crash_point("promises-judged")
    return tuple(judged)


async def _judge(conn: Connection, key: DebtorKey, promises: list[Promise], rules: Rules, house: House, now: datetime) -> list[Promise]:
    today = house.today(now)
    clearings = await store.clearings(conn, key, today)
    since = min(promise.made_at for promise in promises)
    told = await store.told_by_sources(conn, key, since.date(), today)
    company = house.companies.get(key.company)
    days = WorkingDays(house.country, company.region if company else "")
    seen = await _payments_of(conn, key, now, since)
    paid = await store.paid_since(conn, key, since, now)
    until = {payment.id: bank_day(days, payment.booked_on, house.paid_already_days) for payment in seen}
    asked = [awaited(promise, seen, until) for promise in promises]
    booked = {
        promise.id: booked_until(promise, [s.days for s in told if not promise.items or s.items & set(promise.items)]) for promise in asked
    }
    items = await families.open_items(conn, key, today)
    waits, disputed = await _held_back(conn, key, items, now, today)
    judged: list[Promise] = []
    over: set[str] = set()  # plans that ended in this turn
    for promise_id, judgement in judge(asked, clearings, booked=booked, items=items, judged=paid).items():
        promise = next(promise for promise in promises if promise.id == promise_id)
        if promise.plan_id in over:
            continue
        placed = await calls.attempt(conn, promise.attempt_id)
        verdict = conclude(
            promise,
            judgement,
            items=items,
            origin=await tasks.task(conn, placed.task_id) if placed else None,
            rules=rules.dispositions,
            now=now,
            task_id=new_id(now),
            language=house.language,
            zone=house.time_zone,
            broken_before=await store.broken_in_a_row(conn, key, now, but_of=promise.made_at),
            of_its_plan=await store.not_kept_of(conn, promise.plan_id),
            waits=waits,
            disputed=disputed,
        )
        if verdict is None:
            continue
        if any(one.made_at == promise.made_at and one.state in NOT_KEPT for one in judged):
            verdict = replace(verdict, task=None)  # one talk about all that was promised in one
        if await _write(conn, promise, verdict, now):
            judged.append(replace(promise, state=verdict.state))
        if verdict.ends_plan:
            over.add(promise.plan_id)
            done = {one.id for one in judged}
            later = [one for one in promises if one.plan_id == promise.plan_id and one.id not in done]
            await _end_plan(conn, later, verdict.why, items, house, now)
    return judged


async def _end_plan(conn: Connection, later: list[Promise], why: str, items: tuple[OpenItem, ...], house: House, now: datetime) -> None:
    """Its later payments fall, and accounting hears that the block for them need not stand."""
    for one in later:
        await _write(conn, one, fallen(one, house.language, house.time_zone), now)
    for outcome in tell_again(later, items, None, why, now, lambda: new_id(now)):
        await store.add_outcome(conn, outcome)


async def _held_back(
    conn: Connection, key: DebtorKey, items: tuple[OpenItem, ...], now: datetime, today: date
) -> tuple[dict[str, date], set[str]]:
    """Items that an objection or a grace keeps out of every call, with its last day, and what people recorded as disputed; a branch's
    by what was said of the branch, too."""
    waits: dict[str, date] = {}
    disputed: set[str] = set()
    own = await holds.holds_of(conn, key, now, today)
    for member in await families.members(conn, key):
        theirs = await holds.holds_of(conn, member, now, today)
        prefix = families.named(key, member, "")
        for item in items:
            if item.debtor_no == member.debtor_no:
                its_own = item.item_no.removeprefix(prefix)
                days = [last for last in (own.waits(item.item_no), theirs.waits(its_own)) if last is not None]
                waits |= {item.item_no: max(days)} if days else {}
                disputed |= {item.item_no} if own.disputes(item.item_no) or theirs.disputes(its_own) else set()
    return waits, disputed


async def _payments_of(conn: Connection, key: DebtorKey, now: datetime, since: datetime) -> list[SeenPayment]:
    """Of a head office those of its branches too."""
    return [
        replace(payment, items=tuple(families.named(key, member, item) for item in payment.items))
        for member in await families.members(conn, key)
        for payment in await payments.seen_lately(conn, member, now, since)
    ]


async def _write(conn: Connection, promise: Promise, verdict: Verdict, now: datetime) -> bool:
    """False when somebody judged it before."""
    if not await store.close_promise(conn, promise.id, verdict.state, verdict.paid, now):
        return False
    if verdict.task is not None:
        await tasks.create_task(conn, verdict.task, now)
    await facts.add_happening(conn, new_id(now), now, f"promise_{verdict.state.value}", promise.key, "collectord", verdict.why)
    return True
