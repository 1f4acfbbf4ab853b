"""What holds now: one sentence for each thing that recording something about a debtor changed.

Owns these sentences. Decides nothing: it compares what was known before with what is known after.
Invariant: whatever began or ended in between is named once; nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from collectord.core.contact.facts import NO_LEGAL_STATE, Callback, Contact, DebtorFacts, Fact, FactKind, OpenPromise
from collectord.core.contact.week import parse_days, parse_week, shown_days, shown_week
from collectord.core.house import House
from collectord.core.money import Money
from collectord.core.receivables.frame import MEDIUM_TITLES
from collectord.core.wording import Bilingual, Language, Texts, Told, phrase

TEXTS: Texts = {
    "contact": ("Recorded: {medium} on {at}.", "Erfasst: {medium}, {at}."),
    "promise": ("Promise of {amount} by {day}; contacts wait up to {until}.", "Zusage {amount} bis {day}; Kontakte ruhen bis {until}."),
    "pending": (
        "Promise of {amount} by {day}; a lead has to approve it, contacts wait up to {until} at most.",
        "Zusage {amount} bis {day}; eine Leitung muss sie genehmigen, Kontakte ruhen längstens bis {until}.",
    ),
    "callback": ("Callback on {at} by {agent}.", "Rückruf {at} durch {agent}."),
    "callback-any": ("Callback on {at} by whoever is free.", "Rückruf {at} durch jemanden, der frei ist."),
    "over": ("No longer holds: {what}", "Gilt nicht mehr: {what}"),
    "until": (" up to {day}", " bis einschließlich {day}"),
    "all": ("all items", "allen Posten"),
    "answers": ("; {owner} answers by {day}", "; {owner} antwortet bis {day}"),
    "answers-owner": ("; {owner} answers", "; {owner} antwortet"),
    "answers-day": ("; to be answered by {day}", "; zu beantworten bis {day}"),
    "no-legal-state": ("No legal state stops the contacts.", "Kein Rechtsstatus hält die Kontakte an."),
    FactKind.DO_NOT_CALL: ("This debtor is not called{until}.", "Dieser Debitor wird nicht angerufen{until}."),
    FactKind.NUMBER_BLOCKED: ("{value} is not called{until}.", "{value} wird nicht angerufen{until}."),
    FactKind.NUMBER_WRONG: (
        "{value} is the wrong number: not called{until}, and earlier calls to it do not count.",
        "{value} ist die falsche Nummer: sie wird nicht angerufen{until}, und frühere Anrufe dort zählen nicht.",
    ),
    FactKind.LEGAL_STATE: ("Legal state {value}{until}.", "Rechtsstatus {value}{until}."),
    FactKind.WISH: ("Calls only {value}{until}.", "Anrufe nur: {value}{until}."),
    FactKind.NOT_ON: ("No calls {value}{until}.", "Keine Anrufe {value}{until}."),
    FactKind.ASK_FIRST: ("Ask {value} before every call{until}.", "Vor jedem Anruf ist {value} zu fragen{until}."),
    FactKind.ASKED: ("{value} was asked and agrees; that holds{until}.", "{value} wurde gefragt und stimmt zu; das gilt{until}."),
    FactKind.DISPUTE: (
        "Dispute about {value}{until}: no calls about it until it is settled{answers}.",
        "Reklamation zu {value}{until}: keine Anrufe dazu, bis sie geklärt ist{answers}.",
    ),
    FactKind.OVERRIDE: ("Rule {value} is set aside{until}.", "Die Regel {value} ist ausgesetzt{until}."),
    FactKind.CONTACT_PERSON: ("To be asked for: {value}{until}.", "Zu verlangen ist: {value}{until}."),
    FactKind.GRACE: ("The debtor has time{until}, given by {value}.", "Der Debitor hat Zeit{until}, gegeben von {value}."),
    FactKind.OBJECTION: ("Contacts about {value} wait{until}.", "Kontakte zu {value} ruhen{until}."),
}

MEDIA: Mapping[str, Mapping[Language, str]] = {**MEDIUM_TITLES, "sms": {"en": "a text message", "de": "eine SMS"}}
ITEMS = (FactKind.DISPUTE, FactKind.OBJECTION)  # whose value is an item; "" = all
Known = Contact | OpenPromise | Callback | Fact


def what_holds(before: DebtorFacts, after: DebtorFacts, house: House) -> list[str]:
    """What ended first, then what began."""
    ended = [one for one in _holding(before) if one not in set(_holding(after))]
    begun = [one for one in (*after.contacts, *_holding(after)) if one not in {*before.contacts, *_holding(before)}]
    holds = [_sentence(one, house) for one in begun]
    over = [sentence for one in ended if (sentence := _sentence(one, house)) not in holds]  # said again, it goes on
    return [phrase(TEXTS, "over", house.language, what=Told(sentence)) for sentence in over] + holds


def _holding(known: DebtorFacts) -> Iterator[OpenPromise | Callback | Fact]:
    yield from known.promises
    yield from known.callbacks
    yield from known.facts


def _sentence(one: Known, house: House) -> str:
    language, zone = house.language, house.time_zone
    match one:
        case Contact():
            return phrase(TEXTS, "contact", language, zone, medium=Bilingual(MEDIA[one.medium]), at=one.at)
        case OpenPromise():
            code, amount = "pending" if one.decide_until else "promise", Money(one.amount, one.currency)
            return phrase(TEXTS, code, language, zone, amount=amount, day=one.promised_on, until=one.holds_until)
        case Callback():
            return phrase(TEXTS, "callback" if one.agent else "callback-any", language, zone, at=one.at, agent=one.agent)
        case _:
            return _of_fact(one, house)


def _of_fact(fact: Fact, house: House) -> str:
    language = house.language
    if fact.kind == FactKind.LEGAL_STATE and fact.value.casefold() in NO_LEGAL_STATE:
        return phrase(TEXTS, "no-legal-state", language)
    value = fact.value
    if fact.kind == FactKind.WISH:
        value = shown_week(parse_week(value), language)
    elif fact.kind == FactKind.NOT_ON:
        value = shown_days(parse_days(value), language)
    elif fact.kind in ITEMS and not value:
        value = phrase(TEXTS, "all", language)
    until = phrase(TEXTS, "until", language, day=fact.until_on) if fact.until_on else ""
    answers = _answers(fact.owner, fact.answer_by, house)
    return phrase(TEXTS, fact.kind, language, value=value, until=Told(until), answers=Told(answers))


def _answers(owner: str, day: date | None, house: House) -> str:
    if not owner and day is None:
        return ""
    code = "answers" if owner and day else "answers-owner" if owner else "answers-day"
    return phrase(TEXTS, code, house.language, owner=owner, day=day)
