"""Ahead: what the gate will say at a later instant, and what a plan means for the days to come.

Owns the question about another instant. Decides nothing: the gate does.
Invariant: exports are taken to arrive as they did, so that nobody is told of a refusal that only the waiting itself would bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from collectord.core.contact.contact_rules import may_contact
from collectord.core.contact.facts import DebtorFacts
from collectord.core.contact.packs import Pack
from collectord.core.contact.refusals import Answer, Refused
from collectord.core.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What the plan means for the days to come."""

    asked_at: datetime
    says: str = ""  # the whole sentence of the plan; "" = as the ladder answers
    due: datetime | None = None  # from here on a call is wanted, if nothing happens
    call_at: datetime | None = None  # the first instant at which it is allowed, too


def may_contact_at(
    facts: DebtorFacts, packs: Mapping[str, Pack], house: House, now: datetime, at: datetime, item: str | None = None
) -> Answer:
    """The gate's answer at `at`, `now` or later, from what is known now."""
    days = house.today(at) - house.today(now)
    sources = tuple(replace(one, fresh_as_of=one.fresh_as_of + days) if one.fresh_as_of else one for one in facts.sources)
    return may_contact(replace(facts, sources=sources), packs, house, at, item=item)


def call_ahead(
    facts: DebtorFacts, packs: Mapping[str, Pack], house: House, now: datetime, due: datetime | None, says: str, item: str | None = None
) -> Ahead:
    """`due`: from then on a call is wanted; None: none is."""
    if due is None:
        return Ahead(asked_at=now, says=says)
    at = max(now, due)
    answer = may_contact_at(facts, packs, house, now, at, item)
    return Ahead(asked_at=now, says=says, due=due, call_at=answer.not_before if isinstance(answer, Refused) else at)
