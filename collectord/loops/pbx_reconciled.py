"""PBX reconciled: whether a PBX may be dialled on, and what is asked of it after every LinkUp before it is.

Asks devices, dialplan version and the calls' evidence (loops/recovery). Takes no event.
Invariant: `started` is set only when calls are reconciled, no report was lost meanwhile, and the dialplan is the one that asks the gate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectord.core.telephony.call_seen import Acknowledge
from collectord.core.telephony.pbx_events import LinkUp
from collectord.edge.pbx.faults import PbxFault
from collectord.edge.pbx.versions import DIALPLAN_VERSION
from collectord.loops import callers, hand_over, recording, recovery, unreached
from collectord.loops.pbx_orders import PbxOrders

WAIT_FOR_LINK = timedelta(seconds=60)  # before calls of a PBX that cannot be reached end by time alone
RECONCILE_AGAIN = timedelta(seconds=5)


@dataclass(kw_only=True)
class ReconciledPbx(PbxOrders):
    devices: dict[str, str] = field(default_factory=dict)
    started: str = ""  # "" while the link is down or not reconciled
    dialplan_version: str = ""  # as the PBX said last
    dialplan: str = ""  # what is wrong with the PBX's dialplan, one sentence
    pending: LinkUp | None = None  # the link is up, its calls are not reconciled yet
    _again_at: datetime | None = None
    _blind_since: datetime | None = None
    _asking: bool = False
    _missed: bool = False  # a report was lost since the journal was asked for
    _linked: LinkUp | None = None  # the link that `started` is about

    def ask_again(self) -> None:
        """Reports were lost to a fault: live calls and the journal tell the same; nothing is dialled or forgotten here before they did."""
        self._missed = True
        if self.started:
            self.pending, self.started, self._again_at = self._linked, "", None

    def reception(self) -> callers.Reception:
        started = self.started or (self.pending.started if self.pending else "")
        return callers.Reception(db=self.db, settings=self.settings, house=self.house, pbx=self.name, started=started, devices=self.devices)

    def is_waited_for(self, now: datetime) -> bool:
        """A link that is being made or just broke: its journal may know what became of calls whose time is over."""
        if self.started:
            self._blind_since = None
            return False
        self._blind_since = self._blind_since or now
        return now - self._blind_since < WAIT_FOR_LINK

    async def reconcile(self, now: datetime) -> None:
        """After LinkUp, and by the timer until it is done: a slow answer or a full disk must not leave this PBX unused for ever."""
        up = self.pending
        if up is None or self._asking or (self._again_at is not None and now < self._again_at):
            return
        self._again_at = now + RECONCILE_AGAIN
        self._asking, self._missed = True, False  # one at a time: of two, the later one's effects would be dropped below
        try:
            devices = await self.pbx.device_states()
            version = await self.pbx.dialplan_version()
            strangers = await callers.arrived_meanwhile(self.reception(), await self.pbx.callers(), now)
            await hand_over.taken_meanwhile(self.reception(), await self.pbx.handed(), now)
            await recording.told_meanwhile(self.reception(), await self.pbx.recorded(), now)
            effects = await recovery.reconcile(self.db, self.pbx, self.name, up.started, self.rules, self.house, now)
            waiting = {leg.attempt_id for leg in await self.pbx.live_calls()} if strangers else set()
            over = [row for row in strangers if row.attempt_id not in waiting]  # of the others CollMissed tells, should it come to that
            await unreached.note(self.reception(), [row for row in over if not row.endpoint], now)
            effects += tuple(Acknowledge(self.name, row.attempt_id) for row in over)
        except PbxFault as fault:
            self.log.warning("pbx_not_reconciled", pbx=self.name, why=str(fault))
            return
        finally:
            self._asking = False
        if self.pending is not up:
            return  # lost meanwhile: the next LinkUp begins anew
        self.devices.clear()
        self.devices.update(devices)
        await self.carry_out(effects, now)
        if self._missed:
            return  # maybe after the journal was read: it is read again
        if not self._knows(version):
            return  # looked at again: somebody may be about to install ours
        self.pending, self.started, self._linked = None, up.started, up
        self.log.info("pbx_reconciled", pbx=self.name)

    def _knows(self, version: str) -> bool:
        """Another version may dial without asking the gate, or say what we do not understand: nothing is placed there."""
        told = f"version {version or 'none'} of the dialplan is loaded, this collectord needs {DIALPLAN_VERSION}: nothing is dialled there"
        self.dialplan_version = version
        before, self.dialplan = self.dialplan, "" if version == DIALPLAN_VERSION else told
        if self.dialplan and self.dialplan != before:
            self.log.error("pbx_dialplan_unknown", pbx=self.name, why=self.dialplan)
        return not self.dialplan
