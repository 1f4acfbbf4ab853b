"""What an absence leaves to nobody, beside the answer that records it.

Reads the team, the absences and what waits; asks core/telephony/left_alone. Writes nothing.
Invariant: it looks at the store as it stands after the absence was recorded.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from collectord.core.receivables.dunning import day_begins
from collectord.core.rules import Rules
from collectord.core.telephony.callbacks import Absence
from collectord.core.telephony.left_alone import LeftAlone, left_alone
from collectord.edge.store import callbacks, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops.callbacks import team
from collectord.settings import Settings


async def nobody_left(db: Database, settings: Settings, rules: Rules, absence: Absence, now: datetime) -> dict[str, Any]:
    """`nobody_left` and `warnings` of the answer."""
    house, zone = settings.house(), settings.time_zone
    today = house.today(now)
    until = day_begins(absence.until_on + timedelta(days=1), zone)

    async def look(conn: Connection) -> tuple[LeftAlone, ...]:
        away = await callbacks.absences(conn, today, now)
        calls, agreed = await tasks.live_calls(conn, now, until), await callbacks.live_callbacks(conn, now)
        usual = rules.allocation.day.hours
        return left_alone(absence, team(settings.agent), away, calls, agreed, usual=usual, today=today, zone=zone)

    found = await db.read(look)
    language = settings.language
    return {"nobody_left": [one.document(language) for one in found], "warnings": [one.says(language) for one in found]}
