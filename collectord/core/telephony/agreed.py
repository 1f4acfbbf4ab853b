"""Agreed: the promises that a talk yields, alone or as an instalment plan, and whether a lead has to approve them.

Owns the making of promises out of what was said. Knows no store and no judgement: that is core/receivables/promises'.
Invariant: all payments of a plan share `plan_id`; what one agent may not agree alone waits as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from collectord.core.contact.calendar import bank_day
from collectord.core.money import Money, total
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.promise_limits import beyond
from collectord.core.receivables.promises import Approval, Promise
from collectord.core.receivables.told import owed_on, promised_payments
from collectord.core.telephony.attempts import Said
from collectord.core.telephony.situation import Situation
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "more": (
        "{amount} is promised, but only {owed} is owed on what it is about: the promise is kept when that is paid.",
        "{amount} sind zugesagt, worum es geht, sind aber nur {owed} offen: die Zusage gilt als gehalten, wenn das bezahlt ist.",
    ),
}


def promises_of(now: Situation, said: Said) -> tuple[Promise, ...]:
    """One per currency of what was promised, or one per instalment."""
    attempt = now.attempt
    open_ones = {item.item_no: item for item in now.items if item.item_no in attempt.items and item.open_amount > 0}
    owed = owed_on(attempt.items, now.items, now.task.open_amount if now.task else {})
    payments = promised_payments(said, owed, said.on or now.today)
    plan_id = now.new_id() if len(payments) > 1 and payments[0].position else ""
    promises = tuple(
        Promise(
            id=now.new_id(),
            company=attempt.company,
            debtor_no=attempt.debtor_no,
            amount=payment.money,
            promised_on=payment.on,
            grace_until=bank_day(now.days, payment.on, now.rules.grace_banking_days),
            made_at=now.now,
            items=tuple(no for no, item in open_ones.items() if item.currency == payment.money.currency) or attempt.items,
            level=now.broken_before,
            attempt_id=attempt.id,
            agent=attempt.agent,
            plan_id=plan_id,
            position=payment.position if plan_id else 0,
        )
        for payment in payments
    )
    if not promises:
        return ()
    against = owed_on(now.measured_on, now.items, {}) if now.measured_on else owed
    reasons = beyond(promises, against, now.rules.limits.of(now.skills), now.today, now.language, now.zone)
    if not reasons:
        return promises
    until = bank_day(now.days, now.today, now.rules.limits.decide_banking_days)
    return tuple(replace(p, approval=Approval.PENDING, decide_until=until, approval_note="; ".join(reasons)) for p in promises)


def more_than_owed(promises: Sequence[Promise], items: Iterable[OpenItem], language: Language, zone: str) -> str:
    """What whoever recorded the promises of one talk should know when they exceed what is owed; "" when they do not."""
    owed = owed_on([no for promise in promises for no in promise.items], items, {})
    return " ".join(
        phrase(TEXTS, "more", language, zone, amount=Money(amount, currency), owed=Money(owed.get(currency, Decimal(0)), currency))
        for currency, amount in total(promise.amount for promise in promises).items()
        if amount > owed.get(currency, Decimal(0))
    )


def block_of(promises: Sequence[Promise], otherwise: date | None) -> date | None:
    """The last day of the dunning block that accounting should set; while a lead decides, no further than that."""
    return max([promise.holds_until for promise in promises], default=otherwise)


def how_agreed(now: Situation, promises: Sequence[Promise]) -> str:
    """The sentence about it, for the task and the audit."""
    amounts, days = [promise.amount for promise in promises], [promise.promised_on for promise in promises]
    values = {"amounts": amounts, "day": max(days, default=now.today), "until": block_of(promises, now.today)}
    if promises and promises[0].approval is Approval.PENDING:
        return now.say("promise-pending", reasons=promises[0].approval_note, **values)
    if promises and promises[0].plan_id:
        return now.say("plan", count=len(promises), **values)
    return now.say("promise", **values)


def remark(now: Situation, promises: Sequence[Promise]) -> str:
    """What accounting should know besides amounts and days; "" when nothing."""
    if not promises:
        return ""
    first = promises[0]
    said = [now.say("remark-plan", count=len(promises))] if first.plan_id else []
    if first.approval is Approval.PENDING:
        said.append(now.say("remark-pending", until=first.decide_until or now.today, reasons=first.approval_note))
    return "; ".join(said)
