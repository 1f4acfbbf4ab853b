"""Ladders: which contact follows when an item grows older.

Owns the shape of ladders, levels and their options, and the day of a level by an item's age alone. Reads no file, knows no contact's day.
Invariant: levels are numbered 1, 2, 3 … in the order in which they happen; a level has exactly one of three clocks.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from collectord.core.receivables.handover import Handover
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.rungs import NO_RUNGS, Rung, Rungs, placed, rungs_of
from collectord.core.wording import Language

MEDIA = ("call", "email", "letter", "visit", "handover")
MODES = ("preview", "pull", "progressive", "predictive")
PERSON_TYPES = ("business", "private")
CLASSES = ("I", "II", "III", "IV")
DAY = timedelta(days=1)
MONTH = 31  # days that may lie between a due date and the end of its month, at most


class OldItem(StrEnum):
    """At which level an item starts that was overdue already when an export named it first."""

    FIRST = "first"
    BY_AGE = "by_age"


class SeveralItems(StrEnum):
    """What several overdue items of one debtor do."""

    OLDEST_DRIVES = "oldest_drives"
    HIGHEST = "highest"
    EACH_ITS_OWN = "each_its_own"


class OldestCleared(StrEnum):
    """Where the others stand when the item that drove is paid."""

    OWN_LEVEL = "own_level"
    KEEP_LEVEL = "keep_level"


class Instalments(StrEnum):
    """What instalments of one invoice do, each with a due date of its own."""

    ONE_BY_ONE = "one_by_one"
    AS_ONE = "as_one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where known systems differ."""

    old_item_starts: OldItem = OldItem.FIRST
    several_items: SeveralItems = SeveralItems.OLDEST_DRIVES
    oldest_cleared: OldestCleared = OldestCleared.OWN_LEVEL
    instalments: Instalments = Instalments.ONE_BY_ONE
    instalment_mark: str = "/"  # what stands between invoice and instalment in an item number
    call_raises: bool = True  # False: a call is repeated at its gap until the next step's day has come


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One step. All spans are calendar days."""

    number: int  # position in the file, from 1: what `contact_level` of an item counts
    name: str
    name_de: str = ""  # "" = the same in German
    after_due: int = 0  # <= 0: a courtesy before the item is overdue, its moment is over the day after the due date
    after_contact: int | None = None  # instead: so long after the previous contact
    after_month_end: int | None = None  # instead: so long after the month in which the item fell due
    medium: str
    script: str = ""
    min_open: Decimal = Decimal(0)  # what must be open in at least one currency
    person_type: str = ""  # "" = everybody
    priority: int = 0  # higher first
    max_attempts: int = 3  # attempts that count before the level is taken as carried out
    expires_after: int | None = None  # None: its moment never passes, an old item still starts here
    skill: str = ""  # "" = any agent
    needs_gap: int = 0  # since the previous contact with the debtor
    mode: str = ""  # one of MODES, "" = as the house dials
    min_risk: int = 0  # per cent: only where the debtor pays this late with such a probability
    enabled: bool = True

    def title(self, language: Language) -> str:
        return self.name_de if language == "de" and self.name_de else self.name

    @property
    def is_courtesy(self) -> bool:
        return self.after_due <= 0 and self.after_contact is None and self.after_month_end is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    name: str
    levels: tuple[Level, ...]
    companies: tuple[str, ...] = ()  # empty: all
    person_types: tuple[str, ...] = ()
    potential_classes: tuple[str, ...] = ()
    options: Options = Options()
    handovers: tuple[Handover, ...] = ()  # to whom a handover goes: the first that fits
    rungs: Rungs = field(init=False, compare=False, repr=False, default=NO_RUNGS)  # what is remembered of its levels

    def __post_init__(self) -> None:
        object.__setattr__(self, "rungs", rungs_of([*_rungs(self.levels)]))

    def level(self, number: int) -> Level | None:
        """The level of this number, None when the file has fewer by now."""
        return self.levels[number - 1] if 1 <= number <= len(self.levels) else None

    def fits(self, debtor: Debtor) -> bool:
        return (
            (not self.companies or debtor.company in self.companies)
            and (not self.person_types or debtor.person_type in self.person_types)
            and (not self.potential_classes or debtor.potential_class in self.potential_classes)
        )

    def invoice_of(self, item: OpenItem) -> str:
        """The invoice that an instalment belongs to, "" where every item stands for itself."""
        if self.options.instalments is Instalments.ONE_BY_ONE:
            return ""
        branch = f"{item.debtor_no}/"  # of an item that a head office's call refers to, see families.reference
        number = item.item_no.removeprefix(branch)
        invoice, mark, _ = number.rpartition(self.options.instalment_mark)
        return f"{branch}{invoice}" if mark else ""


def reached(ladder: Ladder, item: OpenItem) -> int:
    """The last step that was carried out for the item as it is due now.

    Behind the due date no step but a courtesy is ever carried out: where the last contact lies before it, accounting moved the due date
    since, and what was done about the old one counts no more. Instalments as one are contacted before their own days.
    """
    number = counted(ladder, item)
    if item.contacted_on is None or item.contacted_on > item.due_on or ladder.invoice_of(item):
        return number
    return min(number, sum(level.is_courtesy for level in ladder.levels))


def counted(ladder: Ladder, item: OpenItem) -> int:
    """The number that the item's last step has in this ladder; the ladder may have been another one when it was carried out."""
    return placed(item.contact_rungs, ladder.rungs, item.contact_level)


def _rungs(levels: tuple[Level, ...]) -> Iterator[Rung]:
    before = (0, 0)  # of the last level that is switched on
    for level in levels:
        if level.after_month_end is not None:
            days = (max(1, level.after_month_end), level.after_month_end + MONTH - 1)
        elif level.after_contact is not None:
            days = (before[0] + level.after_contact, before[1] + level.after_contact) if before[1] > 0 else (1, 1)
        else:
            days = (level.after_due, level.after_due)
        if level.enabled:
            before = days
        yield Rung(level.name, level.medium, *days)


def day_by_age(ladder: Ladder, level: Level, item: OpenItem) -> date:
    """The day on which the level comes for the item if every step before it came on its own day."""
    if level.after_month_end is not None:
        due = item.due_on
        rest = monthrange(due.year, due.month)[1] - due.day
        return item.day_of(max(1, rest + level.after_month_end))
    if level.after_contact is not None:
        earlier = next((other for other in reversed(ladder.levels[: level.number - 1]) if other.enabled), None)
        if earlier is None or earlier.is_courtesy:
            return item.day_of(1)
        return day_by_age(ladder, earlier, item) + level.after_contact * DAY
    return item.day_of(level.after_due)


def ladder_of(ladders: tuple[Ladder, ...], name: str, rungs: Rungs) -> Ladder | None:
    """The one that was called so; where none is any more, the one with the same steps."""
    named = next((ladder for ladder in ladders if ladder.name == name), None)
    return named or next((ladder for ladder in ladders if rungs.levels and ladder.rungs == rungs), None)


def ladder_for(debtor: Debtor, ladders: tuple[Ladder, ...]) -> Ladder | None:
    """The first ladder of the file that fits the debtor."""
    return next((ladder for ladder in ladders if ladder.fits(debtor)), None)
