"""Track record: what the risk estimate would have said of items that were paid since, and how right that was.

Owns the walk through a debtor's past, and the figures by which estimates are compared: Brier score, hit rates, calibration by tenths, rank.
Knows no store. Invariant: an item is foretold from nothing but what was known that many days before it was due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from collectord.core.receivables.history import PaidItem
from collectord.core.receivables.peers import FIRST_GUESS, Peers, Sums, peers_from, told_days
from collectord.core.receivables.risk import judged
from collectord.core.wording import Language, Texts, phrase

TENTHS = 10

TEXTS: Texts = {
    "nothing": (
        "No item that was due in these days is cleared: there is nothing to compare yet. It needs exports of several weeks, because an"
        " item counts once a later list came without it (collectord import).",
        "Kein Posten, der in diesen Tagen fällig war, ist ausgeglichen: noch gibt es nichts zu vergleichen. Es braucht Exporte mehrerer"
        " Wochen, denn ein Posten zählt, sobald er in einer späteren Liste fehlt (collectord import).",
    ),
    "better": (
        "The estimate is better than the debtor's mean days late so far: squared error {ours} against {theirs}.",
        "Die Schätzung ist besser als die mittleren Verzugstage des Debitors bis dahin: quadratischer Fehler {ours} gegen {theirs}.",
    ),
    "worse": (
        "The estimate is no better than the debtor's mean days late so far: squared error {ours} against {theirs}. Do not act on it.",
        "Die Schätzung ist nicht besser als die mittleren Verzugstage des Debitors bis dahin: quadratischer Fehler {ours} gegen {theirs}."
        " Nicht danach handeln.",
    ),
    "bound": (
        "From {percent} % on: {items} items, of which {precision} % came late; these are {recall} % of all late ones.",
        "Ab {percent} %: {items} Posten, von denen {precision} % verspätet kamen; das sind {recall} % aller verspäteten.",
    ),
    "bound-empty": ("From {percent} % on there is no item.", "Ab {percent} % gibt es keinen Posten."),
}


@dataclass(frozen=True, slots=True)
class Foretold:
    """One item: what was foretold, and what came."""

    probability: float
    mean_days: float | None  # the yardstick: the debtor's mean days late so far; None: nothing was known
    late: bool
    debtor: str = ""
    item_no: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A debtor's cleared items, for the walk."""

    debtor: str
    potential_class: str
    paid: tuple[PaidItem, ...]


def foretold(pasts: Sequence[Past], late_after: int, days_before: int, since: date) -> Iterator[Foretold]:
    """Each item that was due from `since` on, as it was foretold `days_before` its due date. The classes' figures are those that were known
    when the month began."""
    peers: dict[date, Peers] = {}
    for past in pasts:
        for item in past.paid:
            if item.due_on < since:
                continue
            on = item.due_on - timedelta(days=days_before)
            month = on.replace(day=1)
            if month not in peers:
                peers[month] = known_peers(pasts, month, late_after)
            yield _one(past, item, on, peers[month], late_after)


def _one(past: Past, item: PaidItem, on: date, peers: Peers, late_after: int) -> Foretold:
    known = [one for one in past.paid if one.cleared_on <= on and one is not item]
    unpaid = [one.due_on for one in past.paid if one.due_on < on < one.cleared_on and one is not item]
    risk = judged(past.potential_class, item.due_on, (item.amount, item.currency), known, unpaid, peers, on, late_after)
    mean = sum(one.days_late for one in known) / len(known) if known else None
    return Foretold(risk.probability, mean, item.days_late > late_after, past.debtor, item.item_no)


def known_peers(pasts: Iterable[Past], on: date, late_after: int) -> Peers:
    """The figures of the classes from what was cleared before a day."""

    def parts() -> Iterator[tuple[str, Sums]]:
        for past in pasts:
            paid = [one for one in past.paid if one.cleared_on < on]
            sums = Sums()
            sums.add(sum(one.days_late > late_after for one in paid), [told_days(one.days_late) for one in paid])
            yield past.potential_class, sums

    return peers_from(parts())


# ---------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Tenth:
    """Of a tenth of the items, by ascending risk: what was foretold on average, and what share came late."""

    items: int
    foretold: float
    late: float


def calibration(found: Sequence[tuple[float, bool]]) -> list[Tenth]:
    ordered = sorted(found, key=lambda one: one[0])
    parts = [ordered[len(ordered) * at // TENTHS : len(ordered) * (at + 1) // TENTHS] for at in range(TENTHS)]
    return [
        Tenth(len(part), sum(share for share, _ in part) / len(part), sum(late for _, late in part) / len(part)) for part in parts if part
    ]


def brier(found: Sequence[tuple[float, bool]]) -> float:
    """Mean squared error of a probability (G. W. Brier, Monthly Weather Review 78 (1950), 1-3): 0 is perfect."""
    return sum((share - late) ** 2 for share, late in found) / len(found)


def rank(found: Sequence[tuple[float, bool]]) -> float:
    """The chance that of a late and a punctual item the late one had the higher risk (area under the ROC curve): 0.5 is guessing."""
    ordered = sorted(found, key=lambda one: one[0])
    late = sum(one for _, one in ordered)
    if late in (0, len(ordered)):
        return 0.5
    total, at = 0.0, 0
    while at < len(ordered):
        to = at
        while to < len(ordered) and ordered[to][0] == ordered[at][0]:
            to += 1
        total += (at + to + 1) / 2 * sum(one for _, one in ordered[at:to])  # equals share their ranks
        at = to
    return (total - late * (late + 1) / 2) / (late * (len(ordered) - late))


def yardstick(found: Sequence[Foretold]) -> list[tuple[float, bool]]:
    """The mean days late so far as a probability, by the best that can be said of it afterwards: each tenth of the means gets the share
    that really came late. An item of which nothing was known gets the share of all such items."""
    unknown = [one.late for one in found if one.mean_days is None]
    known = sorted((one for one in found if one.mean_days is not None), key=lambda one: one.mean_days or 0.0)
    result = [(sum(unknown) / len(unknown), late) for late in unknown]
    for at in range(TENTHS):
        part = known[len(known) * at // TENTHS : len(known) * (at + 1) // TENTHS]
        result += [(sum(one.late for one in part) / len(part), one.late) for one in part]
    return result


def rank_of_yardstick(found: Sequence[Foretold]) -> float:
    return rank([(FIRST_GUESS.mean if one.mean_days is None else one.mean_days, one.late) for one in found])


def track_record(found: Sequence[Foretold], bounds: Sequence[int]) -> dict[str, Any]:
    """The whole report as a document. `bounds`: the risks, in per cent, from which on the ladders act."""
    if not found:
        return {**dict.fromkeys(("late", "brier", "yardstick_brier", "rank", "yardstick_rank")), "items": 0, "tenths": [], "bounds": []}
    ours = [(one.probability, one.late) for one in found]
    return {
        "items": len(found),
        "late": _rounded(sum(one.late for one in found) / len(found)),
        "brier": _rounded(brier(ours)),
        "yardstick_brier": _rounded(brier(yardstick(found))),
        "rank": _rounded(rank(ours)),
        "yardstick_rank": _rounded(rank_of_yardstick(found)),
        "tenths": [{"items": one.items, "foretold": _rounded(one.foretold), "late": _rounded(one.late)} for one in calibration(ours)],
        "bounds": [_hits(ours, bound) for bound in bounds],
    }


def sentences(record: Mapping[str, Any], language: Language) -> list[str]:
    """What a track record says in words."""
    if not record["items"]:
        return [phrase(TEXTS, "nothing", language)]
    code = "better" if record["brier"] < record["yardstick_brier"] else "worse"
    told = [phrase(TEXTS, code, language, ours=record["brier"], theirs=record["yardstick_brier"])]
    for bound in record["bounds"]:
        if bound["items"]:
            shares = {name: round((bound[name] or 0) * 100) for name in ("precision", "recall")}
            told.append(phrase(TEXTS, "bound", language, **{**bound, **shares}))
        else:
            told.append(phrase(TEXTS, "bound-empty", language, percent=bound["percent"]))
    return told


def _hits(found: Sequence[tuple[float, bool]], bound: int) -> dict[str, Any]:
    """Of the items from this risk on: how many, what share came late (precision), and what share of all late ones these are (recall)."""
    picked = [late for share, late in found if round(share * 100) >= bound]
    late = sum(late for _, late in found)
    return {
        "percent": bound,
        "items": len(picked),
        "precision": _rounded(sum(picked) / len(picked)) if picked else None,
        "recall": _rounded(sum(picked) / late) if late else None,
    }


def _rounded(value: float) -> float:
    return round(value, 4)
