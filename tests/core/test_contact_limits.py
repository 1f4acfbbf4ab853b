"""How often: the house's caps, quiet days, waits and parts of the day, as examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from collectord.core.contact.contact_rules import Allowed, Refused
from collectord.core.contact.facts import Callback, Contact, FactKind
from collectord.core.contact.packs import Limit, Pack, Retry, active_packs
from collectord.core.contact.place import place_of
from collectord.core.contact.week import daily
from collectord.core.receivables.ledger import Debtor
from tests.core.gate_cases import FIRST, HOUSE, PACKS, SECOND, ask, call, debtor, fact, facts, house, item, local, number, rules

MONDAY = local("2026-11-23T10:00")
NO_PARTS = {**PACKS, "house": replace(PACKS["house"], other_part=None)}  # caps alone, without the part of the day


def days_ago(count: int, result: str = "no_answer", **more: Any) -> Contact:
    return call(MONDAY - timedelta(days=count), result, **more)


def answer(*contacts: Contact, at: datetime = MONDAY, **more: Any) -> Allowed | Refused:
    return ask(facts(contacts=tuple(sorted(contacts, key=lambda contact: contact.at)), **more), at, packs=NO_PARTS)


def until(found: Allowed | Refused) -> datetime | None:
    assert isinstance(found, Refused)
    return found.not_before


def test_one_counted_attempt_a_day() -> None:
    found = answer(call(MONDAY - timedelta(hours=2)))
    assert rules(found) == {"house/1-per-day", "house/1-per-day-and-number"}
    assert until(found) == local("2026-11-24T08:00")


@pytest.mark.parametrize("result", ["answered", "no_answer", "rejected", "voicemail", "dropped", "unknown"])
def test_what_counts_as_a_contact(result: str) -> None:
    assert "house/1-per-day" in rules(answer(call(MONDAY - timedelta(hours=2), result)))


@pytest.mark.parametrize("result", ["busy", "failed", "congestion", "unallocated", "not_in_service", "not_dialled", ""])
def test_what_does_not_count_as_a_contact(result: str) -> None:
    assert isinstance(answer(call(MONDAY - timedelta(hours=2), result)), Allowed)


def test_an_inbound_call_is_no_attempt_of_ours() -> None:
    inbound = call(MONDAY - timedelta(hours=2), "no_answer", direction="inbound")
    assert isinstance(answer(inbound), Allowed)


def test_three_in_seven_days() -> None:
    found = answer(days_ago(6), days_ago(4), days_ago(2))
    assert rules(found) == {"house/3-in-7", "house/3-in-7-and-number"}
    assert until(found) == local("2026-11-24T08:00")
    assert isinstance(answer(days_ago(7), days_ago(4), days_ago(2)), Allowed)


def test_three_quiet_days_after_a_conversation_and_the_fourth_is_free() -> None:
    friday = local("2026-11-20T15:00")
    talk = call(friday, "answered", disposition="refuses")
    for at in ("2026-11-21T10:00", "2026-11-23T19:00"):
        found = answer(talk, at=local(at))
        assert rules(found) == {"house/after-conversation", "house/after-conversation-and-number"}
        assert until(found) == local("2026-11-24T08:00")
    assert isinstance(answer(talk, at=local("2026-11-24T08:00")), Allowed)


@pytest.mark.parametrize("disposition", ["left_message", "third_party"])
def test_a_talk_with_somebody_else_is_no_conversation(disposition: str) -> None:
    assert isinstance(answer(days_ago(1, "answered", disposition=disposition)), Allowed)


def test_an_answered_call_without_a_disposition_is_taken_for_a_conversation() -> None:
    assert "house/after-conversation" in rules(answer(days_ago(1, "answered")))


def test_who_called_whom_does_not_matter_for_a_conversation() -> None:
    assert "house/after-conversation" in rules(answer(days_ago(1, "answered", direction="inbound")))


def test_an_agreed_callback_is_excepted_once_its_instant_has_come() -> None:
    talk = call(local("2026-11-23T08:30"), "answered", disposition="callback")
    back = Callback(task_id="t", at=local("2026-11-23T16:00"), agreed_at=talk.at)
    found = answer(talk, at=MONDAY, callbacks=(back,))
    assert until(found) == local("2026-11-23T16:00")
    assert isinstance(found, Refused)
    assert "There was a conversation on Mon 23 Nov 2026; before Fri 27 Nov 2026 only the agreed callback." in {
        refusal.reason for refusal in found.refusals
    }, "that nobody calls before Friday would not be so"
    assert isinstance(answer(talk, at=local("2026-11-23T16:00"), callbacks=(back,)), Allowed)
    rang = call(local("2026-11-23T16:05"))
    again = answer(talk, rang, at=local("2026-11-23T17:00"), callbacks=(back,))
    assert rules(again) == {"house/1-per-day", "house/1-per-day-and-number"}
    assert until(again) == local("2026-11-24T08:00")


def test_a_busy_line_is_tried_again_after_fifteen_minutes() -> None:
    found = answer(call(MONDAY - timedelta(minutes=5), "busy"))
    assert rules(found) == {"house/retry"}
    assert until(found) == MONDAY + timedelta(minutes=10)
    assert isinstance(answer(call(MONDAY - timedelta(minutes=15), "busy")), Allowed)


def test_after_a_dropped_call_neither_debtor_nor_number_is_called_for_72_hours() -> None:
    at = local("2026-11-23T10:00")
    found = answer(call(at, "dropped"), at=at + timedelta(hours=71))
    assert rules(found) == {"house/after-dropped"}
    assert until(found) == at + timedelta(hours=72)
    assert isinstance(answer(call(at, "dropped"), at=at + timedelta(hours=72)), Allowed)
    theirs = replace(call(at, "dropped"), debtor_no="4711")
    found = ask(facts(number_contacts=(theirs,)), at + timedelta(hours=71), packs=NO_PARTS)
    assert rules(found) == {"house/after-dropped"}


def test_three_diallings_a_day_in_all() -> None:
    busy = [call(MONDAY - timedelta(minutes=30 * count), "busy") for count in (1, 2, 3)]
    found = answer(*busy)
    assert rules(found) == {"house/3-dialled-per-day", "house/3-dialled-per-day-and-number"}
    assert until(found) == local("2026-11-24T08:00")


def test_a_number_shared_by_two_debtors_is_one_number() -> None:
    theirs = call(MONDAY - timedelta(hours=2), debtor_no="11")
    found = ask(facts(number_contacts=(theirs,)), MONDAY, packs=NO_PARTS)
    assert rules(found) == {"house/1-per-day-and-number"}
    talk = replace(theirs, at=MONDAY - timedelta(days=1), result="answered")
    assert rules(ask(facts(number_contacts=(talk,)), MONDAY, packs=NO_PARTS)) == {"house/after-conversation-and-number"}


def test_the_second_number_does_not_escape_the_debtors_cap() -> None:
    two = facts(debtor=debtor(number(), number(SECOND, 2)), contacts=(call(MONDAY - timedelta(hours=2)),))
    assert rules(ask(two, MONDAY, packs=NO_PARTS, number=SECOND)) == {"house/1-per-day"}


def test_calls_to_a_wrong_number_no_longer_count() -> None:
    two = facts(
        debtor=debtor(number(), number(SECOND, 2)),
        contacts=tuple(call(MONDAY - timedelta(days=count)) for count in (3, 2, 1)),
        facts=(fact(FactKind.NUMBER_WRONG, FIRST, at=MONDAY - timedelta(hours=1)),),
    )
    found = ask(two, MONDAY, packs=NO_PARTS)
    assert isinstance(found, Allowed)
    assert found.number == SECOND


def test_an_unanswered_call_moves_the_next_one_to_another_part_of_the_day() -> None:
    rang = facts(contacts=(call(local("2026-11-20T10:00"), attempt_id="a"),))
    found = ask(rang, MONDAY)
    assert rules(found) == {"house/other-part-of-day"}
    opens = until(found)
    assert opens is not None
    assert local("2026-11-23T12:00") <= opens <= local("2026-11-23T12:45")
    assert isinstance(ask(rang, opens), Allowed)
    assert isinstance(ask(rang, local("2026-11-23T18:00")), Allowed)
    assert isinstance(ask(rang, local("2026-12-07T10:00")), Allowed)


def test_the_drift_is_the_same_for_one_call_and_differs_between_calls() -> None:
    def opening(attempt_id: str) -> datetime | None:
        return until(ask(facts(contacts=(call(local("2026-11-20T10:00"), attempt_id=attempt_id),)), MONDAY))

    assert opening("a") == opening("a")
    assert len({opening(name) for name in "abcdefgh"}) > 3


def test_a_call_outside_all_parts_and_an_answered_one_move_nothing() -> None:
    early = facts(contacts=(call(local("2026-11-20T06:00")),))
    assert isinstance(ask(early, MONDAY), Allowed)
    talked = facts(contacts=(call(local("2026-11-10T10:00")), call(local("2026-11-11T10:00"), "answered")))
    assert isinstance(ask(talked, MONDAY), Allowed)


def test_who_called_and_reached_nobody_is_called_once_beyond_the_limits_and_not_again_for_a_week() -> None:
    this_morning = call(MONDAY - timedelta(hours=2))
    at_us = call(MONDAY - timedelta(minutes=9), "not_dialled", direction="inbound")
    back = Callback(task_id="t", at=MONDAY - timedelta(minutes=8), agreed_at=at_us.at, missed=True)
    assert isinstance(answer(this_morning, at_us, callbacks=(back,)), Allowed)
    called_back = call(MONDAY - timedelta(minutes=5))
    next_day = call(local("2026-11-24T09:00"), "not_dialled", direction="inbound")
    again = Callback(task_id="u", at=local("2026-11-24T09:01"), agreed_at=next_day.at, missed=True)
    earlier = (days_ago(2), days_ago(3), this_morning, at_us, called_back, next_day)
    found = answer(*earlier, at=local("2026-11-24T10:00"), callbacks=(again,))
    assert rules(found) == {"house/3-in-7", "house/3-in-7-and-number"}
    agreed = replace(again, missed=False)
    assert isinstance(answer(*earlier, at=local("2026-11-24T10:00"), callbacks=(agreed,)), Allowed)


def test_a_callback_is_kept_in_the_same_part_of_the_day() -> None:
    back = Callback(task_id="t", at=MONDAY, agreed_at=local("2026-11-20T09:00"))
    kept = facts(contacts=(call(local("2026-11-20T10:00")),), callbacks=(back,))
    assert isinstance(ask(kept, MONDAY), Allowed)


# ------------------------------------------------------------------ packs a team lead may write


def own(**more: Any) -> dict[str, Pack]:
    return {"own": Pack(name="own", title={"en": "own", "de": "eigen"}, hours=daily([(0, 1440)]), **more)}


def test_a_cap_over_hours_rolls() -> None:
    limit = Limit(id="two-in-6h", scope="debtor", counts=frozenset({"no_answer"}), max=2, per=timedelta(hours=6))
    two = facts(contacts=(call(MONDAY - timedelta(hours=5)), call(MONDAY - timedelta(hours=1))))
    found = ask(two, MONDAY, "own", packs=own(limits=(limit,)))
    assert rules(found) == {"own/two-in-6h"}
    assert until(found) == MONDAY + timedelta(hours=1)


def test_a_wait_may_be_lifted_by_a_callback() -> None:
    retry = Retry(id="wait", after=frozenset({"busy"}), wait=timedelta(hours=2), unless=frozenset({"callback"}))
    back = Callback(task_id="t", at=MONDAY + timedelta(minutes=30), agreed_at=MONDAY - timedelta(days=1))
    busy = facts(contacts=(call(MONDAY, "busy"),), callbacks=(back,))
    assert until(ask(busy, MONDAY, "own", packs=own(retries=(retry,)))) == MONDAY + timedelta(minutes=30)


def test_an_agreed_callback_is_a_consent_of_one_day_under_regulation_f() -> None:
    talk = call(local("2020-04-03T10:00"), "answered")
    back = Callback(task_id="t", at=local("2020-04-06T09:00"), agreed_at=talk.at)
    later = Callback(task_id="u", at=local("2020-04-20T09:00"), agreed_at=talk.at)
    known = facts(contacts=(talk,), callbacks=(back, later), items=(item(due_on=date(2020, 1, 1)),))
    assert until(ask(known, local("2020-04-04T10:00"), "us-regf")) == local("2020-04-06T09:00")
    assert isinstance(ask(known, local("2020-04-06T20:00"), "us-regf"), Allowed)
    assert until(ask(known, local("2020-04-07T10:00"), "us-regf")) == local("2020-04-10T08:00")


def test_a_consent_of_a_third_party_or_for_a_day_too_far_is_none() -> None:
    talk = call(local("2020-04-03T10:00"), "answered")
    far = call(local("2020-04-03T11:00"), "", medium="email", direction="inbound", consent_on=date(2020, 4, 10))
    third = replace(far, consent_on=date(2020, 4, 6), third_party=True)
    other = replace(far, consent_on=date(2020, 4, 6), items=("B9",))
    known = facts(contacts=(talk, far, third, other))
    assert until(ask(known, local("2020-04-06T10:00"), "us-regf")) == local("2020-04-10T08:00")


def test_a_consent_ends_with_a_conversation() -> None:
    given = call(local("2020-04-01T10:00"), "", medium="email", direction="inbound", consent_until=date(2020, 4, 7))
    talk = call(local("2020-04-02T10:00"), "answered")
    found = ask(facts(contacts=(given, talk)), local("2020-04-03T10:00"), "us-regf")
    assert until(found) == local("2020-04-09T08:00")


def test_packs_by_the_debtors_country() -> None:
    def names(of: Debtor, *wanted: str) -> tuple[str, ...]:
        place = place_of(of, None, HOUSE)
        return tuple(pack.name for pack in active_packs(PACKS, wanted, place))

    assert names(debtor(country="US"), "auto", "house") == ("us-regf", "house")
    assert names(debtor(country="GB"), "auto") == ("uk",)
    assert names(debtor(country=""), "auto") == ("de",)
    assert names(debtor(country="CH"), "us-regf") == ("us-regf",)


def test_warnings_need_a_number_to_call() -> None:
    assert isinstance(ask(facts(debtor=replace(debtor(), numbers=())), MONDAY, "us-regf"), Refused)
    assert house("a", "b").packs == ("a", "b")
