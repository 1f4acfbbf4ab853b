"""PBX events: what one PBX reports is taken in order, saved, and answered.

Reads the link's queue, hands call events to loops/call_events, feature codes to loops/duty, and carries the effects out on the PBX.
Invariant: an effect is carried out only after the transaction that asked for it is on disk; after every LinkUp calls are reconciled before
anything new is dialled on that PBX.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.call_seen import (
    Acknowledge,
    AgentFree,
    AgentMissedRing,
    AgentTookRing,
    AskHuman,
    Effect,
    Go,
    RingBackAgent,
    SayGo,
    SaySaved,
)
from collectord.core.telephony.pauses import Ring
from collectord.core.telephony.pbx_calls import Accepted, RingBack
from collectord.core.telephony.pbx_events import (
    AgentAccepted,
    AgentUp,
    CallEvent,
    DebtorUp,
    DeviceState,
    Dialling,
    DialResult,
    Ended,
    EndState,
    FeatureDialled,
    Keyed,
    LinkLost,
    LinkUp,
    OriginateFailed,
    PbxEvent,
)
from collectord.edge.crash import crash_point
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.pbx.faults import PbxFault
from collectord.edge.pbx.versions import DIALPLAN_VERSION
from collectord.edge.store import calls
from collectord.edge.store.connection import Database
from collectord.loops import call_events, duty, recovery, untaken_rings
from collectord.loops.clearance import Standing
from collectord.settings import Settings

TEST_PREFIX = "test-"  # attempt ids of test calls: no debtor, no row
WAIT_FOR_LINK = timedelta(seconds=60)  # before calls of a PBX that cannot be reached end by time alone
RECONCILE_AGAIN = timedelta(seconds=5)


def _is_test(event: CallEvent) -> bool:
    return event.attempt_id.startswith(TEST_PREFIX)


@dataclass(kw_only=True)
class PbxDesk:
    """One per PBX; `take_all` is called for every event, in order."""

    name: str
    pbx: AsteriskPbx
    db: Database
    settings: Settings
    rules: Rules
    house: House
    features: duty.FeatureDesk
    stands: Callable[[], Standing]  # what keeps everybody from being dialled
    log: Any
    wake: Callable[[], None]  # somebody may be free now
    spawn: Callable[[Coroutine[Any, Any, None]], object]  # a task of the daemon's group
    devices: dict[str, str] = field(default_factory=dict)
    started: str = ""  # "" while the link is down or not reconciled
    tests: dict[str, str] = field(default_factory=dict)  # test calls under way: id -> result, "" so long
    dialplan_version: str = ""  # as the PBX said last
    dialplan: str = ""  # what is wrong with the PBX's dialplan, one sentence
    pending: LinkUp | None = None  # the link is up, its calls are not reconciled yet
    _again_at: datetime | None = None
    _blind_since: datetime | None = None
    _asking: bool = False
    _missed: bool = False  # a report was lost since the journal was asked for
    _linked: LinkUp | None = None  # the link that `started` is about

    async def take_all(self, events: Sequence[PbxEvent], now: datetime) -> None:
        """In order. Reports of calls that wait together share one transaction: the busier the PBX, the more of them one fsync serves."""
        failed: Exception | None = None
        for is_report, together in groupby(events, key=lambda event: isinstance(event, CallEvent) and not _is_test(event)):
            group = list(together)
            reports = [event for event in group if isinstance(event, CallEvent)]
            deeds = [self._take_reports(reports, now)] if is_report else [self._take_one(event, now) for event in group]
            for deed in deeds:
                try:
                    await deed
                except Exception as error:  # what waits behind it is taken all the same: LinkLost must stop the dialling
                    failed = failed or error
        if failed is not None:
            self._ask_again()
            raise failed

    def _ask_again(self) -> None:
        """Reports were lost to a fault: live calls and the journal tell the same; nothing is dialled or forgotten here before they did."""
        self._missed = True
        if self.started:
            self.pending, self.started, self._again_at = self._linked, "", None

    async def _take_reports(self, events: Sequence[CallEvent], now: datetime) -> None:
        for event in events:
            self._tell(event)
        try:
            seen = await call_events.take_events(self.db, self.rules, self.house, events, self.stands(), now)
        except Exception:
            if len(events) == 1:
                raise
            failed: list[Exception] = []  # one of them spoilt the transaction for all: each by itself
            for event in events:
                try:
                    await self._take_reports([event], now)
                except Exception as error:
                    failed.append(error)
            if failed:
                raise failed[0] from None
            return
        for event, effects in zip(events, seen, strict=True):
            await self.carry_out(effects, now)
            if any(isinstance(effect, AgentFree) for effect in effects):
                await self._tell_end(event.attempt_id)
            if effects:  # the mere progress of a call makes nobody free
                self.wake()

    async def _take_one(self, event: PbxEvent, now: datetime) -> None:
        await self._take(event, now)
        self.wake()

    async def _take(self, event: PbxEvent, now: datetime) -> None:
        match event:
            case LinkUp():
                self.pending, self._again_at = event, None
                await self.reconcile(now)
            case LinkLost():
                self.pending, self.started = None, ""
                self.log.warning("pbx_lost", pbx=self.name, why=event.why)
            case DeviceState():
                self.devices[event.device] = event.state
            case FeatureDialled():
                answer = await self.features.take(event, self.settings, now)
                self.log.info("feature_dialled", pbx=self.name, action=event.action.value, endpoint=event.endpoint, reply=answer.text[:2])
                await self._quietly(self.pbx.reply(event.uniqueid, answer.text, self.house.today(now)))
            case CallEvent():
                self._take_test(event)

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
            effects = await recovery.reconcile(self.db, self.pbx, self.name, up.started, self.rules, self.house, now)
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

    def _tell(self, event: CallEvent) -> None:
        """The live log of a call: who did what, never to whom."""
        match event:
            case AgentUp():
                self.log.info("agent_answered", attempt=event.attempt_id)
            case AgentAccepted():
                self.log.info("agent_accepted", attempt=event.attempt_id)
            case Dialling():
                self.log.info("debtor_dialled", attempt=event.attempt_id)
            case DebtorUp():
                self.log.info("debtor_answered", attempt=event.attempt_id)
            case DialResult():
                self.log.info("dial_ended", attempt=event.attempt_id, status=event.status, cause=event.cause, tech=event.tech)
            case Keyed():
                self.log.info("outcome_keyed", attempt=event.attempt_id, key=event.disp)
            case Ended():
                self.log.debug("call_ended", attempt=event.attempt_id, state=event.state.value)

    async def _tell_end(self, attempt_id: str) -> None:
        over = await self.db.read_briefly(lambda conn: calls.attempt(conn, attempt_id))
        if over is not None:
            self.log.info(
                "attempt_closed",
                attempt=over.id,
                debtor=str(over.key),
                agent=over.agent,
                agent_result=over.agent_result,
                result=over.result,
                disposition=over.disposition,
            )

    def _take_test(self, event: CallEvent) -> None:
        """A number of the house's own: the gate has nothing to say about it. A test that nobody waits for any more is not dialled."""
        if event.attempt_id not in self.tests:
            return
        match event:
            case AgentAccepted(channel_uniqueid=channel):
                self.spawn(self._told(self.pbx.say_go(channel, Go.YES.value), "after-SayGo"))
            case DialResult(status=status):
                self.tests[event.attempt_id] = status or "FAILED"
            case OriginateFailed():
                self.tests[event.attempt_id] = "AGENT"
            case Ended(state=EndState.NOGO | EndState.DENIED | EndState.DSTBUSY as state):
                self.tests[event.attempt_id] = state.value

    async def carry_out(self, effects: Iterable[Effect], now: datetime) -> None:
        """What the PBX is only told goes out beside this: its answer keeps no other call's report waiting."""
        for effect in effects:
            match effect:
                case SayGo():
                    if effect.answer is not Go.YES:
                        self.log.info("call_refused_at_dialling", channel=effect.channel_uniqueid, answer=effect.answer.name.lower())
                    self.spawn(self._told(self.pbx.say_go(effect.channel_uniqueid, effect.answer.value), "after-SayGo"))
                    continue
                case SaySaved():
                    self.spawn(self._told(self.pbx.say_saved(effect.channel_uniqueid, effect.ok), "after-SaySaved"))
                    continue
                case RingBackAgent():
                    await self._ring_back(effect, now)
                case Acknowledge():
                    self.spawn(self._told(self.pbx.acknowledge(effect.attempt_id), "after-Acknowledge"))
                    continue
                case AgentTookRing():
                    await untaken_rings.ring_taken(self.db, effect.agent, now)
                case AgentMissedRing(agent, how, rang_out):
                    ring = await self._ring(agent) if rang_out else Ring.TURNED_AWAY
                    after = await untaken_rings.ring_missed(self.db, self.settings, agent, ring, now)
                    self.log.info("ring_missed", agent=agent, how=how.value, ring=ring.value, paused=after is not None and after.pause)
                case AskHuman():
                    self.log.warning("attempt_unknown", attempt=effect.attempt_id, why=effect.why)
            crash_point(f"after-{type(effect).__name__}")

    async def _ring(self, agent_id: str) -> Ring:
        """Whether a ring that rang out met a private call: asked, because a phone that only rings is BUSY too (device_state_busy_at=1)."""
        phone = next((agent.endpoint for agent in self.settings.agent if agent.id == agent_id), "")
        try:
            return Ring.ON_A_CALL if await self.pbx.is_on_a_call(phone) else Ring.RANG_OUT
        except PbxFault:
            return Ring.ON_A_CALL  # nobody is paused on a doubt

    async def _ring_back(self, effect: RingBackAgent, now: datetime) -> None:
        attempt = effect.attempt
        agent = next((a for a in self.settings.agent if a.id == attempt.agent), None)
        order = RingBack(
            attempt_id=attempt.id,
            endpoint=attempt.endpoint,
            display=attempt.id[-6:],
            number=attempt.number,
            language="en" if agent and agent.languages[:1] == ["en"] else "de",
            ring_agent_ms=int(self.settings.dialling.ring_agent_for.total_seconds() * 1000),
            ring_back=effect.ring_back,
            today=self.house.today(now),
            wrap_up_s=max(10, int(self.settings.dialling.wrap_up_for.total_seconds())),
        )
        answer = await self.pbx.ring_back(order)
        if not isinstance(answer, Accepted):
            self.log.warning("ring_back_failed", attempt=attempt.id, why=answer.reason)
            turn = f"{attempt.id}-w{effect.ring_back}-o"
            failed = OriginateFailed(
                seen_at=now, attempt_id=attempt.id, action_id=turn, reason=None, uniqueid="", ring_back=effect.ring_back
            )
            for effects in await call_events.take_events(self.db, self.rules, self.house, [failed], self.stands(), now):
                await self.carry_out(effects, now)

    async def _told(self, deed: Awaitable[None], point: str) -> None:
        try:
            await self._quietly(deed)
        except Exception:  # in the daemon's group an error would end the daemon
            self.log.exception("pbx_not_told", pbx=self.name)
        crash_point(point)

    async def _quietly(self, deed: Awaitable[None]) -> None:
        """The channel may be gone by now, the link too: the journal and the next reconcile make up for it."""
        try:
            await deed
        except PbxFault as fault:
            self.log.info("pbx_answer_missed", pbx=self.name, why=str(fault))
