"""Triggers: what makes a debtor be contacted before the ladder's own day, as a team lead wrote it.

Owns the shape of a trigger, the reading of `[[trigger]]` in `rules/triggers.toml`, and the judgement which one acts today. Raises no level,
lifts no limit, hold or block, and knows no step of a ladder: escalation does what follows.
Invariant: a trigger acts only while something is overdue, only once per occasion (no contact since), and its conditions hold every day from
`since` on; nothing depends on the order of items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from collectord.core.receivables.claims import DAY, Claim
from collectord.core.receivables.exceptions import LONGEST
from collectord.core.receivables.history import History, Touch
from collectord.core.receivables.ladders import CLASSES, PERSON_TYPES
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.risk_rules import PRIVATE
from collectord.core.receivables.trigger_grounds import CONDITIONS, Condition
from collectord.core.receivables.trigger_view import Ground, View
from collectord.core.rule_text import Table
from collectord.core.wording import Language, Texts, phrase

MEDIA = ("call", "email", "letter")
BUSINESS = "business"  # whoever is not marked so may be a private person
ASKED = (
    "overdue_items", "overdue", "growth", "growth_percent", "credit_percent", "promises_broken", "debit_returned", "later_than_usual",
)  # fmt: skip
WRITTEN = frozenset({"email", "letter", "visit"})

TEXTS: Texts = {
    "fired": ("Brought forward by {name}: {grounds}.", "Vorgezogen durch {name}: {grounds}."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """All conditions that are given (not 0, not false) must hold."""

    name: str
    name_de: str = ""
    overdue_items: int = 0  # so many items overdue at once
    overdue: Decimal = Decimal(0)  # so much overdue in one currency
    growth: Decimal = Decimal(0)  # the overdue sum grew by so much
    growth_percent: int = 0  # and by such a share of what it was
    growth_within: int = 30  # days
    credit_percent: int = 0  # such a share of the credit limit is used
    promises_broken: int = 0  # so many promises in a row were not kept
    debit_returned: bool = False  # a direct debit of an overdue item came back
    later_than_usual: int = 0  # the last items were paid so many days later than the debtor's earlier ones
    min_open: Decimal = Decimal(0)  # what must be overdue in one currency
    companies: tuple[str, ...] = ()
    person_types: tuple[str, ...] = ()
    potential_classes: tuple[str, ...] = ()
    needs_gap: int = 7  # days since the last contact
    medium: str = "call"  # the ladder's next step of this medium is what comes earlier
    script: str = ""  # "" = that step's
    priority: int = 50
    enabled: bool = True
    conditions: tuple[Condition, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(condition for condition in CONDITIONS if condition.is_asked(self)))

    def title(self, language: Language) -> str:
        return self.name_de if language == "de" and self.name_de else self.name

    @property
    def means_private(self) -> bool:
        return not self.person_types or PRIVATE in self.person_types

    def fits(self, debtor: Debtor, *, private_allowed: bool) -> bool:
        """How somebody pays is a profile: of whoever may be a private person only where an assessment allows it."""
        return (
            self.enabled
            and (private_allowed or not self.later_than_usual or debtor.person_type == BUSINESS)
            and (not self.companies or debtor.company in self.companies)
            and (not self.person_types or debtor.person_type in self.person_types)
            and (not self.potential_classes or debtor.potential_class in self.potential_classes)
        )


@dataclass(frozen=True, slots=True)
class Fired:
    """The trigger's contact is wanted today; `since` is the first day of that."""

    trigger: Trigger
    since: date
    grounds: tuple[Ground, ...]

    @property
    def values(self) -> Mapping[str, object]:
        return {name: value for ground in self.grounds for name, value in ground.values.items()}

    def grounds_text(self, language: Language, zone: str = "UTC") -> str:
        return (" und " if language == "de" else " and ").join(ground.text(language, zone) for ground in self.grounds)

    def why(self, language: Language, zone: str = "UTC") -> str:
        return phrase(TEXTS, "fired", language, zone, name=self.trigger.title(language), grounds=self.grounds_text(language, zone))


@dataclass(frozen=True, slots=True)
class Waits:
    """None acts today, and before `until` time alone makes none act; None: time alone never does."""

    until: date | None


def fired(
    debtor: Debtor,
    claims_due: Sequence[Claim],
    items: Sequence[OpenItem],
    history: History,
    today: date,
    triggers: Sequence[Trigger],
    *,
    private_allowed: bool = False,
) -> Fired | Waits:
    """The trigger that acts today: of several the one of the highest priority, of equals the first of the file.

    `claims_due`: what is overdue and may be spoken about; `items`: everything that is open, credits included.
    `private_allowed`: an assessment of data protection lets private persons' habits be watched.
    """
    view = View(debtor, claims_due, items, history, today)
    if not claims_due:
        return Waits(view.next_due if triggers else None)
    fitting = [trigger for trigger in triggers if trigger.fits(debtor, private_allowed=private_allowed)]
    last = last_contact(items, history.touches, today)
    until: list[date] = []
    for trigger in sorted(fitting, key=lambda one: -one.priority):
        answer = _judged(trigger, view, last)
        if isinstance(answer, Fired):
            return answer
        until += [answer.until] if answer.until else []
    return Waits(min(until, default=None))


def last_contact(items: Iterable[OpenItem], touches: Iterable[Touch], today: date) -> date | None:
    """The last day on which the debtor was spoken or written to, or called in vain for a whole step: by us, or by accounting's dunning run.

    A single call that nobody answered is none: the step that it belongs to is still going on.
    """
    days = [item.contacted_on for item in items if item.contacted_on is not None]
    days += [item.last_dunned_on for item in items if item.last_dunned_on is not None]
    days += [touch.on for touch in touches if touch.conversation or touch.medium in WRITTEN]
    return max((day for day in days if day <= today), default=None)


def _judged(trigger: Trigger, view: View, last: date | None) -> Fired | Waits:
    grounds = []
    for condition in trigger.conditions:
        ground = condition.ground(trigger, view)
        if ground is None:
            return Waits(min(condition.ahead(trigger, view), default=None))  # whatever else it waits for
        grounds.append(ground)
    since = max(ground.since for ground in grounds)
    if last is not None and last >= since:  # that was spoken about: the next occasion is a new one
        return Waits(min((day for condition in trigger.conditions for day in condition.ahead(trigger, view)), default=None))
    free = max([since, view.due[0].item.day_of(1), *([last + trigger.needs_gap * DAY] if last else [])])
    return Waits(free) if free > view.today else Fired(trigger, free, tuple(ground for ground in grounds if ground.code))


# ---------------------------------------------------------------- reading


def parse_triggers(table: Table) -> tuple[Trigger, ...]:
    """Every `[[trigger]]`, in the order of the file. Problems are collected in the table."""
    triggers: list[Trigger] = []
    for entry in table.tables("trigger"):
        trigger = _trigger(entry)
        twin = next((other for other in triggers if other.name == trigger.name), None)
        if twin is not None and trigger.name:
            entry.complain("name", f"the name {trigger.name!r} stands twice; people tell triggers apart by it")
        triggers.append(trigger)
    return tuple(triggers)


def _trigger(table: Table) -> Trigger:
    trigger = Trigger(
        name=table.text("name"),
        name_de=table.text("name_de", ""),
        overdue_items=_count(table, "overdue_items", 2, 1_000),
        overdue=_bound(table, "overdue"),
        growth=_bound(table, "growth"),
        growth_percent=_count(table, "growth_percent", 1, 10_000),
        growth_within=table.days("growth_within", "30d"),
        credit_percent=_count(table, "credit_percent", 1, 1_000),
        promises_broken=_count(table, "promises_broken", 1, 20),
        debit_returned=table.flag("debit_returned", False),
        later_than_usual=table.days("later_than_usual", "0d"),
        min_open=table.money("min_open", Decimal(0)),
        companies=table.texts("companies", []),
        person_types=table.texts("person_types", [], one_of=PERSON_TYPES),
        potential_classes=table.texts("potential_classes", [], one_of=CLASSES),
        needs_gap=table.days("needs_gap", "7d"),
        medium=table.text("medium", "call", one_of=MEDIA),
        script=table.text("script", ""),
        priority=table.whole("priority", 50, at_least=0, at_most=100),
        enabled=table.flag("enabled", True),
    )
    table.done()
    if "name" in table.data and not trigger.name.strip():
        table.complain("name", "name is empty; people read it in every list")
    if trigger.min_open < 0:
        table.complain("min_open", "min_open is negative; write the least amount that is worth this contact")
    if "later_than_usual" in table.data and trigger.later_than_usual < 1:
        table.complain("later_than_usual", "later_than_usual must be at least 1d")
    if not 1 <= trigger.growth_within <= 60:
        table.complain("growth_within", "growth_within must lie between 1d and 60d")
    if "growth_within" in table.data and not (trigger.growth or trigger.growth_percent):
        table.complain("growth_within", "growth_within does nothing without growth or growth_percent")
    if trigger.needs_gap < 0:
        table.complain("needs_gap", "needs_gap is negative; write the days since the previous contact, like 7d")
    if trigger.needs_gap > LONGEST:
        table.complain("needs_gap", f"needs_gap = {trigger.needs_gap}d is longer than contacts are remembered; write at most {LONGEST}d")
    if not any(key in table.data for key in ASKED if table.data.get(key) is not False):
        table.complain("", f"the trigger can never fire: it names no condition; give it at least one of {', '.join(ASKED)}")
    return trigger


def _bound(table: Table, key: str) -> Decimal:
    known = len(table.problems)
    amount = table.money(key, Decimal(0))
    if key in table.data and amount <= 0 and len(table.problems) == known:
        table.complain(key, f"{key} must be more than nothing")
    return amount


def _count(table: Table, key: str, least: int, most: int) -> int:
    return table.whole(key, at_least=least, at_most=most) if key in table.data else table.whole(key, 0)
