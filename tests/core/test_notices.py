"""When people are told: once while it lasts, after it has lasted, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.notices import LINES, Condition, Kind, Memory, Told, judge, message

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HELD = Condition(kind="held", subject="b1", sentence="held")


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def told(condition: Condition) -> Told:
    return Told(id=f"id-{condition.subject}", kind=condition.kind, subject=condition.subject, sentence=condition.sentence)


def test_a_held_export_is_told_at_once_and_not_again_while_it_lasts() -> None:
    memory = Memory()
    assert judge([HELD], [], memory, NOON).begun == (HELD,)
    again = judge([HELD], [told(HELD)], memory, minutes(1))
    assert (again.begun, again.over) == ((), ())


def test_a_decision_ends_it_at_once() -> None:
    assert judge([], [told(HELD)], Memory(), NOON).over == (told(HELD),)


def test_blocked_dialling_is_told_when_it_has_lasted_five_minutes() -> None:
    blocked = Condition(kind="blocked", subject="dialling", sentence="no PBX")
    memory = Memory()
    assert judge([blocked], [], memory, NOON).begun == ()
    assert judge([blocked], [], memory, minutes(4.9)).begun == ()
    assert judge([], [], memory, minutes(4.95)).begun == ()
    assert judge([blocked], [], memory, minutes(5)).begun == ()  # it began anew
    assert judge([blocked], [], memory, minutes(10)).begun == (blocked,)


def test_what_comes_and_goes_is_over_only_when_it_stays_away() -> None:
    inbox = Condition(kind="inbox", subject="inbox", sentence="unreachable")
    memory, known = Memory(), [told(inbox)]
    assert judge([], known, memory, NOON).over == ()
    assert judge([inbox], known, memory, minutes(2)).over == ()
    assert judge([], known, memory, minutes(3)).over == ()
    assert judge([], known, memory, minutes(6)).over == (told(inbox),)


def test_a_message_says_what_is_wrong_before_what_is_settled() -> None:
    made = message([{"kind": "over", "sentence": "Over: a"}, {"kind": "held", "sentence": "b"}], "host1", "en")
    assert made.subject == "collectord: an export is held back and 1 more"
    assert made.text.splitlines()[:2] == ["- b", "- Over: a"]
    assert "host1" in made.text
    assert message([{"kind": "over", "sentence": "x"}], "h", "de").subject == "collectord: erledigt"


def test_a_storm_is_one_message_of_bounded_length() -> None:
    made = message([{"kind": "waiting", "sentence": f"file {n}"} for n in range(500)], "h", "en")
    assert made.subject == "collectord: a file waits in the inbox and 499 more"
    assert f"… and {500 - LINES} more" in made.text
    assert len(made.text.splitlines()) == LINES + 3


KINDS: list[Kind] = ["held", "blocked", "inbox", "disk", "late", "waiting"]


@given(st.lists(st.sets(st.sampled_from(KINDS)), max_size=40))
def test_for_all_courses_each_condition_is_told_once_until_it_is_over(course: list[set[Kind]]) -> None:
    memory, known = Memory(), dict[tuple[str, str], Told]()
    for step, kinds in enumerate(course):
        there = [Condition(kind=kind, subject="s", sentence=kind) for kind in sorted(kinds)]
        judged = judge(there, known.values(), memory, minutes(step))
        for condition in judged.begun:
            assert condition.key not in known
            known[condition.key] = told(condition)
        for one in judged.over:
            assert one.kind not in kinds
            del known[one.key]
