"""Rows of the ledger as core's values.

Owns the step from a row of `debtor`, `debtor_number`, `item` to Debtor, DialNumber, OpenItem. Reads nothing itself.
Invariant: an item comes under the terms of its debtor's account; no reader of the ledger sees it without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from collectord.core.money import from_scaled
from collectord.core.receivables.ledger import Debtor, DialNumber, OpenItem, under_terms
from collectord.edge.store.codec import to_maybe_amount, to_maybe_day

Row = Mapping[str, Any]
DEBTOR_TEXTS = (
    "company", "debtor_no", "debtor_name", "person_type", "contact_person", "email", "language", "country", "region", "postcode",
    "time_zone", "potential_class", "agent", "head_office", "legal_state", "payment_method",
)  # fmt: skip
ITEM_TEXTS = ("company", "debtor_no", "item_no", "source", "currency", "kind", "payment_method", "dunning_level", "contact_level")
ITEM_DAYS = (
    "invoiced_on", "discount_until", "last_dunned_on", "dunning_deadline", "dunning_block_until", "contacted_on", "returned_on",
    "opened_as_of",
)  # fmt: skip


def to_debtor(row: Row, numbers: Iterable[Row]) -> Debtor:
    return Debtor(
        **{name: row[name] for name in DEBTOR_TEXTS},
        credit_limit=to_maybe_amount(row["credit_limit"]),
        dunning_block_until=to_maybe_day(row["dunning_block_until"]),
        numbers=tuple(to_number(number) for number in numbers),
    )


def to_number(row: Row) -> DialNumber:
    return DialNumber(
        position=row["position"],
        raw=row["raw"],
        e164=row["e164"] or None,
        kind=row["kind"],
        zones=tuple(row["zones"].split(",")) if row["zones"] else (),
        problem=row["problem"] or None,
        person=row["person"],
        role=row["role"],
        hours=row["hours"],
    )


def to_item(row: Row, debtor: Debtor, booking_lag: int) -> OpenItem:
    dates: dict[str, Any] = {name: to_maybe_day(row[name]) for name in ITEM_DAYS}
    item = OpenItem(
        **{name: row[name] for name in ITEM_TEXTS},
        **dates,
        due_on=date.fromisoformat(row["due_on"]),
        open_amount=from_scaled(row["open_amount"] + row["paid_later"]),
        amount=to_maybe_amount(row["amount"]),
        dispute=bool(row["dispute"]),
        booking_lag=booking_lag,
    )
    return under_terms(item, debtor)
