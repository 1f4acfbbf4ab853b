"""Inbound: a caller waits on the PBX; the call is written down, and whom to ring is answered.

Reads the last calls to that number and the team, asks core/telephony/inbound, has the call written by loops/callers. Rings nobody itself.
Invariant: attempt and what becomes of today's tasks are one transaction, on disk before the PBX has its answer.
"""

from __future__ import annotations

from datetime import datetime

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.case import describe
from collectord.core.telephony.inbound import REMEMBERED, NobodyThere, shows, whom
from collectord.core.telephony.pbx_calls import Ring
from collectord.core.telephony.pbx_events import CallerArrived
from collectord.edge.crash import crash_point
from collectord.edge.store import calls, families, inbound, ledger, meta
from collectord.edge.store.connection import Connection
from collectord.loops import on_desk, self_service
from collectord.loops.callers import Reception, write_down

NOT_OURS = "off"
UNKNOWN = "-0"  # nobody is promised to be called back
REACHED_AT = "called_in:"  # meta, and the number: when a call to it reached us last
KEYS = "-k"  # after the announcement numbers may be keyed


async def arrived(at: Reception, event: CallerArrived, now: datetime) -> Ring | str:
    """Whom to ring for this caller; `none` or `closed`: the caller hears why, and a known one has a callback. `off`: no number of ours."""
    if not (companies := at.companies(event.called)):
        return NOT_OURS

    async def job(conn: Connection) -> Ring | str:
        await meta.put(conn, REACHED_AT + event.called, now.isoformat())
        team = [agent for agent in await on_desk.present(conn, at.settings, at.devices, now) if agent.pbx == at.pbx]
        known = await calls.attempt(conn, event.attempt_id)
        caller = None
        if event.caller and known is None:
            caller = await inbound.caller(conn, event.caller, companies, now - REMEMBERED, now)
        choice = whom(caller.agent if caller else "", team, event.tried, now) if at.is_open(now) else NobodyThere.CLOSED
        if known is not None:
            return await _next(conn, at, known, choice, now)
        if caller is None:
            return f"{choice.value}{UNKNOWN}" if isinstance(choice, NobodyThere) else _ring(at, choice, event.caller, now, booked=False)
        if await inbound.is_held(conn, caller.key, event.caller):  # we are calling this debtor, or do not know yet how that went
            choice = NobodyThere.BUSY
        await write_down(conn, at, event.attempt_id, event.caller, caller.key, choice, now)
        crash_point("caller-before-commit")
        if isinstance(choice, NobodyThere):
            return choice.value
        return _ring(at, choice, await name_of(conn, at, event.attempt_id, caller.key, now), now, booked=True)

    async def with_offer(conn: Connection) -> Ring | str:
        answer = await job(conn)
        return f"{answer}{KEYS}" if isinstance(answer, str) and await self_service.is_offered(conn, at, event, now) else answer

    answer = await at.db.write_briefly(with_offer)
    crash_point("caller-committed")
    return answer


async def _next(conn: Connection, at: Reception, known: Attempt, choice: OnDuty | NobodyThere, now: datetime) -> Ring | str:
    """The phone that was rung did not take it."""
    if isinstance(choice, NobodyThere) or known.state is not AttemptState.RINGING_AGENT:
        return NobodyThere.BUSY.value
    await inbound.hand_to(conn, known.id, choice.id, choice.endpoint)
    return _ring(at, choice, await name_of(conn, at, known.id, known.key, now), now, booked=True)


async def name_of(conn: Connection, at: Reception, attempt_id: str, key: DebtorKey, now: datetime) -> str:
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
