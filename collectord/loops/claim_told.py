"""The claim in a briefing: what an agent may name beside the sum, once the calculator is on.

Reads nothing itself: the debtor's facts come in. Asks core/receivables/claim.
Invariant: while the calculator is off nothing is said; a rate that is missing is said and stops no explanation.
"""

from __future__ import annotations

from datetime import date

from collectord.core.contact.calendar import WorkingDays
from collectord.core.contact.facts import DebtorFacts, FactKind
from collectord.core.house import House
from collectord.core.receivables.claim import ClaimUnknown, claimed, law_of, said_of
from collectord.core.rules import Rules


def for_a_call(rules: Rules, house: House, known: DebtorFacts, today: date) -> tuple[str, ...]:
    """What agents may name, once the calculator is on; what is missing where it cannot be computed."""
    if not rules.claims.enabled:
        return ()
    disputed = [fact.value for fact in known.known(FactKind.DISPUTE) if fact.until_on is None or fact.until_on >= today]
    company = house.companies.get(known.key.company)
    days = WorkingDays(house.country, company.region if company else "")
    try:
        law = law_of(rules.claims, house.country, house.language)
        found = claimed(known.debtor, known.items, rules.claims, law, today, days, disputed=disputed, language=house.language)
    except ClaimUnknown as unknown:
        return (str(unknown),)
    return said_of(found, house.language)
