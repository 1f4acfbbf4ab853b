"""Risk rules: for whom the risk of paying late is estimated, and what a ladder is told of it.

Owns the reading of `[risk]` in `rules/triggers.toml`. Estimates nothing itself: that is core/receivables/risk.
Invariant: of a private person nothing is estimated unless the configuration names a data-protection assessment; who is not judged has no
risk, and so gets no step that asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from collectord.core.receivables.history import History
from collectord.core.receivables.ladders import CLASSES, PERSON_TYPES
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.peers import NO_PEERS, Peers
from collectord.core.receivables.risk import Risk, changes_on, estimate
from collectord.core.rule_text import Table

PRIVATE = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRules:
    enabled: bool = False
    late_after: int = 3  # days after the due date from which on a payment is late
    person_types: tuple[str, ...] = ("business",)
    potential_classes: tuple[str, ...] = ()  # empty: all

    def judges(self, debtor: Debtor, *, private_allowed: bool) -> bool:
        return (
            self.enabled
            and debtor.person_type in self.person_types
            and (debtor.person_type != PRIVATE or private_allowed)
            and (not self.potential_classes or debtor.potential_class in self.potential_classes)
        )


NO_RISK_RULES = RiskRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Risks:
    """What decisions ask: the rules, what is known of the classes, and whether private persons may be judged."""

    rules: RiskRules = NO_RISK_RULES
    peers: Peers = NO_PEERS
    private_allowed: bool = False

    def judges(self, debtor: Debtor) -> bool:
        return self.rules.judges(debtor, private_allowed=self.private_allowed)

    def of(self, debtor: Debtor, item: OpenItem, others: Iterable[OpenItem], history: History, today: date) -> Risk | None:
        """The risk that this item is paid late; None: nobody may ask. `others`: everything open of the debtor."""
        if not self.judges(debtor):
            return None
        return estimate(debtor.potential_class, item, history, self.peers, today, others=others, late_after=self.rules.late_after)

    def changes_on(self, open_items: Iterable[OpenItem], history: History, today: date) -> date | None:
        """The first day on which time alone may make the risk of an item another one; None: never."""
        return changes_on(open_items, history, today, self.rules.late_after)


NO_RISKS = Risks()


def parse_risk(table: Table) -> RiskRules:
    """`[risk]` of `triggers.toml`; without it nothing is estimated."""
    inner = table.table("risk")
    rules = RiskRules(
        enabled=inner.flag("enabled", bool(inner.data)),
        late_after=inner.days("late_after", "3d"),
        person_types=inner.texts("person_types", ["business"], one_of=PERSON_TYPES),
        potential_classes=inner.texts("potential_classes", [], one_of=CLASSES),
    )
    inner.done()
    if not 0 <= rules.late_after <= 60:
        inner.complain("late_after", "late_after must lie between 0d and 60d")
    if not rules.person_types:
        inner.complain("person_types", "person_types is empty; write enabled = false to estimate nobody's risk")
    return rules
