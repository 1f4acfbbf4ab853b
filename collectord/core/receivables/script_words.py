"""Filling a text for a debtor: what each placeholder becomes.

Owns the values of placeholders and how they read in both languages. Chooses no text.
Invariant: whatever an export put into a name stays text on one line: it opens no placeholder, no section and no header.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date

from collectord.core.money import Money
from collectord.core.receivables.ledger import Debtor, OpenItem, oldest_days_past_due, open_total, overdue_total
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.script_text import PLACEHOLDER, PLACEHOLDERS, ScriptText
from collectord.core.wording import Language, Texts, phrase, safe, shown

LISTED = 40  # items named one by one; the rest is counted
NOTHING = "…"  # what nobody knows: the agent fills it in

TEXTS: Texts = {
    "item": ("- {item}, due on {day}: {amount}", "- {item}, fällig am {day}: {amount}"),
    "credit": ("- {item}, credit: {amount}", "- {item}, Gutschrift: {amount}"),
    "more": ("- and {count} more", "- und {count} weitere"),
    "promise": ("{amount} by {day}", "{amount} bis zum {day}"),
    "no-promise": ("none", "keine"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Everything that a text may speak of. `items`: what the contact is about, with the credits that net it."""

    debtor: Debtor
    items: Sequence[OpenItem]
    company: str
    caller_id: str
    agent: str  # "" = nobody yet
    promise: Promise | None
    today: date


@dataclass(frozen=True, slots=True)
class Filled:
    subject: str
    body: str


def fill(text: ScriptText, values: Mapping[str, str]) -> Filled:
    """Every placeholder at once, so that nothing in a value is taken for another one."""

    def put(part: str) -> str:
        return PLACEHOLDER.sub(lambda found: values[found[1]], part)

    return Filled(" ".join(put(text.subject).split()), put(text.body))


def values_of(occasion: Occasion, language: Language, zone: str) -> dict[str, str]:
    """What each placeholder becomes."""
    debtor, items, today = occasion.debtor, occasion.items, occasion.today
    debits = [item for item in items if item.open_amount > 0]
    oldest = min((item.due_on for item in debits), default=None)
    promise = occasion.promise
    said = {"amount": promise.amount, "day": _day(promise.promised_on, language)} if promise else {}
    values = {
        "debtor_name": safe(debtor.debtor_name).strip() or NOTHING,
        "debtor_no": safe(debtor.debtor_no),
        "contact_person": safe(debtor.contact_person).strip() or safe(debtor.debtor_name).strip() or NOTHING,
        "company": safe(occasion.company),
        "caller_id": safe(occasion.caller_id),
        "agent": safe(occasion.agent) or NOTHING,
        "today": _day(today, language),
        "open_amount": _sum(open_total(items), language, zone),
        "overdue_amount": _sum(overdue_total(items, today), language, zone),
        "oldest_due_on": _day(oldest, language) if oldest else NOTHING,
        "days_past_due": str(oldest_days_past_due(debits, today)),
        "items": _listed(sorted(items, key=lambda item: (item.open_amount < 0, item.due_on, item.item_no)), language, zone),
        "item_count": str(len(debits)),
        "promise": phrase(TEXTS, "promise" if promise else "no-promise", language, zone, **said),
    }
    assert values.keys() == PLACEHOLDERS
    return values


def _day(day: date, language: Language) -> str:
    """Written out, as in a letter: 10. November 2026."""
    return format_date(day, "long", locale="de_DE" if language == "de" else "en_GB")


def _sum(amounts: Mapping[str, Decimal], language: Language, zone: str) -> str:
    owed = [Money(amount, currency) for currency, amount in amounts.items() if amount > 0]
    return " + ".join(shown(one, language, zone) for one in owed) or NOTHING


def _listed(items: Sequence[OpenItem], language: Language, zone: str) -> str:
    lines = [
        phrase(
            TEXTS, "item" if item.open_amount > 0 else "credit", language, zone,
            item=item.item_no, day=_day(item.due_on, language), amount=Money(item.open_amount, item.currency),
        )
        for item in items[:LISTED]
    ]  # fmt: skip
    if len(items) > LISTED:
        lines.append(phrase(TEXTS, "more", language, zone, count=len(items) - LISTED))
    return "\n".join(lines)
