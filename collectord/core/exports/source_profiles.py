"""Source profiles: what a file of one accounting product looks like, as `rules/sources/NAME.toml` says it.

Owns the profile's values and which profile a file belongs to; profile_text.py reads them from TOML. Reads no file and no row.
Invariant: a profile names everything that reading needs; where two profiles fit a file, none is chosen.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any, Literal

from collectord.core.exports.columns import COLUMNS, MASTER_COLUMNS, PAYMENT_COLUMNS, REQUIRED
from collectord.core.exports.forms import DateForms, NumberForm
from collectord.core.wording import Language, Texts, phrase

Kind = Literal["open_items", "payments", "master_data"]
Format = Literal["text", "sheet", "einvoice", "camt"]

COLUMNS_OF: Mapping[str, tuple[str, ...]] = {"open_items": COLUMNS, "payments": PAYMENT_COLUMNS, "master_data": MASTER_COLUMNS}
NEEDED_OF: Mapping[str, tuple[str, ...]] = {"open_items": REQUIRED, "payments": ("booked_on", "amount"), "master_data": ("debtor_no",)}
MONEY_COLUMNS = frozenset({"open_amount", "amount", "credit_limit"})
DAY_COLUMNS = frozenset(
    {"due_on", "invoiced_on", "discount_until", "last_dunned_on", "dunning_deadline", "dunning_block", "booked_on", "value_on"}
)
ANY_COLUMN = "*"  # in a condition: the first cell of the row that is not empty

TEXTS: Texts = {
    "two_fit": (
        "{file} fits the source profiles {profiles}; nobody guesses: put it into inbox/{first}/, or import it with --source {first}",
        "{file} passt zu den Quellprofilen {profiles}; geraten wird nicht: in inbox/{first}/ ablegen, oder mit --source {first} einlesen",
    ),
}


def plain_word(text: str) -> str:
    """Names and words as they are compared: case and superfluous blanks never matter."""
    return " ".join(text.split()).casefold()


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
class Column:
    """Where one canonical column comes from. `names`: the first of these names that the header has."""

    names: tuple[str, ...] = ()
    position: int = 0  # counted from 1; for files without a header
    above: tuple[str, ...] = ()  # what stands behind one of these texts in the rows above the header
    always: str | None = None  # a constant
    instead: tuple[str, ...] = ()  # where the cell is empty: these columns in turn
    for_credits: tuple[str, ...] = ()  # the same, only in rows with a negative open_amount
    join: tuple[tuple[str, ...], ...] = ()  # several columns make one value …
    join_also: tuple[tuple[str, ...], ...] = ()  # … those of these that the file has …
    joiner: str = "/"  # … with this between them
    less: tuple[str, ...] = ()  # money: this column is subtracted
    sign: tuple[str, ...] = ()  # money: the column that says plus or minus
    plus: tuple[str, ...] = ()  # its words, casefolded; without `plus` every other word than those of `minus` is plus
    minus: tuple[str, ...] = ()
    sign_wins: bool = False  # minus is -|amount|, however the amount itself is printed
    before: str = ""  # only what stands before / behind this text
    behind: str = ""
    without_point_zero: bool = False  # 1930571429.0 -> 1930571429: a number that a spreadsheet ruined
    pad_to: int = 0  # 10023 -> 0000010023: leading zeros that a spreadsheet lost
    words: Mapping[str, str] = field(default_factory=dict)  # translation; keys casefolded
    dates: DateForms | None = None  # other forms than the file's
    numbers: NumberForm | None = None
    days_after: str = ""  # where nothing was found: this day column …
    days: int = 0  # … plus so many days
    ignore_unreadable: bool = False  # days: what is in no declared form counts as empty
    needed: bool = False  # a file without this column is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a rule is for a row; all that is given must hold. Case and surrounding blanks never matter."""

    column: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    filled: bool | None = None
    amount: Literal["", "zero", "positive", "negative"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """Rows that are left out, cleared (their open_amount is 0), rejected, or expected to be there."""

    why: Mapping[str, str]  # language -> words for the receipt
    when: tuple[Condition, ...]
    optional: bool = False  # a file without the column it looks at is read all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A row with a total: no item, but the file is refused when it does not fit."""

    when: tuple[Condition, ...]
    sum: tuple[str, ...] = ()  # the column that holds the sum of open_amount
    count: tuple[str, ...] = ()  # the column that holds the number of rows
    of: Literal["file", "group"] = "file"  # group: since the total before


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that the file says about itself: a column's value, or what stands behind a text above the header."""

    column: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    dates: DateForms


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How rows lie in the file."""

    header_within: int = 1  # the header is the first of so many rows that has all needed columns; 0: the file has no header
    frame: bool = False  # `| a | b |`: rows begin and end with the delimiter; everything else is ornament
    blank_means_above: tuple[tuple[str, ...], ...] = ()  # columns whose empty cell means the cell of the row above
    group_heading: tuple[str, ...] = ()  # a row with only this column filled names the group of the rows below
    same_item: Literal["reject", "once", "sum"] = "reject"
    short_rows: bool = False  # empty cells at the end of a row may be missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One source. The source's name is the profile's name, or the inbox sub-folder's when that has a file of its own."""

    name: str
    title: Mapping[str, str] = field(default_factory=dict)  # language -> words for people
    kind: Kind = "open_items"
    format: Format = "text"
    special: Literal["", "extf-bookings"] = ""  # read by code of its own instead of [columns]
    mode: Literal["snapshot", "delta", ""] = ""  # "": .delta. in the name, else snapshot
    names: tuple[str, ...] = ()  # file name patterns like "FBL5N*.txt", case ignored
    begins: str = ""  # how the file's first line must begin, to tell products apart that use one name; quotes do not matter
    delimiter: str = ""  # text: ";" "," "\t" "|"; "" = whichever of ; , tab the header uses most
    quotes: bool = True  # text: fields may be quoted as RFC 4180 says; False: a quote is a character like any other
    sheet: str = ""  # sheet: the worksheet's name; "" = the first
    encodings: tuple[str, ...] = ("utf-8", "utf-8-sig")  # a byte-order mark decides between them; at most one without
    complete: Completeness = field(default_factory=Completeness)
    guards: Guards = field(default_factory=Guards)
    numbers: NumberForm = field(default_factory=NumberForm)
    dates: DateForms = field(default_factory=DateForms)
    columns: Mapping[str, Column] = field(default_factory=dict)
    rows: Rows = field(default_factory=Rows)
    left_out: tuple[RowRule, ...] = ()
    cleared: tuple[RowRule, ...] = ()
    rejected: tuple[RowRule, ...] = ()
    expected: tuple[RowRule, ...] = ()  # a snapshot without one such row was filtered wrongly: it is held
    totals: tuple[Total, ...] = ()
    on_account: Column | None = None  # the item_no of rows that name no document: payments on account
    as_of: Finding | None = None
    booked_until: Finding | None = None
    accounts: tuple[tuple[str, str], ...] = ()  # the file is a part of the list: rows of other debtor numbers do not belong to it
    companies: tuple[str, ...] = ()  # the file is complete for these companies, whether or not a row names them
    covers: tuple[str, ...] = ()  # snapshot: it is complete for the items that these sources opened, too
    absent: Literal["cleared", "kept"] = "cleared"  # snapshot: what a missing item means; kept: the file is a list of states
    only_new: bool = False  # rows only open items that the ledger never saw; what it knows stays as it is
    also: str = ""  # the same file is of this source, too: carried as that one first, a copy of it
    terms: int | None = None  # extf-bookings: due so many days after the document date where the booking says nothing

    @property
    def is_list(self) -> bool:
        """Its files can be snapshots: complete lists of open items, by which it is fresh or not."""
        return self.kind == "open_items" and self.mode != "delta" and not self.only_new

    @property
    def adds_only(self) -> bool:
        """Each row is news of its own: neither the order of its files matters, nor that one comes again."""
        return self.only_new or self.kind == "payments"

    @property
    def is_canonical(self) -> bool:
        """Read by the fast path: columns by their canonical names, canonical forms."""
        return self.name == CANONICAL_NAME


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one profile fits: the file is refused, nobody guesses."""

    file: str
    profiles: tuple[str, ...]

    def sentence(self, language: Language) -> str:
        names = " + ".join(self.profiles)
        return phrase(TEXTS, "two_fit", language, file=self.file, profiles=names, first=self.profiles[0])


def choose(profiles: Mapping[str, Profile], name: str, folder: str, source: str | None, head: bytes) -> Profile | Ambiguous | None:
    """The profile of a file, by option, inbox sub-folder, or the name pattern (and first line) of exactly one profile.

    None: canonical. A source or folder without a profile of its name is read as canonical, whatever the file is called.
    """
    named = source or folder
    if named:
        return profiles.get(named)
    fitting = sorted(profile.name for profile in profiles.values() if _fits(profile, name, head))
    if len(fitting) > 1:
        return Ambiguous(name, tuple(fitting))
    return profiles[fitting[0]] if fitting else None


def overlaps(profiles: Iterable[Profile]) -> Iterator[tuple[str, str, str]]:
    """Pairs of profiles that one file can fit at once, with such a file's name: it would be refused as ambiguous."""
    for one, other in combinations(sorted(profiles, key=lambda profile: profile.name), 2):
        if not (one.begins.startswith(other.begins) or other.begins.startswith(one.begins)):
            continue
        samples = [pattern.replace("*", "1").replace("?", "1") for pattern in (*one.names, *other.names)]
        both = next((name for name in samples if _named(one, name) and _named(other, name)), None)
        if both is not None:
            yield one.name, other.name, both


def _named(profile: Profile, name: str) -> bool:
    lowered = name.casefold()
    return any(fnmatchcase(lowered, pattern.casefold()) for pattern in profile.names)


def _fits(profile: Profile, name: str, head: bytes) -> bool:
    if not _named(profile, name):
        return False
    return first_text(profile, head).replace('"', "").lstrip().startswith(profile.begins.replace('"', ""))


def first_text(profile: Profile, head: bytes) -> str:
    """The file's first bytes as text: a byte-order mark decides, else the declared encoding."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return head.decode(encoding, "replace")
    plain = [encoding for encoding in profile.encodings if encoding not in ("utf-8-sig", "utf-16")]
    return head.decode(plain[0] if plain else "utf-8", "replace")


def uncovered(profiles: Iterable[Profile]) -> Iterator[str]:
    """Sources that open items, never send a list, and are covered by no list: their debtors can never be called."""
    found = list(profiles)
    covered = {name for profile in found for name in profile.covers}
    yield from sorted(profile.name for profile in found if profile.only_new and profile.name not in covered)


def misnamed(profiles: Mapping[str, Profile], profile: Profile) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) with the other profiles that this one names. A source that has no profile may be covered, too."""
    for name in profile.covers:
        if name in profiles and profiles[name].is_list:
            yield (
                "scope.covers",
                f"{name} sends lists of its own, by which its items are cleared and fresh; it cannot be covered by another",
            )
    if profile.also and profile.also not in profiles:
        yield "also", f"there is no profile {profile.also!r} in sources/"


def reads_both(profiles: Mapping[str, Profile], profile: Profile | Ambiguous | None) -> Profile | None:
    """The profile as which the same file is read, too."""
    return profiles.get(profile.also) if isinstance(profile, Profile) and profile.also else None


def with_form_of(also: Profile, profile: Profile) -> Profile:
    """As which a file is read, too, whose profile only inherited `also`: in the file's own form. Where that is another, it is a source of
    its own, ALSO.NAME."""
    form: dict[str, Any] = {name: getattr(profile, name) for name in ("encodings", "delimiter", "quotes", "companies")}
    if all(getattr(also, name) == value for name, value in form.items()):
        return also
    return replace(also, name=f"{also.name}.{profile.name}", names=(), begins="", **form)


CANONICAL_NAME = "canonical"
CANONICAL = Profile(name=CANONICAL_NAME, covers=("einvoice",))
