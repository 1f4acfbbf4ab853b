"""A morning of the play: what came in is booked, promises are judged, the rules are applied, letters go out.

Owns the order of these. Every judgement is the real one.
Invariant: as in life, a morning knows what was paid up to the day before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from collectord.core.house import House
from collectord.core.receivables.broken_promise import conclude, fallen
from collectord.core.receivables.dunning import Cancel, Change, Create, Nothing, Wait, changed_task, day_begins, new_task, plan_tasks
from collectord.core.receivables.history import Touch
from collectord.core.receivables.promises import Approval, PromiseState, judge
from collectord.core.receivables.rungs import Rungs
from collectord.core.receivables.steps import carried_out
from collectord.core.receivables.tasks import TaskState
from collectord.core.rules import Rules
from collectord.core.simulation.account import DAY, Account

WRITTEN = frozenset({"email", "letter"})  # whoever sends them: they go out on their day


@dataclass(frozen=True, slots=True)
class Morning:
    """What happened to one debtor."""

    paid: dict[str, Decimal]  # per currency
    by_talks: dict[str, Decimal]  # of it, what talks brought
    kept: int = 0
    broken: int = 0
    created: bool = False
    written: str = ""  # medium that went out


def morning(account: Account, today: date, rules: Rules, house: House, new_id: Callable[[], str]) -> Morning:
    now = day_begins(today, house.time_zone)
    paid: dict[str, Decimal] = {}
    by_talks: dict[str, Decimal] = {}
    for item, amount, by_talk in account.take_payments(today - DAY):
        paid[item.currency] = paid.get(item.currency, Decimal(0)) + amount
        if by_talk:
            by_talks[item.currency] = by_talks.get(item.currency, Decimal(0)) + amount
    kept, broken = _judge(account, today, rules, house, now, new_id) if account.promises else (0, 0)
    created = _plan(account, today, house, now, new_id)
    return Morning(paid, by_talks, kept, broken, created, _write(account, today))


def _judge(account: Account, today: date, rules: Rules, house: House, now: datetime, new_id: Callable[[], str]) -> tuple[int, int]:
    """The leads approve what waits for them; then each promise is judged by what was booked up to yesterday."""
    account.promises = [
        replace(one, approval=Approval.APPROVED, decide_until=None) if one.approval is Approval.PENDING else one for one in account.promises
    ]
    judged = judge(account.promises, account.cleared, booked={one.id: today - DAY for one in account.promises}, items=account.all_items)
    held = account.holds(today)
    waits = {item.item_no: last for item in account.all_items if (last := held.waits(item.item_no)) is not None}
    disputed = {item.item_no for item in account.all_items if held.disputes(item.item_no)}
    kept = broken = 0
    ended: set[str] = set()  # plans
    still = []
    for promise in account.promises:
        before = len(account.history.broken_on)
        verdict = conclude(
            promise, judged[promise.id], items=account.all_items, origin=None, rules=rules.dispositions, now=now, task_id=new_id(),
            language=house.language, zone=house.time_zone, broken_before=before, waits=waits,
            disputed=disputed,
        )  # fmt: skip
        if verdict is None and promise.plan_id in ended:
            verdict = fallen(promise, house.language, house.time_zone)
        if verdict is None:
            still.append(promise)
            continue
        account.moved = True
        ended |= {promise.plan_id} if verdict.ends_plan else set()
        if verdict.state is PromiseState.KEPT:
            kept += 1
            account.history = replace(account.history, broken_on=())
        elif verdict.state is not PromiseState.WITHDRAWN:
            broken += 1
            account.history = replace(account.history, broken_on=(*account.history.broken_on, today))
        if verdict.task is not None:
            account.agreed.append(verdict.task)
    account.promises = still
    return kept, broken


def _plan(account: Account, today: date, house: House, now: datetime, new_id: Callable[[], str]) -> bool:
    account.agreed = [task for task in account.agreed if any(no in account.items for no in task.items)]
    if not account.moved and account.task is None and (account.look is None or account.look > today):
        return False
    account.moved, account.look = False, today + DAY
    language, zone = house.language, house.time_zone
    decision = plan_tasks(
        account.debtor, account.all_items, account.task, account.ladder, today,
        holds=account.holds(today), history=account.history, policy=account.policy, zone=zone,
    )  # fmt: skip
    match decision:
        case Create(asked):
            account.task = new_task(asked, new_id(), now, language=language, zone=zone)
            return True
        case Change() as change:
            account.task = changed_task(change, now, language=language, zone=zone)
        case Wait(task, not_before, _):
            account.task = replace(task, not_before=not_before, state=TaskState.PLANNED)
        case Cancel():
            account.task = None
        case Nothing(reason):
            account.look = reason.until
    return False


def _write(account: Account, today: date) -> str:
    """A letter or an e-mail needs no agent: it goes out, and its step is carried out."""
    task, ladder = account.task, account.ladder
    if task is None or ladder is None or task.medium not in WRITTEN:
        return ""
    about = [item for no, item in account.items.items() if no in task.items]
    number = task.counted_in(ladder.rungs).level
    raise_levels(account, carried_out(ladder, number, about, today, account.all_items), ladder.rungs, today)
    account.history = replace(account.history, touches=(*account.history.touches, Touch(on=today, medium=task.medium)))
    account.task, account.moved = None, True
    return task.medium


def raise_levels(account: Account, levels: Mapping[str, int], rungs: Rungs, today: date) -> None:
    for no, level in levels.items():
        account.items[no] = replace(account.items[no], contact_level=level, contact_rungs=rungs, contacted_on=today)
