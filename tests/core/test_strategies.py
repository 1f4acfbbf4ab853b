"""Strategies: how much contact a debtor may receive is read as meant, counted exactly, and every mistake is one sentence at its key."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.exceptions import NO_EXCEPTIONS, Exceptions, parse_exceptions
from collectord.core.receivables.frame import CLASSES, NO_FRAME, Frame, Full, NotWorth, with_letters
from collectord.core.receivables.history import Touch
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.strategies import NO_FRAMES, Frames, Strategies, frame_for, parse_strategies
from collectord.core.receivables.stricter import bounded
from collectord.core.rule_text import Problem, Table

RULES = Path(__file__).parents[2] / "rules"
DAY = timedelta(days=1)
MONDAY = date(2026, 11, 23)
TWO_CALLS = Frame(strength={"call": 3, "letter": 2, "email": 1}, saturation=8, per=14)


def read(text: str) -> tuple[Strategies, list[str]]:
    problems: list[Problem] = []
    found = parse_strategies(Table(tomllib.loads(text), "", problems))
    return found, [f"{one.path}: {one.sentence}" for one in problems]


def exceptions(text: str) -> Exceptions:
    problems: list[Problem] = []
    found = parse_exceptions(Table(tomllib.loads(text), "", problems))
    assert problems == []
    return found


def strategy(*lines: str, name: str = "plain", classes: Sequence[str] = CLASSES) -> str:
    return "\n".join([f"[strategy.{name}]", f"potential_classes = {list(classes)}", *lines]) + "\n"


def debtor(potential_class: str = "II", debtor_no: str = "10") -> Debtor:
    return Debtor(company="", debtor_no=debtor_no, debtor_name="Muster", potential_class=potential_class)


def called(*days_ago: int, medium: str = "call", **more: Any) -> tuple[Touch, ...]:
    return tuple(Touch(on=MONDAY - days * DAY, medium=medium, **more) for days in sorted(days_ago, reverse=True))


def frame(text: str, own: str = "", of: str = "II") -> Frame:
    found, problems = read(text)
    assert problems == []
    return frame_for(debtor(of), found, exceptions(own))


# ------------------------------------------------------------------------------------------------------------------- saturation


def test_a_third_call_waits_until_the_first_one_has_left_the_period() -> None:
    assert TWO_CALLS.room("call", called(1), MONDAY) is None
    assert TWO_CALLS.room("call", called(10, 1), MONDAY) == Full(until=MONDAY + 4 * DAY, strength=6, saturation=8, own=3)


def test_a_lighter_medium_still_has_room_where_a_call_has_none() -> None:
    assert TWO_CALLS.room("letter", called(10, 1), MONDAY) is None


def test_the_day_of_the_contact_is_the_first_of_the_period() -> None:
    one = Frame(strength={"call": 3}, saturation=3, per=1)
    assert one.room("call", called(0), MONDAY) == Full(until=MONDAY + DAY, strength=3, saturation=3, own=3)
    assert one.room("call", called(1), MONDAY) is None


def test_a_call_that_was_no_talk_weighs_less_where_the_file_says_so() -> None:
    light = replace(TWO_CALLS, strength={"call": 3, "unanswered": 1})
    assert (light.used(called(3, 2, 1), MONDAY), light.used(called(3, 2, 1, conversation=True), MONDAY)) == (3, 9)
    assert light.room("call", called(*range(1, 6)), MONDAY) is None
    assert light.room("call", called(*range(1, 7)), MONDAY) == Full(until=MONDAY + 8 * DAY, strength=6, saturation=8, own=3)
    heavy = replace(TWO_CALLS, strength={"call": 1, "unanswered": 9})
    assert heavy.room("call", (), MONDAY) == Full(until=None, strength=0, saturation=8, own=9), "the heavier of both is taken beforehand"


def test_what_came_from_the_debtor_and_what_the_debtor_asked_for_weighs_nothing() -> None:
    assert TWO_CALLS.used(called(5, 3, 1, inbound=True), MONDAY) == 0
    assert TWO_CALLS.used(called(5, 3, 1, agreed=True), MONDAY) == 0


def test_media_without_a_strength_and_frames_without_a_saturation_are_never_full() -> None:
    assert TWO_CALLS.room("handover", called(3, 2, 1), MONDAY) is None
    assert NO_FRAME.room("call", called(3, 2, 1), MONDAY) is None


def test_one_contact_that_weighs_more_than_the_saturation_never_has_room() -> None:
    assert Frame(strength={"visit": 6}, saturation=5, per=7).room("visit", (), MONDAY) == Full(until=None, strength=0, saturation=5, own=6)


def test_accountings_own_letter_counts_once_a_day_however_many_items_it_names() -> None:
    def item(number: str, dunned: date | None) -> OpenItem:
        return OpenItem(
            company="", debtor_no="10", item_no=number, source="x", due_on=MONDAY, open_amount=Decimal(1), last_dunned_on=dunned
        )

    items = [item("1", MONDAY - DAY), item("2", MONDAY - DAY), item("3", MONDAY - 2 * DAY), item("4", None), item("5", MONDAY + DAY)]
    ours = (*called(2, medium="letter"), *called(1, medium="letter", inbound=True))
    assert [(one.on, one.inbound) for one in with_letters(ours, items, MONDAY)] == [
        (MONDAY - 2 * DAY, False), (MONDAY - DAY, True), (MONDAY - DAY, False),
    ]  # fmt: skip


TOUCHES = st.lists(
    st.builds(
        Touch,
        on=st.integers(0, 60).map(lambda days: MONDAY - days * DAY),
        medium=st.sampled_from(["call", "letter", "email", "visit"]),
        inbound=st.booleans(),
        agreed=st.booleans(),
        conversation=st.booleans(),
    )
)
FRAMES = st.builds(
    Frame,
    strength=st.fixed_dictionaries(
        {"call": st.integers(0, 5), "letter": st.integers(0, 5), "email": st.integers(0, 5)}, optional={"unanswered": st.integers(0, 5)}
    ),
    saturation=st.integers(1, 15),
    per=st.integers(1, 30),
)


@given(FRAMES, TOUCHES, st.sampled_from(["call", "letter", "email", "visit"]))
def test_for_all_histories_the_day_named_is_the_first_with_room(bounds: Frame, touches: list[Touch], medium: str) -> None:
    full = bounds.room(medium, touches, MONDAY)
    if full is None:
        return
    if full.until is None:
        assert max(bounds.strength[medium], bounds.strength.get("unanswered", 0) if medium == "call" else 0) > full.saturation
        return
    day = MONDAY
    while bounds.room(medium, touches, day) is not None:
        day += DAY
    assert day == full.until


WISHES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["call", "letter", "email"]), st.booleans()), max_size=40)


@given(FRAMES, WISHES)
def test_for_all_wishes_the_contacts_let_in_never_exceed_the_saturation_in_any_period(
    bounds: Frame, wishes: list[tuple[int, str, bool]]
) -> None:
    day = MONDAY
    made: list[Touch] = []
    for wait, medium, talk in wishes:
        day += wait * DAY
        if bounds.room(medium, made, day) is None:
            made.append(Touch(on=day, medium=medium, conversation=talk))
    for ahead in range((day - MONDAY).days + 1):
        assert bounds.used(made, MONDAY + ahead * DAY) <= (bounds.saturation or 0)


# ------------------------------------------------------------------------------------------------------------------- what it is worth


def test_a_contact_is_worth_it_when_the_margin_of_what_is_open_covers_its_cost() -> None:
    thrifty = Frame(cost={"call": Decimal("4.50"), "email": Decimal(0)}, margin=10)
    assert thrifty.worth("call", {"EUR": Decimal("45.00")}) is None
    assert thrifty.worth("call", {"CHF": Decimal("9.00"), "EUR": Decimal("44.99")}) == NotWorth(
        Decimal("4.50"), Decimal("4.499"), Decimal("44.99"), "EUR", 10
    )
    assert thrifty.worth("email", {"EUR": Decimal("0.01")}) is None
    assert replace(thrifty, margin=None).worth("call", {"EUR": Decimal("0.01")}) is None


# ------------------------------------------------------------------------------------------------------------------- tone, media


def test_the_tone_grows_with_the_reminders_and_a_courtesy_is_friendly() -> None:
    firm = Frame(tones=("factual", "firm"))
    assert [firm.tone(position) for position in (0, 1, 2, 3)] == ["friendly", "factual", "firm", "firm"]


def test_a_medium_may_stand_for_another_and_one_that_is_not_allowed_is_none() -> None:
    other = Frame(media=("letter",), instead={"call": "letter", "visit": "email"})
    assert [other.medium_for(medium) for medium in ("call", "letter", "visit", "handover")] == ["letter", "letter", "", ""]


def test_a_strategy_is_called_by_its_name_in_the_readers_language_else_by_its_key() -> None:
    named = Frame(strategy="gentle", title={"de": "behutsam", "en": ""})
    assert (named.named("de"), named.named("en"), NO_FRAME.named("de")) == ("behutsam", "gentle", "-")


# ------------------------------------------------------------------------------------------------------------------- the file


def test_the_shipped_strategies_have_a_frame_for_every_class_and_the_weaker_class_bears_less() -> None:
    found, problems = read((RULES / "strategies.toml").read_text(encoding="utf-8"))
    assert problems == []
    assert {one: found.by_class[one].name for one in CLASSES} == {
        "I": "gentle", "II": "standard", "III": "standard", "IV": "lean", "none": "standard",
    }  # fmt: skip
    talks = [called(*range(1, count + 1), conversation=True) for count in (1, 2, 3, 4)]
    calls = {name: [found.by_name[name].frame.room("call", so_far, MONDAY) for so_far in talks] for name in found.by_name}
    assert {name: sum(one is None for one in rooms) + 1 for name, rooms in calls.items()} == {"gentle": 2, "standard": 4, "lean": 2}
    assert found.script == {"friendly": "friendly-reminder", "factual": "second-reminder", "firm": "firm-reminder"}


def test_every_key_of_a_strategy_is_read() -> None:
    text = '[strength]\ncall = 3\n[cost]\ncall = "4.50"\n' + strategy(
        'title.de = "eins"', 'media = ["call", "letter"]', "saturation = 9", 'per = "7d"', 'gap = "2d"', 'tones = ["factual"]',
        'skill = "senior"',
        "owner_first = true", 'ladder = "short"', "priority = -5", 'margin = "30%"', "strength.letter = 2", 'cost.call = "3.00"',
    )  # fmt: skip
    assert frame(text) == Frame(
        strategy="plain", title={"en": "", "de": "eins"}, media=("call", "letter"), strength={"call": 3, "letter": 2}, saturation=9, per=7,
        gap=2,
        tones=("factual",), skill="senior", owner_first=True, ladder="short", priority=-5, cost={"call": Decimal("3.00")}, margin=30,
    )  # fmt: skip


def test_a_debtor_without_a_class_or_with_one_nobody_knows_has_the_strategy_of_none() -> None:
    found, _ = read(strategy("saturation = 1", 'per = "1d"', name="rest", classes=["none"]))
    assert [frame_for(debtor(one), found, NO_EXCEPTIONS).strategy for one in ("", "VII", "I")] == ["rest", "rest", ""]


def test_a_class_that_no_strategy_names_has_no_bounds_but_its_contacts_weigh_what_they_weigh() -> None:
    found, _ = read("[strength]\ncall = 3\n" + strategy(classes=["I"]))
    assert frame_for(debtor("IV"), found, NO_EXCEPTIONS) == Frame(strength={"call": 3})


def test_without_files_nobody_has_a_frame() -> None:
    assert NO_FRAMES.is_empty
    assert NO_FRAMES.of(debtor()) == NO_FRAME
    assert not Frames(Strategies(), exceptions('[[debtor]]\ndebtor_no = "1"\nagent = "2"')).is_empty


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (strategy() + strategy(name="twin", classes=["II"]),
         "strategy.twin.potential_classes: class II has a strategy already, plain; each class stands in one strategy only"),
        (strategy(classes=[]),
         "strategy.plain.potential_classes: no class is named; use I to IV, and none for debtors whose export names no class"),
        (strategy(classes=["V"]), "strategy.plain.potential_classes: potential_classes holds 'V'; use only I, II, III, IV, none"),
        (strategy('per = "7d"'), "strategy.plain.per: per belongs to a saturation; write saturation = … beside it, or take per away"),
        (strategy("saturation = 3"), "strategy.plain.per: per is missing; expected a duration like 90s, 15m, 36h or 7d"),
        (strategy("saturation = 3", 'per = "0d"'), "strategy.plain.per: per must be 1d to 90d"),
        (strategy('gap = "-1d"'), "strategy.plain.gap: gap must be 0d to 90d"),
        (strategy('gap = "91d"'), "strategy.plain.gap: gap must be 0d to 90d"),
        (strategy("tones = []"), 'strategy.plain.tones: tones names none; write at least one, like tones = ["friendly"]'),
        (strategy('margin = "0.3"'),
         "strategy.plain.margin: margin = '0.3' is no share of a hundred; write it in quotes, like \"30%\""),
        (strategy('margin = "101%"'),
         "strategy.plain.margin: margin = '101%' is no share of a hundred; write it in quotes, like \"30%\""),
        (strategy("margin = 30"), "strategy.plain.margin: margin = 30 is no share of a hundred; write it in quotes, like \"30%\""),
        (strategy("cost.call = 4.50"), 'strategy.plain.cost.call: call = 4.5 is not money in quotes, like "25.00"'),
        (strategy('cost.call = "-1.00"'), "strategy.plain.cost.call: call is negative; write what one such contact costs"),
        ("[strength]\nfax = 1\n" + strategy(), "strength.fax: fax is not known here; known keys: call, email, letter, sms,"
         " unanswered, visit"),
        ('[script]\nrude = "x"\n' + strategy(), "script.rude: rude is not known here; known keys: factual, firm, friendly"),
        (strategy("owner = true"),
         "strategy.plain.owner: owner is not known here; did you mean owner_first? Known keys: ask_first, cost, gap, ladder,"
         " margin, media, owner_first, per, potential_classes, priority, saturation, skill, strength, title, tones"),
        (strategy("saturation = 0", 'per = "7d"'), "strategy.plain.saturation: saturation = 0 is below 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_at_its_key(text: str, problem: str) -> None:
    assert read(text)[1] == [problem]


# ------------------------------------------------------------------------------------------------------------------- one debtor's exception

BASE = "[strength]\ncall = 3\nletter = 2\n" + strategy(
    'media = ["call", "letter"]', "saturation = 12", 'per = "7d"', 'gap = "5d"', classes=["II"]
) + strategy("saturation = 6", 'per = "14d"', name="lean", classes=["IV"])  # fmt: skip
OWN = '[[debtor]]\ndebtor_no = "10"\n'
SIGNED = 'approved_by = "M. Muster"\nreason = "asked for it"\n'


def test_another_debtors_exception_changes_nothing() -> None:
    assert frame(BASE, '[[debtor]]\ndebtor_no = "11"\nsaturation = 3\n').saturation == 12


def test_a_stricter_exception_counts_as_it_is() -> None:
    own = frame(
        BASE,
        OWN + 'gap = "9d"\nsaturation = 3\nper = "30d"\nmedia = ["letter"]\ninstead.call = "letter"\nagent = "201"\nask_first = "sales"',
    )
    assert (own.gap, own.saturation, own.per, own.media, own.only, own.instead, own.agent, own.ask_first, own.exception, own.ignored) == (
        9, 3, 30, ("letter",), ("letter",), {"call": "letter"}, "201", "sales", True, (),
    )  # fmt: skip


def test_a_saturation_without_a_period_has_that_of_the_strategy() -> None:
    assert (frame(BASE, OWN + "saturation = 6").saturation, frame(BASE, OWN + "saturation = 6").per) == (6, 7)


@pytest.mark.parametrize(
    ("lines", "key", "kept"),
    [
        ("saturation = 13", "saturation", (12, 7, 5, ("call", "letter"))),
        ('saturation = 12\nper = "6d"', "saturation", (12, 7, 5, ("call", "letter"))),
        ('gap = "4d"', "gap", (12, 7, 5, ("call", "letter"))),
        ('media = ["call", "visit"]', "media", (12, 7, 5, ("call",))),
    ],
)
def test_a_looser_exception_needs_an_approval_else_the_strategy_holds(lines: str, key: str, kept: tuple[Any, ...]) -> None:
    own = frame(BASE, OWN + lines)
    assert (own.saturation, own.per, own.gap, own.media) == kept
    assert own.ignored == (key,)


def test_with_a_name_and_a_reason_an_exception_may_loosen_its_strategy() -> None:
    own = frame(BASE, OWN + SIGNED + 'saturation = 20\nper = "5d"\ngap = "1d"\nmedia = ["call", "visit"]')
    assert (own.saturation, own.per, own.gap, own.media, own.ignored) == (20, 5, 1, ("call", "visit"), ())
    assert (own.approved_by, own.reason) == ("M. Muster", "asked for it")


@pytest.mark.parametrize("line", ['strategy = "lean"', 'potential_class = "IV"'])
def test_an_exception_may_put_the_debtor_under_another_strategy(line: str) -> None:
    own = frame(BASE, OWN + line)
    assert (own.strategy, own.saturation) == ("lean", 6)


LEAN = 'saturation = 6\nask_first = "sales"\nmargin = "10%"\ncost.call = "4.50"\nstrength.call = 4\n'
TWO = BASE.replace("saturation = 6\n", LEAN).replace('gap = "5d"\n', 'gap = "5d"\ncost.call = "3.00"\nmargin = "30%"\n')


@pytest.mark.parametrize(("line", "key"), [('strategy = "plain"', "strategy"), ('potential_class = "II"', "potential_class")])
def test_a_looser_strategy_that_nobody_approved_stays_within_every_bound_of_the_debtors_own_class(line: str, key: str) -> None:
    own = frame(TWO, OWN + line, of="IV")
    assert (own.strategy, own.saturation, own.per, own.gap, own.media) == ("plain", 6, 14, 5, ("call", "letter"))
    assert (own.strength["call"], own.margin, own.cost["call"], own.ask_first) == (4, 10, Decimal("4.50"), "sales")
    assert own.ignored == (key,)
    free = frame(TWO, OWN + SIGNED + line, of="IV")
    assert (free.saturation, free.per, free.strength["call"], free.margin, free.ask_first, free.ignored) == (12, 7, 3, 30, "", ())


def test_a_strategy_that_is_stricter_in_everything_needs_no_approval() -> None:
    own = frame(TWO, OWN + 'strategy = "lean"\ngap = "5d"\nmedia = ["letter"]', of="II")
    assert own.ignored == ("strategy",)  # its gap and its media alone are looser
    strict = TWO.replace("saturation = 6\n", 'saturation = 6\ngap = "5d"\nmedia = ["letter"]\n')
    assert frame(strict, OWN + 'strategy = "lean"', of="II").ignored == ()


def test_another_class_of_the_same_strategy_or_one_that_nothing_bounds_changes_no_bound() -> None:
    assert frame(BASE, OWN + 'potential_class = "II"').ignored == ()
    assert frame(BASE, OWN + 'strategy = "lean"', of="I").ignored == ()  # no strategy is for class I
    unbounded = frame(BASE, OWN + 'potential_class = "III"', of="IV")
    assert (unbounded.saturation, unbounded.per, unbounded.ignored) == (6, 14, ("potential_class",))
    open_ended = strategy(name="a", classes=["I"]) + strategy(name="b", classes=["II"])
    assert frame(open_ended, OWN + 'strategy = "b"', of="I").ignored == ()


@pytest.mark.parametrize("text", [BASE, ""])
def test_a_heavier_medium_in_place_of_another_needs_an_approval(text: str) -> None:
    lines = 'instead.letter = "call"\ninstead.visit = "letter"\n'.replace("visit", "call")
    own = frame(text, OWN + lines)
    assert (own.medium_for("letter"), own.medium_for("call"), own.ignored) == ("letter", "letter", ("instead",))
    signed = frame(text, OWN + SIGNED + lines)
    assert (signed.medium_for("letter"), signed.ignored) == ("call", ())


@given(FRAMES, FRAMES, TOUCHES, st.sampled_from(["call", "letter", "email", "visit"]))
def test_for_all_pairs_of_frames_what_the_stricter_of_them_lets_in_has_room_in_both(
    one: Frame, other: Frame, touches: list[Touch], medium: str
) -> None:
    if bounded(one, other).room(medium, touches, MONDAY) is None:
        assert one.room(medium, touches, MONDAY) is None
        assert other.room(medium, touches, MONDAY) is None


def test_where_no_strategy_is_an_exception_stands_alone() -> None:
    own = frame_for(debtor(), Strategies(), exceptions(OWN + 'saturation = 6\nper = "7d"\ngap = "3d"'))
    assert (own.strategy, own.saturation, own.per, own.gap, own.ignored) == ("", 6, 7, 3, ())
