"""The course of a call: every way through it, and what disorder cannot do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectord.core.telephony.attempts import AgentResult, Attempt, AttemptState, Disposition, GateSaid, Result, Said, read_keyed
from collectord.core.telephony.call_flow import TABLE, Seen, step
from collectord.core.telephony.call_seen import (
    Acknowledge,
    Adopted,
    AgentFree,
    AgentMissedRing,
    AgentTookRing,
    AskGate,
    AskHuman,
    Barred,
    Effect,
    Go,
    GoAhead,
    Ignored,
    LostTrack,
    Moved,
    NotDialled,
    OutcomeSaid,
    Overtaken,
    Placing,
    Released,
    RingBackAgent,
    SaySaved,
    Settle,
    TakeDown,
    TimeOver,
    WrapUpBegan,
)
from collectord.core.telephony.pbx_calls import Accepted, NotSent, Refused, Unanswered
from collectord.core.telephony.pbx_events import Acked, Duplicate, EndState, LineGiven, LinkLost, LinkUp
from tests.core.call_cases import (
    ID,
    NOW,
    TIMES,
    accepted_by_agent,
    agent_up,
    attempt,
    debtor_up,
    dial_result,
    dialling,
    ended,
    hung_up,
    keyed,
    phone_answered,
    phone_failed,
    play,
    wrap_ended,
)

S = AttemptState
TALK: list[Seen] = [Accepted(), agent_up(), dialling(), debtor_up()]


def kinds(effects: list[Effect]) -> list[type]:
    return [type(effect) for effect in effects]


def test_the_table_of_the_handbook_is_the_table_of_the_code() -> None:
    text = (Path(__file__).parents[2] / "docs" / "CALL_STATES.md").read_text(encoding="utf-8")
    section = text.split("## The table")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| (\w+) \| ([\w, ]+) \|$", section, re.MULTILINE)
    told = {(state, event): set(goals.split(", ")) for state, event, goals in rows if state != "in"}
    assert told == {(state.value, event.__name__): {goal.value for goal in row.leads_to} for (state, event), row in TABLE.items()}


def test_a_talk_with_an_outcome_goes_through_every_state_and_closes() -> None:
    states = []
    current, now = attempt(state=S.RESERVED), NOW
    for event in (Placing(), *TALK, dial_result(), keyed("2"), ended(disp="2")):
        now += timedelta(seconds=1)
        moved = step(current, event, now, TIMES)
        assert isinstance(moved, Moved), event
        current = moved.attempt
        states.append(current.state)
    assert states == [S.PLACED, S.RINGING_AGENT, S.RINGING_AGENT, S.RINGING_DEBTOR, S.TALKING, S.WRAP_UP, S.WRAP_UP, S.CLOSED]
    assert (current.result, current.disposition, current.agent_result) == (
        Result.ANSWERED,
        Disposition.PAID_ALREADY,
        AgentResult.ACCEPTED,
    )


def test_the_outcome_is_taken_down_once_and_the_call_acknowledged_at_its_end() -> None:
    _, effects = play(attempt(), [*TALK, dial_result(), keyed("2"), ended(disp="2")])
    assert kinds(effects) == [AgentTookRing, WrapUpBegan, TakeDown, AgentFree, Acknowledge]
    assert effects[2] == TakeDown(Said(disposition=Disposition.PAID_ALREADY), f"coll-{ID}")


def test_the_same_outcome_keyed_twice_is_called_saved_twice_and_taken_down_once() -> None:
    _, effects = play(attempt(), [*TALK, dial_result(), keyed("2"), keyed("2")])
    assert [effect for effect in effects if isinstance(effect, TakeDown | SaySaved)] == [
        TakeDown(Said(disposition=Disposition.PAID_ALREADY), f"coll-{ID}"),
        SaySaved("main", f"coll-{ID}", ok=True),
    ]


def test_another_outcome_keyed_later_is_a_correction_even_after_the_close() -> None:
    closed, effects = play(attempt(), [*TALK, dial_result(), keyed("2"), ended(disp="2"), wrap_ended("3")])
    assert (closed.state, closed.disposition) == (S.CLOSED, Disposition.DISPUTE)
    assert [effect.said.disposition for effect in effects if isinstance(effect, TakeDown)] == [
        Disposition.PAID_ALREADY,
        Disposition.DISPUTE,
    ]
    again, effects = play(closed, [wrap_ended("3"), keyed("3"), ended(disp="2")])
    assert again == closed
    assert kinds(effects) == [Acknowledge, SaySaved]


def test_a_last_word_after_the_acknowledgement_has_written_the_row_anew_so_it_is_forgotten_again() -> None:
    closed = attempt(state=S.CLOSED, result=Result.ANSWERED, disposition=Disposition.PROMISE, acknowledged=True)
    again, effects = play(closed, [ended(disp="1")])
    assert again == closed
    assert kinds(effects) == [Acknowledge]


def test_an_outcome_in_the_last_word_is_taken_though_time_has_closed_the_call() -> None:
    closed = attempt(state=S.CLOSED, result=Result.ANSWERED)
    told, effects = play(closed, [ended(disp="5")])
    assert told.disposition is Disposition.REFUSES
    assert kinds(effects) == [TakeDown, Acknowledge]


def test_an_end_that_carries_the_outcome_makes_up_for_a_lost_keying() -> None:
    closed, effects = play(attempt(), [*TALK, dial_result(), ended(disp="1", amount=50, on=date(2026, 11, 27))])
    assert closed.disposition is Disposition.PROMISE
    assert TakeDown(Said(disposition=Disposition.PROMISE, amount=Decimal(50), on=date(2026, 11, 27))) in effects
    assert Settle() not in effects


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (keyed("1", "full"), "without a day"),
        (keyed("1", None, date(2026, 11, 27)), "without an amount"),
        (keyed("1", 0, date(2026, 11, 27)), "without an amount"),
        (keyed("1", "full", date(2025, 11, 27)), "without a day"),
        (keyed("4", None, date(2026, 11, 27)), "without a day and hour"),
        (keyed("4", None, None, 10), "without a day and hour"),
        (keyed("0"), "no outcome"),
    ],
)
def test_an_incomplete_wrap_up_is_never_called_saved(bad: Seen, why: str) -> None:
    after, effects = play(attempt(), [*TALK, dial_result(), bad])
    assert effects[-1] == SaySaved("main", f"coll-{ID}", ok=False)
    assert after.disposition is None
    assert why in after.note


def test_an_incomplete_wrap_up_at_the_end_leaves_the_call_in_wrap_up_for_a_person() -> None:
    after, effects = play(attempt(), [*TALK, dial_result(), ended(disp="1", amount="full"), TimeOver()])
    assert after.state is S.CLOSED
    assert after.needs_outcome
    assert AskHuman(ID, "a promise was keyed without a day that lies ahead") in effects


def test_callback_and_other_keys_are_read_as_they_were_keyed() -> None:
    assert read_keyed("4", None, date(2026, 11, 24), 10, NOW) == Said(disposition=Disposition.CALLBACK, on=date(2026, 11, 24), hour=10)
    full = read_keyed("1", "full", date(2026, 11, 24), None, NOW)
    assert isinstance(full, Said)
    assert full.detail() == "promise|full|2026-11-24|"


# ---------------------------------------------------------------- the agent


def test_a_skipped_case_closes_undialled_and_frees_the_agent() -> None:
    after, effects = play(attempt(), [Accepted(), agent_up(), ended(EndState.SKIPPED, "", None, "")])
    assert (after.state, after.result, after.agent_result) == (S.CLOSED, Result.NOT_DIALLED, AgentResult.SKIPPED)
    assert after.dialled_at is None
    assert kinds(effects) == [AgentTookRing, Settle, AgentFree, Acknowledge]


@pytest.mark.parametrize(("cause", "how"), [(17, AgentResult.BUSY), (21, AgentResult.BUSY), (19, AgentResult.NO_ANSWER)])
def test_the_hangup_before_the_failure_tells_why_the_phone_did_not_take_the_ring(cause: int, how: AgentResult) -> None:
    after, effects = play(attempt(), [Accepted(), hung_up(cause), phone_failed(0)])
    assert (after.state, after.result, after.agent_result) == (S.CLOSED, Result.NOT_DIALLED, how)
    assert AgentMissedRing("201", how) in effects  # reason 0: whatever the cause, the phone said no
    assert after.acknowledged  # a phone that was never answered leaves no journal row


def test_the_hangup_after_the_failure_still_tells_why() -> None:
    after, _ = play(attempt(), [Accepted(), phone_failed(0), hung_up(17)])
    assert after.agent_result is AgentResult.BUSY
    assert play(after, [hung_up(19), hung_up(17, ring_back=1)])[0] == after


def test_a_failure_without_hangup_is_an_unreachable_phone_and_reason_3_one_that_rang_out() -> None:
    assert play(attempt(), [Accepted(), phone_failed(0)])[0].agent_result is AgentResult.UNREACHABLE
    assert play(attempt(), [Accepted(), phone_failed(3)])[0].agent_result is AgentResult.NO_ANSWER


def test_only_a_ring_that_our_own_time_ended_rang_out() -> None:
    assert AgentMissedRing("201", AgentResult.NO_ANSWER, True) in play(attempt(), [Accepted(), phone_failed(3)])[1]
    assert AgentMissedRing("201", AgentResult.NO_ANSWER, True) in play(attempt(), [Accepted(), hung_up(19), phone_failed(3)])[1]
    assert AgentMissedRing("201", AgentResult.NO_ANSWER) in play(attempt(), [Accepted(), hung_up(19), phone_failed(0)])[1]  # 480
    assert AgentMissedRing("201", AgentResult.UNREACHABLE) in play(attempt(), [Accepted(), phone_failed(0), hung_up(17)])[1]


def test_a_failure_of_another_originate_never_closes_a_call() -> None:
    live, _ = play(attempt(), [Accepted()])
    assert isinstance(step(live, phone_failed(0, action="zzzzzzzzzzzzzzzzzz-o"), NOW, TIMES), Ignored)
    assert isinstance(step(live, phone_answered(action="zzzzzzzzzzzzzzzzzz-o"), NOW, TIMES), Ignored)


def test_a_failure_after_the_answer_never_closes_a_call() -> None:
    for answer in (agent_up(), phone_answered()):
        live, _ = play(attempt(), [Accepted(), answer])
        assert isinstance(step(live, phone_failed(0), NOW, TIMES), Ignored)


def test_an_event_of_another_attempt_is_ignored() -> None:
    assert isinstance(step(attempt(), replace(agent_up(), attempt_id="zzzzzzzzzzzzzzzzzz"), NOW, TIMES), Ignored)


@pytest.mark.parametrize("answer", [Refused("no permission"), NotSent("the link is down")])
def test_an_order_that_was_not_taken_closes_undialled(answer: Seen) -> None:
    after, effects = play(attempt(), [answer])
    assert (after.state, after.result) == (S.CLOSED, Result.NOT_DIALLED)
    assert kinds(effects) == [Settle, AgentFree]


def test_an_order_without_a_reply_stays_placed_until_somebody_looks() -> None:
    assert isinstance(step(attempt(), Unanswered("timeout"), NOW, TIMES), Ignored)


def test_a_reservation_that_is_given_back_or_forgotten_closes_undialled() -> None:
    for event in (Released("the gate refused"), TimeOver()):
        after, _ = play(attempt(state=S.RESERVED), [event])
        assert (after.state, after.result) == (S.CLOSED, Result.NOT_DIALLED)


def test_the_hangup_of_an_earlier_ring_back_says_nothing_about_the_agents_leg() -> None:
    live, _ = play(attempt(), TALK)
    assert isinstance(step(live, hung_up(16, ring_back=1), NOW, TIMES), Ignored)
    assert (live.channel, str(live.key)) == (f"coll-{ID}", "10023")


def test_an_event_seen_twice_changes_nothing_the_second_time() -> None:
    heard, _ = play(attempt(), [Accepted(), agent_up()])
    assert isinstance(step(heard, agent_up(), NOW, TIMES), Ignored)
    lost, _ = play(heard, [dialling(), LostTrack("gone")])
    assert isinstance(step(lost, dialling(), NOW, TIMES), Ignored)
    wrapped, _ = play(attempt(), [*TALK, dial_result()])
    assert isinstance(step(wrapped, dial_result(), NOW, TIMES), Ignored)


def test_an_agent_leg_that_is_gone_without_an_end_is_looked_for_soon() -> None:
    live, _ = play(attempt(), TALK)
    after, _ = play(live, [hung_up(16)])
    assert after.state is S.TALKING
    assert after.deadline_at <= NOW + timedelta(seconds=1) + TIMES.margin + timedelta(seconds=4)


# ---------------------------------------------------------------- the debtor's line


def test_a_busy_line_is_closed_at_the_end_with_its_follow_up() -> None:
    after, effects = play(
        attempt(),
        [Accepted(), agent_up(), dialling(), dial_result("BUSY", 17, "SIP 486", None), ended(EndState.WRAP, "BUSY", 17, "SIP 486")],
    )
    assert (after.state, after.result) == (S.CLOSED, Result.BUSY)
    assert after.debtor_answered_at is None
    assert kinds(effects) == [AgentTookRing, Settle, AgentFree, Acknowledge]


def test_an_agent_who_hangs_up_while_it_rings_made_an_unanswered_call() -> None:
    after, _ = play(attempt(), [Accepted(), agent_up(), dialling(), ended(EndState.DIAL, "CANCEL", 0, "SIP 180 Ringing")])
    assert (after.state, after.result) == (S.CLOSED, Result.NO_ANSWER)


def test_a_line_that_was_heard_answering_stays_answered() -> None:
    after, _ = play(attempt(), [*TALK, dial_result("NOANSWER", 0, "")])
    assert after.result is Result.ANSWERED


def test_an_end_that_denies_a_dialling_that_was_seen_is_unknown_not_undialled() -> None:
    after, _ = play(attempt(), [Accepted(), agent_up(), dialling(), ended(EndState.SKIPPED, "", None, "")])
    assert after.result is Result.UNKNOWN


def test_the_talk_begins_talk_ms_before_its_end_when_the_answer_was_not_seen() -> None:
    after, _ = play(attempt(), [Accepted(), agent_up(), dialling(), dial_result(talk_ms=0)])
    assert after.debtor_answered_at == after.ended_at


def test_a_refused_number_and_a_number_live_elsewhere_are_told_apart() -> None:
    for state in (EndState.DENIED, EndState.DSTBUSY):
        after, _ = play(attempt(), [Accepted(), agent_up(), ended(state, "", None, "")])
        assert (after.result, after.tech, after.agent_result) == (Result.NOT_DIALLED, state.value, None)


# ---------------------------------------------------------------- hung up first


def hung_up_first() -> tuple[Attempt, list[Effect]]:
    return play(attempt(), [*TALK, ended(EndState.DIAL)])


def test_an_agent_who_hangs_up_first_is_rung_back_and_stays_in_wrap_up() -> None:
    after, effects = hung_up_first()
    assert (after.state, after.result, after.ring_backs) == (S.WRAP_UP, Result.ANSWERED, 1)
    assert [e.ring_back for e in effects if isinstance(e, RingBackAgent)] == [1]
    assert AgentFree("201") not in effects


def test_the_outcome_keyed_on_the_ring_back_closes_the_call() -> None:
    after, _ = hung_up_first()
    rung, began = play(after, [phone_answered(action=f"{ID}-w1-o", ring_back=1)])
    assert kinds(began) == [WrapUpBegan]
    closed, effects = play(rung, [keyed("5"), wrap_ended("5")])
    assert (closed.state, closed.disposition) == (S.CLOSED, Disposition.REFUSES)
    assert kinds(effects) == [TakeDown, AgentFree, Acknowledge]


def test_there_are_two_ring_backs_and_no_third() -> None:
    after, _ = hung_up_first()
    second, effects = play(after, [phone_failed(3, action=f"{ID}-w1-o", ring_back=1)])
    assert [e.ring_back for e in effects if isinstance(e, RingBackAgent)] == [2]
    given_up, effects = play(second, [wrap_ended()])
    assert effects == []
    assert given_up.state is S.WRAP_UP
    closed, effects = play(given_up, [TimeOver()])
    assert closed.needs_outcome
    assert kinds(effects) == [Settle, AgentFree, Acknowledge, AskHuman]


def test_a_repeated_end_or_the_failure_of_an_earlier_ring_back_rings_nobody_back() -> None:
    after, _ = hung_up_first()
    again, effects = play(after, [ended(EndState.DIAL)])
    assert (again, effects) == (after, [])
    second, _ = play(after, [phone_failed(3, action=f"{ID}-w1-o", ring_back=1)])
    for late in (
        phone_failed(3, action=f"{ID}-w1-o", ring_back=1),
        phone_answered(action=f"{ID}-w1-o", ring_back=1),
        hung_up(16, ring_back=1),
        phone_answered(),
        phone_failed(0, action=f"{ID}-w9-o", ring_back=2),
    ):
        assert isinstance(step(second, late, NOW, TIMES), Ignored)


def test_a_menu_left_without_a_key_keeps_the_call_in_wrap_up_without_ring_back() -> None:
    after, effects = play(attempt(), [*TALK, dial_result(), ended(EndState.WRAP)])
    assert after.state is S.WRAP_UP
    assert RingBackAgent not in kinds(effects)
    assert isinstance(step(after, wrap_ended(), NOW, TIMES), Ignored)  # a *85 menu that was left again


def test_a_menu_that_ends_with_an_unusable_outcome_keeps_the_wrap_up() -> None:
    after, _ = hung_up_first()
    kept, effects = play(after, [wrap_ended("1")])
    assert kept.state is S.WRAP_UP
    assert kept.note
    assert effects == []


# ---------------------------------------------------------------- a person, recovery, time


def test_a_person_may_say_the_outcome_while_talking_after_it_and_for_an_unknown_call() -> None:
    said = OutcomeSaid(Said(disposition=Disposition.REFUSES))
    talking, _ = play(attempt(), TALK)
    still, effects = play(talking, [said])
    assert (still.state, kinds(effects)) == (S.TALKING, [TakeDown])
    assert play(still, [ended(EndState.DIAL)])[0].state is S.CLOSED
    wrapped, _ = play(talking, [dial_result(), said])
    assert wrapped.state is S.CLOSED
    lost, _ = play(attempt(), [LostTrack("gone")])
    found, effects = play(lost, [said])
    assert (found.state, found.result) == (S.CLOSED, Result.ANSWERED)
    assert AgentFree("201") not in effects  # the agent was let go when the track was lost
    assert isinstance(step(found, said, NOW, TIMES), Ignored)
    assert isinstance(step(attempt(), said, NOW, TIMES), Ignored)


def test_a_person_may_name_the_outcome_of_a_call_that_closed_without_one() -> None:
    closed, _ = play(attempt(), [*TALK, dial_result(), TimeOver()])
    assert closed.needs_outcome
    known, effects = play(closed, [OutcomeSaid(Said(disposition=Disposition.CALLBACK, callback_at=NOW))])
    assert not known.needs_outcome
    assert kinds(effects) == [TakeDown]
    assert known.said == f"callback|||{NOW.isoformat()}"


def test_a_lost_call_counts_as_unknown_frees_the_agent_and_asks_a_person() -> None:
    lost, effects = play(attempt(), [Accepted(), LostTrack("the PBX was restarted")])
    assert (lost.state, lost.result) == (S.UNKNOWN, Result.UNKNOWN)
    assert kinds(effects) == [AgentFree, AskHuman]
    assert lost.deadline_at - NOW > TIMES.evidence_for


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (agent_up(), S.RINGING_AGENT),
        (dialling(), S.RINGING_DEBTOR),
        (debtor_up(), S.TALKING),
        (dial_result(), S.WRAP_UP),
        (Adopted(S.TALKING), S.TALKING),
        (ended(EndState.SKIPPED, "", None, ""), S.CLOSED),
        (NotDialled("the PBX never had it"), S.CLOSED),
        (wrap_ended("2"), S.CLOSED),
    ],
)
def test_evidence_brings_an_unknown_call_back(late: Seen, state: AttemptState) -> None:
    lost, _ = play(attempt(), [LostTrack("gone")])
    after, _ = play(lost, [late])
    assert after.state is state
    assert after.result is not Result.UNKNOWN


def test_adoption_never_moves_a_call_back_and_refreshes_its_deadline() -> None:
    talking, _ = play(attempt(), TALK)
    moved = step(talking, Adopted(S.RINGING_AGENT), NOW + timedelta(hours=2), TIMES)
    assert isinstance(moved, Moved)
    assert moved.attempt.state is S.TALKING
    assert moved.attempt.deadline_at > NOW + timedelta(hours=3)
    assert isinstance(step(talking, Adopted(S.CLOSED), NOW, TIMES), Ignored)


def test_surely_undialled_is_not_believed_of_a_call_that_was_dialled() -> None:
    lost, _ = play(attempt(), [Accepted(), agent_up(), dialling(), LostTrack("gone")])
    assert isinstance(step(lost, NotDialled("no row"), NOW, TIMES), Ignored)
    heard, _ = play(attempt(), [Accepted(), agent_up(), NotDialled("no row")])
    assert heard.agent_result is AgentResult.LEFT


def test_an_end_that_comes_after_the_evidence_deadline_puts_the_truth_right() -> None:
    closed, _ = play(attempt(), [LostTrack("gone"), TimeOver()])
    assert (closed.state, closed.result) == (S.CLOSED, Result.UNKNOWN)
    busy, effects = play(closed, [ended(EndState.WRAP, "BUSY", 17, "SIP 486")])
    assert busy.result is Result.BUSY
    assert kinds(effects) == [Acknowledge]
    promised, effects = play(closed, [ended(disp="2")])
    assert (promised.result, kinds(effects)) == (Result.ANSWERED, [TakeDown, Acknowledge])
    assert isinstance(step(closed, ended(EndState.OTHER, "", None, ""), NOW, TIMES), Ignored)
    dialled, _ = play(attempt(), [Accepted(), agent_up(), dialling(), LostTrack("gone"), TimeOver()])
    assert isinstance(step(dialled, ended(EndState.SKIPPED, "", None, ""), NOW, TIMES), Ignored)


def test_the_acknowledgement_is_noted_once() -> None:
    closed, _ = play(attempt(), [*TALK, dial_result(), keyed("2"), ended(disp="2")])
    acked = Acked(seen_at=NOW, attempt_id=ID, old="END|…")
    noted, _ = play(closed, [acked])
    assert noted.acknowledged
    assert isinstance(step(noted, acked, NOW, TIMES), Ignored)


def test_a_lost_link_and_a_duplicate_leave_every_state_alone() -> None:
    for state in S:
        for event in (
            LinkLost(seen_at=NOW, why="reset"),
            LinkUp(seen_at=NOW, started="start-2", version="22"),
            Duplicate(seen_at=NOW, attempt_id=ID, old="END|…"),
        ):
            assert isinstance(step(attempt(state=state), event, NOW, TIMES), Ignored)


def test_a_clock_set_back_never_turns_an_instant_back() -> None:
    talking, _ = play(attempt(), TALK)
    moved = step(talking, ended(EndState.DIAL), NOW - timedelta(hours=1), TIMES)
    assert isinstance(moved, Moved)
    assert stamps_in_order(moved.attempt)


def test_the_agent_is_told_once_what_came_during_the_talk() -> None:
    told = attempt(state=S.TALKING, meanwhile="Paid.")
    assert step(told, Overtaken("Paid.", "Hung up: paid."), NOW, TIMES) == Ignored("the agent has been told")


@pytest.mark.parametrize("state", [S.RINGING_DEBTOR, S.TALKING])
def test_a_line_that_was_given_to_an_emergency_call_is_told_by_the_attempt_beside_what_else_came(state: S) -> None:
    given = step(attempt(state=state, meanwhile="Paid."), LineGiven(seen_at=NOW, attempt_id=ID), NOW, TIMES)
    assert isinstance(given, Moved)
    assert (given.attempt.state, given.effects) == (state, ())
    assert given.attempt.meanwhile == "Paid. The PBX took the line for an emergency call."


# ---------------------------------------------------------------- for all sequences

DAYS = st.sampled_from([None, date(2026, 11, 22), date(2026, 11, 30), date(2025, 1, 1)])
DISPS = st.sampled_from(["", "1", "2", "3", "4", "6", "9", "0"])
AMOUNTS = st.sampled_from([None, "full", 0, 50])
STATUSES = st.sampled_from([("ANSWER", 16, "SIP 200"), ("BUSY", 17, ""), ("CANCEL", 0, "SIP 180"), ("NOANSWER", 0, ""), ("", None, "")])
SAID = st.builds(Said, disposition=st.sampled_from(list(Disposition)), on=DAYS)


def any_event() -> st.SearchStrategy[Seen]:
    return st.one_of(
        st.sampled_from(
            [
                Placing(), Released("x"), Accepted(), Refused("x"), NotSent("x"), Unanswered("x"), agent_up(), phone_answered(),
                phone_answered(ring_back=1, action=f"{ID}-w1-o"), phone_failed(0), phone_failed(3), phone_failed(0, action="other-one-o"),
                phone_failed(3, action=f"{ID}-w1-o", ring_back=1), phone_failed(3, action=f"{ID}-w2-o", ring_back=2),
                hung_up(16), hung_up(17), hung_up(None),
                hung_up(16, ring_back=1), accepted_by_agent(), GoAhead(f"coll-{ID}"), Barred(f"coll-{ID}", "no", Go.NO),
                Overtaken("paid", "hung up: paid"), LineGiven(seen_at=NOW, attempt_id=ID),
                dialling(), debtor_up(), NotDialled("x"), LostTrack("x"), TimeOver(),
                LinkLost(seen_at=NOW, why="x"), LinkUp(seen_at=NOW, started="s", version="22"),
                Duplicate(seen_at=NOW, attempt_id=ID, old=""), Acked(seen_at=NOW, attempt_id=ID, old=""),
            ]
        ),
        st.builds(lambda s: Adopted(s), st.sampled_from(list(S))),
        st.builds(lambda s: dial_result(*s), STATUSES),
        st.builds(lambda d, a, o: keyed(d, a, o, 10), DISPS, AMOUNTS, DAYS),
        st.builds(lambda d, a, o: wrap_ended(d, a, o), DISPS, AMOUNTS, DAYS),
        st.builds(
            lambda e, s, d, a, o: ended(e, *s, disp=d, amount=a, on=o, at=9),
            st.sampled_from(list(EndState)), STATUSES, DISPS, AMOUNTS, DAYS,
        ),
        st.builds(lambda s: OutcomeSaid(s), SAID),
    )  # fmt: skip


def stamps_in_order(a: Attempt) -> bool:
    stamps = [a.placed_at, a.agent_answered_at, a.dialled_at, a.debtor_answered_at, a.ended_at, a.closed_at]
    known = [stamp for stamp in stamps if stamp is not None]
    return known == sorted(known)


SEQUENCES = st.lists(st.tuples(any_event(), st.integers(-5, 30)), max_size=25)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([S.RESERVED, S.PLACED]), SEQUENCES)
def test_for_all_event_sequences_the_laws_of_a_call_hold(start: AttemptState, events: list[tuple[Seen, int]]) -> None:
    current, now = attempt(state=start), NOW
    rung_back: list[int] = []
    answered = dialled = False
    for event, seconds in events:
        now += timedelta(seconds=seconds)
        moved = step(current, event, now, TIMES)
        if isinstance(moved, Ignored):
            assert moved.reason
            continue
        row = TABLE[current.state, type(event)]
        assert moved.attempt.state in row.leads_to
        rung_back += [effect.ring_back for effect in moved.effects if isinstance(effect, RingBackAgent)]
        assert not any(isinstance(effect, AskGate) for effect in moved.effects) or current.gate is GateSaid.NOT_ASKED
        current = moved.attempt
        answered = answered or current.debtor_answered_at is not None
        dialled = dialled or current.dialled_at is not None
        assert stamps_in_order(current)
        assert not (answered and current.debtor_answered_at is None)
        assert current.gate is not GateSaid.STOPPED or (dialled and current.result is not Result.ANSWERED)
        assert not (dialled and current.result is Result.NOT_DIALLED)
        assert (current.state is S.CLOSED) == (current.closed_at is not None)
        assert current.state is not S.CLOSED or current.result is not None
        assert (current.said == "") == (current.disposition is None)
    assert rung_back == sorted(set(rung_back))
    assert len(rung_back) <= 2
    assert closes(current, now)


def closes(current: Attempt, now: datetime) -> bool:
    """The last word, or lost track of; then time alone."""
    for last in (ended(), LostTrack("gone"), TimeOver()):
        now += timedelta(days=1)
        moved = step(current, last, now, TIMES)
        current = moved.attempt if isinstance(moved, Moved) else current
    return current.state is S.CLOSED


def test_a_call_that_was_dialled_after_it_was_taken_for_undialled_counts() -> None:
    """The order lay in a PBX that stood still, was looked for in vain, and was carried out when the PBX went on."""
    closed, _ = play(attempt(), [Unanswered("no answer"), NotDialled("the PBX never had this call")])
    assert (closed.state, closed.result) == (S.CLOSED, Result.NOT_DIALLED)
    after, effects = play(closed, [agent_up(), dialling(), debtor_up(), ended()])
    assert (after.result, after.agent_result) == (Result.ANSWERED, AgentResult.ACCEPTED)
    assert kinds(effects) == [Acknowledge]
    assert after.needs_outcome
    assert step(after, ended(EndState.SKIPPED, "", None, ""), NOW, TIMES) == step(after, ended(), NOW, TIMES)  # the end is known
    skipped, _ = play(closed, [ended(EndState.SKIPPED, "", None, "")])
    assert skipped.result is Result.NOT_DIALLED


@pytest.mark.parametrize("disp", ["1", "4"])
def test_a_keyed_day_years_ahead_is_not_taken(disp: str) -> None:
    assert isinstance(read_keyed(disp, "full", date(2027, 11, 20), 10, NOW), Said)
    assert read_keyed(disp, "full", date(9999, 12, 31), 10, NOW) == "the keyed day lies more than a year ahead"
