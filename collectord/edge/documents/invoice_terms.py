"""The business terms of EN 16931 that collectord reads, as the document writes them.

Owns their names. Knows no syntax and judges no value.
Invariant: "" where the document says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    number: str  # BT-1
    issued_on: str  # BT-2, 2026-11-21 or 20261121
    type_code: str  # BT-3
    currency: str  # BT-5
    due_on: str  # BT-9
    buyer_reference: str  # BT-10
    contract_no: str  # BT-12
    order_no: str  # BT-13
    payment_terms: str  # BT-20
    preceding: str  # BT-25
    seller_vat_id: str  # BT-31
    buyer_name: str  # BT-44
    buyer_no: str  # BT-46
    buyer_register_no: str  # BT-47
    buyer_vat_id: str  # BT-48
    buyer_endpoint: str  # BT-49
    postcode: str  # BT-53
    country: str  # BT-55
    contact: str  # BT-56
    phone: str  # BT-57
    email: str  # BT-58
    payment_means: str  # BT-81
    total: str  # BT-112
    payable: str  # BT-115
    payable_currency: str
