"""Touches: a contact as the debtor noticed it.

Owns the step from a Contact to a Touch. Counts nothing: limits, strategies and triggers do.
Invariant: what the debtor cannot have noticed is no touch.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from collectord.core.contact.facts import CONTACT_RESULTS, Contact
from collectord.core.receivables.history import Touch
from collectord.core.telephony.attempts import Disposition


def touch(contact: Contact, zone: ZoneInfo, *, agreed: bool) -> Touch | None:
    """`agreed`: the debtor had asked for it. None for a call of ours that never rang, was busy, or rang at somebody else's."""
    if contact.disposition == Disposition.WRONG_NUMBER:
        return None
    inbound = contact.direction == "inbound"
    if contact.is_call and not inbound and not contact.is_conversation and contact.result not in CONTACT_RESULTS:
        return None
    return Touch(
        on=contact.at.astimezone(zone).date(), medium=contact.medium, inbound=inbound, conversation=contact.is_conversation, agreed=agreed
    )
