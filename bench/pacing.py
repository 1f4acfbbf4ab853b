"""How busy are agents, and how many who answer find nobody, by the way the calls are paced?

Owns the desks, the yardsticks and the table; nothing but simulated time. The core decides for collectord: `how_many` with what it learned
in that run from nothing, `judge`, `choose` and `room` for one call an agent.
Invariant: everybody who paces has the same calls in the same order, and only the oracles see more than a dialler can.
"""

from __future__ import annotations

import json
import math
import random
import statistics
from bisect import insort
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.agent_first import AgentFirst
from bench.calling_desk import CallingDesk, Served, World, draw_call, means
from bench.finding import Finding
from collectord.core.telephony.learnt_times import BINS, LearntTimes, Lengths, bin_of
from collectord.core.telephony.predictive import (
    LOOKS,
    Desk,
    Forecast,
    PredictiveRules,
    at_answer,
    binomial,
    forecast,
    how_many,
)  # fmt: skip
from collectord.loops.open_lines import WAITS

RULES = PredictiveRules(least_agents=1, agent_within=WAITS.total_seconds())  # the smallest desks are asked too, to see why they are refused
SIZES = {5: 13, 10: 9, 20: 6, 50: 4, 100: 3}  # agents: hours, the first of which counts for lost calls only
CHANCES = (0.15, 0.30)
SEEDS = (4711, 815)  # never used while anything was tuned
WARM = 3600.0
LINES = 500
TARGETS = (-1, 0, 1, 2)  # of the on/off rule, in agents: it gets the best one, chosen afterwards
PRICES = (0.005, 0.01, 0.02, 0.03, 0.045, 0.065, 0.09, 0.13, 0.2, 0.3)


@dataclass(slots=True)
class Learning:
    """collectord: knows what it has seen."""

    learnt: LearntTimes = field(default_factory=LearntTimes)
    seen: Forecast | None = None
    again_at: float = 0.0

    def told(self, what: str, seconds: float) -> None:
        if what in ("answered", "given up"):
            self.learnt = self.learnt.call_ended(seconds, answered=what == "answered")
        elif what == "talked":
            self.learnt = self.learnt.talk_ended(seconds)
        else:
            self.learnt = self.learnt.wrap_up_ended(seconds)

    def place(self, desk: CallingDesk) -> int:
        now = desk.seen()
        if self.seen is None or desk.now >= self.again_at:
            self.seen, self.again_at = forecast(self.learnt, now, RULES), desk.now + max(60.0, min(900.0, desk.now / 6))
        return how_many(now, (desk.count(),), self.seen, RULES, LINES).count


@dataclass(slots=True)
class OnOff:
    """The adaptive rule as given; ready and waiting are means of the 15 s. A level is lines for each agent who waits, or waits or talks."""

    ready_only: bool
    target: int
    level: float = 1.0
    again_at: float = 15.0
    looked: list[int] = field(default_factory=list)

    def told(self, what: str, seconds: float) -> None:
        pass

    def place(self, desk: CallingDesk) -> int:
        self.looked.append(desk.free - len(desk.waiting))
        if desk.now >= self.again_at:
            self.again_at += 15
            count = desk.count()
            if count.answered >= 50 and count.lost > 0.03 * count.answered:
                self.level = 1.0
            else:
                self.level = min(3.0, max(1.0, self.level * (1 + (statistics.fmean(self.looked) + self.target) / desk.agents)))
            self.looked.clear()
        if self.ready_only:
            return max(0, int(self.level * desk.free) - len(desk.ringing) - len(desk.waiting))
        there = desk.free + len(desk.talking)
        return max(0, int(self.level * there) - len(desk.ringing) - len(desk.talking) - len(desk.waiting))


class Clairvoyant:
    """Knows who will answer before it dials: what is left is that calls are placed in the order of the list."""

    def told(self, what: str, seconds: float) -> None:
        pass

    def place(self, desk: CallingDesk) -> int:
        there, answers = sorted(desk.ends()), sorted(desk.answers())
        count = 0
        while count < LINES:
            call = desk.ahead(count)
            if call.answered:
                insort(answers, desk.now + call.rings)
                if len(answers) > len(there) or any(end > at + desk.within - 1e-3 for end, at in zip(there, answers, strict=False)):
                    break
            count += 1
        return count


@dataclass(slots=True)
class LookAhead:
    """Knows to the second when each talk and wrap-up ends, and the true chances and times of all rings, but not who will answer."""

    seen: Forecast
    price: float

    def told(self, what: str, seconds: float) -> None:
        pass

    def place(self, desk: CallingDesk) -> int:
        ends = [end for end in desk.ends() if end > desk.now]
        coming = [sum(end <= desk.now + moment + desk.within for end in ends) for moment in self.seen.moments]
        agents = [binomial(number, number) for number in coming]
        rows = [self.seen.ringing[bin_of(desk.now - call.placed)] for call in desk.ringing.values()]
        answers = [sum(column) for column in zip(*rows, strict=True)] or [0.0] * (2 * LOOKS)
        present = desk.free - len(desk.waiting)
        count = 0
        while count < LINES and (present > len(rows) + count or at_answer(agents, answers, present) <= self.price):
            answers = [one + more for one, more in zip(answers, self.seen.new, strict=True)]
            count += 1
        return count


def truth(world: World) -> Forecast:
    draw, counts = random.Random("truth"), [[0.0] * (BINS + 1) for _ in range(4)]
    for _ in range(100_000):
        call = draw_call(draw, world)
        counts[0 if call.answered else 1][bin_of(call.rings)] += 1
        if call.answered:
            counts[2][bin_of(call.talk)] += 1
            counts[3][bin_of(call.wrap_up)] += 1
    answer, given_up, talk, wrap_up = (Lengths(tuple(one)) for one in counts)
    known = LearntTimes(
        calls=1.0, answers=world.chance, answered_after=answer, gave_up_after=given_up, talk=talk, wrap_up=wrap_up
    )  # fmt: skip
    return forecast(known, Desk(free=0), RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one way of pacing made of a desk."""

    agents: int
    chance: float
    way: str
    utilisation: float  # if every call took the mean time
    within: float  # 95 %, by hours
    raw: float
    abandoned: float
    abandoned_within: float
    worst: float  # share of 24 hours at any moment from the hundredth answer on
    answered: int
    own_bound: float  # h/(h+d) of the calls that were placed


def row(agents: int, chance: float, way: str, handling: float, runs: Sequence[Served]) -> Row:
    whole = Served(agents, sum(run.seconds for run in runs))
    for run in runs:
        whole.hours += run.hours
        whole.served += run.served
    hours = [share for run in runs for share in run.spread(handling)]
    answered, lost = sum(run.answered for run in runs), sum(run.lost for run in runs)
    share, handled = lost / max(1, answered), sum(run.handled for run in runs)
    return Row(
        agents=agents, chance=chance, way=way, utilisation=whole.usual(handling),
        within=1.96 * statistics.stdev(hours) / math.sqrt(len(hours)), raw=whole.utilisation, abandoned=share,
        abandoned_within=1.96 * math.sqrt(share * (1 - share) / max(1, answered)), worst=max(run.worst for run in runs), answered=answered,
        own_bound=handled / (handled + sum(run.rang for run in runs)),
    )  # fmt: skip


def point(agents: int, chance: float, seeds: Sequence[int] = SEEDS) -> list[Row]:
    """All ways of pacing one desk."""
    world, until = World(chance=chance), SIZES[agents] * 3600.0
    answer, given_up, talk, wrap_up = means(world)
    handling = talk + wrap_up
    bound = handling / (handling + (1 - chance) / chance * given_up + answer)
    known = truth(world)

    def runs(way: str, pacer: Callable[[], Learning | OnOff | Clairvoyant | LookAhead]) -> Row:
        found = [CallingDesk(world, agents, pacer(), seed, until, WARM).run() for seed in seeds]
        return row(agents, chance, way, handling, found)

    first = [AgentFirst(world, agents, seed, until, WARM).run() for seed in seeds]
    return [
        Row(agents=agents, chance=chance, way="h/(h+d)", utilisation=bound, within=0, raw=bound, abandoned=0, abandoned_within=0,
            worst=0, answered=0, own_bound=bound),
        row(agents, chance, "progressive", handling, first),
        best_of([runs("on/off rule", partial(OnOff, ready_only, target)) for ready_only in (False, True) for target in TARGETS]),
        runs("collectord", Learning),
        at_the_cap(lambda price: runs("look-ahead", lambda: LookAhead(known, price))),
        runs("clairvoyant", Clairvoyant),
    ]  # fmt: skip


def best_of(rows: Sequence[Row]) -> Row:
    """The busiest that keeps to the cap; when none does, the one that loses least."""
    kept = [one for one in rows if one.abandoned <= RULES.cap]
    return max(kept, key=lambda one: one.utilisation) if kept else min(rows, key=lambda one: one.abandoned)


def at_the_cap(run: Callable[[float], Row]) -> Row:
    """At the price, found afterwards, at which 3.0 % are lost: between two that are tried."""
    below = above = None
    place = 3
    while 0 <= place < len(PRICES) and (below is None or above is None):
        found = run(PRICES[place])
        if found.abandoned <= RULES.cap:
            below, place = found, place + 1
        else:
            above, place = found, place - 1
    if below is None or above is None:
        return below or above or run(0.0)
    share = (RULES.cap - below.abandoned) / (above.abandoned - below.abandoned)
    values = {
        key: value + share * (asdict(above)[key] - value)
        for key, value in asdict(below).items()
        if key in ("utilisation", "raw", "abandoned")
    }
    return Row(**{**asdict(below), **values})


def ask(sizes: Sequence[int] = tuple(SIZES), where: Path | None = None, seeds: Sequence[int] = SEEDS) -> list[Finding]:
    """`where`: the table as JSON."""
    console = Console(width=140)
    found: list[Row] = []
    with ProcessPoolExecutor(max_workers=2) as pool:
        asked = [pool.submit(point, agents, chance, seeds) for agents in sizes for chance in CHANCES]
        for one in asked:
            found += one.result()
            console.print(shown(one.result()))
    if where is not None:
        where.write_text(json.dumps([asdict(one) for one in found], indent=1), encoding="utf-8")
    return [finding for agents in sizes for chance in CHANCES for finding in findings(found, agents, chance)]


def shown(rows: Sequence[Row]) -> Table:
    table = Table(title=f"{rows[0].agents} agents, {rows[0].chance:.0%} answer")
    for name in ("", "utilisation", "of that run", "lost", "worst 24 h", "answers"):
        table.add_column(name, justify="right" if name else "left")
    for one in rows:
        table.add_row(
            one.way,
            f"{one.utilisation:.4f} ± {one.within:.4f}",
            f"{one.raw:.4f}",
            f"{one.abandoned:.2%} ± {one.abandoned_within:.2%}",
            f"{one.worst:.2%}",
            f"{one.answered:,}",
        )
    return table


def findings(rows: Sequence[Row], agents: int, chance: float) -> list[Finding]:
    by = {one.way: one for one in rows if (one.agents, one.chance) == (agents, chance)}
    bound, first, rule, ours, oracle, seer = (
        by[way] for way in ("h/(h+d)", "progressive", "on/off rule", "collectord", "look-ahead", "clairvoyant")
    )
    desk = f"{agents} agents, {chance:.0%} answer"
    return [
        Finding(
            question=f"progressive, agent first: {desk}; utilisation",
            measured=f"{first.raw:.3f} ± {first.within:.3f}",
            yardstick=f"h/(h+d) of the same calls: {first.own_bound:.3f} (of the world: {bound.utilisation:.3f})",
            ratio=f"{first.raw / first.own_bound:.3f}",
            aim=">= 0.97",
            met=first.raw >= 0.97 * first.own_bound,
        ),
        Finding(
            question=f"predictive: {desk}; utilisation at lost calls",
            measured=f"{_both(ours)}, worst 24 h {ours.worst:.2%}",
            yardstick=f"look-ahead: {_both(oracle)}; on/off rule: {_both(rule)}; clairvoyant: {_both(seer)}",
            ratio=f"{ours.utilisation - oracle.utilisation:+.3f} of look-ahead, {ours.utilisation - rule.utilisation:+.3f} of the rule, "
            f"{ours.utilisation - seer.utilisation:+.3f} of clairvoyant",
            aim="<= 3.0 % lost, within 0.02 of look-ahead, ahead of the rule",
            met=ours.abandoned <= RULES.cap
            and ours.utilisation >= oracle.utilisation - 0.02
            and ours.utilisation > rule.utilisation,
        ),
    ]  # fmt: skip


def _both(one: Row) -> str:
    return f"{one.utilisation:.3f} ± {one.within:.3f} at {one.abandoned:.2%} ± {one.abandoned_within:.2%}"
