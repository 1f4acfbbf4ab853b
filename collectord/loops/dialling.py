"""Dialling: gives the next task to a free agent.

Reads desk and candidates, asks core (who is free, choose), has the call placed by loops/placing.
Invariant: a turn places at most one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collectord.core.contact.facts import Doubt
from collectord.core.telephony.agents import AgentState, OnDuty, judge, why
from collectord.core.telephony.allocation import (
    Candidate,
    FreeAgent,
    Nothing,
    Placement,
    barred_languages,
    choose,
    in_modes,
    under_frames,
)
from collectord.core.telephony.modes import Mode, only_asked
from collectord.edge.store import tasks
from collectord.edge.store.connection import Connection
from collectord.loops import duty, trunk_choice
from collectord.loops.best_hours import NOT_LEARNT, Learnt, timed
from collectord.loops.call_order import trunks_for
from collectord.loops.placing import GateRefused, Idle, PlacedCall, Placer

__all__ = ["A_FEW", "LOOK_AHEAD", "Dialler", "GateRefused", "Idle", "PlacedCall"]

A_FEW = 20  # candidates read per turn: nearly always they hold one for somebody free
LOOK_AHEAD = 500  # read when they do not


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialler(Placer):
    learnt: Learnt = NOT_LEARNT

    async def turn(self, devices: Mapping[str, str], doubts: tuple[Doubt, ...], now: datetime) -> PlacedCall | GateRefused | Idle:
        if await self.db.read_briefly(lambda conn: tasks.is_any_due(conn, now)):
            await self.db.write(lambda conn: tasks.promote_due(conn, now))
        present, first, resting = await self.db.read_briefly(lambda conn: self._look(conn, devices, now))
        agents = [agent for agent in present if agent.pbx in self.started]
        pull = self._only_asked()
        free = [agent for agent in agents if judge(agent, pull=pull, now=now) is AgentState.FREE]
        if not free:
            return Idle(self._nobody(agents, now), passing=any(agent.attempt_id for agent in agents))
        match await self._choose(free, [agent for agent in agents if duty.is_at_work(agent, now)], first, resting, now):
            case Nothing(why, until, passing):
                return Idle(" ".join((why, *resting.values())), until, passing)
            case Placement(task, chosen):
                return await self.place(task, next(a for a in free if a.id == chosen.id), doubts, now)

    async def _look(
        self, conn: Connection, devices: Mapping[str, str], now: datetime
    ) -> tuple[tuple[OnDuty, ...], list[Candidate], dict[str, str]]:
        present = await duty.present(conn, self.settings, devices, now)
        first = await tasks.ready_tasks(conn, now, limit=A_FEW)
        resting = await trunk_choice.resting(conn, self.settings, self.house, now)
        return present, await timed(conn, first, self.learnt, self.rules, self.house, now), resting

    async def _choose(
        self, free: list[OnDuty], at_work: list[OnDuty], first: list[Candidate], resting: Mapping[str, str], now: datetime
    ) -> Placement | Nothing:
        """The stored order is core's but for ties in money and for the hour, which chooses among the first few: they are as good as all
        when somebody can take one of them."""
        desk, soon = self._as_desk(free), self._as_desk(at_work)
        spoken, reach = self._spoken(), self._reach(resting)

        def answer_for(candidates: list[Candidate]) -> Placement | Nothing:
            framed = in_modes(under_frames(candidates, self.rules.frames), self.rules.ladders, self._mode())
            return choose(framed, desk, now, spoken=spoken, reach=reach, at_work=soon, language=self.house.language)

        answer = answer_for(first)
        if isinstance(answer, Placement) or len(first) < A_FEW:
            return answer
        skills = {skill for agent in free for skill in agent.skills}
        barred = barred_languages(desk, spoken)
        return answer_for(await self.db.read(lambda conn: tasks.ready_tasks(conn, now, LOOK_AHEAD, skills, barred)))

    def _as_desk(self, agents: list[OnDuty]) -> tuple[FreeAgent, ...]:
        breath = self.settings.dialling.breath
        return tuple(
            FreeAgent(
                id=a.id,
                languages=a.languages,
                skills=a.skills,
                endpoint=a.endpoint,
                pbx=a.pbx,
                asked=a.asked_at is not None,
                breath_until=a.talked_until and a.talked_until + breath,
            )
            for a in agents
        )

    def _mode(self) -> Mode:
        return Mode(self.settings.dialling.mode)

    def _only_asked(self) -> bool:
        return only_asked(self.rules.ladders, self._mode())

    def _spoken(self) -> frozenset[str]:
        return frozenset(language for agent in self.settings.agent for language in agent.languages)

    def _reach(self, resting: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """Company -> PBXes with a trunk for its calls. One whose trunks all rest holds up no other company."""
        return {
            company: frozenset(pbx for pbx in self.started if any(t.name not in resting for t in trunks_for(self.settings, company, pbx)))
            for company in self.house.companies
        }

    def _nobody(self, agents: list[OnDuty], now: datetime) -> str:
        """For the log, so by id: names stay out of it."""
        pull = self._only_asked()
        said = [f"{a.id} {why(a, judge(a, pull=pull, now=now), self.house.language, self.house.time_zone)}" for a in agents]
        german = self.house.language == "de"
        if not said:
            return "Keine Anlage ist erreichbar" if german else "no PBX can be reached"
        return ("Niemand ist frei: " if german else "nobody is free: ") + "; ".join(said[:5])
