"""Keyed wishes: a caller whose two numbers fitted keys a day of payment, or when to be called back.

Reads what holds at the debtor, asks core/telephony/self_service, writes what follows as of a talk held elsewhere. Speaks to no caller.
Invariant: what a caller is told is saved is on disk, in one transaction with the end of today's task; told twice it is done once.
"""

from __future__ import annotations

from datetime import datetime

from collectord.core.contact.exceptions import CALLED_BACK_EVERY
from collectord.core.contact.facts import Contact
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.promises import Approval
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.receivables.told import owed_on
from collectord.core.rules import Rules
from collectord.core.telephony.attempts import Attempt, AttemptState, Disposition, Result, Said
from collectord.core.telephony.inbound import TEXTS as INBOUND_TEXTS
from collectord.core.telephony.inbound import taken_over
from collectord.core.telephony.pbx_events import WishKeyed
from collectord.core.telephony.self_service import SOURCE, TEXTS, Held, Told, Wish, is_called_back, is_given_up, may_promise, said
from collectord.core.wording import phrase
from collectord.edge.crash import crash_point
from collectord.edge.store import calls, facts, families, holds, ledger, promises, tasks
from collectord.edge.store import self_service as store
from collectord.edge.store.connection import Connection
from collectord.edge.store.self_service import Turn
from collectord.loops.callers import Reception, waiting_calls
from collectord.loops.consequences import follow_talk


async def wish_keyed(at: Reception, rules: Rules, event: WishKeyed, now: datetime) -> str:
    """What is on disk now, as the caller may be told; `0`: nothing."""

    async def job(conn: Connection) -> str:
        pair = await store.matched(conn, event.attempt_id)
        if pair is None:
            return Told.NOTHING.value
        if pair.served:
            return pair.served
        if is_given_up(event.seen_at, now):
            return Told.NOTHING.value
        told = await _carried_out(conn, at, rules, pair, event, now)
        if told is not Told.NOTHING:
            await store.serve(conn, pair, told.value)
        crash_point("wish-before-commit")
        return told.value

    answer = await at.db.write(job)
    crash_point("wish-committed")
    return answer


async def _carried_out(conn: Connection, at: Reception, rules: Rules, pair: Turn, event: WishKeyed, now: datetime) -> Told:
    house, wish = at.house, Wish(event.wish)
    items = await families.open_items(conn, pair.key, house.today(now))
    promised = wish is Wish.PROMISE and await _may_promise(conn, at, rules, pair, items, event, now)
    if not promised and is_called_back(*await store.called_back(conn, pair.key, now - CALLED_BACK_EVERY)):
        return Told.NOTHING
    note = phrase(TEXTS, "keyed", house.language, number=pair.caller)
    words = said(wish, event.on, now, house.time_zone, promised=promised, note=note)
    mine, others = await _todays(conn, at, pair, items, now)
    talk = _as_attempt(pair, words, mine, at.pbx, now)
    await facts.add_contact(conn, _contact(pair, words, now))
    for other in others:
        instead = phrase(INBOUND_TEXTS, "instead", house.language, house.time_zone, at=now)
        await tasks.close_task(conn, other.id, TaskState.CANCELLED, instead, now)
    overdue = tuple(item.item_no for item in items if item.open_amount > 0 and item.due_on <= house.today(now))
    code = "instead" if wish is Wish.PROMISE else "callback"
    why = phrase(TEXTS, code, house.language, house.time_zone, day=event.on or "?", at=words.callback_at or now)
    owed = (*overdue, pair.item_no)
    follow = await follow_talk(conn, talk, words, rules, house, now, SOURCE, measured_on=owed, task_why=why, came_by=note)
    if words.disposition is not Disposition.PROMISE:
        return Told.CALLBACK
    return Told.PENDING if any(promise.approval is Approval.PENDING for promise in follow.promises) else Told.PROMISED


async def _may_promise(
    conn: Connection, at: Reception, rules: Rules, pair: Turn, items: tuple[OpenItem, ...], event: WishKeyed, now: datetime
) -> bool:
    """Nothing is agreed about an item that is open no more, nor where credits cover it."""
    today, terms = at.house.today(now), rules.dispositions
    item = next((one for one in items if one.item_no == pair.item_no and one.open_amount > 0), None)
    if item is None or not owed_on([item.item_no], items, {}):
        return False
    owner, number = await families.owner_of(conn, pair.key, pair.item_no)
    held = [
        Held(debtor=await ledger.debtor(conn, key), holds=await holds.holds_of(conn, key, now, today), item_no=name, item=item)
        for key, name in {pair.key: pair.item_no, owner: number}.items()
    ]
    broken = await promises.broken_in_a_row(conn, pair.key, now)
    return may_promise(event.on, today, terms.limits.usual, held, broken=broken, escalate_from=terms.escalate_from)


async def _todays(conn: Connection, at: Reception, pair: Turn, items: tuple[OpenItem, ...], now: datetime) -> tuple[str, list[Task]]:
    """The task that this call is about, "" when there is none, and what else was to be called today."""
    waiting = await waiting_calls(conn, at.house, pair.key, now)
    call = await calls.attempt(conn, pair.id)
    if call is not None and call.key == pair.key:
        return call.task_id, waiting
    if not waiting:
        return "", []
    mine = taken_over(waiting, pair.key, items, now, at.house.language, "")
    return mine.id, [task for task in waiting if task.id != mine.id]


def _contact(pair: Turn, words: Said, now: datetime) -> Contact:
    return Contact(
        at=now,
        company=pair.key.company,
        debtor_no=pair.key.debtor_no,
        direction="inbound",
        number=pair.caller,
        result=Result.ANSWERED.value,
        items=(pair.item_no,),
        conversation_about=(pair.item_no,),
        disposition=words.disposition.value,
        note=words.note,
    )


def _as_attempt(pair: Turn, words: Said, task_id: str, pbx: str, now: datetime) -> Attempt:
    """The dialogue in the shape in which follow_up knows talks; never stored as an attempt."""
    return Attempt(
        id="",
        task_id=task_id,
        company=pair.key.company,
        debtor_no=pair.key.debtor_no,
        number=pair.caller,
        agent=SOURCE,
        endpoint="",
        pbx=pbx,
        trunk="",
        mode="",
        items=(pair.item_no,),
        state=AttemptState.CLOSED,
        placed_at=now,
        deadline_at=now,
        pbx_started="",
        ended_at=now,
        result=Result.ANSWERED,
        disposition=words.disposition,
        said=words.detail(),
        note=words.note,
    )
