"""Handover: the first entry that fits takes the case, and an entry that could never be chosen is a mistake."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from decimal import Decimal

import pytest

from collectord.core.receivables.handover import Handover, choose, parse_handover, takes_all_of
from collectord.core.receivables.ledger import Debtor
from collectord.core.rule_text import Problem, Table

FIRM = Debtor(company="1000", debtor_no="1", debtor_name="Muster GmbH", person_type="business", potential_class="II")
PARTNER = Handover(to="partner", min_open=Decimal(50))


def chosen(*handovers: Handover, amount: str = "100.00", days: int = 60, debtor: Debtor = FIRM) -> str | None:
    found, unfit = choose(handovers, debtor, debtor.potential_class, {"CHF": Decimal(1), "EUR": Decimal(amount)}, days)
    assert len(unfit) == (0 if found else len(handovers)), "who gets it, or of each why not"
    return found.to if found else None


def read(text: str) -> tuple[Handover, list[Problem]]:
    problems: list[Problem] = []
    return parse_handover(Table(tomllib.loads(text), "", problems), ("business", "private"), ("I", "II", "III", "IV")), problems


@pytest.mark.parametrize(
    ("condition", "inside", "outside"),
    [
        ({"min_open": Decimal(50)}, {"amount": "50.00"}, {"amount": "49.99"}),
        ({"max_open": Decimal(50)}, {"amount": "49.99"}, {"amount": "50.00"}),
        ({"older_than": 60}, {"days": 61}, {"days": 60}),
        ({"younger_than": 60}, {"days": 59}, {"days": 60}),
        ({"cost_per_contact": Decimal("2.50"), "covers_contacts": 20}, {"amount": "50.00"}, {"amount": "49.99"}),
        ({"companies": ("1000",)}, {}, {"debtor": replace(FIRM, company="2000")}),
        ({"person_types": ("business",)}, {}, {"debtor": replace(FIRM, person_type="private")}),
        ({"potential_classes": ("I", "II")}, {}, {"debtor": replace(FIRM, potential_class="III")}),
    ],
)
def test_each_condition_decides(condition: dict, inside: dict, outside: dict) -> None:  # type: ignore[type-arg]
    entry = Handover(to="x", **condition)
    assert (chosen(entry, **inside), chosen(entry, **outside)) == ("x", None)


@pytest.mark.parametrize(
    ("condition", "case", "english", "german"),
    [
        ({"min_open": Decimal(500)}, {}, "x: below €500.00", "y: unter 500,00\xa0€"),
        ({"max_open": Decimal(50)}, {}, "x: only below €50.00", "y: nur unter 50,00\xa0€"),
        ({"older_than": 60}, {}, "x: only from 61 days past due on", "y: erst ab 61 Tagen nach Fälligkeit"),
        ({"younger_than": 1}, {}, "x: only before 1 day past due", "y: nur vor 1 Tag nach Fälligkeit"),
        ({"companies": ("2000",)}, {}, "x: not for company 1000", "y: nicht für Firma 1000"),
        ({"companies": ("2000",)}, {"debtor": replace(FIRM, company="")}, "x: not for company -", "y: nicht für Firma -"),
        ({"person_types": ("private",)}, {}, "x: not for such a person", "y: nicht für diese Art Person"),
        ({"potential_classes": ("I",)}, {}, "x: not for class II", "y: nicht für Klasse II"),
        ({"potential_classes": ("I",)}, {"debtor": replace(FIRM, potential_class="")}, "x: not for class -", "y: nicht für Klasse -"),
    ],
)
def test_why_an_addressee_does_not_get_it_is_said(condition: dict, case: dict, english: str, german: str) -> None:  # type: ignore[type-arg]
    debtor = case.get("debtor", FIRM)
    _, (unfit,) = choose((Handover(to="x", to_de="y", **condition),), debtor, debtor.potential_class, {"EUR": Decimal(100)}, 60)
    assert (unfit.why("en"), unfit.why("de")) == (english, german)


def test_the_first_that_fits_is_chosen() -> None:
    assert chosen(replace(PARTNER, to="large", min_open=Decimal(1000)), PARTNER, Handover(to="rest")) == "partner"


def test_every_key_is_read() -> None:
    entry, problems = read(
        'to = "a"\nto_de = "b"\nkind = "in_house"\nmin_open = "1.00"\nmax_open = "9.00"\nolder_than = "2d"\nyounger_than = "9d"\n'
        'cost_per_contact = "0.50"\ncovers_contacts = 2\ncompanies = ["1"]\nperson_types = ["private"]\npotential_classes = ["IV"]'
    )
    assert problems == []
    assert entry == Handover(
        to="a", to_de="b", kind="in_house", min_open=Decimal(1), max_open=Decimal(9), older_than=2, younger_than=9,
        cost_per_contact=Decimal("0.5"), covers_contacts=2, companies=("1",), person_types=("private",), potential_classes=("IV",),
    )  # fmt: skip
    assert (entry.titles["de"], Handover(to="a").titles["de"]) == ("b", "a")


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("", "to", "to is missing"),
        ('to = " "', "to", "to is empty"),
        ('to = "a"\nkind = "both"', "kind", "use one of in_house, partner"),
        ('to = "a"\nmin_open = 5', "min_open", "is not money in quotes"),
        ('to = "a"\nmin_open = "-5.00"', "min_open", "is negative"),
        ('to = "a"\ncost_per_contact = "-5.00"', "cost_per_contact", "is negative"),
        ('to = "a"\nmin_open = "5.00"\nmax_open = "5.00"', "max_open", "can never fit: max_open must be above min_open = 5.00"),
        ('to = "a"\nolder_than = "9d"\nyounger_than = "10d"', "younger_than", "no day lies after 9d and before 10d"),
        ('to = "a"\ncovers_contacts = 3', "covers_contacts", "does nothing without cost_per_contact"),
        ('to = "a"\nmax = "5.00"', "max", "is not known here"),
    ],
)
def test_a_mistake_is_one_sentence_at_its_key(text: str, key: str, words: str) -> None:
    _, problems = read(text)
    assert [problem.path for problem in problems] == [key]
    assert words in problems[0].sentence


@pytest.mark.parametrize(
    ("later", "hidden"),
    [
        ({}, True),
        ({"min_open": Decimal(60)}, True),
        ({"min_open": Decimal(40)}, False),
        ({"max_open": Decimal(90)}, True),
        ({"potential_classes": ("I",)}, True),
    ],
)
def test_an_entry_behind_a_wider_one_is_never_chosen(later: dict, hidden: bool) -> None:  # type: ignore[type-arg]
    assert takes_all_of(PARTNER, replace(PARTNER, **later)) is hidden


@pytest.mark.parametrize(
    "narrow",
    [{"max_open": Decimal(90)}, {"older_than": 9}, {"younger_than": 9}, {"companies": ("1",)}, {"person_types": ("private",)}],
)
def test_a_narrow_entry_leaves_the_rest_to_those_behind_it(narrow: dict) -> None:  # type: ignore[type-arg]
    assert not takes_all_of(replace(PARTNER, **narrow), PARTNER)
    assert takes_all_of(replace(PARTNER, **narrow), replace(PARTNER, **narrow))
