"""The track record of the risk estimate on this house's own ledger.

Reads the histories of at most so many debtors, walks through their past, returns the figures. Writes nothing.
Invariant: what is compared was foretold from what was known before each item was due; a sample takes every n-th debtor, so that it is the
same again tomorrow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from collectord.core.house import House
from collectord.core.receivables.ledger import Debtor, DebtorKey
from collectord.core.receivables.risk_rules import RiskRules
from collectord.core.receivables.risk_track import Foretold, Past, foretold, sentences, track_record
from collectord.core.rules import Rules
from collectord.edge.store import histories, ledger
from collectord.edge.store.connection import Connection, Database, open_for_reading

DEBTORS = 5_000  # of a sample; more would say the same
USUAL_BOUND, USUAL_BEFORE = 50, 5  # per cent and days, where no ladder asks for a risk
MOST_DAYS = 365


async def report(db: Database, rules: Rules, house: House, now: datetime, days: int) -> dict[str, Any]:
    """Of the items that were due within the last so many days and are cleared."""
    pasts = await _pasts(db, rules, house, now)
    today = house.today(now)
    asking = [level for ladder in rules.ladders for level in ladder.levels if level.enabled and level.min_risk]
    before = max([-level.after_due for level in asking], default=USUAL_BEFORE)
    since = today - timedelta(days=min(days, MOST_DAYS))

    def walk() -> list[Foretold]:
        return list(foretold(pasts, rules.risk.late_after, before, since))

    found = await asyncio.to_thread(walk)
    bounds = sorted({level.min_risk for level in asking}) or [USUAL_BOUND]
    record = track_record(found, bounds)
    return {
        "says": sentences(record, house.language),
        "enabled": rules.risk.enabled,
        "late_after_days": rules.risk.late_after,
        "foretold_days_before_due": before,
        "due_from": since.isoformat(),
        "due_to": today.isoformat(),
        "debtors": len(pasts),
        **record,
    }


async def _pasts(db: Database, rules: Rules, house: House, now: datetime) -> Sequence[Past]:
    """Of those debtors whom the rules judge: nobody else's habits are looked at."""
    judging = rules.risk if rules.risk.enabled else RiskRules(enabled=True)
    allowed = bool(house.private_assessment)

    async def look(conn: Connection) -> list[Past]:
        keys = await ledger.debtor_keys(conn)
        pasts = []
        for key in keys[:: max(1, -(-len(keys) // DEBTORS))]:
            debtor = await ledger.debtor(conn, key)
            if debtor is not None and judging.judges(debtor, private_allowed=allowed):
                pasts.append(await _past(conn, key, debtor))
        return [past for past in pasts if past.paid]

    async def _past(conn: Connection, key: DebtorKey, debtor: Debtor) -> Past:
        done = await histories.history_of(conn, key, now, house.today(now), house.time_zone)
        return Past(str(key), debtor.potential_class, done.paid)

    async with open_for_reading(db.path.parent) as own_connection:
        return await own_connection.read(look)
