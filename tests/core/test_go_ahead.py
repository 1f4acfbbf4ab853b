"""The gate at the moment of dialling: only a yes of that moment dials, and a no costs the debtor and the task nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from collectord.core.contact.facts import Contact, Doubt, FactKind, SourceState
from collectord.core.contact.guard import NOT_DIALLED_PAUSE
from collectord.core.contact.refusals import ASK_AGAIN
from collectord.core.money import Money
from collectord.core.receivables.seen_payments import SeenPayment
from collectord.core.receivables.tasks import Origin, TaskState
from collectord.core.telephony import go_ahead
from collectord.core.telephony.attempts import AgentResult, Attempt, AttemptState, GateSaid, Result
from collectord.core.telephony.call_flow import step
from collectord.core.telephony.call_seen import (
    Acknowledge,
    AgentFree,
    AgentMissedRing,
    AgentTookRing,
    AskGate,
    Barred,
    Go,
    GoAhead,
    Ignored,
    LostTrack,
    Moved,
    NotDialled,
    Overtaken,
    PutOff,
    SayGo,
    Settle,
)
from collectord.core.telephony.follow_up import TaskBack, TaskOver, after_refusal, after_result
from collectord.core.telephony.pbx_events import EndState
from collectord.core.wording import Language
from tests.core import call_cases as case
from tests.core import gate_cases as gate
from tests.core.call_cases import ID, NOW, TIMES, accepted_by_agent, agent_up, attempt, dialling, ended, play, situation

S = AttemptState
CHANNEL = f"coll-{ID}"
MIDDAY = gate.local("2026-11-24T12:00")
NO = Barred(CHANNEL, "The bank booked it.", Go.NO, NOW + timedelta(hours=3))


def own_call(**more: Any) -> Contact:
    """The attempt itself, as the gate finds it in the store."""
    return gate.call(MIDDAY, "", attempt_id=ID, items=("A1",), live=True, **more)


def asked(
    *, off: str = "", items: tuple[str, ...] = ("A1",), at: datetime = MIDDAY, language: Language = "en", **known: Any
) -> GoAhead | Barred:
    placed = attempt(number=gate.FIRST, items=items)
    usual: dict[str, Any] = {"contacts": (own_call(),), "sources": (SourceState(source="canonical", fresh_as_of=date(2026, 11, 24)),)}
    house = replace(gate.HOUSE, language=language)
    return go_ahead.ask(placed, CHANNEL, off, gate.facts(**usual | known), gate.PACKS, house, at)


# ---------------------------------------------------------------- the question


def test_a_call_is_not_in_its_own_way() -> None:
    assert asked() == GoAhead(CHANNEL)
    another = gate.call(MIDDAY, "", attempt_id="another", live=True)
    refused = asked(contacts=(own_call(), another))
    assert isinstance(refused, Barred)
    assert refused.why.endswith("(guard/live-attempt)")
    elsewhere = replace(another, debtor_no="11")
    assert isinstance(asked(number_contacts=(elsewhere,)), Barred)


def test_what_was_learnt_while_the_agent_listened_refuses_with_its_rule_and_its_end() -> None:
    wish = asked(facts=(gate.fact(FactKind.DO_NOT_CALL),))
    assert isinstance(wish, Barred)
    assert (wish.answer, wish.never, wish.not_before) == (Go.NO, True, None)
    assert "(guard/do-not-call)" in wish.why
    insolvent = asked(facts=(gate.fact(FactKind.LEGAL_STATE, "insolvency"),))
    assert isinstance(insolvent, Barred)
    assert (insolvent.never, insolvent.not_before) == (False, None)
    doubt = asked(doubts=(Doubt(rule="guard/clock", reason="the clock jumped"),))
    assert isinstance(doubt, Barred)
    assert doubt.why == "the clock jumped (guard/clock)"


def test_the_debtors_line_must_ring_within_the_hours() -> None:
    closing = gate.local("2026-11-24T20:00")
    assert asked(at=closing - TIMES.until_rung - timedelta(seconds=1)) == GoAhead(CHANNEL)
    late = asked(at=closing - TIMES.until_rung + timedelta(seconds=1))
    assert isinstance(late, Barred)
    assert late.not_before == gate.local("2026-11-25T08:00")


def test_another_number_of_the_debtor_does_not_stand_in_for_the_one_that_is_dialled() -> None:
    two = gate.debtor(gate.number(), gate.number(gate.SECOND, 2))
    blocked = gate.fact(FactKind.NUMBER_BLOCKED, gate.FIRST)
    refused = asked(debtor=two, facts=(blocked,))
    assert isinstance(refused, Barred)
    assert "(guard/number-blocked)" in refused.why


def test_something_of_what_the_agent_was_told_must_still_be_open() -> None:
    assert asked(items=("A1", "gone")) == GoAhead(CHANNEL)
    refused = asked(items=("gone",))
    assert isinstance(refused, Barred)
    assert refused.why == "Nothing of what the call is about is open any more."
    unknown = go_ahead.ask(attempt(), CHANNEL, "", None, gate.PACKS, gate.HOUSE, MIDDAY)
    assert isinstance(unknown, Barred)


@pytest.mark.parametrize("off", ["shadow", "paused", "stopping"])
def test_what_keeps_everybody_from_being_dialled_is_said_as_such_in_both_languages(off: str) -> None:
    languages: tuple[Language, ...] = ("en", "de")
    said = [asked(off=off, language=language) for language in languages]
    assert all(isinstance(one, Barred) and (one.answer, one.not_before) == (Go.OFF, MIDDAY + NOT_DIALLED_PAUSE) for one in said)
    assert len({one.why for one in said if isinstance(one, Barred)}) == 2


# ---------------------------------------------------------------- the answer


def turned(a: Attempt, *events: Any) -> tuple[Attempt, list[Any]]:
    return play(a, events)


@pytest.mark.parametrize("before", [[], [agent_up()]])
def test_an_accepted_call_asks_the_gate_once_and_dials_on_its_yes(before: list[Any]) -> None:
    heard, _ = turned(attempt(), *before)
    assert step(heard, accepted_by_agent(), NOW, TIMES) == Moved(heard, (AskGate(CHANNEL),))
    cleared, effects = turned(heard, accepted_by_agent(), GoAhead(CHANNEL))
    assert (cleared.state, cleared.gate, cleared.dialled_at) == (S.RINGING_AGENT, GateSaid.GO, None)
    assert cleared.agent_answered_at is not None
    assert effects == [AskGate(CHANNEL), *([] if before else [AgentTookRing("201")]), SayGo("main", CHANNEL, Go.YES)]
    assert cleared.deadline_at - NOW <= TIMES.margin + timedelta(seconds=2)
    again, more = turned(cleared, accepted_by_agent(), accepted_by_agent())
    assert (again, more) == (cleared, [])
    dialled, _ = turned(cleared, dialling())
    assert dialled.state is S.RINGING_DEBTOR


def test_a_refused_call_puts_the_task_off_at_once_and_ends_uncounted_when_the_agent_has_heard_it() -> None:
    refused, effects = turned(attempt(), agent_up(), accepted_by_agent(), NO)
    assert (refused.state, refused.gate, refused.result) == (S.RINGING_AGENT, GateSaid.REFUSED, None)
    assert effects[-2:] == [PutOff("The bank booked it.", NO.not_before, False), SayGo("main", CHANNEL, Go.NO)]
    assert turned(refused, accepted_by_agent()) == (refused, [])
    over, after = turned(refused, ended(EndState.REFUSED, "", None, ""))
    assert (over.state, over.result, over.agent_result) == (S.CLOSED, Result.NOT_DIALLED, AgentResult.ACCEPTED)
    assert over.why == "The bank booked it."
    assert after == [AgentFree("201"), Acknowledge("main", ID)]


def test_a_refused_call_whose_end_is_lost_is_closed_by_evidence_and_keeps_its_reason() -> None:
    refused, _ = turned(attempt(), agent_up(), accepted_by_agent(), NO)
    over, after = turned(refused, NotDialled("the agent was called, the debtor was not"))
    assert (over.result, over.agent_result, over.why) == (Result.NOT_DIALLED, AgentResult.ACCEPTED, "The bank booked it.")
    assert Settle() not in after
    lost, _ = turned(refused, LostTrack("the PBX's journal cannot be read for this call"))
    found, _ = turned(lost, NotDialled("the agent was called, the debtor was not"))
    assert found.why == "the agent was called, the debtor was not"


def test_an_agent_who_leaves_before_the_answer_is_heard_left() -> None:
    refused, _ = turned(attempt(), agent_up(), accepted_by_agent(), NO)
    over, after = turned(refused, ended(EndState.ACCEPT, "", None, ""))
    assert (over.result, over.agent_result, over.why) == (Result.NOT_DIALLED, AgentResult.LEFT, "The bank booked it.")
    assert Settle() not in after
    unasked, after = turned(attempt(), agent_up(), ended(EndState.ACCEPT, "", None, ""))
    assert (unasked.result, unasked.why) == (Result.NOT_DIALLED, "the agent hung up before the debtor was dialled")
    assert Settle() in after


def test_a_yes_that_came_too_late_for_the_pbx_was_no_call() -> None:
    cleared, _ = turned(attempt(), agent_up(), accepted_by_agent(), GoAhead(CHANNEL))
    over, after = turned(cleared, ended(EndState.NOGO, "", None, ""))
    assert (over.state, over.result, over.agent_result) == (S.CLOSED, Result.NOT_DIALLED, AgentResult.ACCEPTED)
    assert after == [Settle(), AgentFree("201"), Acknowledge("main", ID)]


def test_a_refused_call_that_was_dialled_all_the_same_counts_and_has_its_consequences() -> None:
    refused, _ = turned(attempt(), agent_up(), accepted_by_agent(), NO)
    over, after = turned(refused, dialling(), ended(EndState.WRAP, "BUSY", 17, "SIP 486 Busy Here"))
    assert over.result is Result.BUSY
    assert Settle() in after


@pytest.mark.parametrize("state", [S.UNKNOWN, S.CLOSED])
def test_a_call_lost_track_of_or_over_is_not_dialled_any_more(state: AttemptState) -> None:
    lost = attempt(state=state, result=Result.UNKNOWN)
    assert step(lost, accepted_by_agent(), NOW, TIMES) == Moved(lost, (SayGo("main", CHANNEL, Go.NO),))


@pytest.mark.parametrize("state", [S.RESERVED, S.RINGING_DEBTOR, S.TALKING, S.WRAP_UP])
def test_a_wish_to_dial_out_of_order_changes_nothing(state: AttemptState) -> None:
    assert isinstance(step(attempt(state=state), accepted_by_agent(), NOW, TIMES), Ignored)


# ---------------------------------------------------------------- what follows


def test_the_task_comes_back_when_the_gate_says_or_a_quarter_of_an_hour_later() -> None:
    known = after_refusal(situation(attempt()), PutOff("Paid.", NOW + timedelta(hours=3), never=False))
    assert known.task == TaskBack(NOW + timedelta(hours=3), counted=False, may_end_sooner=True)
    assert known.why == "Not dialled, though accepted: Paid."
    assert after_refusal(situation(attempt()), PutOff("Paid.", None, never=False)).task == TaskBack(
        NOW + ASK_AGAIN, counted=False, may_end_sooner=True
    )


def test_the_task_is_over_when_the_refusal_is_for_good_or_a_person_had_asked_for_the_call() -> None:
    assert after_refusal(situation(attempt()), PutOff("Said no.", None, never=True)).task == TaskOver(TaskState.SUPPRESSED)
    by_hand = situation(attempt(), task=case.task(origin=Origin.MANUAL))
    assert after_refusal(by_hand, PutOff("Paid.", NOW, never=False)).task == TaskOver(TaskState.CANCELLED)


def test_a_call_that_nobody_allowed_in_time_is_explained() -> None:
    placed = attempt(state=S.CLOSED, result=Result.NOT_DIALLED, agent_result=AgentResult.ACCEPTED)
    follow = after_result(situation(placed))
    assert isinstance(follow.task, TaskBack)
    assert not follow.task.counted
    assert "did not answer the PBX in time" in follow.why


# ---------------------------------------------------------------- looked at again while it rings


def again(*, items: tuple[str, ...] = ("A1",), at: datetime = MIDDAY, **known: Any) -> Overtaken | None:
    usual: dict[str, Any] = {"contacts": (own_call(),), "sources": (SourceState(source="canonical", fresh_as_of=date(2026, 11, 24)),)}
    return go_ahead.look_again(attempt(number=gate.FIRST, items=items), gate.facts(**usual | known), gate.HOUSE, at)


def test_a_call_on_its_way_goes_on_while_nothing_speaks_against_it() -> None:
    assert again() is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FactKind.DO_NOT_CALL, ""),
        (FactKind.LEGAL_STATE, "insolvency"),
        (FactKind.NUMBER_BLOCKED, gate.FIRST),
        (FactKind.NUMBER_WRONG, gate.FIRST),
        (FactKind.DISPUTE, "A1"),
    ],
)
def test_what_is_learnt_while_it_rings_overtakes_the_call_with_its_rule(kind: str, value: str) -> None:
    seen = again(facts=(gate.fact(kind, value),))
    assert seen is not None
    assert seen.news.endswith(f"(guard/{kind.replace('_', '-')})")
    assert seen.stopped == f"Hung up while it rang: {seen.news}"


def test_a_payment_seen_overtakes_the_call() -> None:
    booked = SeenPayment(
        id="p1", booked_on=date(2026, 11, 24), seen_at=MIDDAY, amount=Money(Decimal("100.00"), "EUR"), source="bank"
    )  # fmt: skip
    seen = again(payments=(booked,))
    assert seen is not None
    assert "(guard/payment-seen)" in seen.news


def test_neither_hours_nor_limits_nor_doubts_end_a_call_under_way() -> None:
    night = gate.local("2026-11-24T23:00")
    yesterday = gate.call(gate.local("2026-11-24T09:00"), "answered", attempt_id="another")
    stale = (SourceState(source="canonical", fresh_as_of=date(2026, 10, 1), held=("op.csv",)),)
    doubt = (Doubt(rule="guard/clock", reason="the clock jumped"),)
    assert again(at=night, contacts=(own_call(), yesterday), sources=stale, doubts=doubt) is None


def test_a_number_that_is_the_debtors_no_longer_overtakes_the_call() -> None:
    seen = again(debtor=gate.debtor(gate.number(gate.SECOND)))
    assert seen is not None
    assert "(guard/no-number)" in seen.news


def test_nothing_left_of_what_the_call_is_about_overtakes_it() -> None:
    assert again(items=("A1", "gone")) is None
    seen = again(items=("gone",))
    assert seen is not None
    assert seen.news == "Nothing of what the call is about is open any more."
    assert go_ahead.look_again(attempt(), None, gate.HOUSE, MIDDAY) is not None


# ---------------------------------------------------------------- a phone that answers by itself


def alone(*events: Any) -> list[Any]:
    return turned(attempt(answers_itself=True), agent_up(), *events)[1]


def test_a_phone_that_answers_by_itself_is_nobody_until_a_key() -> None:
    assert alone() == []
    assert AgentTookRing("201") in alone(accepted_by_agent(), GoAhead(CHANNEL))
    assert AgentTookRing("201") in alone(ended(EndState.SKIPPED, status=""))
    assert AgentTookRing("201") in alone(ended(EndState.LATER, status=""))


def test_no_key_on_such_a_phone_is_a_ring_that_rang_out_and_putting_down_is_neither() -> None:
    assert AgentMissedRing("201", AgentResult.NO_KEY, rang_out=True) in alone(ended(EndState.NOACCEPT, status=""))
    assert {AgentTookRing, AgentMissedRing}.isdisjoint(map(type, alone(ended(EndState.AGENT, status=""))))


def test_no_key_of_a_person_who_lifted_the_receiver_is_no_missed_ring() -> None:
    assert AgentMissedRing not in map(type, turned(attempt(), agent_up(), ended(EndState.NOACCEPT, status=""))[1])
