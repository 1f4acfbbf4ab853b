"""The words of `record` that hold a ladder: what belongs together is asked for, and a refusal takes nothing."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import pytest

from collectord.core.contact.contact_rules import Refused
from collectord.core.contact.facts import Callback, Fact, FactKind
from collectord.core.contact.frame_rules import FRAME_RULES
from collectord.core.contact.learnt import learn
from collectord.core.contact.record_words import DisputeTerms, Learnt, RecordRefused
from collectord.core.receivables.frame import Frame
from collectord.core.receivables.told import Outcome
from tests.core.gate_cases import HOUSE, ask, fact, facts, item, local, rules

NOW = local("2026-11-23T10:00")
TERMS = DisputeTerms(owner="accounting", answer_by=date(2026, 12, 7), block_until=date(2026, 12, 21))
KNOWN = facts(items=(item("A1"), item("A1:2"), item("C", "-5.00")))


def say(*known: Fact, **words: Any) -> Learnt:
    numbers = itertools.count()
    given = facts(items=KNOWN.items, facts=known)
    return learn(words, given, frozenset(), HOUSE, NOW, "lead", lambda: f"id{next(numbers)}", TERMS)


def only(learnt: Learnt) -> Fact:
    (found,) = learnt.facts
    return found


def test_a_dispute_has_the_owner_and_the_day_of_the_rules_unless_somebody_names_others() -> None:
    usual = say(dispute="A1:broken")
    assert (only(usual).kind, only(usual).value, only(usual).reason) == (FactKind.DISPUTE, "A1", "broken")
    assert (only(usual).owner, only(usual).answer_by) == ("accounting", date(2026, 12, 7))
    (told,) = usual.outcomes
    assert isinstance(told, Outcome)
    assert (told.item_no, told.dunning_block_until, told.dispute_reason) == ("A1", date(2026, 12, 21), "broken")
    own = only(say(dispute="A1:2:too late", owner="sales", answer_by="2026-11-30"))
    assert (own.value, own.reason, own.owner, own.answer_by) == ("A1:2", "too late", "sales", date(2026, 11, 30))


def test_a_settled_dispute_is_taken_back_and_one_about_the_whole_account_with_it() -> None:
    about, other, all_items = (fact(FactKind.DISPUTE, value) for value in ("A1", "A1:2", ""))
    assert say(about, other, all_items, dispute_settled="A1").revoked == (about.id, all_items.id)
    assert say(other, dispute_settled="A1:2").said == (("dispute_settled", "A1:2"),)


def test_grace_names_who_gave_it_and_why_and_replaces_what_was_given_before() -> None:
    before = fact(FactKind.GRACE, "B. Fore", until_on=date(2026, 11, 25))
    given = say(before, grace="2026-11-30", approved_by="M. Lead", reason="moved")
    found = only(given)
    assert (found.kind, found.value, found.until_on, found.reason) == (FactKind.GRACE, "M. Lead", date(2026, 11, 30), "moved")
    assert given.revoked == (before.id,)
    assert say(before, grace="none") == Learnt(revoked=(before.id,), said=((FactKind.GRACE, "none"),))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"dispute": "A1"}, "write ITEM:REASON"),
        ({"dispute": "A1: "}, "write ITEM:REASON"),
        ({"dispute": "C:a credit"}, "open items (A1, A1:2)"),
        ({"owner": "sales"}, "--owner belongs to a dispute"),
        ({"answer_by": "2026-11-30"}, "--answer-by belongs to a dispute"),
        ({"dispute": "A1:x", "answer_by": "soon"}, "--answer-by soon is no day; write it like 2026-12-24"),
        ({"dispute": "A1:x", "answer_by": "2026-11-22"}, "lies in the past"),
        ({"dispute_settled": "A1"}, "a person recorded no dispute about this item; those recorded: -"),
        ({"grace": "2026-11-30", "approved_by": "M. Lead"}, "--grace needs --approved-by and --reason"),
        ({"grace": "2026-11-30", "reason": "x"}, "--grace needs --approved-by and --reason"),
        ({"grace": "2028-01-01", "approved_by": "M. Lead", "reason": "x"}, "more than a year ahead"),
        ({"approved_by": "M. Lead"}, "--approved-by belongs to --grace"),
        ({"asked": "sales"}, "--asked needs a role"),
        ({"asked": "", "reason": "x"}, "--asked needs a role"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(words: dict[str, str], sentence: str) -> None:
    with pytest.raises(RecordRefused, match=r"^--") as refused:
        say(**words)
    assert sentence in str(refused.value)


def test_nobody_calls_while_the_debtor_has_time_but_an_agreed_callback_is_kept() -> None:
    given = only(say(grace="2026-11-24", approved_by="M. Lead", reason="moved"))
    longer = fact(FactKind.GRACE, "N. Lead", reason="ill", until_on=date(2026, 11, 25))
    known = facts(facts=(given, longer))
    answer = ask(known, NOW + timedelta(hours=1))
    assert isinstance(answer, Refused)
    assert [(one.rule, one.reason) for one in answer.refusals] == [
        ("debtors/grace", "N. Lead gave the debtor time up to Wed 25 Nov 2026: ill.")
    ]
    assert answer.not_before == local("2026-11-26T08:00")
    assert rules(ask(known, local("2026-11-26T08:00"))) == set()
    assert rules(ask(known, NOW + timedelta(hours=1), medium="letter")) == {"debtors/grace"}
    agreed = Callback(task_id="t", at=local("2026-11-24T11:00"), agreed_at=NOW)
    kept = facts(facts=(longer,), callbacks=(agreed,))
    assert rules(ask(kept, local("2026-11-24T11:00"))) == set()
    early = ask(kept, local("2026-11-24T10:00"))
    assert isinstance(early, Refused)
    assert early.not_before == local("2026-11-24T11:00")


def test_who_was_asked_agrees_for_fourteen_days_and_only_for_the_role_that_the_rules_name() -> None:
    agreed = only(say(asked="Sales", reason="Ms Klein: go ahead"))
    assert (agreed.kind, agreed.until_on) == (FactKind.ASKED, date(2026, 12, 7))
    frame = Frame(ask_first="sales")
    assert "debtors/ask-first" in FRAME_RULES
    for known, at, refuses in [
        ((), NOW, {"debtors/ask-first"}),
        ((agreed,), NOW + timedelta(hours=1), set()),
        ((agreed,), NOW + timedelta(days=15), {"debtors/ask-first"}),
        ((fact(FactKind.ASKED, "boss", until_on=date(2026, 12, 7)),), NOW, {"debtors/ask-first"}),
    ]:
        assert rules(ask(facts(frame=frame, facts=known), at)) == refuses


def test_an_objection_taken_back_for_one_invoice_stands_for_the_others() -> None:
    one, other = fact(FactKind.OBJECTION, "A1"), fact(FactKind.OBJECTION, "A1:2")
    assert say(one, other, objection="none", item=["A1:2"]) == Learnt(revoked=(other.id,), said=((FactKind.OBJECTION, "none"),))
    assert say(one, other, objection="none").revoked == (one.id, other.id)
