"""Dunning: the oldest item drives, nothing is skipped, nothing owed means no contact, and planning twice changes nothing."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectord.core.receivables.dunning import Cancel, Change, Create, Keep, Nothing, changed_task, day_begins, new_task, plan_tasks
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladder_text import parse_ladders
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import FOREVER, Debtor, OpenItem
from collectord.core.receivables.steps import carried_out
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.rule_text import Table

ZONE = "Europe/Berlin"
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FIRM = Debtor(company="", debtor_no="10023", debtor_name="Muster GmbH", person_type="business")
PERSON = replace(FIRM, person_type="private")
STANDARD = parse_ladders(Table(tomllib.loads((Path(__file__).parents[2] / "rules" / "ladders.toml").read_text(encoding="utf-8")), "", []))[
    0
]
STANDARD = replace(STANDARD, levels=(replace(STANDARD.levels[0], min_risk=0), *STANDARD.levels[1:]))  # no risk is estimated here


def item(number: str = "A", days: int = 12, amount: str = "410.00", **fields: Any) -> OpenItem:
    """An item so many days past due today."""
    return OpenItem(
        company="", debtor_no="10023", item_no=number, source="canonical", due_on=TODAY - days * DAY, open_amount=Decimal(amount), **fields
    )


def ask(
    *items: OpenItem, debtor: Debtor = FIRM, ladder: Ladder | None = STANDARD, holds: Holds = NO_HOLD, on: date = TODAY
) -> Wanted | NotWanted:
    return wanted(debtor, items, ladder, on, holds=holds)


def yes(*items: OpenItem, **more: Any) -> Wanted:
    answer = ask(*items, **more)
    assert isinstance(answer, Wanted), answer
    return answer


def no(*items: OpenItem, **more: Any) -> NotWanted:
    answer = ask(*items, **more)
    assert isinstance(answer, NotWanted), answer
    return answer


def step(answer: NotWanted) -> str | None:
    """The step that is waited for."""
    return answer.level.name if answer.level else None


def test_an_old_item_that_nobody_called_about_starts_with_the_friendly_call() -> None:
    answer = yes(item(days=60))
    assert (answer.level.name, answer.items, answer.open_amount) == ("friendly call", ("A",), {"EUR": Decimal("410.00")})
    assert answer.since == TODAY - 57 * DAY
    assert answer.why("en", ZONE) == "Step 2 (friendly call): A was due on Thu 24 Sept 2026 and €410.00 is open in 1 item."
    assert answer.why("de", ZONE).startswith("Stufe 2 (freundliche Erinnerung): A war am Do., 24. Sept. 2026 fällig")


@pytest.mark.parametrize(
    ("days", "reached", "name"),
    [(3, 0, "friendly call"), (10, 2, "second call"), (20, 3, "firm call"), (45, 5, "handover"), (60, 3, "firm call")],
)
def test_the_next_step_comes_on_its_day_and_the_switched_off_letter_does_not_count(days: int, reached: int, name: str) -> None:
    answer = yes(item(days=days, contact_level=reached))
    assert answer.level.name == name
    assert answer.medium == ("handover" if name == "handover" else "call")


@pytest.mark.parametrize(("days", "reached", "waits"), [(2, 0, 1), (9, 2, 1), (19, 3, 1), (44, 5, 1), (12, 3, 8)])
def test_before_its_day_a_step_is_waited_for(days: int, reached: int, waits: int) -> None:
    answer = no(item(days=days, contact_level=reached))
    assert (answer.rule, answer.until) == ("not-yet", TODAY + waits * DAY)
    assert answer.level is not None


def test_the_gap_since_the_last_contact_is_kept_whichever_item_it_was_about() -> None:
    answer = no(item("A", 20, contact_level=3), item("B", -5, contact_level=0, contacted_on=TODAY - 4 * DAY))
    assert (answer.rule, answer.until) == ("gap", TODAY + 3 * DAY)
    assert "19 Nov 2026" in answer.why("en", ZONE)
    assert yes(item("A", 20, contact_level=3, contacted_on=TODAY - 7 * DAY)).since == TODAY


def test_a_letter_of_the_dunning_run_counts_as_a_contact_for_the_gap() -> None:
    dunned = item("A", 20, contact_level=3, last_dunned_on=TODAY - 2 * DAY, dunning_level=2)
    answer = no(dunned)
    assert (answer.rule, answer.until) == ("gap", TODAY + 5 * DAY)
    assert "21 Nov 2026" in answer.why("en", ZONE)
    assert yes(replace(dunned, last_dunned_on=TODAY + 3 * DAY)).since == TODAY  # a run that is still to come


def test_a_friendly_call_waits_for_the_deadline_of_the_letter_that_went_out_yesterday() -> None:
    dunned = item("A", 12, last_dunned_on=TODAY - DAY, dunning_level=1, dunning_deadline=TODAY + 7 * DAY)
    assert (no(dunned).rule, no(dunned).until) == ("deadline", TODAY + 7 * DAY)
    assert yes(dunned, on=TODAY + 7 * DAY).level.name == "friendly call"


def test_steps_wait_until_bookings_reach_their_day() -> None:
    booked_until_saturday = item("A", 4, booking_lag=2)
    assert (no(booked_until_saturday).rule, no(booked_until_saturday).until) == ("not-yet", TODAY + 1 * DAY)
    assert yes(item("A", 5, booking_lag=2)).since == TODAY
    assert yes(item("A", 30, booking_lag=2), item("B", 2, booking_lag=2)).items == ("A",)  # B may be paid by now
    # Before the due date nobody is late, and what is booked does not matter.
    assert yes(item("A", -3, "1500.00", booking_lag=2)).level.name == "courtesy call"
    assert no(item("A", 1, "1500.00", booking_lag=2)).rule == "not-yet"


def test_a_due_date_moved_behind_the_last_contact_ends_the_escalation() -> None:
    called = item("A", 20, contact_level=3, contacted_on=TODAY - 8 * DAY)
    assert yes(called).level.name == "firm call"
    moved = replace(called, due_on=TODAY + 5 * DAY)
    assert step(no(moved)) == "friendly call"
    assert yes(moved, on=TODAY + 8 * DAY).level.name == "friendly call"
    handed_over = item("A", -5, contact_level=6, contacted_on=TODAY - 8 * DAY)
    assert no(handed_over).rule == "not-yet"
    assert carried_out(STANDARD, 2, [replace(moved, due_on=TODAY - 3 * DAY)], TODAY) == {"A": 2}
    assert carried_out(STANDARD, 2, [replace(called, due_on=TODAY - 18 * DAY)], TODAY) == {"A": 3}  # not moved behind it: it goes on


def test_a_courtesy_counts_although_it_came_before_the_due_date() -> None:
    reminded = item("A", -2, "1500.00", contact_level=1, contacted_on=TODAY - DAY)
    assert step(no(reminded)) == "friendly call"


def test_the_oldest_item_drives_and_one_call_covers_all_that_is_due() -> None:
    answer = yes(item("B", 4), item("A", 12), item("C", -2), item("D", 0))
    assert (answer.driver, answer.level.number, answer.items, answer.oldest_due_on) == ("A", 2, ("A", "B"), TODAY - 12 * DAY)
    assert answer.open_amount == {"EUR": Decimal("820.00")}


def test_a_younger_item_waits_for_the_step_of_the_oldest() -> None:
    assert no(item("A", 12, contact_level=3), item("B", 4)).until == TODAY + 8 * DAY


def test_an_item_whose_ladder_is_finished_lets_the_next_oldest_drive() -> None:
    ladder = replace(STANDARD, levels=STANDARD.levels[:3])
    answer = yes(item("A", 30, contact_level=3), item("B", 4), ladder=ladder)
    assert (answer.driver, answer.items) == ("B", ("A", "B"))
    assert no(item("A", 30, contact_level=3), ladder=ladder).rule == "finished"
    assert no(item("A", 30, contact_level=3), item("B", -20, contact_level=3), ladder=ladder).until == TODAY + 21 * DAY


def test_a_handed_over_item_is_not_spoken_about_any_more() -> None:
    assert no(item("A", 80, contact_level=6)).rule == "handed-over"
    assert yes(item("A", 80, contact_level=6), item("B", 4)).items == ("B",)


def test_a_handover_does_not_take_young_items_along() -> None:
    answer = yes(item("A", 50, contact_level=5), item("B", 30, contact_level=3), item("C", 48, contact_level=5), item("D", 49))
    assert (answer.level.name, answer.items) == ("handover", ("A", "C"))


def test_a_courtesy_call_is_for_large_amounts_of_firms_before_the_due_date_only() -> None:
    answer = yes(item("A", -3, "1500.00"), item("B", -9, "5000.00"))
    assert (answer.level.name, answer.items, answer.expires_on) == ("courtesy call", ("A",), TODAY + 4 * DAY)
    assert "falls due on Thu 26 Nov 2026" in answer.why("en", ZONE)
    assert no(item("A", -3, "999.99")).rule == "below-minimum"
    assert no(item("A", -4, "1500.00")).until == TODAY + 1 * DAY
    assert no(item("A", -3, "1500.00"), debtor=PERSON).rule == "not-yet"
    assert step(no(item("A", -3, "1500.00"), debtor=PERSON)) == "friendly call"
    assert yes(item("A", 0, "1500.00")).level.name == "courtesy call"
    assert step(no(item("A", 1, "1500.00"))) == "friendly call"


def test_a_courtesy_that_the_gap_pushes_beyond_the_due_date_lapses() -> None:
    answer = no(item("A", -3, "1500.00", contacted_on=TODAY - 1 * DAY))
    assert (answer.rule, step(answer)) == ("not-yet", "friendly call")


def test_amounts_that_together_reach_the_minimum_of_a_courtesy_ask_for_one() -> None:
    first = no(item("A", -3, "600.00"), item("B", -2, "300.00"), item("C", -1, "50.00"), item("D", -4, "400.00"))
    assert (first.rule, first.until) == ("below-minimum", TODAY + 1 * DAY)
    answer = yes(item("A", -3, "600.00"), item("B", -2, "300.00"), item("C", -1, "100.00"))
    assert (answer.driver, answer.items) == ("C", ("C", "B", "A"))


def test_an_overdue_item_goes_before_a_courtesy() -> None:
    assert step(no(item("A", 1, "30.00"), item("B", -3, "1500.00"))) == "friendly call"


def test_below_the_minimum_a_step_waits_until_more_falls_due() -> None:
    answer = no(item("A", 12, "20.00"), item("B", -3, "10.00"))
    assert (answer.rule, answer.until) == ("below-minimum", TODAY + 4 * DAY)
    assert answer.why("en", ZONE) == "€20.00 is below the €25.00 that step 2 (friendly call) asks for."
    assert yes(item("A", 12, "20.00"), item("B", 1, "10.00")).open_amount == {"EUR": Decimal("30.00")}


def test_amounts_of_different_currencies_are_never_added() -> None:
    assert no(item("A", 12, "20.00"), item("B", 9, "20.00", currency="CHF")).rule == "below-minimum"
    answer = yes(item("A", 12, "20.00"), item("B", 9, "30.00", currency="CHF"))
    assert answer.open_amount == {"CHF": Decimal("30.00"), "EUR": Decimal("20.00")}


def test_credits_pay_the_oldest_items_first_and_nothing_owed_means_no_contact() -> None:
    credit = item("G", -30, "-410.00", kind="credit_note")
    assert no(item("A"), credit).rule == "credits-cover"
    answer = yes(item("A", 30, contact_level=3), item("B", 4, "100.00"), credit)
    assert (answer.driver, answer.items, answer.open_amount) == ("B", ("B",), {"EUR": Decimal("100.00")})
    partly = yes(item("A", 12), item("G", 5, "-100.00"))
    assert (partly.items, partly.open_amount) == (("A",), {"EUR": Decimal("310.00")})
    assert yes(item("A"), item("G", 5, "-999.00", currency="CHF")).items == ("A",)


def test_only_credits_means_that_nothing_is_open() -> None:
    assert no(item("G", 5, "-100.00")).rule == "nothing-open"
    assert no().rule == "nothing-open"


@pytest.mark.parametrize(
    ("fields", "rule", "until"),
    [
        ({"dispute": True}, "disputed", None),
        ({"payment_method": "direct_debit"}, "direct-debit", None),
        ({"dunning_block_until": FOREVER}, "blocked-for-good", None),
        ({"dunning_block_until": TODAY + 5 * DAY}, "blocked", TODAY + 6 * DAY),
        ({"dunning_deadline": TODAY + 5 * DAY}, "deadline", TODAY + 5 * DAY),
    ],
)
def test_what_may_not_be_spoken_about_is_left_out_and_alone_means_no_contact(fields: dict[str, Any], rule: str, until: date | None) -> None:
    answer = no(item("A", 12, **fields))
    assert (answer.rule, answer.until) == (rule, until)
    assert "A" in answer.why("en", ZONE)
    assert answer.why("de", ZONE)
    assert yes(item("A", 12, **fields), item("B", 4)).items == ("B",)


def test_a_block_or_deadline_that_has_passed_holds_nothing() -> None:
    assert yes(item("A", dunning_block_until=TODAY - 1 * DAY)).items == ("A",)
    assert yes(item("A", dunning_deadline=TODAY)).items == ("A",)
    assert no(item("A", dunning_block_until=TODAY)).until == TODAY + 1 * DAY


def test_a_dispute_that_a_human_recorded_counts_as_the_exports_own() -> None:
    assert no(item("A"), holds=Holds(disputed_items=frozenset({"A"}))).rule == "disputed"


@pytest.mark.parametrize(
    ("holds", "rule", "until"),
    [
        (Holds(legal_state="insolvency"), "legal-state", None),
        (Holds(promise_until=TODAY + 2 * DAY), "promise", TODAY + 3 * DAY),
        (Holds(promise_until=TODAY - 2 * DAY), "promise-unjudged", TODAY + 1 * DAY),
        (Holds(appointment=NOW), "appointment", None),
    ],
)
def test_what_holds_the_whole_ladder_says_so(holds: Holds, rule: str, until: date | None) -> None:
    answer = no(item("A"), holds=holds)
    assert (answer.rule, answer.until) == (rule, until)
    assert answer.why("en", ZONE) != answer.why("de", ZONE)


def test_the_exports_legal_state_stops_the_ladder_too() -> None:
    assert no(item("A"), debtor=replace(FIRM, legal_state="insolvency")).rule == "legal-state"


def test_a_legal_state_stops_the_ladder_whoever_says_it_and_a_dash_is_none() -> None:
    assert no(item("A"), debtor=replace(FIRM, legal_state="insolvency"), holds=Holds(legal_state="none")).rule == "legal-state"
    assert yes(item("A"), debtor=replace(FIRM, legal_state="-")).items == ("A",)


def test_a_dispute_about_the_whole_account_leaves_nothing_to_speak_about() -> None:
    assert no(item("A"), item("B", 4), holds=Holds(disputed_items=frozenset({""}))).rule == "disputed"


def test_without_a_ladder_nothing_is_wanted() -> None:
    assert no(item("A"), ladder=None).rule == "no-ladder"


def test_who_must_not_be_called_goes_on_to_the_steps_that_are_no_calls() -> None:
    silent = Holds(do_not_call=True)
    assert step(no(item("A", 12), holds=silent)) == "handover"
    assert yes(item("A", 45), holds=silent).medium == "handover"


def test_a_step_with_an_expiry_is_not_made_up_for_later() -> None:
    levels = tuple(replace(one, expires_after=7) if one.number == 2 else one for one in STANDARD.levels)
    ladder = replace(STANDARD, levels=levels)
    assert yes(item("A", 9), ladder=ladder).expires_on == TODAY + 1 * DAY
    assert yes(item("A", 10), ladder=ladder).level.name == "second call"
    small = no(item("A", 9, "5.00"), ladder=ladder)
    assert (small.rule, small.until) == ("below-minimum", TODAY + 1 * DAY)


def test_a_young_item_spoken_about_along_with_an_old_one_keeps_its_later_steps() -> None:
    items = [item("A", 20, contact_level=3), item("B", 4), item("C", 60, contact_level=5)]
    assert carried_out(STANDARD, 5, items, TODAY) == {"A": 5, "B": 2, "C": 5}


# ---------------------------------------------------------------- tasks


def made(answer: Wanted) -> Task:
    return new_task(answer, "t1", NOW, language="en", zone=ZONE)


def test_a_wanted_contact_becomes_a_task_that_is_ready_from_the_beginning_of_its_day() -> None:
    decision = plan_tasks(FIRM, [item(days=3)], None, STANDARD, TODAY)
    assert isinstance(decision, Create)
    task = made(decision.wanted)
    assert (task.id, task.level, task.state, task.priority, task.expires_at) == ("t1", 2, TaskState.READY, 40, None)
    assert task.not_before == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert new_task(decision.wanted, "t", NOW - 2 * DAY, language="en", zone=ZONE).state is TaskState.PLANNED


def test_a_courtesy_task_ends_with_the_due_day() -> None:
    assert made(yes(item(days=-3, amount="1500.00"))).expires_at == day_begins(TODAY + 4 * DAY, ZONE)


def test_a_task_that_says_the_same_is_kept_however_often_it_was_postponed() -> None:
    task = replace(made(yes(item())), not_before=NOW + 3 * DAY, state=TaskState.PLANNED, attempts_made=2, why="old words")
    assert plan_tasks(FIRM, [item()], task, STANDARD, TODAY) == Keep(task)


def test_a_part_payment_changes_the_amount_and_keeps_postponement_and_attempts() -> None:
    task = replace(made(yes(item())), not_before=NOW + 3 * DAY, state=TaskState.PLANNED, attempts_made=2, agent="201")
    decision = plan_tasks(FIRM, [item(amount="200.00")], task, STANDARD, TODAY)
    assert isinstance(decision, Change)
    changed = changed_task(decision, NOW, language="en", zone=ZONE)
    assert changed.open_amount == {"EUR": Decimal("200.00")}
    assert (changed.id, changed.not_before, changed.state, changed.attempts_made, changed.agent) == (
        "t1", NOW + 3 * DAY, TaskState.PLANNED, 2, "201",
    )  # fmt: skip
    assert "€200.00" in changed.why


def test_another_step_starts_afresh() -> None:
    task = replace(made(yes(item())), not_before=NOW + 3 * DAY, state=TaskState.PLANNED, attempts_made=2)
    decision = plan_tasks(FIRM, [item(contact_level=2)], task, STANDARD, TODAY)
    assert isinstance(decision, Change)
    changed = changed_task(decision, NOW, language="en", zone=ZONE)
    assert (changed.level, changed.attempts_made, changed.state, changed.created_at) == (3, 0, TaskState.READY, task.created_at)


def test_when_everything_is_cleared_the_task_is_cancelled_with_the_reason() -> None:
    task = made(yes(item()))
    decision = plan_tasks(FIRM, [], task, STANDARD, TODAY)
    assert isinstance(decision, Cancel)
    assert decision.reason.why("en", ZONE) == "Nothing is open."
    nothing = plan_tasks(FIRM, [], None, STANDARD, TODAY)
    assert isinstance(nothing, Nothing)
    assert nothing.reason.rule == "nothing-open"


@pytest.mark.parametrize("state", [TaskState.LEASED, TaskState.IN_CALL])
def test_a_task_in_somebodys_hands_is_left_alone(state: TaskState) -> None:
    task = replace(made(yes(item())), state=state)
    assert plan_tasks(FIRM, [], task, STANDARD, TODAY) == Keep(task)


# ---------------------------------------------------------------- for all

AMOUNTS = st.decimals(min_value=-2000, max_value=3000, places=2).filter(lambda amount: amount != 0)
ITEMS = st.lists(
    st.builds(
        lambda days, amount, currency, level, contacted, dispute, block, deadline, method: item(
            "", days, str(amount), currency=currency, contact_level=level,
            contacted_on=None if contacted is None else TODAY - contacted * DAY, dispute=dispute,
            dunning_block_until=None if block is None else TODAY + block * DAY,
            dunning_deadline=None if deadline is None else TODAY + deadline * DAY, payment_method=method,
        ),
        st.integers(-20, 70), AMOUNTS, st.sampled_from(["EUR", "EUR", "CHF"]), st.integers(0, 6), st.none() | st.integers(0, 20),
        st.sampled_from([False, False, False, True]), st.none() | st.integers(-3, 10), st.none() | st.integers(-3, 10),
        st.sampled_from(["transfer", "transfer", "direct_debit"]),
    ),
    max_size=7,
).map(lambda items: [replace(one, item_no=f"{position:02}") for position, one in enumerate(items)])  # fmt: skip
LEVELS = st.builds(
    lambda offset, medium, least, kind, expires, gap: (offset, medium, least, kind, expires, gap),
    st.integers(-10, 50), st.sampled_from(["call", "call", "letter", "handover"]), st.sampled_from(["0", "25.00", "1000.00"]),
    st.sampled_from(["", "", "business", "private"]), st.none() | st.integers(1, 20), st.integers(0, 14),
)  # fmt: skip
LADDERS = st.one_of(
    st.just(STANDARD),
    st.lists(LEVELS, min_size=1, max_size=6, unique_by=lambda parts: parts[0]).map(
        lambda rows: Ladder(
            name="any",
            levels=tuple(
                Level(number=number, name=f"L{number}", after_due=offset, medium=medium, min_open=Decimal(least), person_type=kind,
                      expires_after=None if offset <= 0 else expires, needs_gap=gap)
                for number, (offset, medium, least, kind, expires, gap) in enumerate(sorted(rows, key=lambda row: row[0]), start=1)
            ),
        )
    ),
)  # fmt: skip
HOLDS = st.builds(
    lambda promise, silent, disputed: Holds(
        promise_until=None if promise is None else TODAY + promise * DAY, do_not_call=silent, disputed_items=frozenset(disputed)
    ),
    st.sampled_from([None, None, None, 2]), st.booleans(), st.sets(st.sampled_from(["00", "03"])),
)  # fmt: skip
DEBTORS = st.sampled_from([FIRM, PERSON])


@given(DEBTORS, ITEMS, LADDERS, HOLDS, st.randoms(use_true_random=False))
def test_for_all_orders_of_the_items_the_answer_is_the_same(debtor, items, ladder, holds, chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert ask(*items, debtor=debtor, ladder=ladder, holds=holds) == ask(*shuffled, debtor=debtor, ladder=ladder, holds=holds)


@given(DEBTORS, ITEMS, LADDERS, HOLDS, ITEMS)
def test_for_all_ledgers_planning_twice_changes_nothing(debtor, items, ladder, holds, before) -> None:  # type: ignore[no-untyped-def]
    def plan(from_items: list[OpenItem], task: Task | None) -> Task | None:
        match plan_tasks(debtor, from_items, task, ladder, TODAY, holds=holds):
            case Create(asked):
                return made(asked)
            case Change() as change:
                return changed_task(change, NOW, language="de", zone=ZONE)
            case Keep(kept):
                return kept
            case _:
                return None

    once = plan(items, plan(before, None))
    decision = plan_tasks(debtor, items, once, ladder, TODAY, holds=holds)
    assert isinstance(decision, Nothing if once is None else Keep)


@given(DEBTORS, ITEMS, LADDERS, HOLDS)
def test_for_all_wanted_contacts_something_is_owed_on_items_that_may_be_spoken_about(debtor, items, ladder, holds) -> None:  # type: ignore[no-untyped-def]
    answer = ask(*items, debtor=debtor, ladder=ladder, holds=holds)
    if not isinstance(answer, Wanted):
        assert answer.why("de", ZONE)
        return
    by_number = {one.item_no: one for one in items}
    covered = [by_number[number] for number in answer.items]
    assert covered
    assert answer.driver in answer.items
    assert answer.since <= TODAY
    for one in covered:
        assert one.open_amount > 0
        assert not one.dispute
        assert one.item_no not in holds.disputed_items
        assert not one.is_direct_debit
        assert not one.is_blocked(TODAY)
        assert (one.due_on < TODAY) != answer.level.is_courtesy
    for currency, amount in answer.open_amount.items():
        debits = sum(one.open_amount for one in covered if one.currency == currency)
        credits = sum(one.open_amount for one in items if one.currency == currency and one.open_amount < 0)
        assert 0 < amount <= debits
        assert amount >= debits + credits
    assert max(answer.open_amount.values()) >= answer.level.min_open


@settings(max_examples=200)
@given(DEBTORS, ITEMS, LADDERS, HOLDS)
def test_for_all_refusals_nothing_is_wanted_before_the_day_they_name(debtor, items, ladder, holds) -> None:  # type: ignore[no-untyped-def]
    answer = ask(*items, debtor=debtor, ladder=ladder, holds=holds)
    if isinstance(answer, Wanted):
        return
    assert answer.until is None or answer.until > TODAY
    last = answer.until or TODAY + 80 * DAY
    for offset in range(1, (last - TODAY).days):
        later = ask(*items, debtor=debtor, ladder=ladder, holds=holds, on=TODAY + offset * DAY)
        assert isinstance(later, NotWanted), (offset, later)


@pytest.mark.parametrize(
    ("own", "allowed", "expected"),
    [(None, 1, None), (0, None, None), (0, 1, 1), (2, 1, 2), (0, 5, None), (0, 6, None)],
)
def test_a_task_put_off_comes_sooner_but_never_before_its_own_time(own: int | None, allowed: int | None, expected: int | None) -> None:
    at = [datetime(2026, 11, day, tzinfo=UTC) for day in range(10, 20)]
    task = replace(new_task(yes(item()), "t", NOW, language="en", zone=ZONE), not_before=at[5], own_at=None if own is None else at[own])
    assert task.sooner(None if allowed is None else at[allowed]) == (None if expected is None else at[expected])
