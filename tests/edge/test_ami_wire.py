"""Bytes to messages, and answers to the one who asked.

Owns the proof of framing, caps, deadlines and matching. Speaks to AmiProtocol with bytes, over a socket where a socket matters.
Invariant tested: nothing raises out of `data_received`, and whoever waits gets an answer or a typed error.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collectord.edge.pbx import wire
from collectord.edge.pbx.actions import Order, plain
from collectord.edge.pbx.faults import OrderRefused, PbxUnreachable
from collectord.edge.pbx.wire import MAX_LINE, MAX_MESSAGE, MAX_NAMES, AmiMessage, AmiProtocol, Reply, connect, parse
from tests.edge.fake_ami import Connection, FakeAmi, Received, eventually

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def hear(pieces: list[bytes]) -> tuple[list[AmiMessage], AmiProtocol]:
    """What a protocol without a socket makes of these reads."""

    async def go() -> tuple[list[AmiMessage], AmiProtocol]:
        heard: list[AmiMessage] = []
        protocol = AmiProtocol(heard.append)
        for piece in pieces:
            protocol.data_received(piece)
        return heard, protocol

    return asyncio.run(go())


@asynccontextmanager
async def linked(ami: FakeAmi, heard: list[AmiMessage] | None = None) -> AsyncIterator[AmiProtocol]:
    protocol = await connect("127.0.0.1", ami.port, None, (heard if heard is not None else []).append, within=2)
    try:
        yield protocol
    finally:
        protocol.close("test over")


# -- framing ----------------------------------------------------------------------------------------------------------

STREAM = (
    BANNER
    + "Event: UserEvent\r\nUserEvent: CollAgent\r\nCollID: äöüß-€-😀\r\nCallerIDName: Müller & Söhne\r\n\r\n".encode()
    + "Event: Hangup\r\nUniqueid: coll-1\r\nName: 日本\r\n\r\nEvent: X\r\nA: 1\r\nA: 2\r\nEmpty: \r\nBare:\r\n\r\n".encode()
)


def test_a_stream_split_in_two_at_any_offset_parses_alike() -> None:
    whole, _ = hear([STREAM])
    assert [message.first("event") for message in whole] == ["UserEvent", "Hangup", "X"]
    assert whole[0].first("collid") == "äöüß-€-😀"
    for offset in range(1, len(STREAM)):
        assert hear([STREAM[:offset], STREAM[offset:]])[0] == whole, offset


def test_a_stream_of_single_bytes_parses_alike() -> None:
    assert hear([STREAM[i : i + 1] for i in range(len(STREAM))])[0] == hear([STREAM])[0]


async def test_a_socket_that_delivers_byte_by_byte_loses_no_character() -> None:
    heard: list[AmiMessage] = []
    async with FakeAmi() as ami:
        ami.split = 1
        async with linked(ami, heard):
            await ami.broadcast("Event: A", "Name: Müller 😀")
            await eventually(lambda: heard)
    assert heard[0].first("name") == "Müller 😀"


def test_every_value_of_a_repeated_header_is_kept_and_an_absent_one_is_empty() -> None:
    message = parse(b"Event: Status\r\nVariable: A=1\r\nVariable: B=2\r\nvariable: C=3")
    assert message is not None
    assert message.every("variable") == ("A=1", "B=2", "C=3")
    assert (message.first("variable"), message.last("variable")) == ("A=1", "C=3")
    assert not message.has("nothing")
    assert (message.first("nothing"), message.every("nothing")) == ("", ())


def test_broken_utf8_is_replaced_and_what_follows_is_heard() -> None:
    heard, protocol = hear([BANNER, b"Event: A\r\nName: M\xfcller\xff\r\n\r\nEvent: B\r\n\r\n"])
    assert [message.first("event") for message in heard] == ["A", "B"]
    assert heard[0].first("name") == "M�ller�"
    assert not protocol.lost.done()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=30))
def test_no_bytes_whatever_raise_or_pile_up(pieces: list[bytes]) -> None:
    _, protocol = hear([BANNER, *pieces])
    assert len(protocol._buffer) <= MAX_MESSAGE


def slowly(block: bytes) -> dict[str, list[str]] | None:
    """What INTERNALS and Asterisk's own reader make of a message, header by header."""
    read: dict[str, list[str]] = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            read.setdefault(name.lower(), []).append(value.removeprefix(" ")[:MAX_LINE])
    return read if "event" in read or "response" in read else None


NAMES = st.sampled_from(["Event", "event", "Response", "Uniqueid", "A", "a", "Ä", "", " ", "x:y"]) | st.text(max_size=6)
HEADERS = st.builds("{}{}{}".format, NAMES, st.sampled_from([": ", ":", "", " : "]), st.text(max_size=8))


@settings(max_examples=300, deadline=None)
@given(st.lists(HEADERS, max_size=8))
@example(["Event: A", "Long: " + "x" * (MAX_LINE + 1)])
def test_for_all_messages_reading_in_one_go_reads_what_reading_line_by_line_does(headers: list[str]) -> None:
    block = "\r\n".join(headers).encode("utf-8", "replace")
    message = parse(block)
    read = None if message is None else {name: list(message.every(name)) for name in message.names()}
    assert read == slowly(block)


def test_invented_header_names_do_not_pile_up() -> None:
    for n in range(2 * MAX_NAMES):
        assert parse(b"Event: A\r\nInvented%d: 1" % n) is not None
    assert len(wire._names) <= MAX_NAMES


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_messages_cut_anywhere_arrive_whole_and_in_order(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40), max_size=8))
    stream = BANNER + b"".join(f"Event: E{n}\r\nValue: {value}\r\n\r\n".encode() for n, value in enumerate(values))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [message.first("value") for message in hear(pieces)[0]] == values


# -- caps -------------------------------------------------------------------------------------------------------------


async def test_endless_input_without_a_blank_line_closes_the_link_at_the_cap() -> None:
    async with FakeAmi() as ami, linked(ami) as protocol:
        for _ in range(200):
            await ami.connections[0].send_bytes(b"Event: Flood\r\n" * 500)
            if not ami.connections:
                break
        why = await asyncio.wait_for(protocol.lost, 3)
    assert why == "the PBX sent a message of more than 64 KB"
    assert len(protocol._buffer) == 0


@pytest.mark.parametrize("terminated", [True, False])
def test_a_message_beyond_the_cap_closes_the_link_even_when_it_ends(terminated: bool) -> None:
    big = b"Event: A\r\nBlob: " + b"x" * MAX_MESSAGE + (b"\r\n\r\n" if terminated else b"")
    heard, protocol = hear([BANNER, b"Event: Before\r\n\r\n" + big])
    assert [message.first("event") for message in heard] == ["Before"]
    assert protocol.lost.done()


def test_ten_thousand_headers_close_the_link_and_a_thousand_do_not() -> None:
    def with_headers(count: int) -> bytes:
        return b"Event: A\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(count)) + b"\r\n"

    assert hear([BANNER, with_headers(10_000)])[1].lost.done()
    heard, protocol = hear([BANNER, with_headers(1_000)])
    assert heard[0].first("h999") == "x"
    assert not protocol.lost.done()


def test_a_strangers_endless_name_is_cut_and_costs_us_neither_link_nor_message() -> None:
    heard, protocol = hear([BANNER, b"Event: A\r\nCallerIDName: " + b"x" * 30_000 + b"\r\nLast: 1\r\n\r\n"])
    assert len(heard[0].first("calleridname")) == 8_192
    assert heard[0].first("last") == "1"
    assert not protocol.lost.done()


# -- greeting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\r\n", b"Asterisk Call Manager/" + b"1" * 999]
)
async def test_what_does_not_greet_as_ami_is_left_before_anything_is_sent(greeting: bytes) -> None:
    async with FakeAmi() as ami:
        ami.banner = greeting
        with pytest.raises(PbxUnreachable, match="not an Asterisk Manager Interface") as caught:
            await connect("127.0.0.1", ami.port, None, print, within=2)
        assert not caught.value.sent
        assert ami.orders == []


async def test_a_silent_peer_is_left_after_the_deadline() -> None:
    async with FakeAmi() as ami:
        ami.banner = b""
        with pytest.raises(PbxUnreachable, match=r"no greeting within 0\.1 s"):
            await connect("127.0.0.1", ami.port, None, print, within=0.1)


async def test_a_closed_port_is_said_in_one_sentence() -> None:
    async with FakeAmi() as ami:
        port = ami.port
    with pytest.raises(PbxUnreachable, match="no connection: ") as caught:
        await connect("127.0.0.1", port, None, print, within=2)
    assert "\n" not in str(caught.value)


# -- consumers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["pbx.invalid", "a..b"])
async def test_a_host_name_that_leads_nowhere_is_said_in_one_sentence(host: str) -> None:
    with pytest.raises(PbxUnreachable, match="no connection") as told:
        await connect(host, 5038, None, lambda _: None, within=2)
    assert not told.value.sent
    assert "\n" not in str(told.value)


async def test_a_consumer_that_raises_costs_its_message_and_not_the_link() -> None:
    heard: list[str] = []

    def consumer(message: AmiMessage) -> None:
        heard.append(message.first("event"))
        if len(heard) == 1:
            raise RuntimeError("a bug of ours")

    async with FakeAmi() as ami:
        protocol = await connect("127.0.0.1", ami.port, None, consumer, within=2)
        await ami.connections[0].send_bytes(b"Event: One\r\n\r\nEvent: Two\r\n\r\n")
        await eventually(lambda: heard == ["One", "Two"])
        assert (await protocol.ask(plain("Ping", "p1"), within=2)).ok
        protocol.close("test over")
    assert protocol.broken == 1


# -- answers ----------------------------------------------------------------------------------------------------------


async def test_answers_find_the_one_who_asked_in_any_order() -> None:
    asked: list[Received] = []

    async def reversed_pair(connection: Connection, order: Received) -> None:
        asked.append(order)
        if len(asked) == 2:
            for one in reversed(asked):
                await connection.answer(one, f"Message: for {one['ActionID']}")

    async with FakeAmi() as ami:
        ami.handlers["Getvar"] = reversed_pair
        async with linked(ami) as protocol:
            first, second = protocol.ask(plain("Getvar", "a"), within=2), protocol.ask(plain("Getvar", "b"), within=2)
            assert [(await first).sentence, (await second).sentence] == ["for a", "for b"]


async def test_unasked_and_doubled_answers_are_counted_and_change_nothing() -> None:
    async def doubled(connection: Connection, order: Received) -> None:
        await connection.send("Response: Success", "ActionID: somebody-else")
        await connection.send("Response: Success")
        await connection.answer(order, "Message: first")
        await connection.answer(order, "Message: second", response="Error")

    async with FakeAmi() as ami:
        ami.handlers["Ping"] = doubled
        async with linked(ami) as protocol:
            assert (await protocol.ask(plain("Ping", "p"), within=2)).sentence == "first"
            await eventually(lambda: protocol.stray == 3)
            assert not protocol.lost.done()


async def test_a_list_answer_is_complete_although_reports_come_in_between() -> None:
    heard: list[AmiMessage] = []

    async def listing(connection: Connection, order: Received) -> None:
        await connection.answer(order, "EventList: start", "Message: Result will follow")
        await connection.send("Event: DBGetTreeResponse", "ActionID: j", "Key: /coll/1", "Val: A")
        await connection.send("Event: UserEvent", "UserEvent: CollEnd", "CollID: x")
        await connection.send("Event: OriginateResponse", "ActionID: j", "Response: Failure")
        await connection.send("Event: DBGetTreeResponse", "ActionID: j", "Key: /coll/2", "Val: B")
        await connection.send("Event: DBGetTreeResponse", "ActionID: other", "Key: /coll/3", "Val: C")
        await connection.send("Event: DBGetTreeComplete", "ActionID: j", "EventList: Complete")

    async with FakeAmi() as ami:
        ami.handlers["DBGetTree"] = listing
        async with linked(ami, heard) as protocol:
            reply = await protocol.ask(plain("DBGetTree", "j"), within=2)
    assert [item.first("val") for item in reply.items] == ["A", "B"]
    assert [message.first("event") for message in heard] == ["UserEvent", "OriginateResponse", "DBGetTreeResponse"]


async def test_a_list_that_never_completes_ends_by_its_deadline() -> None:
    async def half(connection: Connection, order: Received) -> None:
        await connection.answer(order, "EventList: start")
        await connection.send("Event: Status", f"ActionID: {order['ActionID']}", "Uniqueid: 1")

    async with FakeAmi() as ami:
        ami.handlers["Status"] = half
        async with linked(ami) as protocol:
            with pytest.raises(PbxUnreachable, match=r"no answer to Status within 0\.1 s") as caught:
                await protocol.ask(plain("Status", "s"), within=0.1)
            assert caught.value.sent
            assert protocol._waiting == {}


async def test_a_list_that_the_pbx_breaks_off_is_an_error_and_not_a_short_list() -> None:
    async def cancelled(connection: Connection, order: Received) -> None:
        await connection.answer(order, "EventList: start")
        await connection.send("Event: StatusComplete", f"ActionID: {order['ActionID']}", "EventList: cancelled")

    async with FakeAmi() as ami:
        ami.handlers["Status"] = cancelled
        async with linked(ami) as protocol:
            with pytest.raises(PbxUnreachable, match="broke off its list"):
                await protocol.ask(plain("Status", "s"), within=2)


@pytest.mark.parametrize("how", ["reset", "hang_up"])
async def test_all_who_wait_are_told_when_the_link_breaks(how: str) -> None:
    async def nothing(connection: Connection, order: Received) -> None:
        if order["ActionID"] == "p3":
            getattr(connection, how)()

    async with FakeAmi() as ami:
        ami.handlers["Ping"] = nothing
        async with linked(ami) as protocol:
            waiting = [protocol.ask(plain("Ping", f"p{n}"), within=30) for n in (1, 2, 3)]
            outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 3)
            assert [isinstance(outcome, PbxUnreachable) and outcome.sent for outcome in outcomes] == [True] * 3
            with pytest.raises(PbxUnreachable, match="there is no connection") as caught:
                protocol.ask(plain("Ping", "p4"), within=1)
            assert not caught.value.sent


async def test_an_action_id_that_still_waits_is_not_used_again() -> None:
    async def nothing(connection: Connection, order: Received) -> None:
        return

    async with FakeAmi() as ami:
        ami.handlers["Ping"] = nothing
        async with linked(ami) as protocol:
            first = protocol.ask(plain("Ping", "p"), within=30)
            with pytest.raises(OrderRefused, match="still waits"):
                protocol.ask(plain("Ping", "p"), within=30)
            protocol.close("enough")
            with pytest.raises(PbxUnreachable):
                await first
        assert len(ami.named("Ping")) <= 1


async def test_an_asker_who_leaves_is_forgotten() -> None:
    async def nothing(connection: Connection, order: Received) -> None:
        return

    async with FakeAmi() as ami:
        ami.handlers["Ping"] = nothing
        async with linked(ami) as protocol:
            answer: asyncio.Future[Reply] = protocol.ask(plain("Ping", "p"), within=30)
            answer.cancel()
            await eventually(lambda: protocol._waiting == {})


async def test_a_peer_that_does_not_read_is_not_written_to_without_bound() -> None:
    async with FakeAmi() as ami, linked(ami) as protocol:

        def ask_for_ever() -> None:
            """Without a turn of the loop, so nobody reads: the buffers fill."""
            for n in range(1_000_000):
                protocol.ask(Order("Ping", f"p{n}", (("Pad", "x" * 1_000),)), within=30).cancel()

        with pytest.raises(PbxUnreachable, match="does not read") as caught:
            ask_for_ever()
        assert not caught.value.sent
