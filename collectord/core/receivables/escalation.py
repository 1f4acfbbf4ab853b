"""Escalation: which step of its ladder a debtor's open items ask for on a given day.

Owns the reading of items, credits, blocks, triggers and the debtor's frame against a ladder. Makes no task and knows no hours: those are
dunning's and the gate's.
Invariant: the same debtor, items and day give the same answer in whatever order the items come; before a refusal's `until` the answer stays
a refusal as long as nothing happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from collectord.core.money import Money
from collectord.core.receivables.claims import DAY, Claim, net
from collectord.core.receivables.frame import with_letters
from collectord.core.receivables.handover import Handover, Unfit, choose
from collectord.core.receivables.history import NO_HISTORY, History
from collectord.core.receivables.holds import NO_HOLD, Holds
from collectord.core.receivables.ladders import Ladder, Level, SeveralItems
from collectord.core.receivables.ledger import OLDEST_FIRST, Debtor, OpenItem
from collectord.core.receivables.policy import PLAIN, Policy
from collectord.core.receivables.standstill import obstacle, standstill
from collectord.core.receivables.steps import Step, View, next_step, position, risk_changes_on
from collectord.core.receivables.triggers import Fired, Waits, fired, last_contact
from collectord.core.receivables.wanted import NotWanted, Wanted, moneys


def wanted(
    debtor: Debtor,
    items: Iterable[OpenItem],
    ladder: Ladder | None,
    today: date,
    *,
    holds: Holds = NO_HOLD,
    history: History = NO_HISTORY,
    policy: Policy = PLAIN,
) -> Wanted | NotWanted:
    """What the rules want of this debtor of one company today.

    The oldest item that may be spoken about drives, unless the ladder says otherwise: its next step, once its day has come and the gap
    since the last contact is kept, is for all items of the debtor that are due. Before anything is overdue, the same holds for items about
    to fall due and courtesy steps. Where the ladder wants nothing yet, a trigger may bring its next step forward. What the debtor's frame
    leaves no room for is not wanted.
    """
    everything = sorted(items, key=OLDEST_FIRST)
    if ladder is None:
        return NotWanted(rule="no-ladder", until=None, values={})
    frame = policy.frames.of(debtor)
    held = standstill(debtor, holds, frame, policy, today)
    if held is not None:
        return held
    debits = [item for item in everything if item.open_amount > 0]
    if not debits:
        return NotWanted(rule="nothing-open", until=None, values={})
    obstacles = [obstacle(item, ladder, holds, debtor.person_type, today) for item in debits]
    releases = [found.until for found in obstacles if found is not None and found.until is not None]
    free = [item for item, found in zip(debits, obstacles, strict=True) if found is None]
    if not free:
        first = next(found for found in obstacles if found is not None)
        return NotWanted(rule=first.rule, until=min(releases, default=None), values=first.values)
    claims = net(free, everything)
    if not claims:
        return NotWanted(rule="credits-cover", until=min(releases, default=None), values={})
    last = last_contact(everything, history.touches, today)
    view = View(debtor, ladder, holds, today, last, frame, everything, history, policy.risks)
    overdue: list[Claim] = []
    upcoming: list[Claim] = []
    for claim in claims:
        (overdue if claim.item.is_overdue(today) else upcoming).append(claim)
    case = _Case(view, overdue, upcoming, releases, policy)
    answer = _by_ladder(case)
    if isinstance(answer, Wanted) or not overdue or not policy.triggers:
        return answer  # of items not due yet the answer knows the day
    return _brought_forward(case, answer)


@dataclass(frozen=True, slots=True)
class _Case:
    """One decision's debtor."""

    view: View
    overdue: Sequence[Claim]
    upcoming: Sequence[Claim]
    releases: Sequence[date]  # when items that may not be spoken about today may be
    policy: Policy

    def after_today(self, days: Iterable[date | None]) -> date | None:
        return min((day for day in days if day is not None and day > self.view.today), default=None)


_Pair = tuple[Claim, Step]


def _by_ladder(case: _Case) -> Wanted | NotWanted:
    steps = _steps(case.view, case.overdue)
    if case.view.ladder.options.several_items is SeveralItems.OLDEST_DRIVES:
        for claim, step in steps:  # what is finished does not drive: the next oldest does
            if step.starts > case.view.today:
                return _wait(claim.item, step, case.releases)
            return _ask(case, claim.item, step, case.overdue, _growth(case, step.level))
    elif pairs := list(steps):
        return _highest(case, pairs)
    return _before_due(case)


def _steps(view: View, claims: Iterable[Claim]) -> Iterator[_Pair]:
    return ((claim, step) for claim in claims if (step := next_step(view, claim.item)) is not None)


def _highest(case: _Case, pairs: Sequence[_Pair]) -> Wanted | NotWanted:
    """Of the steps that have come the highest; with each its own, it is about the items that stand there, and others follow."""
    today = case.view.today
    come = [pair for pair in pairs if pair[1].starts <= today]
    changes = [day for _, step in pairs for day in (step.starts, step.expires)]
    if not come:
        claim, step = min(pairs, key=lambda pair: pair[1].starts)
        return _wait(claim.item, step, case.releases)
    if case.view.ladder.options.several_items is SeveralItems.HIGHEST:
        claim, step = max(come, key=lambda pair: pair[1].level.number)
        return _ask(case, claim.item, step, case.overdue, [*_growth(case, step.level), *changes])
    answers: list[NotWanted] = []
    for number in sorted({step.level.number for _, step in come}, reverse=True):
        group = [pair for pair in come if pair[1].level.number == number]
        answer = _ask(case, group[0][0].item, group[0][1], [claim for claim, _ in group], [*_growth(case, group[0][1].level), *changes])
        if isinstance(answer, Wanted):
            return answer
        answers.append(answer)
    return replace(answers[0], until=case.after_today(answer.until for answer in answers))


def _before_due(case: _Case) -> Wanted | NotWanted:
    view, dues = case.view, [claim.item.day_of(1) for claim in case.upcoming]
    steps = list(_steps(view, case.upcoming))
    changes = risk_changes_on(view, [claim.item for claim in case.upcoming])
    if changes is not None:
        dues.append(changes)
    come = next(((claim, step) for claim, step in steps if step.starts <= view.today), None)
    if come is not None:
        claim, step = come
        early = [other for other in case.upcoming if other.item.day_of(step.level.after_due) <= view.today]
        return _ask(case, claim.item, step, early, _growth(case, step.level))
    if steps:
        claim, step = min(steps, key=lambda pair: pair[1].starts)  # the first of equals is the oldest
        return _wait(claim.item, step, [*case.releases, *dues])
    return NotWanted(rule="finished", until=min([*case.releases, *dues], default=None), values={})


def _brought_forward(case: _Case, answer: NotWanted) -> Wanted | NotWanted:
    """What a trigger makes of the ladder's refusal: the next step of the oldest item whose medium it names comes today. It skips none."""
    view = case.view
    steps = list(_steps(replace(view, last_contact=None), case.overdue))
    media = {step.medium for _, step in steps}
    triggers = [trigger for trigger in case.policy.triggers if trigger.medium in media]
    allowed = case.policy.risks.private_allowed
    found = fired(view.debtor, case.overdue, view.everything, view.history, view.today, triggers, private_allowed=allowed)
    if isinstance(found, Waits):
        dues = [claim.item.day_of(1) for claim in case.upcoming]  # one more medium, and one more occasion
        return replace(answer, until=case.after_today((answer.until, found.until, *dues)))
    free = found.since if view.last_contact is None else max(found.since, view.last_contact + view.frame.gap * DAY)
    if free > view.today:
        return replace(answer, until=case.after_today((answer.until, free)))
    claim, step = next((claim, step) for claim, step in steps if step.medium == found.trigger.medium)
    early = replace(step, starts=max(free, claim.item.day_of(1)), last=None)
    return _ask(case, claim.item, early, case.overdue, [answer.until, *_growth(case, step.level)], found)


def _ask(
    case: _Case, driver: OpenItem, step: Step, covered: Sequence[Claim], changes: Iterable[date | None], brought: Fired | None = None
) -> Wanted | NotWanted:
    """The contact itself, unless it is about too little, or too much for the debtor. `changes`: when sum or step may be another."""
    view, level = case.view, step.level
    if level.medium == "handover":  # younger items are not given away with an old one before their own time
        own = [(claim, found) for claim in covered if (found := next_step(view, claim.item)) is not None]
        covered = [claim for claim, found in own if found.level is level and found.starts <= view.today]
        changes = [*changes, *(day for _, found in own for day in (found.starts, found.expires))]  # when they join, or leave
    amounts: dict[str, Decimal] = {}
    for claim in covered:
        amounts[claim.item.currency] = amounts.get(claim.item.currency, Decimal(0)) + claim.amount
    amounts = dict(sorted(amounts.items()))
    refused = _too_little(view, step, amounts)
    if refused is not None:
        return replace(refused, until=case.after_today([*case.releases, *changes, step.expires]))
    refused = _too_much(case, step)
    if refused is not None:
        return replace(refused, until=case.after_today([refused.until, *case.releases, *changes, step.expires]))
    return _wanted(case, driver, step, covered, amounts, brought)


def _too_little(view: View, step: Step, amounts: dict[str, Decimal]) -> NotWanted | None:
    level, most = step.level, max(amounts, key=lambda currency: amounts[currency])
    if amounts[most] < level.min_open:
        values: dict[str, object] = {"amounts": moneys(amounts), "minimum": Money(level.min_open, most)}
        return NotWanted(rule="below-minimum", until=None, values=values, level=level)
    loss = view.frame.worth(step.medium, amounts)
    if loss is None:
        return None
    values = {"cost": Money(loss.cost, loss.currency), "brings": Money(loss.brings, loss.currency), "margin": loss.margin}
    return NotWanted(rule="not-worth", until=None, values={**values, "amounts": moneys(amounts)}, level=level)


def _too_much(case: _Case, step: Step) -> NotWanted | None:
    view = case.view
    full = view.frame.room(step.medium, with_letters(view.history.touches, view.everything, view.today), view.today)
    if full is None:
        return None
    values = {"own": full.own, "strength": full.strength, "saturation": full.saturation, "days": view.frame.per}
    return NotWanted(rule="saturated" if full.until else "too-heavy", until=full.until, values=values, level=step.level)


def _wanted(
    case: _Case, driver: OpenItem, step: Step, covered: Sequence[Claim], amounts: dict[str, Decimal], brought: Fired | None
) -> Wanted:
    view, level, frame = case.view, step.level, case.view.frame
    tone = frame.tone(position(view, level))
    own = level.script or case.policy.frames.strategies.script.get(tone, "")
    handover: Handover | None = None
    unfit: tuple[Unfit, ...] = ()
    if level.medium == "handover":
        shown_class, age = frame.as_class or view.debtor.potential_class, covered[0].item.days_past_due(view.today)
        handover, unfit = choose(view.ladder.handovers, view.debtor, shown_class, amounts, age)
    priority = min(100, max(0, max(level.priority, brought.trigger.priority if brought else 0) + frame.priority))
    valued = None
    if step.medium == "call" and case.policy.value.enabled:
        valued = case.policy.value.of(amounts, covered[0].item.due_on, priority, len(view.history.broken_on), view.today)
    return Wanted(
        key=view.debtor.key,
        ladder=view.ladder.name,
        rungs=view.ladder.rungs,
        level=level,
        medium=step.medium,
        items=tuple(claim.item.item_no for claim in covered),
        open_amount=amounts,
        driver=driver.item_no,
        driver_due_on=driver.due_on,
        oldest_due_on=covered[0].item.due_on,
        since=step.starts,
        expires_on=step.expires,
        priority=priority,
        skill=level.skill or frame.skill,
        agent=frame.agent,
        script=(brought.trigger.script if brought else "") or own,
        tone=tone,
        brought=brought,
        risk=step.risk,
        handover=handover,
        unfit=unfit,
        value=valued.value if valued else Decimal(0),
        value_until=valued.until if valued else None,
    )


def _growth(case: _Case, level: Level) -> Iterator[date]:
    """When items that are not in the sum yet may join it."""
    for claim in case.upcoming:
        yield claim.item.day_of(1)
        if level.is_courtesy:
            yield claim.item.day_of(level.after_due)


def _wait(item: OpenItem, step: Step, others: Sequence[date]) -> NotWanted:
    values = {"day": step.starts, "item": item.item_no, "due": item.due_on, "last": step.last}
    return NotWanted(rule="gap" if step.last else "not-yet", until=min([step.starts, *others]), values=values, level=step.level)
