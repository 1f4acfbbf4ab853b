"""The first contact: before the day it names nothing is wanted of a debtor, however the whole decision is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import to_scaled
from collectord.core.receivables.dunning import Create, plan_tasks
from collectord.core.receivables.exceptions import DebtorException, Exceptions
from collectord.core.receivables.first_contact import NO_PAST, TODAY, FirstContacts, Past
from collectord.core.receivables.history import Fall, History, PaidItem, Touch
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Instalments, Ladder, Level, OldestCleared, OldItem, Options, SeveralItems
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem
from collectord.core.receivables.peers import Peer, Peers
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.risk_rules import RiskRules, Risks
from collectord.core.receivables.strategies import Frames
from collectord.core.receivables.triggers import Trigger
from collectord.edge.rules_files import load_rules

NOW = date(2026, 11, 23)
DAY = timedelta(days=1)
DEBTOR = Debtor(company="", debtor_no="1", debtor_name="Müller", person_type="business", potential_class="II")
COURTESY = Level(number=1, name="courtesy", after_due=-3, medium="call", min_open=Decimal(1000), person_type="business", min_risk=50)
FRIENDLY = Level(number=2, name="friendly", after_due=3, medium="call", min_open=Decimal(25))
RISKY, SAFE = (
    Peer(share=0.9, strength=9.0, mean=20.0, between=9.0, within=9.0),
    Peer(share=0.05, strength=9.0, mean=-4.0, between=1.0, within=2.0),
)


def ladder(*levels: Level, **more: Any) -> Ladder:
    return Ladder(name="standard", levels=tuple(replace(one, number=number) for number, one in enumerate(levels, start=1)), **more)


USUAL = ladder(COURTESY, FRIENDLY)


def plain(*triggers: Trigger, peer: Peer = SAFE, enabled: bool = True, **more: Any) -> Policy:
    return Policy(triggers=triggers, risks=Risks(rules=RiskRules(enabled=enabled), peers=Peers({"": peer, "II": peer})), **more)


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


SHIPPED = load_rules(Path(__file__).parents[2] / "rules")
MANY = tuple(replace(one, needs_gap=min(one.needs_gap, 3)) for one in SHIPPED.policy.triggers)
LEVELS = st.builds(
    Level,
    number=st.just(0),
    name=st.uuids().map(str),
    after_due=st.integers(-9, 30),
    after_contact=st.sampled_from([None, None, None, 5]),
    after_month_end=st.sampled_from([None, None, None, -3, 6]),
    medium=st.sampled_from(["call", "call", "letter", "handover"]),
    min_open=st.sampled_from([0, 25, 300, 1000]).map(Decimal),
    person_type=st.sampled_from(["", "", "private"]),
    expires_after=st.sampled_from([None, None, 4]),
    needs_gap=st.sampled_from([0, 5]),
    min_risk=st.sampled_from([0, 30, 60]),
    enabled=st.sampled_from([True, True, False]),
)  # fmt: skip


def _level(level: Level) -> Level:
    """As the files allow it: one clock, and a risk only before the due day."""
    if level.after_contact is not None or level.after_month_end is not None:
        month_end = None if level.after_contact is not None else level.after_month_end
        level = replace(level, after_due=1, after_month_end=month_end)
    return level if level.is_courtesy else replace(level, min_risk=0)


LADDERS = st.builds(
    lambda levels, options: ladder(*map(_level, levels), options=options),
    st.lists(LEVELS, min_size=1, max_size=4),
    st.builds(
        Options,
        old_item_starts=st.sampled_from(OldItem),
        several_items=st.sampled_from(SeveralItems),
        oldest_cleared=st.sampled_from(OldestCleared),
        instalments=st.sampled_from(Instalments),
        call_raises=st.booleans(),
    ),
)
TRIGGERS = st.builds(
    Trigger,
    name=st.just("t"),
    overdue_items=st.integers(0, 3),
    overdue=st.sampled_from([0, 200, 3000]).map(Decimal),
    growth=st.sampled_from([0, 200]).map(Decimal),
    growth_percent=st.sampled_from([0, 20]),
    credit_percent=st.sampled_from([0, 0, 80]),
    promises_broken=st.sampled_from([0, 0, 1]),
    later_than_usual=st.sampled_from([0, 0, 5]),
    min_open=st.sampled_from([0, 100]).map(Decimal),
    needs_gap=st.sampled_from([0, 3]),
    medium=st.sampled_from(["call", "letter"]),
)
DEBTORS = st.builds(
    replace,
    st.just(DEBTOR),
    person_type=st.sampled_from(["business", "private", ""]),
    credit_limit=st.sampled_from([None, Decimal(0), Decimal(500), Decimal(9000)]),
)
ITEMS = st.lists(
    st.builds(
        OpenItem,
        company=st.just(""),
        debtor_no=st.just("1"),
        item_no=st.sampled_from(["R1", "R2", "R3/1", "R3/2", "R4"]),
        source=st.just("canonical"),
        due_on=st.integers(-40, 25).map(lambda days: NOW + days * DAY),
        open_amount=st.sampled_from([5, 20, 40, 90, 300, 2_000, 9_000, -30, -500]).map(Decimal),
        currency=st.sampled_from(["EUR", "EUR", "EUR", "CHF"]),
        contact_level=st.integers(0, 3),
        contacted_on=st.one_of(st.none(), st.integers(0, 30).map(lambda days: NOW - days * DAY)),
        dunning_block_until=st.one_of(st.none(), st.none(), st.integers(-2, 9).map(lambda days: NOW + days * DAY)),
        dispute=st.sampled_from([False, False, False, True]),
        payment_method=st.sampled_from(["", "", "direct_debit"]),
        booking_lag=st.integers(0, 2),
        opened_as_of=st.one_of(st.none(), st.integers(0, 30).map(lambda days: NOW - days * DAY)),
    ),
    min_size=1, max_size=5, unique_by=lambda one: one.item_no,
)  # fmt: skip
PAID = st.lists(
    st.builds(
        PaidItem,
        item_no=st.just("P"),
        due_on=st.integers(60, 500).map(lambda days: NOW - days * DAY),
        cleared_on=st.integers(0, 59).map(lambda days: NOW - days * DAY),
        amount=st.just(Decimal(100)),
        currency=st.just("EUR"),
    ),
    max_size=10,
)
HISTORIES = st.builds(
    History,
    paid=st.one_of(st.just(()), PAID.map(tuple)),
    touches=st.lists(st.builds(Touch, on=st.integers(0, 9).map(lambda days: NOW - days * DAY), medium=st.just("letter")), max_size=1).map(
        tuple
    ),
    broken_on=st.one_of(st.just(()), st.just((NOW - 5 * DAY,))),
    falls=st.lists(
        st.builds(
            Fall,
            due_on=st.integers(10, 60).map(lambda days: NOW - days * DAY),
            on=st.integers(0, 30).map(lambda days: NOW - days * DAY),
            amount=st.sampled_from([-100, 50, 600]).map(Decimal),
            currency=st.just("EUR"),
        ),
        max_size=2,
    ).map(tuple),
)
HOLDS = st.sampled_from([NO_HOLD, NO_HOLD, Holds(do_not_call=True), Holds(disputed_items=frozenset({"R1"}))])


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
