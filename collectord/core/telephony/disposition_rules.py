"""Disposition rules: what a team lead wrote about what follows from results and dispositions.

Owns the shape and the reading of `rules/dispositions.toml`. Knows no attempt.
Invariant: every result and every disposition has exactly one rule; what is wrong with the file is a Problem that names its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum

from collectord.core.contact.calendar import WorkingDays, bank_day
from collectord.core.contact.record_words import DisputeTerms
from collectord.core.receivables.promise_limits import LimitRules, parse_limits
from collectord.core.rule_text import Table
from collectord.core.telephony.attempts import AgentResult, Disposition, Result
from collectord.core.telephony.redial import SHORTEST_RETRY, Wait, parse_wait
from collectord.core.wording import Language

_RULED = tuple(result for result in Result if result is not Result.NOT_DIALLED)


class Then(StrEnum):
    RETRY = "retry"
    DONE = "done"
    HOLD = "hold"
    CALLBACK = "callback"
    STOP = "stop"
    NUMBER_FAILED = "number_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRule:
    then: Then
    wait: Wait = field(default_factory=Wait)
    block_for: int = 30  # calendar days a failed number rests


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionRule:
    then: Then
    wait: Wait = field(default_factory=Wait)
    hold_banking_days: int = 5
    grace_banking_days: int = 2
    block_banking_days: int = 0
    tell_accounting: bool = True
    owner: Mapping[Language, str] | None = None  # of a dispute: who answers it …
    answer_banking_days: int = 0  # … within so many banking days; 0: no deadline

    def dispute_terms(self, days: WorkingDays, today: date, language: Language) -> DisputeTerms:
        """Of a dispute of today, in the house's words."""
        return DisputeTerms(
            owner=self.owner[language] if self.owner else "",
            answer_by=bank_day(days, today, self.answer_banking_days) if self.answer_banking_days else None,
            block_until=bank_day(days, today, self.block_banking_days) if self.block_banking_days else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRules:
    results: Mapping[Result, ResultRule]
    dispositions: Mapping[Disposition, DispositionRule]
    agent: Mapping[AgentResult | None, timedelta]  # None: the agent had nothing to decide
    parts_of_day: tuple[time, ...] = (time(8), time(12), time(16))
    max_attempts: int = 5
    escalate_from: int = 2
    broken_priority: int = 80
    plan_broken_after: int = 1  # so many instalments not kept end an instalment plan
    limits: LimitRules = field(default_factory=LimitRules)

    @property
    def grace_banking_days(self) -> int:
        return self.dispositions[Disposition.PROMISE].grace_banking_days


_DROPPED = ResultRule(then=Then.RETRY, wait=Wait(after=timedelta(hours=72)))  # for files older than the word
_OBJECTION = DispositionRule(then=Then.DONE)  # its card in rules/objections.toml says the rest


def parse_follow_up(table: Table) -> FollowUpRules:
    """The whole of `dispositions.toml`. Problems are collected in the table; what is returned is fit for use only without any."""
    results = table.table("result")
    agent = table.table("agent")
    dispositions = table.table("disposition")
    broken = table.table("broken_promise")
    plan = table.table("instalments")
    rules = FollowUpRules(
        results={result: _result(result, results) for result in _RULED},
        dispositions={
            disposition: _OBJECTION if disposition is Disposition.OBJECTION else _disposition(disposition, dispositions)
            for disposition in Disposition
        },
        agent={how: _rest(how, agent) for how in (None, *(a for a in AgentResult if a is not AgentResult.ACCEPTED))},
        parts_of_day=_parts(table),
        max_attempts=table.whole("max_attempts", 5, at_least=1, at_most=30),
        escalate_from=broken.whole("escalate_from", 2, at_least=1, at_most=10),
        broken_priority=broken.whole("priority", 80, at_least=0, at_most=100),
        plan_broken_after=plan.whole("broken_after", 1, at_least=1, at_most=12),
        limits=parse_limits(table.table("promise_limits")),
    )
    for inner in (results, agent, dispositions, broken, plan, table):
        inner.done()
    return rules


def _known(name: str, table: Table) -> Table:
    if name not in table.data:
        table.complain(name, f"there is no [{table.path}.{name}]; every word needs its rule")
    return table.table(name)


def _result(result: Result, table: Table) -> ResultRule:
    if result is Result.DROPPED and result.value not in table.data:
        return _DROPPED
    inner = _known(result.value, table)
    allowed = {
        Result.UNALLOCATED: (Then.NUMBER_FAILED, Then.RETRY, Then.DONE),
        Result.UNKNOWN: (Then.DONE,),  # DESIGN 4.3: never dialled again by itself
    }.get(result, (Then.RETRY, Then.DONE))
    then = _then(inner, allowed)
    rule = ResultRule(then=then, wait=parse_wait(inner), block_for=inner.days("block_for", timedelta(days=30)))
    if rule.block_for < 1:
        inner.complain("block_for", "block_for must be at least 1d")
    inner.done()
    return rule


def _disposition(disposition: Disposition, table: Table) -> DispositionRule:
    inner = _known(disposition.value, table)
    allowed: tuple[Then, ...] = (Then.DONE, Then.HOLD, Then.RETRY, Then.STOP)
    match disposition:
        case Disposition.CALLBACK:
            allowed = (Then.CALLBACK,)
        case Disposition.DO_NOT_CALL:
            allowed = (Then.STOP,)
        case Disposition.PROMISE:
            allowed = (Then.DONE,)
        case _:
            pass
    rule = DispositionRule(
        then=_then(inner, allowed),
        wait=parse_wait(inner),
        hold_banking_days=inner.whole("hold_banking_days", 5, at_least=1, at_most=60),
        grace_banking_days=inner.whole("grace_banking_days", 2, at_least=0, at_most=20),
        block_banking_days=inner.whole("block_banking_days", 0, at_least=0, at_most=250),
        tell_accounting=inner.flag("tell_accounting", True),
        owner=_owner(inner) if disposition is Disposition.DISPUTE else None,
        answer_banking_days=inner.whole("answer_banking_days", 0, at_least=0, at_most=250) if disposition is Disposition.DISPUTE else 0,
    )
    inner.done()
    return rule


def _owner(table: Table) -> Mapping[Language, str]:
    """English, and German where it says something else."""
    english = table.text("owner", "")
    return {"en": english, "de": table.text("owner_de", english)}


def _then(table: Table, allowed: tuple[Then, ...]) -> Then:
    words = tuple(word.value for word in allowed)
    word = table.text("then", words[0], one_of=words)
    return Then(word) if word in words else allowed[0]


def _rest(how: AgentResult | None, table: Table) -> timedelta:
    name = how.value if how else "none"
    rest = table.duration(name, SHORTEST_RETRY)
    if rest < SHORTEST_RETRY:
        table.complain(name, f"{name} is below 5m; a new attempt comes five minutes later at the earliest")
    return rest


def _parts(table: Table) -> tuple[time, ...]:
    parts = []
    for position, text in enumerate(table.texts("parts_of_day", ["08:00", "12:00", "16:00"])):
        try:
            parts.append(time.fromisoformat(text))
        except ValueError:
            table.complain(f"parts_of_day.{position}", f'{text!r} is no time of day; write "08:00"')
    if not parts or parts != sorted(set(parts)):
        table.complain("parts_of_day", "parts_of_day must name at least one time of day, each later than the one before")
        return (time(8),)
    return tuple(parts)
