"""What a debtor did so far: what was paid when, how we were in touch, which promises were not kept.

Owns the shapes that triggers, strategies and the risk estimate look at. Knows no rule, no store, and nothing that happened after its
instant.
Invariant: everything is oldest first; a credit or a payment on account is never in `paid`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

REMEMBERED = timedelta(days=730)  # how long what was paid is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidItem:
    """A debit item that an export cleared. `cleared_on`: the as-of day of that export, so the payment came on or before it."""

    item_no: str
    due_on: date
    cleared_on: date
    amount: Decimal  # what was open before it was cleared
    currency: str

    @property
    def days_late(self) -> int:
        """Negative: early."""
        return (self.cleared_on - self.due_on).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """What is open of an item fell by so much, says the export of that day. Negative: of a credit that was used up."""

    due_on: date
    on: date
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One contact with the debtor, by whatever medium, seen from the debtor's side."""

    on: date  # in the house's zone
    medium: str  # call | email | letter | sms | visit
    inbound: bool = False  # the debtor came to us
    conversation: bool = False
    agreed: bool = False  # a callback the debtor asked for: it adds nothing to what the debtor has to bear


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    paid: tuple[PaidItem, ...] = ()  # cleared within the last 24 months; undisputed
    falls: tuple[Fall, ...] = ()  # the last 120 days: what was owed then is open now or has fallen since
    touches: tuple[Touch, ...] = ()  # the last 90 days, only those that the debtor may have noticed
    broken_on: tuple[date, ...] = ()  # promises not kept since the last one that was


NO_HISTORY = History()


def joined(parts: Sequence[History]) -> History:
    """Of a head office and its branches, who are called as one."""
    return History(
        paid=tuple(sorted((one for part in parts for one in part.paid), key=lambda one: (one.cleared_on, one.due_on, one.item_no))),
        falls=tuple(sorted((one for part in parts for one in part.falls), key=lambda one: (one.on, one.due_on))),
        touches=tuple(sorted((one for part in parts for one in part.touches), key=lambda one: one.on)),
        broken_on=tuple(sorted(day for part in parts for day in part.broken_on)),
    )
