"""How often: caps, quiet days after a talk, waits after a busy line, another part of the day.

Owns the rules of a pack that look at the contact history. Knows no calling hours and nothing that is owed.
Invariant: a rule's answer changes only at the instants it names itself, so the first silent one of them is the first allowed one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from collectord.core.contact.exceptions import callback_windows, consent_windows
from collectord.core.contact.facts import CONTACT_RESULTS, Contact
from collectord.core.contact.guard import wrong_since
from collectord.core.contact.packs import Limit, OtherPart, Pack, Quiet, Retry
from collectord.core.contact.refusals import ONE_DAY, Notice, Question, Refusal
from collectord.core.contact.week import daily, day_start, next_inside
from collectord.core.wording import Texts

TEXTS: Texts = {
    "limit-days": (
        "{count} counted calls in {span}, {max} are allowed; the last one was on {last}.",
        "Gezählte Anrufe in {span}: {count}, erlaubt: {max}; der letzte war am {last}.",
    ),
    "limit-number": (
        "{count} counted calls to {number} in {span}, {max} are allowed; the last one was on {last}.",
        "Gezählte Anrufe an {number} in {span}: {count}, erlaubt: {max}; der letzte war am {last}.",
    ),
    "limit-item": (
        "{count} counted calls about {item} in {span}, {max} are allowed; the last one was on {last}.",
        "Gezählte Anrufe zu {item} in {span}: {count}, erlaubt: {max}; der letzte war am {last}.",
    ),
    "quiet": (
        "There was a conversation on {day}; no call before {until}.",
        "Am {day} gab es ein Gespräch; kein Anruf vor dem {until}.",
    ),
    "quiet-callback": (
        "There was a conversation on {day}; before {until} only the agreed callback.",
        "Am {day} gab es ein Gespräch; vor dem {until} nur der vereinbarte Rückruf.",
    ),
    "quiet-number": (
        "There was a conversation on {number} on {day}; no call to it before {until}.",
        "Am {day} gab es unter {number} ein Gespräch; dort kein Anruf vor dem {until}.",
    ),
    "quiet-number-callback": (
        "There was a conversation on {number} on {day}; before {until} only the agreed callback.",
        "Am {day} gab es unter {number} ein Gespräch; vor dem {until} nur der vereinbarte Rückruf.",
    ),
    "quiet-item": (
        "There was a conversation about {item} on {day}; no call about it before {until}.",
        "Am {day} gab es ein Gespräch zu {item}; dazu kein Anruf vor dem {until}.",
    ),
    "quiet-item-callback": (
        "There was a conversation about {item} on {day}; before {until} only the agreed callback.",
        "Am {day} gab es ein Gespräch zu {item}; vor dem {until} nur der vereinbarte Rückruf.",
    ),
    "retry": (
        "The call of {at} ended with {result}; the next one comes {wait} later at the earliest.",
        "Der Anruf vom {at} endete mit {result}; der nächste kommt frühestens {wait} später.",
    ),
    "other-part": (
        "The call of {at} rang without an answer; the next one falls into another part of the day.",
        "Beim Anruf vom {at} nahm niemand ab; der nächste fällt in einen anderen Teil des Tages.",
    ),
    "concentration": (
        "{count} such calls to {number} within {span}: allowed, but close together.",
        "{count} solche Anrufe an {number} innerhalb von {span}: erlaubt, aber dicht beieinander.",
    ),
}


def debtor_refusals(question: Question, pack: Pack, at: datetime) -> Iterator[Refusal]:
    """Every rule of the pack about the debtor or the number that refuses at this instant."""
    for limit in pack.limits:
        if limit.scope != "item":
            yield from _some(_over_limit(question, pack, limit, None, at))
    for quiet in pack.quiets:
        if quiet.scope != "item":
            yield from _some(_in_quiet(question, pack, quiet, None, at))
    for retry in pack.retries:
        yield from _some(_too_soon(question, pack, retry, at))
    if pack.other_part is not None:
        yield from _some(_same_part(question, pack, pack.other_part, at))


def item_refusals(question: Question, pack: Pack, item: str, at: datetime) -> Iterator[Refusal]:
    """Every rule of the pack about this item that refuses at this instant."""
    for limit in pack.limits:
        if limit.scope == "item":
            yield from _some(_over_limit(question, pack, limit, item, at))
    for quiet in pack.quiets:
        if quiet.scope == "item":
            yield from _some(_in_quiet(question, pack, quiet, item, at))


def warnings(question: Question, pack: Pack) -> Iterator[Notice]:
    """What a call now, beside those of the last days, would look like."""
    if question.number is None or question.number.e164 is None:
        return
    number = question.number.e164
    for warn in pack.warns:
        calls = [c.at for c in question.facts.history if _is_ours(c) and c.result in warn.counts and c.number == number]
        calls = [*(at for at in calls if question.now - at < timedelta(days=7)), question.now]
        in_days = warn.within // ONE_DAY if warn.within % ONE_DAY == timedelta(0) else None
        for last in calls:
            near = sum(1 for at in calls if at <= last and _inside(question, at, last, warn.within, in_days))
            if near >= warn.count:
                reason = question.says(TEXTS, "concentration", count=near, number=number, span=warn.within)
                yield Notice(f"{pack.name}/{warn.id}", reason)
                break


def _over_limit(question: Question, pack: Pack, limit: Limit, item: str | None, at: datetime) -> Refusal | None:
    calls = sorted(contact.at for contact in _counted(question, limit, item))
    if len(calls) < limit.max:
        return None
    zones = question.place.zones
    exempt = _windows(question, limit.unless, item, since_used=True)
    days = limit.in_days

    def refuses(moment: datetime) -> bool:
        if _within(exempt, moment):
            return False
        if days is None:
            return sum(1 for call in calls if moment - limit.per < call <= moment) >= limit.max
        return any(_in_days(calls, moment, zone, days) >= limit.max for zone in zones)

    if not refuses(at):
        return None
    candidates = [start for start, _ in exempt]
    if days is None:
        candidates += [call + limit.per for call in calls]
    else:
        candidates += [day_start(_day(at, zone) + ahead * ONE_DAY, zone) for zone in zones for ahead in range(1, days + 1)]
    home = question.place.home
    count = _in_days(calls, at, home, days) if days is not None else sum(1 for call in calls if at - limit.per < call <= at)
    code = {"debtor": "limit-days", "number": "limit-number", "item": "limit-item"}[limit.scope]
    number = question.number.e164 if question.number else ""
    reason = question.says(TEXTS, code, count=count, span=limit.per, max=limit.max, last=calls[-1], number=number, item=item or "")
    return Refusal(f"{pack.name}/{limit.id}", reason, _first(candidates, at, refuses))


def _in_quiet(question: Question, pack: Pack, quiet: Quiet, item: str | None, at: datetime) -> Refusal | None:
    talks = [
        contact for contact in _of_scope(question, quiet.scope) if contact.is_conversation and (item is None or contact.was_about(item))
    ]
    exempt = _windows(question, quiet.unless, item, since_used=False)
    zones = question.place.zones
    ends = [max(day_start(_day(talk.at, zone) + quiet.free_from * ONE_DAY, zone) for zone in zones) for talk in talks]

    def refuses(moment: datetime) -> bool:
        return not _within(exempt, moment) and any(moment < end for end in ends)

    if not refuses(at):
        return None
    until = max(ends)
    last = talks[ends.index(until)]
    code = {"debtor": "quiet", "number": "quiet-number", "item": "quiet-item"}[quiet.scope]
    if "callback" in quiet.unless and any(at < agreed < until for agreed, _ in callback_windows(question, since_used=False)):
        code += "-callback"  # to say that nobody calls before `until` would not be true
    day, free = question.place.local_day(last.at), question.place.local_day(until)
    number = question.number.e164 if question.number else ""
    reason = question.says(TEXTS, code, day=day, until=free, item=item or "", number=number)
    return Refusal(f"{pack.name}/{quiet.id}", reason, _first([*ends, *(start for start, _ in exempt)], at, refuses))


def _too_soon(question: Question, pack: Pack, retry: Retry, at: datetime) -> Refusal | None:
    contacts = [*_of_scope(question, "debtor"), *_of_scope(question, "number")]
    ended = [contact for contact in contacts if _is_ours(contact) and contact.result in retry.after]
    if not ended:
        return None
    last = max(ended, key=lambda contact: contact.at)
    exempt = _windows(question, retry.unless, None, since_used=True)

    def refuses(moment: datetime) -> bool:
        return moment < last.at + retry.wait and not _within(exempt, moment)

    if not refuses(at):
        return None
    reason = question.says(TEXTS, "retry", at=last.at, result=last.result, wait=retry.wait)
    return Refusal(f"{pack.name}/{retry.id}", reason, _first([last.at + retry.wait, *(start for start, _ in exempt)], at, refuses))


def _same_part(question: Question, pack: Pack, rule: OtherPart, at: datetime) -> Refusal | None:
    calls = [contact for contact in question.facts.contacts if _is_ours(contact) and contact.result in CONTACT_RESULTS]
    if not calls or calls[-1].result not in rule.after:
        return None
    last = calls[-1]
    home = question.place.home
    local = last.at.astimezone(ZoneInfo(home))
    minute = local.hour * 60 + local.minute
    others = [part for part in rule.parts if not part[0] <= minute < part[1]]
    if len(others) == len(rule.parts):
        return None  # outside all parts: nothing to move away from
    drift = _drift(last, rule.drift)
    week = daily((start + min(drift, (end - start) // 2), end) for start, end in others)
    exempt = _windows(question, rule.unless, None, since_used=True)
    over = last.at + rule.within

    def refuses(moment: datetime) -> bool:
        return moment < over and not _within(exempt, moment) and next_inside(moment, home, week, _never) != moment

    if not refuses(at):
        return None
    candidates = [over, *(start for start, _ in exempt)]
    opens = next_inside(at, home, week, _never)
    candidates += [opens] if opens is not None else []
    reason = question.says(TEXTS, "other-part", at=last.at)
    return Refusal(f"{pack.name}/{rule.id}", reason, _first(candidates, at, refuses))


def _drift(contact: Contact, most: timedelta) -> int:
    """Minutes, spread evenly over the calls, the same for the same call every time."""
    seed = contact.attempt_id or contact.at.isoformat()
    return zlib.crc32(seed.encode()) % (int(most.total_seconds()) // 60 + 1)


def _counted(question: Question, limit: Limit, item: str | None) -> Iterator[Contact]:
    """Our calls that this limit counts: not those made with consent, nor those to a number that was somebody else's."""
    uncounted = _windows(question, limit.unless & {"consent"}, item, since_used=False)
    for contact in _of_scope(question, limit.scope):
        if not _is_ours(contact) or contact.result not in limit.counts:
            continue
        if item is not None and not contact.concerns(item):
            continue
        wrong = wrong_since(question.facts, contact.number) if contact.number and limit.scope != "number" else None
        if (wrong is None or contact.at > wrong) and not _within(uncounted, contact.at):
            yield contact


def _of_scope(question: Question, scope: str) -> tuple[Contact, ...]:
    if scope != "number":
        return question.facts.contacts
    number = question.number.e164 if question.number else None
    return tuple(contact for contact in question.facts.history if number and contact.number == number)


def _is_ours(contact: Contact) -> bool:
    return contact.is_call and contact.direction == "outbound"


def _windows(question: Question, unless: frozenset[str], item: str | None, *, since_used: bool) -> list[tuple[datetime, datetime | None]]:
    windows: list[tuple[datetime, datetime | None]] = []
    if "consent" in unless:
        windows += consent_windows(question, item)
    if "callback" in unless:
        windows += callback_windows(question, since_used=since_used)
    return windows


def _within(windows: Iterable[tuple[datetime, datetime | None]], at: datetime) -> bool:
    return any(start <= at and (end is None or at < end) for start, end in windows)


def _in_days(calls: Iterable[datetime], at: datetime, zone: str, days: int) -> int:
    """Calls on the local day of `at` and the days before it that a span of `days` covers."""
    today = _day(at, zone)
    return sum(1 for call in calls if timedelta(0) <= today - _day(call, zone) < days * ONE_DAY)


def _inside(question: Question, at: datetime, last: datetime, span: timedelta, in_days: int | None) -> bool:
    if in_days is None:
        return last - at <= span
    return _day(last, question.place.home) - _day(at, question.place.home) < in_days * ONE_DAY


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _first(candidates: Iterable[datetime], at: datetime, refuses: Callable[[datetime], bool]) -> datetime | None:
    return next((moment for moment in sorted(candidates) if moment > at and not refuses(moment)), None)


def _some(refusal: Refusal | None) -> Iterator[Refusal]:
    if refusal is not None:
        yield refusal


def _never(day: date) -> bool:
    return False
