"""The link to one PBX: connect, log in, watch, and connect again; events come out of one queue.

Owns the life of the connection and its health. May not send anything twice, decide about calls, or know what an order means.
Invariant: between LinkUp and LinkLost in the queue lies everything the PBX reported in that time, in order, and no report that ends
one of our calls is dropped while the link lives: when there is no more room for one, the link is given up and recovery takes over.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import structlog

from collectord.core.telephony.pbx_events import (
    Acked,
    AgentUp,
    DebtorUp,
    DeviceState,
    Dialling,
    FeatureDialled,
    LinkLost,
    LinkUp,
    OriginateAnswered,
    PbxEvent,
)
from collectord.edge.pbx import actions, versions
from collectord.edge.pbx.actions import Order
from collectord.edge.pbx.events import Reader
from collectord.edge.pbx.faults import PbxFault, PbxRefused, PbxUnreachable
from collectord.edge.pbx.wire import AmiMessage, AmiProtocol, Reply, connect

_log = structlog.get_logger(__name__)

_CAN_BE_LOST = (DeviceState, FeatureDialled)  # learnt again by DeviceStateList; dialled again by the agent
_READ_CLASS = {"UserEvent": "user", "OriginateResponse": "call", "Hangup": "call", "DeviceStateChange": "call"}
_PROGRESS = (AgentUp, Dialling, DebtorUp, Acked, OriginateAnswered)  # CollEnd and the journal tell the same later


class LinkState(StrEnum):
    STOPPED = "stopped"
    CONNECTING = "connecting"
    UP = "up"
    LOST = "lost"
    REFUSED = "refused"  # wrong login or rights: nothing that trying again soon could mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds. ping_every + answer_within bounds how long a half-open link can look alive: 13 s, promised are 20."""

    connect_within: float = 10.0
    answer_within: float = 5.0
    list_within: float = 20.0  # the whole journal
    ping_every: float = 8.0
    retry_first: float = 0.5  # Asterisk is back 1.5 to 2.3 s after a kill -9
    retry_cap: float = 60.0
    refused_retry: float = 60.0  # a wrong secret tried more often locks accounts and fills security logs
    settled_after: float = 10.0  # a link that lived this long starts the next back-off from the beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What `status` and `doctor` show of a PBX."""

    name: str
    state: LinkState
    sentence: str
    response_ms: float | None
    last_event_age: float | None  # seconds
    reconnects: int
    waiting: int  # events in the queue
    dropped: int
    broken: int  # messages of this connection that nobody could make sense of
    unread: dict[str, int]
    version: str
    warnings: tuple[str, ...]


class PbxLink:
    """`run()` keeps the link; `events` is read by one loop; `ask()` is for the adapter."""

    def __init__(
        self,
        *,
        name: str,
        host: str,
        port: int,
        username: str,
        secret: str,
        tls: ssl.SSLContext | None,
        now: Callable[[], datetime],
        timing: Timing | None = None,
        room: int = 10_000,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        actions.login("check", username, secret)  # raises OrderRefused here rather than at three in the morning
        self.name = name
        self.events: asyncio.Queue[PbxEvent] = asyncio.Queue()  # bounded by `_take`: a Queue's own bound knows no ranks
        self.timing = timing or Timing()
        self._address = (host, port)
        self._login = (username, secret)
        self._tls = tls
        self._now = now
        self._room = room
        self._jitter = jitter
        self._reader = Reader()
        self._protocol: AmiProtocol | None = None
        self._held: list[PbxEvent] | None = None  # what came before LinkUp was queued
        self._serial = 0
        self._chance = secrets.token_hex(5)  # nobody who can write into an event (see events) knows which answer we wait for
        self._state = LinkState.STOPPED
        self._sentence = "not started"
        self._told = ""  # what was logged last: the same failure again is no news
        self._response_ms: float | None = None
        self._last_event: float | None = None
        self.heard: Counter[str] = Counter()  # messages by the class of rights that lets a login read them
        self._ups = 0
        self._dropped = 0
        self._version = ""
        self._warnings: tuple[str, ...] = ()

    # -- for the adapter and for status -------------------------------------------------------------------------------

    def next_id(self) -> str:
        """An ActionID for a question; orders about an attempt carry the attempt's."""
        self._serial += 1
        return f"q-{self._chance}-{self._serial}"

    async def ask(self, order: Order, *, within: float | None = None) -> Reply:
        """The answer, if it is a yes. PbxRefused on a no; PbxUnreachable (with `sent`) when there is none. Nothing is ever sent again."""
        if self._state is not LinkState.UP or self._protocol is None:
            raise PbxUnreachable(f"{self.name}: {self._sentence}", sent=False)
        return await self._ask(self._protocol, order, within or self.timing.answer_within)

    def health(self) -> Health:
        loop_time = asyncio.get_running_loop().time()
        return Health(
            name=self.name,
            state=self._state,
            sentence=f"{self.name} answers in {self._response_ms or 0:.1f} ms" if self._state is LinkState.UP else self._sentence,
            response_ms=self._response_ms if self._state is LinkState.UP else None,
            last_event_age=None if self._last_event is None else loop_time - self._last_event,
            reconnects=max(0, self._ups - 1),
            waiting=self.events.qsize(),
            dropped=self._dropped,
            broken=self._protocol.broken if self._protocol is not None else 0,
            unread=dict(self._reader.unread),
            version=self._version,
            warnings=self._warnings,
        )

    # -- the life of the link -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the link until cancelled."""
        loop = asyncio.get_running_loop()
        tries = 0
        try:
            while True:
                began = loop.time()
                await self._one_connection()
                if self._state is LinkState.REFUSED:
                    tries, wait = 0, self.timing.refused_retry
                else:
                    tries = 0 if loop.time() - began > self.timing.settled_after else tries + 1
                    wait = min(self.timing.retry_cap, self.timing.retry_first * 2 ** min(tries, 16))
                await asyncio.sleep(wait * (0.5 + self._jitter() / 2))
        finally:
            self._leave(LinkState.STOPPED, "stopped")

    async def _one_connection(self) -> None:
        host, port = self._address
        where = f"{self.name} ({host}:{port})"
        if self._state is LinkState.STOPPED:  # later tries keep on telling why the last one failed
            self._state, self._sentence = LinkState.CONNECTING, f"{where} is being connected"
        self._held = []
        try:
            protocol = self._protocol = await connect(host, port, self._tls, self._on_message, within=self.timing.connect_within)
            started = await self._enter(protocol)
            self._ups += 1
            self._state, self._sentence, self._told = LinkState.UP, "up", ""
            self._queue_up(started)
            _log.info("pbx_link_up", pbx=self.name, version=self._version, warnings=self._warnings)
            await self._watch(protocol)
            why = await protocol.lost
            self._leave(LinkState.LOST, f"{where} was lost: {why}")
        except PbxRefused as exc:
            self._leave(LinkState.REFUSED, f"{where} {exc}")
        except PbxFault as exc:
            self._leave(LinkState.LOST, f"{where} cannot be reached: {exc}")

    async def _enter(self, protocol: AmiProtocol) -> str:
        """Log in, learn version and start-up time; the start-up token."""
        username, secret = self._login
        within = self.timing.answer_within
        try:
            await self._ask(protocol, actions.login(self.next_id(), username, secret), within)
        except PbxRefused as exc:
            raise PbxRefused(
                f"refuses the login {username!r} ({exc}): check username, secret, and permit/deny of that user in manager.conf"
            ) from exc
        asked = asyncio.get_running_loop().time()
        try:
            core = (await self._ask(protocol, actions.plain("CoreStatus", self.next_id()), within)).head
            settings = (await self._ask(protocol, actions.plain("CoreSettings", self.next_id()), within)).head
        except PbxRefused as exc:
            raise PbxRefused(f"lets {username!r} in without the right to ask for its state ({exc}): add `reporting` to write=") from exc
        self._response_ms = (asyncio.get_running_loop().time() - asked) * 1_000 / 2
        self._version = settings.first("asteriskversion")[:60]
        self._warnings = tuple(filter(None, [versions.judge(self._version)]))
        return startup_token(core)

    async def _watch(self, protocol: AmiProtocol) -> None:
        """Ping until the link breaks; a ping without an answer breaks it."""
        loop = asyncio.get_running_loop()
        while not protocol.lost.done():
            asked = loop.time()
            try:
                await self._ask(protocol, actions.plain("Ping", self.next_id()), self.timing.answer_within)
            except PbxUnreachable as exc:
                protocol.close(str(exc))
                return
            except PbxRefused:
                pass  # an answer is an answer
            self._response_ms = (loop.time() - asked) * 1_000
            await asyncio.wait({protocol.lost}, timeout=self.timing.ping_every)

    def _leave(self, state: LinkState, sentence: str) -> None:
        was_up = self._state is LinkState.UP
        if self._protocol is not None:
            self._protocol.close(sentence)
            self._protocol = None
        self._held = None
        if self._told != sentence and state is not LinkState.STOPPED:
            self._told = sentence
            _log.warning("pbx_link_refused" if state is LinkState.REFUSED else "pbx_link_lost", pbx=self.name, why=sentence)
        self._state, self._sentence, self._response_ms = state, sentence, None
        if was_up:
            self.events.put_nowait(LinkLost(seen_at=self._now(), why=sentence))

    async def _ask(self, protocol: AmiProtocol, order: Order, within: float) -> Reply:
        reply = await protocol.ask(order, within=within)
        if not reply.ok:
            raise PbxRefused(_one_line(reply.sentence))
        return reply

    # -- events -------------------------------------------------------------------------------------------------------

    def _on_message(self, message: AmiMessage) -> None:
        """The only callback: read, stamp, queue."""
        self.heard[_READ_CLASS.get(message.first("event"), "")] += 1
        event = self._reader.read(message, self._now())
        if event is None:
            return
        self._last_event = asyncio.get_running_loop().time()
        if self._held is None:
            self._take(event)
        elif len(self._held) < self._room:
            self._held.append(event)
        else:
            self._dropped += 1  # still before LinkUp: the reconciliation that follows it reads the journal

    def _queue_up(self, started: str) -> None:
        self.events.put_nowait(LinkUp(seen_at=self._now(), started=started, version=self._version))
        held, self._held = self._held or [], None
        for event in held:
            self._take(event)

    def _take(self, event: PbxEvent) -> None:
        """Phones' states go first, then the progress of calls; ends of calls have all the room there is."""
        if self._state is not LinkState.UP:
            return  # given up: what was still in the packet is the journal's to tell
        waiting, room = self.events.qsize(), self._room
        if isinstance(event, _CAN_BE_LOST):
            room //= 4
        elif isinstance(event, _PROGRESS):
            room //= 2
        if waiting < room:
            self.events.put_nowait(event)
        elif room < self._room:
            self._dropped += 1
        else:
            self._dropped += 1
            self._leave(LinkState.LOST, f"{self.name} was given up: {waiting} events wait and nobody takes them")


def startup_token(core: AmiMessage) -> str:
    """Date and time of the PBX's start as it writes them; '' when it does not tell, which compares equal to nothing."""
    day, time = core.first("corestartupdate"), core.first("corestartuptime")
    return _one_line(f"{day} {time}") if day and time else ""


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """TLS to a PBX, its certificate checked against the system's authorities or the given file."""
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]
