"""Only an agent who can and wants to take a call is rung."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectord.core.telephony.agents import AgentState, OnDuty, after_missed_ring, judge, why

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
    assert why(replace(ANNA, paused=True, pause_reason="Mittag"), AgentState.PAUSED, "de", "Europe/Berlin") == "macht Pause: Mittag"
    assert why(replace(ANNA, paused=True), AgentState.PAUSED, "en", "UTC") == "is paused: -"
    assert "Mo-Do 08:00-13:00" in why(replace(ANNA, off_hours="Mo-Do 08:00-13:00"), AgentState.OFF_HOURS, "de", "Europe/Berlin")
    assert "10:00" in why(replace(ANNA, rest_until=NOW), AgentState.RESTING, "de", "Europe/Berlin")


def test_the_third_ring_not_taken_pauses() -> None:
    rests = [after_missed_ring(missed, limit=3, rest=timedelta(seconds=60), now=NOW) for missed in range(3)]
    assert [rest.pause for rest in rests] == [False, False, True]
    assert [rest.rest_until - NOW for rest in rests] == [timedelta(minutes=n) for n in (1, 2, 3)]
