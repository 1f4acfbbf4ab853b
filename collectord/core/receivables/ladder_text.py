"""Ladder text: the reading of `rules/ladders.toml`.

Owns what a team lead may write there and what is wrong with it. Decides nothing about a debtor.
Invariant: whatever is wrong with the file is a Problem that names its key, and never an exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from collectord.core.receivables.exceptions import LONGEST
from collectord.core.receivables.handover import Handover, parse_handover, takes_all_of
from collectord.core.receivables.ladders import (
    CLASSES,
    MEDIA,
    MODES,
    MONTH,
    PERSON_TYPES,
    Instalments,
    Ladder,
    Level,
    Options,
    SeveralItems,
)
from collectord.core.rule_text import Table

Word = TypeVar("Word", bound=StrEnum)
CLOCKS = ("after_due", "after_contact", "after_month_end")


def parse_ladders(table: Table) -> tuple[Ladder, ...]:
    """The whole of `ladders.toml`. Problems are collected in the table; what is returned is fit for use only without any."""
    shared = table.table("options")
    options = _options(shared, Options())
    shared.done()
    entries = list(table.tables("handover"))
    handovers = tuple(parse_handover(entry, PERSON_TYPES, CLASSES) for entry in entries)
    ladders = tuple(_ladder(name, inner, options, handovers) for name, inner in table.named("ladder"))
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
    _judge_handovers(ladders, handovers, entries)
    table.done()
    return ladders


def _judge_handovers(ladders: Sequence[Ladder], handovers: Sequence[Handover], entries: Sequence[Table]) -> None:
    for position, entry in enumerate(entries):
        earlier = next((place for place in range(position) if takes_all_of(handovers[place], handovers[position])), None)
        if earlier is not None:
            entry.complain(
                "to", f"the entry can never be chosen: every case it fits goes to {handovers[earlier].to!r}, which stands before it"
            )
    ends = any(level.enabled and level.medium == "handover" for ladder in ladders for level in ladder.levels)
    if entries and ladders and not ends:
        entries[0].complain("", "no level that is switched on has medium handover, so nothing is ever handed over")


def _takes_all_of(earlier: Ladder, later: Ladder) -> bool:
    def covers(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
        return not wide or (bool(narrow) and set(narrow) <= set(wide))

    return (
        covers(earlier.companies, later.companies)
        and covers(earlier.person_types, later.person_types)
        and covers(earlier.potential_classes, later.potential_classes)
    )


def _options(table: Table, usual: Options) -> Options:
    """The options that stand in the table, else the usual ones."""
    options = Options(
        old_item_starts=_word(table, "old_item_starts", usual.old_item_starts),
        several_items=_word(table, "several_items", usual.several_items),
        oldest_cleared=_word(table, "oldest_cleared", usual.oldest_cleared),
        instalments=_word(table, "instalments", usual.instalments),
        instalment_mark=table.text("instalment_mark", usual.instalment_mark),
        call_raises=table.flag("call_raises", usual.call_raises),
    )
    if "instalment_mark" in table.data and not options.instalment_mark:
        table.complain("instalment_mark", 'instalment_mark is empty; write what stands before the number of the instalment, like "/"')
    elif "instalment_mark" in table.data and options.instalments is Instalments.ONE_BY_ONE:
        table.complain("instalment_mark", 'instalment_mark does nothing without instalments = "as_one"')
    if "oldest_cleared" in table.data and options.several_items is SeveralItems.EACH_ITS_OWN and options.oldest_cleared != "own_level":
        table.complain("oldest_cleared", 'oldest_cleared = "keep_level" contradicts several_items = "each_its_own": no item drives others')
    return options


def _word(table: Table, key: str, usual: Word) -> Word:
    words = type(usual)
    word = table.text(key, usual.value, one_of=[one.value for one in words])
    return next((one for one in words if one.value == word), usual)


def _ladder(name: str, table: Table, options: Options, handovers: tuple[Handover, ...]) -> Ladder:
    entries = list(table.tables("level"))
    ladder = Ladder(
        name=name,
        levels=tuple(_level(number, entry) for number, entry in enumerate(entries, start=1)),
        companies=table.texts("companies", []),
        person_types=table.texts("person_types", [], one_of=PERSON_TYPES),
        potential_classes=table.texts("potential_classes", [], one_of=CLASSES),
        options=_options(table, options),
        handovers=handovers,
    )
    table.done()
    if not any(level.enabled for level in ladder.levels):
        table.complain("level", f"ladder {name} has no level that is switched on; write [[ladder.{name}.level]]")
    for level, entry in zip(ladder.levels, entries, strict=True):
        _judge_order(ladder, level, entry)
        _judge_repeats(ladder, level, entry)
    return ladder


def _level(number: int, table: Table) -> Level:
    clock = _clock(table)
    level = Level(
        number=number,
        name=table.text("name"),
        name_de=table.text("name_de", ""),
        after_due=table.days("after_due") if clock == "after_due" else 0,
        after_contact=table.days("after_contact") if clock == "after_contact" else None,
        after_month_end=table.days("after_month_end") if clock == "after_month_end" else None,
        medium=table.text("medium", one_of=MEDIA),
        script=table.text("script", ""),
        min_open=table.money("min_open", Decimal(0)),
        person_type=table.text("person_type", "", one_of=PERSON_TYPES),
        priority=table.whole("priority", 0, at_least=0, at_most=100),
        max_attempts=table.whole("max_attempts", 3, at_least=1, at_most=30),
        expires_after=table.days("expires_after") if "expires_after" in table.data else None,
        skill=table.text("skill", ""),
        needs_gap=table.days("needs_gap", "0d"),
        min_risk=table.whole("min_risk", at_least=1, at_most=99) if "min_risk" in table.data else 0,
        mode=table.text("mode", "", one_of=MODES),
        enabled=table.flag("enabled", True),
    )
    table.seen |= {*CLOCKS, "expires_after", "min_risk"}
    table.done()
    _judge_level(level, table)
    return level


def _clock(table: Table) -> str:
    """Which of the three clocks the level has."""
    given = [key for key in CLOCKS if key in table.data]
    for second in given[1:]:
        table.complain(second, f"a level has one clock, and {given[0]} is there already; take one of the two away")
    if not given:
        table.complain("after_due", "after_due is missing; expected a duration like 3d, or after_contact or after_month_end instead")
    return given[0] if given else ""


def _judge_level(level: Level, table: Table) -> None:
    if "name" in table.data and not level.name.strip():
        table.complain("name", "name is empty; people read it in every list")
    if level.min_open < 0:
        table.complain("min_open", "min_open is negative; write the least amount that is worth this contact")
    if level.needs_gap < 0:
        table.complain("needs_gap", "needs_gap is negative; write the days since the previous contact, like 7d")
    for key, days in (("needs_gap", level.needs_gap), ("after_contact", level.after_contact or 0)):
        if days > LONGEST:
            table.complain(key, f"{key} = {days}d is longer than contacts are remembered; write at most {LONGEST}d")
    if level.after_contact is not None:
        if level.after_contact < 1:
            table.complain(
                "after_contact", "after_contact must be at least 1d; on the day of the previous contact nobody is contacted again"
            )
        if level.needs_gap > level.after_contact >= 1:
            table.complain(
                "needs_gap", f"needs_gap = {level.needs_gap}d contradicts after_contact = {level.after_contact}d; keep one of them"
            )
    if level.after_month_end is not None and level.after_month_end < 0:
        table.complain("after_month_end", "after_month_end must be at least 0d; the end of the month may lie before the due date else")
    if level.expires_after is not None and level.expires_after <= 0:
        table.complain("expires_after", "the level can never fire: expires_after must be at least 1d")
    if level.expires_after is not None and level.is_courtesy and "after_due" in table.data:
        table.complain("expires_after", "a contact before the due date ends with the due date by itself; take expires_after away")
    if level.medium == "handover" and level.is_courtesy and "after_due" in table.data:
        table.complain("medium", "a handover before the due date hands over what nobody owes yet; give it a later after_due")
    if level.mode and level.medium in MEDIA and level.medium != "call":
        table.complain("mode", f"mode says how a call begins; a step with medium {level.medium} has none, take the line away")
    if level.min_risk and not level.is_courtesy:
        table.complain("min_risk", "min_risk is for contacts before the due date; behind it nobody has to guess who pays late")


def _earliest(level: Level) -> int:
    """The least days past due on which the level comes, a contact clock left aside."""
    return 1 if level.after_contact is not None else level.after_due if level.after_month_end is None else max(1, level.after_month_end)


def _latest(level: Level) -> int:
    """The most."""
    return _earliest(level) if level.after_month_end is None else level.after_month_end + MONTH - 1


def _judge_order(ladder: Ladder, level: Level, entry: Table) -> None:
    """What a level says is looked at in the light of the levels before it and of the ladder's own bounds."""
    before = ladder.levels[: level.number - 1]
    twin = next((other for other in before if other.name == level.name), None)
    if twin is not None and level.name:
        entry.complain("name", f"the name {level.name!r} stands twice in ladder {ladder.name}: levels {twin.number} and {level.number}")
    aged = next((other for other in reversed(before) if other.after_contact is None), None)  # the last one with a day of its own
    if aged is not None and level.after_contact is None and _latest(level) <= _earliest(aged):
        key = "after_due" if level.after_month_end is None else "after_month_end"
        entry.complain(
            key,
            f"{key} = {level.after_due if level.after_month_end is None else level.after_month_end}d does not come after the"
            f" {aged.after_due if aged.after_month_end is None else aged.after_month_end}d of level {aged.number}"
            f" ({aged.name}); levels stand in the order in which they happen",
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
        courtesies = other.is_courtesy and level.is_courtesy and other.min_risk <= level.min_risk and other.min_open <= level.min_open
        if courtesies and other.after_due + level.needs_gap > 0:
            entry.complain(
                "needs_gap",
                f"the level can never fire: {level.needs_gap} days after level {other.number} ({other.name}) the item is already overdue",
            )
            break


def _judge_repeats(ladder: Ladder, level: Level, entry: Table) -> None:
    """With call_raises = false a call comes again and again; what stands behind it must be able to come."""
    if ladder.options.call_raises or not level.enabled or level.medium != "call" or level.is_courtesy:
        return
    gap = max(level.needs_gap, level.after_contact or 0)
    if gap < 1:
        entry.complain("needs_gap", "with call_raises = false this call is repeated; needs_gap must say after how many days, like 7d")
        return
    after = next((other for other in ladder.levels[level.number :] if other.enabled), None)
    if after is not None and after.after_contact is not None and after.after_contact > gap:
        entry.complain(
            "needs_gap",
            f"with call_raises = false this call is repeated every {gap} days, so level {after.number} ({after.name}),"
            f" {after.after_contact} days after the previous contact, can never come",
        )
