"""The policy of this house at this instant: the rules, and what the ledger tells about the debtors of a class.

Reads the classes' figures, and has them added up once a week: a planner looks at everybody when they are others. Decides nothing.
Invariant: a ledger of which no ladder asks for a risk is not read for one; a dry run writes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from collectord.core.house import House
from collectord.core.receivables.policy import Policy
from collectord.core.rules import Rules
from collectord.edge.store import peers
from collectord.edge.store.connection import Connection, Database, open_for_reading


async def policy_of(conn: Connection, rules: Rules, house: House, now: datetime) -> Policy:
    """What besides a ladder decides whether a contact is wanted."""
    risks = replace(rules.policy.risks, private_allowed=bool(house.private_assessment))
    if _asks_for_risk(rules):
        risks = replace(risks, peers=await peers.known(conn, house.today(now), rules.risk.late_after))
    return replace(rules.policy, risks=risks)


async def learn(db: Database, rules: Rules, house: House, now: datetime) -> None:
    """Adds up what the ledger tells, unless that was done this week."""
    if not _asks_for_risk(rules):
        return
    today, late_after = house.today(now), rules.risk.late_after
    kept = await db.read(lambda conn: peers.kept(conn, today, late_after))
    monday = today - timedelta(days=today.weekday())
    if kept is None or kept["day"] < monday.isoformat():
        async with open_for_reading(db.path.parent) as own_connection:
            found = await own_connection.read(lambda conn: peers.added_up(conn, today, late_after))
        await db.write(lambda conn: peers.keep(conn, found))


def _asks_for_risk(rules: Rules) -> bool:
    return rules.risk.enabled and any(level.enabled and level.min_risk for ladder in rules.ladders for level in ladder.levels)
