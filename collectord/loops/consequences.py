"""Consequences: an attempt's new state and what follows from it, written in the transaction that found it out.

Reads task, items and ladder, asks core/telephony/follow_up, writes attempt, task, promise, facts, outcomes. Rings nobody.
Invariant: attempt and consequences are on disk together or not at all; the effects returned are for after the commit.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from collectord.core.contact.calendar import WorkingDays
from collectord.core.contact.roles import other_number
from collectord.core.house import House
from collectord.core.receivables.ladders import ladder_of
from collectord.core.receivables.tasks import TaskState
from collectord.core.rules import Rules
from collectord.core.telephony.attempts import Attempt, Said
from collectord.core.telephony.call_seen import AgentMissedRing, Effect, Moved, PutOff, SaySaved, Settle, TakeDown
from collectord.core.telephony.follow_up import FollowUp, Situation, TaskBack, TaskOver, after_refusal, after_result, after_talk
from collectord.core.telephony.inbound import MODE, REMEMBERED
from collectord.core.telephony.self_service import TEXTS as SELF_TEXTS
from collectord.core.wording import phrase
from collectord.edge.ids import new_id
from collectord.edge.store import agents, calls, facts, families, inbound, ledger, promises, self_service, tasks
from collectord.edge.store.connection import Connection


async def carry(
    conn: Connection, before: Attempt, moved: Moved, rules: Rules, house: House, now: datetime, actor: str = ""
) -> tuple[Effect, ...]:
    """Saves the attempt and does what its effects ask of the store; what they ask of PBX and desk is returned."""
    attempt = moved.attempt
    await calls.save_attempt(conn, attempt, before)
    outward: list[Effect] = []
    for effect in moved.effects:
        match effect:
            case TakeDown(said, reply_to):
                await take_down(conn, before, attempt, said, rules, house, now, actor)
                if reply_to:
                    outward.append(SaySaved(attempt.pbx, reply_to, ok=True))
            case PutOff():
                situation = await _situation(conn, attempt, rules, house, now)
                await _write(conn, situation, after_refusal(situation, effect), actor, "call_refused")
            case Settle():
                situation = await _situation(conn, attempt, rules, house, now)
                await _write(conn, situation, after_result(situation), actor, "attempt_settled")
            case AgentMissedRing(agent):
                await agents.rest_until(conn, agent, now + house.times.margin)  # until it is known why the phone did not take the ring
                outward.append(effect)
            case _:
                outward.append(effect)
    return tuple(outward)


async def take_down(
    conn: Connection, before: Attempt, attempt: Attempt, said: Said, rules: Rules, house: House, now: datetime, actor: str
) -> None:
    """The disposition's consequences; a correction takes back those of the disposition before it."""
    kind = "outcome_recorded"
    if before.disposition is not None:
        kind = "outcome_corrected"
        waiting, told = await promises.take_back(conn, attempt.id, now)
        for task_id in waiting:
            await tasks.close_task(conn, task_id, TaskState.CANCELLED, f"corrected: {said.disposition.value}", now)
        if told:
            said = replace(said, note=f"{said.note} (corrects {', '.join(told)})".strip())
    situation = await _situation(conn, attempt, rules, house, now)
    await _write(conn, situation, after_talk(situation, said), actor, kind)


async def follow_talk(
    conn: Connection,
    talk: Attempt,
    said: Said,
    rules: Rules,
    house: House,
    now: datetime,
    actor: str,
    *,
    measured_on: tuple[str, ...] = (),
    task_why: str = "",
    came_by: str = "",
) -> FollowUp:
    """What follows from a talk that was no call of ours: whoever is free goes on with it, not the person who wrote it down.

    `measured_on`: as in Situation; `task_why`: in place of what a new task says of the agent who spoke; `came_by`: noted with a promise.
    """
    situation = replace(await _situation(conn, talk, rules, house, now), measured_on=measured_on)
    follow = after_talk(situation, said)
    follow = replace(
        follow,
        new_tasks=tuple(replace(task, agent="", why=task_why or task.why) for task in follow.new_tasks),
        promises=tuple(
            replace(promise, agent="", approval_note="; ".join(filter(None, (promise.approval_note, came_by))))
            for promise in follow.promises
        ),
    )
    await _write(conn, situation, follow, actor, "talk_recorded")
    return follow


async def _situation(conn: Connection, attempt: Attempt, rules: Rules, house: House, now: datetime) -> Situation:
    task = await tasks.task(conn, attempt.task_id)
    company = house.companies.get(attempt.company)
    return Situation(
        attempt=attempt,
        task=task,
        items=tuple(await families.open_items(conn, attempt.key, house.today(now))),
        ladder=ladder_of(rules.ladders, task.ladder, task.rungs) if task else None,
        rules=rules.dispositions,
        days=WorkingDays(house.country, company.region if company else ""),
        language=house.language,
        zone=house.time_zone,
        now=now,
        new_id=lambda: new_id(now),
        broken_before=await promises.broken_in_a_row(conn, attempt.key, now),
        skills=house.skills.get(attempt.agent, frozenset()),
        cards=rules.objections,
        earlier=await calls.calls_before(conn, attempt),
        last_agent=await _last_agent(conn, attempt, now),
        served=await _served(conn, attempt, house),
        other_number=await _other_number(conn, attempt, rules, house, now),
    )


async def _last_agent(conn: Connection, attempt: Attempt, now: datetime) -> str:
    if attempt.mode != MODE:
        return ""
    caller = await inbound.caller(conn, attempt.number, [attempt.company], now - REMEMBERED, now)
    return caller.agent if caller is not None and caller.key == attempt.key else ""


async def _served(conn: Connection, attempt: Attempt, house: House) -> str:
    if attempt.mode != MODE or not await self_service.is_served(conn, attempt.id, attempt.key):
        return ""
    return phrase(SELF_TEXTS, "served", house.language)


async def _other_number(conn: Connection, attempt: Attempt, rules: Rules, house: House, now: datetime) -> str:
    """Most debtors have one number: of them nothing more is read."""
    debtor = await ledger.debtor(conn, attempt.key)
    if debtor is None or len({number.e164 for number in debtor.numbers if number.e164}) < 2:
        return ""
    known = await facts.debtor_facts(conn, attempt.key, now, house, rules.frames)
    return other_number(known, attempt.number, house.today(now), house.tries_each_number) if known else ""


async def _write(conn: Connection, situation: Situation, follow: FollowUp, actor: str, kind: str) -> None:
    attempt, now, task = situation.attempt, situation.now, situation.task
    match follow.task:
        case TaskBack(not_before, counted, may_end_sooner) if task is not None:
            if task.state is TaskState.IN_CALL and not counted:
                await calls.give_attempt_back(conn, task.id)
            await (tasks.put_off if may_end_sooner else tasks.postpone)(conn, task.id, not_before, follow.why, now)
        case TaskOver(state) if task is not None:
            await tasks.close_task(conn, task.id, state, follow.why, now)
        case _:
            pass
    await tasks.mark_carried_out(conn, attempt.key, follow.levels, situation.rungs, situation.today)
    for made in follow.new_tasks:
        await tasks.create_task(conn, made, now)
        await promises.mark_made_by(conn, made.id, attempt.id)
    for fact in follow.facts:
        await facts.add_fact(conn, replace(fact, actor=actor or fact.actor))
    for promise in follow.promises:
        await promises.add_promise(conn, promise)
    for outcome in follow.outcomes:
        await promises.add_outcome(conn, outcome)
    who = actor or (f"agent {attempt.agent}" if attempt.agent else "collectord")
    await facts.add_happening(conn, new_id(now), now, kind, attempt.key, who, follow.why)
