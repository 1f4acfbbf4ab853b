"""The claim: since when a debtor is in default, what interest and costs the law adds, and how a payment is allocated.

Owns these computations (German law first; rules: `rules/claims.toml`). Charges nobody and knows no store.
Invariant: interest is exact until it is rounded once; a day that no base rate covers is an error, never a guess; no debtor who may be a
private person pays a business debtor's interest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from collectord.core.contact.calendar import HolidaysUnknown, WorkingDays
from collectord.core.money import Money, plain
from collectord.core.receivables.claim_rules import ClaimRules, Law
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.reminder_fees import letters
from collectord.core.wording import Language, Texts, phrase

CENT = Decimal("0.01")
YEAR = 365  # days of every year: interest is reckoned act/365
DAY = timedelta(days=1)
FRIDAY = 5

TEXTS: Texts = {
    "no-law": (
        "rules/claims.toml knows no law of {law}: write [law_of.{law}], or set law to one of {known}",
        "rules/claims.toml kennt kein Recht von {law}: [law_of.{law}] schreiben, oder law auf eines von {known} setzen",
    ),
    "no-rate": (
        "no base rate of {law} covers {day}: add it to rules/claims.toml as [[base_rate]]",
        "kein Basiszinssatz von {law} deckt den {day} ab: in rules/claims.toml als [[base_rate]] ergänzen",
    ),
    "calendar": ("due on {due}, a date agreed in the contract", "fällig am {due}, vertraglich nach dem Kalender bestimmt"),
    "thirty": ("{days} days after due date and receipt ({from_on})", "{days} Tage nach Fälligkeit und Zugang ({from_on})"),
    "reminder": ("reminder of {letter}", "Mahnung vom {letter}"),
    "not-yet": ("not in default yet; from {day}", "noch nicht in Verzug; ab {day}"),
    "never": (
        "not in default: no agreed date, no reminder, and the invoice of a private person does not mention the {days} days",
        "nicht in Verzug: kein vereinbarter Termin, keine Mahnung, und die Rechnung an eine Privatperson nennt die {days} Tage nicht",
    ),
    "disputed": ("disputed: nothing is added", "bestritten: nichts kommt hinzu"),
    "off": (
        "Not charged: the ledger's own charges count. This only shows what the law would allow (rules/claims.toml, enabled).",
        "Nicht berechnet: es gelten die Nebenforderungen der Buchhaltung. Nur zur Ansicht, was zulässig wäre (rules/claims.toml, enabled).",
    ),
    "on": (
        "Agents may name these amounts; accounting books them.",
        "Diese Beträge dürfen am Telefon genannt werden; gebucht werden sie in der Buchhaltung.",
    ),
    "briefing": (
        "In default: {interest} interest and {costs} costs as of today, {total} in all.",
        "In Verzug: heute {interest} Zinsen und {costs} Kosten, zusammen {total}.",
    ),
}


class ClaimUnknown(Exception):
    """The claim cannot be computed; one sentence that says what is missing."""


# ---------------------------------------------------------------- default


@dataclass(frozen=True, slots=True)
class Default:
    """The first day of default, and what put the debtor there. None: nothing did so far."""

    since: date | None
    code: str
    values: dict[str, object]

    def why(self, language: Language, zone: str = "UTC") -> str:
        return phrase(TEXTS, self.code, language, zone, **self.values)


def default_of(item: OpenItem, person: str, rules: ClaimRules, days: WorkingDays) -> Default:
    """The earliest of: the day after an agreed calendar date, after so many days since due date and receipt, after a reminder arrived."""
    found: list[Default] = []
    if rules.calendar_date:
        found.append(Default(_last_day(item.due_on, rules, days) + DAY, "calendar", {"due": item.due_on}))
    elif person == "business" or rules.private_informed:
        received = (item.invoiced_on or item.due_on) + rules.receipt_days * DAY
        start = max(item.due_on, received)
        last = _last_day(start + rules.days * DAY, rules, days)
        found.append(Default(last + DAY, "thirty", {"days": rules.days, "from_on": start}))
    if item.last_dunned_on is not None and item.last_dunned_on >= item.due_on:
        since = item.last_dunned_on + (rules.receipt_days + 1) * DAY
        found.append(Default(since, "reminder", {"letter": item.last_dunned_on}))
    return min(found, key=lambda one: one.since or date.max, default=Default(None, "never", {"days": rules.days}))


def _last_day(day: date, rules: ClaimRules, days: WorkingDays) -> date:
    """The last day on which a payment due on this day is in time."""
    if not rules.next_working_day:
        return day
    try:
        return days.next_from(day)
    except HolidaysUnknown:
        return day + (8 - day.isoweekday()) * DAY if day.isoweekday() > FRIDAY else day


# ---------------------------------------------------------------- interest


@dataclass(frozen=True, slots=True)
class Period:
    """Days [since, end) at one rate, in per cent a year."""

    since: date
    end: date
    rate: Decimal

    @property
    def days(self) -> int:
        return (self.end - self.since).days

    def interest(self, principal: Decimal) -> Fraction:
        return Fraction(principal) * Fraction(self.rate) * self.days / (100 * YEAR)


def periods(law: Law, rules: ClaimRules, person: str, since: date, end: date, language: Language = "en") -> tuple[Period, ...]:
    """The days [since, end) by rate. Raises ClaimUnknown when a day has none."""
    interest = law.interest[person]
    if interest.points is None:
        return (Period(since, end, interest.fixed),) if since < end else ()
    found, day = [], since
    while day < end:
        base = next((rate for rate in rules.base_rates if rate.law == law.name and rate.since <= day <= rate.until), None)
        if base is None:
            raise ClaimUnknown(phrase(TEXTS, "no-rate", language, law=law.name, day=day))
        following = min(end, base.until + DAY)
        found.append(Period(day, following, base.rate + interest.points))
        day = following
    return tuple(found)


def rounded(amount: Fraction) -> Decimal:
    """To the cent, half up."""
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(CENT, ROUND_HALF_UP)


# ---------------------------------------------------------------- the claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What the law adds to one item as of the end of a day."""

    item: OpenItem
    default: Default
    why: str
    periods: tuple[Period, ...] = ()
    interest: Decimal = Decimal(0)
    costs: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.item.open_amount + self.interest + self.costs

    def document(self) -> dict[str, Any]:
        since = self.default.since
        return {
            "item_no": self.item.item_no,
            "currency": self.item.currency,
            "open": plain(self.item.open_amount),
            "due_on": self.item.due_on.isoformat(),
            "default_on": since.isoformat() if since else None,
            "days": sum(period.days for period in self.periods),
            "rates": [plain(period.rate) for period in self.periods],
            "interest": plain(self.interest),
            "costs": plain(self.costs),
            "total": plain(self.total),
            "why": self.why,
        }


def person_of(debtor: Debtor) -> str:
    """A debtor whose kind is unknown is taken for a private person: that is less."""
    return "business" if debtor.person_type == "business" else "private"


def law_of(rules: ClaimRules, country: str, language: Language = "en") -> Law:
    """Raises ClaimUnknown."""
    name = rules.law or country
    if name not in rules.laws:
        raise ClaimUnknown(phrase(TEXTS, "no-law", language, law=name, known=sorted(rules.laws)))
    return rules.laws[name]


def claimed(
    debtor: Debtor,
    items: Iterable[OpenItem],
    rules: ClaimRules,
    law: Law,
    on: date,
    days: WorkingDays,
    *,
    disputed: Iterable[str] = (),
    language: Language = "en",
    zone: str = "UTC",
) -> tuple[Claimed, ...]:
    """Every debit item as of the end of this day, the oldest first. Interest is reckoned on what is still open. Raises ClaimUnknown."""
    person, contested = person_of(debtor), set(disputed)
    debits = [item for item in sorted(items, key=lambda one: (one.due_on, one.item_no)) if item.open_amount > 0]
    judged = [
        (item, default_of(item, person, rules, days), item.dispute or item.item_no in contested or "" in contested) for item in debits
    ]
    in_default = [(item, default) for item, default, is_disputed in judged if not is_disputed and default.since and default.since <= on]
    reminders = letters((item, _charged_letters(item, default, rules)) for item, default in in_default)
    found = []
    for item, default, is_disputed in judged:
        since = default.since
        if is_disputed:
            found.append(Claimed(item=item, default=default, why=phrase(TEXTS, "disputed", language)))
        elif since is None:
            found.append(Claimed(item=item, default=default, why=default.why(language, zone)))
        elif since > on:
            found.append(Claimed(item=item, default=default, why=phrase(TEXTS, "not-yet", language, zone, day=since)))
        else:
            spans = periods(law, rules, person, since, on + DAY, language)
            interest = rounded(sum((span.interest(item.open_amount) for span in spans), Fraction(0)))
            costs = _costs(item, reminders.get((item.company, item.debtor_no, item.item_no), 0), person, rules, law)
            why = default.why(language, zone)
            found.append(Claimed(item=item, default=default, why=why, periods=spans, interest=interest, costs=costs))
    return tuple(found)


def _charged_letters(item: OpenItem, default: Default, rules: ClaimRules) -> int:
    first = 1 if default.code == "reminder" else 0  # the reminder that puts somebody in default costs nothing
    return max(0, (item.dunning_level or 0) - first) if item.currency == rules.fee_currency else 0


def _costs(item: OpenItem, reminders: int, person: str, rules: ClaimRules, law: Law) -> Decimal:
    """Fees, and from a business debtor the flat sum, once a claim; fees count towards it (Sec. 288 (5) sentence 3 BGB)."""
    fees = Decimal(0)
    if item.currency == rules.fee_currency:
        fees += rules.reminder_fee * reminders
        fees += rules.returned_debit_fee if item.returned_on is not None else 0
    flat = law.flat_sum if person == "business" and item.currency == law.flat_currency else Decimal(0)
    return max(flat, fees)


def totals(found: Iterable[Claimed]) -> dict[str, dict[str, Decimal]]:
    """Per currency: principal, interest, costs, total."""
    sums: dict[str, dict[str, Decimal]] = {}
    for one in found:
        sum_of = sums.setdefault(one.item.currency, dict.fromkeys(("principal", "interest", "costs", "total"), Decimal(0)))
        parts = {"principal": one.item.open_amount, "interest": one.interest, "costs": one.costs, "total": one.total}
        for name, amount in parts.items():
            sum_of[name] += amount
    return dict(sorted(sums.items()))


def said_of(found: Iterable[Claimed], language: Language) -> tuple[str, ...]:
    """For whoever is about to call, a sentence for each currency in which something is added."""
    return tuple(
        phrase(TEXTS, "briefing", language, **{name: Money(sums[name], currency) for name in ("interest", "costs", "total")})
        for currency, sums in totals(found).items()
        if sums["interest"] or sums["costs"]
    )


# ---------------------------------------------------------------- allocation


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed in one currency, or what a payment paid of it."""

    costs: Decimal
    interest: Decimal
    principal: Decimal

    @property
    def total(self) -> Decimal:
        return self.costs + self.interest + self.principal


@dataclass(frozen=True, slots=True)
class Allocation:
    paid: Owed
    rest: Owed
    over: Decimal  # more than was owed


def allocate(owed: Owed, payment: Decimal) -> Allocation:
    """Costs first, then interest, then principal (Sec. 367 (1) BGB)."""
    left, parts = payment, []
    for part in (owed.costs, owed.interest, owed.principal):
        share = min(left, part)
        parts.append(share)
        left -= share
    paid = Owed(*parts)
    rest = Owed(owed.costs - paid.costs, owed.interest - paid.interest, owed.principal - paid.principal)
    return Allocation(paid, rest, left)
