"""Next look: the first day on which a debtor must be planned again although nothing happened.

Owns the days on which time alone may change what planning decided. Decides nothing about contacts: escalation does.
Invariant: the day may be too early, never too late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from collectord.core.receivables.dunning import Cancel, Change, Create, Decision, Nothing, Wait
from collectord.core.receivables.frame import Frame
from collectord.core.receivables.history import NO_HISTORY, History
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ladders import DAY, Ladder, Level, SeveralItems, day_by_age
from collectord.core.receivables.ledger import FOREVER, OpenItem
from collectord.core.receivables.risk_rules import NO_RISKS, Risks
from collectord.core.receivables.triggers import last_contact
from collectord.core.receivables.wanted import NotWanted, Wanted


def next_look(
    decision: Decision,
    items: Sequence[OpenItem],
    ladder: Ladder | None,
    holds: Holds,
    frame: Frame,
    today: date,
    *,
    history: History = NO_HISTORY,
    risks: Risks = NO_RISKS,
) -> date | None:
    """None: time alone changes nothing."""
    answer = _answer(decision)
    if answer is None:
        return today  # what becomes of a task in somebody's hands is decided once it is back
    days: list[date | None] = [] if frame.pause is None else [frame.pause.until + DAY]  # a branch's own: then its head office speaks for it
    if ladder is not None:
        days += _of_answer(answer, items, ladder, holds, frame, history, today)
        if answer.level is not None and answer.level.is_courtesy and any(level.min_risk for level in ladder.levels):
            days.append(risks.changes_on(items, history, today))
    return min((day for day in days if day is not None and day > today), default=None)


def _of_answer(
    answer: Wanted | NotWanted, items: Sequence[OpenItem], ladder: Ladder, holds: Holds, frame: Frame, history: History, today: date
) -> list[date | None]:
    days: list[date | None] = []
    if isinstance(answer, Wanted):
        days.append(answer.value_until)
    match answer:
        case NotWanted(until=until):
            days.append(until)
        case Wanted(brought=None) if answer.medium != "handover" and _stays(answer, ladder):
            days += [answer.expires_on, *_of_items(items, [], ladder, holds, frame, history, today)]
        case Wanted(brought=None) if answer.medium != "handover":
            levels = [level for level in ladder.levels if level.enabled and (answer.level.is_courtesy or not level.is_courtesy)]
            days += _of_items(items, levels, ladder, holds, frame, history, today)
        case _:
            days.append(today + DAY)  # what brought it forward, or to whom it goes, moves on with the days
    return days


def _stays(answer: Wanted, ladder: Ladder) -> bool:
    """Whether the oldest overdue item drives: its step stays until it expires, is carried out, or an older item may be spoken about."""
    return ladder.options.several_items is SeveralItems.OLDEST_DRIVES and not answer.level.is_courtesy


def _answer(decision: Decision) -> Wanted | NotWanted | None:
    match decision:
        case Nothing(answer) | Cancel(_, answer) | Wait(_, _, answer):
            return answer
        case Create(asked) | Change(_, asked):
            return asked
        case _:
            return decision.answer


def _of_items(
    items: Sequence[OpenItem], levels: Sequence[Level], ladder: Ladder, holds: Holds, frame: Frame, history: History, today: date
) -> list[date]:
    """Every day that can matter to one of the items while a contact is wanted. `levels`: those whose own days may change it."""
    gaps = {max(level.needs_gap, level.after_contact or 0, frame.gap, 1) for level in levels}
    contacts = {last_contact(items, history.touches, today)}
    days = [objection.until + DAY for objection in holds.objections]
    for item in items:
        contacts |= {item.contacted_on, item.last_dunned_on}
        if item.dunning_deadline is not None:
            days.append(item.dunning_deadline)
        if item.dunning_block_until is not None and item.dunning_block_until != FOREVER:
            days.append(item.dunning_block_until + DAY)
        if item.open_amount > 0:
            days += [item.due_on + DAY, item.day_of(1)]
            for level in levels:
                comes = day_by_age(ladder, level, item)
                days.append(comes)
                if level.expires_after is not None:
                    days.append(comes + level.expires_after * DAY)
    for contact in contacts:
        if contact is not None:
            days += [contact, *(contact + gap * DAY for gap in gaps)]
    return days
