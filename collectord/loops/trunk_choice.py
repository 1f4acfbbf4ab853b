"""Trunk choice: over which of a company's trunks the next call leaves.

Reads each trunk's load and how its last calls ended, asks core whether it rests or has room. Writes nothing.
Invariant: a company's calls leave over its own trunks alone, in the order of the configuration.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from collectord.core.house import House
from collectord.core.telephony.pacing import Trunk, Wait, counted, room
from collectord.core.telephony.trunk_rest import is_failing, rest
from collectord.edge.store import calls, meta
from collectord.edge.store.connection import Connection
from collectord.loops.call_order import as_trunk
from collectord.settings import Settings


async def open_trunk(conn: Connection, trunks: Iterable[Trunk], house: House, now: datetime) -> Trunk | Wait:
    """The first that does not rest, if it has room; else why not. A trunk that is merely full is waited for."""
    waits: list[Wait] = []
    for trunk in trunks:
        resting = await _rest(conn, trunk, house, now)
        if resting is None:
            live, earlier = await meta.trunk_load(conn, trunk.name, counted(trunk.calls_per_second))
            return room(trunk, live=live, earlier=earlier, now=now) or trunk
        waits.append(resting)
    return waits[0]


async def resting(conn: Connection, settings: Settings, house: House, now: datetime) -> dict[str, str]:
    """The trunks that carry no call now because their calls failed, with the sentence why."""
    found = [(trunk.name, await _rest(conn, trunk, house, now)) for trunk in map(as_trunk, settings.trunk)]
    return {name: wait.why for name, wait in found if wait is not None}


async def told(conn: Connection, settings: Settings, house: House, now: datetime) -> list[dict[str, Any]]:
    """Each trunk with its load, and why it rests."""
    shown = []
    for trunk in map(as_trunk, settings.trunk):
        wait = await _rest(conn, trunk, house, now)
        shown.append(
            {
                "name": trunk.name,
                "pbx": trunk.pbx,
                "calls": (await meta.trunk_load(conn, trunk.name, 1))[0],
                "channels": trunk.channels - trunk.reserve,
                "state": "resting" if wait else "ok",
                "until": wait.until.isoformat() if wait and wait.until else None,
                "why": wait.why if wait else None,
            }
        )
    return shown


async def _rest(conn: Connection, trunk: Trunk, house: House, now: datetime) -> Wait | None:
    """Its load is read only when its calls fail."""
    ends = await calls.trunk_ends(conn, trunk.name, trunk.rest_after)
    if not is_failing(trunk, ends):
        return None
    live, _ = await meta.trunk_load(conn, trunk.name, 1)
    return rest(trunk, ends, live, now, house.language, house.time_zone)
