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
from typing import Any, NamedTuple

from collectord.core.exports.columns import DEBTOR_COLUMNS
from collectord.core.exports.open_items import DebtorFields
from collectord.core.exports.source_profiles import Guards
from collectord.core.house import House
from collectord.core.money import Money, plain
from collectord.core.wording import Language, Texts, phrase

ZERO = Decimal(0)
NO_GUARDS = Guards()
EXPLAINED_AT_MOST = Decimal("0.9")  # of the open items may go at once, whatever explains it: a file that lost nearly all is asked about
SIZES_TO_KNOW = 3  # earlier files before a size is usual …
SIZE_FROM = 65_536  # bytes: … and below this none is odd
SIZE_TIMES = 4  # … and so many times smaller or larger is odd

TEXTS: Texts = {
    "items_vanish": (
        "{gone} of {before} open items would vanish at once; check that the export is complete, then accept or reject it",
        "{gone} von {before} offenen Posten würden auf einmal verschwinden; Export auf Vollständigkeit prüfen, dann annehmen oder ablehnen",
    ),
    "amount_vanishes": (
        "{gone} of {before} open would vanish at once; check that the export is complete, then accept or reject it",
        "{gone} von {before} offenem Betrag würden auf einmal verschwinden; Export auf Vollständigkeit prüfen, dann annehmen oder ablehnen",
    ),
    "too_small": (
        "only {size} bytes; this source's profile expects at least {limit}; check that the export is complete",
        "Nur {size} Bytes; das Profil der Quelle erwartet mindestens {limit}; Export auf Vollständigkeit prüfen",
    ),
    "too_large": (
        "{size} bytes; this source's profile expects at most {limit}; check what was exported",
        "{size} Bytes; das Profil der Quelle erwartet höchstens {limit}; prüfen, was exportiert wurde",
    ),
    "unlike": (
        "{size} bytes, while this source's files usually have about {usual}; check what was exported, then accept or reject it",
        "{size} Bytes, die Dateien dieser Quelle haben sonst etwa {usual}; prüfen, was exportiert wurde, dann annehmen oder ablehnen",
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


SITUATIONS = 32


class Situation(NamedTuple):
    """What has to be known about a row and its item in the ledger for a verdict."""

    known: bool  # the ledger has the item
    is_open: bool
    nothing_open: bool  # the row says 0
    same: bool  # the row says what the ledger says
    certain: bool  # the same source said so, and without a doubt

    @classmethod
    def of(cls, code: int) -> Situation:
        """The five as bits, the first the lowest."""
        return cls(*(bool(code >> bit & 1) for bit in range(5)))


def verdict_of(situation: Situation, *, only_new: bool = False) -> Verdict:
    """`only_new`: the source only opens items that the ledger never saw."""
    if only_new and situation.known:
        return Verdict.UNCHANGED
    if not situation.is_open:
        if situation.nothing_open:
            return Verdict.NOTHING
        return Verdict.REOPENED if situation.known else Verdict.OPENED
    if situation.nothing_open:
        return Verdict.ZEROED
    if not situation.same:
        return Verdict.CHANGED
    return Verdict.UNCHANGED if situation.certain else Verdict.CONFIRMED


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
    """What was open in the batch's scope, and how much of it would go, per currency (claims only, no credits).

    Explained: open items that may go all at once without a doubt about the file: direct debits that are due (payment_method
    direct_debit, due_on up to the batch's as-of) and items that a bank statement's payment is matched to. `explained_gone` counts those
    of them with verdict missing, doubtful or zeroed.
    """

    items: int = 0
    amount: Mapping[str, Decimal] = field(default_factory=dict)
    gone: Mapping[str, Decimal] = field(default_factory=dict)
    explained: int = 0
    explained_gone: int = 0
    explained_amount: Mapping[str, Decimal] = field(default_factory=dict)
    explained_gone_amount: Mapping[str, Decimal] = field(default_factory=dict)


def shrinks(counts: Counts, before: Before, house: House, language: Language, guards: Guards = NO_GUARDS) -> str | None:
    """The sentence why a snapshot is suspiciously small; None when it is not. `guards` are the source's own.

    What a collection or a known payment run explains is left out on both sides, so that the rest is judged as on any other day; where too
    little is left to judge, and always as a bound, nine tenths must not go at once.
    """
    smallest = house.shrink_from if guards.shrink_from is None else guards.shrink_from
    if before.items < smallest:
        return None
    share = house.shrink_items if guards.shrink_items is None else guards.shrink_items
    gone, items = counts.vanished - before.explained_gone, before.items - before.explained
    if (items >= smallest and gone > share * items) or counts.vanished > max(share, EXPLAINED_AT_MOST) * before.items:
        return phrase(TEXTS, "items_vanish", language, gone=counts.vanished, before=before.items)
    if items < smallest:
        return None
    share = house.shrink_amount if guards.shrink_amount is None else guards.shrink_amount
    for currency, vanished in sorted(before.gone.items()):
        total = before.amount.get(currency, ZERO)
        unexplained = vanished - before.explained_gone_amount.get(currency, ZERO)
        if unexplained > share * (total - before.explained_amount.get(currency, ZERO)):
            return phrase(TEXTS, "amount_vanishes", language, gone=Money(vanished, currency), before=Money(total, currency))
    return None


def odd_size(size: int, earlier: Sequence[int], mode: str, language: Language, guards: Guards = NO_GUARDS) -> str | None:
    """The sentence why a file is suspiciously small or large; None when it is not. `earlier`: bytes of its last snapshots.

    Only snapshots resemble each other; below SIZE_FROM a few debtors more or less are a large share.
    """
    if size < guards.smallest:
        return phrase(TEXTS, "too_small", language, size=size, limit=guards.smallest)
    if guards.largest and size > guards.largest:
        return phrase(TEXTS, "too_large", language, size=size, limit=guards.largest)
    if mode != "snapshot" or len(earlier) < SIZES_TO_KNOW:
        return None
    usual = sorted(earlier)[len(earlier) // 2]
    if max(usual, size) >= SIZE_FROM and (size * SIZE_TIMES < usual or size > usual * SIZE_TIMES):
        return phrase(TEXTS, "unlike", language, size=size, usual=usual)
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
    limit = debtor.credit_limit
    values: Sequence[Any] = debtor if limit is None else debtor._replace(credit_limit=plain(limit))  # type: ignore[arg-type]  # its text
    return blake2b("\x1f".join([value or "" for value in values]).encode(), digest_size=16).hexdigest()
