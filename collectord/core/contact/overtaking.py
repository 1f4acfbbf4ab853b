"""Overtaking: what came since the gate's yes about a call that is on its way, and speaks against it.

Owns which of the guard's rules may end the ringing of a debtor's line. Allows nothing: that is contact_rules.
Invariant: only news about debt, debtor or number counts; hours, limits, a list that grew old or a doubt of the house end no call.
"""

from __future__ import annotations

from datetime import datetime

from collectord.core.contact import guard
from collectord.core.contact.contact_rules import free_items, item_refusals
from collectord.core.contact.facts import DebtorFacts
from collectord.core.contact.place import place_of
from collectord.core.contact.refusals import Allowed, Answer, Question, Refused
from collectord.core.contact.roles import candidates
from collectord.core.house import House
from collectord.core.receivables.ledger import DialNumber

NEWS = frozenset(
    {
        "debtors/objection",
        "guard/direct-debit",
        "guard/dispute",
        "guard/do-not-call",
        "guard/dunning-block",
        "guard/dunning-deadline",
        "guard/legal-state",
        "guard/no-number",
        "guard/nothing-owed",
        "guard/number-blocked",
        "guard/number-wrong",
        "guard/open-promise",
        "guard/payment-seen",
    }
)
"""The rules whose refusal is news: whoever was called knew nothing of it when the gate said yes."""


def still_meant(facts: DebtorFacts, house: House, now: datetime, number: str) -> Answer:
    """Whether the facts still allow the call to this number that the gate has allowed; `facts` without that call itself."""
    known = (candidate for candidate in candidates(facts) if candidate.e164 == number)
    dialled = next(known, DialNumber(position=0, raw=number, e164=number))
    place = place_of(facts.debtor, dialled, house)
    question = Question(facts=facts, packs=(), known_packs={}, house=house, place=place, now=now, number=dialled)
    found = (
        *guard.standing_refusals(question),
        *guard.calling_refusals(question),
        *guard.dated_refusals(question, now),
        *item_refusals(question, now),
    )
    refusals = tuple(refusal for refusal in found if refusal.rule in NEWS)
    if refusals:
        return Refused(refusals, never=False, not_before=None, place=place)
    return Allowed(number, tuple(item.item_no for item in free_items(question, now)), place)
