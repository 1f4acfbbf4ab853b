"""Progressive, agent first: a desk in simulated time whose every decision is made by the core.

Owns the clock, the phones and the debtors. Who is free says `judge`, who gets which task says `choose`, whether the trunk takes it `room`.
Invariant: at most one attempt an agent; nobody is rung without all three.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bench.calling_desk import Call, Served, World, draw_call
from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.telephony.agents import AgentState, OnDuty, judge
from collectord.core.telephony.allocation import Candidate, FreeAgent, Nothing, choose
from collectord.core.telephony.modes import Mode
from collectord.core.telephony.pacing import Trunk, Wait, counted, room

OPENS = datetime(2026, 11, 23, 9, tzinfo=UTC)
LOOK_AHEAD = 20  # candidates, as the dialler reads them
PICKED_UP = 0.6  # s; the desk phone answers by itself, as its agent wished
TURN = 0.03  # s from the end of a call to the next Originate; bench/agent_free measures it
TONE = 0.2  # s; after a call without answer
BREATH = timedelta(seconds=3)  # after the wrap-up of a talk, as configured unless somebody says otherwise
CLEARED = 0.05  # s in which the gate is asked again before the debtor is dialled


def tasks() -> Iterator[Candidate]:
    number = 0
    while True:
        number += 1
        task = Task(
            id=f"{number:09}", company="", debtor_no=f"{number:09}", medium="call", ladder="standard", level=1, items=("A",),
            open_amount={"EUR": Decimal(100)}, not_before=OPENS, expires_at=None, state=TaskState.READY, why="", value=Decimal(1),
        )  # fmt: skip
        yield Candidate(task=task, mode=Mode.PROGRESSIVE)


@dataclass(slots=True)
class AgentFirst:
    world: World
    agents: int
    seed: int
    until: float
    warm: float
    now: float = 0.0
    desk: dict[str, OnDuty] = field(default_factory=dict)
    placed: deque[datetime] = field(default_factory=deque)
    live: int = 0
    events: list[tuple[float, int, str, str, Call | None]] = field(default_factory=list)
    numbers: int = 0

    def run(self) -> Served:
        draw, found = random.Random(self.seed), Served(self.agents, self.until - self.warm)
        trunk = Trunk(name="trunk", pbx="main", channels=self.agents + 10, reserve=2, calls_per_second=10, number_format="e164")
        self.placed = deque(maxlen=counted(trunk.calls_per_second))
        waiting, more = deque[Candidate](), tasks()
        for number in range(self.agents):
            one = f"{201 + number}"
            self.desk[one] = OnDuty(
                id=one, name=one, endpoint=f"PJSIP/{one}", pbx="main", languages=(), skills=(), logged_in=True, paused=False,
                device_state="NOT_INUSE",
            )  # fmt: skip
        self._at(0.0, "turn", "", None)
        while True:
            self.now, _, what, agent, call = heapq.heappop(self.events)
            if self.now >= self.until:
                return found
            if what == "turn":
                while len(waiting) < LOOK_AHEAD:
                    waiting.append(next(more))
                self._turn(waiting, trunk, draw, found)
            elif what == "over" and call is not None:
                self.live -= 1
                found.rang += call.rings
                if call.answered:
                    found.answered += 1
                    found.busy(self.now, min(self.until, self.now + call.talk + call.wrap_up), self.warm)
                    self._at(self.now + call.talk, "talked", agent, call)
                else:
                    self._at(self.now + TONE, "free", agent, None)
            elif what == "talked" and call is not None:
                self.desk[agent] = replace(self.desk[agent], attempt_state="wrap_up")
                self._at(self.now + call.wrap_up, "wrapped up", agent, None)
            elif what == "wrapped up":
                self.desk[agent] = replace(self.desk[agent], talked_until=OPENS + timedelta(seconds=self.now))
                self._free(agent)
            else:
                self._free(agent)

    def _turn(self, waiting: deque[Candidate], trunk: Trunk, draw: random.Random, found: Served) -> None:
        """At most one call, as in the daemon."""
        now = OPENS + timedelta(seconds=self.now)
        free = tuple(
            FreeAgent(id=one.id, endpoint=one.endpoint, pbx=one.pbx, breath_until=one.talked_until and one.talked_until + BREATH)
            for one in self.desk.values()
            if judge(one, pull=False, now=now) is AgentState.FREE
        )
        answer = choose(waiting, free, now)
        if isinstance(answer, Nothing):
            if answer.until is not None:
                self._at((answer.until - OPENS).total_seconds() + 1e-6, "turn", "", None)
            return
        earlier = self.placed[0] if len(self.placed) == self.placed.maxlen else None
        match room(trunk, live=self.live, earlier=earlier, now=now):
            case Wait(_, None):
                return
            case Wait(_, datetime() as until):
                self._at((until - OPENS).total_seconds() + 1e-6, "turn", "", None)
                return
        waiting.remove(next(one for one in waiting if one.task is answer.task))
        self.placed.append(now)
        self.live += 1
        agent = answer.agent.id
        self.desk[agent] = replace(self.desk[agent], attempt_id=answer.task.id, attempt_state="placed", device_state="INUSE")
        call = draw_call(draw, self.world)
        found.calls += 1
        self._at(self.now + PICKED_UP + CLEARED + call.rings, "over", agent, call)
        self._at(self.now + TURN, "turn", "", None)

    def _free(self, agent: str) -> None:
        self.desk[agent] = replace(self.desk[agent], attempt_id="", attempt_state="", device_state="NOT_INUSE")
        self._at(self.now + TURN, "turn", "", None)

    def _at(self, when: float, what: str, agent: str, call: Call | None) -> None:
        self.numbers += 1
        heapq.heappush(self.events, (when, self.numbers, what, agent, call))
