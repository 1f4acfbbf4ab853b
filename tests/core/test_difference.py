"""What a held batch would change, in sentences and in JSON."""

from __future__ import annotations

import json
from decimal import Decimal

from collectord.core.exports.difference import TOP, CompanyMove, Difference, Mover, decided


def mover(no: int, item_no: str = "", was: str = "10", now: str = "0") -> Mover:
    return Mover("", str(no), f"Debtor {no}", item_no, 1, Decimal(was), Decimal(now), "EUR")


HALF = Difference(
    before_items=100, after_items=62, before={"EUR": Decimal(1000), "CHF": Decimal(5)}, after={"EUR": Decimal(600)},
    gone_items=40, gone_debtors=21, gone={"EUR": Decimal(420), "CHF": Decimal(5)}, explained_items=3, explained={"EUR": Decimal(9)},
    whole_debtors=20, new_items=2, new={"EUR": Decimal(20)}, changed_items=1, changed_by={"EUR": Decimal("-4.5")},
    companies=(CompanyMove("1000", 60, 62), CompanyMove("2000", 40, 0)),
    largest_debtors=tuple(mover(n) for n in range(30)), largest_gone=(mover(1, "R1"),), largest_new=(mover(2, "R2", "0", "10"),),
    largest_changed=(mover(3, "R3", "10", "5.5"),),
)  # fmt: skip


def test_the_sentences_say_what_goes_what_explains_it_and_which_company_is_missing() -> None:
    assert HALF.sentences("en") == [
        "open now: 100 items, CHF5.00, €1,000.00; with this file: 62 items, €600.00",
        "40 items of 21 debtors would vanish: CHF5.00, €420.00",
        "of these, direct debits that are due or items with a payment seen: 3, €9.00",
        "every item of company '2000' would vanish (40): does the export leave this company out?",
        "20 debtors would owe nothing any more",
        "2 items would be new: €20.00",
        "1 item would change, in sum by -€4.50",
    ]


def test_a_file_that_only_confirms_says_so() -> None:
    same = Difference(before_items=3, after_items=3, before={"EUR": Decimal(3)}, after={"EUR": Decimal(3)})
    assert same.sentences("de") == [
        "offen jetzt: 3 Posten, 3,00\xa0€; mit dieser Datei: 3 Posten, 3,00\xa0€",
        "Kein Posten würde verschwinden",
    ]
    assert Difference().sentences("en")[0] == "open now: 0 items, 0.00; with this file: 0 items, 0.00"


def test_a_single_company_that_is_emptied_is_not_said_to_be_left_out() -> None:
    alone = Difference(before_items=5, gone_items=5, gone_debtors=5, companies=(CompanyMove("", 5, 0),))
    assert not any("company" in line for line in alone.sentences("en"))


def test_the_json_form_has_amounts_as_text_and_at_most_ten_lines_of_a_kind() -> None:
    doc = HALF.as_json("en")
    assert json.loads(json.dumps(doc)) == doc
    assert doc["before"] == {"items": 100, "open_amount": {"CHF": "5.00", "EUR": "1000.00"}}
    assert doc["vanished"]["amount"] == {"CHF": "5.00", "EUR": "420.00"}
    assert doc["changed"] == {"items": 1, "by": {"EUR": "-4.50"}}
    assert len(doc["largest_debtors"]) == TOP
    assert doc["largest_debtors"][0] == {
        "company": "", "debtor_no": "0", "debtor_name": "Debtor 0", "items": 1, "was": "10.00", "now": "0.00", "currency": "EUR",
    }  # fmt: skip
    assert doc["largest_changed"][0]["item_no"] == "R3"


def test_what_an_export_put_into_a_name_stays_on_its_line() -> None:
    hostile = Difference(largest_gone=(Mover("a\nb", "1\x1b[31m", "\u202eevil\n", "R\r1", 1, Decimal(1), Decimal(0), "EUR"),))
    line = hostile.as_json("en")["largest_vanished"][0]
    assert all(str(value).isprintable() for value in line.values())


def test_a_decision_says_what_it_did() -> None:
    receipt = {"batch": "b1", "stored_as": "op~b1.csv", "status": "accepted", "opened": 2, "reopened": 1, "changed": 4, "cleared": 5}
    assert decided(receipt, "en") == ("Batch b1 is accepted: 3 items opened, 4 changed, 5 cleared; its debtors may be called again.")
    assert "rejected/op~b1.csv" in decided({**receipt, "status": "rejected"}, "de")
