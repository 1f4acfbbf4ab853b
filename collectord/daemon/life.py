"""The daemon: one TaskGroup of loops around one store, until a signal drains it.

Owns what starts, what it is wired to and what ends. Decides nothing about debtors; what the loops do stands in the turns.
Invariant: after the first SIGTERM nothing new is dialled and no call is cut; what is in progress is on disk and adopted at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from collectord import settings as configuration
from collectord.core.rules import Rules
from collectord.daemon.call_turns import CallTurns
from collectord.daemon.keeping import keep, keep_quietly
from collectord.daemon.state import Running
from collectord.daemon.upkeep_turns import UpkeepTurns
from collectord.daemon.work_turns import WorkTurns
from collectord.edge import control, systemd
from collectord.edge.clock import Clock
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.pbx.link import PbxLink, tls_context
from collectord.edge.store import meta
from collectord.edge.store.connection import open_store
from collectord.loops import duty
from collectord.loops.lamps import Lamps
from collectord.loops.pbx_events import PbxDesk
from collectord.loops.pbx_watch import PbxWatch
from collectord.settings import Settings

DRAIN_FOR = 20.0  # s; below TimeoutStopSec of the unit
SWITCH_EVERY = 0.0005  # s; while planning computes, a commit's thread waits so long for its turn, not Python's usual 5 ms

Answer = Callable[["Daemon", dict[str, Any], str, Sequence[int]], Awaitable[dict[str, Any]]]


class Daemon(Running):
    def __init__(
        self, *, settings: Settings, rules: Rules, clock: Clock, reload: Callable[[], tuple[Settings, Rules]], answer: Answer
    ) -> None:
        super().__init__(settings=settings, rules=rules, clock=clock)
        self._reload, self._answer = reload, answer

    async def run(self) -> None:
        async with open_store(self.settings.state_dir) as self.db:
            loop = asyncio.get_running_loop()
            sys.setswitchinterval(SWITCH_EVERY)
            self._hook_signals(loop)
            if not self.settings.sandbox:
                await self.watch.look_back(self.db)
            self._work, self._calls, self._upkeep = WorkTurns(self), CallTurns(self), UpkeepTurns(self)
            await self._work.recover()
            async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as group:
                tasks = [await self._start_pbx(pbx, group, stack) for pbx in self.settings.pbx]
                server = await control.serve(self.settings.state_dir, partial(self._answer, self))
                loops = self._start_loops(group)
                self.log.info(
                    "started", state_dir=str(self.settings.state_dir), agents=len(self.settings.agent), pbx=len(self.settings.pbx)
                )
                gc.freeze()  # what is here stays: a full collection need not look at it again (13 ms each)
                systemd.notify(READY="1", STATUS="started")
                await self.stop.wait()
                await self._drain()
                server.close()
                await self._work.write_outbox()
                for lamps in self._calls.lamps:
                    await lamps.out()
                for task in [*loops, *(t for pair in tasks for t in pair)]:
                    task.cancel()
            if self.settings.sandbox:
                await self.db.write(lambda conn: meta.put(conn, "sandbox_now", self.clock.now().isoformat()))
            self.log.info("stopped")

    def _start_loops(self, group: asyncio.TaskGroup) -> list[asyncio.Task[Any]]:
        work, calls, upkeep = self._work, self._calls, self._upkeep
        kept = (
            keep(self, "intake", work.take_in, work.until_next_poll),
            work.watch_inbox(),
            keep(self, "planning", work.plan, work.until_work),
            keep(self, "outbox", work.write_outbox, work.until_next_outcomes),
            keep_quietly(self, "quality", work.look_at_quality, work.until_quality),
            keep_quietly(self, "notices", work.tell, work.until_notices),
            keep_quietly(self, "messages", work.write_messages, work.until_messages),
            keep(self, "dialling", calls.place_calls),
            keep(self, "timers", calls.look_at_times),
            keep(self, "overtaken", calls.look_at_overtaken, calls.until_overtaken),
            keep_quietly(self, "PBX watch", calls.watch_pbxes, calls.until_watch),
            keep_quietly(self, "lamps", calls.light, calls.until_lamps),
            keep(self, "upkeep", upkeep.look_around),
            keep_quietly(self, "signs of life", upkeep.tell_alive, upkeep.until_alive),
            keep(self, "store", upkeep.look_over, upkeep.until_look_over),
        )
        return [group.create_task(each) for each in kept]

    async def _start_pbx(
        self, pbx: configuration.PbxSection, group: asyncio.TaskGroup, stack: contextlib.AsyncExitStack
    ) -> list[asyncio.Task[Any]]:
        tasks: list[asyncio.Task[Any]] = []
        port = pbx.port
        if pbx.kind == "simulated":
            from collectord.edge.simulated.server import SimulatedPbx  # a company's daemon never loads it

            secret = secrets.token_hex(8)
            simulated = SimulatedPbx(
                host="127.0.0.1",
                port=0,
                username=pbx.username,
                secret=secret,
                speed=float(pbx.speed),
                clock=self.clock.now,
                phones=tuple(a.devices[0].partition("/")[2] for a in self.settings.agent if a.pbx == pbx.name),
            )
            port = await simulated.start()
            stack.push_async_callback(simulated.stop)
            self.log.warning("simulated_pbx_started", pbx=pbx.name)
        else:
            secret = configuration.read_secret(pbx)
        link = PbxLink(
            name=pbx.name,
            host="127.0.0.1" if pbx.kind == "simulated" else pbx.host,
            port=port,
            username=pbx.username,
            secret=secret,
            tls=tls_context(None) if pbx.tls else None,
            now=self.clock.now,
        )
        desk = PbxDesk(
            name=pbx.name,
            pbx=AsteriskPbx(link),
            db=self.db,
            settings=self.settings,
            rules=self.rules,
            house=self.house,
            features=duty.FeatureDesk(self.db),
            stands=self.as_it_stands,
            log=self.log,
            wake=self.dial.set,
            spawn=group.create_task,
        )
        self.desks[pbx.name] = desk
        self.pbx_watches[pbx.name] = PbxWatch(desk)
        self._calls.lamps.append(Lamps(desk))
        tasks.append(group.create_task(link.run()))
        tasks.append(group.create_task(keep(self, f"PBX {pbx.name}", lambda: self._calls.take_events(desk, link))))
        return tasks

    def _hook_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        def stop() -> None:
            if self.stop.is_set():
                self.log.warning("stopped_at_once")
                os._exit(0)  # everything acknowledged is on disk; calls are adopted at the next start
            self.log.info("stopping")
            self.stop.set()
            self.wake()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)

    def reload(self) -> None:
        """New rules and settings; a broken file keeps the old ones. PBXes are taken anew only by a restart."""
        try:
            settings, rules = self._reload()
        except Exception as error:  # whatever is wrong with the files, the running rules stay
            self.log.error("reload_refused", why=str(error))
            return
        self.settings, self.rules, self.house = settings, rules, settings.house()
        for desk in self.desks.values():
            desk.settings, desk.rules, desk.house = settings, rules, self.house
        self.log.info("reloaded")
        self.wake()

    async def _drain(self) -> None:
        deadline = asyncio.get_running_loop().time() + DRAIN_FOR
        systemd.notify(STOPPING="1", STATUS="waiting for calls in progress")
        while asyncio.get_running_loop().time() < deadline:
            calls = (await self.db.read(meta.counts))["calls"]
            if not calls:
                return
            await asyncio.sleep(0.2)
        self.log.warning("calls_left_to_the_next_start")
