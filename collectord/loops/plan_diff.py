"""Two plans of one ledger beside each other: tomorrow's against today's, or by other rules against by these.

Reads every debtor once and asks core twice. Writes nothing.
Invariant: both plans are made of one consistent picture, so whatever differs comes from the day or from the rules alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from collectord.core.house import House
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.ladders import Ladder
from collectord.core.receivables.ledger import overdue_total
from collectord.core.receivables.plan_difference import Difference, Said, compared, edited, more, said
from collectord.core.receivables.policy import Policy
from collectord.core.rules import Rules, rule_warnings
from collectord.edge.store.connection import Database
from collectord.loops.debtor_scan import Seen, scan


async def by_day(db: Database, rules: Rules, house: House, now: datetime) -> dict[str, Any]:
    """Tomorrow against today, if nothing happens in between."""
    today = house.today(now)
    tomorrow = today + timedelta(days=1)

    def pair(seen: Seen) -> tuple[Said, Said]:
        return _said(seen, seen.ladder, seen.policy, today, house), _said(seen, seen.ladder, seen.policy, tomorrow, house)

    found = await _compared(db, rules, house, now, pair)
    return _document(found, house, ("today", today.isoformat()), ("tomorrow", tomorrow.isoformat()), "by-day")


async def by_rules(
    db: Database, rules: Rules, others: Rules, house: House, now: datetime, *, names: tuple[str, str], files: Sequence[str]
) -> dict[str, Any]:
    """What today's plan would be by the other rules, against what it is by these. `names`: of the two directories; `files` differ."""
    today = house.today(now)

    def pair(seen: Seen) -> tuple[Said, Said]:
        policy = replace(others.policy, risks=replace(seen.policy.risks, rules=others.risk))
        there = policy.ladder_for(seen.debtor, others.ladders)
        return _said(seen, seen.ladder, seen.policy, today, house), _said(seen, there, policy, today, house)

    found = await _compared(db, rules, house, now, pair)
    doc = _document(found, house, ("before", names[0]), ("after", names[1]), "by-rules")
    is_changed = any(total["count"] for total in found.totals().values())
    told = edited(files, names[1], is_changed, house.language, house.time_zone)
    doc["difference"] |= {"files": list(files), "edited": told, "warnings": [*others.warnings, *rule_warnings(others, house)]}
    return doc


async def _compared(db: Database, rules: Rules, house: House, now: datetime, pair: Callable[[Seen], tuple[Said, Said]]) -> Difference:
    difference = Difference()
    await scan(db, rules, house, now, lambda seen: difference.add(seen.debtor.key, *pair(seen)))
    return difference


def _said(seen: Seen, ladder: Ladder | None, policy: Policy, day: date, house: House) -> Said:
    answer = wanted(seen.debtor, seen.items, ladder, day, holds=seen.holds, history=seen.history, policy=policy)
    return said(answer, overdue_total(seen.items, day), policy.frames.of(seen.debtor).named(house.language), house.language)


def _document(found: Difference, house: House, before: tuple[str, str], after: tuple[str, str], code: str) -> dict[str, Any]:
    language, zone = house.language, house.time_zone
    rows = found.rows(before[0], after[0])
    shown = {(one["company"], one["debtor_no"]) for row in rows if row["wanted"] for one in row["examples"]}
    changed = sum(total["count"] for total in found.totals().values())
    return {
        "diff": rows,
        "difference": {
            before[0]: before[1],
            after[0]: after[1],
            "tasks": found.totals(),
            "compared": compared(code, before[1], after[1], language, zone),
            "sentences": found.sentences(language, zone),
            "more": more(changed - len(shown), language, zone),
        },
    }
