"""What two looks at a PBX say: a moment's disagreement is no sign, and what stays is told with its names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.pbx_calls import LiveChannel
from collectord.core.telephony.pbx_signs import MANY_WAIT, TEXTS, Look, Sign, corrected, signs

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
PLACED = Attempt(
    id="attempt-0001", task_id="t1", company="", debtor_no="10", number="+493012345601", agent="201", endpoint="PJSIP/201", pbx="main",
    trunk="trunk", mode="preview", items=("R1",), state=AttemptState.PLACED, placed_at=AT, deadline_at=AT, pbx_started="s",
)  # fmt: skip
LEG = LiveChannel(
    attempt_id=PLACED.id, uniqueid=f"coll-{PLACED.id}", channel="PJSIP/201-01", coll_state="DIAL", agent_leg=True, ring_back=0, up=True,
    seconds=30,
)  # fmt: skip
QUIET = Look(attempts={}, phones={})


def codes(before: Look | None, now: Look) -> list[str]:
    return [sign.code for sign in signs("main", before, now)]


def known(leg: LiveChannel, state: AttemptState, answered: datetime | None = None) -> Look:
    return Look(live=(leg,), attempts={PLACED.id: replace(PLACED, state=state, agent_answered_at=answered)}, phones={})


def test_a_sound_pbx_shows_no_sign() -> None:
    assert codes(QUIET, QUIET) == []
    talking = known(LEG, AttemptState.TALKING, AT)
    assert codes(talking, talking) == []


@pytest.mark.parametrize(
    ("code", "look"),
    [
        ("strangers", Look(live=(LEG,), attempts={}, phones={})),
        ("orphans", known(LEG, AttemptState.CLOSED, AT)),
        ("silent", known(LEG, AttemptState.PLACED)),
        ("silent", known(LEG, AttemptState.RINGING_AGENT)),
        ("stuck", Look(attempts={}, phones={"PJSIP/201": "INUSE"})),
    ],
)
def test_what_one_look_shows_may_pass_and_what_two_show_is_a_sign(code: str, look: Look) -> None:
    assert codes(None, look) == []
    assert codes(QUIET, look) == []
    assert codes(look, QUIET) == []
    assert codes(look, look) == [code]


@pytest.mark.parametrize(
    "look",
    [
        known(replace(LEG, ring_back=1, agent_leg=False), AttemptState.CLOSED, AT),
        known(replace(LEG, coll_state="WRAP"), AttemptState.CLOSED, AT),
    ],
)
def test_an_agent_who_still_keys_the_outcome_of_a_closed_call_is_no_orphan(look: Look) -> None:
    assert codes(look, look) == []


@pytest.mark.parametrize(
    "leg", [replace(LEG, up=False), replace(LEG, seconds=9), replace(LEG, seconds=None), replace(LEG, agent_leg=False)]
)
def test_a_call_that_rings_or_was_answered_just_now_need_not_have_been_reported(leg: LiveChannel) -> None:
    look = known(leg, AttemptState.RINGING_AGENT)
    assert codes(look, look) == []


def test_a_phone_in_use_with_a_call_of_whomever_and_an_idle_one_are_not_stuck() -> None:
    private = Look(attempts={}, phones={"PJSIP/201": "INUSE", "PJSIP/202": "NOT_INUSE"}, occupied={"PJSIP/201"})
    assert codes(private, private) == []


def test_counters_recordings_and_rights_show_at_the_first_look() -> None:
    look = Look(attempts={}, phones={}, waiting=MANY_WAIT, dropped=7, missing_rights=("status (class reporting)",))
    assert codes(None, look) == ["slow", "dropped", "rights"]
    assert codes(look, look) == ["slow", "rights"]  # nothing more was dropped since
    recorded = known(replace(LEG, recorded=True), AttemptState.TALKING, AT)
    assert signs("main", None, recorded) == (Sign("recorded", "main", 1, (PLACED.id,)),)


def test_every_sign_has_a_sentence_in_both_languages_and_names_five_at_most() -> None:
    for code in TEXTS:
        sign = Sign(code, "main", 7, tuple(f"attempt-000{n}" for n in range(7)))
        for language in ("en", "de"):
            said = sign.says(language)
            assert "main" in said
            assert "attempt-0005" not in said
            assert ("attempt-0004, …" in said) == ("{which}" in TEXTS[code][0])
    one = Sign("stuck", "main", 1, ("PJSIP/201",))
    assert one.says("en").startswith("main says that 1 phone is in use, but no call is there (PJSIP/201)")
    assert one.says("de").startswith("main hält 1 Telefon für belegt")


def test_the_pbxs_list_corrects_a_phone_unless_its_state_changed_while_it_was_asked() -> None:
    asked = {"PJSIP/201": "INUSE", "PJSIP/202": "NOT_INUSE", "PJSIP/203": "NOT_INUSE"}
    known = {**asked, "PJSIP/203": "INUSE"}
    listed = {"PJSIP/201": "NOT_INUSE", "PJSIP/202": "NOT_INUSE", "PJSIP/203": "RINGING", "PJSIP/204": "NOT_INUSE"}
    assert corrected(asked, known, listed) == {"PJSIP/201": "NOT_INUSE", "PJSIP/204": "NOT_INUSE"}
