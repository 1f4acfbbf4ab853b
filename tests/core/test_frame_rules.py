"""The frame before the gate: exceptions of one debtor hold on every path, saturation where a pack asks for it, and each end is exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.contact_rules import Allowed, Refused
from collectord.core.contact.facts import Callback, FactKind
from collectord.core.contact.frame_rules import frame_document
from collectord.core.receivables.frame import Frame, Pause
from collectord.core.receivables.history import Touch

from .gate_cases import ask, debtor, fact, facts, house, item, local, rules

MONDAY = local("2026-11-23T10:00")
NOON_FRIDAY = local("2026-11-27T12:00")
HEAVY = Frame(strategy="gentle", title={"en": "gentle", "de": "behutsam"}, strength={"call": 3, "letter": 2}, saturation=6, per=14)


def framed(frame: Frame, *touches: Touch, **more: Any) -> Any:
    return facts(frame=frame, touches=touches, **more)


def touch(day: str, medium: str = "call") -> Touch:
    return Touch(on=date.fromisoformat(day), medium=medium)


def until(answer: Allowed | Refused) -> datetime | None:
    assert isinstance(answer, Refused)
    return answer.not_before


def only(answer: Allowed | Refused) -> tuple[str, str]:
    assert isinstance(answer, Refused)
    (refusal,) = answer.refusals
    return refusal.rule, refusal.reason


def test_no_calls_on_fridays_for_one_debtor() -> None:
    never_fridays = framed(Frame(not_on="fri"))
    answer = ask(never_fridays, NOON_FRIDAY)
    assert only(answer) == ("debtors/hours", "This debtor is not called on Fridays (rules/debtors.toml).")
    assert until(answer) == local("2026-11-28T09:00"), "Saturday, as soon as pack de opens"
    assert isinstance(ask(never_fridays, MONDAY), Allowed)
    assert isinstance(ask(never_fridays, NOON_FRIDAY, medium="email"), Allowed), "hours are about calls"


def test_hours_and_days_of_one_debtor_hold_together() -> None:
    both = framed(Frame(hours="mon-fri 09:00-12:00", not_on="fri"))
    assert isinstance(ask(both, MONDAY), Allowed)
    answer = ask(both, local("2026-11-26T12:00"))
    assert until(answer) == local("2026-11-30T09:00")


def test_an_agreed_callback_respects_the_days_of_one_debtor_too() -> None:
    agreed = Callback(task_id="t", at=NOON_FRIDAY, agreed_at=MONDAY)
    assert rules(ask(framed(Frame(not_on="fri"), callbacks=(agreed,)), NOON_FRIDAY)) == {"debtors/hours"}


def test_a_pause_stops_every_medium_up_to_and_with_its_day_and_names_who_and_why() -> None:
    paused = framed(Frame(pause=Pause(until=date(2026, 11, 24), who="M. Muster", why="negotiations")))
    for medium in ("call", "email"):
        answer = ask(paused, MONDAY, medium=medium)
        assert only(answer) == ("debtors/paused", "All contacts are stopped up to Tue 24 Nov 2026, by M. Muster: negotiations.")
    assert until(answer) == local("2026-11-25T00:00")
    assert isinstance(ask(paused, local("2026-11-25T08:00")), Allowed)


def test_media_that_an_exception_leaves_out_are_refused_and_nobody_knows_until_when() -> None:
    letters = framed(Frame(only=("letter",)))
    answer = ask(letters, MONDAY)
    assert only(answer) == ("debtors/media", "For this debtor only a letter is meant, not a call (rules/debtors.toml).")
    assert until(answer) is None
    assert isinstance(answer, Refused)
    assert not answer.never
    assert isinstance(ask(letters, MONDAY, medium="letter"), Allowed)


def test_somebody_is_asked_first_and_once_that_happened_a_person_says_so() -> None:
    asked = framed(Frame(ask_first="sales"))
    assert only(ask(asked, MONDAY)) == (
        "debtors/ask-first",
        "Ask sales first before this debtor is called; who did records it with --asked sales.",
    )
    said = fact(FactKind.OVERRIDE, "debtors/ask-first", reason="asked Ms Klein", actor="lead", until_on=date(2026, 11, 23))
    answer = ask(replace(asked, facts=(said,)), MONDAY)
    assert isinstance(answer, Allowed)
    assert [one.rule for one in answer.warnings] == ["debtors/ask-first"]
    assert isinstance(ask(replace(asked, facts=(said,)), MONDAY + timedelta(days=1)), Refused), "the exception is for that day"


def test_what_would_loosen_a_strategy_and_has_no_approval_is_told() -> None:
    answer = ask(framed(replace(HEAVY, ignored=("gap", "saturation"))), MONDAY)
    assert isinstance(answer, Allowed)
    (notice,) = answer.warnings
    assert notice.rule == "debtors/approval"
    assert notice.reason.startswith("gap, saturation in rules/debtors.toml would give more contact than strategy gentle does")


def test_a_saturated_debtor_is_free_at_the_beginning_of_the_first_day_with_room() -> None:
    full = framed(HEAVY, touch("2026-11-12"), touch("2026-11-20"))
    answer = ask(full, MONDAY)
    assert only(answer) == (
        "house/saturation",
        "It weighs 3, and contacts of strength 6 lie within 14 days; 6 are allowed (strategy gentle).",
    )
    assert until(answer) == local("2026-11-26T08:00"), "the first one leaves the period, and packs open"
    assert isinstance(ask(full, MONDAY, medium="letter"), Refused), "a letter weighs, too"
    assert isinstance(ask(full, MONDAY, medium="handover"), Allowed)


def test_the_pack_that_asks_for_saturation_names_it_and_without_one_the_strategy_only_plans() -> None:
    full = framed(HEAVY, touch("2026-11-12"), touch("2026-11-20"))
    assert isinstance(ask(full, MONDAY, "de"), Allowed)
    assert rules(ask(full, MONDAY, "de", "house")) == {"house/saturation"}


def test_accountings_own_letter_weighs_before_the_gate_too() -> None:
    dunned = framed(HEAVY, touch("2026-11-20"), items=(item(last_dunned_on=date(2026, 11, 19)),))
    assert rules(ask(dunned, MONDAY)) == {"house/saturation"}


def test_one_contact_that_is_too_heavy_alone_has_no_end() -> None:
    answer = ask(framed(replace(HEAVY, saturation=2)), MONDAY)
    assert only(answer) == ("house/saturation", "One such contact alone has strength 3, and 2 are allowed (strategy gentle).")
    assert until(answer) is None


def test_saturation_does_not_hold_up_a_callback_that_the_debtor_asked_for() -> None:
    agreed = Callback(task_id="t", at=MONDAY, agreed_at=local("2026-11-20T10:00"))
    full = framed(HEAVY, touch("2026-11-12"), touch("2026-11-20"), callbacks=(agreed,))
    assert isinstance(ask(full, MONDAY), Allowed)
    early = ask(full, MONDAY - timedelta(minutes=30))
    assert rules(early) == {"house/saturation"}
    assert until(early) == MONDAY
    assert rules(ask(full, MONDAY, medium="letter")) == {"house/saturation"}, "a callback is a call"


def test_a_debtor_in_another_zone_is_counted_by_the_days_of_the_house() -> None:
    abroad = debtor(country="US", region="NY", time_zone="America/New_York")
    full = framed(replace(HEAVY, saturation=3, per=1), touch("2026-11-23"), debtor=abroad)
    answer = ask(full, local("2026-11-23T18:00"), "house")
    refused = {one.rule: one.not_before for one in answer.refusals} if isinstance(answer, Refused) else {}
    assert refused["house/saturation"] == local("2026-11-24T00:00")


def objection(item_no: str = "A1", day: str = "2026-11-24", why: str = "in approval") -> Any:
    return fact(FactKind.OBJECTION, item_no, reason=why, until_on=date.fromisoformat(day))


def test_what_the_debtor_said_about_an_item_holds_it_on_every_path_up_to_and_with_its_last_day() -> None:
    held = facts(facts=(objection(), objection(day="2026-11-23", why="copy sent")))
    for medium in ("call", "letter"):
        assert only(ask(held, MONDAY, medium=medium)) == (
            "debtors/objection", "A1 waits up to Tue 24 Nov 2026 because of what the debtor said: in approval.",
        )  # fmt: skip
    assert until(ask(held, MONDAY)) == local("2026-11-25T08:00"), "packs open"
    assert isinstance(ask(held, local("2026-11-25T08:00")), Allowed)


def test_an_objection_is_about_its_item_and_the_rest_stays_callable() -> None:
    answer = ask(facts(items=(item(), item("A2")), facts=(objection(),)), MONDAY)
    assert isinstance(answer, Allowed)
    assert answer.items == ("A2",)
    assert rules(ask(facts(items=(item(), item("A2")), facts=(objection(""),)), MONDAY)) == {"debtors/objection"}
    assert rules(ask(facts(items=(item(), item("A2")), facts=(objection(),)), MONDAY, item="A1")) == {"debtors/objection"}


def test_a_callback_agreed_with_a_debtor_who_objected_is_kept() -> None:
    agreed = Callback(task_id="t", at=MONDAY, agreed_at=local("2026-11-20T10:00"))
    known = facts(facts=(objection(),), callbacks=(agreed,))
    assert isinstance(ask(known, MONDAY), Allowed)
    assert until(ask(known, MONDAY - timedelta(minutes=30))) == MONDAY
    assert rules(ask(known, MONDAY, medium="letter")) == {"debtors/objection"}, "a callback is a call"


def test_a_person_may_set_an_objection_aside() -> None:
    said = fact(FactKind.OVERRIDE, "debtors/objection", reason="approved yesterday", actor="lead", until_on=date(2026, 11, 23))
    assert isinstance(ask(facts(facts=(objection(), said)), MONDAY), Allowed)


HOURS = ["", "mon-fri 09:00-12:00", "tue,thu 13:00-17:00", "sat 10:00-11:00"]
FRAMES = st.builds(
    Frame,
    strength=st.just({"call": 3, "letter": 2}),
    saturation=st.none() | st.integers(3, 9),
    per=st.integers(1, 20),
    hours=st.sampled_from(HOURS),
    not_on=st.sampled_from(["", "wed", "mon,sun"]),
    pause=st.none() | st.builds(Pause, until=st.dates(date(2026, 11, 20), date(2026, 12, 6)), who=st.just("M"), why=st.just("w")),
)
TOUCHES = st.lists(
    st.builds(Touch, on=st.dates(date(2026, 11, 1), date(2026, 11, 23)), medium=st.sampled_from(["call", "letter"])), max_size=6
)


@given(FRAMES, TOUCHES, st.integers(0, 60))
def test_for_all_frames_the_named_instant_is_allowed_and_none_before_it_is(frame: Frame, touches: list[Touch], later: int) -> None:
    known = framed(frame, *touches)
    at = MONDAY + timedelta(minutes=later)
    answer = ask(known, at)
    if isinstance(answer, Allowed):
        return
    assert answer.not_before is not None
    assert isinstance(ask(known, answer.not_before), Allowed)
    assert isinstance(ask(known, answer.not_before - timedelta(seconds=1)), Refused)
    hours = int((answer.not_before - at).total_seconds() // 3600)
    for part in range(0, hours, max(1, hours // 12)):
        assert isinstance(ask(known, at + timedelta(hours=part)), Refused)


# ------------------------------------------------------------------------------------------------------------------- explain


def said(known: Any, language: str = "en") -> dict[str, Any]:
    return frame_document(known, replace(house(), language=language), MONDAY, "Europe/Berlin")  # type: ignore[arg-type]


def test_explain_shows_strategy_strength_and_saturation() -> None:
    known = framed(HEAVY, touch("2026-11-20"), debtor=debtor(potential_class="I"), items=(item(last_dunned_on=date(2026, 11, 19)),))
    assert said(known) == {
        "name": "gentle", "potential_class": "I", "strength": 5, "saturation": 6, "per_days": 14,
        "media": ["call", "email", "letter", "visit", "handover"], "exception": False,
        "says": "Strategy gentle: strength 5 of 6 in 14 days.",
    }  # fmt: skip
    assert said(known, "de")["says"] == "Strategie behutsam: Stärke 5 von 6 in 14 Tagen."


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (Frame(), "No strategy is for this debtor's class."),
        (Frame(strategy="a"), "Strategy a: no bound on the strength of contacts."),
        (Frame(strategy="a", exception=True), "Strategy a: no bound on the strength of contacts. rules/debtors.toml has an exception."),
        (Frame(exception=True, reason="why"), "No strategy is for this debtor's class. rules/debtors.toml has an exception (why)."),
        (Frame(exception=True, approved_by="M", reason="why"),
         "No strategy is for this debtor's class. rules/debtors.toml has an exception (M: why)."),
    ],
)  # fmt: skip
def test_explain_says_what_there_is(frame: Frame, says: str) -> None:
    assert said(framed(frame))["says"] == says


def test_a_class_that_an_exception_gives_is_shown_in_the_place_of_the_exports() -> None:
    known = framed(Frame(as_class="IV", exception=True), debtor=debtor(potential_class="I"))
    assert said(known)["potential_class"] == "IV"
    assert said(framed(Frame()))["potential_class"] is None
