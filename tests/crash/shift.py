"""One shift under fire: exports come, calls are placed, and again and again something is killed; then it is left alone and judged.

Owns the order of a shift and the ways to die. Judges nothing.
Invariant: everything by chance comes from the seed, so that a failing shift can be had again (as far as two processes allow).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from collectord.edge.simulated import DropWhen
from tests.crash import invariants
from tests.crash.budget import TALLY
from tests.crash.happenings import Happenings
from tests.crash.on_lines import OnLines
from tests.crash.plant import READY_WITHIN, Debtor, Plant, debtors, until
from tests.crash.witness import WitnessedPbx

Meanwhile = Callable[[asyncio.Event], Coroutine[None, None, None]]  # until the event is set

SPEED = 20.0  # the people at the phones live so many times faster
PATIENCE = 1.5  # s that a life lasts at most once it is ready
SETTLED_WITHIN = 100.0  # s; a lost call is looked for after its deadline, at most 61 s here
KILLED_ITSELF, KILLED = 137, -9
POINTS = (
    "attempt-before-commit", "attempt-committed", "originate-answered",
    "event-committed", "events-before-commit", "events-committed",
    "go-before-commit", "go-committed", "overtaken-before-commit", "overtaken-committed",
    "caller-before-commit", "caller-committed", "missed-caller-committed",
    "after-SayGo", "after-HangUpDebtor", "after-SayWhom", "after-SaySaved", "after-Acknowledge", "after-RingBackAgent",
    "after-AgentTookRing", "given-before-commit", "given-late-committed", "line-committed", "after-SayLine",
    "evidence-committed", "plan-before-commit", "plan-committed", "call-list-written", "promises-judged",
    "outbox_claimed", "outbox_written", "outbox_staged", "outbox_published",
    "import-noted", "import-claimed", "import-staged", "import-before-commit", "import-committed", "import-receipt-written",
)  # fmt: skip
DOWNTIME = (0.0, 0.0, 0.0, 2.0, 20.0, 330.0)  # s that a restart takes on the house's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How one life ends: at a named point, at the n-th message on the wire, or `after` s; a death that does not come is hastened."""

    point: str = ""
    message: int = 0
    after: float = 0.0
    patience: float = PATIENCE


def any_death(rng: random.Random) -> Death:
    match rng.choices(("point", "message", "time"), (3, 6, 2))[0]:
        case "point":
            return Death(point=f"{rng.choice(POINTS)}:{rng.choice((1, 1, 2, 3, 5))}")
        case "message":
            return Death(message=rng.randint(1, 90))
        case _:
            return Death(after=rng.uniform(0.0, 3.0))


@dataclass
class Shift:
    """`async with Shift(...) as shift`: the PBX runs, the first export lies there. Then `live` for each life, `settle` at the end."""

    folder: Path
    seed: int
    size: int = 36
    people: list[Debtor] | None = None
    speed: float = SPEED
    mode: str = "preview"
    reached: set[str] = field(default_factory=set)
    kills: int = 0

    async def __aenter__(self) -> Shift:
        self.rng = random.Random(self.seed)
        self.owing = self.people or debtors(self.rng, self.size)
        self.plant = Plant(self.folder)
        secret_of_init = self.folder / "ami.secret"
        self.seen = WitnessedPbx("", self.plant.clock.now, speed=self.speed, seed=self.seed)
        port = await self.seen.pbx.start()
        self.plant.install(f'host = "127.0.0.1"\nport = {port}\n', mode=self.mode)
        self.seen.pbx.secret = secret_of_init.read_text(encoding="utf-8").strip()
        self.plant.drop_export("op_2026-11-23.csv", self.owing)
        self.on_lines = OnLines(pbx=self.seen.pbx, rng=random.Random(self.seed))
        self.around = Happenings(plant=self.plant, seen=self.seen, owing=self.owing, rng=random.Random(self.seed))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.plant.clear_away()
        await self.seen.pbx.stop()
        self.seen.write_down(self.folder / "wire.log")

    async def live(self, death: Death, *, in_trouble: bool = False, meanwhile: Meanwhile | None = None) -> None:
        """One life of the daemon and its end by kill -9; `in_trouble`: the PBX and the link fail, `meanwhile`: and people do something."""
        plant = self.plant
        plant.start(death.point)
        if death.message:
            self.seen.wire.when(death.message, self._strike)
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            if in_trouble:
                group.create_task(self._trouble(over))
            if meanwhile is not None:
                group.create_task(meanwhile(over))
            await self._lived(death)
            over.set()
        self.seen.wire.act = None
        if plant.kill9() == KILLED_ITSELF:
            self.reached.add(death.point.partition(":")[0])
        self.kills += 1
        TALLY["daemon on the simulated PBX"] += 1
        plant.clock.skip(timedelta(seconds=self.rng.choice(DOWNTIME)))
        if self.rng.random() < 0.4:
            plant.fetch_outcomes()

    def _strike(self) -> None:
        """In the middle of a message: nothing of the daemon runs on."""
        if self.plant.process is not None:
            self.plant.process.kill()

    async def _lived(self, death: Death) -> None:
        """Until it has died by itself or its time has come: `after` s from the start, else `patience` from READY."""
        began = time.monotonic()
        ready: float | None = None
        while not self.plant.has_ended():
            if ready is None and self.plant.is_ready():
                ready = time.monotonic()
            now = time.monotonic()
            assert ready is not None or now - began < READY_WITHIN, "the daemon did not become ready"
            if now - began > death.after if death.after else ready is not None and now - ready > death.patience:
                return
            await asyncio.sleep(0.005)

    async def _trouble(self, over: asyncio.Event) -> None:
        """Now and then something breaks between daemon and PBX, or the PBX itself."""
        pbx = self.seen.pbx
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self.rng.uniform(0.1, 0.9))
                return
            match self.rng.choice(("crash", "crash", "drop", "around", "late", "twice", "deaf")):
                case "crash":
                    await self.crash_pbx(self.rng.choice((0.0, 0.2, 1.0)))
                case "drop":
                    pbx.drop_links()
                case "around":
                    pbx.faults.drop_link(self.rng.choice(tuple(DropWhen)), nth=sum(self.seen.originates().values()) + 1)
                case "late":
                    pbx.faults.delay_responses = self.rng.choice((0.0, 0.3))
                case "twice":
                    pbx.faults.repeat_events = self.rng.choice((1, 2))
                case "deaf":
                    pbx.mute()
                    await asyncio.sleep(0.3)
                    pbx.unmute()

    def all_well(self) -> None:
        """No fault is in force any more."""
        faults = self.seen.pbx.faults
        faults.delay_responses, faults.repeat_events = 0.0, 1
        faults.drops.clear()

    async def crash_pbx(self, journal_lag: float) -> None:
        self.kills += 1
        TALLY["simulated PBX"] += 1
        await self.seen.pbx.crash(journal_lag=journal_lag)
        await self.seen.pbx.start()

    def drop_second_export(self) -> None:
        """The next day's list: one debtor has paid."""
        paid = self.rng.choice(self.owing)
        self.plant.drop_export("op_2026-11-24.csv", [one for one in self.owing if one is not paid])

    async def settle(self, meanwhile: Meanwhile | None = None) -> None:
        """A last life without a kill, half an hour later: everything comes to its end, then the verdict."""
        self.all_well()
        self.plant.clock.skip(timedelta(minutes=20))
        self.plant.start()
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            if meanwhile is not None:
                group.create_task(meanwhile(over))
            try:
                await self.settle_as_it_is()
            finally:
                over.set()

    async def settle_as_it_is(self) -> None:
        """The daemon that runs brings everything to its end by itself, then the verdict."""
        await until(lambda: self.plant.is_ready() or self.plant.has_ended(), READY_WITHIN, "the daemon did not become ready")
        await self.around.all_back()
        await self.plant.until_settled(SETTLED_WITHIN + len(self.owing))
        assert await self.plant.stop() == 0
        invariants.all_hold(self.plant, self.seen, self.around)
        print(self.told())

    def told(self) -> str:
        """One line for the report: what this shift has been through."""
        results = Counter(row["result"] for row in self.plant.query("select result from attempt"))
        ready = sorted(self.plant.ready_after)
        return (
            f"seed {self.seed}: {self.kills} kills, points {sorted(self.reached)}, attempts {dict(results)}, "
            f"keyed {len(self.seen.keyed())}, saved {len(self.seen.called_saved())}, "
            f"ready after {ready[0]:.1f}-{ready[-1]:.1f} s, of that at work {max(self.plant.worked):.1f} s at most"
        )
