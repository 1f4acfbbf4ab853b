"""Arrival: one claimed file before its rows are read.

Owns the shape, apart from the judgement in intake.py: the reader of files needs it and judges nothing.
Invariant: source, mode and day are settled before the first row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    def told(self, own: date | None) -> Arrival:
        """Once the file was read: a day that a person gives goes before the file's `own`, and that before its name's."""
        return self if own is None or self.as_of_from == "option" else replace(self, as_of=own, as_of_from="file")
