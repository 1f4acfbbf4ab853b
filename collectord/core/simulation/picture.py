"""The picture of a simulation: an SVG of the days, drawn from the document alone.

Owns the drawing. Knows no play.
Invariant: what the picture shows stands in the document; every text in it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape
from math import ceil, log10
from typing import Any

from collectord.core.wording import Language, Texts, phrase

WIDTH, LEFT, RIGHT, TOP, PANEL, BETWEEN = 960, 70, 20, 64, 150, 58
CALLED, UNCALLED, REFUSED, PAID, TALKS, LINE, QUIET = "#2a7f62", "#c0392b", "#d9a441", "#9db8d2", "#2f5f8f", "#333333", "#eeeeee"
FONT = "font-family='sans-serif'"

TEXTS: Texts = {
    "title": ("{days} {days:day|days} with {agents} {agents:agent|agents}", "{days} {days:Tag|Tage} mit {agents} {agents:Person|Personen}"),
    "calls": ("calls made", "Anrufe"),
    "uncalled": ("no minute left", "keine Minute mehr"),
    "refused": ("put off by limits", "durch Grenzen verschoben"),
    "minutes": ("minutes on the phone (line: what the agents have)", "Minuten am Telefon (Linie: was das Personal hat)"),
    "paid": ("comes in by itself", "kommt von selbst"),
    "talks": ("comes in because of talks, or earlier", "kommt durch Gespräche, oder früher"),
    "open": ("left uncalled, {currency}", "nicht angerufen, {currency}"),
}


def picture(doc: Mapping[str, Any], language: Language) -> str:
    """One bar a day in each panel: calls, minutes, money left uncalled, money that comes in."""
    days: Sequence[Mapping[str, Any]] = doc["days"]
    currency = _currency(days)
    panels = [
        [("calls", CALLED, _counts(days, "calls")), ("uncalled", UNCALLED, _counts(days, "uncalled")),
         ("refused", REFUSED, _counts(days, "refused"))],
        [("minutes", CALLED, _counts(days, "minutes"))],
        [("open", UNCALLED, _sums(days, "uncalled_open", currency))],
        [("talks", TALKS, _sums(days, "by_talks", currency)),
         ("paid", PAID, [a - b for a, b in zip(_sums(days, "paid", currency), _sums(days, "by_talks", currency), strict=True)])],
    ]  # fmt: skip
    height = TOP + len(panels) * (PANEL + BETWEEN)
    title = phrase(TEXTS, "title", language, days=len(days), agents=doc["agents"])
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}'>",
        "<rect width='100%' height='100%' fill='white'/>",
        f"<text x='{LEFT}' y='26' {FONT} font-size='18' fill='{LINE}'>{escape(title)}</text>",
    ]
    for number, layers in enumerate(panels):
        marks = [float(day["capacity"]) for day in days] if number == 1 else []
        named = [(phrase(TEXTS, code, language, currency=currency), colour, values) for code, colour, values in layers]
        parts += _panel(TOP + number * (PANEL + BETWEEN), days, named, marks)
    return "\n".join([*parts, "</svg>\n"])


def _panel(
    top: int, days: Sequence[Mapping[str, Any]], layers: Sequence[tuple[str, str, list[float]]], marks: Sequence[float]
) -> Iterator[str]:
    most = _round(max([1.0, *marks, *(sum(values) for values in zip(*(values for _, _, values in layers), strict=True))]))
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(days))
    bottom, x = top + PANEL, float(LEFT)
    for name, colour, _ in layers:
        yield f"<rect x='{x:.0f}' y='{top - 17}' width='10' height='10' fill='{colour}'/>"
        yield f"<text x='{x + 15:.0f}' y='{top - 8}' {FONT} font-size='12' fill='{LINE}'>{escape(name)}</text>"
        x += 45 + 7 * len(name)
    for share in (0, 0.5, 1):
        y = bottom - PANEL * share
        yield f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y:.1f}' y2='{y:.1f}' stroke='{LINE}' stroke-width='{0.3 if share else 1}'/>"
        yield f"<text x='{LEFT - 6}' y='{y + 4:.1f}' {FONT} font-size='11' text-anchor='end' fill='{LINE}'>{_number(most * share)}</text>"
    for place, day in enumerate(days):
        left = LEFT + place * wide
        if not day["works"]:
            yield f"<rect x='{left:.1f}' y='{top}' width='{wide:.1f}' height='{PANEL}' fill='{QUIET}'/>"
        y = float(bottom)
        for _, colour, values in layers:
            high = PANEL * values[place] / most
            y -= high
            if high > 0:
                yield f"<rect x='{left + wide * 0.12:.1f}' y='{y:.1f}' width='{wide * 0.76:.1f}' height='{high:.1f}' fill='{colour}'/>"
        if marks and marks[place]:
            at = bottom - PANEL * marks[place] / most
            yield f"<line x1='{left:.1f}' x2='{left + wide:.1f}' y1='{at:.1f}' y2='{at:.1f}' stroke='{LINE}' stroke-width='1.5'/>"
        if place % max(1, ceil(len(days) / 16)) == 0:
            told = date.fromisoformat(day["day"])
            middle = left + wide / 2
            yield (
                f"<text x='{middle:.1f}' y='{bottom + 15}' {FONT} font-size='11' text-anchor='middle' fill='{LINE}'>"
                f"{told.day}.{told.month}.</text>"
            )


def _counts(days: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [float(day[key]) for day in days]


def _sums(days: Sequence[Mapping[str, Any]], key: str, currency: str) -> list[float]:
    return [float(day[key].get(currency, 0)) for day in days]


def _currency(days: Sequence[Mapping[str, Any]]) -> str:
    """The one with the most money; amounts of different currencies are never added, so the others are not drawn."""
    sums: dict[str, Decimal] = {}
    for day in days:
        for key in ("paid", "uncalled_open"):
            for currency, amount in day[key].items():
                sums[currency] = sums.get(currency, Decimal(0)) + Decimal(amount)
    return max(sums, key=lambda currency: (sums[currency], currency), default="")


def _round(most: float) -> float:
    """The end of an axis: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** int(log10(most))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if most <= step * power)


def _number(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"
