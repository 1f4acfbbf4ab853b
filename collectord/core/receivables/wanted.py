"""The ladder's answers: a contact that is wanted, or why none is, each with its sentence.

Owns the words of planning in German and English. Decides nothing: escalation does.
Invariant: every answer has one sentence that names the step or the reason; a sentence is made only when somebody reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from collectord.core.money import Money
from collectord.core.receivables.ladders import Level
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "wanted": (
        "Step {number} ({name}): {item} was due on {due} and {amounts} is open in {count} {count:item|items}.",
        "Stufe {number} ({name}): {item} war am {due} fällig, {amounts} sind in {count} Posten offen.",
    ),
    "wanted-early": (
        "Step {number} ({name}): {item} falls due on {due}, {amounts} in {count} {count:item|items}.",
        "Stufe {number} ({name}): {item} wird am {due} fällig, {amounts} in {count} Posten.",
    ),
    "nothing-open": ("Nothing is open.", "Es ist nichts offen."),
    "credits-cover": ("Credits cover everything that is open.", "Gutschriften decken alles, was offen ist."),
    "no-ladder": ("No ladder fits this debtor.", "Keine Mahnleiter passt zu diesem Debitor."),
    "legal-state": ("The legal state {state} stops the ladder.", "Der Rechtsstatus {state} hält die Mahnleiter an."),
    "head-office": (
        "The call to the head office {head} covers this branch.",
        "Der Anruf bei der Zentrale {head} gilt auch für diese Filiale.",
    ),
    "promise": (
        "A promise to pay is open; the ladder waits until {day}.",
        "Eine Zahlungszusage ist offen; die Mahnleiter wartet bis {day}.",
    ),
    "promise-unjudged": (
        "A promise to pay ran out on {day} and has not been judged yet; the next export decides.",
        "Eine Zahlungszusage ist am {day} abgelaufen und noch nicht beurteilt; der nächste Export entscheidet.",
    ),
    "appointment": (
        "Another contact is already arranged for {at}; the ladder waits for it.",
        "Ein anderer Kontakt ist für {at} vereinbart; die Mahnleiter wartet darauf.",
    ),
    "disputed": ("{item} is disputed and nothing else is due.", "{item} ist bestritten, sonst ist nichts fällig."),
    "direct-debit": (
        "{item} is collected by direct debit and nothing else is due.",
        "{item} wird per Lastschrift eingezogen, sonst ist nichts fällig.",
    ),
    "blocked": ("{item} has a dunning block until {day}.", "{item} hat eine Mahnsperre bis {day}."),
    "blocked-for-good": ("{item} has a dunning block without an end.", "{item} hat eine unbefristete Mahnsperre."),
    "deadline": ("Accounting has given {item} time until {day}.", "Die Buchhaltung hat für {item} eine Frist bis {day} gesetzt."),
    "handed-over": ("{item} has been handed over and nothing else is due.", "{item} ist abgegeben, sonst ist nichts fällig."),
    "finished": ("Every step of the ladder has been carried out.", "Alle Stufen der Mahnleiter sind durchlaufen."),
    "not-yet": (
        "The next step, {number} ({name}), comes on {day}: {item} is due on {due}.",
        "Die nächste Stufe, {number} ({name}), kommt am {day}: {item} ist am {due} fällig.",
    ),
    "gap": (
        "The next step, {number} ({name}), comes on {day}: the last contact was on {last}.",
        "Die nächste Stufe, {number} ({name}), kommt am {day}: der letzte Kontakt war am {last}.",
    ),
    "below-minimum": (
        "{amounts} is below the {minimum} that step {number} ({name}) asks for.",
        "{amounts} liegen unter den {minimum}, die Stufe {number} ({name}) verlangt.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The ladder wants this contact today."""

    key: DebtorKey
    ladder: str
    level: Level
    items: tuple[str, ...]  # by due date, the driving one need not be the first
    open_amount: Mapping[str, Decimal]  # net per currency
    driver: str
    driver_due_on: date
    oldest_due_on: date
    since: date  # the day it came
    expires_on: date | None  # the first day on which its moment is over

    @property
    def medium(self) -> str:
        return self.level.medium

    def why(self, language: Language, zone: str = "UTC") -> str:
        return phrase(
            TEXTS,
            "wanted-early" if self.level.is_courtesy else "wanted",
            language,
            zone,
            number=self.level.number,
            name=self.level.title(language),
            item=self.driver,
            due=self.driver_due_on,
            amounts=moneys(self.open_amount),
            count=len(self.items),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWanted:
    """No contact today. Before `until` the answer stays the same as long as nothing happens; None: time alone changes nothing."""

    rule: str
    until: date | None
    values: Mapping[str, object]
    level: Level | None = None  # the step that is waited for

    def why(self, language: Language, zone: str = "UTC") -> str:
        step = {} if self.level is None else {"number": self.level.number, "name": self.level.title(language)}
        return phrase(TEXTS, self.rule, language, zone, **self.values, **step)


def moneys(amounts: Mapping[str, Decimal]) -> tuple[Money, ...]:
    return tuple(Money(amount, currency) for currency, amount in sorted(amounts.items()))
