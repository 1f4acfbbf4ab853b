"""The turns of upkeep: clock, disk, signs of life, a look over the store.

Owns when each comes round. Touches no debtor and no call.
Invariant: what would make tomorrow's calls wrong (the clock, a full disk, a spoilt store) is a doubt today.
"""

from __future__ import annotations

import asyncio
import os

from collectord.daemon.keeping import doubt
from collectord.daemon.state import Running
from collectord.edge import systemd
from collectord.edge.store import meta

LOOK_OVER_AFTER, LOOK_OVER_EVERY = 60.0, 86_400.0  # s; reading a large store takes seconds, in a thread of its own
UPKEEP_EVERY = 5.0  # s
LOW_DISK = 64 * 1024 * 1024  # bytes: dialling stops before the last outcome cannot be written


class UpkeepTurns:
    def __init__(self, at: Running) -> None:
        self.at = at

    async def look_around(self) -> None:
        at = self.at
        now = at.watch.now()
        if not at.settings.sandbox:  # there `run --now` may begin before what an earlier run wrote
            await at.watch.look_back(at.db)
        free = os.statvfs(at.settings.state_dir)
        if free.f_bavail * free.f_frsize < LOW_DISK:
            at.doubted["guard/disk"] = doubt(at, "guard/store", "disk", room=LOW_DISK // 2**20)
        else:
            at.doubted.pop("guard/disk", None)
        if at.settings.sandbox:  # lists asked for without --now show this clock's facts
            await at.db.write(lambda conn: meta.put(conn, "sandbox_now", now.isoformat()))
        await at.db.advance()
        await asyncio.sleep(UPKEEP_EVERY)

    async def tell_alive(self) -> None:
        """Waits for nothing: only a loop that stands still stops it."""
        systemd.notify(WATCHDOG="1", STATUS="; ".join(self.at.doubts()) or self.at.idle_why or "dialling")

    async def until_alive(self) -> None:
        await asyncio.sleep(min(UPKEEP_EVERY, systemd.watchdog_interval() or UPKEEP_EVERY))

    async def look_over(self) -> None:
        """A store that the disk has spoilt is found before its calls are."""
        await asyncio.sleep(LOOK_OVER_AFTER)
        await self.at.db.look_over()

    async def until_look_over(self) -> None:
        await asyncio.sleep(LOOK_OVER_EVERY)
