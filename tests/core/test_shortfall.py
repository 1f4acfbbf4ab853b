"""Shortfall: what nobody will have the time, or the number, to call about."""

from __future__ import annotations

from decimal import Decimal

from collectord.core.receivables.shortfall import CASES_PER_DAY, Case, shortfall


def call(number: int, amount: int = 10, priority: int = 0, currency: str = "EUR", *, reachable: bool = True) -> Case:
    return Case(f"{number:03}", priority, {currency: Decimal(amount)}, reachable)


def test_a_debtor_without_a_number_is_always_part_of_it() -> None:
    assert shortfall([call(1, reachable=False), call(2, 30)], None) == {"EUR": Decimal(10)}


def test_what_is_beyond_a_days_work_of_all_agents_is_part_of_it_the_least_urgent_first() -> None:
    work = [call(n, 10 + n) for n in range(CASES_PER_DAY)]
    assert shortfall(work, 1) == {}
    assert shortfall([*work, call(900, 1, priority=5)], 1) == {"EUR": Decimal(10)}
    assert shortfall(work[:2], 0) == {"EUR": Decimal(21)}


def test_currencies_are_not_added() -> None:
    assert shortfall([call(2, 5, currency="CHF", reachable=False), call(3, reachable=False)], 0) == {"CHF": Decimal(5), "EUR": Decimal(10)}
