"""The same on a real Asterisk: daemon and Asterisk are killed in the middle of calls; what SIP phones and lines saw is the witness.

A tenth of CRASHES dies here: a call takes as long as it takes. The simulated PBX has the many.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sandbox import REGISTERED, Sandbox
from sandbox.ami_client import AmiFailed

from tests.crash import invariants
from tests.crash.budget import FIRST_SEED, KILLS_ON_ASTERISK, TALLY, shifts_on_asterisk
from tests.crash.on_lines import earlier_talks
from tests.crash.plant import Debtor, Plant, debtors, until
from tests.crash.shift import DOWNTIME

pytestmark = pytest.mark.pbx

ENDINGS = ("1201", "1202", "1205", "1209", "1203", "1207")  # answered at once, one second of talk, one key or a promise
SETTLED_WITHIN = 180.0
POINTS = ("", "", "attempt-committed", "originate-answered", "events-committed", "go-before-commit", "go-committed", "after-SaySaved")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """One of its own: it is killed here."""
    with Sandbox() as both:
        yield both


def link_to(sandbox: Sandbox) -> str:
    return (
        f'host = "{sandbox.company.ami_host}"\nport = {sandbox.company.ami_port}\nusername = "{sandbox.company.username}"\n'
        f'secret_file = "{sandbox.secret_file}"\n'
    )


@pytest.fixture
def plant(tmp_path: Path, sandbox: Sandbox) -> Iterator[Plant]:
    plant = Plant(tmp_path)
    plant.install(link_to(sandbox), ring_agent_for="10s", wrap_up_for="10s")
    try:
        yield plant
    finally:
        plant.clear_away()


def owing(count: int) -> list[Debtor]:
    return debtors(random.Random(FIRST_SEED), count, ENDINGS)


async def all_hold(plant: Plant, sandbox: Sandbox, people: list[Debtor]) -> None:
    """Half an hour later everything comes to its end; then the invariants, with the world's journal as witness."""
    plant.clock.skip(timedelta(minutes=20))
    plant.start()
    await until(plant.is_ready, 60.0, "the daemon did not become ready")
    await plant.until_settled(SETTLED_WITHIN)
    assert await plant.stop() == 0
    attempts = Counter(row["number"] for row in plant.query("select number from attempt"))
    rung = Counter(ring.caller for ring in sandbox.phone_rings() if not ring.caller_name.startswith("Wrap-up "))
    assert rung <= attempts, f"a desk phone rang without an attempt: {rung - attempts}"
    dialled = Counter(sandbox.sip_invites())
    assert max(dialled.values()) == 1, f"a debtor was called twice: {dialled}"
    counted = Counter(row["number"] for row in plant.query("select number from attempt where result <> 'not_dialled'"))
    assert dialled <= counted, f"dialled, and uncounted: {dialled - counted}"
    left = {
        line.partition(":")[0].strip().rpartition("/")[2] for line in sandbox.company.command("database show coll") if line.startswith("/")
    }
    invariants.the_journal_is_forgotten(plant, left)
    invariants.nobody_is_dialled_more_often_than_allowed([], plant)
    invariants.every_attempt_has_an_end_or_stands_in_a_list(plant)
    invariants.no_task_hangs(plant)
    invariants.every_outcome_is_told_once(plant)
    invariants.every_file_is_in_one_folder(plant)
    invariants.the_store_is_whole(plant)
    invariants.the_log_keeps_secrets(plant, people)


async def test_a_daemon_killed_during_calls_on_a_real_asterisk_loses_no_outcome(plant: Plant, sandbox: Sandbox) -> None:
    people = owing(30)  # a death between rows and orders costs a whole turn its calls for five minutes
    plant.drop_export("op_2026-11-23.csv", people)
    for point in ("attempt-committed", "originate-answered", "events-committed:9", "after-SaySaved"):
        plant.start(point)
        await until(plant.has_ended, 60.0, f"{point} was not reached")
        assert plant.kill9() == 137
    await all_hold(plant, sandbox, people)
    unheard = plant.query("select id, number, result, agent_result from attempt where result <> 'not_dialled' and disposition = ''")
    assert unheard == []


async def test_an_asterisk_killed_during_calls_calls_nobody_twice_and_asks_people_about_the_rest(plant: Plant, sandbox: Sandbox) -> None:
    people = owing(9)
    plant.drop_export("op_2026-11-23.csv", people)
    plant.start()
    for kills in (1, 2):
        seen = len(sandbox.sip_invites())
        await until(lambda seen=seen: len(sandbox.sip_invites()) >= seen + 2, 60.0, "nobody was dialled")  # type: ignore[misc]
        await asyncio.to_thread(sandbox.company.kill9)
        if kills == 2:
            plant.kill9()
        await asyncio.to_thread(bring_back, sandbox)
        if plant.process is None:
            plant.start()
    plant.kill9()
    await all_hold(plant, sandbox, people)


@dataclass
class OnLines:
    """Two agents stay on open lines and key what they are asked. One question at a time to the sandbox."""

    plant: Plant
    sandbox: Sandbox
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def stay(self, over: asyncio.Event) -> None:
        while not over.is_set():
            for phone in ("201", "202"):
                async with self.busy:
                    if self.plant.process is not None and self.plant.is_ready():
                        await asyncio.to_thread(self._look_at, phone)
            await asyncio.sleep(0.2)

    def hang_up(self) -> None:
        """The receivers of a dead PBX."""
        for phone in ("201", "202"):
            with contextlib.suppress(LookupError, AmiFailed):
                self.sandbox.hang_up(phone)

    def _look_at(self, phone: str) -> None:
        with contextlib.suppress(LookupError, AmiFailed, AssertionError, OSError):  # gone in this moment
            if not any(row["phone"] == phone for row in self.sandbox.phone_calls()):
                self.sandbox.start_feature("*87", phone=phone, stay=600)
            elif self.plant.query("select id from attempt where state = 'wrap_up' and agent = ? and disposition = ''", phone):
                self.sandbox.press(phone, "2")


async def test_a_desk_that_dials_ahead_on_a_real_asterisk_in_which_it_and_the_daemon_are_killed(
    tmp_path: Path, sandbox: Sandbox
) -> None:  # fmt: skip
    plant = Plant(tmp_path)
    plant.install(link_to(sandbox), ring_agent_for="10s", wrap_up_for="20s", mode="predictive")
    await earlier_talks(plant, 300)
    people = debtors(random.Random(FIRST_SEED), 24, ("1200", "1000", "1300"))
    plant.drop_export("op_2026-11-23.csv", people)
    on_lines, over = OnLines(plant, sandbox), asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(on_lines.stay(over))
            try:
                for point in ("given-before-commit", "line-committed"):
                    plant.start(point)
                    await until(plant.has_ended, 90.0, f"{point} was not reached")
                    async with on_lines.busy:
                        assert plant.kill9() == 137
                plant.start()
                seen = len(sandbox.sip_invites())
                await until(lambda: len(sandbox.sip_invites()) > seen, 90.0, "nobody was dialled")
                async with on_lines.busy:
                    await asyncio.to_thread(sandbox.company.kill9)
                    plant.kill9()
                    await asyncio.to_thread(bring_back, sandbox)
                    on_lines.hang_up()
                TALLY.update({"daemon on or of a real Asterisk": 3, "asterisk on or of a real Asterisk": 1})
                await all_hold(plant, sandbox, people)
            finally:
                over.set()
        invariants.who_found_nobody_rests(plant)
        ahead = Counter(row["result"] for row in plant.query("select result from attempt where mode = 'predictive'"))
        print(f"dialled ahead on a real Asterisk: {dict(ahead)}")
        assert ahead["dropped"]  # who answered while the daemon was dead
        assert ahead["answered"]
    finally:
        plant.clear_away()


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + shifts_on_asterisk()))
async def test_a_shift_on_a_real_asterisk_in_which_it_and_the_daemon_are_killed_by_chance(
    plant: Plant, sandbox: Sandbox, seed: int
) -> None:  # fmt: skip
    rng = random.Random(3_000_000 + seed)
    people = debtors(rng, 3 * KILLS_ON_ASTERISK, ENDINGS)
    plant.drop_export("op_2026-11-23.csv", people)
    killed = Counter[str]()
    while killed.total() < KILLS_ON_ASTERISK:
        if plant.process is None:
            plant.start(f"{point}:{rng.randint(1, 4)}" if (point := rng.choice(POINTS)) else "")
            await until(lambda: plant.is_ready() or plant.has_ended(), 60.0, "the daemon did not become ready")
        await died_or_waited(plant, rng.uniform(0.5, 6.0))
        victim = rng.choice(("asterisk", "both")) if killed.total() % 3 == 2 else "daemon"
        if victim == "asterisk" and plant.has_ended():
            victim = "both"
        if victim != "daemon":
            killed["asterisk"] += 1
            await asyncio.to_thread(sandbox.company.kill9)
        if victim != "asterisk":
            killed["daemon"] += 1
            plant.kill9()
            plant.clock.skip(timedelta(seconds=rng.choice(DOWNTIME)))
        if victim != "daemon":
            await asyncio.to_thread(bring_back, sandbox)
    if plant.process is not None:
        plant.kill9()
    TALLY.update({f"{what} on or of a real Asterisk": times for what, times in killed.items()})
    await all_hold(plant, sandbox, people)
    print(f"seed {seed} on a real Asterisk: {dict(killed)}, {len(sandbox.sip_invites())} dialled")


async def died_or_waited(plant: Plant, seconds: float) -> None:
    """Until the daemon has come to its point, `seconds` at most."""
    with contextlib.suppress(AssertionError):
        await until(plant.has_ended, seconds, "its time has come")


def bring_back(sandbox: Sandbox) -> None:
    sandbox.company.start()
    sandbox.company.wait_ready()
    sandbox.register(*REGISTERED)
