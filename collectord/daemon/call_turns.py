"""The turns of the calls: whom to dial, the PBXes' events, timers, calls that new money overtakes, lamps.

Owns when each comes round and what wakes it. Decides about no call; the loops do.
Invariant: with a doubt, or without one fresh source, no turn here asks the dialler.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from collectord.daemon.keeping import pause
from collectord.daemon.state import Running
from collectord.edge.pbx.link import PbxLink
from collectord.loops import call_events, overtaken, standing
from collectord.loops.dialling import GateRefused, Idle, PlacedCall
from collectord.loops.lamps import Lamps
from collectord.loops.pbx_events import PbxDesk

SOURCES_EVERY = timedelta(seconds=30)
WATCH_EVERY = 5.0  # s; each PBX is looked at once a minute, and sooner after its link was made anew
LAMPS_EVERY = 0.5  # s
QUIET_FOR = 2.0  # s
LOOK_AGAIN = 0.5  # s; at most so often calls on their way are looked at again, while something came in
TOGETHER = 50  # events of a PBX taken at once when they wait


class CallTurns:
    def __init__(self, at: Running) -> None:
        self.at = at
        self.lamps: list[Lamps] = []
        self._ahead_why = ""
        self._unsettled = False

    async def place_calls(self) -> None:
        at = self.at
        at.dial.clear()
        now = at.watch.now()
        if at.doubted or await at.may_not_dial() or await self._nothing_is_fresh(now):
            await pause(at.dial, 1.0, at_least=0.05)
            return
        if at.foresight.why != self._ahead_why:
            self._ahead_why = at.foresight.why
            at.log.info("predictive", why=self._ahead_why or "debtors may be dialled ahead of the agents")
        for answer in await at.dialler().turns(at.device_states(), tuple(at.doubted.values()), now):
            match answer:
                case PlacedCall(attempt=attempt, effects=effects):
                    await at.desks[attempt.pbx].carry_out(effects, now)
                    at.log.info("attempt_placed", attempt=attempt.id, debtor=str(attempt.key), agent=attempt.agent)
                case GateRefused(task, verdict):
                    at.log.info("call_refused", debtor=str(task.key), rules=[r.rule for r in verdict.refusals])
                case Idle():
                    await self._rest(answer)

    async def _rest(self, idle: Idle) -> None:
        """Until the dialler looks again."""
        at = self.at
        if idle.why != at.idle_why and not idle.passing:
            at.log.info("idle", why=idle.why)
            at.idle_why = idle.why
        ahead = 1.0 if idle.until is None else min(1.0, (idle.until - at.clock.now()).total_seconds())
        if idle.paced:  # a trunk's
            await asyncio.sleep(ahead)
        else:
            await pause(at.dial, max(0.02, ahead), at_least=0.01)

    async def _nothing_is_fresh(self, now: datetime) -> bool:
        """No source is fresh: the gate would refuse every debtor, one by one. Looked at after imports and every half minute."""
        at = self.at
        if at.freshness is None or now - at.freshness[0] > SOURCES_EVERY:
            sources = await standing.sources(at.db, at.house, now)
            at.freshness = (now, any(source.fresh for source in sources))
        return not at.freshness[1]

    async def look_at_times(self) -> None:
        at = self.at
        now = at.clock.now()
        for name, desk in at.desks.items():
            await desk.reconcile(now)  # nothing to do unless the last LinkUp's failed
            if desk.is_waited_for(now):
                continue
            effects = await call_events.timers(at.db, at.rules, at.house, desk.pbx if desk.started else None, name, now)
            await desk.carry_out(effects, now)
            if effects:
                at.dial.set()
        for lost in await call_events.forsaken(at.db, at.rules, at.house, set(at.desks), now):
            at.log.warning("attempt_of_unknown_pbx", attempt=lost.id, pbx=lost.pbx, agent=lost.agent)
        await asyncio.sleep(0.5)

    async def look_at_overtaken(self) -> None:
        """After imports and commands: calls that were cleared before, and the money may be there by now."""
        at = self.at
        at.news.clear()
        now, before = at.clock.now(), self._unsettled
        served = {name for name, desk in at.desks.items() if desk.started}
        looked = await overtaken.look(at.db, served, at.rules, at.house, now)
        for attempt, effects in looked.effects:
            await at.desks[attempt.pbx].carry_out(effects, now)
        self._unsettled = looked.unsettled
        if before and not looked.unsettled:
            at.work.set()  # what was stopped is over: its task is planned with what came

    async def until_overtaken(self) -> None:
        if self._unsettled:
            await asyncio.sleep(LOOK_AGAIN)
        else:
            await asyncio.gather(asyncio.sleep(LOOK_AGAIN), self.at.news.wait())

    async def take_events(self, desk: PbxDesk, link: PbxLink) -> None:
        try:
            events = [await asyncio.wait_for(link.events.get(), QUIET_FOR)]
        except TimeoutError:
            return  # nothing to take: a doubt of the last event's fault ends, though nobody dials and so no event comes
        while len(events) < TOGETHER and not link.events.empty():
            events.append(link.events.get_nowait())
        await desk.take_all(events, self.at.clock.now())

    async def watch_pbxes(self) -> None:
        for watch in self.at.pbx_watches.values():
            await watch.turn(self.at.clock.now())

    async def until_watch(self) -> None:
        await asyncio.sleep(WATCH_EVERY)

    async def light(self) -> None:
        for lamps in self.lamps:
            await lamps.turn(self.at.clock.now())

    async def until_lamps(self) -> None:
        await asyncio.sleep(LAMPS_EVERY)
