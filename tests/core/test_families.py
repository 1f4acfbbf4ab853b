"""Head offices: one call covers branches, and nobody is left without a call by a link that leads nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectord.core.contact.contact_rules import Allowed, Refused, may_contact
from collectord.core.contact.facts import Branch, DebtorFacts, Fact, OpenPromise
from collectord.core.contact.family import as_one, under
from collectord.core.money import Money
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.families import as_one_account, doubts, families, held_back, owners, reference, root_of
from collectord.core.receivables.frame import NO_FRAME, Frame, Pause
from collectord.core.receivables.holds import NO_HOLD, Grace, Holds, Objection
from collectord.core.receivables.ladders import ladder_for
from collectord.core.receivables.ledger import Debtor, DebtorKey, OpenItem
from collectord.core.receivables.seen_payments import SeenPayment
from collectord.core.receivables.strategies import NO_FRAMES
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.edge.rules_files import load_rules
from collectord.edge.shipped import shipped_directory
from tests.core.gate_cases import HOUSE, PACKS, call, debtor, fact, facts, item, local

MONDAY = local("2026-11-23T10:00")
TODAY = date(2026, 11, 23)
HEAD, NORTH, SOUTH = DebtorKey("", "10"), DebtorKey("", "B1"), DebtorKey("", "B2")


def key(number: str) -> DebtorKey:
    return DebtorKey("", number)


def links(**heads: str) -> dict[DebtorKey, str]:
    return {key(number): head for number, head in heads.items()}


KNOWN = {key(number) for number in "ABCDEH"}


@pytest.mark.parametrize(
    ("named", "root"),
    [
        (links(A="H"), "H"),
        (links(A="B", B="H"), "H"),  # a chain: the top counts
        (links(A="A"), "A"),  # names itself
        (links(A=""), "A"),
        (links(A="X"), "A"),  # nobody knows X
        (links(A="B", B="X"), "B"),
        (links(A="B", B="A"), "A"),  # a circle
        (links(A="B", B="C", C="A"), "A"),
        (links(A="B", B="C", C="B"), "B"),  # leads into a circle
    ],
)
def test_the_top_of_the_chain_is_called(named: dict[DebtorKey, str], root: str) -> None:
    assert root_of(key("A"), named, KNOWN) == key(root)


def test_a_head_office_of_another_company_is_not_meant() -> None:
    assert root_of(DebtorKey("1", "A"), {DebtorKey("1", "A"): "H"}, KNOWN) == DebtorKey("1", "A")


def test_families_name_root_and_branches_and_doubts_name_links_that_lead_nowhere() -> None:
    named = links(A="H", B="A", C="X", D="E", E="D", H="H")
    assert {str(root): [str(one) for one in family.branches] for root, family in families(named, KNOWN).items()} == {"H": ["A", "B"]}
    assert {str(one): doubt for one, doubt in doubts(named, KNOWN).items()} == {"C": "unknown", "D": "circle", "E": "circle"}


@given(st.dictionaries(st.sampled_from("ABCDEX"), st.sampled_from("ABCDEXH"), max_size=6), st.randoms(use_true_random=False))
def test_everybody_is_in_exactly_one_family_whatever_the_order(heads: dict[str, str], chance: Any) -> None:
    named = links(**heads)
    found = families(named, KNOWN)
    members = [member for family in found.values() for member in (family.root, *family.branches)]
    assert len(members) == len(set(members))
    for family in found.values():
        assert root_of(family.root, named, KNOWN) == family.root
    mixed = list(named.items())
    chance.shuffle(mixed)
    assert families(dict(mixed), KNOWN) == found


def test_a_reference_leads_back_to_the_branch_and_its_item() -> None:
    named = reference(DebtorKey("", "B/1"), "R/7")
    assert (DebtorKey("", "B/1"), "R/7") in list(owners(HEAD, named))
    assert next(iter(owners(HEAD, named))) == (HEAD, named)


# ------------------------------------------------------------------ before the ladder

LADDERS = load_rules(shipped_directory("rules")).ladders


def owing(number: str, *items: OpenItem, **more: Any) -> tuple[Debtor, tuple[OpenItem, ...], Holds]:
    held = more.pop("holds", NO_HOLD)
    who = replace(debtor(**more), debtor_no=number)
    return who, tuple(replace(one, debtor_no=number) for one in items), held


def test_the_head_office_is_asked_about_the_items_of_all_its_branches() -> None:
    root = owing("10", item("A1", "50.00"))
    items, held = as_one_account(root, [owing("B1", item("A1", "100.00"), item("A2", "-30.00"))], TODAY, NO_FRAMES.of)
    assert [(one.debtor_no, one.item_no) for one in items] == [("10", "A1"), ("B1", "B1/A1"), ("B1", "B1/A2")]
    asked = wanted(root[0], items, ladder_for(root[0], LADDERS), TODAY, holds=held)
    assert isinstance(asked, Wanted)
    assert sum(asked.open_amount.values()) == Decimal("120.00")


PAUSE = Pause(until=TODAY, who="M. Lead", why="contract")


@pytest.mark.parametrize(
    ("held", "frame", "why"),
    [
        (Holds(promise_until=date(2026, 11, 30)), NO_FRAME, "promise"),
        (Holds(legal_state="insolvency"), NO_FRAME, "legal-state"),
        (Holds(grace=Grace(TODAY, "M. Lead", "moved")), NO_FRAME, "grace"),
        (Holds(ask_first=True), NO_FRAME, "ask-first"),
        (NO_HOLD, Frame(ask_first="Sales"), "ask-first"),
        (NO_HOLD, Frame(pause=PAUSE), "paused"),
        (NO_HOLD, Frame(only=("letter",)), "media"),
        (Holds(asked=frozenset({"sales"})), Frame(ask_first="Sales"), ""),
        (NO_HOLD, Frame(pause=replace(PAUSE, until=TODAY - timedelta(days=1))), ""),
        (NO_HOLD, Frame(only=("call", "letter")), ""),
    ],
)
def test_what_stops_a_branch_keeps_only_its_items_out(held: Holds, frame: Frame, why: str) -> None:
    branch = owing("B1", item("A1"), holds=held)
    assert held_back(branch[0], held, frame, TODAY) == why

    def frames(one: Debtor) -> Frame:
        return frame if one.debtor_no == "B1" else NO_FRAME

    root = owing("10", item("A1"))
    items, holds = as_one_account(root, [branch, owing("B2", item("A1"))], TODAY, frames)
    assert [one.item_no for one in items] == ["A1", *([] if why else ["B1/A1"]), "B2/A1"]
    assert holds == NO_HOLD


def test_a_branchs_dispute_is_about_its_item_in_the_head_offices_books() -> None:
    branch = owing("B1", item("A1"), item("A2"), holds=Holds(disputed_items=frozenset({"A1"})))
    _, holds = as_one_account(owing("10"), [branch], TODAY, NO_FRAMES.of)
    assert holds.disputed_items == {"B1/A1"}


def test_a_branchs_objection_waits_for_its_item_in_the_head_offices_books() -> None:
    branch = owing("B1", item("A1"), item("A2"), holds=Holds(objections=(Objection("A1", TODAY, "no copy"),)))
    _, holds = as_one_account(owing("10"), [branch], TODAY, NO_FRAMES.of)
    assert holds.objections == (Objection("B1/A1", TODAY, "no copy"),)


def test_a_branch_gets_no_task_of_its_own() -> None:
    branch, items, _ = owing("B1", item("A1"))
    answer = wanted(branch, items, ladder_for(branch, LADDERS), TODAY, holds=Holds(covered_by="10"))
    assert isinstance(answer, NotWanted)
    assert (answer.rule, answer.why("en")) == ("head-office", "The call to the head office 10 covers this branch.")


# ------------------------------------------------------------------ before the gate


def account(number: str, **more: Any) -> DebtorFacts:
    given = facts(**more)
    return replace(
        given,
        debtor=replace(given.debtor, debtor_no=number),
        items=tuple(replace(one, debtor_no=number) for one in given.items),
        contacts=tuple(replace(one, debtor_no=number) for one in given.contacts),
        facts=tuple(replace(one, debtor_no=number) for one in given.facts),
    )


def together(*branches: DebtorFacts, **root: Any) -> DebtorFacts:
    return as_one(account("10", **root), branches, HOUSE, TODAY)


def allowed(known: DebtorFacts, at: datetime = MONDAY) -> Allowed:
    answer = may_contact(known, PACKS, HOUSE, at)
    assert isinstance(answer, Allowed), answer
    return answer


def refused(known: DebtorFacts, at: datetime = MONDAY) -> set[str]:
    answer = may_contact(known, PACKS, HOUSE, at)
    assert isinstance(answer, Refused)
    return {refusal.rule for refusal in answer.refusals}


def test_one_call_is_allowed_about_everything_the_family_owes() -> None:
    assert allowed(together(account("B1"), account("B2"))).items == ("A1", "B1/A1", "B2/A1")


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({"items": (item(dispute=True),)}, ""),
        ({"items": (item(dunning_block_until=date(2026, 12, 24)),)}, ""),
        ({"facts": (fact("dispute", "A1"),)}, ""),
        ({"facts": (fact("dispute", ""),)}, ""),
        ({"facts": (fact("legal_state", "insolvency"),)}, "legal-state"),
        ({"debtor": debtor(legal_state="Insolvenz")}, "legal-state"),
        ({"facts": (fact("grace", "M. Lead", until_on=TODAY),)}, "grace"),
        ({"facts": (fact("ask_first", "sales"),)}, "ask-first"),
        ({"frame": Frame(ask_first="sales")}, "ask-first"),
        ({"frame": Frame(pause=PAUSE)}, "paused"),
        ({"frame": Frame(only=("letter",))}, "media"),
        ({"contacts": (call(local("2026-11-13T10:00"), "answered", disposition="paid_already"),)}, "payment"),
    ],
)
def test_a_branchs_refusal_concerns_only_its_items(held: dict[str, Any], why: str) -> None:
    known = together(account("B1", **held), account("B2"))
    assert [one.held_back for one in known.branches] == [why, ""]
    answer = allowed(known)
    assert answer.items == ("A1", "B2/A1")
    assert [one.rule for one in answer.warnings] == ["guard/head-office"] * bool(why)


@pytest.mark.parametrize(
    "held", [(fact("grace", "M. Lead", until_on=TODAY - timedelta(days=1)),), (fact("ask_first", "sales", until_on=date(2026, 11, 20)),)]
)
def test_a_branch_is_spoken_about_again_once_what_held_it_is_over(held: tuple[Fact, ...]) -> None:
    assert allowed(together(account("B1", facts=held))).items == ("A1", "B1/A1")
    agreed = fact("asked", "SALES", until_on=TODAY)
    assert allowed(together(account("B1", facts=(agreed,), frame=Frame(ask_first="sales")))).items == ("A1", "B1/A1")


def test_explain_says_which_branch_is_left_out_and_why() -> None:
    answer = allowed(together(account("B1", facts=(fact("grace", "M. Lead", until_on=TODAY),)), account("B2")))
    assert [one.reason for one in answer.warnings] == ["Not about branch B1 (Muster): it was given time."]


def test_what_a_branch_objected_to_waits_and_the_rest_of_it_does_not() -> None:
    said = fact("objection", "A1", until_on=date(2026, 11, 30))
    assert allowed(together(account("B1", items=(item(), item("A2")), facts=(said,)))).items == ("A1", "B1/A2")
    assert allowed(together(account("B1", facts=(replace(said, value=""),)))).items == ("A1",)


def test_a_branchs_own_promise_keeps_its_items_out() -> None:
    promise = OpenPromise(
        id="p", amount=Decimal(100), currency="EUR", promised_on=date(2026, 11, 30), grace_until=date(2026, 12, 3), made_at=MONDAY
    )
    known = together(account("B1", promises=(promise,)), account("B2"))
    assert allowed(known).items == ("A1", "B2/A1")
    assert "guard/open-promise" in refused(together(account("B1"), promises=(promise,)))


def test_a_payment_seen_for_a_branch_keeps_its_items_out_and_one_that_is_known_does_not() -> None:
    seen = SeenPayment(
        id="1", booked_on=date(2026, 11, 20), seen_at=local("2026-11-20T10:00"), amount=Money(Decimal(100), "EUR"), source="b"
    )
    assert allowed(together(account("B1", payments=(seen,)))).items == ("A1",)
    told = replace(seen, told={"canonical": date(2026, 11, 23)})
    known = together(account("B1", payments=(told,)))
    assert known.payments[0].items == ("B1/A1",)
    assert allowed(known).items == ("A1", "B1/A1")


def test_what_the_head_office_says_stops_the_call_and_what_a_branch_says_does_not() -> None:
    assert "guard/do-not-call" in refused(together(account("B1"), facts=(fact("do_not_call"),)))
    assert "guard/legal-state" in refused(together(account("B1"), facts=(fact("legal_state", "lawyer"),)))
    assert allowed(together(account("B1", facts=(fact("do_not_call"),)))).items == ("A1", "B1/A1")
    keyed = call(local("2026-11-02T10:00"), "answered", disposition="do_not_call")
    assert allowed(together(account("B1", contacts=(keyed,)))).items == ("A1", "B1/A1")


def test_calls_count_for_the_whole_family() -> None:
    rang = call(local("2026-11-23T09:00"))
    assert "house/1-per-day" in refused(together(account("B1", contacts=(rang,))))
    branch = under(account("B1"), account("10", contacts=(rang,)), [account("B2")])
    assert refused(branch) >= {"guard/head-office", "house/1-per-day"}
    with_number = replace(account("B1", contacts=(rang,)), number_contacts=())
    assert len(as_one(account("10", number_contacts=(replace(rang, debtor_no="B1"),)), [with_number], HOUSE, TODAY).history) == 1


def test_a_branch_is_not_called_itself_and_says_by_whom_it_is_covered() -> None:
    answer = may_contact(under(account("B1"), account("10"), []), PACKS, HOUSE, MONDAY)
    assert isinstance(answer, Refused)
    assert [refusal.reason for refusal in answer.refusals] == ["Covered by the head office 10 (Muster): one call is for all its branches."]


def test_the_branches_stand_in_the_facts_as_they_are() -> None:
    known = together(account("B1"))
    assert known.branches == (Branch(account("B1").debtor, account("B1").items, ""),)
