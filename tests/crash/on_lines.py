"""Agents on open lines during a shift: they dial *87 whenever they have no line, key what is asked, now and then leave or pause.

Owns what these three people do. Kills nothing, judges nothing.
Invariant: an agent acts through the phone alone, and never waits for a PBX or a daemon that is dead.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

from collectord.core.receivables.tasks import Task, TaskState
from collectord.core.telephony.attempts import Attempt, AttemptState, Disposition, GateSaid, Result
from collectord.edge.simulated import SimulatedPbx
from collectord.edge.simulated.open_lines import CODE, WAITING
from collectord.edge.store import calls, tasks
from collectord.edge.store.connection import Connection, open_store
from tests.crash.plant import AGENTS, START, Plant

OUTCOMES = ("2", "5", "8", "3", "")  # "": the agent keys nothing
ASKED = ("outcome", "outcome-keys")
LEAVES = 0.02  # how often, each time an agent looks at the phone while in a talk


@dataclass(kw_only=True)
class OnLines:
    pbx: SimulatedPbx
    rng: random.Random
    did: Counter[str] = field(default_factory=Counter)
    _answered: Counter[str] = field(default_factory=Counter)  # phone -> how many of its prompts are dealt with
    _dialling: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def stay(self, over: asyncio.Event) -> None:
        while not over.is_set():
            for phone in AGENTS:
                with contextlib.suppress(LookupError, RuntimeError):  # gone in this moment
                    self._look_at(phone)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.02)

    def _look_at(self, phone: str) -> None:
        machine = self.pbx.machine
        mine = [channel for channel in machine.channels.values() if channel.device == f"PJSIP/{phone}"]
        line = next((channel for channel in mine if channel.context == WAITING), None)
        if line is None:
            if not mine and (phone not in self._dialling or self._dialling[phone].done()):
                self._dialling[phone] = asyncio.create_task(self._open(phone))
            return
        if line.uniqueid not in machine.joined:
            return
        prompts = self.pbx.heard(phone)
        news = prompts[self._answered[phone] :]
        self._answered[phone] = len(prompts)
        if any(prompt in ASKED for prompt in news):
            self.did["keyed"] += 1
            self.pbx.press(phone, self.rng.choice(OUTCOMES))
        elif self.rng.random() < LEAVES:
            self.did["left"] += 1
            self.pbx.hang_up(phone)

    async def _open(self, phone: str) -> None:
        """Ends by itself when nobody replies."""
        with contextlib.suppress(RuntimeError, LookupError):
            self.did["opened"] += await self.pbx.dial_feature(phone, CODE) == "ok"


async def earlier_talks(plant: Plant, count: int) -> None:
    """So many calls of this morning were answered and had an agent: below the cap a desk may lose one now and then."""
    at = START - timedelta(hours=1)

    async def job(conn: Connection) -> None:
        for n in range(count):
            task = Task(
                id=f"earlier-task-{n}", company="", debtor_no=f"9{n:04}", medium="call", ladder="standard", level=1, items=(),
                open_amount={}, not_before=at, expires_at=None, state=TaskState.READY, why="earlier",
            )  # fmt: skip
            attempt = Attempt(
                id=f"earlier-{n:06}", task_id=task.id, company="", debtor_no=task.debtor_no, number=f"+49309990{n:05}", agent="201",
                endpoint="PJSIP/201", pbx="main", trunk="trunk", mode="preview", items=(), state=AttemptState.PLACED, placed_at=at,
                deadline_at=at, pbx_started="earlier",
            )  # fmt: skip
            await tasks.create_task(conn, task, at)
            await calls.commit_attempt(conn, attempt, at)
            talked = replace(
                attempt, state=AttemptState.CLOSED, result=Result.ANSWERED, disposition=Disposition.LEFT_MESSAGE, gate=GateSaid.GO,
                ended_at=at, closed_at=at + timedelta(seconds=20), rang_ms=5_000, talk_ms=60_000, acknowledged=True,
            )  # fmt: skip
            await calls.save_attempt(conn, talked)
            await tasks.close_task(conn, task.id, TaskState.DONE, "talked", at)

    async with open_store(plant.folder / "state") as db:
        await db.write(job)
