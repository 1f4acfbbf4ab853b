"""The life of a link: log in, watch, lose, find again.

Owns the proof of reconnecting, back-off, half-open detection and of what the queue promises. Real sockets, short intervals.
Invariant tested: between LinkUp and LinkLost nothing that ends a call is missing, and a link that does not answer does not look alive.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bench import flood
from collectord.core.telephony.pbx_events import DeviceState, Ended, LinkLost, LinkUp, PbxEvent
from collectord.edge.pbx import LinkState, OrderRefused, PbxLink, PbxUnreachable, Timing
from collectord.edge.pbx.actions import plain
from collectord.edge.pbx.versions import judge
from tests.edge.fake_ami import Connection, FakeAmi, Received, eventually

ID = "0kq3m8x2c7aaaaaaaa"
BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
QUICK = Timing(
    connect_within=2.0,
    answer_within=0.8,  # room for a machine that is busy with other tests
    list_within=2.0,
    ping_every=0.1,
    retry_first=0.02,
    retry_cap=0.2,
    refused_retry=0.3,
    settled_after=0.2,
)


def ticking() -> datetime:
    return BEGAN + timedelta(milliseconds=next(_ticks))


_ticks = itertools.count()


def link_to(
    ami: FakeAmi,
    *,
    secret: str = "geheim",
    timing: Timing = QUICK,
    room: int = 10_000,
    now: Callable[[], datetime] = ticking,
    jitter: float = 1.0,
) -> PbxLink:
    return PbxLink(
        name="main",
        host="127.0.0.1",
        port=ami.port,
        username="collectord",
        secret=secret,
        tls=None,
        now=now,
        timing=timing,
        room=room,
        jitter=lambda: jitter,
    )


@asynccontextmanager
async def running(link: PbxLink) -> AsyncIterator[PbxLink]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(link.run())
        try:
            yield link
        finally:
            task.cancel()


async def next_event(link: PbxLink) -> PbxEvent:
    return await asyncio.wait_for(link.events.get(), 5)


async def until_up(link: PbxLink) -> LinkUp:
    while not isinstance(event := await next_event(link), LinkUp):
        pass
    return event


async def ended(ami: FakeAmi, attempt: str = ID) -> None:
    await ami.user_event("CollEnd", f"CollID: {attempt}", "Seq: 9", "State: WRAP", "Status: ANSWER", "Cause: 16")


async def test_the_first_event_is_the_link_with_the_pbxs_start_up_and_version() -> None:
    async with FakeAmi() as ami, running(link_to(ami)) as link:
        up = await until_up(link)
        health = link.health()
        assert (up.started, up.version) == ("2026-11-21 06:00:00", "22.10.1")
        assert health.state is LinkState.UP
        assert health.response_ms is not None
        assert health.sentence.startswith("main answers in ")
        assert health.warnings == ()
        assert [order.name for order in ami.orders[:3]] == ["Login", "CoreStatus", "CoreSettings"]


async def test_reports_that_come_before_the_start_up_is_known_follow_the_link_up() -> None:
    async with FakeAmi() as ami:

        async def with_report(connection: Connection, order: Received) -> None:
            await ended(ami)
            await connection.answer(order, "CoreStartupDate: 2026-11-21", "CoreStartupTime: 06:00:00")

        ami.handlers["CoreStatus"] = with_report
        async with running(link_to(ami)) as link:
            assert isinstance(await next_event(link), LinkUp)
            assert isinstance(await next_event(link), Ended)


async def test_a_lost_link_is_reported_found_again_and_the_restart_shows() -> None:
    async with FakeAmi() as ami, running(link_to(ami)) as link:
        await until_up(link)
        await ended(ami)
        assert isinstance(await next_event(link), Ended)
        ami.connections[0].reset()
        lost = await next_event(link)
        assert isinstance(lost, LinkLost)
        assert lost.why.startswith("main (127.0.0.1:")
        ami.started = ("2026-11-22", "09:00:00")
        assert (await until_up(link)).started in ("2026-11-21 06:00:00", "2026-11-22 09:00:00")
        ami.connections[-1].hang_up()
        assert isinstance(await next_event(link), LinkLost)
        assert (await until_up(link)).started == "2026-11-22 09:00:00"
        assert link.health().reconnects == 2


async def test_a_pbx_that_comes_back_after_a_while_is_found() -> None:
    async with FakeAmi() as ami, running(link_to(ami)) as link:
        await until_up(link)
        await ami.die()
        assert isinstance(await next_event(link), LinkLost)
        await eventually(lambda: "cannot be reached" in link.health().sentence)
        assert link.health().state is LinkState.LOST
        with pytest.raises(PbxUnreachable) as caught:
            await link.ask(plain("Ping", "p"))
        assert not caught.value.sent
        await ami.listen()
        await until_up(link)


async def test_half_open_is_noticed_within_an_interval_and_a_deadline() -> None:
    async with FakeAmi() as ami, running(link_to(ami)) as link:
        await until_up(link)
        loop = asyncio.get_running_loop()
        ami.connections[0].mute, muted_at = True, loop.time()
        lost = await next_event(link)
        assert isinstance(lost, LinkLost)
        assert f"no answer to Ping within {QUICK.answer_within:g} s" in lost.why
        assert loop.time() - muted_at < QUICK.ping_every + QUICK.answer_within + 0.5
        await until_up(link)


async def test_a_stopped_pbx_process_is_noticed_and_found_again_when_it_goes_on() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.edge.fake_ami", stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 20))
        link = PbxLink(
            name="main", host="127.0.0.1", port=port, username="collectord", secret="geheim", tls=None, now=ticking, timing=QUICK
        )  # fmt: skip
        async with running(link):
            await until_up(link)
            process.send_signal(signal.SIGSTOP)  # the kernel still takes what we send: no FIN, no reset
            lost = await asyncio.wait_for(link.events.get(), 2 * (QUICK.ping_every + QUICK.answer_within) + 5)
            assert isinstance(lost, LinkLost)
            assert "no answer to Ping" in lost.why
            process.send_signal(signal.SIGCONT)
            await until_up(link)
    finally:
        process.kill()
        await process.wait()


def test_the_shipped_intervals_notice_half_open_within_20_seconds() -> None:
    assert Timing().ping_every + Timing().answer_within <= 20


async def test_a_pbx_that_talks_but_does_not_answer_is_half_open_too() -> None:
    async def silent(connection: Connection, order: Received) -> None:
        return

    async with FakeAmi() as ami, running(link_to(ami)) as link:
        await until_up(link)
        ami.handlers["Ping"] = silent
        while not isinstance(await next_event(link), LinkLost):
            await ended(ami)


async def test_a_wrong_secret_is_said_clearly_and_tried_slowly() -> None:
    async with FakeAmi() as ami, running(link_to(ami, secret="falsch")) as link:
        await eventually(lambda: link.health().state is LinkState.REFUSED)
        sentence = link.health().sentence
        assert "refuses the login 'collectord' (Authentication failed)" in sentence
        assert "check username, secret" in sentence
        assert "falsch" not in sentence
        began = asyncio.get_running_loop().time()
        await eventually(lambda: len(ami.named("Login")) == 3)
        assert asyncio.get_running_loop().time() - began >= QUICK.refused_retry
        assert link.events.empty()
        ami.secret = "falsch"
        await until_up(link)


def test_a_wrong_secret_is_tried_once_a_minute_at_most_as_shipped() -> None:
    assert Timing().refused_retry * 0.5 >= 30


async def test_a_login_without_the_right_to_see_the_state_is_refused_with_the_remedy() -> None:
    async def denied(connection: Connection, order: Received) -> None:
        await connection.answer(order, "Message: Permission denied", response="Error")

    async with FakeAmi() as ami:
        ami.handlers["CoreStatus"] = denied
        async with running(link_to(ami)) as link:
            await eventually(lambda: link.health().state is LinkState.REFUSED)
            assert link.health().sentence.endswith("(Permission denied): add `reporting` to write=")


async def test_a_login_that_is_never_answered_ends_by_its_deadline() -> None:
    async def silent(connection: Connection, order: Received) -> None:
        return

    async with FakeAmi() as ami:
        ami.handlers["Login"] = silent
        async with running(link_to(ami)) as link:
            await eventually(lambda: f"no answer to Login within {QUICK.answer_within:g} s" in link.health().sentence)
            assert link.events.empty()


async def test_the_secret_is_not_shown_to_what_is_no_pbx() -> None:
    async with FakeAmi() as ami:
        ami.banner = b"220 mail.example ESMTP\r\n"
        async with running(link_to(ami)) as link:
            await eventually(lambda: "not an Asterisk Manager Interface" in link.health().sentence)
            assert ami.orders == []


async def test_tries_to_reconnect_come_slower_and_slower_up_to_the_cap() -> None:
    tries: list[float] = []
    loop = asyncio.get_running_loop()

    async def goodbye(connection: Connection, order: Received) -> None:
        tries.append(loop.time())
        connection.reset()

    async with FakeAmi() as ami:
        ami.handlers["Login"] = goodbye
        async with running(link_to(ami)):
            await eventually(lambda: len(tries) >= 7)
    gaps = [later - earlier for earlier, later in itertools.pairwise(tries)]
    for gap, wait in zip(gaps, [0.04, 0.08, 0.16, 0.2, 0.2, 0.2], strict=False):
        assert gap >= wait * 0.98


async def test_jitter_spreads_the_tries_between_half_and_full() -> None:
    async with FakeAmi() as ami:
        ami.banner = b"no\r\n"
        async with running(link_to(ami, timing=Timing(retry_first=0.4, retry_cap=0.4), jitter=0.0)):
            began = asyncio.get_running_loop().time()
            await eventually(lambda: ami.accepted == 3)
            assert asyncio.get_running_loop().time() - began >= 0.4 * 0.5 * 2 * 0.98


async def test_a_callback_that_raises_costs_its_report_and_not_the_link() -> None:
    stamps = itertools.count()

    def stumbling() -> datetime:
        """The stamp of LinkUp is good, that of the first report is not."""
        if next(stamps) == 1:
            raise RuntimeError("a bug of ours")
        return ticking()

    async with FakeAmi() as ami, running(link_to(ami, now=stumbling)) as link:
        await until_up(link)
        await ended(ami, "0kq3m8x2c7aaaaaaa1")
        await ended(ami, "0kq3m8x2c7aaaaaaa2")
        event = await next_event(link)
        assert isinstance(event, Ended)
        assert event.attempt_id == "0kq3m8x2c7aaaaaaa2"
        assert ami.accepted == 1


async def test_a_flood_of_phone_states_is_dropped_and_counted_and_no_end_of_a_call_is() -> None:
    async with FakeAmi() as ami, running(link_to(ami, room=1_000)) as link:
        await until_up(link)
        flood = b"Event: DeviceStateChange\r\nDevice: PJSIP/201\r\nState: INUSE\r\n\r\n" * 200
        for n in range(100):
            await ami.connections[0].send_bytes(flood)
            await ended(ami, f"attempt-{n:04}")
        await eventually(lambda: link.events.qsize() + link.health().dropped == 20_100)
        seen = [link.events.get_nowait() for _ in range(link.events.qsize())]
        assert [event.attempt_id for event in seen if isinstance(event, Ended)] == [f"attempt-{n:04}" for n in range(100)]
        assert sum(isinstance(event, DeviceState) for event in seen) <= 250
        assert link.health().dropped >= 20_000 - 250
        assert ami.accepted == 1


def test_a_flood_of_fifty_thousand_a_second_keeps_every_end_in_bounded_memory() -> None:
    """The benchmark, for a moment: a PBX in a process of its own, a slow consumer."""
    [found] = flood.ask(50_000, 2.0, 200)
    assert found.met, found


async def test_when_nobody_takes_the_ends_of_calls_the_link_is_given_up_rather_than_one_of_them() -> None:
    async with FakeAmi() as ami, running(link_to(ami, room=50)) as link:
        await until_up(link)
        for n in range(60):
            await ended(ami, f"attempt-{n:04}")
        await eventually(lambda: ami.accepted >= 2)
        seen = [await next_event(link) for _ in range(51)]
        assert [event.attempt_id for event in seen if isinstance(event, Ended)] == [f"attempt-{n:04}" for n in range(50)]
        lost = seen[-1]
        assert isinstance(lost, LinkLost)
        assert "nobody takes them" in lost.why
        await until_up(link)


async def test_a_blocked_loop_does_not_take_its_own_delay_for_a_dead_pbx() -> None:
    async with FakeAmi() as ami, running(link_to(ami)) as link:
        await until_up(link)
        time.sleep(QUICK.answer_within * 2)  # noqa: ASYNC251  # the fault under test
        answer = await link.ask(plain("Ping", "p"))
        assert answer.ok
        assert ami.accepted == 1


async def test_a_stopped_link_closes_its_socket_and_tells_who_waits() -> None:
    async def silent(connection: Connection, order: Received) -> None:
        return

    async with FakeAmi() as ami:
        ami.handlers["Status"] = silent
        async with asyncio.TaskGroup() as group:
            link = link_to(ami)
            task = group.create_task(link.run())
            await until_up(link)
            asking = group.create_task(_outcome(link))
            await eventually(lambda: ami.named("Status"))
            task.cancel()
            assert await asyncio.wait_for(asking, 2) == "sent, no answer"
        await eventually(lambda: not ami.connections)
        assert link.health().state is LinkState.STOPPED


async def _outcome(link: PbxLink) -> str:
    try:
        await link.ask(plain("Status", "s"), within=30)
    except PbxUnreachable as exc:
        return "sent, no answer" if exc.sent else "not sent"
    return "answered"


@pytest.mark.parametrize(("username", "secret"), [("a\r\nAction: Command", "x"), ("a", "x\r\nEvents: on"), ("a", "x" * 2_000)])
def test_a_login_that_could_be_more_than_one_is_refused_before_any_connection(username: str, secret: str) -> None:
    with pytest.raises(OrderRefused):
        PbxLink(name="main", host="127.0.0.1", port=1, username=username, secret=secret, tls=None, now=ticking)


@pytest.mark.parametrize(
    ("version", "warned"),
    [
        ("22.10.1+dfsg+~cs6.17.60671434-1", False),
        ("18.24.1", True),
        ("18.24.2", False),
        ("20.9.1~dfsg", True),
        ("20.9.2", False),
        ("20.15.0", False),
        ("21.4.1", True),
        ("21.4.2", False),
        ("16.28.0", True),
        ("19.8.1", True),
        ("23.0.0", False),
        ("certified/18.9-cert10", True),
        ("GIT-master-1234", True),
        ("", True),
    ],
)
def test_a_release_in_which_a_stolen_login_can_write_files_is_warned_of(version: str, warned: bool) -> None:
    assert (judge(version) is not None) is warned


async def test_an_old_pbx_is_used_with_a_warning() -> None:
    async with FakeAmi() as ami:
        ami.version = "18.10.0"
        async with running(link_to(ami)) as link:
            await until_up(link)
            assert "update to 18.24.2" in link.health().warnings[0]
