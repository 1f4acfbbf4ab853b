"""The debtor is dialled first: an agent is given to the call when it is answered, or nobody is and it was dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from collectord.core.receivables.tasks import Origin
from collectord.core.telephony.attempts import PREDICTIVE, AgentResult, Attempt, AttemptState, GateSaid, Result
from collectord.core.telephony.call_flow import step
from collectord.core.telephony.call_seen import (
    AgentFree,
    AgentTookRing,
    AskForAgent,
    Effect,
    Given,
    GoAhead,
    Ignored,
    Moved,
    Overtaken,
    SayLine,
)
from collectord.core.telephony.modes import Mode, mode_of
from collectord.core.telephony.pbx_calls import Refused
from collectord.core.telephony.pbx_events import ChannelHungUp, DebtorUp, Ended, EndState, NobodyThere, OriginateFailed
from tests.core.call_cases import ID, NOW, TIMES, agent_up, attempt
from tests.core.test_modes import LADDER, TASK

UP = DebtorUp(seen_at=NOW, attempt_id=ID, debtor_channel="PJSIP/trunk-1", channel_uniqueid="1.7")
NOBODY = NobodyThere(seen_at=NOW, attempt_id=ID)
GIVEN = Given("202", "PJSIP/202", "PJSIP/202-1", "1.7", "en", "Müller")


def dialled(**changes: Any) -> Attempt:
    """Of nobody yet; its line rings."""
    changes = {"mode": PREDICTIVE, "agent": "", "endpoint": "Local/s@coll-ahead/n", "state": AttemptState.RINGING_DEBTOR} | changes
    return attempt(dialled_at=NOW, gate=GateSaid.GO, **changes)


def seen(a: Attempt, event: Any) -> tuple[Attempt, tuple[Effect, ...]]:
    moved = step(a, event, NOW, TIMES)
    assert isinstance(moved, Moved)
    return moved.attempt, moved.effects


def ended(status: str, state: EndState = EndState.WRAP) -> Ended:
    return Ended(
        seen_at=NOW, attempt_id=ID, state=state, status=status, cause=16, tech="SIP 200 OK", rang_ms=900, talk_ms=1_500, disp="",
        amount=None, on=None, at=None,
    )  # fmt: skip


def test_an_answer_asks_for_an_agent_who_then_has_the_call_like_any_other() -> None:
    talking, effects = seen(dialled(), UP)
    assert (talking.state, effects) == (AttemptState.TALKING, (AskForAgent("1.7"),))
    given, effects = seen(talking, GIVEN)
    said = SayLine("main", ID, "PJSIP/202-1", "1.7", "en", "Müller", talking.number)
    assert (given.agent, given.endpoint, effects) == ("202", "PJSIP/202", (said,))
    assert isinstance(step(given, GIVEN, NOW, TIMES), Ignored)
    over, _ = seen(given, ended("ANSWER"))
    assert (over.state, over.result) == (AttemptState.WRAP_UP, Result.ANSWERED)


@pytest.mark.parametrize("status", ["CANCEL", "ANSWER"])
def test_a_call_that_was_answered_and_given_to_nobody_was_dropped_and_asks_nobody_for_an_outcome(status: str) -> None:
    talking, _ = seen(dialled(), UP)
    over, _ = seen(talking, ended(status))
    assert (over.state, over.result, over.needs_outcome) == (AttemptState.CLOSED, Result.DROPPED, False)


def test_an_agent_who_had_left_the_line_in_the_moment_is_free_and_the_call_was_dropped() -> None:
    talking, _ = seen(dialled(), UP)
    assert isinstance(step(talking, NOBODY, NOW, TIMES), Ignored)
    given, _ = seen(talking, GIVEN)
    lost, effects = seen(given, NOBODY)
    assert (lost.agent, effects) == ("", (AgentFree("202"),))
    assert seen(lost, ended("ANSWER", EndState.DIAL))[0].result is Result.DROPPED


def test_who_answers_in_the_moment_in_which_the_ringing_is_ended_hears_who_called_and_no_agent_has_the_call() -> None:
    stopped = replace(dialled(), gate=GateSaid.STOPPED, why="A payment was seen.", meanwhile="A payment was seen.")
    talking, effects = seen(stopped, UP)
    assert (talking.gate, talking.why, effects) == (GateSaid.STOPPED, "A payment was seen.", (SayLine("main", ID, "", "1.7"),))
    over, _ = seen(talking, ended("CANCEL"))
    assert (over.result, over.gate, over.why) == (Result.DROPPED, GateSaid.STOPPED, "A payment was seen.")


def test_news_at_the_answer_keep_a_call_from_being_given_and_a_second_word_changes_nothing() -> None:
    talking, _ = seen(dialled(), UP)
    stopped, effects = seen(talking, Overtaken("A payment was seen.", "Hung up."))
    assert (stopped.gate, stopped.why, stopped.meanwhile, effects) == (GateSaid.STOPPED, "A payment was seen.", "A payment was seen.", ())
    assert isinstance(step(stopped, Overtaken("more", "more"), NOW, TIMES), Ignored)


def test_an_agent_who_was_sent_while_the_daemon_died_never_came_and_the_call_was_dropped() -> None:
    """What the journal says after a restart: the debtor heard who called."""
    talking, _ = seen(dialled(), UP)
    given, _ = seen(talking, GIVEN)
    over, _ = seen(given, ended("CANCEL", EndState.DIAL))
    assert (over.state, over.result, over.agent, over.needs_outcome) == (AttemptState.CLOSED, Result.DROPPED, "", False)


def test_nobody_took_a_ring_and_nobody_missed_one_while_no_agent_was_chosen() -> None:
    placed = replace(dialled(), state=AttemptState.PLACED, dialled_at=None, gate=GateSaid.NOT_ASKED)
    assert seen(placed, agent_up())[1] == ()
    assert not any(isinstance(effect, AgentTookRing) for effect in seen(placed, GoAhead(f"coll-{ID}"))[1])
    unreached, _ = seen(placed, ChannelHungUp(seen_at=NOW, attempt_id=ID, uniqueid=f"coll-{ID}", cause=20))
    assert unreached.agent_result is AgentResult.UNREACHABLE
    failed = OriginateFailed(seen_at=NOW, attempt_id=ID, action_id=f"{ID}-o", reason=0, uniqueid="")
    over, effects = seen(unreached, failed)
    assert (over.result, [type(effect).__name__ for effect in effects]) == (Result.NOT_DIALLED, ["Settle", "AgentFree"])
    assert seen(placed, Refused("no"))[0].result is Result.NOT_DIALLED


def test_a_callback_is_made_by_an_agent_and_is_never_dialled_first() -> None:
    callback = replace(TASK, origin=Origin.CALLBACK)
    assert mode_of(callback, (LADDER,), Mode.PREDICTIVE) is Mode.PROGRESSIVE
    assert mode_of(callback, (LADDER,), Mode.PULL) is Mode.PULL
    assert mode_of(replace(callback, level=2), (LADDER,), Mode.PREDICTIVE) is Mode.PREVIEW
    assert mode_of(TASK, (LADDER,), Mode.PREDICTIVE) is Mode.PREDICTIVE
