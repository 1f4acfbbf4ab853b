"""Broken promise: what follows when a promise to pay was not kept.

Owns the one talk about it, and when there is none any more. Knows no store; the gate still decides the call.
Invariant: never lifts a limit; after `escalate_from` in a row the ladder goes on instead of another talk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from collectord.core.money import Money
from collectord.core.receivables.ledger import OpenItem, open_total
from collectord.core.receivables.promises import Judgement, Kept, Open, PartlyKept, Promise, PromiseState
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.disposition_rules import FollowUpRules
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "kept": ("The promise of {amount} for {day} was kept.", "Die Zusage über {amount} zum {day} wurde gehalten."),
    "broken": (
        "The promise of {amount} for {day} was not kept; {rest} of it is still owed.",
        "Die Zusage über {amount} zum {day} wurde nicht gehalten; davon sind {rest} noch offen.",
    ),
    "escalates": (
        "{count} promises in a row were not kept: no further talk about them, the ladder goes on.",
        "{count} Zusagen in Folge wurden nicht gehalten: kein weiteres Gespräch darüber, die Leiter läuft weiter.",
    ),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judgement does: the promise's last state, what was paid, and the task that it asks for."""

    state: PromiseState
    paid: Decimal
    why: str
    task: Task | None = None


def conclude(
    promise: Promise,
    judgement: Judgement,
    *,
    items: Iterable[OpenItem],
    origin: Task | None,
    rules: FollowUpRules,
    now: datetime,
    task_id: str,
    language: Language,
    zone: str,
) -> Verdict | None:
    """None while the promise is open. `items`: what the debtor still owes; `origin`: the task whose call yielded the promise."""
    values: dict[str, object] = {"amount": promise.amount, "day": promise.promised_on}
    match judgement:
        case Open():
            return None
        case Kept(_, paid):
            return Verdict(PromiseState.KEPT, paid, phrase(TEXTS, "kept", language, zone, **values))
        case PartlyKept(paid, rest):
            state = PromiseState.PARTIALLY_KEPT
        case _:
            rest, paid, state = judgement.rest, Decimal(0), PromiseState.BROKEN
    why = phrase(TEXTS, "broken", language, zone, rest=Money(rest, promise.amount.currency), **values)
    if promise.level + 1 >= rules.escalate_from:
        told = phrase(TEXTS, "escalates", language, zone, count=promise.level + 1)
        return Verdict(state, paid, f"{why} {told}")
    owed = [item for item in items if item.open_amount > 0 and (not promise.items or item.item_no in promise.items)]
    return Verdict(state, paid, why, _task(promise, owed, origin, rules, now, task_id, why) if owed else None)


def _task(promise: Promise, owed: list[OpenItem], origin: Task | None, rules: FollowUpRules, now: datetime, task_id: str, why: str) -> Task:
    return Task(
        id=task_id,
        company=promise.company,
        debtor_no=promise.debtor_no,
        medium="call",
        ladder=origin.ladder if origin else "",
        level=origin.level if origin else 0,
        items=tuple(item.item_no for item in owed),
        open_amount=open_total(owed),
        not_before=now,
        expires_at=None,
        state=TaskState.READY,
        why=why,
        agent=promise.agent,
        priority=rules.broken_priority,
        origin=Origin.PROMISE,
        oldest_due_on=min(item.due_on for item in owed),
        created_at=now,
    )
