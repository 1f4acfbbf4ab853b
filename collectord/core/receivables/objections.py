"""Objection cards: what a debtor says instead of paying, what the agent answers, and what follows.

Owns the shape and the reading of `rules/objections.toml`. Knows no call and no store; follow_up carries the consequences out.
Invariant: a card asks for nothing that its disposition cannot carry; what is wrong with the file is a Problem that names its key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from collectord.core.receivables.legal_states import NO_LEGAL_STATES, LegalStates
from collectord.core.rule_text import Table
from collectord.core.telephony.attempts import Disposition
from collectord.core.wording import Language, Texts, phrase

DISPOSITIONS = (
    Disposition.OBJECTION, Disposition.PAID_ALREADY, Disposition.DISPUTE, Disposition.REFUSES, Disposition.THIRD_PARTY,
)  # fmt: skip
HOLDING = (Disposition.OBJECTION, Disposition.REFUSES)  # the other ones have their own way to wait
INSTALMENTS = "instalments"

TEXTS: Texts = {
    "hold": ("nothing for {count} banking days", "{count} Bankarbeitstage Ruhe"),
    "until": ("nothing until the day that the debtor names", "Ruhe bis zu dem Tag, den der Debitor nennt"),
    "dispute": ("the invoice is disputed and leaves the ladder", "die Rechnung ist bestritten und verlässt die Leiter"),
    "owner": ("{owner} settles it", "zuständig: {owner}"),
    "paid_already": ("accounting looks for the payment", "die Buchhaltung sucht die Zahlung"),
    "third_party": ("called again, for the right person", "neuer Anruf, bei der richtigen Person"),
    "legal": ("every contact stops ({state})", "jeder Kontakt endet ({state})"),
    "offer": ("instalments may be agreed", "Raten sind möglich"),
    "next": ("the next step comes in its own time", "die nächste Stufe kommt zu ihrer Zeit"),
    "accounting": ("accounting: {asked}", "Buchhaltung: {asked}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    code: str
    title: Mapping[Language, str]
    say: Mapping[Language, str]  # what the agent answers
    disposition: Disposition = Disposition.OBJECTION
    hold_banking_days: int = 0  # 0: the ladder does not wait
    ask_until: bool = False  # the debtor names a day, and the ladder waits until then
    longest: int = 30  # calendar days that the day may lie ahead
    accounting: Mapping[Language, str] | None = None  # what accounting is asked to do
    owner: Mapping[Language, str] | None = None  # who settles the dispute
    legal_state: str = ""
    offer: str = ""

    @property
    def offers_instalments(self) -> bool:
        return self.offer == INSTALMENTS

    def follows(self, language: Language, states: LegalStates = NO_LEGAL_STATES) -> str:
        """What comes of it, for the card; `states` name the legal state in the reader's language."""
        said: list[tuple[str, dict[str, object]]] = []
        if self.ask_until:
            said.append(("until", {}))
        elif self.hold_banking_days:
            said.append(("hold", {"count": self.hold_banking_days}))
        if self.disposition in (Disposition.DISPUTE, Disposition.PAID_ALREADY, Disposition.THIRD_PARTY):
            said.append((self.disposition.value, {}))
        if self.owner is not None:
            said.append(("owner", {"owner": self.owner[language]}))
        if self.legal_state:
            named = states.named(self.legal_state)
            said.append(("legal", {"state": named.title[language] if named else self.legal_state}))
        if self.offer:
            said.append(("offer", {}))
        if self.accounting is not None:
            said.append(("accounting", {"asked": self.accounting[language]}))
        return "; ".join(phrase(TEXTS, code, language, **values) for code, values in said or [("next", {})])

    def document(self, language: Language, states: LegalStates = NO_LEGAL_STATES) -> dict[str, Any]:
        """`objections --json`."""
        return {
            "code": self.code,
            "title": self.title[language],
            "say": self.say[language],
            "disposition": self.disposition.value,
            "asks_until": self.ask_until,
            "follows": self.follows(language, states),
        }


def parse_objections(table: Table) -> dict[str, Card]:
    """The whole of `objections.toml`: code -> card, in the order of the file."""
    cards = {}
    for code, inner in table.named("objection"):
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", code, re.ASCII):
            inner.complain("", f"{code!r} cannot be typed well; use small letters, digits and hyphens")
        cards[code] = _card(code, inner)
        inner.done()
    table.done()
    return cards


def _card(code: str, table: Table) -> Card:
    words = tuple(disposition.value for disposition in DISPOSITIONS)
    word = table.text("disposition", Disposition.OBJECTION.value, one_of=words)
    card = Card(
        code=code,
        title=_both(table, "title"),
        say=_both(table, "say"),
        disposition=Disposition(word) if word in words else Disposition.OBJECTION,
        hold_banking_days=table.whole("hold_banking_days", 0, at_least=0, at_most=60),
        ask_until=table.flag("ask_until", False),
        longest=table.days("longest", timedelta(days=30)),
        accounting=_both(table, "accounting") if "accounting" in table.data else None,
        owner=_both(table, "owner") if "owner" in table.data else None,
        legal_state=table.text("legal_state", ""),
        offer=table.text("offer", "", one_of=("", INSTALMENTS)),
    )
    table.seen |= {"title_de", "say_de", "accounting_de", "owner_de"}
    if (card.hold_banking_days or card.ask_until) and card.disposition not in HOLDING:
        key = "ask_until" if card.ask_until else "hold_banking_days"
        table.complain(key, f"{key} belongs to disposition objection or refuses; {card.disposition.value} has its own way to wait")
    if card.ask_until and card.hold_banking_days:
        table.complain("hold_banking_days", "with ask_until the debtor's day counts; leave hold_banking_days out")
    if not 1 <= card.longest <= 365:
        table.complain("longest", "longest must lie between 1d and 365d")
    if card.owner is not None and card.disposition is not Disposition.DISPUTE:
        table.complain("owner", 'owner belongs to disposition = "dispute": somebody has to settle it')
    if card.legal_state and card.disposition is not Disposition.OBJECTION:
        table.complain("legal_state", 'legal_state belongs to disposition = "objection": it stops every contact by itself')
    return card


def _both(table: Table, key: str) -> Mapping[Language, str]:
    """English, and German where it says something else."""
    english = table.text(key)
    return {"en": english, "de": table.text(f"{key}_de", english)}
