"""The stricter of two frames: what holds where an exception chose another strategy and nobody approved it.

Owns the comparison of two frames, bound by bound. Knows no file and no debtor.
Invariant: a contact that the bounded frame lets in has room, a medium and a worth in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from collectord.core.receivables.frame import MEDIA, UNANSWERED, WEIGHED, Frame

MILDEST_FIRST = ("handover", "email", "letter", "call", "visit")  # where no file says what a contact weighs


def bounded(one: Frame, other: Frame) -> Frame:
    """`one` with every bound of `other` that is stricter: how much, by which media, how often, at what cost, and who is to be asked."""
    bounds = [frame for frame in (one, other) if frame.saturation is not None]
    margins = [margin for margin in (one.margin, other.margin) if margin is not None]
    return replace(
        one,
        media=tuple(medium for medium in one.media if medium in other.media),
        strength=_heaviest(one, other) if bounds else one.strength,
        saturation=min((frame.saturation for frame in bounds if frame.saturation is not None), default=None),
        per=max((frame.per for frame in bounds), default=one.per),
        gap=max(one.gap, other.gap),
        ask_first=one.ask_first or other.ask_first,
        cost=_dearest(one, other) if margins else one.cost,
        margin=min(margins, default=None),
    )


def is_heavier(medium: str, other: str, strength: Mapping[str, int]) -> bool:
    """A contact by this medium is more for the debtor to bear than one by the other."""
    if strength:
        return strength.get(medium, 0) > strength.get(other, 0)
    return MILDEST_FIRST.index(medium) > MILDEST_FIRST.index(other)


def _heaviest(one: Frame, other: Frame) -> dict[str, int]:
    return {
        kind: max(_weight(one.strength, kind), _weight(other.strength, kind))
        for kind in WEIGHED
        if kind in one.strength or kind in other.strength
    }


def _weight(strength: Mapping[str, int], kind: str) -> int:
    """A call that was no talk weighs as much as one where no weight of its own is written."""
    return strength.get(kind, strength.get("call", 0) if kind == UNANSWERED else 0)


def _dearest(one: Frame, other: Frame) -> dict[str, Decimal]:
    return {
        medium: max(one.cost.get(medium, Decimal(0)), other.cost.get(medium, Decimal(0)))
        for medium in MEDIA
        if medium in one.cost or medium in other.cost
    }
