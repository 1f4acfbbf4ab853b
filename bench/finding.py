"""Findings: what a question's answer looks like, and how many answers become one table.

Owns the table. Measures nothing.
Invariant: a finding without a yardstick says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    question: str
    measured: str
    yardstick: str  # what it is compared with, and what that took in the same run
    ratio: str = ""
    aim: str = ""
    met: bool | None = None  # None: there is no aim


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; NaN of nothing."""
    if not values:
        return math.nan
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, math.ceil(share * len(ranked)) - 1))]


def spread(values: Sequence[float], unit: str = "ms", scale: float = 1000.0) -> str:
    """`p50 / p99 / worst of n`."""
    p50, p99 = percentile(values, 0.5) * scale, percentile(values, 0.99) * scale
    worst = max(values, default=math.nan) * scale
    return f"p50 {p50:.1f} {unit}, p99 {p99:.1f} {unit}, worst {worst:.1f} {unit} (n={len(values)})"


def table(findings: Sequence[Finding]) -> str:
    """Markdown."""
    lines = ["| question | measured | yardstick, same run | ratio | aim | met |", "|---|---|---|---|---|---|"]
    for one in findings:
        met = "" if one.met is None else "yes" if one.met else "**no**"
        cells = (one.question, one.measured, one.yardstick, one.ratio, one.aim, met)
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
