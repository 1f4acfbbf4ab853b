"""Manual calls and test calls: a person asks for one call now.

Reads the debtor's facts, asks the gate like every other call, places through loops/placing. A test call goes to no debtor at all.
Invariant: a manual call passes the same gate; a number that stands in the ledger is never test-called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.contact.facts import Doubt
from collectord.core.contact.verdict import shown_instant
from collectord.core.house import House
from collectord.core.receivables.ledger import DebtorKey, open_total
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.telephony.agents import AgentState, judge, why
from collectord.core.telephony.call_stages import ending
from collectord.core.telephony.pbx_calls import Accepted, AgentCall
from collectord.core.telephony.pbx_events import EndState
from collectord.core.wording import Texts, Told, phrase
from collectord.edge.ids import new_id
from collectord.edge.store import families, meta
from collectord.edge.store.connection import Connection, Database
from collectord.loops import duty
from collectord.loops.call_order import trunks_for
from collectord.loops.dialling import Dialler
from collectord.loops.line_tests import TEST_PREFIX
from collectord.loops.pbx_events import PbxDesk
from collectord.loops.placed import GateRefused, PlacedCall, why_not
from collectord.settings import Settings

TEXTS: Texts = {
    "no_agent": ("agent '{agent}' is not in the configuration", "Telefonist '{agent}' steht nicht in der Konfiguration"),
    "no_company": ("company '{company}' is not in the configuration", "Firma '{company}' steht nicht in der Konfiguration"),
    "no_pbx": ("PBX {pbx} cannot be reached; see `collectord status`", "Die Anlage {pbx} ist nicht erreichbar; siehe `collectord status`"),
    "not_free": ("{name} {why}", "{name} {why}"),
    "asked": ("manual call asked for by {actor}", "Anruf von Hand, verlangt von {actor}"),
    "rings": ("the desk phone rings", "das Tischtelefon klingelt"),
    "to": ("--to '{to}': {why}", "--to '{to}': {why}"),
    "debtors": (
        "that number belongs to a debtor; a test call goes to a number of your own",
        "Diese Nummer gehört einem Schuldner; ein Probeanruf geht an eine eigene Nummer",
    ),
    "no_trunk": (
        "PBX {pbx} cannot be reached or has no trunk; see `collectord status`",
        "Die Anlage {pbx} ist nicht erreichbar oder hat keine Leitung; siehe `collectord status`",
    ),
    "refused": ("the PBX did not take the call: {why}", "Die Anlage nahm den Anruf nicht an: {why}"),
    "unanswered": (
        "the test call through trunk {trunk} was not answered ({why}); answer both phones, talk a moment, and hang up at the far end",
        "Der Probeanruf über die Leitung {trunk} wurde nicht angenommen ({why}); heben Sie an beiden Telefonen ab, sprechen Sie einen"
        " Augenblick, und legen Sie am fernen auf",
    ),
    "no_result": ("no result in time", "kein Ergebnis in der Zeit"),
    "answered": (
        "{number} was sent through trunk {trunk} and the call was answered; look whether the phone showed that number",
        "{number} wurde über die Leitung {trunk} gesendet und der Anruf angenommen; sehen Sie nach, ob das Telefon diese Nummer zeigte",
    ),
}  # fmt: skip
TEST_CALL_WITHIN = 180.0  # s: two people pick up, look at the display, hang up


class ManualRefused(Exception):
    """The call cannot be made; one sentence."""


async def call_now(
    dialler: Dialler, key: DebtorKey, agent_id: str, actor: str, devices: Mapping[str, str], doubts: tuple[Doubt, ...], now: datetime
) -> dict[str, Any]:
    """A manual task for this debtor, placed at once by this agent, or why not: `{"attempt", "task", "why", "refusals"}`."""
    say = _sayer(dialler.house)
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


async def test_call(
    db: Database, settings: Settings, desks: Mapping[str, PbxDesk], agent_id: str, to: str, company: str, now: datetime
) -> str:
    """Rings the agent, then `to`, showing the company's caller ID; returns the sentence of success. Raises ManualRefused."""
    house = settings.house()
    say = _sayer(house)
    agent = next((a for a in settings.agent if a.id == agent_id), None)
    if agent is None:
        raise ManualRefused(say("no_agent", agent=agent_id))
    caller = next((c for c in settings.company if c.code == company), None)
    if caller is None:
        raise ManualRefused(say("no_company", company=company))
    number = to_dial_number(to, 1, settings.country, house.language)
    if number.e164 is None:
        raise ManualRefused(say("to", to=to, why=number.problem))
    if await db.read(lambda conn: meta.is_a_debtors_number(conn, number.e164 or "")):
        raise ManualRefused(say("debtors"))
    shown = f"{number.e164[:4]}…{number.e164[-2:]}"
    desk, trunk = desks.get(agent.pbx), next(iter(trunks_for(settings, company, agent.pbx)), None)
    if desk is None or not desk.started or trunk is None:
        raise ManualRefused(say("no_trunk", pbx=agent.pbx))
    test_id = TEST_PREFIX + new_id(now)
    order = AgentCall(
        attempt_id=test_id,
        endpoint=agent.endpoint,
        number=number.e164,
        display="Test",
        caller_id=caller.caller_id,
        trunk=trunk.name,
        number_format=trunk.number_format,
        mode="auto",
        language="en" if agent.languages[:1] == ["en"] else "de",
    )
    desk.tests[test_id] = ""
    try:
        answer = await desk.pbx.originate(order)
        if not isinstance(answer, Accepted):
            raise ManualRefused(say("refused", why=answer.reason))
        outcome = await _outcome(desk, test_id, TEST_CALL_WITHIN)
    finally:
        del desk.tests[test_id]
    if outcome != "ANSWER":
        how = ending(EndState(outcome)) if outcome in EndState.__members__ else outcome or say("no_result")
        raise ManualRefused(say("unanswered", trunk=trunk.name, why=how))
    await db.write(lambda conn: meta.note_caller_id_test(conn, caller.caller_id, now, f"{agent_id} -> {shown}"))
    return say("answered", number=caller.caller_id, trunk=trunk.name)


async def _outcome(desk: PbxDesk, test_id: str, seconds: float) -> str:
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        if result := desk.tests[test_id]:
            return result
        await asyncio.sleep(0.1)
    return ""


def _sayer(house: House) -> Callable[..., str]:
    def say(code: str, **values: object) -> str:
        return phrase(TEXTS, code, house.language, house.time_zone, **values)

    return say
