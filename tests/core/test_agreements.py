"""Instalment plans, what an agent may agree alone, and what accounting is told of it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import Money
from collectord.core.receivables.broken_promise import conclude, fallen, unapproved
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.promise_limits import LimitRules, PromiseLimits, beyond, parse_limits
from collectord.core.receivables.promises import Approval, Broken, Gone, Kept, Namesake, PartlyKept, Promise, PromiseState, moved
from collectord.core.receivables.told import spread, tell_again
from collectord.core.rule_text import Problem, Table
from collectord.core.telephony.agreed import how_agreed, more_than_owed, promises_of, remark
from collectord.core.telephony.attempts import Disposition, Instalment, Said
from collectord.core.telephony.follow_up import FollowUp, after_talk
from collectord.core.telephony.said_by_person import OutcomeRefused, read_said
from tests.core.call_cases import NOW, attempt, item, shipped_rules, situation, task
from tests.core.test_promises import promise

TODAY = date(2026, 11, 23)


def plan(*parts: tuple[str | None, date]) -> Said:
    payments = tuple(Instalment(None if amount is None else Decimal(amount), on) for amount, on in parts)
    return Said(disposition=Disposition.PROMISE, on=payments[0].on, plan=payments)


THREE = plan(("200.00", date(2026, 11, 27)), ("150.00", date(2026, 12, 4)), (None, date(2026, 12, 11)))


def agreed(said: Said, **changes: Any) -> FollowUp:
    return after_talk(situation(attempt(), **changes), said)


# ---------------------------------------------------------------- plans


def test_a_plan_is_a_promise_for_each_payment_and_the_last_takes_the_rest() -> None:
    follow = agreed(THREE)
    assert [(p.amount.amount, p.promised_on, p.position) for p in follow.promises] == [
        (Decimal("200.00"), date(2026, 11, 27), 1), (Decimal("150.00"), date(2026, 12, 4), 2), (Decimal("60.00"), date(2026, 12, 11), 3),
    ]  # fmt: skip
    assert len({p.plan_id for p in follow.promises}) == 1
    assert all(p.plan_id and p.approval is Approval.NOT_NEEDED for p in follow.promises)
    assert follow.why.startswith("3 instalments promised, the last one by Fri 11 Dec 2026")
    assert "the ladder waits until Tue 15 Dec 2026" in follow.why


def test_accounting_hears_of_every_payment_and_item_and_the_amounts_add_up() -> None:
    lines = agreed(THREE).outcomes
    assert [(line.item_no, line.promise and line.promise.amount, line.promise_on) for line in lines] == [
        ("R1", Decimal("200.00"), date(2026, 11, 27)), ("R1", Decimal("100.00"), date(2026, 12, 4)),
        ("R2", Decimal("50.00"), date(2026, 12, 4)), ("R2", Decimal("60.00"), date(2026, 12, 11)),
    ]  # fmt: skip
    assert {(line.dunning_block_until, line.note) for line in lines} == {(date(2026, 12, 15), "3 instalments")}
    assert len({line.outcome_id for line in lines}) == 4


def test_a_rest_of_nothing_is_no_payment() -> None:
    said = plan(("410.00", date(2026, 11, 27)), (None, date(2026, 12, 4)))
    follow = agreed(said)
    assert [(p.amount.amount, p.plan_id, p.position) for p in follow.promises] == [(Decimal("410.00"), "", 0)]


def test_nothing_owed_and_nothing_named_is_no_promise() -> None:
    nothing = situation(attempt(), items=(), task=None)
    said = Said(disposition=Disposition.PROMISE, on=TODAY)
    assert promises_of(nothing, said) == ()
    assert how_agreed(nothing, ()).startswith("Promised  by")
    assert remark(nothing, ()) == ""


def test_the_detail_of_a_plan_tells_a_correction_from_a_duplicate() -> None:
    assert THREE.detail() == "promise|full|2026-11-27||200.00:2026-11-27|150.00:2026-12-04|rest:2026-12-11"


PAYMENTS = st.lists(st.integers(1, 60_000), min_size=1, max_size=6)
ITEMS = st.lists(st.integers(1, 60_000), max_size=5)


@given(PAYMENTS, ITEMS)
def test_for_all_plans_the_shares_add_up_and_no_item_but_the_last_gets_more_than_is_open(payments: list[int], owed: list[int]) -> None:
    items = [item(f"R{n}", str(Decimal(cents) / 100), date(2026, 11, 1 + n)) for n, cents in enumerate(owed)]
    numbers = tuple(one.item_no for one in items)
    made = [promise(id=f"p{n}", amount=Money(Decimal(cents) / 100, "EUR"), items=numbers) for n, cents in enumerate(payments)]
    shares = spread(made, items)
    for one in made:
        assert sum((share.money.amount for share in shares if share.promise is one), Decimal(0)) == one.amount.amount
    for one_item in items[:-1]:
        assert sum((share.money.amount for share in shares if share.item_no == one_item.item_no), Decimal(0)) <= one_item.open_amount
    assert all(share.money.amount > 0 for share in shares)


# ---------------------------------------------------------------- as a person writes it


def read(*payments: str) -> Said:
    return read_said({"disposition": "promise", "promise": list(payments)}, NOW, TODAY, "en", "UTC")


def test_several_promises_are_a_plan() -> None:
    said = read("100.00:2026-12-01", "rest:2026-12-15")
    assert said.plan == (Instalment(Decimal("100.00"), date(2026, 12, 1)), Instalment(None, date(2026, 12, 15)))
    assert (said.amount, said.on) == (None, date(2026, 12, 1))
    assert read("100.00:2026-12-01").plan == ()
    assert read("1.00:2026-12-01", "full:2026-12-15").plan[1].amount is None


@pytest.mark.parametrize(
    ("payments", "words"),
    [
        (["full:2026-12-01", "100.00:2026-12-15"], "Instalments come one after the other"),
        (["100.00:2026-12-15", "100.00:2026-12-15"], "Instalments come one after the other"),
        (["100.00:2026-12-15", "rest:2026-12-01"], "Instalments come one after the other"),
        (["rest:2026-12-01", "100.00:2026-12-15"], "A promise needs amount and day"),
        (["100.00:2026-12-01", "-5.00:2026-12-15"], "the amount must be above zero"),
        ([f"1.00:2027-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(37)], "37 instalments are more than 36"),
    ],
)
def test_a_plan_that_is_none_is_refused(payments: list[str], words: str) -> None:
    with pytest.raises(OutcomeRefused, match=words):
        read(*payments)


# ---------------------------------------------------------------- limits

LIMITS = PromiseLimits(longest=30, smallest_share=Decimal("0.25"), instalments=2, largest=Decimal(1000))


def reasons(*promises: Promise, owed: str = "400.00", limits: PromiseLimits = LIMITS) -> tuple[str, ...]:
    return beyond(promises, {"EUR": Decimal(owed)}, limits, TODAY, "en", "UTC")


def within(amount: str = "400.00", on: date = date(2026, 12, 1), position: int = 0) -> Promise:
    return promise(amount=Money(Decimal(amount), "EUR"), promised_on=on, position=position)


def test_within_all_limits_an_agent_agrees_alone() -> None:
    assert reasons(within()) == ()
    assert reasons(within("100.00", date(2026, 12, 23))) == ()
    assert reasons(within("0.01", date(2027, 11, 1), 9), limits=PromiseLimits()) == ()


def test_each_limit_has_its_sentence() -> None:
    assert reasons(within(on=date(2026, 12, 24))) == ("the last payment is promised for 31 days from now, 30 may be agreed without a lead",)
    assert reasons(within("99.99")) == ("only €99.99 of €400.00 is promised, at least 25 % may be agreed without a lead",)
    assert reasons(within("200.00", position=1), within("100.00", position=2), within("100.00", position=3)) == (
        "3 instalments, 2 may be agreed without a lead",
    )
    assert reasons(within("1000.01"), owed="1000.01") == ("€1,000.01 is promised, up to €1,000.00 may be agreed without a lead",)
    francs = promise(amount=Money(Decimal(1), "CHF"), promised_on=TODAY)
    assert reasons(francs) == (), "nothing is known to be owed in that currency"


def test_a_skill_widens_the_limits_and_the_widest_of_several_counts() -> None:
    senior = replace(LIMITS, longest=90, largest=None)
    quick = replace(LIMITS, smallest_share=Decimal("0.05"), instalments=4, longest=10)
    rules = LimitRules(usual=LIMITS, by_skill={"senior": senior, "quick": quick})
    assert rules.of(["english"]) == LIMITS
    assert rules.of(["senior"]) == senior
    assert rules.of(["senior", "quick"]) == PromiseLimits(longest=90, smallest_share=Decimal("0.05"), instalments=4, largest=None)


def test_a_promise_beyond_the_limits_waits_for_a_lead_with_everything_that_hangs_on_it() -> None:
    rules = replace(shipped_rules(), limits=LimitRules(usual=LIMITS))
    follow = agreed(THREE, rules=rules)
    assert {(p.approval, p.decide_until, p.approval_note) for p in follow.promises} == {
        (Approval.PENDING, date(2026, 11, 26), "3 instalments, 2 may be agreed without a lead")
    }
    assert {p.holds_until for p in follow.promises} == {date(2026, 11, 26)}
    assert {line.dunning_block_until for line in follow.outcomes} == {date(2026, 11, 26)}, "no further than a lead's answer is waited for"
    assert follow.outcomes[0].note.startswith("3 instalments; waits for a lead's approval until Thu 26 Nov 2026: 3 instalments, 2 may")
    assert "a lead has to approve it" in follow.why
    skilled = agreed(
        THREE, rules=replace(rules, limits=replace(rules.limits, by_skill={"senior": PromiseLimits()})), skills=frozenset({"senior"})
    )
    assert {p.approval for p in skilled.promises} == {Approval.NOT_NEEDED}


def parsed(text: str) -> tuple[LimitRules, list[Problem]]:
    problems: list[Problem] = []
    return parse_limits(Table(tomllib.loads(text), "promise_limits", problems)), problems


def test_what_a_skill_leaves_out_is_as_usual_and_no_table_is_no_limit() -> None:
    rules, problems = parsed('longest = "30d"\nlargest = "10.00"\n[skill.senior]\nlongest = "90d"\ninstalments = 6')
    assert problems == []
    assert rules.usual == PromiseLimits(longest=30, largest=Decimal("10.00"))
    assert rules.by_skill["senior"] == PromiseLimits(longest=90, largest=Decimal("10.00"), instalments=6)
    assert parsed("")[0].usual == PromiseLimits()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('longest = "0d"', "longest"),
        ('smallest_share = "1.5"', "smallest_share"),
        ('largest = "0.00"', "largest"),
        ("instalments = 0", "instalments"),
        ("decide_banking_days = 0", "decide_banking_days"),
        ("[skill.senior]\nlongst = 3", "skill.senior.longst"),
    ],
)
def test_a_limit_that_makes_no_sense_is_named(text: str, key: str) -> None:
    _, problems = parsed(text)
    assert [problem.path for problem in problems] == [f"promise_limits.{key}"]


# ---------------------------------------------------------------- what becomes of a plan


def concluded(judgement: Any, one: Promise, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "items": (item("R1", "300.00"),), "origin": task(), "rules": shipped_rules(), "now": NOW, "task_id": "t9", "language": "en",
        "zone": "UTC",
    }  # fmt: skip
    return conclude(one, judgement, **values | changes)


PART = promise(plan_id="plan-1", position=1)


def test_the_first_instalment_that_is_not_kept_ends_the_plan() -> None:
    told = concluded(Broken(Decimal("410.00")), PART)
    assert (told.ends_plan, told.task is not None) == (True, True)
    assert "The instalment plan is over" in told.why
    escalated = concluded(PartlyKept(Decimal(10), Decimal(400)), PART, broken_before=1)
    assert (escalated.ends_plan, escalated.task) == (True, None)
    assert not concluded(Kept(TODAY, Decimal(410)), PART).ends_plan


def test_a_house_may_let_a_plan_go_on() -> None:
    rules = replace(shipped_rules(), plan_broken_after=2)
    first = concluded(Broken(Decimal(410)), PART, rules=rules)
    assert (first.ends_plan, first.task) == (False, None)
    assert "the others go on" in first.why
    assert concluded(Broken(Decimal(410)), PART, rules=rules, of_its_plan=1).ends_plan


def test_later_instalments_fall_with_the_plan() -> None:
    told = fallen(replace(PART, position=2), "en", "UTC")
    assert (told.state, told.paid, told.task) == (PromiseState.WITHDRAWN, Decimal(0), None)
    assert told.why == "The instalment of €410.00 for Mon 23 Nov 2026 falls, because an earlier one was not kept."


def test_a_refused_agreement_is_told_by_whoever_made_it() -> None:
    given_up: dict[str, Any] = {"rules": shipped_rules(), "now": NOW, "task_id": "t9", "origin": None}
    call = unapproved([PART], "not approved", items=[item("R1", "300.00"), item("R9", "5.00")], **given_up)
    assert call is not None
    assert (call.agent, call.items, call.why) == ("201", ("R1",), "not approved")
    assert unapproved([PART], "not approved", items=[], **given_up) is None


def test_a_decision_is_told_to_accounting_once_more() -> None:
    lines = tell_again([PART], [item("R1", "300.00"), item("R2", "110.00")], None, "not approved", NOW, lambda: "o1")
    assert [(line.item_no, line.promise and line.promise.amount, line.dunning_block_until, line.note) for line in lines] == [
        ("R1", Decimal("300.00"), None, "not approved"), ("R2", Decimal("110.00"), None, "not approved"),
    ]  # fmt: skip


def test_who_records_a_promise_of_more_than_is_owed_is_told() -> None:
    owed = [item("R1", "300.00"), item("R2", "210.00"), item("R9", "5.00"), item("G", "-100.00")]
    assert more_than_owed([promise()], owed, "en", "UTC") == ""
    assert more_than_owed([], owed, "en", "UTC") == ""
    two = [promise(), replace(promise(), id="p2", amount=Money(Decimal(20), "EUR"))]
    assert "€430.00 is promised, but only €410.00 is owed" in more_than_owed(two, owed, "en", "UTC")
    assert "only €0.00" in more_than_owed([promise()], [], "en", "UTC")


# ---------------------------------------------------------------- invoices that move


def test_an_invoice_that_stands_with_another_debtor_of_the_company_since_that_day_has_moved() -> None:
    money, day, due = Money(Decimal("300.00"), "EUR"), date(2026, 11, 24), date(2026, 11, 10)
    gone = [Gone("R1", day, money, 2, due, None, "erp"), Gone("R2", day, money, 2, due, None, "erp")]
    heir = DebtorKey("", "11")
    there = Namesake(heir, "R1", day, money, due, None, "erp")
    assert moved(promise(), gone, [there]) == {"R1": heir}
    assert moved(promise(), gone, [replace(there, invoiced_on=date(2026, 10, 10))]) == {"R1": heir}, "known on one side only"
    for other in (
        replace(there, key=DebtorKey("", "10023")),  # the same debtor
        replace(there, key=DebtorKey("2000", "11")),  # another company
        replace(there, came_on=date(2026, 11, 25)),  # another day
        replace(there, amount=Money(Decimal("299.00"), "EUR")),
        replace(there, amount=Money(Decimal("300.00"), "CHF")),
        replace(there, due_on=date(2026, 11, 12)),  # numbers like "2026-10" are many debtors'
        replace(there, source="other"),  # another list does not say what left this one
        replace(there, item_no="R9"),
    ):
        assert moved(promise(), gone, [other]) == {}, other


def test_two_days_of_invoicing_are_two_invoices() -> None:
    money, day, due = Money(Decimal("300.00"), "EUR"), date(2026, 11, 24), date(2026, 11, 10)
    gone = [Gone("R1", day, money, 2, due, date(2026, 10, 10), "erp")]
    there = Namesake(DebtorKey("", "11"), "R1", day, money, due, date(2026, 10, 11), "erp")
    assert moved(promise(), gone, [there]) == {}
    assert moved(promise(), gone, [replace(there, invoiced_on=date(2026, 10, 10))]) == {"R1": DebtorKey("", "11")}


def test_a_number_that_several_debtors_have_names_no_invoice_and_nothing_has_moved() -> None:
    money, day, due = Money(Decimal("300.00"), "EUR"), date(2026, 11, 24), date(2026, 11, 10)
    gone = [Gone("R1", day, money, 2, due, None, "erp")]
    there = Namesake(DebtorKey("", "11"), "R1", day, money, due, None, "erp")
    twin = replace(there, key=DebtorKey("", "12"))
    older = replace(twin, came_on=date(2026, 9, 1), amount=Money(Decimal("80.00"), "EUR"))
    gone_too = replace(older, amount=Money(Decimal(0), "EUR"))
    for another in (twin, older, gone_too):
        assert moved(promise(), gone, [there, another]) == {}
