"""Inbound: a caller waits on the PBX; the call is written down, and whom to ring is answered.

Reads the last calls to that number, the team and today's tasks, asks core/telephony/inbound, writes attempt and tasks. Rings nobody itself.
Invariant: attempt and what becomes of today's tasks are one transaction, on disk before the PBX has its answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey
from collectord.core.receivables.tasks import Origin, TaskState
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.case import describe
from collectord.core.telephony.inbound import MODE, REMEMBERED, TEXTS, NobodyThere, shows, taken_over, whom
from collectord.core.telephony.pbx_calls import CallerRow, Ring
from collectord.core.telephony.pbx_events import CallerArrived
from collectord.core.wording import phrase
from collectord.edge.crash import crash_point
from collectord.edge.ids import new_id
from collectord.edge.store import calls, facts, families, inbound, ledger, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops import duty
from collectord.settings import Settings

NOT_OURS = "off"
UNKNOWN = "-0"  # nobody is promised to be called back
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


async def arrived(at: Reception, event: CallerArrived, now: datetime) -> Ring | str:
    """Whom to ring for this caller; `none` or `closed`: the caller hears why, and a known one has a callback. `off`: no number of ours."""
    if not (companies := _companies(at.settings, event.called)):
        return NOT_OURS

    async def job(conn: Connection) -> Ring | str:
        team = [agent for agent in await duty.present(conn, at.settings, at.devices, now) if agent.pbx == at.pbx]
        known = await calls.attempt(conn, event.attempt_id)
        caller = None
        if event.caller and known is None:
            caller = await inbound.last_called(conn, event.caller, companies, now - REMEMBERED, now)
        choice = whom(caller.agent if caller else "", team, event.tried, now)
        if known is not None:
            return await _next(conn, at, known, choice, now)
        if caller is None:
            return f"{choice.value}{UNKNOWN}" if isinstance(choice, NobodyThere) else _ring(at, choice, event.caller, now, booked=False)
        if await inbound.is_held(conn, caller.key, event.caller):  # we are calling this debtor, or do not know yet how that went
            choice = NobodyThere.BUSY
        await _write(conn, at, event.attempt_id, event.caller, caller.key, choice, now)
        crash_point("caller-before-commit")
        if isinstance(choice, NobodyThere):
            return choice.value
        return _ring(at, choice, await _name(conn, at, event.attempt_id, caller.key, now), now, booked=True)

    answer = await at.db.write_briefly(job)
    crash_point("caller-committed")
    return answer


async def arrived_meanwhile(at: Reception, rows: Iterable[CallerRow], now: datetime) -> list[str]:
    """Calls that came in while nobody listened: written down as they came, so that what became of them can be taken.

    The ids of callers whom we do not know: of them the PBX need keep nothing.
    """
    endpoints = {agent.endpoint: agent.id for agent in at.settings.agent if agent.pbx == at.pbx}

    async def job(conn: Connection, row: CallerRow) -> bool:
        if await calls.attempt(conn, row.attempt_id) is not None:
            return True
        companies = _companies(at.settings, row.called)
        caller = await inbound.last_called(conn, row.caller, companies, now - REMEMBERED, now)
        if caller is None:
            return False
        agent, endpoint = endpoints.get(row.endpoint, ""), row.endpoint
        if agent and await calls.is_agent_held(conn, agent, row.attempt_id):
            agent = ""
        await _write(conn, at, row.attempt_id, row.caller, caller.key, (agent, endpoint), now)
        return True

    strangers: list[str] = []
    for row in rows:
        if not await at.db.write(lambda conn, r=row: job(conn, r)):  # type: ignore[misc]
            strangers.append(row.attempt_id)
            continue
        crash_point("missed-caller-committed")
    return strangers


def _companies(settings: Settings, called: str) -> list[str]:
    return [company.code for company in settings.company if called in company.called_back_at]


async def _next(conn: Connection, at: Reception, known: Attempt, choice: OnDuty | NobodyThere, now: datetime) -> Ring | str:
    """The phone that was rung did not take it."""
    if isinstance(choice, NobodyThere) or known.state is not AttemptState.RINGING_AGENT:
        return NobodyThere.BUSY.value
    await inbound.hand_to(conn, known.id, choice.id, choice.endpoint)
    return _ring(at, choice, await _name(conn, at, known.id, known.key, now), now, booked=True)


async def _write(
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
    tomorrow = datetime.combine(at.house.today(now) + timedelta(days=1), time(0), ZoneInfo(zone))
    waiting = [
        task
        for task in await inbound.todays_calls(conn, key, now + CALLBACKS_UNTIL)
        if task.not_before < tomorrow or task.origin is Origin.CALLBACK
    ]
    items = await families.open_items(conn, key, at.house.today(now))
    task = taken_over(waiting, key, items, now, language, new_id(now))
    if task not in waiting:
        await tasks.create_task(conn, task, now)
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


async def _name(conn: Connection, at: Reception, attempt_id: str, key: DebtorKey, now: datetime) -> str:
    debtor = await ledger.debtor(conn, key)
    if debtor is None:
        return attempt_id[-6:]
    case = describe(
        debtor,
        tuple(await families.open_items(conn, key, at.house.today(now))),
        case_no=attempt_id[-6:],
        display=at.settings.dialling.display,
        attempt_no=1,
        promised_on=None,
        promise_state="",
        as_of=at.house.today(now),
        language=at.house.language,
    )
    return case.display


def _ring(at: Reception, agent: OnDuty, name: str, now: datetime, *, booked: bool) -> Ring:
    dialling = at.settings.dialling
    return Ring(
        endpoint=agent.endpoint,
        display=shows(name or "?", at.house.language),
        booked=booked,
        today=at.house.today(now),
        ring_s=int(dialling.ring_agent_for.total_seconds()),
        wrap_up_s=max(10, int(dialling.wrap_up_for.total_seconds())),
        language="en" if agent.languages[:1] == ("en",) else "de",
    )
