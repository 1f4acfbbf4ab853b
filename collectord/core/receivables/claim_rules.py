"""Claim rules: what a team lead wrote about default, interest and costs.

Owns the shape and the reading of `rules/claims.toml`. Computes nothing: that is claim's.
Invariant: the base rates of a law never overlap; what is wrong with the file is a Problem that names its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from collectord.core.rule_text import Table

PERSONS = ("private", "business")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRate:
    law: str
    since: date
    until: date  # last day
    rate: Decimal  # per cent a year


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What one kind of debtor owes a year: points above the base rate, or a fixed rate."""

    points: Decimal | None = None
    fixed: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    name: str
    interest: Mapping[str, Interest]  # private, business
    flat_sum: Decimal = Decimal(0)  # business only, once a claim
    flat_currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    enabled: bool = False  # False: shown, charged by nobody
    law: str = ""  # "" = of the house's country
    calendar_date: bool = True  # the due date is a calendar date agreed in the contract
    next_working_day: bool = True  # a payment due on a free day is in time on the next working day (Sec. 193 BGB)
    days: int = 30  # else: so many days after due date and receipt
    private_informed: bool = False  # the invoice tells private persons about those days
    receipt_days: int = 3  # an invoice or a letter arrives so many days after its date
    reminder_fee: Decimal = Decimal(0)  # per reminder after default began
    returned_debit_fee: Decimal = Decimal(0)
    fee_currency: str = "EUR"
    laws: Mapping[str, Law] = field(default_factory=dict)
    base_rates: tuple[BaseRate, ...] = ()


def parse_claims(table: Table) -> ClaimRules:
    """The whole of `claims.toml`."""
    default, fees = table.table("default"), table.table("fees")
    rules = ClaimRules(
        enabled=table.flag("enabled", False),
        law=table.text("law", ""),
        calendar_date=default.flag("calendar_date", True),
        next_working_day=default.flag("next_working_day", True),
        days=default.whole("days", 30, at_least=1, at_most=365),
        private_informed=default.flag("private_informed", False),
        receipt_days=default.whole("receipt_days", 3, at_least=0, at_most=30),
        reminder_fee=_not_negative(fees, "reminder"),
        returned_debit_fee=_not_negative(fees, "returned_debit"),
        fee_currency=_currency(fees),
        laws={name: _law(name, inner) for name, inner in table.named("law_of")},
        base_rates=tuple(_base_rate(inner) for inner in table.tables("base_rate")),
    )
    if rules.law and rules.law not in rules.laws:
        table.complain("law", f"there is no [law_of.{rules.law}]")
    _overlaps(rules, table)
    for inner in (default, fees, table):
        inner.done()
    return rules


def _law(name: str, table: Table) -> Law:
    law = Law(
        name=name,
        interest={person: _interest(person, table) for person in PERSONS},
        flat_sum=_not_negative(table, "business_flat_sum"),
        flat_currency=_currency(table),
    )
    table.done()
    return law


def _interest(person: str, table: Table) -> Interest:
    points, fixed = f"{person}_points", f"{person}_rate"
    named = [key for key in (points, fixed) if key in table.data]
    if len(named) != 1:
        table.complain(points, f'say either {points} (above the base rate) or {fixed} (fixed), in quotes, like "9.00"')
    if named == [fixed]:
        return Interest(fixed=_not_negative(table, fixed))
    return Interest(points=_not_negative(table, points))


def _base_rate(table: Table) -> BaseRate:
    since, until = table.day("from"), table.day("until")
    rate = BaseRate(law=table.text("law"), since=since or date.min, until=until or date.max, rate=table.number("rate"))
    if since and until and until < since:
        table.complain("until", f"until {until} lies before from {since}")
    table.done()
    return rate


def _overlaps(rules: ClaimRules, table: Table) -> None:
    for position, rate in enumerate(rules.base_rates):
        if rate.law not in rules.laws:
            table.complain(f"base_rate.{position}.law", f"there is no [law_of.{rate.law}]")
        for other in rules.base_rates[:position]:
            if other.law == rate.law and other.since <= rate.until and rate.since <= other.until:
                table.complain(f"base_rate.{position}.from", f"from {rate.since} is covered already by the rate from {other.since}")


def _not_negative(table: Table, key: str) -> Decimal:
    value = table.money(key, Decimal(0))
    if value < 0:
        table.complain(key, f"{key} cannot be negative")
    return value


def _currency(table: Table) -> str:
    code = table.text("currency", "EUR")
    if len(code) != 3 or not code.isascii() or not code.isalpha() or not code.isupper():
        table.complain("currency", f"currency = {code!r} is no ISO code of three capital letters")
        return "EUR"
    return code
