"""Doubts about the claim calculator: a base rate that is missing today, before somebody asks for a claim.

Owns the comparison of `rules/claims.toml` with the day. Computes no claim: that is claim's.
Invariant: nothing is doubted while the calculator is off.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from collectord.core.receivables.claim_rules import ClaimRules
from collectord.core.receivables.strategy_doubts import Doubt
from collectord.core.wording import Language, Texts, phrase

CLAIMS = "claims.toml"
TEXTS: Texts = {
    "no-rate": (
        "no base rate of {law} covers today, {today}, so no claim can be computed; add a [[base_rate]] with the published rate"
        " (DE: Bundesbank, AT: OeNB)",
        "kein Basiszinssatz von {law} gilt heute, am {today}, also lässt sich keine Forderung berechnen; einen [[base_rate]] mit dem"
        " veröffentlichten Satz ergänzen (DE: Bundesbank, AT: OeNB)",
    ),
    "no-law": (
        "the calculator is on, but there is no [law_of.{law}]; known are {known}",
        "der Rechner ist eingeschaltet, aber [law_of.{law}] fehlt; bekannt sind {known}",
    ),
}


def claim_doubts(rules: ClaimRules, country: str, today: date, language: Language) -> Iterator[Doubt]:
    """Warnings for `check`; `country`: the house's, whose law counts where the file names none."""
    name = rules.law or country
    law = rules.laws.get(name)
    if not rules.enabled:
        return
    if law is None:
        sentence = phrase(TEXTS, "no-law", language, law=name, known=sorted(rules.laws) or "-")
        yield Doubt(CLAIMS, "enabled", sentence, is_error=False)
        return
    dated = any(interest.points is not None for interest in law.interest.values())
    if dated and not any(rate.law == name and rate.since <= today <= rate.until for rate in rules.base_rates):
        yield Doubt(CLAIMS, _latest(rules, name), phrase(TEXTS, "no-rate", language, law=name, today=today), is_error=False)


def _latest(rules: ClaimRules, law: str) -> str:
    """The key at which to go on: the last day of the law's latest rate."""
    places = [(rate.until, place) for place, rate in enumerate(rules.base_rates) if rate.law == law]
    return f"base_rate.{max(places)[1]}.until" if places else f"law_of.{law}"
