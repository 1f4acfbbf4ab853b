"""Said by a person: the outcome of a talk as somebody writes it, instead of keying it.

Owns the reading of `record --attempt …` (CONTRACT 2). Knows no attempt's state.
Invariant: what is read is complete: a promise has amount and day, a callback an instant that lies ahead; else a sentence says what lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from collectord.core.money import NotMoney, parse_amount
from collectord.core.receivables.objections import Card
from collectord.core.telephony.attempts import LONGEST_WAIT, Disposition, Instalment, Said
from collectord.core.wording import Language, Texts, phrase, safe

TEXTS: Texts = {
    "no-attempt": (
        "Say which call the outcome belongs to: --attempt ID, as `collectord attempts` lists it.",
        "Zu welchem Anruf gehört das Ergebnis? --attempt ID, wie `collectord attempts` ihn zeigt.",
    ),
    "no-disposition": ("Say what the talk yielded: --disposition {known}.", "Was ergab das Gespräch? --disposition {known}."),
    "unknown-disposition": ("{word} is no disposition; use one of {known}.", "{word} ist kein Gesprächsergebnis; möglich sind {known}."),
    "promise-missing": (
        "A promise needs amount and day: --promise 410.00:2026-11-30, or full:2026-11-30.",
        "Eine Zusage braucht Betrag und Tag: --promise 410.00:2026-11-30, oder full:2026-11-30.",
    ),
    "promise-alone": (
        "--promise belongs to --disposition promise, not to {word}.",
        "--promise gehört zu --disposition promise, nicht zu {word}.",
    ),
    "promise-amount": (
        "A promise of {word} is none: the amount must be above zero.",
        "{word} ist keine Zusage: der Betrag muss über null liegen.",
    ),
    "plan-order": (
        "Instalments come one after the other, each with its amount: --promise 100.00:2026-12-01 --promise 100.00:2027-01-04; "
        "the last one may be rest:DATE.",
        "Raten folgen aufeinander, jede mit Betrag: --promise 100.00:2026-12-01 --promise 100.00:2027-01-04; "
        "die letzte darf rest:TAG sein.",
    ),
    "plan-long": ("{count} instalments are more than {limit}.", "{count} Raten sind mehr als {limit}."),
    "no-card": (
        "There is no objection card {word}; use one of {known}.",
        "Eine Einwandkarte {word} gibt es nicht; möglich sind {known}.",
    ),
    "which-card": ("Say which objection: --objection {known}.", "Welcher Einwand? --objection {known}."),
    "card-otherwise": (
        "The card {card} is recorded as {disposition}, not as {word}; leave --disposition out.",
        "Die Karte {card} wird als {disposition} erfasst, nicht als {word}; --disposition weglassen.",
    ),
    "card-without": (
        "--item and --until belong to an objection: --objection {known}.",
        "--item und --until gehören zu einem Einwand: --objection {known}.",
    ),
    "until-missing": (
        "The card {card} asks for the day that the debtor named: --until 2026-12-04.",
        "Die Karte {card} verlangt den Tag, den der Debitor genannt hat: --until 2026-12-04.",
    ),
    "until-alone": (
        "The card {card} knows its own time; leave --until out.",
        "Die Karte {card} hat ihre eigene Frist; --until weglassen.",
    ),
    "until-day": (
        "{day} does not lie between today and {limit} days from now, as the card {card} allows.",
        "{day} liegt nicht zwischen heute und in {limit} Tagen, wie die Karte {card} es erlaubt.",
    ),
    "item-unknown": (
        "The talk was not about {items}; use {known}.",
        "Das Gespräch ging nicht um {items}; möglich sind {known}.",
    ),
    "promise-day": (
        "The promised day {day} does not lie between today and a year from now.",
        "Der zugesagte Tag {day} liegt nicht zwischen heute und in einem Jahr.",
    ),
    "callback-missing": (
        "A callback needs its instant: --callback 2026-11-24T10:00.",
        "Ein Rückruf braucht seinen Zeitpunkt: --callback 2026-11-24T10:00.",
    ),
    "callback-alone": (
        "--callback belongs to --disposition callback, not to {word}.",
        "--callback gehört zu --disposition callback, nicht zu {word}.",
    ),
    "callback-past": ("The callback at {at} does not lie ahead.", "Der Rückruf um {at} liegt nicht in der Zukunft."),
    "number-missing": (
        "Say which number was wrong: --number {known}.",
        "Welche Nummer war falsch? --number {known}.",
    ),
    "callback-far": (
        "The callback at {at} lies more than a year ahead.",
        "Der Rückruf um {at} liegt mehr als ein Jahr in der Zukunft.",
    ),
    "not-found": (
        "There is no attempt {id}; `collectord attempts` lists them.",
        "Einen Anruf {id} gibt es nicht; `collectord attempts` zeigt sie.",
    ),
    "other-debtor": ("Attempt {id} was a call to {debtor}.", "Anruf {id} ging an {debtor}."),
    "too-early": (
        "Attempt {id} is still under way ({state}); record its outcome when the talk has begun.",
        "Anruf {id} läuft noch ({state}); das Ergebnis kann erfasst werden, sobald gesprochen wird.",
    ),
}


MOST_INSTALMENTS = 36


class OutcomeRefused(Exception):
    """The outcome was not recorded; one sentence says what to change."""


def refuse(code: str, language: Language, zone: str, **values: object) -> OutcomeRefused:
    return OutcomeRefused(phrase(TEXTS, code, language, zone, **values))


def read_said(
    args: Mapping[str, Any], now: datetime, today: date, language: Language, zone: str, cards: Mapping[str, Card] | None = None
) -> Said:
    """Raises OutcomeRefused. `cards`: the objection cards by code."""
    known = cards or {}
    if args.get("objection"):
        return _objection(args, now, today, language, zone, known)
    if args.get("item") or args.get("until"):
        raise refuse("card-without", language, zone, known=sorted(known))
    if args.get("disposition") == Disposition.OBJECTION.value:
        raise refuse("which-card", language, zone, known=sorted(known))
    return _said(args, now, today, language, zone)


def _objection(args: Mapping[str, Any], now: datetime, today: date, language: Language, zone: str, cards: Mapping[str, Card]) -> Said:
    code = str(args["objection"])
    card = cards.get(code)
    if card is None:
        raise refuse("no-card", language, zone, word=code, known=sorted(cards))
    instead = Disposition.PROMISE if card.offers_instalments and args.get("promise") else card.disposition
    word = str(args.get("disposition") or instead.value)
    if word != instead.value:
        raise refuse("card-otherwise", language, zone, card=code, disposition=instead.value, word=word)
    said = _said({**args, "disposition": word}, now, today, language, zone)
    return replace(said, objection=code, items=_texts(args.get("item")), until=_until(args.get("until"), card, today, language, zone))


def _until(text: object, card: Card, today: date, language: Language, zone: str) -> date | None:
    if not card.ask_until:
        if text:
            raise refuse("until-alone", language, zone, card=card.code)
        return None
    try:
        day = date.fromisoformat(str(text or ""))
    except ValueError:
        raise refuse("until-missing", language, zone, card=card.code) from None
    if not today <= day <= today + timedelta(days=card.longest):
        raise refuse("until-day", language, zone, day=day, limit=card.longest, card=card.code)
    return day


def of_the_talk(said: Said, items: Iterable[str], language: Language, zone: str) -> None:
    """Raises OutcomeRefused when an objection is about items that the talk was not about."""
    known = tuple(items)
    if foreign := [item for item in said.items if item not in known]:
        raise refuse("item-unknown", language, zone, items=foreign, known=known[:10])


def _said(args: Mapping[str, Any], now: datetime, today: date, language: Language, zone: str) -> Said:
    known = [disposition.value for disposition in Disposition]
    word = str(args.get("disposition") or "")
    if not word:
        raise refuse("no-disposition", language, zone, known=known)
    if word not in known:
        raise refuse("unknown-disposition", language, zone, word=word, known=known)
    disposition = Disposition(word)
    promise, callback = args.get("promise"), args.get("callback")
    if promise and disposition is not Disposition.PROMISE:
        raise refuse("promise-alone", language, zone, word=word)
    if callback and disposition is not Disposition.CALLBACK:
        raise refuse("callback-alone", language, zone, word=word)
    note = safe(str(args.get("note") or ""), 1000)
    if disposition is Disposition.PROMISE:
        payments = _texts(promise)
        if len(payments) > 1:
            plan = _plan(payments, today, language, zone)
            return Said(disposition=disposition, on=plan[0].on, note=note, plan=plan)
        amount, on = _promise("".join(payments), today, language, zone)
        return Said(disposition=disposition, amount=amount, on=on, note=note)
    if disposition is Disposition.CALLBACK:
        return Said(disposition=disposition, callback_at=_callback(callback, now, language, zone), note=note)
    return Said(disposition=disposition, note=note)


def _promise(text: str, today: date, language: Language, zone: str) -> tuple[Decimal | None, date]:
    amount_text, _, day_text = text.partition(":")
    try:
        on = date.fromisoformat(day_text)
        amount = None if amount_text == "full" else parse_amount(amount_text)
    except (ValueError, NotMoney):
        raise refuse("promise-missing", language, zone) from None
    if amount is not None and amount <= 0:
        raise refuse("promise-amount", language, zone, word=amount_text)
    if not today <= on <= today + LONGEST_WAIT:
        raise refuse("promise-day", language, zone, day=on)
    return amount, on


def _plan(payments: tuple[str, ...], today: date, language: Language, zone: str) -> tuple[Instalment, ...]:
    if len(payments) > MOST_INSTALMENTS:
        raise refuse("plan-long", language, zone, count=len(payments), limit=MOST_INSTALMENTS)
    plan: list[Instalment] = []
    for position, text in enumerate(payments, start=1):
        name, _, day = text.partition(":")
        rest = position == len(payments) and name in ("rest", "full")
        amount, on = _promise(f"full:{day}" if rest else text, today, language, zone)
        if (amount is None and not rest) or (plan and on <= plan[-1].on):
            raise refuse("plan-order", language, zone)
        plan.append(Instalment(amount, on))
    return tuple(plan)


def _texts(value: object) -> tuple[str, ...]:
    """An option that may be given several times."""
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),) if value else ()


def _callback(text: object, now: datetime, language: Language, zone: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(text or ""))
    except ValueError:
        raise refuse("callback-missing", language, zone) from None
    if at.tzinfo is None:
        raise refuse("callback-missing", language, zone)
    if at <= now:
        raise refuse("callback-past", language, zone, at=at)
    if at > now + LONGEST_WAIT:
        raise refuse("callback-far", language, zone, at=at)
    return at.astimezone(UTC)
