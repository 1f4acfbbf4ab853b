"""Readings: what the reader of exports is asked, and what it answers.

Owns these two shapes and the answer's JSON form. Reads nothing.
Invariant: an answer is data and nothing else: whoever reads hostile files is not trusted with more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from collectord.core.exports.arrival import Arrival
from collectord.core.exports.change_set import Before, Counts
from collectord.core.exports.source_profiles import Profile
from collectord.core.wording import Language

Signature = tuple[int, int, int]  # inode, size, mtime in ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One file to be read. Paths are texts: the reader may run elsewhere."""

    arrived: Arrival
    profile: Profile
    file: str
    scratch: str
    ledger: str
    lines: str = ""  # line hashes of the source's latest snapshot; the reader writes those of this file beside them, with the batch's name
    stretch: tuple[int, int] | None = None  # only these bytes into the scratch: a half of a large file, beginning behind a line end
    half: str = ""  # the scratch of the other half: what follows the filling, for both
    language: Language
    country: str  # of numbers without a country code whose debtor has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a file came to. Its rows lie in the scratch database."""

    signature: Signature = (0, 0, 0)  # of what was read
    refused: str = ""  # the whole file, for this reason
    counts: Counts = field(default_factory=Counts)
    parsed: int = 0  # records that had to be looked into; the others stand as in the snapshot before
    before: Before = field(default_factory=Before)
    scope: tuple[str, ...] = ()  # companies that a snapshot is complete for, or '*'
    companies: tuple[str, ...] = ()  # the same, all by name: those of the covered sources' items
    as_of: date | None = None  # what the file itself says
    booked_until: date | None = None
    columns: tuple[str, ...] = ()  # canonical columns the file has
    warnings: tuple[str, ...] = ()
    quality: Mapping[str, int] = field(default_factory=dict)  # holes in what it changes, by their codes in data_quality
    unmet: tuple[str, ...] = ()  # why a snapshot was filtered wrongly

    def as_json(self) -> dict[str, Any]:
        return {
            "signature": list(self.signature),
            "refused": self.refused,
            "verdicts": dict(self.counts.verdicts),
            "rejected": self.counts.rejected,
            "parsed": self.parsed,
            "open_amount": _texts(self.counts.open_amount),
            "before": {
                "items": self.before.items,
                "amount": _texts(self.before.amount),
                "gone": _texts(self.before.gone),
                "explained": self.before.explained,
                "explained_gone": self.before.explained_gone,
                "explained_amount": _texts(self.before.explained_amount),
                "explained_gone_amount": _texts(self.before.explained_gone_amount),
            },
            "scope": list(self.scope),
            "companies": list(self.companies),
            "as_of": self.as_of and self.as_of.isoformat(),
            "booked_until": self.booked_until and self.booked_until.isoformat(),
            "columns": list(self.columns),
            "warnings": list(self.warnings),
            "quality": dict(self.quality),
            "unmet": list(self.unmet),
        }  # fmt: skip

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Summary:
        before = said["before"]
        inode, size, mtime = map(int, said["signature"])
        return cls(
            signature=(inode, size, mtime),
            refused=str(said["refused"]),
            counts=Counts(
                {str(verdict): int(n) for verdict, n in said["verdicts"].items()}, int(said["rejected"]), _sums(said["open_amount"])
            ),
            parsed=int(said["parsed"]),
            before=Before(
                items=int(before["items"]), amount=_sums(before["amount"]), gone=_sums(before["gone"]), explained=int(before["explained"]),
                explained_gone=int(before["explained_gone"]), explained_amount=_sums(before["explained_amount"]),
                explained_gone_amount=_sums(before["explained_gone_amount"]),
            ),
            scope=tuple(map(str, said["scope"])),
            companies=tuple(map(str, said["companies"])),
            as_of=_day(said["as_of"]),
            booked_until=_day(said["booked_until"]),
            columns=tuple(map(str, said["columns"])),
            warnings=tuple(map(str, said["warnings"])),
            quality={str(hole): int(n) for hole, n in said["quality"].items()},
            unmet=tuple(map(str, said["unmet"])),
        )  # fmt: skip


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: str(amount) for currency, amount in amounts.items()}


def _sums(texts: Mapping[str, str]) -> dict[str, Decimal]:
    return {str(currency): Decimal(amount) for currency, amount in texts.items()}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
