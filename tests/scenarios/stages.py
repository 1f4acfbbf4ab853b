"""The two stages on which every story is played: the simulated PBX, and a real Asterisk with its world.

Owns what a story may do to PBX, phones and world, in one vocabulary. Knows no daemon and no expectation.
Invariant: both stages understand the same verbs; a story cannot tell which one it is on.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

from sandbox import REGISTERED, Sandbox
from sandbox.ami_client import AmiClient, AmiFailed

from collectord.edge.simulated import SimulatedPbx

T = TypeVar("T")
BETWEEN_GROUPS = 0.6  # s from one answer of an agent to the next, on a real phone
PATIENCE = 60.0  # s: a machine may be busy; whoever waits in vain says so a little later


class Backstage:
    """An event loop in a thread of its own: the simulated PBX and the tap on the line live here."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="backstage", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def do(self, deed: Callable[[], T]) -> T:
        async def done() -> T:
            return deed()

        return self.run(done())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def until(true: Callable[[], bool], otherwise: str, within: float = PATIENCE) -> None:
    """Looks again and again; AssertionError when it did not come true in time."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {otherwise}"
        time.sleep(0.05)


class Stage(Protocol):
    """What a story may do. `keys` are groups with blanks between them; the agent listens before each."""

    name: str
    host: str
    port: int
    username: str
    secret: str

    def open(self) -> None: ...
    def close(self) -> None: ...
    def invites(self) -> list[str]:
        """The debtors' numbers that reached the world, one each time."""

    def rings(self) -> list[str]:
        """The desk phones that were rung."""

    def channels(self) -> int:
        """How many channels live on the company's PBX."""

    def dial_feature(self, code: str, phone: str, keys: str) -> None: ...

    def open_line(self, phone: str) -> None:
        """The phone dials *87; returns when it was answered."""

    def dial_by_hand(self, number: str, phone: str, keys: str) -> None:
        """The agent dials this number on the phone; returns when the call is over."""

    def press(self, phone: str, keys: str) -> None: ...
    def hang_up(self, phone: str) -> None: ...
    def answered_alone(self, phone: str) -> int:
        """How often the phone has answered by itself, because the call asked it to."""

    def heard_tone(self, number: str) -> bool:
        """Whether this debtor has heard that the talk is recorded."""

    def call_beside(self, number: str, phone: str) -> None:
        """A call to this number through the same dialplan, ordered by somebody else than our daemon."""

    def call_back(self, number: str, talks: float) -> None:
        """This debtor calls the company's shown number, and hangs up so many seconds after somebody answered."""

    def caller_hears(self, number: str) -> str:
        """The sentence that a caller with this number hears, or heard last."""

    def press_caller(self, number: str, keys: str) -> None: ...
    def kill(self) -> None:
        """kill -9 of the company's PBX."""

    def shut_down(self) -> None:
        """SIGTERM of the company's PBX; it is gone afterwards."""

    def start(self) -> None: ...


def beside(host: str, port: int, username: str, secret: str, number: str, phone: str) -> None:
    line, other = AmiClient(host, port, username, secret), f"other-{time.time_ns()}"
    names = {"__COLL_ID": other, "COLL_DST": number, "COLL_MODE": "auto", "COLL_TRUNK": "trunk", "COLL_RING": "30"}
    agent = {"Channel": f"PJSIP/{phone}", "ChannelId": f"coll-{other}", "CallerID": '"Other" <+4930999999914>'}
    line.action("Originate", Context="coll-agent", Exten="s", Priority="1", Async="true", Timeout="20000", variables=names, **agent)
    channel = f"coll-{other}"

    def dialled() -> bool:
        with contextlib.suppress(AmiFailed):  # the phone has not answered yet
            state = line.action("Getvar", Channel=channel, Variable="COLL_STATE").get("Value", "")
            if state == "ACCEPT":
                line.action("Setvar", Channel=channel, Variable="COLL_GO", Value="1")
            return state not in ("", "AGENT", "ACCEPT")
        return False

    until(dialled, f"{number} is dialled beside")
    line.close()


def lamp(host: str, port: int, username: str, secret: str, agent: str) -> tuple[str, str]:
    """What the lamp is, and what a phone with its key is told of it."""
    line = AmiClient(host, port, username, secret)
    state = line.action("Getvar", Variable=f"DEVICE_STATE(Custom:coll-{agent})")["Value"]
    key = line.action("ExtensionState", Exten=f"*86{agent}", Context="coll-features")["StatusText"]
    line.close()
    return state, key


def together(host: str, port: int, username: str, secret: str, one: str, other: str) -> bool:
    """Whether these two devices, phones or the trunk, are in one bridge."""
    line = AmiClient(host, port, username, secret)
    rows = line.rows("CoreShowChannels")
    line.close()
    bridges = [{row.get("BridgeId", "") for row in rows if row["Channel"].startswith(f"PJSIP/{device}-")} for device in (one, other)]
    return bool(bridges[0] & bridges[1] - {""})


class SimulatedStage:
    name = "simulated"

    def __init__(self, backstage: Backstage, speed: float) -> None:
        self._backstage, self._speed = backstage, speed
        self.host, self.username, self.secret = "127.0.0.1", "collectord", "s3cret-s3cret"
        self._pbx = SimulatedPbx(username=self.username, secret=self.secret, speed=speed)

    def open(self) -> None:
        self.port = self._backstage.run(self._pbx.start())

    def close(self) -> None:
        self._backstage.run(self._pbx.stop())

    def invites(self) -> list[str]:
        return list(self._pbx.dialled)

    def rings(self) -> list[str]:
        return list(self._pbx.phones_rung)

    def channels(self) -> int:
        return len(self._pbx.machine.channels)

    def open_line(self, phone: str) -> None:
        self._backstage.run(self._pbx.dial_feature(phone, "*87", ""))

    def dial_feature(self, code: str, phone: str, keys: str) -> None:
        keyed = [group for group in keys.split() if group.strip("-")]  # this agent waits for the question anyway
        self._backstage.run(self._pbx.dial_feature(phone, code, " ".join(keyed)))

    def dial_by_hand(self, number: str, phone: str, keys: str) -> None:
        self._backstage.run(self._pbx.dial_out(phone, number, keys))

    def press(self, phone: str, keys: str) -> None:
        groups = keys.split()
        for group, further in zip(groups, [*groups[1:], ""], strict=True):
            questions = len(self._pbx.heard(phone))
            self._backstage.do(partial(self._pbx.press, phone, group))
            if further:
                until(lambda heard=questions: len(self._pbx.heard(phone)) > heard, f"phone {phone} hears the next question")  # type: ignore[misc]

    def hang_up(self, phone: str) -> None:
        self._backstage.do(lambda: self._pbx.hang_up(phone))

    def answered_alone(self, phone: str) -> int:
        return self._pbx.machine.answered_alone.count(phone)

    def heard_tone(self, number: str) -> bool:
        return "tone" in self._pbx.heard(number)

    def call_beside(self, number: str, phone: str) -> None:
        beside(self.host, self.port, self.username, self.secret, number, phone)

    def call_back(self, number: str, talks: float) -> None:
        self._backstage.do(lambda: self._pbx.call_back(number, talks=talks))

    def caller_hears(self, number: str) -> str:
        return self._backstage.do(lambda: self._pbx.caller_hears(number))

    def press_caller(self, number: str, keys: str) -> None:
        self._backstage.do(lambda: self._pbx.press_caller(number, keys))

    def kill(self) -> None:
        self._backstage.run(self._pbx.crash(journal_lag=1.0))

    def shut_down(self) -> None:
        self._backstage.run(self._pbx.shut_down())

    def start(self) -> None:
        self._backstage.run(self._pbx.start())


class AsteriskStage:
    """The sandbox, shared by all stories: each leaves it silent, with every phone registered."""

    name = "asterisk"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        company = sandbox.company
        self.host, self.port, self.username, self.secret = company.ami_host, company.ami_port, company.username, company.secret

    def open(self) -> None:
        self._invites_before = len(self._sandbox.sip_invites())
        self._rings_before = len(self._sandbox.phone_rings())
        self._since = time.time()

    def close(self) -> None:
        if not self._sandbox.company.pid:
            self.start()
        for pbx in (self._sandbox.company, self._sandbox.world):
            with contextlib.suppress(AmiFailed):  # no channel is left
                pbx.ami().action("Hangup", Channel="/.*/")
        until(lambda: not self.channels(), "the PBX is silent")
        self._sandbox.register(*(set(REGISTERED) - set(self._sandbox.company.contacts())))
        self._sandbox.wait_registered(*REGISTERED)

    def invites(self) -> list[str]:
        return self._sandbox.sip_invites()[self._invites_before :]

    def rings(self) -> list[str]:
        return [ring.who for ring in self._sandbox.phone_rings()[self._rings_before :]]

    def channels(self) -> int:
        return len(self._sandbox.company.core_show_channels())

    def open_line(self, phone: str) -> None:
        assert self._sandbox.start_feature("*87", phone=phone, stay=600) is not None

    def dial_feature(self, code: str, phone: str, keys: str) -> None:
        self._sandbox.dial_feature(code, phone=phone, keys="-".join(keys.split()), delay=2.0)  # a busy PBX listens later

    def dial_by_hand(self, number: str, phone: str, keys: str) -> None:
        self._sandbox.dial_feature(number, phone=phone, keys="-".join(keys.split()), delay=6.0)  # the debtor has hung up by then

    def press(self, phone: str, keys: str) -> None:
        for group in keys.split():
            time.sleep(BETWEEN_GROUPS)  # the agent listens
            self._sandbox.press(phone, group)

    def hang_up(self, phone: str) -> None:
        self._sandbox.hang_up(phone)

    def answered_alone(self, phone: str) -> int:
        return len(self._sandbox.events("phone-alone", who=phone, since=self._since))

    def heard_tone(self, number: str) -> bool:
        return bool(self._sandbox.events("debtor-tone", who=number))

    def call_beside(self, number: str, phone: str) -> None:
        beside(self.host, self.port, self.username, self.secret, number, phone)

    def call_back(self, number: str, talks: float) -> None:
        self._sandbox.call_back(number, talks=talks)

    def caller_hears(self, number: str) -> str:
        return self._sandbox.caller_hears(number)

    def press_caller(self, number: str, keys: str) -> None:
        time.sleep(BETWEEN_GROUPS)  # the caller listens
        self._sandbox.press_caller(number, keys)

    def kill(self) -> None:
        self._sandbox.company.kill9()

    def shut_down(self) -> None:
        self._sandbox.company.terminate()

    def start(self) -> None:
        self._sandbox.company.start()
        self._sandbox.company.wait_ready()
        self._sandbox.register(*REGISTERED)  # else the PBX asks them only within a minute whether they are there
