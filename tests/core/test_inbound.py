"""Whom a call back reaches, and the callback of a caller who reached nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.week import parse_week
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin, TaskState
from collectord.core.telephony.agents import AgentState, OnDuty, judge
from collectord.core.telephony.attempts import Result
from collectord.core.telephony.follow_up import TaskOver, after_result
from collectord.core.telephony.inbound import REMEMBERED, TEXTS, NobodyThere, came_at, is_open, shows, taken_over, to_call_back, whom
from collectord.core.wording import phrase
from tests.core.call_cases import attempt, item, situation

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEY = DebtorKey("", "10023")


def agent(id: str, **changes: Any) -> OnDuty:
    usual: dict[str, Any] = {
        "id": id, "name": id, "endpoint": f"PJSIP/{id}", "pbx": "main", "languages": ("de",), "skills": (), "logged_in": True,
        "paused": False, "device_state": "NOT_INUSE",
    }  # fmt: skip
    return OnDuty(**usual | changes)


def test_the_last_agent_goes_before_who_has_been_idle_for_longest() -> None:
    team = [agent("201", since=NOW - timedelta(hours=2)), agent("202", since=NOW - timedelta(minutes=1)), agent("203")]
    assert whom("202", team, (), NOW) == team[1]
    assert whom("", team[:2], (), NOW) == team[0]
    assert whom("202", team[:2], ("PJSIP/202",), NOW) == team[0]


def test_closed_is_said_only_when_nobody_works() -> None:
    assert whom("", [agent("201", logged_in=False), agent("202", off_hours="mon-fri")], (), NOW) is NobodyThere.CLOSED
    assert whom("", [agent("201", logged_in=False), agent("202", paused=True)], (), NOW) is NobodyThere.BUSY
    assert whom("", [], (), NOW) is NobodyThere.CLOSED


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from(["NOT_INUSE", "INUSE", "UNAVAILABLE"]), st.booleans()), max_size=5),
    st.integers(0, 5),
)
def test_nobody_is_rung_who_is_not_free_or_was_rung_before(states: list[tuple[bool, bool, str, bool]], last: int) -> None:
    team = [agent(str(201 + n), logged_in=there, paused=paused, device_state=device) for n, (there, paused, device, _) in enumerate(states)]
    tried = [one.endpoint for one, (*_, before) in zip(team, states, strict=True) if before]
    found = whom(str(201 + last), team, tried, NOW)
    free = [one for one in team if judge(one, pull=False, now=NOW) is AgentState.FREE and one.endpoint not in tried]
    assert isinstance(found, NobodyThere) if not free else found in free


def test_calls_are_put_through_within_the_houses_hours_by_its_own_clock() -> None:
    hours = parse_week("mon-fri 08:00-10:00")
    assert is_open(hours, NOW - timedelta(seconds=1), "Europe/Berlin")  # 09:59 in Berlin
    assert not is_open(hours, NOW, "Europe/Berlin")
    assert is_open(hours, NOW, "Europe/London")
    assert not is_open(hours, NOW + timedelta(days=5, hours=-1), "Europe/Berlin")
    assert is_open(None, NOW + timedelta(days=5), "Europe/Berlin")


def test_when_a_call_came_that_nobody_told_us_about_is_in_its_id_and_never_ahead_of_us() -> None:
    came = NOW - timedelta(hours=9)
    id = f"in-pbx1-{int(came.timestamp())}-42"
    assert came_at(id, NOW) == came
    for doubtful in (f"in-{int((NOW + timedelta(hours=1)).timestamp())}-1", "in-17-1", f"in-{int((NOW - REMEMBERED).timestamp()) - 1}-1"):
        assert came_at(doubtful, NOW) == NOW


def test_the_display_begins_with_what_is_going_on() -> None:
    assert shows("Müller GmbH", "de") == "Ruft zurück - Müller GmbH"
    assert shows("Müller GmbH", "en") == "Calls back - Müller GmbH"


def test_an_agreed_callback_is_what_the_talk_is_about_before_anything_else() -> None:
    made = taken_over([], KEY, [item("R1", "10")], NOW, "en", "task-9")
    callback = to_call_back(made, KEY, ("R1",), "201", NOW + timedelta(hours=3), lambda code, **values: code, "task-8")
    assert taken_over([made, callback], KEY, [], NOW, "en", "task-7") == callback


def test_without_a_task_for_today_one_is_made_about_all_that_is_owed() -> None:
    made = taken_over([], KEY, [item("R1", "10"), item("G1", "-3")], NOW, "de", "task-9")
    assert (made.origin, made.state, made.items) == (Origin.MANUAL, TaskState.READY, ("R1",))


def test_a_missed_caller_has_a_callback_and_a_sentence_why() -> None:
    now = situation(attempt(mode="inbound", result=Result.NOT_DIALLED))
    follow = after_result(now)
    [task] = follow.new_tasks
    assert follow.task == TaskOver()
    assert (task.origin, task.agent) == (Origin.CALLBACK, "201")
    assert follow.why.startswith("The debtor called back at")
    assert task.not_before > now.now


def test_a_callback_needs_no_task_before_it() -> None:
    def said(code: str, **values: object) -> str:
        return phrase(TEXTS, code, "en", "Europe/Berlin", **values)

    task = to_call_back(None, KEY, (), "", NOW, said, "task-1")
    assert (task.ladder, task.level, task.priority, task.open_amount) == ("", 0, 0, {})
