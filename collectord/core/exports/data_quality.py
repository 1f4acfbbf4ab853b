"""Data quality: which holes in the data keep debtors from being called, how much money lies behind them, and where they are heading.

Owns the list of holes, how each is worded, and its trend. Knows no store.
Invariant: money behind a hole counts each debtor once; a hole that was never measured before has no trend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from collectord.core.money import plain_map
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.wording import Language, Texts, phrase, safe

FAR_AHEAD = timedelta(days=366)  # a payment term beyond a year is more likely a typing mistake
LONG_AGO = timedelta(days=5 * 365)  # most claims have lapsed by then
SEARCH_FOR = timedelta(days=7)  # a payment that the bank shows is booked by then
ADOPT_WITHIN = timedelta(days=14)  # so long accounting may take to adopt a correction
WEEK = timedelta(days=7)
TREND_DAYS = 14
EXAMPLES = 5
SPARKS = "▁▂▃▄▅▆▇█"

TEXTS: Texts = {
    "no_dialable_number": ("debtors without a number that can be dialled", "Debitoren ohne wählbare Rufnummer"),
    "invalid_number": ("numbers that cannot be dialled", "Rufnummern, die nicht gewählt werden können"),
    "shared_number": ("numbers that several debtors share", "Rufnummern, die sich mehrere Debitoren teilen"),
    "several_names": ("numbers under several names", "Rufnummern unter mehreren Namen"),
    "failed_number": ("numbers that failed or were wrong when called", "Rufnummern, die beim Anruf nicht vergeben oder falsch waren"),
    "implausible_due_date": ("items with an implausible due date", "Posten mit unplausibler Fälligkeit"),
    "missing_due_date": ("items without a due date", "Posten ohne Fälligkeit"),
    "rejected_row": ("rejected rows of accepted exports", "Abgewiesene Zeilen angenommener Exporte"),
    "doubtful_item": (
        "items missing from an export that had an unreadable row",
        "Posten, die in einem Export mit unlesbarer Zeile fehlten",
    ),
    "duplicate_item": ("items that look entered twice", "Posten, die doppelt erfasst aussehen"),
    "item_of_two_debtors": ("items that stand under two debtors", "Posten, die unter zwei Debitoren stehen"),
    "credit_balance": ("debtors to whom we owe", "Debitoren mit Guthaben"),
    "unmatched_payment": ("payments that fit nobody or several", "Zahlungen, die zu niemandem oder zu mehreren passen"),
    "payment_not_cleared": ("payments seen whose item is still open", "Gesehene Zahlungen, deren Posten noch offen ist"),
    "said_paid": (
        "items paid already as the debtor said, without a payment or clearing since",
        "Posten, die laut Debitor bezahlt sind, ohne Zahlung oder Ausgleich seither",
    ),
    "unknown_head_office": ("debtors whose head office is unknown", "Debitoren, deren Zentrale unbekannt ist"),
    "unknown_exception": (
        "debtors in rules/debtors.toml that no export has named",
        "Debitoren in rules/debtors.toml, die kein Export genannt hat",
    ),
    "head_office_circle": (
        "debtors whose head office leads back to themselves; each is called",
        "Debitoren, deren Zentrale zu ihnen selbst zurückführt; jeder wird angerufen",
    ),
    "correction_overruled": (
        "corrections that accounting has changed to something else since",
        "Korrekturen, die die Buchhaltung seither anders geändert hat",
    ),
    "correction_not_adopted": ("corrections that accounting has not adopted", "Korrekturen, die die Buchhaltung nicht übernommen hat"),
    "unconfirmed_block": (
        "dunning blocks asked for that the export does not show",
        "Erbetene Mahnsperren, die der Export nicht zeigt",
    ),
    "late_export": ("debtors whose export did not come when it usually does", "Debitoren, deren Export zur gewohnten Zeit ausblieb"),
    "stale_export": ("debtors whose export is too old", "Debitoren, deren Export zu alt ist"),
    "held_batch": ("debtors whose export waits for a decision", "Debitoren, deren Export auf eine Entscheidung wartet"),
}


@dataclass(frozen=True, slots=True)
class Case:
    key: DebtorKey
    what: str
    money: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """One hole, counted. `money`: all that the debtors concerned owe, or what its cases are about."""

    code: str
    count: int
    debtors: int
    money: Mapping[str, Decimal]
    examples: tuple[str, ...]

    def document(self, earlier: Mapping[date, int], today: date, language: Language) -> dict[str, Any]:
        """One line of `quality`. `earlier`: the counts of days before."""
        return {
            "hole": self.code,
            "text": phrase(TEXTS, self.code, language),
            "count": self.count,
            "debtors": self.debtors,
            "money": plain_map(self.money),
            "examples": [safe(example) for example in self.examples],
            "change": change(self.count, earlier, today),
            "trend": spark(self.count, earlier, today),
        }


def gathered(code: str, cases: Iterable[Case]) -> Hole:
    """A hole whose cases were found one by one."""
    cases = list(cases)
    money: dict[str, Decimal] = {}
    for case in cases:
        for currency, amount in case.money.items():
            money[currency] = money.get(currency, Decimal(0)) + amount
    examples = tuple(f"{case.key}: {case.what}" for case in cases[:EXAMPLES])
    return Hole(code=code, count=len(cases), debtors=len({case.key for case in cases}), money=money, examples=examples)


def joined(code: str, parts: Iterable[Hole]) -> Hole:
    """Several counts of one hole whose debtors differ, as one."""
    parts = list(parts)
    money: dict[str, Decimal] = {}
    for part in parts:
        for currency, amount in part.money.items():
            money[currency] = money.get(currency, Decimal(0)) + amount
    return Hole(
        code=code,
        count=sum(part.count for part in parts),
        debtors=sum(part.debtors for part in parts),
        money=money,
        examples=tuple(example for part in parts for example in part.examples)[:EXAMPLES],
    )


def change(count: int, earlier: Mapping[date, int], today: date) -> int | None:
    """Against a week ago, or the last day measured in the week before that; None: not measured then."""
    days = [day for day in earlier if today - 2 * WEEK < day <= today - WEEK]
    return count - earlier[max(days)] if days else None


def spark(count: int, earlier: Mapping[date, int], today: date) -> str:
    """The last two weeks in little bars, today last; "" without an earlier day. All equal: bars of the lowest height."""
    days = sorted(day for day in earlier if today - timedelta(days=TREND_DAYS) < day < today)
    if not days:
        return ""
    values = [*(earlier[day] for day in days), count]
    low, high = min(values), max(values)
    steps = len(SPARKS) - 1
    return "".join(SPARKS[(value - low) * steps // (high - low) if high > low else 0] for value in values)
