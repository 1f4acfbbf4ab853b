"""Dialling: gives the next tasks to free agents.

Looks at desk and candidates (loops/sight), has the calls placed by loops/placing.
Invariant: what is begun from one look is one transaction, in which each agent and each task is looked at again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from collectord.core.contact.facts import Doubt
from collectord.core.telephony.agents import AgentState, judge, why
from collectord.core.telephony.allocation import Nothing, Placement
from collectord.core.telephony.modes import Mode
from collectord.edge.store import calls, tasks
from collectord.edge.store.connection import Connection
from collectord.loops import on_desk, open_lines
from collectord.loops.best_hours import NOT_LEARNT, Learnt
from collectord.loops.foresight import Foresight, Weighed, predictive_rules
from collectord.loops.placed import Answer, GateRefused, Idle, PlacedCall
from collectord.loops.placing import Placer
from collectord.loops.sight import A_FEW, LOOK_AHEAD, Sight, Viewpoint

__all__ = ["A_FEW", "LOOK_AHEAD", "Dialler", "GateRefused", "Idle", "PlacedCall"]

TOGETHER = 10  # calls at most that one look, one commit and one wait for the PBX serve; a small desk's pace allows one
AWAITED = "as many debtors ring as agents will be free"
NAMED = 5  # of those who are not free


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialler(Placer):
    learnt: Learnt = NOT_LEARNT
    lines: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # PBX -> open lines: endpoint -> channel
    foresight: Foresight = field(default_factory=Foresight)

    async def turn(self, devices: Mapping[str, str], doubts: tuple[Doubt, ...], now: datetime) -> Answer:
        """At most one call."""
        return (await self.turns(devices, doubts, now, at_most=1))[0]

    async def turns(self, devices: Mapping[str, str], doubts: tuple[Doubt, ...], now: datetime, *, at_most: int = TOGETHER) -> list[Answer]:
        """What became of the most urgent tasks, at least one answer; Idle, which comes last, says why nothing more is placed now."""
        if await self.db.read_briefly(lambda conn: tasks.is_any_due(conn, now)):
            await self.db.write(lambda conn: tasks.promote_due(conn, now))
        view = Viewpoint(settings=self.settings, rules=self.rules, house=self.house, started=self.started, learnt=self.learnt)
        sight = await self.db.read_briefly(lambda conn: view.look(conn, devices, at_most, now))
        weighed = await self._weigh(view, sight, at_most, now)
        if not sight.free:
            awaited = sight.kept_back or (weighed is not None and weighed.large and not weighed.spare)
            return [Idle(AWAITED if awaited else self._nobody(sight, now), passing=any(agent.attempt_id for agent in sight.agents))]
        choice = sight.choose(now)
        if isinstance(choice, Nothing) and len(sight.few()) >= A_FEW:
            await self.db.read(lambda conn: view.look_ahead(conn, sight, now))
            choice = sight.choose(now)
        match choice:
            case Nothing(reason, until, passing):
                return [Idle(" ".join((reason, *sight.resting.values())), until, passing)]
            case Placement():
                begun = await self.db.write_briefly(lambda conn: self._begin(conn, sight, choice, weighed, devices, doubts, now, at_most))
                return await self.ring(begun, now)

    async def _weigh(self, view: Viewpoint, sight: Sight, at_most: int, now: datetime) -> Weighed | None:
        """How many debtors may ring ahead of their agents, and who stands for these agents; narrows the sight accordingly."""
        modes = {self.settings.dialling.mode, *(level.mode for ladder in self.rules.ladders for level in ladder.levels)}
        agents = [open_lines.with_line(agent, self.lines.get(agent.pbx, {})) for agent in sight.agents]
        ringing = await self.db.read_briefly(lambda conn: open_lines.awaited(conn, now)) if any(self.lines.values()) else Counter[str]()
        if Mode.PREDICTIVE not in modes:  # until a moment ago, perhaps
            sight.keep_back(agents, ringing)
            return None
        rules = predictive_rules(self.settings)
        there = open_lines.served_together(agents, now)
        weighed = await self.db.read_briefly(lambda conn: self.foresight.weigh(conn, there, rules, self.house, at_most, now))
        served = there[0].pbx if weighed.large else ""
        sight.keep_back(agents, {pbx: number for pbx, number in ringing.items() if pbx != served})
        if not weighed.large:
            return weighed
        sight.on_line = frozenset(agent.id for agent in there)
        sight.anybody = anybody = open_lines.anybody(there)
        if not weighed.spare:
            sight.leave_lines()
        if not sight.free:
            await self.db.read_briefly(lambda conn: view.look_for(conn, sight, anybody, weighed.may, now))
        return weighed

    async def _begin(
        self,
        conn: Connection,
        sight: Sight,
        choice: Placement | Nothing,
        weighed: Weighed | None,
        devices: Mapping[str, str],
        doubts: tuple[Doubt, ...],
        now: datetime,
        at_most: int,
    ) -> list[Answer]:
        begun: list[Answer] = []
        while len(begun) < at_most and isinstance(choice, Placement) and not (begun and isinstance(begun[-1], Idle)):
            ahead = weighed is not None and sight.goes_ahead(choice, weighed.may, now)
            if not choice.agent.id and not ahead:
                break
            begun.append(await self._begin_one(conn, sight, choice, devices, doubts, now, ahead=ahead))
            placed = isinstance(begun[-1], PlacedCall)
            if weighed is not None and placed and (ahead or choice.agent.id in sight.on_line):
                weighed.used += 1
            sight.take_out(choice, agent=placed and not ahead)
            if weighed is not None and weighed.large and not weighed.spare:
                sight.leave_lines()
            choice = sight.choose(now)
        return begun or [Idle(AWAITED, passing=True)]

    async def _begin_one(
        self,
        conn: Connection,
        sight: Sight,
        choice: Placement,
        devices: Mapping[str, str],
        doubts: tuple[Doubt, ...],
        now: datetime,
        *,
        ahead: bool,
    ) -> Answer:
        """Another transaction may have come between the look and this one."""
        agent = sight.anybody
        if not ahead or agent is None:
            agent = await on_desk.one(conn, self.settings, choice.agent.id, devices, now)
            if judge(agent, pull=sight.pull, now=now) is not AgentState.FREE:
                return Idle("the agent changed a moment ago", now, passing=True)
            agent = open_lines.with_line(agent, self.lines.get(agent.pbx, {}))
        if await tasks.task(conn, choice.task.id) != choice.task:
            return Idle("the task changed a moment ago", now, passing=True)
        try:
            async with calls.apart(conn):
                return await self.begin(conn, choice.task, agent, doubts, now, ahead=ahead)
        except calls.AttemptTaken as taken:
            return Idle(str(taken))

    def _nobody(self, sight: Sight, now: datetime) -> str:
        """For the log, so by id: names stay out of it."""
        house = self.house
        said = [f"{a.id} {why(a, judge(a, pull=sight.pull, now=now), house.language, house.time_zone)}" for a in sight.agents[:NAMED]]
        german = house.language == "de"
        if not said:
            return "Keine Anlage ist erreichbar" if german else "no PBX can be reached"
        return ("Niemand ist frei: " if german else "nobody is free: ") + "; ".join(said)
