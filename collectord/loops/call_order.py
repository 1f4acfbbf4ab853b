"""Call order: what a placed call is, before it is on disk: the attempt's row, the case for the agent, the order for the PBX.

Reads settings and the house. Writes nothing, rings nobody.
Invariant: an attempt and its order name the same debtor, number, agent and trunk.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from collectord.core.contact.contact_rules import Allowed
from collectord.core.contact.facts import DebtorFacts
from collectord.core.house import House
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.tasks import Task
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.attempts import PREDICTIVE, Attempt, AttemptState
from collectord.core.telephony.case import Case, describe, spoken
from collectord.core.telephony.modes import Mode
from collectord.core.telephony.pacing import Trunk
from collectord.core.telephony.pbx_calls import ON_LINE, AgentCall
from collectord.core.wording import Language
from collectord.edge.ids import new_id
from collectord.edge.store import calls
from collectord.settings import DiallingSection, Settings, TrunkSection

_WORDS: Mapping[str, Literal["auto", "ahead"]] = {Mode.PROGRESSIVE: "auto", Mode.PREDICTIVE: "ahead"}


def trunks_for(settings: Settings, company: str, pbx: str) -> tuple[Trunk, ...]:
    """The company's trunks on this PBX, the one to take in front."""
    section = next((c for c in settings.company if c.code == company), None)
    there = {t.name: as_trunk(t) for t in settings.trunk if t.pbx == pbx}
    own = section.trunk if section and section.trunk else next(iter(there), "")
    names = dict.fromkeys((own, *(section.other_trunks if section else ())))
    return tuple(there[name] for name in names if name in there)


def as_trunk(section: TrunkSection) -> Trunk:
    return Trunk(
        name=section.name,
        pbx=section.pbx,
        channels=section.channels,
        reserve=section.reserve,
        calls_per_second=section.calls_per_second,
        number_format=section.number_format,
        rest_after=section.rest_after,
        rest_for=section.rest_for,
    )


def new_attempt(
    task: Task,
    agent: OnDuty,
    trunk: Trunk,
    mode: Mode,
    verdict: Allowed,
    items: tuple[str, ...],
    script: str,
    caller_id: str,
    house: House,
    pbx_started: str,
    now: datetime,
) -> Attempt:
    return Attempt(
        id=new_id(now),
        task_id=task.id,
        company=task.company,
        debtor_no=task.debtor_no,
        number=verdict.number,
        agent=agent.id,
        endpoint=agent.endpoint,
        pbx=agent.pbx,
        trunk=trunk.name,
        mode=mode.value,
        items=items,
        caller_id=caller_id,
        about=calls.about(verdict.asks_for, script),
        state=AttemptState.PLACED,
        placed_at=now,
        deadline_at=now + house.times.ring_agent_for + house.times.margin,
        pbx_started=pbx_started,
        answers_itself=bool(agent.auto_answer) and not agent.line,
    )


def case_of(
    attempt: Attempt,
    found: DebtorFacts,
    attempt_no: int,
    promise: Promise | None,
    ask_for: str,
    dialling: DiallingSection,
    house: House,
    now: datetime,
) -> Case:
    return describe(
        found.debtor,
        tuple(item for item in found.items if item.item_no in attempt.items or item.open_amount < 0),
        case_no=attempt.id[-6:],
        display=dialling.display,
        attempt_no=attempt_no,
        promised_on=promise.promised_on if promise else None,
        promise_state=spoken(promise.state) if promise else "",
        as_of=house.today(now),
        language=house.language,
        ask_for=ask_for,
    )


def order_of(
    attempt: Attempt, case: Case, agent: OnDuty, trunk: Trunk, caller_id: str, language: Language, settings: Settings, house: House
) -> AgentCall:
    """`language`: the debtor's, in which whoever is dialled first and finds nobody is told who called."""
    dialling = settings.dialling
    company_name = next((one.recorded_name for one in settings.company if one.code == attempt.company), "")
    return AgentCall(
        attempt_id=attempt.id,
        endpoint=ON_LINE if agent.line else agent.endpoint,
        line=agent.line,
        company_name=company_name,
        auto_answer=agent.auto_answer if attempt.answers_itself else "",
        number=attempt.number,
        display=case.display,
        caller_id=caller_id,
        trunk=trunk.name,
        number_format=trunk.number_format,
        mode=_WORDS.get(attempt.mode, "preview"),
        language=language if attempt.mode == PREDICTIVE else "en" if agent.languages[:1] == ("en",) else "de",
        ring_agent_ms=int(dialling.ring_agent_for.total_seconds() * 1000),
        ring_debtor_s=int(dialling.ring_debtor_for.total_seconds()),
        decide_s=int(dialling.decide_within.total_seconds()),
        major=case.major,
        minor=case.minor,
        currency=case.currency,
        days_past_due=case.days_past_due,
        attempt_no=case.attempt_no,
        promised_on=case.promised_on,
        promise_state=case.promise_state,
        today=house.today(attempt.placed_at),
        wrap_up_s=max(10, int(dialling.wrap_up_for.total_seconds())),
    )
