"""PBX events: what one PBX reports is taken in order, saved, and answered.

Reads the link's queue, hands call events to loops/call_events, feature codes to loops/duty, and effects to loops/pbx_orders.
Invariant: an effect is carried out only after the transaction that asked for it is on disk; after every LinkUp calls are reconciled before
anything new is dialled on that PBX.
"""

from __future__ import annotations

import asyncio
import time
from collections import ChainMap
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from collectord.core.telephony.agents import OPEN_LINE
from collectord.core.telephony.call_seen import Acknowledge, AgentFree, Effect, SayLine
from collectord.core.telephony.pbx_events import (
    CallerArrived,
    CallerMissed,
    CallEvent,
    DeviceState,
    FeatureDialled,
    HandedOver,
    HandOverAsked,
    LineTold,
    LinkLost,
    LinkUp,
    NumberDialled,
    PairKeyed,
    PbxEvent,
    WishKeyed,
)
from collectord.core.telephony.recording import ConsentTold, RecordingTold
from collectord.edge.store import calls
from collectord.loops import (
    call_events,
    call_log,
    duty,
    hand_over,
    inbound,
    keyed_wishes,
    line_tests,
    outgoing,
    recording,
    self_service,
    unreached,
)
from collectord.loops.open_lines import WAITS, OpenLines
from collectord.loops.pbx_reconciled import ReconciledPbx

LOOKS_AGAIN = 0.05  # s, for an agent who comes free while a debtor waits


def _is_report(event: PbxEvent) -> bool:
    return isinstance(event, CallEvent) and not line_tests.is_test(event)


@dataclass(kw_only=True)
class PbxDesk(ReconciledPbx):
    """One per PBX; `take_all` is called for every event, in order."""

    features: duty.FeatureDesk
    wake: Callable[[], None]  # somebody may be free now
    lines: dict[str, str] = field(default_factory=dict)  # agents on open lines: endpoint -> channel
    tests: dict[str, str] = field(default_factory=dict)  # test calls under way: id -> result, "" so long

    async def take_all(self, events: Sequence[PbxEvent], now: datetime) -> None:
        """In order. Reports of calls that wait together share one transaction: the busier the PBX, the more of them one fsync serves."""
        failed: Exception | None = None
        for is_report, together in groupby(events, key=_is_report):
            group = list(together)
            reports = [event for event in group if isinstance(event, CallEvent)]
            deeds = [self._take_reports(reports, now)] if is_report else [self._take_one(event, now) for event in group]
            for deed in deeds:
                try:
                    await deed
                except Exception as error:  # what waits behind it is taken all the same: LinkLost must stop the dialling
                    self.log.exception("event_not_taken", pbx=self.name)
                    failed = failed or error
        if failed is not None:
            self.ask_again()
            raise failed

    async def _take_reports(self, events: Sequence[CallEvent], now: datetime) -> None:
        for event in events:
            call_log.tell(self.log, event)
        try:
            seen = await call_events.take_events(self.db, self.rules, self.house, events, self.stands(), now, self._open_lines())
        except Exception:
            if len(events) == 1:
                raise
            failed: list[Exception] = []  # one of them spoilt the transaction for all: each by itself
            for event in events:
                try:
                    await self._take_reports([event], now)
                except Exception as error:
                    self.log.exception("report_not_taken", pbx=self.name, attempt=event.attempt_id)
                    failed.append(error)
            if failed:
                raise failed[0] from None
            return
        for event, effects in zip(events, seen, strict=True):
            waiting = [effect for effect in effects if isinstance(effect, SayLine) and effect.waits]
            for one in waiting:
                self.spawn(self._until_somebody_is_free(one, now))
            await self.carry_out([effect for effect in effects if effect not in waiting], now)
            if any(isinstance(effect, AgentFree) for effect in effects):
                await self._tell_end(event.attempt_id)
            if effects:  # the mere progress of a call makes nobody free
                self.wake()

    async def _until_somebody_is_free(self, call: SayLine, answered: datetime) -> None:
        """The debtor has answered and everybody talks: who comes free within a moment takes the call; else the debtor hears who called."""
        began, effects = time.monotonic(), tuple[Effect, ...]()
        try:
            while not effects and (waited := timedelta(seconds=time.monotonic() - began)) < WAITS:
                await asyncio.sleep(LOOKS_AGAIN)
                effects = await call_events.give_now(
                    self.db, self.rules, self.house, call.attempt_id, call.channel_uniqueid, self._open_lines(), answered + waited
                )
        except Exception:  # in the daemon's group an error would end the daemon
            self.log.exception("no_agent_looked_for", pbx=self.name, attempt=call.attempt_id)
        await self.carry_out(effects or [replace(call, waits=False)], answered)

    def phones(self) -> MutableMapping[str, str]:
        """A phone on an open line is in use, and its agent is not."""
        return ChainMap(dict.fromkeys(self.lines, OPEN_LINE), self.devices) if self.lines else self.devices

    def _open_lines(self) -> OpenLines:
        return OpenLines(self.settings, self.lines)

    async def _tell_end(self, attempt_id: str) -> None:
        over = await self.db.read_briefly(lambda conn: calls.attempt(conn, attempt_id))
        if over is not None:
            call_log.tell_end(self.log, over)

    async def _look_for_lines(self) -> None:
        self.lines.update(await self.pbx.lines())

    async def _take_one(self, event: PbxEvent, now: datetime) -> None:
        await self._take(event, now)
        self.wake()

    async def _take(self, event: PbxEvent, now: datetime) -> None:
        match event:
            case LinkUp():
                self.pending, self._again_at = event, None
                self.lines.clear()
                await self._quietly(self._look_for_lines())
                await self.reconcile(now)
            case LinkLost():
                self.pending, self.started = None, ""
                self.lines.clear()
                self.log.warning("pbx_lost", pbx=self.name, why=event.why)
            case LineTold(endpoint=endpoint, channel=channel, ready=True):
                self.lines[endpoint] = channel
            case LineTold(endpoint=endpoint, channel=channel):
                if self.lines.get(endpoint) == channel:
                    del self.lines[endpoint]
            case DeviceState():
                self.devices[event.device] = event.state
            case FeatureDialled():
                answer = await self.features.take(event, self.settings, now, self.name)
                self.log.info("feature_dialled", pbx=self.name, action=event.action.value, endpoint=event.endpoint, reply=answer.text[:2])
                await self._quietly(self.pbx.reply(event.uniqueid, answer.text, self.house.today(now)))
            case CallerArrived():
                whom = await inbound.arrived(self.reception(), event, now)
                self.log.info("caller_arrived", pbx=self.name, attempt=event.attempt_id, answer=getattr(whom, "endpoint", whom))
                self.spawn(self._told(self.pbx.say_whom(event.uniqueid, whom), "after-SayWhom"))
            case NumberDialled():
                call = await outgoing.dialled(self.reception(), event, now)
                self.log.info("dialled_by_hand", pbx=self.name, attempt=event.attempt_id, answer=getattr(call, "trunk", call))
                self.spawn(self._told(self.pbx.say_out(event.uniqueid, call), "after-SayOut"))
            case CallerMissed():
                if noted := await unreached.note(self.reception(), [event], now):
                    self.log.info("caller_noted", pbx=self.name, attempt=event.attempt_id, numbers=len(noted))
                    await self.carry_out([Acknowledge(self.name, event.attempt_id)], now)
            case PairKeyed():
                pair = await self_service.pair_keyed(self.reception(), event, now)
                self.spawn(self._told(self.pbx.say_self(event.uniqueid, pair.answer), "after-SaySelf"))
                tell = self.log.warning if pair.locks else self.log.info
                tell("pair_keyed", pbx=self.name, attempt=event.attempt_id, turn=event.turn, fits=pair.fits, locks=pair.locks)
            case WishKeyed():
                saved = await keyed_wishes.wish_keyed(self.reception(), self.rules, event, now)
                self.spawn(self._told(self.pbx.say_self(event.uniqueid, saved), "after-SaySelf"))
                self.log.info("wish_keyed", pbx=self.name, attempt=event.attempt_id, wish=event.wish, answer=saved)
            case HandOverAsked():
                whom = await hand_over.asked(self.reception(), event, now)
                self.log.info("hand_over_asked", pbx=self.name, attempt=event.attempt_id, answer=getattr(whom, "endpoint", whom))
                self.spawn(self._told(self.pbx.say_whom(event.uniqueid, whom), "after-SayWhom"))
            case HandedOver():
                changed = await hand_over.taken(self.reception(), event, now)
                self.log.info("handed_over", pbx=self.name, attempt=event.attempt_id, endpoint=event.endpoint, changed=changed)
            case ConsentTold():
                agreed = await recording.asked(self.reception(), event, now)
                self.log.info("consent_told", pbx=self.name, attempt=event.attempt_id, records=agreed)
                self.spawn(self._told(self.pbx.say_recorded(event.uniqueid, agreed), "after-SayRecorded"))
            case RecordingTold():
                news = await recording.told(self.reception(), event, now)
                self.log.info("recording_told", pbx=self.name, attempt=event.attempt_id, state=event.state.value, news=news)
            case _:
                if (asked := line_tests.take(self.tests, event)) is not None:
                    channel, answer_to_test = asked
                    self.spawn(self._told(self.pbx.say_go(channel, answer_to_test.value), "after-SayGo"))
