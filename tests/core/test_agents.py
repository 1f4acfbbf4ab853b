"""Only an agent who can and wants to take a call is rung."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectord.core.telephony.agents import AgentState, OnDuty, device_state, is_paused, judge, who_is_at, why
from collectord.core.telephony.pauses import MISSED_RINGS

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANNA = OnDuty(
    id="201", name="Anna", endpoint="PJSIP/201", pbx="main", languages=("de",), skills=(), logged_in=True, paused=False,
    device_state="NOT_INUSE",
)  # fmt: skip


def test_logged_in_idle_and_registered_is_free() -> None:
    assert judge(ANNA, pull=False, now=NOW) is AgentState.FREE


@pytest.mark.parametrize(
    ("agent", "state"),
    [
        (replace(ANNA, logged_in=False), AgentState.LOGGED_OUT),
        (replace(ANNA, attempt_id="a1", attempt_state="talking"), AgentState.IN_CALL),
        (replace(ANNA, attempt_id="a1", attempt_state="wrap_up", paused=True), AgentState.WRAP_UP),
        (replace(ANNA, paused=True), AgentState.PAUSED),
        (replace(ANNA, off_hours="Mo-Do 08:00-13:00"), AgentState.OFF_HOURS),
        (replace(ANNA, device_state="INUSE"), AgentState.PHONE_IN_USE),
        (replace(ANNA, device_state="RINGING"), AgentState.PHONE_IN_USE),
        (replace(ANNA, device_state="UNAVAILABLE"), AgentState.PHONE_UNREACHABLE),
        (replace(ANNA, device_state=""), AgentState.PHONE_UNREACHABLE),
        (replace(ANNA, rest_until=NOW + timedelta(seconds=1)), AgentState.RESTING),
        (replace(ANNA, rest_until=NOW), AgentState.FREE),
    ],
)
def test_each_reason_keeps_the_phone_silent(agent: OnDuty, state: AgentState) -> None:
    assert judge(agent, pull=False, now=NOW) is state


def test_in_pull_mode_the_agent_asks_first() -> None:
    assert judge(ANNA, pull=True, now=NOW) is AgentState.WAITING
    assert judge(replace(ANNA, asked_at=NOW), pull=True, now=NOW) is AgentState.FREE


def test_the_reason_is_a_sentence() -> None:
    paused = replace(ANNA, paused=True, since=NOW)
    assert why(replace(paused, pause_reason="lunch"), AgentState.PAUSED, "de", "Europe/Berlin").endswith("10:00 Pause: Mittag")
    assert why(replace(paused, pause_reason="Warenausgang"), AgentState.PAUSED, "en", "UTC").endswith("09:00: Warenausgang")
    assert why(paused, AgentState.PAUSED, "en", "UTC").endswith("09:00")
    assert "Mo-Do 08:00-13:00" in why(replace(ANNA, off_hours="Mo-Do 08:00-13:00"), AgentState.OFF_HOURS, "de", "Europe/Berlin")
    assert "10:00" in why(replace(ANNA, rest_until=NOW), AgentState.RESTING, "de", "Europe/Berlin")


def test_a_pause_after_missed_rings_is_told_as_such() -> None:
    paused = replace(ANNA, paused=True, since=NOW, pause_reason=MISSED_RINGS, missed=3)
    assert why(paused, AgentState.PAUSED, "de", "Europe/Berlin").endswith(
        "10:00 in Pause: 3-mal nacheinander nicht abgenommen; *83 beendet sie"
    )
    for_now = replace(paused, pause_until=NOW + timedelta(minutes=15))
    assert why(for_now, AgentState.PAUSED, "en", "UTC").endswith("09:15 the phone is rung once more")


def test_a_phone_that_turned_the_ring_away_is_told_apart_from_one_that_rang_out() -> None:
    away = replace(ANNA, turned_away=2, rest_until=NOW)
    assert "do not disturb" in why(away, AgentState.RESTING, "en", "UTC")
    assert "did not take" in why(replace(away, turned_away=0), AgentState.RESTING, "en", "UTC")


def test_a_pause_that_ends_by_itself_ends_for_a_phone_that_is_there_and_idle() -> None:
    paused = replace(ANNA, paused=True, pause_until=NOW, pause_reason=MISSED_RINGS)
    just_before = NOW - timedelta(microseconds=1)
    assert (is_paused(paused, just_before), judge(paused, pull=False, now=just_before)) == (True, AgentState.PAUSED)
    assert (is_paused(paused, NOW), judge(paused, pull=False, now=NOW)) == (False, AgentState.FREE)
    assert judge(replace(paused, device_state="UNAVAILABLE"), pull=False, now=NOW) is AgentState.PHONE_UNREACHABLE
    assert judge(replace(paused, device_state="INUSE"), pull=False, now=NOW) is AgentState.PHONE_IN_USE
    assert judge(replace(paused, pause_until=None), pull=False, now=NOW + timedelta(days=1)) is AgentState.PAUSED


@pytest.mark.parametrize(
    ("states", "is_now"),
    [
        (["NOT_INUSE"], "NOT_INUSE"),
        (["NOT_INUSE", "NOT_INUSE"], "NOT_INUSE"),
        (["NOT_INUSE", "BUSY"], "BUSY"),  # do not disturb
        (["NOT_INUSE", ""], "NOT_INUSE"),  # never set
        (["NOT_INUSE", "UNKNOWN", "INUSE"], "INUSE"),
        (["UNAVAILABLE", "BUSY"], "UNAVAILABLE"),
        (["RINGING", "NOT_INUSE"], "RINGING"),
        ([""], ""),
    ],
)
def test_a_phone_is_free_only_when_all_that_is_watched_is_idle(states: list[str], is_now: str) -> None:
    assert device_state(states) == is_now


def test_a_shared_phone_speaks_for_who_is_logged_in_there_and_a_ring_for_whom_it_was() -> None:
    early = replace(ANNA, id="199", endpoint="Local/199@from-internal", phone="PJSIP/201", logged_in=False)
    assert who_is_at("PJSIP/201", [early, ANNA]) is ANNA
    late, there = replace(ANNA, logged_in=False), replace(early, logged_in=True)
    assert who_is_at("PJSIP/201", [late, there]) is there
    assert who_is_at("PJSIP/201", [late, there], rung=True) is late
    in_call = replace(ANNA, attempt_id="attempt00001")
    assert who_is_at("PJSIP/201", [there, in_call]) is in_call
    assert who_is_at("PJSIP/299", [early, ANNA]) is None
