"""Agreed: the promises that a talk yields, alone or as an instalment plan, and whether a lead has to approve them.

Owns the making of promises out of what was said. Knows no store and no judgement: that is core/receivables/promises'.
Invariant: all payments of a plan share `plan_id`; what one agent may not agree alone waits as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from collectord.core.contact.calendar import bank_day
from collectord.core.receivables.promise_limits import beyond
from collectord.core.receivables.promises import Approval, Promise
from collectord.core.receivables.told import owed_on, promised_payments
from collectord.core.telephony.attempts import Said
from collectord.core.telephony.situation import Situation


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
    reasons = beyond(promises, owed, now.rules.limits.of(now.skills), now.today, now.language, now.zone)
    if not reasons:
        return promises
    until = bank_day(now.days, now.today, now.rules.limits.decide_banking_days)
    return tuple(replace(p, approval=Approval.PENDING, decide_until=until, approval_note="; ".join(reasons)) for p in promises)


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
