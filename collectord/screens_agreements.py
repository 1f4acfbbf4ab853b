"""Screens of reports and of agreements: how punctually callbacks were kept, how right the risk was, what the law adds to a claim.

Owns the tables of `report`, `claim` and `absence`. Knows no rule; it shows what a command answered.
Invariant: as in screens: nothing from an export reaches the terminal with a control character or as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from collectord.screen_words import word
from collectord.screens import DOUBT, QUIET, listing, pairs, plain


def report(doc: Mapping[str, Any], width: int) -> RenderableType:
    if "tenths" in doc:
        return _risk(doc, width)
    kind = "caller_ids" if "caller_ids" in doc else "callbacks"
    told = [Text(plain(sentence), style="bold") for sentence in doc["says"]]
    if not doc[kind]:
        return Group(*told)
    return Group(*told, listing(kind, doc[kind], width), pairs(doc["summary"], word(kind.replace("_", " ")), width))


def _risk(doc: Mapping[str, Any], width: int) -> RenderableType:
    """Sentences first; then what was foretold and what came, tenth by tenth."""
    told = [Text(plain(sentence), style="bold" if place == 0 else "") for place, sentence in enumerate(doc["says"])]
    if not doc["items"]:
        return Group(*told)
    tenths = [
        {"tenth": place, "items": one["items"], "foretold": f"{one['foretold']:.0%}", "late": f"{one['late']:.0%}"}
        for place, one in enumerate(doc["tenths"], 1)
    ]
    rest = {key: value for key, value in doc.items() if key not in ("says", "tenths", "bounds", "late")}
    figures = {key: f"{value:.3f}" if isinstance(value, float) else value for key, value in rest.items()}
    return Group(*told, listing("tenths", tenths, width), pairs(figures, "risk of paying late", width))


def claim(doc: Mapping[str, Any], width: int) -> RenderableType:
    head = Text(plain(doc.get("why")), style=f"bold {QUIET if doc.get('charged') else DOUBT}")
    rest = {key: doc.get(key) for key in ("debtor_name", "on", "law", "person")}
    parts: list[RenderableType] = [
        head,
        listing("claim", doc.get("items", ()), width),
        pairs(rest, f"{word('debtor')} {plain(doc.get('debtor_no'))}", width),
    ]
    for currency, sums in doc.get("totals", {}).items():
        parts.append(pairs(sums, f"{word('total')} {plain(currency)}", width))
    allocation = doc.get("allocation")
    if allocation:
        shown = {**{f"pays {name}": amount for name, amount in allocation["paid"].items()},
                 **{f"leaves {name}": amount for name, amount in allocation["rest"].items()}, "too much": allocation["over"]}  # fmt: skip
        parts.append(pairs(shown, "a payment of so much (Sec. 367 BGB)", width))
    return Group(*parts)


def absence(doc: Mapping[str, Any], width: int) -> RenderableType:
    """What is left without anybody is said once, in sentences."""
    return pairs({key: value for key, value in doc.items() if key != "nobody_left"}, "absence", width)


SCREENS = {"report": report, "claim": claim, "absence": absence}
