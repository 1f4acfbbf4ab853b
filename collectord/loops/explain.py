"""Explain: why this debtor is or is not called at this instant.

Reads one consistent picture, asks gate and ladder, returns the document of CONTRACT 6. Writes nothing.
Invariant: the gate is asked exactly as for a call; a debtor or item that is not known is a refusal in one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from collectord.core.contact.ahead import call_ahead
from collectord.core.contact.contact_rules import may_contact
from collectord.core.contact.facts import DebtorFacts, Doubt
from collectord.core.contact.verdict import explained
from collectord.core.house import House
from collectord.core.receivables.families import as_one_account
from collectord.core.receivables.history import History, joined
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ledger import DebtorKey, OpenItem
from collectord.core.receivables.outlook import Case, call_due, outlook, with_callback
from collectord.core.receivables.script_set import PLAIN, script_of
from collectord.core.receivables.strategies import Frames
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.rules import Rules
from collectord.core.telephony.modes import Mode, mode_of
from collectord.core.telephony.predictive import PredictiveRules, why_not_ahead
from collectord.core.telephony.recording import document
from collectord.edge.store import corrections, facts, histories, holds, recordings, tasks
from collectord.edge.store.connection import Connection, Database
from collectord.loops import asked_blocks, best_hours
from collectord.loops.claim_told import for_a_call
from collectord.loops.policies import policy_of

NAMELESS: Mapping[str, str] = {}  # agents are told by id


class NotKnown(Exception):
    """A debtor or an item that the ledger does not have; one sentence."""


async def explain(
    db: Database,
    rules: Rules,
    house: House,
    key: DebtorKey,
    now: datetime,
    item: str | None = None,
    doubts: tuple[Doubt, ...] = (),
    agents: Mapping[str, str] = NAMELESS,
) -> dict[str, Any]:
    """CONTRACT 6. `agents`: their names. Raises NotKnown."""

    async def look(conn: Connection) -> dict[str, Any]:
        known = await facts.debtor_facts(conn, key, now, house, rules.frames, doubts)
        if known is None:
            raise NotKnown(f"there is no debtor {key}")
        if item is not None and item not in {one.item_no for one in known.items}:
            raise NotKnown(f"debtor {key} has no open item {item}")
        today = house.today(now)
        policy = await policy_of(conn, rules, house, now)
        ladder = policy.ladder_for(known.debtor, rules.ladders)
        items, held = await _as_planned(conn, known, now, today, policy.frames)
        done = await _history(conn, known, now, today, house.time_zone)
        case = Case(debtor=known.debtor, items=items, ladder=ladder, today=today, holds=held, history=done, policy=policy)
        live = await tasks.live_tasks_of(conn, key, now)
        asked = with_callback(case.asked_on(today), live, agents)
        if ladder is not None:
            live = tuple(_in_today_words(task.counted_in(ladder.rungs), asked, house) for task in live)
        answer = may_contact(known, rules.packs, house, now, item=item)
        notices = await asked_blocks.warnings(conn, house, now, key)
        look_ahead = outlook(case, asked, house.language, house.time_zone)
        due = call_due(live, look_ahead, house.time_zone)
        ahead = call_ahead(known, rules.packs, house, now, due, look_ahead.says, item)
        shown = explained(known, answer, asked, live, ladder.name if ladder else None, house, now, notices, ahead)
        state = rules.legal_states.document(held.stops_all(known.debtor), house.language)
        shown["briefing"] += for_a_call(rules, house, known, today)
        task = next((one for one in live if one.medium == "call"), None)
        kept = task if shown["outdated"] != "cancelled" else None
        shown["choice"] = kept and await best_hours.choice(
            conn, kept, known.debtor, len(done.broken_on), rules, house, now, callable_now=shown["may_call"]
        )
        mode = _mode(rules, kept, asked, house) if shown["medium"] == "call" else None
        ahead_rules = PredictiveRules(private_persons=house.private_ahead)
        return {
            **shown,
            "waits": None if kept is None else await tasks.waits_of(conn, kept.id),
            "mode": mode,
            "agent_first": why_not_ahead(known.debtor.person_type, ahead_rules, house.language) if mode is Mode.PREDICTIVE else "",
            **_script(rules, live, asked, shown["medium"], house),
            "legal_state": state,
            "recordings": [document(one, house.language, house.time_zone) for one in await recordings.of_debtor(conn, key)],
            "corrections": [one async for _, one in corrections.known_between(conn, key, key, now)],
        }

    return await db.read(look)


def _in_today_words(task: Task, asked: Wanted | NotWanted, house: House) -> Task:
    """A task of the step that is wanted says so in the reader's language, whatever it was planned in."""
    if not isinstance(asked, Wanted) or task.origin is not Origin.LADDER:
        return task
    stored = (task.ladder, task.level, task.medium, task.items, task.open_amount, task.prompted_by)
    now_said = (asked.ladder, asked.level.number, asked.medium, asked.items, asked.open_amount, asked.prompted_by)
    return replace(task, why=asked.why(house.language, house.time_zone)) if stored == now_said else task


def _mode(rules: Rules, task: Task | None, asked: Wanted | NotWanted, house: House) -> Mode:
    """How the next call begins."""
    if task is not None:
        return mode_of(task, rules.ladders, Mode(house.mode))
    return Mode((isinstance(asked, Wanted) and asked.level.mode) or house.mode)


def _script(rules: Rules, live: Sequence[Task], asked: Wanted | NotWanted, medium: str | None, house: House) -> dict[str, Any]:
    """The text that the next contact uses, and its version."""
    task = min(live, key=lambda one: (one.not_before, -one.priority, one.id), default=None)
    name = script_of(task) if task else (asked.script or PLAIN) if isinstance(asked, Wanted) else None
    version = rules.scripts.version(name, medium, house.language) if name and medium else None
    return {"script": name if version is not None else None, "script_version": version}


async def _history(conn: Connection, known: DebtorFacts, now: datetime, today: date, zone: str) -> History:
    keys = [known.key, *(branch.debtor.key for branch in known.branches)]
    return joined([await histories.history_of(conn, key, now, today, zone) for key in keys])


async def _as_planned(
    conn: Connection, known: DebtorFacts, now: datetime, today: date, frames: Frames
) -> tuple[tuple[OpenItem, ...], Holds]:
    """The debtor as planning sees it: a head office with its branches, a branch as covered by it."""
    held = await holds.holds_of(conn, known.key, now, today)
    if known.covered_by is not None:
        return known.items, replace(held, covered_by=known.covered_by.debtor_no)
    if not known.branches:
        return known.items, held
    own = tuple(item for item in known.items if item.debtor_no == known.key.debtor_no)
    branches = [(one.debtor, one.items, await holds.holds_of(conn, one.debtor.key, now, today)) for one in known.branches]
    return as_one_account((known.debtor, own, held), branches, today, frames.of)
