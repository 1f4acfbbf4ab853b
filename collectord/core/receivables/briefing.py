"""Briefing: what an agent should know of an account besides the sum: how it nets, what accounting's dunning run did, running discounts.

Owns the proof line and these sentences. Decides nothing; knows no store.
Invariant: invoices minus credits of a proof is exactly what is open in that currency; a percentage that no export gives is not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from collectord.core.money import Money, plain
from collectord.core.receivables.ledger import OpenItem
from collectord.core.wording import Language, Texts, phrase

NAMED = 3  # credits named one by one; more are counted

TEXTS: Texts = {
    "invoice": ("1 invoice {amount}", "1 Rechnung {amount}"),
    "invoices": ("{count} invoices {amount}", "{count} Rechnungen {amount}"),
    "credit_note": ("credit note {item} {amount}", "Gutschrift {item} {amount}"),
    "payment": ("payment on account {item} {amount}", "Akontozahlung {item} {amount}"),
    "credits": ("{count} credits {amount}", "{count} Gutschriften und Zahlungen {amount}"),
    "proof": ("{debits} − {taken} = {open}", "{debits} − {taken} = {open}"),
    "dunned": ("Accounting's dunning run: level {level}", "Mahnlauf der Buchhaltung: Stufe {level}"),
    "dunned-on": (", letter of {day}", ", Brief vom {day}"),
    "dunned-until": (", deadline {day}", ", Frist bis {day}"),
    "discount": ("A discount for early payment runs until {day} ({items}).", "Skonto läuft noch bis {day} ({items})."),
    "booked": (
        "Payments are booked up to {day}: later ones may be on their way, and overdue is judged as of then.",
        "Zahlungen sind bis {day} gebucht: spätere können unterwegs sein, überfällig gilt nach diesem Stand.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How credits and payments on account net within one currency."""

    currency: str
    invoices: int
    invoiced: Decimal
    credits: tuple[OpenItem, ...]  # oldest first

    @property
    def credited(self) -> Decimal:
        return -sum((item.open_amount for item in self.credits), Decimal(0))

    @property
    def open(self) -> Decimal:
        return self.invoiced - self.credited

    def text(self, language: Language) -> str:
        def money(amount: Decimal) -> Money:
            return Money(amount, self.currency)

        if len(self.credits) > NAMED:
            taken = phrase(TEXTS, "credits", language, count=len(self.credits), amount=money(self.credited))
        else:
            kinds = ["payment" if item.kind == "payment" else "credit_note" for item in self.credits]
            taken = " − ".join(
                phrase(TEXTS, kind, language, item=item.item_no, amount=money(-item.open_amount))
                for kind, item in zip(kinds, self.credits, strict=True)
            )
        debits = phrase(TEXTS, "invoice" if self.invoices == 1 else "invoices", language, count=self.invoices, amount=money(self.invoiced))
        return phrase(TEXTS, "proof", language, debits=debits, taken=taken, open=money(self.open))

    def document(self, language: Language) -> dict[str, Any]:
        return {
            "currency": self.currency,
            "invoices": self.invoices,
            "invoiced": plain(self.invoiced),
            "credits": [{"item_no": item.item_no, "kind": item.kind, "amount": plain(item.open_amount)} for item in self.credits],
            "open": plain(self.open),
            "text": self.text(language),
        }


def proofs(items: Iterable[OpenItem]) -> tuple[Proof, ...]:
    """One a currency in which something nets; where nothing does, the sum needs no proof."""
    by_currency: dict[str, list[OpenItem]] = {}
    for item in items:
        by_currency.setdefault(item.currency, []).append(item)
    return tuple(
        Proof(
            currency=currency,
            invoices=sum(item.open_amount > 0 for item in own),
            invoiced=sum((item.open_amount for item in own if item.open_amount > 0), Decimal(0)),
            credits=tuple(sorted((item for item in own if item.open_amount < 0), key=lambda item: (item.due_on, item.item_no))),
        )
        for currency, own in sorted(by_currency.items())
        if any(item.open_amount < 0 for item in own)
    )


def dunning(items: Iterable[OpenItem]) -> dict[str, Any] | None:
    """Where accounting's own dunning run stands: its highest level, its last letter, its latest deadline; None: it did nothing."""
    debits = [item for item in items if item.open_amount > 0]
    level = max((item.dunning_level or 0 for item in debits), default=0)
    letters = [item.last_dunned_on for item in debits if item.last_dunned_on is not None]
    deadlines = [item.dunning_deadline for item in debits if item.dunning_deadline is not None]
    if not (level or letters or deadlines):
        return None
    return {"level": level, "last_dunned_on": max(letters, default=None), "deadline": max(deadlines, default=None)}


def dunning_document(items: Iterable[OpenItem]) -> dict[str, Any] | None:
    """The same for `--json`."""
    run = dunning(items)
    return run and {name: value.isoformat() if isinstance(value, date) else value for name, value in run.items()}


def booked_until(items: Iterable[OpenItem], today: date) -> date | None:
    """The day to which all of these items' payments are booked; None: up to today."""
    lag = max((item.booking_lag for item in items), default=0)
    return today - timedelta(days=lag) if lag else None


def briefing(items: Sequence[OpenItem], today: date, language: Language, zone: str) -> tuple[str, ...]:
    """Sentences for whoever is about to call."""
    said = [proof.text(language) for proof in proofs(items)]
    run = dunning(items)
    if run is not None:
        sentence = phrase(TEXTS, "dunned", language, level=run["level"])
        sentence += phrase(TEXTS, "dunned-on", language, zone, day=run["last_dunned_on"]) if run["last_dunned_on"] else ""
        sentence += phrase(TEXTS, "dunned-until", language, zone, day=run["deadline"]) if run["deadline"] else ""
        said.append(f"{sentence}.")
    discounts: dict[date, list[str]] = {}
    for item in items:
        if item.open_amount > 0 and item.discount_until is not None and item.discount_until >= today:
            discounts.setdefault(item.discount_until, []).append(item.item_no)
    said += [phrase(TEXTS, "discount", language, zone, day=day, items=names) for day, names in sorted(discounts.items())]
    booked = booked_until(items, today)
    if booked is not None:
        said.append(phrase(TEXTS, "booked", language, zone, day=booked))
    return tuple(said)
