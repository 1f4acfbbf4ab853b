"""When a snapshot is suspiciously small: direct-debit days, known payment runs, a source's own limits, odd file sizes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.exports.change_set import Before, Counts, odd_size, shrinks
from collectord.core.exports.source_profiles import Guards
from collectord.core.house import House

HOUSE = House(language="en")


def judged(
    items: int, vanished: int, *, explained: int = 0, explained_gone: int = 0, amounts: tuple[str, str, str, str] = ("0", "0", "0", "0"),
    guards: Guards | None = None,
) -> str | None:  # fmt: skip
    total, gone, ex_total, ex_gone = ({"EUR": Decimal(text)} for text in amounts)
    before = Before(items, total, gone, explained, explained_gone, ex_total, ex_gone)
    return shrinks(Counts({"missing": vanished}), before, HOUSE, "en", guards or Guards())


def test_a_collection_clears_many_due_direct_debits_at_once_and_holds_nothing() -> None:
    assert judged(100, 60) is not None
    assert judged(100, 60, explained=60, explained_gone=60) is None


def test_a_known_payment_run_explains_its_amount() -> None:
    assert judged(100, 5, amounts=("1000", "700", "0", "0")) is not None
    assert judged(100, 5, explained=5, explained_gone=5, amounts=("1000", "700", "700", "700")) is None


def test_a_cut_file_on_a_direct_debit_day_is_still_held_because_of_the_rest() -> None:
    assert judged(100, 60 + 11, explained=60, explained_gone=60) is not None  # 11 of the other 40
    assert judged(100, 60 + 10, explained=60, explained_gone=60) is None


def test_the_rest_is_judged_by_amount_as_well() -> None:
    assert judged(100, 61, explained=60, explained_gone=60, amounts=("1000", "760", "600", "600")) is None
    assert "€761" in (judged(100, 61, explained=60, explained_gone=60, amounts=("1000", "761", "600", "600")) or "")


def test_nine_tenths_never_go_unasked_whatever_explains_it() -> None:
    assert judged(100, 90, explained=95, explained_gone=90) is None
    assert judged(100, 91, explained=95, explained_gone=91) is not None


def test_where_nearly_all_is_explained_the_few_others_are_not_judged_by_share() -> None:
    assert judged(100, 90, explained=85, explained_gone=75, amounts=("1000", "990", "10", "10")) is None


def test_a_sources_own_guards_replace_the_houses() -> None:
    assert judged(100, 30, guards=Guards(shrink_items=Decimal("0.5"))) is None
    assert judged(10, 9) is None
    assert judged(10, 9, guards=Guards(shrink_from=5)) is not None
    loose = Guards(shrink_amount=Decimal("0.8"))
    assert judged(100, 1, amounts=("1000", "700", "0", "0"), guards=loose) is None
    assert judged(100, 100, guards=Guards(shrink_items=Decimal(1))) is None  # switched off by a person


@given(st.integers(20, 500), st.data())
def test_for_all_files_explaining_nothing_is_the_plain_guard(items: int, data: st.DataObject) -> None:
    vanished = data.draw(st.integers(0, items))
    assert (judged(items, vanished) is not None) is (vanished > HOUSE.shrink_items * items)


@given(st.integers(20, 500), st.data())
def test_for_all_files_an_explanation_never_holds_more_of_the_others(items: int, data: st.DataObject) -> None:
    explained = data.draw(st.integers(0, items))
    gone = data.draw(st.integers(0, explained))
    if judged(items, gone) is None:
        assert judged(items, gone, explained=explained, explained_gone=gone) is None


@pytest.mark.parametrize(
    ("size", "earlier", "odd"),
    [
        (100_000, [400_000, 420_000, 410_000], True),
        (103_000, [400_000, 420_000, 410_000], False),
        (1_640_001, [400_000, 420_000, 410_000], True),
        (1_640_000, [400_000, 420_000, 410_000], False),
        (100_000, [400_000, 420_000], False),  # not enough is known
        (900, [9_000, 9_000, 9_000], False),  # small files vary
        (66_000, [9_000, 9_000, 9_000], True),
    ],
)
def test_a_snapshot_unlike_its_sources_earlier_ones_is_odd(size: int, earlier: list[int], odd: bool) -> None:
    assert (odd_size(size, earlier, "snapshot", "en") is not None) is odd
    assert odd_size(size, earlier, "delta", "en") is None


def test_a_profile_may_say_how_small_and_how_large_a_file_may_be() -> None:
    guards = Guards(smallest=10, largest=100)
    assert "at least 10" in (odd_size(9, [], "delta", "en", guards) or "")
    assert "at most 100" in (odd_size(101, [], "delta", "en", guards) or "")
    assert odd_size(10, [], "snapshot", "en", guards) is None
    assert odd_size(100, [], "snapshot", "en", guards) is None
