"""The call list: who would be called when, by whom and why, for the coming days. Nothing is dialled.

Reads what planning wants and asks the gate for the first allowed instant of each call. Writes nothing.
Invariant: every row has its reason; a call without a possible instant is listed with the sentence that refuses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.contact.roles import numbers_told
from collectord.core.house import House
from collectord.core.money import plain, plain_map
from collectord.core.receivables.briefing import briefing
from collectord.core.receivables.dunning import day_begins
from collectord.core.receivables.foresight import FORESEEN, foresee_task
from collectord.core.receivables.ladders import ladder_of
from collectord.core.receivables.ledger import oldest_days_past_due, overdue_total
from collectord.core.receivables.script_set import script_of
from collectord.core.receivables.tasks import Origin
from collectord.core.rules import Rules
from collectord.core.telephony.agents import OnDuty
from collectord.core.telephony.allocation import Candidate, FreeAgent
from collectord.edge.store import facts, tasks
from collectord.edge.store.connection import Database, open_for_reading
from collectord.loops.claim_told import for_a_call
from collectord.loops.debtor_scan import Seen, scan
from collectord.loops.listed_calls import ListedCall, MinutesLeft, first_instant, short_of, when_somebody_works, who_calls
from collectord.loops.workload import Capacity

DAY = timedelta(days=1)
CENT = Decimal("0.01")
COLUMNS = (
    "when", "company", "debtor_no", "debtor_name", "number", "agent", "agent_name", "ladder", "level", "step",
    "prompted_by", "tone", "script", "script_version", "items", "open_amount", "overdue", "days_past_due",
    "task", "why", "not_called_because", "briefing", "value", "number_why",
)  # fmt: skip


async def call_list(
    db: Database, rules: Rules, house: House, now: datetime, *, days: int, agents: Sequence[OnDuty], capacity: Capacity | None = None
) -> list[dict[str, Any]]:
    """One row a call, by time: what the rules want within `days` days (1: today), and what they want in vain.

    With a `capacity`, calls wait for a day on which anybody works, and those for which nobody has minutes left are given to nobody.
    """
    until = day_begins(house.today(now) + days * DAY, house.time_zone)
    calls: list[ListedCall] = []
    left = MinutesLeft(capacity, rules, house, now) if capacity else None
    async with open_for_reading(db.path.parent) as own:
        for candidate in await _candidates(own, rules, house, now, until):
            task = candidate.task
            found = await own.read(lambda conn, key=task.key: facts.debtor_facts(conn, key, now, house, rules.frames))  # type: ignore[misc]
            if found is None:
                continue
            call = first_instant(candidate, found, rules, house, now, max(now, task.not_before))
            if left:
                call = when_somebody_works(call, rules, house, now, until, left)
            if call.at is None or call.at < until:
                calls.append(call)
    calls.sort(
        key=lambda call: (
            call.at is None,
            call.at or now,
            -call.candidate.task.value,
            -call.candidate.task.priority,
            call.candidate.task.key,
        )
    )
    short = short_of(calls, rules, house, left) if left else {}
    calls = [replace(call, short=short.get(call.candidate.task.id, "")) for call in calls]
    who = who_calls(calls, agents, rules, house, left)
    names = {agent.id: agent.name for agent in agents}
    return [_row(call, who.get(call.candidate.task.id), names, rules, house, now) for call in calls]


async def _candidates(own: Database, rules: Rules, house: House, now: datetime, until: datetime) -> list[Candidate]:
    """Tasks there are, tasks that planning would make now, and those it would make on a later day if nothing happened."""
    found: list[Candidate] = []
    today, last = house.today(now), house.today(until - timedelta(microseconds=1))

    def take(seen: Seen) -> None:
        task = foresee_task(
            seen.debtor,
            seen.items,
            seen.task,
            seen.ladder,
            seen.holds,
            history=seen.history,
            policy=seen.policy,
            today=today,
            last=last,
            now=now,
            language=house.language,
            zone=house.time_zone,
        )
        if task is not None and task.medium == "call" and task.not_before < until:
            found.append(
                Candidate(task=task, language=seen.debtor.language, owner=seen.debtor.agent, potential_class=seen.debtor.potential_class)
            )

    await scan(own, rules, house, now, take)
    others = await own.read(lambda conn: tasks.open_call_tasks(conn, now, until))
    return found + [candidate for candidate in others if candidate.task.origin is not Origin.LADDER]


def _row(call: ListedCall, agent: FreeAgent | None, names: dict[str, str], rules: Rules, house: House, now: datetime) -> dict[str, Any]:
    task, found, today = call.candidate.task, call.found, house.today(now)
    ladder = ladder_of(rules.ladders, task.ladder, task.rungs)
    number = task.counted_in(ladder.rungs).level if ladder else task.level
    level = ladder.level(number) if ladder else None
    numbers = numbers_told(found, today, house.language, house.tries_each_number) if call.number else []
    return {
        "when": call.at.astimezone(ZoneInfo(house.time_zone)).isoformat(timespec="minutes") if call.at else None,
        "company": task.company,
        "debtor_no": task.debtor_no,
        "debtor_name": found.debtor.debtor_name,
        "number": call.number,
        "number_why": next((one["why"] for one in numbers if one["number"] == call.number), ""),
        "agent": agent.id if agent else "",
        "agent_name": names[agent.id] if agent else "",
        "ladder": task.ladder,
        "level": number,
        "step": level.title(house.language) if level else "",
        "prompted_by": task.prompted_by,
        "tone": task.tone,
        "script": script_of(task),
        "script_version": rules.scripts.version(script_of(task), task.medium, house.language),
        "items": list(task.items),
        "open_amount": plain_map(task.open_amount),
        "overdue": plain_map(overdue_total(found.items, today)),
        "days_past_due": oldest_days_past_due(found.items, today),
        "task": None if task.id.startswith(FORESEEN) else task.id,
        "why": task.why,
        "not_called_because": " ".join(filter(None, (call.refusal, call.short))),
        "briefing": [*briefing(found.items, today, house.language, house.time_zone), *for_a_call(rules, house, found, today)],
        "value": plain(task.value.quantize(CENT)) if task.value else None,
    }
