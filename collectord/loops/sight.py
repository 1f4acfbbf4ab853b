"""Sight: one look at the desk and at what waits, and what is left of it while calls are begun.

Reads agents, candidates and trunks, asks core/telephony (who is free, choose). Writes nothing, rings nobody.
Invariant: who or what is taken out is not chosen again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from collectord.core.house import House
from collectord.core.rules import Rules
from collectord.core.telephony.agents import AgentState, OnDuty, judge
from collectord.core.telephony.allocation import (
    Candidate,
    FreeAgent,
    Nothing,
    Placement,
    barred_languages,
    choose,
    in_modes,
    may_go_ahead,
    under_frames,
)
from collectord.core.telephony.modes import Mode, only_asked
from collectord.edge.store import tasks
from collectord.edge.store.connection import Connection
from collectord.loops import on_desk, trunk_choice
from collectord.loops.best_hours import Learnt, timed
from collectord.loops.call_order import trunks_for
from collectord.loops.dropped_calls import Campaign
from collectord.settings import Settings

A_FEW = 20  # candidates chosen among: nearly always they hold one for somebody free
LOOK_AHEAD = 500  # read when they do not


def campaign_of(candidate: Candidate) -> Campaign:
    return candidate.task.company, candidate.task.ladder


@dataclass(slots=True, kw_only=True)
class Sight:
    agents: list[OnDuty]  # of the PBXes that can be reached
    free: list[FreeAgent]
    at_work: tuple[FreeAgent, ...]  # and those who will be free again in a moment
    candidates: list[Candidate]
    spoken: frozenset[str]
    reach: Mapping[str, frozenset[str]]
    resting: Mapping[str, str]  # trunks, with the sentence why
    house: House
    pull: bool  # whoever is free has asked for the next case
    private: bool  # private persons may be dialled ahead
    recorded: frozenset[str] = frozenset()  # companies whose name whoever finds nobody can be told
    on_line: frozenset[str] = frozenset()  # agents on open lines, where debtors may be dialled ahead of them
    anybody: OnDuty | None = None  # stands for these
    kept_back: bool = False  # agents on lines, for debtors who ring
    ahead: int = A_FEW  # of the candidates that anybody may take, so many are chosen among

    def choose(self, now: datetime) -> Placement | Nothing:
        """The stored order is core's but for ties in money and for the hour, which chooses among the first few: they are as good as all
        when somebody can take one of them."""
        return choose(
            self.few(), tuple(self.free), now, spoken=self.spoken, reach=self.reach, at_work=self.at_work, language=self.house.language
        )

    def goes_ahead(self, placement: Placement, may: Callable[[Campaign], bool], now: datetime) -> bool:
        """The debtor is dialled before an agent is: `anybody` on the lines can do it, not only the one who was chosen."""
        if self.anybody is None or placement.agent.id not in {self.anybody.id, *self.on_line}:
            return False
        chosen = next(one for one in self.candidates if one.task.id == placement.task.id)
        if not self.may_go_ahead(chosen) or not may(campaign_of(chosen)):
            return False
        whoever = (FreeAgent(id="", languages=self.anybody.languages, skills=self.anybody.skills, pbx=self.anybody.pbx),)
        only = choose([chosen], whoever, now, spoken=self.spoken, reach=self.reach, at_work=self.at_work, language=self.house.language)
        return isinstance(only, Placement)

    def may_go_ahead(self, candidate: Candidate) -> bool:
        """Without the recording whoever finds nobody would not hear who called."""
        return candidate.task.company in self.recorded and may_go_ahead(candidate, private=self.private)

    def leave_lines(self) -> None:
        """Who waits on a line is waited for by debtors who ring."""
        self.free = [agent for agent in self.free if agent.id not in self.on_line]

    def keep_back(self, on_lines: Iterable[OnDuty], awaited: Mapping[str, int]) -> None:
        """Of each PBX so many of the free agents on lines as debtors ring, or wait, for whoever is free there."""
        lines = {agent.id for agent in on_lines if agent.line}
        for pbx, number in awaited.items():
            kept = {one.id for one in [one for one in self.free if one.pbx == pbx and one.id in lines][:number]}
            self.free = [one for one in self.free if one.id not in kept]
            self.kept_back = self.kept_back or bool(kept)

    def few(self) -> list[Candidate]:
        """Whatever belongs to one agent, and the first of the rest: as a look of this moment would find them."""
        bound = [one for one in self.candidates if one.task.agent]
        return bound + [one for one in self.candidates if not one.task.agent][: self.ahead]

    def take_out(self, placement: Placement, *, agent: bool) -> None:
        self.candidates = [one for one in self.candidates if one.task.id != placement.task.id]
        if agent:
            self.free = [one for one in self.free if one.id != placement.agent.id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """From which a look is taken. A reload makes a new one."""

    settings: Settings
    rules: Rules
    house: House
    started: Mapping[str, str]
    learnt: Learnt

    @property
    def _mode(self) -> Mode:
        return Mode(self.settings.dialling.mode)

    async def look(self, conn: Connection, devices: Mapping[str, str], at_most: int, now: datetime) -> Sight:
        """`at_most`: so many calls are begun from it."""
        pull = only_asked(self.rules.ladders, self._mode)
        present = await on_desk.present(conn, self.settings, devices, now)
        agents = [agent for agent in present if agent.pbx in self.started]
        free = {agent.id for agent in agents if judge(agent, pull=pull, now=now) is AgentState.FREE}
        at_work = [self.as_free(agent) for agent in agents if on_desk.is_at_work(agent, now)] if free else []
        waiting = await tasks.ready_tasks(conn, now, limit=A_FEW - 1 + at_most) if free else []
        resting = await trunk_choice.resting(conn, self.settings, self.house, now) if free else {}
        return Sight(
            agents=agents,
            free=[agent for agent in at_work if agent.id in free],
            at_work=tuple(at_work),
            candidates=self._framed(await timed(conn, waiting, self.learnt, self.rules, self.house, now)),
            spoken=frozenset(language for agent in self.settings.agent for language in agent.languages),
            reach=self._reach(resting),
            resting=resting,
            house=self.house,
            pull=pull,
            private=self.settings.dialling.predictive_private,
            recorded=frozenset(company.code for company in self.settings.company if company.recorded_name),
        )

    async def look_ahead(self, conn: Connection, sight: Sight, now: datetime) -> None:
        skills = {skill for agent in sight.free for skill in agent.skills}
        barred = barred_languages(sight.free, sight.spoken)
        sight.candidates = self._framed(await tasks.ready_tasks(conn, now, LOOK_AHEAD, skills, barred))
        sight.ahead = LOOK_AHEAD

    async def look_for(
        self, conn: Connection, sight: Sight, agent: OnDuty, may: Callable[[Campaign], bool], now: datetime
    ) -> None:  # fmt: skip
        """What may be dialled ahead of whoever `agent` stands for."""
        sight.resting = await trunk_choice.resting(conn, self.settings, self.house, now)
        sight.reach = self._reach(sight.resting)
        framed = self._framed(await tasks.ready_tasks(conn, now, limit=LOOK_AHEAD))
        sight.candidates = [one for one in framed if sight.may_go_ahead(one) and may(campaign_of(one))]
        sight.free, sight.ahead = [self.as_free(agent)] if sight.candidates else [], LOOK_AHEAD

    def _framed(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        return in_modes(under_frames(candidates, self.rules.frames), self.rules.ladders, self._mode)

    def as_free(self, agent: OnDuty) -> FreeAgent:
        return FreeAgent(
            id=agent.id,
            languages=agent.languages,
            skills=agent.skills,
            endpoint=agent.endpoint,
            pbx=agent.pbx,
            asked=agent.asked_at is not None,
            breath_until=agent.talked_until and agent.talked_until + self.settings.dialling.breath,
        )

    def _reach(self, resting: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """Company -> PBXes with a trunk for its calls. One whose trunks all rest holds up no other company."""
        return {
            company: frozenset(pbx for pbx in self.started if any(t.name not in resting for t in trunks_for(self.settings, company, pbx)))
            for company in self.house.companies
        }
