"""An agent's lamp is idle only when the agent's phone may be rung."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from collectord.core.telephony.agents import AgentState, OnDuty, judge
from collectord.core.telephony.lamps import Lamp, lamp
from tests.core.test_agents import ANNA, NOW


@pytest.mark.parametrize(
    ("agent", "shows"),
    [
        (ANNA, Lamp.READY),
        (replace(ANNA, logged_in=False), Lamp.OUT),
        (replace(ANNA, logged_in=False, attempt_id="a1", attempt_state="talking"), Lamp.OUT),
        (replace(ANNA, attempt_id="a1", attempt_state="placed"), Lamp.OFFERED),
        (replace(ANNA, attempt_id="a1", attempt_state="ringing_agent"), Lamp.OFFERED),
        (replace(ANNA, attempt_id="a1", attempt_state="ringing_debtor"), Lamp.ON_A_CASE),
        (replace(ANNA, attempt_id="a1", attempt_state="wrap_up", paused=True), Lamp.ON_A_CASE),
        (replace(ANNA, paused=True), Lamp.PAUSED),
        (replace(ANNA, paused=True, pause_until=NOW), Lamp.READY),
        (replace(ANNA, off_hours="Mo-Do 08:00-13:00"), Lamp.PAUSED),
        (replace(ANNA, rest_until=NOW + timedelta(seconds=1)), Lamp.READY),
    ],
)
def test_each_state_has_a_lamp(agent: OnDuty, shows: Lamp) -> None:
    assert lamp(agent, NOW) is shows
    assert (shows is Lamp.READY) == (judge(agent, pull=False, now=NOW) in (AgentState.FREE, AgentState.RESTING))


@pytest.mark.parametrize("device", ["INUSE", "RINGING", "UNAVAILABLE", ""])
def test_the_agents_own_phone_changes_nothing_because_the_key_is_pressed_on_it(device: str) -> None:
    assert lamp(replace(ANNA, device_state=device), NOW) is Lamp.READY
