"""The inside of the simulated PBX that calls and the AMI share: its time, channels, devices, journal, and what was observed.

Owns that state and the events that follow from changing it. Knows no socket and no dialplan.
Invariant: a channel is in `channels` exactly while it lives; a device's state is always the sum of its channels.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from collectord.edge.simulated.channel import Channel, ChannelState
from collectord.edge.simulated.journal import Journal
from collectord.edge.simulated.numbers import read_list, shipped_list
from collectord.edge.simulated.wire import Headers
from collectord.edge.simulated.world import Agent, Trunks

if TYPE_CHECKING:
    from collectord.edge.simulated.leg import Leg

Privilege: TypeAlias = Literal["call", "user"]

DIALPLAN_VERSION: Final = "2"
ASKING: Final = 1.0  # s after a restart until registered phones are known to be there


def machine_clock() -> datetime:
    """A PBX is a machine of its own: its clock is never the daemon's."""
    seconds = time.clock_gettime(time.CLOCK_REALTIME)
    offset = timezone(timedelta(seconds=time.localtime(seconds).tm_gmtoff))
    return datetime.fromtimestamp(seconds, offset)


class Machine:
    """What survives a restart of the PBX (journal, phones, scripts) and what does not (channels)."""

    def __init__(
        self,
        *,
        speed: float,
        seed: int,
        patience: float,
        clock: Callable[[], datetime],
        phones: tuple[str, ...],
        unregistered: tuple[str, ...],
        trunks: Trunks,
    ) -> None:
        self.speed = speed
        self.patience = patience  # real seconds for an answer of the daemon: it does not run faster with `speed`
        self.clock = clock
        self.trunks = trunks
        self.rng = random.Random(seed)
        self.allowed = read_list(shipped_list())
        self.journal = Journal()
        self.registered = {f"PJSIP/{phone}": True for phone in phones} | {f"PJSIP/{phone}": False for phone in unregistered}
        self.global_variables = {"COLL_DIALPLAN_VERSION": DIALPLAN_VERSION, "COLL_RECORDINGS": "/recordings"}
        self.scripts: dict[str, deque[Agent]] = {}
        self.channels: dict[str, Channel] = {}
        self.legs: dict[str, Leg] = {}
        self.joined: dict[str, Leg] = {}  # uniqueid of an open line -> the call on it
        self.dialled: list[str] = []
        self.phones_rung: list[str] = []
        self.answered_alone: list[str] = []
        self.shown: list[tuple[str, str]] = []  # phone, display of a caller put through
        self.heard: deque[tuple[str, str]] = deque(maxlen=100_000)  # phone, sound file
        self.calls_processed = 0
        self.tell: Callable[[Headers, Privilege], None] = lambda headers, privilege: None
        self._spawn: Callable[[Coroutine[Any, Any, None]], None] | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._states: dict[str, str] = {}
        self._count = 0
        self._was_on = self._asking = False
        self._epoch = int(clock().timestamp())
        self._entity = os.urandom(4).hex()

    # -- time

    def now(self) -> float:
        """Seconds of the PBX's own time."""
        return time.monotonic() * self.speed

    def real(self, seconds: float) -> float:
        return seconds / self.speed

    def today(self) -> date:
        return self.clock().date()

    def later(self, seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        """`act` in so many seconds of own time; a crash forgets it."""
        loop = asyncio.get_running_loop()

        def due() -> None:
            self._timers.discard(handle)
            act()

        handle = loop.call_later(self.real(seconds), due)
        self._timers.add(handle)
        return handle

    def forget(self, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._timers.discard(timer)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """A task of the PBX: it ends with the PBX, and its failure is the PBX's failure."""
        if self._spawn is None:
            coroutine.close()
            raise RuntimeError("the simulated PBX is not running")
        self._spawn(coroutine)

    def power(self, spawn: Callable[[Coroutine[Any, Any, None]], None] | None) -> None:
        """Switched on with somewhere to run tasks, or off: then every channel and timer is gone at once, unannounced."""
        again = self._was_on and spawn is not None
        self._was_on = self._was_on or spawn is not None
        self._spawn = spawn
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.channels.clear()
        self.legs.clear()
        self.joined.clear()
        self.calls_processed = 0
        self._asking = again
        if again:  # after a restart the PBX first asks each registered phone whether it is there
            self.later(ASKING, self._asked)
        self._states = {device: self.device_state(device) for device in self.devices()}

    def _asked(self) -> None:
        self._asking = False
        for device in self.registered:
            self.tell_device(device)

    # -- channels and devices

    def next_names(self, device: str) -> tuple[str, str]:
        """Name and uniqueid of a new channel."""
        number, self._count = self._count, self._count + 1
        return f"{device}-{number:08x}", f"{self._epoch}.{number}"

    def own_id(self, kind: str, channel: Channel) -> str:
        """Of a call that somebody else began: no other PBX comes to the same."""
        return f"{kind}-{self._entity}-{channel.uniqueid.replace('.', '-')}"

    def add(self, channel: Channel) -> None:
        channel.since = self.now()
        self.channels[channel.uniqueid] = channel

    def remove(self, channel: Channel) -> None:
        if self.channels.pop(channel.uniqueid, None) is not None:
            self.calls_processed += channel.uniqueid == channel.linkedid
        self.legs.pop(channel.uniqueid, None)

    def find(self, name: str) -> Channel | None:
        """By name, else by uniqueid, as every AMI action does."""
        return next((c for c in self.channels.values() if c.name == name), self.channels.get(name))

    def reachable(self, device: str) -> bool:
        """A phone that would ring."""
        return self.registered.get(device, False) and not self._asking

    def device_state(self, device: str) -> str:
        if device in self.registered and not self.reachable(device):
            return "UNAVAILABLE"
        states = [c.state for c in self.channels.values() if c.device == device]
        ringing, up = ChannelState.RINGING in states, ChannelState.UP in states
        return "RINGINUSE" if ringing and up else "RINGING" if ringing else "INUSE" if up else "NOT_INUSE"

    def devices(self) -> list[str]:
        return [*(f"PJSIP/{trunk}" for trunk in self.trunks.known), *self.registered]

    def device_event(self, device: str) -> Headers | None:
        """What to say about this device, None when its state is the one said last."""
        state = self.device_state(device)
        if self._states.get(device, "NOT_INUSE") == state:
            return None
        self._states[device] = state
        return [("Event", "DeviceStateChange"), ("Privilege", "call,all"), ("Device", device), ("State", state)]

    def tell_device(self, device: str) -> None:
        if event := self.device_event(device):
            self.tell(event, "call")

    def tell_user(self, channel: Channel, name: str, *headers: tuple[str, str]) -> None:
        self.tell(self.user_event(channel, name, *headers), "user")

    def user_event(self, channel: Channel, name: str, *headers: tuple[str, str]) -> Headers:
        return [("Event", "UserEvent"), ("Privilege", "user,all"), *channel.snapshot(), ("UserEvent", name), *headers]
