"""What a debtor did so far: what was paid when, how we were in touch, which promises were not kept.

Owns the shapes that triggers, strategies and the risk estimate look at. Knows no rule, no store, and nothing that happened after its instant.
Invariant: everything is oldest first; a credit or a payment on account is never in `paid`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


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
class Touch:
    """One contact with the debtor, by whatever medium, seen from the debtor's side."""

    on: date  # in the house's zone
    medium: str  # call | email | letter | sms | visit
    inbound: bool = False  # the debtor came to us
    conversation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    paid: tuple[PaidItem, ...] = ()  # the last 24 months
    touches: tuple[Touch, ...] = ()  # the last 90 days, only those that the debtor may have noticed
    broken_on: tuple[date, ...] = ()  # promises not kept since the last one that was


NO_HISTORY = History()
