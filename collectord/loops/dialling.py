"""Dialling: gives the next task to a free agent and places the call.

Reads desk and candidates, asks core (choose, the gate, pacing), commits the attempt, then sends one Originate.
Invariant: row before ring: the gate and the attempt's row share one transaction; the Originate is written once, after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from collectord.core.contact.contact_rules import Allowed, Refused, may_begin
from collectord.core.contact.facts import DebtorFacts, Doubt
from collectord.core.contact.refusals import ASK_AGAIN
from collectord.core.contact.task_asked import items_wait
from collectord.core.house import House
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.script_set import language_for, script_of
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.rules import Rules
from collectord.core.telephony.agents import OnDuty, judge, why
from collectord.core.telephony.allocation import Candidate, FreeAgent, Nothing, Placement, barred_languages, choose, under_frames
from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.call_seen import Effect
from collectord.core.telephony.case import Case, describe, spoken
from collectord.core.telephony.pacing import Trunk, Wait, counted, room
from collectord.core.telephony.pbx_calls import AgentCall
from collectord.edge.crash import crash_point
from collectord.edge.ids import new_id
from collectord.edge.pbx.asterisk import AsteriskPbx
from collectord.edge.store import agents as agent_rows
from collectord.edge.store import calls, facts, meta, promises, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops import call_events, duty
from collectord.loops.best_hours import NOT_LEARNT, Learnt, timed
from collectord.loops.clearance import SWITCHED_OFF, switched_off
from collectord.settings import Settings

A_FEW = 20  # candidates read per turn: nearly always they hold one for somebody free
LOOK_AHEAD = 500  # read when they do not


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


@dataclass(frozen=True, slots=True)
class GateRefused:
    task: Task
    verdict: Refused


def _as_desk(agents: list[OnDuty]) -> tuple[FreeAgent, ...]:
    return tuple(FreeAgent(id=a.id, languages=a.languages, skills=a.skills, endpoint=a.endpoint, pbx=a.pbx) for a in agents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialler:
    """One turn places at most one call. A reload makes a new one."""

    db: Database
    settings: Settings
    rules: Rules
    house: House
    pbxes: Mapping[str, AsteriskPbx]
    started: Mapping[str, str]  # PBX name -> start-up token of a reconciled link; absent = do not dial there
    learnt: Learnt = NOT_LEARNT

    async def turn(self, devices: Mapping[str, str], doubts: tuple[Doubt, ...], now: datetime) -> PlacedCall | GateRefused | Idle:
        if await self.db.read_briefly(lambda conn: tasks.is_any_due(conn, now)):
            await self.db.write(lambda conn: tasks.promote_due(conn, now))
        present, first = await self.db.read_briefly(lambda conn: self._look(conn, devices, now))
        agents = [agent for agent in present if agent.pbx in self.started]
        free = [agent for agent in agents if duty.is_free(agent, self.settings, now)]
        if not free:
            return Idle(self._nobody(agents, now), passing=any(agent.attempt_id for agent in agents))
        match await self._choose(free, [agent for agent in agents if duty.is_at_work(agent, now)], first, now):
            case Nothing(why, until):
                return Idle(why, until)
            case Placement(task, chosen):
                return await self.place(task, next(a for a in free if a.id == chosen.id), doubts, now)

    async def _look(self, conn: Connection, devices: Mapping[str, str], now: datetime) -> tuple[tuple[OnDuty, ...], list[Candidate]]:
        present = await duty.present(conn, self.settings, devices, now)
        first = await tasks.ready_tasks(conn, now, limit=A_FEW)
        return present, await timed(conn, first, self.learnt, self.rules, self.house, now)

    async def _choose(self, free: list[OnDuty], at_work: list[OnDuty], first: list[Candidate], now: datetime) -> Placement | Nothing:
        """The stored order is core's but for ties in money and for the hour, which chooses among the first few: they are as good as all
        when somebody can take one of them."""
        desk, soon = _as_desk(free), _as_desk(at_work)
        spoken, reach = self._spoken(), self._reach()

        def answer_for(candidates: list[Candidate]) -> Placement | Nothing:
            framed = under_frames(candidates, self.rules.frames)
            return choose(framed, desk, now, spoken=spoken, reach=reach, at_work=soon, language=self.house.language)

        answer = answer_for(first)
        if isinstance(answer, Placement) or len(first) < A_FEW:
            return answer
        skills = {skill for agent in free for skill in agent.skills}
        barred = barred_languages(desk, spoken)
        return answer_for(await self.db.read(lambda conn: tasks.ready_tasks(conn, now, LOOK_AHEAD, skills, barred)))

    def _spoken(self) -> frozenset[str]:
        return frozenset(language for agent in self.settings.agent for language in agent.languages)

    def _reach(self) -> dict[str, frozenset[str]]:
        """Company -> PBXes whose trunk its calls may take."""
        return {company: frozenset(pbx for pbx in self.started if self._trunk(company, pbx)) for company in self.house.companies}

    def _nobody(self, agents: list[OnDuty], now: datetime) -> str:
        """For the log, so by id: names stay out of it."""
        pull = self.settings.dialling.mode == "pull"
        said = [f"{a.id} {why(a, judge(a, pull=pull, now=now), self.house.language, self.house.time_zone)}" for a in agents]
        german = self.house.language == "de"
        if not said:
            return "Keine Anlage ist erreichbar" if german else "no PBX can be reached"
        return ("Niemand ist frei: " if german else "nobody is free: ") + "; ".join(said[:5])

    async def place(
        self, task: Task, agent: OnDuty, doubts: tuple[Doubt, ...], now: datetime, *, unsaved: bool = False
    ) -> PlacedCall | GateRefused | Idle:
        """`unsaved`: a task of this moment, written with its attempt, so that no turn of the dialler can take it meanwhile."""
        trunk = self._trunk(task.company, agent.pbx)
        if trunk is None:
            return Idle(f"PBX {agent.pbx} has no [[trunk]] in the configuration")
        company = self.house.companies.get(task.company)
        if company is None:
            await self.db.write(lambda conn: tasks.postpone(conn, task.id, now + ASK_AGAIN, f"no [[company]] {task.company!r}", now))
            return Idle(f"company {task.company!r} has no [[company]] in the configuration, so no caller ID")

        async def commit(conn: Connection) -> PlacedCall | GateRefused | Idle:
            if unsaved:
                await tasks.create_task(conn, task, now)
            if off := await switched_off(conn, self.settings.live):
                return Idle(SWITCHED_OFF[off])
            live, earlier = await meta.trunk_load(conn, trunk.name, counted(trunk.calls_per_second))
            match room(trunk, live=live, earlier=earlier, now=now):
                case Wait(sentence, until):
                    return Idle(sentence, until, passing=True)
                case None:
                    pass
            found = await facts.debtor_facts(conn, task.key, now, self.house, self.rules.frames, doubts)
            if found is None:
                await tasks.close_task(conn, task.id, TaskState.CANCELLED, "the debtor is not in the ledger", now)
                return Idle(f"debtor {task.key} is not in the ledger")
            verdict = may_begin(found, self.rules.packs, self.house, now, now + self.house.times.until_dialled)
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
            attempt = self._attempt(task, agent, trunk, verdict, items, script, now)
            promise = await promises.last_promise(conn, task.key, now)
            case = self._case(attempt, found, task.attempts_made + 1, promise, verdict.asks_for, now)
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
            answer = await self.pbxes[agent.pbx].originate(self._order(placed, agent, trunk, company.caller_id))  # once; silence: recovery
            crash_point("originate-answered")
            return replace(placed, effects=await call_events.take(self.db, self.rules, self.house, placed.attempt.id, answer, now))
        return placed

    def _trunk(self, company: str, pbx: str) -> Trunk | None:
        wanted = next((c.trunk for c in self.settings.company if c.code == company), "")
        for t in self.settings.trunk:
            if t.pbx == pbx and wanted in ("", t.name):
                return Trunk(
                    name=t.name,
                    pbx=t.pbx,
                    channels=t.channels,
                    reserve=t.reserve,
                    calls_per_second=t.calls_per_second,
                    number_format=t.number_format,
                )
        return None

    def _attempt(
        self, task: Task, agent: OnDuty, trunk: Trunk, verdict: Allowed, items: tuple[str, ...], script: str, now: datetime
    ) -> Attempt:
        return Attempt(
            id=new_id(now),
            task_id=task.id,
            company=task.company,
            debtor_no=task.debtor_no,
            number=verdict.number,
            agent=agent.id,
            endpoint=agent.endpoint,
            pbx=agent.pbx,
            trunk=trunk.name,
            mode="preview",
            items=items,
            about=calls.about(verdict.asks_for, script),
            state=AttemptState.PLACED,
            placed_at=now,
            deadline_at=now + self.house.times.ring_agent_for + self.house.times.margin,
            pbx_started=self.started[agent.pbx],
        )

    def _case(self, attempt: Attempt, found: DebtorFacts, attempt_no: int, promise: Promise | None, ask_for: str, now: datetime) -> Case:
        return describe(
            found.debtor,
            tuple(item for item in found.items if item.item_no in attempt.items or item.open_amount < 0),
            case_no=attempt.id[-6:],
            display=self.settings.dialling.display,
            attempt_no=attempt_no,
            promised_on=promise.promised_on if promise else None,
            promise_state=spoken(promise.state) if promise else "",
            as_of=self.house.today(now),
            language=self.house.language,
            ask_for=ask_for,
        )

    def _order(self, placed: PlacedCall, agent: OnDuty, trunk: Trunk, caller_id: str) -> AgentCall:
        attempt, case, dialling = placed.attempt, placed.case, self.settings.dialling
        return AgentCall(
            attempt_id=attempt.id,
            endpoint=agent.endpoint,
            number=attempt.number,
            display=case.display,
            caller_id=caller_id,
            trunk=trunk.name,
            number_format=trunk.number_format,
            language="en" if agent.languages[:1] == ("en",) else "de",
            ring_agent_ms=int(dialling.ring_agent_for.total_seconds() * 1000),
            ring_debtor_s=int(dialling.ring_debtor_for.total_seconds()),
            decide_s=int(dialling.decide_within.total_seconds()),
            major=case.major,
            minor=case.minor,
            currency=case.currency,
            days_past_due=case.days_past_due,
            attempt_no=case.attempt_no,
            promised_on=case.promised_on,
            promise_state=case.promise_state,
            today=self.house.today(attempt.placed_at),
            wrap_up_s=max(10, int(dialling.wrap_up_for.total_seconds())),
        )
