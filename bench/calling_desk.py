"""A desk in simulated time: calls ring, are answered or not, are talked and wrapped up; whoever paces it decides how many to place.

Owns the world and its clock. Decides nothing.
Invariant: the same seed gives the same calls in the same order to everybody who paces; an answer that finds nobody within the time is lost.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from collectord.core.telephony.dropped_calls import Count
from collectord.core.telephony.predictive import Desk
from collectord.loops.open_lines import WAITS

TICK = 1.0  # s; whoever paces is asked so often, and whenever an agent becomes free or a call is over
NOT_AGAIN_WITHIN = 0.2  # s
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Lengths in seconds: mean and spread of the logarithm."""

    chance: float  # that a call is answered
    answer: tuple[float, float] = (10.0, 0.5)
    rings_for: float = 30.0  # then it is given up
    at_once: float = 0.25  # share of the unanswered that are busy or fail within some seconds
    talk: tuple[float, float] = (150.0, 0.9)
    wrap_up: tuple[float, float] = (30.0, 0.6)


@dataclass(slots=True)
class Call:
    answered: bool
    rings: float  # until the answer, or until it is over
    talk: float
    wrap_up: float
    placed: float = 0.0


def _length(draw: random.Random, mean_spread: tuple[float, float]) -> float:
    mean, spread = mean_spread
    return draw.lognormvariate(math.log(mean) - spread * spread / 2, spread)


def draw_call(draw: random.Random, world: World) -> Call:
    """Always the same number of draws, so that worlds of one seed differ in nothing but what they say."""
    luck, kind, rings, over = draw.random(), draw.random(), _length(draw, world.answer), draw.uniform(1, 4)
    talk, wrap_up = _length(draw, world.talk), _length(draw, world.wrap_up)
    if luck < world.chance:
        return Call(True, min(rings, world.rings_for - 0.5), talk, wrap_up)
    return Call(False, over if kind < world.at_once else world.rings_for, 0, 0)


def means(world: World, seed: int = 0, calls: int = 100_000) -> tuple[float, float, float, float]:
    """Ring until the answer, ring without one, talk, wrap-up."""
    draw = random.Random(f"means {seed}")
    sums, counts = [0.0] * 4, [0, 0]
    for _ in range(calls):
        one = draw_call(draw, world)
        counts[one.answered] += 1
        sums[0 if one.answered else 1] += one.rings
        sums[2] += one.talk
        sums[3] += one.wrap_up
    return sums[0] / counts[1], sums[1] / counts[0], sums[2] / counts[1], sums[3] / counts[1]


class Pacer(Protocol):
    def place(self, desk: CallingDesk) -> int:
        """How many calls to place now."""

    def told(self, what: str, seconds: float) -> None:
        """A call rang so long and was "answered" or "given up"; it was so long "talked", or "wrapped up"."""


@dataclass(slots=True)
class Served:
    agents: int
    seconds: float  # that count
    hours: list[float] = field(default_factory=list)  # busy seconds by hour that counts
    served: list[int] = field(default_factory=list)  # talks begun by hour that counts
    handled: float = 0.0  # talk and wrap-up of all who were served
    rang: float = 0.0  # all rings
    calls: int = 0
    answered: int = 0
    lost: int = 0
    worst: float = 0.0  # highest share lost in 24 hours, from the hundredth answer on

    def busy(self, since: float, until: float, warm: float) -> None:
        self.handled += until - since
        if since >= warm:
            hour = int((since - warm) / 3600)
            self.served.extend([0] * (hour + 1 - len(self.served)))
            self.served[hour] += 1
        since = max(since, warm) - warm
        while since < until - warm:
            hour = int(since / 3600)
            self.hours.extend([0.0] * (hour + 1 - len(self.hours)))
            end = min(until - warm, (hour + 1) * 3600.0)
            self.hours[hour] += end - since
            since = end

    def usual(self, handling: float) -> float:
        """Utilisation if every call took the mean time: a run of long talks does not look better."""
        idle = self.agents * self.seconds - sum(self.hours)
        return handling / (handling + idle / max(1, sum(self.served)))

    def spread(self, handling: float) -> list[float]:
        """The same by hour."""
        idle = [self.agents * 3600 - busy for busy in self.hours]
        return [handling / (handling + one / max(1, count)) for one, count in zip(idle, self.served, strict=False)]

    @property
    def utilisation(self) -> float:
        return sum(self.hours) / (self.agents * self.seconds)

    @property
    def abandoned(self) -> float:
        return self.lost / max(1, self.answered)


@dataclass(slots=True)
class CallingDesk:
    world: World
    agents: int
    pacer: Pacer
    seed: int
    until: float
    warm: float = 0.0  # utilisation counts from here on; lost calls count from the first
    within: float = WAITS.total_seconds()
    now: float = 0.0
    free: int = 0
    talking: dict[int, Call] = field(default_factory=dict)  # by number; `placed` is when the talk began
    wrapping_up: dict[int, tuple[float, float]] = field(default_factory=dict)  # since, until
    ringing: dict[int, Call] = field(default_factory=dict)
    waiting: deque[tuple[float, Call]] = field(default_factory=deque)  # answered at
    window: deque[tuple[float, bool]] = field(default_factory=deque)  # answers of 24 hours, lost or not
    lost_in_window: int = 0
    last: float = -math.inf
    numbers: int = 0
    events: list[tuple[float, int, str, int]] = field(default_factory=list)
    found: Served = field(init=False)
    to_call: deque[Call] = field(default_factory=deque)
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        self.free = self.agents
        self.found = Served(self.agents, self.until - self.warm)

    def ahead(self, place: int) -> Call:
        """The call that is so far down the list."""
        while len(self.to_call) <= place:
            self.to_call.append(draw_call(self.draw, self.world))
        return self.to_call[place]

    def seen(self) -> Desk:
        return Desk(
            free=self.free,
            talking=[self.now - call.placed for call in self.talking.values()],
            wrapping_up=[self.now - since for since, _ in self.wrapping_up.values()],
            ringing=[self.now - call.placed for call in self.ringing.values()],
            waiting=len(self.waiting),
        )

    def ends(self) -> list[float]:
        """When each agent is free: hidden from a dialler."""
        wrap_ups = [until for _, until in self.wrapping_up.values()]
        return [self.now] * self.free + wrap_ups + [call.placed + call.talk + call.wrap_up for call in self.talking.values()]

    def answers(self) -> list[float]:
        """When somebody will answer, or has, and waits: hidden from a dialler."""
        return [call.placed + call.rings for call in self.ringing.values() if call.answered] + [at for at, _ in self.waiting]

    def count(self) -> Count:
        return Count(len(self.window), self.lost_in_window)

    def run(self) -> Served:
        self._at(0.0, "tick", 0)
        while True:
            self.now, _, what, number = heapq.heappop(self.events)
            if self.now >= self.until:
                break
            asked = self._happens(what, number)
            if asked and (what == "tick" or self.now - self.last >= NOT_AGAIN_WITHIN):
                self.last = self.now
                for _ in range(self.pacer.place(self)):
                    self._place()
        return self.found

    def _at(self, when: float, what: str, number: int) -> None:
        self.numbers += 1
        heapq.heappush(self.events, (when, self.numbers, what, number))

    def _place(self) -> None:
        call = self.ahead(0)
        self.to_call.popleft()
        self.found.calls += 1
        call.placed = self.now
        self.ringing[self.found.calls] = call
        self._at(self.now + call.rings, "over", self.found.calls)

    def _happens(self, what: str, number: int) -> bool:
        """Whether the pacer is asked."""
        if what == "tick":
            self._at(self.now + TICK, "tick", 0)
        elif what == "over":
            call = self.ringing.pop(number)
            self.found.rang += call.rings
            self.pacer.told("answered" if call.answered else "given up", call.rings)
            if call.answered:
                self.found.answered += 1
                self.waiting.append((self.now, call))
                self._at(self.now + self.within, "too late", number)
                self._serve()
        elif what == "too late":
            while self.waiting and self.waiting[0][0] <= self.now - self.within + 1e-9:
                self.waiting.popleft()
                self._answered(True)
            return False
        elif what == "talked":
            call = self.talking.pop(number)
            self.pacer.told("talked", self.now - call.placed)
            self.wrapping_up[number] = self.now, self.now + call.wrap_up
            self._at(self.now + call.wrap_up, "free", number)
        else:
            since, _ = self.wrapping_up.pop(number)
            self.pacer.told("wrapped up", self.now - since)
            self.free += 1
            self._serve()
        return True

    def _serve(self) -> None:
        while self.free and self.waiting:
            _, call = self.waiting.popleft()
            self.free -= 1
            self._answered(False)
            call.placed = self.now
            self.found.busy(self.now, min(self.until, self.now + call.talk + call.wrap_up), self.warm)
            self.numbers += 1
            self.talking[self.numbers] = call
            self._at(self.now + call.talk, "talked", self.numbers)

    def _answered(self, lost: bool) -> None:
        self.found.lost += lost
        self.lost_in_window += lost
        self.window.append((self.now, lost))
        while self.window[0][0] < self.now - DAY:
            self.lost_in_window -= self.window.popleft()[1]
        if len(self.window) >= 100:
            self.found.worst = max(self.found.worst, self.lost_in_window / len(self.window))
