"""Objection cards: their file, and what a talk with one leads to."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from collectord.core.contact.facts import FactKind
from collectord.core.receivables.holds import Objection, gather
from collectord.core.receivables.legal_states import parse_legal_states
from collectord.core.receivables.objections import Card, parse_objections
from collectord.core.rule_text import Problem, Table
from collectord.core.telephony.attempts import Disposition, Instalment, Said
from collectord.core.telephony.follow_up import FollowUp, TaskOver, after_talk
from collectord.core.telephony.said_by_person import OutcomeRefused, of_the_talk, read_said
from tests.core.call_cases import NOW, RULES_DIR, attempt, situation

TODAY = date(2026, 11, 23)


def parsed(text: str) -> tuple[dict[str, Card], list[Problem]]:
    problems: list[Problem] = []
    return parse_objections(Table(tomllib.loads(text), "", problems)), problems


CARDS, _PROBLEMS = parsed((RULES_DIR / "objections.toml").read_text(encoding="utf-8"))
STATES = parse_legal_states(Table(tomllib.loads((RULES_DIR / "legal_states.toml").read_text(encoding="utf-8")), "", []))
WITH_ACCOUNTING = ("invoice-missing", "invoice-wrong", "insolvent")


def talk(code: str, language: Any = "en", **said: Any) -> FollowUp:
    card = CARDS[code]
    usual = Said(disposition=card.disposition, objection=code)
    return after_talk(situation(attempt(), cards=CARDS, language=language), replace(usual, **said))


# ---------------------------------------------------------------- the file


def test_the_shipped_cards_are_right_and_say_everything_in_both_languages() -> None:
    assert _PROBLEMS == []
    for card in CARDS.values():
        for language in ("en", "de"):
            shown = card.document(language)
            assert all(shown[name] for name in ("code", "title", "say", "disposition", "follows")), shown
    assert CARDS["invoice-missing"].follows("en") == "nothing for 5 banking days; accounting: please send a copy of the invoice"
    assert CARDS["in-approval"].follows("de") == "Ruhe bis zu dem Tag, den der Debitor nennt"
    assert CARDS["goods-defective"].follows("en") == "the invoice is disputed and leaves the ladder; customer service settles it"
    assert CARDS["goods-defective"].follows("de") == "die Rechnung ist bestritten und verlässt die Leiter; zuständig: Kundendienst"
    assert CARDS["insolvent"].follows("en").startswith("every contact stops (insolvency)")
    assert CARDS["insolvent"].follows("de", STATES).startswith("jeder Kontakt endet (Insolvenz)")
    assert CARDS["cannot-pay"].follows("en") == "instalments may be agreed"


def test_a_card_without_consequences_lets_the_ladder_go_on() -> None:
    cards, problems = parsed('[objection.weather]\ntitle = "bad weather"\nsay = "Indeed."')
    assert problems == []
    assert cards["weather"].title["de"] == "bad weather"
    assert cards["weather"].follows("en") == "the next step comes in its own time"


CARD = '[objection.x]\ntitle = "x"\nsay = "y"\n'


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[objection.x]\n", "objection.x.title", "title is missing"),
        ('[objection."No Way"]\ntitle = "x"\nsay = "y"', "objection.No Way", "use small letters"),
        (CARD + 'disposition = "promise"', "objection.x.disposition", "use one of objection, paid_already"),
        (CARD + 'disposition = "dispute"\nhold_banking_days = 5', "objection.x.hold_banking_days", "has its own way to wait"),
        (CARD + 'disposition = "dispute"\nask_until = true', "objection.x.ask_until", "has its own way to wait"),
        (CARD + "ask_until = true\nhold_banking_days = 5", "objection.x.hold_banking_days", "the debtor's day counts"),
        (CARD + 'longest = "400d"', "objection.x.longest", "between 1d and 365d"),
        (CARD + 'owner = "sales"', "objection.x.owner", "somebody has to settle it"),
        (CARD + 'disposition = "refuses"\nlegal_state = "x"', "objection.x.legal_state", "stops every contact"),
        (CARD + 'offer = "cake"', "objection.x.offer", "use one of"),
        (CARD + "holds = 5", "objection.x.holds", "not known here"),
    ],
)
def test_what_is_wrong_with_a_card_is_said_with_its_key(text: str, key: str, words: str) -> None:
    _, problems = parsed(text)
    assert any(problem.path == key and words in problem.sentence for problem in problems), problems


# ---------------------------------------------------------------- what follows


def test_a_missing_invoice_is_asked_for_and_its_items_wait_five_banking_days() -> None:
    follow = talk("invoice-missing", note="to accounts@example.org")
    assert follow.task == TaskOver()
    assert follow.levels == {}
    assert [(fact.kind, fact.value, fact.until_on) for fact in follow.facts] == [
        (FactKind.OBJECTION, "R1", date(2026, 11, 30)), (FactKind.OBJECTION, "R2", date(2026, 11, 30)),
    ]  # fmt: skip
    assert [(line.item_no, line.dunning_block_until, line.note) for line in follow.outcomes] == [
        (no, date(2026, 11, 30), "invoice not received: to accounts@example.org (please send a copy of the invoice)") for no in ("R1", "R2")
    ]
    assert follow.why == "The debtor said: invoice not received; the ladder waits until Mon 30 Nov 2026."


def test_in_approval_waits_until_the_day_that_was_named_and_only_for_that_invoice() -> None:
    follow = talk("in-approval", language="de", until=date(2026, 12, 4), items=("R1",))
    assert [(fact.value, fact.until_on, fact.reason) for fact in follow.facts] == [("R1", date(2026, 12, 4), "In der Freigabe")]
    assert follow.levels == {"R2": 1}, "the step counts for the invoice that does not wait"
    assert [(line.item_no, line.dunning_block_until) for line in follow.outcomes] == [("R1", date(2026, 12, 4))]


def test_a_defect_is_a_dispute_about_that_invoice() -> None:
    follow = talk("goods-defective", items=("R2",), note="scratches")
    (fact,) = follow.facts
    assert (fact.kind, fact.value, fact.reason) == (FactKind.DISPUTE, "R2", "goods defective or delivery incomplete: scratches")
    assert fact.owner == "customer service"
    assert talk("goods-defective", language="de").facts[0].owner == "Kundendienst"
    assert [(line.item_no, line.dispute_reason) for line in follow.outcomes] == [("R2", fact.reason)]


def test_paid_looks_for_the_payment_and_waits_as_always() -> None:
    follow = talk("paid")
    assert "search for a payment of" in follow.outcomes[0].note
    assert follow.outcomes[0].note.startswith("paid already")
    assert follow.facts == ()


def test_cannot_pay_offers_instalments() -> None:
    plan = (Instalment(None, date(2026, 12, 1)),)
    agreed = talk("cannot-pay", disposition=Disposition.PROMISE, on=date(2026, 12, 1), plan=plan)
    assert [promise.promised_on for promise in agreed.promises] == [date(2026, 12, 1)]
    assert agreed.outcomes[0].note == "cannot pay now"
    alone = talk("cannot-pay")
    assert (alone.promises, alone.why) == ((), "The debtor said: cannot pay now.")
    assert alone.levels == {"R1": 1, "R2": 1}


def test_an_insolvency_stops_every_contact() -> None:
    follow = talk("insolvent")
    assert [(fact.kind, fact.value) for fact in follow.facts] == [(FactKind.LEGAL_STATE, "insolvency")]
    assert "file the claim" in follow.outcomes[0].note


# ---------------------------------------------------------------- as a person writes it


def read(**args: Any) -> Said:
    return read_said(args, NOW, TODAY, "en", "Europe/Berlin", CARDS)


def test_the_card_says_how_the_talk_is_counted() -> None:
    assert read(objection="invoice-missing") == Said(disposition=Disposition.OBJECTION, objection="invoice-missing")
    assert read(objection="paid").disposition is Disposition.PAID_ALREADY
    said = read(objection="in-approval", until="2026-12-04", item=["R1"], note="Mrs Weber")
    assert (said.until, said.items, said.note) == (date(2026, 12, 4), ("R1",), "Mrs Weber")
    assert said.detail() == "objection||||in-approval|R1|2026-12-04"
    plan = read(objection="cannot-pay", promise=["100.00:2026-12-01", "rest:2027-01-04"])
    assert (plan.disposition, len(plan.plan)) == (Disposition.PROMISE, 2)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"objection": "moon"}, "There is no objection card moon"),
        ({"objection": "paid", "disposition": "dispute"}, "is recorded as paid_already, not as dispute"),
        ({"objection": "in-approval"}, "asks for the day that the debtor named"),
        ({"objection": "in-approval", "until": "soon"}, "asks for the day that the debtor named"),
        ({"objection": "in-approval", "until": "2026-12-15"}, "21 days from now"),
        ({"objection": "paid", "until": "2026-12-01"}, "knows its own time"),
        ({"objection": "paid", "promise": "full:2026-12-01"}, "--promise belongs to --disposition promise"),
        ({"disposition": "objection"}, "Say which objection"),
        ({"disposition": "refuses", "item": ["R1"]}, "belong to an objection"),
        ({"disposition": "refuses", "until": "2026-12-01"}, "belong to an objection"),
    ],
)
def test_what_cannot_be_recorded_is_said(args: dict[str, Any], words: str) -> None:
    with pytest.raises(OutcomeRefused, match=words):
        read(**args)


def test_an_objection_is_about_items_of_the_talk() -> None:
    said = read(objection="paid", item="R9")
    of_the_talk(said, ("R9",), "en", "UTC")
    with pytest.raises(OutcomeRefused, match="The talk was not about R9; use R1"):
        of_the_talk(said, ("R1",), "en", "UTC")


# ---------------------------------------------------------------- holding


def test_the_longest_objection_about_an_item_holds_it() -> None:
    follow = talk("in-approval", until=date(2026, 12, 4), items=("R1",))
    again = talk("in-approval", until=date(2026, 11, 27), items=("R1",))
    holds = gather([*follow.facts, *again.facts], [], [], TODAY)
    assert holds.objection("R1") == Objection("R1", date(2026, 12, 4), "in approval")
    assert holds.objection("R2") is None
    assert (holds.waits("R1"), holds.waits("R2")) == (date(2026, 12, 4), None)
    assert gather(follow.facts, [], [], date(2026, 12, 5)).objections == ()
