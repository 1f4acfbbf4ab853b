"""Claims: which open items may be spoken about today, and what credits leave of them.

Owns disputes, blocks, deadlines, direct debits and netting as planning sees them. Knows no step and no day of one.
Invariant: credits pay the oldest item of their currency first; the claims add up to what is owed on the free items.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ladders import Ladder, reached
from collectord.core.receivables.ledger import FOREVER, OpenItem
from collectord.core.receivables.wanted import NotWanted

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that may be spoken about, with what credits leave of it."""

    item: OpenItem
    amount: Decimal


def obstacle(item: OpenItem, ladder: Ladder, holds: Holds, today: date) -> NotWanted | None:
    """Why this item is not spoken about today."""
    values: dict[str, object] = {"item": item.item_no}
    if item.dispute or holds.disputes(item.item_no):
        return NotWanted(rule="disputed", until=None, values=values)
    objection = holds.objection(item.item_no)
    if objection is not None:
        waits = {**values, "day": objection.until, "title": objection.title}
        return NotWanted(rule="objection", until=objection.until + DAY, values=waits)
    if item.is_direct_debit:
        return NotWanted(rule="direct-debit", until=None, values=values)
    if any(level.medium == "handover" for level in ladder.levels[: reached(ladder, item)]):
        return NotWanted(rule="handed-over", until=None, values=values)
    block = item.dunning_block_until
    if block is not None and today <= block:
        if block == FOREVER:
            return NotWanted(rule="blocked-for-good", until=None, values=values)
        return NotWanted(rule="blocked", until=block + DAY, values={**values, "day": block})
    deadline = item.dunning_deadline
    if deadline is not None and today < deadline:
        return NotWanted(rule="deadline", until=deadline, values={**values, "day": deadline})
    return None


def net(debits: Sequence[OpenItem], everything: Iterable[OpenItem]) -> list[Claim]:
    """Credits pay the oldest items of their currency first; what they pay in full is not spoken about."""
    credit: dict[str, Decimal] = {}
    for item in everything:
        if item.open_amount < 0:
            credit[item.currency] = credit.get(item.currency, Decimal(0)) - item.open_amount
    claims = []
    for item in debits:
        paid = min(credit.get(item.currency, Decimal(0)), item.open_amount)
        if paid:
            credit[item.currency] -= paid
        if item.open_amount > paid:
            claims.append(Claim(item, item.open_amount - paid))
    return claims
