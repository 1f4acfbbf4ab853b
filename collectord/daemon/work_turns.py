"""The turns beside the calls: exports in, promises and plan, letters and e-mails, notices, outcomes and quality out.

Owns when each comes round and what wakes it. The work itself is done by the loops.
Invariant: what came in is planned before it is called: each turn that changes something wakes the next.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime, timedelta

from collectord.daemon.keeping import pause
from collectord.daemon.state import Running
from collectord.edge import inbox
from collectord.edge.ids import new_id
from collectord.loops import (
    best_hours,
    callbacks,
    corrections,
    day_sheet,
    duty,
    inbox_state,
    intake,
    outbox,
    planning,
    promises,
    quality,
    unreached,
    workload,
)
from collectord.loops.messages import MessageDesk
from collectord.loops.notices import NoticeDesk
from collectord.loops.readying import Order
from collectord.loops.worth_telling import Watch

PLAN_EVERY = timedelta(minutes=15)
RECKON_EVERY = timedelta(minutes=5)  # at most: work and hours of a large ledger take seconds to add up
NOTICES_EVERY = 30.0  # s
MESSAGES_EVERY = 15.0  # s
QUALITY_EVERY = 60.0  # s; one look at a mark on all turns of a day but one


class WorkTurns:
    def __init__(self, at: Running) -> None:
        self.at = at
        self._arrived = asyncio.Event()
        self._notices = NoticeDesk(db=at.db, new_id=lambda: new_id(at.clock.now()))
        self._messages = MessageDesk(db=at.db, new_id=lambda: new_id(at.clock.now()))
        self._worth_telling = Watch()
        self._reckoned_at: datetime | None = None

    async def recover(self) -> None:
        """What an earlier daemon left half done."""
        at = self.at
        await duty.prepare(at.db, at.settings, at.clock.now())
        at.folders.create()
        await self._messages.recover(self._order(), at.clock.now())
        await intake.recover(at.intake(), at.clock.now())

    async def take_in(self) -> None:
        at = self.at
        now = at.clock.now()
        receipts = await intake.take_inbox(at.intake(), now)
        for receipt in receipts:
            event = at.log.info if receipt.status in ("accepted", "duplicate") else at.log.warning
            event(f"batch_{receipt.status}", batch=receipt.batch, file=receipt.file, rows=receipt.rows, opened=receipt.opened,
                  changed=receipt.changed, cleared=receipt.cleared, rejected=receipt.bad_rows, why=receipt.reason)  # fmt: skip
        if receipts:
            at.wake()

    async def until_next_poll(self) -> None:
        """Until the next poll, or something happens in the inbox; a heap is worked off at once, an unreachable inbox is asked ever less."""
        rest, shortest = inbox_state.rest(self.at.intake(), self.at.settings.intake.poll_every.total_seconds())
        self._arrived.clear()
        await pause(self._arrived, rest, at_least=shortest)

    async def watch_inbox(self) -> None:
        await inbox.watch(self.at.folders.inbox, self._arrived.set, lambda why: self.at.log.warning("inbox_not_watched", why=why))

    async def plan(self) -> None:
        """After imports, records and switches, and every quarter of an hour: promises, plan, call list."""
        at = self.at
        at.work.clear()
        now = at.clock.now()
        await duty.prepare(at.db, at.settings, now)  # a reload may have brought new agents
        await corrections.settle(at.db, at.house, now, lambda: new_id(at.clock.now()))
        for judged in await promises.judge_promises(at.db, at.rules, at.house, now):
            at.log.info("promise_judged", promise=judged.id, state=judged.state)
        await callbacks.give_out(at.db, at.settings, at.clock.now(), lambda: new_id(at.clock.now()))
        counts = asdict(await planning.work(at.db, at.rules, at.house, now, new_id=lambda: new_id(at.clock.now())))
        if any(counts.values()):
            at.log.info("tasks_planned", **counts)
            at.dial.set()
        if self._reckoned_at is None or not timedelta(0) <= now - self._reckoned_at < RECKON_EVERY:
            self._reckoned_at = now
            await unreached.forget(at.db, now)
            await workload.keep(at.db, await workload.reckon(at.db, at.settings, at.rules, at.house, now))
            await best_hours.learn(at.db, at.rules, at.house, now)
            at.learnt = await at.db.read(lambda conn: best_hours.learnt(conn, at.rules))
        if at.settings.outbox.call_list:
            agents = await duty.on_duty(at.db, at.settings, at.device_states(), now)
            capacity = await workload.capacity(at.db, at.settings, at.rules, at.house, now)
            await day_sheet.write_daily_call_list(at.db, at.rules, at.house, at.folders, now, agents=agents, capacity=capacity)

    async def until_work(self) -> None:
        await pause(self.at.work, PLAN_EVERY.total_seconds(), at_least=0.5)

    def _order(self) -> Order:
        at = self.at
        doubts = tuple(at.doubted.values())
        return Order(settings=at.settings, rules=at.rules, house=at.house, folders=at.folders, doubts=doubts)

    async def write_messages(self) -> None:
        """Letters and e-mails whose time has come; none while something is doubtful, or the house stops."""
        at = self.at
        if not at.doubted and not at.stop.is_set() and await self._messages.turn(self._order(), at.watch.now()):
            at.work.set()

    async def until_messages(self) -> None:
        await asyncio.sleep(MESSAGES_EVERY)

    async def tell(self) -> None:
        """What people must know of without asking is noted, then sent."""
        at = self.at
        at.tell.clear()
        now, language = at.clock.now(), at.house.language
        state = await at.standing(now)
        edges = at.intake()
        found = await self._worth_telling.conditions(edges, state, (at.settings.state_dir,), now)
        await self._notices.note(found, language, now)
        await self._notices.send(at.settings.notices, language, now)

    async def until_notices(self) -> None:
        await pause(self.at.tell, NOTICES_EVERY, at_least=1.0)

    async def write_outbox(self) -> None:
        at = self.at
        if path := await outbox.write_outcomes(at.db, at.house, at.folders, at.clock.now()):
            at.log.info("outcomes_written", file=path.name)
        if path := await outbox.write_corrections(at.db, at.house, at.folders, at.clock.now()):
            at.log.info("corrections_written", file=path.name)

    async def until_next_outcomes(self) -> None:
        await asyncio.sleep(self.at.settings.outbox.outcomes_every.total_seconds())

    async def look_at_quality(self) -> None:
        """Once a day."""
        at = self.at
        if not at.settings.outbox.quality:
            return
        named = at.rules.frames.exceptions.debtors
        if path := await quality.keep_day(at.db, at.house, at.folders, at.clock.now(), named):
            at.log.info("quality_written", file=path.name)

    async def until_quality(self) -> None:
        await asyncio.sleep(QUALITY_EVERY)
