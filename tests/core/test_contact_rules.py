"""The gate: guard rules, hours, numbers, items."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from collectord.core.contact.contact_rules import Allowed, Refused, guard_rules
from collectord.core.contact.facts import Callback, Doubt, FactKind, OpenPromise, RejectedRow, SourceState
from collectord.core.contact.packs import ring_for
from collectord.core.contact.place import place_of
from collectord.core.contact.refusals import Question
from collectord.core.receivables.ledger import FOREVER
from tests.core.gate_cases import (
    BERLIN,
    FIRST,
    HOUSE,
    NEW_YORK,
    PACKS,
    SECOND,
    ask,
    call,
    debtor,
    fact,
    facts,
    house,
    item,
    local,
    number,
    rules,
)

MONDAY = local("2026-11-23T10:00")


def refused(answer: Allowed | Refused) -> Refused:
    assert isinstance(answer, Refused), answer
    return answer


def only(answer: Allowed | Refused, rule: str, not_before: datetime | None, *, never: bool = False) -> None:
    answer = refused(answer)
    assert rules(answer) == {rule}
    assert answer.not_before == not_before
    assert answer.never is never
    assert all(refusal.reason and "{" not in refusal.reason for refusal in answer.refusals)


def test_a_debtor_with_a_fresh_debt_may_be_called_on_monday_morning() -> None:
    answer = ask(facts(), MONDAY)
    assert isinstance(answer, Allowed)
    assert (answer.number, answer.items, answer.warnings) == (FIRST, ("A1",), ())


# ------------------------------------------------------------------ hours


@pytest.mark.parametrize(
    ("at", "region", "allowed", "next_at"),
    [
        ("2026-11-21T17:59", "BE", True, None),
        ("2026-11-21T18:00", "BE", False, "2026-11-23T08:00"),
        ("2026-11-22T12:00", "BE", False, "2026-11-23T08:00"),
        ("2026-11-23T07:59", "BE", False, "2026-11-23T08:00"),
        ("2026-11-23T08:00", "BE", True, None),
        ("2026-11-23T20:00", "BE", False, "2026-11-24T08:00"),
        ("2026-12-25T10:00", "BE", False, "2026-12-28T08:00"),
        ("2026-11-18T10:00", "SN", False, "2026-11-19T08:00"),
        ("2026-11-18T10:00", "BY", True, None),
        ("2026-11-18T10:00", "BE", True, None),
        ("2026-11-18T10:00", "", False, "2026-11-19T08:00"),
    ],
)
def test_german_hours_and_holidays_of_the_debtors_state(at: str, region: str, allowed: bool, next_at: str | None) -> None:
    answer = ask(facts(debtor=debtor(region=region)), local(at), "auto")
    assert isinstance(answer, Allowed) is allowed
    if next_at:
        only(answer, "de/hours", local(next_at))


def test_a_holiday_is_named() -> None:
    answer = refused(ask(facts(), local("2026-12-25T10:00"), "auto", within=replace(house("auto"), language="de")))
    assert answer.refusals[0].reason == "Fr., 25. Dez. 2026 ist beim Debitor Feiertag: Erster Weihnachtstag."


def test_a_debtor_abroad_has_the_hours_and_holidays_of_that_country() -> None:
    austrian = facts(debtor=debtor(number("+43123456789", zones=("Europe/Vienna",)), country="AT", region="Wien"))
    only(ask(austrian, local("2026-12-08T10:00"), "auto"), "at/hours", local("2026-12-09T08:00"))
    french = facts(debtor=debtor(number("+33612345678", zones=("Europe/Paris",)), country="FR", region=""))
    only(ask(french, local("2026-07-14T10:00"), "auto"), "de/hours", local("2026-07-15T08:00"))


def test_address_and_number_in_two_countries_must_both_suit() -> None:
    both = facts(debtor=debtor(number("+43123456789", zones=("Europe/Vienna",))))
    answer = refused(ask(both, local("2026-12-08T10:00"), "auto"))
    assert rules(answer) == {"de/hours", "at/hours"}
    assert answer.not_before == local("2026-12-09T08:00")


def test_a_country_without_a_holiday_table_is_not_called() -> None:
    nowhere = facts(debtor=debtor(number("+8501921234567", zones=()), country="ZZ", region=""))
    answer = refused(ask(nowhere, MONDAY, "auto"))
    assert "guard/holidays-unknown" in rules(answer)
    assert answer.not_before is None


def test_a_holiday_table_that_ends_leaves_the_next_instant_unknown() -> None:
    sri_lanka = facts(debtor=debtor(number("+94112345678", zones=("Asia/Colombo",)), country="LK", region=""))
    only(ask(sri_lanka, local("2026-12-31T22:00", "Asia/Colombo"), "auto"), "de/hours", None)


def test_a_pack_that_no_file_has_stops_every_call() -> None:
    only(ask(facts(), MONDAY, "auto", "hause"), "guard/unknown-pack", None)


def test_without_any_hours_in_force_nobody_is_called() -> None:
    only(ask(facts(), MONDAY, "house", packs={"house": PACKS["house"]}), "guard/no-hours", None)


@pytest.mark.parametrize("wanted", [("house",), ("guard",)])
def test_a_list_of_packs_without_hours_falls_back_to_the_strictest_ones(wanted: tuple[str, ...]) -> None:
    only(ask(facts(), local("2026-11-23T03:00"), *wanted), "de/hours", local("2026-11-23T08:00"))


def test_the_hour_must_suit_area_code_and_address() -> None:
    two = facts(debtor=debtor(number("+12125550100", zones=(NEW_YORK,)), country="US", region="CA"))
    at = "2026-11-23T{}"
    assert isinstance(ask(two, local(at.format("11:00"), NEW_YORK), "us-regf"), Allowed)
    assert isinstance(ask(two, local(at.format("20:59"), NEW_YORK), "us-regf"), Allowed)
    only(ask(two, local(at.format("10:59"), NEW_YORK), "us-regf"), "us-regf/hours", local(at.format("11:00"), NEW_YORK))
    only(ask(two, local(at.format("21:00"), NEW_YORK), "us-regf"), "us-regf/hours", local("2026-11-24T11:00", NEW_YORK))


# ------------------------------------------------------------------ guard: the debtor


def test_do_not_call_is_for_ever() -> None:
    only(ask(facts(facts=(fact(FactKind.DO_NOT_CALL),)), MONDAY), "guard/do-not-call", None, never=True)
    said = call(MONDAY - timedelta(days=300), "answered", disposition="do_not_call")
    only(ask(facts(contacts=(said,)), MONDAY), "guard/do-not-call", None, never=True)


def test_do_not_call_leaves_letters_and_e_mails() -> None:
    stopped = facts(facts=(fact(FactKind.DO_NOT_CALL),), debtor=replace(debtor(), numbers=()))
    letter = ask(stopped, local("2026-11-22T03:00"), medium="letter")
    assert isinstance(letter, Allowed)
    assert letter.number == ""


def test_do_not_call_until_a_day_ends_with_that_day() -> None:
    rest = facts(facts=(fact(FactKind.DO_NOT_CALL, until_on=date(2026, 11, 25)),))
    only(ask(rest, MONDAY), "guard/do-not-call", local("2026-11-26T08:00"))
    assert isinstance(ask(rest, local("2026-11-26T08:00")), Allowed)


@pytest.mark.parametrize("medium", ["call", "letter"])
def test_a_legal_state_stops_every_medium(medium: str) -> None:
    only(ask(facts(debtor=debtor(legal_state="insolvency")), MONDAY, medium=medium), "guard/legal-state", None)
    only(ask(facts(facts=(fact(FactKind.LEGAL_STATE, "lawyer"),)), MONDAY, medium=medium), "guard/legal-state", None)


@pytest.mark.parametrize("word", ["", "none", "keine", "No"])
def test_words_for_no_legal_state_stop_nothing(word: str) -> None:
    assert isinstance(ask(facts(debtor=debtor(legal_state=word)), MONDAY), Allowed)


def test_an_open_promise_holds_calls_until_its_grace_is_over() -> None:
    promise = OpenPromise(
        id="p", amount=item().open_amount, currency="EUR", promised_on=date(2026, 11, 26), grace_until=date(2026, 11, 28), made_at=MONDAY
    )
    answer = ask(facts(promises=(promise,)), MONDAY)
    only(answer, "guard/open-promise", local("2026-11-30T08:00"))
    assert "€100.00" in refused(answer).refusals[0].reason


def test_paid_already_gives_five_banking_days() -> None:
    told = call(local("2026-11-09T10:00"), "answered", disposition="paid_already")
    only(ask(facts(contacts=(told,)), local("2026-11-16T10:00")), "guard/payment-seen", local("2026-11-17T08:00"))
    assert isinstance(ask(facts(contacts=(told,)), local("2026-11-17T10:00")), Allowed)


def test_paid_already_without_a_calendar_holds_longer() -> None:
    told = call(local("2026-11-16T10:00"), "answered", disposition="paid_already")
    answer = refused(ask(facts(contacts=(told,)), MONDAY, within=replace(house("de"), country="ZZ")))
    assert "guard/payment-seen" in rules(answer)


def test_no_call_before_accountings_deadline_but_on_its_day() -> None:
    given = facts(items=(item(), item("A2", dunning_deadline=date(2026, 11, 24))))
    only(ask(given, MONDAY), "guard/dunning-deadline", local("2026-11-24T08:00"))
    assert isinstance(ask(given, local("2026-11-24T08:00")), Allowed)


def test_a_deadline_in_the_year_9999_is_survived() -> None:
    assert refused(ask(facts(items=(item(dunning_deadline=date(9999, 12, 31)),)), MONDAY)).not_before is None


def test_ask_first_waits_for_a_person_or_its_last_day() -> None:
    only(ask(facts(facts=(fact(FactKind.ASK_FIRST, "sales"),)), MONDAY), "house/ask-first", None)
    dated = facts(facts=(fact(FactKind.ASK_FIRST, "sales", until_on=date(2026, 11, 23)),))
    only(ask(dated, MONDAY), "house/ask-first", local("2026-11-24T08:00"))


# ------------------------------------------------------------------ guard: what is owed


def test_credits_above_the_debt_are_no_reason_to_call() -> None:
    only(ask(facts(items=(item(), item("G1", "-100.00"))), MONDAY), "guard/nothing-owed", None)


def test_a_credit_in_another_currency_nets_nothing() -> None:
    assert isinstance(ask(facts(items=(item(), item("G1", "-500.00", currency="CHF"))), MONDAY), Allowed)


def test_nothing_open_is_said() -> None:
    answer = ask(facts(items=()), MONDAY)
    only(answer, "guard/nothing-owed", None)
    assert refused(answer).refusals[0].reason == "Nothing is open."


def test_the_undisputed_rest_stays_callable() -> None:
    answer = ask(facts(items=(item(dispute=True), item("A2"))), MONDAY)
    assert isinstance(answer, Allowed)
    assert answer.items == ("A2",)


def test_only_disputed_items_are_refused_by_export_or_by_a_recorded_dispute() -> None:
    only(ask(facts(items=(item(dispute=True),)), MONDAY), "guard/dispute", None)
    only(ask(facts(facts=(fact(FactKind.DISPUTE, "A1"),)), MONDAY), "guard/dispute", None)
    only(ask(facts(facts=(fact(FactKind.DISPUTE, ""),)), MONDAY), "guard/dispute", None)
    dated = facts(facts=(fact(FactKind.DISPUTE, "A1", until_on=date(2026, 11, 24)),))
    only(ask(dated, MONDAY), "guard/dispute", local("2026-11-25T08:00"))


def test_a_rest_that_credits_cover_is_no_reason_to_call() -> None:
    answer = ask(facts(items=(item(dispute=True), item("A2", "40.00"), item("G1", "-50.00"))), MONDAY)
    assert rules(answer) == {"guard/dispute", "guard/nothing-owed"}
    assert refused(answer).not_before is None


def test_a_dunning_block_holds_through_its_last_day() -> None:
    blocked = facts(items=(item(dunning_block_until=date(2026, 11, 24)),))
    only(ask(blocked, local("2026-11-24T19:00")), "guard/dunning-block", local("2026-11-25T08:00"))
    assert isinstance(ask(blocked, local("2026-11-25T08:00")), Allowed)
    only(ask(facts(items=(item(dunning_block_until=FOREVER),)), MONDAY), "guard/dunning-block", None)


def test_the_first_item_that_becomes_free_ends_the_refusal() -> None:
    held = facts(items=(item(dispute=True), item("A2", dunning_block_until=date(2026, 11, 24)), item("A3", dunning_block_until=FOREVER)))
    answer = refused(ask(held, MONDAY))
    assert rules(answer) == {"guard/dispute", "guard/dunning-block"}
    assert answer.not_before == local("2026-11-25T08:00")


def test_a_direct_debit_that_has_not_come_back_is_not_called_about() -> None:
    only(ask(facts(items=(item(payment_method="direct_debit"),)), MONDAY), "guard/direct-debit", None)
    assert isinstance(ask(facts(items=(item(payment_method="direct_debit"), item("A2"))), MONDAY), Allowed)


def test_a_question_about_one_item_is_answered_for_that_item() -> None:
    mixed = facts(items=(item(dispute=True), item("A2")))
    only(ask(mixed, MONDAY, item="A1"), "guard/dispute", None)
    assert isinstance(ask(mixed, MONDAY, item="A2"), Allowed)
    only(ask(mixed, MONDAY, item="A9"), "guard/nothing-owed", None)


# ------------------------------------------------------------------ guard: the data


def test_fridays_export_allows_calls_all_monday_and_none_on_tuesday() -> None:
    friday = facts(as_of=date(2026, 11, 20))
    assert isinstance(ask(friday, local("2026-11-23T19:59"), fresh=False), Allowed)
    answer = ask(friday, local("2026-11-24T10:00"), fresh=False)
    only(answer, "guard/stale-source", None)
    assert "2 accounting days old, 1 is allowed" in refused(answer).refusals[0].reason


def test_a_source_without_a_snapshot_is_not_known_well_enough() -> None:
    only(ask(facts(as_of=None), MONDAY, fresh=False), "guard/no-snapshot", None)


def test_an_age_that_cannot_be_counted_is_stale() -> None:
    answer = refused(ask(facts(as_of=date(2026, 11, 20)), MONDAY, fresh=False, within=replace(house("de"), country="ZZ")))
    assert "guard/stale-source" in rules(answer)


def test_a_held_batch_stops_the_debtors_of_its_source() -> None:
    source = SourceState(source="canonical", fresh_as_of=date(2026, 11, 23), held=("op.csv",))
    only(ask(facts(sources=(source,)), MONDAY), "guard/held-source", None)


def test_a_rejected_row_makes_its_debtor_uncallable() -> None:
    row = RejectedRow(source="canonical", line=7, column="due_on", value="31.02.2026", reason="no such day")
    answer = ask(facts(rejected_rows=(row,)), MONDAY)
    only(answer, "guard/rejected-row", None)
    assert "line 7, due_on: no such day" in refused(answer).refusals[0].reason


def test_a_doubtful_item_makes_its_debtor_uncallable() -> None:
    only(ask(facts(doubtful=frozenset({"A1"})), MONDAY), "guard/doubtful-item", None)


def test_a_doubt_of_the_house_stops_every_call() -> None:
    only(ask(facts(doubts=(Doubt(rule="guard/clock", reason="The clock jumped."),)), MONDAY), "guard/clock", None)


# ------------------------------------------------------------------ guard: calls in progress and numbers


def test_one_live_attempt_per_debtor_and_per_number() -> None:
    live = call(MONDAY - timedelta(minutes=1), "", live=True)
    only(ask(facts(contacts=(live,)), MONDAY), "guard/live-attempt", None)
    only(ask(facts(number_contacts=(replace(live, debtor_no="11"),)), MONDAY), "guard/live-attempt", None)


def test_an_attempt_of_unknown_fate_is_never_dialled_again_by_itself() -> None:
    lost = call(MONDAY - timedelta(days=30), "unknown", unresolved=True)
    only(ask(facts(contacts=(lost,)), MONDAY), "guard/unknown-attempt", None)


def test_a_fault_before_dialling_waits_five_minutes_and_an_agents_skip_does_not() -> None:
    failed = call(MONDAY, "not_dialled", attempt_id="x")
    only(ask(facts(contacts=(failed,)), MONDAY + timedelta(minutes=1)), "guard/not-dialled-pause", MONDAY + timedelta(minutes=5))
    skipped = replace(failed, agent_result="skipped")
    assert isinstance(ask(facts(contacts=(skipped,)), MONDAY + timedelta(minutes=1)), Allowed)


def test_a_debtor_without_a_dialable_number_is_told_in_words() -> None:
    only(ask(facts(debtor=replace(debtor(), numbers=())), MONDAY), "guard/no-number", None)
    bad = debtor(number(None, problem="too short"), number(None, 2))
    answer = ask(facts(debtor=bad), MONDAY)
    only(answer, "guard/no-number", None)
    assert "? (too short)" in refused(answer).refusals[0].reason


def test_the_second_number_passes_the_same_gate_when_the_first_may_not_be_dialled() -> None:
    two = facts(debtor=debtor(number(), number(SECOND, 2)), facts=(fact(FactKind.NUMBER_BLOCKED, FIRST),))
    answer = ask(two, MONDAY)
    assert isinstance(answer, Allowed)
    assert answer.number == SECOND
    only(ask(two, MONDAY, number=FIRST), "guard/number-blocked", None)
    only(ask(two, MONDAY, number="+493099999999"), "guard/no-number", None)


def test_a_wrong_number_is_not_dialled_again() -> None:
    only(ask(facts(facts=(fact(FactKind.NUMBER_WRONG, FIRST),)), MONDAY), "guard/number-wrong", None)
    met = call(MONDAY - timedelta(days=90), "answered", disposition="wrong_number")
    only(ask(facts(contacts=(met,)), MONDAY), "guard/number-wrong", None)


def test_a_number_that_rests_until_a_day_is_free_after_it() -> None:
    rests = facts(facts=(fact(FactKind.NUMBER_BLOCKED, FIRST, until_on=date(2026, 11, 24), reason="not in service"),))
    answer = ask(rests, MONDAY)
    only(answer, "guard/number-blocked", local("2026-11-25T08:00"))
    assert refused(answer).refusals[0].reason.endswith("is blocked: not in service.")


def test_of_two_refused_numbers_the_one_that_is_free_first_answers() -> None:
    dated = (
        fact(FactKind.NUMBER_BLOCKED, FIRST, until_on=date(2026, 11, 30)),
        fact(FactKind.NUMBER_BLOCKED, SECOND, until_on=date(2026, 11, 24)),
    )
    two = facts(debtor=debtor(number(), number(SECOND, 2)), facts=dated)
    assert refused(ask(two, MONDAY)).not_before == local("2026-11-25T08:00")
    other_way = facts(debtor=debtor(number(SECOND), number(FIRST, 2)), facts=dated)
    assert refused(ask(other_way, MONDAY)).not_before == local("2026-11-25T08:00")


# ------------------------------------------------------------------ wishes and overrides


def test_a_wish_for_hours_is_kept() -> None:
    wished = facts(facts=(fact(FactKind.WISH, "mon-fri 08:00-15:00,17:00-21:00"),))
    answer = refused(ask(wished, local("2026-11-25T15:30")))
    assert rules(answer) == {"house/wishes", "de/wishes"}
    assert answer.not_before == local("2026-11-25T17:00")
    assert refused(ask(wished, local("2026-11-28T12:00"))).not_before == local("2026-11-30T08:00")


def test_the_newest_wish_holds() -> None:
    changed = facts(facts=(fact(FactKind.WISH, "mon 08:00-09:00"), fact(FactKind.WISH, "mon 10:00-11:00")))
    assert isinstance(ask(changed, MONDAY), Allowed)


def test_a_day_without_calls_is_kept() -> None:
    no_fridays = facts(facts=(fact(FactKind.NOT_ON, "fri"),))
    answer = refused(ask(no_fridays, local("2026-11-27T10:00")))
    assert rules(answer) == {"house/wishes", "de/wishes"}
    assert answer.not_before == local("2026-11-28T09:00")


def test_wishes_that_exclude_every_hour_leave_no_next_instant() -> None:
    never = facts(facts=(fact(FactKind.WISH, "fri 10:00-12:00"), fact(FactKind.NOT_ON, "fri")))
    assert refused(ask(never, MONDAY)).not_before is None


def test_a_wish_with_a_last_day_ends() -> None:
    until = facts(facts=(fact(FactKind.WISH, "sun", until_on=date(2026, 11, 24)),))
    assert refused(ask(until, MONDAY)).not_before == local("2026-11-25T08:00")


def test_an_unreadable_wish_refuses() -> None:
    assert refused(ask(facts(facts=(fact(FactKind.WISH, "someday"),)), MONDAY)).not_before is None


def test_an_override_names_rule_person_and_reason_and_ends_with_its_day() -> None:
    busy_day = (call(MONDAY - timedelta(hours=2)),)
    by_hand = fact(FactKind.OVERRIDE, "house/1-per-day", actor="lead", reason="line dropped", until_on=date(2026, 11, 23))
    over = facts(contacts=busy_day, facts=(by_hand,))
    answer = refused(ask(over, MONDAY))
    assert "house/1-per-day" not in rules(answer)
    assert "house/1-per-day-and-number" in rules(answer)
    assert answer.warnings[0].rule == "house/1-per-day"
    assert "lead" in answer.warnings[0].reason
    assert "line dropped" in answer.warnings[0].reason


def test_no_override_lifts_the_guard() -> None:
    tried = facts(facts=(fact(FactKind.DO_NOT_CALL), fact(FactKind.OVERRIDE, "guard/do-not-call")))
    only(ask(tried, MONDAY), "guard/do-not-call", None, never=True)


def test_a_rule_of_the_guard_is_never_set_aside_even_in_a_question() -> None:
    tried = facts(facts=(fact(FactKind.OVERRIDE, "guard/dispute"),))
    place = place_of(tried.debtor, None, HOUSE)
    question = Question(facts=tried, packs=(), known_packs={}, house=HOUSE, place=place, now=MONDAY, number=None)
    assert question.override_of("guard/dispute", MONDAY) is None


# ------------------------------------------------------------------ words


def test_every_guard_rule_that_can_refuse_is_published() -> None:
    assert {"guard/do-not-call", "guard/stale-source", "guard/holidays-unknown"} <= set(guard_rules())


def test_ringing_stays_inside_the_packs_bounds() -> None:
    german = (PACKS["de"],)
    assert ring_for(german, timedelta(seconds=60)) == timedelta(seconds=40)
    assert ring_for(german, timedelta(seconds=5)) == timedelta(seconds=15)
    assert ring_for((PACKS["uk"],), timedelta(seconds=90)) == timedelta(seconds=90)


def test_reasons_are_german_in_a_german_house() -> None:
    answer = refused(ask(facts(items=(item(dispute=True),)), MONDAY, within=replace(HOUSE, language="de")))
    assert answer.refusals[0].reason == "Bestritten, und sonst gibt es nichts zu besprechen: A1."


def test_a_reason_names_only_the_items_for_which_its_day_is_true() -> None:
    first, last = date(2026, 11, 24), date(2026, 11, 27)
    blocked = facts(items=(item(dunning_block_until=first), item("A2", dunning_block_until=last), item("A3", dispute=True)))
    told = {one.rule: one.reason for one in refused(ask(blocked, MONDAY)).refusals}
    assert told["guard/dunning-block"] == "Dunning block until Fri 27 Nov 2026, and nothing else may be spoken about: A2."
    given = facts(items=(item(dunning_deadline=first), item("A2", dunning_deadline=last)))
    [late] = refused(ask(given, MONDAY)).refusals
    assert late.reason == "Accounting's payment deadline for A2 is Fri 27 Nov 2026; no call before that day."


def test_an_agreed_callback_is_no_licence_against_hours_or_guard() -> None:
    back = Callback(task_id="t", at=local("2026-11-22T10:00"), agreed_at=MONDAY - timedelta(days=3))
    assert rules(ask(facts(callbacks=(back,)), local("2026-11-22T10:00"))) == {"de/hours"}
    assert datetime(2026, 11, 22, 9, tzinfo=UTC) == local("2026-11-22T10:00", BERLIN)
