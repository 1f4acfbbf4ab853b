"""AMI on a socket: bytes to messages, orders to bytes, answers to the one who asked. The only file that imports panoramisk.

Owns framing, caps, deadlines and the matching of answers. May not know what a call is, nor reconnect, nor send anything again.
Invariant: an order is written at most once, and whoever waits for its answer gets an answer or a typed error, never silence.

Used of panoramisk 1.4: opening the connection (Manager.connect with its `protocol_factory` seam; plain or TLS).
Replaced, because each was measured to be wrong: replay of unanswered actions, CR LF let through, decoding per read, boundless buffering,
`.success`, attributes that read as '', exceptions that close the link, reconnecting by itself, log-in before the banner, unchecked pings.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from panoramisk.manager import Manager

from collectord.edge.pbx.actions import Order
from collectord.edge.pbx.faults import OrderRefused, PbxUnreachable

MAX_MESSAGE = 64 * 1024  # bytes; the largest real one seen (Status with all variables) has 4 KB
MAX_LINE = 8 * 1024  # characters of one header; a stranger's long caller name is cut, it does not cost us the link
MAX_ITEMS = 100_000  # rows of one list answer; 3,304 journal rows were seen after a hard week
MAX_UNSENT = 256 * 1024  # bytes a peer that does not read may keep waiting before we stop writing
MAX_BANNER = 200
MAX_NAMES = 1_000  # header names kept in lower case; Asterisk sends some dozens
BANNER = b"Asterisk Call Manager/"
END = b"\r\n\r\n"
REPORTS = frozenset({"OriginateResponse", "UserEvent", "Hangup"})  # OriginateResponse repeats the ActionID of its order

_log = structlog.get_logger(__name__)


class AmiMessage:
    """One response or event: header names in lower case; a repeated header keeps every value."""

    __slots__ = ("_again", "fields")

    def __init__(self, first: dict[str, str], again: dict[str, list[str]]) -> None:
        self.fields = first  # the first value of each header; to be read only
        self._again = again

    def has(self, name: str) -> bool:
        return name in self.fields

    def first(self, name: str) -> str:
        """The first value of this header, '' when it is absent."""
        return self.fields.get(name, "")

    def last(self, name: str) -> str:
        """The last value of this header, '' when it is absent."""
        again = self._again.get(name)
        return again[-1] if again else self.fields.get(name, "")

    def repeats(self, name: str) -> bool:
        return name in self._again

    def every(self, name: str) -> tuple[str, ...]:
        if name not in self.fields:
            return ()
        return (self.fields[name], *self._again.get(name, ()))

    def names(self) -> tuple[str, ...]:
        return tuple(self.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AmiMessage) and self.fields == other.fields and self._again == other._again

    __hash__ = None  # type: ignore[assignment]  # holds dicts

    def __repr__(self) -> str:  # no values: names, numbers and amounts do not belong into a log
        return f"<AmiMessage {self.first('response') or self.first('event')!r} {len(self.fields)} headers>"


class _Names(dict[str, str]):
    """Header names in lower case. Only usual ones are kept, so that a stranger's inventions do not pile up."""

    def __missing__(self, name: str) -> str:
        if ":" in name:
            raise ValueError  # a header without a blank after its colon: not read in one go
        lower = name.lower()
        if len(self) < MAX_NAMES and len(name) < 40:
            self[name] = lower
        return lower


_names = _Names()


def parse(block: bytes | bytearray) -> AmiMessage | None:
    """A message without its blank line; None when it is neither a response nor an event."""
    lines = block.decode("utf-8", "replace").split("\r\n")
    again: dict[str, list[str]] = {}
    try:
        first = {_names[name]: value for name, value in [line.split(": ", 1) for line in lines]}
    except ValueError:
        first = {}
    if len(first) != len(lines) or len(block) > MAX_LINE:  # something repeated, odd or long: line by line
        first = _line_by_line(lines, again)
    if "event" in first or "response" in first:
        return AmiMessage(first, again)
    return None


def _line_by_line(lines: list[str], again: dict[str, list[str]]) -> dict[str, str]:
    first: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            continue
        if value[:1] == " ":
            value = value[1:]
        if len(value) > MAX_LINE:
            value = value[:MAX_LINE]
        name = name.lower()
        if name in first:
            again.setdefault(name, []).append(value)
        else:
            first[name] = value
    return first


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one order; `items` are the events of a list answer, without its Complete event."""

    head: AmiMessage
    items: tuple[AmiMessage, ...] = ()

    @property
    def ok(self) -> bool:
        return self.head.first("response") == "Success"

    @property
    def sentence(self) -> str:
        return self.head.first("message")[:200] or self.head.first("response")[:40]


OWN_DELAY: Final = 0.1  # s that a deadline may fire late before the delay is called ours and not the PBX's


@dataclass(slots=True)
class _Waiting:
    answer: asyncio.Future[Reply]
    expiry: asyncio.TimerHandle
    head: AmiMessage | None = None  # set once a list answer has begun
    items: list[AmiMessage] = field(default_factory=list)


class AmiProtocol(asyncio.Protocol):
    """One connection. Nothing raises out of `data_received`; a broken consumer costs its message, a broken peer the link."""

    def __init__(self, on_event: Callable[[AmiMessage], None]) -> None:
        loop = asyncio.get_running_loop()
        self.banner: asyncio.Future[str] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()  # a reason, never an exception
        self.stray = 0  # answers nobody waits for
        self.broken = 0  # messages that are neither response nor event, or that the consumer could not take
        self.received_at = loop.time()
        self._loop = loop
        self._on_event = on_event
        self._buffer = bytearray()
        self._searched = 0
        self._waiting: dict[str, _Waiting] = {}
        self._transport: asyncio.Transport | None = None

    # -- the socket ---------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self.lost.done():
            return  # given up already: what trickles in after the cap or the abort is not ours any more
        self.received_at = self._loop.time()
        try:
            self._buffer += data
            if self.banner.done() or self._take_banner():
                self._take_messages()
        except Exception:  # the last line of defence: a bug of ours may cost this packet, not the link
            self.broken += 1
            _log.exception("ami_data_not_understood")

    def connection_lost(self, exc: Exception | None) -> None:
        self._give_up(f"the connection broke: {exc}" if exc else "the PBX closed the connection")

    def close(self, why: str) -> None:
        """Give up the connection at once; everyone who waits is told."""
        self._give_up(why)

    def _give_up(self, why: str) -> None:
        if not self.lost.done():
            self.lost.set_result(why)
        self._buffer.clear()
        if self._transport is not None:
            self._transport.abort()
        waiting, self._waiting = self._waiting, {}
        for one in waiting.values():
            one.expiry.cancel()
            if not one.answer.done():
                one.answer.set_exception(PbxUnreachable(f"{why}, before the answer came", sent=True))

    # -- bytes to messages --------------------------------------------------------------------------------------------

    def _take_banner(self) -> bool:
        end = self._buffer.find(b"\r\n")
        line = bytes(self._buffer[: end if end >= 0 else MAX_BANNER + 1])
        if not line.startswith(BANNER[: len(line)]) or len(line) > MAX_BANNER or (end >= 0 and len(line) <= len(BANNER)):
            self._give_up("this is not an Asterisk Manager Interface: its greeting is missing")
            return False
        if end < 0:
            return False
        del self._buffer[: end + 2]
        self.banner.set_result(line[len(BANNER) :].decode("ascii", "replace").strip())
        return True

    def _take_messages(self) -> None:
        """Cut at blank lines in bytes, decode whole messages: a character split between two reads cannot be lost."""
        buffer = self._buffer
        if buffer.find(END, self._searched) >= 0:
            *blocks, rest = buffer.split(END)
            self._buffer = buffer = rest
            for block in blocks:
                if len(block) > MAX_MESSAGE:
                    self._refuse_size()
                    return
                self._take(block)
                if self.lost.done():
                    return
        if len(buffer) > MAX_MESSAGE:
            self._refuse_size()
            return
        self._searched = max(0, len(buffer) - len(END) + 1)

    def _refuse_size(self) -> None:
        self._give_up(f"the PBX sent a message of more than {MAX_MESSAGE // 1024} KB")

    def _take(self, block: bytearray) -> None:
        try:
            message = parse(block)
            if message is None:
                self.broken += 1
            elif "actionid" in message.fields and self._answered(message):
                pass
            elif "event" in message.fields:
                self._on_event(message)
            else:
                self.stray += 1  # a response without an ActionID
        except Exception:
            self.broken += 1
            _log.exception("ami_message_not_taken")

    # -- answers ------------------------------------------------------------------------------------------------------

    def ask(self, order: Order, *, within: float) -> asyncio.Future[Reply]:
        """Write the order now, once. The future ends by the answer, by its deadline, or by the loss of the link."""
        transport = self._transport
        if transport is None or self.lost.done() or transport.is_closing():
            raise PbxUnreachable("there is no connection", sent=False)
        if transport.get_write_buffer_size() > MAX_UNSENT:
            raise PbxUnreachable("the PBX does not read what we send", sent=False)
        if order.action_id in self._waiting:
            raise OrderRefused("ActionID", "an order with this id still waits for its answer")
        data = order.text().encode()
        answer: asyncio.Future[Reply] = self._loop.create_future()
        expiry = self._loop.call_later(within, self._expire, order, within)
        self._waiting[order.action_id] = _Waiting(answer, expiry)
        answer.add_done_callback(lambda _: self._forget(order.action_id))
        transport.write(data)
        return answer

    def _expire(self, order: Order, within: float) -> None:
        one = self._waiting.get(order.action_id)
        if one is None or one.answer.done():
            return
        if self._loop.time() - one.expiry.when() > OWN_DELAY:  # our loop stood still: what came meanwhile is read first
            one.expiry = self._loop.call_later(OWN_DELAY, self._expire, order, within)
        else:
            one.answer.set_exception(PbxUnreachable(f"no answer to {order.name} within {within:g} s", sent=True))

    def _forget(self, action_id: str) -> None:
        one = self._waiting.pop(action_id, None)
        if one is not None:
            one.expiry.cancel()

    def _answered(self, message: AmiMessage) -> bool:
        """Was this (part of) an answer to an order of ours? What the PBX reports by itself never is, whatever ActionID it carries."""
        is_event = message.has("event")
        if is_event and message.first("event") in REPORTS:
            return False
        one = self._waiting.get(message.first("actionid"))
        if one is None or one.answer.done() or (is_event and one.head is None):
            self.stray += not is_event
            return not is_event
        if not is_event:
            if message.first("eventlist").lower() == "start" and message.first("response") == "Success":
                one.head = message
            else:
                one.answer.set_result(Reply(message))
            return True
        match message.first("eventlist").lower():
            case "complete" if one.head is not None:
                one.answer.set_result(Reply(one.head, tuple(one.items)))
            case "cancelled":
                one.answer.set_exception(PbxUnreachable("the PBX broke off its list", sent=True))
            case _:
                one.items.append(message)
                if len(one.items) > MAX_ITEMS:
                    one.answer.set_exception(PbxUnreachable(f"the PBX sent a list of more than {MAX_ITEMS} rows", sent=True))
        return True


class _Door(Manager):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's connecting half, without the half that logs in too early, reconnects and replays."""

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        if not f.cancelled():
            f.exception()  # seen; `connect` raises it where it can be answered


async def connect(
    host: str, port: int, tls: ssl.SSLContext | None, on_event: Callable[[AmiMessage], None], *, within: float
) -> AmiProtocol:
    """An open connection whose other end has greeted as an AMI. Nothing, least of all a secret, has been sent to it yet."""
    door = _Door(host=host, port=port, ssl=tls, protocol_factory=lambda: AmiProtocol(on_event))
    opening: asyncio.Task[tuple[asyncio.Transport, AmiProtocol]] = door.connect()
    protocol: AmiProtocol | None = None
    try:
        done, _ = await asyncio.wait({opening}, timeout=within)
        if not done:
            raise PbxUnreachable(f"no connection within {within:g} s", sent=False)
        try:
            _, protocol = opening.result()
        except (OSError, ValueError) as exc:  # ValueError: a host name that cannot be one
            raise PbxUnreachable(f"no connection: {_reason(exc)}", sent=False) from exc
        await asyncio.wait({protocol.banner, protocol.lost}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if not protocol.banner.done() or protocol.lost.done():
            why = protocol.lost.result() if protocol.lost.done() else f"no greeting within {within:g} s"
            raise PbxUnreachable(why, sent=False)
        return protocol
    except BaseException:
        if protocol is None and opening.done() and not opening.cancelled() and opening.exception() is None:
            protocol = opening.result()[1]
        if protocol is not None:
            protocol.close("we gave up connecting")
        opening.cancel()
        raise


def _reason(exc: Exception) -> str:
    text = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    return " ".join(text.split())[:200] or type(exc).__name__
