"""Asked blocks: the dunning blocks that accounting was asked to set after a talk, and whether its exports show them.

Owns the judgement of one asked block. Knows no outbox and no store: what was asked and what the exports show come in.
Invariant: nothing is called unconfirmed before a later export could have shown it, nor when exports cannot show blocks at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from collectord.core.receivables.ledger import DebtorKey, OpenItem
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "unconfirmed": (
        "Accounting was asked on {asked} for a dunning block until {until} on {item}; the export of {shown} does not show it.",
        "Die Buchhaltung wurde am {asked} um eine Mahnsperre bis {until} für {item} gebeten; der Export vom {shown} zeigt sie nicht.",
    ),
    "unknowable": (
        "Whether accounting set the dunning block until {until} on {item} (asked on {asked}) cannot be confirmed by this export: "
        "it has no column for it.",
        "Ob die Buchhaltung die Mahnsperre bis {until} für {item} gesetzt hat (erbeten am {asked}), lässt sich mit diesem Export nicht "
        "bestätigen: er hat keine Spalte dafür.",
    ),
}


class Echo(StrEnum):
    """What the exports say about an asked block."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"  # no later export yet
    UNCONFIRMED = "unconfirmed"
    UNKNOWABLE = "unknowable"  # no export of this source has a column for blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One outcome's line for accounting, as far as blocks matter."""

    key: DebtorKey
    item_no: str
    told_on: date
    attempt_id: str
    block_until: date | None  # None: no block was asked for
    written: bool  # into the outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBlock:
    key: DebtorKey
    item_no: str
    asked_on: date
    until: date  # last day

    def sentence(self, echo: Echo, shown: date | None, language: Language) -> str:
        return phrase(TEXTS, echo.value, language, asked=self.asked_on, until=self.until, item=self.item_no, shown=shown or "?")


def still_asked(lines: Iterable[Told], today: date) -> tuple[AskedBlock, ...]:
    """What accounting should be showing today. `lines` oldest first; a corrected outcome of the same talk takes the earlier one back."""
    last: dict[tuple[DebtorKey, str], Told] = {}
    for line in lines:
        place = line.key, line.item_no
        if line.block_until is not None and line.written:
            last[place] = line
        elif place in last and last[place].attempt_id == line.attempt_id:
            del last[place]
    return tuple(
        AskedBlock(key=line.key, item_no=line.item_no, asked_on=line.told_on, until=line.block_until)
        for line in last.values()
        if line.block_until is not None and line.block_until >= today
    )


def echo(asked: AskedBlock, item: OpenItem, shown_on: date | None, can_show: bool, today: date) -> Echo:
    """`shown_on`: the as-of day of the last export that covers the item; `can_show`: it has a column for blocks or disputes.

    Any block that holds today will do: accounting may end it on another day.
    """
    if item.is_blocked(today) or item.dispute:
        return Echo.CONFIRMED
    if shown_on is None or shown_on <= asked.asked_on:
        return Echo.WAITING
    return Echo.UNCONFIRMED if can_show else Echo.UNKNOWABLE
