"""Arrival: one claimed file before its rows are read.

Owns the shape, apart from the judgement in intake.py: the reader of files needs it and judges nothing.
Invariant: source, mode and day are settled before the first row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

AsOfFrom = Literal["option", "file", "name", "arrival"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One claimed file, before its rows are read."""

    batch_id: str
    file: str  # the name it arrived under, safe to show
    stored_as: str
    source: str
    mode: str
    as_of: date
    as_of_from: AsOfFrom
