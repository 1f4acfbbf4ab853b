"""Follow-up: what a call's result or its talk does to the task, the ladder, the debtor's facts, and what accounting is told.

Owns these consequences (rules: `rules/dispositions.toml`). Knows no PBX and no store; the gate still decides every later call.
Invariant: pure; an attempt that never reached the debtor's line costs the debtor nothing and the task no attempt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from collectord.core.contact.calendar import bank_day
from collectord.core.contact.facts import Fact, FactKind
from collectord.core.contact.refusals import ASK_AGAIN
from collectord.core.money import Money
from collectord.core.receivables.promises import Promise
from collectord.core.receivables.rungs import NO_RUNGS
from collectord.core.receivables.steps import carried_out
from collectord.core.receivables.tasks import Origin, Task, TaskState
from collectord.core.receivables.told import Outcome, tell
from collectord.core.telephony import inbound
from collectord.core.telephony.agreed import block_of, how_agreed, promises_of, remark
from collectord.core.telephony.attempts import Disposition, GateSaid, Result, Said
from collectord.core.telephony.call_seen import PutOff
from collectord.core.telephony.disposition_rules import Then, parse_follow_up
from collectord.core.telephony.objected import objected
from collectord.core.telephony.outcome import counts_as_contact
from collectord.core.telephony.redial import SHORTEST_RETRY, Wait, again
from collectord.core.telephony.situation import Situation
from collectord.core.wording import phrase

__all__ = [
    "FollowUp",
    "Situation",
    "TaskBack",
    "TaskChange",
    "TaskOver",
    "after_refusal",
    "after_result",
    "after_talk",
    "bank_day",
    "parse_follow_up",
]

DENIED = "DENIED"  # `tech` of an attempt whose number the dialplan refused


@dataclass(frozen=True, slots=True)
class TaskBack:
    """The task waits and comes back. `counted`: the attempt counts towards the step's max_attempts."""

    not_before: datetime
    counted: bool
    may_end_sooner: bool = False  # by a refusal of the gate: then its own time is kept


@dataclass(frozen=True, slots=True)
class TaskOver:
    state: TaskState = TaskState.DONE


TaskChange: TypeAlias = TaskBack | TaskOver


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    task: TaskChange
    why: str
    levels: Mapping[str, int] = field(default_factory=dict)  # item -> contact_level after this step
    new_tasks: tuple[Task, ...] = ()
    facts: tuple[Fact, ...] = ()
    promises: tuple[Promise, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


def after_result(now: Situation) -> FollowUp:
    """What follows when nobody said anything: from the network's and the agent's result alone. What we stopped while it rang has rung."""
    follow = _after_network(now)
    stopped = now.attempt.gate is GateSaid.STOPPED
    return replace(follow, why=f"{now.attempt.why} {follow.why}") if stopped else follow


def _after_network(now: Situation) -> FollowUp:
    attempt = now.attempt
    result = attempt.result or Result.UNKNOWN
    if result is Result.NOT_DIALLED and attempt.mode == inbound.MODE:
        return _missed(now)
    if result is Result.NOT_DIALLED:
        if attempt.tech == DENIED:
            return _number_failed(now, now.rules.results[Result.UNALLOCATED].block_for)
        rest = now.rules.agent.get(attempt.agent_result, now.rules.agent[None])
        how = now.word(f"agent-{attempt.agent_result.value}") if attempt.agent_result else attempt.why
        back = TaskOver(TaskState.CANCELLED) if _asked_by_hand(now) else TaskBack(now.now + rest, False)
        return FollowUp(task=back, why=now.say("agent", how=how, at=now.now + rest))
    rule = now.rules.results[result]
    match rule.then:
        case Then.NUMBER_FAILED:
            return _number_failed(now, rule.block_for)
        case Then.RETRY:
            return _again(now, rule.wait, counted=counts_as_contact(result), how=result.value, rule=f"result.{result.value}")
        case _:
            code = {Result.ANSWERED: "no-outcome", Result.UNKNOWN: "unknown"}.get(result, "result")
            return FollowUp(task=TaskOver(), levels=_levels(now), why=now.say(code, how=now.word(result.value)))


def after_refusal(now: Situation, refused: PutOff) -> FollowUp:
    """What follows when the gate refuses a call that the agent has accepted: uncounted, and the reason stands with the task."""
    change: TaskChange = TaskBack(refused.not_before or now.now + ASK_AGAIN, counted=False, may_end_sooner=True)
    if refused.never:
        change = TaskOver(TaskState.SUPPRESSED)
    elif _asked_by_hand(now):
        change = TaskOver(TaskState.CANCELLED)
    return FollowUp(task=change, why=now.say("refused", why=refused.why))


def after_talk(now: Situation, said: Said) -> FollowUp:
    """What follows from the disposition."""
    rule = now.rules.dispositions[said.disposition]
    card = objected(now, said)
    said = card.said
    block = bank_day(now.days, now.today, rule.block_banking_days) if rule.block_banking_days else None
    promises: tuple[Promise, ...] = ()
    change: FollowUp
    match rule.then:
        case Then.RETRY:
            counted = said.disposition is not Disposition.WRONG_NUMBER
            how = said.disposition.value
            change = _again(now, rule.wait, counted=counted, how=how, rule=f"disposition.{how}")
        case Then.HOLD:
            until = bank_day(now.days, now.today, rule.hold_banking_days)
            begins = _day_begins(until + timedelta(days=1), now.zone)
            change = FollowUp(task=TaskBack(begins, True), why=now.say("hold", what=now.word(said.disposition.value), at=begins))
        case Then.CALLBACK:
            task = _callback(now, said)
            change = FollowUp(task=TaskOver(), new_tasks=(task,), why=now.say("callback", at=task.not_before))
        case Then.STOP:
            change = FollowUp(task=TaskOver(), why=now.say("said", what=now.word(said.disposition.value)))
        case _:
            change = FollowUp(task=TaskOver(), levels=_levels(now), why=now.say("said", what=now.word(said.disposition.value)))
    if said.disposition is Disposition.PROMISE:
        promises = promises_of(now, said)
        block = block_of(promises, block)
        change = FollowUp(task=TaskOver(), levels=_levels(now), why=how_agreed(now, promises))
    block = max(filter(None, (block, card.until)), default=None)
    outcomes = tell(now.attempt, said, now.items, promises, block, now.now, now.new_id) if rule.tell_accounting else ()
    asked = "; ".join(filter(None, (card.asked, remark(now, promises))))
    if said.disposition is Disposition.PAID_ALREADY:
        outcomes = tuple(_asking_to_search(now, outcome) for outcome in outcomes)
    return FollowUp(
        task=change.task,
        why=card.why or change.why,
        levels={item: level for item, level in change.levels.items() if item not in card.held},
        new_tasks=change.new_tasks,
        facts=(*_facts(now, said), *card.facts(now)),
        promises=promises,
        outcomes=tuple(_with_note(outcome, asked) for outcome in outcomes),
    )


# ---------------------------------------------------------------- parts


def _again(now: Situation, wait: Wait, *, counted: bool, how: str, rule: str) -> FollowUp:
    """`how`: the result or disposition; `rule`: its table in dispositions.toml, by which people find it."""
    made = now.task.attempts_made if now.task else 0
    if counted and made >= _most(now):
        return FollowUp(task=TaskOver(), levels=_levels(now), why=now.say("exhausted", count=made))
    if _asked_by_hand(now):
        return FollowUp(task=TaskOver(), why=now.say("by-hand", how=now.word(how)))
    parts, zone = now.rules.parts_of_day, now.zone
    back = again(wait, now.earlier, how, now.now, parts=parts, zone=zone, other=bool(now.other_number))
    if back is None:
        return FollowUp(task=TaskOver(), levels=_levels(now), why=now.say("too-often", how=now.word(how), count=wait.in_all, rule=rule))
    why = now.say(back.reason.value, how=now.word(how), at=back.at, count=back.count, other=now.other_number, rule=rule)
    return FollowUp(task=TaskBack(back.at, counted), why=why)


def _asked_by_hand(now: Situation) -> bool:
    """A person wanted this one call; only a person repeats it."""
    return now.task is not None and now.task.origin is Origin.MANUAL


def _most(now: Situation) -> int:
    level = now.ladder.level(now.step) if now.ladder and now.task and now.task.origin is Origin.LADDER else None
    return level.max_attempts if level else now.rules.max_attempts


def _number_failed(now: Situation, block_for: int) -> FollowUp:
    """The number rests; the task comes back at once, and the gate picks another number or says that there is none."""
    attempt = now.attempt
    until = now.today + timedelta(days=block_for)
    how = attempt.tech or (f"Q.850 {attempt.hangup_cause}" if attempt.hangup_cause else now.word("unallocated"))
    why = now.say("number-failed", number=attempt.number, how=how, day=until)
    fact = _fact(now, FactKind.NUMBER_BLOCKED, attempt.number, why, actor="network", until_on=until)
    return FollowUp(task=TaskBack(now.now + SHORTEST_RETRY, False), facts=(fact,), why=why)


def _asking_to_search(now: Situation, outcome: Outcome) -> Outcome:
    """Accounting looks for the payment: for how much, and for what."""
    item = next((item for item in now.items if item.item_no == outcome.item_no), None)
    if item is None:
        return outcome
    return _with_note(outcome, now.say("search", amount=Money(item.open_amount, item.currency), item=item.item_no))


def _with_note(outcome: Outcome, more: str) -> Outcome:
    if not more:
        return outcome
    return replace(outcome, note=f"{outcome.note} ({more})" if outcome.note else more)


def _levels(now: Situation) -> dict[str, int]:
    if now.ladder is None or now.task is None:
        return {}
    about = set(now.attempt.items)
    return carried_out(now.ladder, now.step, [item for item in now.items if item.item_no in about], now.today, now.items)


def _callback(now: Situation, said: Said) -> Task:
    at = said.callback_at
    if at is None:
        at = datetime.combine(said.on or now.today, time(said.hour or 0), ZoneInfo(now.zone)).astimezone(UTC)
    at = max(at, now.now + SHORTEST_RETRY)
    task, attempt = now.task, now.attempt
    return Task(
        id=now.new_id(),
        company=attempt.company,
        debtor_no=attempt.debtor_no,
        medium="call",
        ladder=task.ladder if task else "",
        level=task.level if task else 0,
        rungs=task.rungs if task else NO_RUNGS,
        items=attempt.items,
        open_amount=task.open_amount if task else {},
        not_before=at,
        expires_at=None,
        state=TaskState.PLANNED,
        why=now.say("callback-task", agent=attempt.agent, on=attempt.placed_at),
        agent=attempt.agent,
        priority=task.priority if task else 0,
        origin=Origin.CALLBACK,
        oldest_due_on=task.oldest_due_on if task else None,
        created_at=now.now,
    )


def _missed(now: Situation) -> FollowUp:
    """A caller who reached nobody is called back, unless the keys said what was wanted; today's task has been taken over by the call."""
    if now.served:
        return FollowUp(task=TaskOver(), why=now.served)

    def said(code: str, **values: object) -> str:
        return phrase(inbound.TEXTS, code, now.language, now.zone, **values)

    attempt = now.attempt
    theirs = now.last_agent or attempt.agent
    task = inbound.to_call_back(now.task, attempt.key, attempt.items, theirs, now.now, said, now.new_id())
    return FollowUp(task=TaskOver(), new_tasks=(task,), why=task.why)


def _facts(now: Situation, said: Said) -> tuple[Fact, ...]:
    match said.disposition:
        case Disposition.DISPUTE:
            reason = said.note or now.say("dispute-reason")
            terms = now.rules.dispositions[said.disposition].dispute_terms(now.days, now.today, now.language)
            card = now.cards.get(said.objection)
            owner = card.owner[now.language] if card and card.owner else terms.owner
            return tuple(
                replace(_fact(now, FactKind.DISPUTE, item, reason), owner=owner, answer_by=terms.answer_by)
                for item in said.items or now.attempt.items
            )
        case Disposition.WRONG_NUMBER:
            return (_fact(now, FactKind.NUMBER_WRONG, now.attempt.number, said.note or now.say("wrong-reason")),)
        case Disposition.DO_NOT_CALL:
            return (_fact(now, FactKind.DO_NOT_CALL, "", said.note or now.say("stop-reason")),)
        case _:
            return ()


def _fact(now: Situation, kind: str, value: str, reason: str, *, actor: str = "", until_on: date | None = None) -> Fact:
    attempt = now.attempt
    return Fact(
        id=now.new_id(), at=now.now, company=attempt.company, debtor_no=attempt.debtor_no, kind=kind, value=value, reason=reason,
        actor=actor or attempt.agent, attempt_id=attempt.id, until_on=until_on,
    )  # fmt: skip


def _day_begins(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)
