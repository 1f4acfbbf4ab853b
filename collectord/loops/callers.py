"""Callers: calls of debtors that came in are written down.

Reads today's tasks and the PBX's rows of callers, asks core/telephony/inbound, writes attempts and tasks. Answers no PBX.
Invariant: however often a call is told, it is one attempt; a debtor is never guessed from a number that several have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from collectord.core.contact.week import parse_week
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey, OpenItem
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.inbound import MODE, REMEMBERED, TEXTS, NobodyThere, is_open, taken_over
from collectord.core.telephony.pbx_calls import CallerRow
from collectord.core.wording import phrase
from collectord.edge.crash import crash_point
from collectord.edge.ids import new_id
from collectord.edge.store import calls, facts, families, inbound, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.settings import Settings

WAITS = timedelta(minutes=5)  # so long the PBX tries phones, at the longest
CALLBACKS_UNTIL = timedelta(days=4)  # a callback that waits for a day within these is the one that is kept now


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What is known of one PBX at this moment."""

    db: Database
    settings: Settings
    house: House
    pbx: str
    started: str
    devices: Mapping[str, str]

    def is_open(self, now: datetime) -> bool:
        hours = self.settings.inbound.hours
        return is_open(parse_week(hours) if hours else None, now, self.house.time_zone)

    def companies(self, called: str) -> list[str]:
        """Whose number this is."""
        return [company.code for company in self.settings.company if called in company.called_back_at]


async def write_down(
    conn: Connection,
    at: Reception,
    attempt_id: str,
    number: str,
    key: DebtorKey,
    rung: OnDuty | NobodyThere | tuple[str, str],
    now: datetime,
) -> None:
    """The attempt on today's task, and what else was to be called today is over.

    Beside another call that holds debtor or number it holds nobody: it waits for its end alone, however that comes to be known.
    """
    zone, language = at.house.time_zone, at.house.language
    agent, endpoint = rung if isinstance(rung, tuple) else (rung.id, rung.endpoint) if isinstance(rung, OnDuty) else ("", "")
    task, waiting, items = await todays_task(conn, at.house, key, now, "task")
    open_now = {item.item_no for item in items}
    beside = await inbound.is_held(conn, key, number)
    attempt = Attempt(
        id=attempt_id,
        task_id=task.id,
        company=key.company,
        debtor_no=key.debtor_no,
        number=number,
        agent="" if beside else agent,
        endpoint=endpoint,
        pbx=at.pbx,
        trunk="",
        mode=MODE,
        items=tuple(item for item in task.items if item in open_now),
        about=calls.about("", ""),
        state=AttemptState.WRAP_UP if beside else AttemptState.RINGING_AGENT,
        placed_at=now,
        deadline_at=now + (at.house.times.evidence_for if beside else WAITS),
        pbx_started=at.started,
    )
    await calls.commit_attempt(conn, attempt, now)
    instead = phrase(TEXTS, "instead", language, zone, at=now)
    for other in waiting:
        if other.id != task.id:
            await tasks.close_task(conn, other.id, TaskState.CANCELLED, instead, now)
    await facts.add_happening(conn, new_id(now), now, "caller_arrived", key, "collectord", instead)


async def todays_task(
    conn: Connection, house: House, key: DebtorKey, now: datetime, why: str
) -> tuple[Task, list[Task], tuple[OpenItem, ...]]:
    """The task that a talk at this moment is about, all that were to be called today, and what is open. `why`: of a task made now."""
    waiting = await waiting_calls(conn, house, key, now)
    items = await families.open_items(conn, key, house.today(now))
    task = taken_over(waiting, key, items, now, house.language, new_id(now), why)
    if task not in waiting:
        await tasks.create_task(conn, task, now)
    return task, waiting, items


async def waiting_calls(conn: Connection, house: House, key: DebtorKey, now: datetime) -> list[Task]:
    """What a talk at this moment makes unnecessary: today's calls, and an agreed callback."""
    tomorrow = datetime.combine(house.today(now) + timedelta(days=1), time(0), ZoneInfo(house.time_zone))
    waiting = await inbound.todays_calls(conn, key, now + CALLBACKS_UNTIL)
    return [task for task in waiting if task.not_before < tomorrow or task.origin is Origin.CALLBACK]


async def arrived_meanwhile(at: Reception, rows: Iterable[CallerRow], now: datetime) -> list[CallerRow]:
    """Calls that came in while nobody listened: written down as they came, so that what became of them can be taken.

    Those whom we do not know.
    """
    endpoints = {agent.endpoint: agent.id for agent in at.settings.agent if agent.pbx == at.pbx}

    async def job(conn: Connection, row: CallerRow) -> bool:
        if await calls.attempt(conn, row.attempt_id) is not None:
            return True
        companies = at.companies(row.called)
        caller = await inbound.caller(conn, row.caller, companies, now - REMEMBERED, now)
        if caller is None:
            return False
        agent, endpoint = endpoints.get(row.endpoint, ""), row.endpoint
        if agent and await calls.is_agent_held(conn, agent, row.attempt_id):
            agent = ""
        await write_down(conn, at, row.attempt_id, row.caller, caller.key, (agent, endpoint), now)
        return True

    strangers: list[CallerRow] = []
    for row in rows:
        if not await at.db.write(lambda conn, r=row: job(conn, r)):  # type: ignore[misc]
            strangers.append(row)
            continue
        crash_point("missed-caller-committed")
    return strangers
