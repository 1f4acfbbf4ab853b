"""Outgoing: an agent has dialled a number by hand; when it is a debtor's, the call is written down and becomes one of ours.

Reads who has the number, asks core/telephony/by_hand, writes the attempt. Asks no gate: the dialplan does, when it has its answer.
Invariant: the row is on disk before the PBX has its answer; what is no debtor's is neither held up nor written down.
"""

from __future__ import annotations

from datetime import datetime

from collectord.core.receivables.ledger import DebtorKey
from collectord.core.telephony.agents import who_is_at
from collectord.core.telephony.attempts import Attempt, AttemptState
from collectord.core.telephony.by_hand import BY_HAND, Unasked, whose
from collectord.core.telephony.inbound import REMEMBERED
from collectord.core.telephony.pacing import Trunk, Wait
from collectord.core.telephony.pbx_calls import HandCall
from collectord.core.telephony.pbx_events import NumberDialled
from collectord.edge.store import calls, inbound
from collectord.edge.store.connection import Connection
from collectord.loops import on_desk
from collectord.loops.call_order import trunks_for
from collectord.loops.callers import Reception, todays_task
from collectord.loops.clearance import switched_off
from collectord.loops.trunk_choice import open_trunk


async def dialled(at: Reception, event: NumberDialled, now: datetime) -> HandCall | str:
    """How the PBX makes this call; `go`: it is none of ours; `0`: not now."""
    mode = at.settings.outgoing.mode
    if mode == "off" or not any(event.endpoint in (agent.devices[0], agent.endpoint) for agent in at.settings.agent):
        return Unasked.THROUGH.value
    gated = mode == "gate"
    cannot = Unasked.REFUSED if gated else Unasked.THROUGH

    async def job(conn: Connection) -> HandCall | Unasked:
        if await switched_off(conn, at.settings.live) == "shadow":
            return Unasked.THROUGH
        team = [agent for agent in await on_desk.present(conn, at.settings, at.devices, now) if agent.pbx == at.pbx]
        if (agent := who_is_at(event.endpoint, team)) is None:
            return Unasked.THROUGH
        companies = list(at.house.companies)
        last = await inbound.last_called(conn, event.number, companies, now - REMEMBERED, now)
        key = whose(await inbound.owing_at(conn, event.number, companies), last, gated=gated)
        if isinstance(key, Unasked):
            return key
        trunks = trunks_for(at.settings, key.company, at.pbx)
        if not trunks or await inbound.is_held(conn, key, event.number):
            return cannot
        chosen = await open_trunk(conn, trunks, at.house, now)
        trunk = trunks[0] if isinstance(chosen, Wait) else chosen
        held = await calls.is_agent_held(conn, agent.id, event.attempt_id)
        attempt = await _write(conn, at, event, key, trunk, "" if held else agent.id, now)
        dialling = at.settings.dialling
        return HandCall(
            trunk=attempt.trunk,
            caller_id=attempt.caller_id,
            number_format=trunk.number_format,
            ring_s=int(dialling.ring_debtor_for.total_seconds()),
            language="en" if agent.languages[:1] == ("en",) else "de",
            today=at.house.today(now),
            wrap_up_s=max(10, int(dialling.wrap_up_for.total_seconds())),
        )

    answer = await at.db.write_briefly(job)
    return answer.value if isinstance(answer, Unasked) else answer


async def _write(conn: Connection, at: Reception, event: NumberDialled, key: DebtorKey, trunk: Trunk, agent: str, now: datetime) -> Attempt:
    """The attempt, on the task of today that it makes unnecessary, else on one of its own."""
    task, _, items = await todays_task(conn, at.house, key, now, "by-hand")
    open_now = {item.item_no for item in items}
    attempt = Attempt(
        id=event.attempt_id,
        task_id=task.id,
        company=key.company,
        debtor_no=key.debtor_no,
        number=event.number,
        agent=agent,
        endpoint=event.endpoint,
        pbx=at.pbx,
        trunk=trunk.name,
        mode=BY_HAND,
        items=tuple(item for item in task.items if item in open_now),
        caller_id=at.house.companies[key.company].caller_id,
        about=calls.about("", ""),
        state=AttemptState.RINGING_AGENT,
        placed_at=now,
        deadline_at=now + at.house.times.margin,
        pbx_started=at.started,
    )
    await calls.commit_attempt(conn, attempt, now)
    return attempt
