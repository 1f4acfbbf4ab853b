"""Screens of agreements: how punctually callbacks were kept, what the law adds to a claim.

Owns the tables of `report` and `claim`. Knows no rule; it shows what a command answered.
Invariant: as in screens: nothing from an export reaches the terminal with a control character or as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from collectord.screens import DOUBT, QUIET, listing, pairs, plain


def report(doc: Mapping[str, Any], width: int) -> RenderableType:
    if "callbacks" not in doc:
        return pairs(doc, "report", width)
    return Group(listing("callbacks", doc["callbacks"], width), pairs(doc["summary"], "callbacks", width))


def claim(doc: Mapping[str, Any], width: int) -> RenderableType:
    head = Text(plain(doc.get("why")), style=f"bold {QUIET if doc.get('charged') else DOUBT}")
    rest = {key: doc.get(key) for key in ("debtor_name", "on", "law", "person")}
    parts: list[RenderableType] = [
        head,
        listing("claim", doc.get("items", ()), width),
        pairs(rest, f"debtor {plain(doc.get('debtor_no'))}", width),
    ]
    for currency, sums in doc.get("totals", {}).items():
        parts.append(pairs(sums, f"total {plain(currency)}", width))
    allocation = doc.get("allocation")
    if allocation:
        shown = {**{f"pays {name}": amount for name, amount in allocation["paid"].items()},
                 **{f"leaves {name}": amount for name, amount in allocation["rest"].items()}, "too much": allocation["over"]}  # fmt: skip
        parts.append(pairs(shown, "a payment of so much (Sec. 367 BGB)", width))
    return Group(*parts)


SCREENS = {"report": report, "claim": claim}
