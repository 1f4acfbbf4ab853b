"""Promise limits: what an agent may agree alone, and what a lead has to approve.

Owns `[promise_limits]` of rules/dispositions.toml and the comparison of an agreement with it. Knows no store and no person.
Invariant: an agreement of one talk is judged as a whole; without a limit nothing waits for anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from collectord.core.money import Money, total
from collectord.core.receivables.promises import Promise
from collectord.core.rule_text import Table
from collectord.core.wording import Language, Texts, phrase

T = TypeVar("T", int, Decimal)

TEXTS: Texts = {
    "longest": (
        "the last payment is promised for {days} days from now, {limit} may be agreed without a lead",
        "die letzte Zahlung ist erst in {days} Tagen zugesagt, ohne Teamleitung sind {limit} möglich",
    ),
    "smallest_share": (
        "only {amount} of {owed} is promised, at least {limit} % may be agreed without a lead",
        "nur {amount} von {owed} sind zugesagt, ohne Teamleitung sind mindestens {limit} % nötig",
    ),
    "instalments": (
        "{count} instalments, {limit} may be agreed without a lead",
        "{count} Raten, ohne Teamleitung sind {limit} möglich",
    ),
    "largest": (
        "{amount} is promised, up to {limit} may be agreed without a lead",
        "{amount} sind zugesagt, ohne Teamleitung sind bis zu {limit} möglich",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseLimits:
    """None: no limit."""

    longest: int | None = None  # calendar days from the talk to the last promised day
    smallest_share: Decimal = Decimal(0)  # of what is owed on the items, 0 to 1
    instalments: int | None = None
    largest: Decimal | None = None  # in the promise's own currency


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRules:
    usual: PromiseLimits = field(default_factory=PromiseLimits)
    by_skill: Mapping[str, PromiseLimits] = field(default_factory=dict)
    decide_banking_days: int = 3  # so long the ladder waits for the lead

    def of(self, skills: Collection[str]) -> PromiseLimits:
        """The widest of the limits that these skills bring; without such a skill the usual ones."""
        own = [self.by_skill[skill] for skill in skills if skill in self.by_skill]
        if not own:
            return self.usual
        return PromiseLimits(
            longest=_widest([limits.longest for limits in own]),
            smallest_share=min(limits.smallest_share for limits in own),
            instalments=_widest([limits.instalments for limits in own]),
            largest=_widest([limits.largest for limits in own]),
        )


def _widest(limits: Sequence[T | None]) -> T | None:
    known = [limit for limit in limits if limit is not None]
    return max(known) if len(known) == len(limits) else None


def beyond(
    promises: Sequence[Promise], owed: Mapping[str, Decimal], limits: PromiseLimits, today: date, language: Language, zone: str
) -> tuple[str, ...]:
    """Why an agent may not agree these promises of one talk alone, a sentence each; empty: the agent may. `owed`: per currency."""
    found: list[tuple[str, dict[str, object]]] = []
    days = max((promise.promised_on - today).days for promise in promises)
    if limits.longest is not None and days > limits.longest:
        found.append(("longest", {"days": days, "limit": limits.longest}))
    count = max(1, *(promise.position for promise in promises))
    if limits.instalments is not None and count > limits.instalments:
        found.append(("instalments", {"count": count, "limit": limits.instalments}))
    for currency, amount in total(promise.amount for promise in promises).items():
        money, debt = Money(amount, currency), Money(owed.get(currency, Decimal(0)), currency)
        if amount < limits.smallest_share * debt.amount:
            share = (limits.smallest_share * 100).normalize()
            found.append(("smallest_share", {"amount": money, "owed": debt, "limit": share}))
        if limits.largest is not None and amount > limits.largest:
            found.append(("largest", {"amount": money, "limit": Money(limits.largest, currency)}))
    return tuple(phrase(TEXTS, code, language, zone, **values) for code, values in found)


def parse_limits(table: Table) -> LimitRules:
    """`[promise_limits]`, with `[promise_limits.skill.NAME]` for agents who have that skill."""
    usual = _limits(table, PromiseLimits())
    by_skill = {}
    for name, inner in table.named("skill"):
        by_skill[name] = _limits(inner, usual)
        inner.done()
    rules = LimitRules(usual=usual, by_skill=by_skill, decide_banking_days=table.whole("decide_banking_days", 3, at_least=1, at_most=30))
    table.done()
    return rules


def _limits(table: Table, usual: PromiseLimits) -> PromiseLimits:
    """What is left out is as usual."""
    longest = table.days("longest", None) if "longest" in table.data else usual.longest
    if longest is not None and longest < 1:
        table.complain("longest", "longest must be at least 1d")
    share = table.share("smallest_share", usual.smallest_share)
    largest = table.money("largest") if "largest" in table.data else usual.largest
    if largest is not None and largest <= 0:
        table.complain("largest", "largest must be above zero")
    instalments = table.whole("instalments", at_least=1, at_most=36) if "instalments" in table.data else usual.instalments
    return PromiseLimits(longest=longest, smallest_share=share, instalments=instalments, largest=largest)
