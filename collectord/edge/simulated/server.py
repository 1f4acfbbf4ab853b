"""The built-in simulated PBX: a machine of its own that speaks AMI on a loopback socket.

Owns the listening socket, the life of the machine (start, shut down, crash, start again) and what tests may do to it.
Imports no other edge. Invariant: everything that it does is done by tasks of one task group, which ends with it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from collectord.edge.simulated import features, inbound, open_lines, originate, outgoing
from collectord.edge.simulated.faults import Faults, WireEntry
from collectord.edge.simulated.leg import Leg
from collectord.edge.simulated.machine import Machine, Privilege, machine_clock
from collectord.edge.simulated.originate import Order
from collectord.edge.simulated.session import Session
from collectord.edge.simulated.wire import Headers
from collectord.edge.simulated.world import Agent, Trunks

PHONES: Final = tuple(str(number) for number in range(201, 211))
READ: Final = frozenset({"call", "user"})
WRITE: Final = frozenset({"originate", "call", "reporting"})
WIRE_LOG: Final = 20_000  # newest messages kept
GOODBYE: Final = 1.1  # s between the last event and the closing of the socket, as measured on SIGTERM


class SimulatedPbx:
    """`await start()`, connect to `port` with `username` and `secret`, `await stop()`. See docs/INTERNALS sections 1 and 2."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        username: str,
        secret: str,
        speed: float = 1.0,
        seed: int = 0,
        phones: tuple[str, ...] = PHONES,
        unregistered: tuple[str, ...] = ("299",),
        trunks: Trunks | None = None,
        read: frozenset[str] = READ,
        write: frozenset[str] = WRITE,
        patience: float = 5.0,
        clock: Callable[[], datetime] = machine_clock,
    ) -> None:
        if not host.startswith("127."):
            raise ValueError("the simulated PBX listens on loopback only")
        self.host, self.port = host, port
        self.username, self.secret = username, secret
        self.read, self.write = read, write
        self.faults = Faults()
        self.wire: deque[WireEntry] = deque(maxlen=WIRE_LOG)
        self.sessions: set[Session] = set()
        self._originates: Counter[str] = Counter()
        self.machine = Machine(
            speed=speed, seed=seed, patience=patience, clock=clock, phones=phones, unregistered=unregistered, trunks=trunks or Trunks()
        )
        self._calls: set[asyncio.Task[None]] = set()
        self._root: asyncio.Task[None] | None = None
        self._off: asyncio.Event | None = None
        self._listening: asyncio.Server | None = None
        self._started_at: datetime | None = None

    # -- life

    async def start(self) -> int:
        """Switch it on; the port it listens on (the same one after a restart). Its start-up time is never that of an earlier start."""
        if self._root is not None:
            raise RuntimeError("the simulated PBX runs already")
        now = self.machine.clock().replace(microsecond=0)
        self._started_at = now if self._started_at is None else max(now, self._started_at + timedelta(seconds=1))
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: Session(self), self.host, self.port)
        self.port = int(self._listening.sockets[0].getsockname()[1])
        ready = asyncio.Event()
        # one root task for a whole other machine; inside it everything belongs to one TaskGroup
        self._root = loop.create_task(self._run(ready), name="simulated-pbx")
        await ready.wait()
        return self.port

    async def _run(self, ready: asyncio.Event) -> None:
        self._off = asyncio.Event()
        async with asyncio.TaskGroup() as group:

            def spawn(coroutine: Coroutine[Any, Any, None]) -> None:
                task = group.create_task(coroutine)
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)

            self.machine.tell = self._tell
            self.machine.power(spawn)
            ready.set()
            try:
                await self._off.wait()
            finally:
                self._power_off()

    def _power_off(self) -> None:
        """Everything is gone at once, unannounced."""
        self.machine.tell = lambda headers, privilege: None
        for session in list(self.sessions):
            session.abort()
        legs = list(self.machine.legs.values())
        self.machine.power(None)
        for leg in legs:
            leg.hang_up()
        for call in list(self._calls):
            call.cancel()

    async def stop(self) -> None:
        """Switch it off, calls or not. An error inside a call is raised here."""
        if self._root is None:
            return
        if self._listening is not None:
            self._listening.close()
        if self._off is not None:
            self._off.set()
        root, self._root = self._root, None
        await root

    async def crash(self, *, journal_lag: float = 0.0) -> None:
        """kill -9: channels gone without a word, and the journal as it was `journal_lag` real seconds ago. `start()` brings it back."""
        await self.stop()
        self.machine.journal.lose(journal_lag)

    async def shut_down(self) -> None:
        """SIGTERM: every call ends with its CollEnd, then the socket closes."""
        if self._listening is not None:
            self._listening.close()
        for leg in list(self.machine.legs.values()):
            leg.hang_up(0)
        if self._calls:
            await asyncio.wait(set(self._calls))
        await asyncio.sleep(self.machine.real(GOODBYE))
        for session in list(self.sessions):
            session.finish()
        await self.stop()

    async def ended(self) -> None:
        """Waits until it was stopped, or has failed: then `stop()` raises the error."""
        if self._root is not None:
            await asyncio.wait({self._root})

    # -- for sessions

    def carry_out(self, order: Order, answered: Callable[[bool], None] | None) -> None:
        self.machine.spawn(originate.carry_out(self.machine, order, answered or (lambda up: None)))

    def count_originate(self, channel_id: str) -> int:
        """One more Originate of a call; which one it is since the first start, from 1."""
        self._originates[channel_id] += 1
        return self._originates.total()

    def core_status(self) -> Headers:
        assert self._started_at is not None
        date, time_of_day = f"{self._started_at:%Y-%m-%d}", f"{self._started_at:%H:%M:%S}"
        return [
            ("CoreStartupDate", date),
            ("CoreStartupTime", time_of_day),
            ("CoreReloadDate", date),
            ("CoreReloadTime", time_of_day),
            ("CoreCurrentCalls", str(len(self.machine.channels))),
            ("CoreProcessedCalls", str(self.machine.calls_processed)),
        ]

    def _tell(self, headers: Headers, privilege: Privilege) -> None:
        """The event filter of the shipped manager.conf, then every session."""
        named = dict(headers)
        if named["Event"] == "Hangup" and not named["Uniqueid"].startswith("coll-"):
            return
        for session in list(self.sessions):
            session.event(headers, privilege, named["Event"])

    # -- what a test does to it

    def script_agent(self, phone: str, agents: list[Agent]) -> None:
        """The next calls of this phone are answered by these agents, one each, whatever the number says."""
        self.machine.scripts.setdefault(phone, deque()).extend(agents)

    def press(self, phone: str, keys: str) -> None:
        """The agent presses keys now, in the newest call of this phone."""
        self._newest(phone).press(keys)

    def pick_up(self, phone: str) -> None:
        """The agent answers a ringing phone that nobody answers by script."""
        self._newest(phone).pick_up()

    def hang_up(self, phone: str) -> None:
        lines = [leg for leg in self.machine.legs.values() if leg.phone == phone and leg.channel.context == open_lines.WAITING]
        (lines[0] if lines else self._newest(phone)).hang_up()

    async def dial_feature(self, phone: str, code: str, keys: str = "") -> str:
        """The agent dials *80 ... *85 and keys what is asked; the daemon's answer, empty when none came. *85 returns after the menu."""
        if code == open_lines.CODE:
            return await open_lines.open_line(self.machine, phone)
        return await features.dial(self.machine, phone, code, keys)

    async def dial_out(self, phone: str, number: str, keys: str = "") -> None:
        """The agent dials this number by hand; returns when the call is over."""
        await outgoing.dial(self.machine, phone, number, keys)

    def call_back(self, debtor: str, *, to: str = "+493012345600", talks: float = 4.0, waits: float = 600.0, keys: str = "") -> None:
        """A debtor ("" withheld) calls one of the company's numbers and hangs up `talks` s after somebody answered. Does not wait.

        `keys`: a group for each question that the caller is asked, as an agent's in the wrap-up menu.
        """
        self.machine.spawn(inbound.call_in(self.machine, debtor, to, talks=talks, waits=waits, keys=keys))

    def press_caller(self, debtor: str, keys: str) -> None:
        """The caller with this number presses keys now."""
        self._callers(debtor)[-1].press(keys)

    def caller_hears(self, debtor: str) -> str:
        """The sentence that this caller has heard last, "" when there is no such call."""
        return next((leg.last_heard for leg in reversed(self._callers(debtor))), "")

    def _callers(self, debtor: str) -> list[Leg]:
        legs = self.machine.legs.values()
        return [leg for leg in legs if leg.channel.context == "coll-inbound" and leg.channel.caller_num == debtor]

    def register(self, phone: str) -> None:
        self.machine.registered[f"PJSIP/{phone}"] = True
        self.machine.tell_device(f"PJSIP/{phone}")

    def unregister(self, phone: str) -> None:
        """The phone is unplugged."""
        self.machine.registered[f"PJSIP/{phone}"] = False
        self.machine.tell_device(f"PJSIP/{phone}")

    def drop_links(self) -> None:
        """Every connection breaks now; calls go on."""
        for session in list(self.sessions):
            session.abort()

    def mute(self) -> None:
        """Half-open: connections stand and nothing moves, as behind a dead switch or a stopped process."""
        self.faults.mute = True
        for session in self.sessions:
            session.mute()

    def unmute(self) -> None:
        """What was held back comes now."""
        self.faults.mute = False
        for session in list(self.sessions):
            session.unmute()

    def flood(self, count: int) -> None:
        """So many events that have nothing to do with us, at once."""
        for number in range(count):
            self._tell([("Event", "UserEvent"), ("Privilege", "user,all"), ("UserEvent", "Noise"), ("Number", str(number))], "user")

    # -- what a test sees

    @property
    def journal(self) -> dict[str, str]:
        """AstDB family `coll`: attempt id -> row."""
        return {key.partition("/")[2]: row for key, row in self.machine.journal.tree("coll")}

    @property
    def dialled(self) -> list[str]:
        """Debtors' numbers that reached the world, in order."""
        return self.machine.dialled

    @property
    def shown(self) -> list[tuple[str, str]]:
        """Phone and text on its display, for each caller who was put through to it."""
        return self.machine.shown

    @property
    def phones_rung(self) -> list[str]:
        return self.machine.phones_rung

    def heard(self, phone: str) -> list[str]:
        """What this agent has heard, in order: names of sound files."""
        return [prompt for who, prompt in self.machine.heard if who == phone]

    def originates(self, attempt_id: str) -> int:
        """How often an Originate of this call came over the wire."""
        return self._originates[f"coll-{attempt_id}"]

    def _newest(self, phone: str) -> Leg:
        legs = [leg for leg in self.machine.legs.values() if leg.phone == phone]
        if not legs:
            raise LookupError(f"phone {phone} has no call")
        return legs[-1]


async def serve(pbx: SimulatedPbx) -> None:
    """Run until cancelled; for a task group of the caller. Ends at once when the PBX itself fails."""
    await pbx.start()
    try:
        await pbx.ended()
    finally:
        await pbx.stop()
