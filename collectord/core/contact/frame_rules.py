"""The debtor's frame before the gate: saturation, and what `rules/debtors.toml` says about one debtor.

Owns the rules debtors/… and PACK/saturation, as refusals name them. Knows nothing that is owed but when accounting last wrote about it.
Invariant: an agreed callback and what came from the debtor add no strength. Saturation never holds up such a callback; days and pauses do.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from collectord.core.contact.exceptions import callback_windows
from collectord.core.contact.facts import DebtorFacts, FactKind
from collectord.core.contact.packs import Pack
from collectord.core.contact.refusals import Notice, Question, Refusal
from collectord.core.contact.week import (
    WHOLE_DAY,
    Week,
    both,
    day_start,
    next_inside,
    parse_days,
    parse_week,
    shown_days,
    shown_week,
    without_days,
)
from collectord.core.house import House
from collectord.core.receivables.frame import MEDIUM_TITLES, with_letters
from collectord.core.receivables.ledger import OpenItem
from collectord.core.wording import Bilingual, Texts, phrase

FRAME_RULES = (
    "debtors/approval",
    "debtors/ask-first",
    "debtors/grace",
    "debtors/hours",
    "debtors/media",
    "debtors/objection",
    "debtors/paused",
)
CHOOSING = frozenset({"strategy", "potential_class"})  # keys of an exception that put the debtor under another strategy

TEXTS: Texts = {
    "approval": (
        "{keys} in rules/debtors.toml would give more contact than strategy {strategy} does, and nobody approved it: it does not count.",
        "{keys} in rules/debtors.toml gäbe mehr Kontakt als die Strategie {strategy}, und niemand hat das genehmigt: es gilt nicht.",
    ),
    "stricter": (
        "{keys} in rules/debtors.toml chooses strategy {strategy}, which gives more contact than the one of the debtor's class, and nobody"
        " approved it: of each bound the stricter one holds.",
        "{keys} in rules/debtors.toml wählt die Strategie {strategy}, die mehr Kontakt gibt als die der Klasse des Debitors, und niemand"
        " hat das genehmigt: von jeder Grenze gilt die strengere.",
    ),
    "frame": (
        "Strategy {strategy}: strength {used} of {saturation} in {per} days.",
        "Strategie {strategy}: Stärke {used} von {saturation} in {per} Tagen.",
    ),
    "unbounded": (
        "Strategy {strategy}: no bound on the strength of contacts.",
        "Strategie {strategy}: keine Grenze für die Stärke der Kontakte.",
    ),
    "no-strategy": ("No strategy is for this debtor's class.", "Für die Klasse dieses Debitors gibt es keine Strategie."),
    "exception": (" rules/debtors.toml has an exception{by}.", " rules/debtors.toml enthält eine Ausnahme{by}."),
    "paused": (
        "All contacts are stopped up to {day}, by {who}: {why}.",
        "Alle Kontakte ruhen bis einschließlich {day}, veranlasst von {who}: {why}.",
    ),
    "grace": (
        "{who} gave the debtor time up to {day}: {why}.",
        "{who} hat dem Debitor Zeit bis einschließlich {day} gegeben: {why}.",
    ),
    "objection": (
        "{item} waits up to {day} because of what the debtor said: {why}.",
        "{item} wartet bis einschließlich {day} wegen dessen, was der Debitor sagte: {why}.",
    ),
    "media": (
        "For this debtor only {media} is meant, not {medium} (rules/debtors.toml).",
        "Für diesen Debitor ist nur {media} vorgesehen, nicht {medium} (rules/debtors.toml).",
    ),
    "hours": (
        "This debtor is called only {week} (rules/debtors.toml).",
        "Dieser Debitor wird nur angerufen: {week} (rules/debtors.toml).",
    ),
    "not-on": (
        "This debtor is not called {days} (rules/debtors.toml).",
        "Dieser Debitor wird {days} nicht angerufen (rules/debtors.toml).",
    ),
    "ask-first": (
        "Ask {role} first before this debtor is called; who did records it with --asked {role}.",
        "Vor einem Anruf ist {role} zu fragen; wer es getan hat, erfasst es mit --asked {role}.",
    ),
    "saturation": (
        "It weighs {own}, and contacts of strength {strength} lie within {per} days; {saturation} are allowed (strategy {strategy}).",
        "Er wiegt {own}, und in {per} Tagen liegen Kontakte der Stärke {strength}; erlaubt sind {saturation} (Strategie {strategy}).",
    ),
    "never-room": (
        "One such contact alone has strength {own}, and {saturation} are allowed (strategy {strategy}).",
        "Ein solcher Kontakt allein hat die Stärke {own}, erlaubt sind {saturation} (Strategie {strategy}).",
    ),
}


def frame_refusals(question: Question, at: datetime) -> Iterator[Refusal]:
    """Every rule of the frame that refuses at this instant. A person may set one aside, with a reason."""
    rules = [_paused(question, at), _grace(question, at), _media(question)]
    rules += [_saturation(question, pack, at) for pack in question.packs if pack.saturation]
    if question.is_call:
        rules += [_hours(question, at), _ask_first(question, at)]
    yield from question.without_overridden([refusal for refusal in rules if refusal is not None], at)


def warnings(question: Question) -> Iterator[Notice]:
    """Lines of an exception that nobody approved and that would give the debtor more contact."""
    frame = question.facts.frame
    chosen = tuple(key for key in frame.ignored if key in CHOOSING)
    for code, keys in (("stricter", chosen), ("approval", tuple(key for key in frame.ignored if key not in CHOOSING))):
        if keys:
            yield Notice("debtors/approval", question.says(TEXTS, code, keys=keys, strategy=frame.named(question.language)))


def frame_document(facts: DebtorFacts, house: House, now: datetime, zone: str) -> dict[str, Any]:
    """What `explain` says about the frame."""
    frame, today = facts.frame, house.today(now)
    used = frame.used(with_letters(facts.touches, facts.items, today), today)
    code = "no-strategy" if not frame.strategy else "unbounded" if frame.saturation is None else "frame"
    bounds = {"used": used, "saturation": frame.saturation, "per": frame.per}
    says = phrase(TEXTS, code, house.language, zone, strategy=frame.named(house.language), **bounds)
    if frame.exception:
        by = f" ({frame.approved_by}: {frame.reason})" if frame.approved_by else f" ({frame.reason})" if frame.reason else ""
        says += phrase(TEXTS, "exception", house.language, zone, by=by)
    return {
        "name": frame.strategy or None,
        "potential_class": frame.as_class or facts.debtor.potential_class or None,
        "strength": used,
        "saturation": frame.saturation,
        "per_days": None if frame.saturation is None else frame.per,
        "media": list(frame.media),
        "exception": frame.exception,
        "says": says,
    }


def _paused(question: Question, at: datetime) -> Refusal | None:
    pause = question.facts.frame.pause
    if pause is None or at >= question.after(pause.until):
        return None
    reason = question.says(TEXTS, "paused", day=pause.until, who=pause.who, why=pause.why)
    return Refusal("debtors/paused", reason, question.after(pause.until))


def _grace(question: Question, at: datetime) -> Refusal | None:
    """What `record --grace` gave; an agreed callback is still kept."""
    facts = [fact for fact in question.facts.known(FactKind.GRACE) if question.holds(fact, at)]
    given = [(fact.until_on, fact.value, fact.reason) for fact in facts if fact.until_on is not None]
    exempt = callback_windows(question, since_used=True) if question.is_call else []
    if not given or any(start <= at and (end is None or at < end) for start, end in exempt):
        return None
    day, who, why = max(given)
    ends = [question.after(day), *(start for start, _ in exempt if start > at)]
    return Refusal("debtors/grace", question.says(TEXTS, "grace", day=day, who=who, why=why), min(ends))


def objection_refusals(question: Question, item: OpenItem, at: datetime) -> Iterator[Refusal]:
    """What the debtor said about this item holds it as long as its card or the debtor's own day says; an agreed callback is still kept."""
    facts = [fact for fact in question.facts.known(FactKind.OBJECTION) if fact.value in ("", item.item_no) and question.holds(fact, at)]
    waits = [(fact.until_on, fact.reason) for fact in facts if fact.until_on is not None]
    exempt = callback_windows(question, since_used=True) if question.is_call else []
    if not waits or any(start <= at and (end is None or at < end) for start, end in exempt):
        return
    day, why = max(waits)
    ends = [question.after(day), *(start for start, _ in exempt if start > at)]
    reason = question.says(TEXTS, "objection", item=item.item_no, day=day, why=why)
    yield from question.without_overridden([Refusal("debtors/objection", reason, min(ends))], at)


def _media(question: Question) -> Refusal | None:
    only = question.facts.frame.only
    if not only or question.medium in only:
        return None
    media = [Bilingual(MEDIUM_TITLES[medium]) for medium in only]
    medium = Bilingual(MEDIUM_TITLES[question.medium])
    return Refusal("debtors/media", question.says(TEXTS, "media", media=media, medium=medium), None)


def _hours(question: Question, at: datetime) -> Refusal | None:
    frame, home = question.facts.frame, question.place.home
    week: Week = parse_week(frame.hours) if frame.hours else (WHOLE_DAY,) * 7
    if frame.not_on:
        week = both(week, without_days(parse_days(frame.not_on)))
    opens = next_inside(at, home, week, lambda day: False)
    if opens == at:
        return None
    if frame.hours:
        reason = question.says(TEXTS, "hours", week=shown_week(week, question.language))
    else:
        reason = question.says(TEXTS, "not-on", days=shown_days(parse_days(frame.not_on), question.language))
    return Refusal("debtors/hours", reason, opens)


def _ask_first(question: Question, at: datetime) -> Refusal | None:
    """Until the role agreed; that holds for some days, see `record --asked`."""
    role = question.facts.frame.ask_first
    agreed = [fact for fact in question.facts.known(FactKind.ASKED) if question.holds(fact, at)]
    if not role or any(fact.value.casefold() == role.casefold() for fact in agreed):
        return None
    return Refusal("debtors/ask-first", question.says(TEXTS, "ask-first", role=role), None)


def _saturation(question: Question, pack: Pack, at: datetime) -> Refusal | None:
    frame, house = question.facts.frame, question.house
    if frame.saturation is None:
        return None
    touches = with_letters(question.facts.touches, question.facts.items, house.today(question.now))
    exempt = callback_windows(question, since_used=True) if question.is_call else []
    if any(start <= at and (end is None or at < end) for start, end in exempt):
        return None
    found = frame.room(question.medium, touches, house.today(at))
    if found is None:
        return None
    moments = [start for start, _ in exempt if start > at]
    moments += [day_start(found.until, house.time_zone)] if found.until is not None else []
    code = "saturation" if found.until is not None else "never-room"
    reason = question.says(
        TEXTS, code, strength=found.strength, saturation=found.saturation, per=frame.per, own=found.own,
        strategy=frame.named(question.language),
    )  # fmt: skip
    return Refusal(f"{pack.name}/saturation", reason, min(moments, default=None))
