"""PBX orders: what the effects of a call ask of its PBX and of the agents' state is carried out.

Knows no event and no queue. Decides nothing: what is to be done was decided, and is on disk.
Invariant: what the PBX is only told keeps no other call waiting; for what does not arrive the journal and the timers make up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.call_seen import (
    Acknowledge,
    AgentMissedRing,
    AgentTookRing,
    AskHuman,
    Effect,
    Go,
    HangUpDebtor,
    RingBackAgent,
    SayGo,
    SayLine,
    SaySaved,
    TellAgent,
)
from collectord.core.telephony.pauses import Ring
from collectord.core.telephony.pbx_calls import Accepted, RingBack
from collectord.core.telephony.pbx_events import OriginateFailed
from collectord.edge.crash import crash_point
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.pbx.faults import PbxFault
from collectord.edge.store.connection import Database
from collectord.loops import call_events, untaken_rings
from collectord.loops.clearance import Standing
from collectord.settings import Settings


@dataclass(kw_only=True)
class PbxOrders:
    """One per PBX. A reload puts new settings, rules and house in."""

    name: str
    pbx: AsteriskPbx
    db: Database
    settings: Settings
    rules: Rules
    house: House
    stands: Callable[[], Standing]  # what keeps everybody from being dialled
    log: Any
    spawn: Callable[[Coroutine[Any, Any, None]], object]  # a task of the daemon's group

    async def carry_out(self, effects: Iterable[Effect], now: datetime) -> None:
        """What the PBX is only told goes out beside this: its answer keeps no other call's report waiting."""
        for effect in effects:
            match effect:
                case SayGo():
                    crash_point("go-committed")
                    if effect.answer is not Go.YES:
                        self.log.info("call_refused_at_dialling", channel=effect.channel_uniqueid, answer=effect.answer.name.lower())
                    self.spawn(self._told(self.pbx.say_go(effect.channel_uniqueid, effect.answer.value), "after-SayGo"))
                    continue
                case SayLine():
                    if not effect.line:
                        self.log.warning("call_dropped", attempt=effect.attempt_id, why="the debtor answered and nobody takes the call")
                    crash_point("line-committed")
                    self.spawn(self._told(self.pbx.say_line(effect), "after-SayLine"))
                    continue
                case HangUpDebtor(attempt_id=attempt_id):
                    self.log.info("ringing_stopped", attempt=attempt_id)
                    self.spawn(self._told(self.pbx.stop_ringing(attempt_id), "after-HangUpDebtor"))
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
                case TellAgent():
                    self.log.warning("talk_overtaken", attempt=effect.attempt_id, agent=effect.agent, why=effect.news)
                case AskHuman():
                    self.log.warning("attempt_unknown", attempt=effect.attempt_id, why=effect.why)
            crash_point(f"after-{type(effect).__name__}")

    async def _ring(self, agent_id: str) -> Ring:
        """Whether a ring that rang out met a private call: asked, because a phone that only rings is BUSY too (device_state_busy_at=1)."""
        phone = next((agent.devices[0] for agent in self.settings.agent if agent.id == agent_id), "")
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
