"""Source profiles: what a file of one accounting product looks like, as `rules/sources/NAME.toml` says it.

Owns the profile's values, their reading from TOML, and which profile a file belongs to. Reads no file and no row.
Invariant: a profile names everything that reading needs; where two profiles fit a file, none is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Kind = Literal["open_items", "payments", "master_data"]
Format = Literal["text", "sheet", "einvoice", "camt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """When a file counts as whole. Without anything declared: it has been quiet for intake.quiet_for."""

    marker: bool = False  # only with NAME.done beside it
    checksum: str = ""  # "sha256": only with NAME.sha256 beside it that fits
    trailer: str = ""  # a last line that begins with this text and holds the number of rows; "" = none


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """When a snapshot is suspiciously small or large; None: the configuration's [intake] values."""

    shrink_items: Decimal | None = None
    shrink_amount: Decimal | None = None
    shrink_from: int | None = None
    smallest: int = 0  # bytes; a smaller file is held
    largest: int = 0  # bytes; a larger one is held; 0 = no limit but the daemon's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One source. The source's name is the profile's name, or the inbox sub-folder's when that has a file of its own."""

    name: str
    title: Mapping[str, str] = field(default_factory=dict)  # language -> words for people
    kind: Kind = "open_items"
    format: Format = "text"
    mode: Literal["snapshot", "delta", ""] = ""  # "": .delta. in the name, else snapshot
    names: tuple[str, ...] = ()  # file name patterns like "FBL5N*.txt", case ignored
    begins: str = ""  # how the file's first line must begin, to tell products apart that use one name
    delimiter: str = ""  # text: ";" "," "\t" "|"; "" = whichever of ; , tab the header uses most
    quotes: bool = True  # text: fields may be quoted as RFC 4180 says; False: a quote is a character like any other
    sheet: str = ""  # sheet: the worksheet's name; "" = the first
    encodings: tuple[str, ...] = ("utf-8", "utf-8-sig")  # a byte-order mark decides between them; at most one without
    complete: Completeness = field(default_factory=Completeness)
    guards: Guards = field(default_factory=Guards)

    @property
    def is_canonical(self) -> bool:
        """Read by the fast path: columns by their canonical names, canonical forms."""
        return self.name == CANONICAL_NAME


CANONICAL_NAME = "canonical"
CANONICAL = Profile(name=CANONICAL_NAME)
