"""Claims: what credits leave of the open items that may be spoken about.

Owns netting as planning sees it. Knows no dispute, no block and no step.
Invariant: credits pay the oldest item of their currency first; the claims add up to what is owed on the free items.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from collectord.core.receivables.ledger import OpenItem

DAY = timedelta(days=1)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that may be spoken about, with what credits leave of it."""

    item: OpenItem
    amount: Decimal


def net(debits: Sequence[OpenItem], everything: Iterable[OpenItem]) -> list[Claim]:
    """Credits pay the oldest items of their currency first; what they pay in full is not spoken about."""
    credit: dict[str, Decimal] = {}
    for item in everything:
        if item.open_amount < 0:
            credit[item.currency] = credit.get(item.currency, NOTHING) - item.open_amount
    if not credit:
        return [Claim(item, item.open_amount) for item in debits]
    claims = []
    for item in debits:
        paid = min(credit.get(item.currency, NOTHING), item.open_amount)
        if paid:
            credit[item.currency] -= paid
        if item.open_amount > paid:
            claims.append(Claim(item, item.open_amount - paid))
    return claims
