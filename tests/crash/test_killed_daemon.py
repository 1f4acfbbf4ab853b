"""The daemon is killed with kill -9, at named points and by chance, and started again: nothing rings twice, nothing is lost.

`CRASHES=1000 pytest tests/crash` kills so often; `CRASH_SEED=7` begins with another seed. The number in a test's name is its seed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.crash.budget import FIRST_SEED, KILLS_A_SHIFT, shifts
from tests.crash.on_lines import earlier_talks
from tests.crash.plant import Debtor, debtors, until
from tests.crash.shift import Death, Shift, any_death

TALKATIVE = ("1001", "1116", "1002", "1005", "1116", "1009", "1010", "1004", "1003", "1006")
AT_EVERY_POINT = (  # in the order in which a shift comes by them
    ("plan-before-commit", "plan-committed", "call-list-written", "attempt-before-commit", "attempt-committed", "originate-answered"),
    (
        "event-committed",
        "events-before-commit",
        "events-committed",
        "after-AgentTookRing",
        "go-before-commit",
        "go-committed",
        "after-SayGo",
        "after-SaySaved",
        "after-RingBackAgent",
        "evidence-committed",
    ),
    ("after-Acknowledge", "outbox_claimed", "outbox_written", "outbox_staged", "outbox_published", "promises-judged"),
)

PATIENT = ("3000", "3000", "3005", "1001", "1010")  # lines that ring for long, and some that are answered
AT_NEWS = (("overtaken-before-commit", "overtaken-committed", "after-HangUpDebtor"),)
AT_LINES = (("given-before-commit", "line-committed", "after-SayLine"),)
ANSWERED_OR_NOT = ("1000", "1000", "1200", "1000", "1300", "2000", "3000", "4200")
AT_KEYED_WISHES = (("pair-committed", "wish-before-commit", "wish-committed", "after-SaySelf"),)
AT_CALLERS = (("caller-before-commit", "caller-committed", "after-SayWhom", "missed-caller-committed"),)


def talkative(seed: int, count: int = 20) -> list[Debtor]:
    """Debtors of whose calls most have an outcome."""
    return debtors(random.Random(seed), count, TALKATIVE)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + shifts("daemon")))
async def test_a_shift_in_which_the_daemon_is_killed_by_chance(tmp_path: Path, seed: int) -> None:
    async with Shift(tmp_path, seed) as shift:
        for life in range(KILLS_A_SHIFT):
            if life == KILLS_A_SHIFT // 2:
                shift.drop_second_export()
            await shift.live(any_death(shift.rng))
        await shift.settle()


@pytest.mark.parametrize("points", AT_EVERY_POINT, ids=lambda points: points[0])
async def test_a_shift_in_which_the_daemon_is_killed_at_each_of_these_points(tmp_path: Path, points: tuple[str, ...]) -> None:
    async with Shift(tmp_path, FIRST_SEED, people=talkative(FIRST_SEED, 4 * len(points))) as shift:
        for point in points:
            await shift.live(Death(point=point, patience=20.0))
        await shift.settle()
        assert shift.reached == set(points)


@pytest.mark.parametrize("points", AT_NEWS, ids=lambda points: points[0])
async def test_killed_where_what_came_while_it_rings_stops_the_call_nobody_is_dialled_any_more(
    tmp_path: Path, points: tuple[str, ...]
) -> None:
    """Payments and wishes not to be called come while the debtors' lines ring, and while agents hear the case."""
    async with Shift(tmp_path, FIRST_SEED, people=debtors(random.Random(FIRST_SEED), 24, PATIENT), speed=3.0) as shift:
        for point in points:
            await shift.live(Death(point=point, patience=20.0), meanwhile=partial(news_while_it_rings, shift))
        await shift.live(Death(patience=6.0), meanwhile=partial(news_while_it_rings, shift))
        await shift.settle()
        assert shift.reached == set(points)
        assert len(shift.around.known) >= len(points)
        assert shift.plant.query("select id from attempt where gate = 'stopped'")


async def news_while_it_rings(shift: Shift, over: asyncio.Event) -> None:
    """Of every line that rings: by turns the debtor has paid, or wants no calls."""
    told = set[str]()
    while not over.is_set():
        await asyncio.sleep(0.05)
        shift.around.look()
        ringing = {row["debtor_no"] for row in shift.plant.query("select debtor_no from attempt where state = 'ringing_debtor'")}
        for who in shift.owing:
            if who.no in ringing - told:
                told.add(who.no)
                if len(told) % 2:
                    await shift.around.forbid(who)
                else:
                    shift.around.pay(who)
                break


@pytest.mark.parametrize("points", AT_CALLERS, ids=lambda points: points[0])
async def test_killed_while_a_debtor_calls_back_the_call_is_written_down_and_booked(tmp_path: Path, points: tuple[str, ...]) -> None:
    async with Shift(tmp_path, FIRST_SEED, people=talkative(FIRST_SEED, 8)) as shift:
        shift.plant.start()
        await shift.plant.until_settled(60.0)
        for point in points:
            shift.plant.kill9() if shift.plant.process else None
            await shift.live(Death(point=point, patience=20.0), meanwhile=partial(callers, shift))
        await shift.settle()
        assert shift.reached == set(points)
        assert {row["mode"] for row in shift.plant.query("select mode from attempt")} == {"preview", "inbound"}


async def callers(shift: Shift, over: asyncio.Event) -> None:
    """One after the other, those who were called call back; one of them before the daemon listens."""
    while not over.is_set():
        shift.around.call_in()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 0.4)


@pytest.mark.parametrize("points", AT_KEYED_WISHES, ids=lambda points: points[0])
async def test_killed_while_callers_key_a_day_of_payment_it_is_booked_once_or_the_caller_is_called_back(
    tmp_path: Path, points: tuple[str, ...]
) -> None:
    people = [replace(one, item=f"RE-{7_001 + n}") for n, one in enumerate(debtors(random.Random(FIRST_SEED), 42, ("2000",))[:-2])]
    async with Shift(tmp_path, FIRST_SEED, people=people) as shift:
        with shift.plant.config.open("a", encoding="utf-8") as config:
            config.write('[inbound]\nself_service = true\nhours = "sun 03:00-03:01"\n')  # everybody reaches nobody
        for point in points:
            await shift.live(Death(point=point, patience=20.0), meanwhile=partial(payers, shift))
        await shift.settle()
        assert shift.reached == set(points)
        said_to_be_saved = [prompt for _, prompt in shift.seen.pbx.machine.heard].count("self-promised")
        promised = [row["debtor_no"] for row in shift.plant.query("select debtor_no from promise")]
        served = [row["debtor_no"] for row in shift.plant.query("select debtor_no from self_service where served = '1'")]
        assert sorted(promised) == sorted(served) == sorted(set(promised))
        assert len(promised) >= said_to_be_saved
        assert promised
        missed = shift.plant.query("select distinct debtor_no from attempt where mode = 'inbound' and result = 'not_dialled'")
        back = shift.plant.query("select distinct debtor_no from task where origin = 'callback'")
        assert {row["debtor_no"] for row in missed} - set(promised) == {row["debtor_no"] for row in back}


async def payers(shift: Shift, over: asyncio.Event) -> None:
    """One after the other calls once while the daemon listens, and keys both numbers and a day."""
    left = [who for who in shift.owing if not shift.around.called_in[who.number]]
    while left and not over.is_set():
        if shift.plant.is_ready():
            who = left.pop(0)
            shift.seen.pbx.call_back(who.number, keys=f"{who.no}# {who.item[3:]}# 1 0412 1")
            shift.around.called_in[who.number] += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 1.0)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 1))
async def test_a_progressive_shift_in_which_the_daemon_is_killed_by_chance(tmp_path: Path, seed: int) -> None:
    async with Shift(tmp_path, seed, mode="progressive") as shift:
        for _ in range(KILLS_A_SHIFT):
            await shift.live(any_death(shift.rng), meanwhile=shift.around.go_on)
        await shift.settle()


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + shifts("ahead")))
async def test_a_predictive_shift_in_which_the_daemon_is_killed_by_chance(tmp_path: Path, seed: int) -> None:
    """Agents stay on open lines and leave them, debtors are dialled before an agent is chosen."""
    async with Shift(tmp_path, seed, people=debtors(random.Random(seed), 48, ANSWERED_OR_NOT), mode="predictive", speed=8.0) as shift:
        await earlier_talks(shift.plant, 300)
        for _ in range(KILLS_A_SHIFT):
            await shift.live(replace(any_death(shift.rng), patience=4.0), meanwhile=shift.on_lines.stay)
        await shift.settle(meanwhile=shift.on_lines.stay)
        assert shift.plant.query("select id from attempt where mode = 'predictive' and agent <> '' and disposition <> ''")
        ahead = shift.plant.query("select id from attempt where mode = 'predictive'")
        print(f"{dict(shift.on_lines.did)}, {len(ahead)} dialled ahead")


@pytest.mark.parametrize("points", AT_LINES, ids=lambda points: points[0])
async def test_killed_where_a_call_is_given_to_a_line_the_debtor_speaks_with_somebody_or_hears_who_called(
    tmp_path: Path, points: tuple[str, ...]
) -> None:
    people = debtors(random.Random(FIRST_SEED), 6 * len(points), ("1000",))
    async with Shift(tmp_path, FIRST_SEED, people=people, mode="predictive", speed=4.0) as shift:
        await earlier_talks(shift.plant, 300)
        for point in points:
            await shift.live(Death(point=point, patience=20.0), meanwhile=shift.on_lines.stay)
        await shift.settle(meanwhile=shift.on_lines.stay)
        assert shift.reached == set(points)
        assert shift.plant.query("select id from attempt where result = 'dropped'")  # who answered while the daemon was dead


async def test_an_outcome_keyed_on_star_85_while_the_daemon_is_dead_is_booked(tmp_path: Path) -> None:
    """The talk had been closed and its journal row forgotten; then the agent dials *85, and the daemon dies before the keys come."""
    async with Shift(tmp_path, FIRST_SEED, people=talkative(FIRST_SEED, 3)) as shift:
        plant, pbx = shift.plant, shift.seen.pbx
        plant.start()
        await plant.until_settled(30.0)
        mine = "select id, disposition from attempt where agent = '201' and result = 'answered' order by placed_at desc limit 1"
        await until(lambda: bool(plant.query(mine)), 30.0, "nobody talked to 201")  # a busy machine may pause before the first call
        await plant.until_settled(30.0)
        [last] = plant.query(mine)
        assert last["disposition"] != "refuses"
        asked = asyncio.ensure_future(pbx.dial_feature("201", "*85", "5"))
        await until(lambda: any(e.name == "Setvar" and e.fields["Variable"] == "COLL_REPLY" for e in shift.seen.wire), 10.0, "no reply")
        plant.kill9()
        assert await asked == f"id-{last['id']}"
        assert shift.seen.keyed()[last["id"]] == "refuses"
        await shift.settle()
