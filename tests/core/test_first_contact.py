"""The first contact: before the day it names nothing is wanted of a debtor, however the whole decision is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import to_scaled
from collectord.core.receivables.dunning import Create, plan_tasks
from collectord.core.receivables.exceptions import DebtorException, Exceptions
from collectord.core.receivables.first_contact import NO_PAST, TODAY, FirstContacts, Past
from collectord.core.receivables.history import History
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem
from collectord.core.receivables.peers import Peer
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.strategies import Frames
from collectord.core.receivables.triggers import Trigger
from tests.core.planning_cases import (
    COURTESY,
    DAY,
    DEBTOR,
    DEBTORS,
    FRIENDLY,
    HISTORIES,
    HOLDS,
    ITEMS,
    LADDERS,
    MANY,
    NOW,
    RISKY,
    SAFE,
    SHIPPED,
    TRIGGERS,
    USUAL,
    ladder,
    plain,
)


def ahead(
    *owed: tuple[int, int], ladder: Ladder | None = None, policy: Policy | None = None, past: Past = NO_PAST, **of: Any
) -> int | None:
    """Days from now to the first contact about so many euros due in so many days; None: never."""
    found = FirstContacts((ladder or USUAL,), policy or plain()).day(
        replace(DEBTOR, **of), [(NOW.toordinal() + due, to_scaled(Decimal(euros))) for due, euros in owed], past
    )
    return None if found is None else found - NOW.toordinal()


def test_a_step_comes_so_long_after_the_first_due_day_and_when_so_much_is_due() -> None:
    assert ahead((0, 30)) == 3
    assert ahead((0, 20)) is None, "less than any step asks for"
    assert ahead((10, 20), (0, 10)) == 11
    assert ahead((0, 10), (1, 20)) == 3
    month_end = replace(FRIENDLY, after_due=1, after_month_end=9)
    assert ahead((0, 30), ladder=ladder(month_end)) == 9, "in a month that ends on the due day"
    assert ahead((0, 30), ladder=ladder(replace(FRIENDLY, after_due=1, after_contact=9))) == 1
    assert ahead((0, 30), ladder=ladder(replace(FRIENDLY, enabled=False), replace(FRIENDLY, person_type="private"))) is None


def test_a_courtesy_comes_before_the_due_day_where_its_risk_may_be_so_high() -> None:
    assert ahead((9, 2000), policy=plain(peer=RISKY)) == 6
    assert ahead((9, 2000)) == 12, "nobody like this debtor pays late, and nothing of this one is known"
    assert ahead((9, 2000), past=Past(paid=1)) == 6
    assert ahead((9, 500), (20, 500), policy=plain(peer=RISKY)) == 12
    assert ahead((11, 900), (12, 500), policy=plain(peer=RISKY)) == 9
    assert ahead((9, 2000), policy=plain(enabled=False), past=Past(paid=1)) == 12, "nobody estimates it"
    assert ahead((9, 2000), ladder=ladder(replace(COURTESY, min_risk=0))) == 6
    assert ahead((0, 2000), (9, 2000), ladder=ladder(COURTESY)) == 4, "the first one is late by then"


def test_a_trigger_wants_all_that_it_names_and_what_a_step_asks_for() -> None:
    def by(past: Past = NO_PAST, *owed: tuple[int, int], of: dict[str, Any] | None = None, **asked: Any) -> int | None:
        late = ladder(replace(FRIENDLY, after_due=20))
        return ahead(*(owed or ((0, 30), (4, 50))), ladder=late, policy=plain(Trigger(name="t", **asked)), past=past, **(of or {}))

    assert by(overdue_items=1) == 1
    assert by(overdue_items=2) == 5
    assert by(overdue_items=3) == 20
    assert by(overdue=Decimal(80)) == 5
    assert by(overdue=Decimal(81)) == 20
    assert by(overdue_items=1, min_open=Decimal(31)) == 5
    assert by(growth=Decimal(31)) == 5
    assert by(growth=Decimal(31), growth_percent=5, growth_within=9) == 10, "of what was overdue so long ago"
    assert by(Past(owed_before=True), growth=Decimal(31), growth_percent=5) == 5
    assert by(NO_PAST, (0, 20), (4, 50), overdue_items=1) == 5, "the step asks for 25"
    assert by(debit_returned=True) == 20
    assert by(promises_broken=1) == 20
    assert by(Past(broken=True), promises_broken=1) == 1
    assert by(Past(paid=7), later_than_usual=7) == 20
    assert by(Past(paid=8), later_than_usual=7) == 1
    assert by(overdue_items=1, person_types=("private",)) == 20
    assert by(credit_percent=90) == 20
    assert by(credit_percent=90, of={"credit_limit": Decimal(0)}) == 20
    assert by(credit_percent=90, of={"credit_limit": Decimal(89)}) == 20
    assert by(credit_percent=90, of={"credit_limit": Decimal(88)}) == 1
    courtesies = ladder(replace(COURTESY, min_risk=0))
    assert ahead((9, 30), ladder=courtesies, policy=plain(Trigger(name="t", overdue_items=1))) is None, "no step to bring forward"


def test_who_has_an_exception_or_no_ladder_has_to_be_decided() -> None:
    exceptions = Exceptions({DEBTOR.key: DebtorException(key=DEBTOR.key)})
    assert FirstContacts((ladder(FRIENDLY),), Policy(frames=Frames(exceptions=exceptions))).day(DEBTOR, [(1, 1)], NO_PAST) == TODAY
    other = Exceptions({DebtorKey("", "2"): DebtorException(key=DebtorKey("", "2"))})
    assert FirstContacts((ladder(FRIENDLY),), Policy(frames=Frames(exceptions=other))).day(DEBTOR, [(1, 1)], NO_PAST) is None
    contacts = FirstContacts((), Policy())
    assert [contacts.day(DEBTOR, [(1, 1)], NO_PAST) for _ in range(2)] == [TODAY, TODAY]


# ---------------------------------------------------------------- for all


@given(
    LADDERS, st.one_of(st.just(MANY), st.lists(TRIGGERS, max_size=2).map(tuple)), DEBTORS, ITEMS, HISTORIES, HOLDS,
    st.sampled_from([RISKY, SAFE]), st.booleans(),
)  # fmt: skip
def test_for_all_debtors_nothing_is_wanted_before_the_first_contact(
    rules: Ladder,
    triggers: tuple[Trigger, ...],
    debtor: Debtor,
    items: list[OpenItem],
    history: History,
    holds: Holds,
    peer: Peer,
    shipped: bool,
) -> None:  # fmt: skip
    judging = plain(*triggers, peer=peer)
    ladders = SHIPPED.ladders if shipped else (rules,)
    owed = [(one.due_on.toordinal(), to_scaled(one.open_amount)) for one in items if one.open_amount > 0]
    if not owed:
        return
    past = Past(len(history.paid), bool(history.broken_on), bool(history.falls) or len(owed) < len(items))
    first = FirstContacts(ladders, judging).day(debtor, owed, past)
    until = NOW + 90 * DAY if first is None else date.fromordinal(max(first, NOW.toordinal()))
    chosen = judging.ladder_for(debtor, ladders)
    for days in range(min(90, (until - NOW).days)):
        decided = plan_tasks(debtor, items, None, chosen, NOW + days * DAY, holds=holds, history=history, policy=judging)
        assert not isinstance(decided, Create)


@pytest.mark.parametrize("amount", [20, 40, 2_000])
def test_the_shipped_rules_say_the_day_itself_of_a_plain_invoice(amount: int) -> None:
    """The bound is good for something: nobody is looked at in vain on the days before."""
    invoice = OpenItem(company="", debtor_no="1", item_no="R1", source="canonical", due_on=NOW + 5 * DAY, open_amount=Decimal(amount))
    first = FirstContacts(SHIPPED.ladders, SHIPPED.policy).day(
        DEBTOR, [(invoice.due_on.toordinal(), to_scaled(invoice.open_amount))], NO_PAST
    )
    ladder = SHIPPED.policy.ladder_for(DEBTOR, SHIPPED.ladders)
    wanted = [
        days
        for days in range(20)
        if isinstance(plan_tasks(DEBTOR, [invoice], None, ladder, NOW + days * DAY, policy=SHIPPED.policy), Create)
    ]
    assert (first is None) == (not wanted)
    assert first is None or (date.fromordinal(first) - NOW).days == wanted[0]
