"""Simulating: the rules played forward on the present ledger. Nothing is written, nobody is called.

Reads the ledger once, and what the gate knows of a debtor when the play first calls there; core plays.
Invariant: only reading connections are opened; other tasks of the process run in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from collectord.core.contact.facts import DebtorFacts
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin
from collectord.core.rules import Rules
from collectord.core.simulation.account import Account
from collectord.core.simulation.chance import Chance
from collectord.core.simulation.play import Day, Play, days_of
from collectord.core.simulation.told import document
from collectord.core.telephony.callbacks import Colleague
from collectord.edge.store import callbacks, facts, promises, tasks
from collectord.edge.store.connection import Connection, Database, open_for_reading
from collectord.loops.debtor_scan import Seen, scan
from collectord.loops.workload import is_closed

BREATH = 100  # debtors between two breaths
Watch = Callable[[date, int, int], None]  # the day that begins, which one it is, of how many


async def simulate(
    db: Database,
    rules: Rules,
    house: House,
    now: datetime,
    *,
    days: int,
    team: Mapping[str, Colleague],
    seed: int,
    watch: Watch = lambda day, number, count: None,
) -> dict[str, Any]:
    """The days, their sums, and what it all rests on."""
    play = Play(rules=rules, house=house, team=team, now=now, chance=Chance(seed), closed=lambda day: is_closed(rules, house, day))
    async with open_for_reading(db.path.parent) as own:
        await _begin(own, play, now)
        told: list[Day] = []
        for number, day in enumerate(days_of(play.start, days)):
            watch(day, number, days)
            told.append(await _day(own, play, day, now))
        watch(play.start + timedelta(days=days), days, days)
    return document(told, len(team), seed, house.language, house.time_zone)


async def _begin(own: Database, play: Play, now: datetime) -> None:
    """The ledger as it stands, with what was promised and agreed before."""

    def take(seen: Seen) -> None:
        play.add(
            Account(
                debtor=seen.debtor, ladder=seen.ladder, policy=seen.policy, held=seen.holds, history=seen.history,
                items={item.item_no: item for item in seen.items}, task=seen.task,
            )
        )  # fmt: skip

    await scan(own, play.rules, play.house, now, take)
    until = now + timedelta(days=400)
    play.absences = await own.read(lambda conn: callbacks.absences(conn, play.start, now))
    for key, found in (await own.read(lambda conn: promises.open_promises(conn, now))).items():
        if key in play.accounts:
            play.accounts[key].promises = found
    for candidate in await own.read(lambda conn: tasks.open_call_tasks(conn, now, until)):
        account = play.accounts.get(candidate.task.key)
        if account is not None and candidate.task.origin is not Origin.LADDER:
            account.agreed.append(candidate.task)


async def _day(own: Database, play: Play, day: date, now: datetime) -> Day:
    mornings = []
    for number, one in enumerate(play.mornings(day)):
        mornings.append(one)
        if number % BREATH == 0:
            await asyncio.sleep(0)
    if play.works_on(day) and play.team:
        unread = play.unread(day)

        async def read(conn: Connection) -> None:
            for key in unread:
                play.know(key, await _facts(conn, play, key, now))

        await own.read(read)
    return await asyncio.to_thread(play.shift, day, mornings)


async def _facts(conn: Connection, play: Play, key: DebtorKey, now: datetime) -> DebtorFacts | None:
    return await facts.debtor_facts(conn, key, now, play.house, play.rules.frames)
