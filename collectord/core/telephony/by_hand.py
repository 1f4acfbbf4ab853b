"""Calls by hand: an agent dials a number on the phone, past collectord. Whose call it is then.

Owns this choice. Knows no PBX and no store; whether the debtor may be called is the gate's, at the moment of dialling.
Invariant: a number that is no debtor's is none of our business; of several debtors none is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from collectord.core.receivables.ledger import DebtorKey

BY_HAND = "by_hand"  # attempt.mode of a number that an agent dialled


class Unasked(StrEnum):
    """What becomes of the number without a call of ours: the words of COLL_OUT."""

    THROUGH = "go"  # the company's own dialplan goes on with it, and nothing is written down
    REFUSED = "0"


def whose(owing: Sequence[DebtorKey], last: DebtorKey | None, *, gated: bool) -> DebtorKey | Unasked:
    """`owing`: debtors who have this number and owe something; `last`: whom we called there last. `gated`: a doubt means no call."""
    if not owing:
        return Unasked.THROUGH
    if len(owing) == 1:
        return owing[0]
    if last in owing and last is not None:
        return last
    return Unasked.REFUSED if gated else Unasked.THROUGH
