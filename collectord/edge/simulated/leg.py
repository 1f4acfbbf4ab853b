"""One channel on which the dialplan runs, with everything that can happen to it in one inbox.

Owns reading that inbox: keys, waiting, hang-up. Decides nothing that a dialplan decides.
Invariant: things happen in the order in which they came: a key before the hang-up still counts, behind it every wait ends with LegGone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, TypeAlias

from collectord.edge.simulated.channel import Channel
from collectord.edge.simulated.machine import Machine
from collectord.edge.simulated.people import Person
from collectord.edge.simulated.world import Outcome

NORMAL: Final = 16
PLAYING: Final = 1.0  # s that a sentence takes when no key interrupts it


class LegGone(Exception):
    """The phone was put down, or the PBX ends the call."""

    def __init__(self, cause: int) -> None:
        super().__init__(f"leg gone, cause {cause}")
        self.cause = cause


class TimeIsUp(Exception):
    """TIMEOUT(absolute) of the dialplan: extension T."""


@dataclass(frozen=True, slots=True)
class Key:
    sign: str


@dataclass(frozen=True, slots=True)
class PickedUp:
    pass


@dataclass(frozen=True, slots=True)
class Declined:
    cause: int
    sip: int


@dataclass(frozen=True, slots=True)
class DebtorRings:
    pass


@dataclass(frozen=True, slots=True)
class DebtorAnswers:
    pass


@dataclass(frozen=True, slots=True)
class DebtorLeaves:
    pass


@dataclass(frozen=True, slots=True)
class DebtorHungUp:
    """By the AMI action."""


@dataclass(frozen=True, slots=True)
class DebtorRefuses:
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class VariableSet:
    name: str


@dataclass(frozen=True, slots=True)
class HungUp:
    cause: int


@dataclass(frozen=True, slots=True)
class ColleagueUp:
    """Who is asked first has answered."""


@dataclass(frozen=True, slots=True)
class ColleagueGone:
    pass


@dataclass(frozen=True, slots=True)
class LetGo:
    """To the colleague: the agent is with the debtor again, or the debtor has hung up."""


@dataclass(frozen=True, slots=True)
class Takes:
    """To the colleague: the agent has left, the debtor is yours."""


Seen: TypeAlias = (
    Key | PickedUp | Declined | DebtorRings | DebtorAnswers | DebtorLeaves | DebtorHungUp | DebtorRefuses | VariableSet | HungUp
    | ColleagueUp | ColleagueGone | LetGo | Takes
)  # fmt: skip


class Leg:
    """The dialplan's view of a phone."""

    def __init__(self, machine: Machine, channel: Channel, person: Person) -> None:
        self.machine = machine
        self.channel = channel
        self.person = person
        self.phone = channel.device.partition("/")[2]
        self._inbox: asyncio.Queue[Seen] = asyncio.Queue()
        self._hung_up = False
        self.last_heard = ""
        self.debtor_left = False  # whatever the dialplan was doing at that moment
        self._gone: int | None = None  # cause, once the dialplan has come to it
        self._deadline: float | None = None
        machine.legs[channel.uniqueid] = self
        person.takes(self)

    # -- from outside

    def post(self, seen: Seen) -> None:
        self._inbox.put_nowait(seen)

    def pick_up(self) -> None:
        self.post(PickedUp())

    def decline(self, cause: int, sip: int) -> None:
        self.post(Declined(cause, sip))

    def press(self, keys: str) -> None:
        for sign in keys:
            self.post(Key(sign))

    def hang_up(self, cause: int = NORMAL) -> None:
        """The other end is gone."""
        if not self._hung_up:
            self._hung_up = True
            self.post(HungUp(cause))

    # -- for the dialplan

    def within(self, seconds: float | None) -> None:
        """TIMEOUT(absolute): from now on TimeIsUp after so many seconds; None lifts it."""
        self._deadline = None if seconds is None else self.machine.now() + seconds

    async def seen(self, seconds: float | None) -> Seen | None:
        """The next thing that happens, None when nothing does in time."""
        self._still_there()
        limits = [] if seconds is None else [seconds]
        if self._deadline is not None:
            limits.append(max(0.0, self._deadline - self.machine.now()))
        try:
            async with asyncio.timeout(self.machine.real(min(limits)) if limits else None):
                got = await self._inbox.get()
        except TimeoutError:
            got = None
        if isinstance(got, DebtorLeaves):
            self.debtor_left = True
        if isinstance(got, HungUp):
            self._gone = got.cause
            raise LegGone(got.cause)
        if got is None and self._deadline is not None and self.machine.now() >= self._deadline - 0.001 * self.machine.speed:
            raise TimeIsUp
        return got

    def _still_there(self) -> None:
        if self._gone is not None:
            raise LegGone(self._gone)

    def say(self, prompt: str) -> None:
        """A sound file starts; nobody waits for its end."""
        self.machine.heard.append((self.phone, prompt))
        self.last_heard = prompt

    async def play(self, prompt: str) -> None:
        """Playback: keys meanwhile are lost."""
        self.say(prompt)
        await self.pause(PLAYING)

    async def pause(self, seconds: float) -> None:
        end = self.machine.now() + seconds
        while (left := end - self.machine.now()) > 0:
            await self.seen(left)

    def ask(self, prompt: str) -> None:
        """A question: the person begins to answer it."""
        self.say(prompt)
        self.person.asked(prompt)

    async def key(self, seconds: float) -> str:
        """One key, empty when none comes in time."""
        end = self.machine.now() + seconds
        while (left := end - self.machine.now()) > 0:
            match await self.seen(left):
                case Key(sign):
                    return sign
        return ""

    async def read(self, prompt: str, *, most: int, seconds: float, ends: str = "#") -> tuple[str, bool]:
        """Application Read: what was keyed, and whether it was ended by a key or its length (READSTATUS OK) rather than by time."""
        self.ask(prompt)
        keyed = ""
        while len(keyed) < most:
            sign = await self.key(seconds)
            if not sign:
                return keyed, bool(keyed)
            if sign in ends:
                return keyed, True
            keyed += sign
        return keyed, True

    async def awaited(self, name: str) -> str:
        """Context coll-await: the value that the daemon sets on this channel, empty when it does not in time (real seconds)."""
        self.channel.variables[name] = ""
        end = self.machine.now() + self.machine.patience * self.machine.speed
        while not self.channel.variables[name] and (left := end - self.machine.now()) > 0:
            await self.seen(left)
        return self.channel.variables[name]
