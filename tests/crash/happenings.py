"""What people and machines around a shift do while it runs: they pay, want no calls, call back, pause, lock the store, set clocks.

Owns these deeds and when the house was told of each. Kills nothing, judges nothing.
Invariant: `known` holds only what the house itself had confirmed by then; everything by chance comes from the shift's seed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field

from collectord.edge import control
from tests.crash.plant import AGENTS, Debtor, Plant, exported
from tests.crash.stepped import set_wall_clock
from tests.crash.witness import WitnessedPbx

HOUR, DECADE = 3_600.0, 3_650 * 86_400.0


@dataclass(kw_only=True)
class Happenings:
    plant: Plant
    seen: WitnessedPbx
    owing: list[Debtor]
    rng: random.Random
    known: dict[str, float] = field(default_factory=dict)  # debtor_no -> since when the house knows that nobody is to call
    still: list[tuple[float, float]] = field(default_factory=list)  # nobody was to be called: paused, or a clock jumped
    called_in: Counter[str] = field(default_factory=Counter)  # number -> how often this debtor called
    told: Counter[str] = field(default_factory=Counter)
    _paid: set[str] = field(default_factory=set)
    _awaited: dict[str, str] = field(default_factory=dict)  # file -> debtor_no who is paid in it
    _exports: int = 0
    _last: bytes = b""
    _clock_by: float = 0.0

    # ------------------------------------------------------------ one deed each

    async def forbid(self, who: Debtor) -> bool:
        """A colleague records that this debtor wants no calls; whether the daemon has confirmed it."""
        confirmed = await self._command("record", debtor=who.no, do_not_call=True)
        if confirmed:
            self.known.setdefault(who.no, time.monotonic())
        return confirmed

    def pay(self, who: Debtor) -> None:
        """The next list comes without this debtor; `look` notes when it has been read."""
        if who.no in self._paid:
            return
        self._paid.add(who.no)
        name = self._next_name()
        self._awaited[name] = who.no
        left = [one for one in self.owing if one.no not in self._paid]
        self._last = exported(left)
        self.plant.drop_export(name, left)

    def look(self) -> None:
        """Which payments has the house read by now?"""
        for name, who in list(self._awaited.items()):
            if self.plant.query("select id from batch where file = ? and status = 'accepted'", name):
                self.known.setdefault(who, time.monotonic())
                del self._awaited[name]

    def drop_copy(self) -> None:
        if self._last:
            self.plant.drop_beside(self._next_name(), self._last)

    def drop_half(self) -> None:
        """An export that was cut in the middle of a line."""
        whole = exported(self.owing)
        self.plant.drop_beside(self._next_name(), whole[: self.rng.randint(len(whole) // 2, len(whole) - 5)])

    def call_in(self) -> None:
        """Somebody whose line is free calls the number that was on the display; sometimes a stranger, or without a number."""
        talking = {channel.caller_num for channel in self.seen.pbx.machine.channels.values()}
        called = sorted(set(self.seen.dialled)) or [""]
        number = self.rng.choice((self.rng.choice(called), self.rng.choice(called), "+493099999905", ""))
        if number in talking:
            return
        with contextlib.suppress(RuntimeError):  # the PBX is down: nobody can call
            self.seen.pbx.call_back(number, talks=self.rng.uniform(1.0, 6.0), waits=self.rng.uniform(3.0, 60.0))
            self.called_in[number] += 1

    async def pause_agent(self) -> None:
        """For a moment, by feature code."""
        agent = self.rng.choice(AGENTS)
        await self._dial(agent, "*82")
        await asyncio.sleep(self.rng.uniform(0.0, 0.5))
        await self._dial(agent, "*83")

    async def pause_house(self) -> None:
        if await self._command("pause"):
            since = time.monotonic()
            await asyncio.sleep(self.rng.uniform(0.1, 1.5))
            self.still.append((since, time.monotonic()))
            await self._command("resume")

    async def lock_store(self) -> None:
        """An administrator's sqlite3 shell holds the write lock for a while."""
        shell = sqlite3.connect(self.plant.folder / "state" / "collectord.db", isolation_level=None, timeout=0.2)
        try:
            shell.execute("begin immediate")
            await asyncio.sleep(self.rng.uniform(0.1, 2.0))
            shell.execute("rollback")
        except sqlite3.OperationalError:
            pass  # the daemon had it
        finally:
            shell.close()

    def set_clock(self) -> float:
        """The machine's clock is set while the daemon runs; when that was."""
        assert self.plant.wall_clock is not None
        self._clock_by += self.rng.choice((HOUR, -HOUR, DECADE))
        set_wall_clock(self.plant.wall_clock, self._clock_by)
        return time.monotonic()

    # ------------------------------------------------------------ by chance

    async def go_on(self, over: asyncio.Event) -> None:
        """One thing after the other until this life is over."""
        jumped: float | None = None
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self.rng.uniform(0.05, 0.6))
                break
            what = self.rng.choices(
                ("pay", "forbid", "call in", "pause agent", "pause house", "lock store", "copy", "half", "clock"),
                (2, 3, 6, 2, 2, 2, 1, 1, 0.5 if self.plant.wall_clock else 0),
            )[0]
            self.told[what] += 1
            match what:
                case "pay":
                    if (who := self._somebody()) is not None:
                        self.pay(who)
                case "forbid":
                    if (who := self._somebody()) is not None:
                        await self.forbid(who)
                case "call in":
                    self.call_in()
                case "pause agent":
                    await self.pause_agent()
                case "pause house":
                    await self.pause_house()
                case "lock store":
                    await self.lock_store()
                case "copy":
                    self.drop_copy()
                case "half":
                    self.drop_half()
                case "clock" if self.plant.is_ready() and jumped is None:
                    jumped = self.set_clock()
            self.look()
        if jumped is not None:
            self.still.append((jumped, time.monotonic()))

    def _somebody(self) -> Debtor | None:
        """Rather one whose line rings at this moment, or whose agent hears the case."""
        under_way = {row["debtor_no"] for row in self.plant.query("select debtor_no from attempt where state like 'ringing%'")}
        free = [one for one in self.owing if one.no not in self.known and one.no not in self._paid]
        ringing = [one for one in free if one.no in under_way]
        return self.rng.choice(ringing or free) if free else None

    async def all_back(self) -> None:
        """Nobody pauses any more, and the last list has been read."""
        await self._command("resume")
        for agent in AGENTS:
            await self._command("resume", agent=agent)

    def _next_name(self) -> str:
        self._exports += 1
        return f"op_2026-11-24_{self._exports:03}.csv"

    async def _command(self, command: str, **args: object) -> bool:
        """Whether the daemon has confirmed it; one that dies meanwhile may have done it."""
        try:
            reply = await control.ask(self.plant.folder / "state", {"command": command, "args": args}, timeout=15.0)
        except (control.NoDaemon, control.NoAnswer):
            return False
        return bool(reply["exit"] == 0)

    async def _dial(self, agent: str, code: str) -> None:
        with contextlib.suppress(TimeoutError, RuntimeError):
            await asyncio.wait_for(self.seen.pbx.dial_feature(agent, code), 2.0)
