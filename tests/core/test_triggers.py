"""Triggers: a contact comes before the ladder's day, once for each occasion, and never without its reason."""

from __future__ import annotations

import pickle
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.receivables.history import NO_HISTORY, History, Touch
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.trigger_view import View
from collectord.core.receivables.triggers import Fired, Trigger, Waits, fired, last_contact
from tests.core.early_cases import DAY, FIRM, TODAY, ago, ask, due_claims, fall, habit, no, owed, paid, written, yes

SECOND = Trigger(name="second", overdue_items=2)
SUM = Trigger(name="sum", overdue=Decimal("1000.00"))
GROWTH = Trigger(name="growth", growth=Decimal("500.00"), growth_percent=50)
GREW = Trigger(name="grew", growth=Decimal("500.00"))
CREDIT = Trigger(name="credit", credit_percent=80)
PROMISE = Trigger(name="promise", promises_broken=1)
DEBIT = Trigger(name="debit", debit_returned=True)
HABIT = Trigger(name="habit", later_than_usual=7)
LIMITED = replace(FIRM, credit_limit=Decimal("1000.00"))


def occasion(answer: Fired) -> date:
    """What counts for the question whether somebody spoke with the debtor since."""
    return max(ground.since for ground in answer.grounds)


# ---------------------------------------------------------------- the conditions, one by one


def test_a_second_item_that_falls_due_while_the_first_is_open_fires_on_the_day_it_is_overdue() -> None:
    items = owed("A", 12), owed("B", 0)
    assert no(*items, triggers=(SECOND,)) == TODAY + DAY
    answer = yes(*items, triggers=(SECOND,), on=TODAY + DAY)
    assert (answer.trigger, answer.since) == (SECOND, TODAY + DAY)
    assert answer.why("en") == "Brought forward by second: 2 items are overdue at once, the newest since Tue 24 Nov 2026."
    assert answer.why("de") == "Vorgezogen durch second: 2 Posten sind zugleich überfällig, der jüngste seit Di., 24. Nov. 2026."


def test_each_further_item_is_an_occasion_of_its_own() -> None:
    first, second, third = owed("A", 12, contacted_on=ago(8)), owed("B", 9), owed("C", 1)
    assert no(first, second, triggers=(SECOND,)) is None  # spoken about since
    assert yes(first, second, third, triggers=(SECOND,)).since == TODAY


def test_an_item_that_may_not_be_spoken_about_is_none_of_them() -> None:
    items = owed("A", 12), owed("B", 3)
    assert fired(FIRM, due_claims(items, TODAY)[:1], items, NO_HISTORY, TODAY, (SECOND,)) == Waits(None)


def test_the_overdue_sum_fires_since_the_item_that_reached_the_bound() -> None:
    items = owed("A", 30, "600.00"), owed("B", 10, "400.00"), owed("C", 2, "50.00")
    answer = yes(*items, triggers=(SUM,))
    assert answer.since == ago(9)
    assert "€1,050.00 are overdue, the bound is €1,000.00" in answer.why("en")
    assert "1.050,00\xa0€ sind überfällig, die Grenze ist 1.000,00\xa0€" in answer.why("de")
    assert no(*items[:1], owed("B", -4, "400.00"), triggers=(SUM,)) == TODAY + 5 * DAY


def test_sums_of_different_currencies_are_never_added() -> None:
    assert no(owed("A", 30, "600.00"), owed("B", 10, "600.00", currency="CHF"), triggers=(SUM,)) is None
    both = [owed("A", 30, "1000.00"), owed("B", 10, "1000.00", currency="CHF")]
    assert yes(*both, triggers=(SUM,)).values["overdue"].currency == "CHF"  # type: ignore[attr-defined]  # the occasion that came last


def test_credits_are_netted_before_anything_is_summed() -> None:
    assert no(owed("A", 30, "1100.00"), owed("G", 1, "-200.00"), triggers=(SUM,)) is None


def test_the_sum_grew_when_more_became_overdue_than_was_paid() -> None:
    old, new = owed("A", 60, "300.00"), owed("B", 5, "600.00")
    answer = yes(old, new, triggers=(GROWTH,))
    assert answer.since == ago(4)
    assert "in 30 days the overdue sum grew by €600.00 to €900.00" in answer.why("en")
    assert "in 30 Tagen ist die überfällige Summe um 600,00\xa0€ auf 900,00\xa0€ gestiegen" in answer.why("de")
    assert no(old, replace(new, open_amount=Decimal("499.00")), triggers=(GROWTH,)) is None  # too little
    assert no(replace(old, open_amount=Decimal("1300.00")), new, triggers=(GROWTH,)) is None  # less than half as much again


def test_what_was_paid_since_was_overdue_then() -> None:
    new = owed("B", 5, "600.00")
    paid_since = History(falls=(fall(60, 10, "900.00"),))
    until = no(new, triggers=(GREW,), history=paid_since)
    assert until == ago(10) + 30 * DAY  # a month after that payment the sum will have grown
    assert yes(new, triggers=(GREW,), history=paid_since, on=until).since == until
    paid_in_part = History(falls=(fall(60, 10, "900.00"), fall(5, 1, "50.00")))
    assert no(new, triggers=(GREW,), history=paid_in_part) == until
    assert yes(new, triggers=(GREW,), history=History(falls=(fall(60, 10, "900.00", "CHF"),)))


def test_of_nothing_there_is_no_share() -> None:
    """A share is asked for, and nothing was overdue before: a first late invoice is no growth."""
    first = owed("B", 5, "600.00")
    assert yes(first, triggers=(GREW,)).since == ago(4)
    assert no(first, triggers=(GROWTH,)) is None


def test_a_credit_that_came_since_does_not_make_the_past_smaller() -> None:
    items = owed("A", 60, "900.00"), owed("B", 5, "600.00"), owed("G", 9, "-900.00")
    assert no(*items, triggers=(GREW,)) == ago(9) + 30 * DAY
    old_credit = owed("G", 9, "-900.00", invoiced_on=ago(70))
    assert yes(*items[:2], old_credit, triggers=(GREW,))


def test_nothing_grows_while_nothing_falls_due() -> None:
    assert no(owed("A", 60, "5000.00"), triggers=(GROWTH,)) is None
    assert no(owed("A", 60, "5000.00"), owed("B", -3, "10.00"), triggers=(GROWTH,)) == TODAY + 4 * DAY


def test_it_has_grown_since_the_first_day_of_the_run() -> None:
    """Grown on the 4th before today, shrunk again by a payment, grown once more: the last run counts."""
    items = owed("A", 20, "600.00"), owed("B", 5, "600.00")
    history = History(falls=(fall(70, 10, "900.00"),))
    grown = yes(*items, triggers=(replace(GROWTH, growth=Decimal("300.00"), growth_percent=10),), history=history)
    assert grown.since == ago(4)


def test_the_credit_limit_counts_what_is_not_yet_due_too() -> None:
    items = owed("A", 5, "100.00", opened_as_of=ago(40)), owed("B", -20, "750.00", opened_as_of=ago(7))
    answer = yes(*items, triggers=(CREDIT,), debtor=LIMITED)
    assert occasion(answer) == ago(7)  # the newest item brought it there
    assert answer.since == ago(4)  # before, nothing was overdue
    assert "€850.00 are open, 85 % of the credit limit of €1,000.00" in answer.why("en")
    assert "850,00\xa0€ sind offen, 85 % des Kreditlimits von 1.000,00\xa0€" in answer.why("de")
    assert no(*items, triggers=(CREDIT,), debtor=FIRM) is None
    assert no(*items, triggers=(CREDIT,), debtor=replace(FIRM, credit_limit=Decimal(0))) is None
    assert no(items[0], triggers=(CREDIT,), debtor=LIMITED) is None
    assert no(items[1], triggers=(CREDIT,), debtor=LIMITED) == TODAY + 21 * DAY  # nothing is overdue


def test_an_item_of_unknown_arrival_came_with_its_invoice() -> None:
    invoiced, bare = owed("A", 5, "900.00", invoiced_on=ago(35)), owed("A", 5, "900.00")
    assert occasion(yes(invoiced, triggers=(CREDIT,), debtor=LIMITED)) == ago(35)
    assert occasion(yes(bare, triggers=(CREDIT,), debtor=LIMITED)) == ago(5)
    assert occasion(yes(bare, owed("B", -9, "900.00"), triggers=(CREDIT,), debtor=LIMITED)) == ago(5)


def test_a_broken_promise_fires_since_it_was_seen_broken() -> None:
    answer = yes(owed(), triggers=(PROMISE,), history=History(broken_on=(ago(3),)))
    assert answer.since == ago(3)
    assert "the promise to pay was not kept (seen on Fri 20 Nov 2026)" in answer.why("en")
    assert yes(owed("A", 2), triggers=(PROMISE,), history=History(broken_on=(ago(3),))).since == ago(1)  # before, nothing was overdue
    twice = yes(owed(), triggers=(PROMISE,), history=History(broken_on=(ago(30), ago(3))))
    assert "2 Zusagen in Folge wurden nicht gehalten (die letzte festgestellt am Fr., 20. Nov. 2026)" in twice.why("de")
    assert no(owed(), triggers=(replace(PROMISE, promises_broken=2),), history=History(broken_on=(ago(3),))) is None


def test_a_direct_debit_that_came_back_fires_since_then() -> None:
    answer = yes(owed("A", 9, returned_on=ago(2)), owed("B", 5), triggers=(DEBIT,))
    assert answer.since == ago(2)
    assert "the direct debit of A came back on Sat 21 Nov 2026" in answer.why("en")
    assert no(owed(), triggers=(DEBIT,)) is None
    assert yes(owed("A", 3, returned_on=ago(9)), triggers=(DEBIT,)).since == ago(2)  # before, nothing was overdue
    assert no(owed("A", 9), owed("B", -4, returned_on=ago(2)), triggers=(DEBIT,)) == TODAY + 5 * DAY  # collected before it was due


def test_later_than_usual_fires_when_the_last_items_were_paid_later_than_those_before() -> None:
    worse = History(paid=habit(1, 0, 2, 1, 0, 9, 10, 12))
    answer = yes(owed("A", 1), triggers=(HABIT,), history=worse)
    assert occasion(answer) == ago(18)  # when the last of them was paid
    assert "lately 10 days late on average, before that 1" in answer.why("en")
    assert "zuletzt im Mittel 10 Tage zu spät gezahlt, früher 1" in answer.why("de")
    assert no(owed("A", 1), triggers=(HABIT,), history=History(paid=habit(1, 0, 2, 1, 0, 2, 1, 0))) is not None
    assert no(owed("A", 1), triggers=(HABIT,), history=History(paid=habit(0, 30, 5, 60, 10, 25, 30, 35))) is not None  # it always varied so
    assert no(owed("A", 1), triggers=(HABIT,), history=History(paid=habit(1, 0, 2, 9, 10, 12))) is None  # too little is known


@pytest.mark.parametrize("kind", ["private", ""])
def test_how_somebody_pays_who_may_be_a_private_person_is_watched_only_with_an_assessment(kind: str) -> None:
    items, worse = [owed("A", 1)], History(paid=habit(1, 0, 2, 1, 0, 9, 10, 12))
    person = replace(FIRM, person_type=kind)
    assert ask(*items, triggers=(HABIT,), history=worse, debtor=person) == Waits(None)
    both = (HABIT, Trigger(name="sum", overdue=Decimal(1), priority=1))
    assert yes(*items, triggers=both, history=worse, debtor=person).trigger.name == "sum"
    allowed = fired(person, due_claims(items, TODAY), items, worse, TODAY, (HABIT,), private_allowed=True)
    assert isinstance(allowed, Fired)


def test_items_that_are_unpaid_by_now_make_the_habit_worse_day_by_day() -> None:
    punctual = History(paid=habit(0, 0, 0, 0, 0, 0, 0, 0))
    items = owed("A", 5), owed("B", 4)
    until = no(*items, triggers=(HABIT,), history=punctual)
    assert until == TODAY + 6 * DAY  # 11 and 10 days together are the 21 that three items need
    assert yes(*items, triggers=(HABIT,), history=punctual, on=until).since == until
    assert yes(*items, triggers=(HABIT,), history=punctual, on=until + 9 * DAY).since == until


# ---------------------------------------------------------------- what holds for every trigger


def test_nothing_fires_while_nothing_is_overdue() -> None:
    every = (SECOND, SUM, GROWTH, CREDIT, PROMISE, DEBIT, HABIT)
    history = History(broken_on=(ago(1),), paid=habit(0, 0, 0, 0, 0, 30, 30, 30))
    assert no(owed("A", -3, "5000.00"), triggers=every, debtor=LIMITED, history=history) == TODAY + 4 * DAY
    assert no(triggers=every) is None


def test_whoever_was_contacted_since_is_left_in_peace_until_the_next_occasion() -> None:
    broken = History(broken_on=(ago(3),))
    assert no(owed(contacted_on=ago(3)), triggers=(PROMISE,), history=broken) is None
    assert yes(owed(contacted_on=ago(10)), triggers=(PROMISE,), history=broken)
    assert no(owed("A", 30, "600.00", contacted_on=ago(2)), owed("B", 10, "900.00"), owed("C", -9), triggers=(SUM,)) == TODAY + 10 * DAY


def test_the_gap_since_the_last_contact_is_kept() -> None:
    broken = History(broken_on=(ago(1),))
    item = owed(contacted_on=ago(4))
    assert no(item, triggers=(PROMISE,), history=broken) == TODAY + 3 * DAY
    assert yes(item, triggers=(PROMISE,), history=broken, on=TODAY + 3 * DAY).since == TODAY + 3 * DAY
    assert yes(item, triggers=(replace(PROMISE, needs_gap=0),), history=broken).since == ago(1)


def test_a_contact_is_a_talk_something_written_or_a_step_carried_out() -> None:
    def last(*touches: Touch, **fields: Any) -> date | None:
        return last_contact([owed(**fields)], touches, TODAY)

    assert last() is None
    assert last(Touch(on=ago(1), medium="call")) is None  # nobody answered: that step is still going on
    assert last(Touch(on=ago(1), medium="call", conversation=True)) == ago(1)
    assert last(Touch(on=ago(1), medium="call", conversation=True, inbound=True)) == ago(1)
    assert last(Touch(on=ago(2), medium="letter")) == ago(2)
    assert last(contacted_on=ago(4), last_dunned_on=ago(3)) == ago(3)
    assert last(contacted_on=ago(4), last_dunned_on=TODAY + DAY) == ago(4)


def test_all_conditions_of_a_trigger_must_hold() -> None:
    both = replace(SUM, name="both", overdue_items=2, min_open=Decimal("1200.00"))
    items = owed("A", 30, "1000.00"), owed("B", 10, "100.00")
    assert no(*items, triggers=(both,)) is None
    assert no(*items, owed("C", -2, "50.00"), triggers=(both,)) == TODAY + 3 * DAY
    answer = yes(*items, owed("C", 2, "100.00"), triggers=(both,))
    assert answer.since == ago(1)
    assert answer.why("en").count(" and ") == 1  # the minimum goes without saying
    assert set(answer.values) == {"count", "day", "overdue", "bound"}
    waits_for_both = replace(PROMISE, overdue_items=2)
    assert no(owed("A", 3), owed("B", -4), triggers=(waits_for_both,)) is None  # no promise broke, and time breaks none


def test_the_highest_priority_wins_and_of_equals_the_first() -> None:
    items = owed("A", 30, "1000.00"), owed("B", 10, "100.00")
    assert yes(*items, triggers=(SECOND, SUM)).trigger is SECOND
    assert yes(*items, triggers=(SECOND, replace(SUM, priority=60))).trigger.name == "sum"


def test_the_wait_ends_with_the_first_that_may_fire() -> None:
    item = owed("A", 3, contacted_on=ago(1), returned_on=TODAY)
    assert no(item, owed("B", -1), triggers=(DEBIT, SECOND)) == TODAY + 2 * DAY


@pytest.mark.parametrize(
    ("bound", "fits"),
    [
        (replace(SECOND, person_types=("private",)), False),
        (replace(SECOND, potential_classes=("I", "II")), True),
        (replace(SECOND, potential_classes=("I",)), False),
        (replace(SECOND, companies=("1000",)), False),
        (replace(SECOND, enabled=False), False),
    ],
)
def test_a_trigger_is_for_those_it_names(bound: Trigger, fits: bool) -> None:
    answer = ask(owed("A", 12), owed("B", 3), triggers=(bound,))
    assert isinstance(answer, Fired) if fits else answer == Waits(None)


def test_a_name_is_shown_in_the_readers_language() -> None:
    named = replace(SECOND, name_de="zweite")
    assert (named.title("en"), named.title("de"), SECOND.title("de")) == ("second", "zweite", "second")


def test_a_trigger_that_went_to_another_process_is_the_same() -> None:
    there = pickle.loads(pickle.dumps(replace(SUM, overdue_items=2)))
    assert there == replace(SUM, overdue_items=2)
    assert [condition.is_asked(there) for condition in there.conditions] == [True, True]
    assert yes(owed("A", 30, "1000.00"), owed("B", 10), triggers=(there,)).since == ago(9)


# ---------------------------------------------------------------- reading the file


def test_a_trigger_reads_as_it_is_written() -> None:
    triggers, problems = written("""
        [[trigger]]
        name = "much"
        name_de = "viel"
        overdue = "5000.00"
        growth = "100.00"
        growth_percent = 20
        growth_within = "14d"
        person_types = ["business"]
        potential_classes = ["III", "IV"]
        min_open = "50.00"
        needs_gap = "3d"
        medium = "email"
        script = "x"
        priority = 70
        enabled = false
    """)
    assert problems == []
    assert triggers == (
        Trigger(
            name="much", name_de="viel", overdue=Decimal("5000.00"), growth=Decimal("100.00"), growth_percent=20, growth_within=14,
            person_types=("business",), potential_classes=("III", "IV"), min_open=Decimal("50.00"), needs_gap=3, medium="email", script="x",
            priority=70, enabled=False,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "key", "sentence"),
    [
        ('name = " "\noverdue_items = 2', "name", "name is empty"),
        ('name = "x"', "", "the trigger can never fire: it names no condition"),
        ('name = "x"\nmin_open = "5.00"', "", "the trigger can never fire"),
        ('name = "x"\noverdue_items = 1', "overdue_items", "overdue_items = 1 is below 2"),
        ('name = "x"\noverdue = "0.00"', "overdue", "overdue must be more than nothing"),
        ('name = "x"\noverdue = 5.0', "overdue", "is not money in quotes"),
        ('name = "x"\ngrowth = "-1.00"', "growth", "growth must be more than nothing"),
        ('name = "x"\ngrowth = "1.00"\ngrowth_within = "90d"', "growth_within", "growth_within must lie between 1d and 60d"),
        ('name = "x"\noverdue_items = 2\ngrowth_within = "9d"', "growth_within", "growth_within does nothing without"),
        ('name = "x"\nlater_than_usual = "0d"', "later_than_usual", "later_than_usual must be at least 1d"),
        ('name = "x"\noverdue_items = 2\nmin_open = "-1.00"', "min_open", "min_open is negative"),
        ('name = "x"\noverdue_items = 2\nneeds_gap = "91d"', "needs_gap", "remembered; write at most 90d"),
        ('name = "x"\noverdue_items = 2\nneeds_gap = "-1d"', "needs_gap", "needs_gap is negative"),
        ('name = "x"\noverdue_items = 2\nmedium = "handover"', "medium", "use one of call, email, letter"),
        ('name = "x"\noverdue_items = 2\nmininum = 1', "mininum", "mininum is not known here"),
        ('name = "x"\ncredit_percent = 0', "credit_percent", "credit_percent = 0 is below 1"),
        ('name = "x"\npromises_broken = "1"', "promises_broken", "is not a whole number"),
    ],
)
def test_a_mistake_is_named_with_its_key(line: str, key: str, sentence: str) -> None:
    _, problems = written(f"[[trigger]]\n{line}\n")
    assert [problem.path for problem in problems] == [f"trigger.0.{key}" if key else "trigger.0"]
    assert sentence in problems[0].sentence


def test_two_triggers_of_one_name_cannot_be_told_apart() -> None:
    _, problems = written('[[trigger]]\nname = "x"\noverdue_items = 2\n[[trigger]]\nname = "x"\noverdue_items = 3\n')
    assert [problem.path for problem in problems] == ["trigger.1.name"]


# ---------------------------------------------------------------- for all

T = TypeVar("T")
DAYS = st.integers(-40, 70)
MONEY = st.sampled_from(["50.00", "300.00", "700.00", "1200.00"])


class _Drawn(NamedTuple):
    days: int
    amount: str
    sign: str
    opened: int
    contacted: int | None
    returned: int | None
    currency: str


ITEMS = st.lists(
    st.builds(
        _Drawn, DAYS, MONEY, st.sampled_from(["", "", "", "", "-"]), st.integers(0, 60), st.none() | st.integers(0, 40),
        st.none() | st.integers(0, 20), st.sampled_from(["EUR"] * 4 + ["CHF"]),
    ),
    max_size=6,
)  # fmt: skip
HISTORIES = st.builds(
    lambda late, falls, broken, touches: History(
        paid=tuple(paid(f"P{at}", 40 + 11 * at, days) for at, days in enumerate(late)),
        falls=tuple(fall(due, on, amount) for due, on, amount in falls),
        broken_on=tuple(sorted(ago(days) for days in broken)),
        touches=tuple(Touch(on=ago(days), medium="call", conversation=True) for days in sorted(touches, reverse=True)),
    ),
    st.lists(st.integers(-5, 39), max_size=14),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 60), MONEY), max_size=4),
    st.lists(st.integers(0, 40), max_size=3),
    st.lists(st.integers(0, 40), max_size=2),
)
TRIGGERS = st.lists(
    st.builds(
        Trigger,
        name=st.just("x"),
        overdue_items=st.sampled_from([0, 0, 2, 3]),
        overdue=st.sampled_from([Decimal(0), Decimal(0), Decimal("1000.00")]),
        growth=st.sampled_from([Decimal(0), Decimal(0), Decimal("250.00")]),
        growth_percent=st.sampled_from([0, 0, 40]),
        growth_within=st.sampled_from([5, 30]),
        credit_percent=st.sampled_from([0, 0, 0, 80]),
        promises_broken=st.sampled_from([0, 0, 0, 1, 2]),
        debit_returned=st.sampled_from([False, False, False, True]),
        later_than_usual=st.sampled_from([0, 0, 0, 4]),
        min_open=st.sampled_from([Decimal(0), Decimal("400.00")]),
        needs_gap=st.sampled_from([0, 7]),
        priority=st.sampled_from([10, 50]),
    ).filter(lambda trigger: any(condition.told for condition in trigger.conditions)),
    min_size=1,
    max_size=3,
).map(tuple)


def _items(drawn: list[_Drawn]) -> list[OpenItem]:
    return [
        owed(
            f"I{at}", one.days, one.sign + one.amount, currency=one.currency, opened_as_of=ago(one.opened),
            contacted_on=None if one.contacted is None else ago(one.contacted),
            returned_on=None if one.returned is None else ago(one.returned),
        )
        for at, one in enumerate(drawn)
    ]  # fmt: skip


def _on(debtor: Debtor, items: list[OpenItem], history: History, day: date, triggers: tuple[Trigger, ...]) -> Fired | Waits:
    return fired(debtor, due_claims(items, day), items, history, day, triggers)


@given(ITEMS, HISTORIES, TRIGGERS, st.randoms(use_true_random=False))
def test_for_all_the_order_of_items_and_history_changes_nothing(
    drawn: list[_Drawn], history: History, triggers: tuple[Trigger, ...], chance: random.Random
) -> None:
    items = _items(drawn)
    answer = _on(LIMITED, items, history, TODAY, triggers)
    shuffled, claims = list(items), due_claims(items, TODAY)
    chance.shuffle(shuffled)
    chance.shuffle(claims)

    def mixed(values: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(chance.sample(values, len(values)))

    other = replace(history, paid=mixed(history.paid), falls=mixed(history.falls))
    assert fired(LIMITED, claims, shuffled, other, TODAY, triggers) == answer


@given(ITEMS, HISTORIES, TRIGGERS)
def test_for_all_before_until_nothing_fires_by_time_alone(drawn: list[_Drawn], history: History, triggers: tuple[Trigger, ...]) -> None:
    items = _items(drawn)
    answer = _on(LIMITED, items, history, TODAY, triggers)
    if isinstance(answer, Waits):
        assert answer.until is None or answer.until > TODAY
        day = TODAY + DAY
        while day < (answer.until or TODAY + 130 * DAY):
            assert isinstance(_on(LIMITED, items, history, day, triggers), Waits), day
            day += DAY


@given(ITEMS, HISTORIES, TRIGGERS)
def test_for_all_what_fires_has_fired_every_day_since(drawn: list[_Drawn], history: History, triggers: tuple[Trigger, ...]) -> None:
    items = _items(drawn)
    answer = _on(LIMITED, items, history, TODAY, triggers)
    if isinstance(answer, Fired):
        assert answer.since <= TODAY
        day = answer.since
        while day <= TODAY:
            assert isinstance(_on(LIMITED, items, history, day, (answer.trigger,)), Fired), day
            day += DAY


@given(
    st.lists(
        st.tuples(st.integers(-20, 100), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 5)), max_size=3)), min_size=1, max_size=5
    )
)
def test_for_all_what_was_overdue_is_what_is_open_now_and_what_fell_since(drawn: list[tuple[int, list[tuple[int, int]]]]) -> None:
    """Each item: days past due, and its payments as (days ago, amount); 20 is open of each today."""
    items = [owed(f"I{at}", due, "20.00") for at, (due, _) in enumerate(drawn)]
    history = History(falls=tuple(fall(due, on, f"{amount}.00") for due, payments in drawn for on, amount in payments))
    view = View(FIRM, due_claims(items, TODAY), items, history, TODAY)
    for days in range(60):
        then = sum(20 + sum(amount for on, amount in payments if on < days) for due, payments in drawn if due > days)
        assert not view.due or view.overdue_on(ago(days), "EUR") == then
