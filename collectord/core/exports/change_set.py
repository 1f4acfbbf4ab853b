"""The change set: what a batch would do to the ledger, row by row and as a whole.

Owns the comparison of a row with what is known, the merging of a debtor's rows, and the shrink guard. Knows no file and no store.
Invariant: the same row against the same ledger has the same verdict, whatever stands around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from collectord.core.exports.columns import DEBTOR_COLUMNS
from collectord.core.exports.open_items import DebtorFields, GoodRow
from collectord.core.house import House
from collectord.core.money import Money, plain
from collectord.core.wording import Language, Texts, phrase

ZERO = Decimal(0)

TEXTS: Texts = {
    "items_vanish": (
        "{gone} of {before} open items would vanish at once; check that the export is complete, then accept or reject it",
        "{gone} von {before} offenen Posten würden auf einmal verschwinden; Export auf Vollständigkeit prüfen, dann annehmen oder ablehnen",
    ),
    "amount_vanishes": (
        "{gone} of {before} open would vanish at once; check that the export is complete, then accept or reject it",
        "{gone} von {before} offenem Betrag würden auf einmal verschwinden; Export auf Vollständigkeit prüfen, dann annehmen oder ablehnen",
    ),
}


class Verdict(StrEnum):
    OPENED = "opened"
    REOPENED = "reopened"
    CHANGED = "changed"
    ZEROED = "zeroed"  # changed to 0: cleared by the row itself
    UNCHANGED = "unchanged"
    CONFIRMED = "confirmed"  # unchanged, but another source reported it last, or its clearing was in doubt
    NOTHING = "nothing"  # 0 open and not open here either
    TWIN = "twin"  # the same line once more
    TWISTED = "twisted"  # the same item with different content: rejected
    MISSING = "missing"  # open here, absent from a snapshot: cleared
    DOUBTFUL = "doubtful"  # would be missing, but a row of the batch could not be read


class Known(NamedTuple):
    """What the ledger knows about an item."""

    digest: str
    is_open: bool
    open_amount: Decimal
    source: str
    doubtful: bool


def classify(row: GoodRow, known: Known | None, source: str) -> Verdict:
    amount = row.item.open_amount
    if known is None or not known.is_open:
        if amount == 0:
            return Verdict.NOTHING
        return Verdict.OPENED if known is None else Verdict.REOPENED
    if amount == 0:
        return Verdict.ZEROED
    if known.digest != row.digest:
        return Verdict.CHANGED
    return Verdict.CONFIRMED if known.doubtful or known.source != source else Verdict.UNCHANGED


def fall(was: Decimal, now: Decimal) -> Decimal:
    """So much less is owed. A new credit is a fall, and using it up takes that back, because the item it pays for falls as well."""
    owed = max(ZERO, max(was, ZERO) - max(now, ZERO))
    return owed + min(was, ZERO) - min(now, ZERO)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows have which verdict, and what the file says is open."""

    verdicts: Mapping[str, int] = field(default_factory=dict)
    rejected: int = 0
    open_amount: Mapping[str, Decimal] = field(default_factory=dict)

    def _of(self, *verdicts: Verdict) -> int:
        return sum(self.verdicts.get(verdict, 0) for verdict in verdicts)

    @property
    def opened(self) -> int:
        return self._of(Verdict.OPENED)

    @property
    def reopened(self) -> int:
        return self._of(Verdict.REOPENED)

    @property
    def changed(self) -> int:
        return self._of(Verdict.CHANGED, Verdict.ZEROED)

    @property
    def unchanged(self) -> int:
        return self._of(Verdict.UNCHANGED, Verdict.CONFIRMED, Verdict.NOTHING, Verdict.TWIN)

    @property
    def cleared(self) -> int:
        return self._of(Verdict.MISSING, Verdict.ZEROED)

    @property
    def vanished(self) -> int:
        return self._of(Verdict.MISSING, Verdict.DOUBTFUL, Verdict.ZEROED)

    @property
    def accepted(self) -> int:
        return self.opened + self.reopened + self.changed + self.unchanged

    @property
    def rows(self) -> int:
        return self.accepted + self.rejected


@dataclass(frozen=True, slots=True)
class Before:
    """What was open in the batch's scope, and how much of it would go, per currency (claims only, no credits)."""

    items: int = 0
    amount: Mapping[str, Decimal] = field(default_factory=dict)
    gone: Mapping[str, Decimal] = field(default_factory=dict)


def shrinks(counts: Counts, before: Before, house: House, language: Language) -> str | None:
    """The sentence why a snapshot is suspiciously small; None when it is not."""
    if before.items < house.shrink_from:
        return None
    if counts.vanished > house.shrink_items * before.items:
        return phrase(TEXTS, "items_vanish", language, gone=counts.vanished, before=before.items)
    for currency, gone in sorted(before.gone.items()):
        total = before.amount.get(currency, ZERO)
        if gone > house.shrink_amount * total:
            return phrase(TEXTS, "amount_vanishes", language, gone=Money(gone, currency), before=Money(total, currency))
    return None


def merge_debtor(sayings: Sequence[DebtorFields], known: DebtorFields | None, present: frozenset[str]) -> DebtorFields:
    """One debtor out of its rows: the first row that says something wins; columns the file does not have stay as they were."""
    merged: list[object] = []
    for position, column in enumerate(DEBTOR_COLUMNS):
        said = [saying[position] for saying in sayings if saying[position] not in ("", None)]
        if column in present:
            merged.append(said[0] if said else sayings[0][position])
        else:
            merged.append(known[position] if known else sayings[0][position])
    return DebtorFields(*merged)  # type: ignore[arg-type]  # the columns keep their types, position by position


def debtor_digest(debtor: DebtorFields) -> str:
    texts = [plain(value) if isinstance(value, Decimal) else value or "" for value in debtor]
    return blake2b("\x1f".join(texts).encode(), digest_size=16).hexdigest()
