"""Allocation rules: the whole of `rules/allocation.toml`.

Owns the bundle. The keys' meaning stands with those who use them: core/receivables/call_value, workday, best_time.
Invariant: without the file priority orders, nothing is learned, and a day is as long as the shipped file says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from collectord.core.receivables.call_value import OFF, CallValue, parse_value
from collectord.core.rule_text import Table
from collectord.core.telephony.best_time import HourRules, parse_hours
from collectord.core.telephony.workday import DayRules, parse_day


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRules:
    value: CallValue = OFF
    day: DayRules = field(default_factory=DayRules)
    hours: HourRules = field(default_factory=HourRules)


PLAIN_ALLOCATION = AllocationRules()


def parse_allocation(table: Table) -> AllocationRules:
    """Problems are collected in the table."""
    rules = AllocationRules(value=parse_value(table), day=parse_day(table), hours=parse_hours(table))
    table.done()
    return rules
