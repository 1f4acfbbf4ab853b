"""Data quality: which holes in the data keep debtors from being called, and how much money lies behind them.

Owns the list of holes and how each is counted and worded. Knows no store.
Invariant: money behind a hole counts each debtor once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from collectord.core.money import plain_map
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.wording import Language, Texts, phrase, safe

FAR_AHEAD = timedelta(days=366)  # a payment term beyond a year is more likely a typing mistake
LONG_AGO = timedelta(days=5 * 365)  # most claims have lapsed by then
EXAMPLES = 5

TEXTS: Texts = {
    "no_dialable_number": ("debtors without a number that can be dialled", "Debitoren ohne wählbare Rufnummer"),
    "invalid_number": ("numbers that cannot be dialled", "Rufnummern, die nicht gewählt werden können"),
    "shared_number": ("numbers that several debtors share", "Rufnummern, die sich mehrere Debitoren teilen"),
    "several_names": ("numbers under several names", "Rufnummern unter mehreren Namen"),
    "failed_number": ("numbers that failed or were wrong when called", "Rufnummern, die beim Anruf nicht vergeben oder falsch waren"),
    "implausible_due_date": ("items with an implausible due date", "Posten mit unplausibler Fälligkeit"),
    "rejected_row": ("rejected rows of accepted exports", "Abgewiesene Zeilen angenommener Exporte"),
    "doubtful_item": (
        "items missing from an export that had an unreadable row",
        "Posten, die in einem Export mit unlesbarer Zeile fehlten",
    ),
    "stale_export": ("debtors whose export is too old", "Debitoren, deren Export zu alt ist"),
    "held_batch": ("debtors whose export waits for a decision", "Debitoren, deren Export auf eine Entscheidung wartet"),
}


@dataclass(frozen=True, slots=True)
class Case:
    key: DebtorKey
    what: str


def hole(code: str, cases: Iterable[Case], open_by_debtor: Mapping[DebtorKey, Mapping[str, Decimal]], language: Language) -> dict[str, Any]:
    """One line of `quality`. Money: all that the debtors concerned owe, netted, per currency."""
    cases = list(cases)
    money: dict[str, Decimal] = {}
    for key in {case.key for case in cases}:
        for currency, amount in open_by_debtor.get(key, {}).items():
            money[currency] = money.get(currency, Decimal(0)) + amount
    return {
        "hole": code,
        "text": phrase(TEXTS, code, language),
        "count": len(cases),
        "debtors": len({case.key for case in cases}),
        "money": plain_map(money),
        "examples": [safe(f"{case.key}: {case.what}") for case in cases[:EXAMPLES]],
    }
