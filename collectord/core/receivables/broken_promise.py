"""Broken promise: what follows when a promise to pay was not kept.

Owns the one talk about it, and when there is none any more. Knows no store; the gate still decides the call.
Invariant: never lifts a limit, and is not ready while all that it is about waits; after `escalate_from` in a row the ladder goes on
instead of another talk.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from collectord.core.money import Money
from collectord.core.receivables.claims import DAY
from collectord.core.receivables.dunning import day_begins
from collectord.core.receivables.ledger import OpenItem, open_total
from collectord.core.receivables.promises import Judgement, Kept, Open, PartlyKept, Promise, PromiseState
from collectord.core.receivables.rungs import NO_RUNGS
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.disposition_rules import FollowUpRules
from collectord.core.wording import Language, Texts, phrase

NOTHING_WAITS: Mapping[str, date] = MappingProxyType({})

TEXTS: Texts = {
    "kept": ("The promise of {amount} for {day} was kept.", "Die Zusage über {amount} zum {day} wurde gehalten."),
    "broken": (
        "The promise of {amount} for {day} was not kept; {rest} of it is still owed.",
        "Die Zusage über {amount} zum {day} wurde nicht gehalten; davon sind {rest} noch offen.",
    ),
    "disputed": (
        "The promise of {amount} for {day} is withdrawn: what it is about is disputed.",
        "Die Zusage über {amount} zum {day} ist hinfällig: worum es ging, ist bestritten.",
    ),
    "covered": (
        "The promise of {amount} for {day} is withdrawn: credits cover what it is about, nothing is owed any more.",
        "Die Zusage über {amount} zum {day} ist hinfällig: Gutschriften decken, worum es ging, geschuldet wird nichts mehr.",
    ),
    "plan-goes-on": (
        "It was one of several instalments; the others go on.",
        "Es war eine von mehreren Raten; die übrigen laufen weiter.",
    ),
    "plan-over": (
        "The instalment plan is over: the later payments fall, the rest is owed at once.",
        "Der Ratenplan ist hinfällig: die späteren Raten entfallen, der Rest ist sofort fällig.",
    ),
    "fallen": (
        "The instalment of {amount} for {day} falls, because an earlier one was not kept.",
        "Die Rate über {amount} zum {day} entfällt, weil eine frühere nicht gehalten wurde.",
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
    ends_plan: bool = False  # its later instalments fall


def conclude(
    promise: Promise,
    judgement: Judgement,
    *,
    items: Sequence[OpenItem],
    origin: Task | None,
    rules: FollowUpRules,
    now: datetime,
    task_id: str,
    language: Language,
    zone: str,
    broken_before: int = 0,
    of_its_plan: int = 0,
    waits: Mapping[str, date] = NOTHING_WAITS,
    disputed: Container[str] = (),
) -> Verdict | None:
    """None while the promise is open. `items`: what the debtor still owes; `origin`: the task whose call yielded the promise.

    `broken_before`: agreements in a row before this one that were not kept; `of_its_plan`: earlier instalments of the same plan;
    `waits`: items that an objection or a grace keeps out of every call, with its last day; `disputed`: what people recorded.

    A promise about what is disputed meanwhile, or covered by credits, ends without blame.
    """
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
    currency = promise.amount.currency
    about = [one for one in items if one.open_amount > 0 and (not promise.items or one.item_no in promise.items)]
    owed = [one for one in about if not one.dispute and one.item_no not in disputed]
    if any(one.currency == currency for one in about):
        rest = min(rest, _owed(owed, items, currency))
    if rest <= 0:
        code = "covered" if any(one.currency == currency for one in owed) else "disputed"
        return Verdict(PromiseState.WITHDRAWN, paid, phrase(TEXTS, code, language, zone, **values))
    why = phrase(TEXTS, "broken", language, zone, rest=Money(rest, currency), **values)
    if promise.plan_id and of_its_plan + 1 < rules.plan_broken_after:
        return Verdict(state, paid, f"{why} {phrase(TEXTS, 'plan-goes-on', language, zone)}")
    if promise.plan_id:
        why = f"{why} {phrase(TEXTS, 'plan-over', language, zone)}"
    if broken_before + 1 >= rules.escalate_from:
        told = phrase(TEXTS, "escalates", language, zone, count=broken_before + 1)
        return Verdict(state, paid, f"{why} {told}", ends_plan=bool(promise.plan_id))
    task = _task(promise, owed, origin, rules, now, task_id, why) if owed else None
    held = [waits[item.item_no] for item in owed if item.item_no in waits]
    if task is not None and len(held) == len(owed):
        task = replace(task, not_before=day_begins(min(held) + DAY, zone), own_at=now, state=TaskState.PLANNED)
    return Verdict(state, paid, why, task, ends_plan=bool(promise.plan_id))


def _owed(about: Iterable[OpenItem], items: Iterable[OpenItem], currency: str) -> Decimal:
    """What is open on these items, less all credits: nobody knows which item accounting will set them against."""
    counted = [*about, *(item for item in items if item.open_amount < 0)]
    return open_total(counted).get(currency, Decimal(0))


def fallen(promise: Promise, language: Language, zone: str) -> Verdict:
    """A later instalment of a plan that is over."""
    why = phrase(TEXTS, "fallen", language, zone, amount=promise.amount, day=promise.promised_on)
    return Verdict(PromiseState.WITHDRAWN, Decimal(0), why)


def unapproved(
    agreed: Sequence[Promise],
    why: str,
    *,
    items: Iterable[OpenItem],
    origin: Task | None,
    rules: FollowUpRules,
    now: datetime,
    task_id: str,
) -> Task | None:
    """The call that tells the debtor that an agreement does not hold, by whoever made it; None: nothing is owed any more."""
    about = {item for promise in agreed for item in promise.items}
    owed = [item for item in items if item.open_amount > 0 and (not about or item.item_no in about)]
    return _task(agreed[0], owed, origin, rules, now, task_id, why) if owed else None


def _task(promise: Promise, owed: list[OpenItem], origin: Task | None, rules: FollowUpRules, now: datetime, task_id: str, why: str) -> Task:
    return Task(
        id=task_id,
        company=promise.company,
        debtor_no=promise.debtor_no,
        medium="call",
        ladder=origin.ladder if origin else "",
        level=origin.level if origin else 0,
        rungs=origin.rungs if origin else NO_RUNGS,
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
