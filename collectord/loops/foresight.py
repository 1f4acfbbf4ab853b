"""Foresight: how many debtors may be dialled ahead of the agents on open lines, at this moment.

Reads the calls under way and of the past, asks core/telephony/predictive. Dials nobody.
Invariant: without enough agents on open lines, or within the cap's reach, nothing is dialled ahead; why is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectord.core.house import House
from collectord.core.telephony.agents import OnDuty, is_paused
from collectord.core.telephony.attempts import PREDICTIVE, AttemptState
from collectord.core.telephony.learnt_times import LearntTimes
from collectord.core.telephony.predictive import Desk, Forecast, PredictiveRules, forecast, how_many, why_none_ahead
from collectord.edge.store import calls
from collectord.edge.store.connection import Connection
from collectord.loops import dropped_calls
from collectord.settings import Settings

LOOKED_BACK = 600  # calls
LEARNT_FOR = timedelta(seconds=60)
FORESEEN_FOR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Weighed:
    large: bool  # enough agents wait on open lines
    spare: bool  # more agents are free than debtors ring for them
    may: bool  # one more debtor may be dialled now
    why: str  # what keeps debtors from being dialled ahead of the agents, "" when nothing does


NOT_AHEAD = Weighed(large=False, spare=True, may=False, why="")


def predictive_rules(settings: Settings) -> PredictiveRules:
    return PredictiveRules(least_agents=settings.dialling.predictive_from, private_persons=settings.dialling.predictive_private)


@dataclass
class Foresight:
    """Kept by the daemon: estimates are made anew now and then, not for each call."""

    learnt: LearntTimes = field(default_factory=LearntTimes)
    why: str = ""  # as weighed last, for `status` and the log
    _learnt_at: datetime | None = None
    _seen: Forecast | None = None
    _seen_at: datetime | None = None

    async def weigh(self, conn: Connection, agents: Sequence[OnDuty], rules: PredictiveRules, house: House, now: datetime) -> Weighed:
        on_line = [agent for agent in agents if agent.line and agent.logged_in and not agent.off_hours and not is_paused(agent, now)]
        if self._learnt_at is None or not timedelta(0) <= now - self._learnt_at < LEARNT_FOR:
            self.learnt, self._learnt_at = await self._learn(conn), now
        desk = await self._desk(conn, on_line, now)
        if self._seen is None or self._seen_at is None or not timedelta(0) <= now - self._seen_at < FORESEEN_FOR:
            self._seen, self._seen_at = forecast(self.learnt, desk, rules), now
        count = await dropped_calls.counted(conn, now)
        dial = how_many(desk, (count,), self._seen, rules, 1)
        large = len(on_line) >= rules.least_agents
        self.why = why_none_ahead(len(on_line), count, dial, rules, house.language, house.time_zone)
        return Weighed(large, desk.free > len(desk.ringing) + desk.waiting, large and dial.count > 0, self.why)

    async def _desk(self, conn: Connection, on_line: Sequence[OnDuty], now: datetime) -> Desk:
        ids, ringing, talking, wrapping_up, waiting, busy = {agent.id for agent in on_line}, [], [], [], 0, 0
        for attempt in await calls.live(conn):
            ahead = attempt.mode == PREDICTIVE and not attempt.agent
            if ahead and attempt.debtor_answered_at is None:
                ringing.append((now - attempt.placed_at).total_seconds())
            elif ahead:
                waiting += 1
            elif attempt.agent in ids and attempt.state is AttemptState.TALKING:
                talking.append((now - (attempt.debtor_answered_at or now)).total_seconds())
            elif attempt.agent in ids and attempt.state is AttemptState.WRAP_UP:
                wrapping_up.append((now - (attempt.ended_at or now)).total_seconds())
            elif attempt.agent in ids:
                busy += 1
        free = len(on_line) - len(talking) - len(wrapping_up) - busy
        return Desk(free=free, talking=talking, wrapping_up=wrapping_up, ringing=ringing, waiting=waiting)

    async def _learn(self, conn: Connection) -> LearntTimes:
        learnt = LearntTimes()
        for past in await calls.lengths(conn, LOOKED_BACK):
            learnt = learnt.call_ended(past.rang, answered=past.answered)
            if past.talked is not None:
                learnt = learnt.talk_ended(past.talked)
            if past.wrapped_up is not None:
                learnt = learnt.wrap_up_ended(past.wrapped_up)
        return learnt
