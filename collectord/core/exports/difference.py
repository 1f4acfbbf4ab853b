"""The difference: what a batch would do to the ledger, said so that a person decides about a held one in a minute.

Owns its shape, its sentences and its JSON form. Knows no store: counts, sums and the largest movers come in.
Invariant: amounts of different currencies are never added; at most TOP lines of a kind, whatever the size of the export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from collectord.core.money import Money, plain, plain_map
from collectord.core.wording import Language, Texts, phrase, safe

TOP = 10

TEXTS: Texts = {
    "totals": (
        "open now: {before_items} {before_items:item|items}, {before}; with this file: {after_items} {after_items:item|items}, {after}",
        "offen jetzt: {before_items} Posten, {before}; mit dieser Datei: {after_items} Posten, {after}",
    ),
    "gone": (
        "{items} {items:item|items} of {debtors} {debtors:debtor|debtors} would vanish: {amount}",
        "{items} Posten von {debtors} {debtors:Debitor|Debitoren} {items:würde|würden} verschwinden: {amount}",
    ),
    "none_gone": ("no item would vanish", "Kein Posten würde verschwinden"),
    "explained": (
        "of these, direct debits that are due or items with a payment seen: {items}, {amount}",
        "davon fällige Lastschriften oder Posten mit gesehener Zahlung: {items}, {amount}",
    ),
    "all_of_company": (
        "every item of company {company} would vanish ({items}): does the export leave this company out?",
        "Alle Posten des Buchungskreises {company} würden verschwinden ({items}): fehlt dieser Buchungskreis im Export?",
    ),
    "whole_debtors": (
        "{debtors} {debtors:debtor|debtors} would owe nothing any more",
        "{debtors} {debtors:Debitor würde|Debitoren würden} nichts mehr schulden",
    ),
    "new": (
        "{items} {items:item|items} would be new: {amount}",
        "{items} Posten {items:käme|kämen} neu hinzu: {amount}",
    ),
    "accepted": (
        "Batch {batch} is accepted: {opened} {opened:item|items} opened, {changed} changed, {cleared} cleared; its debtors may be"
        " called again.",
        "Stapel {batch} ist angenommen: {opened} Posten neu, {changed} geändert, {cleared} ausgeglichen; seine Debitoren dürfen wieder"
        " angerufen werden.",
    ),
    "rejected": (
        "Batch {batch} is discarded: the ledger stays as it was, the file lies in rejected/{stored_as}.",
        "Stapel {batch} ist verworfen: die Posten bleiben, wie sie waren, die Datei liegt in rejected/{stored_as}.",
    ),
    "changed": (
        "{items} {items:item|items} would change, in sum by {amount}",
        "{items} Posten {items:würde|würden} sich ändern, zusammen um {amount}",
    ),
}  # fmt: skip


class Mover(NamedTuple):
    """A debtor (item_no "", `items` counts) or one item, and what is open of it before and after."""

    company: str
    debtor_no: str
    debtor_name: str
    item_no: str
    items: int
    was: Decimal
    now: Decimal
    currency: str


class CompanyMove(NamedTuple):
    """Open items of one company in the batch's scope, before and after."""

    company: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Against the ledger at the moment of reading, in the batch's scope; `changed` leaves out what only its text changed."""

    before_items: int = 0
    after_items: int = 0
    before: Mapping[str, Decimal] = field(default_factory=dict)  # open, credits netted, per currency
    after: Mapping[str, Decimal] = field(default_factory=dict)
    gone_items: int = 0  # verdicts missing, doubtful, zeroed
    gone_debtors: int = 0
    gone: Mapping[str, Decimal] = field(default_factory=dict)
    explained_items: int = 0  # change_set.Before.explained_gone
    explained: Mapping[str, Decimal] = field(default_factory=dict)
    whole_debtors: int = 0  # had open items in scope and would have none
    new_items: int = 0  # opened, reopened
    new: Mapping[str, Decimal] = field(default_factory=dict)
    changed_items: int = 0  # whose open amount changes
    changed_by: Mapping[str, Decimal] = field(default_factory=dict)  # now - was, signed
    companies: Sequence[CompanyMove] = ()
    largest_debtors: Sequence[Mover] = ()  # those who would owe so much less, largest fall first
    largest_gone: Sequence[Mover] = ()
    largest_new: Sequence[Mover] = ()
    largest_changed: Sequence[Mover] = ()

    def sentences(self, language: Language) -> list[str]:
        """What happened, the most telling first."""

        def say(code: str, **values: object) -> str:
            return phrase(TEXTS, code, language, **values)

        lines = [
            say(
                "totals", before_items=self.before_items, before=_sums(self.before), after_items=self.after_items, after=_sums(self.after)
            )
        ]  # fmt: skip
        if self.gone_items:
            lines.append(say("gone", items=self.gone_items, debtors=self.gone_debtors, amount=_sums(self.gone)))
        else:
            lines.append(say("none_gone"))
        if self.explained_items:
            lines.append(say("explained", items=self.explained_items, amount=_sums(self.explained)))
        if len(self.companies) > 1:
            emptied = [move for move in self.companies if move.before and not move.after]
            lines += [say("all_of_company", company=repr(move.company), items=move.before) for move in emptied[:TOP]]
        if self.whole_debtors:
            lines.append(say("whole_debtors", debtors=self.whole_debtors))
        if self.new_items:
            lines.append(say("new", items=self.new_items, amount=_sums(self.new)))
        if self.changed_items:
            lines.append(say("changed", items=self.changed_items, amount=_sums(self.changed_by)))
        return lines

    def as_json(self, language: Language) -> dict[str, Any]:
        """The key `difference` of a receipt."""
        return {
            "sentences": self.sentences(language),
            "before": {"items": self.before_items, "open_amount": plain_map(self.before)},
            "after": {"items": self.after_items, "open_amount": plain_map(self.after)},
            "vanished": {
                "items": self.gone_items, "debtors": self.gone_debtors, "whole_debtors": self.whole_debtors, "amount": plain_map(self.gone),
                "explained_items": self.explained_items, "explained": plain_map(self.explained),
            },
            "new": {"items": self.new_items, "amount": plain_map(self.new)},
            "changed": {"items": self.changed_items, "by": plain_map(self.changed_by)},
            "companies": [{"company": safe(one.company, 60), "before": one.before, "after": one.after} for one in self.companies[:100]],
            "largest_debtors": [_mover(one) for one in self.largest_debtors[:TOP]],
            "largest_vanished": [_mover(one) for one in self.largest_gone[:TOP]],
            "largest_new": [_mover(one) for one in self.largest_new[:TOP]],
            "largest_changed": [_mover(one) for one in self.largest_changed[:TOP]],
        }  # fmt: skip


def decided(receipt: Mapping[str, Any], language: Language) -> str:
    """What a person's accept or reject of a held batch did. `receipt` as it lies in receipts/."""
    values = {name: receipt[name] for name in ("batch", "stored_as", "opened", "changed", "cleared")}
    return phrase(TEXTS, receipt["status"], language, **{**values, "opened": receipt["opened"] + receipt["reopened"]})


def _sums(amounts: Mapping[str, Decimal]) -> list[Money] | str:
    return [Money(amount, currency) for currency, amount in sorted(amounts.items())] or "0.00"


def _mover(one: Mover) -> dict[str, Any]:
    known = {"company": safe(one.company, 60), "debtor_no": safe(one.debtor_no, 60), "debtor_name": safe(one.debtor_name, 80)}
    what = {"item_no": safe(one.item_no, 80)} if one.item_no else {"items": one.items}
    return {**known, **what, "was": plain(one.was), "now": plain(one.now), "currency": one.currency}
