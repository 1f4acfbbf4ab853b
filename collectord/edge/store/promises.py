"""Promises and outcomes on disk: what was promised, what accounting is told, and what a correction takes back.

Owns tables `promise` and `outcome`. Decides nothing: promises are judged in core/receivables/promises.
Invariant: a judged promise is never touched again; an outcome belongs to at most one file of the outbox, for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from collectord.core.money import Money, from_scaled, plain, to_scaled
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.promises import Approval, Clearing, Gone, Namesake, Promise, PromiseState
from collectord.core.receivables.told import Outcome
from collectord.edge.store import families
from collectord.edge.store.calls import SQL
from collectord.edge.store.codec import instant, joined, maybe_day, split, to_instant, to_maybe_day
from collectord.edge.store.connection import Connection
from collectord.edge.store.covering import lists_of

PENDING_LIMIT = 100_000  # more than a lead ever decides about


def to_promise(row: Mapping[str, Any]) -> Promise:
    return Promise(
        id=row["id"],
        company=row["company"],
        debtor_no=row["debtor_no"],
        amount=Money(from_scaled(row["amount"]), row["currency"]),
        promised_on=date.fromisoformat(row["promised_on"]),
        grace_until=date.fromisoformat(row["grace_until"]),
        made_at=to_instant(row["made_at"]),
        items=split(row["items"]),
        level=row["level"],
        state=PromiseState(row.get("state_then") or row["state"]),
        attempt_id=row["attempt_id"],
        agent=row["agent"],
        plan_id=row["plan_id"],
        position=row["position"],
        approval=Approval(row["approval"]),
        approved_by=row["approved_by"],
        decide_until=to_maybe_day(row["decide_until"]),
        approval_note=row["approval_note"],
    )


async def add_promise(conn: Connection, promise: Promise) -> None:
    await SQL.insert_promise(
        conn,
        id=promise.id,
        company=promise.company,
        debtor_no=promise.debtor_no,
        amount=to_scaled(promise.amount.amount),
        currency=promise.amount.currency,
        promised_on=promise.promised_on.isoformat(),
        grace_until=promise.grace_until.isoformat(),
        made_at=instant(promise.made_at),
        state=promise.state.value,
        level=promise.level,
        items=joined(promise.items),
        attempt_id=promise.attempt_id,
        agent=promise.agent,
        plan_id=promise.plan_id,
        position=promise.position,
        approval=promise.approval.value,
        approved_by=promise.approved_by,
        decide_until=maybe_day(promise.decide_until),
        approval_note=promise.approval_note,
    )


async def promise(conn: Connection, promise_id: str) -> Promise | None:
    row = await SQL.promise_by_id(conn, id=promise_id)
    return None if row is None else to_promise(row)


async def agreement(conn: Connection, one: Promise) -> tuple[Promise, ...]:
    """The open promises of the same talk, this one among them: decided about as a whole."""
    rows = SQL.agreement(conn, company=one.company, debtor_no=one.debtor_no, made_at=instant(one.made_at), attempt_id=one.attempt_id)
    return tuple([to_promise(row) async for row in rows])


async def pending_promises(conn: Connection, now: datetime) -> tuple[Promise, ...]:
    """Those that wait for a lead, the most urgent first."""
    rows = SQL.pending_promises(conn, now=instant(now), company=None, debtor_no=None, limit=PENDING_LIMIT)
    return tuple([to_promise(row) async for row in rows])


async def drop_untold(conn: Connection, one: Promise) -> None:
    """What accounting was to be told of this agreement and was not yet; a head office's talk is told under its branches, too."""
    for member in await families.members(conn, one.key):
        await SQL.drop_untold_promise(
            conn, company=member.company, debtor_no=member.debtor_no, made_at=instant(one.made_at), attempt_id=one.attempt_id
        )


async def decide_promise(conn: Connection, promise_id: str, approval: Approval, by: str, note: str) -> bool:
    """False when somebody decided before, or it is over."""
    return bool(await SQL.decide_promise(conn, id=promise_id, approval=approval.value, approved_by=by, note=note))


async def last_promise(conn: Connection, key: DebtorKey, now: datetime) -> Promise | None:
    """The newest promise as it stood at `now`."""
    row = await SQL.last_promise(conn, company=key.company, debtor_no=key.debtor_no, now=instant(now))
    return None if row is None else to_promise(row)


async def open_promises(conn: Connection, now: datetime) -> dict[DebtorKey, list[Promise]]:
    """Every open promise by debtor, the oldest first."""
    found: dict[DebtorKey, list[Promise]] = {}
    async for row in SQL.open_promises(conn, now=instant(now)):
        promise = to_promise(row)
        found.setdefault(promise.key, []).append(promise)
    return found


async def broken_in_a_row(conn: Connection, key: DebtorKey, now: datetime, but_of: datetime | None = None) -> int:
    """How many agreements were not kept since the last kept promise. All promises of one talk are one agreement; `but_of` is left out."""
    talks: set[str] = set()
    rows = SQL.judged_promises(
        conn, company=key.company, debtor_no=key.debtor_no, now=instant(now), but_of=instant(but_of) if but_of else ""
    )
    async for row in rows:
        if row["state"] == PromiseState.KEPT:
            break
        talks.add(row["made_at"])
    return len(talks)


async def not_kept_of(conn: Connection, plan_id: str) -> int:
    """How many instalments of this plan were not kept; 0 of no plan."""
    return int(await SQL.not_kept_of(conn, plan_id=plan_id)) if plan_id else 0


async def gone_items(conn: Connection, since: int) -> dict[str, list[Gone]]:
    """By promise: its items that imports after number `since` took off the debtor's list."""
    found: dict[str, list[Gone]] = {}
    async for row in SQL.gone_promised_items(conn, since=since):
        gone = Gone(
            row["item_no"],
            date.fromisoformat(row["as_of"]),
            Money(from_scaled(row["amount"]), row["currency"]),
            row["since"],
            date.fromisoformat(row["due_on"]),
            to_maybe_day(row["invoiced_on"]),
            row["source"],
        )
        found.setdefault(row["promise_id"], []).append(gone)
    return found


async def namesakes(conn: Connection, gone: Iterable[Gone]) -> list[Namesake]:
    """Items that may be these, at whatever debtor."""
    some = tuple(gone)
    days, numbers = (sorted(words) for words in ({one.as_of.isoformat() for one in some}, {one.item_no for one in some}))
    return [
        Namesake(
            DebtorKey(row["company"], row["debtor_no"]),
            row["item_no"],
            date.fromisoformat(row["opened_as_of"]),
            Money(from_scaled(row["open_amount"]), row["currency"]),
            date.fromisoformat(row["due_on"]),
            to_maybe_day(row["invoiced_on"]),
            row["source"],
        )
        async for row in SQL.namesakes(conn, days=_listed(days), items=_listed(numbers))
    ]


def _listed(words: Iterable[str]) -> str:
    """As SQL looks for them with `like`."""
    return f"|{'|'.join(words)}|"


async def visible_number(conn: Connection) -> int:
    return int(await SQL.visible_number(conn))


async def mark_moved(conn: Connection, key: DebtorKey, gone: Gone, heir: DebtorKey) -> None:
    """What is gone there was not paid."""
    await SQL.mark_moved(conn, company=key.company, debtor_no=key.debtor_no, item_no=gone.item_no, since=gone.number, heir=heir.debtor_no)


async def give_promise_to(conn: Connection, promise_id: str, heir: DebtorKey, items: Iterable[str]) -> None:
    await SQL.give_promise_to(conn, id=promise_id, heir=heir.debtor_no, items=joined(tuple(items)))


async def paid_since(conn: Connection, key: DebtorKey, since: datetime, now: datetime) -> tuple[tuple[Promise, Decimal], ...]:
    """Promises of this debtor that were judged after `since`, with what was paid on them."""
    rows = SQL.paid_since(conn, company=key.company, debtor_no=key.debtor_no, since=instant(since), now=instant(now))
    return tuple([(to_promise(row), from_scaled(row["paid"])) async for row in rows])


async def close_promise(conn: Connection, promise_id: str, state: PromiseState, paid: Decimal, now: datetime) -> bool:
    """False when it was judged before."""
    return bool(await SQL.judge_promise(conn, id=promise_id, state=state.value, paid=to_scaled(paid), now=instant(now)))


async def clearings(conn: Connection, key: DebtorKey, today: date) -> tuple[Clearing, ...]:
    """Of a head office those of its branches too."""
    return tuple(
        [
            Clearing(
                item_no=families.named(key, member, row["item_no"]),
                as_of=date.fromisoformat(row["as_of"]),
                known_at=to_instant(row["known_at"]),
                amount=Money(from_scaled(row["amount"]), row["currency"]),
            )
            for member in await families.members(conn, key)
            async for row in SQL.clearings(conn, company=member.company, debtor_no=member.debtor_no, today=today.isoformat())
        ]
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A source of a debtor's items and every day up to which it has told its bookings, oldest first."""

    source: str
    items: frozenset[str]
    days: tuple[date, ...]


async def told_by_sources(conn: Connection, key: DebtorKey, after: date, today: date) -> tuple[Told, ...]:
    """The exports later than `after` of every source that ever had an item of this debtor, or of a head office's branches; of one that
    lists cover, those lists."""
    items: dict[str, set[str]] = {}
    for member in await families.members(conn, key):
        for row in [row async for row in SQL.item_sources(conn, company=member.company, debtor_no=member.debtor_no)]:
            for name in await lists_of(conn, row["source"], key.company):
                items.setdefault(name, set()).add(families.named(key, member, row["item_no"]))
    told = []
    for source, numbers in sorted(items.items()):
        rows = SQL.exports_after(conn, source=source, company=key.company, after=after.isoformat(), today=today.isoformat())
        told.append(Told(source, frozenset(numbers), tuple([date.fromisoformat(row["day"]) async for row in rows])))
    return tuple(told)


# ---------------------------------------------------------------- outcomes


async def add_outcome(conn: Connection, outcome: Outcome) -> None:
    """Accounting is told under the debtor whose item it is."""
    owner, item_no = await families.owner_of(conn, DebtorKey(outcome.company, outcome.debtor_no), outcome.item_no)
    await SQL.insert_outcome(
        conn,
        outcome_id=outcome.outcome_id,
        item_no=item_no,
        at=instant(outcome.at),
        company=owner.company,
        debtor_no=owner.debtor_no,
        disposition=outcome.disposition.value,
        promise_amount=to_scaled(outcome.promise.amount) if outcome.promise else None,
        currency=outcome.promise.currency if outcome.promise else "",
        promise_on=maybe_day(outcome.promise_on),
        dunning_block_until=maybe_day(outcome.dunning_block_until),
        dispute_reason=outcome.dispute_reason,
        note=outcome.note,
        agent=outcome.agent,
        attempt_id=outcome.attempt_id,
    )


async def unexported(conn: Connection, now: datetime) -> int:
    return int(await SQL.unexported(conn, now=instant(now)))


async def claim_outcomes(conn: Connection, file: str, now: datetime) -> int:
    """From now on everything that was not told yet belongs to this file; how many lines."""
    return int(await SQL.claim_outcomes(conn, file=file, now=instant(now)))


async def outcomes_in(conn: Connection, file: str) -> list[dict[str, Any]]:
    """The file's lines, always the same and in the same order."""
    return [dict(row) async for row in SQL.outcomes_in(conn, file=file)]


async def take_back(conn: Connection, attempt_id: str, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Undoes what an earlier disposition of this attempt caused: its promise, facts, and lines that left no trace outside.

    Returns (tasks that its talk had made and that still wait, ids of outcomes that accounting was told already).
    """
    await SQL.revoke_facts_of(conn, attempt_id=attempt_id, now=instant(now))
    await SQL.withdraw_promises_of(conn, attempt_id=attempt_id, now=instant(now))
    await SQL.drop_outcomes_of(conn, attempt_id=attempt_id)
    made = tuple([row["id"] async for row in SQL.tasks_made_by(conn, attempt_id=attempt_id)])
    told = tuple([row["outcome_id"] async for row in SQL.told_outcomes_of(conn, attempt_id=attempt_id)])
    return made, told


async def mark_made_by(conn: Connection, task_id: str, attempt_id: str) -> None:
    await SQL.made_by(conn, id=task_id, attempt_id=attempt_id)


# ---------------------------------------------------------------- lists (CONTRACT 7)


async def listed_promises(
    conn: Connection,
    *,
    now: datetime,
    key: DebtorKey | None = None,
    state: str | None = None,
    limit: int = 10_000,
    pending: bool = False,
) -> list[dict[str, Any]]:
    """`promises --json`. `pending`: only what waits for a lead."""
    rows = SQL.listed_promises(conn, **_who(key, state, limit, now), pending=int(pending))
    return [
        {
            "id": row["id"],
            "company": row["company"],
            "debtor_no": row["debtor_no"],
            "amount": plain(from_scaled(row["amount"])),
            "currency": row["currency"],
            "promised_on": row["promised_on"],
            "grace_until": row["grace_until"],
            "state": row["state_then"],
            "level": row["level"],
            "paid": plain(from_scaled(row["paid"])) if row["state_then"] != "open" else None,
            "items": list(split(row["items"])),
            "made_at": row["made_at"],
            "attempt": row["attempt_id"] or None,
            "agent": row["agent"] or None,
            "plan": row["plan_id"] or None,
            "instalment": row["position"] or None,
            "approval": row["approval"] or None,
            "approved_by": row["approved_by"] or None,
            "decide_until": row["decide_until"],
            "approval_note": row["approval_note"] or None,
        }
        async for row in rows
    ]


async def listed_disputes(
    conn: Connection, *, now: datetime, key: DebtorKey | None = None, state: str | None = None, limit: int = 10_000
) -> list[dict[str, Any]]:
    """`disputes --json`: what a person recorded and what the export says."""
    rows = SQL.listed_disputes(conn, **_who(key, state, limit, now), today=instant(now)[:10])
    return [
        {
            "company": row["company"],
            "debtor_no": row["debtor_no"],
            "item_no": row["item_no"],
            "reason": row["reason"],
            "at": row["at"],
            "agent": row["agent"] or None,
            "attempt": row["attempt_id"] or None,
            "told_by": row["told_by"],
            "owner": row["owner"] or None,
            "answer_by": row["answer_by"],
            "overdue": row["answer_by"] is not None and row["answer_by"] < instant(now)[:10],
            "open_amount": None if row["open_amount"] is None else {row["currency"]: plain(from_scaled(row["open_amount"]))},
            "state": row["state"],
        }
        async for row in rows
    ]


async def overdue_disputes(conn: Connection, now: datetime, today: date) -> list[tuple[str, date, int]]:
    """Owner, the day by which they should have been answered, how many: what people recorded and nobody settled."""
    rows = SQL.overdue_disputes(conn, now=instant(now), today=today.isoformat())
    return [(row["owner"], date.fromisoformat(row["answer_by"]), row["n"]) async for row in rows]


def _who(key: DebtorKey | None, state: str | None, limit: int, now: datetime) -> dict[str, Any]:
    return {
        "company": key.company if key else None,
        "debtor_no": key.debtor_no if key else None,
        "state": state,
        "limit": limit,
        "now": instant(now),
    }
