"""Contact persons: which number is dialled first, and whose hours limit what."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from collectord.core.contact.contact_rules import Allowed, Refused, may_contact
from collectord.core.contact.facts import DebtorFacts
from collectord.core.contact.roles import candidates, numbers_told, other_number
from collectord.core.receivables.ledger import DialNumber
from tests.core.gate_cases import BERLIN, FIRST, HOUSE, PACKS, SECOND, call, debtor, fact, facts, local, number

WEBER, PURCHASE, BOSS = "+493012345603", "+493012345604", "+493012345605"
MONDAY = local("2026-11-23T10:00")


def person(e164: str, name: str, role: str = "", hours: str = "", position: int = 3) -> DialNumber:
    return DialNumber(position=position, raw=e164, e164=e164, zones=(BERLIN,), person=name, role=role, hours=hours)


PEOPLE = (
    number(FIRST),
    number(SECOND, 2),
    person(BOSS, "Herr Boss", "Geschäftsführer", position=3),
    person(PURCHASE, "Frau Kauf", "Einkauf", position=4),
    person(WEBER, "Frau Weber", "Kreditorenbuchhaltung", position=5),
)


def asked(numbers: Sequence[DialNumber], **more: Any) -> DebtorFacts:
    known = more.pop("facts", ())
    return facts(debtor=debtor(*numbers, **{"person_type": "business", **more}), facts=known)


def test_whoever_pays_invoices_is_called_first_and_the_boss_last() -> None:
    order = [one.e164 for one in candidates(asked(PEOPLE))]
    assert order == [WEBER, FIRST, SECOND, PURCHASE, BOSS]


def test_the_order_of_rows_does_not_matter() -> None:
    assert {tuple(one.e164 for one in candidates(asked(mixed))) for mixed in itertools.permutations(PEOPLE)} == {
        (WEBER, FIRST, SECOND, PURCHASE, BOSS)
    }


@pytest.mark.parametrize("wanted", ["einkauf", "Frau Kauf"])
def test_the_role_or_name_that_the_debtor_asked_for_goes_first(wanted: str) -> None:
    known = (fact("ask_first", "Geschäftsführer"), fact("ask_first", wanted, at=local("2026-11-02T10:00")))
    assert [one.e164 for one in candidates(asked(PEOPLE, facts=known))][:2] == [PURCHASE, WEBER]


def test_a_private_debtors_numbers_stay_in_their_order() -> None:
    assert [one.e164 for one in candidates(asked(PEOPLE, person_type="private"))] == [FIRST, SECOND, BOSS, PURCHASE, WEBER]


def test_a_number_that_a_person_answers_is_that_persons() -> None:
    found = candidates(asked((number(FIRST), number(None, 2), person(FIRST, "Frau Weber", "Buchhaltung"))))
    assert [(one.e164, one.person) for one in found] == [(FIRST, "Frau Weber")]


def test_the_answer_says_whom_to_ask_for() -> None:
    answer = may_contact(asked(PEOPLE), PACKS, HOUSE, MONDAY)
    assert isinstance(answer, Allowed)
    assert (answer.number, answer.asks_for) == (WEBER, "Frau Weber, Kreditorenbuchhaltung")
    plain = may_contact(asked(PEOPLE[:1], contact_person="Herr Klein"), PACKS, HOUSE, MONDAY)
    assert isinstance(plain, Allowed)
    assert plain.asks_for == "Herr Klein"
    named = may_contact(asked([person(WEBER, "Buchhaltung", "Buchhaltung")]), PACKS, HOUSE, MONDAY)
    assert isinstance(named, Allowed)
    assert named.asks_for == "Buchhaltung"


def test_a_persons_hours_limit_calls_to_that_persons_number_only() -> None:
    weber = person(WEBER, "Frau Weber", "Buchhaltung", hours="tue 08:00-12:00")
    elsewhere = may_contact(asked([number(FIRST), weber]), PACKS, HOUSE, MONDAY)
    assert isinstance(elsewhere, Allowed)
    assert elsewhere.number == FIRST
    alone = may_contact(asked([weber]), PACKS, HOUSE, MONDAY)
    assert isinstance(alone, Refused)
    assert {refusal.rule for refusal in alone.refusals} == {"house/wishes", "de/wishes"}
    assert alone.not_before == local("2026-11-24T08:00")
    assert alone.refusals[0].reason == "Frau Weber can be reached on this number only Tue 08:00-12:00."
    tuesday = may_contact(asked([number(FIRST), weber]), PACKS, HOUSE, local("2026-11-24T08:00"))
    assert isinstance(tuesday, Allowed)
    assert tuesday.number == WEBER


def test_of_two_persons_on_one_number_whoever_is_there_counts() -> None:
    both = [person(WEBER, "A", "Buchhaltung", "tue"), person(WEBER, "B", "Buchhaltung", "mon", position=4)]
    answer = may_contact(asked(both), PACKS, HOUSE, MONDAY, number=WEBER)
    assert isinstance(answer, Allowed)
    assert answer.asks_for == "B, Buchhaltung"


def test_hours_that_nobody_can_read_refuse_that_number() -> None:
    answer = may_contact(asked([person(WEBER, "A", hours="whenever")]), PACKS, HOUSE, MONDAY)
    assert isinstance(answer, Refused)
    assert answer.not_before is None
    assert "whenever" in answer.refusals[0].reason


# ---------------------------------------------------------------- which number next


def order(*contacts: Any, tries_each: int = 1, **more: Any) -> list[str | None]:
    known = replace(asked(PEOPLE, **more), contacts=contacts)
    return [one.e164 for one in candidates(known, tries_each)]


def test_a_number_that_was_called_in_vain_steps_behind_those_called_less_often() -> None:
    first = call(local("2026-11-20T10:00"), "busy", to=WEBER)
    assert order(first) == [FIRST, SECOND, PURCHASE, BOSS, WEBER]
    assert order(first, tries_each=2) == [WEBER, FIRST, SECOND, PURCHASE, BOSS]
    rounds = [call(local("2026-11-20T11:00"), "no_answer", to=one) for one in (FIRST, SECOND, PURCHASE, BOSS)]
    assert order(first, *rounds) == [WEBER, FIRST, SECOND, PURCHASE, BOSS]


def test_a_talk_begins_the_order_anew_and_a_third_party_does_not() -> None:
    busy, talk = call(local("2026-11-19T10:00"), "busy", to=WEBER), local("2026-11-20T10:00")
    assert order(busy, call(talk, "answered", to=FIRST, disposition="refuses"))[0] == WEBER
    assert order(busy, call(talk, "answered", to=FIRST, disposition="third_party")) == [SECOND, PURCHASE, BOSS, WEBER, FIRST]


INBOUND = {"result": "answered", "direction": "inbound", "third_party": True}


@pytest.mark.parametrize("contact", [{"result": "congestion"}, {"result": "not_dialled"}, INBOUND])
def test_what_says_nothing_about_a_number_does_not_move_it(contact: dict[str, Any]) -> None:
    assert order(call(local("2026-11-20T10:00"), to=WEBER, **contact))[0] == WEBER


def test_the_gate_takes_the_next_number_after_one_that_was_busy() -> None:
    known = replace(asked(PEOPLE), contacts=(call(local("2026-11-23T09:00"), "busy", to=WEBER),))
    answer = may_contact(known, PACKS, HOUSE, MONDAY)
    assert isinstance(answer, Allowed)
    assert answer.number == FIRST
    twice = may_contact(known, PACKS, replace(HOUSE, tries_each_number=2), MONDAY)
    assert isinstance(twice, Allowed)
    assert twice.number == WEBER


def test_the_other_number_is_one_that_may_be_dialled_and_was_called_less_often() -> None:
    two = (number(FIRST), number(SECOND, 2))
    busy = call(local("2026-11-20T10:00"), "busy", to=FIRST)
    today = MONDAY.date()
    known = replace(asked(two), contacts=(busy,))
    assert other_number(known, FIRST, today) == SECOND
    assert other_number(replace(asked(two), contacts=(busy, call(local("2026-11-20T11:00"), "busy", to=SECOND))), SECOND, today) == ""
    assert other_number(replace(known, facts=(fact("number_wrong", SECOND),)), FIRST, today) == ""
    assert other_number(replace(known, facts=(fact("number_blocked", SECOND),)), FIRST, today) == ""
    rested = fact("number_blocked", SECOND, until_on=date(2026, 11, 1))
    assert other_number(replace(known, facts=(rested,)), FIRST, today) == SECOND
    wrong = call(local("2026-11-19T10:00"), "answered", to=SECOND, disposition="wrong_number")
    assert other_number(replace(known, contacts=(wrong, busy)), FIRST, today) == ""
    assert other_number(asked((number(FIRST),)), FIRST, today) == ""


def test_each_number_is_told_with_the_reason_for_its_place() -> None:
    known = replace(
        asked(
            PEOPLE,
            facts=(
                fact("number_wrong", SECOND),
                fact("number_blocked", PURCHASE, until_on=date(2026, 12, 1)),
                fact("number_blocked", BOSS),
            ),
        ),
        contacts=(call(local("2026-11-20T10:00"), "busy", to=WEBER),),
    )
    told = numbers_told(known, MONDAY.date(), "en")
    assert [(one["number"], one["why"]) for one in told] == [
        (FIRST, "the debtor's own number"),
        (SECOND, "belongs to somebody else: not dialled"),
        (PURCHASE, "rests until Tue 1 Dec 2026: not dialled"),
        (BOSS, "blocked: not dialled"),
        (WEBER, "who pays the invoices; 1 call without a talk since the last one"),
    ]
    assert (told[-1]["person"], told[-1]["role"], told[-1]["tries"], told[-1]["last"]) == ("Frau Weber", "Kreditorenbuchhaltung", 1, "busy")
    private = numbers_told(asked(PEOPLE[:1], person_type="private"), MONDAY.date(), "de")
    assert [one["why"] for one in private] == ["in der Reihenfolge des Exports"]
