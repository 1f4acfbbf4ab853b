"""One call of the play: made up how it ends, decided by the real follow-up what comes of it.

Owns the attempt that never was and its consequences for the account. Draws only what debtors do.
Invariant: after a call the account stands as it would after a real one with this end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from collectord.core.contact.calendar import WorkingDays
from collectord.core.contact.facts import Contact
from collectord.core.house import House
from collectord.core.receivables.ladders import ladder_of
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.receivables.touches import touch
from collectord.core.rules import Rules
from collectord.core.simulation.account import DAY, Account
from collectord.core.simulation.behaviour import (
    BOOKED_WITHIN,
    KEPT,
    PAID_INDEED,
    PROMISED_IN_FULL,
    PROMISED_WITHIN,
    Answered,
    answered,
)
from collectord.core.simulation.chance import Chance
from collectord.core.simulation.mornings import raise_levels
from collectord.core.telephony.attempts import RIGHT_PARTY, AgentResult, Attempt, AttemptState, Disposition, Said
from collectord.core.telephony.follow_up import FollowUp, Situation, TaskBack, after_result, after_talk
from collectord.core.telephony.redial import Tried

HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Called:
    task_id: str
    key: DebtorKey
    seconds: int
    said: Disposition | None
    reached: bool  # the debtor, or who may speak for the debtor
    contact: Contact
    task: Task | None  # as it waits now; None: it is over
    new_tasks: tuple[Task, ...]
    promised: dict[str, Decimal]


def call(
    account: Account,
    task: Task,
    items: tuple[str, ...],
    number: str,
    agent: str,
    now: datetime,
    rules: Rules,
    house: House,
    chance: Chance,
    new_id: Callable[[], str],
) -> Called:
    """What comes of it is booked in the account; the task itself is the caller's."""
    attempt_no = task.attempts_made + 1
    about = (task.company, task.debtor_no, house.today(now), task.level, attempt_no)
    end = answered(chance, attempt_no, about)
    said = _said(end.said, account, items, about, chance, house, now)
    attempt = _attempt(task, items, number, agent, now, end, new_id())
    serving = replace(task, attempts_made=attempt_no, state=TaskState.IN_CALL)
    situation = _situation(account, attempt, serving, rules, house, now, new_id)
    follow = after_result(situation) if said is None else after_talk(situation, said)
    contact = Contact(
        at=now, company=task.company, debtor_no=task.debtor_no, number=number, result=end.result.value, agent_result="accepted",
        items=items, disposition=end.said.value if end.said else "", attempt_id=attempt.id,
    )  # fmt: skip
    _book(account, situation, follow, contact, agreed=task.origin is Origin.CALLBACK)
    for promise in follow.promises:
        _keep_or_not(account, promise, chance)
    if end.said is Disposition.PAID_ALREADY and chance.share("paid", *about) < PAID_INDEED:
        arrives = house.today(now) + (1 + int(chance.share("booked", *about) * BOOKED_WITHIN)) * DAY
        account.will_pay({no: account.items[no].open_amount for no in items if no in account.items}, arrives)
    return Called(
        task_id=task.id,
        key=task.key,
        seconds=end.seconds,
        said=end.said,
        reached=end.said in RIGHT_PARTY,
        contact=contact,
        task=_waits(serving, follow),
        new_tasks=follow.new_tasks,
        promised=_sums(follow.promises),
    )


def _said(
    what: Disposition | None, account: Account, items: tuple[str, ...], about: object, chance: Chance, house: House, now: datetime
) -> Said | None:
    if what is None:
        return None
    today = house.today(now)
    match what:
        case Disposition.PROMISE:
            last_due = max((account.items[no].due_on for no in items if no in account.items), default=today)
            on = max(today, last_due) + (1 + int(chance.share("promised", about) * PROMISED_WITHIN)) * DAY
            owed = sum((account.items[no].open_amount for no in items if no in account.items), Decimal(0))
            half = (owed * HALF).quantize(Decimal("0.01"))
            in_full = chance.share("in full", about) < PROMISED_IN_FULL or half <= 0
            return Said(disposition=what, on=on, amount=None if in_full else half)
        case Disposition.CALLBACK:
            return Said(disposition=what, callback_at=_tomorrow(now, house))
        case Disposition.DISPUTE:
            return Said(disposition=what, items=items[:1])
        case _:
            return Said(disposition=what)


def _tomorrow(now: datetime, house: House) -> datetime:
    """The same hour on the next weekday."""
    local = now.astimezone(ZoneInfo(house.time_zone)) + DAY
    while local.weekday() > 4:
        local += DAY
    return local


def _attempt(task: Task, items: tuple[str, ...], number: str, agent: str, now: datetime, end: Answered, attempt_id: str) -> Attempt:
    return Attempt(
        id=attempt_id, task_id=task.id, company=task.company, debtor_no=task.debtor_no, number=number, agent=agent, endpoint="", pbx="",
        trunk="", mode="preview", items=items, state=AttemptState.CLOSED, placed_at=now, deadline_at=now, pbx_started="",
        dialled_at=now, ended_at=now + timedelta(seconds=end.seconds), agent_result=AgentResult.ACCEPTED, result=end.result,
        disposition=end.said,
    )  # fmt: skip


def _situation(
    account: Account, attempt: Attempt, task: Task, rules: Rules, house: House, now: datetime, new_id: Callable[[], str]
) -> Situation:
    company = house.companies.get(attempt.company)
    return Situation(
        attempt=attempt,
        task=task,
        items=account.all_items,
        ladder=ladder_of(rules.ladders, task.ladder, task.rungs),
        rules=rules.dispositions,
        days=WorkingDays(house.country, company.region if company else ""),
        language=house.language,
        zone=house.time_zone,
        now=now,
        new_id=new_id,
        broken_before=len(account.history.broken_on),
        skills=house.skills.get(attempt.agent, frozenset()),
        cards=rules.objections,
        earlier=_earlier(account, task),
    )


def _earlier(account: Account, task: Task) -> tuple[Tried, ...]:
    """The calls since the task was made: a debtor has one of the ladder at a time."""
    made = task.created_at
    since = [one for one in account.contacts if one.is_call and one.attempt_id and (made is None or one.at >= made)]
    return tuple(Tried(contact.at, contact.disposition or contact.result) for contact in since)


def _book(account: Account, now: Situation, follow: FollowUp, contact: Contact, *, agreed: bool) -> None:
    raise_levels(account, follow.levels, now.rungs, now.today)
    account.facts += follow.facts
    account.promises += follow.promises
    account.agreed += follow.new_tasks
    account.contacts.append(contact)
    noticed = touch(contact, ZoneInfo(now.zone), agreed=agreed)
    if noticed is not None:
        account.history = replace(account.history, touches=(*account.history.touches, noticed))
    account.moved = True


def _keep_or_not(account: Account, promise: Promise, chance: Chance) -> None:
    """A promise that is kept is paid on its day; one that is not holds back what would have come by itself until then."""
    open_ones = {no: account.items[no].open_amount for no in promise.items if no in account.items}
    if chance.share("keeps", promise.company, promise.debtor_no, promise.promised_on) >= KEPT:
        account.will_not_pay_before(tuple(open_ones), promise.grace_until + DAY)
        return
    left, pays = promise.amount.amount, {}
    for no, amount in open_ones.items():
        pays[no] = min(left, amount)
        left -= pays[no]
    account.will_pay({no: amount for no, amount in pays.items() if amount > 0}, promise.promised_on)


def _waits(task: Task, follow: FollowUp) -> Task | None:
    if not isinstance(follow.task, TaskBack):
        return None
    made = task.attempts_made if follow.task.counted else task.attempts_made - 1
    return replace(task, attempts_made=made, not_before=follow.task.not_before, state=TaskState.PLANNED, why=follow.why)


def _sums(promises: tuple[Promise, ...]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for promise in promises:
        sums[promise.amount.currency] = sums.get(promise.amount.currency, Decimal(0)) + promise.amount.amount
    return sums
