"""A debtor as triggers see it: what is overdue and since when, what was overdue before, and the shape of a reason.

Owns the sums over time that several conditions share, and the words of the reasons. Judges no condition.
Invariant: nothing depends on the order of items; amounts of different currencies are never added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from collectord.core.receivables.claims import DAY, Claim
from collectord.core.receivables.history import History
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.paying_habit import Habit, habit_of
from collectord.core.wording import Language, Texts, phrase

TEXTS: Texts = {
    "overdue_items": (
        "{count} items are overdue at once, the newest since {day}",
        "{count} Posten sind zugleich überfällig, der jüngste seit {day}",
    ),
    "overdue": ("{overdue} are overdue, the bound is {bound}", "{overdue} sind überfällig, die Grenze ist {bound}"),
    "growth": (
        "in {within} days the overdue sum grew by {growth} to {grown}",
        "in {within} Tagen ist die überfällige Summe um {growth} auf {grown} gestiegen",
    ),
    "credit": (
        "{used} are open, {share} % of the credit limit of {limit}",
        "{used} sind offen, {share} % des Kreditlimits von {limit}",
    ),
    "promise": ("the promise to pay was not kept (seen on {seen})", "die Zahlungszusage wurde nicht gehalten (festgestellt am {seen})"),
    "promises": (
        "{broken} promises in a row were not kept (the last seen on {seen})",
        "{broken} Zusagen in Folge wurden nicht gehalten (die letzte festgestellt am {seen})",
    ),
    "debit": ("the direct debit of {item} came back on {returned}", "die Lastschrift von {item} kam am {returned} zurück"),
    "habit": (
        "lately {lately} days late on average, before that {usual}",
        "zuletzt im Mittel {lately} Tage zu spät gezahlt, früher {usual}",
    ),
}


class Asked(Protocol):
    """What a trigger asks for."""

    @property
    def overdue_items(self) -> int: ...
    @property
    def overdue(self) -> Decimal: ...
    @property
    def growth(self) -> Decimal: ...
    @property
    def growth_percent(self) -> int: ...
    @property
    def growth_within(self) -> int: ...
    @property
    def credit_percent(self) -> int: ...
    @property
    def promises_broken(self) -> int: ...
    @property
    def debit_returned(self) -> bool: ...
    @property
    def later_than_usual(self) -> int: ...
    @property
    def min_open(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """A condition that holds, and since when. No code: it goes without saying."""

    code: str
    since: date
    values: Mapping[str, object]

    def text(self, language: Language, zone: str) -> str:
        return phrase(TEXTS, self.code, language, zone, **self.values)


class View:
    """One debtor on one day, looked at by several conditions."""

    def __init__(self, debtor: Debtor, due: Sequence[Claim], items: Sequence[OpenItem], history: History, today: date) -> None:
        self.debtor, self.items, self.history, self.today = debtor, items, history, today
        self.due = sorted(due, key=lambda claim: (claim.item.day_of(1), claim.item.item_no))
        self.next_due = min((day for item in items if item.open_amount > 0 and (day := item.day_of(1)) > today), default=None)
        self.sums: dict[str, list[tuple[date, Decimal]]] = {}
        """By currency: each day on which something became overdue, and how much was from then on, of what still is."""
        for claim in self.due:
            steps = self.sums.setdefault(claim.item.currency, [])
            steps.append((claim.item.day_of(1), claim.amount + (steps[-1][1] if steps else 0)))

    @cached_property
    def habit(self) -> Habit | None:
        return habit_of(self.history.paid)

    def overdue_on(self, day: date, currency: str) -> Decimal:
        """What was overdue on a day that has passed, or would be on one to come if nobody pays: what may be spoken about now and was due
        then, what was paid of such items since, less credits that there were then."""
        flows = self._flows[currency]
        counted = (amount for since, until, amount in flows if (since is None or since <= day) and (until is None or day < until))
        return max(Decimal(0), sum(counted, Decimal(0)))

    def moments(self, currency: str) -> set[date]:
        """The days on which `overdue_on` changes."""
        return {day for since, until, _ in self._flows[currency] for day in (since, until) if day is not None}

    @cached_property
    def _flows(self) -> dict[str, list[tuple[date | None, date | None, Decimal]]]:
        """By currency: (from which day on, up to which day exclusive, so much counts); None: without an end.

        A fall counts from the day its item was overdue until it fell. Of a credit that is open now nobody says what it pays for: until its
        own day its amount is still owed.
        """
        flows: dict[str, list[tuple[date | None, date | None, Decimal]]] = {currency: [] for currency in self.sums}
        for claim in self.due:
            flows[claim.item.currency].append((claim.item.day_of(1), None, claim.amount))
        for fall in self.history.falls:
            starts = fall.due_on + DAY if fall.amount > 0 else fall.due_on
            if fall.currency in flows and starts < fall.on:
                flows[fall.currency].append((starts, fall.on, fall.amount))
        for item in self.items:
            if item.open_amount < 0 and item.currency in flows:
                flows[item.currency].append((None, item.invoiced_on or item.due_on, -item.open_amount))
        return flows
