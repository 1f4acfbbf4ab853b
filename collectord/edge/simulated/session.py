"""One AMI connection: log-in, permissions, answers and events, and the faults that a test has ordered.

Owns the bytes of one socket. Knows actions only by their answers. Invariant: nothing but the banner is written before a log-in was
accepted except refusals, and every answer carries the ActionID of its request.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from collectord.edge.simulated import actions
from collectord.edge.simulated.actions import Answer
from collectord.edge.simulated.faults import DropWhen, WireEntry
from collectord.edge.simulated.originate import Order
from collectord.edge.simulated.wire import Headers, Reader, Request, render

if TYPE_CHECKING:
    from collectord.edge.simulated.server import SimulatedPbx

SLOW_READER: Final = 8 << 20  # bytes not taken by the peer; Asterisk gives up on writetimeout, about as late
ALL_EVENTS: Final = frozenset({"call", "user"})


class Session(asyncio.Protocol):
    """A connected daemon."""

    def __init__(self, pbx: SimulatedPbx) -> None:
        self._pbx = pbx
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._user = ""
        self._wants: frozenset[str] = frozenset()
        self._challenge = ""
        self._waiting: deque[Request] = deque()
        self._blocked = False  # a synchronous Originate holds up everything behind it
        self._kept: list[bytes] = []  # written while mute

    # -- socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._pbx.sessions.add(self)
        if self._pbx.faults.mute:
            transport.pause_reading()
        self._write(self._pbx.faults.banner)

    def connection_lost(self, exc: Exception | None) -> None:
        self._pbx.sessions.discard(self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._waiting.extend(self._reader.feed(data))
        self.work()

    def abort(self) -> None:
        """The link breaks: no goodbye, unread bytes are lost."""
        if self._transport is not None:
            self._transport.abort()
        self._pbx.sessions.discard(self)
        self._transport = None

    def finish(self) -> None:
        """An orderly end: what was written still goes out."""
        if self._transport is not None:
            self._transport.close()
        self._pbx.sessions.discard(self)
        self._transport = None

    def mute(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def unmute(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()
        kept, self._kept = self._kept, []
        for data in kept:
            self._write(data)

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            return
        if self._pbx.faults.mute:
            self._kept.append(data)
            return
        if self._pbx.faults.split_every_byte:
            for place in range(len(data)):
                self._transport.write(data[place : place + 1])
        else:
            self._transport.write(data)
        if self._transport.get_write_buffer_size() > SLOW_READER:
            self.abort()

    # -- messages

    def event(self, headers: Headers, privilege: str, name: str) -> None:
        """Passed on when this session asked for such events and may read them."""
        if self._user and privilege in self._wants & self._pbx.read:
            if name == "OriginateResponse" and self._pbx.faults.keep_originate_response:
                return
            for _ in range(self._pbx.faults.repeat_events):
                self._send(headers)

    def _send(self, headers: Headers) -> None:
        named = dict(headers)
        kind = named.get("Event", "Response")
        name = named["UserEvent"] if kind == "UserEvent" else kind
        fields: dict[str, str] = {}
        for key, value in headers:
            fields[key] = f"{fields[key]}\n{value}" if key in fields else value
        self._pbx.wire.append(WireEntry("out", name, fields, time.monotonic()))
        self._write(render(headers))

    def _answer(self, request: Request, answer: Answer) -> None:
        action_id = request.get("ActionID")
        mark = [("ActionID", action_id)] if action_id else []
        for message in answer:
            first, *rest = message
            last = first[1] in ("DBGetTreeResponse", "DBGetResponse", "Status")  # where Asterisk writes the ActionID
            whole = [first, *rest, *mark] if last else [first, *mark, *rest]
            if self._pbx.faults.delay_responses > 0:
                asyncio.get_running_loop().call_later(self._pbx.faults.delay_responses, self._send, whole)
            else:
                self._send(whole)

    def work(self) -> None:
        """Requests in the order in which they came."""
        while self._waiting and not self._blocked and self._transport is not None:
            self._handle(self._waiting.popleft())

    def _handle(self, request: Request) -> None:
        name = next((known for known in actions.PRIVILEGES if known.lower() == request.get("Action").lower()), "")
        self._pbx.wire.append(WireEntry("in", name or request.get("Action"), request.fields(), time.monotonic()))
        if request.too_long:
            self._answer(request, actions.error("Failed to parse message: line too long"))
        elif not request.get("Action"):
            self._answer(request, actions.error("Missing action in request"))
        elif name == "Login":
            self._login(request)
        elif name == "Challenge":
            self._challenge = f"{self._pbx.machine.rng.randrange(10**8, 10**9)}"
            md5 = request.get("AuthType").upper() == "MD5"
            self._answer(request, actions.success(("Challenge", self._challenge)) if md5 else actions.error("Must specify AuthType"))
        elif name == "Logoff":
            self._answer(request, [[("Response", "Goodbye"), ("Message", "Thanks for all the fish.")]])
            self.finish()
        elif not self._user:
            self._answer(request, actions.error("Permission denied"))
        elif not name:
            hint = f"Invalid/unknown command: {request.get('Action')}. Use Action: ListCommands to show available commands."
            self._answer(request, actions.error(hint))
        elif not actions.permitted(name, self._pbx.write):
            self._answer(request, actions.error("Permission denied"))
        elif name == "Originate":
            self._originate(request)
        else:
            self._answer(request, self._other(name, request))

    def _other(self, name: str, request: Request) -> Answer:
        pbx = self._pbx
        match name:
            case "Ping":
                return actions.ping(pbx.machine)
            case "ListCommands":
                return actions.list_commands(pbx.write)
            case "CoreStatus":
                return actions.success(*pbx.core_status())
            case "Events":
                return self._events(request.get("EventMask"))
        if name in actions.LISTS:
            return actions.LISTS[name](pbx.machine, request)
        return actions.error("The simulated PBX does not do this")

    def _events(self, mask: str) -> Answer:
        off = mask.lower() in ("off", "none", "no", "false", "0")
        named = frozenset(part.strip() for part in mask.lower().split(","))
        self._wants = frozenset() if off else named & ALL_EVENTS or ALL_EVENTS
        return actions.success(("Events", "Off" if off else "On"))

    def _login(self, request: Request) -> None:
        if self._user:
            self._answer(request, actions.success(("Message", "Already authenticated")))
            return
        pbx = self._pbx
        expected, given = pbx.secret, request.get("Secret")
        if self._challenge and request.get("Key"):
            digest = hashlib.md5(f"{self._challenge}{pbx.secret}".encode(), usedforsecurity=False)
            expected, given = digest.hexdigest(), request.get("Key").lower()
        right = request.get("Username") == pbx.username and hmac.compare_digest(given.encode(), expected.encode())
        if pbx.faults.refuse_login or not right:
            self._answer(request, actions.error("Authentication failed"))
            self.finish()
            return
        self._user = pbx.username
        self._events(request.get("Events") or "on")
        self._answer(request, actions.success(("Message", "Authentication accepted")))

    def _originate(self, request: Request) -> None:
        drop = None
        if not request.get("Channel").startswith("Local/"):
            drop = self._pbx.faults.drops.pop(self._pbx.count_originate(request.get("ChannelId")), None)
        if drop is DropWhen.UNREAD:
            self.abort()
            return

        def take(order: Order, *, wait: bool) -> None:
            if drop is DropWhen.BEFORE_RESPONSE:
                self.abort()
            self._blocked = wait
            self._pbx.carry_out(order, (lambda up: self._unblock(request, up)) if wait else None)

        self._answer(request, actions.originate(self._pbx.machine, request, take))
        if drop is DropWhen.AFTER_RESPONSE:
            self.finish()

    def _unblock(self, request: Request, up: bool) -> None:
        self._blocked = False
        self._answer(request, actions.success(("Message", "Originate successfully queued")) if up else actions.error("Originate failed"))
        self.work()
