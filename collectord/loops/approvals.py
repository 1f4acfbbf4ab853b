"""Approvals: a lead says yes or no to what an agent may not agree alone; without a word in time the promise falls.

Reads the agreement, writes the decision, tells accounting and the audit, in one transaction. Judges no promise.
Invariant: an agreement of one talk is decided as a whole and once; a refused one is told to the debtor by whoever agreed it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from collectord.core.house import House
from collectord.core.receivables.broken_promise import unapproved
from collectord.core.receivables.promises import Approval, Promise, PromiseState
from collectord.core.receivables.told import tell_again
from collectord.core.rules import Rules
from collectord.core.wording import Texts, phrase, safe
from collectord.edge.ids import new_id
from collectord.edge.store import calls, facts, families, promises, tasks
from collectord.edge.store.connection import Connection, Database

TEXTS: Texts = {
    "none": (
        "There is no promise {id}; `collectord promises --pending` lists them.",
        "Eine Zusage {id} gibt es nicht; siehe `collectord promises --pending`.",
    ),
    "decided": ("Promise {id} is not to be decided: it is {state}.", "Über die Zusage {id} ist nicht zu entscheiden: sie ist {state}."),
    "is-": ("in force without a lead", "ohne Teamleitung gültig"),
    "is-approved": ("approved already", "schon genehmigt"),
    "is-refused": ("refused already", "schon abgelehnt"),
    "is-kept": ("kept", "eingehalten"),
    "is-partially_kept": ("kept in part", "teilweise eingehalten"),
    "is-broken": ("broken", "gebrochen"),
    "is-withdrawn": ("withdrawn", "zurückgenommen"),
    "reason": ("Say why: --reason. The agent tells the debtor.", "Bitte den Grund nennen: --reason. Er wird dem Debitor gesagt."),
    "approved": ("approved by {actor}", "genehmigt von {actor}"),
    "refused": ("not approved by {actor}: {reason}", "nicht genehmigt von {actor}: {reason}"),
    "lapsed": (
        "no lead approved it until {day}",
        "bis {day} hat keine Teamleitung zugestimmt",
    ),
    "done": ("The promise of {amounts} by {day}: {what}.", "Die Zusage über {amounts} bis {day}: {what}."),
}  # fmt: skip


class ApprovalRefused(Exception):
    """Nothing was decided; one sentence."""


async def approve(db: Database, house: House, promise_id: str, note: str, now: datetime, actor: str) -> dict[str, Any]:
    """The agreement holds as it was made. Raises ApprovalRefused."""

    async def job(conn: Connection) -> dict[str, Any]:
        agreed = await _pending(conn, promise_id, house)
        what = phrase(TEXTS, "approved", house.language, house.time_zone, actor=actor)
        said = f"{what}: {safe(note, 500)}" if note else what
        block = max(promise.grace_until for promise in agreed)
        return await _decide(conn, house, agreed, Approval.APPROVED, actor, said, block, now)

    return await db.write(job)


async def refuse(db: Database, rules: Rules, house: House, promise_id: str, reason: str, now: datetime, actor: str) -> dict[str, Any]:
    """The agreement does not hold, and the agent who made it calls. Raises ApprovalRefused."""
    if not reason.strip():
        raise ApprovalRefused(phrase(TEXTS, "reason", house.language))

    async def job(conn: Connection) -> dict[str, Any]:
        agreed = await _pending(conn, promise_id, house)
        said = phrase(TEXTS, "refused", house.language, house.time_zone, actor=actor, reason=safe(reason, 500))
        answer = await _decide(conn, house, agreed, Approval.REFUSED, actor, said, None, now)
        placed = await calls.attempt(conn, agreed[0].attempt_id)
        origin = await tasks.task(conn, placed.task_id) if placed else None
        items = await families.open_items(conn, agreed[0].key, house.today(now))
        call = unapproved(agreed, answer["why"], items=items, origin=origin, rules=rules.dispositions, now=now, task_id=new_id(now))
        if call is not None:
            await tasks.create_task(conn, call, now)
        return {**answer, "task": call.id if call else None}

    return await db.write(job)


async def let_lapse(db: Database, house: House, now: datetime) -> None:
    """Agreements that no lead decided about in time fall, and the ladder goes on."""
    today = house.today(now)
    waiting = await db.read(lambda conn: promises.pending_promises(conn, now))
    late = {(one.key, one.made_at, one.attempt_id): one for one in waiting if one.decide_until is not None and one.decide_until < today}
    for one in late.values():
        await db.write(_lapse(one, house, now))


def _lapse(one: Promise, house: House, now: datetime) -> Callable[[Connection], Any]:
    async def job(conn: Connection) -> None:
        said = phrase(TEXTS, "lapsed", house.language, house.time_zone, day=one.decide_until)
        agreed = tuple(promise for promise in await promises.agreement(conn, one) if promise.approval is Approval.PENDING)
        if agreed:
            await _decide(conn, house, agreed, Approval.REFUSED, "collectord", said, None, now)

    return job


async def _pending(conn: Connection, promise_id: str, house: House) -> tuple[Promise, ...]:
    found = await promises.promise(conn, promise_id)
    if found is None:
        raise ApprovalRefused(phrase(TEXTS, "none", house.language, id=promise_id))
    if found.approval is not Approval.PENDING or found.state is not PromiseState.OPEN:
        decided = found.approval.value if found.approval is Approval.REFUSED or found.state is PromiseState.OPEN else found.state.value
        state = phrase(TEXTS, f"is-{decided}", house.language)
        raise ApprovalRefused(phrase(TEXTS, "decided", house.language, id=promise_id, state=state))
    return tuple(promise for promise in await promises.agreement(conn, found) if promise.approval is Approval.PENDING)


async def _decide(
    conn: Connection,
    house: House,
    agreed: tuple[Promise, ...],
    approval: Approval,
    actor: str,
    said: str,
    block: date | None,
    now: datetime,
) -> dict[str, Any]:
    """Writes the decision; accounting hears of it with the block that now holds, none when the agreement does not."""
    key = agreed[0].key
    for promise in agreed:
        await promises.decide_promise(conn, promise.id, approval, actor, said)
        if approval is Approval.REFUSED:
            await promises.close_promise(conn, promise.id, PromiseState.WITHDRAWN, Decimal(0), now)
    await promises.drop_untold(conn, agreed[0])
    items = await families.open_items(conn, key, house.today(now))
    for outcome in tell_again(agreed, items, block, said, now, lambda: new_id(now)):
        await promises.add_outcome(conn, outcome)
    values = {"amounts": [one.amount for one in agreed], "day": max(one.promised_on for one in agreed), "what": said}
    why = phrase(TEXTS, "done", house.language, house.time_zone, **values)
    await facts.add_happening(conn, new_id(now), now, f"promise_{approval.value}", key, actor, why)
    return {
        "company": key.company,
        "debtor_no": key.debtor_no,
        "promises": [promise.id for promise in agreed],
        "approval": approval.value,
        "why": why,
    }
