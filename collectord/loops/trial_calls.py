"""Trial calls: a person has a caller ID tried before debtors see it.

Reads the configuration, rings the agent and then a number of the house's own. Asks no gate, because no debtor is called.
Invariant: a number that stands in the ledger is never test-called; a caller ID counts as tested when the far end answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from collectord.core.contact.dial_numbers import to_dial_number
from collectord.core.telephony import attempt_words
from collectord.core.telephony.call_stages import ending
from collectord.core.telephony.pbx_calls import Accepted, AgentCall
from collectord.core.telephony.pbx_events import EndState
from collectord.core.wording import Texts, phrase
from collectord.edge.ids import new_id
from collectord.edge.store import meta
from collectord.edge.store.connection import Database
from collectord.loops.call_order import trunks_for
from collectord.loops.line_tests import TEST_PREFIX
from collectord.loops.manual import ManualRefused
from collectord.loops.pbx_events import PbxDesk
from collectord.settings import Settings

TEXTS: Texts = {
    "no_agent": ("agent '{agent}' is not in the configuration", "Telefonist '{agent}' steht nicht in der Konfiguration"),
    "no_company": ("company '{company}' is not in the configuration", "Firma '{company}' steht nicht in der Konfiguration"),
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


async def test_call(
    db: Database, settings: Settings, desks: Mapping[str, PbxDesk], agent_id: str, to: str, company: str, now: datetime
) -> str:
    """Rings the agent, then `to`, showing the company's caller ID; returns the sentence of success. Raises ManualRefused."""
    house = settings.house()

    def say(code: str, **values: object) -> str:
        return phrase(TEXTS, code, house.language, house.time_zone, **values)

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
        known = outcome in EndState.__members__
        how = attempt_words.told(ending(EndState(outcome)), house.language) if known else outcome or say("no_result")
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
