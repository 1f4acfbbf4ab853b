"""Said by a person: the outcome of a talk as somebody writes it, instead of keying it.

Owns the reading of `record --attempt …` (CONTRACT 2). Knows no attempt's state.
Invariant: what is read is complete: a promise has amount and day, a callback an instant that lies ahead; else a sentence says what lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from collectord.core.money import NotMoney, parse_amount
from collectord.core.telephony.attempts import LONGEST_WAIT, Disposition, Said
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


class OutcomeRefused(Exception):
    """The outcome was not recorded; one sentence says what to change."""


def refuse(code: str, language: Language, zone: str, **values: object) -> OutcomeRefused:
    return OutcomeRefused(phrase(TEXTS, code, language, zone, **values))


def read_said(args: Mapping[str, Any], now: datetime, today: date, language: Language, zone: str) -> Said:
    """Raises OutcomeRefused."""
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
        amount, on = _promise(str(promise or ""), today, language, zone)
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
