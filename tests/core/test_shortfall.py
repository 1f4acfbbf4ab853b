"""Shortfall: what nobody will have the time, or the number, to call about."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from collectord.core.receivables.shortfall import CASES_PER_DAY, shortfall
from collectord.core.receivables.tasks import Task, TaskState


def task(number: int, amount: int = 10, medium: str = "call", priority: int = 0, currency: str = "EUR") -> Task:
    return Task(
        id=f"{number:03}", company="", debtor_no=str(number), medium=medium, ladder="standard", level=2, items=("A",),
        open_amount={currency: Decimal(amount)}, not_before=datetime(2026, 11, 23, tzinfo=UTC), expires_at=None, state=TaskState.READY,
        why="", priority=priority,
    )  # fmt: skip


def test_a_debtor_without_a_number_is_always_part_of_it() -> None:
    assert shortfall([(task(1), False), (task(2, 30), True)], None) == {"EUR": Decimal(10)}


def test_what_is_beyond_a_days_work_of_all_agents_is_part_of_it_the_least_urgent_first() -> None:
    work = [(task(n, 10 + n), True) for n in range(CASES_PER_DAY)]
    assert shortfall(work, 1) == {}
    assert shortfall([*work, (task(900, 1, priority=5), True)], 1) == {"EUR": Decimal(10)}
    assert shortfall(work[:2], 0) == {"EUR": Decimal(21)}


def test_handovers_and_letters_need_no_agent_and_currencies_are_not_added() -> None:
    assert shortfall([(task(1, medium="handover"), True), (task(2, 5, currency="CHF"), False), (task(3), False)], 0) == {
        "CHF": Decimal(5), "EUR": Decimal(10),
    }  # fmt: skip
