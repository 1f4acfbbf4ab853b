"""Grounds: the single conditions that a trigger may name, each judged on its own.

Owns what "two items overdue", "the sum grew" or "later than usual" mean, and from which day on each holds. Knows no trigger's name, no
contact and no ladder.
Invariant: a ground that is given holds on every day from its `since` until today on which something was overdue; before the earliest day of
`ahead` time alone does not make one hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from collectord.core.money import Money
from collectord.core.receivables.claims import DAY
from collectord.core.receivables.ledger import OpenItem, open_total
from collectord.core.receivables.paying_habit import LATELY, Habit, late_days
from collectord.core.receivables.trigger_view import Asked, Ground, View


def _crossing(view: View, bound: Decimal) -> tuple[date, str, Decimal] | None:
    """Since when a sum of one currency has been at the bound; of several currencies the one that came last."""
    found = []
    for currency, steps in view.sums.items():
        total = steps[-1][1]
        if total >= bound:
            found.append((next(day for day, reached in steps if reached >= bound), currency, total))
    return max(found, default=None)


def _next_due(asked: Asked, view: View) -> Iterator[date]:
    if view.next_due is not None:
        yield view.next_due


def _never(asked: Asked, view: View) -> Iterable[date]:
    return ()


def _enough(asked: Asked, view: View) -> Ground | None:
    crossed = _crossing(view, asked.min_open)
    return None if crossed is None else Ground("", crossed[0], {})


def _several(asked: Asked, view: View) -> Ground | None:
    """Each further item is an occasion of its own."""
    if len(view.due) < asked.overdue_items:
        return None
    newest = view.due[-1].item.day_of(1)
    return Ground("overdue_items", newest, {"count": len(view.due), "day": newest})


def _sum(asked: Asked, view: View) -> Ground | None:
    crossed = _crossing(view, asked.overdue)
    if crossed is None:
        return None
    since, currency, total = crossed
    return Ground("overdue", since, {"overdue": Money(total, currency), "bound": Money(asked.overdue, currency)})


def _growth(asked: Asked, view: View) -> Ground | None:
    found = []
    for currency in _large_enough(asked, view):
        if not _has_grown(asked, view, currency, view.today):
            continue
        since = view.today
        for moment in sorted(_growth_moments(asked, view, currency), reverse=True):
            if moment <= view.today:
                if not _has_grown(asked, view, currency, moment):
                    break
                since = moment
        found.append((since, currency))
    if not found:
        return None
    since, currency = max(found)
    grown = view.overdue_on(view.today, currency)
    growth = grown - view.overdue_on(view.today - asked.growth_within * DAY, currency)
    values = {"within": asked.growth_within, "growth": Money(growth, currency), "grown": Money(grown, currency)}
    return Ground("growth", since, values)


def _large_enough(asked: Asked, view: View) -> list[str]:
    """The currencies whose sum could have grown by so much."""
    return [currency for currency, steps in view.sums.items() if steps[-1][1] >= asked.growth]


def _has_grown(asked: Asked, view: View, currency: str, day: date) -> bool:
    """Of nothing there is no share: where one is asked for, something was overdue before."""
    after = view.overdue_on(day, currency)
    before = view.overdue_on(day - asked.growth_within * DAY, currency)
    share = not asked.growth_percent or (before > 0 and after * 100 >= before * (100 + asked.growth_percent))
    return share and after > before and after - before >= asked.growth


def _growth_moments(asked: Asked, view: View, currency: str) -> set[date]:
    """The days on which it may begin or end to have grown."""
    span = timedelta(days=asked.growth_within)
    moments = view.moments(currency)
    return moments | {moment + span for moment in moments}


def _growth_ahead(asked: Asked, view: View) -> Iterator[date]:
    yield from _next_due(asked, view)
    for currency in _large_enough(asked, view):
        for moment in _growth_moments(asked, view, currency):
            if moment > view.today and _has_grown(asked, view, currency, moment):
                yield moment


def _credit(asked: Asked, view: View) -> Ground | None:
    """Of a limit that names no currency: each currency is held against it by itself."""
    limit = view.debtor.credit_limit
    if limit is None or limit <= 0:
        return None
    bound = limit * asked.credit_percent / 100
    found = []
    for currency, used in open_total(view.items).items():
        if used < bound:
            continue
        left, since = used, date.min
        debits = [item for item in view.items if item.currency == currency and item.open_amount > 0]
        for item in sorted(debits, key=_known_since, reverse=True):  # until without the newest it would not have been reached
            if left < bound:
                break
            left, since = left - item.open_amount, _known_since(item)
        found.append((since, currency, used))
    if not found:
        return None
    since, currency, used = max(found)
    share = int(used * 100 / limit)
    return Ground("credit", min(since, view.today), {"used": Money(used, currency), "share": share, "limit": Money(limit, currency)})


def _known_since(item: OpenItem) -> date:
    return item.opened_as_of or item.invoiced_on or item.due_on


def _promises(asked: Asked, view: View) -> Ground | None:
    broken = view.history.broken_on
    if len(broken) < asked.promises_broken:
        return None
    last = max(broken)
    return Ground("promise" if len(broken) == 1 else "promises", last, {"broken": len(broken), "seen": last})


def _debit(asked: Asked, view: View) -> Ground | None:
    """Of an item that was collected before it was due, when it is overdue."""
    items = [claim.item for claim in view.due]
    returned = [(max(item.returned_on, item.day_of(1)), item.returned_on, item.item_no) for item in items if item.returned_on is not None]
    if not returned:
        return None
    since, day, item_no = max(returned)
    return Ground("debit", min(since, view.today), {"item": item_no, "returned": day})


def _debit_ahead(asked: Asked, view: View) -> Iterator[date]:
    for item in view.items:
        if item.returned_on is not None and item.open_amount > 0 and item.day_of(1) > view.today:
            yield item.day_of(1)


def _habit(asked: Asked, view: View) -> Ground | None:
    habit = view.habit
    if habit is None:
        return None
    bound = habit.worse_by(asked.later_than_usual)
    since = view.today
    if _lately(asked, habit, view, since) < bound:
        return None
    floor = habit.known_on
    while since > floor and _lately(asked, habit, view, since - DAY) >= bound:
        since -= DAY
    lately = _lately(asked, habit, view, view.today)
    return Ground("habit", since, {"lately": round(lately), "usual": round(habit.mean)})


def _lately(asked: Asked, habit: Habit, view: View, day: date) -> float:
    return habit.lately((claim.item.due_on for claim in view.due if claim.item.day_of(1) <= day), day, asked.later_than_usual)


def _habit_ahead(asked: Asked, view: View) -> Iterator[date]:
    """The mean of the last items rises by at most a day a day for each that is still unpaid; which of them count is assumed for the
    worst."""
    if view.habit is None:
        return
    yield from _next_due(asked, view)
    needed = view.habit.worse_by(asked.later_than_usual) * LATELY
    unpaid = sorted((late_days((view.today - claim.item.due_on).days) for claim in view.due), reverse=True)
    paid = sorted((days for _, days in view.habit.last), reverse=True)
    for count in range(1, min(LATELY, len(unpaid)) + 1):
        missing = needed - sum(unpaid[:count]) - sum(paid[: LATELY - count])
        yield view.today + max(1, ceil(missing / count - 1e-9)) * DAY


@dataclass(frozen=True, slots=True)
class Condition:
    is_asked: Callable[[Asked], bool]
    ground: Callable[[Asked, View], Ground | None]
    ahead: Callable[[Asked, View], Iterable[date]]
    told: bool = True  # reason enough for a trigger

    def __reduce__(self) -> tuple[Callable[[int], Condition], tuple[int]]:
        """Rules go to planners in processes of their own: there it is the same of the few there are."""
        return _condition, (CONDITIONS.index(self),)


CONDITIONS = (
    Condition(lambda asked: asked.debit_returned, _debit, _debit_ahead),
    Condition(lambda asked: asked.promises_broken > 0, _promises, _never),
    Condition(lambda asked: asked.overdue_items > 0, _several, _next_due),
    Condition(lambda asked: asked.overdue > 0, _sum, _next_due),
    Condition(lambda asked: asked.min_open > 0, _enough, _next_due, told=False),
    Condition(lambda asked: asked.credit_percent > 0, _credit, _never),
    Condition(lambda asked: asked.growth > 0 or asked.growth_percent > 0, _growth, _growth_ahead),
    Condition(lambda asked: asked.later_than_usual > 0, _habit, _habit_ahead),
)
"""In the order in which a sentence names them; the cheap ones first."""


def _condition(position: int) -> Condition:
    return CONDITIONS[position]
