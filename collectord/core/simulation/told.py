"""What a simulation tells: the days as a document, their sums, and in sentences what it rests on.

Owns the shape of the answer and its words. Plays nothing.
Invariant: every result is told together with the assumptions behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import ceil
from typing import Any

from collectord.core.money import Money, plain_map
from collectord.core.simulation.behaviour import HALVED_EVERY, KEPT, REACHED
from collectord.core.simulation.play import Day, Sums, added_up
from collectord.core.telephony.attempts import Disposition
from collectord.core.wording import Language, Texts, Told, phrase

WHOLE_EXPORT = frozenset({"guard/no-snapshot", "guard/stale-source", "guard/held-source"})  # what stops everybody's calls alike
TEXTS: Texts = {
    "enough": (
        "{agents} {agents:agent is|agents are} enough: on the last working day no call waits for want of a minute.",
        "{agents} {agents:Person reicht|Personen reichen}: am letzten Arbeitstag wartet kein Anruf, weil Minuten fehlen.",
    ),
    "short": (
        "{agents} {agents:agent is|agents are} not enough: on the last working day {count} {count:call|calls} over {amounts}"
        " {count:waits|wait} for want of a minute; about {needed} would be.",
        "{agents} {agents:Person reicht|Personen reichen} nicht: am letzten Arbeitstag {count:wartet|warten} {count} {count:Anruf|Anrufe}"
        " über {amounts}, weil Minuten fehlen; etwa {needed} würden reichen.",
    ),
    "nobody": (
        "Without agents nobody is called: {count} {count:debtor|debtors} over {amounts} {count:waits|wait} on the last working day.",
        "Ohne Personal wird niemand angerufen: am letzten Arbeitstag {count:wartet|warten} {count} {count:Debitor|Debitoren} über"
        " {amounts}.",
    ),
    "nobody-waits": (
        "Without agents nobody is called; on the last working day no call waits.",
        "Ohne Personal wird niemand angerufen; am letzten Arbeitstag wartet kein Anruf.",
    ),
    "may-not": (
        "Nobody is called in this time: {why} On the last working day {count} {count:call|calls} over {amounts} {count:is|are} put off,"
        " most of them by {rule}. Whether the agents are enough cannot be said.",
        "In dieser Zeit wird niemand angerufen: {why} Am letzten Arbeitstag {count:ist|sind} {count} {count:Anruf|Anrufe} über {amounts}"
        " verschoben, die meisten durch {rule}. Ob das Personal reicht, lässt sich nicht sagen.",
    ),
    "refused": (
        "{count} {count:call|calls} over {amounts} {count:is|are} put off by the contact limits on the last working day, most of them by"
        " {rule}.",
        "{count} {count:Anruf|Anrufe} über {amounts} {count:wird|werden} am letzten Arbeitstag durch die Kontaktgrenzen verschoben, die"
        " meisten durch {rule}.",
    ),
    "no-work": ("No working day lies in this time.", "In dieser Zeit liegt kein Arbeitstag."),
    "paid": (
        "{amounts} come in, {talks} of it because of talks or before it would have come by itself.",
        "{amounts} gehen ein, davon {talks} durch Gespräche oder früher, als es von selbst gekommen wäre.",
    ),
    "measured": (
        "Measured elsewhere: 36 % of invoices are late; of these 20, 34, 46, 60, 75 % are paid by day 3, 5, 7, 10, 14; 43, 69, 82, 92, 98 %"
        " of the cases are finished by attempt 1, 2, 3, 5, 10; talks last 3 minutes (median).",
        "Anderswo gemessen: 36 % der Rechnungen sind verspätet, davon sind 20, 34, 46, 60, 75 % bis Tag 3, 5, 7, 10, 14 bezahlt; 43, 69,"
        " 82, 92, 98 % der Fälle sind bis zum 1., 2., 3., 5., 10. Versuch erledigt; Gespräche dauern 3 Minuten (Median).",
    ),
    "assumed": (
        "Assumed: {promise} % of the talks end with a promise, {kept} % of the promises are kept; after day 14 half of the rest comes in"
        " every {halved} days; agents call within their hours; letters and e-mails go out on their day.",
        "Angenommen: {promise} % der Gespräche enden mit einer Zusage, {kept} % der Zusagen werden gehalten; nach Tag 14 kommt je {halved}"
        " Tage die Hälfte des Rests; angerufen wird in den Arbeitszeiten; Briefe und E-Mails gehen an ihrem Tag hinaus.",
    ),
    "no-new": (
        "No invoices are added to those in the ledger, so the later days are quieter than in life.",
        "Zu den Rechnungen im Bestand kommen keine neuen hinzu; die späteren Tage sind deshalb ruhiger als im Leben.",
    ),
}


def document(days: Sequence[Day], agents: int, seed: int, language: Language, zone: str) -> dict[str, Any]:
    return {
        "agents": agents,
        "seed": seed,
        "sentences": list(_sentences(days, agents, language, zone)),
        "total": _total(days, agents),
        "days": [_day(day) for day in days],
        "assumptions": _assumptions(language, zone),
    }


def _day(day: Day) -> dict[str, Any]:
    return {
        "day": day.on.isoformat(),
        "works": day.works,
        "tasks": day.tasks,
        "created": day.created,
        "calls": day.calls,
        "reached": day.reached,
        "minutes": day.minutes,
        "capacity": day.capacity,
        "promised": plain_map(day.promised),
        "kept": day.kept,
        "broken": day.broken,
        "paid": plain_map(day.paid),
        "by_talks": plain_map(day.by_talks),
        "letters": day.letters,
        "emails": day.emails,
        "handovers": day.handovers,
        "uncalled": day.waiting,
        "uncalled_open": plain_map(day.waiting_open),
        "refused": day.refused,
        "refused_open": plain_map(day.refused_open),
        "refused_by": day.refused_by,
    }


def _total(days: Sequence[Day], agents: int) -> dict[str, Any]:
    counted = ("created", "calls", "reached", "minutes", "capacity", "kept", "broken", "letters", "emails")
    last = _last_worked(days)
    return {
        **{name: sum(getattr(day, name) for day in days) for name in counted},
        "promised": plain_map(added_up(day.promised for day in days)),
        "paid": plain_map(added_up(day.paid for day in days)),
        "by_talks": plain_map(added_up(day.by_talks for day in days)),
        "handovers": days[-1].handovers if days else 0,
        "uncalled": last.waiting if last else 0,
        "uncalled_open": plain_map(last.waiting_open if last else {}),
        "agents_needed": agents_needed(days, agents),
    }


def _last_worked(days: Sequence[Day]) -> Day | None:
    return next((day for day in reversed(days) if day.works), None)


def agents_needed(days: Sequence[Day], agents: int) -> int | None:
    """How many would have had the minutes for the calls made and for those left over; None where no call says how long one takes."""
    worked = [day for day in days if day.works]
    calls = sum(day.calls for day in worked)
    if not calls:
        return None
    each = sum(day.minutes for day in worked) / calls
    per_day = (calls + worked[-1].waiting) * each / len(worked)
    return max(1, ceil(per_day * agents / max(day.capacity for day in worked)))


def _sentences(days: Sequence[Day], agents: int, language: Language, zone: str) -> list[str]:
    last = _last_worked(days)
    if last is None:
        return [phrase(TEXTS, "no-work", language, zone)]
    told = []
    rule = next(iter(last.refused_by), "")
    may_not = rule in WHOLE_EXPORT and not last.waiting and not any(day.calls for day in days)
    values: dict[str, object] = {"agents": agents, "count": last.waiting, "amounts": _moneys(last.waiting_open)}
    if not agents:
        told.append(phrase(TEXTS, "nobody" if last.waiting else "nobody-waits", language, zone, **values))
    elif last.waiting:
        told.append(phrase(TEXTS, "short", language, zone, needed=max(agents + 1, agents_needed(days, agents) or 0), **values))
    elif not may_not:
        told.append(phrase(TEXTS, "enough", language, zone, **values))
    if last.refused:
        code, why = "may-not" if may_not else "refused", Told(next(day.refused_why for day in days if day.refused))
        money = _moneys(last.refused_open)
        told.append(phrase(TEXTS, code, language, zone, count=last.refused, amounts=money, rule=rule, why=why))
    paid = added_up(day.paid for day in days)
    if paid:
        talks = {currency: Decimal(0) for currency in paid} | added_up(day.by_talks for day in days)
        told.append(phrase(TEXTS, "paid", language, zone, amounts=_moneys(paid), talks=_moneys(talks)))
    return told


def _assumptions(language: Language, zone: str) -> list[str]:
    promise = round(100 * REACHED[Disposition.PROMISE] / sum(REACHED.values()))
    assumed = phrase(TEXTS, "assumed", language, zone, promise=promise, kept=round(100 * KEPT), halved=HALVED_EVERY)
    return [phrase(TEXTS, "measured", language, zone), assumed, phrase(TEXTS, "no-new", language, zone)]


def _moneys(sums: Sums) -> tuple[Money, ...]:
    return tuple(Money(amount, currency) for currency, amount in sums.items())
