"""Escalation: which step of its ladder a debtor's open items ask for on a given day.

Owns the reading of items, credits, blocks and gaps against a ladder. Makes no task and knows no hours: those are dunning's and the gate's.
Invariant: the same debtor, items and day give the same answer in whatever order the items come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from collectord.core.money import Money
from collectord.core.receivables.claims import DAY, Claim, net, obstacle
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Ladder, Level, reached
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.wanted import NotWanted, Wanted, moneys


def wanted(
    debtor: Debtor,
    items: Iterable[OpenItem],
    ladder: Ladder | None,
    today: date,
    *,
    holds: Holds = NO_HOLD,
) -> Wanted | NotWanted:
    """What the ladder wants of this debtor of one company today.

    The oldest item that may be spoken about drives: its next step, once its day has come and the gap since the last contact is kept, is
    for all items of the debtor that are due. Before anything is overdue, the same holds for items about to fall due and courtesy steps.
    """
    everything = sorted(items, key=lambda item: (item.due_on, item.item_no))
    if ladder is None:
        return NotWanted(rule="no-ladder", until=None, values={})
    held = _held(debtor, holds, today)
    if held is not None:
        return held
    debits = [item for item in everything if item.open_amount > 0]
    if not debits:
        return NotWanted(rule="nothing-open", until=None, values={})
    obstacles = [obstacle(item, ladder, holds, today) for item in debits]
    releases = [found.until for found in obstacles if found is not None and found.until is not None]
    free = [item for item, found in zip(debits, obstacles, strict=True) if found is None]
    if not free:
        first = next(found for found in obstacles if found is not None)
        return NotWanted(rule=first.rule, until=min(releases, default=None), values=first.values)
    claims = net(free, everything)
    if not claims:
        return NotWanted(rule="credits-cover", until=min(releases, default=None), values={})
    ours = [item.contacted_on for item in everything if item.contacted_on is not None]
    letters = [item.last_dunned_on for item in everything if item.last_dunned_on is not None]  # of accounting's own dunning run
    contacts = [*ours, *(day for day in letters if day <= today)]
    view = _View(debtor, ladder, holds, today, max(contacts, default=None))
    return _drive(view, claims, releases)


@dataclass(frozen=True, slots=True)
class _View:
    """What all steps of one decision look at."""

    debtor: Debtor
    ladder: Ladder
    holds: Holds
    today: date
    last_contact: date | None


@dataclass(frozen=True, slots=True)
class _Next:
    level: Level
    starts: date
    expires: date | None
    gap: bool  # the gap since the last contact decided the day, not the due date


def _drive(view: _View, claims: Sequence[Claim], releases: Sequence[date]) -> Wanted | NotWanted:
    overdue = [claim for claim in claims if claim.item.is_overdue(view.today)]
    upcoming = [claim for claim in claims if not claim.item.is_overdue(view.today)]
    for claim in overdue:
        step = _next(view, claim.item)
        if step is None:
            continue  # its ladder is finished: the next oldest drives
        if step.starts > view.today:
            return _wait(view, claim.item, step, releases)
        return _ask(view, claim.item, step, overdue, upcoming, releases)
    steps = [(claim.item, step) for claim in upcoming if (step := _next(view, claim.item)) is not None]
    come = next(((item, step) for item, step in steps if step.starts <= view.today), None)
    if come is not None:
        item, step = come
        early = [claim for claim in upcoming if claim.item.day_of(step.level.after_due) <= view.today]
        return _ask(view, item, step, early, upcoming, releases)
    if steps:
        item, step = min(steps, key=lambda pair: pair[1].starts)  # the first of equals is the oldest
        dues = [claim.item.day_of(1) for claim in upcoming]
        return _wait(view, item, step, [*releases, *dues])
    return NotWanted(rule="finished", until=min([*releases, *(claim.item.day_of(1) for claim in upcoming)], default=None), values={})


def _ask(
    view: _View, driver: OpenItem, step: _Next, covered: Sequence[Claim], upcoming: Sequence[Claim], releases: Sequence[date]
) -> Wanted | NotWanted:
    """The contact itself, unless it is about too little."""
    level = step.level
    if level.medium == "handover":  # younger items are not given away with an old one before their own time
        covered = [claim for claim in covered if (own := _next(view, claim.item)) and own.level is level and own.starts <= view.today]
    amounts: dict[str, Decimal] = {}
    for claim in covered:
        amounts[claim.item.currency] = amounts.get(claim.item.currency, Decimal(0)) + claim.amount
    amounts = dict(sorted(amounts.items()))
    if max(amounts.values()) < level.min_open:
        moments = [*releases, *_growth(view, level, upcoming), *([step.expires] if step.expires else [])]
        most = max(amounts, key=lambda currency: amounts[currency])
        return NotWanted(
            rule="below-minimum",
            until=min((moment for moment in moments if moment > view.today), default=None),
            values={"amounts": moneys(amounts), "minimum": Money(level.min_open, most)},
            level=level,
        )  # fmt: skip
    return Wanted(
        key=view.debtor.key,
        ladder=view.ladder.name,
        level=level,
        items=tuple(claim.item.item_no for claim in covered),
        open_amount=amounts,
        driver=driver.item_no,
        driver_due_on=driver.due_on,
        oldest_due_on=covered[0].item.due_on,
        since=step.starts,
        expires_on=step.expires,
    )


def _growth(view: _View, level: Level, upcoming: Sequence[Claim]) -> list[date]:
    """When items that are not in the sum yet may join it."""
    days = []
    for claim in upcoming:
        days += [claim.item.day_of(1), claim.item.day_of(level.after_due)]
    return days


def _wait(view: _View, item: OpenItem, step: _Next, others: Sequence[date]) -> NotWanted:
    values = {
        "day": step.starts, "item": item.item_no, "due": item.due_on, "last": view.last_contact,
    }  # fmt: skip
    return NotWanted(rule="gap" if step.gap else "not-yet", until=min([step.starts, *others]), values=values, level=step.level)


def _held(debtor: Debtor, holds: Holds, today: date) -> NotWanted | None:
    """What stops the whole ladder, the most lasting first."""
    if holds.covered_by:
        return NotWanted(rule="head-office", until=None, values={"head": holds.covered_by})
    state = holds.stops_all(debtor)
    if state:
        return NotWanted(rule="legal-state", until=None, values={"state": state})
    promised = holds.promise_until
    if promised is not None:
        rule = "promise-unjudged" if promised < today else "promise-pending" if holds.promise_pending else "promise"
        return NotWanted(rule=rule, until=max(promised, today) + DAY, values={"day": promised})
    if holds.appointment is not None:
        return NotWanted(rule="appointment", until=None, values={"at": holds.appointment})
    return None


def _next(view: _View, item: OpenItem) -> _Next | None:
    """The item's next step and the day on which it comes. None: all are behind it."""
    for level in view.ladder.levels[reached(view.ladder, item) :]:
        if not _applies(level, view):
            continue
        due = item.day_of(level.after_due)
        starts, gap = due, False
        if view.last_contact is not None and view.last_contact + level.needs_gap * DAY > due:
            starts, gap = view.last_contact + level.needs_gap * DAY, True
        expires = _expiry(level, item)
        if expires is not None and max(starts, view.today) >= expires:
            continue  # its moment has passed, or will have before it may come
        return _Next(level, starts, expires, gap)
    return None


def _applies(level: Level, view: _View) -> bool:
    return level.enabled and level.person_type in ("", view.debtor.person_type) and not (level.medium == "call" and view.holds.do_not_call)


def _expiry(level: Level, item: OpenItem) -> date | None:
    if level.is_courtesy:
        return item.due_on + DAY
    return None if level.expires_after is None else item.day_of(level.after_due + level.expires_after)


def carried_out(ladder: Ladder, number: int, items: Iterable[OpenItem], on: date) -> dict[str, int]:
    """The `contact_level` of each item after step `number` was carried out about them on this day.

    A young item that was only spoken about along with an old one rises no higher than its own age, so that its later steps still come.
    """
    return {
        item.item_no: max(
            [reached(ladder, item), *(level.number for level in ladder.levels[:number] if item.day_of(level.after_due) <= on)]
        )
        for item in items
    }
