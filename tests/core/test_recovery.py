"""What an unfinished attempt is told from what the PBX still knows (TELEPHONY 3 a-d)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from collectord.core.telephony.attempts import Attempt, AttemptState, Disposition, GateSaid, Result
from collectord.core.telephony.call_flow import Seen, step
from collectord.core.telephony.call_seen import Adopted, LostTrack, Moved, NotDialled
from collectord.core.telephony.pbx_calls import JournalPhase, JournalRow, LiveChannel, UnreadableRow
from collectord.core.telephony.pbx_events import DialResult, Ended, EndState, Keyed, WrapEnded
from collectord.core.telephony.recovery import evidence
from tests.core.call_cases import ID, NOW, TIMES, attempt

S = AttemptState
LATER = NOW + timedelta(minutes=1)


def channel(state: str = "AGENT", *, up: bool = True, agent_leg: bool = True, ring_back: int = 0, of: str = ID) -> LiveChannel:
    return LiveChannel(
        attempt_id=of, uniqueid=f"coll-{of}", channel="PJSIP/201-1", coll_state=state, agent_leg=agent_leg, ring_back=ring_back, up=up,
        seconds=3,
    )  # fmt: skip


def row(phase: str, **changes: Any) -> JournalRow:
    return JournalRow(attempt_id=ID, phase=JournalPhase(phase), **changes)


def shown(
    placed: Attempt, *live: LiveChannel, journal: JournalRow | UnreadableRow | None = None, started: str = "start-1", now: Any = LATER
) -> tuple[Seen, ...]:
    return evidence(placed, live, journal, started=started, now=now, times=TIMES)


@pytest.mark.parametrize(
    ("channels", "stage"),
    [
        ([channel("", up=False)], S.RINGING_AGENT),
        ([channel("AGENT")], S.RINGING_AGENT),
        ([channel("ACCEPT")], S.RINGING_AGENT),
        ([channel("REFUSED")], S.RINGING_AGENT),
        ([channel("DIAL")], S.RINGING_DEBTOR),
        ([channel("DIAL"), channel("", up=False, agent_leg=False)], S.RINGING_DEBTOR),
        ([channel("DIAL"), channel("", agent_leg=False)], S.TALKING),
        ([channel("", agent_leg=False)], S.TALKING),
        ([channel("WRAP")], S.WRAP_UP),
    ],
)
def test_a_live_call_is_adopted_where_it_is(channels: list[LiveChannel], stage: AttemptState) -> None:
    assert shown(attempt(), *channels) == (Adopted(stage),)


def test_channels_of_other_attempts_prove_nothing() -> None:
    assert shown(attempt(), channel(of="zzzzzzzzzzzzzzzzzz")) == (NotDialled("the PBX never had this call"),)


def test_an_ended_call_is_booked_as_the_journal_says() -> None:
    end = row(
        "END", state=EndState.WRAP, status="ANSWER", cause=16, tech="SIP 200", talk_ms=900, disp="1", amount="full", on=date(2026, 11, 27)
    )
    (seen,) = shown(attempt(), channel("WRAP"), journal=end)
    assert isinstance(seen, Ended)
    moved = step(attempt(), seen, LATER, TIMES)
    assert isinstance(moved, Moved)
    assert (moved.attempt.state, moved.attempt.disposition) == (S.CLOSED, Disposition.PROMISE)


@pytest.mark.parametrize("phase", ["RES", "KEY"])
def test_a_result_without_an_end_is_booked_when_nothing_is_alive(phase: str) -> None:
    (seen,) = shown(attempt(), journal=row(phase, status="BUSY", cause=17, tech="SIP 486"))
    moved = step(attempt(), seen, LATER, TIMES)
    assert isinstance(moved, Moved)
    assert moved.attempt.result is Result.BUSY


def test_a_result_on_a_live_call_is_told_and_a_keyed_outcome_answered() -> None:
    result = row("RES", status="ANSWER", cause=16, tech="SIP 200")
    told = shown(attempt(), channel("WRAP"), journal=result)
    assert [type(seen) for seen in told] == [DialResult, Adopted]
    key = row("KEY", status="ANSWER", cause=16, disp="2")
    told = shown(attempt(), channel("WRAP"), journal=key)
    assert [type(seen) for seen in told] == [DialResult, Adopted, Keyed]
    told = shown(attempt(), channel("", agent_leg=False), journal=key)
    assert [type(seen) for seen in told] == [DialResult, Adopted]


def test_dialled_and_gone_without_a_result_goes_to_a_person() -> None:
    assert isinstance(shown(attempt(), journal=row("DIAL"))[0], LostTrack)


def test_an_unreadable_row_is_no_proof_of_anything() -> None:
    assert isinstance(shown(attempt(), journal=UnreadableRow(attempt_id=ID, text="?"))[0], LostTrack)


def test_nothing_known_on_the_same_start_up_is_surely_not_dialled() -> None:
    assert shown(attempt()) == (NotDialled("the PBX never had this call"),)
    assert isinstance(shown(attempt(), journal=row("AGENT"))[0], NotDialled)


def test_nothing_known_after_a_restart_of_the_pbx_may_have_been_dialled_once_the_go_ahead_was_given() -> None:
    cleared = attempt(gate=GateSaid.GO)
    for journal in (None, row("AGENT")):
        assert isinstance(shown(cleared, journal=journal, started="start-2")[0], LostTrack)
    assert isinstance(shown(attempt(gate=GateSaid.GO, pbx_started=""), started="")[0], LostTrack)
    assert isinstance(shown(attempt(dialled_at=NOW), started="start-2")[0], LostTrack)


@pytest.mark.parametrize("gate", [GateSaid.NOT_ASKED, GateSaid.REFUSED])
def test_without_the_go_ahead_nobody_was_dialled_whatever_a_restarted_pbx_has_forgotten(gate: GateSaid) -> None:
    for journal in (None, row("AGENT")):
        assert shown(attempt(gate=gate), journal=journal, started="start-2") == (
            NotDialled("the PBX was restarted before the debtor could be dialled"),
        )
    assert isinstance(shown(attempt(gate=gate), journal=row("DIAL"), started="start-2")[0], LostTrack)


@pytest.mark.parametrize("gate", list(GateSaid))
def test_the_agent_had_accepted_and_the_debtor_was_not_dialled(gate: GateSaid) -> None:
    assert shown(attempt(gate=gate), journal=row("AGENT")) == (NotDialled("the agent was called, the debtor was not"),)


@pytest.mark.parametrize("started", ["start-1", "start-2"])
def test_a_number_dialled_by_hand_of_which_the_pbx_knows_nothing_may_have_gone_past_us(started: str) -> None:
    asked = attempt(mode="by_hand", state=S.RINGING_AGENT)
    assert isinstance(shown(asked, started=started)[0], LostTrack)
    assert isinstance(shown(asked, journal=row("AGENT"), started=started)[0], NotDialled)
    ours = attempt(mode="by_hand", state=S.RINGING_AGENT, agent_answered_at=NOW)
    assert isinstance(shown(ours, started=started)[0], NotDialled)


def test_a_caller_beside_another_call_is_lost_at_once_when_the_pbx_was_restarted_else_after_the_margin() -> None:
    waits = attempt(mode="inbound", state=S.WRAP_UP)
    soon = NOW + timedelta(seconds=2)
    assert shown(waits, now=soon) == ()
    for found in (shown(waits, now=soon, started="start-2"), shown(waits, journal=row("AGENT"))):
        assert isinstance(found[0], Ended)
        assert found[0].state is EndState.MISSED
    assert shown(waits, journal=row("DIAL")) == ()
    assert shown(attempt(mode="inbound", state=S.WRAP_UP, debtor_answered_at=NOW)) == ()


def test_what_we_saw_dialled_is_not_undialled_by_a_journal_without_it() -> None:
    dialled = attempt(state=S.RINGING_DEBTOR, dialled_at=NOW)
    assert isinstance(shown(dialled)[0], LostTrack)


def test_within_the_margin_an_order_may_still_be_carried_out() -> None:
    assert shown(attempt(), now=NOW + TIMES.margin - timedelta(seconds=1)) == ()


def test_a_young_call_that_was_heard_of_is_judged_at_once() -> None:
    soon = NOW + timedelta(seconds=2)
    talking = attempt(state=S.TALKING, agent_answered_at=NOW, dialled_at=NOW, debtor_answered_at=NOW)
    assert isinstance(shown(talking, now=soon, started="2026-11-23 09:00:02")[0], LostTrack)
    assert isinstance(shown(attempt(state=S.RINGING_AGENT, agent_answered_at=NOW), now=soon)[0], NotDialled)


def test_a_wrap_up_needs_no_evidence_but_takes_an_outcome_from_the_journal() -> None:
    wrapped = attempt(state=S.WRAP_UP, result=Result.ANSWERED, dialled_at=NOW)
    assert shown(wrapped) == ()
    assert shown(wrapped, channel("", agent_leg=False, ring_back=1)) == ()
    assert isinstance(shown(wrapped, journal=row("KEY", status="ANSWER", disp="2"))[0], Ended)
    assert isinstance(shown(wrapped, journal=row("END", state=EndState.DIAL, status="ANSWER", disp="2"))[0], Ended)


def test_a_closed_attempt_learns_what_the_journal_knew_meanwhile() -> None:
    closed = attempt(state=S.CLOSED, result=Result.ANSWERED)
    end = row("END", state=EndState.DIAL, status="ANSWER", disp="5")
    assert [type(seen) for seen in shown(closed, journal=end)] == [Ended, WrapEnded]
    assert [type(seen) for seen in shown(closed, journal=row("END", state=EndState.DIAL, status="ANSWER"))] == [Ended]
    assert shown(closed, journal=row("RES", status="ANSWER")) == ()


def test_a_row_begun_after_the_acknowledgement_corrects_what_was_known() -> None:
    closed = attempt(state=S.CLOSED, result=Result.ANSWERED, disposition=Disposition.PROMISE)
    assert [type(seen) for seen in shown(closed, journal=row("END", disp="5"))] == [Ended, WrapEnded]
    assert [type(seen) for seen in shown(closed, journal=row("END", state=EndState.WRAP, disp="5"))] == [Ended]
    assert [type(seen) for seen in shown(closed, journal=row("KEY", status="ANSWER", disp="5"))] == [Ended]


def test_an_outcome_keyed_before_time_closed_the_call_is_taken_though_the_line_is_still_up() -> None:
    closed = attempt(state=S.CLOSED, result=Result.ANSWERED)
    keyed = row("KEY", status="ANSWER", disp="5")
    assert [type(seen) for seen in shown(closed, channel("WRAP"), journal=keyed)] == [Ended, WrapEnded]
    assert shown(closed, journal=UnreadableRow(attempt_id=ID, text="?")) == ()
