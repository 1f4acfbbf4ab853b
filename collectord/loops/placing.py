"""Placing: a call for a task by an agent: the gate, the row, the ring.

Reads the debtor's facts, asks the gate and pacing, writes the attempt, after the commit sends one Originate.
Invariant: row before ring: the gate and the attempt's row share one transaction; the Originate is written once, after the commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collectord.core.contact.contact_rules import Refused, may_begin
from collectord.core.contact.facts import Doubt
from collectord.core.contact.refusals import ASK_AGAIN
from collectord.core.contact.task_asked import items_wait
from collectord.core.house import House
from collectord.core.receivables.script_set import language_for, script_of
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.rules import Rules
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.modes import Mode, at_phone, mode_of
from collectord.core.telephony.pacing import Wait
from collectord.edge.crash import crash_point
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.store import agents as agent_rows
from collectord.edge.store import calls, facts, promises, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops import call_events
from collectord.loops.call_order import case_of, new_attempt, order_of, trunks_for
from collectord.loops.clearance import SWITCHED_OFF, switched_off
from collectord.loops.placed import Answer, GateRefused, Idle, PlacedCall, why_not
from collectord.loops.trunk_choice import open_trunk
from collectord.settings import Settings

A_PACE = timedelta(seconds=1)  # a trunk takes one call a second at least: a longer wait is a rest, and news may end it sooner


@dataclass(frozen=True, slots=True, kw_only=True)
class Placer:
    """A reload makes a new one."""

    db: Database
    settings: Settings
    rules: Rules
    house: House
    pbxes: Mapping[str, AsteriskPbx]
    started: Mapping[str, str]  # PBX name -> start-up token of a reconciled link; absent = do not dial there

    async def place(self, task: Task, agent: OnDuty, doubts: tuple[Doubt, ...], now: datetime, *, unsaved: bool = False) -> Answer:
        """`unsaved`: a task of this moment, written with its attempt, so that no turn of the dialler can take it meanwhile."""

        async def job(conn: Connection) -> Answer:
            if unsaved:
                await tasks.create_task(conn, task, now)
            answer = await self.begin(conn, task, agent, doubts, now)
            if unsaved and not isinstance(answer, PlacedCall):  # over with it: no turn of the dialler finds it
                await tasks.close_task(conn, task.id, TaskState.CANCELLED, why_not(answer), now)
            return answer

        try:
            begun = await self.db.write_briefly(job)
        except calls.AttemptTaken as taken:
            return Idle(str(taken))
        return (await self.ring([begun], now))[0]

    async def begin(
        self, conn: Connection, task: Task, agent: OnDuty, doubts: tuple[Doubt, ...], now: datetime, *, ahead: bool = False
    ) -> Answer:
        """The gate and the attempt's row, in the transaction of the caller, who has it rung once that is on disk. Raises AttemptTaken.
        `ahead`: the debtor is dialled first; `agent` stands for whoever will be free."""
        trunks = trunks_for(self.settings, task.company, agent.pbx)
        if not trunks:
            return Idle(f"PBX {agent.pbx} has no [[trunk]] in the configuration")
        company = self.house.companies.get(task.company)
        if company is None:
            await tasks.postpone(conn, task.id, now + ASK_AGAIN, f"no [[company]] {task.company!r}", now)
            return Idle(f"company {task.company!r} has no [[company]] in the configuration, so no caller ID")
        if off := await switched_off(conn, self.settings.live):
            return Idle(SWITCHED_OFF[off])
        trunk = await open_trunk(conn, trunks, self.house, now)
        if isinstance(trunk, Wait):
            return Idle(trunk.why, trunk.until, passing=True, paced=trunk.until is not None and trunk.until - now < A_PACE)
        found = await facts.debtor_facts(conn, task.key, now, self.house, self.rules.frames, doubts)
        if found is None:
            await tasks.close_task(conn, task.id, TaskState.CANCELLED, "the debtor is not in the ledger", now)
            return Idle(f"debtor {task.key} is not in the ledger")
        mode, times = mode_of(task, self.rules.ladders, Mode(self.settings.dialling.mode)), self.house.times
        if ahead or mode is Mode.PREDICTIVE:
            mode = Mode.PREDICTIVE if ahead else Mode.PROGRESSIVE
        if not agent.line:
            mode = at_phone(mode, agent.endpoint, answers_itself=bool(agent.auto_answer))
        until_dialled = times.until_dialled_at_once if mode in (Mode.PROGRESSIVE, Mode.PREDICTIVE) else times.until_dialled
        verdict = may_begin(found, self.rules.packs, self.house, now, now + until_dialled)
        if isinstance(verdict, Refused):
            until = verdict.not_before or now + ASK_AGAIN
            if verdict.never:
                await tasks.close_task(conn, task.id, TaskState.SUPPRESSED, verdict.refusals[0].reason, now)
            else:
                await tasks.put_off(conn, task.id, until, verdict.refusals[0].reason, now)
            return GateRefused(task, verdict)
        items = tuple(item for item in task.items if item in verdict.items)
        if not items and (later := items_wait(task, found, self.rules.packs, self.house, now)):
            await tasks.put_off(conn, task.id, *later, now)
            return Idle(f"what a task is about waits: {later[1]}")
        if not items:
            await tasks.close_task(conn, task.id, TaskState.CANCELLED, "nothing of what the task was about is open any more", now)
            return Idle("a task was over before it was called")
        language = language_for(found.debtor.language, self.house.language)
        script = self.rules.scripts.reference(script_of(task), language)
        started = self.started[agent.pbx]
        attempt = new_attempt(task, agent, trunk, mode, verdict, items, script, company.caller_id, self.house, started, now)
        promise, dialling = await promises.last_promise(conn, task.key, now), self.settings.dialling
        case = case_of(attempt, found, task.attempts_made + 1, promise, verdict.asks_for, dialling, self.house, now)
        await calls.commit_attempt(conn, attempt, now)
        await agent_rows.served(conn, agent.id)
        crash_point("attempt-before-commit")
        return PlacedCall(attempt, case, order_of(attempt, case, agent, trunk, company.caller_id, language, self.settings, self.house))

    async def ring(self, begun: Sequence[Answer], now: datetime) -> list[Answer]:
        """Writes the order of each attempt that is on disk, once; all answers of the PBX are one transaction. Silence: recovery."""
        placed = [one for one in begun if isinstance(one, PlacedCall)]
        if not placed:
            return list(begun)
        crash_point("attempt-committed")
        said = await asyncio.gather(*(self.pbxes[one.attempt.pbx].originate(one.order) for one in placed))
        crash_point("originate-answered")
        answers = [(one.attempt.id, answer) for one, answer in zip(placed, said, strict=True)]
        effects = iter(await call_events.take_answers(self.db, self.rules, self.house, answers, now))
        return [replace(one, effects=next(effects)) if isinstance(one, PlacedCall) else one for one in begun]
