"""Steps: an item's next level, the day on which it comes, and what remains of it once it was carried out.

Owns the reading of clocks, gaps, expiry and the ladder's options for one item. Knows no other item and no money.
Invariant: a step that was not carried out is not skipped, unless its moment has passed or `old_item_starts` says so for an item that was
old when it came; once carried out, at least one item stands at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from collectord.core.receivables.frame import NO_FRAME, Frame
from collectord.core.receivables.history import NO_HISTORY, History
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ladders import (
    DAY,
    Instalments,
    Ladder,
    Level,
    OldestCleared,
    OldItem,
    SeveralItems,
    counted,
    day_by_age,
    reached,
)
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.risk import Risk
from collectord.core.receivables.risk_rules import NO_RISKS, Risks


@dataclass(frozen=True, slots=True)
class View:
    """What all steps of one decision look at."""

    debtor: Debtor
    ladder: Ladder
    holds: Holds
    today: date
    last_contact: date | None  # with the debtor, about whatever
    frame: Frame = NO_FRAME
    everything: Sequence[OpenItem] = ()
    history: History = NO_HISTORY
    risks: Risks = NO_RISKS

    def medium(self, level: Level) -> str:
        """What the debtor gets at this level, "" = the level does not exist for the debtor."""
        if not level.enabled or level.person_type not in ("", self.debtor.person_type):
            return ""
        medium = self.frame.medium_for(level.medium)
        return "" if medium == "call" and self.holds.do_not_call else medium

    def risk(self, item: OpenItem) -> Risk | None:
        """How likely the item is paid late; None: nobody estimates it."""
        return self.risks.of(self.debtor, item, self.everything, self.history, self.today)

    def last_about(self, item: OpenItem) -> date | None:
        """The contact that the ladder's gaps are counted from; the frame's is about the debtor, so it counts from the last of all."""
        if self.ladder.options.several_items is not SeveralItems.EACH_ITS_OWN:
            return self.last_contact
        letter = item.last_dunned_on if item.last_dunned_on is not None and item.last_dunned_on <= self.today else None
        return max(filter(None, (item.contacted_on, letter)), default=None)


@dataclass(frozen=True, slots=True)
class Step:
    level: Level
    medium: str
    starts: date
    expires: date | None
    last: date | None = None  # the contact whose gap decided the day; None: the item's age did
    risk: Risk | None = None  # what it was made for


def next_step(view: View, item: OpenItem) -> Step | None:
    """The item's next step and the day on which it comes. None: all are behind it."""
    options, behind = view.ladder.options, reached(view.ladder, item)
    if behind or options.old_item_starts is OldItem.FIRST:
        step = _first(view, item, view.ladder.levels[behind:])
    else:
        step = _first(view, item, view.ladder.levels[_passed_when_it_came(view, item) :])
    return step if options.call_raises else _again(view, item, behind, step)


def _first(view: View, item: OpenItem, levels: Sequence[Level]) -> Step | None:
    for level in levels:
        medium = view.medium(level)
        if not medium:
            continue
        step = _step(view, item, level, medium)
        if step.expires is not None and max(step.starts, view.today) >= step.expires:
            continue  # its moment has passed, or will have before it may come
        if level.min_risk and step.starts <= view.today:
            risk = view.risk(item)
            if risk is None or risk.percent < level.min_risk:
                continue
            step = replace(step, risk=risk)
        return step
    return None


def left_out(view: View, item: OpenItem) -> Iterator[tuple[Level, Risk | None]]:
    """The steps that would be the item's today and ask for more risk than there is; with that risk, None: nobody estimates it."""
    for level in view.ladder.levels[reached(view.ladder, item) :]:
        medium = view.medium(level)
        if not level.min_risk or not medium:
            continue
        step = _step(view, item, level, medium)
        if step.starts > view.today or (step.expires is not None and view.today >= step.expires):
            continue
        risk = view.risk(item)
        if risk is None or risk.percent < level.min_risk:
            yield level, risk


def risk_changes_on(view: View, items: Iterable[OpenItem]) -> date | None:
    """The first day on which a step whose day has come may find another risk than today; None: none asks, or time changes nothing."""
    if not view.risks.judges(view.debtor):
        return None
    asking = [level for level in view.ladder.levels if level.min_risk and view.medium(level)]
    asked = any(
        day_by_age(view.ladder, level, item) <= view.today and level.number > reached(view.ladder, item)
        for item in (items if asking else ())
        for level in asking
    )
    return view.risks.changes_on(view.everything, view.history, view.today) if asked else None


def _step(view: View, item: OpenItem, level: Level, medium: str, least_gap: int = 0) -> Step:
    day = item.day_of(1) if level.after_contact is not None else day_by_age(view.ladder, level, item)
    about = view.last_about(item)
    if about is None and view.last_contact is None:
        return Step(level, medium, day, _expiry(view.ladder, level, item))
    gaps = [(about, max(level.needs_gap, level.after_contact or 0, least_gap)), (view.last_contact, view.frame.gap)]
    free, last = max(((last + gap * DAY, last) for last, gap in gaps if last is not None), default=(day, None))
    if last is not None and free > day:
        return Step(level, medium, free, _expiry(view.ladder, level, item), last)
    return Step(level, medium, day, _expiry(view.ladder, level, item))


def _expiry(ladder: Ladder, level: Level, item: OpenItem) -> date | None:
    if level.is_courtesy:
        return item.due_on + DAY
    return None if level.expires_after is None else day_by_age(ladder, level, item) + level.expires_after * DAY


def _passed_when_it_came(view: View, item: OpenItem) -> int:
    """How many levels were over already when an export named the item first: it starts with the last one that had come by then.

    It never starts with the handover: nobody is given away who was not even asked.
    """
    came = item.opened_as_of
    if came is None or not item.is_overdue(came):
        return 0
    open_to_it = [level for level in view.ladder.levels if not level.is_courtesy and view.medium(level) not in ("", "handover")]
    had_come = [level.number for level in open_to_it if day_by_age(view.ladder, level, item) <= came]
    return max(had_come, default=1) - 1


def _again(view: View, item: OpenItem, behind: int, following: Step | None) -> Step | None:
    """A call that does not raise the level comes again after its gap, until the day of the following step."""
    level = view.ladder.level(behind)
    if level is None or level.is_courtesy or view.medium(level) != "call":
        return following
    again = _step(view, item, level, "call", least_gap=1)
    if following is not None and following.starts <= max(again.starts, view.today):
        return following
    return replace(again, expires=following.starts if following else None)


def position(view: View, level: Level) -> int:
    """Which reminder after the due date this is for the debtor, from 1; 0: a courtesy before it."""
    if level.is_courtesy:
        return 0
    return sum(1 for other in view.ladder.levels[: level.number] if not other.is_courtesy and view.medium(other)) or 1


def carried_out(
    ladder: Ladder, number: int, items: Collection[OpenItem], on: date, everything: Collection[OpenItem] = ()
) -> dict[str, int]:
    """The `contact_level` of each item, in the steps of this ladder, after step `number` was carried out about `items` on this day.

    A young item that was only spoken about along with an old one rises no higher than its own age, so that its later steps still come,
    unless the ladder keeps the level. `everything`: all open items of the debtor, for instalments that count as one.
    """
    if ladder.options.oldest_cleared is OldestCleared.KEEP_LEVEL:
        levels = {item.item_no: max(reached(ladder, item), number) for item in items}
    else:
        climbed = ladder.levels[:number]
        levels = {
            item.item_no: max([reached(ladder, item), *(level.number for level in climbed if day_by_age(ladder, level, item) <= on)])
            for item in items
        }
        below = [item for item in items if reached(ladder, item) < number]
        if below and max(levels[item.item_no] for item in below) < number:  # a step that came before its day: it is not to come again
            levels[min(below, key=lambda item: (item.due_on, item.item_no)).item_no] = number
    if ladder.options.instalments is Instalments.AS_ONE:
        invoices = {invoice: levels[item.item_no] for item in items if (invoice := ladder.invoice_of(item))}
        for item in everything:
            invoice = ladder.invoice_of(item)
            if invoice in invoices and item.open_amount > 0:
                levels[item.item_no] = max(counted(ladder, item), invoices[invoice], levels.get(item.item_no, 0))
    return levels
