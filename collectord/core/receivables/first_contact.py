"""First contact: a day before which nothing can be wanted of a debtor, reckoned from due days and amounts alone.

Owns this bound, which spares planning the whole decision about whoever owes nothing that is due, or too little. Wants nothing itself:
escalation does, and knows better.
Invariant: before the day named, escalation wants no contact of the debtor as long as nothing happens, whatever holds or was done; the day
may be too early, never too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from collectord.core.money import to_scaled
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import Debtor
from collectord.core.receivables.paying_habit import EARLIER, LATELY
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.risk import judged
from collectord.core.receivables.risk_rules import Risks
from collectord.core.receivables.triggers import Trigger

TODAY = 0  # a day in the past: it has to be decided


class Past(NamedTuple):
    """What may bend a decision about somebody of whom nothing is due."""

    paid: int = 0  # items that were cleared
    broken: bool = False  # a promise was not kept
    owed_before: bool = False  # more than is open now may have been owed: something was paid, in part or in whole, or a credit is open


NO_PAST = Past()


@dataclass(frozen=True, slots=True)
class _Demand:
    """What must be there at least for one step or trigger, in the store's form of amounts, and so long after what is due."""

    after_first: int  # days after the first due day
    amount: int  # that is due together …
    after_amount: int  # … days before
    count: int = 0  # items that are overdue
    credit_percent: int = 0


class FirstContacts:
    """For one policy and its ladders. What they demand is the same for all debtors of a kind, and is looked up once for each kind."""

    def __init__(self, ladders: tuple[Ladder, ...], policy: Policy) -> None:
        self._ladders, self._policy = ladders, policy
        self._kinds: dict[tuple[str, str, str, bool, bool, bool, bool], tuple[_Demand, ...] | None] = {}

    def day(self, debtor: Debtor, owed: list[tuple[int, int]], past: Past) -> int | None:
        """As an ordinal; None: never. `owed`: of each item that is open the due day and the amount; credits left out, none came back."""
        if self._policy.frames.exceptions.debtors and self._policy.frames.exceptions.of(debtor.key) is not None:
            return TODAY
        pasts = past.paid > 0, past.paid >= LATELY + EARLIER, past.broken, past.owed_before
        kind = (debtor.company, debtor.person_type, debtor.potential_class, *pasts)
        if kind in self._kinds:
            demands = self._kinds[kind]
        else:
            demands = self._kinds[kind] = self._demands(debtor, past)
        if demands is None:
            return TODAY
        owed.sort()
        found = [day for demand in demands if (day := _comes(demand, debtor, owed)) is not None]
        return min(found, default=None)

    def _demands(self, debtor: Debtor, past: Past) -> tuple[_Demand, ...] | None:
        ladder = self._policy.ladder_for(debtor, self._ladders)
        if ladder is None:
            return None
        levels = [level for level in ladder.levels if level.enabled and level.person_type in ("", debtor.person_type)]
        return (*self._of_levels(levels, debtor, past), *self._of_triggers(levels, debtor, past))

    def _of_levels(self, levels: Sequence[Level], debtor: Debtor, past: Past) -> Iterator[_Demand]:
        risks = self._policy.risks
        for level in levels:
            amount = to_scaled(level.min_open)
            if not level.is_courtesy:
                yield _Demand(_least_after_due(level), amount, 1)
                continue
            after_first = level.after_due
            if level.min_risk and not risks.judges(debtor):
                continue
            if level.min_risk and not past.paid and _unknown_risk(debtor, risks) < level.min_risk:
                after_first = max(after_first, risks.rules.late_after + 1)  # when another item is late
            yield _Demand(after_first, amount, level.after_due)

    def _of_triggers(self, levels: Sequence[Level], debtor: Debtor, past: Past) -> Iterator[_Demand]:
        """They bring a step forward, so they want what it asks for as well."""
        asked = [level.min_open for level in levels if not level.is_courtesy]
        for trigger in self._policy.triggers if asked else ():
            fits = trigger.fits(debtor, private_allowed=self._policy.risks.private_allowed)
            if fits and not _needs_another_past(trigger, past):
                amount = max(min(asked), trigger.overdue, trigger.min_open, trigger.growth)
                grows = trigger.growth_within if trigger.growth_percent and not past.owed_before else 0  # a share of what was overdue then
                yield _Demand(1 + grows, to_scaled(amount), 1, trigger.overdue_items, trigger.credit_percent)


def _least_after_due(level: Level) -> int:
    if level.after_month_end is not None:
        return max(1, level.after_month_end)
    return 1 if level.after_contact is not None else level.after_due


def _unknown_risk(debtor: Debtor, risks: Risks) -> int:
    """Of whom nothing is known but the class: the same on every day and for every item."""
    return judged(debtor.potential_class, date.min, (Decimal(1), ""), (), (), risks.peers, date.min, risks.rules.late_after).percent


def _may_use(debtor: Debtor, percent: int, owed: Iterable[tuple[int, int]]) -> bool:
    limit = debtor.credit_limit
    return limit is not None and limit > 0 and 100 * sum(amount for _, amount in owed) >= to_scaled(limit) * percent


def _needs_another_past(trigger: Trigger, past: Past) -> bool:
    return (
        trigger.debit_returned
        or (trigger.promises_broken > 0 and not past.broken)
        or (trigger.later_than_usual > 0 and past.paid < LATELY + EARLIER)
    )


def _comes(demand: _Demand, debtor: Debtor, owed: Sequence[tuple[int, int]]) -> int | None:
    """The first day on which so much is due. Amounts of several currencies are added here: that is early, never late."""
    if demand.count > len(owed):
        return None
    together, first = 0, owed[0][0]
    for due, amount in owed:
        together += amount
        if together >= demand.amount:
            if demand.credit_percent and not _may_use(debtor, demand.credit_percent, owed):
                return None
            return max(first + demand.after_first, due + demand.after_amount, owed[demand.count - 1][0] + 1 if demand.count else 0)
    return None
