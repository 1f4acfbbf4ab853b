"""The daemon: one TaskGroup of loops around one store, until a signal drains it.

Owns which loop runs when, and the wake-ups between them. Decides nothing about debtors.
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
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from collectord import settings as configuration
from collectord.asked import Reply, refusal
from collectord.core.contact.facts import Doubt
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.rules import Rules
from collectord.core.wording import Texts, phrase
from collectord.edge import control, inbox, log, systemd
from collectord.edge.clock import Clock
from collectord.edge.ids import new_id
from collectord.edge.outbox import OutboxUnwritable
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.pbx.link import PbxLink, tls_context
from collectord.edge.store import meta
from collectord.edge.store.connection import Database, StoreBroken, open_store
from collectord.loops import (
    best_hours,
    call_events,
    callbacks,
    corrections,
    day_sheet,
    duty,
    inbox_state,
    intake,
    manual,
    on_desk,
    outbox,
    overtaken,
    planning,
    promises,
    quality,
    standing,
    trial_calls,
    unreached,
    workload,
)
from collectord.loops.clearance import SWITCHED_OFF, Standing, switched_off
from collectord.loops.clock_watch import ClockWatch
from collectord.loops.dialling import Dialler, GateRefused, Idle, PlacedCall
from collectord.loops.foresight import Foresight
from collectord.loops.lamps import Lamps
from collectord.loops.messages import MessageDesk
from collectord.loops.notices import NoticeDesk
from collectord.loops.pbx_events import PbxDesk
from collectord.loops.pbx_watch import PbxWatch
from collectord.loops.readying import Order as MessageOrder
from collectord.loops.worth_telling import Watch
from collectord.settings import Settings

DRAIN_FOR = 20.0  # s; below TimeoutStopSec of the unit
PLAN_EVERY = timedelta(minutes=15)
RECKON_EVERY = timedelta(minutes=5)  # at most: work and hours of a large ledger take seconds to add up
SOURCES_EVERY = timedelta(seconds=30)
NOTICES_EVERY = 30.0  # s
MESSAGES_EVERY = 15.0  # s
QUALITY_EVERY = 60.0  # s; one look at a mark on all turns of a day but one
LOOK_OVER_AFTER, LOOK_OVER_EVERY = 60.0, 86_400.0  # s; reading a large store takes seconds, in a thread of its own
WATCH_EVERY = 5.0  # s; each PBX is looked at once a minute, and sooner after its link was made anew
LAMPS_EVERY = 0.5  # s
UPKEEP_EVERY = 5.0  # s
QUIET_FOR = 2.0  # s
LOOK_AGAIN = 0.5  # s; at most so often calls on their way are looked at again, while something came in
TOGETHER = 50  # events of a PBX taken at once when they wait
SWITCH_EVERY = 0.0005  # s; while planning computes, a commit's thread waits so long for its turn, not Python's usual 5 ms
LOW_DISK = 64 * 1024 * 1024  # bytes: dialling stops before the last outcome cannot be written
TEXTS: Texts = {
    "no_memory": (
        "no memory is left; end what else needs much of it here, or raise MemoryMax of the unit; collectord goes on by itself",
        "Der Arbeitsspeicher ist aufgebraucht; beenden Sie, was sonst viel davon braucht, oder heben Sie MemoryMax der Unit an;"
        " collectord macht von selbst weiter",
    ),
    "fault": ("an internal fault in {name}; see the log", "Ein innerer Fehler in {name}; siehe Protokoll"),
    "disk": (
        "less than {room} MB are free on the disk of state_dir",
        "Auf der Platte von state_dir sind weniger als {room} MB frei",
    ),
}  # fmt: skip

Answer = Callable[["Daemon", dict[str, Any], str, Sequence[int]], Awaitable[dict[str, Any]]]


class Daemon:
    def __init__(
        self, *, settings: Settings, rules: Rules, clock: Clock, reload: Callable[[], tuple[Settings, Rules]], answer: Answer
    ) -> None:
        self.settings, self.rules, self.clock = settings, rules, clock
        self.house = settings.house()
        self.folders = inbox.ExchangeFolders(settings.exchange_dir, settings.intake.quiet_for)
        self.db: Database
        self.log = log.get()
        self._reload, self._answer = reload, answer
        self.desks: dict[str, PbxDesk] = {}
        self.pbx_watches: dict[str, PbxWatch] = {}
        self.lamps: list[Lamps] = []
        self._work, self._dial, self._arrived = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._tell, self._news = asyncio.Event(), asyncio.Event()
        self._news.set()  # what came while nobody listened
        self._unsettled = False
        self._stop, self._drained = asyncio.Event(), asyncio.Event()
        self._doubts: dict[str, Doubt] = {}
        self.watch = ClockWatch(clock=clock, doubts=self._doubts, log=self.log, language=self.house.language)
        self.notices: NoticeDesk
        self.messages: MessageDesk
        self.worth_telling = Watch()
        self._idle_why = ""
        self._learnt = best_hours.NOT_LEARNT
        self._foresight, self._ahead_why = Foresight(), ""
        self._reckoned_at: datetime | None = None
        self._freshness: tuple[datetime, bool] | None = None  # when the sources were looked at last, and whether one was fresh

    # ------------------------------------------------------------ what commands may ask

    def pbx_health(self) -> list[dict[str, Any]]:
        shown = []
        for name, desk in self.desks.items():
            health = desk.pbx.link.health()
            shown.append(
                {
                    "name": name,
                    "state": health.state.value,
                    "response_ms": None if health.response_ms is None else round(health.response_ms, 1),
                    "why": desk.dialplan or health.sentence,
                    "last_event_age": health.last_event_age,
                    "reconnects": health.reconnects,
                    "version": health.version,
                    "warnings": list(health.warnings),
                    "reconciled": bool(desk.started),
                    "dialplan": desk.dialplan_version,
                    **self.pbx_watches[name].described(self.house.language),
                }
            )
        return shown

    def device_states(self) -> Mapping[str, str]:
        return on_desk.Phones({name: desk.phones() for name, desk in self.desks.items()})

    def doubts(self) -> tuple[str, ...]:
        return tuple(doubt.reason for doubt in self._doubts.values())

    def pbxes(self) -> Mapping[str, AsteriskPbx]:
        return {name: desk.pbx for name, desk in self.desks.items()}

    def wake(self) -> None:
        """Something changed what is to be done: plan anew, look anew."""
        self._freshness = None
        self._work.set()
        self._dial.set()
        self._tell.set()
        self._news.set()

    def _standing(self) -> Standing:
        """As a call stands that its agent has accepted: the clock is looked at like before any other."""
        self.watch.now()
        return Standing(live=self.settings.live, stopping=self._stop.is_set(), doubts=tuple(self._doubts.values()))

    def _dialler(self) -> Dialler:
        return Dialler(
            db=self.db,
            settings=self.settings,
            rules=self.rules,
            house=self.house,
            pbxes=self.pbxes(),
            started={name: desk.started for name, desk in self.desks.items() if desk.started},
            learnt=self._learnt,
            lines={name: desk.lines for name, desk in self.desks.items()},
            foresight=self._foresight,
        )

    async def call_now(self, key: DebtorKey, agent_id: str, actor: str) -> Reply:
        if refused := await self._may_not_dial():
            return refusal(refused)
        doc = await manual.call_now(
            self._dialler(), key, agent_id, actor, self.device_states(), tuple(self._doubts.values()), self.clock.now()
        )
        return Reply(doc=doc, exit=0 if doc.get("attempt") else 1, error="" if doc.get("attempt") else doc["why"])

    async def _may_not_dial(self) -> str:
        """Why nothing new is dialled; "" when calls are placed. The dialler asks again in the transaction of the attempt."""
        off = "stopping" if self._stop.is_set() else await self.db.read_briefly(lambda conn: switched_off(conn, self.settings.live))
        return SWITCHED_OFF.get(off, "")

    async def test_call(self, agent_id: str, to: str, company: str) -> Reply:
        """Rings the agent, then a number of the house's own; allowed in shadow mode, never to a debtor's number."""
        sentence = await trial_calls.test_call(self.db, self.settings, self.desks, agent_id, to, company, self.clock.now())
        return Reply(doc={"company": company, "note": sentence})

    # ------------------------------------------------------------ life

    async def run(self) -> None:
        async with open_store(self.settings.state_dir) as self.db:
            loop = asyncio.get_running_loop()
            sys.setswitchinterval(SWITCH_EVERY)
            self._hook_signals(loop)
            if not self.settings.sandbox:
                await self.watch.look_back(self.db)
            self.notices = NoticeDesk(db=self.db, new_id=lambda: new_id(self.clock.now()))
            self.messages = MessageDesk(db=self.db, new_id=lambda: new_id(self.clock.now()))
            await duty.prepare(self.db, self.settings, self.clock.now())
            self.folders.create()
            await self.messages.recover(self._message_order(), self.clock.now())
            await intake.recover(self._intake(), self.clock.now())
            async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as group:
                tasks = [await self._start_pbx(pbx, group, stack) for pbx in self.settings.pbx]
                server = await control.serve(self.settings.state_dir, partial(self._answer, self))
                loops = [
                    group.create_task(self._keep("intake", self._intake_turn, self._until_next_poll)),
                    group.create_task(self._watch_inbox()),
                    group.create_task(self._keep("planning", self._work_turn, self._until_work)),
                    group.create_task(self._keep("outbox", self._outbox_turn, self._until_next_outcomes)),
                    group.create_task(self._keep_quietly("quality", self._quality_turn, self._until_quality)),
                    group.create_task(self._keep_quietly("notices", self._notices_turn, self._until_notices)),
                    group.create_task(self._keep_quietly("messages", self._messages_turn, self._until_messages)),
                    group.create_task(self._keep("dialling", self._dial_turn)),
                    group.create_task(self._keep("timers", self._timer_turn)),
                    group.create_task(self._keep("overtaken", self._overtaken_turn, self._until_overtaken)),
                    group.create_task(self._keep_quietly("PBX watch", self._watch_turn, self._until_watch)),
                    group.create_task(self._keep_quietly("lamps", self._lamps_turn, self._until_lamps)),
                    group.create_task(self._keep("upkeep", self._upkeep_turn)),
                    group.create_task(self._keep_quietly("signs of life", self._alive_turn, self._until_alive)),
                    group.create_task(self._keep("store", self._look_over_turn, self._until_look_over)),
                ]
                self.log.info(
                    "started", state_dir=str(self.settings.state_dir), agents=len(self.settings.agent), pbx=len(self.settings.pbx)
                )
                gc.freeze()  # what is here stays: a full collection need not look at it again (13 ms each)
                systemd.notify(READY="1", STATUS="started")
                await self._stop.wait()
                await self._drain()
                server.close()
                await self._outbox_turn()
                for lamps in self.lamps:
                    await lamps.out()
                for task in [*loops, *(t for pair in tasks for t in pair)]:
                    task.cancel()
            if self.settings.sandbox:
                await self.db.write(lambda conn: meta.put(conn, "sandbox_now", self.clock.now().isoformat()))
            self.log.info("stopped")

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
            stands=self._standing,
            log=self.log,
            wake=self._dial.set,
            spawn=group.create_task,
        )
        self.desks[pbx.name] = desk
        self.pbx_watches[pbx.name] = PbxWatch(desk)
        self.lamps.append(Lamps(desk))
        tasks.append(group.create_task(link.run()))
        tasks.append(group.create_task(self._keep(f"PBX {pbx.name}", lambda: self._pbx_turn(desk, link))))
        return tasks

    def _hook_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        def stop() -> None:
            if self._stop.is_set():
                self.log.warning("stopped_at_once")
                os._exit(0)  # everything acknowledged is on disk; calls are adopted at the next start
            self.log.info("stopping")
            self._stop.set()
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

    async def _keep(self, name: str, turn: Callable[[], Awaitable[None]], rest: Callable[[], Awaitable[None]] | None = None) -> None:
        """Runs a turn for ever. A turn that fails is a doubt: nothing is dialled until it succeeds again, however long it rests then."""
        failures = 0
        while True:
            try:
                await turn()
            except StoreBroken as error:
                self._doubts[f"guard/{name}"] = Doubt(rule="guard/store", reason=str(error))
                self.log.error("store_failed", why=str(error))
            except OutboxUnwritable as error:
                self._doubts[f"guard/{name}"] = Doubt(rule="guard/store", reason=str(error))
                self.log.error("outbox_unwritable", why=str(error))
            except MemoryError:
                self._doubts[f"guard/{name}"] = self._doubt("guard/fault", "no_memory")
                self.log.error("memory_used_up", loop=name)
            except Exception:
                self._doubts[f"guard/{name}"] = self._doubt("guard/fault", "fault", name=name)
                self.log.exception("loop_failed", loop=name)
            else:
                if failures:
                    failures = 0
                    self._doubts.pop(f"guard/{name}", None)
                    self._dial.set()
                if rest is not None:
                    await rest()
                continue
            failures += 1
            await asyncio.sleep(min(30.0, 0.5 * 2 ** min(failures, 6)))

    def _doubt(self, rule: str, code: str, **values: object) -> Doubt:
        return Doubt(rule=rule, reason=phrase(TEXTS, code, self.house.language, self.house.time_zone, **values))

    async def _keep_quietly(self, name: str, turn: Callable[[], Awaitable[None]], rest: Callable[[], Awaitable[None]]) -> None:
        """As `_keep`, for a turn whose fault is no reason not to dial."""
        while True:
            try:
                await turn()
            except Exception:
                self.log.exception("loop_failed", loop=name)
            await rest()

    # ------------------------------------------------------------ turns

    def _intake(self) -> intake.IntakeEdges:
        return intake.IntakeEdges(
            db=self.db, folders=self.folders, house=self.house, new_id=lambda: new_id(self.clock.now()), sources=self.rules.sources
        )

    async def _intake_turn(self) -> None:
        now = self.clock.now()
        receipts = await intake.take_inbox(self._intake(), now)
        for receipt in receipts:
            event = self.log.info if receipt.status in ("accepted", "duplicate") else self.log.warning
            event(f"batch_{receipt.status}", batch=receipt.batch, file=receipt.file, rows=receipt.rows, opened=receipt.opened,
                  changed=receipt.changed, cleared=receipt.cleared, rejected=receipt.bad_rows, why=receipt.reason)  # fmt: skip
        if receipts:
            self.wake()

    async def _until_next_poll(self) -> None:
        """Until the next poll, or something happens in the inbox; a heap is worked off at once, an unreachable inbox is asked ever less."""
        rest, shortest = inbox_state.rest(self._intake(), self.settings.intake.poll_every.total_seconds())
        self._arrived.clear()
        await self._pause(self._arrived, rest, at_least=shortest)

    async def _watch_inbox(self) -> None:
        await inbox.watch(self.folders.inbox, self._arrived.set, lambda why: self.log.warning("inbox_not_watched", why=why))

    async def _notices_turn(self) -> None:
        """What people must know of without asking is noted, then sent."""
        self._tell.clear()
        now, language = self.clock.now(), self.house.language
        state = await self.standing(now)
        edges = self._intake()
        found = await self.worth_telling.conditions(edges, state, (self.settings.state_dir,), now)
        await self.notices.note(found, language, now)
        await self.notices.send(self.settings.notices, language, now)

    async def _until_notices(self) -> None:
        await self._pause(self._tell, NOTICES_EVERY, at_least=1.0)

    def _message_order(self) -> MessageOrder:
        doubts = tuple(self._doubts.values())
        return MessageOrder(settings=self.settings, rules=self.rules, house=self.house, folders=self.folders, doubts=doubts)

    async def _messages_turn(self) -> None:
        """Letters and e-mails whose time has come; none while something is doubtful, or the house stops."""
        if not self._doubts and not self._stop.is_set() and await self.messages.turn(self._message_order(), self.watch.now()):
            self._work.set()

    async def _until_messages(self) -> None:
        await asyncio.sleep(MESSAGES_EVERY)

    async def standing(self, now: datetime) -> dict[str, Any]:
        """What `status` says."""
        status = await standing.status(
            self.db, self.settings, self.house, now, pbx=self.pbx_health(), devices=self.device_states(), doubts=self.doubts(),
            inbox=inbox_state.described(self._intake(), now),
        )  # fmt: skip
        return {**status, "predictive": self._foresight.why}

    async def _work_turn(self) -> None:
        """After imports, records and switches, and every quarter of an hour: promises, plan, call list."""
        self._work.clear()
        now = self.clock.now()
        await duty.prepare(self.db, self.settings, now)  # a reload may have brought new agents
        await corrections.settle(self.db, self.house, now, lambda: new_id(self.clock.now()))
        for judged in await promises.judge_promises(self.db, self.rules, self.house, now):
            self.log.info("promise_judged", promise=judged.id, state=judged.state)
        await callbacks.give_out(self.db, self.settings, self.clock.now(), lambda: new_id(self.clock.now()))
        counts = asdict(await planning.work(self.db, self.rules, self.house, now, new_id=lambda: new_id(self.clock.now())))
        if any(counts.values()):
            self.log.info("tasks_planned", **counts)
            self._dial.set()
        if self._reckoned_at is None or not timedelta(0) <= now - self._reckoned_at < RECKON_EVERY:
            self._reckoned_at = now
            await unreached.forget(self.db, now)
            await workload.keep(self.db, await workload.reckon(self.db, self.settings, self.rules, self.house, now))
            await best_hours.learn(self.db, self.rules, self.house, now)
            self._learnt = await self.db.read(lambda conn: best_hours.learnt(conn, self.rules))
        if self.settings.outbox.call_list:
            agents = await duty.on_duty(self.db, self.settings, self.device_states(), now)
            capacity = await workload.capacity(self.db, self.settings, self.rules, self.house, now)
            await day_sheet.write_daily_call_list(self.db, self.rules, self.house, self.folders, now, agents=agents, capacity=capacity)

    async def _until_work(self) -> None:
        await self._pause(self._work, PLAN_EVERY.total_seconds(), at_least=0.5)

    async def _outbox_turn(self) -> None:
        if path := await outbox.write_outcomes(self.db, self.house, self.folders, self.clock.now()):
            self.log.info("outcomes_written", file=path.name)
        if path := await outbox.write_corrections(self.db, self.house, self.folders, self.clock.now()):
            self.log.info("corrections_written", file=path.name)

    async def _quality_turn(self) -> None:
        """Once a day."""
        if not self.settings.outbox.quality:
            return
        named = self.rules.frames.exceptions.debtors
        if path := await quality.keep_day(self.db, self.house, self.folders, self.clock.now(), named):
            self.log.info("quality_written", file=path.name)

    async def _until_quality(self) -> None:
        await asyncio.sleep(QUALITY_EVERY)

    async def _until_next_outcomes(self) -> None:
        await asyncio.sleep(self.settings.outbox.outcomes_every.total_seconds())

    async def _pause(self, event: asyncio.Event, seconds: float, *, at_least: float = 0.0) -> None:
        await asyncio.sleep(at_least)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)

    async def _dial_turn(self) -> None:
        self._dial.clear()
        now = self.watch.now()
        if self._doubts or await self._may_not_dial() or await self._nothing_is_fresh(now):
            await self._pause(self._dial, 1.0, at_least=0.05)
            return
        if self._foresight.why != self._ahead_why:
            self._ahead_why = self._foresight.why
            self.log.info("predictive", why=self._ahead_why or "debtors may be dialled ahead of the agents")
        for answer in await self._dialler().turns(self.device_states(), tuple(self._doubts.values()), now):
            match answer:
                case PlacedCall(attempt=attempt, effects=effects):
                    await self.desks[attempt.pbx].carry_out(effects, now)
                    self.log.info("attempt_placed", attempt=attempt.id, debtor=str(attempt.key), agent=attempt.agent)
                case GateRefused(task, verdict):
                    self.log.info("call_refused", debtor=str(task.key), rules=[r.rule for r in verdict.refusals])
                case Idle():
                    await self._rest(answer)

    async def _rest(self, idle: Idle) -> None:
        """Until the dialler looks again."""
        if idle.why != self._idle_why and not idle.passing:
            self.log.info("idle", why=idle.why)
            self._idle_why = idle.why
        ahead = 1.0 if idle.until is None else min(1.0, (idle.until - self.clock.now()).total_seconds())
        if idle.paced:  # a trunk's
            await asyncio.sleep(ahead)
        else:
            await self._pause(self._dial, max(0.02, ahead), at_least=0.01)

    async def _nothing_is_fresh(self, now: datetime) -> bool:
        """No source is fresh: the gate would refuse every debtor, one by one. Looked at after imports and every half minute."""
        if self._freshness is None or now - self._freshness[0] > SOURCES_EVERY:
            sources = await standing.sources(self.db, self.house, now)
            self._freshness = (now, any(source.fresh for source in sources))
        return not self._freshness[1]

    async def _timer_turn(self) -> None:
        now = self.clock.now()
        for name, desk in self.desks.items():
            await desk.reconcile(now)  # nothing to do unless the last LinkUp's failed
            if desk.is_waited_for(now):
                continue
            effects = await call_events.timers(self.db, self.rules, self.house, desk.pbx if desk.started else None, name, now)
            await desk.carry_out(effects, now)
            if effects:
                self._dial.set()
        for lost in await call_events.forsaken(self.db, self.rules, self.house, set(self.desks), now):
            self.log.warning("attempt_of_unknown_pbx", attempt=lost.id, pbx=lost.pbx, agent=lost.agent)
        await asyncio.sleep(0.5)

    async def _overtaken_turn(self) -> None:
        """After imports and commands: calls that were cleared before, and the money may be there by now."""
        self._news.clear()
        now, before = self.clock.now(), self._unsettled
        served = {name for name, desk in self.desks.items() if desk.started}
        looked = await overtaken.look(self.db, served, self.rules, self.house, now)
        for attempt, effects in looked.effects:
            await self.desks[attempt.pbx].carry_out(effects, now)
        self._unsettled = looked.unsettled
        if before and not looked.unsettled:
            self._work.set()  # what was stopped is over: its task is planned with what came

    async def _until_overtaken(self) -> None:
        if self._unsettled:
            await asyncio.sleep(LOOK_AGAIN)
        else:
            await asyncio.gather(asyncio.sleep(LOOK_AGAIN), self._news.wait())

    async def _upkeep_turn(self) -> None:
        now = self.watch.now()
        if not self.settings.sandbox:  # there `run --now` may begin before what an earlier run wrote
            await self.watch.look_back(self.db)
        free = os.statvfs(self.settings.state_dir)
        if free.f_bavail * free.f_frsize < LOW_DISK:
            self._doubts["guard/disk"] = self._doubt("guard/store", "disk", room=LOW_DISK // 2**20)
        else:
            self._doubts.pop("guard/disk", None)
        if self.settings.sandbox:  # lists asked for without --now show this clock's facts
            await self.db.write(lambda conn: meta.put(conn, "sandbox_now", now.isoformat()))
        await self.db.advance()
        await asyncio.sleep(UPKEEP_EVERY)

    async def _alive_turn(self) -> None:
        """Waits for nothing: only a loop that stands still stops it."""
        systemd.notify(WATCHDOG="1", STATUS="; ".join(self.doubts()) or self._idle_why or "dialling")

    async def _until_alive(self) -> None:
        await asyncio.sleep(min(UPKEEP_EVERY, systemd.watchdog_interval() or UPKEEP_EVERY))

    async def _look_over_turn(self) -> None:
        """A store that the disk has spoilt is found before its calls are."""
        await asyncio.sleep(LOOK_OVER_AFTER)
        await self.db.look_over()

    async def _until_look_over(self) -> None:
        await asyncio.sleep(LOOK_OVER_EVERY)

    async def _watch_turn(self) -> None:
        for watch in self.pbx_watches.values():
            await watch.turn(self.clock.now())

    async def _until_watch(self) -> None:
        await asyncio.sleep(WATCH_EVERY)

    async def _lamps_turn(self) -> None:
        for lamps in self.lamps:
            await lamps.turn(self.clock.now())

    async def _until_lamps(self) -> None:
        await asyncio.sleep(LAMPS_EVERY)

    async def _pbx_turn(self, desk: PbxDesk, link: PbxLink) -> None:
        try:
            events = [await asyncio.wait_for(link.events.get(), QUIET_FOR)]
        except TimeoutError:
            return  # nothing to take: a doubt of the last event's fault ends, though nobody dials and so no event comes
        while len(events) < TOGETHER and not link.events.empty():
            events.append(link.events.get_nowait())
        await desk.take_all(events, self.clock.now())
