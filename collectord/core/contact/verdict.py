"""The verdict on a debtor in the words of `explain`: what the gate says, what the rules want, and one true sentence.

Owns the document of CONTRACT 6. Decides nothing: gate and ladder have answered before.
Invariant: `why` names the rule that decides; instants are those of the debtor's own clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from collectord.core.contact.ahead import Ahead
from collectord.core.contact.contact_rules import Allowed, Refusal, Refused
from collectord.core.contact.facts import DebtorFacts
from collectord.core.contact.frame_rules import frame_document
from collectord.core.contact.refusals import Notice
from collectord.core.contact.roles import numbers_told
from collectord.core.contact.week import day_start
from collectord.core.house import House
from collectord.core.money import plain_map
from collectord.core.receivables.briefing import booked_until, briefing, dunning_document, proofs
from collectord.core.receivables.dunning import Cancel, Change, decided
from collectord.core.receivables.frame import MEDIUM_TITLES
from collectord.core.receivables.ledger import Debtor, oldest_days_past_due, open_total, overdue_total
from collectord.core.receivables.tasks import Origin, Task
from collectord.core.receivables.wanted import NotWanted, Wanted
from collectord.core.wording import Bilingual, Language, Texts, Told, phrase, safe

LONGEST = 500  # characters of a task's sentence, and of what is planned

TEXTS: Texts = {
    "call": ("May be called now on {number}. {wanted}", "Darf jetzt unter {number} angerufen werden. {wanted}"),
    "other-medium": ("No call is intended but {medium}: {wanted}{now}", "Kein Anruf vorgesehen, sondern {medium}: {wanted}{now}"),
    "no-wish-now": ("No call is due any more: {wanted}{now}", "Es steht kein Anruf mehr an: {wanted}{now}"),
    "no-wish": ("No call is due: {wanted}{now}", "Es steht kein Anruf an: {wanted}{now}"),
    "later": ("Is not called before {at}: {wanted}{now}", "Wird nicht vor {at} angerufen: {wanted}{now}"),
    "free": (" A call would be allowed now.", " Erlaubt wäre ein Anruf jetzt."),
    "not-free": (" Before {at} no call is allowed either: {reason}{more}", " Vor {at} ist auch kein Anruf erlaubt: {reason}{more}"),
    "cancelled": (
        " The task is from the last plan, the next plan cancels it.",
        " Die Aufgabe ist vom letzten Plan, der nächste streicht sie.",
    ),
    "changed": (
        " The task is from the last plan, the next plan changes it. It says: {was}",
        " Die Aufgabe ist vom letzten Plan, der nächste ändert sie. In ihr steht: {was}",
    ),
    "planned-now": (" Planned now: {wanted}", " Geplant ist jetzt: {wanted}"),
    "never": ("Is never called: {reason}", "Wird nie angerufen: {reason}"),
    "until": ("Is not called before {at}: {reason}{more}", "Wird nicht vor {at} angerufen: {reason}{more}"),
    "unknown": (
        "Is not called, and nobody can say how long: {reason}{more}",
        "Wird bis auf Weiteres nicht angerufen: {reason}{more}",
    ),
    "more": (" {count} other {count:rule refuses|rules refuse} as well: {names}.", " Weitere Ablehnungen ({count}): {names}."),
}


def explained(
    facts: DebtorFacts,
    answer: Allowed | Refused,
    wanted: Wanted | NotWanted,
    tasks: Sequence[Task],
    ladder: str | None,
    house: House,
    now: datetime,
    notices: Sequence[Notice] = (),
    ahead: Ahead | None = None,
) -> dict[str, Any]:
    """The JSON document. `tasks`: the debtor's live ones; the one that comes next speaks for the rules. `notices`: beyond the gate's."""
    debtor, today = facts.debtor, house.today(now)
    ahead = ahead or Ahead(asked_at=now)
    task = min(tasks, key=lambda one: (one.not_before, -one.priority, one.id), default=None)
    home = answer.place.home
    outdated = _outdated(task, wanted, home)
    refusals = answer.refusals if isinstance(answer, Refused) else ()
    not_before = answer.not_before if isinstance(answer, Refused) else None
    asked = wanted if isinstance(wanted, Wanted) else None
    booked = booked_until(facts.items, today)
    return {
        "company": debtor.company,
        "debtor_no": debtor.debtor_no,
        "debtor_name": debtor.debtor_name,
        "at": now.astimezone(ZoneInfo(house.time_zone)).isoformat(timespec="seconds"),
        "open": plain_map(open_total(facts.items)),
        "overdue": plain_map(overdue_total(facts.items, today)),
        "days_past_due": oldest_days_past_due(facts.items, today),
        "booked_until": booked.isoformat() if booked else None,
        "proof": [proof.document(house.language) for proof in proofs(facts.items)],
        "dunning": dunning_document(facts.items),
        "briefing": list(briefing(facts.items, today, house.language, home)),
        "potential_class": debtor.potential_class or None,
        "strategy": frame_document(facts, house, now, home),
        "ladder": (task.ladder if task and task.ladder else None) or ladder,
        "level": task.level if task else asked.level.number if asked else None,
        "medium": task.medium if task else asked.medium if asked else None,
        "planned": _planned(wanted, house, home, ahead.says),
        "may_call": isinstance(answer, Allowed),
        "never": isinstance(answer, Refused) and answer.never,
        "number": answer.number if isinstance(answer, Allowed) else None,
        "numbers": numbers_told(facts, today, house.language, house.tries_each_number),
        "ask_for": (answer.asks_for or None) if isinstance(answer, Allowed) else None,
        "head_office": None if facts.covered_by is None else _member(facts.covered_by),
        "branches": [
            {**_member(one.debtor), "open": plain_map(open_total(one.items)), "left_out": one.held_back or None} for one in facts.branches
        ],
        "refusals": [
            {"rule": refusal.rule, "reason": refusal.reason, "not_before": shown_instant(refusal.not_before, home)} for refusal in refusals
        ],
        "not_before": shown_instant(not_before, home),
        "why": _why(answer, wanted, task, house, outdated, ahead),
        "task": task.id if task else None,
        "outdated": outdated or None,
        "warnings": [{"rule": notice.rule, "reason": notice.reason} for notice in (*answer.warnings, *notices)],
    }


def _planned(wanted: Wanted | NotWanted, house: House, zone: str, says: str) -> dict[str, Any]:
    """What the ladder says today, whatever task there is: the step, or the rule that asks for nothing and its first day of a new answer."""
    refused = wanted if isinstance(wanted, NotWanted) else None
    return {
        "wanted": refused is None,
        "rule": refused.rule if refused else None,
        "until": refused.until.isoformat() if refused and refused.until else None,
        "why": says or wanted.why(house.language, zone),
    }


def _member(debtor: Debtor) -> dict[str, str]:
    return {"debtor_no": debtor.debtor_no, "debtor_name": debtor.debtor_name}


def shown_instant(at: datetime | None, zone: str) -> str | None:
    """ISO 8601 in the zone, whole seconds, never earlier than the instant."""
    if at is None:
        return None
    whole = at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
    return whole.astimezone(ZoneInfo(zone)).isoformat()


def _outdated(task: Task | None, wanted: Wanted | NotWanted, zone: str) -> str:
    """What the next plan does to the stored task: "cancelled", "changed" as far as people see it, "" = it stays as it is."""
    if task is None or task.origin is not Origin.LADDER:
        return ""
    match decided(wanted, task, zone):
        case Cancel():
            return "cancelled"
        case Change(before, asked) if _seen(before.ladder, before.level, before.medium, before.items, before.open_amount) != _seen(
            asked.ladder, asked.level.number, asked.medium, asked.items, asked.open_amount
        ):
            return "changed"
    return ""


def _seen(ladder: str, level: int, medium: str, items: tuple[str, ...], amounts: Mapping[str, Decimal]) -> tuple[object, ...]:
    return ladder, level, medium, items, dict(amounts)


def _why(answer: Allowed | Refused, wanted: Wanted | NotWanted, task: Task | None, house: House, outdated: str, ahead: Ahead) -> str:
    """Gate and plan in one: the later of the two days comes first, and the sentence names no other as if it were the day of a call."""
    language, zone = house.language, answer.place.home
    kept = task if task and not outdated else None
    moves_on = isinstance(wanted, Wanted) and kept is not None and kept.origin is Origin.LADDER  # its stored sentence may be a day old
    said = Told(safe(kept.why if kept and not moves_on else ahead.says or wanted.why(language, zone), LONGEST))
    medium = kept.medium if kept else wanted.medium if isinstance(wanted, Wanted) else ""
    stale = phrase(TEXTS, outdated, language, zone, was=Told(safe(task.why, LONGEST))) if task and outdated else ""
    code = _plans(answer, wanted, medium, ahead)
    if code in ("other-medium", "later", "no-wish"):
        code = "no-wish-now" if code == "no-wish" and outdated else code
        title = Bilingual(MEDIUM_TITLES[medium]) if medium else ""
        now = _gate(answer, "not-free", language, zone) if isinstance(answer, Refused) else phrase(TEXTS, "free", language, zone)
        return phrase(TEXTS, code, language, zone, at=ahead.call_at, medium=title, wanted=said, now=Told(now)) + stale
    if isinstance(answer, Allowed):
        return phrase(TEXTS, "call", language, zone, number=answer.number, wanted=said) + stale
    if stale:
        stale = phrase(TEXTS, "planned-now", language, zone, wanted=said) + stale
    return _gate(answer, code, language, zone) + stale


def _plans(answer: Allowed | Refused, wanted: Wanted | NotWanted, medium: str, ahead: Ahead) -> str:
    """Which of the two decides when somebody calls, as the code of its sentence."""
    if isinstance(answer, Refused) and answer.not_before is None:
        return "never" if answer.never else "unknown"
    if medium not in ("", "call"):
        return "other-medium"
    free_at = answer.not_before if isinstance(answer, Refused) else None
    if ahead.call_at is not None:
        if ahead.due is not None and ahead.due > (free_at or ahead.asked_at):
            return "later"
        return "until" if free_at else "call"
    if medium == "call":
        return "until" if free_at else "call"
    waits = wanted.until if isinstance(wanted, NotWanted) else None
    if free_at is None or waits is None or day_start(waits, answer.place.home) > free_at:
        return "no-wish"
    return "until"


def _gate(answer: Refused, code: str, language: Language, zone: str) -> str:
    first = _deciding(answer)
    others = tuple(dict.fromkeys(refusal.rule for refusal in answer.refusals if refusal.rule != first.rule))
    more = phrase(TEXTS, "more", language, zone, count=len(others), names=others) if others else ""
    return phrase(TEXTS, code, language, zone, at=answer.not_before, reason=Told(first.reason), more=Told(more))


def _deciding(answer: Refused) -> Refusal:
    """The refusal that lasts longest: do-not-call, then an unknown end, then the latest."""
    if answer.never:
        return next(refusal for refusal in answer.refusals if refusal.rule == "guard/do-not-call")
    unknown = [refusal for refusal in answer.refusals if refusal.not_before is None]
    if unknown:
        return unknown[0]
    return max(answer.refusals, key=lambda refusal: refusal.not_before.timestamp() if refusal.not_before else 0.0)
