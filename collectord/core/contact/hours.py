"""Calling hours and wishes: at which times of the week the debtor may be called.

Owns the rules PACK/hours, PACK/company-calendar, PACK/wishes and PACK/ask-first. Knows no call history.
Invariant: the hour suits every zone the debtor may be in; a day whose holidays are unknown is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from collectord.core.contact.calendar import HolidaysUnknown, is_holiday
from collectord.core.contact.facts import FactKind
from collectord.core.contact.packs import Pack
from collectord.core.contact.refusals import Question, Refusal
from collectord.core.contact.week import (
    WHOLE_DAY,
    Week,
    both,
    next_inside,
    next_inside_all,
    parse_days,
    parse_week,
    shown_week,
    without_days,
)
from collectord.core.wording import Texts

TEXTS: Texts = {
    "hours": (
        "It is {local} at the debtor's place; calls are allowed {hours}.",
        "Beim Debitor ist es {local}; Anrufe sind erlaubt {hours}.",
    ),
    "zones": (
        "The debtor may be in {zones}; the hour must suit all of them, and calls are allowed {hours} there.",
        "Der Debitor kann in {zones} sein; die Uhrzeit muss überall passen, erlaubt sind dort {hours}.",
    ),
    "holiday": (
        "{day} is a public holiday at the debtor's place: {name}.",
        "{day} ist beim Debitor Feiertag: {name}.",
    ),
    "holidays-unknown": (
        "No public holidays are known for country {country} in {year}; without them nobody is called there.",
        "Für das Land {country} sind im Jahr {year} keine Feiertage bekannt; ohne sie wird dort niemand angerufen.",
    ),
    "company-calendar": (
        "{day} is closed in the company's own calendar; nobody is called.",
        "{day} ist im Kalender des Hauses geschlossen; es wird niemand angerufen.",
    ),
    "wish": ("The debtor asked to be called only {wish}.", "Der Debitor möchte nur angerufen werden: {wish}."),
    "not-on": ("The debtor asked not to be called on {days}.", "Der Debitor möchte an diesen Tagen nicht angerufen werden: {days}."),
    "wish-unreadable": (
        "A recorded wish of the debtor cannot be read: {wish}; record it again.",
        "Ein erfasster Wunsch des Debitors ist nicht lesbar: {wish}; bitte neu erfassen.",
    ),
    "person": ("{person} can be reached on this number only {week}.", "{person} ist unter dieser Nummer nur erreichbar: {week}."),
    "person-unreadable": (
        "The hours of {person} cannot be read: {week}; correct them in the master data.",
        "Die Zeiten von {person} sind nicht lesbar: {week}; bitte in den Stammdaten berichtigen.",
    ),
    "ask-first": ("Ask {role} first before this debtor is called.", "Vor einem Anruf ist {role} zu fragen."),
}


def holiday_refusals(question: Question, at: datetime) -> Iterator[Refusal]:
    """guard/holidays-unknown: a pack closes on holidays and there is no table for the day."""
    if any(pack.hours and pack.holidays_closed for pack in question.packs):
        for zone in question.place.zones:
            try:
                _holiday(question, at.astimezone(ZoneInfo(zone)).date())
            except HolidaysUnknown as error:
                reason = question.says(TEXTS, "holidays-unknown", country=error.country or "?", year=error.year)
                yield Refusal("guard/holidays-unknown", reason, None)
                return


def hours_refusal(question: Question, pack: Pack, at: datetime) -> Refusal | None:
    """PACK/hours."""
    if pack.hours is None:
        return None

    def closed(day: date) -> bool:
        return pack.holidays_closed and _holiday(question, day) is not None

    zones = question.place.zones
    try:
        opens = next_inside_all(at, zones, pack.hours, closed)
    except HolidaysUnknown:
        opens = None
    if opens == at:
        return None
    rule = f"{pack.name}/hours"
    local = at.astimezone(ZoneInfo(question.place.home))
    hours = shown_week(pack.hours, question.language)
    try:
        name = _holiday(question, local.date()) if pack.holidays_closed else None
    except HolidaysUnknown:
        return None  # holiday_refusals says it
    if name is not None and pack.hours[local.weekday()]:
        return Refusal(rule, question.says(TEXTS, "holiday", day=local.date(), name=name), opens)
    if len(zones) > 1:
        return Refusal(rule, question.says(TEXTS, "zones", zones=list(zones), hours=hours), opens)
    return Refusal(rule, question.says(TEXTS, "hours", local=local, hours=hours), opens)


def closed_refusal(question: Question, pack: Pack, at: datetime) -> Refusal | None:
    """PACK/company-calendar: the company's own closed days, wherever the debtor may be."""
    calendar = pack.closed
    if calendar is None:
        return None
    try:
        opens = next_inside_all(
            at, question.place.zones, (WHOLE_DAY,) * 7, lambda day: calendar.holds(day, lambda beside: _holiday(question, beside))
        )
    except HolidaysUnknown:
        return None  # holiday_refusals says it, where holidays matter
    if opens == at:
        return None
    day = at.astimezone(ZoneInfo(question.place.home)).date()
    return Refusal(f"{pack.name}/{calendar.id}", question.says(TEXTS, "company-calendar", day=day), opens)


def _holiday(question: Question, day: date) -> str | None:
    for country, region in question.place.countries:
        name = is_holiday(day, country, region, question.language)
        if name is not None:
            return name
    return None


def wish_refusal(question: Question, pack: Pack, at: datetime) -> Refusal | None:
    """PACK/wishes: the newest wish holds, and every "not on". A wish is about the debtor's own clock."""
    if not pack.wishes:
        return None
    rule = f"{pack.name}/wishes"
    wishes = [fact for fact in question.facts.known(FactKind.WISH) if question.holds(fact, at)][-1:]
    never_on = [fact for fact in question.facts.known(FactKind.NOT_ON) if question.holds(fact, at)]
    try:
        weeks = [(parse_week(fact.value), "wish", fact.value) for fact in wishes]
        weeks += [(without_days(parse_days(fact.value)), "not-on", fact.value) for fact in never_on]
    except ValueError:
        values = [fact.value for fact in (*wishes, *never_on)]
        return Refusal(rule, question.says(TEXTS, "wish-unreadable", wish=values), None)
    common: Week = (WHOLE_DAY,) * 7
    for week, _, _ in weeks:
        common = both(common, week)
    opens = next_inside(at, question.place.home, common, lambda day: False)
    ends = [question.after(fact.until_on) for fact in (*wishes, *never_on) if fact.until_on is not None]
    if opens == at:
        return None
    against = [(code, text) for week, code, text in weeks if next_inside(at, question.place.home, week, lambda day: False) != at]
    code, text = against[0]
    reason = question.says(TEXTS, code, wish=text) if code == "wish" else question.says(TEXTS, code, days=text)
    return Refusal(rule, reason, min([instant for instant in (opens, *ends) if instant is not None], default=None))


def person_refusal(question: Question, pack: Pack, at: datetime) -> Refusal | None:
    """PACK/wishes too: the hours of the contact person whose number this is. Other numbers of the debtor are not concerned."""
    number = question.number
    if not pack.wishes or number is None or not number.hours:
        return None
    rule = f"{pack.name}/wishes"
    try:
        week = parse_week(number.hours)
    except ValueError:
        return Refusal(rule, question.says(TEXTS, "person-unreadable", person=number.person, week=number.hours), None)
    opens = next_inside(at, question.place.home, week, lambda day: False)
    if opens == at:
        return None
    return Refusal(rule, question.says(TEXTS, "person", person=number.person, week=shown_week(week, question.language)), opens)


def ask_first_refusal(question: Question, pack: Pack, at: datetime) -> Refusal | None:
    """PACK/ask-first: somebody must be asked before; ends when it is taken back or its last day is over."""
    if not pack.ask_first:
        return None
    found = [fact for fact in question.facts.known(FactKind.ASK_FIRST) if question.holds(fact, at)]
    if not found:
        return None
    until = found[-1].until_on
    ends = None if until is None or len(found) > 1 else question.after(until)
    return Refusal(f"{pack.name}/ask-first", question.says(TEXTS, "ask-first", role=found[-1].value), ends)
