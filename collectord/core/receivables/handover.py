"""Handover: to whom a case goes at the end of its ladder, in house or to a partner.

Owns the shape of `[[handover]]` in `rules/ladders.toml`, its reading, and the choice. Hands nothing over: a person does.
Invariant: the first entry whose every condition holds is the choice; without one a person decides freely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from collectord.core.money import Money
from collectord.core.receivables.ledger import Debtor
from collectord.core.rule_text import Table
from collectord.core.wording import Bilingual, Language, Texts, phrase

KIND_TITLES: Mapping[str, Mapping[Language, str]] = {
    "in_house": {"en": "in house", "de": "im Haus"},
    "partner": {"en": "partner", "de": "Partner"},
}
TEXTS: Texts = {
    "companies": ("{to}: not for company {value}", "{to}: nicht für Firma {value}"),
    "person_types": ("{to}: not for such a person", "{to}: nicht für diese Art Person"),
    "potential_classes": ("{to}: not for class {value}", "{to}: nicht für Klasse {value}"),
    "min_open": ("{to}: below {amount}", "{to}: unter {amount}"),
    "max_open": ("{to}: only below {amount}", "{to}: nur unter {amount}"),
    "older_than": ("{to}: only from {days} {days:day|days} past due on", "{to}: erst ab {days} {days:Tag|Tagen} nach Fälligkeit"),
    "younger_than": ("{to}: only before {days} {days:day|days} past due", "{to}: nur vor {days} {days:Tag|Tagen} nach Fälligkeit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    to: str
    to_de: str = ""  # "" = the same in German
    kind: str = "partner"
    min_open: Decimal = Decimal(0)  # in one currency at least
    max_open: Decimal | None = None  # below it in every currency
    older_than: int | None = None  # days past due of the oldest item handed over
    younger_than: int | None = None
    cost_per_contact: Decimal = Decimal(0)
    covers_contacts: int = 1  # the open amount pays for at least so many contacts there
    companies: tuple[str, ...] = ()
    person_types: tuple[str, ...] = ()
    potential_classes: tuple[str, ...] = ()

    @property
    def titles(self) -> Mapping[Language, str]:
        return {"en": self.to, "de": self.to_de or self.to}

    def unfit(self, debtor: Debtor, potential_class: str, amounts: Mapping[str, Decimal], days_past_due: int) -> Unfit | None:
        """The first condition that does not hold; None: the case may go there."""
        currency = max(amounts, key=lambda one: amounts[one])
        most, least = amounts[currency], _least(self)
        if self.companies and debtor.company not in self.companies:
            return Unfit(self, "companies", {"value": debtor.company or "-"})
        if self.person_types and debtor.person_type not in self.person_types:
            return Unfit(self, "person_types", {})
        if self.potential_classes and potential_class not in self.potential_classes:
            return Unfit(self, "potential_classes", {"value": potential_class or "-"})
        if most < least:
            return Unfit(self, "min_open", {"amount": Money(least, currency)})
        if self.max_open is not None and most >= self.max_open:
            return Unfit(self, "max_open", {"amount": Money(self.max_open, currency)})
        if self.older_than is not None and days_past_due <= self.older_than:
            return Unfit(self, "older_than", {"days": self.older_than + 1})
        if self.younger_than is not None and days_past_due >= self.younger_than:
            return Unfit(self, "younger_than", {"days": self.younger_than})
        return None


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a case does not go to an addressee."""

    handover: Handover
    condition: str  # its key
    values: Mapping[str, object]

    def why(self, language: Language) -> str:
        return phrase(TEXTS, self.condition, language, to=Bilingual(self.handover.titles), **self.values)


def choose(
    handovers: Sequence[Handover], debtor: Debtor, potential_class: str, amounts: Mapping[str, Decimal], days_past_due: int
) -> tuple[Handover | None, tuple[Unfit, ...]]:
    """To whom the case goes; if to none, why not to each of them."""
    unfit: list[Unfit] = []
    for one in handovers:
        found = one.unfit(debtor, potential_class, amounts, days_past_due)
        if found is None:
            return one, ()
        unfit.append(found)
    return None, tuple(unfit)


def parse_handover(table: Table, person_types: Sequence[str], classes: Sequence[str]) -> Handover:
    """One `[[handover]]`. Problems are collected in the table."""
    one = Handover(
        to=table.text("to").strip(),
        to_de=table.text("to_de", "").strip(),
        kind=table.text("kind", "partner", one_of=KIND_TITLES),
        min_open=table.money("min_open", Decimal(0)),
        max_open=table.money("max_open") if "max_open" in table.data else None,
        older_than=table.days("older_than") if "older_than" in table.data else None,
        younger_than=table.days("younger_than") if "younger_than" in table.data else None,
        cost_per_contact=table.money("cost_per_contact", Decimal(0)),
        covers_contacts=table.whole("covers_contacts", 1, at_least=1, at_most=1_000),
        companies=table.texts("companies", []),
        person_types=table.texts("person_types", [], one_of=person_types),
        potential_classes=table.texts("potential_classes", [], one_of=classes),
    )
    table.seen |= {"max_open", "older_than", "younger_than"}
    table.done()
    if "to" in table.data and not one.to:
        table.complain("to", "to is empty; people read there who takes the case")
    for key, amount in (("min_open", one.min_open), ("cost_per_contact", one.cost_per_contact)):
        if amount < 0:
            table.complain(key, f"{key} is negative; write an amount, or take it away")
    if one.max_open is not None and one.max_open <= one.min_open:
        table.complain("max_open", f"the entry can never fit: max_open must be above min_open = {one.min_open}")
    if one.older_than is not None and one.younger_than is not None and one.younger_than <= one.older_than + 1:
        table.complain("younger_than", f"the entry can never fit: no day lies after {one.older_than}d and before {one.younger_than}d")
    if "covers_contacts" in table.data and not one.cost_per_contact:
        table.complain("covers_contacts", "covers_contacts does nothing without cost_per_contact")
    return one


def takes_all_of(earlier: Handover, later: Handover) -> bool:
    """Whatever fits the later entry fits the earlier one before it."""

    def covers(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
        return not wide or (bool(narrow) and set(narrow) <= set(wide))

    return (
        covers(earlier.companies, later.companies)
        and covers(earlier.person_types, later.person_types)
        and covers(earlier.potential_classes, later.potential_classes)
        and _least(earlier) <= _least(later)
        and (earlier.max_open is None or (later.max_open is not None and later.max_open <= earlier.max_open))
        and (earlier.older_than is None or (later.older_than is not None and later.older_than >= earlier.older_than))
        and (earlier.younger_than is None or (later.younger_than is not None and later.younger_than <= earlier.younger_than))
    )


def _least(one: Handover) -> Decimal:
    return max(one.min_open, one.cost_per_contact * one.covers_contacts)
