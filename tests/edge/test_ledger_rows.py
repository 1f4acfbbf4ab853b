"""Rows become the same values as by the dataclasses' own way, only sooner."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from collectord.core.receivables.ledger import Debtor, DialNumber, OpenItem
from collectord.edge.store.ledger_rows import ITEM_COLUMNS, item_from, quick, to_debtor

ROW = {
    "company": "1000", "debtor_no": "7", "item_no": "R1", "source": "sap", "due_on": "2026-11-01", "open_amount": 1_234_500,
    "currency": "CHF", "amount": 2_000_000, "invoiced_on": "2026-10-01", "kind": "invoice", "payment_method": "transfer",
    "discount_until": "2026-10-10", "dunning_level": 2, "last_dunned_on": "2026-11-10", "dunning_deadline": "2026-11-30",
    "dunning_block_until": "2026-11-20", "dispute": 1, "opened_as_of": "2026-10-02", "contact_level": 3, "contacted_on": "2026-11-11",
    "contact_rungs": "",
}  # fmt: skip
DEBTOR = Debtor(company="1000", debtor_no="7", debtor_name="Müller")


def test_an_item_has_every_column_in_its_place() -> None:
    made = item_from([ROW[name] for name in ITEM_COLUMNS], DEBTOR, 2, 500, "2026-11-15")
    assert made == OpenItem(
        company="1000", debtor_no="7", item_no="R1", source="sap", due_on=date(2026, 11, 1), open_amount=Decimal("123.5"), currency="CHF",
        amount=Decimal(200), invoiced_on=date(2026, 10, 1), kind="invoice", payment_method="transfer", discount_until=date(2026, 10, 10),
        dunning_level=2, last_dunned_on=date(2026, 11, 10), dunning_deadline=date(2026, 11, 30), dunning_block_until=date(2026, 11, 20),
        dispute=True, returned_on=date(2026, 11, 15), booking_lag=2, opened_as_of=date(2026, 10, 2), contact_level=3,
        contacted_on=date(2026, 11, 11),
    )  # fmt: skip
    assert item_from([{**ROW, "amount": None}[name] for name in ITEM_COLUMNS], DEBTOR, 0, 0, None).amount is None


def test_a_debtor_has_every_column_in_its_place() -> None:
    texts = {field.name: field.name for field in dataclasses.fields(Debtor) if field.name not in ("credit_limit", "numbers")}
    made = to_debtor({**texts, "credit_limit": 50_000, "dunning_block_until": "2026-12-01"}, ())
    assert made == Debtor(**{**texts, "credit_limit": Decimal(5), "dunning_block_until": date(2026, 12, 1)})  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", [OpenItem, Debtor, DialNumber])
def test_a_value_made_the_quick_way_is_frozen_compared_hashed_copied_and_pickled_as_any_other(cls: Any) -> None:
    names = [field.name for field in dataclasses.fields(cls)]
    make: Any = quick(cls)
    made, usual = make(*names), cls(**{name: name for name in names})
    assert (made, hash(made), repr(made)) == (usual, hash(usual), repr(usual))
    assert type(made) is cls
    assert pickle.loads(pickle.dumps(made)) == dataclasses.replace(made) == usual
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, names[0], "other")
