"""Prepared: what one kind of export comes to before its commit, in the shape that loops/verdicts carries on.

Owns this one shape and the names of the kinds' modules. Decides nothing.
Invariant: `apply` runs inside the batch's one visible transaction; everything slow was done before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from collectord.core.exports.change_set import Counts
from collectord.core.exports.intake import Decision
from collectord.edge.store.connection import Connection


async def nothing(conn: Connection) -> None:
    """Applies nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`decision` None: loops/verdicts judges the counts as for any file. `extra` goes into the receipt as keys of their own."""

    counts: Counts
    decision: Decision | None = None
    apply: Callable[[Connection], Awaitable[None]] = nothing
    extra: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()  # for the receipt
