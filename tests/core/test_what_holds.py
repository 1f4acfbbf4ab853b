"""What `record` answers: one sentence for each thing that began or ended, and none for what stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from collectord.core.contact.facts import Callback, Fact, FactKind, OpenPromise
from collectord.core.contact.learnt import MEDIA
from collectord.core.contact.week import shown_days
from collectord.core.contact.what_holds import TEXTS, what_holds

from .gate_cases import HOUSE, call, fact, facts, local

NOW = local("2026-11-23T09:30")
PROMISE = OpenPromise(
    id="p1", amount=Decimal("1428.50"), currency="EUR", promised_on=date(2026, 11, 27), grace_until=date(2026, 12, 1), made_at=NOW
)
CALLBACK = Callback(task_id="t1", at=local("2026-11-26T14:30"), agreed_at=NOW, agent="201")
OWED = "Reklamation zu A:1: keine Anrufe dazu, bis sie geklärt ist"


def german(**known: Any) -> list[str]:
    return what_holds(facts(), facts(**known), replace(HOUSE, language="de", time_zone="Europe/Berlin"))


def of(kind: str, value: str = "", **more: Any) -> list[str]:
    return german(facts=(fact(kind, value, **more),))


def test_a_promise_names_its_amount_its_day_and_how_long_contacts_rest() -> None:
    assert german(promises=(PROMISE,)) == ["Zusage 1.428,50\u00a0€ bis Fr., 27. Nov. 2026; Kontakte ruhen bis Di., 1. Dez. 2026."]
    (pending,) = german(promises=(replace(PROMISE, decide_until=date(2026, 11, 25)),))
    assert pending.endswith("; eine Leitung muss sie genehmigen, Kontakte ruhen längstens bis Mi., 25. Nov. 2026.")


def test_a_callback_names_its_moment_and_its_agent() -> None:
    assert german(callbacks=(CALLBACK,)) == ["Rückruf Do., 26. Nov. 2026 14:30 durch 201."]
    assert german(callbacks=(replace(CALLBACK, agent=""),)) == ["Rückruf Do., 26. Nov. 2026 14:30 durch jemanden, der frei ist."]


@pytest.mark.parametrize(
    ("more", "answers"),
    [
        ({}, ""),
        ({"owner": "Vertrieb", "answer_by": date(2026, 11, 30)}, "; Vertrieb antwortet bis Mo., 30. Nov. 2026"),
        ({"owner": "Vertrieb"}, "; Vertrieb antwortet"),
        ({"answer_by": date(2026, 11, 30)}, "; zu beantworten bis Mo., 30. Nov. 2026"),
    ],
)
def test_a_dispute_names_who_answers_it_and_by_when(more: dict[str, Any], answers: str) -> None:
    assert of(FactKind.DISPUTE, "A:1", **more) == [f"{OWED}{answers}."]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (fact(FactKind.DISPUTE), "Reklamation zu allen Posten: keine Anrufe dazu, bis sie geklärt ist."),
        (fact(FactKind.OBJECTION, "A:1", until_on=date(2026, 12, 1)), "Kontakte zu A:1 ruhen bis einschließlich Di., 1. Dez. 2026."),
        (fact(FactKind.WISH, "mon-fri 08:00-15:00"), "Anrufe nur: Mo-Fr 08:00-15:00."),
        (fact(FactKind.NOT_ON, "fri"), "Keine Anrufe freitags."),
        (fact(FactKind.LEGAL_STATE, "insolvency"), "Rechtsstatus insolvency."),
        (fact(FactKind.LEGAL_STATE, "none"), "Kein Rechtsstatus hält die Kontakte an."),
    ],
)
def test_a_fact_reads_as_what_holds_because_of_it(said: Fact, sentence: str) -> None:
    assert german(facts=(said,)) == [sentence]


def test_every_kind_of_fact_has_its_sentence() -> None:
    kinds = {value for name, value in vars(FactKind).items() if name.isupper()}
    assert kinds <= set(TEXTS)


@pytest.mark.parametrize("medium", MEDIA)
def test_every_medium_of_a_recorded_contact_has_its_words(medium: str) -> None:
    (told,) = german(contacts=(replace(call(NOW), medium=medium),))
    assert told.startswith("Erfasst: ein")
    assert told.endswith(", Mo., 23. Nov. 2026 09:30.")


def test_what_ended_is_named_and_what_stays_is_not() -> None:
    stays, ends = fact(FactKind.DO_NOT_CALL), fact(FactKind.NOT_ON, "fri")
    assert what_holds(facts(facts=(stays, ends)), facts(facts=(stays,)), HOUSE) == ["No longer holds: No calls on Fridays."]


def test_what_is_said_once_more_goes_on() -> None:
    first, again = fact(FactKind.LEGAL_STATE, "lawyer"), replace(fact(FactKind.LEGAL_STATE, "lawyer"), id="again")
    assert first != again
    assert what_holds(facts(facts=(first,)), facts(facts=(again,)), HOUSE) == ["Legal state lawyer."]


def test_several_days_are_joined_by_a_word() -> None:
    assert shown_days({4, 0, 5}, "de") == "montags, freitags und samstags"
    assert shown_days({5, 4}, "en") == "on Fridays and Saturdays"
