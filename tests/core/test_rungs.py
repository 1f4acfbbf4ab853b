"""Steps known by name: whoever had a step never gets it again and misses none that is still to come, whatever becomes of the ladder."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.ladder_doubts import unclear_steps
from collectord.core.receivables.ladder_table import ladder_table
from collectord.core.receivables.ladders import Ladder, Level, ladder_of, reached
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.rungs import NO_RUNGS, Rung, Rungs, doubts, placed, rungs_of

FIRST, SECOND, FIRM, END = (
    Rung("friendly", "call", 3, 3), Rung("second", "call", 10, 10), Rung("firm", "call", 20, 20), Rung("end", "handover", 45, 45),
)  # fmt: skip
USUAL = rungs_of([FIRST, SECOND, FIRM, END])


def call(name: str, day: int) -> Rung:
    return Rung(name, "call", day, day)


def moves(now: Rungs, then: Rungs = USUAL) -> list[int]:
    return [placed(then, now, number) for number in range(len(then.levels) + 1)]


@pytest.mark.parametrize(
    ("rule", "now", "told"),
    [
        ("put in in the middle: nobody repeats a step", [FIRST, call("new", 8), SECOND, FIRM, END], [0, 1, 3, 4, 5]),
        ("put in at the top: it is behind whoever had the first one", [call("new", 1), FIRST, SECOND, FIRM, END], [0, 2, 3, 4, 5]),
        ("taken out: the nearest earlier one that is left", [FIRST, FIRM, END], [0, 1, 1, 2, 3]),
        ("the first one taken out: nothing is left of it", [SECOND, FIRM, END], [0, 0, 1, 2, 3]),
        ("all taken out", [], [0, 0, 0, 0, 0]),
        ("moved forward: who had one behind it goes on there", [FIRST, FIRM, SECOND, END], [0, 1, 3, 3, 4]),
        ("moved to the top: whoever had only the friendly one goes on behind it", [FIRM, FIRST, SECOND, END], [0, 2, 3, 3, 4]),
        ("another name and all else the same", [FIRST, call("zweiter", 10), FIRM, END], [0, 1, 2, 3, 4]),
        ("another name and another day, and no other came: the same", [FIRST, call("zweiter", 12), FIRM, END], [0, 1, 2, 3, 4]),
        ("all have other names", [call("a", 3), call("b", 10), call("c", 20), Rung("d", "handover", 45, 45)], [0, 1, 2, 3, 4]),
        ("renamed, and one put in beside it", [FIRST, call("new", 8), call("zweiter", 10), FIRM, END], [0, 1, 3, 4, 5]),
        ("unclear: those of its kind that come no later count as had", [FIRST, call("x", 8), call("y", 12), FIRM, END], [0, 1, 2, 4, 5]),
        ("unclear: at least the first that came counts", [FIRST, call("x", 11), call("y", 12), FIRM, END], [0, 1, 2, 4, 5]),
        ("two gone and one came that is one of them", [FIRST, call("last", 20), END], [0, 1, 1, 2, 3]),
        ("two gone and one came that is neither", [FIRST, call("x", 15), END], [0, 1, 2, 2, 3]),
        ("another medium is another step", [FIRST, Rung("letter", "letter", 10, 10), FIRM, END], [0, 1, 1, 3, 4]),
        ("a courtesy is no reminder", [call("early", -3), SECOND, FIRM, END], [0, 0, 2, 3, 4]),
        ("a handover is never taken for a call", [FIRST, SECOND, Rung("out", "handover", 15, 15), END], [0, 1, 2, 2, 4]),
        ("renamed and the others moved", [SECOND, FIRST, call("strict", 20), END], [0, 2, 2, 3, 4]),
    ],
)  # fmt: skip
def test_where_whoever_had_a_step_stands_in_another_ladder(rule: str, now: list[Rung], told: list[int]) -> None:
    assert moves(rungs_of(now)) == told, rule


def test_a_number_without_names_counts_as_it_is() -> None:
    assert placed(NO_RUNGS, USUAL, 3) == 3
    assert placed(USUAL, rungs_of([FIRST]), 9) == 1  # beyond its ladder: as the last
    assert {USUAL, rungs_of(USUAL.levels)} == {USUAL}
    assert rungs_of([FIRST]) != USUAL
    assert USUAL != "rungs"


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)


@st.composite
def ladders(draw: st.DrawFn) -> Rungs:
    names = draw(NAMES)
    days = sorted(draw(st.lists(st.integers(-5, 60), min_size=len(names), max_size=len(names), unique=True)))
    media = [draw(st.sampled_from(("call", "call", "letter"))) for _ in names]
    return rungs_of([Rung(name, medium, day, day) for name, medium, day in zip(names, media, days, strict=True)])


@given(ladders(), ladders())
def test_nobody_gets_a_step_again_that_stands_in_the_ladder_by_its_name(then: Rungs, now: Rungs) -> None:
    places = moves(now, then)
    numbers = {rung.name: number for number, rung in enumerate(now.levels, start=1)}
    for number in range(1, len(then.levels) + 1):
        had = [numbers[rung.name] for rung in then.levels[:number] if rung.name in numbers]
        assert places[number] >= max(had, default=0)
    assert places == sorted(places)
    assert all(0 <= place <= len(now.levels) for place in places)
    assert moves(then, then) == list(range(len(then.levels) + 1))


@given(ladders(), st.sets(st.integers(0, 5)))
def test_where_steps_are_only_put_in_or_taken_out_none_is_skipped_that_was_still_to_come(whole: Rungs, left_out: set[int]) -> None:
    some = rungs_of([rung for position, rung in enumerate(whole.levels) if position not in left_out])
    names = [rung.name for rung in whole.levels]
    for number, place in enumerate(moves(whole, some)):  # put in
        assert place == (names.index(some.levels[number - 1].name) + 1 if number else 0)
    for number, place in enumerate(moves(some, whole)):  # taken out
        assert [rung.name for rung in some.levels[:place]] == [rung.name for rung in whole.levels[:number] if rung in some.levels]
    assert not doubts(some, whole)
    assert not doubts(whole, some)


def level(number: int, name: str, **more: object) -> Level:
    return Level(**{"number": number, "name": name, "medium": "call", "after_due": 3 * number, **more})  # type: ignore[arg-type]


def ladder(*levels: Level, name: str = "standard") -> Ladder:
    return Ladder(name=name, levels=levels)


def test_what_is_remembered_of_a_step_is_the_stretch_of_days_on_which_it_can_come() -> None:
    made = ladder(
        level(1, "early", after_due=-3),
        level(2, "soon", after_contact=5),
        level(3, "then", after_contact=7),
        level(4, "off", after_due=30, enabled=False),
        level(5, "at last", after_contact=10),
        level(6, "month", after_month_end=5),
        level(7, "same day", after_month_end=0, medium="letter"),
    )
    days = {rung.name: (rung.first, rung.last) for rung in made.rungs.levels}
    assert days == {
        "early": (-3, -3), "soon": (1, 1), "then": (8, 8), "off": (30, 30), "at last": (18, 18), "month": (5, 35), "same day": (1, 30),
    }  # fmt: skip


def test_an_item_stands_at_its_step_by_name() -> None:
    before = ladder(level(1, "friendly"), level(2, "firm"))
    after = ladder(level(1, "friendly"), replace(level(2, "second"), after_due=4), replace(level(3, "firm"), after_due=6))
    item = OpenItem(
        company="", debtor_no="1", item_no="R1", source="s", due_on=date(2026, 11, 1), open_amount=Decimal(100), contact_level=2,
        contacted_on=date(2026, 11, 9), contact_rungs=before.rungs,
    )  # fmt: skip
    assert (reached(before, item), reached(after, item)) == (2, 3)
    assert (reached(after, replace(item, contact_level=1)), reached(after, replace(item, contact_rungs=NO_RUNGS))) == (1, 2)


def test_the_ladder_of_a_task_is_found_by_its_name_and_else_by_its_steps() -> None:
    one, other = ladder(level(1, "friendly")), ladder(level(1, "firm"), name="strict")
    assert ladder_of((one, other), "strict", one.rungs) is other
    assert ladder_of((one, other), "gone", other.rungs) is other
    assert ladder_of((one, other), "gone", USUAL) is None
    assert ladder_of((one, other), "", NO_RUNGS) is None


def test_check_tells_what_became_of_steps_where_nobody_can_be_sure() -> None:
    before = ladder(level(1, "friendly"), level(2, "second"), level(4, "firm"))
    after = ladder(level(1, "friendly"), level(2, "x", after_due=5), level(3, "y", after_due=8), level(4, "firm"))
    (doubt,) = unclear_steps([after], {"standard": before.rungs}, "en")
    assert (doubt.file, doubt.path, doubt.is_error) == ("ladders.toml", "ladder.standard", False)
    assert doubt.sentence.startswith("the step 'second' of the last plan is gone, and x, y came at its place")
    (doubt,) = unclear_steps([after], {"standard": before.rungs}, "de")
    assert doubt.sentence.startswith("die Stufe 'second' des letzten Plans ist fort, und an ihrer Stelle steht x, y")
    renamed = ladder(level(1, "friendly"), level(2, "x"), level(4, "firm"))
    assert not list(unclear_steps([renamed], {"standard": before.rungs}, "en"))
    assert not list(unclear_steps([after], {"standard": after.rungs}, "en"))
    assert [one.path for one in unclear_steps([before], {"standard": after.rungs}, "en")] == ["ladder.standard"] * 2
    assert not list(unclear_steps([after], {"other": before.rungs}, "en"))


def test_the_table_says_what_the_file_says_in_both_languages() -> None:
    made = ladder(
        level(1, "early", name_de="früh", after_due=-3, script="courtesy"),
        level(2, "due", after_due=0, enabled=False),
        level(3, "late", after_due=1, min_open=Decimal("25.00"), medium="letter"),
        level(4, "next", after_contact=7, medium="visit"),
        level(5, "month", after_month_end=5),
        level(6, "end", after_month_end=0),
    )
    english, german = ladder_table([made], "en"), ladder_table([made], "de")
    assert english[0] == {
        "ladder": "standard", "level": 1, "step": "early", "comes": "3 days before the due date", "medium": "call", "min_open": None,
        "script": "courtesy", "enabled": True,
    }  # fmt: skip
    assert [row["comes"] for row in english[1:]] == [
        "on the due date", "1 day after the due date", "7 days after the previous contact",
        "5 days after the end of the month of the due date", "at the end of the month of the due date",
    ]  # fmt: skip
    assert (english[1]["enabled"], english[2]["min_open"], english[2]["script"]) == (False, "25.00", "by the debtor's tone")
    assert english[3]["script"] is None
    assert (german[0]["step"], german[0]["comes"]) == ("früh", "3 Tage vor Fälligkeit")
