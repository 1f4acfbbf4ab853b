"""What a hole counts, what its money is, and where it is heading."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.data_quality import SPARKS, Case, Hole, change, gathered, joined, spark
from collectord.core.receivables.ledger import DebtorKey

TODAY = date(2026, 11, 24)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_a_hole_counts_its_cases_and_its_debtors_and_adds_money_by_currency() -> None:
    cases = [
        Case(DebtorKey("", "1"), "R1", {"EUR": Decimal(10)}),
        Case(DebtorKey("", "1"), "R2", {"CHF": Decimal(5)}),
        Case(DebtorKey("N", "2"), "R3\x1b[31m", {"EUR": Decimal("0.50")}),
    ]
    hole = gathered("unconfirmed_block", cases)
    assert (hole.count, hole.debtors) == (3, 2)
    line = hole.document({}, TODAY, "de")
    assert line["money"] == {"CHF": "5.00", "EUR": "10.50"}
    assert line["examples"] == ["1: R1", "1: R2", "N/2: R3 [31m"]
    assert line["text"] == "Erbetene Mahnsperren, die der Export nicht zeigt"
    assert (line["change"], line["trend"]) == (None, "")


def test_counts_of_several_companies_are_one_hole() -> None:
    one = Hole(code="stale_export", count=2, debtors=2, money={"EUR": Decimal(3)}, examples=("a", "b", "c"))
    both = joined("stale_export", [one, Hole(code="stale_export", count=1, debtors=1, money={"EUR": Decimal(4)}, examples=("d", "e", "f"))])
    assert (both.count, both.debtors, both.money, both.examples) == (3, 3, {"EUR": Decimal(7)}, ("a", "b", "c", "d", "e"))
    assert joined("held_batch", []).count == 0


def test_the_change_is_against_a_week_ago_or_the_last_day_measured_before() -> None:
    assert change(12, {ago(7): 10, ago(8): 1, ago(6): 99}, TODAY) == 2
    assert change(12, {ago(9): 20}, TODAY) == -8
    assert change(12, {ago(14): 20, ago(6): 3}, TODAY) is None


def test_the_little_bars_show_the_last_two_weeks_with_today_last() -> None:
    assert spark(8, {ago(3): 1, ago(2): 4, ago(1): 8}, TODAY) == "▁▄██"
    assert spark(5, {ago(1): 5}, TODAY) == "▁▁"
    assert spark(5, {ago(14): 5, TODAY: 3}, TODAY) == ""  # too long ago, and today itself


@given(st.integers(0, 10**6), st.dictionaries(st.integers(0, 30).map(ago), st.integers(0, 10**6)))
def test_for_all_counts_the_lowest_is_the_lowest_bar_and_the_highest_the_highest(count: int, earlier: dict[date, int]) -> None:
    bars = spark(count, earlier, TODAY)
    assert set(bars) <= set(SPARKS)
    values = [*(earlier[day] for day in sorted(earlier) if ago(14) < day < TODAY), count]
    if bars:
        assert len(bars) == len(values)
        assert bars[values.index(min(values))] == SPARKS[0]
        assert min(values) == max(values) or bars[values.index(max(values))] == SPARKS[-1]
