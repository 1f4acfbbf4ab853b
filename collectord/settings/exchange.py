"""Sections of the exchange with accounting: how exports are taken in, what is written for it.

Owns these keys. Reads no export and writes no file.
Invariant: how far an export may shrink before it is held is a share between 0 and 1.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pydantic import Field

from collectord.settings.values import Duration, Section, Share


class IntakeSection(Section):
    poll_every: Duration = timedelta(seconds=5)
    quiet_for: Duration = timedelta(seconds=10)  # a file without marker is taken when it has not changed for so long
    shrink_items: Share = Decimal("0.25")
    shrink_amount: Share = Decimal("0.40")
    shrink_from: int = Field(default=20, ge=1)


class OutboxSection(Section):
    outcomes_every: Duration = timedelta(seconds=60)
    call_list: bool = True
    quality: bool = True
