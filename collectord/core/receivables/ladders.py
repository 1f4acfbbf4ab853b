"""Ladders: which contact follows when an item grows older, as a team lead wrote it.

Owns the shape of a ladder and the reading of `rules/ladders.toml`. Knows no debtor's items and no clock.
Invariant: levels ascend strictly by `after_due` and are numbered 1, 2, 3 … in the order of the file; whatever is wrong with the file is a
Problem that names its key, and never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.rule_text import Table
from collectord.core.wording import Language

MEDIA = ("call", "email", "letter", "visit", "handover")
PERSON_TYPES = ("business", "private")
CLASSES = ("I", "II", "III", "IV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One step. All spans are calendar days."""

    number: int  # position in the file, from 1: what `contact_level` of an item counts
    name: str
    name_de: str = ""  # "" = the same in German
    after_due: int  # <= 0: a courtesy before the item is overdue, its moment is over the day after the due date
    medium: str
    script: str = ""
    min_open: Decimal = Decimal(0)  # what must be open in at least one currency
    person_type: str = ""  # "" = everybody
    priority: int = 0  # higher first
    max_attempts: int = 3  # attempts that count before the level is taken as carried out
    expires_after: int | None = None  # None: its moment never passes, an old item still starts here
    skill: str = ""  # "" = any agent
    needs_gap: int = 0  # since the previous contact with the debtor
    enabled: bool = True

    def title(self, language: Language) -> str:
        return self.name_de if language == "de" and self.name_de else self.name

    @property
    def is_courtesy(self) -> bool:
        return self.after_due <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    name: str
    levels: tuple[Level, ...]
    companies: tuple[str, ...] = ()  # empty: all
    person_types: tuple[str, ...] = ()
    potential_classes: tuple[str, ...] = ()

    def level(self, number: int) -> Level | None:
        """The level of this number, None when the file has fewer by now."""
        return self.levels[number - 1] if 1 <= number <= len(self.levels) else None

    def fits(self, debtor: Debtor) -> bool:
        return (
            (not self.companies or debtor.company in self.companies)
            and (not self.person_types or debtor.person_type in self.person_types)
            and (not self.potential_classes or debtor.potential_class in self.potential_classes)
        )


def reached(ladder: Ladder, item: OpenItem) -> int:
    """The last step that was carried out for the item as it is due now.

    Behind the due date no step but a courtesy is ever carried out: where the last contact lies before it, accounting moved the due date
    since, and what was done about the old one counts no more.
    """
    if item.contacted_on is None or item.contacted_on > item.due_on:
        return item.contact_level
    return min(item.contact_level, sum(level.is_courtesy for level in ladder.levels))


def ladder_for(debtor: Debtor, ladders: tuple[Ladder, ...]) -> Ladder | None:
    """The first ladder of the file that fits the debtor."""
    return next((ladder for ladder in ladders if ladder.fits(debtor)), None)


def parse_ladders(table: Table) -> tuple[Ladder, ...]:
    """The whole of `ladders.toml`. Problems are collected in the table; what is returned is fit for use only without any."""
    ladders = tuple(_ladder(name, inner) for name, inner in table.named("ladder"))
    if not ladders:
        table.complain("ladder", "there is no ladder; write at least one [[ladder.standard.level]]")
    for position, ladder in enumerate(ladders):
        for earlier in ladders[:position]:
            if _takes_all_of(earlier, ladder):
                table.complain(
                    f"ladder.{ladder.name}",
                    f"ladder {ladder.name} can never be used: every debtor it fits is taken by {earlier.name}, which stands before it",
                )
                break
    table.done()
    return ladders


def _takes_all_of(earlier: Ladder, later: Ladder) -> bool:
    def covers(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
        return not wide or (bool(narrow) and set(narrow) <= set(wide))

    return (
        covers(earlier.companies, later.companies)
        and covers(earlier.person_types, later.person_types)
        and covers(earlier.potential_classes, later.potential_classes)
    )


def _ladder(name: str, table: Table) -> Ladder:
    entries = list(table.tables("level"))
    ladder = Ladder(
        name=name,
        levels=tuple(_level(number, entry) for number, entry in enumerate(entries, start=1)),
        companies=table.texts("companies", []),
        person_types=table.texts("person_types", [], one_of=PERSON_TYPES),
        potential_classes=table.texts("potential_classes", [], one_of=CLASSES),
    )
    table.done()
    if not any(level.enabled for level in ladder.levels):
        table.complain("level", f"ladder {name} has no level that is switched on; write [[ladder.{name}.level]]")
    for level, entry in zip(ladder.levels, entries, strict=True):
        _judge_order(ladder, level, entry)
    return ladder


def _level(number: int, table: Table) -> Level:
    level = Level(
        number=number,
        name=table.text("name"),
        name_de=table.text("name_de", ""),
        after_due=table.days("after_due"),
        medium=table.text("medium", one_of=MEDIA),
        script=table.text("script", ""),
        min_open=table.money("min_open", Decimal(0)),
        person_type=table.text("person_type", "", one_of=PERSON_TYPES),
        priority=table.whole("priority", 0, at_least=0, at_most=100),
        max_attempts=table.whole("max_attempts", 3, at_least=1, at_most=30),
        expires_after=table.days("expires_after") if "expires_after" in table.data else None,
        skill=table.text("skill", ""),
        needs_gap=table.days("needs_gap", "0d"),
        enabled=table.flag("enabled", True),
    )
    table.done()
    if "name" in table.data and not level.name.strip():
        table.complain("name", "name is empty; people read it in every list")
    if level.min_open < 0:
        table.complain("min_open", "min_open is negative; write the least amount that is worth this contact")
    if level.needs_gap < 0:
        table.complain("needs_gap", "needs_gap is negative; write the days since the previous contact, like 7d")
    if level.expires_after is not None and level.expires_after <= 0:
        table.complain("expires_after", "the level can never fire: expires_after must be at least 1d")
    if level.expires_after is not None and level.is_courtesy:
        table.complain("expires_after", "a contact before the due date ends with the due date by itself; take expires_after away")
    if level.medium == "handover" and level.is_courtesy:
        table.complain("medium", "a handover before the due date hands over what nobody owes yet; give it a later after_due")
    return level


def _judge_order(ladder: Ladder, level: Level, entry: Table) -> None:
    """What a level says is looked at in the light of the levels before it and of the ladder's own bounds."""
    before = ladder.levels[: level.number - 1]
    twin = next((other for other in before if other.name == level.name), None)
    if twin is not None and level.name:
        entry.complain("name", f"the name {level.name!r} stands twice in ladder {ladder.name}: levels {twin.number} and {level.number}")
    if before and level.after_due <= before[-1].after_due:
        entry.complain(
            "after_due",
            f"after_due = {level.after_due}d does not come after the {before[-1].after_due}d of level {before[-1].number}"
            f" ({before[-1].name}); levels stand in the order in which they happen",
        )
    if not level.enabled:
        return
    if level.person_type and ladder.person_types and level.person_type not in ladder.person_types:
        entry.complain(
            "person_type", f"the level can never fire: ladder {ladder.name} is for {', '.join(ladder.person_types)} debtors only"
        )
    for other in before:
        if not other.enabled or other.person_type not in ("", level.person_type):
            continue
        if other.medium == "handover":
            entry.complain("medium", f"the level can never fire: level {other.number} ({other.name}) has handed the item over before")
            break
        if other.is_courtesy and level.is_courtesy and other.after_due + level.needs_gap > 0 and other.min_open <= level.min_open:
            entry.complain(
                "needs_gap",
                f"the level can never fire: {level.needs_gap} days after level {other.number} ({other.name}) the item is already overdue",
            )
            break
