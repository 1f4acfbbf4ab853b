"""When a promise is kept, partly kept or broken, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import Money
from collectord.core.receivables.broken_promise import Verdict, conclude
from collectord.core.receivables.ledger import OpenItem
from collectord.core.receivables.promises import (
    Broken,
    Clearing,
    Judgement,
    Kept,
    Open,
    PartlyKept,
    Promise,
    PromiseState,
    booked_until,
    judge,
)
from collectord.core.receivables.tasks import Origin, TaskState
from tests.core.call_cases import NOW, item, shipped_rules, task

MADE = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # a Friday
GRACE = date(2026, 11, 25)


def promise(**changes: Any) -> Promise:
    values: dict[str, Any] = {
        "id": "p1", "company": "", "debtor_no": "10023", "amount": Money(Decimal("410.00"), "EUR"), "promised_on": date(2026, 11, 23),
        "grace_until": GRACE, "made_at": MADE, "items": ("R1", "R2"), "attempt_id": "a1", "agent": "201",
    }  # fmt: skip
    return Promise(**values | changes)


def cleared(
    amount: str, as_of: date = date(2026, 11, 23), item_no: str = "R1", currency: str = "EUR", known: timedelta = timedelta(days=1)
) -> Clearing:
    return Clearing(item_no=item_no, as_of=as_of, known_at=MADE + known, amount=Money(Decimal(amount), currency))


MUCH = (item("R1", "1000.00"), item("R2", "1000.00"))  # is open besides


def verdict(*clearings: Clearing, until: date, made: Promise | None = None, items: tuple[OpenItem, ...] = MUCH) -> Judgement:
    one = made or promise()
    return judge([one], clearings, booked={one.id: until}, items=items)[one.id]


def test_a_promise_is_kept_as_soon_as_enough_was_cleared() -> None:
    both = (cleared("300.00"), cleared("110.00", item_no="R2"))
    assert verdict(*both, until=date(2026, 11, 23)) == Kept(date(2026, 11, 23), Decimal("410.00"))


def test_a_promise_is_open_until_its_grace_has_passed() -> None:
    assert verdict(until=GRACE) == Open(GRACE)
    assert verdict(until=GRACE + timedelta(days=1)) == Broken(Decimal("410.00"))


def test_a_part_payment_keeps_it_in_part() -> None:
    assert verdict(cleared("300.00"), until=GRACE + timedelta(days=1)) == PartlyKept(Decimal("300.00"), Decimal("110.00"))


def test_a_promise_of_more_than_is_owed_is_kept_when_all_that_it_is_about_is_paid() -> None:
    more = promise(amount=Money(Decimal("512.04"), "EUR"))
    both = (cleared("300.00"), cleared("110.00", item_no="R2"))
    others = (item("R9", "80.00"), item("R1", "7.00", currency="CHF"), item("R2", "-5.00"))
    assert verdict(*both, until=date(2026, 11, 23), made=more, items=others) == Kept(date(2026, 11, 23), Decimal("410.00"))
    about_all = replace(more, items=())
    assert verdict(*both, until=date(2026, 11, 23), made=about_all, items=others[1:]) == Kept(date(2026, 11, 23), Decimal(410))
    still = (item("R2", "110.00"),)
    assert verdict(cleared("300.00"), until=GRACE, made=more, items=still) == Open(GRACE)
    assert verdict(cleared("300.00"), until=GRACE + timedelta(days=1), made=more, items=still) == PartlyKept(Decimal(300), Decimal(110))


def test_what_was_paid_after_the_day_of_judgement_was_still_owed_then() -> None:
    late = cleared("110.00", item_no="R2", as_of=date(2026, 11, 30))
    judged = verdict(cleared("300.00"), late, until=GRACE + timedelta(days=1), items=())
    assert judged == PartlyKept(Decimal(300), Decimal(110))


def test_nothing_owed_without_a_payment_since_keeps_no_promise() -> None:
    assert verdict(until=GRACE, items=()) == Open(GRACE)
    assert verdict(cleared("410.00", known=timedelta(hours=-1)), until=GRACE + timedelta(days=1), items=()) == Broken(Decimal("410.00"))


def test_only_what_came_after_the_promise_on_its_items_in_its_currency_counts() -> None:
    before = cleared("410.00", known=timedelta(hours=-1))
    other_item = cleared("410.00", item_no="R9")
    other_currency = cleared("410.00", currency="CHF")
    too_late = cleared("410.00", as_of=date(2026, 11, 30))
    assert verdict(before, other_item, other_currency, too_late, until=GRACE + timedelta(days=1)) == Broken(Decimal("410.00"))
    anything = promise(items=())
    assert isinstance(verdict(other_item, until=GRACE, made=anything), Kept)
    assert str(anything.key) == "10023"


def test_a_payment_keeps_the_oldest_promise_first_and_only_one() -> None:
    old = promise(id="old", amount=Money(Decimal(200), "EUR"), promised_on=date(2026, 11, 21))
    young = promise(id="young", amount=Money(Decimal(200), "EUR"))
    until = {"old": GRACE + timedelta(days=1), "young": GRACE + timedelta(days=1)}
    judged = judge([young, old], [cleared("300.00")], booked=until, items=MUCH)
    assert judged == {"old": Kept(date(2026, 11, 23), Decimal(200)), "young": PartlyKept(Decimal(100), Decimal(100))}


def test_what_was_paid_on_a_promise_that_is_judged_keeps_no_other_one() -> None:
    old = promise(id="old", amount=Money(Decimal(200), "EUR"), promised_on=date(2026, 11, 21))
    young = promise(id="young", amount=Money(Decimal(200), "EUR"))
    booked = {"young": GRACE}
    assert judge([young], [cleared("200.00")], booked=booked, items=MUCH, judged=[(old, Decimal(200))]) == {"young": Open(GRACE)}
    both = judge([young], [cleared("400.00")], booked=booked, items=MUCH, judged=[(old, Decimal(200))])
    assert both == {"young": Kept(date(2026, 11, 23), Decimal(200))}


def test_the_first_export_beyond_the_grace_decides_however_late_we_look() -> None:
    days = [date(2026, 11, day) for day in (24, 26, 27, 30)]
    assert booked_until(promise(), [days]) == date(2026, 11, 26)
    assert booked_until(promise(), [days[:1]]) == date(2026, 11, 24)


def test_every_source_of_the_promise_must_have_told_enough() -> None:
    assert booked_until(promise(), [[date(2026, 11, 26)], [date(2026, 11, 23)]]) == date(2026, 11, 23)
    assert booked_until(promise(), [[date(2026, 11, 26)], [date(2026, 11, 27)]]) == date(2026, 11, 27)
    assert booked_until(promise(), [[date(2026, 11, 26)], []]) == MADE.date()
    assert booked_until(promise(), []) == MADE.date()


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 20)), max_size=8), st.integers(0, 20))
def test_for_all_clearings_a_promise_never_becomes_worse_by_a_payment(payments: list[tuple[int, int]], last: int) -> None:
    clearings = [cleared(str(amount), as_of=date(2026, 11, 20) + timedelta(days=day)) for amount, day in dict.fromkeys(payments)]
    until = date(2026, 11, 20) + timedelta(days=last)
    rank = {Broken: 0, Open: 1, PartlyKept: 1, Kept: 2}
    with_one_more = [*clearings, cleared("1000", as_of=date(2026, 11, 20), item_no="R2")]
    assert rank[type(verdict(*with_one_more, until=until))] >= rank[type(verdict(*clearings, until=until))]
    assert isinstance(verdict(*with_one_more, until=until), Kept)


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(1, 12), st.sampled_from(["R1", "R2"])), max_size=8, unique_by=lambda one: one[1:]),
    st.lists(st.integers(1, 300), min_size=1, max_size=4),
)
def test_for_all_payments_a_plan_judged_day_by_day_uses_no_payment_twice(payments: list[tuple[int, int, str]], plan: list[int]) -> None:
    first = MADE.date()
    clearings = [cleared(str(amount), as_of=first + timedelta(days=day), item_no=item_no) for amount, day, item_no in payments]
    still = [
        promise(id=f"p{n}", amount=Money(Decimal(amount), "EUR"), promised_on=day, grace_until=day + timedelta(days=2))
        for n, amount in enumerate(plan)
        for day in [first + timedelta(days=3 * n + 1)]
    ]
    over: list[tuple[Promise, Decimal]] = []
    for day in (first + timedelta(days=n) for n in range(1, 20)):
        known = [one for one in clearings if one.as_of <= day]
        judged = judge(still, known, booked=dict.fromkeys((one.id for one in still), day), items=MUCH, judged=over)
        done = [one for one in still if not isinstance(judged[one.id], Open)]
        over += [(one, getattr(judged[one.id], "paid", Decimal(0))) for one in done]
        still = [one for one in still if one not in done]
    assert still == []
    paid = sum((used for _, used in over), Decimal(0))
    assert paid <= sum((Decimal(amount) for amount, _, _ in payments), Decimal(0))
    assert all(used <= one.amount.amount for one, used in over)


# ---------------------------------------------------------------- what follows


def concluded(judgement: Judgement, **changes: Any) -> Verdict | None:
    values: dict[str, Any] = {
        "items": (item("R1", "300.00"), item("R9", "5.00"), item("R2", "110.00", date(2026, 11, 10))), "origin": task(),
        "rules": shipped_rules(), "now": NOW, "task_id": "t9", "language": "en", "zone": "Europe/Berlin",
    }  # fmt: skip
    return conclude(changes.pop("promise", promise()), judgement, **values | changes)


def test_an_open_promise_concludes_nothing() -> None:
    assert concluded(Open(GRACE)) is None


def test_the_talk_about_a_broken_promise_waits_as_long_as_all_that_it_is_about_waits() -> None:
    waits = {"R1": date(2026, 12, 4), "R2": date(2026, 12, 1)}
    told = concluded(Broken(Decimal("410.00")), waits=waits)
    assert told is not None
    assert told.task is not None
    assert (told.task.state, told.task.not_before) == (TaskState.PLANNED, datetime(2026, 12, 1, 23, tzinfo=UTC))
    one_is_free = concluded(Broken(Decimal("410.00")), waits={"R1": date(2026, 12, 4)})
    assert one_is_free is not None
    assert one_is_free.task is not None
    assert (one_is_free.task.state, one_is_free.task.not_before) == (TaskState.READY, NOW)


def test_a_promise_about_what_is_disputed_meanwhile_is_not_broken() -> None:
    told = concluded(Broken(Decimal("410.00")), disputed={"R1", "R2"})
    assert told is not None
    assert (told.state, told.task) == (PromiseState.WITHDRAWN, None)
    assert "is disputed" in told.why
    in_the_export = (item("R1", "300.00", dispute=True), item("R2", "110.00"))
    one = concluded(PartlyKept(Decimal(5), Decimal("405.00")), items=in_the_export)
    assert one is not None
    assert one.task is not None
    assert (one.state, one.task.items) == (PromiseState.PARTIALLY_KEPT, ("R2",))
    assert "€110.00 of it is still owed" in one.why
    paid = concluded(PartlyKept(Decimal(110), Decimal("300.00")), items=in_the_export[:1])
    assert paid == Verdict(PromiseState.WITHDRAWN, Decimal(110), told.why)


def test_a_promise_about_what_credits_cover_is_not_broken() -> None:
    owed = (item("R1", "300.00"), item("R2", "110.00"), item("R9", "50.00"))
    told = concluded(Broken(Decimal("410.00")), items=(*owed, item("G", "-410.00")))
    assert told is not None
    assert (told.state, told.task) == (PromiseState.WITHDRAWN, None)
    assert "credits cover" in told.why
    part = concluded(Broken(Decimal("410.00")), items=(*owed, item("G", "-100.00"), item("H", "-500.00", currency="CHF")))
    assert part is not None
    assert part.state is PromiseState.BROKEN
    assert "€310.00 of it is still owed" in part.why


def test_what_was_paid_after_the_grace_was_not_covered_by_a_credit() -> None:
    told = concluded(Broken(Decimal("410.00")), items=(item("R9", "50.00"), item("G", "-60.00")))
    assert told is not None
    assert told.state is PromiseState.BROKEN


def test_an_invoice_in_another_currency_now_is_neither_disputed_nor_covered() -> None:
    told = concluded(Broken(Decimal("410.00")), items=(item("R1", "300.00", currency="CHF"), item("G", "-5.00")))
    assert told is not None
    assert told.task is not None
    assert (told.state, told.task.items) == (PromiseState.BROKEN, ("R1",))


def test_a_kept_promise_asks_for_no_call() -> None:
    told = concluded(Kept(GRACE, Decimal(410)))
    assert told is not None
    assert (told.state, told.paid, told.task) == (PromiseState.KEPT, Decimal(410), None)


def test_a_broken_promise_asks_for_a_talk_about_what_is_still_owed() -> None:
    told = concluded(Broken(Decimal("410.00")))
    assert told is not None
    assert told.task is not None
    assert (told.task.origin, told.task.items, told.task.agent, told.task.priority) == (Origin.PROMISE, ("R1", "R2"), "201", 80)
    assert told.task.open_amount == {"EUR": Decimal("410.00")}
    assert (told.task.ladder, told.task.level) == ("standard", 1)
    assert "was not kept; €410.00" in told.why
    partly = concluded(PartlyKept(Decimal(300), Decimal(110)), promise=promise(items=()), origin=None)
    assert partly is not None
    assert partly.task is not None
    assert (partly.state, partly.paid, partly.task.items, partly.task.ladder) == (
        PromiseState.PARTIALLY_KEPT,
        Decimal(300),
        ("R1", "R9", "R2"),
        "",
    )


def test_two_broken_in_a_row_escalate_instead_of_another_talk() -> None:
    told = concluded(Broken(Decimal(410)), broken_before=1)
    assert told is not None
    assert told.task is None
    assert "2 promises in a row" in told.why


def test_nothing_owed_any_more_asks_for_no_talk() -> None:
    told = concluded(Broken(Decimal(410)), items=())
    assert told is not None
    assert told.task is None
