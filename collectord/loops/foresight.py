"""Foresight: how many debtors may be dialled ahead of the agents on open lines, at this moment.

Reads the calls under way and of the past, asks core/telephony/predictive. Dials nobody.
Invariant: without enough agents on open lines, or beyond the cap of calls that found nobody, no debtor is dialled first; why is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectord.core.house import House
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.attempts import PREDICTIVE, AttemptState
from collectord.core.telephony.dropped_calls import CAMPAIGN_COUNTED_FOR, COUNTED_FOR, Count
from collectord.core.telephony.learnt_times import LearntTimes
from collectord.core.telephony.predictive import Desk, Forecast, PredictiveRules, forecast, how_many, why_none_ahead
from collectord.edge.store import calls
from collectord.edge.store.connection import Connection
from collectord.loops.dropped_calls import Campaign, lost, of_campaigns, together
from collectord.loops.open_lines import WAITS
from collectord.settings import Settings

LOOKED_BACK = 600  # calls
LEARNT_FOR = timedelta(seconds=60)
FORESEEN_FOR = timedelta(seconds=5)
NONE = Count(answered=0, lost=0)


@dataclass(frozen=True, slots=True)
class Lost:
    """Calls that found nobody, of those that were answered: the house's of a day, each campaign's of thirty."""

    house: Count = NONE
    campaigns: Mapping[Campaign, Count] = field(default_factory=dict)

    def of(self, campaign: Campaign) -> tuple[Count, Count]:
        return self.house, self.campaigns.get(campaign, NONE)


@dataclass(slots=True)
class Weighed:
    """What may be dialled from one look; counted down while calls are begun."""

    rules: PredictiveRules
    agents: int  # who wait, or talk, on open lines
    desk: Desk
    seen: Forecast
    lost: Lost
    lines: int  # calls at most
    used: int = 0  # agents on lines who were foreseen or taken since
    _most: dict[Campaign, int] = field(default_factory=dict)

    @property
    def large(self) -> bool:
        """Enough agents wait on open lines."""
        return self.agents >= self.rules.least_agents

    @property
    def spare(self) -> bool:
        """More agents on lines are free than debtors ring for them."""
        return self.desk.free > len(self.desk.ringing) + self.desk.waiting + self.used

    def may(self, campaign: Campaign) -> bool:
        """One more debtor of this campaign may be dialled before an agent is chosen."""
        if campaign not in self._most:
            counts = self.lost.of(campaign)
            over = not self.large or any(count.is_over(self.rules.cap) for count in counts)
            self._most[campaign] = 0 if over else how_many(self.desk, counts, self.seen, self.rules, self.lines).count
        return self.used < self._most[campaign]

    def why(self, house: House) -> str:
        """What keeps debtors from being dialled ahead of the agents, "" when nothing does."""
        over = [(name, count) for name, count in sorted(self.lost.campaigns.items()) if count.is_over(self.rules.cap)]
        said = []
        for name, count in [("", self.lost.house), *((" ".join(filter(None, name)), count) for name, count in over)]:
            dial = how_many(self.desk, (count,), self.seen, self.rules, self.lines)
            said.append(why_none_ahead(self.agents, count, dial, self.rules, house.language, name))
        return " ".join(dict.fromkeys(filter(None, said)))


def predictive_rules(settings: Settings) -> PredictiveRules:
    return PredictiveRules(
        least_agents=settings.dialling.predictive_from,
        private_persons=settings.dialling.predictive_private,
        agent_within=WAITS.total_seconds(),
    )


@dataclass
class Foresight:
    """Kept by the daemon: estimates are made anew now and then, not for each call."""

    learnt: LearntTimes = field(default_factory=LearntTimes)
    why: str = ""  # as weighed last, for `status` and the log
    _learnt_at: datetime | None = None
    _campaigns: Mapping[Campaign, Count] = field(default_factory=dict)
    _seen: Forecast | None = None
    _seen_at: datetime | None = None
    _day: Count = NONE

    async def weigh(
        self, conn: Connection, on_line: Sequence[OnDuty], rules: PredictiveRules, house: House, lines: int, now: datetime
    ) -> Weighed:
        if self._learnt_at is None or not timedelta(0) <= now - self._learnt_at < LEARNT_FOR:
            self.learnt, self._learnt_at = await self._learn(conn), now
            self._campaigns = await of_campaigns(conn, now - CAMPAIGN_COUNTED_FOR)
        desk, in_vain = await self._desk(conn, on_line, now)
        if self._seen is None or self._seen_at is None or not timedelta(0) <= now - self._seen_at < FORESEEN_FOR:
            self._seen, self._seen_at = forecast(self.learnt, desk, rules), now
            self._day = together((await of_campaigns(conn, now - COUNTED_FOR)).values())
        weighed = Weighed(rules, len(on_line), desk, self._seen, await self._lost(conn, in_vain, now), lines)
        self.why = weighed.why(house)
        return weighed

    async def _lost(self, conn: Connection, in_vain: int, now: datetime) -> Lost:
        """To the call: what was counted some seconds ago, and what was lost since. `in_vain`: who is told at this moment that nobody is
        there counts for each campaign."""
        day = sum((await lost(conn, self._seen_at or now)).values())
        since = await lost(conn, self._learnt_at or now)
        of = {name: self._campaigns.get(name, NONE) for name in self._campaigns.keys() | since.keys()}
        return Lost(
            Count(self._day.answered, self._day.lost + day + in_vain),
            {name: Count(count.answered, count.lost + since.get(name, 0) + in_vain) for name, count in of.items()},
        )

    async def _desk(self, conn: Connection, on_line: Sequence[OnDuty], now: datetime) -> tuple[Desk, int]:
        """And how many have answered, waited and found nobody."""
        ids, pbxes = {agent.id for agent in on_line}, {agent.pbx for agent in on_line}
        ringing, talking, wrapping_up, waiting, in_vain, busy = [], [], [], 0, 0, 0
        for attempt in await calls.live(conn):
            ahead = attempt.mode == PREDICTIVE and not attempt.agent and attempt.pbx in pbxes
            answered = attempt.debtor_answered_at
            if ahead and answered is None:
                ringing.append((now - attempt.placed_at).total_seconds())
            elif ahead and answered is not None and now < answered + WAITS:
                waiting += 1
            elif ahead:
                in_vain += 1
            elif attempt.agent in ids and attempt.state is AttemptState.TALKING:
                talking.append((now - (answered or now)).total_seconds())
            elif attempt.agent in ids and attempt.state is AttemptState.WRAP_UP:
                wrapping_up.append((now - (attempt.ended_at or now)).total_seconds())
            elif attempt.agent in ids:
                busy += 1
        free = len(on_line) - len(talking) - len(wrapping_up) - busy
        return Desk(free=free, talking=talking, wrapping_up=wrapping_up, ringing=ringing, waiting=waiting), in_vain

    async def _learn(self, conn: Connection) -> LearntTimes:
        learnt = LearntTimes()
        for past in await calls.lengths(conn, LOOKED_BACK):
            learnt = learnt.call_ended(past.rang, answered=past.answered)
            if past.talked is not None:
                learnt = learnt.talk_ended(past.talked)
            if past.wrapped_up is not None:
                learnt = learnt.wrap_up_ended(past.wrapped_up)
        return learnt
