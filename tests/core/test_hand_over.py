"""Handing over: only to a free agent of the team; the attempt is whose who speaks now, and remembers who began."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.attempts import Attempt, AttemptState, CallTimes
from collectord.core.telephony.hand_over import NotHanded, handed, to_whom

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TIMES = CallTimes()
TALK = Attempt(
    id="attempt00001", task_id="t", company="", debtor_no="10", number="+493012345601", agent="201", endpoint="PJSIP/201", pbx="main",
    trunk="trunk", mode="preview", items=(), state=AttemptState.TALKING, placed_at=NOW, deadline_at=NOW, pbx_started="s",
)  # fmt: skip


def agent(number: str, device: str = "NOT_INUSE", *, logged_in: bool = True, paused: bool = False) -> OnDuty:
    return OnDuty(
        id=number, name=f"Agent {number}", endpoint=f"PJSIP/{number}", pbx="main", languages=("de",), skills=(), logged_in=logged_in,
        paused=paused, device_state=device,
    )  # fmt: skip


TEAM = (agent("201", "INUSE"), agent("202"), agent("203", "INUSE"), agent("204", logged_in=False), agent("205", paused=True))


def test_a_talk_goes_to_the_agent_whose_number_was_keyed() -> None:
    assert to_whom("202", TALK, TEAM, NOW) == TEAM[1]


def test_a_talk_goes_to_who_has_just_been_asked_for_it() -> None:
    asked = replace(TEAM[1], rest_until=NOW + timedelta(seconds=20))
    assert to_whom("202", TALK, [asked], NOW) == asked


@pytest.mark.parametrize("keyed", ["203", "204", "205"])
def test_nobody_is_rung_who_is_on_the_phone_logged_out_or_paused(keyed: str) -> None:
    assert to_whom(keyed, TALK, TEAM, NOW) is NotHanded.BUSY


@pytest.mark.parametrize("keyed", ["201", "110", "00493012345601"])
def test_nobody_outside_the_team_is_rung_and_nobody_hands_over_to_himself(keyed: str) -> None:
    assert to_whom(keyed, TALK, TEAM, NOW) is NotHanded.UNKNOWN


def test_what_is_no_talk_of_ours_or_is_over_is_not_handed_over() -> None:
    assert to_whom("202", None, TEAM, NOW) is NotHanded.BUSY
    assert to_whom("202", replace(TALK, state=AttemptState.CLOSED), TEAM, NOW) is NotHanded.BUSY


def test_whoever_speaks_now_holds_the_attempt_and_who_began_is_kept() -> None:
    second = handed(TALK, "202", "PJSIP/202", NOW, TIMES)
    assert second is not None
    assert (second.agent, second.endpoint, second.begun_by) == ("202", "PJSIP/202", "201")
    assert second.deadline_at > NOW + timedelta(minutes=30)
    third = handed(second, "203", "PJSIP/203", NOW, TIMES)
    assert third is not None
    assert (third.agent, third.begun_by) == ("203", "201")


def test_a_talk_that_came_back_or_is_over_changes_nothing() -> None:
    assert handed(TALK, "201", "PJSIP/201", NOW, TIMES) is None
    assert handed(replace(TALK, state=AttemptState.CLOSED), "202", "PJSIP/202", NOW, TIMES) is None
