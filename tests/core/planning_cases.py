"""Ladders, triggers, debtors, items and pasts in all their mixtures, for what holds of every plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from collectord.core.receivables.history import Fall, History, PaidItem, Touch
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Instalments, Ladder, Level, OldestCleared, OldItem, Options, SeveralItems
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.peers import Peer, Peers
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.risk_rules import RiskRules, Risks
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
