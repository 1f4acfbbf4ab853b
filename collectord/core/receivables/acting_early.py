"""Acting early: all that `rules/triggers.toml` says.

Owns the file as a whole. Its two parts are read in triggers.py and risk_rules.py.
Invariant: without the file nothing is brought forward and nothing estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

from collectord.core.receivables.risk_rules import NO_RISK_RULES, RiskRules, parse_risk
from collectord.core.receivables.triggers import Trigger, parse_triggers
from collectord.core.rule_text import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    triggers: tuple[Trigger, ...] = ()
    risk: RiskRules = NO_RISK_RULES


NOT_EARLY = Early()


def parse_early(table: Table) -> Early:
    early = Early(triggers=parse_triggers(table), risk=parse_risk(table))
    table.done()
    return early
