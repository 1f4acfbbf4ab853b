"""Manual calls: a person asks for one call now.

Reads the debtor's facts, asks the gate like every other call, places through loops/placing.
Invariant: a manual call passes the same gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from collectord.core.contact.facts import Doubt
from collectord.core.contact.verdict import shown_instant
from collectord.core.receivables.ledger import DebtorKey, open_total
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.agents import AgentState, judge, why
from collectord.core.wording import Texts, Told, phrase
from collectord.edge.ids import new_id
from collectord.edge.store import families
from collectord.edge.store.connection import Connection
from collectord.loops import duty
from collectord.loops.dialling import Dialler
from collectord.loops.placed import GateRefused, PlacedCall, why_not

TEXTS: Texts = {
    "no_agent": ("agent '{agent}' is not in the configuration", "Telefonist '{agent}' steht nicht in der Konfiguration"),
    "no_pbx": ("PBX {pbx} cannot be reached; see `collectord status`", "Die Anlage {pbx} ist nicht erreichbar; siehe `collectord status`"),
    "not_free": ("{name} {why}", "{name} {why}"),
    "asked": ("manual call asked for by {actor}", "Anruf von Hand, verlangt von {actor}"),
    "rings": ("the desk phone rings", "das Tischtelefon klingelt"),
}  # fmt: skip


class ManualRefused(Exception):
    """The call cannot be made; one sentence."""


async def call_now(
    dialler: Dialler, key: DebtorKey, agent_id: str, actor: str, devices: Mapping[str, str], doubts: tuple[Doubt, ...], now: datetime
) -> dict[str, Any]:
    """A manual task for this debtor, placed at once by this agent, or why not: `{"attempt", "task", "why", "refusals"}`."""

    def say(code: str, **values: object) -> str:
        return phrase(TEXTS, code, dialler.house.language, dialler.house.time_zone, **values)

    agent = next((a for a in await duty.on_duty(dialler.db, dialler.settings, devices, now) if a.id == agent_id), None)
    if agent is None:
        raise ManualRefused(say("no_agent", agent=agent_id))
    if agent.pbx not in dialler.started:
        raise ManualRefused(say("no_pbx", pbx=agent.pbx))
    state = judge(replace(agent, off_hours=""), pull=False, now=now)  # whoever asks for a call is there
    if state is not AgentState.FREE:
        reason = Told(why(agent, state, dialler.house.language, dialler.house.time_zone))
        raise ManualRefused(say("not_free", name=agent.name, why=reason))
    today = dialler.house.today(now)

    async def asked(conn: Connection) -> Task:
        items = [item for item in await families.open_items(conn, key, today) if item.open_amount > 0]
        return Task(
            id=new_id(now),
            company=key.company,
            debtor_no=key.debtor_no,
            medium="call",
            ladder="",
            level=0,
            items=tuple(item.item_no for item in items),
            open_amount=open_total(items),
            not_before=now,
            expires_at=now + timedelta(minutes=5),
            state=TaskState.READY,
            why=say("asked", actor=actor),
            agent=agent_id,
            priority=100,
            origin=Origin.MANUAL,
            created_at=now,
        )

    task = await dialler.db.read(asked)
    placed = await dialler.place(task, agent, doubts, now, unsaved=True)
    if isinstance(placed, PlacedCall):
        return {"attempt": placed.attempt.id, "task": task.id, "why": say("rings"), "refusals": []}
    refusals = [
        {"rule": r.rule, "reason": r.reason, "not_before": shown_instant(r.not_before, dialler.house.time_zone)}
        for r in (placed.verdict.refusals if isinstance(placed, GateRefused) else ())
    ]
    return {"attempt": None, "task": task.id, "why": why_not(placed), "refusals": refusals}
