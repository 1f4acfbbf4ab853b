"""What an agent is told of an account: the proof of netting, accounting's dunning run, running discounts, how far payments are booked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collectord.core.money import plain
from collectord.core.receivables.briefing import booked_until, briefing, dunning, dunning_document, proofs
from collectord.core.receivables.ledger import OpenItem, open_total
from tests.core.call_cases import item

TODAY = date(2026, 11, 23)
ZONE = "Europe/Berlin"


def credit(no: str, amount: str, kind: str = "credit_note", **more: Any) -> OpenItem:
    return item(no, amount, kind=kind, **more)


def test_a_credit_note_is_shown_with_what_it_leaves() -> None:
    (proof,) = proofs([item("A", "500.00"), item("B", "410.00"), credit("4711", "-200.00")])
    assert proof.text("en") == "2 invoices €910.00 − credit note 4711 €200.00 = €710.00"
    assert proof.text("de") == "2 Rechnungen 910,00\xa0€ − Gutschrift 4711 200,00\xa0€ = 710,00\xa0€"
    assert proof.document("en") == {
        "currency": "EUR",
        "invoices": 2,
        "invoiced": "910.00",
        "credits": [{"item_no": "4711", "kind": "credit_note", "amount": "-200.00"}],
        "open": "710.00",
        "text": proof.text("en"),
    }


def test_a_payment_on_account_is_called_so_and_many_credits_are_counted() -> None:
    (one,) = proofs([item("A", "100.00"), credit("P1", "-130.00", "payment")])
    assert one.text("en") == "1 invoice €100.00 − payment on account P1 €130.00 = -€30.00"
    (many,) = proofs([item("A", "100.00"), *(credit(f"G{n}", "-10.00") for n in range(4))])
    assert many.text("en") == "1 invoice €100.00 − 4 credits €40.00 = €60.00"


def test_each_currency_nets_by_itself_and_where_nothing_nets_nothing_is_proved() -> None:
    found = proofs([item("A", "100.00"), item("B", "5.00", currency="CHF"), credit("G", "-1.00", currency="CHF")])
    assert [(proof.currency, proof.open) for proof in found] == [("CHF", Decimal("4.00"))]
    assert proofs([item("A", "100.00")]) == ()


@given(st.lists(st.tuples(st.decimals("-900", "900", places=2), st.sampled_from(["EUR", "CHF"])), max_size=12))
def test_for_all_accounts_a_proof_ends_with_what_is_open(amounts: list[tuple[Decimal, str]]) -> None:
    items = [item(f"R{n}", str(amount), currency=currency) for n, (amount, currency) in enumerate(amounts)]
    for proof in proofs(items):
        assert plain(proof.open) == plain(open_total(items)[proof.currency])


def test_accountings_dunning_run_is_told() -> None:
    dunned = item("A", "100.00", dunning_level=2, last_dunned_on=date(2026, 11, 12), dunning_deadline=date(2026, 11, 26))
    younger = item("B", "100.00", dunning_level=1, last_dunned_on=date(2026, 11, 20))
    assert dunning_document([dunned, younger]) == {"level": 2, "last_dunned_on": "2026-11-20", "deadline": "2026-11-26"}
    assert briefing([dunned], TODAY, "en", ZONE) == (
        "Accounting's dunning run: level 2, letter of Thu 12 Nov 2026, deadline Thu 26 Nov 2026.",
    )
    assert briefing([item("A", "1.00", dunning_level=1)], TODAY, "de", ZONE) == ("Mahnlauf der Buchhaltung: Stufe 1.",)
    assert dunning([item("A", "1.00"), credit("G", "-1.00", dunning_level=3)]) is None
    assert dunning_document([item("A", "1.00", dunning_level=0)]) is None


def test_a_discount_is_told_until_its_last_day_and_no_percentage_is_guessed() -> None:
    early = item("A", "100.00", discount_until=TODAY)
    assert briefing([early], TODAY, "en", ZONE) == ("A discount for early payment runs until Mon 23 Nov 2026 (A).",)
    assert briefing([early], date(2026, 11, 24), "en", ZONE) == ()
    assert briefing([credit("G", "-1.00", discount_until=TODAY), item("B", "2.00")], TODAY, "en", ZONE) == (
        "1 invoice €2.00 − credit note G €1.00 = €1.00",
    )


def test_how_far_payments_are_booked_is_told_where_the_export_says_it() -> None:
    lagging = item("A", "100.00", booking_lag=3)
    assert booked_until([lagging, item("B", "1.00")], TODAY) == date(2026, 11, 20)
    assert booked_until([], TODAY) is None
    assert "booked up to Fri 20 Nov 2026" in briefing([lagging], TODAY, "en", ZONE)[0]
