"""Faults of the machine around the daemon: signals, a clock that is set, a log that nobody reads, no file descriptor left."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.crash.budget import FIRST_SEED
from tests.crash.plant import until
from tests.crash.shift import Shift
from tests.crash.stepped import set_wall_clock
from tests.crash.test_killed_daemon import talkative


@asynccontextmanager
async def at_work(
    tmp_path: Path, *, clock: Path | None = None, speed: float = 5.0, watchdog: float = 0.0, program: tuple[str, ...] = ()
) -> AsyncIterator[Shift]:
    """A shift in which somebody talks."""
    async with Shift(tmp_path, FIRST_SEED, people=talkative(FIRST_SEED, 14), speed=speed) as shift:
        shift.plant.wall_clock, shift.plant.watchdog, shift.plant.program = clock, watchdog, program
        shift.plant.start()
        await until(shift.plant.is_ready, 60.0, "the daemon did not become ready")
        await until(lambda: len(shift.seen.was_dialled()) >= 2, 30.0, "nobody was dialled")
        yield shift


def said(shift: Shift) -> str:
    return shift.plant.log.read_text(encoding="utf-8")


def signalled(shift: Shift, number: signal.Signals) -> None:
    assert shift.plant.process is not None
    shift.plant.process.send_signal(number)


async def test_a_clock_that_is_set_while_it_runs_stops_the_dialling_and_cuts_no_call(tmp_path: Path) -> None:
    clock = tmp_path / "wall-clock"
    set_wall_clock(clock, 0.0)
    async with at_work(tmp_path, clock=clock) as shift:
        set_wall_clock(clock, 3_600.0)
        since = time.monotonic()
        await until(lambda: "clock_doubted" in said(shift), 10.0, "the jump was not noticed")
        await until(lambda: not shift.plant.query("select id from attempt where state not in ('closed', 'unknown')"), 30.0, "calls hang")
        await asyncio.sleep(2.0)
        shift.around.still.append((since, time.monotonic()))
        assert "the clock jumped by 3600 s" in shift.plant.command("status", "--json").stdout
        shift.plant.kill9()
        await shift.settle()


async def test_the_first_sigterm_waits_for_calls_and_the_second_ends_at_once_and_both_lose_nothing(tmp_path: Path) -> None:
    async with at_work(tmp_path, speed=2.0) as shift:
        signalled(shift, signal.SIGTERM)
        await until(lambda: "stopping" in said(shift), 10.0, "the signal was not heard")
        rung = sum(shift.seen.originates().values())
        await asyncio.sleep(0.5)
        assert not shift.plant.has_ended()
        signalled(shift, signal.SIGTERM)
        await until(shift.plant.has_ended, 5.0, "the second signal did not end it")
        assert shift.plant.kill9() == 0
        assert sum(shift.seen.originates().values()) == rung
        await shift.settle()


async def test_a_reload_of_a_broken_configuration_keeps_the_running_one_and_a_good_one_is_taken(tmp_path: Path) -> None:
    async with at_work(tmp_path) as shift:
        whole = shift.plant.config.read_text(encoding="utf-8")
        shift.plant.config.write_text(whole + "\n[dialing]\nmode = 7\n", encoding="utf-8")
        signalled(shift, signal.SIGHUP)
        await until(lambda: "reload_refused" in said(shift), 10.0, "the signal was not heard")
        assert "dialing" in said(shift)
        rung = sum(shift.seen.originates().values())
        await until(lambda: sum(shift.seen.originates().values()) > rung, 30.0, "nobody was called any more")
        shift.plant.config.write_text(whole, encoding="utf-8")
        signalled(shift, signal.SIGHUP)
        await until(lambda: "reloaded" in said(shift), 10.0, "the good configuration was not taken")
        await shift.settle_as_it_is()


async def test_a_log_that_nobody_reads_stops_no_call(tmp_path: Path) -> None:
    async with Shift(tmp_path, FIRST_SEED, people=talkative(FIRST_SEED, 8)) as shift:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        try:
            while os.write(writer, b"x" * 4_096):
                pass
        except BlockingIOError:
            os.set_blocking(writer, True)
        shift.plant.start(log_to=writer)
        os.close(writer)
        await shift.settle_as_it_is()
        os.close(reader)


async def test_without_a_file_descriptor_left_nothing_is_corrupt_and_it_goes_on_when_there_are_some(tmp_path: Path) -> None:
    async with at_work(tmp_path) as shift:
        process = shift.plant.process
        assert process is not None
        before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{process.pid}/fd")), before[1]))
        shift.seen.pbx.drop_links()
        await asyncio.sleep(3.0)
        assert not shift.plant.has_ended()
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, before)
        rung = sum(shift.seen.originates().values())
        await until(lambda: sum(shift.seen.originates().values()) > rung, 60.0, "nobody was called any more")
        await shift.settle_as_it_is()


async def test_a_loop_that_stands_still_gives_no_sign_of_life_and_is_recovered_from_when_systemd_has_ended_it(tmp_path: Path) -> None:
    """The watchdog of the unit: no WATCHDOG=1 in time, and the process is aborted and started again."""
    allowed, stuck = 15.0, tmp_path / "stuck"
    async with at_work(tmp_path, watchdog=allowed, program=("tests.crash.stuck", str(stuck))) as shift:
        for _ in range(2):
            await until(lambda: shift.plant.signs_of_life() > 0, 4 * allowed, "no sign of life came from a daemon that works")
        process = shift.plant.process
        assert process is not None
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
        signalled(shift, signal.SIGUSR1)
        await until(stuck.exists, 30.0, "the loop did not stop")
        shift.plant.signs_of_life()  # what was sent before
        await asyncio.sleep(allowed)
        assert shift.plant.signs_of_life() == 0
        assert not shift.plant.has_ended()
        signalled(shift, signal.SIGABRT)
        await until(shift.plant.has_ended, 30.0, "the process did not end")
        assert shift.plant.kill9() == -signal.SIGABRT
        shift.plant.program, shift.plant.watchdog = (), 0.0
        await shift.settle()


async def test_a_daemon_whose_memory_is_at_its_end_loses_nothing(tmp_path: Path) -> None:
    """Not a byte more: it says so and goes on, or ends, or stands still (a thread that cannot begin) and the watchdog ends it."""
    allowed = 15.0
    async with at_work(tmp_path, watchdog=allowed) as shift:
        process = shift.plant.process
        assert process is not None
        before = resource.prlimit(process.pid, resource.RLIMIT_AS)
        used = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
        resource.prlimit(process.pid, resource.RLIMIT_AS, (used, before[1]))
        shift.plant.drop_beside("op_2026-11-22.csv", b"nobody;reads;this\n" * 10_000)
        shift.seen.pbx.drop_links()
        await asyncio.sleep(5.0)
        shift.plant.signs_of_life()
        await asyncio.sleep(allowed)
        if shift.plant.has_ended() or not shift.plant.signs_of_life():
            signalled(shift, signal.SIGABRT)
            await until(shift.plant.has_ended, 30.0, "the process did not end")
            shift.plant.kill9()
            shift.plant.watchdog = 0.0
            await shift.settle()
        else:
            resource.prlimit(process.pid, resource.RLIMIT_AS, before)
            await shift.settle_as_it_is()


async def test_a_daemon_that_slept_wakes_without_a_storm_and_without_a_second_ring(tmp_path: Path) -> None:
    """As a machine that was suspended: the process stands still, the PBX does not."""
    async with at_work(tmp_path) as shift:
        signalled(shift, signal.SIGSTOP)
        await asyncio.sleep(4.0)
        signalled(shift, signal.SIGCONT)
        await shift.settle_as_it_is()
