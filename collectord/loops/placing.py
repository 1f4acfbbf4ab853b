"""Placing: one call for one task by one agent: the gate, the row, the ring.

Reads the debtor's facts, asks the gate and pacing, commits the attempt, then sends one Originate.
Invariant: row before ring: the gate and the attempt's row share one transaction; the Originate is written once, after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from collectord.core.telephony.attempts import Attempt
from collectord.core.telephony.call_seen import Effect
from collectord.core.telephony.case import Case
from collectord.core.telephony.modes import Mode, mode_of
from collectord.core.telephony.pacing import Wait
from collectord.edge.crash import crash_point
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.store import agents as agent_rows
from collectord.edge.store import calls, facts, promises, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops import call_events
from collectord.loops.call_order import case_of, new_attempt, order_of, trunks_for
from collectord.loops.clearance import SWITCHED_OFF, switched_off
from collectord.loops.trunk_choice import open_trunk
from collectord.settings import Settings

A_PACE = timedelta(seconds=1)  # a trunk takes one call a second at least: a longer wait is a rest, and news may end it sooner


@dataclass(frozen=True, slots=True)
class PlacedCall:
    attempt: Attempt
    case: Case
    effects: tuple[Effect, ...] = ()  # of the PBX's answer to the order


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing was placed; `until` is when to look again, None = when something changes."""

    why: str
    until: datetime | None = None
    passing: bool = False  # it passes by itself in seconds: not worth a line in the log
    paced: bool = False  # nothing that happens makes it sooner


@dataclass(frozen=True, slots=True)
class GateRefused:
    task: Task
    verdict: Refused


def why_not(answer: GateRefused | Idle) -> str:
    """One sentence with the rules."""
    if isinstance(answer, Idle):
        return answer.why
    first, *others = answer.verdict.refusals
    names = ", ".join(dict.fromkeys(refusal.rule for refusal in others))
    return f"{first.rule}: {first.reason}" + (f" ({names})" if names else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placer:
    """Places at most one call at a time. A reload makes a new one."""

    db: Database
    settings: Settings
    rules: Rules
    house: House
    pbxes: Mapping[str, AsteriskPbx]
    started: Mapping[str, str]  # PBX name -> start-up token of a reconciled link; absent = do not dial there

    async def place(
        self, task: Task, agent: OnDuty, doubts: tuple[Doubt, ...], now: datetime, *, unsaved: bool = False
    ) -> PlacedCall | GateRefused | Idle:
        """`unsaved`: a task of this moment, written with its attempt, so that no turn of the dialler can take it meanwhile."""
        trunks = trunks_for(self.settings, task.company, agent.pbx)
        if not trunks:
            return Idle(f"PBX {agent.pbx} has no [[trunk]] in the configuration")
        company = self.house.companies.get(task.company)
        if company is None:
            await self.db.write(lambda conn: tasks.postpone(conn, task.id, now + ASK_AGAIN, f"no [[company]] {task.company!r}", now))
            return Idle(f"company {task.company!r} has no [[company]] in the configuration, so no caller ID")

        mode = mode_of(task, self.rules.ladders, Mode(self.settings.dialling.mode))
        times = self.house.times
        until_dialled = times.until_dialled_at_once if mode is Mode.PROGRESSIVE else times.until_dialled

        async def commit(conn: Connection) -> PlacedCall | GateRefused | Idle:
            if unsaved:
                await tasks.create_task(conn, task, now)
            answer = await decide(conn)
            if unsaved and not isinstance(answer, PlacedCall):  # over with it: no turn of the dialler finds it
                await tasks.close_task(conn, task.id, TaskState.CANCELLED, why_not(answer), now)
            return answer

        async def decide(conn: Connection) -> PlacedCall | GateRefused | Idle:
            if off := await switched_off(conn, self.settings.live):
                return Idle(SWITCHED_OFF[off])
            trunk = await open_trunk(conn, trunks, self.house, now)
            if isinstance(trunk, Wait):
                paced = trunk.until is not None and trunk.until - now < A_PACE
                return Idle(trunk.why, trunk.until, passing=True, paced=paced)
            found = await facts.debtor_facts(conn, task.key, now, self.house, self.rules.frames, doubts)
            if found is None:
                await tasks.close_task(conn, task.id, TaskState.CANCELLED, "the debtor is not in the ledger", now)
                return Idle(f"debtor {task.key} is not in the ledger")
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
            script = self.rules.scripts.reference(script_of(task), language_for(found.debtor.language, self.house.language))
            attempt = new_attempt(
                task, agent, trunk, mode, verdict, items, script, company.caller_id, self.house, self.started[agent.pbx], now
            )
            promise = await promises.last_promise(conn, task.key, now)
            case = case_of(attempt, found, task.attempts_made + 1, promise, verdict.asks_for, self.settings.dialling, self.house, now)
            await calls.commit_attempt(conn, attempt, now)
            await agent_rows.served(conn, agent.id)
            crash_point("attempt-before-commit")
            return PlacedCall(attempt, case)

        try:
            placed = await self.db.write_briefly(commit)
        except calls.AttemptTaken as taken:
            return Idle(str(taken))
        if isinstance(placed, PlacedCall):
            crash_point("attempt-committed")
            trunk = next(one for one in trunks if one.name == placed.attempt.trunk)
            order = order_of(placed.attempt, placed.case, agent, trunk, company.caller_id, self.settings.dialling, self.house)
            answer = await self.pbxes[agent.pbx].originate(order)  # once; silence: recovery
            crash_point("originate-answered")
            return replace(placed, effects=await call_events.take(self.db, self.rules, self.house, placed.attempt.id, answer, now))
        return placed
