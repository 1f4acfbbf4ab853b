"""Outlook: what today's answer of the ladder means for the days to come, in words that another day does not contradict.

Owns the sentence of `planned` and the first contact that is wanted if nothing happens. Decides nothing: asks escalation about other days.
Invariant: a step whose day is named comes on that day, or the sentence says what keeps it; a step left out for want of risk is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from collectord.core.receivables.dunning import Cancel, Change, day_begins, decided
from collectord.core.receivables.escalation import wanted
from collectord.core.receivables.foresight import first_wanted
from collectord.core.receivables.history import History
from collectord.core.receivables.holds import Holds
from collectord.core.receivables.ladders import Ladder, Level
from collectord.core.receivables.ledger import Debtor, OpenItem
from collectord.core.receivables.policy import Policy
from collectord.core.receivables.risk import Risk
from collectord.core.receivables.steps import View, left_out
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.receivables.triggers import last_contact
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.wording import Language, Texts, Told, phrase

AHEAD = timedelta(days=366)  # so far is looked for the next contact

TEXTS: Texts = {
    "not-then": (" As things stand it will not come then: {why}", " Nach heutigem Stand kommt sie dann nicht: {why}"),
    "risk-then": (
        " It comes only from {least} % risk on; as things stand: {risk}",
        " Sie kommt erst ab {least} % Risiko; nach heutigem Stand: {risk}",
    ),
    "risk-then-unknown": (
        " It comes only from {least} % risk on, and no risk is estimated for this debtor.",
        " Sie kommt erst ab {least} % Risiko, und für diesen Debitor wird keines geschätzt.",
    ),
    "left-out": (
        " Step {number} ({name}) is left out: it comes only from {least} % risk on; today: {risk}",
        " Stufe {number} ({name}) entfällt: sie kommt erst ab {least} % Risiko; heute: {risk}",
    ),
    "left-out-unknown": (
        " Step {number} ({name}) is left out: it comes only from {least} % risk on, and no risk is estimated for this debtor.",
        " Stufe {number} ({name}) entfällt: sie kommt erst ab {least} % Risiko, und für diesen Debitor wird keines geschätzt.",
    ),
    "first": (" What comes first is step {number} ({name}), on {day}.", " Als Erstes kommt am {day} Stufe {number} ({name})."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the ladder was told of a debtor."""

    debtor: Debtor
    items: Sequence[OpenItem]
    ladder: Ladder | None
    today: date
    holds: Holds
    history: History
    policy: Policy

    def asked_on(self, day: date) -> Wanted | NotWanted:
        return wanted(self.debtor, self.items, self.ladder, day, holds=self.holds, history=self.history, policy=self.policy)

    def left_out_on(self, day: date, about: Sequence[str]) -> dict[int, tuple[Level, Risk | None]]:
        """By number the steps that these items do not get for want of risk."""
        if self.ladder is None:
            return {}
        last, frame = last_contact(self.items, self.history.touches, self.today), self.policy.frames.of(self.debtor)
        view = View(self.debtor, self.ladder, self.holds, day, last, frame, self.items, self.history, self.policy.risks)
        return {level.number: (level, risk) for one in self.items if one.item_no in about for level, risk in left_out(view, one)}


@dataclass(frozen=True, slots=True)
class Outlook:
    """Today's answer, the first contact that is wanted from today on, and the whole sentence."""

    answer: Wanted | NotWanted
    first: Wanted | None  # None: nothing within a year
    says: str


def with_callback(answer: Wanted | NotWanted, live: Sequence[Task], agents: Mapping[str, str]) -> Wanted | NotWanted:
    """The ladder knows an arranged contact by its instant alone; of a callback people read who makes it, as it stands now."""
    task = next((one for one in live if one.origin is Origin.CALLBACK), None)
    if task is None or not isinstance(answer, NotWanted) or answer.rule != "appointment":
        return answer
    text = "callback" if task.agent else "callback-anybody"
    return replace(answer, values={"at": task.not_before, "agent": agents.get(task.agent, task.agent)}, text=text)


def call_due(live: Sequence[Task], ahead: Outlook, zone: str) -> datetime | None:
    """From when on a call is wanted: by the task that comes next as it will be planned, or by the first step that comes."""
    task = min(live, key=lambda one: (one.not_before, -one.priority, one.id), default=None)
    decision = None if task is None or task.origin is not Origin.LADDER else decided(ahead.answer, task, zone)
    if task is not None and not isinstance(decision, Cancel | Change):
        return task.not_before if task.medium == "call" else None
    if ahead.first is None or ahead.first.medium != "call":
        return None
    if isinstance(decision, Change) and ahead.first.level.number == decision.before.level:
        return decision.before.not_before  # the same step keeps its postponement
    return day_begins(ahead.first.since, zone)


def outlook(case: Case, answer: Wanted | NotWanted, language: Language, zone: str) -> Outlook:
    first = answer if isinstance(answer, Wanted) else first_wanted(case.asked_on, answer, case.today + AHEAD)
    left = "".join(
        _risk("left-out", level, risk, language, zone) for level, risk in case.left_out_on(case.today, _about(case, answer)).values()
    )
    if isinstance(answer, Wanted) or not (doubt := _doubt(case, answer, language, zone)):
        return Outlook(answer, first, answer.why(language, zone) + left)
    said = replace(answer, text=f"{answer.rule}-maybe").why(language, zone) + left + doubt
    if first is not None:
        values = {"number": first.level.number, "name": first.level.title(language)}
        said += phrase(TEXTS, "first", language, zone, day=first.since, **values)
    return Outlook(answer, first, said)


def _about(case: Case, answer: Wanted | NotWanted) -> list[str]:
    """The items whose steps the answer speaks of."""
    if isinstance(answer, Wanted):
        return [answer.driver]
    if answer.rule in ("not-yet", "gap"):
        return [str(answer.values["item"])]
    return [one.item_no for one in case.items if one.open_amount > 0 and answer.rule == "finished"]


def _doubt(case: Case, answer: NotWanted, language: Language, zone: str) -> str:
    """Why the step whose day is named will not come on it, as things stand; "" when it will, or none is named."""
    day = answer.values["day"] if answer.rule in ("not-yet", "gap") else None
    if not isinstance(day, date) or answer.level is None:
        return ""
    then = case.asked_on(day)
    if isinstance(then, Wanted) and then.level.number == answer.level.number:
        return ""
    low = case.left_out_on(day, _about(case, answer)).get(answer.level.number)
    if low is not None:
        return _risk("risk-then", *low, language, zone)
    return phrase(TEXTS, "not-then", language, zone, why=Told(then.why(language, zone)))


def _risk(code: str, level: Level, risk: Risk | None, language: Language, zone: str) -> str:
    values: dict[str, object] = {"number": level.number, "name": level.title(language), "least": level.min_risk}
    if risk is None:
        return phrase(TEXTS, f"{code}-unknown", language, zone, **values)
    return phrase(TEXTS, code, language, zone, risk=Told(risk.why(language, zone)), **values)
