"""PBX watch: once a minute a look at each PBX; what is wrong there is told, what we had wrong is put right.

Reads the PBX and the store, asks core/telephony/pbx_signs, corrects phones' states and follows calls that nothing was reported of.
Invariant: no call is placed and none is ended; what was seen last stays told until a later look finds it gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.pbx_signs import Look, Sign, corrected, signs, unreported
from collectord.core.wording import Language
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.pbx.faults import PbxFault
from collectord.edge.pbx.versions import DIALPLAN_VERSION
from collectord.edge.store import calls, recordings
from collectord.edge.store.connection import Connection, Database
from collectord.loops import recording, recovery
from collectord.loops.line_tests import TEST_PREFIX
from collectord.loops.pbx_events import PbxDesk

LOOK_EVERY = timedelta(minutes=1)
ERASE_EVERY = timedelta(hours=1)
CALLED_US = "in-"  # so begins the id that the PBX gives to a call that comes in


@dataclass(slots=True)
class PbxWatch:
    """One per PBX."""

    desk: PbxDesk
    signs: tuple[Sign, ...] = ()
    repaired: int = 0  # phones' states put right since the start
    _before: Look | None = None
    _started: str = ""
    _missing: tuple[str, ...] = ()
    _looked_at: datetime | None = None
    _erased_at: datetime | None = None
    _erased_to: str = ""  # "" = all that were to go have been ordered
    _told: set[str] = field(default_factory=set)

    def says(self, language: Language) -> list[str]:
        return [sign.says(language) for sign in self.signs]

    def orphans(self) -> list[str]:
        return sorted({which for sign in self.signs if sign.code in ("orphans", "strangers") for which in sign.which})

    def described(self, language: Language) -> dict[str, Any]:
        """What `status` adds about this PBX."""
        health = self.desk.pbx.link.health()
        return {
            "waiting": health.waiting,
            "dropped": health.dropped,
            "unread": health.unread,
            "broken": health.broken,
            "repaired": self.repaired,
            "orphans": self.orphans(),
            "signs": self.says(language),
        }

    async def turn(self, now: datetime) -> None:
        """Nothing while the link is down: that is told by itself, and the reconciliation that follows finds the same."""
        if not self.desk.started:
            self._before, self._looked_at, self.signs = None, None, ()
            return
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        try:
            look = await self._look()
            await self._erase(now)
        except PbxFault as fault:
            self.desk.log.warning("pbx_not_looked_at", pbx=self.desk.name, why=str(fault))
            return
        self.signs = signs(self.desk.name, self._before, look)
        if any(sign.code == "silent" for sign in self.signs):
            await self._follow(look, now)
        self._before = look
        self._tell()

    async def _look(self) -> Look:
        desk = self.desk
        if self._started != desk.started:  # rights are given at log-in
            self._missing = (await desk.pbx.privileges()).missing
            self._started = desk.started
        if await desk.pbx.dialplan_version() != DIALPLAN_VERSION:
            desk.ask_again()  # loaded anew since the log-in: nothing is placed there until it is ours again
        asked = dict(desk.devices)
        listed = await desk.pbx.device_states()
        agents = [agent for agent in desk.settings.agent if agent.pbx == desk.name]
        watched = {device for agent in agents for device in agent.devices}
        self._correct(corrected(asked, desk.devices, {device: state for device, state in listed.items() if device in watched}))
        phones = {agent.devices[0]: listed[agent.devices[0]] for agent in agents if agent.devices[0] in listed}
        return await look_at(desk.db, desk.pbx, phones, self._missing)

    def _correct(self, wrong: Mapping[str, str]) -> None:
        for phone, state in wrong.items():
            had = self.desk.devices.get(phone, "")
            self.desk.log.warning("device_state_repaired", pbx=self.desk.name, device=phone, had=had, is_now=state)
            self.desk.devices[phone] = state
            self.repaired += 1
        if wrong:
            self.desk.wake()

    async def _follow(self, look: Look, now: datetime) -> None:
        """Calls of which no report comes go on by what the PBX says when it is asked."""
        desk, unheard = self.desk, [look.attempts[attempt_id] for attempt_id in sorted(unreported(look))]
        try:
            effects = await recovery.look_for(desk.db, desk.pbx, unheard, desk.rules, desk.house, now)
        except PbxFault as fault:
            desk.log.warning("pbx_not_looked_at", pbx=desk.name, why=str(fault))
            return
        await desk.carry_out(effects, now)

    async def _erase(self, now: datetime) -> None:
        """Recordings that are to go, at the first look, then once an hour and after a withdrawal; of many some at each look."""
        last = self._erased_at
        waits = not self._erased_to and last is not None and timedelta(0) <= now - last < ERASE_EVERY
        if waits and last and not await self.desk.db.read(lambda conn: recordings.withdrawn_since(conn, self.desk.name, last)):
            return
        self._erased_at = now
        ordered = await recording.erase_old(self.desk.reception(), self.desk.pbx, now, self._erased_to)
        self._erased_to = ordered[-1] if len(ordered) == recording.AT_ONCE else ""
        if ordered:
            self.desk.log.info("recordings_erased", pbx=self.desk.name, ordered=len(ordered))

    def _tell(self) -> None:
        """Each once, and once more when it is over."""
        there = {sign.code: sign for sign in self.signs}
        for code in sorted(there.keys() - self._told):
            self.desk.log.warning("pbx_sign", pbx=self.desk.name, sign=code, count=there[code].count, which=list(there[code].which[:20]))
        for code in sorted(self._told - there.keys()):
            self.desk.log.info("pbx_sign_gone", pbx=self.desk.name, sign=code)
        self._told = set(there)


async def look_at(db: Database, pbx: AsteriskPbx, phones: Mapping[str, str], missing_rights: tuple[str, ...]) -> Look:
    """What is there now; test calls, and callers whom we do not know, aside. `phones`: our agents', as the PBX has just listed them."""
    live, occupied = await pbx.live_calls_and_phones()
    live = tuple(channel for channel in live if not channel.attempt_id.startswith(TEST_PREFIX))
    ids = sorted({channel.attempt_id for channel in live})

    async def known(conn: Connection) -> dict[str, Attempt]:
        found = {attempt_id: await calls.attempt(conn, attempt_id) for attempt_id in ids}
        return {attempt_id: attempt for attempt_id, attempt in found.items() if attempt is not None}

    async def agreed(conn: Connection) -> frozenset[str]:
        found = [await recordings.recording(conn, channel.attempt_id) for channel in live if channel.recorded]
        return frozenset(one.attempt_id for one in found if one is not None and one.withdrawn_at is None)

    health = pbx.link.health()
    attempts = await db.read(known) if ids else {}
    return Look(
        live=tuple(one for one in live if one.attempt_id in attempts or not one.attempt_id.startswith(CALLED_US)),
        attempts=attempts,
        agreed=await db.read(agreed) if any(channel.recorded for channel in live) else frozenset(),
        phones=phones,
        occupied=occupied,
        waiting=health.waiting,
        dropped=health.dropped,
        missing_rights=missing_rights,
    )
